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
_FILLED: Final = frozenset({"play", "busy", "bars", "warning", "moon"})


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


_Box = tuple[float, float, float, float]
_RING: Final[_Box] = (1.5, 1.5, 9, 9)
#: What each is drawn of: lines from point to point, …
_LINES: Final[dict[str, list[tuple[tuple[float, float], ...]]]] = {
    "play": [((2.5, 1.5), (10.5, 6), (2.5, 10.5), (2.5, 1.5))],
    "busy": [  # it plays, and plays
        ((0.6, 1.8), (6.2, 6), (0.6, 10.2), (0.6, 1.8)), ((6.2, 1.8), (11.8, 6), (6.2, 10.2), (6.2, 1.8)),
    ],
    "slashed": [((3.1, 8.9), (8.9, 3.1))],
    "check": [((1.8, 6.4), (4.8, 9.4), (10.4, 2.6))],
    "cross": [((2.4, 2.4), (9.6, 9.6)), ((9.6, 2.4), (2.4, 9.6))],
    "outside": [((3, 2), (9.8, 6), (3, 10), (3, 2))],  # it plays, but not here
    "lock": [((6, 7.4), (6, 8.6))],
    "transfer": [  # there and back
        ((3.6, 10), (3.6, 2.4)), ((1.6, 4.4), (3.6, 2.2), (5.6, 4.4)),
        ((8.4, 2), (8.4, 9.6)), ((6.4, 7.6), (8.4, 9.8), (10.4, 7.6)),
    ],
    "dash": [((2.5, 6), (9.5, 6))],
    "warning": [((6, 0.8), (11.8, 11), (0.2, 11), (6, 0.8))],
    "open": [((2.5, 4.2), (6, 7.8), (9.5, 4.2))],
    "closed": [((4.2, 2.5), (7.8, 6), (4.2, 9.5))],
}  # fmt: skip
#: … rectangles, …
_RECTANGLES: Final[dict[str, list[_Box]]] = {
    "bars": [(2.5, 2, 2.6, 8), (6.9, 2, 2.6, 8)],
    "lock": [(2.6, 5.6, 6.8, 4.8)],
}
#: … and ellipses within rectangles, from an angle on, over so many degrees.
_ARCS: Final[dict[str, list[tuple[_Box, float, float]]]] = {
    "ring": [(_RING, 0, 360)],
    "slashed": [(_RING, 0, 360)],
    "arc": [(_RING, 60, 270)],
    "broken": [(_RING, 20, 140), (_RING, 200, 140)],
    "cut": [(_RING, 45, 180)],  # a circle that was not drawn to its end
    "lock": [((3.8, 1.6, 4.4, 6), 0, 180)],
    "rings": [((0.8, 2.8, 6.4, 6.4), 0, 360), ((4.8, 2.8, 6.4, 6.4), 0, 360)],  # each holds the other
}


@lru_cache(maxsize=32)
def _path(name: str) -> QPainterPath:
    path = QPainterPath()
    for rectangle in _RECTANGLES.get(name, ()):
        path.addRect(QRectF(*rectangle))
    for rectangle, begin, length in _ARCS.get(name, ()):
        path.arcMoveTo(QRectF(*rectangle), begin)
        path.arcTo(QRectF(*rectangle), begin, length)
    for points in _LINES.get(name, ()):
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    if name == "cut":
        path.lineTo(8.9, 3.1)
    elif name == "moon":
        bite = QPainterPath()
        path.addEllipse(QRectF(*_RING))
        bite.addEllipse(QRectF(4.6, 0.2, 8, 8))
        path = path.subtracted(bite)
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
#: In place of an `Activity`: nobody looks.
NOT_LOOKED_AT: Final = "not looked at"
_TRANSFER: Final = (QColor("#0f766e"), QColor("#2dd4bf"))


def sign_of(activity: str, colors: Tokens, *, stuck: bool) -> tuple[str, QColor]:
    """Return the name of the glyph for an `Activity`, and its colour; `stuck` in a deadlock."""
    if activity == NOT_LOOKED_AT:
        return "dash", colors.quiet
    kind = kind_of(Activity(activity))
    if stuck:  # not the colour alone: a thread that waits for a lock is in no deadlock
        return "rings", color_of(Kind.DEADLOCK, colors)
    return _SIGNS[kind], color_of(kind, colors)


def color_of(kind: Kind, colors: Tokens) -> QColor:
    """The colour of what a thread does."""
    if kind is Kind.DEADLOCK:
        return colors.failed
    if kind is Kind.LOCK:
        return colors.warning
    if kind is Kind.TRANSFER:
        return _TRANSFER[colors.dark]
    return colors.quiet if kind in (Kind.SLEEPING, Kind.PAUSED) else colors.accent
