"""What the window shows in place of an empty table: what belongs there, and the ways in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from taskmon.ui.widgets.labels import PlainLabel
from taskmon.ui.widgets.theme import tokens

_CARD_WIDTH = 250


class EmptyPage(QWidget):
    """The page of an empty window. A way in that is None has no button.

    Args:
        start: opens the dialog of a job.
        run_program: asks for a program to run.
        attach: lists the programs that run already.
        parent: the parent widget.
    """

    def __init__(
        self,
        start: Callable[[], object] | None,
        run_program: Callable[[], object] | None = None,
        attach: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        title = PlainLabel(self.tr("Nothing is running"))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(True)
        title.setFont(font)
        hint = PlainLabel(self.tr("Every task gets a row here, and every row a Cancel that tells the truth."))
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setWordWrap(True)
        hint.setObjectName("quiet")
        self._cards: list[_Card] = []
        if start is not None:
            self._cards.append(
                _Card(
                    "job",
                    self.tr("Start a job"),
                    self.tr("Checksums of whole folders, with a manifest that can be verified."),
                    self.tr("New task…"),
                    start,
                    primary=True,
                )
            )
            self._cards.append(
                _Card(
                    "drop", self.tr("Drop something here"), self.tr("Folders are checksummed, a Python program is run.")
                )
            )
        run_words = self.tr("Its threads, pools and progress bars get rows, each with a Cancel.")
        run_command = "taskmon run script.py"
        self._cards.append(
            _Card("run", self.tr("Run a program"), run_words, self.tr("Run program…"), run_program)
            if run_program is not None
            else _Card("run", self.tr("Run a program"), f"{run_words}\n{run_command}")
        )
        if attach is not None:
            words = self.tr("It goes on as it is, and its threads get rows, each with a Cancel.")
            self._cards.append(
                _Card("attach", self.tr("Look at what runs already"), words, self.tr("Attach…"), attach)
            )
        self._grid = QGridLayout()
        self._grid.setSpacing(14)
        self._columns = 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addStretch(3)
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(hint)
        layout.addSpacing(14)
        layout.addLayout(self._grid)
        layout.addStretch(4)
        self._arrange(len(self._cards))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)  # the window may be as small as it likes

    def resizeEvent(self, event: object) -> None:
        room = max(1, (self.width() + 14) // (_CARD_WIDTH + 14))
        count = len(self._cards)
        # As many columns as fit, but none with a gap.
        self._arrange(next((n for n in range(min(count, room), 0, -1) if count % n == 0), 1))

    def _arrange(self, columns: int) -> None:
        """Side by side where there is room, else beneath each other and without their pictures."""
        if columns == self._columns:
            return
        self._columns = columns
        for place, card in enumerate(self._cards):
            self._grid.removeWidget(card)
            card.set_compact(columns == 1)
            self._grid.addWidget(card, place // columns, 1 + place % columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(columns + 1, 1)


class _Card(QFrame):
    """One way in: a picture, what it is, what it does, and its button."""

    def __init__(
        self,
        picture: str,
        title: str,
        words: str,
        label: str = "",
        act: Callable[[], object] | None = None,
        *,
        primary: bool = False,
    ) -> None:
        super().__init__()
        self._picture = picture
        self.setObjectName("dropzone" if picture == "drop" else "card")
        self.setFixedWidth(_CARD_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        heading = PlainLabel(title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        text = PlainLabel(words)
        text.setObjectName("quiet")
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(heading)
        self._layout.addWidget(text, 1)
        if act is not None:
            button = QPushButton(label)
            button.setAutoDefault(False)
            button.setProperty("primary", primary)
            button.clicked.connect(lambda _checked=False, act=act: act())
            self._layout.addSpacing(6)
            self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """Leave out the picture, for want of height."""
        self._compact = compact
        top = 12 if compact else 58
        self._layout.setContentsMargins(18, top, 18, 12 if compact else 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._compact:
            return
        colors = tokens(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.width() - 18 - 28 if self.isRightToLeft() else 18, 20)
        pen = QPen(colors.accent, 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        if self._picture == "job":  # rows with bars
            for row in range(3):
                painter.drawLine(QPointF(2, 4 + row * 9), QPointF(12 + row * 6, 4 + row * 9))
                painter.drawEllipse(QRectF(23, 2 + row * 9, 4, 4))
        elif self._picture == "drop":  # a folder and an arrow into it
            points = [(2, 24), (2, 6), (10, 6), (13, 9), (26, 9), (26, 24), (2, 24)]
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))
            painter.drawLine(QPointF(14, 12), QPointF(14, 20))
            painter.drawPolyline(QPolygonF([QPointF(10.5, 16.5), QPointF(14, 20), QPointF(17.5, 16.5)]))
        elif self._picture == "attach":  # two links of a chain
            painter.drawRoundedRect(QRectF(1, 9, 15, 10), 5, 5)
            painter.drawRoundedRect(QRectF(12, 9, 15, 10), 5, 5)
        else:  # a prompt
            painter.drawRoundedRect(QRectF(1, 3, 26, 22), 3, 3)
            painter.drawPolyline(QPolygonF([QPointF(6, 10), QPointF(10, 14), QPointF(6, 18)]))
            painter.drawLine(QPointF(13, 18), QPointF(20, 18))
        painter.end()
