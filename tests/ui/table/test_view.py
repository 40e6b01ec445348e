"""The table under mouse and keys: what is pressed is what acts, on the task it stood for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from weakref import ref

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.table import text
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import RowAction, TaskColumn
from taskmon.ui import TaskPanel
from taskmon.ui.table.painting import Box, ButtonState, CellPainter, NameCell, button_rect
from tests.qt_helpers import LONG, Worker, runner, until

__all__ = ["runner"]  # fixture

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, runner: TaskRunner) -> Iterator[TaskPanel]:
    """A panel on the screen."""
    made = TaskPanel(runner)
    made.resize(1100, 500)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.controller.close()


def start(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner, worker: Worker, kind: str = "obey") -> int:
    """Start a worker and wait until its row says so."""
    task = runner.start(getattr(worker, kind), name=f"{kind} {len(panel.controller.model.rows())}")
    until(qtbot, lambda: worker.started.is_set() and state_of(panel, task.id) is TaskState.RUNNING)
    return task.id


def state_of(panel: TaskPanel, task_id: int) -> TaskState | None:
    row = panel.controller.model.row(task_id)
    return row.snapshot.state if row is not None else None


def button(panel: TaskPanel, task_id: int) -> QPoint:
    """The middle of a task's button, in the viewport."""
    place = panel.controller.model.place_of(task_id)
    assert place is not None
    return button_rect(panel.view.visualRect(panel.controller.model.index(place, TaskColumn.ACTION))).center()


def test_a_click_on_cancel_stops_that_task_only(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The button of the second of three rows stops the second task; the others run on."""
    workers = [Worker() for _ in range(3)]
    ids = [start(qtbot, panel, runner, worker) for worker in workers]

    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=button(panel, ids[1]))
    until(qtbot, lambda: state_of(panel, ids[1]) is TaskState.CANCELLED)

    assert workers[1].returned.is_set()
    assert [state_of(panel, ids[0]), state_of(panel, ids[2])] == [TaskState.RUNNING, TaskState.RUNNING]


def test_the_row_says_cancelling_and_the_button_goes_inert(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The flag is set within the click; the row says so until the thread has left; a second click does nothing."""
    worker = Worker()
    task_id = start(qtbot, panel, runner, worker, "ignore")
    task = runner.task(task_id)
    assert task is not None

    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=button(panel, task_id))
    assert task.stop_requested
    until(qtbot, lambda: state_of(panel, task_id) is TaskState.STOPPING)
    row = panel.controller.model.row(task_id)
    assert row is not None
    assert row.action is RowAction.CANCELLING
    assert text.second_line(row).startswith("Cancelling… ")
    with qtbot.assertNotEmitted(panel.view.action_requested):
        qtbot.mouseClick(panel.view.viewport(), LEFT, pos=button(panel, task_id))
    assert not worker.returned.is_set()
    worker.go.set()
    until(qtbot, lambda: state_of(panel, task_id) is TaskState.CANCELLED)


