"""Where the window was, and how its parts were arranged, from one start to the next."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject
from PySide6.QtWidgets import QMainWindow

from taskmon.bridge.settings import AppSettings, keys

if TYPE_CHECKING:
    from taskmon.ui.table.view import TaskView
    from taskmon.ui.window.details import DetailsController


class WindowMemory(QObject):
    """Restores a window when it is made, and keeps its arrangement when it leaves."""

    def __init__(self, window: QMainWindow, settings: AppSettings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        if geometry := _bytes(settings.get(keys.WINDOW_GEOMETRY)):
            window.restoreGeometry(geometry)  # Qt sees to it that the window is on a screen

    def restore_layout(self, view: TaskView) -> None:
        """Arrange the columns, once the table is there: the window asks for it. From then on, changes are kept."""
        if layout := self._settings.get(keys.TABLE_LAYOUT):
            view.restore_layout(layout)
        view.layout_changed.connect(lambda: self._settings.set(keys.TABLE_LAYOUT, view.layout_state()))

    def restore_parts(self) -> None:
        """Arrange the docks. Once they are there: the window asks for it."""
        if parts := _bytes(self._settings.get(keys.WINDOW_PARTS)):
            self._window.restoreState(parts)

    def save(self, details: DetailsController) -> None:
        """Keep how the window is now."""
        self._settings.set(keys.WINDOW_GEOMETRY, _text(self._window.saveGeometry()))
        if self._settings.get(keys.DETAILS_CHOSEN):
            self._settings.set(keys.DETAILS_OPEN, details.is_open)
        if details.dock is None:
            return  # never opened: where it was before still holds
        from PySide6.QtWidgets import QDockWidget

        if self._window.findChild(QDockWidget) is not None:  # else what is known of the docks still holds
            self._settings.set(keys.WINDOW_PARTS, _text(self._window.saveState()))

    def restore_details(self, details: DetailsController) -> None:
        """Open the details if they were when the window was left."""
        if self._settings.get(keys.DETAILS_OPEN):
            details.reopen()


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(binascii.a2b_base64(text))
    except ValueError:  # somebody has edited it: the window is where it would be without
        return QByteArray()
