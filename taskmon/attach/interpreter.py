"""Where a process keeps its Python, and how one of its threads is asked to execute a file (PEP 768).

Since Python 3.13 the interpreter begins its memory with a table that tells debuggers where things are. Since 3.14 each
thread has room there for the path of a file, which the thread executes at its next safe point. All of it is read and
written through /proc/PID/mem. `sys.remote_exec` does the same for the main thread alone, and only from a Python of the
very same minor version.

Lists of threads are read, and anything is written, only while all threads are frozen: else a thread could end between
the look and the write, and its memory be another's.
"""

from __future__ import annotations

import bisect
import contextlib
import os
import re
import struct
import sys
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from taskmon.attach.process import looking_into, system_call_of, threads_by_number_inside
from taskmon.attach.refusals import Refusal, Refused

_WORD: Final = struct.Struct("<Q")
_INT: Final = struct.Struct("<i")
_COOKIE: Final = b"xdebugpy"
_FINAL: Final = 0xF0
#: Bytes of its stack that a thread needs to load a small file, and some more. Without them Python prints an error.
_ROOM_TO_LOAD: Final = 96 * 1024
#: Makes a thread look up from its work. The thread clears it; nothing else comes of it.
_PLEASE_STOP: Final = 1 << 5
#: struct _PyInterpreterFrame: where some of it stands, by which it is known, and the builtins of the frame's code.
_FRAME: Final = (8, 56, 74)
_FRAME_BUILTINS: Final = 32
_OWNED_BY_INTERPRETER: Final = 3
#: Of the state of a text: its characters are bytes, and stand behind its head.
_COMPACT_ASCII: Final = 0x60
_MOST_THREADS: Final = 100_000
_MOST_FRAMES: Final = 64
_MOST_INTERPRETERS: Final = 1_000

#: Where things stand in the table, in words, by minor version: as Include/internal/pycore_debug_offsets.h has it.
_TABLE_WORDS: Final = 95
_TABLES: Final = {
    14: {
        "finalizing": 4, "interpreters": 5, "interpreter_id": 7, "next_interpreter": 8, "threads": 9,
        "main_thread": 10, "modules": 12, "builtins": 14, "thread_size": 22, "next_thread": 24, "interpreter_of": 25,
        "current_frame": 26, "native_id": 28, "previous_frame": 32, "instruction": 34, "frame_owner": 36,
        "dict_keys": 67, "text_state": 78, "text_length": 79, "text_data": 80, "breaker": 89, "support": 90,
        "enabled": 91, "pending": 92, "path": 93, "path_size": 94,
    },
}  # fmt: skip

_NAME: Final = re.compile(r"(?:lib)?python(\d)\.(\d+)(t?)(?=[^\d]|$)")


class Version(NamedTuple):
    """Of a Python, as far as it is known."""

    major: int
    minor: int
    micro: int | None = None
    level: int = _FINAL
    """0xF0 for a release; less for a preview."""
    free_threaded: bool = False

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}" + ("" if self.micro is None else f".{self.micro}")


class _Mapping(NamedTuple):
    """A file at the beginning of its place in the memory of a process."""

    begin: int
    end: int
    device: str
    inode: int
    path: str


class ThreadState(NamedTuple):
    """A thread, and what it does."""

    thread: int
    """The system's number of it."""
    state: int
    """The address of what Python knows of it."""
    waits: bool
    """Whether it was in a system call, as are those that wait for the interpreter: so it goes on where it is."""
    can: bool
    """Whether it can load a file where it is: not in a function without builtins, nor with little left of its stack."""


