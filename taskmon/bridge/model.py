"""The rows as a Qt model.

Every override is a total function over plain rows: PySide turns an exception in `rowCount` into a crash. Rows are
changed in the UI thread only. Views that paint read `row_at`, not `data`: one call instead of twenty a row.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from taskmon.bridge import text
from taskmon.bridge.changes import Batch, differences
from taskmon.bridge.order import RowOrder
from taskmon.bridge.rows import Category, Change, TaskColumn, TaskRow
from taskmon.core.handle import TaskHandle
from taskmon.core.snapshot import TaskSnapshot

AnyIndex = QModelIndex | QPersistentModelIndex

# Plain integers: comparing with the members of Qt's enums costs a Python call each.
_DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
_TOOLTIP: Final = int(Qt.ItemDataRole.ToolTipRole)
_ALIGNMENT: Final = int(Qt.ItemDataRole.TextAlignmentRole)
_ACCESSIBLE_TEXT: Final = int(Qt.ItemDataRole.AccessibleTextRole)
_ACCESSIBLE_DESCRIPTION: Final = int(Qt.ItemDataRole.AccessibleDescriptionRole)
TASK_ID_ROLE: Final = int(Qt.ItemDataRole.UserRole)
"""`data()` with this role gives the id of the row's task."""

_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_RIGHT_COLUMNS: Final = frozenset({TaskColumn.RATE, TaskColumn.LEFT, TaskColumn.ELAPSED})
_COLUMNS: Final = tuple(TaskColumn)

#: Changing more stretches of rows than this at once, or rows, is told to the views as a reset.
_MOST_RUNS: Final = 64
_MOST_ROWS: Final = 1_000
#: Rows that are not on the screen are looked at this often, in seconds.
_HIDDEN_INTERVAL: Final = 0.5
_NO_INDEX: Final = QModelIndex()
_FIGURE_ROLES: Final = [_DISPLAY, _ACCESSIBLE_TEXT, _TOOLTIP]


