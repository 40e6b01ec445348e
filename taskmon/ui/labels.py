"""Labels that show text as it is.

Qt guesses whether a text is HTML, and what looks like an image in it is opened: a task called
``<img src="/some/fifo">`` would freeze the whole process. So nothing but these, and `messages`, shows
text of users and peers.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


class PlainLabel(QLabel):
    """A label whose text is never taken for HTML."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
