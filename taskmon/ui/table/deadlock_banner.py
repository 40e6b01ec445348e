"""The banner above the table that tells of threads which wait for each other. Made with the first deadlock."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from taskmon.bridge.table.deadlock import DeadlockRows
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel


class DeadlockBanner(QFrame):
    """Says who waits for whom until that is over, or until it is closed. Takes no focus by itself.

    Args:
        show_rows: selects the rows with these ids.
        parent: the widget that it belongs to.
    """

    def __init__(self, show_rows: Callable[[Iterable[int]], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._show_rows = show_rows
        self._told: DeadlockRows | None = None
        self._closed: frozenset[int] = frozenset()
        self.setObjectName("danger")
        self._title, self._sentence = PlainLabel(), PlainLabel()
        self._title.setObjectName("dangerTitle")
        for label in (self._title, self._sentence):
            label.setProperty(FOREIGN, True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._sentence.setWordWrap(True)
        self._sentence.setMinimumWidth(60)
        self.show_button = QPushButton(self.tr("Show"))
        self.close_button = QPushButton(self.tr("Close"))
        for button in (self.show_button, self.close_button):
            button.setAutoDefault(False)
        self.show_button.clicked.connect(self._show)
        self.close_button.clicked.connect(self._close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 5, 8, 5)
        layout.setSpacing(10)
        layout.addWidget(self._title)
        layout.addWidget(self._sentence, 1)
        layout.addWidget(self.show_button)
        layout.addWidget(self.close_button)
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty while nothing is."""
        return f"{self._title.text()} {self._sentence.text()}" if not self.isHidden() else ""

    def tell(self, deadlock: DeadlockRows | None) -> None:
        """Tell of a deadlock, or that there is none any more. One that was closed is not told of again."""
        self._told = deadlock
        if deadlock is None or frozenset(deadlock.ids) == self._closed:
            self.hide()
            return
        self._title.setText(deadlock.title)
        self._sentence.setText(deadlock.sentence)
        self.show_button.setAccessibleDescription(f"{deadlock.title}, {deadlock.sentence}")
        self.show()

    @Slot()
    def _show(self) -> None:
        if self._told is not None:
            self._show_rows(self._told.ids)

    @Slot()
    def _close(self) -> None:
        if self._told is not None:
            self._closed = frozenset(self._told.ids)
        self.hide()
