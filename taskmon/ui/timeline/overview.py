"""The whole run as a strip beneath the lanes: how many computed when, any deadlock, and the part in view framed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from taskmon.bridge.language import tr
from taskmon.bridge.table.kinds import Kind
from taskmon.bridge.timeline.sentences import KIND_LABELS
from taskmon.core.base.text import format_duration
from taskmon.ui.timeline.canvas import Area, TimelineCanvas
from taskmon.ui.widgets.look import Look
from taskmon.ui.widgets.theme import mix

_HEIGHT: Final = 40
_MARGIN: Final = 8
_BAR: Final = 3
_SPACE: Final = 1
#: The band along the ground that stands for a deadlock: unlike the bars, it has no gaps.
_BAND: Final = 4
_LEAST_FRAME: Final = 6


class OverviewStrip(QWidget):
    """Shows the whole run of a canvas; pressed, it moves the part in view there."""

    def __init__(self, canvas: TimelineCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._look: Look | None = None
        self._frame, self._color = QPen(), QColor()
        self._width = 0
        self._bars: QPixmap | None = None
        self._key: Hashable = None  # of what is on them
        self._painter, self._bar_painter = (
            QPainter(),
            QPainter(),
        )  # kept: each that is dropped lets go of the interpreter
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        canvas.moved.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def words(self) -> str:
        """How long the run is that is recorded."""
        return format_duration(max(0.0, self._canvas.now - self._canvas.first))

    def _has_deadlock(self) -> bool:
        crowd = self._canvas.recorder.crowd
        return crowd is not None and any(crowd.stuck())

    def _tool(self) -> Look:
        scale = self.devicePixelRatioF()
        if self._look is None or self._look.scale != scale:
            self._look = Look(self.palette(), self.font(), scale)
            self._frame = QPen(self._look.colors.text, 1.4)
            self._color = mix(self._look.colors.base, self._look.colors.accent, 0.75)
            self._bars = None
        return self._look

    def paintEvent(self, event: QPaintEvent) -> None:
        look, canvas, painter = self._tool(), self._canvas, self._painter
        colors, width = look.colors, self.width()
        area = canvas.area_of(canvas.viewport().width(), _HEIGHT)
        painter.begin(self)
        try:
            painter.fillRect(0, 0, width, _HEIGHT, colors.base)
            painter.fillRect(0, 0, width, 1, colors.line)
            left = 12
            stuck = tr(KIND_LABELS[Kind.DEADLOCK]) if self._has_deadlock() else ""
            for letters, color, words in (
                (look.plain, colors.text, self.tr("Whole run")), (look.small, colors.quiet, self.words()),
                (look.small, colors.failed, stuck),
            ):  # fmt: skip
                painter.setFont(letters.font)
                painter.setPen(color)
                fitting = letters.fit(words, area.left - 4 - left)
                letters.write(painter, left, letters.baseline(0, _HEIGHT), fitting)
                left += letters.pixels(fitting) + 8
            first, now = canvas.first, canvas.now
            if now > first:
                self._draw_bars(painter, area, look)
                begin, end = canvas.span.range(first, now)
                x = area.left + round((max(first, begin) - first) / (now - first) * area.width)
                right = area.left + round((min(now, end) - first) / (now - first) * area.width)
                if right - x < _LEAST_FRAME:
                    x = max(area.left, min(x, area.right - 1 - _LEAST_FRAME))
                    right = x + _LEAST_FRAME
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(self._frame)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(x, 4, right - x - 1, _HEIGHT - 9, 3, 3)
        finally:
            painter.end()

    def _draw_bars(self, painter: QPainter, area: Area, look: Look) -> None:
        crowd, canvas = self._canvas.recorder.crowd, self._canvas
        if crowd is None:
            return
        height = _HEIGHT - 2 * _MARGIN
        key = (int(canvas.now), area.width, canvas.first)
        if self._bars is None or self._width != area.width:
            self._bars, self._width, self._key = QPixmap(QSize(area.width, height) * look.scale), area.width, None
            self._bars.setDevicePixelRatio(look.scale)
        if self._key != key:
            self._key = key
            pen = self._bar_painter
            pen.begin(self._bars)
            pen.fillRect(0, 0, area.width, height, look.colors.base)
            counts, stuck = crowd.counts(), crowd.stuck()
            most = max(1.0, *counts) if counts else 1.0
            columns = area.width // (_BAR + _SPACE)
            length = (canvas.now - canvas.first) / max(1, columns)
            for column in range(columns):
                begin = (canvas.first - crowd.begins + column * length) / crowd.step
                stop = begin + length / crowd.step
                within = slice(int(begin), max(int(begin) + 1, int(stop)))
                part, left = counts[within], column * (_BAR + _SPACE)
                if part and (count := max(part)) > 0:
                    tall = max(2, round(count / most * height))
                    pen.fillRect(left, height - tall, _BAR, tall, self._color)
                if any(stuck[within]):
                    pen.fillRect(left, height - _BAND, _BAR + _SPACE, _BAND, look.colors.failed)
            pen.end()
        painter.drawPixmap(area.left, _MARGIN, self._bars)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_to(event.position().x())

    def _go_to(self, x: float) -> None:
        canvas = self._canvas
        area = canvas.area_of(canvas.viewport().width(), _HEIGHT)
        first, now = canvas.first, canvas.now
        begin, end = canvas.span.range(first, now)
        moment = first + (x - area.left) / area.width * (now - first)
        canvas.pan(moment - (begin + end) / 2)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.LanguageChange):
            self._look = None
            self.update()
