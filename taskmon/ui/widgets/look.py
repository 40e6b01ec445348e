"""What a table is painted with: colours, fonts and finished pictures, made once for a palette, a font and a scale."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPixmap

from taskmon.bridge.table import cells
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import TaskColumn
from taskmon.ui.widgets.theme import Tokens, tokens

#: Pictures kept: buttons and states are a few dozen, and as many more as locks and processes have names.
_MOST_PICTURES: Final = 1_000


class Look:
    """Fonts, colours and cached pictures for one state of the screen. Thrown away whole when that changes.

    Painting text costs ten times what copying a picture does, and in a frame of a busy table most buttons, bars and
    states are ones that were painted before.
    """

    def __init__(self, palette: QPalette, font: QFont, scale: float) -> None:
        self.colors: Tokens = tokens(palette)
        self.scale = scale
        self.plain = QFont(font)
        self.strong = QFont(font)
        self.strong.setWeight(QFont.Weight.DemiBold)
        self.figures = QFont(font)
        if hasattr(self.figures, "setFeature"):  # Qt 6.7: digits of equal width, so that figures do not jitter
            self.figures.setFeature(QFont.Tag("tnum"), 1)
        self.small = QFont(self.figures)
        self.small.setPointSizeF(max(7.0, font.pointSizeF() * 0.87))
        self.plain_metrics = QFontMetrics(self.plain)
        self.strong_metrics = QFontMetrics(self.strong)
        self.figures_metrics = QFontMetrics(self.figures)
        self.small_metrics = QFontMetrics(self.small)
        self.strong_height = self.strong_metrics.height()
        self.small_height = self.small_metrics.height()
        self._widest = {
            id(metrics): max(1, metrics.maxWidth())
            for metrics in (self.plain_metrics, self.strong_metrics, self.figures_metrics, self.small_metrics)
        }
        self._pictures: dict[Hashable, QPixmap] = {}

    def fit(self, text: str, metrics: QFontMetrics, width: int) -> str:
        """Return `text`, cut off with an ellipsis if it is wider than `width`."""
        if len(text) * self._widest[id(metrics)] <= width:
            return text  # cannot be too wide: spares the measuring
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)

    def column_width(self, tasks: TaskTableModel, column: TaskColumn, places: tuple[int, int]) -> int:
        """How wide a column has to be for its label and what stands in it at these places."""
        label = self.plain_metrics.horizontalAdvance(cells.label(column)) + 36
        rows = (tasks.row_at(place) for place in range(places[0], places[1] + 1))
        metrics = self.plain_metrics if column is TaskColumn.STATE else self.figures_metrics
        room = 36 if column is TaskColumn.STATE else 24
        return max([label, *(metrics.horizontalAdvance(cells.cell(row, column)) + room for row in rows if row)])

    def kept(self, key: Hashable) -> QPixmap | None:
        """Return the picture kept under `key`, if it has been drawn."""
        return self._pictures.get(key)

    def picture(self, key: Hashable, size: QSize, draw: Callable[[QPainter, QRectF], None]) -> QPixmap:
        """Return the picture kept under `key`, drawn now if it is not there."""
        found = self._pictures.get(key)
        if found is not None:
            return found
        if len(self._pictures) >= _MOST_PICTURES:
            del self._pictures[next(iter(self._pictures))]  # one at a time: each that is dropped lets go of the GIL
        made = QPixmap(size * self.scale)
        made.setDevicePixelRatio(self.scale)
        made.fill(QColor(0, 0, 0, 0))
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, QRectF(0, 0, size.width(), size.height()))
        painter.end()
        self._pictures[key] = made
        return made
