"""Reading files of all kinds without harm, and hashing what they hold."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import time
from collections.abc import Sequence
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


class NotPlainFileError(OSError):
    """What was opened is a folder, pipe, socket or device."""


class Digested(NamedTuple):
    """What came of reading one file."""

    digests: tuple[str, ...]
    """One for each algorithm asked for, in lower-case hexadecimal digits."""
    size: int
    """Bytes read."""
    changed: bool
    """The file was written to meanwhile: the digest may be of a state that never was."""


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


def open_plain(path: str, *, follow: bool = False) -> io.FileIO:
    """Open a plain file for reading, unbuffered, without ever waiting for the other end of a pipe.

    A symbolic link is refused unless `follow`, which is for paths that the user named.

    Raises:
        NotPlainFileError: it is something else, or became so since it was looked at.
        OSError: it cannot be opened.
    """
    flags = _SAFE_FLAGS if follow else _SAFE_FLAGS | _NO_FOLLOW
    try:
        file = io.FileIO(path, "rb", opener=lambda name, _flags: os.open(name, flags))
    except IsADirectoryError as error:
        raise NotPlainFileError(errno.EISDIR, tr("is a folder")) from error
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise NotPlainFileError(errno.ELOOP, tr("is a symbolic link")) from error
        if error.errno == errno.ENXIO:
            raise NotPlainFileError(errno.ENXIO, tr("is a socket or a device without a driver")) from error
        raise
    mode = os.fstat(file.fileno()).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        raise NotPlainFileError(errno.EINVAL, tr("is {kind}").format(kind=tr(name_of_kind(mode))))
    return file


class FileHasher:
    """Hashes files one after the other, and reports the bytes read as the progress of the task.

    Belongs to the worker's thread. Between two chunks it passes a checkpoint. The chunk adapts to the disk,
    so that a checkpoint is never far even where a megabyte takes a second; while a chunk is read and hashed
    the GIL is free.

    Args:
        total: bytes expected in all. Corrected as files turn out to be longer or shorter.
    """

    __slots__ = ("_buffer", "_chunk", "_ctx", "_total", "done")

    def __init__(self, ctx: TaskContext, total: int) -> None:
        self._ctx = ctx
        self._buffer = memoryview(bytearray(_LARGEST_CHUNK))
        self._chunk = _SMALLEST_CHUNK
        self._total = total
        self.done = 0
        """Bytes read so far."""

    def digest(
        self, path: str, algorithms: Sequence[str], expected: int, *, message: str, follow: bool = False
    ) -> Digested:
        """Read the file `path` to its end.

        Args:
            path: the file.
            algorithms: one or more to compute in one reading.
            expected: its size as the total counted it, in bytes.
            message: what the task shows meanwhile.
            follow: whether a symbolic link may be followed.

        Raises:
            OSError: the file cannot be opened or read; `NotPlainFileError` if it is no plain file.
            TaskCancelled: a stop was requested.
        """
        start = self.done
        self._ctx.checkpoint()
        self._ctx.progress(done=start, total=self._total, unit=BYTES, message=message)
        try:
            with open_plain(path, follow=follow) as file:
                before = os.fstat(file.fileno())
                hashes = [new_hash(algorithm) for algorithm in algorithms]
                self._read(file, hashes, start + expected)
                after = os.fstat(file.fileno())
        finally:
            # Whatever was not read is not there to be read; whatever was read beyond is part of the whole.
            self._total += self.done - start - expected
        changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
        return Digested(tuple(h.hexdigest() for h in hashes), self.done - start, changed)

    def _read(self, file: io.FileIO, hashes: list[Any], expected_end: int) -> None:
        ctx = self._ctx
        while True:
            began = time.perf_counter()
            chunk = self._buffer[: self._chunk]
            count = file.readinto(chunk)
            if count is None:  # O_NONBLOCK: some files of /proc have nothing to say right now
                raise OSError(errno.EAGAIN, "has nothing to read at the moment")
            if not count:
                return
            data = chunk[:count]
            for each in hashes:
                each.update(data)
            self.done += count
            if self.done > expected_end:  # a growing file: the bar must not read 100 % before the end
                ctx.progress(done=self.done, total=self._total + self.done - expected_end)
            else:
                ctx.progress(done=self.done)
            ctx.checkpoint()
            self._adapt(time.perf_counter() - began)

    def _adapt(self, seconds: float) -> None:
        if seconds > 0.04:
            self._chunk = max(_SMALLEST_CHUNK, self._chunk // 2)
        elif seconds < 0.01:
            self._chunk = min(_LARGEST_CHUNK, self._chunk * 2)
