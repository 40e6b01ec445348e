"""What a table is painted with: colours, fonts and finished pictures, made once for a palette, a font and a scale."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPalette, QPixmap

from taskmon.bridge.table import cells
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import TaskColumn
from taskmon.ui.widgets.theme import Tokens, tokens

#: Pictures kept: buttons and states are a few dozen, and as many more as locks and processes have names.
_MOST_PICTURES: Final = 1_000
#: What figures and most words are made of.
_USUAL: Final = frozenset(map(chr, (*range(32, 127), 0xA0, 0x2009, 0x202F)))
_CUT_OFF: Final = Qt.TextElideMode.ElideRight
_CUT_SHORT: Final = Qt.TextElideMode.ElideMiddle


class Look:
    """Fonts, colours and cached pictures for one state of the screen. Thrown away whole when that changes.

    Painting text costs ten times what copying a picture does, and in a frame of a busy table most buttons, bars and
    states are ones that were painted before.
    """

    def __init__(self, palette: QPalette, font: QFont, scale: float) -> None:
        self.colors: Tokens = tokens(palette)
        self.scale = scale
        strong, figures = QFont(font), QFont(font)
        strong.setWeight(QFont.Weight.DemiBold)
        if hasattr(figures, "setFeature"):  # Qt 6.7: digits of equal width, so that figures do not jitter
            figures.setFeature(QFont.Tag("tnum"), 1)
        small = QFont(figures)
        small.setPointSizeF(max(7.0, font.pointSizeF() * 0.87))
        self.plain, self.strong, self.figures, self.small = map(Letters, (QFont(font), strong, figures, small))
        self._pictures: dict[Hashable, QPixmap] = {}

    def column_width(self, tasks: TaskTableModel, column: TaskColumn, places: tuple[int, int]) -> int:
        """How wide a column has to be for its label and what stands in it at these places."""
        label = self.plain.pixels(cells.label(column)) + 36
        rows = (tasks.row_at(place) for place in range(places[0], places[1] + 1))
        letters = self.plain if column is TaskColumn.STATE else self.figures
        room = 36 if column is TaskColumn.STATE else 24
        return max([label, *(letters.pixels(cells.cell(row, column)) + room for row in rows if row)])

    def picture(self, key: Hashable, width: int, height: int, draw: Callable[[QPainter, QRectF], None]) -> QPixmap:
        """Return the picture kept under `key`, drawn now if it is not there."""
        found = self._pictures.get(key)
        if found is not None:
            return found
        if len(self._pictures) >= _MOST_PICTURES:
            del self._pictures[next(iter(self._pictures))]  # one at a time: each that is dropped lets go of the GIL
        made = QPixmap(QSize(width, height) * self.scale)
        made.setDevicePixelRatio(self.scale)
        made.fill(QColor(0, 0, 0, 0))
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, QRectF(0, 0, width, height))
        painter.end()
        self._pictures[key] = made
        return made


class Letters:
    """A font. Answers in plain numbers: an object of Qt's that Python drops lets go of the lock."""

    __slots__ = ("_exact", "_lift", "_metrics", "_point", "_widest", "_widest_usual", "font", "height")

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetrics(font)
        self.height = self._metrics.height()
        """Of a line, in pixels."""
        self._exact = QFontMetricsF(font)
        self._lift = self._exact.ascent() - self._exact.height() / 2
        self._widest = max(1, self._metrics.maxWidth())
        self._widest_usual = 0  # not known yet
        self._point = QPointF()  # kept, and moved instead of made anew

    def baseline(self, top: int, height: int) -> float:
        """Where a line stands that is to be in the middle of a box."""
        return top + height / 2 + self._lift

    def write(self, painter: QPainter, left: float, baseline: float, text: str) -> None:
        """Write a text that begins at `left`. The painter has the font already."""
        point = self._point
        point.setX(left)
        point.setY(baseline)
        painter.drawText(point, text)

    def width(self, text: str) -> float:
        """How wide a text is, to the part of a pixel."""
        return self._exact.horizontalAdvance(text)

    def pixels(self, text: str) -> int:
        """How wide a text is, in whole pixels."""
        return self._metrics.horizontalAdvance(text)

    def fit(self, text: str, width: int, *, in_the_middle: bool = False) -> str:
        """Return `text`, cut off with an ellipsis if it is wider than `width`.

        That stands `in_the_middle` of what is told apart by its end, as ``worker-1`` and ``worker-2`` are.
        """
        if len(text) * self._widest <= width:
            return text  # cannot be too wide: spares the measuring
        if _USUAL.issuperset(text):
            if not self._widest_usual:
                self._widest_usual = max(map(self._metrics.horizontalAdvance, _USUAL))
            if len(text) * self._widest_usual <= width:
                return text
        return self._metrics.elidedText(text, _CUT_SHORT if in_the_middle else _CUT_OFF, width)
