"""The table: fixed rows shown from a kept picture, a button on each row that acts on a task's id.

Nothing in a row is a widget: a thousand buttons would cost half a second and 17 MB. What a real button would do,
`RowButtons` does; what is here is the rest of a table: columns, keys, selection, and where things are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from taskmon.bridge.signals import method_of
from taskmon.bridge.table.model import AnyIndex, TaskTableModel
from taskmon.bridge.table.rows import Change, Grouping, RowAction, TaskColumn, TaskRow
from taskmon.ui.table.columns import ColumnKeeper, TaskHeader
from taskmon.ui.table.page import Page
from taskmon.ui.table.painting import BRANCH_WIDTH, COMPACT_HEIGHT, INDENT, ROW_HEIGHT, Box, ButtonState, CellPainter
from taskmon.ui.table.pressing import RowButtons
from taskmon.ui.table.selection import SelectionKeeper, selected_ids, visible_places
from taskmon.ui.widgets.layouts import own_viewport
from taskmon.ui.widgets.look import Look

_ONE_PIXEL: Final = Box(0, 0, 1, 1)
#: Seconds of a processor in which a frame begins to paint rows. One that lasts for five milliseconds, Python's switch
#: interval, is cut by threads that never check in, and goes on when all of them have had a turn.
_LONGEST: Final = 0.003
#: Rows that were left for the next frame are painted after so many milliseconds if none comes.
_CATCH_UP_MS: Final = 100
_PRESS_KEYS: Final = frozenset({int(Qt.Key.Key_Space), int(Qt.Key.Key_Return), int(Qt.Key.Key_Enter)})
_STEP_KEYS: Final = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): +1}
_WALK_KEYS: Final = frozenset(
    int(key)
    for key in (
        Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
        Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space,
    )
)  # fmt: skip


class TaskView(QTableView):
    """Shows a `TaskTableModel`; its last column is painted buttons.

    Signals:
        action_requested(int, RowAction): the button of a task was pressed; what it is for has been done.
        details_requested(int): Enter or a double click on a row: what is there to know of it?
        layout_changed(): columns, sort or grouping were changed by the user, see `layout_state`.
        layout_restored(): they were taken over from `restore_layout`.
        density_changed(): `compact` did.
        focused(): the keys belong to the table now.
        current_changed(): another row is the current one.
    """

    action_requested = Signal(object, object)
    details_requested = Signal(object)
    layout_changed = Signal()
    current_changed = Signal()
    layout_restored = Signal()
    focused = Signal()
    density_changed = Signal()

    def __init__(
        self,
        model: TaskTableModel,
        parent: QWidget | None = None,
        act: Callable[[int, RowAction], object] = lambda _task_id, _action: None,
    ) -> None:
        super().__init__(parent)
        self.tasks = model
        self._act = act
        self._requested = method_of(self, "action_requested")
        self._look: Look | None = None
        self._density: bool | None = None  # whether the user wants compact rows; None: has not said
        self._painter = QPainter()
        viewport = own_viewport(self)
        viewport.setBackgroundRole(QPalette.ColorRole.Base)
        viewport.setAutoFillBackground(True)
        touched = ButtonState()
        self._page = Page(self, model, CellPainter(model, touched))
        self.buttons = RowButtons(
            self,
            model,
            state=touched,
            place_of_button=self._place_of_button,
            moved_at=self._page.moved_at,
            press=self.press,
            retouch=self._mark_task,
        )
        self._shows_changes = False
        self._catch_up = QTimer(self, singleShot=True, interval=_CATCH_UP_MS)
        self._catch_up.timeout.connect(self._show_rest)
        header = TaskHeader(self)
        mark = self._page.mark
        with model.painted_from_rows(mark):
            self.setModel(model)
            self.setHorizontalHeader(header)
        model.is_whole.append(self._page.is_whole)
        self.destroyed.connect(partial(model.not_painted_from_rows, mark))
        self.destroyed.connect(partial(model.is_whole.remove, self._page.is_whole))
        self.setMouseTracking(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table: focus must never be trapped in it
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # `ColumnKeeper.bar` stands for it
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Tasks"))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.sortIndicatorChanged.connect(self._on_sort_changed)
        self.columns = ColumnKeeper(self, header, self._width_of_content)
        self.columns.changed.connect(self.layout_changed)
        self._selection = SelectionKeeper(self, model, touched)
        model.filled_changed.connect(self._fit_to_content)
        for signal in (model.rowsInserted, model.rowsRemoved, model.layoutChanged, model.modelReset):
            signal.connect(self._mark_rows)
        for signal in (header.sectionResized, header.sectionMoved):
            signal.connect(self._mark_all)

    # -- what others ask --------------------------------------------------------------------------

    def look(self) -> Look:
        """What this table is painted with, on the screen that it is on."""
        look = self._look
        if look is None or look.scale != self.devicePixelRatioF():
            look = self._look = Look(self.palette(), self.font(), self.devicePixelRatioF())
        return look

    def visible_places(self) -> tuple[int, int]:
        """The first and the last place on the screen; (0, -1) if there is none."""
        return visible_places(self)

    def show_changes(self, changed: Iterable[tuple[TaskRow, Change]], *, at_once: bool = False) -> None:
        """Paint what has changed of these rows, and all else that is due, before this call returns.

        Unless all has to be seen `at_once`, rows for which a frame has no time are painted in the next.
        """
        if not self.isVisible():
            return
        was_behind = self._page.is_behind
        painted = self._page.update(self.look(), changed, within=math.inf if at_once else _LONGEST)
        if self._page.is_behind:
            self._catch_up.start()
        elif was_behind:
            self._catch_up.stop()
        self._shows_changes = True
        try:
            for x, y, width, height in painted or [_ONE_PIXEL]:  # along with it, Qt paints all that is due
                self._page.viewport.repaint(x, y, width, height)
        finally:
            self._shows_changes = False

    @Slot()
    def _show_rest(self) -> None:
        """No frame has come since rows were left for it."""
        self.show_changes(())

    def selected_ids(self) -> set[int]:
        """The ids of the selected rows, those of headings included."""
        return selected_ids(self, self.tasks)

    def selected_rows(self) -> list[TaskRow]:
        """The selected tasks, from top to bottom, as they are now. Headings are passed over."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        shown = (self.tasks.row_at(place) for place in places)
        return [row for each in shown if each is not None and (row := self.tasks.row(each.id)) is not None]

    def current_row(self) -> TaskRow | None:
        """The row or heading that the keys are on."""
        return self.tasks.row_at(self.currentIndex().row())

    def select_task(self, task_id: int) -> None:
        """Make a task the current row and scroll to it."""
        self.tasks.reveal(task_id)
        place = self.tasks.place_of(task_id)
        if place is not None:
            index = self.tasks.index(place, TaskColumn.NAME)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def select_tasks(self, task_ids: Iterable[int]) -> None:
        """Select several tasks, and scroll to the first of them."""
        self.clearSelection()
        flags = QItemSelectionModel.SelectionFlag
        for number, task_id in enumerate(task_ids):
            if not number:
                self.select_task(task_id)
            place = self.tasks.place_of(task_id)
            if place is not None:
                self.selectionModel().select(self.tasks.index(place, TaskColumn.NAME), flags.Select | flags.Rows)
        if self.isVisible():  # else the timeline stands in its place, and has the keys
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def compact(self) -> bool:
        """Whether rows have one line: as the user has chosen, or else where a watched program is listed."""
        return self._density if self._density is not None else TaskColumn.CPU in self.tasks.filled

    def set_compact(self, compact: bool) -> None:
        """Choose one line a row, or two."""
        self._density = compact
        self._fit_to_content()
        self.layout_changed.emit()

    @Slot()
    def _fit_to_content(self) -> None:
        self.columns.set_filled(self.tasks.filled)
        height = COMPACT_HEIGHT if self.compact else ROW_HEIGHT
        rows = self.verticalHeader()
        if rows.defaultSectionSize() == height:
            return
        top = self.rowAt(0)  # what was at the top stays there
        self._page.mark_rows()
        rows.setMinimumSectionSize(height)
        rows.setDefaultSectionSize(height)
        self.verticalScrollBar().setValue(max(0, top) * height)
        self.density_changed.emit()

    def layout_state(self) -> dict[str, Any]:
        """Columns, sort and grouping as plain values, for `restore_layout` at the next start."""
        rule = self.tasks.sort_rule
        return {
            "columns": self.columns.state(),
            "sort": rule.column.name.lower() if rule is not None else "",
            "descending": rule.descending if rule is not None else False,
            "group_by": self.tasks.grouping.value,
            "failures_first": self.tasks.failures_first,
            "rows": "" if self._density is None else "compact" if self._density else "comfortable",
        }

    def restore_layout(self, state: object) -> None:
        """Take over what `layout_state` returned once. Whatever makes no sense in it is passed over."""
        if not isinstance(state, dict):
            return
        self.columns.restore(state.get("columns"))
        column = next((each for each in TaskColumn if each.name.lower() == state.get("sort")), None)
        if column is not None and column is not TaskColumn.ACTION:
            descending = state.get("descending") is True
            order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            self.horizontalHeader().setSortIndicator(column, order)
        grouping = next((each for each in Grouping if each.value == state.get("group_by")), Grouping.NONE)
        self.tasks.group_by(grouping)
        self.tasks.put_failures_first(state.get("failures_first") is True)
        self._density = {"compact": True, "comfortable": False}.get(str(state.get("rows")))
        self._fit_to_content()
        self.layout_restored.emit()

    def _width_of_content(self, column: TaskColumn) -> int:
        return self.look().column_width(self.tasks, column, self.visible_places())

    # -- keys -------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        row = self.current_row()
        if key in _WALK_KEYS:
            self.buttons.guard.stay()
        self._page.led_by_keys(True)
        if plain and key == Qt.Key.Key_Escape and self.tasks.is_frozen:
            self.tasks.freeze(False)
        elif row is None or not plain or not self._use_key(key, row, repeated=event.isAutoRepeat()):
            super().keyPressEvent(event)
            if plain and key in _WALK_KEYS:
                self._select_where_keys_are()
            return
        event.accept()  # not to the base class: it would change the selection

    def _use_key(self, key: int, row: TaskRow, *, repeated: bool) -> bool:
        """Do what a key means in this table; return False if it means what it does in any table."""
        column = TaskColumn(max(0, self.currentIndex().column()))
        if key in _PRESS_KEYS:
            if column is TaskColumn.ACTION and not row.is_group:
                self.buttons.press_by_key(row, repeated=repeated)
            elif key == Qt.Key.Key_Space:
                flags = QItemSelectionModel.SelectionFlag
                self.selectionModel().select(self.currentIndex(), flags.Toggle | flags.Rows)
            elif row.is_group or row.is_fold:
                self.tasks.toggle(row.id)
            else:
                self.details_requested.emit(row.id)
            return True
        step = _STEP_KEYS.get(key, 0)
        if not step:
            return False
        on_branch = column is TaskColumn.NAME or row.is_group
        if on_branch and (row.children or row.is_group) and row.expanded is (step < 0):
            self.tasks.toggle(row.id)
        elif on_branch and step < 0 and row.parent is not None:
            self.select_task(row.parent.id)
        else:
            self._go_beside(column, -step if self.isRightToLeft() else step)
        return True

    def _select_where_keys_are(self) -> None:
        """A key that leads nowhere from a row that is not selected, such as the only match of a filter, selects it."""
        current, model = self.currentIndex(), self.selectionModel()
        if current.isValid() and not model.hasSelection():
            flags = QItemSelectionModel.SelectionFlag
            model.select(current, flags.Select | flags.Rows)

    def _go_beside(self, column: TaskColumn, step: int) -> None:
        """Go to the next column, also where it has to be brought onto the screen first."""
        other = self.columns.neighbour(column, step)
        if other is not None:
            self.columns.reveal(other)
            flags = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.tasks.index(self.currentIndex().row(), other), flags)

    # -- mouse ------------------------------------------------------------------------------------

    def press(self, task_id: int, action: RowAction) -> None:
        """Do what the button of a task is for, as if it was pressed."""
        self._act(task_id, action)  # called: a signal lets go of the interpreter, between a click and what that shows
        if self.isSignalConnected(self._requested):
            self.action_requested.emit(task_id, action)

    def _place_of_button(self, x: int, y: int) -> int | None:
        return self._page.place_of_button(self.look(), x, y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            position = event.position()  # kept: to drop it lets go of the interpreter
            if self.buttons.press(round(position.x()), round(position.y())):
                return  # which does not select the row
            if self._toggle_branch_at(position.toPoint()):
                return  # nor does this
        self._page.led_by_keys(False)
        self.buttons.guard.stay()  # what was chosen is to be looked at where it is
        super().mousePressEvent(event)
        # A click beside the button must not give it the focus, which would make it look pressed.
        current = self.currentIndex()
        if current.column() == TaskColumn.ACTION:
            flags = self.selectionModel().SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.tasks.index(current.row(), TaskColumn.NAME), flags)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        left, position = event.button() is Qt.MouseButton.LeftButton, event.position()
        if not left or not self.buttons.release(round(position.x()), round(position.y())):
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self.buttons.at(point.x(), point.y()) is not None:
            return  # Cancel becomes Retry beneath the pointer: the second click of two must not start it again
        super().mouseDoubleClickEvent(event)
        row = self.tasks.row_at(self.rowAt(point.y()))
        if row is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        if row.is_group or row.is_fold:
            self.tasks.toggle(row.id)
        else:
            self.details_requested.emit(row.id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.buttons.state.held is None:
            super().mouseMoveEvent(event)
        position = event.position()
        self.buttons.hover(round(position.x()), round(position.y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.buttons.leave()

    def _toggle_branch_at(self, point: QPoint) -> bool:
        index = self.indexAt(point)
        row = self.tasks.row_at(index.row()) if index.isValid() else None
        if row is None or index.column() != TaskColumn.NAME or not (row.children or row.is_group):
            return False
        rect = self.visualRect(index)
        indent = row.depth * INDENT + (INDENT if self.tasks.is_grouped and not row.is_group else 0)
        x = rect.right() - point.x() if self.isRightToLeft() else point.x() - rect.left()
        if not indent <= x <= indent + BRANCH_WIDTH + 4:
            return False
        self.tasks.toggle(row.id)
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        if abs(delta.x()) > abs(delta.y()) and self.columns.bar.maximum():
            bar = self.columns.bar
            bar.setValue(bar.value() - (1 if delta.x() > 0 else -1))
            event.accept()
            return
        super().wheelEvent(event)

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._shows_changes:  # and of all else that is due, what has changed is marked: no object of Qt's is needed
            picture = self._page.picture
        else:
            area = event.rect()
            picture = self._page.show(self.look(), area.top(), area.bottom())
        painter = self._painter
        painter.begin(self._page.viewport)
        painter.drawPixmap(0, 0, picture)
        painter.end()

    @Slot()
    def _mark_rows(self) -> None:
        self._page.mark_rows()

    @Slot()
    def _mark_all(self) -> None:
        self._page.mark_all()

    def _mark_task(self, task_id: int) -> None:
        place = self.tasks.place_of(task_id)
        if place is not None:
            self._page.mark(place, place)

    def dataChanged(self, topLeft: AnyIndex, bottomRight: AnyIndex, roles: Iterable[int] = ()) -> None:
        super().dataChanged(topLeft, bottomRight, list(roles))
        self._page.mark(topLeft.row(), bottomRight.row())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._page.mark_all()
        super().scrollContentsBy(dx, dy)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self._page.mark_selection()
        self._page.viewport.update()  # Qt paints the cells anew, and not what is beside the last of them

    # -- other events ----------------------------------------------------------------------------

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.buttons.guard.let_go()
        self.columns.settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._look = None
        self._page.mark_all()  # another language or direction as well

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._page.mark_selection()
        self.focused.emit()
        # Whoever comes by keys must see where they are.
        by_tab = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_tab:
            self._page.led_by_keys(True)
        if by_tab and not self.currentIndex().isValid() and self.tasks.rowCount():
            self.setCurrentIndex(self.tasks.index(0, TaskColumn.NAME))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._page.mark_selection()

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        super().currentChanged(current, previous)
        self._page.mark_selection()
        for index in (current, previous):  # the focus ring of the button, and what its row says of it
            if index.isValid():
                self._page.mark(index.row(), index.row())
        if current.row() != previous.row():
            left = self.tasks.row_at(previous.row())
            if left is not None:  # only now: it would jump away while it is read
                self.tasks.mark_seen(left.id)
        self.current_changed.emit()

    @Slot(int, Qt.SortOrder)
    def _on_sort_changed(self, column: int, order: Qt.SortOrder) -> None:
        if column == TaskColumn.ACTION:
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            return
        self.tasks.sort(column, order)
        self.layout_changed.emit()
