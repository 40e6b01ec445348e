"""How the cells of the table look: one delegate that paints from plain rows, without asking the model for data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from taskmon.bridge import text
from taskmon.bridge.rows import RowAction, TaskColumn, TaskRow
from taskmon.core.state import TaskState
from taskmon.ui.glyphs import SIZE, draw_branch, draw_state
from taskmon.ui.theme import Tokens, mix, readable, tokens

if TYPE_CHECKING:
    from taskmon.ui.view import TaskView

ROW_HEIGHT: Final = 50
INDENT: Final = 22
"""How far a subtask stands to the right of its parent."""
BRANCH_WIDTH: Final = 18
"""The room for the arrow before a task with subtasks."""
_PADDING: Final = 10
_BAR_HEIGHT: Final = 5
_BUTTON_HEIGHT: Final = 28
_SEGMENT: Final = 0.25
"""The share of the bar that moves while the total is unknown."""

_S = TaskState
_AS_QUIET: Final = frozenset({_S.SUCCEEDED, _S.CANCELLED})
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTER: Final = Qt.AlignmentFlag.AlignCenter
_ELIDE: Final = Qt.TextElideMode.ElideRight


class TaskDelegate(QStyledItemDelegate):
    """Paints every column of a `TaskView`."""

    def __init__(self, view: TaskView) -> None:
        super().__init__(view)
        self._view = view
        self._fonts: tuple[str, QFont, QFont, QFont, QFontMetrics, QFontMetrics] | None = None

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = self._view.tasks.row_at(index.row())
        if row is None:
            return
        colors = tokens(self._view.palette())
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.fillRect(rect, colors.selection if selected else colors.base)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors.line)
        painter.save()
        column = TaskColumn(index.column())
        if column is TaskColumn.NAME:
            self._paint_name(painter, rect, row, colors)
        elif column is TaskColumn.STATE:
            self._paint_state(painter, rect, row, colors)
        elif column is TaskColumn.PROGRESS:
            self._paint_progress(painter, rect, row, colors)
        elif column is TaskColumn.ACTION:
            self._paint_button(painter, rect, row, colors)
        else:
            self._paint_figure(painter, rect, row, column, colors)
        painter.restore()
        if selected and state & QStyle.StateFlag.State_HasFocus and column is not TaskColumn.ACTION:
            painter.setPen(QPen(colors.accent, 1))
            painter.drawRect(rect.adjusted(0, 0, -1, -2))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, ROW_HEIGHT)

    # -- columns ----------------------------------------------------------------------------------

    def _paint_name(self, painter: QPainter, rect: QRect, row: TaskRow, colors: Tokens) -> None:
        strong, _, small, strong_metrics, small_metrics = self._styles()
        left = rect.left() + 4 + BRANCH_WIDTH * (1 if self._view.tasks.has_branches else 0) + row.depth * INDENT
        if not self._view.tasks.has_branches:
            left = rect.left() + 14
        if row.children:
            draw_branch(painter, left - BRANCH_WIDTH + 2, rect.center().y() - 6, colors.quiet, is_open=row.expanded)
        width = rect.right() - _PADDING - left
        title, line = text.name(row), text.second_line(row)
        painter.setFont(strong)
        painter.setPen(colors.quiet if row.snapshot.state in _AS_QUIET else colors.text)
        if not line:
            box = QRect(left, rect.top(), width, rect.height() - 1)
            painter.drawText(box, _LEFT, strong_metrics.elidedText(title, _ELIDE, width))
            return
        middle = rect.top() + (rect.height() - 1) // 2
        upper = QRect(left, middle - strong_metrics.height() - 1, width, strong_metrics.height())
        lower = QRect(left, middle + 2, width, small_metrics.height())
        painter.drawText(upper, _LEFT, strong_metrics.elidedText(title, _ELIDE, width))
        painter.setFont(small)
        painter.setPen(_line_color(row, colors))
        painter.drawText(lower, _LEFT, small_metrics.elidedText(line, _ELIDE, width))

    def _paint_state(self, painter: QPainter, rect: QRect, row: TaskRow, colors: Tokens) -> None:
        snapshot = row.snapshot
        color = _state_color(row, colors)
        top = rect.center().y() - SIZE / 2
        draw_state(painter, rect.left() + 4, top, snapshot.state, color, warning=snapshot.not_responding)
        painter.setFont(self._view.font())
        plain_state = snapshot.state is _S.RUNNING
        painter.setPen(colors.text if plain_state else color)
        box = rect.adjusted(24, 0, -4, -1)
        label = QFontMetrics(self._view.font()).elidedText(text.state_label(row), _ELIDE, box.width())
        painter.drawText(box, _LEFT, label)

    def _paint_progress(self, painter: QPainter, rect: QRect, row: TaskRow, colors: Tokens) -> None:
        snapshot = row.snapshot
        progress = snapshot.progress
        if snapshot.started_at is None or (snapshot.state.is_final and progress.done is None):
            return
        _, _, small, _, metrics = self._styles()
        box = rect.adjusted(_PADDING, 0, -_PADDING - 6, -1)
        middle = rect.top() + (rect.height() - 1) // 2
        painter.setFont(small)
        share = text.percent(row)
        line = QRect(box.left(), middle - metrics.height() - 1, box.width(), metrics.height())
        room = line.width() - (metrics.horizontalAdvance(share) + 8 if share else 0)
        painter.setPen(colors.quiet)
        painter.drawText(line, _LEFT, metrics.elidedText(text.amount(row), _ELIDE, room))
        if share:
            painter.setPen(colors.quiet if snapshot.state in _AS_QUIET else colors.text)
            painter.drawText(line, _RIGHT, share)
        self._paint_bar(painter, QRectF(box.left(), middle + 5, box.width(), _BAR_HEIGHT), row, colors)

    def _paint_bar(self, painter: QPainter, bar: QRectF, row: TaskRow, colors: Tokens) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = bar.height() / 2
        progress = row.snapshot.progress
        painter.setBrush(colors.track)
        painter.drawRoundedRect(bar, radius, radius)
        fraction = progress.fraction
        if fraction is None:
            if row.snapshot.state.is_final:
                return
            # Moves only when work moves: the place is a count of changes seen, not of time.
            place = (row.phase * 0.04) % 2
            start = (place if place <= 1 else 2 - place) * (1 - _SEGMENT)
            filled = QRectF(bar.left() + bar.width() * start, bar.top(), bar.width() * _SEGMENT, bar.height())
        elif fraction <= 0:
            return
        else:
            filled = QRectF(bar.left(), bar.top(), max(bar.height(), bar.width() * fraction), bar.height())
        painter.setBrush(_bar_color(row, colors))
        painter.drawRoundedRect(filled, radius, radius)

    def _paint_figure(self, painter: QPainter, rect: QRect, row: TaskRow, column: TaskColumn, colors: Tokens) -> None:
        figure = text.cell(row, column)
        if not figure:
            return
        font = self._styles()[1]
        painter.setFont(font)
        stalled = column is TaskColumn.LEFT and row.stalled_for
        quiet = row.snapshot.state.is_final
        painter.setPen(colors.failed if stalled else colors.quiet if quiet else colors.text)
        box = rect.adjusted(2, 0, -_PADDING, -1)
        painter.drawText(box, _RIGHT, QFontMetrics(font).elidedText(figure, _ELIDE, box.width()))

    def _paint_button(self, painter: QPainter, rect: QRect, row: TaskRow, colors: Tokens) -> None:
        label = text.action_label(row)
        if not label:
            return
        box = QRectF(button_rect(rect))
        action = row.action
        enabled = action not in (RowAction.CANCELLING, RowAction.LOCKED)
        hot = enabled and self._view.hot_task == row.id
        pressed = enabled and self._view.pressed_task == row.id
        focused = enabled and self._view.focused_task == row.id
        ground, edge, ink = _button_ground(colors), colors.line, colors.text
        if not enabled:
            ground, ink = colors.base, colors.quiet
        elif (hot or focused or pressed) and action is RowAction.CANCEL:
            ground, edge = colors.danger_ground, colors.failed
            ink = readable(colors.failed, ground, colors.text)
            if pressed:
                ground = mix(colors.danger_ground, colors.failed, 0.18)
        elif hot or focused or pressed:
            ground, edge = colors.hover, colors.accent
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(edge, 1.6 if focused else 1.0))
        painter.setBrush(ground)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.setFont(self._view.font())
        painter.setPen(ink)
        painter.drawText(box, _CENTER, label)

    # -- fonts ------------------------------------------------------------------------------------

    def _styles(self) -> tuple[QFont, QFont, QFont, QFontMetrics, QFontMetrics]:
        """Strong, figures and small, and the metrics of strong and small, for the view's present font."""
        base = self._view.font()
        key = base.key()
        if self._fonts is None or self._fonts[0] != key:
            strong = QFont(base)
            strong.setWeight(QFont.Weight.DemiBold)
            figures = QFont(base)
            if hasattr(figures, "setFeature"):  # Qt 6.7: digits of equal width, so that figures do not jitter
                figures.setFeature(QFont.Tag("tnum"), 1)
            small = QFont(figures)
            small.setPointSizeF(max(7.0, base.pointSizeF() * 0.87))
            self._fonts = (key, strong, figures, small, QFontMetrics(strong), QFontMetrics(small))
        return self._fonts[1:]


