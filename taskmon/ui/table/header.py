"""The header above the columns: its labels never touch the arrow of the sort."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHeaderView, QWidget

from taskmon.ui.widgets.glyphs import draw_sort
from taskmon.ui.widgets.theme import tokens

_PADDING: Final = 10
_ARROW: Final = 12
"""The room for the arrow, kept free beside the label."""


class TaskHeader(QHeaderView):
    """Paints label and arrow side by side, in the colours of the palette."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFixedHeight(34)
        self.setHighlightSections(False)
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setFirstSectionMovable(True)
        self.setSortIndicatorShown(True)
        self.setSortIndicatorClearable(True)
        self.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setMinimumSectionSize(60)
        self.setAccessibleName(self.tr("Columns"))
        self.setToolTip(self.tr("Click to sort, drag to move, right-click for more columns"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line along its lower edge goes on above the room for the scroll bar."""
        super().paintEvent(event)
        end = self.length() - self.offset()
        painter = QPainter(self.viewport())
        left, width = (0, self.width() - end) if self.isRightToLeft() else (end, self.width() - end)
        painter.fillRect(left, self.height() - 1, max(0, width), 1, tokens(self.palette()).line)
        painter.end()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        colors = tokens(self.palette())
        painter.save()
        painter.fillRect(rect, colors.base)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors.line)
        if self.cursor().shape() == Qt.CursorShape.SplitHCursor:  # where the columns can be resized
            painter.fillRect(rect.right(), rect.top() + 9, 1, rect.height() - 18, colors.line)
        model = self.model()
        label = str(model.headerData(logicalIndex, Qt.Orientation.Horizontal) or "")
        role = Qt.ItemDataRole.TextAlignmentRole
        alignment = int(model.headerData(logicalIndex, Qt.Orientation.Horizontal, role))
        is_sorted = logicalIndex == self.sortIndicatorSection()
        box = rect.adjusted(_PADDING, 0, -_PADDING, -1)
        metrics = self.fontMetrics()
        room = box.width() - (_ARROW if is_sorted else 0)
        label = metrics.elidedText(label, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(label)
        mirrored = self.isRightToLeft()
        to_right = bool(alignment & int(Qt.AlignmentFlag.AlignRight)) is not mirrored
        left = box.right() + 1 - width if to_right else box.left()
        painter.setPen(QPen(colors.text if is_sorted else colors.quiet))
        painter.drawText(QRect(left, box.top(), width + 1, box.height()), int(Qt.AlignmentFlag.AlignVCenter), label)
        if is_sorted and label:
            x = left - _ARROW if to_right else left + width + 4
            descending = self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
            draw_sort(painter, x, box.center().y() - 4, colors.text, descending=descending)
        painter.restore()
