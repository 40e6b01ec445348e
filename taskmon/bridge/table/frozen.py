"""Rows as they were when the picture was frozen, so that moving values can be read. No Qt."""

from __future__ import annotations

from collections.abc import Iterable

from taskmon.bridge.table.rows import RowAction, TaskRow


class FrozenRow(TaskRow):
    """A copy of a row that no news reaches: what is painted while the picture is frozen."""

    __slots__ = ("_action", "_rate", "_seconds_left", "_stalled_for")

    def __init__(self, row: TaskRow) -> None:
        super().__init__(row.task, row.snapshot, row.sequence)
        self.parent = row.parent
        self.children = row.children
        self.depth = row.depth
        self.expanded = row.expanded
        self.hogging = row.hogging
        self.unseen = row.unseen
        self.phase = row.phase
        self.cpu = row.cpu
        self.parts = row.progress if row.children else None
        self._rate = row.rate
        self._seconds_left = row.seconds_left
        self._stalled_for = row.stalled_for
        self._action = row.action

    @property
    def rate(self) -> float | None:
        """As it was."""
        return self._rate

    @property
    def seconds_left(self) -> float | None:
        """As it was."""
        return self._seconds_left

    @property
    def stalled_for(self) -> float:
        """As it was."""
        return self._stalled_for

    @property
    def action(self) -> RowAction:
        """As it was: a click on it is checked against what is true now."""
        return self._action


def freeze(rows: Iterable[TaskRow]) -> dict[int, TaskRow]:
    """Return copies by id. Headings stay as they are: they only count."""
    return {row.id: FrozenRow(row) for row in rows if not row.is_group and not row.is_fold}
