"""The lanes themselves: names at the left, what each did in the middle, how much processor it used at the right.

Painted at most as often as the tasks are looked at, from kept pictures (`taskmon.ui.timeline.strip`). Nothing here
ticks; while the page is not shown, nothing is painted or listed.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from functools import cache, partial
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleInterface,
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QAccessibleWidget, QFrame, QWidget

from taskmon.bridge.table import text
from taskmon.bridge.table.kinds import Kind
from taskmon.bridge.timeline.recorder import LaneRow, Recorder
from taskmon.bridge.timeline.sentences import Told, beside_name, clock, holder_of, lane_name, stretch, tell, words_of
from taskmon.bridge.timeline.span import Span
from taskmon.core.base.text import format_duration, format_step, plain
from taskmon.core.stacks.facts import Activity
from taskmon.core.task.state import TaskState
from taskmon.ui.timeline.strip import LANE, Column, Line, Shapes, Strip
from taskmon.ui.widgets.glyphs import SIZE, draw_branch, draw_glyph, draw_state, sign_of, state_color
from taskmon.ui.widgets.layouts import own_viewport
from taskmon.ui.widgets.look import Look

_HEAD: Final = LANE
_NAMES: Final = 200
_FIGURES: Final = 72
#: Narrower than this, there is no column for the processor.
_FIGURES_FROM: Final = 620
_SIGN: Final = 12
_SIGN_SIZE: Final = round(SIZE) + 2
_INDENT: Final = 10
_GAP: Final = 8
_CHIP: Final = 18
_LONGEST_CHIP: Final = 420
#: More rows than this are listed anew once a second only.
_MANY: Final = 1_000
#: Processor use is averaged this often, in seconds.
_CPU_PERIOD: Final = 2.0
_NONE: Final = "0\u00a0%"
#: The key of the line that stands for all that has ended.
_ENDED: Final = "ended"
_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200, 21600, 86400)
#: Pixels between the beginnings of two calls from which on each is drawn as such.
_APART: Final = 8
#: Pixels around the cursor in which nothing is written but how long ago that is.
_CURSOR_ROOM: Final = 90
_SMOOTH: Final = QPainter.RenderHint.Antialiasing
_ZOOM: Final = 1.25
#: What is as old as this is known of all lanes, though their moments are rounded; in seconds.
_SETTLED: Final = 0.02


class Area(NamedTuple):
    """Where time is drawn, in pixels; `right` and `bottom` are the first beyond it."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


