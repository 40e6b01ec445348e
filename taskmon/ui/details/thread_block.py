"""The part of the overview that tells of a task's thread: what it does, since when, who holds it up, where it is."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontDatabase, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from taskmon.bridge.details.frames import TraceFrame
from taskmon.bridge.details.thread import ThreadWords
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.base.text import plain
from taskmon.ui.widgets.glyphs import SIZE, draw_glyph, sign_of
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel, explain, foreign_label, push_button, say
from taskmon.ui.widgets.layouts import hbox, vbox
from taskmon.ui.widgets.theme import tokens

#: Frames that are shown here; the page of the stack has all of them.
FRAMES = 3
_NAME_LIMIT = 60
_COMMAS = " ,，、"


class ThreadBlock(QWidget):
    """Shows what the last look told.

    Signals:
        holder_wanted(): the user wants to see the thread that holds what this one waits for.
        stack_wanted(): the user wants to see all frames.
        open_requested(str, object): the user wants to see a file at a line.
    """

    holder_wanted = Signal()
    stack_wanted = Signal()
    open_requested = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("thread")
        self._sign = _Sign()
        self.headline = foreign_label()
        self.headline.setObjectName("strong")
        self.since = foreign_label()
        self._before, self._after = foreign_label(), foreign_label()
        self._before.setMinimumWidth(0)
        self._before.setWordWrap(False)
        self.holder = push_button("", self.holder_wanted)
        self.holder.setAccessibleName(self.tr("Show the thread that holds it"))
        self.holder.setProperty("link", True)
        self.holder.setProperty(FOREIGN, True)
        self.holder.setCursor(Qt.CursorShape.PointingHandCursor)
        held = hbox(None, self._before, self.holder, 1, spacing=0)
        top = QGridLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setHorizontalSpacing(8)
        top.setVerticalSpacing(2)
        top.setColumnStretch(1, 1)
        top.addWidget(self._sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.headline, 0, 1)
        top.addWidget(self.since, 1, 1)
        top.addLayout(held, 2, 1)
        top.addWidget(self._after, 3, 1)
        self._where = PlainLabel(self.tr("Where it is"), quiet=True)
        self.all_frames = push_button("", self.stack_wanted)
        self.all_frames.setProperty("link", True)
        self.all_frames.setCursor(Qt.CursorShape.PointingHandCursor)
        title = hbox(None, self._where, 1, self.all_frames)
        self._calls = [_Call() for _ in range(FRAMES)]
        column = vbox(self, spacing=5)
        column.addLayout(top)
        column.addSpacing(4)
        column.addLayout(title)
        for call in self._calls:
            call.place.clicked.connect(lambda _checked=False, call=call: self._open(call))
            column.addWidget(call)
        self.show_frames((), 0)

    def show_words(self, row: TaskRow, words: ThreadWords, *, known: bool) -> None:
        """Say what the thread does; `known` tells whether the holder has a row that can be shown."""
        facts = row.snapshot.facts
        if facts is None or facts.activity is None:
            return
        colors = tokens(self.palette())
        stuck = bool(facts.circle)
        self._sign.show_sign(*sign_of(facts.activity.value, colors, stuck=stuck))
        say(self.headline, words.headline)
        if self.headline.property("danger") is not stuck:
            self.headline.setProperty("danger", stuck)
            self.headline.style().unpolish(self.headline)
            self.headline.style().polish(self.headline)
        say(self.since, words.since)
        self.since.setVisible(bool(words.since))
        before, _, after = words.holder_words.partition("{name}")
        name = plain(words.holder, _NAME_LIMIT)
        say(self._before, before if known else words.holder_words.replace("{name}", name))
        say(self._after, after.lstrip(_COMMAS) if known else "")  # on a line of its own
        if self.holder.text() != name.replace("&", "&&"):
            self.holder.setText(name.replace("&", "&&"))
            self.holder.setAccessibleName(self.tr("Show {name}").format(name=name))
        self._before.setVisible(bool(self._before.text()))
        self._after.setVisible(bool(self._after.text()))
        self.holder.setVisible(known)

    def show_frames(self, frames: Sequence[TraceFrame], count: int) -> None:
        """Show some calls, the innermost first, with the line of source of the first of them; `count` is how many."""
        self._where.setVisible(bool(frames))
        self.all_frames.setVisible(bool(count))
        words = "" if not count else self.tr("1 frame") if count == 1 else self.tr("all {n} frames").format(n=count)
        if self.all_frames.text() != words:
            self.all_frames.setText(words)
        for number, call in enumerate(self._calls):
            call.show_frame(frames[number] if number < len(frames) else None, with_source=not number)

    def _open(self, call: _Call) -> None:
        if call.frame is not None:
            self.open_requested.emit(call.frame.file, call.frame.line)


def nearest(frames: Sequence[TraceFrame]) -> list[TraceFrame]:
    """The innermost calls of the program's own, or of anybody if it has none; the innermost first."""
    own = [frame for frame in frames if frame.own]
    return (own or list(frames))[:FRAMES]


class _Call(QWidget):
    """A function, the place where it is, and the line of source beneath."""

    def __init__(self) -> None:
        super().__init__()
        self.frame: TraceFrame | None = None
        self._function = _Line()
        self._function.setObjectName("strong")
        self.place = push_button()
        self.place.setAccessibleName(self.tr("Open the file"))
        self.place.setProperty("link", True)
        self._source = _Line(around=16)
        self._source.setObjectName("source")
        self._source.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        for widget in (self._function, self.place, self._source):
            widget.setProperty(FOREIGN, True)
        vbox(self, hbox(None, (self._function, 1), self.place), self._source, spacing=3)

    def show_frame(self, frame: TraceFrame | None, *, with_source: bool) -> None:
        self.frame = frame
        self.setVisible(frame is not None)
        if frame is None:
            return
        function = plain(frame.function.rpartition("<locals>.")[2], 80)
        self._function.say(function)
        file = plain(os.path.basename(frame.file), 40)
        place = f"{file}:{frame.line}".replace("&", "&&")
        if self.place.text() != place:
            self.place.setText(place)
            explain(self.place, f"{plain(frame.file, 1000)}:{frame.line}")
            self.place.setAccessibleName(self.tr("Open {file}, line {line}").format(file=file, line=frame.line))
        source = plain(frame.source, 200) if with_source else ""
        self._source.say(source)
        self._source.setVisible(bool(source))


class _Line(PlainLabel):
    """One line. What there is no room for ends in an ellipsis, and is told by its tooltip.

    Args:
        around: pixels that its padding takes.
    """

    def __init__(self, around: int = 0) -> None:
        super().__init__()
        self._words, self._around = "", around
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, words: str) -> None:
        if words != self._words:
            self._words = words
            self.setAccessibleName(words)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - self._around
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        say(self, shown)
        explain(self, self._words if shown != self._words else "")


class _Sign(QWidget):
    """The sign of an activity, as in the table."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._color = "", QColor()
        self.setFixedSize(int(SIZE) + 2, int(SIZE) + 5)

    def show_sign(self, name: str, color: QColor) -> None:
        if (name, color) != (self._name, self._color):
            self._name, self._color = name, color
            self.update()

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._name:
            painter = QPainter(self)
            draw_glyph(painter, 1, 3, self._name, self._color)
            painter.end()
