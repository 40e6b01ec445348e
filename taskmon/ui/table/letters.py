"""A font, and how much room texts take in it, measured without letting go of the interpreter lock."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF

#: What figures and most words are made of.
_USUAL: Final = frozenset(map(chr, (*range(32, 127), 0xA0, 0x2009, 0x202F)))
_CUT_OFF: Final = Qt.TextElideMode.ElideRight


class Letters:
    """What a cell is written in. Answers in plain numbers: an object of Qt's that Python drops lets go of the lock."""

    __slots__ = ("_exact", "_lift", "_metrics", "_widest", "_widest_usual", "font", "height")

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetrics(font)
        self.height = self._metrics.height()
        """Of a line, in pixels."""
        self._exact = QFontMetricsF(font)
        self._lift = self._exact.ascent() - self._exact.height() / 2
        self._widest = max(1, self._metrics.maxWidth())
        self._widest_usual = 0  # not known yet

    def baseline(self, top: int, height: int) -> float:
        """Where a line stands that is to be in the middle of a box."""
        return top + height / 2 + self._lift

    def width(self, text: str) -> float:
        """How wide a text is, to the part of a pixel."""
        return self._exact.horizontalAdvance(text)

    def pixels(self, text: str) -> int:
        """How wide a text is, in whole pixels."""
        return self._metrics.horizontalAdvance(text)

    def fit(self, text: str, width: int) -> str:
        """Return `text`, cut off with an ellipsis if it is wider than `width`."""
        if len(text) * self._widest <= width:
            return text  # cannot be too wide: spares the measuring
        if _USUAL.issuperset(text):
            if not self._widest_usual:
                self._widest_usual = max(map(self._metrics.horizontalAdvance, _USUAL))
            if len(text) * self._widest_usual <= width:
                return text
        return self._metrics.elidedText(text, _CUT_OFF, width)
