"""What a job met on its way and went on without: counted, listed, told at the end."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from taskmon.core.base.text import format_count, plain
from taskmon.core.base.translate import mark, tr

if TYPE_CHECKING:
    from taskmon.core.task.context import TaskContext

# Enough for anyone to read; a million unreadable files must not fill the memory.
_LISTED = 10_000


class ProblemKind(Enum):
    """Why a file was left out, or is doubtful. The value is how a count of them reads."""

    UNREADABLE = mark("{n} could not be read")
    VANISHED = mark("{n} vanished before being read")
    SPECIAL = mark("{n} not a plain file, left out")
    CHANGED = mark("{n} changed while being read")


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
        return ", ".join(
            tr(kind.value).format(n=format_count(self.counts[kind])) for kind in ProblemKind if kind in self.counts
        )