class Interpreter:
    """The Python of one process. Make it with `find`.

    Raises:
        Refused: from every method, if the process has gone or its memory may not be read or written.
    """

    def __init__(self, pid: int, version: Version, runtime: int, table: tuple[int, ...]) -> None:
        self.pid = pid
        self.version = version
        self._runtime = runtime
        places = _TABLES[version.minor]
        self._at = {name: table[place] for name, place in places.items()}
        at = self._at
        # Never write by a table that was misread.
        plain = at["path"] < 64 and at["pending"] < 64 and 64 <= at["path_size"] <= 4096
        inside = at["support"] + at["path"] + at["path_size"] <= at["thread_size"] <= 1 << 20
        frames = (at["previous_frame"], at["instruction"], at["frame_owner"]) == _FRAME
        state = max(at["breaker"], at["native_id"], at["current_frame"]) < at["thread_size"]
        if not (plain and inside and frames and state):
            raise Refused(Refusal.UNKNOWN_INSIDE)

    @property
    def longest_path(self) -> int:
        """Bytes of a path that there is room for."""
        return self._at["path_size"] - 1

    def lets_itself_be_asked(self) -> bool:
        """False after -X disable-remote-debug or PYTHON_DISABLE_REMOTE_DEBUG."""
        with _Memory(self.pid) as memory:
            return memory.int_at(self._main(memory) + self._at["enabled"]) == 1

    def threads(self) -> list[ThreadState]:
        """What its threads do. Call it while all of them are frozen."""
        with _Memory(self.pid) as memory:
            return self._states(memory)

    def ask(
        self, path: bytes, *, already: Sequence[ThreadState], running: bool, but: Collection[int] = ()
    ) -> list[ThreadState]:
        """Have the first thread that comes to a safe point execute the file. Call it while all threads are frozen.

        More than one may: whatever is executed has to see to it that only the first does something. Returns those that
        were asked now.

        A thread that comes to its safe point in a function without builtins, such as makes a named tuple, cannot open
        the file, and Python prints that. Where a thread that waits will go on is known; where one that runs will be is
        not, so those are asked last.

        Args:
            path: of the file.
            already: threads that have been asked before.
            running: whether threads that run are asked, too.
            but: threads that are not.
        """
        before = {(state.thread, state.state) for state in already}
        with _Memory(self.pid, writing=True) as memory:
            if b"__main__" not in self._modules(memory):
                raise Refused(Refusal.BETWEEN)  # whatever it executed before it has begun would crash it
            states = [
                state
                for state in self._states(memory)
                if (state.thread, state.state) not in before and state.thread not in but
                if state.can and (running or state.waits)
            ]
            for _, state, *_ in states:
                support = state + self._at["support"]
                if memory.int_at(support + self._at["pending"]) and not self._asks_for(memory, support, path):
                    raise Refused(Refusal.ASKED_BY_ANOTHER)
            for _, state, *_ in states:
                support = state + self._at["support"]
                memory.write(support + self._at["path"], path + b"\0")
                memory.write(support + self._at["pending"], _INT.pack(1))
                breaker = memory.word_at(state + self._at["breaker"])
                memory.write(state + self._at["breaker"], _WORD.pack(breaker | _PLEASE_STOP))
        return states

    def take_back(self, path: bytes, asked: list[ThreadState]) -> None:
        """Ask no more those who have not done it yet. Call it while all threads are frozen."""
        before = {(state.thread, state.state) for state in asked}
        with _Memory(self.pid, writing=True) as memory:
            for state in self._states(memory):
                if (state.thread, state.state) not in before:
                    continue
                support = state.state + self._at["support"]
                if self._asks_for(memory, support, path) and memory.int_at(support + self._at["pending"]):
                    memory.write(support + self._at["pending"], _INT.pack(0))

    def _asks_for(self, memory: _Memory, support: int, path: bytes) -> bool:
        """Whether it is we who asked last, now or in another life."""
        return memory.read(support + self._at["path"], len(path) + 1) == path + b"\0"

    def _states(self, memory: _Memory) -> list[ThreadState]:
        """What Python knows of its threads, the main thread first."""
        interpreter, at = self._main(memory), self._at
        main = memory.word_at(interpreter + at["main_thread"])
        builtins = memory.word_at(interpreter + at["builtins"])
        state, found = memory.word_at(interpreter + at["threads"]), list[ThreadState]()
        alive = threads_by_number_inside(self.pid)
        stacks = _Stacks(self.pid)
        while state:
            if len(found) > _MOST_THREADS or memory.word_at(state + at["interpreter_of"]) != interpreter:
                raise Refused(Refusal.UNKNOWN_INSIDE)
            thread = alive.get(memory.word_at(state + at["native_id"]))
            if thread is not None:  # else it is only being made, or was left behind by a fork
                waits, stack = _where(self.pid, thread)
                can = self._builtins_of(memory, state) == builtins and stacks.room(stack) >= _ROOM_TO_LOAD
                found.append(ThreadState(thread, state, waits, can))
            state = memory.word_at(state + at["next_thread"])
        return sorted(found, key=lambda state: state.state != main)

    def _builtins_of(self, memory: _Memory, state: int) -> int:
        """The builtins of the code that a thread is in; 0 if it is in none of Python's."""
        at = self._at
        frame = memory.word_at(state + at["current_frame"])
        for _ in range(_MOST_FRAMES):
            if not frame or memory.read(frame + at["frame_owner"], 1)[0] < _OWNED_BY_INTERPRETER:
                break
            frame = memory.word_at(frame + at["previous_frame"])
        return memory.word_at(frame + _FRAME_BUILTINS) if frame else 0

    def _modules(self, memory: _Memory) -> Iterator[bytes]:
        """The names of the modules that it has imported, oldest first, as far as they are ASCII."""
        at = self._at
        modules = memory.word_at(self._main(memory) + at["modules"])
        keys = memory.word_at(modules + at["dict_keys"]) if modules else 0
        if not keys:
            return
        # struct _dictkeysobject: a count, three small numbers, a version, two counts, then the indices and the entries.
        _, index_bytes, kind = memory.read(keys + 8, 3)
        count = memory.word_at(keys + 24)
        if kind > 1 or index_bytes > 24 or count > 1 << 20:
            raise Refused(Refusal.UNKNOWN_INSIDE)
        words = 2 if kind else 3  # with a hash where not all names are texts
        entries = memory.read(keys + 32 + (1 << index_bytes), count * words * 8)
        for entry in struct.iter_unpack(f"<{words}Q", entries):
            name, value = entry[-2:]
            if value:
                state, length = memory.int_at(name + at["text_state"]), memory.word_at(name + at["text_length"])
                if state & _COMPACT_ASCII == _COMPACT_ASCII and length < 1 << 16:
                    yield memory.read(name + at["text_data"], length)

    def _main(self, memory: _Memory) -> int:
        if memory.read(self._runtime, len(_COOKIE)) != _COOKIE:
            raise Refused(Refusal.BETWEEN)  # it is another program by now, that has replaced the first
        if memory.word_at(self._runtime + self._at["finalizing"]):
            raise Refused(Refusal.BETWEEN)
        found = memory.word_at(self._runtime + self._at["interpreters"])
        for _ in range(_MOST_INTERPRETERS):  # the main one is the last
            following = memory.word_at(found + self._at["next_interpreter"]) if found else 0
            if not following:
                break
            found = following
        if not found:
            raise Refused(Refusal.BETWEEN)
        if memory.word_at(found + self._at["interpreter_id"]) != 0:
            raise Refused(Refusal.UNKNOWN_INSIDE)
        return found


