"""The rows as a Qt model: what news of tasks and wishes of the user make of them. In the UI thread only."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt

from taskmon.bridge.answers import ACCESSIBLE_TEXT, COLUMNS, DISPLAY, NO_INDEX, TASK_ID_ROLE, TOOLTIP, AnyIndex
from taskmon.bridge.arranging import TaskTableArrangement
from taskmon.bridge.rows import Category, Change, Grouping, TaskColumn, TaskRow
from taskmon.bridge.sorting import SortRule
from taskmon.core.handle import TaskHandle
from taskmon.core.snapshot import TaskSnapshot

__all__ = ["TASK_ID_ROLE", "AnyIndex", "TaskTableModel"]

#: Rows that are not on the screen are looked at this often, in seconds.
_HIDDEN_INTERVAL: Final = 0.5
_FIGURE_ROLES: Final = [DISPLAY, ACCESSIBLE_TEXT, TOOLTIP]


class TaskTableModel(TaskTableArrangement):
    """Tasks as rows; see `TaskColumn` for the columns."""

    # -- changes that come from the runner ----------------------------------------------------------

    def add(self, tasks: Iterable[tuple[TaskHandle, TaskSnapshot]]) -> None:
        """Take in new tasks; those that are known already are ignored."""
        order = self._order
        added: list[TaskRow] = []
        for task, snapshot in tasks:
            if snapshot.id in order.rows:
                continue
            row = TaskRow(task, snapshot, 0)
            order.add(row)
            added.append(row)
            self._counts[row.category] += 1
            self._note_activity(row)
        if not added:
            return
        if order.is_plain and self._frozen is None and all(row.parent is None for row in added):
            first = len(order.shown)
            self.beginInsertRows(NO_INDEX, first, first + len(added) - 1)
            order.append(added)
            self.endInsertRows()
        else:
            self._rearrange()
        self._counts_changed()

    def update(self, snapshot: TaskSnapshot) -> bool:
        """Show a newer picture of a task; return whether its row changed."""
        row = self._order.rows.get(snapshot.id)
        if row is None:
            return False
        before, unseen, silent = row.category, row.unseen, row.snapshot.not_responding
        changed = bool(row.update(snapshot))
        self._note_activity(row)
        if row.category is not before:
            self._counts[before] -= 1
            self._counts[row.category] += 1
            self._counts_changed()
            self._recount_heading(row)
        elif silent is not row.snapshot.not_responding:
            self._counts_changed()
        order = self._order
        moves = order.category is not Category.ALL and row.category is not before
        if moves or (order.failures_first and row.unseen is not unseen):
            if self._batch is not None:
                self._batch.rearrange = True
            else:
                self._rearrange()
        if changed:
            self.repaint_rows([row])
        return changed

    def sample(self, first: int, last: int) -> list[TaskRow]:
        """Look at the running tasks: those shown from `first` to `last`, and now and then the others.

        One `dataChanged` tells the views; the rows whose picture changed are returned.
        """
        now = time.monotonic()
        changed: list[TaskRow] = []
        lowest = highest = -1
        most = Change.NOTHING
        fell_silent = False  # or is heard again
        for row in list(self._active.values()):
            place = self._order.position(row.id)
            on_screen = place is not None and first <= place <= last
            if not on_screen and now - row.sampled_at < _HIDDEN_INTERVAL:
                continue
            snapshot = row.task.snapshot()
            if snapshot.revision != row.snapshot.revision:
                continue  # a change of state is on its way, in order, with its event
            old, change = row.snapshot, row.update(snapshot)
            if change is Change.ROW and old.not_responding is not snapshot.not_responding:
                fell_silent = True
            if change:
                changed.append(row)
                if place is not None and on_screen:
                    lowest = place if lowest < 0 else min(lowest, place)
                    highest = max(highest, place)
                    most = max(most, change)
        if fell_silent:
            self._counts_changed()
        if self._frozen is not None and all(row.id in self._frozen for row in changed):
            return changed
        if most is Change.FIGURES:
            self.dataChanged.emit(
                self.index(lowest, TaskColumn.PROGRESS), self.index(highest, TaskColumn.CHECKPOINT), _FIGURE_ROLES
            )
        elif lowest >= 0:
            self._rows_changed(lowest, highest)
        return changed

    def active_rows(self) -> list[TaskRow]:
        """The rows of tasks that have a thread."""
        return list(self._active.values())

    def remove_ended(self) -> int:
        """Forget the tasks that have ended; return how many."""
        dropped = self._order.remove_ended()
        for row in dropped:
            self._counts[row.category] -= 1
            self._active.pop(row.id, None)
        if dropped:
            self._rearrange_now()
            self._counts_changed()
        return len(dropped)

    def replace(self, old_id: int, task: TaskHandle) -> None:
        """Show a task in the place of another, which was cancelled before it started and goes."""
        old = self._order.rows.get(old_id)
        self.add([(task, task.snapshot())])
        row = self._order.rows.get(task.id)
        if old is None or row is None or old.parent is not None or old.children:
            return
        self._counts[old.category] -= 1
        self._order.replace(old_id, row)
        self._rearrange_now()
        self._counts_changed()

    def follow_queue(self, task_ids: Iterable[int]) -> None:
        """Show the waiting tasks in the order in which they will start, as far as the rows are not sorted otherwise."""
        self._order.follow_queue(task_ids)
        self._rearrange_now()

    # -- changes that come from the user --------------------------------------------------------------

    def set_filter(self, words: str, category: Category) -> None:
        """Show only tasks whose name, message, group or program has `words`, and that are in `category`."""
        order = self._order
        words = words.strip().casefold()
        if (words, category) != (order.text, order.category):
            order.text, order.category = words, category
            self._rearrange_now()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, ties by the column before; -1 goes back to the order in which the tasks came."""
        rule: SortRule | None = None
        if 0 <= column < len(COLUMNS) and COLUMNS[column] is not TaskColumn.ACTION:
            rule = SortRule(COLUMNS[column], order is Qt.SortOrder.DescendingOrder)
        mine = self._order
        if rule is None or mine.rule is None:
            mine.previous_rule = None
        elif rule.column is not mine.rule.column:
            mine.previous_rule = mine.rule
        mine.rule = rule
        self._rearrange_now()

    def resort(self) -> None:
        """Sort again, after values have changed. Views call it about once a second at most."""
        if self._order.rule is not None:
            self._rearrange()

    def group_by(self, grouping: Grouping) -> None:
        """Put the rows under headings, or do without."""
        if grouping is self.grouping:
            return
        if grouping is Grouping.NONE:
            self._order.groups = None
        else:
            from taskmon.bridge.grouping import Groups  # most windows never group

            self._order.groups = Groups(grouping)
        self._rearrange_now()

    def put_failures_first(self, wanted: bool) -> None:
        """Let failures that nobody has looked at come before everything else, or not."""
        self._order.failures_first = wanted
        self._rearrange_now()

    def mark_seen(self, task_id: int) -> None:
        """Somebody has looked at a task. It keeps its place till the rows are arranged next."""
        row = self._order.rows.get(task_id)
        if row is not None and row.unseen:
            row.unseen = False
            self.repaint_rows([row])

    def toggle(self, row_id: int) -> None:
        """Open or close the branch beneath a task or a heading."""
        groups = self._order.groups
        row = self._order.rows.get(row_id) or (groups.rows.get(row_id) if groups is not None else None)
        if row is not None and (row.children or row.is_group):
            row.expanded = not row.expanded
            self._rearrange_now()
            place = self._order.position(row_id)
            if place is not None:
                self._rows_changed(place, place)
