"""Labels that show text as it is.

Qt guesses whether a text is HTML, and what looks like an image in it is opened: a task called
``<img src="/some/fifo">`` would freeze the whole process. So nothing but these, and `messages`, shows
text of users and peers.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QLabel, QWidget

#: Set to True as a property on a widget whose content is somebody else's, such as the name of a task: a change of
#: language leaves it as it is.
FOREIGN: Final = "foreignText"


class PlainLabel(QLabel):
    """A label whose text is never taken for HTML."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("textFormat", "PlainText")  # not by the class Qt; see `taskmon.bridge.first_frame`
        self.setText(text)


def foreign_label(text: str = "", *, quiet: bool = False) -> PlainLabel:
    """Return a label for sentences with somebody else's words in them: it wraps, and can be selected and copied."""
    label = PlainLabel(text)
    label.setWordWrap(True)
    label.setMinimumWidth(60)  # a long name must not widen the window
    label.setProperty("textInteractionFlags", "TextSelectableByMouse")
    label.setProperty(FOREIGN, True)
    if quiet:
        label.setObjectName("quiet")
    return label


def explain(widget: QWidget, words: str) -> None:
    """Let a widget's tooltip say something, and a screen reader the same, which would read the marks of HTML else."""
    if widget.accessibleDescription() == words and bool(widget.toolTip()) is bool(words):
        return
    widget.setAccessibleDescription(words)
    if not words:
        widget.setToolTip("")
        return
    from taskmon.bridge.table.text import as_html  # the first frame explains nothing

    widget.setToolTip(as_html(words))


def say(label: PlainLabel, words: str) -> None:
    """Let a label say something; one that says it already is not laid out anew."""
    if label.text() != words:
        label.setText(words)
