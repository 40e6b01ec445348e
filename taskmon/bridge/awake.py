"""Keeping the computer awake while tasks run."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

from taskmon.bridge import text
from taskmon.bridge.controller import TaskController
from taskmon.bridge.desktop import Desktop
from taskmon.bridge.settings import AppSettings, keys

#: Tasks that are done sooner disturb nobody's sleep, in milliseconds.
AFTER_MS: Final = 10_000


class KeepAwake(QObject):
    """Asks the desktop not to sleep from ten seconds into some work until none runs, if the user wants that."""

    def __init__(self, controller: TaskController, desktop: Desktop, settings: AppSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._model = controller.model
        self._desktop = desktop
        self._settings = settings
        self._asked = False
        self._closed = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(AFTER_MS)
        self._soon.timeout.connect(self._ask)
        controller.model.counts_changed.connect(self._look)
        settings.follow(keys.KEEP_AWAKE, lambda _: self._look())

    def close(self) -> None:
        """Ask for nothing more. What was granted ends with the connection to the desktop."""
        self._closed = True
        self._soon.stop()

    @Slot()
    def _look(self) -> None:
        if self._closed:
            return
        wanted = self._settings.get(keys.KEEP_AWAKE) and self._model.has_active
        if wanted and not self._asked and not self._soon.isActive():
            self._soon.start()
        elif not wanted:
            self._soon.stop()
            if self._asked:
                self._asked = False
                self._desktop.may_sleep()

    @Slot()
    def _ask(self) -> None:
        self._asked = True
        self._desktop.stay_awake(text.tr("Tasks are running"))
