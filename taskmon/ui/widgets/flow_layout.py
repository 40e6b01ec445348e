"""A row that goes on in the next line, so that a window can be narrow."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Puts widgets beside each other from the leading edge on, and beneath each other where they do not fit.

    A widget that can grow in width takes what is left of its line, up to its maximum, and stands at the trailing edge.
    """

    def __init__(self, parent: QWidget | None = None, spacing: int = 8) -> None:
        self._items: list[QLayoutItem] = []  # first: Qt asks at once
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)
        if parent is not None:
            parent.setLayout(self)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        within = QRect(0, 0, width - margins.left() - margins.right(), 0)
        return self._arrange(within, move=False) + margins.top() + margins.bottom()

    def minimumSize(self) -> QSize:
        least = QSize(0, 0)
        for item in self._items:
            if not item.isEmpty():
                least = least.expandedTo(item.minimumSize())
        return least.grownBy(self.contentsMargins())

    def sizeHint(self) -> QSize:
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0)).grownBy(self.contentsMargins())

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(self.contentsRect(), move=True)

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        """Arrange the widgets, or only find out the height that it takes."""
        y, line, used = rect.y(), list[tuple[QLayoutItem, int]](), 0
        for item in self._items:
            if item.isEmpty():
                continue
            grows = bool(item.expandingDirections() & Qt.Orientation.Horizontal)
            width = min(max(item.minimumSize().width(), 0 if grows else item.sizeHint().width()), rect.width())
            if line and used + self.spacing() + width > rect.width():
                y = self._end_line(rect, y, line, used, move=move) + self.spacing()
                line, used = [], 0
            used += width + (self.spacing() if line else 0)
            line.append((item, width))
        return (self._end_line(rect, y, line, used, move=move) if line else y) - rect.y()

    def _end_line(self, rect: QRect, y: int, line: list[tuple[QLayoutItem, int]], used: int, *, move: bool) -> int:
        """Put a line of widgets in its place; return where it ends."""
        parent = self.parentWidget()
        mirrored = parent is not None and parent.layoutDirection() is Qt.LayoutDirection.RightToLeft
        x, left, height = 0, rect.width() - used, 0
        places = []
        for item, least in line:
            width = least
            if item.expandingDirections() & Qt.Orientation.Horizontal:
                width += max(0, min(left, item.maximumSize().width() - least))
                x, left = x + left - (width - least), 0
            needed = item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
            places.append((item, rect.x() + (rect.width() - x - width if mirrored else x), width, needed))
            height = max(height, needed)
            x += width + self.spacing()
        if move:
            for item, at, width, needed in places:
                item.setGeometry(QRect(at, y + (height - needed) // 2, width, needed))
        return y + height
