"""The way out of a window: hide, ask what is to become of the tasks, or leave; and back to the front."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from taskmon.bridge.controller import TaskController
from taskmon.bridge.first_frame import FirstFrame
from taskmon.bridge.quitting import Departure, Stage
from taskmon.bridge.settings import AppSettings, keys

if TYPE_CHECKING:
    from taskmon.ui.dialogs.quit_dialog import QuitDialog


class LeavingWindow(QMainWindow):
    """A window that does not leave its tasks behind.

    Signals:
        left(): the window has closed for good, the tasks having ended or run out of time.
        hidden_away(): it was closed, and only hides; see `may_hide`.
    """

    left = Signal()
    hidden_away = Signal()

    def __init__(self, controller: TaskController, settings: AppSettings | None, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.settings = settings if settings is not None else AppSettings.in_memory(self)
        self.may_hide: Callable[[], bool] = lambda: False
        """Set by whoever can bring a hidden window back: whether closing only hides it, while tasks run."""
        self.first_frame = FirstFrame(self)
        """What the first frame does not need: see `FirstFrame.then`."""
        self.quit_dialog: QuitDialog | None = None
        self.departure = Departure(controller, self)
        self.departure.finished.connect(self._leave)

    def keep_arrangement(self) -> None:
        """The window leaves: whatever of it is to be remembered is as it is now."""

    @Slot()
    def bring_to_front(self, token: str = "") -> None:
        """Show the window before all others. `token` is the desktop's leave to do so, from whoever was clicked."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # where Qt looks for it
        if self.isMinimized():
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)  # a maximised one stays so
        self.show()
        self.raise_()
        self.activateWindow()
        if token:
            os.environ.pop("XDG_ACTIVATION_TOKEN", None)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.departure.stage is Stage.GONE:
            event.accept()
        elif self.departure.stage is Stage.STAYING and self._controller.all_live_tasks() and self.may_hide():
            event.ignore()
            self.hide()
            self.hidden_away.emit()
        else:
            event.ignore()
            self.quit()

    @Slot()
    def quit(self) -> None:
        """Leave; ask first what is to become of the tasks that still live."""
        if not self._controller.live_tasks():
            self._leave()
        elif self.settings.get(keys.CONFIRM_QUIT):
            self.bring_to_front()
            self.ask_to_leave()
        else:
            self.leave_without_asking()

    def ask_to_leave(self) -> None:
        """Ask what is to become of the live tasks. Once: a second call raises the question that is open."""
        if self.quit_dialog is None or not self.quit_dialog.isVisible():
            from taskmon.ui.dialogs.quit_dialog import QuitDialog

            self.quit_dialog = QuitDialog(self._controller, self.departure, self)
            self.quit_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.quit_dialog.destroyed.connect(self._forget_dialog)
            self.quit_dialog.show()
        self.quit_dialog.raise_()
        self.quit_dialog.activateWindow()

    @Slot()
    def leave_without_asking(self) -> None:
        """Cancel the tasks and leave, as a signal or the end of the session demands. Again: leave now."""
        if self._controller.live_tasks():
            self.ask_to_leave()
            self.departure.cancel()
        else:
            self._leave()

    @Slot()
    def _forget_dialog(self) -> None:
        self.quit_dialog = None

    @Slot()
    def _leave(self) -> None:
        self.departure.stage = Stage.GONE
        self.first_frame.forget()
        self.keep_arrangement()
        self.hide()
        self.left.emit()
