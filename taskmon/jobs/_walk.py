"""Finding every file under some folders, without following links and without opening anything; and what is met there.

What a job goes on without is counted, listed, and told at the end.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.files import name_of_kind, part_pattern
from taskmon.core.base.text import plain, tr_count
from taskmon.core.base.translate import mark, tr

if TYPE_CHECKING:
    from taskmon.core.task.context import TaskContext

_REPORT_EVERY = 256
# Enough for anyone to read; a million unreadable files must not fill the memory.
_LISTED = 10_000


class ProblemKind(Enum):
    """Why a file was left out, or is doubtful. The value is how a count of them reads: of one, and of several."""

    UNREADABLE = (mark("{n} could not be read"),) * 2
    VANISHED = (mark("{n} vanished before being read"),) * 2
    SPECIAL = mark("{n} not a plain file, left out"), mark("{n} not plain files, left out")
    CHANGED = (mark("{n} changed while being read"),) * 2


class Problem(NamedTuple):
    """One file that could not be treated like the others."""

    kind: ProblemKind
    path: str
    """Made printable; not to be opened."""
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class Problems:
    """All problems of one run. Written by its worker only; complete once the task has ended."""

    __slots__ = ("_ctx", "counts", "listed")

    def __init__(self, ctx: TaskContext) -> None:
        self._ctx = ctx
        self.counts: dict[ProblemKind, int] = {}
        self.listed: list[Problem] = []
        """The first ten thousand."""

    def add(self, kind: ProblemKind, path: str, text: str) -> None:
        """Count, list and log one problem. `path` may be any file name."""
        problem = Problem(kind, plain(path, 1000), text)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if len(self.listed) < _LISTED:
            self.listed.append(problem)
        self._ctx.log(str(problem))

    @property
    def total(self) -> int:
        """How many there were."""
        return sum(self.counts.values())

    def summary(self) -> str:
        """Return for example “2 could not be read, 1 vanished before being read”; empty if all went well."""
        return ", ".join(tr_count(self.counts[kind], *kind.value) for kind in ProblemKind if kind in self.counts)


class Found(NamedTuple):
    """One plain file. Sorting these sorts by the bytes of the names, the same on every machine."""

    name: bytes
    """Its path relative to the root."""
    size: int
    """In bytes, when it was found."""


def common_root(folders: Sequence[str]) -> str:
    """Return the folder that names in a manifest are relative to: the folder, or what several have in common.

    Raises:
        TaskmonError: they are on different drives and have nothing in common.
    """
    try:
        return os.path.commonpath(folders)
    except ValueError as error:
        message = tr("The folders are on different drives. Give folders of one drive, or run one job for each.")
        raise TaskmonError(tr("The job was not started"), message) from error


def find_files(
    ctx: TaskContext, folders: Sequence[str], root: str, leave_out: str | None, problems: Problems
) -> tuple[list[Found], int]:
    """Return every plain file under `folders`, sorted by name, and the number of symbolic links passed over.

    Every entry is a checkpoint. A folder inside another of `folders` is not visited twice. What cannot be
    listed and what is neither file, folder nor link goes to `problems`. The file `leave_out`, a manifest
    about to be written, is not counted, nor are its temporary files.

    Raises:
        TaskmonError: one of `folders` itself cannot be listed.
        TaskCancelled: a stop was requested.
    """
    skip = _skipper(leave_out)
    files: list[Found] = []
    links = 0
    prefix = len(os.fsencode(os.path.join(root, "")))
    pending = _outermost(folders)
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    ctx.checkpoint()
                    status = _status(entry, problems)
                    if status is None:
                        continue
                    mode = status.st_mode
                    if stat.S_ISDIR(mode):
                        pending.append(entry.path)
                    elif stat.S_ISLNK(mode):
                        links += 1
                    elif skip(folder, entry.name):
                        continue
                    elif stat.S_ISREG(mode):
                        files.append(Found(os.fsencode(entry.path)[prefix:], status.st_size))
                        if len(files) % _REPORT_EVERY == 1:
                            ctx.progress(message=tr_count(len(files), "Counting… {n} file", "Counting… {n} files"))
                    else:
                        problems.add(
                            ProblemKind.SPECIAL,
                            entry.path,
                            tr("is {kind}, left out").format(kind=tr(name_of_kind(mode))),
                        )
        except OSError as error:
            if folder in folders:  # one that the user named: to go on without it would be a lie
                message = f"“{plain(folder)}”: {error.strerror or error}."
                raise TaskmonError(tr("The folder cannot be read"), message) from error
            _add_folder_problem(folder, error, problems)
    files.sort()
    return files, links


def _status(entry: os.DirEntry[str], problems: Problems) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        problems.add(ProblemKind.VANISHED, entry.path, "vanished while being counted")
    except OSError as error:
        problems.add(ProblemKind.UNREADABLE, entry.path, error.strerror or str(error))
    return None


def _add_folder_problem(folder: str, error: OSError, problems: Problems) -> None:
    if isinstance(error, FileNotFoundError):
        problems.add(ProblemKind.VANISHED, folder, "folder vanished while being counted")
    else:
        problems.add(ProblemKind.UNREADABLE, folder, f"folder could not be listed: {error.strerror or error}")


def _outermost(folders: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for folder in sorted(folders, key=lambda path: os.path.join(path, "")):
        if not kept or not os.path.join(folder, "").startswith(os.path.join(kept[-1], "")):
            kept.append(folder)
    return kept


def _skipper(leave_out: str | None) -> Callable[[str, str], bool]:
    if leave_out is None:
        return lambda _folder, _name: False
    parent, own_name = os.path.split(leave_out)
    # Compared as files, not as text: the folder given may reach the manifest's folder through a link.
    try:
        parent_status = os.stat(parent)
    except OSError:
        return lambda _folder, _name: False
    part: re.Pattern[str] = part_pattern(own_name)

    def skip(folder: str, name: str) -> bool:
        if name != own_name and not part.fullmatch(name):
            return False
        try:
            return os.path.samestat(os.stat(folder), parent_status)
        except OSError:
            return False

    return skip