class TimelineCanvas(QAbstractScrollArea):
    """Shows the lanes of the rows that the table shows, in its order.

    Signals:
        moved(): the part in view, the cursor or the chosen lane is another, but for what time does; see `told`.
        chosen(int): the user has chosen the lane of this task.
        details_wanted(int): what is there to know of this task?
        menu_wanted(QPoint): a menu on the chosen lane is wanted, here on the screen.
    """

    moved = Signal()
    chosen = Signal(object)
    details_wanted = Signal(object)
    menu_wanted = Signal(object)

    def __init__(self, recorder: Recorder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recorder = recorder
        self.span = Span()
        self.pointed: float | None = None
        """The moment that is told of, in seconds of `time.monotonic()`; None for the present."""
        self._lanes: list[LaneRow] = []
        self._lines: list[LaneRow | None] = []  # None: the line of those that have ended
        self._ended: list[LaneRow] = []
        self._show_ended = False
        self._key: Hashable = None  # of the chosen lane
        self._listed_at = 0.0
        self._cpu: dict[object, float | None] = {}
        self._cpu_at = 0.0
        self._look: Look | None = None
        self._shapes: Shapes | None = None
        self._strip: Strip | None = None
        self._names: Column | None = None
        self._figures: Column | None = None
        self._head: Column | None = None
        self._painter, self._box = QPainter(), QRectF()  # kept: each that is dropped lets go of the interpreter
        self._dragged: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        _tell_readers_what_it_is()
        self.setAccessibleName(self.tr("Timeline"))
        self._viewport = own_viewport(self)
        self._viewport.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # else what is behind is painted, too
        self.verticalScrollBar().setSingleStep(LANE)

    def sizeHint(self) -> QSize:
        return QSize(760, 360)

    # -- what is shown ---------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """When was last looked."""
        return self.recorder.looked_at

    @property
    def first(self) -> float:
        """Where the record begins."""
        record = self.recorder.record
        return record.begins if record is not None else self.now

    @property
    def lanes(self) -> list[LaneRow]:
        """All lanes, those that have ended included."""
        return self._lanes

    @property
    def lines(self) -> list[LaneRow | None]:
        """What is listed, from top to bottom; None is the line that stands for all that have ended."""
        return self._lines

    def chosen_lane(self) -> LaneRow | None:
        return next((shown for shown in self._lanes if shown.lane.key == self._key), None)

    def told(self) -> Told | None:
        """The moment of the cursor in words; None before anything was recorded."""
        record = self.recorder.record
        if record is None:
            return None
        moment = self.now if self.pointed is None else self.pointed
        return tell(record, self._lanes, self.chosen_lane(), moment, self.now)

    def refresh(self) -> None:
        """Take over what has been recorded since."""
        now = self.now
        many = len(self._lanes) > _MANY
        if not many or now - self._listed_at >= 1.0 or not self._lanes:
            self._listed_at = now
            self.list_lanes()
        self._viewport.update()

    def list_lanes(self) -> None:
        """List the lanes anew: the table shows others, or in another order."""
        self._lanes = self.recorder.lanes()
        self._ended = [shown for shown in self._lanes if shown.ended]
        self._lines = [shown for shown in self._lanes if not shown.ended]
        if self._ended:
            self._lines.append(None)
            if self._show_ended:
                self._lines += self._ended
        self._fit_bar()
        self._viewport.update()

    def choose(self, key: Hashable) -> None:
        """Choose the lane with a key, and bring it into view."""
        if key != self._key:
            self._key = key
            self._reveal()
            self._viewport.update()
            self.moved.emit()

    def choose_row(self, task_id: int) -> None:
        """Choose the lane of a row of the table, as soon as it has one; none if it has none."""
        self.choose(self.recorder.key_of(task_id))

    def set_cursor(self, moment: float | None) -> None:
        """Tell of another moment; None for the present."""
        if moment is not None:
            moment = max(self.first, min(self.now, moment))
            self.span.show(moment, self.first, self.now)
        if moment != self.pointed:
            self.pointed = moment
            self._viewport.update()
            self.moved.emit()

    def change_span(self) -> None:
        """The part in view is another."""
        self._cpu_at = 0.0
        self._viewport.update()
        self.moved.emit()

    # -- places ----------------------------------------------------------------------------------------

    def _area(self) -> Area:
        """Where the lanes are drawn, names and figures left out."""
        viewport = self._viewport
        return self.area_of(viewport.width(), viewport.height())

    def area_of(self, width: int, height: int) -> Area:
        """Where time is drawn in something that is so large, so that all of it stands beneath each other."""
        names = min(_NAMES, width // 3)
        figures = _FIGURES if width >= _FIGURES_FROM else 8
        return Area(names, _HEAD, max(1, width - names - figures), max(1, height - _HEAD))

    def _step(self, area: Area) -> float:
        begin, end = self.span.range(self.first, self.now)
        return max(0.001, (end - begin) / area.width)

    def _x(self, moment: float, area: Area) -> int:
        begin, _ = self.span.range(self.first, self.now)
        return area.left + round((moment - begin) / self._step(area))

    def _moment(self, x: float, area: Area) -> float:
        begin, _ = self.span.range(self.first, self.now)
        return begin + (x - area.left) * self._step(area)

    def _place_at(self, y: float) -> int | None:
        place = int(y - _HEAD + self.verticalScrollBar().value()) // LANE
        return place if y >= _HEAD and 0 <= place < len(self._lines) else None

    def _place_of(self, key: Hashable) -> int | None:
        for place, shown in enumerate(self._lines):
            if shown is not None and shown.lane.key == key:
                return place
        return None

    def _fit_bar(self) -> None:
        bar = self.verticalScrollBar()
        room = max(0, self._viewport.height() - _HEAD)
        bar.setPageStep(room)
        bar.setRange(0, max(0, len(self._lines) * LANE - room))

    def _reveal(self) -> None:
        place = self._place_of(self._key)
        if place is None:
            return
        bar = self.verticalScrollBar()
        room = max(LANE, self._viewport.height() - _HEAD)
        if place * LANE < bar.value():
            bar.setValue(place * LANE)
        elif (place + 1) * LANE > bar.value() + room:
            bar.setValue((place + 1) * LANE - room)

    # -- painting --------------------------------------------------------------------------------------
    #
    # All of it keeps the interpreter lock, but where a picture is made anew; see `taskmon.ui.table.painting` for how.

    def _tools(self) -> tuple[Look, Shapes]:
        scale = self.devicePixelRatioF()
        if self._look is None or self._shapes is None or self._look.scale != scale:
            self._look = Look(self.palette(), self.font(), scale)
            self._shapes = Shapes(self._look.colors, scale)
            self._strip = self._names = self._figures = self._head = None
        return self._look, self._shapes

    def paintEvent(self, event: QPaintEvent) -> None:
        look, shapes = self._tools()
        painter, viewport = self._painter, self._viewport
        width, area = viewport.width(), self._area()
        painter.begin(viewport)
        try:
            if self.recorder.record is None or not self._lines:
                painter.fillRect(0, 0, width, viewport.height(), look.colors.base)
                painter.setPen(look.colors.quiet)
                painter.setFont(look.plain.font)
                words = self.tr("Nothing has been at work yet")
                left = (width - look.plain.width(words)) / 2
                look.plain.write(painter, left, look.plain.baseline(0, viewport.height()), words)
                return
            offset = self.verticalScrollBar().value()
            first = offset // LANE
            shown = self._lines[first : first + area.height // LANE + 2]
            top = area.top - offset % LANE
            painter.setClipRect(0, area.top, width, area.height)
            bottom = top + len(shown) * LANE
            if bottom < area.bottom:
                painter.fillRect(0, bottom, width, area.bottom - bottom, look.colors.base)
            self._paint_strip(painter, area, shown, top)
            self._paint_names(painter, area, shown, top)
            self._paint_figures(painter, area, shown, top)
            self._paint_over(painter, area, shown, top, shapes)
            painter.setClipping(False)
            self._paint_head(painter, area, look)
            self._paint_cursor(painter, area, look)
            if self.hasFocus():
                painter.setPen(look.colors.accent)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(0, 0, width - 1, viewport.height() - 1)
        finally:  # one that is left open could never begin again
            painter.end()

    def _paint_strip(self, painter: QPainter, area: Area, shown: list[LaneRow | None], top: int) -> None:
        look, shapes = self._tools()
        record = self.recorder.record
        assert record is not None
        step = self._step(area)
        rows = area.height // LANE + 2
        strip = self._strip
        if strip is None or strip.columns != area.width or strip.step != step or strip.lines < rows:
            strip = self._strip = Strip(area.width, rows, step, shapes, look.scale)
        _, end = self.span.range(self.first, self.now)
        lines = [self._line(each, look.colors.base, look.colors.selection) for each in shown]
        column = strip.column(min(end, self.now - _SETTLED))
        strip.paint(lines, column, record.kinds)
        strip.show(painter, area.left, top, len(shown) * LANE, column)

    def _line(self, shown: LaneRow | None, base: QColor, selection: QColor) -> Line:
        if shown is None:
            return Line((_ENDED, len(self._ended)), [each.lane for each in self._ended], base, folded=True)
        selected = shown.lane.key == self._key
        return Line((shown.lane.key, selected), [shown.lane], selection if selected else base)

    def _paint_names(self, painter: QPainter, area: Area, shown: list[LaneRow | None], top: int) -> None:
        look, _ = self._tools()
        width, rows = area.left, area.height // LANE + 2
        names = self._names
        if names is None or names.width != width or names.lines < rows:
            names = self._names = Column(width, rows, look.scale)
        names.paint(
            [self._name_key(each) for each in shown],
            lambda pen, place, top: self._paint_name(pen, top, width, shown[place], look),
            lambda pen, place, top: self._paint_sign(pen, top, shown[place], look),
        )
        names.show(painter, 0, top, len(shown) * LANE)

    def _name_key(self, shown: LaneRow | None) -> tuple[Hashable, Hashable]:
        """What a name looks like, and beside it its sign."""
        if shown is None:
            return (_ENDED, len(self._ended), self._show_ended), None
        selected = shown.lane.key == self._key
        return (lane_name(shown), self._beside(shown), shown.ended, selected, shown.row.depth), _sign_key(shown)

    def _beside(self, shown: LaneRow) -> str:
        """The quiet word beside a name."""
        snapshot = shown.row.snapshot
        if shown.lane.calls:
            return beside_name(shown)
        kind = snapshot.origin.kind if snapshot.origin is not None else ""
        facts = snapshot.facts
        if kind == "process" and facts is not None and facts.native_id is not None:
            return self.tr("pid {number}").format(number=facts.native_id)
        if kind == "coroutine":
            return "asyncio"
        if facts is not None and facts.activity is Activity.OUTSIDE:
            return plain(facts.subject, 60)
        return ""

    def _paint_name(self, painter: QPainter, top: int, width: int, shown: LaneRow | None, look: Look) -> None:
        colors = look.colors
        selected = shown is not None and shown.lane.key == self._key
        painter.fillRect(0, top, width, LANE, colors.selection if selected else colors.base)
        if selected:
            painter.fillRect(0, top, 3, LANE, colors.accent)
        painter.fillRect(width - 1, top, 1, LANE, colors.line)
        painter.fillRect(0, top + LANE - 1, width, 1, colors.line)
        left = _SIGN
        if shown is None:
            draw_branch(painter, left, top + (LANE - 1) // 2 - SIZE / 2, colors.quiet, is_open=self._show_ended)
            name, beside, strong = self.tr("Ended ({n})").format(n=len(self._ended)), "", False
        else:
            left += min(3, shown.row.depth) * _INDENT
            self._paint_sign(painter, top, shown, look)
            name, beside, strong = lane_name(shown), self._beside(shown), not shown.ended
        left += round(SIZE) + _GAP
        right = width - 7
        letters = look.strong if strong else look.plain
        painter.setFont(letters.font)
        painter.setPen(colors.text if strong else colors.quiet)
        name = letters.fit(name, right - left)
        letters.write(painter, left, letters.baseline(top, LANE - 1), name)
        if beside:
            left += letters.pixels(name) + _GAP
            painter.setFont(look.small.font)
            painter.setPen(colors.quiet)
            look.small.write(painter, left, look.small.baseline(top, LANE - 1), look.small.fit(beside, right - left))

    def _paint_sign(self, painter: QPainter, top: int, shown: LaneRow | None, look: Look) -> None:
        """The sign alone, from a kept picture, upon its ground."""
        if shown is None:
            return
        key = ("lane sign", _sign_key(shown))
        picture = look.picture(key, _SIGN_SIZE, LANE - 1, partial(_draw_sign, shown=shown, look=look))
        left = _SIGN + min(3, shown.row.depth) * _INDENT
        selected = shown.lane.key == self._key
        painter.fillRect(left, top, _SIGN_SIZE, LANE - 1, look.colors.selection if selected else look.colors.base)
        painter.drawPixmap(left, top, picture)

    def _paint_figures(self, painter: QPainter, area: Area, shown: list[LaneRow | None], top: int) -> None:
        look, _ = self._tools()
        rows = area.height // LANE + 2
        width = self._viewport.width() - area.right
        column = self._figures
        if column is None or column.width != width or column.lines < rows:
            column = self._figures = Column(width, rows, look.scale)
        if self.now - self._cpu_at >= _CPU_PERIOD or self.now < self._cpu_at:
            self._cpu_at = self.now
            self._cpu.clear()
        figures = [self._figure(each) if width >= _FIGURES else "" for each in shown]
        selected = [each is not None and each.lane.key == self._key for each in shown]
        letters = look.figures

        def draw(pen: QPainter, place: int, top: int) -> None:
            figure = figures[place]
            pen.fillRect(0, top, width, LANE, look.colors.selection if selected[place] else look.colors.base)
            pen.setFont(letters.font)
            pen.setPen(look.colors.quiet if figure == _NONE else look.colors.text)
            letters.write(pen, width - 14 - letters.width(figure), letters.baseline(top, LANE), figure)

        keys = [((figure, chosen), None) for figure, chosen in zip(figures, selected, strict=True)]
        column.paint(keys, draw)
        column.show(painter, area.right, top, len(shown) * LANE)

    def _figure(self, shown: LaneRow | None) -> str:
        """How much of a processor a lane used in view."""
        if shown is None:
            return ""
        key = shown.lane.key
        if key not in self._cpu:
            self._cpu[key] = shown.lane.cpu(*self.span.range(self.first, self.now))
        share = self._cpu[key]
        return "" if share is None else f"{share * 100:.0f}\u00a0%"

    def _paint_over(self, painter: QPainter, area: Area, shown: list[LaneRow | None], top: int, shapes: Shapes) -> None:
        """Grid, flags, words in lanes, and the arrow to the holder."""
        look, _ = self._tools()
        painter.setClipRect(*area)
        for moment, _ in self._marks(area):
            painter.fillRect(self._x(moment, area), area.top, 1, area.height, shapes.grid)
        begin, end = self.span.range(self.first, self.now)
        for place, each in enumerate(shown):
            if each is None or not (each.lane.stops or each.lane.calls):
                continue
            lane, y = each.lane, top + place * LANE
            for moment in lane.stops:
                if begin <= moment <= end:
                    shapes.draw_flag(painter, self._x(moment, area), y)
            if lane.stops and begin <= lane.stops[-1] <= end and not each.ended:
                ago = format_duration(self.now - lane.stops[-1])
                words = self.tr("stop asked {time} ago").format(time=ago)
                self._chip(painter, words, self._x(lane.stops[-1], area) + 12, y, area, color=look.colors.failed)
            if lane.calls:
                self._paint_calls(painter, each, area, y)
        if self._key is not None:
            places = {each.lane.key: place for place, each in enumerate(shown) if each is not None}
            self._paint_waits(painter, area, places, top, shapes)

    def _paint_calls(self, painter: QPainter, shown: LaneRow, area: Area, y: int) -> None:
        """Where the calls of a pool's thread begin, and their names where there is room for them."""
        begin, end = self.span.range(self.first, self.now)
        lane = shown.lane
        calls = lane.calls_between(begin, end)
        look, shapes = self._tools()
        places = [self._x(call.begin, area) for call in calls]
        for number, x in enumerate(places):
            # Closer to each other, they would make a block that says nothing but hides what the thread did.
            near = number and x - places[number - 1] < _APART
            near = near or (number + 1 < len(places) and places[number + 1] - x < _APART)
            shapes.draw_call(painter, x, y, slight=bool(near))
        is_called_so = len(lane.calls) == 1 and text.name_of(lane.calls[0].name) == lane_name(shown)
        if is_called_so or len(calls) > area.width // 60:
            return
        for number, call in enumerate(calls):
            x = self._x(call.begin, area)
            following = calls[number + 1].begin if number + 1 < len(calls) else min(end, lane.end)
            name = plain(call.name, 40)
            if self._x(following, area) - x > look.small.pixels(name) + 40:
                self._chip(painter, name, x + 8, y, area)

    def _paint_waits(self, painter: QPainter, area: Area, places: dict[object, int], top: int, shapes: Shapes) -> None:
        """What the chosen lane waits for, in words, and an arrow to the one that has it."""
        record, chosen = self.recorder.record, self.chosen_lane()
        if record is None or chosen is None or chosen.lane.key not in places:
            return
        moment = self.now if self.pointed is None else self.pointed
        run = chosen.lane.run_at(moment)
        if run is None:
            return
        look, _ = self._tools()
        begin, end = stretch(record, chosen.lane, run)
        left, right = max(area.left, self._x(begin, area)), min(area.right - 1, self._x(end, area))
        y = top + places[chosen.lane.key] * LANE
        holder = holder_of(record, self._lanes, chosen, moment)
        words = words_of(record.moment(run.code))
        start = left + (40 if holder is not None else 12)
        room = right - start - 20
        if room > 60 and (holder is not None or record.kinds[run.code] in (Kind.LOCK, Kind.DEADLOCK)):
            self._chip(painter, look.small.fit(words, room), start, y, area)
        if holder is None or holder.lane.key not in places:
            return
        other = top + places[holder.lane.key] * LANE
        if right - left > 8:
            shapes.draw_frame(painter, left, other + 4, right - left, LANE - 8)
        shapes.draw_arrow(painter, min(left + 18, area.right - 9), y + LANE // 2, other + LANE // 2)

    def _chip(
        self, painter: QPainter, words: str, left: int, y: int, area: Area, *, color: QColor | None = None
    ) -> None:
        """Words on a ground of their own, within a lane; to the left of `left` where there is no room for them."""
        look, _ = self._tools()
        letters, colors, box = look.small, look.colors, self._box
        words = letters.fit(words, min(_LONGEST_CHIP, area.width - 14))
        width = letters.pixels(words) + 14
        left = max(area.left, min(left, area.right - width))
        y += (LANE - _CHIP) // 2
        painter.setRenderHint(_SMOOTH, True)
        painter.setPen(color or colors.base)
        painter.setBrush(colors.base)
        box.setRect(left + 0.5, y + 0.5, width - 1, _CHIP - 1)
        painter.drawRoundedRect(box, 4, 4)
        painter.setRenderHint(_SMOOTH, False)
        painter.setFont(letters.font)
        painter.setPen(color or colors.text)
        letters.write(painter, left + (width - letters.width(words)) / 2, letters.baseline(y, _CHIP), words)

    def _marks(self, area: Area) -> list[tuple[float, str]]:
        """The moments that the axis names: so long ago while it follows, the time of day otherwise."""
        begin, end = self.span.range(self.first, self.now)
        most = max(2, area.width // 130)
        step = next((each for each in _STEPS if (end - begin) / each <= most), _STEPS[-1])
        marks: list[tuple[float, str]] = []
        if self.span.follows:
            ago = step
            while ago < end - begin:
                marks.append((end - ago, self.tr("{time} ago").format(time=format_step(ago))))
                ago += step
            return marks
        shift = time.time() - time.monotonic()
        zone = time.localtime(begin + shift).tm_gmtoff
        moment = -(-(begin + shift + zone) // step) * step - shift - zone
        while moment < end:
            marks.append((moment, clock(moment)))
            moment += step
        return marks

    def _paint_head(self, painter: QPainter, area: Area, look: Look) -> None:
        begin, end = self.span.range(self.first, self.now)
        width = self._viewport.width()
        marks = [(self._x(moment, area), words) for moment, words in self._marks(area)]
        last = self.tr("now") if self.span.follows else clock(end)
        start = clock(begin)
        if self.pointed is not None and area.left <= (at := self._x(self.pointed, area)) < area.right:
            marks = [
                (x, words) for x, words in marks if abs(x - at) >= _CURSOR_ROOM
            ]  # the cursor's own words are there
            last = last if at <= area.right - _CURSOR_ROOM else ""
            start = start if at >= area.left + _CURSOR_ROOM else ""
        head = self._head
        if head is None or head.width != width:
            head = self._head = Column(width, 1, look.scale)
        key = (area.left, area.right, start, last, *marks)
        head.paint([(key, None)], lambda pen, _place, _top: self._draw_head(pen, area, start, last, marks))
        head.show(painter, 0, 0, _HEAD)

    def _draw_head(self, pen: QPainter, area: Area, start: str, last: str, marks: list[tuple[int, str]]) -> None:
        look, _ = self._tools()
        colors, letters = look.colors, look.small
        width = self._viewport.width()
        baseline = letters.baseline(0, _HEAD)
        pen.fillRect(0, 0, width, _HEAD, colors.base)
        pen.fillRect(0, _HEAD - 1, width, 1, colors.line)
        pen.setFont(letters.font)
        pen.setPen(colors.quiet)
        letters.write(pen, _SIGN, baseline, letters.fit(self.tr("Thread"), area.left - _SIGN))
        letters.write(pen, area.right - 4 - letters.width(last), baseline, last)
        letters.write(pen, area.left + 4, baseline, start)
        taken = area.left + 12 + letters.pixels(start)
        free = area.right - 12 - letters.pixels(last)
        for x, words in marks:
            half = letters.pixels(words) // 2 + 4
            if x - half > taken and x + half < free:
                letters.write(pen, x - letters.width(words) / 2, baseline, words)
        if width - area.right >= _FIGURES:
            words = self.tr("CPU")
            letters.write(pen, area.right + _FIGURES - 14 - letters.width(words), baseline, words)

    def _paint_cursor(self, painter: QPainter, area: Area, look: Look) -> None:
        if self.pointed is None:
            return
        x = self._x(self.pointed, area)
        if not area.left <= x < area.right:
            return
        colors, letters = look.colors, look.small
        painter.fillRect(x, _HEAD - 4, 1, area.height + 4, colors.text)
        ago = format_duration(self.now - self.pointed, precise=self.now - self.pointed < 9.95)
        words = self.tr("{time} ago").format(time=ago)
        width = letters.pixels(words) + 16
        left = max(area.left, min(x - width // 2, area.right - 1 - width))
        painter.setRenderHint(_SMOOTH, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.text)
        painter.drawRoundedRect(left, 4, width, _HEAD - 8, 4, 4)
        painter.setRenderHint(_SMOOTH, False)
        painter.setFont(letters.font)
        painter.setPen(colors.base)
        letters.write(painter, left + (width - letters.width(words)) / 2, letters.baseline(4, _HEAD - 8), words)

    # -- keys and pointer ------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._use_key(event):
            super().keyPressEvent(event)

    def _use_key(self, event: QKeyEvent) -> bool:
        """Left and right move the cursor, up and down choose a lane; with Ctrl, what is in view is moved."""
        key, ctrl = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        begin, end = self.span.range(self.first, self.now)
        horizontal = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key))
        vertical = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}.get(
            Qt.Key(key)
        )
        if horizontal is not None and ctrl:
            self.pan(horizontal * (end - begin) / 4)
        elif horizontal is not None:
            step = (end - begin) / (10 if shift else 100)
            at = self.pointed if self.pointed is not None else end
            if horizontal > 0 and at + step >= self.now:
                self.set_cursor(None)
            else:
                self.set_cursor(at + horizontal * step)
        elif vertical is not None:
            self._step_lane(vertical)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.zoom(_ZOOM)
        elif key == Qt.Key.Key_Home:
            self.pan(-(end - self.first))
        elif key == Qt.Key.Key_End:
            self.follow()
        elif key == Qt.Key.Key_Escape and (self.pointed is not None or not self.span.follows):
            self.set_cursor(None)
            self.follow()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._act_on_line()
        else:
            return False
        event.accept()
        return True

    def _step_lane(self, step: int) -> None:
        place = self._place_of(self._key)
        wanted = 0 if place is None else max(0, min(len(self._lines) - 1, place + step))
        if 0 <= wanted < len(self._lines):
            shown = self._lines[wanted]
            if shown is None and place is not None:  # over the line of those that have ended
                wanted += 1 if step > 0 else -1
                shown = self._lines[wanted] if 0 <= wanted < len(self._lines) else None
            if shown is not None:
                self._pick(shown)

    def _pick(self, shown: LaneRow) -> None:
        self.choose(shown.lane.key)
        self.chosen.emit(shown.row.id)

    def _act_on_line(self) -> None:
        shown = self.chosen_lane()
        if shown is not None:
            self.details_wanted.emit(shown.row.id)

    def show_ended(self, wanted: bool) -> None:
        """List those that have ended, or fold them into one line."""
        if wanted != self._show_ended:
            self._show_ended = wanted
            self.list_lanes()

    def zoom(self, factor: float, anchor: float | None = None) -> None:
        """Show `factor` times as much around a moment, by default that of the cursor."""
        begin, end = self.span.range(self.first, self.now)
        anchor = anchor if anchor is not None else self.pointed if self.pointed is not None else (begin + end) / 2
        self.span.zoom(factor, anchor, self.first, self.now)
        self.change_span()

    def pan(self, seconds: float) -> None:
        """Show what was before, or after."""
        self.span.move(seconds, self.first, self.now)
        self.change_span()

    def follow(self) -> None:
        """Go to the present, and on with it."""
        self.span.follow()
        self.change_span()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        area, point = self._area(), event.position()
        if event.button() is Qt.MouseButton.MiddleButton or (
            event.button() is Qt.MouseButton.LeftButton and point.y() < _HEAD
        ):
            self._dragged = self._moment(point.x(), area)
            return
        place = self._place_at(point.y())
        shown = self._lines[place] if place is not None else None
        if shown is not None:
            self._pick(shown)
        elif place is not None and event.button() is Qt.MouseButton.LeftButton and point.x() < area.left:
            self.show_ended(not self._show_ended)
            return
        if event.button() is Qt.MouseButton.LeftButton and area.left <= point.x() <= area.right - 1:
            self._point_at(point.x(), area)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, x = self._area(), event.position().x()
        if self._dragged is not None:
            self.pan(self._dragged - self._moment(x, area))
        elif event.buttons() & Qt.MouseButton.LeftButton and x >= area.left:
            self._point_at(x, area)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._place_at(event.position().y()) is not None and event.button() is Qt.MouseButton.LeftButton:
            self._act_on_line()

    def _point_at(self, x: float, area: Area) -> None:
        moment = self._moment(min(x, area.right - 1), area)
        self.set_cursor(None if self.span.follows and x >= area.right - 2 else moment)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            place = self._place_of(self._key)
            y = _HEAD + (place or 0) * LANE - self.verticalScrollBar().value() + LANE
            self.menu_wanted.emit(self._viewport.mapToGlobal(QPoint(_SIGN, y)))
        else:
            self.menu_wanted.emit(event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl it zooms, sideways or with Shift it goes back and forth, otherwise it scrolls the lanes."""
        area = self._area()
        delta, fine = event.angleDelta(), event.pixelDelta()
        sideways = delta.x() if abs(delta.x()) > abs(delta.y()) else 0
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways = sideways or delta.y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(_ZOOM ** (-delta.y() / 120), self._moment(event.position().x(), area))
        elif sideways:
            pixels = fine.x() if fine.x() else sideways / 120 * 60
            self.pan(-pixels * self._step(area))
        else:
            super().wheelEvent(event)
            return
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is pinch:
            self.zoom(1 / (1 + max(-0.5, event.value())), self._moment(event.position().x(), self._area()))
            return True
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        del dx, dy
        self._viewport.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bar()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._look = self._shapes = None
        elif event.type() == QEvent.Type.LanguageChange:
            self._look = self._shapes = None
            self._viewport.update()


@cache
def _tell_readers_what_it_is() -> None:
    """Have screen readers told that it is a chart. Else, what paints itself is an area to be filled to them."""
    QAccessible.installFactory(_make_accessible)


def _make_accessible(kind: str, described: QObject) -> QAccessibleInterface | None:
    """Asked by Qt of everything that is read for the first time; None for what it describes by itself."""
    del kind
    return QAccessibleWidget(described, QAccessible.Role.Chart) if isinstance(described, TimelineCanvas) else None


def _sign_key(shown: LaneRow) -> Hashable:
    snapshot = shown.row.snapshot
    facts = snapshot.facts
    activity = facts.activity if facts is not None and snapshot.state is TaskState.RUNNING else None
    return snapshot.state, activity, facts is not None and bool(facts.circle)


def _draw_sign(painter: QPainter, box: QRectF, *, shown: LaneRow, look: Look) -> None:
    snapshot, colors = shown.row.snapshot, look.colors
    facts, middle = snapshot.facts, box.center().y() + 0.5 - SIZE / 2
    if facts is not None and facts.activity is not None and snapshot.state is TaskState.RUNNING:
        sign, color = sign_of(facts.activity.value, colors, stuck=bool(facts.circle))
        draw_glyph(painter, 0, middle, sign, color)
    else:
        draw_state(painter, 0, middle, snapshot.state, state_color(snapshot.state, colors))
