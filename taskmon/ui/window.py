"""The main window: tool bar and menus around the table, folders that are dropped, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QPushButton, QVBoxLayout, QWidget

from taskmon import __version__
from taskmon.bridge import text
from taskmon.bridge.controller import TaskController
from taskmon.bridge.departure import Departure, Stage
from taskmon.bridge.first_frame import FirstFrame
from taskmon.bridge.jobs import JobType, TaskmonError
from taskmon.bridge.rows import Category
from taskmon.bridge.settings import AppSettings, keys
from taskmon.ui.details_door import DetailsDoor
from taskmon.ui.empty import EmptyPage
from taskmon.ui.labels import PlainLabel
from taskmon.ui.memory import WindowMemory
from taskmon.ui.menus import WindowMenus
from taskmon.ui.panel import TaskPanel
from taskmon.ui.theme import style_sheet, tokens

if TYPE_CHECKING:  # the dialogs are imported when they are first opened: their classes are slow to load
    from taskmon.ui.history_door import HistoryDoor
    from taskmon.ui.job_dialog import JobDialog
    from taskmon.ui.notices import Notices
    from taskmon.ui.program_door import ProgramDoor
    from taskmon.ui.quitting import QuitDialog
    from taskmon.ui.settings_dialog import SettingsDialog


class MainWindow(QMainWindow):
    """The window of the application.

    Signals:
        left(): the window has closed for good, the tasks having ended or run out of time.
        hidden_away(): it was closed, and only hides; see `may_hide`.
    """

    left = Signal()
    hidden_away = Signal()

    def __init__(
        self, controller: TaskController, parent: QWidget | None = None, *, settings: AppSettings | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self.settings = settings if settings is not None else AppSettings.in_memory(self)
        self.may_hide: Callable[[], bool] = lambda: False
        """Set by whoever can bring a hidden window back: whether closing only hides it, while tasks run."""
        self.departure = Departure(controller, self)
        self.first_frame = FirstFrame(self)
        """What the first frame does not need: see `FirstFrame.then`."""
        self.quit_dialog: QuitDialog | None = None
        self._settings_dialog: SettingsDialog | None = None
        self.history: HistoryDoor | None = None
        self.programs: ProgramDoor | None = None
        self.setWindowTitle(self.tr("taskmon"))
        self.resize(QSize(1180, 760).boundedTo(self.screen().availableSize() * 0.95))
        self.setMinimumSize(420, 300)
        self.setAcceptDrops(True)
        self.panel = TaskPanel(controller)
        self.panel.commands.asks_about_many = lambda: bool(self.settings.get(keys.CONFIRM_CANCEL))
        self._notices: Notices | None = None
        self._status = PlainLabel()
        self.statusBar().addWidget(self._status, 1)
        self.statusBar().setContentsMargins(14, 0, 14, 4)
        self.statusBar().setSizeGripEnabled(False)
        self.details = DetailsDoor(self)
        self.menus = WindowMenus(self, controller)
        self._make_tools()
        self._paint_in_palette()

        body = QWidget()
        layout = self._body = QVBoxLayout(body)
        layout.setContentsMargins(12, 10, 12, 4)
        layout.setSpacing(10)
        layout.addLayout(self._tools)
        layout.addWidget(self.panel, 1)
        self.setCentralWidget(body)
        start = self._start_first_job if controller.jobs else None
        self.panel.set_empty_page(EmptyPage(start, self.ask_for_program))

        controller.failed.connect(self.show_error)
        controller.model.counts_changed.connect(self._show_counts)
        self.departure.finished.connect(self._leave)
        self._show_counts()
        self.panel.view.setFocus()
        self.memory = WindowMemory(self, self.settings)
        self.first_frame.then(self.memory.restore_details)

    # -- parts ------------------------------------------------------------------------------------

    def _make_tools(self) -> None:
        self._tools = QHBoxLayout()
        self._tools.setSpacing(8)
        self.new_button = self._button(self.tr("+  New task"), self._start_first_job)
        self.new_button.setProperty("primary", True)
        if len(self._controller.jobs) > 1:
            menu = QMenu(self)
            self.menus.add_jobs(menu)
            self.new_button.setMenu(menu)
        self.run_button = self._button(self.tr("Run program…"), self.ask_for_program)
        self.pause_button = self._button(self.tr("Pause all"), self.pause_or_resume_all)
        self.cancel_button = self._button(self.tr("Cancel all"), self.cancel_all)
        for button in (self.new_button, self.run_button, self.pause_button, self.cancel_button):
            self._tools.addWidget(button)
        self._tools.addStretch(3)
        # The search field stands up here, in the corner where people look for one.
        self._tools.addWidget(self.panel.filter_bar.search, 2)

    def _button(self, label: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(label, self)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    @property
    def notices(self) -> Notices:
        """The banner below the table, for what the user should know but need not answer."""
        if self._notices is None:
            from taskmon.ui.notices import Notices

            self._notices = Notices(self)
            self._body.addWidget(self._notices)
        return self._notices

    # -- commands ---------------------------------------------------------------------------------

    @Slot()
    def _start_first_job(self) -> None:
        if self._controller.jobs:
            self.ask_for_job(self._controller.jobs[0])

    def ask_for_job(self, job: JobType) -> JobDialog:
        """Open the dialog of a job. The window can be used meanwhile."""
        from taskmon.ui.job_dialog import JobDialog

        dialog = JobDialog(job, self)
        dialog.submitted.connect(self.start_job)
        dialog.show()
        return dialog

    @Slot(object, object)
    def start_job(self, job: JobType, values: dict[str, object]) -> None:
        """Start a job and show its row."""
        task = self._controller.start_job(job, values)
        if task is not None:
            self._controller.model.add([(task, task.snapshot())])  # at once, so that it can be shown
            self.panel.view.select_task(task.id)

    @Slot()
    def pause_or_resume_all(self) -> None:
        """Pause what can be paused; if nothing can, let what is paused go on."""
        if self._controller.can_pause:
            self._controller.pause_all()
        else:
            self._controller.resume_all()
        self._show_counts()

    @Slot()
    def cancel_all(self) -> None:
        """Ask every task to stop; with many of them, ask the user first."""
        self.panel.commands.cancel_tasks([task.id for task in self._controller.all_live_tasks()])

    @Slot(object)
    def show_error(self, error: TaskmonError) -> None:
        """Say what could not be done."""
        from taskmon.ui.messages import inform

        inform(self, self.tr("taskmon"), text.tr(error.title), text.tr(error.message), error.detail, warn=True)

    @Slot()
    def show_about(self) -> None:
        """Say what this is."""
        from taskmon.ui.messages import inform

        inform(
            self,
            self.tr("About taskmon"),
            f"taskmon {__version__}",
            self.tr("See every background thread your Python programs run, and stop any one of them safely."),
        )

    @Slot()
    def show_settings(self) -> SettingsDialog:
        """Open the settings, or raise them."""
        if self._settings_dialog is None:
            from PySide6.QtWidgets import QSystemTrayIcon

            from taskmon.ui.settings_dialog import SettingsDialog

            has_tray = QSystemTrayIcon.isSystemTrayAvailable()
            self._settings_dialog = SettingsDialog(self.settings, self, has_tray=has_tray)
            self._settings_dialog.destroyed.connect(self._forget_settings)
        self._settings_dialog.show()
        self._settings_dialog.raise_()
        self._settings_dialog.activateWindow()
        return self._settings_dialog

    @Slot()
    def _forget_settings(self) -> None:
        self._settings_dialog = None

    @Slot()
    def bring_to_front(self) -> None:
        """Show the window, wherever it is."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    @Slot()
    def ask_for_program(self, script: str = "") -> None:
        """Ask which Python program to run."""
        if self.programs is not None:
            self.programs.ask_for(script)

    @Slot()
    def show_history(self) -> None:
        """Open the history, or raise it."""
        if self.history is not None:
            self.history.show()

    # -- what it shows ----------------------------------------------------------------------------

    @property
    def would_resume(self) -> bool:
        """Whether "pause or resume all" would resume."""
        model = self._controller.model
        return bool(model.count(Category.PAUSED)) and not model.count(Category.RUNNING)

    @Slot()
    def _show_counts(self) -> None:
        model = self._controller.model
        detached = stuck = 0
        for row in model.active_rows():
            detached += row.snapshot.detached
            stuck += row.snapshot.not_responding and not row.snapshot.detached
        running, waiting, paused = (
            model.count(category) for category in (Category.RUNNING, Category.WAITING, Category.PAUSED)
        )
        live = bool(running or waiting or paused)
        parts = (
            running > detached + stuck and self.tr("%n running", "", running - detached - stuck),
            waiting and self.tr("%n waiting", "", waiting),
            paused and self.tr("%n paused", "", paused),
            stuck and self.tr("%n not responding", "", stuck),
            detached and self.tr("%n still running, detached", "", detached),
        )
        self._status.setText(" · ".join(part for part in parts if part) or self.tr("Nothing is running"))
        self.cancel_button.setEnabled(live)
        self.menus.cancel_all.setEnabled(live)
        self.pause_button.setEnabled(live)
        label = self.tr("Resume all") if self.would_resume else self.tr("Pause all")
        if self.pause_button.text() != label:
            self.pause_button.setText(label)

    def _paint_in_palette(self) -> None:
        colors = tokens(self.palette())
        sheet = style_sheet(self.palette())
        sheet += f"QLabel#quiet {{ color: {colors.quiet.name()}; }} QLabel#problem {{ color: {colors.failed.name()}; }}"
        if self.styleSheet() != sheet:
            self.setStyleSheet(sheet)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.first_frame.painted()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange):
            self._paint_in_palette()
        elif event.type() == QEvent.Type.LanguageChange:
            self._show_counts()

    # -- dropping folders -----------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and self._controller.folder_job is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        from taskmon.ui.dropping import drop

        drop(self, self._controller.folder_job, event)

    # -- leaving ----------------------------------------------------------------------------------

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
            from taskmon.ui.quitting import QuitDialog

            self.quit_dialog = QuitDialog(self._controller, self.departure, self)
            self.quit_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.quit_dialog.destroyed.connect(self._forget_dialog)
            self.quit_dialog.open()
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
        self.memory.save()
        self.hide()
        self.left.emit()
