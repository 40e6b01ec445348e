"""How what a lane does is drawn: shape first, then colour, so that it can be told apart in greys as well."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from taskmon.bridge.table.kinds import Kind
from taskmon.ui.widgets.glyphs import color_of
from taskmon.ui.widgets.theme import Tokens, mix

#: The height of a lane.
LANE: Final = 28
_FULL: Final = 16
_TOP: Final = (LANE - _FULL) // 2
_HALF: Final = 8
_LINE: Final = 2
_RAIL: Final = 2
#: The hatch repeats after so many pixels, in both directions.
HATCH: Final = 8
_TICK: Final = 4
_FLAG: Final = 8


class Shapes:
    """Draws pieces of lanes, with colours and pictures made once for a palette and a scale."""

    def __init__(self, colors: Tokens, scale: float) -> None:
        self.colors = colors
        self._tints = {kind: mix(colors.base, color_of(kind, colors), 0.24) for kind in Kind}
        self._colors = {kind: color_of(kind, colors) for kind in Kind}
        self._hatches = {
            kind: _hatch(self._colors[kind], mix(colors.base, self._colors[kind], 0.2), scale, crossed=crossed)
            for kind, crossed in ((Kind.LOCK, False), (Kind.DEADLOCK, True))
        }

    def draw(self, painter: QPainter, kind: int, left: int, width: int, top: int) -> None:
        """Draw `width` columns of what a lane does whose upper edge is at `top`."""
        if kind == Kind.COMPUTING:
            painter.fillRect(left, top + _TOP, width, _FULL, self._colors[Kind.COMPUTING])
        elif kind == Kind.SLEEPING:
            painter.fillRect(left, top + (LANE - _LINE) // 2, width, _LINE, self._colors[Kind.SLEEPING])
        elif kind == Kind.TRANSFER:
            painter.fillRect(left, top + (LANE - _HALF) // 2, width, _HALF, self._colors[Kind.TRANSFER])
        elif kind in (Kind.LOCK, Kind.DEADLOCK):
            box = QRect(left, top + _TOP, width, _FULL)
            painter.drawTiledPixmap(box, self._hatches[Kind(kind)], QPoint(left % HATCH, 0))
        elif kind == Kind.OUTSIDE:
            painter.fillRect(left, top + _TOP, width, _FULL, self._tints[Kind.OUTSIDE])
            for edge in (top + _TOP, top + _TOP + _FULL - _RAIL):
                painter.fillRect(left, edge, width, _RAIL, self._colors[Kind.OUTSIDE])
        elif kind in (Kind.RUNNING, Kind.CALL):
            painter.fillRect(left, top + _TOP, width, _FULL, self._tints[Kind.RUNNING])
        elif kind == Kind.PAUSED:
            for edge in (top + _TOP, top + _TOP + _FULL - 1):
                painter.fillRect(left, edge, width, 1, self._colors[Kind.PAUSED])

    def draw_edge(self, painter: QPainter, left: int, top: int) -> None:
        """Draw the edge of the frame that stands for a pause."""
        painter.fillRect(left, top + _TOP, 1, _FULL, self._colors[Kind.PAUSED])

    def draw_checkpoint(self, painter: QPainter, left: int, top: int) -> None:
        """Draw the tick of a checkpoint, beneath what the lane does."""
        painter.fillRect(left, top + LANE - _TICK, 2, _TICK, self.colors.text)

    def draw_call(self, painter: QPainter, left: int, top: int) -> None:
        """Draw where the thread of a pool begins with a call."""
        painter.fillRect(left, top + 2, 2, LANE - 4, self.colors.text)

    def draw_ended(self, painter: QPainter, left: int, width: int, top: int) -> None:
        """Draw where something was at work that has ended, on the line that stands for all of those."""
        painter.fillRect(left, top + (LANE - _TICK) // 2, width, _TICK, self.colors.quiet)

    def draw_flag(self, painter: QPainter, left: int, top: int) -> None:
        """Draw the flag of a stop that was asked for."""
        painter.fillRect(left, top + 3, 2, LANE - 5, self.colors.failed)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.colors.failed)
        painter.drawPolygon([QPoint(left + 2, top + 3), QPoint(left + 2 + _FLAG, top + 7), QPoint(left + 2, top + 11)])

    def draw_arrow(self, painter: QPainter, at: int, start: int, end: int) -> None:
        """Draw the arrow from the middle of a lane that waits to that of the one that has what it waits for."""
        down = 1 if end > start else -1
        painter.setPen(QPen(self.colors.text, 1.6))
        painter.drawLine(at, start, at, end - 4 * down)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.colors.text)
        painter.drawEllipse(QPoint(at, start), 4, 4)
        painter.drawPolygon(
            [QPoint(at - 5, end - 6 * down), QPoint(at + 5, end - 6 * down), QPoint(at, end + 2 * down)]
        )


def _hatch(color: QColor, ground: QColor, scale: float, *, crossed: bool) -> QPixmap:
    """Slanted stripes, or a net of them, that join where the picture repeats."""
    made = QPixmap(round(HATCH * scale), round(HATCH * scale))
    made.setDevicePixelRatio(scale)
    made.fill(ground)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 1.8 if crossed else 2.6))
    for shift in (-HATCH, 0, HATCH):
        painter.drawLine(shift - 2, HATCH + 2, shift + HATCH + 2, -2)
        if crossed:
            painter.drawLine(shift - 2, -2, shift + HATCH + 2, HATCH + 2)
    painter.end()
    return made
