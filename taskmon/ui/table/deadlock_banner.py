"""The banner above the table that tells of threads which wait for each other. Made with the first deadlock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from taskmon.bridge.table import text
from taskmon.bridge.table.ending import SIGNAL_LABELS, DeadlockRows, WayOut
from taskmon.core.base.text import format_duration
from taskmon.core.base.translate import in_a_row
from taskmon.ui.table.pressing import DEAD_TIME
from taskmon.ui.widgets.flow_layout import FlowLayout
from taskmon.ui.widgets.glyphs import SIZE, draw_glyph
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel, push_button
from taskmon.ui.widgets.layouts import hbox, vbox
from taskmon.ui.widgets.theme import readable, tokens

#: Characters that a line of the sentences has at least: where that is too many, the buttons stand beneath them.
_ONE_LINE: Final = 44
#: Of the words from the sign, in pixels.
_INDENT: Final = round(SIZE) + 8


class DeadlockBanner(QFrame):
    """Says who waits for whom until that is over, or until it is closed. Takes no focus by itself.

    Args:
        show_rows: selects the rows with these ids.
        take: takes a way out, which it may ask about first.
        parent: the widget that it belongs to.
    """

    def __init__(
        self, show_rows: Callable[[Iterable[int]], object], take: Callable[[WayOut], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._show_rows = show_rows
        self._take = take
        self._told: DeadlockRows | None = None
        self._closed: frozenset[int] = frozenset()
        self._shown_at = 0.0  # in seconds of `time.monotonic`
        self.setObjectName("danger")
        self._title, self._sentence = _Title(), PlainLabel()
        self._title.setObjectName("dangerTitle")
        self._sentence.setIndent(_INDENT)
        words = QWidget()  # one beneath the other
        words.setMinimumWidth(_ONE_LINE * words.fontMetrics().averageCharWidth())
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        beneath = vbox(words, spacing=3)
        for label in (self._title, self._sentence):
            label.setProperty(FOREIGN, True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setWordWrap(True)
            beneath.addWidget(label)
        self.show_button = push_button(self.tr("Show"), self._show)
        self.end_button = push_button("", self._end)
        self.end_button.setProperty("danger", True)
        self.close_button = push_button("✕", self._close)
        self.close_button.setProperty("flat", True)
        self.close_button.setAccessibleName(self.tr("Close"))
        self.close_button.setToolTip(self.tr("Close"))
        layout = FlowLayout(self, 10)
        layout.setContentsMargins(14, 7, 8, 7)
        buttons = QWidget()  # which stand beside each other, wherever they stand
        side_by_side = hbox(buttons, spacing=8)
        for button in (self.show_button, self.end_button, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # else, once it goes, its focus goes to whatever is next
            side_by_side.addWidget(button)
        layout.addWidget(words)
        layout.addWidget(buttons)
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty while nothing is."""
        return in_a_row(self._title.text(), self._sentence.text()) if not self.isHidden() else ""

    def tell(self, deadlock: DeadlockRows | None) -> bool:
        """Tell of a deadlock, or that there is none any more. One that was closed is not told of again.

        Returns:
            whether it is another than was told of last.
        """
        before, self._told = self._told, deadlock
        if deadlock is None or frozenset(deadlock.ids) == self._closed:
            self.hide()
            return False
        self._title.setText(deadlock.title)
        self._sentence.setText(f"{deadlock.sentence}\n{deadlock.remedy}")
        self.show_button.setAccessibleDescription(in_a_row(f"{deadlock.title}, {deadlock.sentence}", deadlock.remedy))
        self.end_button.setVisible(deadlock.way is not None)
        if deadlock.way is not None:
            self._name(deadlock.way)
        if self.isHidden():
            self._shown_at = time.monotonic()
        self.show()
        return before is None or before.ids != deadlock.ids

    @Slot()
    def _show(self) -> None:
        if self._told is not None:
            self._show_rows(self._told.ids)

    def _name(self, way: WayOut) -> None:
        what = text.tr(SIGNAL_LABELS[way.signal]) if way.offer is not None else self.tr("Cancel {name}")
        words = what.format(name=text.short(way.name))
        if way.seconds:
            words = self.tr("{what} in {time}").format(what=words, time=format_duration(math.ceil(way.seconds)))
        self.end_button.setText(words.replace("&", "&&"))
        self.end_button.setEnabled(not way.seconds)

    @Slot()
    def _end(self) -> None:
        if time.monotonic() - self._shown_at < DEAD_TIME:
            return  # it has come beneath the pointer
        if self._told is not None and self._told.way is not None:
            self._take(self._told.way)

    @Slot()
    def _close(self) -> None:
        if self._told is not None:
            self._closed = frozenset(self._told.ids)
        self.hide()


class _Title(PlainLabel):
    """Who waits for whom, behind the sign of a deadlock."""

    def __init__(self) -> None:
        super().__init__()
        self.setIndent(_INDENT)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        colors = tokens(self.palette())
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        color = readable(colors.failed, colors.danger_ground, colors.text)
        top = (self.fontMetrics().height() - SIZE) / 2
        draw_glyph(painter, self.width() - SIZE if mirrored else 0.0, top, "rings", color)
        painter.end()
