"""Opening a file in the program that the desktop has for it, and saying so where there is none."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from taskmon.bridge.table.text import tr
from taskmon.core.base.text import plain


def open_file(path: str, parent: QWidget) -> None:
    """Open a file of this computer; tell the user if the desktop does not. Belongs to the UI thread."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(path)):
        from taskmon.ui.widgets.messages import inform

        words = tr("The desktop has opened no program for it. It is here: {path}").format(path=plain(path, 1_000))
        inform(parent.window(), tr("taskmon"), tr("The file was not opened"), words, warn=True)
