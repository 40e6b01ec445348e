"""Every dialog and page can be read whole: in each language, at each size, with large words and with its errors."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QInputDialog,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

import taskmon.ui
from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.history.history import History, Limits
from taskmon.bridge.language import Language
from taskmon.bridge.programs.launching import ProgramRequest
from taskmon.bridge.programs.programs import Programs
from taskmon.core.base.errors import TaskmonError
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.snapshot import Origin, ProgramInfo, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.jobs import BUILTIN_JOBS
from taskmon.settings import keys
from taskmon.ui.details.header import Page
from taskmon.ui.dialogs.attach_dialog import AttachDialog
from taskmon.ui.dialogs.job_dialog import JobDialog
from taskmon.ui.dialogs.places_help import PlacesHelp
from taskmon.ui.dialogs.program_dialog import ClusterDialog, ProgramDialog
from taskmon.ui.dialogs.quit_dialog import QuitDialog
from taskmon.ui.dialogs.settings_dialog import SettingsDialog
from taskmon.ui.widgets.form_dialog import FormDialog
from taskmon.ui.widgets.layouts import TallPage
from taskmon.ui.widgets.palette import CommandPalette
from taskmon.ui.widgets.room import RoomyDialog
from taskmon.ui.widgets.shortcut_sheet import ShortcutSheet
from taskmon.ui.window.window import MainWindow
from tests.helpers.layout import faults_of
from tests.helpers.played import PlayedTask
from tests.history.samples import S, picture, record
from tests.qt_helpers import Worker, runner, until
from tests.ui.dialogs.test_attach_dialog import LOOK, NOTHING, PlayedAttaching, running

__all__ = ["runner"]  # fixture

LONG_NAME = "Checksums of /srv/archive/photographs-of-the-year/" + "originals-" * 12


#: Programs of each kind that can be attached to, or not.
RUNNING = [running(1), running(2, **LOOK), running(3, **NOTHING), running(4, task_id=7)]


#: The height of words as they are, in pixels, at most.
SMALL_WORDS = 14


class Place:
    """The application's window and all that is needed to open what it opens."""

    def __init__(self, qtbot: QtBot, runner: TaskRunner, folder: Path) -> None:
        self.qtbot, self.runner, self.folder = qtbot, runner, folder
        self.controller = TaskController(runner, BUILTIN_JOBS.values())
        self.window = MainWindow(lambda: self.controller, self.controller.jobs)
        qtbot.addWidget(self.window, before_close_func=self._leave)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.complete()
        self.programs = Programs(self.controller, self.controller, folder=lambda: folder / "programs")
        self.attaching = PlayedAttaching()
        self.programs.attaching = self.attaching  # type: ignore[assignment]
        self.window.use_programs(self.programs)
        record(folder / "data", *(picture(n, state) for n, state in enumerate((S.FAILED, S.LOST, S.SUCCEEDED), 1)))
        self.history = History(self.controller, self.controller, folder=lambda: folder / "data", limits=Limits(0, 0, 0))
        self.window.use_history(self.history)
        self.workers: list[Worker] = []

    def work(self, count: int = 1, *, name: str = LONG_NAME) -> list[int]:
        """Have tasks at work; return their ids."""
        ids = []
        for _ in range(count):
            self.workers.append(Worker())
            ids.append(self.runner.start(self.workers[-1].ignore, name=name).id)
        until(self.qtbot, lambda: all(self.controller.model.row(each) is not None for each in ids))
        return ids

    def find(self, kind: type[QWidget]) -> QWidget:
        """The one window of a kind that is open."""
        (found,) = [each for each in self.window.findChildren(kind) if each.isVisible()]
        return found

    def _leave(self, window: MainWindow) -> None:
        window.departure.stay()
        window.departure.leave()
        if window.quit_dialog is not None:
            window.quit_dialog._enable.stop()

    def close(self) -> None:
        """Let everything go."""
        for worker in self.workers:
            worker.go.set()
        for dialog in self.window.findChildren(QDialog):
            dialog.close()
        while self.window.notices.text:
            self.window.notices.close_notice()
        if self.window.history is not None and self.window.history.opened is not None:
            self.window.history.opened.close()
        if self.window.details.dock is not None:
            self.window.details.dock.close()
        self.programs.close()
        self.controller.close()
        assert self.history.close(20)
        self.controller.setParent(self.window)


