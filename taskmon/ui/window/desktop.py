"""The window's place on the desktop: tray, notifications, taskbar, staying awake, the desktop's taste in colours.

Made after the first frame. Everything here follows its setting at once.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QApplication

from taskmon.bridge.controller import TaskController
from taskmon.bridge.desktop.desktop import Desktop, KeepAwake
from taskmon.bridge.desktop.overview import Overview
from taskmon.bridge.settings import AppSettings, keys
from taskmon.bridge.ui_queue import call_queue
from taskmon.ui.widgets.appearance import Appearance
from taskmon.ui.window.notifications import Notifications
from taskmon.ui.window.tray import Tray
from taskmon.ui.window.window import MainWindow


class Surroundings(QObject):
    """Ties a window to the desktop it is on. `close` it before the application goes."""

    def __init__(
        self,
        window: MainWindow,
        controller: TaskController,
        settings: AppSettings,
        appearance: Appearance | None = None,
        desktop: Desktop | None = None,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._calls = call_queue(self)
        self.desktop = desktop if desktop is not None else Desktop(self._calls.post)
        self.overview = Overview(controller, self)
        self.tray = Tray(window, self.overview, self)
        self.notifications = Notifications(settings, self._in_front, self)
        self.awake = KeepAwake(controller, self.desktop, settings, self)
        self._in_taskbar = (0, None, False)
        self._closed = False
        controller.task_finished.connect(self.notifications.on_finished)
        self.overview.changed.connect(self._on_overview)
        self.notifications.told.connect(self._tell)
        self.notifications.seen.connect(self.desktop.withdraw)
        self.desktop.on_clicked = window.bring_to_front
        window.hide_if(self._may_hide)
        window.hidden_away.connect(self._tell_of_hiding)
        window.installEventFilter(self)
        settings.follow(keys.TRAY, self._set_tray)
        if appearance is not None:
            self.desktop.ask_for_taste(appearance.set_taste)

    def close(self) -> None:
        """Take the icon away and leave the bus. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.overview.close()
        self.awake.close()
        self.notifications.close()
        if self._in_taskbar[0]:
            self.desktop.show_in_taskbar(0, None, urgent=False)  # the entry outlives the program
        self.tray.close()
        self.desktop.close()
        self._calls.close()

    def _in_front(self) -> bool:
        # Or a dialog or the history in front of it: whoever uses these has the window before them.
        return self._window.isVisible() and QApplication.activeWindow() is not None

    def _may_hide(self) -> bool:
        return self._settings.get(keys.CLOSE_TO_TRAY) and self.tray.there

    def _set_tray(self, shown: bool) -> None:
        self.tray.set_shown(shown)
        if not shown and not self._window.isVisible():
            self._window.bring_to_front()  # or nothing would be left of it

    @Slot()
    def _tell_of_hiding(self) -> None:
        if not self._settings.get(keys.TRAY_TOLD):
            self._settings.set(keys.TRAY_TOLD, True)
            self._tell(
                self.tr("taskmon is still running"),
                self.tr("Its tasks go on. The icon in the tray brings the window back; Quit is in its menu."),
                False,
            )

    @Slot(object, object, object)
    def _tell(self, title: str, body: str, failed: bool) -> None:
        self.desktop.notify(title, body, urgent=failed, otherwise=lambda: self.tray.say(title, body, warn=failed))

    @Slot()
    def _on_overview(self) -> None:
        overview = self.overview
        if self._closed:
            return
        if overview.failed and self._in_front():
            overview.see()  # which comes back here
            return
        shown = (overview.live, overview.share, bool(overview.failed))
        if shown != self._in_taskbar:
            self._in_taskbar = shown  # type: ignore[assignment]
            self.desktop.show_in_taskbar(overview.live, overview.share, urgent=shown[2])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.WindowActivate:
            self.overview.see()
            self.notifications.on_seen()
        return False
