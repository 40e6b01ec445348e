"""The whole run as a strip beneath the lanes: how many computed when, and the part in view framed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from taskmon.core.base.text import format_duration
from taskmon.ui.timeline.canvas import TimelineCanvas
from taskmon.ui.widgets.look import Look
from taskmon.ui.widgets.theme import mix

_HEIGHT: Final = 40
_MARGIN: Final = 8
_BAR: Final = 3
_SPACE: Final = 1
_LEAST_FRAME: Final = 6
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class OverviewStrip(QWidget):
    """Shows the whole run of a canvas; pressed, it moves the part in view there."""

    def __init__(self, canvas: TimelineCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._look: Look | None = None
        self._bars: QPixmap | None = None
        self._key: Hashable = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        canvas.moved.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def words(self) -> str:
        """How long the run is that is recorded."""
        return format_duration(max(0.0, self._canvas.now - self._canvas.first))

    def _tool(self) -> Look:
        scale = self.devicePixelRatioF()
        if self._look is None or self._look.scale != scale:
            self._look = Look(self.palette(), self.font(), scale)
            self._bars = None
        return self._look

    def paintEvent(self, event: QPaintEvent) -> None:
        look, canvas = self._tool(), self._canvas
        colors = look.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.base)
        painter.fillRect(0, 0, self.width(), 1, colors.line)
        area = canvas.area_of(canvas.viewport().width(), self.height())
        name = self.tr("Whole run")
        painter.setFont(look.plain.font)
        painter.setPen(colors.text)
        painter.drawText(QRect(12, 0, area.left() - 16, self.height()), _LEFT, name)
        left = 12 + look.plain.pixels(name) + 8
        painter.setFont(look.small.font)
        painter.setPen(colors.quiet)
        painter.drawText(QRect(left, 0, area.left() - left - 4, self.height()), _LEFT, self.words())
        first, now = canvas.first, canvas.now
        if now > first:
            self._draw_bars(painter, area, look)
            begin, end = canvas.span.range(first, now)
            x = area.left() + round((max(first, begin) - first) / (now - first) * area.width())
            right = area.left() + round((min(now, end) - first) / (now - first) * area.width())
            if right - x < _LEAST_FRAME:
                x = max(area.left(), min(x, area.right() - _LEAST_FRAME))
                right = x + _LEAST_FRAME
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colors.text, 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRect(x, 4, right - x - 1, self.height() - 9), 3, 3)
        painter.end()

    def _draw_bars(self, painter: QPainter, area: QRect, look: Look) -> None:
        crowd, canvas = self._canvas.recorder.crowd, self._canvas
        if crowd is None:
            return
        size = QSize(area.width(), self.height() - 2 * _MARGIN)
        key = (int(canvas.now), size, canvas.first)
        if self._bars is None or self._key != key:
            self._key = key
            self._bars = QPixmap(size * look.scale)
            self._bars.setDevicePixelRatio(look.scale)
            self._bars.fill(look.colors.base)
            pen = QPainter(self._bars)
            counts = crowd.counts()
            most = max(1.0, *counts) if counts else 1.0
            columns = size.width() // (_BAR + _SPACE)
            length = (canvas.now - canvas.first) / max(1, columns)
            color = mix(look.colors.base, look.colors.accent, 0.75)
            for column in range(columns):
                begin = (canvas.first - crowd.begins + column * length) / crowd.step
                stop = begin + length / crowd.step
                part = counts[int(begin) : max(int(begin) + 1, int(stop))]
                if part and (count := max(part)) > 0:
                    height = max(2, round(count / most * size.height()))
                    pen.fillRect(column * (_BAR + _SPACE), size.height() - height, _BAR, height, color)
            pen.end()
        painter.drawPixmap(area.left(), _MARGIN, self._bars)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_to(event.position().x())

    def _go_to(self, x: float) -> None:
        canvas = self._canvas
        area = canvas.area_of(canvas.viewport().width(), self.height())
        first, now = canvas.first, canvas.now
        begin, end = canvas.span.range(first, now)
        moment = first + (x - area.left()) / area.width() * (now - first)
        canvas.pan(moment - (begin + end) / 2)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.LanguageChange):
            self._look = None
            self.update()
