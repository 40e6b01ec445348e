"""The signs of the states, and of what threads do: shape first, then colour.

Drawn as paths, so they are crisp at every scale.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from taskmon.bridge.table.kinds import Kind, kind_of
from taskmon.core.stacks.facts import Activity
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.theme import Tokens

#: The square, in logical pixels, that every glyph is drawn in.
SIZE: Final = 12.0
_STROKE: Final = 1.6

_S = TaskState
_NAMES: Final = {
    _S.QUEUED: "ring",
    _S.HELD: "bars",
    _S.RUNNING: "play",
    _S.PAUSING: "bars",
    _S.PAUSED: "bars",
    _S.STOPPING: "arc",
    _S.SUCCEEDED: "check",
    _S.FAILED: "cross",
    _S.CANCELLED: "slashed",
    _S.LOST: "broken",
    _S.CUT_OFF: "cut",
}
_FILLED: Final = frozenset({"play", "bars", "warning", "moon"})


def draw_state(
    painter: QPainter, x: float, y: float, state: TaskState, color: QColor, *, warning: bool = False
) -> None:
    """Draw the glyph of `state` in `color`, its upper left corner at (x, y); `warning` draws a triangle instead."""
    draw_glyph(painter, x, y, "warning" if warning else _NAMES[state], color)


def state_color(state: TaskState, colors: Tokens) -> QColor:
    """The colour of a state's glyph."""
    if state in (_S.FAILED, _S.LOST):
        return colors.failed
    if state in (_S.STOPPING, _S.PAUSED, _S.PAUSING):
        return colors.warning
    if state is _S.RUNNING:
        return colors.accent
    return colors.done if state is _S.SUCCEEDED else colors.quiet


def draw_glyph(painter: QPainter, x: float, y: float, name: str, color: QColor) -> None:
    """Draw a glyph by its name."""
    painter.save()
    painter.translate(x, y)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if name in _FILLED:
        painter.fillPath(_path(name), QBrush(color))
    else:
        pen = QPen(color, _STROKE)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(_path(name), pen)
    painter.restore()


@lru_cache(maxsize=32)
def _path(name: str) -> QPainterPath:
    path = QPainterPath()
    ring = QRectF(1.5, 1.5, 9, 9)
    if name == "play":
        path.addPolygon(QPolygonF([QPointF(2.5, 1.5), QPointF(10.5, 6), QPointF(2.5, 10.5)]))
        path.closeSubpath()
    elif name == "bars":
        path.addRect(QRectF(2.5, 2, 2.6, 8))
        path.addRect(QRectF(6.9, 2, 2.6, 8))
    elif name == "ring":
        path.addEllipse(ring)
    elif name == "arc":
        path.arcMoveTo(ring, 60)
        path.arcTo(ring, 60, 270)
    elif name == "slashed":
        path.addEllipse(ring)
        path.moveTo(3.1, 8.9)
        path.lineTo(8.9, 3.1)
    elif name == "check":
        path.moveTo(1.8, 6.4)
        path.lineTo(4.8, 9.4)
        path.lineTo(10.4, 2.6)
    elif name == "cross":
        path.moveTo(2.4, 2.4)
        path.lineTo(9.6, 9.6)
        path.moveTo(9.6, 2.4)
        path.lineTo(2.4, 9.6)
    elif name == "broken":
        path.arcMoveTo(ring, 20)
        path.arcTo(ring, 20, 140)
        path.arcMoveTo(ring, 200)
        path.arcTo(ring, 200, 140)
    elif name == "cut":  # a circle that was not drawn to its end
        path.arcMoveTo(ring, 45)
        path.arcTo(ring, 45, 180)
        path.lineTo(8.9, 3.1)
    elif name == "outside":  # it plays, but not here
        path.addPolygon(QPolygonF([QPointF(3, 2), QPointF(9.8, 6), QPointF(3, 10)]))
        path.closeSubpath()
    elif name == "moon":
        disc, bite = QPainterPath(), QPainterPath()
        disc.addEllipse(QRectF(1.5, 1.5, 9, 9))
        bite.addEllipse(QRectF(4.6, 0.2, 8, 8))
        path = disc.subtracted(bite)
    elif name == "lock":
        path.addRect(QRectF(2.6, 5.6, 6.8, 4.8))
        path.arcMoveTo(QRectF(3.8, 1.6, 4.4, 6), 0)
        path.arcTo(QRectF(3.8, 1.6, 4.4, 6), 0, 180)
        path.moveTo(6, 7.4)
        path.lineTo(6, 8.6)
    elif name == "rings":  # each holds the other
        path.addEllipse(QRectF(0.8, 2.8, 6.4, 6.4))
        path.addEllipse(QRectF(4.8, 2.8, 6.4, 6.4))
    elif name == "transfer":  # there and back
        path.moveTo(3.6, 10)
        path.lineTo(3.6, 2.4)
        path.moveTo(1.6, 4.4)
        path.lineTo(3.6, 2.2)
        path.lineTo(5.6, 4.4)
        path.moveTo(8.4, 2)
        path.lineTo(8.4, 9.6)
        path.moveTo(6.4, 7.6)
        path.lineTo(8.4, 9.8)
        path.lineTo(10.4, 7.6)
    elif name == "warning":
        path.addPolygon(QPolygonF([QPointF(6, 0.8), QPointF(11.8, 11), QPointF(0.2, 11)]))
        path.closeSubpath()
    elif name == "open":
        path.moveTo(2.5, 4.2)
        path.lineTo(6, 7.8)
        path.lineTo(9.5, 4.2)
    elif name == "closed":
        path.moveTo(4.2, 2.5)
        path.lineTo(7.8, 6)
        path.lineTo(4.2, 9.5)
    return path


def draw_branch(painter: QPainter, x: float, y: float, color: QColor, *, is_open: bool) -> None:
    """Draw the arrow before a task that has subtasks."""
    painter.save()
    painter.translate(x, y)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(color, 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.strokePath(_path("open" if is_open else "closed"), pen)
    painter.restore()


def draw_sort(painter: QPainter, x: float, y: float, color: QColor, *, descending: bool) -> None:
    """Draw the arrow of the sort in a square of eight."""
    painter.save()
    painter.translate(x, y)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(color, 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    tip, foot = (6.0, 2.5) if descending else (2.5, 6.0)
    painter.drawPolyline(QPolygonF([QPointF(1, foot), QPointF(4.5, tip), QPointF(8, foot)]))
    painter.restore()


_SIGNS: Final = {
    Kind.COMPUTING: "play", Kind.OUTSIDE: "outside", Kind.CALL: "outside", Kind.LOCK: "lock", Kind.TRANSFER: "transfer",
    Kind.SLEEPING: "moon",
}  # fmt: skip
_TRANSFER: Final = (QColor("#0f766e"), QColor("#2dd4bf"))


def sign_of(activity: str, colors: Tokens, *, stuck: bool) -> tuple[str, QColor]:
    """Return the name of the glyph for an `Activity`, and its colour; `stuck` in a deadlock."""
    kind = kind_of(Activity(activity))
    return _SIGNS[kind], color_of(Kind.DEADLOCK if stuck else kind, colors)


def color_of(kind: Kind, colors: Tokens) -> QColor:
    """The colour of what a thread does."""
    if kind is Kind.DEADLOCK:
        return colors.failed
    if kind is Kind.LOCK:
        return colors.warning
    if kind is Kind.TRANSFER:
        return _TRANSFER[colors.dark]
    return colors.quiet if kind in (Kind.SLEEPING, Kind.PAUSED) else colors.accent
