"""What the kernel tells of the threads of this process: the processor time they have used, and where they wait in it.

Linux only; elsewhere everything is unknown. Every reader takes the native id of a thread (`threading.get_native_id`)
and answers None for one that has ended: no number is ever handed to the C library, which would crash on such a one.

The system call of a thread stands in ``/proc/self/task/TID/syscall`` with its arguments. Arguments that are addresses
are followed through ``/proc/self/mem``, where a wrong one is an error and not a fault. All of it may have changed by
the time it is read, so a value is taken only if the thread has not run since.

To read a file takes a descriptor. A program that closes what it does not own may close that one and be given its number
for a file of its own, and up to the moment in which we close ours it is looked at, but not in it. So of a program that
has done so once, nothing is read any more.
"""

from __future__ import annotations

import _thread
import errno
import os
import stat
import time
from contextlib import suppress
from typing import Final, NamedTuple

#: In place of a system call: the thread runs, or would if it got a processor.
RUNNING: Final = "running"

_X86_64: Final = {
    0: "read", 1: "write", 7: "poll", 17: "read", 18: "write", 19: "read", 20: "write", 23: "select", 35: "nanosleep",
    40: "sendfile", 42: "connect", 43: "accept", 44: "send", 45: "recv", 46: "send", 47: "recv", 61: "wait4",
    72: "fcntl", 73: "flock", 74: "fsync", 75: "fsync", 202: "futex", 230: "clock_nanosleep", 232: "epoll_wait",
    247: "waitid", 257: "open", 270: "select", 271: "poll", 281: "epoll_wait", 288: "accept", 326: "sendfile",
    441: "epoll_wait",
}  # fmt: skip
_AARCH64: Final = {
    22: "epoll_wait", 25: "fcntl", 32: "flock", 56: "open", 63: "read", 64: "write", 65: "read", 66: "write",
    67: "read", 68: "write", 71: "sendfile", 72: "select", 73: "poll", 82: "fsync", 83: "fsync", 95: "waitid",
    98: "futex", 101: "nanosleep", 115: "clock_nanosleep", 202: "accept", 203: "connect", 206: "send", 207: "recv",
    211: "send", 212: "recv", 242: "accept", 260: "wait4", 285: "sendfile", 441: "epoll_wait",
}  # fmt: skip
_MACHINE: Final = os.uname().machine if hasattr(os, "uname") else ""
_CALLS: Final = {"x86_64": _X86_64, "aarch64": _AARCH64}.get(_MACHINE, {})

_FUTEX_OPERATION: Final = 0x7F
_FUTEX_WAIT_BITSET: Final = 9
_FUTEX_CLOCK_REALTIME: Final = 0x100
_CLOCK_MONOTONIC: Final = 1
_TIMER_ABSTIME: Final = 1
#: A table of connections longer than this, in bytes, is not searched: a server's is read for one row of ours.
_LONGEST_TABLE: Final = 262_144
#: For how long what they say of a socket is taken to hold, in seconds; and how long after they were read they are not
#: read again: what has come since is found then.
_TABLES_HOLD: Final = 10.0
_TABLES_ARE_NEW: Final = 0.25
#: So much of a file is read at once, in bytes.
_PAGE: Final = 4096


class SystemCall(NamedTuple):
    """What a thread is in, as far as the kernel tells."""

    name: str
    """One of the words of this module, for calls of a kind; `RUNNING`; or ``""`` for a call that is not among them."""
    arguments: tuple[int, ...] = ()
    cpu: float | None = None
    """The processor time that the thread had used right before."""

    def is_still_that_of(self, native_id: int) -> bool:
        """Whether the thread has not run since, and so is where it was."""
        return self.cpu is not None and cpu_seconds(native_id) == self.cpu


def cpu_seconds(native_id: int) -> float | None:
    """Return the processor time that a thread has used. One system call, which keeps the interpreter."""
    if native_id <= 0:  # that would be the clock of somebody else
        return None
    try:
        # The clock of a thread is its number in disguise: ~TID << 3, per thread (4), by the scheduler (2).
        return time.clock_gettime((~native_id << 3) | 6)
    except (OSError, OverflowError, AttributeError, TypeError):  # 3.14 refuses a number too large as no integer
        return None


