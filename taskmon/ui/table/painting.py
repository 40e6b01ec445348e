"""How the cells of the table look: one delegate that paints from plain rows, without asking the model for data.

Runs for every changed cell of every frame, each call with the interpreter lock: so it reads attributes, copies finished
pictures, and draws as few texts as it can.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from taskmon.bridge.table import cells, text
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import RowAction, TaskColumn, TaskRow
from taskmon.core.base.text import BYTES
from taskmon.core.task.progress import BAR_STEPS
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.glyphs import SIZE, draw_branch, draw_glyph, draw_state, state_color
from taskmon.ui.widgets.look import Look
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
#: Between a name and the quiet words beside it.
_GAP: Final = 8
#: A bar shorter than this says nothing, in pixels.
_LEAST_BAR: Final = 24
_SEGMENT: Final = 0.25
"""The share of the bar that moves while the total is unknown."""
_BAR_STEP: Final = BAR_STEPS // 400
"""Bars are drawn in four hundred lengths: finer than a pixel of any usual one."""

_S = TaskState
_AS_QUIET: Final = frozenset({_S.SUCCEEDED, _S.CANCELLED, _S.CUT_OFF})
# Unclipped: in some sizes the underscore of a font lies a pixel below the height that the font reports.
_ONE_LINE: Final = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | _ONE_LINE)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | _ONE_LINE)
_CENTER: Final = int(Qt.AlignmentFlag.AlignCenter)
# QStyle's State_Selected and State_HasFocus as numbers: loading QStyle takes 4 ms of the start, and its flags a Python
# call for each look.
_SELECTED: Final = 0x8000
_FOCUSED: Final = 0x100
_INERT: Final = frozenset({RowAction.CANCELLING, RowAction.LOCKED})
_NAME, _STATE, _PROGRESS, _ACTION = (
    int(column) for column in (TaskColumn.NAME, TaskColumn.STATE, TaskColumn.PROGRESS, TaskColumn.ACTION)
)


class ButtonState:
    """Which painted buttons look touched, by the ids of their tasks."""

    __slots__ = ("held", "hot")

    def __init__(self) -> None:
        self.hot: int | None = None
        """The one that the pointer is on, if it can be clicked."""
        self.held: int | None = None
        """The one that is held down."""


class TaskDelegate(QStyledItemDelegate):
    """Paints every column of the table."""

    def __init__(self, tasks: TaskTableModel, look: Callable[[], Look], buttons: ButtonState, view: QTableView) -> None:
        super().__init__(view)
        self._tasks = tasks
        self._look = look
        self._buttons = buttons
        self._view = view

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = self._tasks.row_at(index.row())
        if row is None:
            return
        look = self._look()
        rect: QRect = option.rect
        if row.is_group:
            self._paint_heading(painter, option, row, is_name=index.column() == _NAME)
            return
        state: int = option.state.value
        selected = state & _SELECTED
        if selected:
            painter.fillRect(rect, look.colors.selection)
        if rect.height() > COMPACT_HEIGHT:
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.colors.line)
        column = index.column()
        if column == _NAME and row.unseen:  # a mark at the edge: nobody has looked at this failure yet
            painter.fillRect(rect.left(), rect.top(), 3, rect.height() - 1, look.colors.failed)
        if column == _NAME:
            self._paint_name(painter, rect, row, look)
        elif column == _STATE:
            self._paint_state(painter, rect, row, look)
        elif column == _PROGRESS:
            self._paint_progress(painter, rect, row, look)
        elif column == _ACTION:
            self._paint_button(painter, rect, row, look, focused=bool(state & _FOCUSED))
        else:
            self._paint_figure(painter, rect, row, TaskColumn(column), look)
        if selected and column != _ACTION and state & _FOCUSED:
            _draw_focus(painter, rect, look)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, self._view.verticalHeader().defaultSectionSize())

    # -- columns ----------------------------------------------------------------------------------

    def _paint_name(self, painter: QPainter, rect: QRect, row: TaskRow, look: Look) -> None:
        colors = look.colors
        if self._tasks.has_branches:
            indent = row.depth * INDENT + (INDENT if self._tasks.is_grouped else 0)
            left = rect.left() + 4 + BRANCH_WIDTH + indent
            if row.children:
                x, y = self._mirrored(rect, left - BRANCH_WIDTH + 2, _ARROW), rect.center().y() - 6
                draw_branch(painter, x, y, colors.quiet, is_open=row.expanded)
        else:
            left = rect.left() + 14
        width = rect.right() - _PADDING - left
        name_color = colors.quiet if row.snapshot.state in _AS_QUIET else colors.text
        self._paint_lines(
            painter,
            QRect(self._mirrored(rect, left, width), rect.top(), width, rect.height()),
            (text.name(row), name_color),
            (text.second_line(row), _line_color(row, colors)),
        )

    def _mirrored(self, cell: QRect, left: int, width: int) -> int:
        """Where something begins that stands at `left`: as far from the other edge, if people read from there."""
        return cell.left() + cell.right() + 1 - left - width if self._view.isRightToLeft() else left

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, row: TaskRow, *, is_name: bool) -> None:
        look = self._look()
        colors, rect, state = look.colors, option.rect, option.state.value
        painter.fillRect(rect, colors.selection if state & _SELECTED else colors.hover)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors.line)
        if not is_name:
            return
        left = rect.left() + 4 + BRANCH_WIDTH
        width = rect.right() - _PADDING - left
        middle = rect.top() + (rect.height() - 1) // 2
        arrow = self._mirrored(rect, left - BRANCH_WIDTH + 2, _ARROW)
        draw_branch(painter, arrow, middle - 6, colors.quiet, is_open=row.expanded)
        self._paint_lines(
            painter,
            QRect(self._mirrored(rect, left, width), rect.top(), width, rect.height()),
            (cells.group_name(row), colors.text),
            (cells.group_line(row), colors.quiet),
        )
        if state & _SELECTED and state & _FOCUSED:
            _draw_focus(painter, rect, look)

    def _paint_lines(self, painter: QPainter, box: QRect, title: tuple[str, QColor], line: tuple[str, QColor]) -> None:
        """A name in semibold, and a quiet line beneath it if there is one."""
        look = self._look()
        painter.setFont(look.strong)
        painter.setPen(title[1])
        name = look.fit(title[0], look.strong_metrics, box.width())
        if not line[0]:
            painter.drawText(box.adjusted(0, 0, 0, -1), _LEFT, name)
            return
        if box.height() <= COMPACT_HEIGHT:
            painter.drawText(box, _LEFT, name)
            taken = look.strong_metrics.horizontalAdvance(name) + _GAP
            rest = box.adjusted(0, 0, -taken, 0) if self._view.isRightToLeft() else box.adjusted(taken, 0, 0, 0)
            painter.setFont(look.small)
            painter.setPen(line[1])
            painter.drawText(rest, _LEFT, look.fit(line[0], look.small_metrics, rest.width()))
            return
        middle = box.top() + (box.height() - 1) // 2
        top = QRect(box.left(), middle - look.strong_height - 1, box.width(), look.strong_height)
        painter.drawText(top, _LEFT, name)
        painter.setFont(look.small)
        painter.setPen(line[1])
        below = QRect(box.left(), middle + 2, box.width(), look.small_height)
        painter.drawText(below, _LEFT, look.fit(line[0], look.small_metrics, box.width()))

    def _paint_state(self, painter: QPainter, rect: QRect, row: TaskRow, look: Look) -> None:
        snapshot = row.snapshot
        label = text.state_label(row)
        size = QSize(rect.width(), rect.height() - 1)
        stuck = snapshot.facts is not None and bool(snapshot.facts.circle)
        key = ("state", snapshot.state, label, _activity(row), stuck, size, self._view.isRightToLeft())
        draw = partial(_draw_state_cell, row=row, label=label, look=look, mirrored=self._view.isRightToLeft())
        painter.drawPixmap(rect.topLeft(), look.picture(key, size, draw))

    def _paint_progress(self, painter: QPainter, rect: QRect, row: TaskRow, look: Look) -> None:
        snapshot = row.snapshot
        if snapshot.started_at is None:
            return
        if row.progress.done is None and (snapshot.state.is_final or snapshot.origin is not None):
            return  # most threads of other programs never report, and a row of empty bars is noise
        left, width = rect.left() + _PADDING, rect.width() - 2 * _PADDING - 6
        middle = rect.top() + (rect.height() - 1) // 2
        share = text.percent(row)
        if rect.height() <= COMPACT_HEIGHT:
            self._paint_short_progress(painter, QRect(left, rect.top(), width, rect.height()), row, look, share)
            return
        line = QRect(left, middle - look.small_height - 1, width, look.small_height)
        room = width - (look.small_metrics.horizontalAdvance(share) + 8 if share else 0)
        painter.setFont(look.small)
        painter.setPen(look.colors.quiet)
        painter.drawText(line, _LEFT, look.fit(text.amount(row), look.small_metrics, room))
        if share:
            if snapshot.state not in _AS_QUIET:
                painter.setPen(look.colors.text)
            painter.drawText(line, _RIGHT, share)
        self._paint_bar(painter, (left, middle + 5), width, row, look)
        if row.last_run is not None and snapshot.state is _S.RUNNING:  # where the last run stood at this time
            at = left + min(width - 2, row.last_run * width // BAR_STEPS)
            painter.fillRect(at, middle + 3, 2, _BAR_HEIGHT + 4, look.colors.text)

    def _paint_short_progress(self, painter: QPainter, box: QRect, row: TaskRow, look: Look, share: str) -> None:
        """One line: the bar, and beside it how far or how much."""
        words = share if row.progress.unit == BYTES else text.amount(row) or share
        width = min(look.small_metrics.horizontalAdvance(words) + 4, box.width() * 2 // 3)
        painter.setFont(look.small)
        painter.setPen(look.colors.quiet if row.snapshot.state in _AS_QUIET else look.colors.text)
        painter.drawText(box, _RIGHT, look.fit(words, look.small_metrics, width))
        bar = box.width() - width - _GAP
        if bar >= _LEAST_BAR:
            left = box.right() + 1 - bar if self._view.isRightToLeft() else box.left()
            self._paint_bar(painter, (left, box.top() + (box.height() - _BAR_HEIGHT) // 2), bar, row, look)

    def _paint_bar(self, painter: QPainter, at: tuple[int, int], width: int, row: TaskRow, look: Look) -> None:
        color = _bar_color(row, look.colors)
        place, unknown = _bar_place(row)
        key = ("bar", color.rgb(), place, unknown, width)
        draw = partial(_draw_bar, place=place, unknown=unknown, color=color, track=look.colors.track)
        painter.drawPixmap(*at, look.picture(key, QSize(width, _BAR_HEIGHT), draw))

    def _paint_figure(self, painter: QPainter, rect: QRect, row: TaskRow, column: TaskColumn, look: Look) -> None:
        figure = cells.cell(row, column)
        if not figure:
            return
        colors = look.colors
        stalled = column is TaskColumn.LEFT and row.stalled_for
        painter.setFont(look.figures)
        painter.setPen(colors.failed if stalled else colors.quiet if row.snapshot.state.is_final else colors.text)
        box = rect.adjusted(2, 0, -_PADDING, -1)
        side = _RIGHT if column in cells.RIGHT_COLUMNS else _LEFT
        box = box if side == _RIGHT else box.adjusted(_PADDING - 2, 0, 0, 0)
        painter.drawText(box, side, look.fit(figure, look.figures_metrics, box.width()))

    def _paint_button(self, painter: QPainter, rect: QRect, row: TaskRow, look: Look, *, focused: bool) -> None:
        label = text.action_label(row)
        if not label:
            return
        action = row.action
        enabled = action not in _INERT
        focused = focused and enabled
        pressed = enabled and self._buttons.held == row.id
        hot = focused or pressed or (enabled and self._buttons.hot == row.id)
        box = button_rect(rect)
        framed = hot or rect.height() > COMPACT_HEIGHT
        key = ("button", label, action, hot, pressed, focused, framed, box.width(), box.height())
        draw = partial(
            _draw_button,
            label=label,
            action=action,
            hot=hot,
            pressed=pressed,
            focused=focused,
            framed=framed,
            look=look,
        )
        painter.drawPixmap(box.topLeft(), look.picture(key, box.size(), draw))


def button_rect(cell: QRect) -> QRect:
    """The place of the button within its cell: the same on every row."""
    height = _BUTTON_HEIGHT if cell.height() > COMPACT_HEIGHT else _COMPACT_BUTTON
    top = cell.top() + (cell.height() - 1 - height) // 2
    return QRect(cell.left() + 6, top, cell.width() - 16, height)


def _draw_focus(painter: QPainter, rect: QRect, look: Look) -> None:
    painter.setPen(QPen(look.colors.accent, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(0, 0, -1, -2))


# -- pictures -----------------------------------------------------------------------------------------


def _draw_state_cell(painter: QPainter, box: QRectF, *, row: TaskRow, label: str, look: Look, mirrored: bool) -> None:
    snapshot = row.snapshot
    color = state_color(snapshot.state, look.colors)
    x, y = box.right() - 4 - SIZE if mirrored else 4, box.center().y() - SIZE / 2
    ink = look.colors.text if snapshot.state is _S.RUNNING else color
    activity = _activity(row)
    if activity:
        from taskmon.ui.widgets.activity_signs import sign_of  # most tables show no threads of others

        name, color = sign_of(activity, look.colors, stuck=bool(snapshot.facts and snapshot.facts.circle))
        if snapshot.facts and snapshot.facts.circle:
            ink = color
        draw_glyph(painter, x, y, name, color)
    else:
        draw_state(painter, x, y, snapshot.state, color, warning=snapshot.not_responding)
    painter.setFont(look.plain)
    painter.setPen(ink)
    room = box.adjusted(4, 0, -24, 0) if mirrored else box.adjusted(24, 0, -4, 0)
    painter.setLayoutDirection(Qt.LayoutDirection.RightToLeft if mirrored else Qt.LayoutDirection.LeftToRight)
    painter.drawText(room, _LEFT, look.fit(label, look.plain_metrics, int(room.width())))


def _activity(row: TaskRow) -> str:
    """What a running thread does, as a word; empty if that is not known."""
    snapshot = row.snapshot
    if snapshot.state is not _S.RUNNING or snapshot.facts is None or not row.tells_activity:
        return ""
    return snapshot.facts.activity.value if snapshot.facts.activity is not None else ""


def _draw_bar(painter: QPainter, box: QRectF, *, place: int, unknown: bool, color: QColor, track: QColor) -> None:
    radius = box.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(track)
    painter.drawRoundedRect(box, radius, radius)
    if place < 0:
        return
    share = place * _BAR_STEP / BAR_STEPS
    painter.setBrush(color)
    if unknown:
        start = share * (1 - _SEGMENT) * box.width()
        painter.drawRoundedRect(QRectF(start, 0, box.width() * _SEGMENT, box.height()), radius, radius)
    elif place:
        painter.drawRoundedRect(QRectF(0, 0, max(box.height(), box.width() * share), box.height()), radius, radius)


def _draw_button(
    painter: QPainter,
    box: QRectF,
    *,
    label: str,
    action: RowAction,
    hot: bool,
    pressed: bool,
    focused: bool,
    framed: bool,
    look: Look,
) -> None:
    """In compact rows the frame is there only for the pointer and the keys; the word stays in its place."""
    colors = look.colors
    ground, edge, ink = mix(colors.base, colors.text, 0.05) if colors.dark else colors.base, colors.line, colors.text
    if action in _INERT:
        ground, ink = colors.base, colors.quiet
    elif hot and action is RowAction.CANCEL:
        ground, edge = colors.danger_ground, colors.failed
        ink = readable(colors.failed, ground, colors.text)
        if pressed:
            ground = mix(colors.danger_ground, colors.failed, 0.18)
    elif hot:
        ground, edge = colors.hover, colors.accent
    if framed:
        painter.setPen(QPen(edge, 1.6 if focused else 1.0))
        painter.setBrush(ground)
        painter.drawRoundedRect(box.adjusted(0.8, 0.8, -0.8, -0.8), 5, 5)
    painter.setFont(look.plain)
    painter.setPen(ink)
    painter.drawText(box, _CENTER, label)


# -- colours and places ---------------------------------------------------------------------------------


def _bar_place(row: TaskRow) -> tuple[int, bool]:
    """How far the bar is, in steps, or where its segment is while the total is unknown; -1 for an empty bar."""
    progress = row.progress
    if progress.total is not None:
        return progress.bar_steps // _BAR_STEP, False
    if row.snapshot.state.is_final or progress.done is None:
        return -1, True
    # Moves only when work moves: the place is a count of changes seen, not of time.
    steps = BAR_STEPS // _BAR_STEP
    place = (row.phase * steps // 25) % (2 * steps)
    return (place if place <= steps else 2 * steps - place), True


def _bar_color(row: TaskRow, colors: Tokens) -> QColor:
    state = row.snapshot.state
    return colors.quiet if state in (_S.CANCELLED, _S.CUT_OFF) else state_color(state, colors)


def _line_color(row: TaskRow, colors: Tokens) -> QColor:
    snapshot = row.snapshot
    if snapshot.not_responding:
        return colors.warning
    return colors.failed if snapshot.state is _S.FAILED else colors.quiet
