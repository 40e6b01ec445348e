"""The menu bar, and the actions of the window; those of the table are in `commands` and `view_commands`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from taskmon.bridge.controller import JobType, TaskController
from taskmon.bridge.table import text
from taskmon.ui.widgets.actions import Section

if TYPE_CHECKING:
    from taskmon.ui.table.panel import TaskPanel
    from taskmon.ui.window.details import DetailsController


class Commands(Protocol):
    """What the window can do."""

    def ask_for_job(self, job: JobType) -> object: ...
    def ask_for_cluster(self) -> None: ...
    def ask_for_program(self) -> None: ...
    def ask_to_attach(self) -> None: ...
    def cancel_all(self) -> None: ...
    def quit(self) -> None: ...
    def show_about(self) -> None: ...
    def show_history(self) -> None: ...
    def show_settings(self) -> object: ...


class WindowMenus:
    """Fills the menu bar of a window; keeps the actions that are enabled and disabled later.

    Every action is in `book`, from which the command palette and the sheet of shortcuts are made as well.
    """

    def __init__(
        self,
        window: Commands,
        panel: TaskPanel,
        details: DetailsController,
        controller: TaskController,
        titles: Sequence[QMenu],
    ) -> None:
        self._window = window
        self._panel = panel
        self.book = panel.commands.book
        add = self.book.add
        self.jobs = [self._job_action(number, job) for number, job in enumerate(controller.jobs)]
        # For the whole application: it works while another window of it, such as a dialog, has the keys.
        self.settings = add(Section.FILE, panel.tr("&Settings…"), window.show_settings, "Ctrl+,")
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.quit = add(Section.FILE, panel.tr("&Quit"), window.quit, "Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.quit.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        self.program = add(Section.FILE, panel.tr("&Run program…"), window.ask_for_program, "Ctrl+R")
        self.attach = add(Section.FILE, panel.tr("&Attach to a running program…"), window.ask_to_attach, "Ctrl+Shift+A")
        self.cluster = add(Section.FILE, panel.tr("&Connect to a cluster…"), window.ask_for_cluster)
        self.history = add(Section.VIEW, panel.tr("&History…"), window.show_history, "Ctrl+H")
        self.cancel_all = add(Section.TASK, panel.tr("Cancel &all"), window.cancel_all, "Ctrl+Shift+Del")
        self.palette = add(Section.HELP, panel.tr("&Find a command…"), self.show_palette, "Ctrl+K", "Ctrl+Shift+P")
        self.shortcuts = add(Section.HELP, panel.tr("&Keyboard shortcuts"), self.show_shortcuts, "?", "F1")
        self.places = add(Section.HELP, panel.tr("&Thread, process or cluster?"), self.show_places)
        self.about = add(Section.HELP, panel.tr("&About taskmon"), window.show_about)
        self.file, self.task, self.view, self.help = titles
        self._fill_file(self.file)
        self._fill_task(self.task)
        self._fill_view(self.view, details)
        self.help.addActions([self.palette, self.shortcuts, self.places, self.about])

    def add_pages(self, *pages: QAction) -> None:
        """Put the entries of the pages before all others of *View*."""
        menu = self.view
        first = menu.actions()[0]
        menu.insertActions(first, list(pages))
        menu.insertSeparator(first)

    def add_jobs(self, menu: QMenu) -> None:
        """Put the entry of each built-in job into `menu`: the same actions everywhere, so that a shortcut is one."""
        menu.addActions(self.jobs)

    def _job_action(self, number: int, job: JobType) -> QAction:
        label = f"{text.tr(job.title)}…".replace("&", "&&")
        keys = [QKeySequence.StandardKey.New] if number == 0 else []
        action = self.book.add(Section.FILE, label, lambda: self._window.ask_for_job(job), *keys)
        action.setStatusTip(text.tr(job.description))
        return action

    def _fill_file(self, menu: QMenu) -> None:
        self.add_jobs(menu)
        menu.addActions([self.program, self.attach, self.cluster])
        menu.addSeparator()
        menu.addAction(self.settings)
        menu.addSeparator()
        menu.addAction(self.quit)

    def _fill_task(self, menu: QMenu) -> None:
        commands = self._panel.commands
        menu.addActions([commands.cancel, commands.after_item, commands.pause, commands.retry, commands.open])
        menu.addSeparator()
        menu.addActions([commands.move_up, commands.move_to_top, commands.at_once])
        menu.addSeparator()
        menu.addActions([commands.copy_name, commands.copy_report])
        menu.addSeparator()
        menu.addActions([self.cancel_all, commands.undo, commands.detach, commands.retry_failed, commands.clear])
        menu.aboutToShow.connect(lambda: commands.fit_to(self._panel.view.selected_rows()))
        menu.aboutToHide.connect(commands.enable_all)

    def _fill_view(self, menu: QMenu, details: DetailsController) -> None:
        commands = self._panel.view_commands
        menu.addActions([commands.search, commands.clear_filter, commands.freeze])
        menu.addSeparator()
        menu.addAction(details.action)
        menu.addSeparator()
        columns = menu.addMenu(self._panel.tr("&Columns"))
        columns.aboutToShow.connect(lambda: commands.fill_columns(columns))
        commands.fill_groups(menu.addMenu(self._panel.tr("&Group")))
        menu.addActions([commands.sort, commands.failures_first, commands.compact])
        menu.addSeparator()
        menu.addAction(self.history)

    def show_palette(self) -> None:
        """Let the user find any action by a few of its letters."""
        from taskmon.ui.widgets.palette import CommandPalette

        panel = self._panel
        panel.commands.fit_to(panel.view.selected_rows())
        CommandPalette(self.book, panel.window()).show()
        panel.commands.enable_all()

    def show_places(self) -> None:
        """Tell where work runs best, and what that costs."""
        from taskmon.ui.dialogs.places_help import PlacesHelp

        PlacesHelp(self._panel.window()).show()

    def show_shortcuts(self) -> None:
        """Show what can be done by keys."""
        from taskmon.ui.widgets.shortcut_sheet import ShortcutSheet

        ShortcutSheet(self.book, self._panel.window()).show()
