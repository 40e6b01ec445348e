"""What the window shows in place of an empty table: what belongs there, and the ways in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QWidget

from taskmon.ui.widgets.labels import PlainLabel, make_bold, push_button
from taskmon.ui.widgets.layouts import TallPage, hbox, vbox
from taskmon.ui.widgets.theme import tokens

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

_CARD_WIDTH = 250
#: What a style may draw around a card, in pixels.
_BORDER = 2
#: The width of the page in pixels from which the cards stand beside the list of programs …
_WIDE = 860
#: … and the least height of that list.
_LIST_HEIGHT = 260


class EmptyPage(QWidget):
    """The page of an empty window. A way in that is None has no button.

    Args:
        start: opens the dialog of a job.
        run_program: asks for a program to run.
        demo: starts workers to try the window with.
        lists_programs: whether a list of the programs that run already will be there, see `show_list`.
        parent: the parent widget.
    """

    def __init__(
        self,
        start: Callable[[], object] | None,
        run_program: Callable[[], object] | None = None,
        demo: Callable[[], object] | None = None,
        *,
        lists_programs: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lists = lists_programs
        title = self.tr("Nothing runs in this window") if lists_programs else self.tr("Nothing is running")
        hint = (
            self.tr("Look at a Python program that runs already, run another, or start a job.")
            if lists_programs
            else self.tr("Every task gets a row here, and every row a Cancel that tells the truth.")
        )
        self._title = _headline(title)
        self._hint = PlainLabel(hint, quiet=True, wraps=True)
        self._cards = self._make_cards(start, run_program, demo)
        self._list: QWidget = QFrame()  # its place, until it comes
        self._list.setObjectName("card")
        self._list_title = PlainLabel(self.tr("Running Python programs on this computer"), wraps=True)
        make_bold(self._list_title)
        self._list_hint = PlainLabel(quiet=True)
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(10)
        self._arrangement = ""
        scroll = TallPage(inside)
        scroll.setProperty("focusPolicy", "NoFocus")
        vbox(self, scroll, margins=(0, 12, 0, 0))
        self._arrange(_WIDE)

    def _make_cards(
        self,
        start: Callable[[], object] | None,
        run_program: Callable[[], object] | None,
        demo: Callable[[], object] | None,
    ) -> list[_Card]:
        run_words = self.tr("Its threads, pools and progress bars get rows, each with a Cancel.")
        run_command = "taskmon run script.py"
        cards = [
            _Card("run", self.tr("Run a program"), run_words, self.tr("Run program…"), run_program)
            if run_program is not None
            else _Card("run", self.tr("Run a program"), f"{run_words}\n{run_command}")
        ]
        if start is not None:
            cards.append(
                _Card(
                    "job",
                    self.tr("Start a job"),
                    self.tr("Checksums of whole folders, with a manifest that can be verified."),
                    self.tr("Start job…"),
                    start,
                )
            )
        if demo is not None:
            cards.append(
                _Card(
                    "demo",
                    self.tr("Try it"),
                    self.tr("Workers that only pretend to work, one for each way to be cancelled."),
                    self.tr("Start demo"),
                    demo,
                )
            )
        if start is not None:
            cards.append(
                _Card(
                    "drop", self.tr("Drop something here"), self.tr("Folders are checksummed, a Python program is run.")
                )
            )
        return cards

    def show_list(self, programs: QWidget, dated: SignalInstance) -> None:
        """Put the list of the programs that run already in its place; `dated` says in words of when it is."""
        dated.connect(self._list_hint.setText)
        self._grid.replaceWidget(self._list, programs)
        self._list.hide()
        self._list.deleteLater()
        self._list = programs
        programs.setMinimumHeight(_LIST_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)  # the window may be as small as it likes

    def resizeEvent(self, event: object) -> None:
        self._arrange(self.width())

    def _arrange(self, width: int) -> None:
        """Beside each other where there is room, else beneath each other, the cards without their pictures."""
        count = len(self._cards)
        if self._lists:
            arrangement = "beside" if width >= _WIDE else "beneath"
        else:
            room = max(1, (width + 14) // (max(card.width() for card in self._cards) + 14))
            # As many columns as fit, but none with a gap.
            arrangement = str(next((n for n in range(min(count, room), 0, -1) if count % n == 0), 1))
        if arrangement == self._arrangement:
            return
        self._arrangement = arrangement
        grid = self._grid
        for widget in (self._title, self._hint, self._list_title, self._list_hint, self._list, *self._cards):
            grid.removeWidget(widget)
        for row in range(grid.rowCount()):
            grid.setRowStretch(row, 0)
        for column in range(grid.columnCount()):
            grid.setColumnStretch(column, 0)
        for shown in (self._list_title, self._list, self._list_hint):
            shown.setVisible(self._lists)
        if self._lists:
            self._arrange_with_list(beside=arrangement == "beside")
        else:
            self._arrange_cards(int(arrangement))

    def _arrange_with_list(self, *, beside: bool) -> None:
        grid = self._grid
        self._hint.setProperty("alignment", "AlignLeft")
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self._hint, 1, 0, 1, 2)
        self._list_title.setProperty("alignment", "AlignLeft|AlignBottom")
        self._list_hint.setProperty("alignment", "AlignRight|AlignBottom")
        grid.addWidget(self._list_title, 2, 0)
        grid.addWidget(self._list_hint, 2, 1)
        self._list_hint.setVisible(beside)
        grid.setRowMinimumHeight(2, 34)
        grid.addWidget(self._list, 3, 0, len(self._cards) + 1 if beside else 1, 2)
        grid.setColumnStretch(0, 1)
        for place, card in enumerate(self._cards):
            card.set_compact(True)
            card.set_wide(not beside)
            if beside:
                grid.addWidget(card, 3 + place, 2)
            else:
                grid.addWidget(card, 4 + place, 0, 1, 2)
        grid.setRowStretch(3 + len(self._cards) if beside else 3, 1)

    def _arrange_cards(self, columns: int) -> None:
        grid = self._grid
        self._title.setProperty("alignment", "AlignCenter")
        self._hint.setProperty("alignment", "AlignCenter")
        grid.addWidget(self._title, 1, 0, 1, columns + 2)
        grid.addWidget(self._hint, 2, 0, 1, columns + 2)
        for place, card in enumerate(self._cards):
            card.set_compact(columns == 1)
            grid.addWidget(card, 3 + place // columns, 1 + place % columns)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(columns + 1, 1)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(3 + len(self._cards), 4)


def _headline(words: str) -> PlainLabel:
    label = PlainLabel(words, wraps=True)
    make_bold(label, 1.6)
    return label


class _Card(QFrame):
    """One way in: a picture, what it is, what it does, and its button."""

    def __init__(
        self,
        picture: str,
        title: str,
        words: str,
        label: str = "",
        act: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self._picture = picture
        self._width = _CARD_WIDTH
        self.setObjectName("dropzone" if picture == "drop" else "card")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        heading = PlainLabel(title)
        make_bold(heading)
        text = PlainLabel(words, quiet=True, wraps=True)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        text.setProperty("alignment", "AlignLeft|AlignTop")
        self._layout = vbox(self, heading, (text, 1))
        if act is not None:
            button = push_button(label, lambda _checked=False, act=act: act())
            self._layout.addSpacing(6)
            self._layout.addLayout(hbox(None, button, 1))
        self.set_compact(False)
        self._width = max(_CARD_WIDTH, self.sizeHint().width() + 2 * _BORDER)
        self.set_wide(False)

    def set_wide(self, wide: bool) -> None:
        """Take all the width there is."""
        if wide:
            self.setMinimumWidth(0)
            self.setMaximumWidth(16_777_215)  # what Qt calls no limit
        else:
            self.setFixedWidth(self._width)
        across = QSizePolicy.Policy.Preferred if wide else QSizePolicy.Policy.Fixed
        self.setSizePolicy(across, QSizePolicy.Policy.Preferred)

    def set_compact(self, compact: bool) -> None:
        """Leave out the picture, for want of height."""
        self._compact = compact
        top = 12 if compact else 58
        self._layout.setContentsMargins(18, top, 18, 12 if compact else 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._compact:
            return
        from PySide6.QtCore import Qt

        colors = tokens(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.width() - 18 - 28 if self.isRightToLeft() else 18, 20)
        pen = QPen(colors.accent, 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        if self._picture == "demo":  # a play button
            painter.drawEllipse(QRectF(2, 2, 24, 24))
            painter.drawPolygon(QPolygonF([QPointF(11, 8.5), QPointF(19.5, 14), QPointF(11, 19.5)]))
        elif self._picture == "job":  # rows with bars
            for row in range(3):
                painter.drawLine(QPointF(2, 4 + row * 9), QPointF(12 + row * 6, 4 + row * 9))
                painter.drawEllipse(QRectF(23, 2 + row * 9, 4, 4))
        elif self._picture == "drop":  # a folder and an arrow into it
            points = [(2, 24), (2, 6), (10, 6), (13, 9), (26, 9), (26, 24), (2, 24)]
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))
            painter.drawLine(QPointF(14, 12), QPointF(14, 20))
            painter.drawPolyline(QPolygonF([QPointF(10.5, 16.5), QPointF(14, 20), QPointF(17.5, 16.5)]))
        else:  # a prompt
            painter.drawRoundedRect(QRectF(1, 3, 26, 22), 3, 3)
            painter.drawPolyline(QPolygonF([QPointF(6, 10), QPointF(10, 14), QPointF(6, 18)]))
            painter.drawLine(QPointF(13, 18), QPointF(20, 18))
        painter.end()
