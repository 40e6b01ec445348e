"""Rows that stand for several: in a watched program, the calls that wait, and what has ended. No Qt.

A fold has an id below zero, as a heading has, and no task. It is closed until it is opened, and stays as it is left.
"""

from __future__ import annotations

from enum import Enum
from itertools import count
from typing import Any, Final

from taskmon.bridge.table.rows import RowAction, TaskRow, is_watched
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

#: Fewer are shown one by one.
_FEWEST: Final = 2
#: Below the ids of headings.
_FIRST_ID: Final = -1_000_000
_NO_TASK: Final[Any] = None
_WAITING: Final = frozenset({TaskState.QUEUED, TaskState.HELD})


class Fold(Enum):
    """What is folded."""

    WAITING = "waiting"
    ENDED = "ended"


class FoldRow(TaskRow):
    """Stands for some of the rows beneath another. Belongs to the UI thread."""

    __slots__ = ("fold",)

    is_fold = True

    def __init__(self, number: int, fold: Fold, parent: TaskRow) -> None:
        state = TaskState.QUEUED if fold is Fold.WAITING else TaskState.SUCCEEDED
        origin = parent.snapshot.origin
        if origin is not None:
            origin = origin._replace(thread="", kind="pool")  # it is no thread of its own
        super().__init__(_NO_TASK, TaskSnapshot(number, "", state, 0, 0.0, 0.0, origin=origin), 0)
        self.fold = fold
        self.parent = parent
        self.expanded = False

    @property
    def progress(self) -> Progress:
        """None: what its rows count is counted by their parent."""
        return self.snapshot.progress

    @property
    def members(self) -> list[TaskRow]:
        """Those that are what it stands for: where rows are held still, some that wait no longer are in it yet."""
        if self.fold is Fold.ENDED:
            return list(self.children)
        return [row for row in self.children if row.snapshot.state in _WAITING]

    @property
    def cancellable(self) -> list[TaskRow]:
        """Those of its rows that its button cancels."""
        if self.fold is Fold.ENDED:
            return []
        return [row for row in self.members if row.action is RowAction.CANCEL]

    @property
    def action(self) -> RowAction:
        """Cancels all that wait, or takes all that have ended out of the table."""
        if self.fold is Fold.ENDED:
            return RowAction.CLEAR
        return RowAction.CANCEL if self.cancellable else RowAction.NONE

    @property
    def can_retry(self) -> bool:
        return False


class Folds:
    """The folds that there have been, so that one keeps its id, and whether it is open."""

    def __init__(self) -> None:
        self.rows: dict[int, FoldRow] = {}
        self._by_key: dict[tuple[int, Fold], FoldRow] = {}
        self._numbers = count(_FIRST_ID, -1)

    def arrange(self, parent: TaskRow, children: list[TaskRow], *, by_state: bool) -> list[TaskRow]:
        """Return the rows to show beneath a row in place of `children`, which are in their order.

        Args:
            parent: the row above.
            children: those beneath it.
            by_state: whether those that run come before those that wait.
        """
        if not is_watched(parent.snapshot):
            return children
        waiting = [row for row in children if row.snapshot.state in _WAITING]
        ended = [row for row in children if row.has_ended]
        if not waiting and not ended:
            return children
        folded: set[int] = set()
        folds: list[TaskRow] = []
        for fold, rows in (
            (Fold.WAITING, waiting),
            (Fold.ENDED, [row for row in ended if not row.unseen]),  # a failure is to be seen first
        ):
            if len(rows) >= _FEWEST:
                folds.append(self._of(parent, fold, rows))
                folded.update(row.id for row in rows)
        shown = [row for row in children if row.id not in folded]
        if by_state:
            ranks = {row.id: 1 for row in waiting} | {row.id: 2 for row in ended}
            shown.sort(key=lambda row: ranks.get(row.id, 0))
            place = next((place for place, row in enumerate(shown) if ranks.get(row.id) == 2), len(shown))
            if folds and isinstance(folds[0], FoldRow) and folds[0].fold is Fold.WAITING:
                shown.insert(place, folds.pop(0))
        return shown + folds

    def _of(self, parent: TaskRow, fold: Fold, rows: list[TaskRow]) -> FoldRow:
        found = self._by_key.get((parent.id, fold))
        if found is None:
            found = self._by_key[parent.id, fold] = FoldRow(next(self._numbers), fold, parent)
            self.rows[found.id] = found
        found.children = rows
        return found

    def beneath(self, parent: TaskRow) -> list[FoldRow]:
        """The folds beneath a row, shown or not."""
        return [found for fold in Fold if (found := self._by_key.get((parent.id, fold))) is not None]

    def around(self, row: TaskRow) -> FoldRow | None:
        """The fold that hides a row now, if one does."""
        if row.parent is None:
            return None
        for fold in Fold:
            found = self._by_key.get((row.parent.id, fold))
            if found is not None and not found.expanded and row in found.children:
                return found
        return None

    def forget(self, parents: set[int]) -> None:
        """These rows are gone."""
        for key in [key for key in self._by_key if key[0] in parents]:
            del self.rows[self._by_key.pop(key).id]
