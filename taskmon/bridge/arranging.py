"""How rows that change are told to the views: in few steps, in batches, and not while they have to stand still.

News of tasks may have to wait: while the pointer is on a button nothing moves beneath it (`hold`), and a frozen
picture keeps its values, too (`freeze`). What the user asks for happens at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QObject, Signal

from taskmon.bridge.answers import COLUMNS, NO_INDEX, TaskTableAnswers
from taskmon.bridge.changes import Batch, differences
from taskmon.bridge.rows import TaskRow

#: Changing more stretches of rows than this at once, or rows, is told to the views as a reset.
_MOST_RUNS: Final = 64
_MOST_ROWS: Final = 1_000


class TaskTableArrangement(TaskTableAnswers):
    """The half of `taskmon.bridge.model.TaskTableModel` that speaks to views.

    Signals:
        counts_changed(): the number of tasks in some category changed, or of those that do not respond.
        rearranging(), rearranged(): before and after rows come, go or move, in however many steps.
        freeze_changed(): `is_frozen` did.
    """

    counts_changed = Signal()
    rearranging = Signal()
    rearranged = Signal()
    freeze_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._batch: Batch | None = None
        self._held = False
        self._waiting = False  # to be rearranged, once that is allowed again

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

    def repaint_rows(self, rows: Iterable[TaskRow]) -> None:
        """Tell the views that something about these rows has changed."""
        for row in rows:
            if self._batch is not None:
                self._batch.changed.add(row.id)
                continue
            place = self._order.position(row.id)
            if place is not None:
                self._rows_changed(place, place)

    # -- standing still ---------------------------------------------------------------------------------

    def hold(self, held: bool) -> None:
        """Let no row move for what tasks do, or no longer. Rows that come at the end move none."""
        self._held = held
        self._catch_up()

    def freeze(self, frozen: bool) -> None:
        """Hold the picture, values and order, or let it go on. Counts go on."""
        if frozen is self.is_frozen:
            return
        if frozen:
            from taskmon.bridge.freezing import freeze

            self._frozen = freeze(self._order.shown)
        else:
            self._frozen = None
        self._catch_up()
        if not frozen and self._order.shown:
            self._rows_changed(0, len(self._order.shown) - 1)
        self.freeze_changed.emit()

    def thaw(self, task_id: int) -> None:
        """Show one task as it is, although the picture is frozen: the user has asked something of it."""
        row = self._order.rows.get(task_id)
        if self._frozen is not None and row is not None and self._frozen.pop(task_id, None) is not None:
            self.repaint_rows([row])

    def _catch_up(self) -> None:
        if self._waiting and not self._held and self._frozen is None:
            self._rearrange()

    # -- telling the views ----------------------------------------------------------------------------

    def _note_activity(self, row: TaskRow) -> None:
        if row.snapshot.state.has_thread:
            self._active[row.id] = row
        else:
            self._active.pop(row.id, None)

    def _recount_heading(self, row: TaskRow) -> None:
        heading = self._order.heading_of(row)
        if heading is not None:
            heading.recount()
            self.repaint_rows([heading])

    def _counts_changed(self) -> None:
        if self._batch is not None:
            self._batch.counts = True
        else:
            self.counts_changed.emit()

    def _rows_changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    def _rearrange_now(self) -> None:
        """Rearrange for the user, whose wish ends a freeze: they want to see what is."""
        if self._frozen is not None:
            self._waiting = False
            self.freeze(False)
        self._rearrange(forced=True)

    def _rearrange(self, *, forced: bool = False) -> None:
        """Go from the rows that are shown to those that should be, so that selection and scrolling survive."""
        if not forced and (self._held or self._frozen is not None):
            self._waiting = True
            return
        self._waiting = False
        order = self._order
        old, new = order.shown, order.arranged()
        if old == new:
            return
        self.rearranging.emit()
        many = abs(len(old) - len(new)) > _MOST_ROWS
        gone, come, kept = differences(old, new) if not many else ([], [], [])
        if many or len(gone) + len(come) > _MOST_RUNS:
            self.beginResetModel()
            order.show(new)
            self.endResetModel()
        else:
            for first, last in reversed(gone):
                self.beginRemoveRows(NO_INDEX, first, last)
                order.show(order.shown[:first] + order.shown[last + 1 :])
                self.endRemoveRows()
            if kept != order.shown:
                self._permute(kept)
            for first, last in come:
                self.beginInsertRows(NO_INDEX, first, last)
                order.show(order.shown[:first] + new[first : last + 1] + order.shown[first:])
                self.endInsertRows()
        self.rearranged.emit()

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
