"""What is dropped on a window stays where it is: taken as a copy or a link, never as a move.

The source of a drag deletes what was *moved*: a file manager with Shift held would delete the user's files because
taskmon has read their names.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

_HARMLESS = (Qt.DropAction.CopyAction, Qt.DropAction.LinkAction)


def take_copy(event: QDropEvent) -> bool:
    """Accept a drag or a drop as a copy, else as a link, whatever its source proposes; if it allows neither, refuse it.

    Return whether it was accepted. Of use for `QDragEnterEvent` and `QDragMoveEvent` as well, which are drops to Qt.
    """
    for action in _HARMLESS:
        if event.possibleActions() & action:
            event.setDropAction(action)
            event.accept()
            return True
    event.ignore()
    return False


def refuse_drops(within: QWidget) -> None:
    """Have the fields of a form take no drops, unless they are made for it: Qt's own accept files as a move."""
    for field in (*within.findChildren(QLineEdit), *within.findChildren(QPlainTextEdit)):
        if not isinstance(field, PathLine):
            field.setAcceptDrops(False)
            if isinstance(field, QPlainTextEdit):
                field.viewport().setAcceptDrops(False)


class PathLine(QLineEdit):
    """A field for the path of a file or a folder, which can be dropped on it."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _path(event):
            take_copy(event)
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.dragEnterEvent(event)  # type: ignore[arg-type]  # both tell what is dragged

    def dropEvent(self, event: QDropEvent) -> None:
        path = _path(event)
        if path and take_copy(event):
            self.setText(path)
        elif not path:
            event.ignore()


def _path(event: QDropEvent) -> str:
    """The path of the first file of this computer that is dragged; empty if there is none."""
    return next((url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()), "")
