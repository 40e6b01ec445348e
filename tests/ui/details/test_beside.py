"""The details of a watched program: where they open, by themselves and until the user chooses, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QItemSelectionModel, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import Stage
from taskmon.bridge.settings import AppSettings, keys
from taskmon.bridge.table.activity import CpuMinute
from taskmon.bridge.table.rows import Category, Grouping, TaskColumn, TaskRow
from taskmon.core.stacks.facts import Activity, OwnCall, ThreadFacts
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import ProgramInfo, StopMeans
from taskmon.ui.details.chart import CpuChart
from taskmon.ui.details.header import Page
from taskmon.ui.details.thread_block import ThreadBlock
from taskmon.ui.window.window import MainWindow
from tests.helpers.played import PlayedTask
from tests.qt_helpers import runner, until

__all__ = ["runner"]  # fixture

AREAS = Qt.DockWidgetArea
FRAMES = (
    StackFrame("/usr/lib/python3/threading.py", 5, "Condition.wait", False),
    StackFrame("/a/reader.py", 19, "run", True),
    StackFrame("/a/index.py", 77, "lookup", True),
    StackFrame(__file__, 1, "get", True),
)


class Thread(PlayedTask):
    """A thread of a watched program, as the link shows it."""

    def stack(self) -> StackSample:
        return StackSample(100.0, FRAMES, 62.0)


WAITS = ThreadFacts(activity=Activity.LOCK, subject="cache", since=62.0, seen_coming=True, cpu=0.0, holder="writer")
COMPUTES = ThreadFacts(activity=Activity.COMPUTING, cpu=0.5)


@pytest.fixture
def settings() -> AppSettings:
    return AppSettings.in_memory()


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner, settings: AppSettings) -> Iterator[MainWindow]:
    """The window, on the screen, wide enough for both."""
    controller = TaskController(runner)
    made = MainWindow(lambda: controller, controller.jobs, settings=settings)
    made.resize(1300, 700)
    qtbot.addWidget(made, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
    with qtbot.waitExposed(made):
        made.show()
    made.complete()
    yield made
    if made.details.dock is not None:
        made.details.dock.close()
    controller.close()
    controller.setParent(made)


def watch(window: MainWindow) -> list[Any]:
    """A program, a thread that waits and one that holds what it waits for; looked at once."""
    threads: list[Any] = [
        Thread(900, "x.py", facts=COMPUTES, kind="program"),
        Thread(901, "reader", facts=WAITS, kind="thread"),
        Thread(902, "writer", facts=COMPUTES, kind="thread"),
    ]
    model = window.panel.controller.model
    model.add((thread, thread.snapshot()._replace(facts=None)) for thread in threads)
    model.sample(0, 100)
    return threads


def area(window: MainWindow) -> Qt.DockWidgetArea:
    assert window.details.dock is not None
    return window.dockWidgetArea(window.details.dock)


def test_they_open_beside_the_table_with_the_first_watched_program(window: MainWindow) -> None:
    """By themselves, with the program, and without taking the focus."""
    focus = window.focusWidget()
    assert window.details.dock is None

    watch(window)

    assert window.details.is_open
    assert area(window) is AREAS.RightDockWidgetArea
    assert window.details.dock is not None
    assert window.details.dock.width() == pytest.approx(320, abs=12)
    assert window.details.dock.pane.details.task_id == 900
    assert window.focusWidget() in (focus, window.panel.view)
    assert not window.settings.get(keys.DETAILS_CHOSEN)


def test_who_has_closed_them_is_not_shown_them_again(window: MainWindow, settings: AppSettings) -> None:
    watch(window)
    assert window.details.dock is not None
    window.details.dock.close()

    assert settings.get(keys.DETAILS_CHOSEN)
    window.panel.controller.model.filled.clear()
    window.panel.controller.model.sample(0, 100)
    window.panel.controller.model.filled_changed.emit()
    assert not window.details.is_open


def test_in_a_low_window_they_stay_closed(window: MainWindow) -> None:
    window.resize(1300, 420)

    watch(window)

    assert not window.details.is_open


def test_they_stand_below_where_there_is_no_room_beside(window: MainWindow, qtbot: QtBot) -> None:
    """And follow the width of the window, until the user puts them somewhere."""
    window.resize(1100, 700)
    watch(window)
    assert area(window) is AREAS.BottomDockWidgetArea

    window.resize(1260, 700)
    until(qtbot, lambda: area(window) is AREAS.RightDockWidgetArea)
    window.resize(1000, 700)
    until(qtbot, lambda: area(window) is AREAS.BottomDockWidgetArea)

    assert window.details.dock is not None
    window.addDockWidget(AREAS.RightDockWidgetArea, window.details.dock)  # as dropping it there does
    window.resize(1010, 700)
    assert area(window) is AREAS.RightDockWidgetArea


@pytest.mark.parametrize(("height", "least"), [(800, 270), (650, 240)])
def test_below_they_are_as_high_as_what_they_tell(window: MainWindow, height: int, least: int) -> None:
    """Where more than half of the window is left to the table."""
    window.resize(1100, height)
    watch(window)

    assert window.details.dock is not None
    assert least <= window.details.dock.height() < height / 2


def test_the_thread_is_told_of_with_its_frames_and_leads_to_the_holder(window: MainWindow, qtbot: QtBot) -> None:
    watch(window)
    window.panel.view.select_task(901)
    assert window.details.dock is not None
    pane = window.details.dock.pane
    block = pane.page_widget(Page.OVERVIEW).findChild(ThreadBlock)
    assert block is not None

    assert block.headline.text() == "Waiting for lock “cache”"
    assert block.since.text().replace("\u00a0", " ").startswith("for 38 s")
    assert block.holder.text() == "writer"
    assert block.all_frames.text() == "all 4 frames"
    shown = [call for call in block._calls if not call.isHidden()]
    assert [call._function.text() for call in shown] == ["get", "lookup", "run"], "the program's own, innermost first"
    until(qtbot, lambda: "watched program" in shown[0]._source.accessibleName())  # the first line of this file

    qtbot.mouseClick(block.holder, Qt.MouseButton.LeftButton)
    assert pane.details.task_id == 902
    assert block.holder.isHidden()
    qtbot.mouseClick(block.all_frames, Qt.MouseButton.LeftButton)
    assert pane.page is Page.STACK


def test_where_it_is_and_what_it_does_are_of_one_look(window: MainWindow) -> None:
    """Its stack is looked at at other times, when it may be somewhere else."""
    threads = watch(window)
    place = OwnCall("poll", "/a/reader.py", 30)
    threads[1].become(facts=WAITS._replace(activity=Activity.SLEEPING, calls=(place,)))
    window.panel.controller.model.sample(0, 100)
    window.panel.view.select_task(901)
    assert window.details.dock is not None
    block = window.details.dock.pane.page_widget(Page.OVERVIEW).findChild(ThreadBlock)
    assert block is not None

    shown = [call for call in block._calls if not call.isHidden()]
    assert (block.headline.text(), [call._function.text() for call in shown]) == ("Sleeping", ["poll"])
    assert block.all_frames.text() == "all 4 frames"


def test_what_can_be_set_stands_right_after_why_no_cancel_sets_it(window: MainWindow) -> None:
    """Advice for the program's author comes after it, and does not push it out of sight."""
    threads = watch(window)
    threads[1].become(
        why_not_cancellable="what was found sets stop, but it also ends produce(), which another thread runs",
        stop_means=StopMeans("", (), ("sets stop, but it also ends produce(), which another thread runs",)),
        facts=WAITS._replace(activity=Activity.READING, channel="socket", endless=True),
    )
    window.panel.controller.model.sample(0, 100)
    window.panel.view.select_task(901)
    assert window.details.dock is not None
    page = window.details.dock.pane.page_widget(Page.OVERVIEW)
    page.refresh()
    QCoreApplication.processEvents()

    assert "also ends produce()" in page.rest.text()
    (button,) = page.offer_buttons
    assert page.advice.text()
    assert page.rest.geometry().bottom() < button.geometry().top() < page.advice.geometry().top()


