"""What the shapes of the timeline mean."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from taskmon.bridge.language import tr
from taskmon.bridge.table.kinds import Kind
from taskmon.bridge.timeline.record import Record
from taskmon.bridge.timeline.sentences import KIND_LABELS
from taskmon.ui.timeline.strip import LANE, Shapes
from taskmon.ui.widgets.look import Look

_SAMPLE: Final = 22
_SPACE: Final = 6
_BETWEEN: Final = 15
_KINDS: Final = (
    Kind.COMPUTING, Kind.OUTSIDE, Kind.RUNNING, Kind.LOCK, Kind.DEADLOCK, Kind.TRANSFER, Kind.SLEEPING,
    Kind.PAUSED,
)  # fmt: skip
_STOP, _CHECKPOINT, _HOLDER, _CALL = "stop", "checkpoint", "holder", "call"
_MARK_LABELS: Final = {
    _STOP: "Stop asked",
    _CHECKPOINT: "Checkpoint",
    _CALL: "Call begins",
    _HOLDER: "Lock holder",
}
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class Legend(QWidget):
    """A sample of each shape and its meaning; where one line has no room for all, of those that have occurred."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._occurred: set[Kind | str] = set()
        self._look: Look | None = None
        self._shapes: Shapes | None = None
        self._places: list[tuple[QPoint, Kind | str, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._arrange()

    def _tools(self) -> tuple[Look, Shapes]:
        scale = self.devicePixelRatioF()
        if self._look is None or self._shapes is None or self._look.scale != scale:
            self._look = Look(self.palette(), self.font(), scale)
            self._shapes = Shapes(self._look.colors._replace(base=self._look.colors.window), scale)
        return self._look, self._shapes

    @property
    def entries(self) -> list[str]:
        """What it tells the meaning of."""
        return [words for _, _, words in self._places]

    def follow(self, record: Record | None) -> None:
        """Take in what has been recorded by now. What has occurred once is told of from then on."""
        if record is None:
            return
        occurred: set[Kind | str] = {Kind.RUNNING if kind == Kind.CALL else Kind(kind) for kind in set(record.kinds)}
        lanes = record.lanes.values()
        marks = {
            _STOP: any(lane.stops for lane in lanes),
            _CHECKPOINT: any(lane.has_checkpoints for lane in lanes),
            _CALL: any(lane.calls for lane in lanes),
            _HOLDER: bool(occurred & {Kind.LOCK, Kind.DEADLOCK}),
        }
        occurred.update(mark for mark, there in marks.items() if there)
        if not occurred <= self._occurred:
            self._occurred |= occurred
            self._arrange()
            self.update()

    def _arrange(self) -> None:
        entries: list[tuple[Kind | str, str]] = [(kind, tr(KIND_LABELS[kind])) for kind in _KINDS]
        entries += [(mark, tr(words)) for mark, words in _MARK_LABELS.items()]
        self._places = []
        metrics = self.fontMetrics()
        each = _SAMPLE + _SPACE + _BETWEEN
        if sum(each + metrics.horizontalAdvance(words) for _, words in entries) - _BETWEEN > self.width():
            entries = [(what, words) for what, words in entries if what in self._occurred]
        x = y = 0
        for what, words in entries:
            width = _SAMPLE + _SPACE + metrics.horizontalAdvance(words)
            if x and x + width > self.width():
                x, y = 0, y + LANE
            self._places.append((QPoint(x, y), what, words))
            x += width + _BETWEEN
        if self.height() != y + LANE:
            self.setFixedHeight(y + LANE)
        self.setAccessibleName(", ".join(self.entries))

    def sizeHint(self) -> QSize:
        return QSize(400, LANE)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, shapes = self._tools()
        painter = QPainter(self)
        painter.setFont(look.plain.font)
        for place, what, words in self._places:
            self._draw_sample(painter, shapes, what, place)
            painter.setPen(look.colors.text)
            painter.drawText(place.x() + _SAMPLE + _SPACE, place.y(), 400, LANE, _LEFT, words)
        painter.end()

    def _draw_sample(self, painter: QPainter, shapes: Shapes, what: Kind | str, place: QPoint) -> None:
        made = QPixmap(QSize(_SAMPLE, LANE) * self.devicePixelRatioF())
        made.setDevicePixelRatio(self.devicePixelRatioF())
        made.fill(shapes.colors.window)
        pen = QPainter(made)
        if isinstance(what, Kind):
            shapes.draw(pen, what, 0, _SAMPLE, 0)
            if what is Kind.PAUSED:
                shapes.draw_edge(pen, 0, 0)
                shapes.draw_edge(pen, _SAMPLE - 1, 0)
        elif what == _STOP:
            pen.setRenderHint(QPainter.RenderHint.Antialiasing)
            shapes.draw_flag(pen, 8, 0)
        elif what == _CHECKPOINT:
            for x in (6, 12, 18):
                shapes.draw_checkpoint(pen, x, -LANE // 2 + 4)
        elif what == _CALL:
            shapes.draw_call(pen, 4, 0)
            shapes.draw(pen, Kind.COMPUTING, 6, _SAMPLE - 6, 0)
        else:
            pen.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen.setPen(QPen(shapes.colors.text, 1.6))
            pen.drawLine(6, LANE // 2, _SAMPLE - 6, LANE // 2)
            pen.setPen(Qt.PenStyle.NoPen)
            pen.setBrush(shapes.colors.text)
            pen.drawEllipse(QPoint(5, LANE // 2), 4, 4)
            middle = LANE // 2
            tip = [QPoint(_SAMPLE - 8, middle - 5), QPoint(_SAMPLE - 8, middle + 5), QPoint(_SAMPLE - 1, middle)]
            pen.drawPolygon(tip)
        pen.end()
        painter.drawPixmap(place, made)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.LanguageChange):
            self._look = self._shapes = None
            self._arrange()
            self.update()
