"""Labels that show text as it is, and buttons with words on them.

Qt guesses whether a text is HTML, and what looks like an image in it is opened: a task called
``<img src="/some/fifo">`` would freeze the whole process. So nothing but these, and `messages`, shows
text of users and peers.
"""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QClipboard, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

#: Set to True as a property on a widget whose content is somebody else's, such as the name of a task: a change of
#: language leaves it as it is.
FOREIGN: Final = "foreignText"
#: Lets a line break within a word; nothing is to be seen of it.
_BREAK: Final = "\u200b"
#: Four characters of a word in which no line breaks by itself, if it may have no room on one. Others do, as Chinese.
_LONG_WORD: Final = re.compile(r"[^\s/\-\u2e80-\uffff]{33,}")
_FOUR: Final = re.compile(r"(.{4})(?=.)")
_WITH_BREAKS: Final = re.compile(rf"\w+(?:{_BREAK}\w+)+")


class PlainLabel(QLabel):
    """A label whose text is never taken for HTML. What is `quiet` matters less than what is around it."""

    def __init__(self, text: str = "", *, quiet: bool = False, wraps: bool = False) -> None:
        super().__init__()
        self.setProperty("textFormat", "PlainText")  # not by the class Qt; see `taskmon.bridge.first_frame`
        self.setText(text)
        if quiet:
            self.setObjectName("quiet")
        if wraps:
            self.setWordWrap(True)


class _ForeignLabel(PlainLabel):
    """Wraps within a word as well, such as a checksum, that has no room on a line. It is copied as it was given."""

    def setText(self, text: str) -> None:
        wrapped = _LONG_WORD.sub(lambda word: _FOUR.sub(rf"\1{_BREAK}", word[0]), text)
        if wrapped != text:
            clipboard = QGuiApplication.clipboard()
            if not clipboard.property(FOREIGN):
                clipboard.setProperty(FOREIGN, True)
                clipboard.changed.connect(_clean)
        if wrapped != text or self.accessibleName():
            self.setAccessibleName(text if wrapped != text else "")  # what is read aloud
        super().setText(wrapped)

    def text(self) -> str:
        return super().text().replace(_BREAK, "")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select all of a word, for which Qt takes what stands between two breaks."""
        super().mouseDoubleClickEvent(event)
        at = self.selectionStart()
        for word in _WITH_BREAKS.finditer(super().text()):
            if word.start() <= at < word.end():
                self.setSelection(word.start(), len(word[0]))


def _clean(mode: QClipboard.Mode) -> None:
    """Take the breaks out of what was copied from a label."""
    clipboard = QGuiApplication.clipboard()
    ours = clipboard.ownsSelection() if mode is QClipboard.Mode.Selection else clipboard.ownsClipboard()
    if ours and _BREAK in (copied := clipboard.text(mode)):
        clipboard.setText(copied.replace(_BREAK, ""), mode)


def foreign_label(text: str = "", *, quiet: bool = False) -> PlainLabel:
    """Return a label for sentences with somebody else's words in them: it wraps, and can be selected and copied."""
    label = _ForeignLabel(text, quiet=quiet, wraps=True)
    label.setMinimumWidth(60)  # a long name must not widen the window
    label.setProperty("textInteractionFlags", "TextSelectableByMouse")
    label.setProperty(FOREIGN, True)
    return label


def make_bold(label: QLabel, larger: float = 1.0) -> None:
    """Let a label stand out as a heading does, by so much larger letters."""
    font = label.font()
    font.setBold(True)
    if larger != 1.0:
        font.setPointSizeF(font.pointSizeF() * larger)
    label.setFont(font)


def push_button(label: str = "", act: object = None) -> QPushButton:
    """Return a button that calls, or emits, `act`; in a dialog, Enter presses it only while it has the focus."""
    button = QPushButton()
    button.setText(label)  # not to the constructor, which would look for an icon: that loads more than the button
    button.setAutoDefault(False)
    if act is not None:
        button.clicked.connect(act)
    return button


def explain(widget: QWidget, words: str) -> None:
    """Let a widget's tooltip say something, and a screen reader the same, which would read the marks of HTML else."""
    if not words and not widget.toolTip():
        return
    from taskmon.bridge.table.text import as_html  # the first frame explains nothing

    tip = as_html(words) if words else ""
    if widget.accessibleDescription() != words:
        widget.setAccessibleDescription(words)
    if widget.toolTip() != tip:
        widget.setToolTip(tip)


def say(label: PlainLabel, words: str) -> None:
    """Let a label say something; one that says it already is not laid out anew."""
    if label.text() != words:
        label.setText(words)