def test_a_click_on_a_row_that_ends_meanwhile_is_swallowed(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """Pressed as Cancel, released as Retry: nobody asked for a retry."""
    worker = Worker()
    task_id = start(qtbot, panel, runner, worker, "fail")

    qtbot.mousePress(panel.view.viewport(), LEFT, pos=button(panel, task_id))
    worker.go.set()
    until(qtbot, lambda: state_of(panel, task_id) is TaskState.FAILED)
    with qtbot.assertNotEmitted(panel.view.action_requested):
        qtbot.mouseRelease(panel.view.viewport(), LEFT, pos=button(panel, task_id))

    assert panel.controller.model.count(Category.ALL) == 1


def test_a_press_that_is_dragged_away_does_nothing(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """As with any button: released beside it, the press is taken back."""
    task_id = start(qtbot, panel, runner, Worker())

    qtbot.mousePress(panel.view.viewport(), LEFT, pos=button(panel, task_id))
    assert panel.view.buttons.state.held == task_id
    with qtbot.assertNotEmitted(panel.view.action_requested):
        qtbot.mouseRelease(panel.view.viewport(), LEFT, pos=button(panel, task_id) + QPoint(0, 120))

    assert panel.view.buttons.state.held is None
    assert state_of(panel, task_id) is TaskState.RUNNING


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_space_and_enter_press_the_focused_button(
    qtbot: QtBot, panel: TaskPanel, runner: TaskRunner, key: Qt.Key
) -> None:
    """With the current cell on the button, the keys of a real button press it."""
    first, second = (start(qtbot, panel, runner, Worker()) for _ in range(2))
    model = panel.controller.model
    panel.view.setFocus()
    panel.view.setCurrentIndex(model.index(1, TaskColumn.ACTION))

    qtbot.keyClick(panel.view, key)
    until(qtbot, lambda: state_of(panel, second) is TaskState.CANCELLED)

    assert state_of(panel, first) is TaskState.RUNNING


def test_delete_cancels_the_selected_rows(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """Del does what the buttons of the selected rows would do."""
    ids = [start(qtbot, panel, runner, Worker()) for _ in range(3)]
    view = panel.view
    view.setFocus()
    view.selectRow(0)
    for place in (0, 2):
        view.selectionModel().select(
            panel.controller.model.index(place, 0),
            view.selectionModel().SelectionFlag.Select | view.selectionModel().SelectionFlag.Rows,
        )

    panel.commands.cancel.trigger()
    until(qtbot, lambda: state_of(panel, ids[0]) is state_of(panel, ids[2]) is TaskState.CANCELLED)

    assert state_of(panel, ids[1]) is TaskState.RUNNING


def test_the_context_menu_acts_on_the_row_beneath_the_pointer(
    qtbot: QtBot, panel: TaskPanel, runner: TaskRunner
) -> None:
    """A right click selects the row under the pointer first; its menu cancels that one."""
    ids = [start(qtbot, panel, runner, Worker()) for _ in range(2)]
    panel.view.selectRow(0)
    place = panel.view.visualRect(panel.controller.model.index(1, 0)).center()

    panel._show_menu(place)
    assert [row.id for row in panel.view.selected_rows()] == [ids[1]]
    panel.commands.cancel.trigger()
    until(qtbot, lambda: state_of(panel, ids[1]) is TaskState.CANCELLED)

    assert state_of(panel, ids[0]) is TaskState.RUNNING


def test_selection_and_current_row_survive_a_reset(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """They belong to tasks: a filter that rebuilds the whole table keeps them."""
    for number in range(300):
        runner.start(Worker().finish, name=f"{'odd' if number % 2 else 'even'} {number}", paused=True)
    model = panel.controller.model
    until(qtbot, lambda: model.rowCount() == 300)
    chosen = model.row_at(151)
    assert chosen is not None
    panel.view.select_task(chosen.id)

    with qtbot.waitSignal(model.modelReset, timeout=LONG):
        panel.filter_bar.search.setText("odd")

    assert [row.id for row in panel.view.selected_rows()] == [chosen.id]
    assert panel.view.currentIndex().row() == model.place_of(chosen.id)


def test_a_branch_opens_and_closes_by_mouse_and_keys(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The arrow before a parent folds its subtasks away."""
    worker = Worker()

    def parent(ctx) -> None:  # type: ignore[no-untyped-def]
        ctx.subtask(worker.obey, name="child")
        worker.obey(ctx)

    task = runner.start(parent)
    model = panel.controller.model
    until(qtbot, lambda: model.rowCount() == 2)
    cell = panel.view.visualRect(model.index(0, 0))

    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=QPoint(cell.left() + 10, cell.center().y()))
    folded = model.rowCount()
    panel.view.setFocus()
    panel.view.setCurrentIndex(model.index(0, 0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Right)

    assert folded == 1
    assert model.rowCount() == 2
    task.cancel()


def test_tab_leaves_the_table(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """Keyboard users are never trapped among the rows."""
    start(qtbot, panel, runner, Worker())
    assert not panel.view.tabKeyNavigation()


def test_only_rows_on_the_screen_are_looked_at(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The view tells which places it shows; the first and last of them are inside the viewport."""
    for _ in range(200):
        runner.start(Worker().finish, paused=True)
    until(qtbot, lambda: panel.controller.model.rowCount() == 200)

    first, last = panel.view.visible_places()
    panel.view.scrollToBottom()
    later_first, later_last = panel.view.visible_places()

    assert first == 0
    assert last < 20
    assert later_last == 199
    assert later_first > 180


def test_hover_marks_the_button_beneath_the_pointer(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The pointer on a button makes it hot, beside it not."""
    task_id = start(qtbot, panel, runner, Worker())

    qtbot.mouseMove(panel.view.viewport(), button(panel, task_id))
    until(qtbot, lambda: panel.view.buttons.state.hot == task_id)
    qtbot.mouseMove(panel.view.viewport(), QPoint(30, 20))
    until(qtbot, lambda: panel.view.buttons.state.hot is None)


def test_the_panel_tells_the_same_news_as_its_controller(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The panel's own signals are the public ones."""
    names = ("task_added", "state_changed", "state_changed", "task_finished")
    with qtbot.waitSignals([getattr(panel, name) for name in names], order="strict", timeout=LONG):
        runner.submit(int)


def test_changes_of_state_are_announced(
    qtbot: QtBot, panel: TaskPanel, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A screen reader hears what becomes of a pause and a cancel, with the task's name, and no progress."""
    heard: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: heard.append(event.message()))
    task_id = start(qtbot, panel, runner, Worker())
    assert not heard

    panel.controller.pause(task_id)
    until(qtbot, lambda: len(heard) == 1)
    panel.controller.resume(task_id)
    until(qtbot, lambda: len(heard) == 2)
    panel.controller.cancel(task_id)
    until(qtbot, lambda: len(heard) == 4)

    assert heard == ["obey 0: Paused", "obey 0: Running", "obey 0: Cancelling…", "obey 0: Cancelled"]


def test_a_frozen_picture_is_announced(panel: TaskPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not see the strip would take old news for what is so now."""
    heard: list[str] = []
    monkeypatch.setattr(panel, "announce", heard.append)

    panel.controller.model.freeze(True)

    assert len(heard) == 1
    assert "Frozen at" in heard[0]


def test_a_deleted_panel_leaves_the_tasks_alone(qtbot: QtBot, runner: TaskRunner) -> None:
    """A host may throw the panel away while tasks run: they go on, and their news harm nobody."""
    panel = TaskPanel(runner)
    worker = Worker()
    task = runner.start(worker.finish)
    until(qtbot, lambda: state_of(panel, task.id) is TaskState.RUNNING)

    with qtbot.waitSignal(panel.destroyed, timeout=LONG):
        panel.deleteLater()
    worker.go.set()

    assert task.result(20) == "finished"
    assert runner.submit(int, "7").result(20) == 7


def test_a_deleted_panel_leaves_the_memory(qtbot: QtBot, runner: TaskRunner) -> None:
    """A host may open and close as many as it likes: each has a picture of a few megabytes."""
    panel = TaskPanel(runner)
    with qtbot.waitExposed(panel):
        panel.show()
    parts = [ref(part) for part in (panel, panel.view, panel.controller)]

    panel.deleteLater()
    del panel

    until(qtbot, lambda: gc.collect() >= 0 and [part() for part in parts] == [None, None, None])


def test_a_panel_that_was_closed_and_dropped_leaves_the_memory(qtbot: QtBot, runner: TaskRunner) -> None:
    """Without a parent it is Python's, as any widget: with the last who knows it, it goes."""
    panel = TaskPanel(runner)
    worker = Worker()
    start(qtbot, panel, runner, worker)
    with qtbot.waitExposed(panel):
        panel.show()
    parts = [ref(part) for part in (panel, panel.view, panel.controller)]

    panel.close()
    del panel

    until(qtbot, lambda: gc.collect() >= 0 and [part() for part in parts] == [None, None, None])
    worker.go.set()


def test_painting_every_state_makes_no_noise(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """A picture of rows in all kinds of states can be taken; Qt has nothing to say to it."""
    workers = [Worker() for _ in range(4)]
    ids = [
        start(qtbot, panel, runner, worker, kind)
        for worker, kind in zip(workers, ("obey", "ignore", "fail", "finish"), strict=True)
    ]
    runner.start(workers[0].finish, paused=True)
    workers[2].go.set()
    workers[3].go.set()
    panel.controller.cancel(ids[1])
    panel.controller.pause(ids[0])
    until(qtbot, lambda: state_of(panel, ids[2]) is TaskState.FAILED and state_of(panel, ids[0]) is TaskState.PAUSED)

    picture = panel.grab().toImage()

    assert picture.width() >= 1100
    workers[1].go.set()


def test_a_double_click_on_cancel_does_not_start_it_again(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The first click cancels, the button becomes Retry at once, and the second click was not meant for that."""
    task_id = start(qtbot, panel, runner, Worker())
    place = button(panel, task_id)

    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=place)
    until(qtbot, lambda: state_of(panel, task_id) is TaskState.CANCELLED)
    with qtbot.assertNotEmitted(panel.view.action_requested):
        qtbot.mouseDClick(panel.view.viewport(), LEFT, pos=place)
        qtbot.mouseClick(panel.view.viewport(), LEFT, pos=place)

    assert panel.controller.model.count(Category.ALL) == 1


@pytest.mark.parametrize("thing", [5, b"xx", None, ["a"], object()])
def test_no_text_of_a_worker_can_harm_the_window(
    qtbot: QtBot, panel: TaskPanel, runner: TaskRunner, thing: object
) -> None:
    """Names, reasons, consequences and messages that are no strings are shown as what they look like."""
    worker = Worker()

    def job(ctx) -> None:  # type: ignore[no-untyped-def]
        ctx.consequence = thing
        ctx.progress(message=thing)
        with ctx.stop.shield(thing):
            worker.obey(ctx)
            ctx.stop.wait(30)

    worker.go.set()
    task = runner.start(job, name=thing, group=thing)  # type: ignore[arg-type]
    until(qtbot, lambda: state_of(panel, task.id) is TaskState.RUNNING)
    panel.grab()
    task.cancel(thing, by=thing)  # type: ignore[arg-type]
    until(qtbot, lambda: (state := state_of(panel, task.id)) is not None and state.is_final)
    panel.grab()


def test_the_first_row_gets_the_keys(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """When the table appears, arrows and Del are for it, not for the button that was there before."""
    panel.activateWindow()
    panel.filter_bar._chips[Category.ALL].setFocus()

    start(qtbot, panel, runner, Worker())

    until(qtbot, panel.view.hasFocus)


@pytest.mark.parametrize("size", [7, 8, 9, 9.5, 10, 11, 12, 14, 16])
def test_an_underscore_of_the_quiet_line_is_not_cut_off(qtbot: QtBot, panel: TaskPanel, size: float) -> None:
    """IMG_4030.jpg is no IMG 4030.jpg, whatever the font."""
    font = panel.view.font()
    font.setPointSizeF(size)
    panel.view.setFont(font)
    look, white, black = panel.view.look(), QColor("white"), QColor("black")
    cells = CellPainter(panel.controller.model, ButtonState())
    cells.prepare(look, mirrored=False)
    quiet = NameCell("", "____", black, black, 0, None, unseen=False)

    def ink(draw: Callable[[QPainter], object]) -> int:
        picture = QImage(200, 80, QImage.Format.Format_RGB32)
        picture.fill(white)
        painter = QPainter(picture)
        draw(painter)
        painter.end()
        return sum(255 - picture.pixelColor(x, y).lightness() for x in range(40) for y in range(80))

    def freely(painter: QPainter) -> None:
        painter.setFont(look.small.font)
        painter.setPen(black)
        painter.drawText(0, 60, "____")

    def in_cell(painter: QPainter) -> None:
        cells.paint(painter, quiet, TaskColumn.NAME, Box(0, 0, 200, 80), focused=False)

    assert ink(in_cell) >= 0.9 * ink(freely)


def test_from_right_to_left_the_sign_of_a_state_stands_before_its_word(
    qtbot: QtBot, panel: TaskPanel, runner: TaskRunner
) -> None:
    """On the right of it."""
    worker = Worker()
    task_id = start(qtbot, panel, runner, worker, "ignore")
    panel.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    place = panel.controller.model.place_of(task_id)
    assert place is not None
    cell = panel.view.visualRect(panel.controller.model.index(place, TaskColumn.STATE))
    picture = panel.view.viewport().grab(cell).toImage()
    worker.go.set()

    accent = panel.view.look().colors.accent.rgb()
    signs = [x for x in range(picture.width()) if picture.pixelColor(x, cell.height() // 2).rgb() == accent]

    assert min(signs) > cell.width() - 24


def test_a_panel_that_nobody_gives_a_size_has_room_for_rows(qtbot: QtBot, runner: TaskRunner) -> None:
    panel = TaskPanel(runner)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    tasks = [runner.start(lambda _: None, name=f"task {number}", paused=True) for number in range(6)]
    until(qtbot, lambda: len(panel.controller.model.rows()) == 6)

    last = panel.view.visualRect(panel.controller.model.index(5, TaskColumn.ACTION))
    assert panel.view.viewport().rect().contains(last.center())

    for task in tasks:
        task.cancel()
    panel.controller.close()
