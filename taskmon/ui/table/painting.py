"""How the cells of the table look: painted from plain rows, without asking the model for data.

What a cell shows is worked out first, as plain values, its *contents*: where they are what they were, nothing has to be
painted. All this runs in every frame of a busy table, with the interpreter lock, and keeps it: beside busy threads each
time it is let go costs up to a switch interval for each of them. A text drawn within a rectangle lets it go, and so
does each object of Qt's that Python drops (a QRect, a QColor, a QPen). So texts are drawn at a point, places are plain
numbers, and what Qt wants as an object is kept; only a picture that is made anew drops some.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from taskmon.bridge.table import cells, text
from taskmon.bridge.table.activity import BAR_HEIGHT
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import RowAction, TaskColumn, TaskRow, is_internal
from taskmon.core.base.text import BYTES
from taskmon.core.task.progress import BAR_STEPS
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.glyphs import NOT_LOOKED_AT, SIZE, draw_branch, draw_glyph, draw_state, state_color
from taskmon.ui.widgets.look import Letters, Look
from taskmon.ui.widgets.theme import Tokens, mix, readable

ROW_HEIGHT: Final = 48
"""A comfortable row: the name, and beneath it what is happening."""
COMPACT_HEIGHT: Final = 28
"""A compact row: all of that in one line."""
INDENT: Final = 22
"""How far a subtask stands to the right of its parent."""
BRANCH_WIDTH: Final = 18
"""The room for the arrow before a task with subtasks."""
_ARROW: Final = 12
_PADDING: Final = 10
_BAR_HEIGHT: Final = 5
_BUTTON_HEIGHT: Final = 28
_COMPACT_BUTTON: Final = 24
#: Of a button, to the left edge of its cell, and to both.
_BESIDE_BUTTON: Final = 6
_BUTTON_MARGINS: Final = 16
#: Between a name and the quiet words beside it.
_GAP: Final = 8
#: A bar shorter than this says nothing, in pixels.
_LEAST_BAR: Final = 24
#: A thread with less than this share of a processor rests: it says 0 %.
_RESTS_BELOW: Final = 0.005
_BAR_PITCH: Final = 4
"""From one bar of a spark to the next, in pixels."""
_SEGMENT: Final = 0.25
"""The share of the bar that moves while the total is unknown."""
_BAR_STEP: Final = BAR_STEPS // 400
"""Bars are drawn in four hundred lengths: finer than a pixel of any usual one."""

_S = TaskState
_AS_QUIET: Final = frozenset({_S.SUCCEEDED, _S.CANCELLED, _S.CUT_OFF})
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
_CENTER: Final = int(Qt.AlignmentFlag.AlignCenter)
_NO_PEN: Final = Qt.PenStyle.NoPen
_NO_BRUSH: Final = Qt.BrushStyle.NoBrush
_SMOOTH: Final = QPainter.RenderHint.Antialiasing
#: What a state's words leave for the sign and around it, in pixels.
_SIGN_AND_MARGIN: Final = 28
_C = TaskColumn
#: Waits for what somebody holds.
_HELD: Final = frozenset({"lock", "thread"})


class ButtonState:
    """Which painted buttons look touched, by the ids of their tasks."""

    __slots__ = ("held", "hot", "under")

    def __init__(self) -> None:
        self.hot: int | None = None
        """The one that the pointer is on, if it can be clicked."""
        self.held: int | None = None
        """The one that is held down."""
        self.under: int | None = None
        """The one that the pointer is on, even if it is inert: its row says what it does, or why not."""


# -- contents: what a cell shows -----------------------------------------------------------------------


class NameCell(NamedTuple):
    """A name, and what is happening."""

    name: str
    line: str
    color: QColor
    line_color: QColor
    indent: int
    is_open: bool | None
    """Of a branch that can be opened and closed; None for what has nothing beneath it."""
    unseen: bool


class StateCell(NamedTuple):
    """A sign, and a word or some."""

    state: TaskState
    label: str
    more: str  # quiet, after that
    brief: tuple[str, ...]  # where there is no room for the label: the first of these that has room
    activity: str
    warning: bool
    stuck: bool
    busy: bool


class ProgressCell(NamedTuple):
    """A bar, and how much of how much."""

    amount: str
    brief: str  # the same without the unit, where that has no room
    share: str
    in_bytes: bool
    is_quiet: bool
    bar: QColor
    place: int
    is_unknown: bool
    last_run: int | None
    """Where the last run stood at this time, in `BAR_STEPS`."""


class FigureCell(NamedTuple):
    """Words or a number."""

    figure: str
    color: QColor
    brief: str = ""
    """What is shown instead where there is no room for that."""


class CpuCell(NamedTuple):
    """The share of a processor, and that of the last minute as a spark."""

    figure: str
    color: QColor
    bars: tuple[int, ...]
    busy: bool


class ButtonCell(NamedTuple):
    """What stands on the button, and whether it looks touched."""

    label: str
    action: RowAction
    is_hot: bool
    is_held: bool


Contents = NameCell | StateCell | ProgressCell | FigureCell | CpuCell | ButtonCell | None
"""What a cell shows; None for nothing."""


class Box(NamedTuple):
    """Where a cell is on the page, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Line(NamedTuple):
    """Room for a line of text, in pixels."""

    left: int
    width: int
    baseline: float