def native_id_of(ident: int) -> int | None:
    """Return the number of a thread that ``threading`` does not know, as one of Qt; None if it cannot be found out.

    On Linux the ident of a thread is the address of what the C library keeps of it, and its number stands in there: as
    far from the beginning as that of the calling thread.
    """
    if not _place_of_number:
        own = _memory(_thread.get_ident(), _LONGEST_DESCRIPTION) or b""
        number = _thread.get_native_id().to_bytes(4, "little")
        places = [place for place in range(0, len(own), 4) if own[place : place + 4] == number]
        _place_of_number.append(places[0] if len(places) == 1 else None)
    place = _place_of_number[0]
    found = _memory(ident + place, 4) if place is not None else None
    native_id = int.from_bytes(found, "little") if found is not None else 0
    return native_id if cpu_seconds(native_id) is not None else None  # and it is that of a thread of ours


#: So much is searched of what the C library keeps of a thread, in bytes …
_LONGEST_DESCRIPTION: Final = 2048
#: … and where the number was found; None if nowhere, or at more than one place.
_place_of_number: Final[list[int | None]] = []


def seconds_in_line(native_id: int) -> float:
    """Return for how long a thread could have run and had no processor; 0 if that is not known. Reads a file."""
    try:
        return int(_read(f"/proc/self/task/{native_id}/schedstat", 256).split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def voluntary_switches(native_id: int) -> int | None:
    """Return how often a thread has given up its processor by itself, which it does to wait. Reads a file.

    One that has waited in one call for all the time between two looks has not done so meanwhile.
    """
    try:
        for line in _read(f"/proc/self/task/{native_id}/status", 4096).splitlines():
            if line.startswith(b"voluntary_ctxt_switches:"):
                return int(line.partition(b":")[2])
    except (OSError, ValueError):
        pass
    return None


def system_call(native_id: int) -> SystemCall | None:
    """Return what a thread is in; None if that is not known or it has ended. Reads a file: not for the UI thread."""
    cpu = cpu_seconds(native_id)
    try:
        text = _read(f"/proc/self/task/{native_id}/syscall", 256).split()
    except OSError:
        return None
    if not text:
        return None
    if text[0] == b"running":
        return SystemCall(RUNNING)
    try:
        number = int(text[0])
        return SystemCall(_CALLS.get(number, ""), tuple(int(word, 16) for word in text[1:7]), cpu)
    except ValueError:
        return None


def wakes_at(native_id: int, call: SystemCall) -> float | None:
    """Return when a waiting thread will wake by itself at the latest, in seconds of `time.monotonic()`; None if never.

    Of a sleep, and of a wait for a lock with a timeout. None as well if it cannot be known.
    """
    arguments = call.arguments
    if call.name == "clock_nanosleep" and len(arguments) > 2:
        absolute = bool(arguments[1] & _TIMER_ABSTIME)
        if arguments[0] != _CLOCK_MONOTONIC or not absolute:
            return None
        address = arguments[2]
    elif call.name == "futex" and len(arguments) > 3:
        operation = arguments[1] & _FUTEX_OPERATION
        if operation != _FUTEX_WAIT_BITSET or arguments[1] & _FUTEX_CLOCK_REALTIME:
            return None
        address = arguments[3]
    else:
        return None
    data = _memory(address, 16) if address else None
    if data is None or not call.is_still_that_of(native_id):
        return None
    return int.from_bytes(data[:8], "little", signed=True) + int.from_bytes(data[8:], "little", signed=True) / 1e9


def has_timeout(call: SystemCall) -> bool:
    """Whether a wait for a lock (a futex) ends by itself some time."""
    return call.name == "futex" and len(call.arguments) > 3 and call.arguments[3] != 0


def descriptor_of(native_id: int, call: SystemCall) -> int | None:
    """Return the descriptor that a call reads, writes or waits for; None if it is none, several or unknown."""
    arguments = call.arguments
    if call.name in {"read", "write", "recv", "send", "accept", "connect", "fsync", "flock", "fcntl"} and arguments:
        return arguments[0]
    if call.name == "poll" and len(arguments) > 1 and arguments[1] == 1:
        data = _memory(arguments[0], 4)
        if data is not None and call.is_still_that_of(native_id):
            return int.from_bytes(data, "little", signed=True)
    return None


class Descriptor(NamedTuple):
    """What a descriptor of this process stands for."""

    kind: str
    """``file``, ``socket``, ``pipe``, ``terminal``, or ``""``."""
    name: str = ""
    """The path of a file, the peer of a connected TCP or UDP socket; empty if it has none or that is not known."""


def describe_descriptor(number: int) -> Descriptor | None:
    """Return what a descriptor stands for; None if it is closed. Never uses the descriptor itself."""
    try:
        target = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return None
    if target.startswith("socket:["):
        return Descriptor("socket", _connections.other_end_of(target[8:-1].encode()))
    if target.startswith("pipe:["):
        return Descriptor("pipe")
    if target.startswith(("/dev/tty", "/dev/pts/", "/dev/console")):
        return Descriptor("terminal")
    if target.startswith("/"):
        return Descriptor("pipe" if _is_named_pipe(number) else "file", target)
    return Descriptor("")


def _is_named_pipe(number: int) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(f"/proc/self/fd/{number}").st_mode)
    except OSError:
        return False


