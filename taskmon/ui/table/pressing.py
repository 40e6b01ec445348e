"""The painted buttons of a table under mouse and keys: what a real button would do, and what keeps a click honest.

A click counts only for what its button said when the hand set out for it: where the task has gone on or the rows have
moved right before it, or while the button was held down, the click is swallowed, and the reason is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QPoint, QTimer, Slot
from PySide6.QtWidgets import QTableView

from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import RowAction, TaskRow
from taskmon.bridge.table.text import as_html
from taskmon.ui.table.painting import ButtonState

CLICKABLE: Final = frozenset(RowAction) - {RowAction.NONE, RowAction.CANCELLING}
#: A click so soon after a button has become another, or has moved, was meant for what was there before. In seconds.
DEAD_TIME: Final = 0.5
#: The rows stand still so long after the last key or click, in milliseconds.
STILL_FOR: Final = 3_000
#: And so long after the pointer has last moved over them: it may be on its way to a button.
ON_ITS_WAY: Final = 1_000
#: So long after the last of all these they catch up, although the pointer rests on a button. In milliseconds.
AT_MOST: Final = 10_000


class StillnessGuard(QObject):
    """Holds the rows of a model still while the pointer is on a button, right after a click on one, and while somebody
    walks through them by keys or moves the pointer.

    Where nobody has done anything for a while it lets them catch up: a pointer may have been left where it is.
    """

    def __init__(self, model: TaskTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._pointer = False
        self.keys = QTimer(self)
        """Runs while the rows stand still for keys, clicks and a pointer that moves."""
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

    def stay(self, milliseconds: int = STILL_FOR) -> None:
        """Somebody moves through the rows, or has clicked and looks what comes of it."""
        self.keys.start(max(milliseconds, self.keys.remainingTime()))
        self.bound.stop()  # it counts from here
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


class RowButtons(QObject):
    """The buttons in the last column of one table. Whoever owns the table hands on its mouse events.

    All that it tells of, it tells by calls: a signal lets go of the interpreter, between a click and what that shows.

    Args:
        state: what looks touched.
        place_of_button: the place of the row whose button is at a point of the viewport, in pixels.
        moved_at: when the row of a task last came to lie where another was, in seconds of `time.monotonic`.
        press: called with the id of a task and the action of its button, which was pressed.
        retouch: called with the id of a task whose button looks touched, or no longer does.
    """

    def __init__(
        self,
        view: QTableView,
        model: TaskTableModel,
        *,
        state: ButtonState,
        place_of_button: Callable[[int, int], int | None],
        moved_at: Callable[[int], float],
        press: Callable[[int, RowAction], object],
        retouch: Callable[[int], object],
    ) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self._place_of_button = place_of_button
        self._moved_at = moved_at
        self._press = press
        self._retouch = retouch
        self.guard = StillnessGuard(model, self)
        self.state = state
        self._held_action = RowAction.NONE
        self._swallowed = False  # the button of the mouse is down, and what it was pressed on does not count
        self._shown_at = -DEAD_TIME  # when a frozen picture last showed what it hid
        self._settle = QTimer(self)  # the pointer rests while rows move beneath it: look again once they have
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._look_again)
        for signal in (model.rowsInserted, model.rowsRemoved, model.layoutChanged, model.modelReset):
            signal.connect(self._on_rows_changed)
        model.freeze_changed.connect(self._on_shown_anew)

    def at(self, x: int, y: int) -> TaskRow | None:
        """The row whose button is at a point of the viewport."""
        place = self._place_of_button(x, y)
        row = self._model.row_at(place) if place is not None else None
        return row if row is not None and row.action is not RowAction.NONE else None

    # -- mouse ------------------------------------------------------------------------------------

    def press(self, x: int, y: int) -> bool:
        """The left button of the mouse went down; return whether on a button of a row, even an inert one."""
        row = self.at(x, y)
        self._swallowed = False
        if row is None:
            return False
        if row.action in CLICKABLE:
            self._swallowed = self._has_just_changed(row)
            if not self._swallowed:
                self.state.held, self._held_action = row.id, row.action
                self._retouch(row.id)
        return True

    def release(self, x: int, y: int) -> bool:
        """The left button of the mouse went up; return whether it had held down a button."""
        held, action = self.state.held, self._held_action
        row = self.at(x, y)
        if self._swallowed:  # said only now: when a button of the mouse goes up, Qt hides what has been said before
            self._swallowed = False
            self._say(x, y, self._model.any_row(row.id) if row is not None else None)
            return True
        if held is None:
            return False
        self.state.held = None
        self._retouch(held)
        if row is not None and row.id == held:  # else dragged away: taken back, as with any button
            true = self._model.any_row(held)
            if true is not None and true.action is action:
                self._press(held, action)
                self.guard.stay()
            else:
                self._say(x, y, true)
        return True

    def hover(self, x: int, y: int) -> None:
        """The pointer has moved to a point of the viewport."""
        self.guard.stay(ON_ITS_WAY)
        self._set_under(self.at(x, y))

    def leave(self) -> None:
        """The pointer has left the viewport."""
        self._set_under(None)

    def press_by_key(self, row: TaskRow, *, repeated: bool) -> None:
        """A key was pressed on the button of a row; `repeated` while it is held down."""
        true = self._model.any_row(row.id)
        is_meant = true is not None and true.action is row.action and row.action in CLICKABLE and not repeated
        if is_meant and true is not None and time.monotonic() - true.action_since >= DEAD_TIME:
            self._press(row.id, row.action)
        self._model.thaw(row.id)

    # -- honesty ----------------------------------------------------------------------------------

    def _has_just_changed(self, row: TaskRow) -> bool:
        """Whether a click on `row` was not meant for what its button says now."""
        true = self._model.any_row(row.id)
        if true is None or true.action is not row.action:  # the picture is frozen, and the task has gone on
            self._model.thaw(row.id)
            self._shown_at = time.monotonic()
            return True
        since = max(self._shown_at, self._moved_at(row.id), true.action_since)
        return time.monotonic() - since < DEAD_TIME

    def _say(self, x: int, y: int, row: TaskRow | None) -> None:
        from PySide6.QtWidgets import QToolTip

        ended = row is None or row.snapshot.state.is_final
        words = self.tr("Already finished") if ended else self.tr("This has just changed: look again")
        QToolTip.showText(self._view.viewport().mapToGlobal(QPoint(x, y)), as_html(words), self._view)

    # -- what lies under the pointer --------------------------------------------------------------

    @Slot()
    def _on_rows_changed(self) -> None:
        self._settle.start(0)

    @Slot()
    def _on_shown_anew(self) -> None:
        self._shown_at = time.monotonic()

    @Slot()
    def _look_again(self) -> None:
        viewport = self._view.viewport()
        point = viewport.mapFromGlobal(self._view.cursor().pos())
        is_on_it = viewport.rect().contains(point) and viewport.underMouse()
        row = self.at(point.x(), point.y()) if is_on_it else None
        self._set_under(row)

    def _set_under(self, row: TaskRow | None) -> None:
        under = row.id if row is not None else None
        self.guard.pointer_on_button(row is not None)
        hot = row.id if row is not None and row.action in CLICKABLE else None
        if (hot, under) != (self.state.hot, self.state.under):
            touched = {self.state.hot, hot, self.state.under, under}
            self.state.hot, self.state.under = hot, under
            for task_id in touched:
                if task_id is not None:
                    self._retouch(task_id)
