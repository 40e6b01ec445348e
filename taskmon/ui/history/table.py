"""The table of the history: it looks like the table of the window, and nothing in it moves."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from taskmon.bridge.history import text
from taskmon.bridge.history.history import Entry
from taskmon.bridge.history.model import RIGHT_COLUMNS, HistoryModel
from taskmon.bridge.history.text import HistoryColumn
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.glyphs import SIZE, draw_state
from taskmon.ui.widgets.look import Look

_ROW_HEIGHT: Final = 46
_PADDING: Final = 10
_WIDTHS: Final = {
    HistoryColumn.STATE: 124,
    HistoryColumn.STARTED: 122,
    HistoryColumn.TOOK: 88,
    HistoryColumn.AMOUNT: 168,
    HistoryColumn.PROGRAM: 110,
}
#: Below this width of the table, in pixels, a column makes room for the others.
_HIDDEN_BELOW: Final = {
    HistoryColumn.PROGRAM: 980,
    HistoryColumn.AMOUNT: 840,
    HistoryColumn.TOOK: 560,
    HistoryColumn.STARTED: 460,
}
# Unclipped, as in `painting`: the underscore of a font may lie a pixel below the height that the font reports.
_ONE_LINE: Final = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | _ONE_LINE)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | _ONE_LINE)
_S = TaskState


class HistoryTable(QTableView):
    def __init__(self, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries = model
        self._look: Look | None = None
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(self.tr("History"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setFixedHeight(34)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(60)
        header.setSectionResizeMode(HistoryColumn.NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)

    def look(self) -> Look:
        """What it is painted with, on the screen that it is on."""
        look = self._look
        if look is None or look.scale != self.devicePixelRatioF():
            look = self._look = Look(self.palette(), self.font(), self.devicePixelRatioF())
        return look

    def current_entry(self) -> Entry | None:
        """The task of the current row."""
        return self.entries.entry_at(self.currentIndex().row())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column, limit in _HIDDEN_BELOW.items():
            if self.isColumnHidden(column) != (self.width() < limit):
                self.setColumnHidden(column, self.width() < limit)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._look = None


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: HistoryTable) -> None:
        super().__init__(view)
        self._view = view

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = self._view.entries.entry_at(index.row())
        if entry is None:
            return
        look, rect = self._view.look(), option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect, look.colors.selection)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.colors.line)
        column = HistoryColumn(index.column())
        if column is HistoryColumn.NAME:
            _paint_name(painter, rect, entry, look)
        elif column is HistoryColumn.STATE:
            _paint_state(painter, rect, entry, look)
        else:
            _paint_figure(painter, rect, entry, column, look)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(look.colors.accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -2))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, _ROW_HEIGHT)


def _paint_name(painter: QPainter, rect: QRect, entry: Entry, look: Look) -> None:
    left, width = rect.left() + 14, rect.width() - 14 - _PADDING
    line = text.second_line(entry)
    painter.setFont(look.strong.font)
    painter.setPen(look.colors.text)
    title = look.strong.fit(text.name(entry), width)
    if not line:
        painter.drawText(QRect(left, rect.top(), width, rect.height() - 1), _LEFT, title)
        return
    middle = rect.top() + (rect.height() - 1) // 2
    painter.drawText(QRect(left, middle - look.strong.height - 1, width, look.strong.height), _LEFT, title)
    painter.setFont(look.small.font)
    failed = entry.state == _S.FAILED.value
    painter.setPen(look.colors.failed if failed else look.colors.quiet)
    line = look.small.fit(line, width)
    painter.drawText(QRect(left, middle + 2, width, look.small.height), _LEFT, line)


def _paint_state(painter: QPainter, rect: QRect, entry: Entry, look: Look) -> None:
    label = text.state_label(entry)
    size = QSize(rect.width(), rect.height() - 1)
    draw = partial(_draw_state, entry=entry, label=label, look=look)
    painter.drawPixmap(
        rect.topLeft(), look.picture((entry.state, label, size.width()), size.width(), size.height(), draw)
    )


def _draw_state(painter: QPainter, box: QRectF, *, entry: Entry, label: str, look: Look) -> None:
    state = text.state_of(entry)
    color = _color(state, look)
    draw_state(painter, 4, box.center().y() - SIZE / 2, state or _S.HELD, color)
    painter.setFont(look.plain.font)
    painter.setPen(color)
    room = box.adjusted(24, 0, -4, 0)
    painter.drawText(room, _LEFT, look.plain.fit(label, int(room.width())))


def _color(state: TaskState | None, look: Look) -> QColor:
    if state in (_S.FAILED, _S.LOST):
        return look.colors.failed
    if state is _S.SUCCEEDED:
        return look.colors.done
    return look.colors.accent if state is _S.RUNNING else look.colors.quiet


def _paint_figure(painter: QPainter, rect: QRect, entry: Entry, column: HistoryColumn, look: Look) -> None:
    figure = text.cell(entry, column)
    if not figure:
        return
    painter.setFont(look.figures.font)
    painter.setPen(look.colors.quiet)
    box = rect.adjusted(_PADDING, 0, -_PADDING, -1)
    side = _RIGHT if column in RIGHT_COLUMNS else _LEFT
    painter.drawText(box, side, look.figures.fit(figure, box.width()))
