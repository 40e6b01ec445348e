"""Writing a file so that its name never stands for half of it.

The content goes to a temporary file in the same folder, is flushed to the disk, and takes the final name in
one rename. Until that rename the old file is untouched; after it the new one is complete. A cancel, a full
disk or an error on the way removes the temporary file. Only a kill or a loss of power can leave it behind:
its name says what it is, and a later write of the same file removes it.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
import time
from collections.abc import Iterable

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.translate import mark, tr

_SUFFIX = ".taskmon-part"
_NAME_LIMIT = 255  # bytes, on every file system in common use

#: A write takes seconds. What is this old was left by a process that died, here or on another machine.
_STALE_AFTER = 3600.0


def write_atomically(path: str, blocks: Iterable[bytes]) -> None:
    """Write `blocks` to the file `path`, which keeps its old content, or goes on missing, until the end.

    Blocks on the disk; for worker threads. The mode is 0666 less the umask, also where a file is replaced.

    Raises:
        TaskmonError: it could not be written. The message says whether the old content is still there.
    """
    folder, name = os.path.split(path)
    part = os.path.join(folder, _part_name(name))
    try:
        _remove_stale_parts(folder, name)
        _refuse_special(path)
        # O_EXCL never opens, follows or truncates what is already there. The umask applies to 0666.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _write_and_close(descriptor, blocks)
            os.replace(part, path)
        except BaseException:
            # Also on TaskCancelled and MemoryError: whatever the way out, no part stays behind.
            with contextlib.suppress(OSError):
                os.unlink(part)
            raise
    except OSError as error:
        raise TaskmonError(
            tr("The file was not written"),
            tr("“{path}” could not be written: {problem}. What was there before is unchanged.").format(
                path=plain(path), problem=error.strerror or error
            ),
        ) from error
    _sync_folder(folder, path)


def set_aside(path: str, mark: str) -> str:
    """Rename a file that is of no use, so that nothing is lost of it; return its new path: ``history.db.corrupt-…``.

    Raises:
        OSError: that was not possible.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{path}.{mark}-{stamp}{'' if number == 1 else f'-{number}'}" for number in itertools.count(1))
    aside = next(name for name in names if not os.path.lexists(name))
    os.rename(path, aside)
    return aside


def part_pattern(name: str) -> re.Pattern[str]:
    """Return the pattern that the temporary files for the file `name` match."""
    return re.compile(re.escape(_part_prefix(name)) + "[0-9a-f]{16}" + re.escape(_SUFFIX))


def _part_prefix(name: str) -> str:
    room = _NAME_LIMIT - len(_SUFFIX) - 18
    return "." + os.fsdecode(os.fsencode(name)[:room]) + "."


def _part_name(name: str) -> str:
    return _part_prefix(name) + os.urandom(8).hex() + _SUFFIX


def _write_and_close(descriptor: int, blocks: Iterable[bytes]) -> None:
    try:
        for block in blocks:
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        # A full disk or quota may be reported no earlier than here: an error of close() is an error of the
        # write.
        os.close(descriptor)


def _sync_folder(folder: str, path: str) -> None:
    if not hasattr(os, "O_DIRECTORY"):  # Windows has no such thing
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        # Some file systems cannot do this to a folder, and a folder may be writable but not readable.
        if error.errno in (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF):
            return
        raise TaskmonError(
            tr("The disk reported an error"),
            tr(
                "“{path}” is written and complete, but its folder could not be saved: {problem}."
                " After a power failure the old content may be back."
            ).format(path=plain(path), problem=error.strerror or error),
        ) from error


def _refuse_special(path: str) -> None:
    # Looked at when the job was started, and again now: a rename would replace a pipe or device without a
    # word.
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(errno.EEXIST, f"{name_of_kind(mode)} is there")


def _remove_stale_parts(folder: str, name: str) -> None:
    """Remove the temporary files that dead processes left: only plain files, only our own, only old ones."""
    pattern = part_pattern(name)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not pattern.fullmatch(entry.name):
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
                if own and stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > _STALE_AFTER:
                    os.unlink(entry.path)


def name_of_kind(mode: int) -> str:
    """Return what a file of status `mode` is, with its article: “a folder”, “a socket”, …"""
    for test, name in (
        (stat.S_ISREG, mark("a file")),
        (stat.S_ISDIR, mark("a folder")),
        (stat.S_ISLNK, mark("a symbolic link")),
        (stat.S_ISFIFO, mark("a named pipe")),
        (stat.S_ISSOCK, mark("a socket")),
        (stat.S_ISBLK, mark("a block device")),
        (stat.S_ISCHR, mark("a character device")),
    ):
        if test(mode):
            return name
    return mark("of an unknown kind")
