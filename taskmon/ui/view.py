"""The table: fixed rows painted by a delegate, a button on each row that acts on a task's id.

Nothing in a row is a widget: a thousand buttons would cost half a second and 17 MB. What a real button would do, the
view does: hover, press and release in the same place, Space and Enter, a tooltip, a name for screen readers.
"""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from taskmon.bridge.model import AnyIndex, TaskTableModel
from taskmon.bridge.rows import RowAction, TaskColumn, TaskRow
from taskmon.ui.look import Look
from taskmon.ui.painting import BRANCH_WIDTH, INDENT, ROW_HEIGHT, TaskDelegate, button_rect

_WIDTHS: Final = {
    TaskColumn.STATE: 138,
    TaskColumn.PROGRESS: 256,
    TaskColumn.RATE: 104,
    TaskColumn.LEFT: 112,
    TaskColumn.ELAPSED: 92,
    TaskColumn.ACTION: 124,
}
#: Below this width of the table, in pixels, a column makes room for the others.
_HIDDEN_BELOW: Final = {TaskColumn.LEFT: 1040, TaskColumn.RATE: 940, TaskColumn.ELAPSED: 820, TaskColumn.PROGRESS: 520}
#: Below this width the progress column is half as wide.
_SHORT_BARS_BELOW: Final = 720
_CLICKABLE: Final = frozenset({RowAction.CANCEL, RowAction.DETAILS, RowAction.RETRY})
#: A button that has just become Retry does not take clicks that were meant for Cancel, in seconds.
_DEAD_TIME: Final = 0.5
_PRESS_KEYS: Final = frozenset({int(Qt.Key.Key_Space), int(Qt.Key.Key_Return), int(Qt.Key.Key_Enter)})


