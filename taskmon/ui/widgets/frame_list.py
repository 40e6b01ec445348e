"""A traceback or a stack as a list: the program's own code stands out, and Enter opens the file at its line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from taskmon.bridge.details.frames import TraceFrame
from taskmon.bridge.table.text import as_html
from taskmon.core.base.text import plain
from taskmon.ui.widgets.theme import readable, tokens

_FRAME: Final = int(Qt.ItemDataRole.UserRole)
_PADDING: Final = 8
# Absolute: a traceback reads from left to right in every language.
_ABSOLUTE: Final = Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
_LEFT: Final = int(_ABSOLUTE | Qt.AlignmentFlag.AlignLeft)
_RIGHT: Final = int(_ABSOLUTE | Qt.AlignmentFlag.AlignRight)


class FrameList(QListWidget):
    """Lists frames, the innermost first, and the messages of the errors that they belong to.

    Signals:
        open_requested(str, object): the user wants to see a file at a line.
    """

    open_requested = Signal(str, object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames: list[TraceFrame] = []
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setTabKeyNavigation(False)
        self.setItemDelegate(_FrameDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemActivated.connect(self._open)

    @property
    def frames(self) -> list[TraceFrame]:
        return self._frames

    def show_frames(self, frames: Sequence[TraceFrame]) -> None:
        """List `frames`. The selected place stays, and nothing happens if they are the same."""
        if list(frames) == self._frames:
            return
        self._frames = list(frames)
        current = self.currentRow()
        while self.count() > len(self._frames):
            self.takeItem(self.count() - 1)
        for number, frame in enumerate(self._frames):
            item = self.item(number)
            if item is None:
                item = QListWidgetItem()
                self.addItem(item)
            item.setData(_FRAME, number)
            if frame.is_message:
                item.setText(plain(frame.function, 1000))
                item.setToolTip(as_html(plain(frame.function, 1000)))
                continue
            whose = self.tr("own code") if frame.own else self.tr("library")
            source = plain(frame.source, 200)
            words = f"{_where(frame)}, {plain(frame.function, 100)}, {whose}"
            item.setText(f"{words}: {source}" if source else words)
            item.setToolTip(as_html(f"{plain(frame.file, 1000)}:{frame.line}"))
        if current < 0 and self._frames:
            self.setCurrentRow(self._first_of_interest())

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem) -> None:
        number = item.data(_FRAME)
        if isinstance(number, int) and (frame := self.call_at(number)) is not None:
            self.open_requested.emit(frame.file, frame.line)

    def _first_of_interest(self) -> int:
        calls = [number for number, frame in enumerate(self._frames) if not frame.is_message]
        return next((number for number in calls if self._frames[number].own), calls[0] if calls else 0)

    def frame_at(self, place: int) -> TraceFrame | None:
        """The frame in a line of the list."""
        return self._frames[place] if 0 <= place < len(self._frames) else None

    def call_at(self, place: int) -> TraceFrame | None:
        """The call in a line of the list; for a message, the innermost call of its error."""
        return next((frame for frame in self._frames[max(0, place) :] if not frame.is_message), None)


class _FrameDelegate(QStyledItemDelegate):
    """Function and source on the left, file and line on the right; library code is quiet."""

    def __init__(self, view: FrameList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, QFontMetrics(self._view.font()).height() + 8)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        frame = self._view.frame_at(index.row())
        if frame is None:
            return
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # names in code begin with underscores
        colors = tokens(self._view.palette())
        box: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, colors.selection)
        inner = box.adjusted(_PADDING, 0, -_PADDING, 0)
        if frame.is_message:
            self._paint_message(painter, inner, frame)
            return
        font = QFont(self._view.font())
        font.setWeight(QFont.Weight.DemiBold if frame.own else QFont.Weight.Normal)
        metrics = QFontMetrics(font)
        where = metrics.elidedText(_where(frame), Qt.TextElideMode.ElideLeft, inner.width() // 2)
        width = metrics.horizontalAdvance(where)
        painter.setFont(font)
        painter.setPen(colors.text if frame.own else colors.quiet)
        painter.drawText(inner, _RIGHT, where)
        half = max(0, inner.width() - width - 12) // 2
        name = metrics.elidedText(plain(frame.function, 200), Qt.TextElideMode.ElideRight, half)
        painter.drawText(inner, _LEFT, name)
        used = metrics.horizontalAdvance(name) + 14
        room = inner.width() - width - used - 14
        if frame.source and room > 40:
            code = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            code.setPointSizeF(font.pointSizeF() * 0.95)
            painter.setFont(code)
            painter.setPen(colors.quiet)
            source = QFontMetrics(code).elidedText(plain(frame.source, 300), Qt.TextElideMode.ElideRight, room)
            painter.drawText(inner.adjusted(used, 0, 0, 0), _LEFT, source)

    def _paint_message(self, painter: QPainter, box: QRect, frame: TraceFrame) -> None:
        colors = tokens(self._view.palette())
        painter.setFont(self._view.font())
        painter.setPen(readable(colors.failed, colors.base, colors.text))
        words = plain(frame.function, 1000)
        painter.drawText(box, _LEFT, painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, box.width()))


def _where(frame: TraceFrame) -> str:
    return f"{plain(os.path.basename(frame.file), 100)}:{frame.line}"
