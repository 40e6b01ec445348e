"""How fast a task has gone, as a painted line, and what its thread has used of a processor.

A few hundred points at most, made anew only when there are more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QWidget

from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.table import text
from taskmon.bridge.table.activity import SPAN, Activity, CpuMinute
from taskmon.bridge.table.rows import SUBTASKS, TaskRow
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import BYTES, format_bytes, format_count, format_duration, plain
from taskmon.core.task.progress import BAR_STEPS
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.labels import PlainLabel
from taskmon.ui.widgets.layouts import vbox
from taskmon.ui.widgets.theme import Tokens, mix, readable, tokens

_TOP: Final = 4.0
_CAPTION: Final = 4
"""Pixels between the line and its caption."""
_TICK: Final = 7.0
_COLUMN: Final = 3.0
"""The width of a column of the ground, in pixels."""


class ActivityChart(QWidget):
    """Throughput over time: the pauses and the time since the stop shaded, a tick for the last run.

    Only looked at, never clicked; what it shows is told in words by `setAccessibleDescription` of whoever fills it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._activity: Activity | None = None
        self._now = 0.0
        self._caption = ""
        self._shown: object = None
        self._key: object = None
        self._clear()
        self._share: float | None = None
        self._last_run: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(140, 60)

    def sizeHint(self) -> QSize:
        return QSize(300, 110)

    def show_activity(self, activity: Activity | None, now: float, caption: str) -> None:
        """Draw `activity` as of `now`, with a caption beneath."""
        revision = activity.revision if activity is not None else 0
        stopping = activity is not None and activity.stop_at is not None
        shown = (id(activity), revision, caption, now if stopping else 0.0)
        if shown != self._shown:
            self._shown = shown
            self._activity, self._now, self._caption = activity, now, caption
            self.update()

    def show_shares(self, share: float | None, last_run: float | None) -> None:
        """Draw how much is done, and a tick where the last run of the same job stood at this time; None for neither."""
        if (share, last_run) != (self._share, self._last_run):
            self._share, self._last_run = share, last_run
            self.update()

    @property
    def points(self) -> int:
        """How many points the line has."""
        return len(self._lines) + 1 if self._lines else 0

    def _clear(self) -> None:
        self._lines: list[QLineF] = []
        self._ground: list[QRectF] = []
        self._paused: list[QRectF] = []
        self._stopping: list[QRectF] = []
        self._spans: list[tuple[QRectF, bool]] = []

    def _arrange(self, area: QRectF) -> None:
        """Make the line anew if something has changed since."""
        activity = self._activity
        if activity is None:
            self._clear()
            return
        key = (self._shown, area.width(), area.height())
        if key == self._key:
            return
        self._key = key
        rates = activity.rates()
        self._clear()
        if not rates:
            return
        begin = activity.moments[0]
        end = max(activity.moments[-1], self._now if activity.stop_at is not None else 0.0)
        across = area.width() / max(end - begin, 1e-9)
        most = max(rate for _, rate in rates) or 1.0
        up = (area.height() - _TOP) / most
        floor = area.bottom()
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft

        def x(moment: float) -> float:
            away = (moment - begin) * across
            return area.right() - away if mirrored else area.left() + away

        points = [QPointF(x(begin), floor - rates[0][1] * up)]
        points += [QPointF(x(moment), floor - rate * up) for moment, rate in activity.course(end)]
        self._lines = [QLineF(one, other) for one, other in pairwise(points)]
        self._ground = list(_columns(self._lines, floor))
        spans = [(*pause, False) for pause in activity.pauses_until(end)]
        if activity.stop_at is not None:
            spans.append((max(begin, activity.stop_at), end, True))
        for start, stop, is_stop in spans:
            left, right = sorted((x(max(begin, start)), x(min(end, stop))))
            self._spans.append((QRectF(left, area.top(), max(1.0, right - left), area.height()), is_stop))
            within = [column for column in self._ground if left <= column.center().x() <= right]
            if is_stop:
                self._stopping = within
            else:
                self._paused += within

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = tokens(self.palette())
        metrics = self.fontMetrics()
        bar = 10.0 if self._share is not None else 0.0
        area = QRectF(self.rect()).adjusted(0, 0, -1, -metrics.height() - _CAPTION - bar)
        self._arrange(area)
        painter = QPainter(self)
        # Measured, with 240 points: the ground as one smooth polygon takes 12 ms, as opaque columns 0.2;
        # the line as one polyline 15 ms, as single lines 0.4.
        for span, is_stop in self._spans:
            painter.fillRect(span, _shade(colors.base, colors, is_stop=is_stop))
        if self._lines:
            painter.setPen(Qt.PenStyle.NoPen)
            ground = mix(colors.base, colors.accent, 0.14)
            painter.setBrush(ground)
            painter.drawRects(self._ground)
            for columns, is_stop in ((self._paused, False), (self._stopping, True)):
                if columns:
                    painter.setBrush(_shade(ground, colors, is_stop=is_stop))
                    painter.drawRects(columns)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colors.accent, 1.4))
            painter.drawLines(self._lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.line, 1))
        painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5))
        if self._share is not None:
            self._paint_bar(painter, QRectF(area.left(), area.bottom() + 5, area.width(), 4))
        painter.setPen(readable(colors.quiet, colors.base, colors.text))
        box = QRectF(self.rect()).adjusted(0, self.height() - metrics.height(), 0, 0)
        caption = metrics.elidedText(self._caption, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), caption)
        painter.end()

    def _paint_bar(self, painter: QPainter, box: QRectF) -> None:
        colors = tokens(self.palette())
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.track)
        painter.drawRoundedRect(box, 2, 2)
        width = box.width() * min(1.0, max(0.0, self._share or 0.0))
        painter.setBrush(colors.accent)
        painter.drawRoundedRect(QRectF(box.right() - width if mirrored else box.left(), box.top(), width, 4), 2, 2)
        if self._last_run is not None:
            away = box.width() * min(1.0, max(0.0, self._last_run))
            at = box.right() - away if mirrored else box.left() + away
            painter.setPen(QPen(colors.text, 1.4))
            painter.drawLine(QPointF(at, box.center().y() - _TICK / 2), QPointF(at, box.center().y() + _TICK / 2))


