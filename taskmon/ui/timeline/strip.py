"""The lanes in view as one kept picture in which time goes round: each column is painted once, when it is over.

Four times a second only what is new is painted, a few columns of each lane, and the picture is shown in two pieces. A
column is as many seconds wide as one pixel stands for, and always stands for the same moments: so what is painted later
fits to what has been. It is painted anew when the lane beneath another changes, or how long a pixel is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygon

from taskmon.bridge.table.kinds import Kind
from taskmon.bridge.timeline.record import Lane
from taskmon.ui.widgets.glyphs import color_of
from taskmon.ui.widgets.theme import Tokens, mix

_NOWHERE: Final = (0, 0)


class Line(NamedTuple):
    """What stands at one place: a lane, or several that have ended, on one line."""

    key: Hashable
    """What it looks like depends on this, but for what is new."""
    lanes: Sequence[Lane]
    ground: QColor
    folded: bool = False


class Strip:
    """The picture of so many lines.

    Args:
        columns: how many are in view.
        lines: how many lines.
        step: how many seconds a column is.
        shapes: what they are drawn with.
        scale: pixels of the screen for each of ours.
    """

    def __init__(self, columns: int, lines: int, step: float, shapes: Shapes, scale: float) -> None:
        self.columns = columns
        self.lines = lines
        self.step = step
        self._shapes = shapes
        self._ring = -(-max(1, columns) // HATCH) * HATCH  # the hatch goes on where the picture begins anew
        self._scale = scale
        self._picture = QPixmap(round(self._ring * scale), round(max(1, lines) * LANE * scale))
        self._picture.setDevicePixelRatio(scale)
        self._painter = QPainter()
        self._keys: list[Hashable] = [None] * lines
        self._drawn: list[tuple[int, int]] = [_NOWHERE] * lines
        self._checked: list[float] = [0.0] * lines  # checkpoints are drawn up to this moment
        self.painted = 0
        """Columns painted so far, of all lines: for tests."""

    def column(self, moment: float) -> int:
        return int(moment // self.step)

    def paint(self, lines: Sequence[Line], end: int, kinds: bytearray) -> None:
        """Paint what is not there yet, of the columns in view, the last of which is the one before `end`."""
        begin = end - self.columns
        painter = self._painter
        painter.begin(self._picture)
        try:
            for place, line in enumerate(lines[: len(self._keys)]):
                first, last = self._drawn[place]
                if line.key != self._keys[place] or not first <= begin <= last <= end:
                    first = last = begin
                if last < end:
                    self._paint_line(painter, line, place * LANE, (last, end), kinds)
                    self.painted += end - last
                checked = max(self._checked[place], first * self.step) if last > begin else begin * self.step
                if not line.folded and line.lanes[0].has_checkpoints:
                    checked = self._paint_checkpoints(painter, line.lanes[0], place * LANE, checked, (begin, end))
                self._checked[place] = checked
                self._keys[place], self._drawn[place] = line.key, (max(first, end - self._ring), end)
        finally:
            painter.end()

    def show(self, painter: QPainter, left: int, top: int, height: int, end: int) -> None:
        """Draw the picture, its upper left corner at `left` and `top`."""
        begin = (end - self.columns) % self._ring
        first = min(self.columns, self._ring - begin)
        scale = self._scale
        tall = round(height * scale)
        for x, start, width in ((left, begin, first), (left + first, 0, self.columns - first)):
            if width > 0:
                source = round(start * scale), 0, round(width * scale), tall
                painter.drawPixmap(x, top, width, height, self._picture, *source)

    def _paint_checkpoints(
        self, painter: QPainter, lane: Lane, top: int, checked: float, columns: tuple[int, int]
    ) -> float:
        """Draw those that are new, and return until when they are: one is heard of only after it was passed."""
        begin, end = columns
        moments = lane.checkpoints(max(checked + 0.011, begin * self.step), end * self.step)
        for moment in moments:
            self._shapes.draw_checkpoint(painter, self.column(moment) % self._ring, top)
        return moments[-1] if moments else checked

    def _paint_line(self, painter: QPainter, line: Line, top: int, columns: tuple[int, int], kinds: bytearray) -> None:
        begin, end = columns
        ring = self._ring
        while begin < end:  # the picture may begin anew within
            stop = min(end, (begin // ring + 1) * ring)
            left = begin % ring
            painter.fillRect(left, top, stop - begin, LANE, line.ground)
            for lane in line.lanes:
                if line.folded:
                    for first, last, kind in lane.pieces(begin * self.step, self.step, stop - begin, kinds):
                        if kind == Kind.DEADLOCK:
                            self._shapes.draw(painter, kind, left + first, last - first, top)
                        else:
                            self._shapes.draw_ended(painter, left + first, last - first, top)
                else:
                    self._paint_lane(painter, lane, top, (begin, stop), kinds)
            begin = stop

    def _paint_lane(self, painter: QPainter, lane: Lane, top: int, columns: tuple[int, int], kinds: bytearray) -> None:
        begin, end = columns
        shapes, step, ring = self._shapes, self.step, self._ring
        left = begin % ring
        # One column more than is to be drawn: it tells whether a pause begins or ends here.
        for first, last, kind in lane.pieces((begin - 1) * step, step, end - begin + 1, kinds):
            start = max(1, first)
            if last > start:
                shapes.draw(painter, kind, left + start - 1, last - start, top)
            if kind == Kind.PAUSED:
                if first > 0:
                    shapes.draw_edge(painter, left + first - 1, top)
                if last <= end - begin:
                    shapes.draw_edge(painter, (begin + last - 2) % ring, top)


class Column:
    """Cells beneath each other as one kept picture, of which those are painted that have changed."""

    def __init__(self, width: int, lines: int, scale: float) -> None:
        self.width = width
        self.lines = lines
        self._scale = scale
        self._picture = QPixmap(round(max(1, width) * scale), round(max(1, lines) * LANE * scale))
        self._picture.setDevicePixelRatio(scale)
        self._painter = QPainter()
        self._keys: list[tuple[Hashable, Hashable] | None] = [None] * lines

    def paint(
        self,
        keys: Sequence[tuple[Hashable, Hashable]],
        draw: Callable[[QPainter, int, int], None],
        touch: Callable[[QPainter, int, int], None] | None = None,
    ) -> None:
        """Have each cell drawn that looks otherwise than its key says, by its place and its top.

        Where only the second part of a key is another, `touch` is called instead: most of what changes is that small.
        """
        painter = self._painter
        painter.begin(self._picture)
        try:
            for place, key in enumerate(keys[: self.lines]):
                before = self._keys[place]
                if key == before:
                    continue
                self._keys[place] = key
                if touch is not None and before is not None and before[0] == key[0]:
                    touch(painter, place, place * LANE)
                else:
                    draw(painter, place, place * LANE)
        finally:
            painter.end()

    def show(self, painter: QPainter, left: int, top: int, height: int) -> None:
        """Draw the picture, its upper left corner at `left` and `top`."""
        source = 0, 0, self._picture.width(), round(height * self._scale)
        painter.drawPixmap(left, top, self.width, height, self._picture, *source)


# How what a lane does is drawn: shape first, then colour, so that it can be told apart in greys as well.


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
#: How much of its colour one has of which no more is known than that it runs: to be seen on a chosen lane as well.
_RUNS: Final = 0.45
_SMOOTH: Final = QPainter.RenderHint.Antialiasing
_NO_PEN: Final = Qt.PenStyle.NoPen


class Shapes:
    """Draws pieces of lanes, with colours and pictures made once for a palette and a scale."""

    def __init__(self, colors: Tokens, scale: float) -> None:
        self.colors = colors
        self._outside = mix(colors.base, color_of(Kind.OUTSIDE, colors), 0.24)
        self._running = mix(colors.base, color_of(Kind.RUNNING, colors), _RUNS)
        self._colors = {kind: color_of(kind, colors) for kind in Kind}
        self._hatches: dict[int, QPixmap] = {
            kind: _hatch(self._colors[kind], mix(colors.base, self._colors[kind], 0.2), scale, crossed=crossed)
            for kind, crossed in ((Kind.LOCK, False), (Kind.DEADLOCK, True))
        }
        self.grid = QColor(colors.text)
        self.grid.setAlpha(28)
        self._frame_pen, self._arrow_pen = QPen(colors.text, 1.4), QPen(colors.text, 1.6)
        self._flag = QPolygon([QPoint(2, 3), QPoint(2 + _FLAG, 7), QPoint(2, 11)])
        self._tips = {
            down: QPolygon([QPoint(-5, -6 * down), QPoint(5, -6 * down), QPoint(0, 2 * down)]) for down in (1, -1)
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
            painter.drawTiledPixmap(left, top + _TOP, width, _FULL, self._hatches[kind], left % HATCH, 0)
        elif kind == Kind.OUTSIDE:
            painter.fillRect(left, top + _TOP, width, _FULL, self._outside)
            for edge in (top + _TOP, top + _TOP + _FULL - _RAIL):
                painter.fillRect(left, edge, width, _RAIL, self._colors[Kind.OUTSIDE])
        elif kind in (Kind.RUNNING, Kind.CALL):
            painter.fillRect(left, top + _TOP, width, _FULL, self._running)
        elif kind == Kind.PAUSED:
            for edge in (top + _TOP, top + _TOP + _FULL - 1):
                painter.fillRect(left, edge, width, 1, self._colors[Kind.PAUSED])

    def draw_edge(self, painter: QPainter, left: int, top: int) -> None:
        """Draw the edge of the frame that stands for a pause."""
        painter.fillRect(left, top + _TOP, 1, _FULL, self._colors[Kind.PAUSED])

    def draw_checkpoint(self, painter: QPainter, left: int, top: int) -> None:
        """Draw the tick of a checkpoint, beneath what the lane does."""
        painter.fillRect(left, top + LANE - _TICK, 2, _TICK, self.colors.text)

    def draw_call(self, painter: QPainter, left: int, top: int, *, slight: bool = False) -> None:
        """Draw where the thread of a pool begins with a call; `slight`, above what it does: others are close by."""
        if slight:
            painter.fillRect(left, top + 1, 1, _TICK, self.colors.quiet)
        else:
            painter.fillRect(left, top + 2, 2, LANE - 4, self.colors.text)

    def draw_ended(self, painter: QPainter, left: int, width: int, top: int) -> None:
        """Draw where something was at work that has ended, on the line that stands for all of those."""
        painter.fillRect(left, top + (LANE - _TICK) // 2, width, _TICK, self.colors.quiet)

    def draw_flag(self, painter: QPainter, left: int, top: int) -> None:
        """Draw the flag of a stop that was asked for."""
        painter.fillRect(left, top + 3, 2, LANE - 5, self.colors.failed)
        painter.setPen(_NO_PEN)
        painter.setBrush(self.colors.failed)
        _draw_at(painter, self._flag, left, top)

    def draw_frame(self, painter: QPainter, left: int, top: int, width: int, height: int) -> None:
        """Draw the frame around the time in which a lane has had what another waits for."""
        painter.setPen(self._frame_pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(left, top, width, height)

    def draw_arrow(self, painter: QPainter, at: int, start: int, end: int) -> None:
        """Draw the arrow from the middle of a lane that waits to that of the one that has what it waits for."""
        down = 1 if end > start else -1
        painter.setRenderHint(_SMOOTH, True)
        painter.setPen(self._arrow_pen)
        painter.drawLine(at, start, at, end - 4 * down)
        painter.setPen(_NO_PEN)
        painter.setBrush(self.colors.text)
        painter.drawEllipse(at - 4, start - 4, 8, 8)
        _draw_at(painter, self._tips[down], at, end)
        painter.setRenderHint(_SMOOTH, False)


def _draw_at(painter: QPainter, shape: QPolygon, x: int, y: int) -> None:
    painter.translate(x, y)
    painter.drawPolygon(shape)
    painter.translate(-x, -y)


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
