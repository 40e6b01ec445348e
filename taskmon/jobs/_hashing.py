"""Reading files of all kinds without harm, and hashing what they hold."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.files import name_of_kind
from taskmon.core.base.text import BYTES, plain
from taskmon.core.base.translate import tr

if TYPE_CHECKING:
    from taskmon.core.task.context import TaskContext

# O_NONBLOCK: if the file was swapped for a pipe since it was looked at, open() returns instead of waiting for
# a writer. It changes nothing for plain files. O_NOCTTY: a terminal so opened does not become ours.
_SAFE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)

_SMALLEST_CHUNK = 64 * 1024
_LARGEST_CHUNK = 1024 * 1024
#: Files of at least so many bytes are worth another thread …
_LARGE = 1024 * 1024
#: … and so many are read at the same time, at most: no disk gives more than that.
_MOST_AT_ONCE = 8
#: In how many places of a file it is looked whether the system has it in memory.
_PLACES = 8
#: How often the worker looks while only others read, in seconds.
_TAIL = 0.05


class NotPlainFileError(OSError):
    """What was opened is a folder, pipe, socket or device."""


class Digested(NamedTuple):
    """What came of reading one file."""

    digests: dict[str, str]
    """By the name of the algorithm, in lower-case hexadecimal digits."""
    size: int
    """Bytes read."""
    changed: bool
    """The file was written to meanwhile: the digest may be of a state that never was."""


class Wanted(NamedTuple):
    """A file to be read to its end."""

    path: str
    algorithms: Callable[[], Sequence[str]]
    """Asked when its reading begins, in any thread: one or more to compute in one reading."""
    expected: int
    """Its size as the total counted it, in bytes."""
    message: str
    """What the task shows meanwhile."""
    follow: bool = False
    """Whether a symbolic link may be followed."""


def new_hash(algorithm: str) -> Any:
    """Return a fresh hash object.

    Raises:
        TaskmonError: this Python was built without the algorithm.
    """
    try:
        return hashlib.new(algorithm, usedforsecurity=False)
    except ValueError as error:
        message = tr("The algorithm {name} is not available on this computer. Choose another one.").format(
            name=plain(algorithm, 40)
        )
        raise TaskmonError(tr("The checksum cannot be computed"), message) from error


def open_regular(path: str, *, follow: bool = False) -> tuple[int, os.stat_result]:
    """Open a plain file for reading, without ever waiting for the other end of a pipe; return it and what it is.

    A symbolic link is refused unless `follow`, which is for paths that the user named.

    Raises:
        NotPlainFileError: it is something else, or became so since it was looked at.
        OSError: it cannot be opened.
    """
    try:
        file = os.open(path, _SAFE_FLAGS if follow else _SAFE_FLAGS | _NO_FOLLOW)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise NotPlainFileError(errno.ELOOP, tr("is a symbolic link")) from error
        if error.errno == errno.ENXIO:
            raise NotPlainFileError(errno.ENXIO, tr("is a socket or a device without a driver")) from error
        raise
    try:
        found = os.fstat(file)
        if stat.S_ISDIR(found.st_mode):
            raise NotPlainFileError(errno.EISDIR, tr("is a folder"))
        if not stat.S_ISREG(found.st_mode):
            raise NotPlainFileError(errno.EINVAL, tr("is {kind}").format(kind=tr(name_of_kind(found.st_mode))))
    except BaseException:
        os.close(file)
        raise
    return file, found


def open_plain(path: str, *, follow: bool = False) -> io.FileIO:
    """The same as a file object, unbuffered. Raises as `open_regular` does."""
    file, _ = open_regular(path, follow=follow)
    return io.FileIO(file, "rb")


def _read_into(file: int, chunk: memoryview) -> int:
    """Read at most as much as there is room; return how many bytes. The interpreter is free meanwhile."""
    try:
        if hasattr(os, "readv"):
            return os.readv(file, (chunk,))
        data = os.read(file, len(chunk))
    except BlockingIOError as error:  # O_NONBLOCK: some files of /proc have nothing to say right now
        raise OSError(errno.EAGAIN, "has nothing to read at the moment") from error
    chunk[: len(data)] = data
    return len(data)


class Chunk:
    """Room for what is read at once, by one thread. It adapts to the disk, so that a checkpoint is never far even where
    a megabyte takes a second.
    """

    def __init__(self) -> None:
        self._room = memoryview(bytearray(_LARGEST_CHUNK))
        self.size = _SMALLEST_CHUNK

    def room(self) -> memoryview:
        """What to read into."""
        return self._room[: self.size]

    def adapt(self, seconds: float) -> None:
        """The last one took so long."""
        if seconds > 0.04:
            self.size = max(_SMALLEST_CHUNK, self.size // 2)
        elif seconds < 0.01:
            self.size = min(_LARGEST_CHUNK, self.size * 2)


class _HaltedError(Exception):
    """The worker has left: nobody wants the rest of this file."""


class _Reading:
    """One file and what has come of it. Read by the one thread that has begun it."""

    __slots__ = ("begun", "outcome", "read", "wanted")

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.begun = False
        self.read = 0  # bytes
        self.outcome: Digested | BaseException | None = None  # set last


class FileHasher:
    """Hashes files, and reports the bytes read as the progress of the task.

    Belongs to the worker's thread, which passes a checkpoint between two chunks. While a chunk is read and hashed, the
    interpreter is free: so of several large files, other threads read some at the same time, one for each further core.
    They go on only while the worker does: where that is paused, has to wait for its turn, or leaves, so do they.

    Args:
        total: bytes expected in all. Corrected as files turn out to be longer or shorter.
    """

    def __init__(self, ctx: TaskContext, total: int) -> None:
        self._ctx = ctx
        self._chunk = Chunk()
        self._total = total
        self._read = 0  # bytes of the files that are done with
        self._lock = threading.Condition()  # of what follows; the other threads wait on it, and the worker for them
        self._open: list[_Reading] = []
        self._resting = 0  # how many of them wait because the worker does
        self._halted = False
        self._stands = False  # the worker is at a checkpoint

    @property
    def done(self) -> int:
        """Bytes read so far."""
        with self._lock:
            return self._read + sum(reading.read for reading in self._open)

    def digest_all(self, files: Iterable[Wanted]) -> Iterator[Digested | OSError]:
        """Read files to their ends; tell of each, in this order, what came of it.

        That is an OSError if it cannot be opened or read: `NotPlainFileError` if it is no plain file.

        Raises:
            TaskCancelled: a stop was requested.
        """
        readings = [_Reading(each) for each in files]
        helpers = self._start_helpers([reading for reading in readings if reading.wanted.expected >= _LARGE])
        told = 0
        try:
            for reading in readings:
                if self._begin(reading):
                    self._read_here(reading)
                while told < len(readings) and (outcome := readings[told].outcome) is not None:
                    told += 1
                    yield _told(outcome)
            while told < len(readings):
                with self._lock:
                    self._lock.wait_for(lambda: readings[told].outcome is not None, _TAIL)  # noqa: B023  # called here
                self._between()
                while told < len(readings) and (outcome := readings[told].outcome) is not None:
                    told += 1
                    yield _told(outcome)
        finally:
            with self._lock:
                self._halted = True
                self._lock.notify_all()
            for helper in helpers:
                helper.join()  # soon: at the end of its chunk
            self._halted = False

    # -- in the worker's thread -----------------------------------------------------------------------

    def _read_here(self, reading: _Reading) -> None:
        self._checkpoint()
        self._report(reading.wanted.message)
        try:
            reading.outcome = self._digest(reading, self._chunk, self._between)
        except OSError as error:
            reading.outcome = error
        finally:
            self._retire(reading)

    def _between(self) -> None:
        self._report()
        self._checkpoint()

    def _report(self, message: str | None = None) -> None:
        with self._lock:
            done = self._read + sum(reading.read for reading in self._open)
            # Of a growing file: the bar must not read 100 % before the end.
            beyond = sum(max(0, reading.read - reading.wanted.expected) for reading in self._open)
            total = self._total + beyond
        if message is None:
            self._ctx.progress(done=done, total=total)
        else:
            self._ctx.progress(done=done, total=total, unit=BYTES, message=message)

    def _checkpoint(self) -> None:
        self._stands = True
        try:
            self._ctx.checkpoint()
        except BaseException:  # it leaves: so do the others, before another chunk
            self._halted = True
            raise
        finally:
            self._stands = False
            if self._resting:
                with self._lock:
                    self._lock.notify_all()

    # -- in the other threads -------------------------------------------------------------------------

    def _start_helpers(self, large: list[_Reading]) -> list[threading.Thread]:
        count = min(len(large), _cores()) - 1
        if count < 1:
            return []
        given = large, _is_read_best_in_order(large[0].wanted.path)
        helpers = [
            threading.Thread(target=self._help, args=given, name="taskmon-hashing", daemon=True) for _ in range(count)
        ]
        started = []
        for helper in helpers:
            try:
                helper.start()
            except RuntimeError:  # the system gives no more threads: it goes on with those that there are
                break
            started.append(helper)
        return started

    def _help(self, large: list[_Reading], disk_turns: bool) -> None:
        chunk = Chunk()
        for reading in large:
            if self._halted:
                return
            if reading.begun or (disk_turns and not _is_in_memory(reading.wanted)) or not self._begin(reading):
                continue
            outcome: Digested | BaseException
            try:
                outcome = self._digest(reading, chunk, self._follow)
            except _HaltedError:
                return
            except BaseException as error:  # told by the worker
                outcome = error
            self._retire(reading)
            with self._lock:
                reading.outcome = outcome
                self._lock.notify_all()

    def _follow(self) -> None:
        """Between two chunks: stand still while the worker does, and leave when it has left."""
        if self._stands:
            with self._lock:
                self._resting += 1
                self._lock.wait_for(lambda: self._halted or not self._stands)
                self._resting -= 1
        if self._halted:
            raise _HaltedError

    # -- in either ------------------------------------------------------------------------------------

    def _begin(self, reading: _Reading) -> bool:
        """Whether the file is left to whoever asks."""
        with self._lock:
            if reading.begun:
                return False
            reading.begun = True
            self._open.append(reading)
            return True

    def _retire(self, reading: _Reading) -> None:
        """Whatever was not read is not there to be read; whatever was read beyond is part of the whole."""
        with self._lock:
            self._open.remove(reading)
            self._read += reading.read
            self._total += reading.read - reading.wanted.expected

    def _digest(self, reading: _Reading, chunk: Chunk, between: Callable[[], object]) -> Digested:
        wanted = reading.wanted
        file, before = open_regular(wanted.path, follow=wanted.follow)
        try:
            hashes = {algorithm: new_hash(algorithm) for algorithm in wanted.algorithms()}
            at_once = False  # then what was read is a state that was there
            while not at_once:
                began = time.perf_counter()
                room = chunk.room()
                count = _read_into(file, room)
                if not count:
                    break
                at_once = not reading.read and count == before.st_size < len(room)
                data = room[:count]
                for each in hashes.values():
                    each.update(data)
                reading.read += count
                between()
                chunk.adapt(time.perf_counter() - began)
            after = before if at_once else os.fstat(file)
        finally:
            os.close(file)
        changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
        return Digested({name: each.hexdigest() for name, each in hashes.items()}, reading.read, changed)


def _told(outcome: Digested | BaseException) -> Digested | OSError:
    if isinstance(outcome, (Digested, OSError)):
        return outcome
    raise outcome


def _cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_AT_ONCE)


def _is_in_memory(wanted: Wanted) -> bool:
    """Whether the system has a file in memory, as some places in it tell: no disk has to turn for it then.

    Disks of virtual machines are often said to turn, and what was just written or copied is in memory.
    """
    at_once = getattr(os, "RWF_NOWAIT", None)
    if at_once is None:
        return False
    try:
        file, found = open_regular(wanted.path, follow=wanted.follow)
        try:
            byte = [bytearray(1)]
            return all(os.preadv(file, byte, found.st_size * part // _PLACES, at_once) for part in range(_PLACES))
        finally:
            os.close(file)
    except OSError:  # it would have to be fetched; or this file system does not tell
        return False


def _is_read_best_in_order(path: str) -> bool:
    """Whether a file lies on a disk that turns: to go to and fro between two files would take longer than to hash."""
    try:
        device = os.stat(path).st_dev
        block = os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
        for folder in (block, os.path.dirname(block)):  # of a part of a disk, the disk
            turns = os.path.join(folder, "queue", "rotational")
            if os.path.exists(turns):
                with open(turns, encoding="ascii") as file:
                    return file.read().strip() == "1"
    except (OSError, ValueError, AttributeError):  # no Linux
        pass
    return False
