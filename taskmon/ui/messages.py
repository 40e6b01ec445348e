"""Message boxes that show text as it is. Imported when the first one is shown: `QMessageBox` is slow to load."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget


def message_box(parent: QWidget | None, icon: QMessageBox.Icon, title: str, text: str, detail: str = "") -> QMessageBox:
    """Return a message box, window-modal and not yet shown, whose texts are plain."""
    box = QMessageBox(parent)
    box.setIcon(icon)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)  # before the texts: it holds for the informative one as well
    box.setText(text)
    box.setInformativeText(detail)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def inform(
    parent: QWidget | None, title: str, text: str, detail: str = "", more: str = "", *, warn: bool = False
) -> None:
    """Tell the user something. Returns at once."""
    icon = QMessageBox.Icon.Warning if warn else QMessageBox.Icon.Information
    box = message_box(parent, icon, title, text, detail)
    if more:
        box.setDetailedText(more)
    box.open()


def ask(parent: QWidget | None, title: str, text: str, detail: str, *, yes: str, no: str) -> QPushButton:
    """Ask whether to go on with something that cannot be undone. Return the button that says so. Returns at once."""
    box = message_box(parent, QMessageBox.Icon.Question, title, text, detail)
    button = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(no, QMessageBox.ButtonRole.RejectRole))
    box.open()
    return button
