"""The line above the details: the task's name and state, the pages to choose from, and the way out."""

from __future__ import annotations

from enum import Enum
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from taskmon.bridge.table.rows import RowAction, TaskRow, is_watched
from taskmon.ui.widgets.labels import explain, push_button
from taskmon.ui.widgets.theme import tokens

#: Narrower than this, the pages stand beneath the name, in pixels.
_TWO_LINES_BELOW: Final = 600


class Page(Enum):
    """The pages, in their order."""

    OVERVIEW = "overview"
    LOG = "log"
    ERROR = "error"
    STACK = "stack"
    ACTIVITY = "activity"


def page_for(row: TaskRow | None) -> Page | None:
    """The page to open the details of a row with; None for the one that was shown last."""
    if row is None or row.action not in (RowAction.DETAILS, RowAction.LOCKED):
        return None
    # What ends a thread of another program stands there, with its buttons; of an own task the stack says most.
    return Page.OVERVIEW if row.action is RowAction.LOCKED or is_watched(row.snapshot) else Page.STACK


class DetailsHeader(QWidget):
    """The task's name and its state, the pages to choose from, and the way out."""

    chosen = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = _NameLabel()
        self.buttons: dict[Page, QPushButton] = {}
        group = QButtonGroup(self)
        self._segments = QWidget()
        layout = self._segments_layout = QHBoxLayout(self._segments)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        labels = {
            Page.OVERVIEW: self.tr("Overview"),
            Page.LOG: self.tr("Log"),
            Page.ERROR: self.tr("Error"),
            Page.STACK: self.tr("Stack"),
            Page.ACTIVITY: self.tr("Activity"),
        }
        for page, label in labels.items():
            button = push_button(label, lambda _checked=False, page=page: self.chosen.emit(page))
            button.setCheckable(True)
            button.setChecked(page is Page.OVERVIEW)
            button.setProperty("segment", True)
            group.addButton(button)
            layout.addWidget(button)
            self.buttons[page] = button
        self.buttons[Page.ERROR].hide()  # until there is one
        self.close_button = push_button("✕", self.closed)
        self.close_button.setProperty("segment", True)
        self.close_button.setAccessibleName(self.tr("Close details"))
        self.close_button.setToolTip(self.tr("Close details (Esc)"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 6, 16, 6)
        self._grid.setSizeConstraint(QGridLayout.SizeConstraint.SetNoConstraint)  # it could never become narrow else
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._two_lines: bool | None = None
        self._arrange(two_lines=False)

    def _arrange(self, *, two_lines: bool) -> None:
        """Put the pages beside the name, or beneath it where the pane is narrow."""
        if two_lines is self._two_lines:
            return
        self._two_lines = two_lines
        self._segments_layout.setSpacing(2 if two_lines else 4)
        for button in self.buttons.values():
            button.setProperty("tight", two_lines)  # see the style sheet of the pane
            button.style().unpolish(button)
            button.style().polish(button)
            QCoreApplication.sendEvent(button, QEvent(QEvent.Type.StyleChange))  # it keeps the width that it had before
            button.updateGeometry()
        for widget in (self.name, self._segments, self.close_button):
            self._grid.removeWidget(widget)
        self._grid.addWidget(self.name, 0, 0)
        if two_lines:
            self._grid.addWidget(self._segments, 1, 0, 1, 3, Qt.AlignmentFlag.AlignLeading)
        else:
            self._grid.addWidget(self._segments, 0, 1)
        self._grid.addWidget(self.close_button, 0, 2)

    def minimumSizeHint(self) -> QSize:
        """As narrow as it can become; as high as it is now."""
        return QSize(self._segments.minimumSizeHint().width() + 32, self._grid.totalMinimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(two_lines=self.width() < _TWO_LINES_BELOW)

    def set_page(self, page: Page) -> None:
        self.buttons[page].setChecked(True)

    def set_name(self, name: str, state: str) -> None:
        self.name.say(name, state)


class _NameLabel(QWidget):
    """A name and a state. Where there is no room for both, the name has most of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = self._state = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(60)

    def say(self, name: str, state: str) -> None:
        if (name, state) != (self._name, self._state):
            self._name, self._state = name, state
            self.setAccessibleName(f"{name}, {state}" if state else name)
            explain(self, name)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = tokens(self.palette())
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        painter.setFont(strong)
        metrics = painter.fontMetrics()
        gap = 10 if self._state else 0
        room = self.fontMetrics().horizontalAdvance(self._state) + gap
        most = max(self.width() - room, self.width() * 3 // 5)
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, most)
        where = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(colors.text)
        painter.drawText(self.rect(), where, name)
        used = metrics.horizontalAdvance(name) + gap
        painter.setFont(self.font())
        painter.setPen(colors.quiet)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        rest = self.rect().adjusted(0, 0, -used, 0) if mirrored else self.rect().adjusted(used, 0, 0, 0)
        state = painter.fontMetrics().elidedText(self._state, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, where, state)
        painter.end()