class TaskView(QTableView):
    """Shows a `TaskTableModel`.

    Signals:
        action_requested(int, RowAction): the button of a task was pressed.
    """

    action_requested = Signal(object, object)

    def __init__(self, model: TaskTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tasks = model
        self.hot_task: int | None = None
        """The task whose button the pointer is on."""
        self.pressed_task: int | None = None
        """The task whose button is held down."""
        self._pressed_action = RowAction.NONE
        self._remembered: tuple[set[int], int | None, int] | None = None
        self._look: Look | None = None
        self._short_bars = False

        self.setModel(model)
        self.setItemDelegate(TaskDelegate(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)  # Tab leaves the table: focus must never be trapped in it
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Tasks"))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self._set_up_header(self.horizontalHeader())

        model.rowsInserted.connect(self._on_rows_changed)
        model.rowsRemoved.connect(self._on_rows_changed)
        model.layoutChanged.connect(self._on_rows_changed)
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._restore)
        self._settle = QTimer(self)  # the pointer rests while rows move beneath it: look again once they have
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._find_hot_task)

    def _set_up_header(self, header: QHeaderView) -> None:
        header.setFixedHeight(34)
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setMinimumSectionSize(60)
        header.setSectionResizeMode(TaskColumn.NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(TaskColumn.ACTION, QHeaderView.ResizeMode.Fixed)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        header.sortIndicatorChanged.connect(self._on_sort_changed)

    # -- what others ask --------------------------------------------------------------------------

    def look(self) -> Look:
        """What this table is painted with, on the screen that it is on."""
        look = self._look
        if look is None or look.scale != self.devicePixelRatioF():
            look = self._look = Look(self.palette(), self.font(), self.devicePixelRatioF())
        return look

    def visible_places(self) -> tuple[int, int]:
        """The first and the last place on the screen; (0, -1) if there is none."""
        if not self.isVisible() or not self.tasks.rowCount():
            return (0, -1)
        last = self.rowAt(self.viewport().height() - 1)
        return (max(0, self.rowAt(0)), last if last >= 0 else self.tasks.rowCount() - 1)

    def paint_now(self) -> None:
        """Paint what has changed, before this call returns."""
        if self.isVisible():
            self.viewport().repaint(0, 0, 1, 1)  # with the one pixel, Qt paints all that is due

    def selected_rows(self) -> list[TaskRow]:
        """The selected rows, from top to bottom."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [row for place in places if (row := self.tasks.row_at(place)) is not None]

    def select_task(self, task_id: int) -> None:
        """Make a task the current row and scroll to it."""
        place = self.tasks.place_of(task_id)
        if place is not None:
            index = self.tasks.index(place, TaskColumn.NAME)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    @property
    def focused_task(self) -> int | None:
        """The task whose button has the keyboard focus."""
        index = self.currentIndex()
        if not self.hasFocus() or index.column() != TaskColumn.ACTION:
            return None
        row = self.tasks.row_at(index.row())
        return row.id if row is not None else None

    # -- the button -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._button_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton:
            if row is not None:
                if row.action in _CLICKABLE and not _just_ended(row):
                    self.pressed_task, self._pressed_action = row.id, row.action
                    self._repaint_button(row.id)
                return  # a button of the row, even an inert one, does not select it
            if self._toggle_branch_at(event.position().toPoint()):
                return
        super().mousePressEvent(event)
        # A click beside the button must not give it the focus, which would make it look pressed.
        current = self.currentIndex()
        if current.column() == TaskColumn.ACTION:
            flags = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.tasks.index(current.row(), TaskColumn.NAME), flags)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, action = self.pressed_task, self._pressed_action
        if pressed is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self.pressed_task = None
        self._repaint_button(pressed)
        row = self._button_at(event.position().toPoint())
        # The row may have moved, or its task ended, since the press: then the click is swallowed.
        if row is not None and row.id == pressed and row.action is action:
            self.action_requested.emit(pressed, action)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._button_at(event.position().toPoint()) is not None:
            return  # Cancel becomes Retry beneath the pointer: the second click of two must not start it again
        super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.pressed_task is None:
            super().mouseMoveEvent(event)
        self._set_hot(self._button_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_hot(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        row = self.tasks.row_at(self.currentIndex().row())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if row is not None and plain:
            if self.currentIndex().column() == TaskColumn.ACTION and key in _PRESS_KEYS:
                if row.action in _CLICKABLE and not event.isAutoRepeat():
                    self.action_requested.emit(row.id, row.action)
                event.accept()  # not to super(): it would change the selection
                return
            on_name = self.currentIndex().column() == TaskColumn.NAME
            opens = key == Qt.Key.Key_Right and not row.expanded
            closes = key == Qt.Key.Key_Left and row.expanded
            if on_name and row.children and (opens or closes):
                self.tasks.toggle(row.id)
                return
        super().keyPressEvent(event)

    def _button_at(self, point: QPoint) -> TaskRow | None:
        index = self.indexAt(point)
        if index.column() != TaskColumn.ACTION or not button_rect(self.visualRect(index)).contains(point):
            return None
        row = self.tasks.row_at(index.row())
        return row if row is not None and row.action is not RowAction.NONE else None

    def _toggle_branch_at(self, point: QPoint) -> bool:
        index = self.indexAt(point)
        row = self.tasks.row_at(index.row()) if index.column() == TaskColumn.NAME else None
        if row is None or not row.children:
            return False
        left = self.visualRect(index).left() + row.depth * INDENT
        if not left <= point.x() <= left + BRANCH_WIDTH + 4:
            return False
        self.tasks.toggle(row.id)
        return True

    def _set_hot(self, row: TaskRow | None) -> None:
        hot = row.id if row is not None and row.action in _CLICKABLE else None
        if hot != self.hot_task:
            for task_id in (self.hot_task, hot):
                if task_id is not None:
                    self._repaint_button(task_id)
            self.hot_task = hot

    @Slot()
    def _find_hot_task(self) -> None:
        point = self.viewport().mapFromGlobal(self.cursor().pos())
        self._set_hot(self._button_at(point) if self.viewport().rect().contains(point) else None)

    def _repaint_button(self, task_id: int) -> None:
        place = self.tasks.place_of(task_id)
        if place is not None:
            self.update(self.tasks.index(place, TaskColumn.ACTION))

    # -- rows come and go ---------------------------------------------------------------------------

    @Slot()
    def _on_rows_changed(self) -> None:
        self._settle.start(0)

    @Slot()
    def _remember(self) -> None:
        """Before a reset: selection, current row and place belong to tasks, not to row numbers."""
        current = self.tasks.row_at(self.currentIndex().row())
        chosen = {row.id for row in self.selected_rows()}
        self._remembered = (chosen, current.id if current is not None else None, self.currentIndex().column())

    @Slot()
    def _restore(self) -> None:
        if self._remembered is None:
            return
        chosen, current, column = self._remembered
        self._remembered = None
        selection = QItemSelection()
        for task_id in chosen:
            place = self.tasks.place_of(task_id)
            if place is not None:
                index = self.tasks.index(place, 0)
                selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        place = self.tasks.place_of(current) if current is not None else None
        if place is not None:
            self.selectionModel().setCurrentIndex(self.tasks.index(place, max(0, column)), flags.NoUpdate)
        self._on_rows_changed()

    @Slot(int, Qt.SortOrder)
    def _on_sort_changed(self, column: int, order: Qt.SortOrder) -> None:
        if column == TaskColumn.ACTION:
            column = -1
        self.tasks.sort(column, order)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.width()
        for column, limit in _HIDDEN_BELOW.items():
            if self.isColumnHidden(column) != (width < limit):
                self.setColumnHidden(column, width < limit)
        short = width < _SHORT_BARS_BELOW
        if short != self._short_bars:
            self._short_bars = short
            bars = _WIDTHS[TaskColumn.PROGRESS]
            self.horizontalHeader().resizeSection(TaskColumn.PROGRESS, bars // 2 + 20 if short else bars)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._look = None

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        super().currentChanged(current, previous)
        for index in (current, previous):  # the focus ring of the button
            if index.isValid():
                self.update(self.tasks.index(index.row(), TaskColumn.ACTION))


def _just_ended(row: TaskRow) -> bool:
    ended_at = row.snapshot.ended_at
    return ended_at is not None and time.monotonic() - ended_at < _DEAD_TIME
