"""The painted buttons of a table under mouse and keys: what a real button would do, and what keeps a click honest.

A click counts only for what its button said when the pointer came to it, or when it was pressed: if the task has ended
or the rows have moved meanwhile, the click is swallowed, and the reason is said.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QTableView, QWidget

from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import RowAction, TaskColumn, TaskRow
from taskmon.bridge.table.text import as_html
from taskmon.ui.table.painting import BRANCH_WIDTH, INDENT, button_rect

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex


# When rows have to stand still: while the pointer is on a button, and while somebody walks through them by keys.

#: The rows stand still so long after the last key, in milliseconds.
AFTER_KEY: Final = 3_000
#: After so long they catch up all the same, in milliseconds: a pointer may have been left where it is.
AT_MOST: Final = 10_000


class StillnessGuard(QObject):
    """Holds the rows of a model still for as long as there is a reason, and lets them catch up now and then."""

    def __init__(self, model: TaskTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._pointer = False
        self.keys = QTimer(self)
        """Runs while the rows stand still for the keys."""
        self.keys.setSingleShot(True)
        self.keys.timeout.connect(self._weigh)
        self.bound = QTimer(self)
        """Runs while the rows stand still; at its end they catch up."""
        self.bound.setSingleShot(True)
        self.bound.timeout.connect(self._catch_up)

    @property
    def holds(self) -> bool:
        """Whether there is a reason now."""
        return self._pointer or self.keys.isActive()

    def pointer_on_button(self, there: bool) -> None:
        """The pointer came to a button, or left it."""
        if there != self._pointer:
            self._pointer = there
            self._weigh()

    def key_pressed(self) -> None:
        """Somebody moves through the rows."""
        self.keys.start(AFTER_KEY)
        self._weigh()

    def let_go(self) -> None:
        """There is no reason any more: the table is hidden."""
        self._pointer = False
        self.keys.stop()
        self._weigh()

    @Slot()
    def _weigh(self) -> None:
        self._model.hold(self.holds)
        if not self.holds:
            self.bound.stop()
        elif not self.bound.isActive():
            self.bound.start(AT_MOST)

    @Slot()
    def _catch_up(self) -> None:
        self._model.hold(False)
        self._weigh()


CLICKABLE: Final = frozenset(RowAction) - {RowAction.NONE, RowAction.CANCELLING, RowAction.LOCKED}
#: A button that has just become another does not take clicks that were meant for the one before, in seconds.
_DEAD_TIME: Final = 0.5


class PressableTable(QTableView):
    """A table whose last column is painted buttons.

    Signals:
        action_requested(int, RowAction): the button of a task was pressed.
    """

    action_requested = Signal(object, object)

    def __init__(self, model: TaskTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tasks = model
        self.guard = StillnessGuard(model, self)
        self.hot_task: int | None = None
        """The task whose button the pointer is on."""
        self.pressed_task: int | None = None
        """The task whose button is held down."""
        self._pressed_action = RowAction.NONE
        self._under: tuple[int, RowAction] | None = None  # the button under the pointer, as it was when they met
        self._moved_at = 0.0  # when another row came to lie under a resting pointer
        self.setModel(model)
        self.setMouseTracking(True)
        self._settle = QTimer(self)  # the pointer rests while rows move beneath it: look again once they have
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._find_hot_task)
        model.rowsInserted.connect(self._on_rows_changed)
        model.rowsRemoved.connect(self._on_rows_changed)
        model.layoutChanged.connect(self._on_rows_changed)
        model.modelReset.connect(self._on_rows_changed)

    @property
    def focused_task(self) -> int | None:
        """The task whose button has the keyboard focus."""
        index = self.currentIndex()
        if not self.hasFocus() or index.column() != TaskColumn.ACTION:
            return None
        row = self.tasks.row_at(index.row())
        return row.id if row is not None else None

    # -- mouse ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        row = self._button_at(point)
        if event.button() is Qt.MouseButton.LeftButton:
            if row is not None:
                if row.action in CLICKABLE and not self._swallow(row, event.globalPosition().toPoint()):
                    self.pressed_task, self._pressed_action = row.id, row.action
                    self._repaint_button(row.id)
                return  # a button of the row, even an inert one, does not select it
            if self._toggle_branch_at(point):
                return
        super().mousePressEvent(event)
        # A click beside the button must not give it the focus, which would make it look pressed.
        current = self.currentIndex()
        if current.column() == TaskColumn.ACTION:
            flags = self.selectionModel().SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.tasks.index(current.row(), TaskColumn.NAME), flags)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, action = self.pressed_task, self._pressed_action
        if pressed is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self.pressed_task = None
        self._repaint_button(pressed)
        row = self._button_at(event.position().toPoint())
        if row is None or row.id != pressed:
            return  # dragged away: taken back, as with any button
        true = self.tasks.row(pressed)
        if true is None or true.action is not action:
            self._say(event.globalPosition().toPoint(), true)
            return
        self._under = (pressed, action)
        self.action_requested.emit(pressed, action)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._button_at(point) is not None:
            return  # Cancel becomes Retry beneath the pointer: the second click of two must not start it again
        super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.pressed_task is None:
            super().mouseMoveEvent(event)
        self._set_under(self._button_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_under(None)

    # -- honesty ----------------------------------------------------------------------------------

    def _swallow(self, row: TaskRow, point: QPoint) -> bool:
        """Whether a click on `row` was not meant for what its button says now; then say so."""
        true = self.tasks.row(row.id)
        if true is None or true.action is not row.action:  # the picture is frozen, and the task has gone on
            self.tasks.thaw(row.id)
        elif self._under is not None and self._under[0] == row.id and self._under[1] is not row.action:
            self._under = (row.id, row.action)  # from now on, it is this that is seen and clicked
        elif time.monotonic() - self._moved_at >= _DEAD_TIME and not _just_ended(row):
            return False
        self._say(point, true)
        return True

    def _say(self, point: QPoint, row: TaskRow | None) -> None:
        from PySide6.QtWidgets import QToolTip

        ended = row is None or row.snapshot.state.is_final
        words = self.tr("Already finished") if ended else self.tr("This has just changed: look again")
        QToolTip.showText(point, as_html(words), self)

    # -- what lies under the pointer --------------------------------------------------------------

    @Slot()
    def _on_rows_changed(self) -> None:
        self._settle.start(0)

    @Slot()
    def _find_hot_task(self) -> None:
        viewport = self.viewport()
        point = viewport.mapFromGlobal(self.cursor().pos())
        row = self._button_at(point) if viewport.rect().contains(point) and viewport.underMouse() else None
        if row is not None and self._under is not None and row.id != self._under[0]:
            self._moved_at = time.monotonic()
        self._set_under(row)

    def _set_under(self, row: TaskRow | None) -> None:
        if row is None:
            self._under = None
        elif self._under is None or self._under[0] != row.id:
            self._under = (row.id, row.action)
        self.guard.pointer_on_button(row is not None)
        hot = row.id if row is not None and row.action in CLICKABLE else None
        if hot != self.hot_task:
            for task_id in (self.hot_task, hot):
                if task_id is not None:
                    self._repaint_button(task_id)
            self.hot_task = hot

    def _button_at(self, point: QPoint) -> TaskRow | None:
        index = self.indexAt(point)
        if index.column() != TaskColumn.ACTION or not button_rect(self.visualRect(index)).contains(point):
            return None
        row = self.tasks.row_at(index.row())
        return row if row is not None and row.action is not RowAction.NONE else None

    def _toggle_branch_at(self, point: QPoint) -> bool:
        index: QModelIndex = self.indexAt(point)
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

    def _repaint_button(self, task_id: int) -> None:
        place = self.tasks.place_of(task_id)
        if place is not None:
            self.update(self.tasks.index(place, TaskColumn.ACTION))


def _just_ended(row: TaskRow) -> bool:
    ended_at = row.snapshot.ended_at
    return ended_at is not None and time.monotonic() - ended_at < _DEAD_TIME