class CellPainter:
    """Paints every column of the table. Told by `prepare` what with, once for a page."""

    _look: Look

    def __init__(self, tasks: TaskTableModel, buttons: ButtonState) -> None:
        self._tasks = tasks
        self._buttons = buttons
        self._mirrored = self._compact = False
        self._bar = QRectF()  # kept, and moved instead of made anew

    def prepare(self, look: Look, *, mirrored: bool, compact: bool = False) -> None:
        """Paint with this look from now on, `mirrored` for those who read from the right, `compact` in one line."""
        self._look = look
        self._mirrored, self._compact = mirrored, compact

    # -- what is shown ----------------------------------------------------------------------------

    def contents(self, row: TaskRow, column: TaskColumn) -> Contents:
        """What a cell shows now. Two that are equal look the same."""
        if row.is_group:
            return self._heading(row) if column is _C.NAME else None
        if column is _C.NAME:
            return self._name(row)
        if column is _C.STATE:
            if row.is_fold:  # its name says it; in one line, there is room here for what is in it
                line = text.second_line(row) if self._compact else ""
                return FigureCell(line, self._look.colors.quiet) if line else None
            snapshot = row.snapshot
            facts = snapshot.facts
            stuck = facts is not None and bool(facts.circle)
            label, more = text.state_and_more(row) if self._compact else (text.state_label(row), "")
            brief = text.brief_state_labels(row) if snapshot.state is _S.RUNNING else (label,)
            busy = row.busy_for > 0
            return StateCell(snapshot.state, label, more, brief, _activity(row), snapshot.not_responding, stuck, busy)
        if column is _C.PROGRESS:
            return self._progress(row)
        if column is _C.ACTION:
            return self._button(row)
        figure = cells.cell(row, column)
        if not figure:
            return None
        colors = self._look.colors
        if column is _C.CPU and row.cpu is not None:
            facts = row.snapshot.facts
            rests = facts is None or not facts.cpu or facts.cpu < _RESTS_BELOW
            bars = row.cpu.bars(row.snapshot.taken_at)
            return CpuCell(figure, colors.quiet if rests else colors.text, bars, row.busy_for > 0)
        if column is _C.LEFT and row.stalled_for:
            return FigureCell(figure, colors.failed)
        color = colors.quiet if row.snapshot.state.is_final else colors.text
        return FigureCell(figure, color, text.rate(row, with_unit=False) if column is _C.RATE else "")

    def _heading(self, row: TaskRow) -> NameCell:
        colors = self._look.colors
        name, line = cells.group_name(row), cells.group_line(row)
        return NameCell(name, line, colors.text, colors.quiet, 4 + BRANCH_WIDTH, row.expanded, unseen=False)

    def _name(self, row: TaskRow) -> NameCell:
        colors, tasks = self._look.colors, self._tasks
        indent, is_open = 14, None
        if tasks.has_branches:
            indent = 4 + BRANCH_WIDTH + row.depth * INDENT + (INDENT if tasks.is_grouped else 0)
            is_open = row.expanded if row.children else None
        color = colors.quiet if row.snapshot.state in _AS_QUIET else colors.text
        line, line_color = text.second_line(row), _line_color(row, colors)
        if self._compact and (row.is_fold or text.tells_beside_state(row)):
            line = ""
        return NameCell(text.name(row), line, color, line_color, indent, is_open, row.unseen)

    def _progress(self, row: TaskRow) -> ProgressCell | None:
        snapshot, progress = row.snapshot, row.progress
        state = snapshot.state
        if not row.shows_progress:
            return None
        place, unknown = _bar_place(row)
        return ProgressCell(
            text.amount(row),
            text.amount(row, with_unit=False),
            text.percent(row),
            progress.unit == BYTES,
            state in _AS_QUIET,
            _bar_color(state, self._look.colors),
            place,
            unknown,
            row.last_run or None if state is _S.RUNNING else None,  # at the very start it would look like a cursor
        )

    def _button(self, row: TaskRow) -> ButtonCell | None:
        label = text.action_label(row)
        if not label:
            return None
        action = row.action
        enabled = action is not RowAction.CANCELLING
        held = enabled and self._buttons.held == row.id
        return ButtonCell(label, action, held or (enabled and self._buttons.hot == row.id), held)

    def hint(self, row: TaskRow, *, focused: bool) -> str:
        """What a row says of its button while the pointer or the keys are on that; mostly nothing."""
        return text.cancel_hint(row) if not row.is_group and (focused or self._buttons.under == row.id) else ""

    def anticipate(self, row: TaskRow, state: Box | None, action: Box, *, focused: bool) -> None:
        """Make the pictures of what a press on the row's button will show, if the pointer or the keys are on it.

        They are then there when it is pressed: to make them lets go of the interpreter a dozen times.
        """
        if row.action is not RowAction.CANCEL or row.is_fold or not (focused or self._buttons.hot == row.id):
            return
        asked = TaskRow(row.task, row.snapshot._replace(state=_S.STOPPING), row.sequence)
        contents = self.contents(asked, _C.STATE)
        if state is not None and isinstance(contents, StateCell):
            self._state_picture(contents, state)
        button = self._button(asked)
        if button is not None:
            self._button_picture(button, action, focused=focused)

    # -- how it is painted ------------------------------------------------------------------------

    def ground(self, row: TaskRow, *, selected: bool) -> QColor | None:
        """The colour beneath a row; None for that of the table."""
        if selected:
            return self._look.colors.selection
        return self._look.colors.hover if row.is_group else None

    def rule(self, row: TaskRow, height: int) -> QColor | None:
        """The colour of the line along the lower edge of a row; None where there is none."""
        return self._look.colors.line if height > COMPACT_HEIGHT or row.is_group else None

    def paint(self, painter: QPainter, contents: Contents, column: TaskColumn, box: Box, *, focused: bool) -> None:
        """Paint a cell upon its ground."""
        if contents is None:
            return
        if isinstance(contents, FigureCell):
            self._paint_figure(painter, contents, column, box)
        elif isinstance(contents, CpuCell):
            self._paint_spark(painter, contents, box)
            self._paint_figure(painter, FigureCell(contents.figure, contents.color), column, box)
        elif isinstance(contents, ProgressCell):
            self._paint_progress(painter, contents, box)
        elif isinstance(contents, NameCell):
            self._paint_name(painter, contents, box)
        elif isinstance(contents, StateCell):
            self._paint_state(painter, contents, box)
        else:
            self._paint_button(painter, contents, box, focused=focused)

    def fits(self, contents: Contents, width: int, height: int) -> bool:
        """Whether a cell of this size says all of a name with its line, or of a state."""
        if isinstance(contents, NameCell):
            room = width - 1 - _PADDING - contents.indent
            name = self._look.strong.pixels(contents.name)
            line = self._look.small.pixels(contents.line) if contents.line else 0
            if height <= COMPACT_HEIGHT and line:
                return name + _GAP + line <= room
            return max(name, line) <= room
        if isinstance(contents, StateCell):
            said = f"{contents.label}  {contents.more}" if contents.more else contents.label
            return self._look.plain.pixels(said) <= width - _SIGN_AND_MARGIN
        return False

    def hint_width(self, hint: str, most: int) -> int:
        """How much room a hint takes, at most so many pixels."""
        return min(most, self._look.small.pixels(hint) + 2 * _PADDING + 2)  # some fonts are wider than they say

    def paint_hint(self, painter: QPainter, hint: str, box: Box) -> None:
        """Paint beside the button what it does, upon the row's own ground."""
        colors, small = self._look.colors, self._look.small
        left, width = box.x + _PADDING, box.width - 2 * _PADDING
        painter.setFont(small.font)
        painter.setPen(colors.text)
        line = Line(left, width, small.baseline(box.y, box.height - 1))
        self._write(painter, small, small.fit(hint, width), line, at_end=True)

    def paint_selection(self, painter: QPainter, box: Box) -> None:
        """Mark the edge of a selected row, for those who hardly see its ground."""
        painter.fillRect(self._mirror(box, box.x, 3), box.y, 3, box.height, self._look.colors.accent)

    def paint_focus(self, painter: QPainter, box: Box) -> None:
        """Paint the frame of the cell that the keys are on."""
        painter.setPen(self._look.colors.accent)
        painter.setBrush(_NO_BRUSH)
        painter.drawRect(box.x, box.y, box.width - 1, box.height - 2)

    def _paint_name(self, painter: QPainter, cell: NameCell, box: Box) -> None:
        """A name in semibold, and a quiet line beneath it if there is one."""
        colors, strong, small = self._look.colors, self._look.strong, self._look.small
        x, y, _, height = box
        if cell.unseen:  # a mark at the edge: nobody has looked at this failure yet
            painter.fillRect(x, y, 3, height - 1, colors.failed)
        left = x + cell.indent
        width = x + box.width - 1 - _PADDING - left
        if cell.is_open is not None:
            arrow = self._mirror(box, left - BRANCH_WIDTH + 2, _ARROW)
            self._paint_arrow(painter, arrow, y + (height - 1) // 2 - 6, is_open=cell.is_open)
        left = self._mirror(box, left, width)
        painter.setFont(strong.font)
        painter.setPen(cell.color)
        name = strong.fit(cell.name, width, in_the_middle=True)
        if not cell.line:
            self._write(painter, strong, name, Line(left, width, strong.baseline(y, height - 1)))
        elif height <= COMPACT_HEIGHT:
            self._write(painter, strong, name, Line(left, width, strong.baseline(y, height)))
            taken = strong.pixels(name) + _GAP
            painter.setFont(small.font)
            painter.setPen(cell.line_color)
            left, width = left if self._mirrored else left + taken, width - taken
            self._write(painter, small, small.fit(cell.line, width), Line(left, width, small.baseline(y, height)))
        else:
            middle = y + (height - 1) // 2
            top = middle - strong.height - 1
            self._write(painter, strong, name, Line(left, width, strong.baseline(top, strong.height)))
            painter.setFont(small.font)
            painter.setPen(cell.line_color)
            below = Line(left, width, small.baseline(middle + 2, small.height))
            self._write(painter, small, small.fit(cell.line, width), below)

    def _paint_state(self, painter: QPainter, cell: StateCell, box: Box) -> None:
        painter.drawPixmap(box.x, box.y, self._state_picture(cell, box))

    def _state_picture(self, cell: StateCell, box: Box) -> QPixmap:
        key = ("state", *cell, box.width, box.height, self._mirrored)
        draw = partial(_draw_state_cell, cell=cell, look=self._look, mirrored=self._mirrored)
        return self._look.picture(key, box.width, box.height - 1, draw)

    def _paint_progress(self, painter: QPainter, cell: ProgressCell, box: Box) -> None:
        x, y, _, height = box
        small, colors = self._look.small, self._look.colors
        left, width = x + _PADDING, box.width - 2 * _PADDING - 6
        if height <= COMPACT_HEIGHT:
            self._paint_short_progress(painter, cell, Box(left, y, width, height))
            return
        middle = y + (height - 1) // 2
        # Beneath it stands the bar, if there is one.
        above = small.baseline(middle - small.height - 1, small.height)
        line = Line(left, width, above if cell.place >= 0 else small.baseline(y, height - 1))
        room = width - (small.pixels(cell.share) + 8 if cell.share else 0)
        painter.setFont(small.font)
        painter.setPen(colors.quiet)
        self._write(painter, small, self._fitting_amount(cell, room), line)
        if cell.share:
            if not cell.is_quiet:
                painter.setPen(colors.text)
            self._write(painter, small, cell.share, line, at_end=True)
        self._paint_bar(painter, cell, left, middle + 5, width)
        if cell.last_run is not None:
            at = left + min(width - 2, cell.last_run * width // BAR_STEPS)
            painter.fillRect(at, middle + 3, 2, _BAR_HEIGHT + 4, colors.text)

    def _paint_short_progress(self, painter: QPainter, cell: ProgressCell, box: Box) -> None:
        """One line: the bar, and beside it how far or how much."""
        left, top, width, height = box
        small, colors = self._look.small, self._look.colors
        most = width * 2 // 3
        words = cell.share if cell.in_bytes or not cell.amount else self._fitting_amount(cell, most - 4)
        taken = min(small.pixels(words) + 4, most)
        painter.setFont(small.font)
        painter.setPen(colors.quiet if cell.is_quiet else colors.text)
        line = Line(left, width, small.baseline(top, height))
        self._write(painter, small, small.fit(words, taken), line, at_end=True)
        bar = width - taken - _GAP
        if bar >= _LEAST_BAR:
            at = left + width - bar if self._mirrored else left
            self._paint_bar(painter, cell, at, top + (height - _BAR_HEIGHT) // 2, bar)

    def _fitting_amount(self, cell: ProgressCell, room: int) -> str:
        """How much of how much: figures that are cut off may be taken for others, so the unit is given up before."""
        whole = self._look.small.fit(cell.amount, room)
        return whole if whole == cell.amount else self._look.small.fit(cell.brief, room)

    def _paint_bar(self, painter: QPainter, cell: ProgressCell, x: int, y: int, width: int) -> None:
        """Drawn rather than kept as a picture: bars come in more lengths than any row lives through."""
        radius, bar, place = _BAR_HEIGHT / 2, self._bar, cell.place
        if place < 0:
            return
        painter.setRenderHint(_SMOOTH, True)
        painter.setPen(_NO_PEN)
        painter.setBrush(self._look.colors.track)
        bar.setRect(x, y, width, _BAR_HEIGHT)
        painter.drawRoundedRect(bar, radius, radius)
        if place > 0 or (cell.is_unknown and not place):
            share = place * _BAR_STEP / BAR_STEPS
            if cell.is_unknown:
                bar.setRect(x + share * (1 - _SEGMENT) * width, y, width * _SEGMENT, _BAR_HEIGHT)
            else:
                bar.setRect(x, y, max(_BAR_HEIGHT, width * share), _BAR_HEIGHT)
            painter.setBrush(cell.bar)
            painter.drawRoundedRect(bar, radius, radius)
        painter.setRenderHint(_SMOOTH, False)

    def _paint_figure(self, painter: QPainter, cell: FigureCell, column: TaskColumn, box: Box) -> None:
        figures = self._look.figures
        at_end = cells.COLUMNS[column].to_the_right
        left, width = box.x + 2, box.width - 2 - _PADDING
        if not at_end:
            left, width = left + _PADDING - 2, width - _PADDING + 2
        painter.setFont(figures.font)
        painter.setPen(cell.color)
        line = Line(left, width, figures.baseline(box.y, box.height - 1))
        words = cell.brief if cell.brief and figures.pixels(cell.figure) > width else cell.figure
        self._write(painter, figures, figures.fit(words, width), line, at_end=at_end)

    def _paint_spark(self, painter: QPainter, cell: CpuCell, box: Box) -> None:
        """A bar for each six seconds, where there is room beside the figure; no bar where nobody has looked."""
        width = len(cell.bars) * _BAR_PITCH
        if box.width - self._look.figures.pixels(cell.figure) - _PADDING - 2 < width:
            return
        left, colors = box.x + 2, self._look.colors
        floor = box.y + (box.height + BAR_HEIGHT) // 2 - 1
        ink = colors.warning if cell.busy else colors.accent  # as the sign beside what it does
        for number, bar in enumerate(cell.bars):
            if bar < 0:
                continue
            x = self._mirror(box, left + number * _BAR_PITCH, _BAR_PITCH - 1)
            painter.fillRect(x, floor - max(1, bar), _BAR_PITCH - 1, max(1, bar), ink if bar else colors.line)

    def _paint_button(self, painter: QPainter, cell: ButtonCell, box: Box, *, focused: bool) -> None:
        x, y, _, _ = button_box(box)
        painter.drawPixmap(x, y, self._button_picture(cell, box, focused=focused))

    def _button_picture(self, cell: ButtonCell, box: Box, *, focused: bool) -> QPixmap:
        focused = focused and cell.action is not RowAction.CANCELLING
        hot = cell.is_hot or focused
        framed = hot or box.height > COMPACT_HEIGHT
        _, _, width, height = button_box(box)
        key = ("button", cell.label, cell.action, hot, cell.is_held, focused, framed, width, height)
        draw = partial(_draw_button, cell=cell, hot=hot, focused=focused, framed=framed, look=self._look)
        return self._look.picture(key, width, height, draw)

    def _paint_arrow(self, painter: QPainter, x: int, y: int, *, is_open: bool) -> None:
        draw = partial(_draw_arrow, color=self._look.colors.quiet, is_open=is_open)
        painter.drawPixmap(x, y, self._look.picture(("arrow", is_open), _ARROW, _ARROW, draw))

    def _write(self, painter: QPainter, letters: Letters, words: str, line: Line, *, at_end: bool = False) -> None:
        """Write words where reading begins, or, `at_end`, where it ends. The painter has the font already."""
        left = line.left + line.width - letters.width(words) if at_end is not self._mirrored else line.left
        letters.write(painter, left, line.baseline, words)

    def _mirror(self, box: Box, left: int, width: int) -> int:
        """Where something begins that stands at `left`: as far from the other edge, if people read from there."""
        return 2 * box.x + box.width - left - width if self._mirrored else left


def button_box(cell: Box) -> Box:
    """The place of the button within its cell: the same on every row."""
    top, height = _button_place(cell.y, cell.height)
    return Box(cell.x + _BESIDE_BUTTON, top, cell.width - _BUTTON_MARGINS, height)


def button_rect(cell: QRect) -> QRect:
    """`button_box`, for who asks Qt."""
    return QRect(*button_box(Box(*cell.getRect())))  # type: ignore[misc]


def _button_place(top: int, height: int) -> tuple[int, int]:
    """The top and the height of a button, from those of its row."""
    own = _BUTTON_HEIGHT if height > COMPACT_HEIGHT else _COMPACT_BUTTON
    return top + (height - 1 - own) // 2, own


# -- pictures -----------------------------------------------------------------------------------------


def _draw_state_cell(painter: QPainter, box: QRectF, *, cell: StateCell, look: Look, mirrored: bool) -> None:
    color = state_color(cell.state, look.colors)
    x, y = box.right() - 4 - SIZE if mirrored else 4, box.center().y() - SIZE / 2
    ink = look.colors.text if cell.state is _S.RUNNING else color
    if cell.activity:
        from taskmon.ui.widgets.glyphs import sign_of  # most tables show no threads of others

        name, color = sign_of(cell.activity, look.colors, stuck=cell.stuck)
        if cell.stuck:
            ink = color
        elif cell.busy:
            name, color = "busy", look.colors.warning
        draw_glyph(painter, x, y, name, color)
    else:
        draw_state(painter, x, y, cell.state, color, warning=cell.warning)
    painter.setFont(look.plain.font)
    painter.setPen(ink)
    room = box.adjusted(4, 0, 4 - _SIGN_AND_MARGIN, 0) if mirrored else box.adjusted(_SIGN_AND_MARGIN - 4, 0, -4, 0)
    painter.setLayoutDirection(Qt.LayoutDirection.RightToLeft if mirrored else Qt.LayoutDirection.LeftToRight)
    words = look.plain.fit(cell.label, int(room.width()))
    if words != cell.label:
        brief = next((each for each in cell.brief if look.plain.pixels(each) <= int(room.width())), cell.brief[-1])
        # Who holds what it waits for stands at the end.
        words = look.plain.fit(brief, int(room.width()), in_the_middle=cell.activity in _HELD)
    painter.drawText(room, _LEFT, words)
    taken = look.plain.pixels(words) + _GAP
    if cell.more and words == cell.label and taken < room.width():
        painter.setFont(look.small.font)
        painter.setPen(look.colors.quiet)
        rest = room.adjusted(0, 0, -taken, 0) if mirrored else room.adjusted(taken, 0, 0, 0)
        painter.drawText(rest, _LEFT, look.small.fit(cell.more, int(rest.width())))


def _draw_arrow(painter: QPainter, box: QRectF, *, color: QColor, is_open: bool) -> None:
    draw_branch(painter, box.x(), box.y(), color, is_open=is_open)


def _activity(row: TaskRow) -> str:
    """What a running thread does, as a word; empty if that is not known."""
    snapshot = row.snapshot
    if is_internal(snapshot) and snapshot.state is _S.RUNNING:
        return NOT_LOOKED_AT
    if snapshot.state is not _S.RUNNING or snapshot.facts is None or not row.tells_activity:
        return ""
    return snapshot.facts.activity.value if snapshot.facts.activity is not None else ""


def _draw_button(
    painter: QPainter, box: QRectF, *, cell: ButtonCell, hot: bool, focused: bool, framed: bool, look: Look
) -> None:
    """In compact rows the frame is there only for the pointer and the keys; the word stays in its place."""
    colors, action = look.colors, cell.action
    ground, edge, ink = mix(colors.base, colors.text, 0.05) if colors.dark else colors.base, colors.line, colors.text
    if action is RowAction.CANCELLING:
        ground, ink = colors.base, colors.quiet
    elif action is RowAction.LOCKED and not hot:
        ink = colors.quiet
    elif hot and action is RowAction.CANCEL:
        ground, edge = colors.danger_ground, colors.failed
        ink = readable(colors.failed, ground, colors.text)
        if cell.is_held:
            ground = mix(colors.danger_ground, colors.failed, 0.18)
    elif hot:
        ground, edge = colors.hover, colors.accent
    if framed:
        painter.setPen(QPen(edge, 1.6 if focused else 1.0))
        painter.setBrush(ground)
        painter.drawRoundedRect(box.adjusted(0.8, 0.8, -0.8, -0.8), 5, 5)
    painter.setFont(look.plain.font)
    painter.setPen(ink)
    painter.drawText(box, _CENTER, cell.label)


# -- colours and places ---------------------------------------------------------------------------------


def _bar_place(row: TaskRow) -> tuple[int, bool]:
    """How far the bar is, in steps, or where its segment is while the total is unknown; -1 for none at all."""
    progress = row.progress
    if progress.total is not None:
        return progress.bar_steps // _BAR_STEP, False
    if row.snapshot.state.is_final:
        return -1, False  # an empty one would look like nothing done
    if progress.done is None:
        return 0, False
    # Moves only when work moves: the place is a count of changes seen, not of time.
    steps = BAR_STEPS // _BAR_STEP
    place = (row.phase * steps // 25) % (2 * steps)
    return (place if place <= steps else 2 * steps - place), True


def _bar_color(state: TaskState, colors: Tokens) -> QColor:
    return colors.quiet if state in (_S.CANCELLED, _S.CUT_OFF) else state_color(state, colors)


def _line_color(row: TaskRow, colors: Tokens) -> QColor:
    snapshot = row.snapshot
    if snapshot.not_responding:
        return colors.warning
    return colors.failed if snapshot.state is _S.FAILED else colors.quiet