class _Connections:
    """The other ends of IP connections, by the number of the socket, from the system's tables of them.

    To read those takes milliseconds, and a socket of another kind is in none: for a while, what they said is taken to
    hold. A look that comes upon many sockets reads them once.
    """

    def __init__(self) -> None:
        self._ends: dict[bytes, tuple[bytes, float]] = {}  # with until when that holds; b"" for what is in no table
        self._asked: set[bytes] = set()  # those that have been asked for since the tables were read
        self._read_at = float("-inf")

    def other_end_of(self, inode: bytes) -> str:
        """Return the other end as ``address:port``; empty if there is none or that is not known."""
        now = time.monotonic()
        end, until = self._ends.get(inode, (b"", 0.0))
        if until <= now:
            self._asked.add(inode)
            if now - self._read_at > _TABLES_ARE_NEW:
                self._read(now)
            end, _ = self._ends.get(inode, (b"", 0.0))
        return _address(end) if end else ""

    def _read(self, now: float) -> None:
        self._ends = {inode: known for inode, known in self._ends.items() if known[1] > now}
        for table in ("tcp", "tcp6", "udp", "udp6"):
            try:
                lines = _read(f"/proc/self/net/{table}", _LONGEST_TABLE).split(b"\n")
            except OSError:
                continue
            for line in lines[1:]:
                words = line.split(None, 10)
                if len(words) > 9:
                    self._ends[words[9]] = words[2], now + _TABLES_HOLD
        for inode in self._asked:
            self._ends.setdefault(inode, (b"", now + _TABLES_HOLD))
        self._asked.clear()
        self._read_at = time.monotonic()


_connections: Final = _Connections()


def _address(text: bytes) -> str:
    host, _, port = text.partition(b":")
    try:
        packed = bytes.fromhex(host.decode())
        number = int(port, 16)
    except ValueError:
        return ""
    if not number:
        return ""
    words = [packed[place : place + 4][::-1] for place in range(0, len(packed), 4)]  # each word in the machine's order
    whole = b"".join(words)
    if len(whole) == 16 and whole.startswith(b"\0" * 10 + b"\xff\xff"):
        whole = whole[12:]
    if len(whole) == 4:
        return ".".join(map(str, whole)) + f":{number}"
    groups = [f"{whole[place] << 8 | whole[place + 1]:x}" for place in range(0, 16, 2)]
    return f"[{':'.join(groups)}]:{number}"


def _memory(address: int, size: int) -> bytes | None:
    # Not read from its beginning, so not by `_read`: so it is compared here before each use.
    if _robbed:
        return None
    try:
        wanted = os.stat(_MEMORY)
        file = os.open(_MEMORY, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    data = b""
    with suppress(OSError, OverflowError):
        if _is_memory(file, wanted):
            data = os.pread(file, size, address)
    if _is_memory(file, wanted):
        os.close(file)
    else:
        _robbed.append(_MEMORY)
    return data if len(data) == size else None


def _is_memory(file: int, wanted: os.stat_result) -> bool:
    """Whether a number still stands for that. The kernel may give such a file another inode at each look.

    `fstat` lets go of the interpreter, and what comes after it does not; no file of a program is open like that.
    """
    try:
        return os.fstat(file).st_dev == wanted.st_dev and not os.get_blocking(file) and not os.get_inheritable(file)
    except OSError:
        return False


_MEMORY: Final = "/proc/self/mem"
#: What the program has closed while we read it.
_robbed: Final[list[str]] = []


def _read(path: str, most: int) -> bytes:
    if _robbed:
        raise OSError(errno.EBADF, "the program closes files of others", path)
    # By `open`: in a watched program that is one which does not trust the number of its descriptor.
    try:
        # Each call of the system is a turn of all busy threads: without a buffer there are three fewer of them.
        with open(path, "rb", 0 if most <= _PAGE else -1) as file:
            return file.read(most)
    except OSError as error:
        if error.errno == errno.EBADF:
            _robbed.append(path)
        raise