@pytest.fixture
def language(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[Language]:
    made = Language()
    made.use(request.param)
    yield made
    made.close()


@pytest.fixture
def large(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[float]:
    """Words as large as a desktop may make them."""
    before = QApplication.font()
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * request.param)
    QApplication.setFont(font)
    yield request.param
    QApplication.setFont(before)


@pytest.fixture
def place(qtbot: QtBot, language: Language, large: float, runner: TaskRunner, tmp_path: Path) -> Iterator[Place]:
    made = Place(qtbot, runner, tmp_path)
    yield made
    made.close()


def settings(place: Place) -> QWidget:
    return place.window.show_settings()


def job(place: Place) -> QWidget:
    dialog = place.window.ask_for_job(BUILTIN_JOBS["checksum"])
    dialog.fields["folders"].add(["/srv/" + "very-long-names/" * 20])  # type: ignore[attr-defined]
    return dialog


def job_error(place: Place) -> QWidget:
    dialog = place.window.ask_for_job(BUILTIN_JOBS["checksum"])
    dialog.submit_button.click()
    assert dialog.problem
    return dialog


def program(place: Place) -> QWidget:
    recent = [ProgramRequest("/srv/" + "very-long-names/" * 20 + "train.py", ("--epochs", "3"))]
    place.programs.recent = lambda then: then(recent)  # type: ignore[method-assign]  # found at once
    place.window.ask_for_program()
    return place.find(ProgramDialog)


def program_error(place: Place) -> QWidget:
    dialog = program(place)
    assert isinstance(dialog, ProgramDialog)
    dialog.submit_button.click()
    assert dialog.problem
    return dialog


def cluster_form(place: Place) -> QWidget:
    place.window.ask_for_cluster()
    return place.find(ClusterDialog)


def cluster(place: Place) -> QWidget:
    dialog = cluster_form(place)
    assert isinstance(dialog, ClusterDialog)
    dialog.submit_button.click()
    assert dialog.problem
    return dialog


def attach(place: Place) -> QWidget:
    place.window.ask_to_attach()
    place.attaching.listed.emit(RUNNING)
    return place.find(AttachDialog)


def quitting(place: Place) -> QWidget:
    place.work(12)
    place.window.quit()
    return place.find(QuitDialog)


def waiting(place: Place) -> QWidget:
    dialog = quitting(place)
    place.window.departure.wait()
    return dialog


def palette(place: Place) -> QWidget:
    place.window.menus.show_palette()
    return place.find(CommandPalette)


def shortcuts(place: Place) -> QWidget:
    place.window.menus.show_shortcuts()
    return place.find(ShortcutSheet)


def places(place: Place) -> QWidget:
    place.window.menus.show_places()
    return place.find(PlacesHelp)


def about(place: Place) -> QWidget:
    place.window.show_about()
    return place.find(QMessageBox)


def error(place: Place) -> QWidget:
    place.window.show_error(TaskmonError("The log could not be saved", "No space is left. " * 12, "Traceback\n" * 3))
    return place.find(QMessageBox)


def cancelling(place: Place) -> QWidget:
    place.work(12)
    place.window.cancel_all()
    return place.find(QMessageBox)


def at_once(place: Place) -> QWidget:
    place.window.panel.commands.at_once.trigger()
    return place.find(QInputDialog)


def history(place: Place) -> QWidget:
    place.window.show_history()
    assert place.window.history is not None
    opened = place.window.history.opened
    assert opened is not None
    until(place.qtbot, lambda: opened.model.loaded and opened.details.story is not None)
    return opened


def empty(place: Place) -> QWidget:
    place.attaching.listed.emit(RUNNING)
    return place.window


def rows(place: Place) -> QWidget:
    place.work(3)
    place.window.notices.say("The history cannot be written: no space is left on the device. " * 3, ("Show", print))
    place.controller.model.freeze(True)
    return place.window


def deadlock(place: Place) -> QWidget:
    """With the banner and its way out, and the details of a program that was sent SIGTERM."""
    means = with_signals(StopMeans("interrupts it, as Ctrl-C does (SIGINT)", signal=INTERRUPT), (TERMINATE, KILL))
    size = place.window.size()
    told = ProgramInfo(("python", "-m", "a_module_of_a_long_name", "--epochs", "3"), "/srv/" + "a-folder/" * 8)
    program = PlayedTask(
        800, "the-server-of-the-index.py", TaskState.STOPPING, kind="program", program=told, stop_requested_at=98.0,
        stop_means=means._replace(sent=((TERMINATE, 99.0),)), facts=ThreadFacts(activity=Activity.THREAD, cpu=0.5),
    )  # fmt: skip
    threads: list[Any] = [program, Stuck(0, 800), Stuck(1, 800)]
    place.controller.model.add((thread, thread.snapshot()) for thread in threads)
    for thread in threads[1:]:
        thread.lock(True)
    program.become()
    place.controller.model.sample(0, 100)
    place.controller.model.deadlock_changed.emit()
    place.window.details.open(program.id)
    if place.window.fontMetrics().height() >= 2 * SMALL_WORDS:  # the screen has not the room for both
        place.window.details.dock.hide()
        QApplication.sendPostedEvents()
        place.window.resize(size)
    banner = place.window.panel._deadlock_banner
    assert banner is not None
    assert banner.end_button.isVisible()
    return place.window


def details(page: Page) -> Callable[[Place], QWidget]:
    def opened(place: Place) -> QWidget:
        (task,) = place.work()
        place.window.details.open(task, page)
        pane = place.window.details.dock.pane
        pane.refresh()
        if page is Page.STACK:
            until(place.qtbot, lambda: pane.page_widget(page).frames.frames)
        return place.window

    opened.__name__ = f"details_{page.value}"
    return opened


EVERY = (
    settings, job, job_error, program, program_error, cluster, attach, quitting, waiting, palette, shortcuts, places,
    about, error, cancelling, at_once, history, empty, rows, deadlock, *map(details, Page),
)  # fmt: skip


@pytest.mark.parametrize("large", [1.0, 2.0], indirect=True, ids=["", "large"])
@pytest.mark.parametrize("language", keys.LANGUAGES, indirect=True)
@pytest.mark.parametrize("opened", EVERY, ids=lambda opened: opened.__name__)
def test_all_of_it_can_be_read(place: Place, opened: Callable[[Place], QWidget], qtbot: QtBot, large: float) -> None:
    widget = opened(place)
    qtbot.waitExposed(widget)
    faults = {f"first: {fault}" for fault in faults_of(widget)}
    first = widget.size()
    room = widget.screen().availableGeometry().size() - (widget.frameGeometry().size() - first)
    sizes = {"double": first * 2, "least": QSize(1, 1)}
    for width in (470, 420) if large == 1.0 else ():
        sizes[f"{width} px"] = QSize(width, first.height())
    for name, size in sizes.items():
        widget.resize(size.boundedTo(room))
        widget.move(0, 0)
        faults |= {f"{name}: {fault}" for fault in faults_of(widget)}
    assert not faults, "\n".join(sorted(faults))


class Stuck:
    """A thread of a watched program, in a deadlock or out of it."""

    NAMES = ("reader-of-the-whole-index", "writer-of-the-whole-cache")

    def __init__(self, number: int, parent: int | None = None) -> None:
        self.id, self.name, self.parent = 900 + number, self.NAMES[number], parent
        other = self.NAMES[1 - number]
        self.facts = ThreadFacts(
            native_id=4711, cpu=0.0, activity=Activity.LOCK, subject="the_lock_of_the_cache", since=3.0, holder=other,
            function="decode_everything", file="/srv/data.py", line=88,
        )  # fmt: skip

    def lock(self, stuck: bool) -> None:
        self.facts = self.facts._replace(circle=(self.name, self.facts.holder) if stuck else ())

    def snapshot(self) -> TaskSnapshot:
        origin = Origin("x.py", 7, self.name, "thread")
        means = StopMeans("", (), ("sets stop, but it does more than end this thread: the program ends with it",) * 2)
        return TaskSnapshot(
            self.id, self.name, TaskState.RUNNING, 1, 100.0, 0.0, started_at=0.0, origin=origin, facts=self.facts,
            stop_means=means, parent_id=self.parent,
        )  # fmt: skip

    def stack(self) -> None:
        return None


#: The words may be twice as large where the screen is.
SMALL, LARGE_SCREEN = QSize(1024, 700), QSize(1600, 960)


@pytest.mark.parametrize(
    ("large", "screen"), [(1.0, SMALL), (2.0, LARGE_SCREEN)], indirect=["large"], ids=["", "large"]
)
@pytest.mark.parametrize("language", keys.LANGUAGES, indirect=True)
def test_whatever_is_open_the_window_fits_a_small_screen(place: Place, qtbot: QtBot, screen: QSize) -> None:
    """With the banner, a notice, the details at either side, each of their pages, and both pages of the window."""
    window, controller = place.window, place.controller
    threads: list[Any] = [Stuck(0), Stuck(1)]
    controller.model.add((thread, thread.snapshot()) for thread in threads)
    window.details.open(threads[0].id)
    dock, pages = window.details.dock, window.pages
    assert dock is not None
    assert pages is not None
    pages.recorder.look()
    areas = Qt.DockWidgetArea
    faults = set()
    for stuck, said, area in product((False, True), (False, True), (None, *dock.allowedAreas())):
        for thread in threads:
            thread.lock(stuck)
        controller.model.sample(0, 100)
        while window.notices.text:
            window.notices.close_notice()
        if said:
            window.notices.say("The history cannot be written: no space is left on the device. " * 2, ("Show", print))
        if area is not None:
            window.addDockWidget(area, dock)
            dock.set_beside(area is areas.RightDockWidgetArea)
        dock.setVisible(area is not None)
        for page, action in (("tasks", pages.show_tasks), ("timeline", pages.show_timeline)):
            action.trigger()
            controller.looked.emit()
            for shown in Page if area is not None and page == "timeline" else (Page.OVERVIEW,):
                dock.pane.show_page(shown)
                for _ in range(3):  # what is laid out asks for room, and what is around it follows
                    window.resize(QSize(screen.width() - 20, 1))
                    QApplication.sendPostedEvents()
                if not QRect(QPoint(), screen).contains(QRect(QPoint(), window.size())):
                    faults.add(f"{window.size()} with banner {stuck}, notice {said}, {area}, {page}, {shown}")
    assert not faults, "\n".join(sorted(faults))


def test_every_dialog_is_among_them() -> None:
    """A dialog that is added must be opened above."""
    dialogs = set()
    for module in pkgutil.walk_packages(taskmon.ui.__path__, "taskmon.ui."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, QDialog) and kind.__module__.startswith("taskmon."):
                dialogs.add(kind)
    opened = {
        SettingsDialog,
        JobDialog,
        ProgramDialog,
        ClusterDialog,
        QuitDialog,
        CommandPalette,
        ShortcutSheet,
        AttachDialog,
        PlacesHelp,
    }
    assert dialogs - {FormDialog, RoomyDialog} == opened


def fields_of(dialog: QWidget) -> list[tuple[QPoint, QSize]]:
    fields = [each for each in dialog.findChildren(QWidget) if isinstance(each, (QLineEdit, QComboBox, QListWidget))]
    return [(each.mapTo(dialog, QPoint()), each.size()) for each in fields if each.isVisible()]


normal = pytest.mark.parametrize(("language", "large"), [("en", 1.0)], indirect=True)


@normal
@pytest.mark.parametrize("opened", [job, program, cluster_form], ids=lambda opened: opened.__name__)
def test_what_is_wrong_takes_no_room_from_the_form(place: Place, opened: Callable[[Place], QWidget]) -> None:
    dialog = opened(place)
    assert isinstance(dialog, FormDialog)
    faults_of(dialog)
    before, height = fields_of(dialog), dialog.height()
    dialog.complain("Folders: nothing was given. " * 6)
    assert not faults_of(dialog)

    assert fields_of(dialog) == before
    assert dialog.height() > height


@normal
@pytest.mark.parametrize("opened", [settings, shortcuts, job], ids=lambda opened: opened.__name__)
def test_a_dialog_takes_no_more_room_than_it_needs(place: Place, opened: Callable[[Place], QWidget]) -> None:
    dialog = opened(place)
    faults_of(dialog)
    (page,) = dialog.findChildren(TallPage)

    assert page.verticalScrollBar().maximum() == 0
    assert page.height() <= page.sizeHint().height() + 3 * dialog.fontMetrics().lineSpacing()


@normal
@pytest.mark.parametrize("corner", [(0, 0), (500, 500)], ids=["leading", "trailing"])
@pytest.mark.parametrize("opened", [job, program, settings, quitting, shortcuts], ids=lambda opened: opened.__name__)
def test_a_dialog_opens_over_its_window(
    place: Place, opened: Callable[[Place], QWidget], corner: tuple[int, int], qtbot: QtBot
) -> None:
    """As near to its middle as the screen allows, from the first moment on."""
    place.window.resize(420, 300)
    place.window.move(*corner)
    dialog = opened(place)
    seen = [dialog.pos()]
    until(qtbot, dialog.isVisible)
    screen = dialog.screen().availableGeometry()

    assert seen == [dialog.pos()]
    assert dialog.testAttribute(Qt.WidgetAttribute.WA_Moved), "the window system is told the place"
    for low, high, middle, wanted in (
        (dialog.x() - screen.left(), screen.right() - dialog.frameGeometry().right(),
         dialog.geometry().center().x(), place.window.geometry().center().x()),
        (dialog.y() - screen.top(), screen.bottom() - dialog.frameGeometry().bottom(),
         dialog.geometry().center().y(), place.window.geometry().center().y()),
    ):  # fmt: skip
        assert low >= 0
        assert high >= 0
        assert abs(middle - wanted) <= 1 or low == 0 or high == 0
