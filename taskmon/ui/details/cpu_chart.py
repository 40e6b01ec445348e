"""What a thread has used of a processor over the last minute, painted; a line marks when it began to wait."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from taskmon.bridge.table.cpu_minute import SPAN, CpuMinute
from taskmon.ui.widgets.theme import mix, readable, tokens

_HEIGHT: Final = 52
#: Between two looks further apart than this, in seconds, nothing is known: a gap is drawn as a gap.
_GAP: Final = 3.0


class CpuChart(QWidget):
    """Shares as columns of a second. Only looked at: `setAccessibleDescription` of who fills it tells it in words."""

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
        del event
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
        painter.drawText(QPointF(left, area.top() + metrics.ascent() + 4), words)
