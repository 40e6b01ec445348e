"""The main window: tool bar and menus around the table, folders that are dropped, and the way out."""

from __future__ import annotations

import binascii
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, QSize, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMainWindow, QMenu, QPushButton, QWidget

from taskmon import __version__
from taskmon.bridge.first_frame import FirstFrame
from taskmon.bridge.language import tr
from taskmon.bridge.settings import AppSettings, keys
from taskmon.core.base.errors import TaskmonError
from taskmon.ui.table.panel import TaskPanel
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel, push_button
from taskmon.ui.widgets.layouts import hbox, vbox
from taskmon.ui.widgets.theme import style_sheet, tokens
from taskmon.ui.window.empty import EmptyPage

if TYPE_CHECKING:
    from taskmon.bridge.controller import JobType, TaskController
    from taskmon.bridge.history.history import History
    from taskmon.bridge.programs.launching import ProgramRequest
    from taskmon.bridge.programs.programs import Programs
    from taskmon.bridge.quitting import Departure
    from taskmon.ui.dialogs.job_dialog import JobDialog
    from taskmon.ui.dialogs.program_controller import ProgramController
    from taskmon.ui.dialogs.quit_dialog import QuitDialog
    from taskmon.ui.dialogs.settings_dialog import SettingsDialog
    from taskmon.ui.history.controller import HistoryController
    from taskmon.ui.table.view import TaskView
    from taskmon.ui.widgets.notices import Notices
    from taskmon.ui.window.details import DetailsController
    from taskmon.ui.window.menus import WindowMenus
    from taskmon.ui.window.pages import Pages

#: The least width of the window, in pixels, with words no higher than the next figure.
_NARROWEST: Final = 420
#: Seconds that a word on a command stands.
_TOLD_FOR: Final = 12.0
_LARGE: Final = 20