class TaskTableModel(QAbstractTableModel):
    """Tasks as rows; see `TaskColumn` for the columns.

    Signals:
        counts_changed(): the number of tasks in some category changed.
    """

    counts_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = RowOrder()
        self._active: dict[int, TaskRow] = {}  # those with a thread: the only ones that change by themselves
        self._counts: Counter[Category] = Counter()
        self._batch: Batch | None = None

    # -- reading ----------------------------------------------------------------------------------

    def row_at(self, place: int) -> TaskRow | None:
        """The row shown at `place`, or None."""
        shown = self._order.shown
        return shown[place] if 0 <= place < len(shown) else None

    def row(self, task_id: int) -> TaskRow | None:
        """The row of a task, shown or not."""
        return self._order.rows.get(task_id)

    def rows(self) -> list[TaskRow]:
        """All rows, shown or not, in the order in which they came."""
        return list(self._order.rows.values())

    def place_of(self, task_id: int) -> int | None:
        """Where a task is shown, or None."""
        return self._order.position(task_id)

    def count(self, category: Category) -> int:
        """How many tasks are in `category`."""
        return len(self._order.rows) if category is Category.ALL else self._counts[category]

    @property
    def filtered(self) -> bool:
        """Whether a filter is in force."""
        return self._order.filtered

    @property
    def has_branches(self) -> bool:
        """Whether some task has, or had, subtasks: names are then indented."""
        return self._order.nested

    @property
    def has_active(self) -> bool:
        """Whether some task has a thread, so that its row may change by itself."""
        return bool(self._active)

    # -- Qt's questions ---------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._order.shown)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(_COLUMNS):
            return None
        column = _COLUMNS[section]
        if role == _DISPLAY:
            return text.tr(text.COLUMN_LABELS[column]) if text.COLUMN_LABELS[column] else ""
        if role == _ALIGNMENT:
            return _RIGHT if column in _RIGHT_COLUMNS else _LEFT
        if role == _ACCESSIBLE_TEXT and column is TaskColumn.ACTION:
            return text.tr("Action")
        return None

    def data(self, index: AnyIndex, role: int = _DISPLAY) -> Any:
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None or not 0 <= index.column() < len(_COLUMNS):
            return None
        column = _COLUMNS[index.column()]
        if role == _DISPLAY:
            return text.cell(row, column)
        if role == TASK_ID_ROLE:
            return row.id
        if role == _ALIGNMENT:
            return _RIGHT if column in _RIGHT_COLUMNS else _LEFT
        if role == _ACCESSIBLE_TEXT:
            return text.spoken(row, column)
        if role == _ACCESSIBLE_DESCRIPTION:
            return text.action_hint(row) if column is TaskColumn.ACTION else text.state_label(row)
        if role == _TOOLTIP:
            hint = text.tooltip(row, column)
            return text.as_html(hint) if hint else None
        return None

    # -- changes that come from the runner ----------------------------------------------------------

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Tell the views of the changes made inside as of one: ten thousand short tasks are ten thousand changes."""
        if self._batch is not None:
            yield
            return
        batch = self._batch = Batch()
        try:
            yield
        finally:
            self._batch = None
            if batch.rearrange:
                self._rearrange()
            places = [place for task_id in batch.changed if (place := self._order.position(task_id)) is not None]
            if places:
                self._rows_changed(min(places), max(places))
            if batch.counts:
                self.counts_changed.emit()

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
        if order.is_plain and all(row.parent is None for row in added):
            first = len(order.shown)
            self.beginInsertRows(_NO_INDEX, first, first + len(added) - 1)
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
        before = row.category
        changed = bool(row.update(snapshot))
        self._note_activity(row)
        if row.category is not before:
            self._counts[before] -= 1
            self._counts[row.category] += 1
            self._counts_changed()
            if self._order.category is not Category.ALL:
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
        for row in list(self._active.values()):
            place = self._order.position(row.id)
            on_screen = place is not None and first <= place <= last
            if not on_screen and now - row.sampled_at < _HIDDEN_INTERVAL:
                continue
            snapshot = row.task.snapshot()
            if snapshot.revision != row.snapshot.revision:
                continue  # a change of state is on its way, in order, with its event
            change = row.update(snapshot)
            if change:
                changed.append(row)
                if place is not None and on_screen:
                    lowest = place if lowest < 0 else min(lowest, place)
                    highest = max(highest, place)
                    most = max(most, change)
        if most is Change.FIGURES:
            self.dataChanged.emit(
                self.index(lowest, TaskColumn.PROGRESS), self.index(highest, TaskColumn.ELAPSED), _FIGURE_ROLES
            )
        elif lowest >= 0:
            self._rows_changed(lowest, highest)
        return changed

    def active_rows(self) -> list[TaskRow]:
        """The rows of tasks that have a thread."""
        return list(self._active.values())

    def repaint_rows(self, rows: Iterable[TaskRow]) -> None:
        """Tell the views that something about these rows has changed."""
        for row in rows:
            if self._batch is not None:
                self._batch.changed.add(row.id)
                continue
            place = self._order.position(row.id)
            if place is not None:
                self._rows_changed(place, place)

    def remove_ended(self) -> int:
        """Forget the tasks that have ended; return how many."""
        dropped = self._order.remove_ended()
        for row in dropped:
            self._counts[row.category] -= 1
            self._active.pop(row.id, None)
        if dropped:
            self._rearrange()
            self._counts_changed()
        return len(dropped)

    # -- changes that come from the user --------------------------------------------------------------

    def set_filter(self, words: str, category: Category) -> None:
        """Show only tasks whose name, message or group has `words`, and that are in `category`."""
        order = self._order
        words = words.strip().casefold()
        if (words, category) != (order.text, order.category):
            order.text, order.category = words, category
            self._rearrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 goes back to the order in which the tasks came."""
        sortable = 0 <= column < len(_COLUMNS) and _COLUMNS[column] is not TaskColumn.ACTION
        self._order.sort_column = _COLUMNS[column] if sortable else None
        self._order.descending = order is Qt.SortOrder.DescendingOrder
        self._rearrange()

    def resort(self) -> None:
        """Sort again, after values have changed. Views call it about once a second at most."""
        if self._order.sort_column is not None:
            self._rearrange()

    def toggle(self, task_id: int) -> None:
        """Open or close the branch beneath a task."""
        row = self._order.rows.get(task_id)
        if row is not None and row.children:
            row.expanded = not row.expanded
            self._rearrange()
            place = self._order.position(task_id)
            if place is not None:
                self._rows_changed(place, place)

    # -- telling the views ----------------------------------------------------------------------------

    def _note_activity(self, row: TaskRow) -> None:
        if row.snapshot.state.has_thread:
            self._active[row.id] = row
        else:
            self._active.pop(row.id, None)

    def _counts_changed(self) -> None:
        if self._batch is not None:
            self._batch.counts = True
        else:
            self.counts_changed.emit()

    def _rows_changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(_COLUMNS) - 1))

    def _rearrange(self) -> None:
        """Go from the rows that are shown to those that should be, so that selection and scrolling survive."""
        order = self._order
        old, new = order.shown, order.arranged()
        if old == new:
            return
        many = abs(len(old) - len(new)) > _MOST_ROWS
        gone, come, kept = differences(old, new) if not many else ([], [], [])
        if many or len(gone) + len(come) > _MOST_RUNS:
            self.beginResetModel()
            order.show(new)
            self.endResetModel()
            return
        for first, last in reversed(gone):
            self.beginRemoveRows(_NO_INDEX, first, last)
            order.show(order.shown[:first] + order.shown[last + 1 :])
            self.endRemoveRows()
        if kept != order.shown:
            self._permute(kept)
        for first, last in come:
            self.beginInsertRows(_NO_INDEX, first, last)
            order.show(order.shown[:first] + new[first : last + 1] + order.shown[first:])
            self.endInsertRows()

    def _permute(self, rows: list[TaskRow]) -> None:
        order = self._order
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [order.shown[index.row()].id for index in before]
        order.show(rows)
        after = [
            self.index(place if (place := order.position(task_id)) is not None else -1, index.column())
            for task_id, index in zip(ids, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
