"""Real buttons for those who do not see: one for each painted button in view, itself never painted.

A painted cell can be read by a screen reader, but not be pressed by assistive technology: voice control, switch access
and flat review press real buttons. These lie over the table, in a layer beside it (what is inside of a table is not
listed), let the pointer through, never take the focus, and are kept: making one sends news to every listener.

They are there only while assistive technology is: otherwise nothing of this is made or moved.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Slot
from PySide6.QtGui import QAccessible, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from taskmon.bridge.table import text
from taskmon.bridge.table.rows import RowAction, TaskColumn, TaskRow
from taskmon.ui.table.painting import button_rect
from taskmon.ui.table.pressing import CLICKABLE

if TYPE_CHECKING:
    from taskmon.ui.table.view import TaskView

#: Several changes at once are followed at once, in milliseconds.
_FOLLOW_AFTER = 30


class AccessibleButton(QPushButton):
    """Stands for the painted button of one row."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.task_id: int | None = None
        self.action = RowAction.NONE
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing: the table paints what is seen here."""


class AccessibleButtons(QWidget):
    """Keeps a real button over each painted one in view. Has the place and the size of the table's viewport."""

    def __init__(self, view: TaskView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._beside = parent
        self._buttons: list[AccessibleButton] = []
        self.setObjectName("accessible buttons")
        self.setAccessibleName(self.tr("Buttons of the tasks"))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self._timer = QTimer(self, singleShot=True, interval=_FOLLOW_AFTER)
        self._timer.timeout.connect(self.follow)
        tasks, header = view.tasks, view.horizontalHeader()
        for signal in (
            tasks.rowsInserted, tasks.rowsRemoved, tasks.layoutChanged, tasks.modelReset, tasks.dataChanged,
            tasks.freeze_changed, header.sectionResized, header.sectionMoved, header.geometriesChanged,
            view.verticalScrollBar().valueChanged, view.horizontalScrollBar().valueChanged,
        ):  # fmt: skip
            signal.connect(self._follow_soon)
        view.viewport().installEventFilter(self)
        view.installEventFilter(self)

    @property
    def buttons(self) -> list[AccessibleButton]:
        """Those that stand for a row now, from top to bottom."""
        return [button for button in self._buttons if button.task_id is not None]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.FocusIn):
            self._follow_soon()
        elif event.type() == QEvent.Type.Hide:
            self._timer.stop()
            self.hide()
        return False

    @Slot()
    def _follow_soon(self) -> None:
        if QAccessible.isActive() and self._view.isVisible() and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def follow(self) -> None:
        """Put a button over each painted one, and take away those that are too many."""
        view = self._view
        viewport = view.viewport()
        place = viewport.mapTo(self._beside, viewport.rect().topLeft())
        self.setGeometry(QRect(place, viewport.size()))
        self.setVisible(view.isVisible())
        self.raise_()
        used = 0
        for row, rect in self._in_view():
            if used == len(self._buttons):
                button = AccessibleButton(self)
                button.clicked.connect(partial(self._press, button))
                self._buttons.append(button)
            self._stand_for(self._buttons[used], row, rect)
            used += 1
        for button in self._buttons[used:]:
            button.task_id = None
            button.hide()

    def _in_view(self) -> list[tuple[TaskRow, QRect]]:
        """The rows whose button can be seen, and where: cut off at the edges of the viewport as the picture is."""
        view = self._view
        if view.isColumnHidden(TaskColumn.ACTION):
            return []
        found: list[tuple[TaskRow, QRect]] = []
        first, last = view.visible_places()
        for place in range(first, last + 1):
            row = view.tasks.row_at(place)
            if row is None or row.action is RowAction.NONE:
                continue
            cell = view.visualRect(view.tasks.index(place, TaskColumn.ACTION))
            rect = button_rect(cell).intersected(self.rect())
            if not rect.isEmpty():
                found.append((row, rect))
        return found

    def _stand_for(self, button: AccessibleButton, row: TaskRow, rect: QRect) -> None:
        button.task_id, button.action = row.id, row.action
        name = text.action_spoken(row)
        if button.accessibleName() != name:  # one that is set again is announced again
            button.setAccessibleName(name)
        hint = text.action_hint(row)
        if button.accessibleDescription() != hint:
            button.setAccessibleDescription(hint)
        button.setEnabled(row.action in CLICKABLE)
        if button.geometry() != rect:
            button.setGeometry(rect)
        button.show()

    def _press(self, button: AccessibleButton) -> None:
        """What was meant is what the button stood for when it was pressed; a row that has gone on swallows it."""
        true = self._view.tasks.any_row(button.task_id) if button.task_id is not None else None
        if true is not None and true.action is button.action and true.action in CLICKABLE:
            self._view.press(true.id, true.action)
        self._follow_soon()
