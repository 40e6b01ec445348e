"""A line beside the table that says what is in force, and has one button to end it. Made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from taskmon.ui.labels import PlainLabel


class Strip(QFrame):
    """Says something, and offers one thing to do about it. Takes no focus by itself.

    Args:
        label: what stands on the button.
        act: what the button does.
        parent: the widget that it belongs to.
    """

    def __init__(self, label: str, act: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._label = PlainLabel()
        self._label.setMinimumWidth(60)
        self._label.setWordWrap(True)
        self.button = QPushButton(label)
        self.button.setAutoDefault(False)
        self.button.clicked.connect(act)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 5, 8, 5)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.button)
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty while nothing is."""
        return self._label.text() if not self.isHidden() else ""

    def say(self, words: str) -> None:
        """Show `words`."""
        self._label.setText(words)
        self.button.setAccessibleDescription(words)
        self.show()
