"""What a panel shows in place of an empty table."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QStackedLayout, QVBoxLayout, QWidget

from taskmon.ui.labels import PlainLabel


class NoRows(QWidget):
    """What stands in place of an empty table: what belongs here, or that a filter hides everything."""

    clear_filter = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = QStackedLayout(self)
        self._page: QWidget = _centered(PlainLabel(self.tr("No tasks yet")))
        no_match = PlainLabel(self.tr("No task matches the filter"))
        clear = QPushButton(self.tr("Clear filter"))
        clear.clicked.connect(self.clear_filter)
        self._no_match = _centered(no_match, clear)
        self._stack.addWidget(self._page)
        self._stack.addWidget(self._no_match)

    def set_page(self, page: QWidget) -> None:
        self._stack.removeWidget(self._page)
        self._page.deleteLater()
        self._page = page
        self._stack.insertWidget(0, page)
        self._stack.setCurrentWidget(page)

    def set_filtered(self, filtered: bool) -> None:
        self._stack.setCurrentWidget(self._no_match if filtered else self._page)


def _centered(*widgets: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.addStretch(2)
    for widget in widgets:
        layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch(3)
    return page