def _shade(ground: QColor, colors: Tokens, *, is_stop: bool) -> QColor:
    return mix(ground, colors.warning if is_stop else colors.text, 0.12 if is_stop else 0.07)


def _columns(lines: list[QLineF], floor: float) -> Iterator[QRectF]:
    """The ground beneath a line, as columns that touch each other."""
    for line in lines:
        one, other = line.p1(), line.p2()
        if one.x() > other.x():
            one, other = other, one
        width = other.x() - one.x()
        steps = max(1, int(width / _COLUMN))
        for step in range(steps):
            y = one.y() + (other.y() - one.y()) * (step + 0.5) / steps
            left, right = round(one.x() + width * step / steps), round(one.x() + width * (step + 1) / steps)
            if right > left:
                yield QRectF(left, y, right - left, floor - y)


_HEIGHT: Final = 52
#: Between two looks further apart than this, in seconds, nothing is known: a gap is drawn as a gap.
_GAP: Final = 3.0


class CpuChart(QWidget):
    """What a thread has used of a processor over the last minute; a line marks when it began to wait.

    Shares are columns of a second. Only looked at: `setAccessibleDescription` of who fills it tells it in words.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._minute: CpuMinute | None = None
        self._now = 0.0
        self._mark: float | None = None
        self._mark_words = ""
        self._shown: object = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def show_minute(self, minute: CpuMinute, now: float, mark: float | None, mark_words: str) -> None:
        """Draw what is known as of `now`, with a line at the moment `mark` if that is within the last minute."""
        shown = (id(minute), minute.revision, int(now), mark, mark_words)
        if shown != self._shown:
            self._shown = shown
            self._minute, self._now, self._mark, self._mark_words = minute, now, mark, mark_words
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = tokens(self.palette())
        painter = QPainter(self)
        area = QRectF(self.rect())
        painter.fillRect(area, mix(colors.base, colors.text, 0.04))
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft

        def x(moment: float) -> float:
            away = (self._now - moment) / SPAN * area.width()
            return area.left() + away if mirrored else area.right() - away

        points = self._minute.points() if self._minute is not None else []
        most = max([1.0, *(share for _, share in points)])
        up = (area.height() - 3) / most
        ground, lines = [], []
        before = None
        for moment, share in points:
            begin = moment - 1.0 if before is None or moment - before > _GAP else before
            before = moment
            if moment < self._now - SPAN:
                continue
            left, right = sorted((x(max(begin, self._now - SPAN)), x(moment)))
            top = area.bottom() - max(1.0, share * up)
            ground.append(QRectF(QPointF(round(left), top), QPointF(round(right), area.bottom())))
            lines.append(QLineF(round(left), top, round(right), top))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(colors.base, colors.accent, 0.2))
        painter.drawRects(ground)
        painter.setPen(QPen(colors.accent, 1.4))
        painter.drawLines(lines)
        if self._mark is not None and self._now - SPAN < self._mark <= self._now:
            self._paint_mark(painter, area, x(self._mark), mirrored=mirrored)
        painter.end()

    def _paint_mark(self, painter: QPainter, area: QRectF, at: float, *, mirrored: bool) -> None:
        colors = tokens(self.palette())
        ink = readable(colors.warning, colors.base, colors.text)
        painter.setPen(QPen(ink, 1))
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
        metrics = painter.fontMetrics()
        room_after = (at - area.left() if mirrored else area.right() - at) - 8
        room_before = area.width() - room_after - 16
        after = room_after >= room_before
        words = metrics.elidedText(self._mark_words, Qt.TextElideMode.ElideRight, int(max(room_after, room_before)))
        width = metrics.horizontalAdvance(words)
        left = at + 6 if after is not mirrored else at - 6 - width
        over = QRectF(left - 3, area.top() + 2, width + 6, metrics.height() + 2)
        painter.fillRect(over, mix(colors.base, colors.text, 0.04))  # not across the columns
        painter.drawText(QPointF(left, area.top() + metrics.ascent() + 4), words)


def caption(row: TaskRow) -> str:
    """What a chart of the row shows, in words: the unit, over what time, the fastest."""
    activity = row.activity
    if activity is None or len(activity.moments) < 2 or row.progress.unit == SUBTASKS:
        return ""
    unit = row.progress.unit
    span = format_duration(activity.moments[-1] - activity.moments[0])
    most = max(rate for _, rate in activity.rates())
    if unit == BYTES:
        what, figure = tr("bytes"), format_bytes(most)
    else:
        what = plain(text.unit_label(unit) or "", 20) or tr("steps")
        figure = f"{most:.1f}" if most < 100 else format_count(most)
    return tr("{what}/s, last {time}; at most {most}/s").format(what=what, time=span, most=figure)


class ActivityPage(QWidget):
    """A chart, or why there is none."""

    def __init__(self, details: TaskDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self.chart = ActivityChart()
        self.none = PlainLabel(quiet=True, wraps=True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.chart)
        empty = QWidget()
        vbox(empty, self.none, 1)
        self._stack.addWidget(empty)
        vbox(self, self._stack)

    @Slot()
    def refresh(self) -> None:
        """Show the newest picture."""
        row = self._details.row
        if row is None:
            return
        words = caption(row)
        if not words:
            self.none.setText(self._why_not(row))
            self._stack.setCurrentIndex(1)
            return
        self._stack.setCurrentIndex(0)
        snapshot = row.snapshot
        self.chart.show_activity(row.activity, snapshot.taken_at, words)
        known = row.progress.total is not None and row.progress.done is not None
        last_run = row.last_run if snapshot.state is TaskState.RUNNING else None
        self.chart.show_shares(
            row.progress.bar_steps / BAR_STEPS if known else None,
            last_run / BAR_STEPS if known and last_run is not None else None,
        )
        self.chart.setAccessibleName(self.tr("Speed of {name}").format(name=text.name(row)))
        self.chart.setAccessibleDescription(words)

    def _why_not(self, row: TaskRow) -> str:
        if row.snapshot.started_at is None:
            return self.tr("It has not started.")
        if row.progress.done is None:
            return self.tr("It reports no progress.")
        if row.progress.unit == SUBTASKS:
            return self.tr("Its parts count different things, so they have no speed together.")
        if row.snapshot.state.is_final:
            return self.tr("It was over too soon for a chart.")
        return self.tr("The chart begins after two seconds.")