def test_a_thread_that_computes_has_not_begun_to_just_now(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line of code changes all the time: the chart marks the beginning of a wait."""
    threads = watch(window)
    for _ in range(14):
        threads[2].become(facts=COMPUTES._replace(since=threads[2].picture.taken_at, seen_coming=True))
        window.panel.controller.model.sample(0, 100)
    window.panel.view.select_task(902)
    assert window.details.dock is not None
    page = window.details.dock.pane.page_widget(Page.OVERVIEW)
    marks: list[float | None] = []
    monkeypatch.setattr(page.cpu, "show_minute", lambda _minute, _now, mark, _words: marks.append(mark))
    page.refresh()

    assert page.thread_block.since.text().startswith("at each look")
    assert marks == [None]


def test_one_chart_is_enough(window: MainWindow) -> None:
    """A second one is cut off at the edge: of a task that tells how far it is, its speed says more."""
    window.resize(1100, 700)
    task: Any = Thread(903, "own", facts=COMPUTES, progress=Progress(0, 100, "rows"))
    model = window.panel.controller.model
    model.add([(task, task.snapshot())])
    for done in range(1, 6):
        task.become(progress=Progress(done, 100, "rows"))
        model.sample(0, 100)
    window.details.open(903)
    assert window.details.dock is not None
    page = window.details.dock.pane.page_widget(Page.OVERVIEW)
    page.refresh()

    assert (page.chart.isVisible(), page.cpu.isVisible()) == (True, False)
    watch(window)
    window.panel.view.select_task(901)
    assert (page.chart.isVisible(), page.cpu.isVisible()) == (False, True)


def test_a_task_that_tells_nothing_of_its_thread_has_no_block(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    task = runner.start(lambda ctx: None, paused=True)
    until(qtbot, lambda: window.panel.controller.model.row(task.id) is not None)
    window.details.open(task.id)
    assert window.details.dock is not None
    page = window.details.dock.pane.page_widget(Page.OVERVIEW)

    assert page.findChild(ThreadBlock).isHidden()
    assert page.cpu.isHidden()


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_the_chart_of_a_minute_begins_now_and_has_gaps(qtbot: QtBot, direction: Qt.LayoutDirection) -> None:
    """A minute ago is at the far edge; where nobody has looked, nothing is drawn."""
    minute = CpuMinute()
    for moment in (40.0, 41.0, 42.0, 98.0, 99.0, 100.0):
        minute.add(moment, 1.0)
    chart = CpuChart()
    chart.setLayoutDirection(direction)
    chart.resize(240, 52)
    qtbot.addWidget(chart)
    chart.show_minute(minute, 100.0, 99.5, "waiting")
    image = QImage(chart.size(), QImage.Format.Format_RGB32)
    chart.render(image)

    blank = image.pixelColor(120, 48)
    columns = [image.pixelColor(x, 48) != blank for x in range(240)]
    columns = columns if direction is Qt.LayoutDirection.LeftToRight else columns[::-1]
    assert columns[2]
    assert columns[236]
    assert not any(columns[20:220])


def test_columns_that_lose_their_room_to_the_details_can_be_reached(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    """The bar that leads to them comes while the window is laid out, and has its height all the same."""
    task = runner.start(lambda ctx: None, paused=True)
    until(qtbot, lambda: window.panel.controller.model.row(task.id) is not None)
    bar = window.panel.view.columns.bar
    window.panel.view.columns.show(TaskColumn.STARTED)  # without it, shorter bars are enough
    assert bar.isHidden()

    window.details.open(task.id)

    until(qtbot, lambda: bar.isVisible() and bar.height() == bar.sizeHint().height())


def test_they_tell_of_what_is_selected(window: MainWindow) -> None:
    """Also where the keys are on a row that is not; and of what stands for several rows, of none."""
    threads = watch(window)
    assert window.details.dock is not None
    details, view = window.details.dock.pane.details, window.panel.view
    view.select_task(900)
    assert details.task_id == 900

    flags = QItemSelectionModel.SelectionFlag
    view.selectionModel().select(view.tasks.index(view.tasks.place_of(902), 0), flags.ClearAndSelect | flags.Rows)
    assert view.current_row().id == 900
    assert details.task_id == 902
    view.select_task(901)
    assert details.task_id == 901
    view.tasks.group_by(Grouping.PROGRAM)
    view.setCurrentIndex(view.tasks.index(0, 0))
    assert view.current_row().is_group
    assert details.task_id is None
    assert all(not thread.snapshot().state.is_final for thread in threads)


def test_they_stay_with_a_task_that_a_filter_hides(window: MainWindow) -> None:
    """The button that cancels it stands where it stood: it must not cancel another, or the program."""
    watch(window)
    assert window.details.dock is not None
    details, view = window.details.dock.pane.details, window.panel.view
    view.select_task(902)

    window.panel.controller.model.set_filter("reader", Category.ALL)
    assert view.tasks.place_of(902) is None
    assert details.task_id == 902
    window.panel.controller.model.set_filter("", Category.ALL)
    assert details.task_id == 902
    view.select_task(901)
    assert details.task_id == 901


def test_a_program_that_was_attached_can_be_let_go(window: MainWindow, qtbot: QtBot) -> None:
    program, thread, _ = watch(window)
    assert window.details.dock is not None
    let_go: list[str] = []
    commands = window.panel.commands

    def way(row: TaskRow) -> Callable[[], object] | None:
        attached = row.snapshot.program is not None and row.snapshot.program.attached
        return partial(let_go.append, row.snapshot.name) if attached else None

    commands.way_to_detach = way
    window.panel.view.select_task(program.id)
    page = window.details.dock.pane.page_widget(Page.OVERVIEW)
    page.refresh()
    commands.fit_to(window.panel.view.selected_rows())
    assert not page.detach_button.isVisible()
    assert not commands.detach.isEnabled()
    assert commands.detach not in commands.menu_for(window.panel.view.selected_rows(), window).actions()

    window.panel.controller.model.update(program.become(program=ProgramInfo(attached=True)))
    page.refresh()
    qtbot.mouseClick(page.detach_button, Qt.MouseButton.LeftButton)
    assert let_go == ["x.py"]
    assert commands.detach in commands.menu_for(window.panel.view.selected_rows(), window).actions()
    commands.detach.trigger()
    assert let_go == ["x.py"] * 2
    window.panel.view.select_task(thread.id)
    commands.said.disconnect()  # the window would show it for some seconds
    with qtbot.waitSignal(commands.said) as said:
        commands.enable_all()
        commands.detach.trigger()
    assert said.args is not None
    assert "attached to" in said.args[0]


def test_the_names_of_the_pages_are_whole_after_the_pane_has_moved(window: MainWindow, qtbot: QtBot) -> None:
    """Beside the table they stand close together; below it, each has as much room as its word needs."""
    window.details.open(None)
    dock = window.details.dock
    assert dock is not None
    buttons = [button for button in dock.pane.header.buttons.values() if not button.isHidden()]
    assert all(button.property("tight") for button in buttons)

    window.resize(1100, 700)
    until(qtbot, lambda: not any(button.property("tight") for button in buttons))

    def whole() -> bool:
        return all(
            button.width() >= button.fontMetrics().horizontalAdvance(button.text()) + 2 * 9 for button in buttons
        )

    until(qtbot, whole)