def _where(pid: int, thread: int) -> tuple[bool, int]:
    """Return whether a thread is in a system call, and how far its stack reaches; 0 if that is not told."""
    words = system_call_of(pid, thread)
    try:
        return words[0].isdigit(), int(words[-2], 16)
    except (IndexError, ValueError):
        return False, 0


class _Stacks:
    """How much room there is on the stacks of a process. It is asked while all threads are frozen."""

    def __init__(self, pid: int) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []
        with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", "rb") as file:
            for line in file:
                if line.endswith(b"[stack]\n"):
                    continue  # it grows
                begin, _, end = line.split(None, 1)[0].partition(b"-")
                self._begins.append(int(begin, 16))
                self._ends.append(int(end, 16))

    def room(self, reaches: int) -> int:
        """Bytes that are left of a stack that reaches down to an address; very many if it grows, or is not known."""
        place = bisect.bisect_right(self._begins, reaches) - 1
        if place < 0 or reaches >= self._ends[place]:
            return sys.maxsize
        return reaches - self._begins[place]


def find(pid: int) -> Interpreter:
    """Return the Python of a process that can be asked.

    Raises:
        Refused: there is none, or it cannot be asked.
    """
    runtime, version, table = _find_table(pid)
    if version is None:
        raise Refused(Refusal.NOT_PYTHON, pid=pid)
    check_version(version)
    if runtime is None or table is None:
        raise Refused(Refusal.UNKNOWN_INSIDE)
    return Interpreter(pid, version, runtime, table)


def check_version(version: Version) -> None:
    """Raise Refused unless a Python of that version can be asked."""
    if (version.major, version.minor) < (3, 8):
        raise Refused(Refusal.TOO_OLD, version=str(version))
    if (version.major, version.minor) < (3, 14):
        raise Refused(Refusal.LOOK_ONLY, version=str(version))
    if version.free_threaded:
        raise Refused(Refusal.FREE_THREADED)
    if version.major != 3 or version.minor not in _TABLES:
        raise Refused(Refusal.TOO_NEW, version=str(version))
    if version.level != _FINAL:
        raise Refused(Refusal.PRERELEASE, version=str(version))


def version_of(pid: int) -> Version | None:
    """Return the version of the Python in a process, as far as can be seen; None if it does not run Python.

    Raises:
        Refused: the process has gone, or not even its list of files may be seen.
    """
    try:
        return _find_table(pid)[1]
    except Refused:
        return next(filter(None, (_version_in(mapping.path) for mapping in _mappings(pid))), None)


# -- where it is ------------------------------------------------------------------------------------------------------


