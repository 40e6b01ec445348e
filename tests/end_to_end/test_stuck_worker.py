"""A worker that does not stop, from the click on Cancel to the click on Detach, with a real pointer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner, TaskState
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import RowAction, TaskColumn
from taskmon.core.stacks import sampler
from taskmon.core.task import snapshot
from taskmon.ui.details.header import Page
from taskmon.ui.table.painting import button_rect
from taskmon.ui.table.pressing import DEAD_TIME
from taskmon.ui.widgets.glyphs import SIZE
from taskmon.ui.widgets.theme import tokens
from taskmon.ui.window.window import MainWindow
from tests.helpers.gates import wait_until
from tests.helpers.main_window import main_window
from tests.qt_helpers import runner, until

__all__ = ["runner"]  # fixture
pytestmark = pytest.mark.window


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> Iterator[MainWindow]:
    """The window, on a real screen."""
    with main_window(qtbot, runner, jobs=False) as made:
        made.activateWindow()
        yield made
    sampler.sampler._threads.clear()
    sampler.sampler._wake.set()
    wait_until(lambda: not sampler.sampler._looking, "the end of the sampler's thread")


def press(widget: QWidget, point: QPoint) -> None:
    """Move the pointer there and click, through the window that the system knows."""
    handle = widget.window().windowHandle()
    spot = widget.mapTo(widget.window(), point)
    QTest.mouseMove(handle, spot)
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)


def click_row_button(window: MainWindow, task_id: int) -> None:
    view = window.panel.view
    place = view.tasks.place_of(task_id)
    assert place is not None
    # From elsewhere: a button that has become another under a resting pointer does not take the next click.
    QTest.mouseMove(window.windowHandle(), view.mapTo(window, QPoint(40, view.height() - 20)))
    QTest.qWait(0)
    press(view.viewport(), button_rect(view.visualRect(view.tasks.index(place, TaskColumn.ACTION))).center())


def test_a_worker_that_does_not_stop_is_explained_and_can_be_given_up(
    qtbot: QtBot,
    window: MainWindow,
    runner: TaskRunner,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Cancel, amber and *Not responding*, Details, the line where it is, Detach: its place goes to the next task."""
    monkeypatch.setattr(snapshot, "NOT_RESPONDING_AFTER", 0.4)
    runner.max_workers = 1
    over = threading.Event()
    request.addfinalizer(over.set)

    def simulate(ctx: TaskContext) -> None:
        ctx.progress(1, 2, "steps")
        while not over.is_set():
            time.sleep(0.01)  # noqa: TID251 - being deaf is the point

    stuck = runner.start(simulate, name="Simulation")
    waiting: list[bool] = []
    following = runner.start(lambda ctx: waiting.append(True), name="Next")
    model = window.panel.controller.model
    until(qtbot, lambda: (row := model.row(stuck.id)) and row.snapshot.progress.done)

    click_row_button(window, stuck.id)
    until(qtbot, lambda: stuck.stop_requested)
    row = model.row(stuck.id)
    assert row is not None
    until(qtbot, lambda: row.action is RowAction.DETAILS)
    assert text.state_label(row) == "Not responding"
    assert following.state is TaskState.QUEUED
    until(qtbot, lambda: _shows_warning_sign(window, stuck.id))
    row.action_since -= DEAD_TIME  # a click in the moment of the change would be meant for what stood there before

    click_row_button(window, stuck.id)
    until(qtbot, lambda: window.details.is_open)
    dock = window.details.dock
    assert dock is not None
    page = dock.pane.page_widget(Page.STACK)
    until(qtbot, page.isVisible)
    until(qtbot, lambda: "time.sleep, test_stuck_worker.py line" in page.headline.text())
    until(qtbot, lambda: "ctx.sleep" in page.advice.text())
    until(qtbot, lambda: page.frames.count() == 1)

    until(qtbot, page.detach_button.isEnabled)
    press(page.detach_button, page.detach_button.rect().center())
    until(qtbot, lambda: waiting and following.done())
    assert stuck.state is TaskState.STOPPING, "its thread still runs, and nobody says otherwise"
    until(qtbot, lambda: "detached" in window.statusBar().findChildren(QWidget)[0].property("text"))
    over.set()
    until(qtbot, stuck.done)
    until(qtbot, lambda: "before it could be cancelled" in text.second_line(row))


def _shows_warning_sign(window: MainWindow, task_id: int) -> bool:
    """Whether the row's sign is painted in the colour of a warning."""
    view = window.panel.view
    place = view.tasks.place_of(task_id)
    assert place is not None
    cell = view.visualRect(view.tasks.index(place, TaskColumn.STATE))
    image = view.viewport().grab(cell).toImage()
    wanted = tokens(view.palette()).warning
    size = int(SIZE)
    spots = [(x, image.height() // 2 + y) for x in range(4, 4 + size) for y in range(-size // 2, size // 2)]
    near: Callable[[int, int], bool] = lambda one, other: abs(one - other) < 24  # noqa: E731
    return any(
        near(color.red(), wanted.red()) and near(color.green(), wanted.green()) and near(color.blue(), wanted.blue())
        for color in (image.pixelColor(x, y) for x, y in spots)
    )