class _Body(QWidget):
    """What is between menus and status bar: never lower than its lines need at its width."""

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        if layout is None:
            return QSize()
        least = layout.totalMinimumSize()
        return QSize(least.width(), max(least.height(), layout.totalMinimumHeightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()


class MainWindow(QMainWindow):
    """The window of the application. It does not leave its tasks behind.

    It is built in two steps: its first frame shows the tools and the empty page, and needs nothing of tasks. See
    `complete`.

    Args:
        make_controller: called once, in the second step, for what the tasks are asked through.
        jobs: what can be started here.
        start_demo: starts workers to try the window with; None if there are none.
        parent: the parent widget.
        settings: those of the application.

    Signals:
        left(): the window has closed for good, the tasks having ended or run out of time.
        hidden_away(): it was closed, and only hides; see `hide_if`.
    """

    left = Signal()
    hidden_away = Signal()

    def __init__(
        self,
        make_controller: Callable[[], TaskController],
        jobs: Sequence[JobType] = (),
        parent: QWidget | None = None,
        *,
        start_demo: Callable[[TaskController], object] | None = None,
        settings: AppSettings | None = None,
    ) -> None:
        super().__init__(parent)
        self._make_controller = make_controller
        self._start_demo = start_demo
        self._controller: TaskController | None = None
        self._jobs = jobs
        self.settings = settings if settings is not None else AppSettings.in_memory(self)
        self.first_frame = FirstFrame(self)
        """What the first frame does not need: see `FirstFrame.then`."""
        self.quit_dialog: QuitDialog | None = None
        self._departure: Departure | None = None
        self._may_hide: Callable[[], bool] = lambda: False
        self._settings_dialog: SettingsDialog | None = None
        self.history: HistoryController | None = None
        self.programs: ProgramController | None = None
        self.setWindowTitle(self.tr("taskmon"))
        self.resize(QSize(1180, 760).boundedTo(self.screen().availableSize() * 0.95))
        self.setMinimumWidth(round(_NARROWEST * max(1.0, self.fontMetrics().height() / _LARGE)))
        self.setAcceptDrops(True)
        self._panel = TaskPanel()
        self.pages: Pages | None = None
        """The table and the timeline; None until the first frame has been seen."""
        self._page_buttons = self._make_page_buttons()
        self._rest: tuple[DetailsController, WindowMenus] | None = None
        self._notices: Notices | None = None
        self._drop_hint: PlainLabel | None = None
        self._status = PlainLabel()
        self.statusBar().addWidget(self._status, 1)
        self.statusBar().setContentsMargins(14, 0, 14, 4)
        self.statusBar().setSizeGripEnabled(False)
        # All that is seen of the menus is made here, what they hold in `complete`.
        words = (self.tr("&File"), self.tr("&Task"), self.tr("&View"), self.tr("&Help"))
        self._menus = [self.menuBar().addMenu(word) for word in words]
        self._make_tools()
        self._paint_in_palette()

        body = _Body()
        self._body = vbox(body, self._tools, (self._panel, 1), margins=(12, 10, 12, 4), spacing=10)
        self.setCentralWidget(body)
        self.setTabOrder(self._panel.filter_bar.search, self._page_buttons[0])  # Tab follows what is seen
        self.setTabOrder(*self._page_buttons)
        start = self._start_first_job if jobs else None
        demo = self.start_demo if start_demo is not None else None
        self._empty_page = EmptyPage(start, self.ask_for_program, demo, lists_programs=sys.platform.startswith("linux"))
        self._panel.set_empty_page(self._empty_page)

        self._show_counts()
        self.memory = WindowMemory(self, self.settings)
        self.first_frame.then(self.complete)
        self.first_frame.then(lambda: self.memory.restore_details(self.details))

    # -- what the first frame does not show ---------------------------------------------------------

    @property
    def controller(self) -> TaskController:
        """What the tasks are asked through. Made for the first who asks; see `complete`."""
        if self._controller is None:
            controller = self._controller = self._make_controller()
            controller.failed.connect(self.show_error)
            controller.model.counts_changed.connect(self._show_counts)
            self._panel.use(controller)
        return self._controller

    @property
    def panel(self) -> TaskPanel:
        """The table, with all that belongs to it."""
        self.complete()
        return self._panel

    @property
    def details(self) -> DetailsController:
        """The way to the details of a task."""
        return self.complete()[0]

    @property
    def menus(self) -> WindowMenus:
        """The actions of the menu bar."""
        return self.complete()[1]

    @Slot()
    def complete(self) -> tuple[DetailsController, WindowMenus]:
        """Make what the keys and menus do, and the table, if that has not been done; see `TaskPanel.complete`.

        The window is built in two steps, because all of it takes more than twice as long as what can be seen of it at
        first: its frame, the tools and the empty page. The other step, with all that has to do with tasks, is the first
        thing after the first frame, or comes before it for the first who asks for any of it, as whoever starts a task
        does.
        """
        if self._rest is not None:
            return self._rest
        from taskmon.ui.window.details import DetailsController
        from taskmon.ui.window.menus import WindowMenus

        controller = self.controller
        self._panel.complete()
        details = DetailsController(self, self._panel, self.settings, self.memory.restore_parts, self.show_error)
        menus = WindowMenus(self, self._panel, details, controller, self._menus)
        self._rest = (details, menus)
        self._panel.commands.said.connect(lambda words: self.notices.say(words, seconds=_TOLD_FOR))
        self._panel.commands.asks_about_many = lambda: bool(self.settings.get(keys.CONFIRM_CANCEL))
        if (jobs := self.new_button.menu()) is not None:
            menus.add_jobs(jobs)
        from taskmon.ui.window.pages import Pages

        self.pages = Pages(self._panel, self._page_buttons, self.show_error)
        details.told_of.connect(self.pages.follow_details)
        menus.add_pages(self.pages.show_tasks, self.pages.show_timeline)
        self.memory.restore_layout(self._panel.view)
        self._show_counts()
        if self.focusWidget() is None:
            self._panel.view.setFocus()
        return self._rest

    # -- parts ------------------------------------------------------------------------------------

    def _make_tools(self) -> None:
        self.run_button = push_button(self.tr("Run program…"), self.ask_for_program)
        self.run_button.setProperty("primary", True)
        self.attach_button = push_button(self.tr("Attach…"), self.ask_to_attach)
        self.new_button = push_button(self.tr("Start job…"), self._start_first_job)
        if len(self._jobs) > 1:
            self.new_button.setMenu(QMenu(self))
        self.pause_button = push_button(self.tr("Pause all"), self.pause_or_resume_all)
        self.cancel_button = push_button(self.tr("Cancel all"), self.cancel_all)
        buttons = self.run_button, self.attach_button, self.new_button, self.pause_button, self.cancel_button
        # The search field stands up here, in the corner where people look for one.
        self._tools = hbox(None, *buttons, 3, (self._panel.filter_bar.search, 2), spacing=8)

    def _make_page_buttons(self) -> tuple[QPushButton, QPushButton]:
        """What chooses the page. Here, so that nothing moves after the first frame; `Pages` does the rest."""
        frame = QWidget()
        frame.setObjectName("segments")
        buttons = push_button(self.tr("Tasks"), self.complete), push_button(self.tr("Timeline"), self.complete)
        for button in buttons:
            button.setCheckable(True)
            button.setProperty("segment", True)
        hbox(frame, *buttons, margins=(2, 2, 2, 2), spacing=2)
        buttons[0].setChecked(True)
        self._panel.filter_bar.add_before(frame)
        return buttons

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out tools for which there is no room, those first that are in the menus and on the empty page, too."""
        super().resizeEvent(event)
        room = self.width() - 24 - self._panel.filter_bar.search.minimumSizeHint().width()
        for button in (self.run_button, self.cancel_button, self.pause_button, self.attach_button, self.new_button):
            room -= button.sizeHint().width() + self._tools.spacing()
            button.setVisible(room >= 0)

    @property
    def notices(self) -> Notices:
        """The banner below the table, for what the user should know but need not answer."""
        if self._notices is None:
            from taskmon.ui.widgets.notices import Notices

            self._notices = Notices(self)
            self._body.addWidget(self._notices)
        return self._notices

    # -- commands ---------------------------------------------------------------------------------

    @Slot()
    def _start_first_job(self) -> None:
        if self._jobs:
            self.ask_for_job(self._jobs[0])

    def ask_for_job(self, job: JobType) -> JobDialog:
        """Open the dialog of a job. The window can be used meanwhile."""
        from taskmon.ui.dialogs.job_dialog import JobDialog

        dialog = JobDialog(job, self)
        dialog.submitted.connect(lambda values: self.start_job(job, values))
        dialog.show()
        return dialog

    @Slot(object, object)
    def start_job(self, job: JobType, values: dict[str, object]) -> None:
        """Start a job and show its row."""
        task = self.controller.start_job(job, values)
        if task is not None:
            self.controller.model.add([(task, task.snapshot())])  # at once, so that it can be shown
            self.panel.view.select_task(task.id)

    @Slot()
    def start_demo(self) -> None:
        """Start workers to try the window with."""
        if self._start_demo is not None:
            self.complete()
            self._start_demo(self.controller)

    @Slot()
    def pause_or_resume_all(self) -> None:
        """Pause what can be paused; if nothing can, let what is paused go on."""
        if self.would_resume:
            self.controller.resume_all()
        else:
            self.controller.pause_all()
        self._show_counts()

    @Slot()
    def cancel_all(self) -> None:
        """Ask every task to stop; with many of them, ask the user first."""
        self.panel.commands.cancel_tasks([task.id for task in self.controller.all_live_tasks()])

    @Slot(object)
    def show_error(self, error: TaskmonError) -> None:
        """Say what could not be done."""
        from taskmon.ui.widgets.messages import inform

        inform(self, self.tr("taskmon"), tr(error.title), tr(error.message), error.detail, warn=True)

    @Slot()
    def show_about(self) -> None:
        from taskmon.ui.widgets.messages import inform

        inform(
            self,
            self.tr("About taskmon"),
            f"taskmon {__version__}",
            self.tr(
                "See every background thread your Python programs run. Each is asked to stop where it has a safe way"
                " to; where it has none, that is said."
            ),
        )

    @Slot()
    def show_settings(self) -> SettingsDialog:
        """Open the settings, or raise them."""
        if self._settings_dialog is None:
            from PySide6.QtWidgets import QSystemTrayIcon

            from taskmon.ui.dialogs.settings_dialog import SettingsDialog

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
    def ask_for_program(self, script: str = "") -> None:
        """Ask which Python program to run."""
        if self.programs is not None:
            self.programs.ask_for(script)

    def use_programs(self, programs: Programs) -> None:
        """Let the user run Python programs."""
        from taskmon.ui.dialogs.program_controller import ProgramController

        self.programs = ProgramController(self, programs)
        self.panel.commands.way_to_run_again = self.programs.way_to_run_again
        self.panel.commands.way_to_detach = self.programs.way_to_detach
        self.programs.said.connect(lambda words, seconds: self.notices.say(words, seconds=seconds))
        self.programs.wanted.connect(self.panel.view.select_task)
        programs.appeared.connect(self.panel.view.select_task)
        programs.failed.connect(self.show_error)
        if sys.platform.startswith("linux"):
            self.first_frame.then(self._list_programs)

    @Slot()
    def _list_programs(self) -> None:
        """A step of its own, towards the last: the thread that looks for them would hold up what the others load."""
        if self.programs is not None:
            programs = self.programs.make_list()
            self._empty_page.show_list(programs, programs.dated)

    def use_history(self, history: History) -> None:
        """Let the user see what has been, and start it again."""
        from taskmon.ui.history.controller import HistoryController

        made = self.history = HistoryController(self, history)
        made.said.connect(self._say)
        made.job_wanted.connect(self.start_job)
        made.program_wanted.connect(self._run_program_again)
        for wanted in (made.job_wanted, made.program_wanted):
            wanted.connect(lambda *_: self.bring_to_front())
        history.failed.connect(self.show_error)

    @Slot(object, object)
    def _say(self, words: str, action: tuple[str, Callable[[], object]] | None) -> None:
        self.notices.say(words, action)

    @Slot(object)
    def _run_program_again(self, request: ProgramRequest) -> None:
        if self.programs is not None:
            self.programs.run_again(request)

    @Slot()
    def ask_for_cluster(self) -> None:
        if self.programs is not None:
            self.programs.ask_for_cluster()

    @Slot()
    def ask_to_attach(self) -> None:
        """List the Python programs that run already."""
        if self.programs is not None:
            self.programs.ask_to_attach()

    @Slot()
    def show_history(self) -> None:
        """Open the history, or raise it."""
        if self.history is not None:
            self.history.show()

    # -- what it shows ----------------------------------------------------------------------------

    @property
    def would_resume(self) -> bool:
        if self._controller is None:
            return False
        from taskmon.bridge.table.tally import would_resume

        return would_resume(self._controller.model)

    @property
    def can_pause_or_resume(self) -> bool:
        """Whether "pause or resume all" would do anything: threads of watched programs cannot be paused."""
        return self.would_resume or (self._controller is not None and self._controller.model.can_pause)

    @Slot()
    def _show_counts(self) -> None:
        words, live = "", False
        if self._controller is not None:
            from taskmon.bridge.table.tally import Tally

            tally = Tally.of(self._controller.model)
            words, live = tally.words(), bool(tally.live)
        self._status.setText(words or self.tr("Nothing is running"))
        self.cancel_button.setEnabled(live)
        if self._rest is not None:
            self.menus.cancel_all.setEnabled(live)
        self.pause_button.setEnabled(self.can_pause_or_resume)
        label = self.tr("Resume all") if self.would_resume else self.tr("Pause all")
        if self.pause_button.text() != label:
            self.pause_button.setText(label)

    def _paint_in_palette(self) -> None:
        colors = tokens(self.palette())
        sheet = style_sheet(self.palette())
        sheet += f"QLabel#quiet {{ color: {colors.quiet.name()}; }} QLabel#problem {{ color: {colors.failed.name()}; }}"
        sheet += (
            f"QLabel#dropHint {{ background: {colors.base.name()}; color: {colors.text.name()};"
            f" border: 2px dashed {colors.accent.name()}; border-radius: 8px; padding: 20px; }}"
        )
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

    # -- leaving ----------------------------------------------------------------------------------

    @property
    def departure(self) -> Departure:
        """Leaving while tasks live."""
        if self._departure is None:
            from taskmon.bridge.quitting import Departure

            self._departure = Departure(self.controller, self)
            self._departure.finished.connect(self._leave)
        return self._departure

    def hide_if(self, may_hide: Callable[[], bool]) -> None:
        """Only hide when closed while tasks run, if that may be: whoever asks for it can bring the window back."""
        self._may_hide = may_hide

    @Slot()
    def bring_to_front(self, token: str = "") -> None:
        """Show the window before all others. `token` is the desktop's leave to do so, from whoever was clicked."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # where Qt looks for it
        if self.isMinimized():
            from PySide6.QtCore import Qt

            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)  # a maximised one stays so
        self.show()
        self.raise_()
        self.activateWindow()
        if token:
            os.environ.pop("XDG_ACTIVATION_TOKEN", None)

    def closeEvent(self, event: QCloseEvent) -> None:
        from taskmon.bridge.quitting import Stage

        if self.departure.stage is Stage.GONE:
            event.accept()
        elif self.departure.stage is Stage.STAYING and self.controller.all_live_tasks() and self._may_hide():
            event.ignore()
            self.hide()
            self.hidden_away.emit()
        else:
            event.ignore()
            self.quit()

    @Slot()
    def quit(self) -> None:
        """Leave; ask first what is to become of the tasks that still live, and say whose will go on."""
        from taskmon.bridge.table.tally import Others

        asks = self.settings.get(keys.CONFIRM_QUIT)
        if not self.controller.live_tasks() and not (asks and Others.of(self.controller.model).tasks):
            self._leave()
        elif asks:
            self.bring_to_front()
            self.ask_to_leave()
        else:
            self.leave_without_asking()

    def ask_to_leave(self) -> None:
        """Ask what is to become of the live tasks. Once: a second call raises the question that is open."""
        if self.quit_dialog is None or not self.quit_dialog.isVisible():
            from PySide6.QtCore import Qt

            from taskmon.ui.dialogs.quit_dialog import QuitDialog

            self.quit_dialog = QuitDialog(self.controller, self.departure, self)
            self.quit_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.quit_dialog.destroyed.connect(self._forget_dialog)
            self.quit_dialog.show()
        self.quit_dialog.raise_()
        self.quit_dialog.activateWindow()

    @Slot()
    def leave_without_asking(self) -> None:
        """Cancel the tasks and leave, as a signal or the end of the session demands. Again: leave now."""
        if self.controller.live_tasks():
            self.ask_to_leave()
            self.departure.cancel()
        else:
            self._leave()

    @Slot()
    def _forget_dialog(self) -> None:
        self.quit_dialog = None

    @Slot()
    def _leave(self) -> None:
        self.departure.leave()
        self.first_frame.forget()
        self.memory.save(self.details)
        self.hide()
        self.left.emit()

    # -- dropping folders -----------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        from taskmon.ui.widgets.dropping import Drop, take_copy

        plan = Drop.of(event, self.controller.folder_job, programs=self.programs is not None)
        if plan is None or not take_copy(event):
            event.ignore()
            return
        if self._drop_hint is None:
            from PySide6.QtCore import Qt

            self._drop_hint = PlainLabel(wraps=True)
            self._drop_hint.setParent(self)
            self._drop_hint.setObjectName("dropHint")
            self._drop_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._drop_hint.setProperty(FOREIGN, True)
            self._drop_hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._drop_hint.setText(plan.words)
        self._drop_hint.setGeometry(self._panel.rect().translated(self._panel.mapTo(self, QPoint())))
        self._drop_hint.show()
        self._drop_hint.raise_()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        from taskmon.ui.widgets.dropping import take_copy

        take_copy(event)  # Qt asks for each place, and would take what is proposed

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hide_drop_hint()

    def dropEvent(self, event: QDropEvent) -> None:
        from taskmon.ui.widgets.dropping import Drop, take_copy

        self._hide_drop_hint()
        plan = Drop.of(event, self.controller.folder_job, programs=self.programs is not None)
        if plan is None:
            event.ignore()
            error = TaskmonError(
                tr("Nothing was started"), tr("Drop folders or Python programs of this computer here.")
            )
            self.show_error(error)
        elif take_copy(event):
            plan.do(self.ask_for_program, self.start_job)

    def _hide_drop_hint(self) -> None:
        if self._drop_hint is not None:
            self._drop_hint.hide()


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