def _find_table(pid: int) -> tuple[int | None, Version | None, tuple[int, ...] | None]:
    """Return where the Python of a process begins, its version, and its table, as far as there are such."""
    named: Version | None = None
    replaced = False
    for mapping in _mappings(pid):
        named = named or _version_in(mapping.path)
        offset, readable = _section(pid, mapping, b".PyRuntime")
        replaced = replaced or not readable
        if offset is None:
            continue
        runtime = mapping.begin + offset
        with _Memory(pid) as memory:
            head = memory.read(runtime, 24)
            if head[:8] != _COOKIE:
                return runtime, named, None  # 3.11 and 3.12 have a runtime without a table
            number = _WORD.unpack_from(head, 8)[0]
            version = Version(
                number >> 24 & 255,
                number >> 16 & 255,
                number >> 8 & 255,
                number & 0xF0,
                bool(_WORD.unpack_from(head, 16)[0]),
            )
            table = struct.unpack(f"<{_TABLE_WORDS}Q", memory.read(runtime, _TABLE_WORDS * 8))
        return runtime, version, table
    if replaced and named is not None and (named.major, named.minor) >= (3, 14):
        raise Refused(Refusal.REPLACED)
    return None, named, None


def _version_in(path: str) -> Version | None:
    found = _NAME.search(os.path.basename(path.removesuffix(" (deleted)")))
    return None if found is None else Version(int(found[1]), int(found[2]), free_threaded=bool(found[3]))


def _mappings(pid: int) -> Iterator[_Mapping]:
    """The files in its memory that may be a Python: those that are called so, and the program itself."""
    with looking_into(pid):
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
        program = os.readlink(f"/proc/{pid}/exe")
    seen: set[str] = set()
    for line in lines:
        if "python" not in line and program not in line:
            continue  # most of them, by far
        parts = line.split(None, 5)
        if len(parts) < 6 or not parts[5].startswith("/") or int(parts[2], 16) or parts[5] in seen:
            continue
        path = parts[5]
        seen.add(path)
        name = os.path.basename(path)
        # Not ``_json.cpython-314-x86_64-linux-gnu.so``: there may be hundreds of extension modules.
        if path == program or ("python" in name and ".cpython-" not in name):
            begin, end = (int(word, 16) for word in parts[0].split("-"))
            yield _Mapping(begin, end, parts[3], int(parts[4]), path)


def _section(pid: int, mapping: _Mapping, wanted: bytes) -> tuple[int | None, bool]:
    """Return where a section lies, from the beginning of the mapping, and whether the file could be read.

    It has to be the very file that is mapped, whatever has been put in its place since: by an update of the system, or
    because the process has another root. Which of the ways leads there depends on the rights that we have.
    """
    ways = (
        f"/proc/{pid}/map_files/{mapping.begin:x}-{mapping.end:x}",
        f"/proc/{pid}/root{mapping.path}",
        mapping.path,
        f"/proc/{pid}/exe",
    )
    for way in ways:
        try:
            with open(way, "rb") as file:
                if os.fstat(file.fileno()).st_ino == mapping.inode:
                    return _section_of(file.fileno(), wanted), True
        except (OSError, struct.error, ValueError, IndexError):
            continue
    return None, False


def _section_of(file: int, wanted: bytes) -> int | None:
    """Read the headers of a program file (ELF, 64 bits, the low byte first)."""
    head = os.pread(file, 64, 0)
    if head[:6] != b"\x7fELF\x02\x01":
        return None
    programs, sections = struct.unpack_from("<QQ", head, 32)
    program_size, program_count, size, count, names_at = struct.unpack_from("<HHHHH", head, 54)
    table = os.pread(file, program_size * program_count, programs)
    base: int | None = None
    for number in range(program_count):
        kind, _, _, address = struct.unpack_from("<IIQQ", table, number * program_size)
        if kind == 1:  # what is loaded first
            align = struct.unpack_from("<Q", table, number * program_size + 48)[0]
            base = int(address - address % max(1, align))
            break
    if base is None:
        return None
    table = os.pread(file, size * count, sections)
    at, length = struct.unpack_from("<QQ", table, names_at * size + 24)
    names = os.pread(file, length, at)
    for number in range(count):
        name = struct.unpack_from("<I", table, number * size)[0]
        if names[name : names.index(b"\0", name)] == wanted:
            return int(struct.unpack_from("<Q", table, number * size + 16)[0]) - base
    return None


class _Memory:
    """The memory of a process, by address."""

    def __init__(self, pid: int, *, writing: bool = False) -> None:
        self._pid = pid
        with looking_into(pid):
            self._file = os.open(f"/proc/{pid}/mem", (os.O_RDWR if writing else os.O_RDONLY) | os.O_CLOEXEC)

    def __enter__(self) -> _Memory:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def read(self, address: int, size: int) -> bytes:
        try:
            data = os.pread(self._file, size, address)
        except (OSError, OverflowError):
            data = b""
        if len(data) != size:
            raise Refused(Refusal.BETWEEN)
        return data

    def write(self, address: int, data: bytes) -> None:
        if os.pwrite(self._file, data, address) != len(data):
            raise Refused(Refusal.BETWEEN)

    def word_at(self, address: int) -> int:
        return int(_WORD.unpack(self.read(address, 8))[0])

    def int_at(self, address: int) -> int:
        return int(_INT.unpack(self.read(address, 4))[0])
