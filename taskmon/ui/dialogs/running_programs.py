"""The list of the Python programs that run already: it stands in a dialog, and on the empty page of the window."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCursor, QEnterEvent, QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from taskmon.attach import MEGABYTES_KEPT
from taskmon.attach.programs import Means
from taskmon.bridge.programs.attaching import Attaching, RunningProgram
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import format_bytes, format_duration, plain
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel, explain, push_button
from taskmon.ui.widgets.layouts import hbox, scrolling, vbox
from taskmon.ui.widgets.look import Look

#: Milliseconds between two looks, while the list is shown.
_LOOK_EVERY_MS: Final = 2_000
#: While the pointer is elsewhere, the time between two looks grows up to this: to look is no work for a window that
#: idles, whatever comes and goes on a busy machine.
_LOOK_SELDOM_MS: Final = 64_000
#: A click on a list that is older, in seconds, is one on what may have changed.
_HOLDS: Final = 5.0
#: A click so soon after rows have moved was meant for what was there before. In seconds.
_DEAD_TIME: Final = 0.5
#: A pointer that has not moved for so long, in seconds, was left where it is: it aims at nothing.
_LEFT_ALONE: Final = 5.0
_ROW_HEIGHT: Final = 46
_MARGIN: Final = 14
_GAP: Final = 10
_BUTTON_WIDTH: Final = 116
_BUTTON_CHARACTERS: Final = 14
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)


class _Column(NamedTuple):
    """A column beside the name, which has the rest of the room."""

    width: int
    alignment: int
    hidden_below: int
    """The width of the list in pixels below which it makes room for the others."""


_PYTHON: Final = _Column(112, _LEFT, 480)
_THREADS: Final = _Column(64, _RIGHT, 560)
_CPU: Final = _Column(60, _RIGHT, 400)
_MEMORY: Final = _Column(76, _RIGHT, 720)
_AGE: Final = _Column(84, _RIGHT, 820)
_COLUMNS: Final = (_PYTHON, _THREADS, _CPU, _MEMORY, _AGE)


def _button_width(widget: QWidget) -> int:
    """The width of the buttons, in pixels: all have the same, wider where words are large."""
    return max(_BUTTON_WIDTH, _BUTTON_CHARACTERS * widget.fontMetrics().averageCharWidth())


class RunningPrograms(QWidget):
    """Lists the programs, attaches to one, and says what came of it. It looks only while it is shown.

    While the pointer moves on the list nothing in it changes its place: a row that goes is kept, without its button,
    and one that comes stands at the end. Once it rests the list is put in order, lest what has ended fill it.

    Signals:
        chosen(int): the program that is the task with this id is shown already, and wanted.
        left(Program): the list is no longer shown, and this program is still waited for.
        dated(str): of when the list is, in words.
    """

    chosen = Signal(object)
    left = Signal(object)
    dated = Signal(str)

    def __init__(self, attaching: Attaching, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attaching = attaching
        self._look: Look | None = None
        self._rows: dict[tuple[int, int], ProgramRow] = {}
        self._header = _Header(self)
        self._list = _List(self._header)
        self._none = PlainLabel(self.tr("Looking for programs…"), quiet=True)
        self._none.setContentsMargins(_MARGIN, 12, _MARGIN, 12)
        self._lines = vbox(self._list, self._none, 1, spacing=0)
        self._scroll = scrolling(self._list)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._words = PlainLabel(wraps=True)
        self._words.setProperty(FOREIGN, True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.wake_button = push_button("", self._wake)
        self.withdraw_button = push_button("", self._withdraw)
        self._strip = QFrame()
        self._strip.setObjectName("notice")
        hbox(self._strip, (self._words, 1), self.wake_button, self.withdraw_button, margins=(_MARGIN, 8, 8, 8))
        self._strip.hide()
        self._meaning = PlainLabel(quiet=True, wraps=True)
        self._meaning.setContentsMargins(_MARGIN, 8, _MARGIN, 10)
        self._meaning.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        card = QFrame()
        card.setObjectName("card")
        vbox(card, self._header, (self._scroll, 1), self._meaning, margins=(1, 1, 1, 1), spacing=0)
        vbox(self, (card, 1), self._strip, spacing=8)
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look_again)
        self._found: list[tuple[int, int]] = []
        self._filled_at = float("-inf")  # in seconds of `time.monotonic`
        self._pressed: tuple[int, int] | None = None  # the program whose button was, on a list that was old
        self._moved_at = -_DEAD_TIME  # when rows last came to stand where others were, in seconds of `time.monotonic`
        self._pointer = QPoint()  # where it was when the list was last filled, and since when
        self._pointer_since = -_LEFT_ALONE
        attaching.listed.connect(self._fill)
        attaching.waiting.connect(self._say_waiting)
        attaching.done.connect(self._finish)
        attaching.failed.connect(self._fail)
        self._translate()

    # -- while it is shown ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._strip.hide()
        if self._attaching.is_waiting:
            self._say_waiting()
        self._look_often()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        # It aims, though it be where it was when it left.
        self._pointer, self._pointer_since = QCursor.pos(), time.monotonic()
        self._look_often()

    def _look_often(self) -> None:
        """Somebody is there: look now, and soon again."""
        if self.isVisible():
            self._attaching.look(afresh=True)
            self._timer.start(_LOOK_EVERY_MS)

    @Slot()
    def _look_again(self) -> None:
        """The time has come; but nothing is looked for that nobody can see."""
        handle = self.window().windowHandle()
        if handle is not None and handle.isExposed():
            self._attaching.look()
        else:
            self._timer.start(_LOOK_SELDOM_MS)

    def _look_later(self, found: list[tuple[int, int]]) -> None:
        if self._timer.isActive():
            changed, self._found = found != self._found, found
            soon = changed and self.underMouse()
            self._timer.start(_LOOK_EVERY_MS if soon else min(4 * self._timer.interval(), _LOOK_SELDOM_MS))

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)
        if self._attaching.is_waiting and not event.spontaneous():
            self.left.emit(self._attaching.asked)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._look = None
        elif event.type() == QEvent.Type.LanguageChange:
            self._translate()
        elif event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._look_often()

    # -- what its rows ask ----------------------------------------------------------------------------------

    def look(self) -> Look:
        """What it is painted with, on the screen that it is on."""
        look = self._look
        if look is None or look.scale != self.devicePixelRatioF():
            look = self._look = Look(self.palette(), self.font(), self.devicePixelRatioF())
        return look

    @property
    def room(self) -> int:
        """The width of a row in pixels: without the scroll bar, if there is one."""
        return self._scroll.viewport().width()

    def boxes(self, width: int, height: int) -> tuple[QRect, list[tuple[int, QRect]]]:
        """Where in a row the name stands, and by number each of the columns for which there is room."""
        right = width - _MARGIN - _button_width(self) - _GAP
        boxes = []
        for number in reversed(range(len(_COLUMNS))):
            column = _COLUMNS[number]
            if self.width() >= column.hidden_below:
                boxes.append((number, QRect(right - column.width, 0, column.width, height)))
                right -= column.width + _GAP
        return QRect(_MARGIN, 0, max(0, right - _MARGIN), height), boxes[::-1]

    def act(self, running: RunningProgram) -> None:
        """Do what the button of a row says."""
        now = time.monotonic()
        if self._attaching.asking or now - self._moved_at < _DEAD_TIME:
            return  # meant for the program that was there before
        if now - self._filled_at > _HOLDS:  # for this program, if it is still there
            self._pressed = running.key
            self._look_often()
        else:
            self._do(running)

    def _do(self, running: RunningProgram) -> None:
        if running.task_id is not None:
            self.chosen.emit(running.task_id)
        elif running.possible:
            self._strip.hide()
            self._attaching.attach(running.program)
            self._show_buttons()
        else:
            self._say(running.why_not)

    # -- the list -------------------------------------------------------------------------------------------

    @property
    def rows(self) -> list[ProgramRow]:
        return sorted(self._rows.values(), key=self._lines.indexOf)

    @Slot(object)
    def _fill(self, found: list[RunningProgram]) -> None:
        fresh = {running.key: running for running in found}
        self._look_later(sorted(fresh))
        if self._rows and self._is_aimed_at():
            order = [row.key for row in self.rows] + [key for key in fresh if key not in self._rows]
        else:
            order = sorted(fresh, key=lambda key: not fresh[key].possible)
        before = [row.key for row in self.rows]
        if order[: len(before)] != before:
            self._moved_at = time.monotonic()
        for key in [key for key in self._rows if key not in order]:
            row = self._rows.pop(key)
            self._lines.removeWidget(row)
            row.deleteLater()
        for place, key in enumerate(order):
            if key not in self._rows:
                self._rows[key] = ProgramRow(self, fresh[key])
            row = self._rows[key]
            if self._lines.indexOf(row) != place:
                self._lines.insertWidget(place, row)  # out of its old place, too
            row.show_program(fresh.get(key))
        if order != before:
            for above, row in pairwise(self.rows):  # Tab goes as they stand, and not as they came
                self.setTabOrder(above.button, row.button)
        self._none.setText(self.tr("No Python program of yours runs."))
        self._none.setVisible(not order)
        self._explain()
        self._show_buttons()
        self._filled_at = time.monotonic()
        self.dated.emit(self.tr("as of {time}").format(time=time.strftime("%H:%M:%S")))
        pressed, self._pressed = self._pressed, None
        if pressed in fresh and not self._attaching.asking:
            self._do(fresh[pressed])

    def _is_aimed_at(self) -> bool:
        """Whether the pointer is on the list and moves, or did so just now."""
        before, self._pointer = self._pointer, QCursor.pos()
        if self._pointer != before:
            self._pointer_since = time.monotonic()
        return self._list.underMouse() and time.monotonic() - self._pointer_since < _LEFT_ALONE

    def _show_buttons(self) -> None:
        for row in self._rows.values():
            row.show_button(busy=self._attaching.asking)

    # -- attaching ------------------------------------------------------------------------------------------

    @property
    def said(self) -> str:
        """What is said beneath the list; empty if nothing is."""
        return "" if self._strip.isHidden() else self._words.text()

    def _say(self, words: str, *, waiting: bool = False) -> None:
        self._words.setText(words)
        self.wake_button.setVisible(waiting and not self._attaching.wakes)
        self.withdraw_button.setVisible(waiting)
        self._strip.show()

    @Slot()
    def _say_waiting(self) -> None:
        asked = self._attaching.asked
        if asked is None:
            return
        words = self.tr(
            "{name} runs no Python code at this moment. It will be attached as soon as it does. Waking it ends a call"
            " in which one of its threads waits, as a signal would: Python begins the call again, a library written in"
            " C may take it for a failure."
        )
        self._say(words.format(name=plain(asked.name, 80)), waiting=True)
        self._show_buttons()

    @Slot()
    def _wake(self) -> None:
        self._attaching.wake()
        self._say_waiting()

    @Slot()
    def _withdraw(self) -> None:
        self._attaching.withdraw()

    @Slot(object)
    def _finish(self, program: object) -> None:
        del program
        self._strip.hide()
        self._show_buttons()

    @Slot(object)
    def _fail(self, error: TaskmonError) -> None:
        self._say(error.message)
        self._show_buttons()

    def _explain(self) -> None:
        """What the buttons mean that can be seen."""
        words = self.tr(
            "Attach shows every thread, with a Cancel where there is a stop flag; it needs Python 3.14, and some"
            " modules of taskmon, about {size} MB, stay in the program until it ends."
        ).format(size=MEGABYTES_KEPT)
        if any(row.running.possible and row.running.program.means is Means.LOOK for row in self._rows.values()):
            words += " " + self.tr("Look only shows threads and stacks from outside, and changes nothing.")
        if self._meaning.text() != words:
            self._meaning.setText(words)

    def _translate(self) -> None:
        self._explain()
        self.wake_button.setText(self.tr("Wake it"))
        self.withdraw_button.setText(self.tr("Withdraw"))
        self.setAccessibleName(self.tr("Running Python programs"))
        self._header.update()
        for row in self._rows.values():
            row.show_program(row.running)
        self._show_buttons()


class _List(QWidget):
    """What the rows stand in. The names of the columns stand where they do, which a scroll bar takes room from."""

    def __init__(self, header: QWidget) -> None:
        super().__init__()
        self._header = header

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._header.update()


class _Header(QWidget):
    """The names of the columns."""

    def __init__(self, owner: RunningPrograms) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setFixedHeight(34)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._owner.look()
        names = (self.tr("Python"), self.tr("Threads"), self.tr("CPU"), self.tr("Memory"), self.tr("Runs for"))
        place, boxes = self._owner.boxes(self._owner.room, self.height())
        painter = QPainter(self)
        painter.setFont(look.plain.font)
        painter.setPen(look.colors.quiet)
        painter.drawText(place, _LEFT, look.plain.fit(self.tr("Program"), place.width()))
        for number, box in boxes:
            words = look.plain.fit(names[number], box.width())
            painter.drawText(box, _COLUMNS[number].alignment, words)
        painter.setBackground(look.colors.line)
        painter.eraseRect(0, self.height() - 1, self.width(), 1)  # fillRect would have PySide make all of QGradient
        painter.end()


class ProgramRow(QWidget):
    """One program, and the button that says what can be done with it."""

    def __init__(self, owner: RunningPrograms, running: RunningProgram) -> None:
        super().__init__()
        self._owner = owner
        self.running = running
        """As it was when it was last seen."""
        self._gone = False
        self._shown: tuple[object, ...] = ()
        self._figures_shown: tuple[str, ...] = ()
        self.button = push_button("", self._act)
        self.button.setParent(self)
        self._height = max(_ROW_HEIGHT, 2 * self.fontMetrics().lineSpacing() + _MARGIN)
        self.setFixedHeight(self._height)

    @property
    def key(self) -> tuple[int, int]:
        """By which it is the same in every look."""
        return self.running.key

    def sizeHint(self) -> QSize:
        return QSize(300, self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        width, height = _button_width(self), self.button.sizeHint().height()
        self.button.setGeometry(self.width() - _MARGIN - width, (self._height - 1 - height) // 2, width, height)

    def show_program(self, running: RunningProgram | None) -> None:
        """Take over what a look has found; None if the program has gone."""
        self._gone = running is None
        if running is not None:
            self.running = running
        why = self.tr("It has ended.") if self._gone else self.running.why_not
        program = self.running.program
        before, self._figures_shown = self._figures_shown, tuple(map(self._figure, range(len(_COLUMNS))))
        shown = (why, self.running.possible, program.name, program.arguments, self._where(), self._remark())
        if shown == self._shown:
            for number, box in self._owner.boxes(self.width(), self.height())[1]:
                if self._figures_shown[number] != before[number]:
                    self.update(box)
            return
        self._shown = shown
        self.setAccessibleName(f"{plain(program.name, 80)}, Python {program.version}")
        explain(self, why)
        self.button.setAccessibleDescription(why)
        self.update()

    def show_button(self, *, busy: bool) -> None:
        """Say what it does. Nothing else is asked for while a program is being asked."""
        running = self.running
        if running.task_id is not None:
            label = self.tr("Show")
        elif running.possible:
            label = self.tr("Look only") if running.program.means is Means.LOOK else self.tr("Attach")
        else:
            label = self.tr("Why not?")
        if self.button.property("flat") is not (not running.possible):
            self.button.setProperty("flat", not running.possible)
            if self.button.text():  # else it has not been seen yet, and to load the class of styles takes 5 ms
                self.button.style().polish(self.button)
        self.button.setText(label)
        self.button.setAccessibleName(f"{label} {plain(running.program.name, 80)}")
        self.button.setEnabled(not busy)
        self.button.setHidden(self._gone)

    @Slot()
    def _act(self) -> None:
        self._owner.act(self.running)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._owner.look()
        name, boxes = self._owner.boxes(self.width(), self.height())
        faint = self._gone or not self.running.possible
        area = event.rect()
        painter = QPainter(self)
        if area.intersects(name):
            self._paint_name(painter, name, look, faint=faint)
        for number, box in boxes:
            if not area.intersects(box):
                continue
            painter.setFont(look.figures.font)
            painter.setPen(look.colors.quiet if faint else look.colors.text)
            words, alignment = self._figures_shown[number], _COLUMNS[number].alignment
            remark = self._remark() if number == 0 else ""
            first, second = self._halves(box, look) if remark else (box, box)
            painter.drawText(first, alignment, look.figures.fit(words, box.width()))
            if remark:
                painter.setFont(look.small.font)
                painter.setPen(look.colors.quiet)
                painter.drawText(second, alignment, look.small.fit(remark, box.width()))
        painter.fillRect(_MARGIN, self.height() - 1, self.width() - 2 * _MARGIN, 1, look.colors.line)
        painter.end()

    def _paint_name(self, painter: QPainter, name: QRect, look: Look, *, faint: bool) -> None:
        program = self.running.program
        title, small = self._halves(name, look)
        painter.setFont(look.strong.font)
        painter.setPen(look.colors.quiet if faint else look.colors.text)
        words = look.strong.fit(plain(program.name, 80), title.width())
        painter.drawText(title, _LEFT, words)
        taken = look.strong.pixels(words) + 8
        if program.arguments and title.width() - taken > 30:
            painter.setFont(look.plain.font)
            painter.setPen(look.colors.quiet)
            rest = title.adjusted(taken, 0, 0, 0)
            painter.drawText(rest, _LEFT, look.plain.fit(plain(program.arguments), rest.width()))
        painter.setFont(look.small.font)
        painter.setPen(look.colors.quiet)
        painter.drawText(small, _LEFT, look.small.fit(self._where(), small.width()))

    def _halves(self, box: QRect, look: Look) -> tuple[QRect, QRect]:
        middle = box.top() + (self._height - 1) // 2
        return (
            QRect(box.left(), middle - look.strong.height - 1, box.width(), look.strong.height),
            QRect(box.left(), middle + 2, box.width(), look.small.height),
        )

    def _figure(self, number: int) -> str:
        program = self.running.program
        if number == 0:
            return str(program.version)
        if self._gone:
            return ""  # what it used to use is not what it uses
        if number == 1:
            return str(program.threads)
        if number == 2:
            return f"{self.running.cpu:.0%}".replace("%", " %")
        return format_bytes(program.memory) if number == 3 else format_duration(program.age)

    def _remark(self) -> str:
        if self._gone:
            return self.tr("has ended")
        if self.running.task_id is not None:
            return self.tr("in the table")
        return self.running.short_reason

    def _where(self) -> str:
        program = self.running.program
        parts = [self.tr("process {pid}").format(pid=program.pid), plain(_short(program.folder), 300) or "?"]
        if program.environment:
            parts.append(plain(os.path.basename(program.environment), 60))
        return " · ".join(parts)


def _short(folder: str) -> str:
    home = os.path.expanduser("~")
    return f"~{folder[len(home) :]}" if home != "/" and (folder + "/").startswith(home + "/") else folder
