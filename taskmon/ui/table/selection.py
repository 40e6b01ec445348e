"""Selection, current row and scroll position belong to tasks, not to row numbers: they survive what moves the rows."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, Slot
from PySide6.QtWidgets import QTableView

from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import TaskColumn
from taskmon.ui.table.painting import ButtonState

_FLAGS = QItemSelectionModel.SelectionFlag


def selected_ids(view: QTableView, tasks: TaskTableModel) -> set[int]:
    """The ids of the selected rows of a view, those of headings included."""
    places = (index.row() for index in view.selectionModel().selectedRows())
    return {row.id for place in places if (row := tasks.row_at(place)) is not None}


def visible_places(view: QTableView) -> tuple[int, int]:
    """The first and the last place of a view that is on the screen; (0, -1) if there is none."""
    count = view.model().rowCount()
    if not view.isVisible() or not count:
        return (0, -1)
    last = view.rowAt(view.viewport().height() - 1)
    return (max(0, view.rowAt(0)), last if last >= 0 else count - 1)


class SelectionKeeper(QObject):
    """Remembers before the rows of a view are rearranged, and restores afterwards.

    A selected task that a filter hides is selected again when it comes back, unless something else has been selected
    meanwhile: commands never act on what cannot be seen.
    """

    def __init__(self, view: QTableView, tasks: TaskTableModel, touched: ButtonState) -> None:
        super().__init__(view)
        self._view = view
        self._tasks = tasks
        self._touched = touched
        self._chosen: set[int] = set()
        self._hidden: set[int] = set()  # chosen, and not shown at present
        self._left: set[int] = set()  # what was selected when those were hidden
        self._current: int | None = None
        self._column = 0
        self._anchor: tuple[int, int] | None = None
        self._is_read = False  # the current row is selected, and can be seen
        self._was_reset = False
        tasks.rearranging.connect(self._remember)
        tasks.rearranged.connect(self._restore)
        tasks.modelReset.connect(self._on_reset)

    @Slot()
    def _remember(self) -> None:
        view = self._view
        self._chosen = selected_ids(view, self._tasks)
        current = self._tasks.row_at(view.currentIndex().row())
        self._current = current.id if current is not None else None
        self._column = max(0, view.currentIndex().column())
        self._anchor = self._find_anchor()
        first, last = visible_places(view)
        self._is_read = self._current in self._chosen and first <= view.currentIndex().row() <= last
        self._was_reset = False

    def _find_anchor(self) -> tuple[int, int] | None:
        """A row that is to stay where it is on the screen: that of the button beneath the pointer, else the current one
        if it can be seen, else the topmost.

        None at the top of the table, unless the pointer is on a button: there, people watch the top.
        """
        view, under = self._view, self._touched.under
        if under is None and not view.verticalScrollBar().value():
            return None
        first, last = visible_places(view)
        if last < first:
            return None
        wanted = self._tasks.place_of(under) if under is not None else view.currentIndex().row()
        place = wanted if wanted is not None and first <= wanted <= last else first
        row = self._tasks.row_at(place)
        return (row.id, view.rowViewportPosition(place)) if row is not None else None

    @Slot()
    def _on_reset(self) -> None:
        self._was_reset = True

    @Slot()
    def _restore(self) -> None:
        view, tasks = self._view, self._tasks
        now = selected_ids(view, self._tasks)
        wanted = set(self._chosen)
        if self._hidden and self._chosen == self._left:
            wanted |= self._hidden
        shown = {task_id for task_id in wanted if tasks.place_of(task_id) is not None}
        if shown != now:
            selection = QItemSelection()
            for task_id in shown:
                index = tasks.index(tasks.place_of(task_id) or 0, 0)
                selection.select(index, index)
            view.selectionModel().select(selection, _FLAGS.ClearAndSelect | _FLAGS.Rows)
        self._hidden, self._left = wanted - shown, shown
        place = tasks.place_of(self._current) if self._current is not None else None
        if self._was_reset and place is not None:
            column = self._column if self._column < len(TaskColumn) else 0
            view.selectionModel().setCurrentIndex(tasks.index(place, column), _FLAGS.NoUpdate)
        if self._anchor is not None:
            anchored = tasks.place_of(self._anchor[0])
            if anchored is not None:
                view.doItemsLayout()  # the range of the scroll bar is that of the old rows until then
                view.verticalScrollBar().setValue(
                    anchored * view.verticalHeader().defaultSectionSize() - self._anchor[1]
                )
        elif self._is_read and place is not None:  # at the top: not more than is needed for it to stay in sight
            view.doItemsLayout()
            view.scrollTo(tasks.index(place, TaskColumn.NAME))
