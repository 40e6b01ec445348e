"""The banner above the table that tells of threads which wait for each other. Made with the first deadlock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from taskmon.bridge.table.deadlock import DeadlockRows
from taskmon.ui.widgets.flow_layout import FlowLayout
from taskmon.ui.widgets.glyphs import SIZE, draw_glyph
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel, push_button
from taskmon.ui.widgets.layouts import hbox
from taskmon.ui.widgets.theme import readable, tokens

#: Characters that a line of the sentence has at least: where that is too many, it stands beneath the title.
_ONE_LINE: Final = 48


class DeadlockBanner(QFrame):
    """Says who waits for whom until that is over, or until it is closed. Takes no focus by itself.

    Args:
        show_rows: selects the rows with these ids.
        parent: the widget that it belongs to.
    """

    def __init__(self, show_rows: Callable[[Iterable[int]], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._show_rows = show_rows
        self._told: DeadlockRows | None = None
        self._closed: frozenset[int] = frozenset()
        self.setObjectName("danger")
        self._title, self._sentence = _Title(), PlainLabel()
        self._title.setObjectName("dangerTitle")
        for label in (self._title, self._sentence):
            label.setProperty(FOREIGN, True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setWordWrap(True)
        self._sentence.setMinimumWidth(_ONE_LINE * self._sentence.fontMetrics().averageCharWidth())
        self._sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.show_button = push_button(self.tr("Show"), self._show)
        self.program_button = push_button(self.tr("Show program"), self._show_program)
        self.close_button = push_button(self.tr("Close"), self._close)
        layout = FlowLayout(self, 10)
        layout.setContentsMargins(14, 5, 8, 5)
        buttons = QWidget()  # which stand beside each other, wherever they stand
        side_by_side = hbox(buttons, spacing=8)
        for button in (self.show_button, self.program_button, self.close_button):
            side_by_side.addWidget(button)
        for widget in (self._title, self._sentence, buttons):
            layout.addWidget(widget)
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty while nothing is."""
        return f"{self._title.text()} {self._sentence.text()}" if not self.isHidden() else ""

    def tell(self, deadlock: DeadlockRows | None) -> None:
        """Tell of a deadlock, or that there is none any more. One that was closed is not told of again."""
        self._told = deadlock
        if deadlock is None or frozenset(deadlock.ids) == self._closed:
            self.hide()
            return
        self._title.setText(deadlock.title)
        self._sentence.setText(deadlock.sentence)
        self.show_button.setAccessibleDescription(f"{deadlock.title}, {deadlock.sentence}")
        self.program_button.setVisible(deadlock.program is not None)
        self.show()

    @Slot()
    def _show(self) -> None:
        if self._told is not None:
            self._show_rows(self._told.ids)

    @Slot()
    def _show_program(self) -> None:
        if self._told is not None and self._told.program is not None:
            self._show_rows([self._told.program])

    @Slot()
    def _close(self) -> None:
        if self._told is not None:
            self._closed = frozenset(self._told.ids)
        self.hide()


class _Title(PlainLabel):
    """Who waits for whom, on one line where there is room for it, behind the sign of a deadlock."""

    def __init__(self) -> None:
        super().__init__()
        self.setIndent(round(SIZE) + 8)
        self.setMinimumWidth(60)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(self.indent() + metrics.horizontalAdvance(self.text()) + 2, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        colors = tokens(self.palette())
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        color = readable(colors.failed, colors.danger_ground, colors.text)
        draw_glyph(painter, self.width() - SIZE if mirrored else 0.0, (self.height() - SIZE) / 2, "rings", color)
        painter.end()
