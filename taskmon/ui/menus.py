"""The menu bar, and the actions of the window that stand in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from taskmon.bridge.controller import TaskController

if TYPE_CHECKING:
    from taskmon.ui.window import MainWindow


class WindowMenus:
    """Fills the menu bar of a window; keeps the actions that are enabled and disabled later."""

    def __init__(self, window: MainWindow, controller: TaskController) -> None:
        self._window = window
        self._jobs = controller.jobs
        panel = window.panel
        bar = window.menuBar()
        self.file = bar.addMenu(window.tr("&File"))
        self.add_jobs(self.file)
        self.file.addSeparator()
        self.settings = self._action(window.tr("&Settings…"), window.show_settings, "Ctrl+,")
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.file.addAction(self.settings)
        self.file.addSeparator()
        self.quit = self._action(window.tr("&Quit"), window.quit, "Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.file.addAction(self.quit)
        self.task = bar.addMenu(window.tr("&Task"))
        for action in (panel.cancel_action, panel.pause_action, panel.retry_action, panel.copy_action):
            self.task.addAction(action)
        self.task.addSeparator()
        self.cancel_all = self._action(window.tr("Cancel &all"), window.cancel_all, "Ctrl+Shift+Del")
        self.task.addAction(self.cancel_all)
        self.task.addAction(panel.clear_action)
        self.view = bar.addMenu(window.tr("&View"))
        self.view.addAction(panel.search_action)
        self.help = bar.addMenu(window.tr("&Help"))
        self.help.addAction(self._action(window.tr("&About taskmon"), window.show_about))

    def add_jobs(self, menu: QMenu) -> None:
        """Put an entry for each built-in job into `menu`."""
        for number, job in enumerate(self._jobs):
            action = QAction(f"{job.title}…".replace("&", "&&"), self._window)
            action.setStatusTip(job.description)
            if number == 0:
                action.setShortcut(QKeySequence(QKeySequence.StandardKey.New))
            action.triggered.connect(lambda _checked=False, job=job: self._window.ask_for_job(job))
            menu.addAction(action)

    def _action(self, label: str, slot: Callable[[], object], keys: str = "") -> QAction:
        action = QAction(label, self._window)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)
        return action