def button_rect(cell: QRect) -> QRect:
    """The place of the button within its cell: the same on every row."""
    return QRect(
        cell.left() + 6, cell.top() + (cell.height() - 1 - _BUTTON_HEIGHT) // 2, cell.width() - 16, _BUTTON_HEIGHT
    )


def _button_ground(colors: Tokens) -> QColor:
    return mix(colors.base, colors.text, 0.05) if colors.dark else colors.base


def _state_color(row: TaskRow, colors: Tokens) -> QColor:
    state = row.snapshot.state
    if row.snapshot.not_responding or state in (_S.FAILED, _S.LOST):
        return colors.failed
    if state in (_S.STOPPING, _S.PAUSED, _S.PAUSING):
        return colors.warning
    if state is _S.RUNNING:
        return colors.accent
    return colors.done if state is _S.SUCCEEDED else colors.quiet


def _bar_color(row: TaskRow, colors: Tokens) -> QColor:
    state = row.snapshot.state
    if state is _S.SUCCEEDED:
        return mix(colors.base, colors.done, 0.75)
    return colors.quiet if state is _S.CANCELLED else _state_color(row, colors)


def _line_color(row: TaskRow, colors: Tokens) -> QColor:
    snapshot = row.snapshot
    return colors.failed if snapshot.not_responding or snapshot.state is _S.FAILED else colors.quiet
