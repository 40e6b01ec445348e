"""A real window on a real (virtual) screen: presses go through the window system, as a person's do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import TaskColumn
from taskmon.ui.table.painting import button_rect
from taskmon.ui.window.window import MainWindow
from tests.helpers.main_window import main_window
from tests.qt_helpers import LONG, Worker, runner, until

__all__ = ["runner"]  # fixture

pytestmark = pytest.mark.window


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> Iterator[MainWindow]:
    """The window, exposed on an X server."""
    assert QGuiApplication.platformName() == "xcb", "these tests need a real window system"
    with main_window(qtbot, runner, jobs=False, size=(1100, 600)) as made:
        yield made


def press(widget: QWidget, point: QPoint) -> None:
    """Press and release the left button at a point of `widget`, through its window."""
    window = widget.window().windowHandle()
    QTest.mouseClick(
        window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, widget.mapTo(widget.window(), point)
    )


def press_button(window: MainWindow, task_id: int) -> None:
    """Press the button of a task's row."""
    model, view = window.panel.controller.model, window.panel.view
    place = model.place_of(task_id)
    assert place is not None
    press(view.viewport(), button_rect(view.visualRect(model.index(place, TaskColumn.ACTION))).center())


def test_cancel_is_pressed_seen_and_true(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The whole story: press Cancel, read "Cancelling…", the thread leaves, and only then read "Cancelled"."""
    worker = Worker()
    task = runner.start(worker.ignore, name="Stubborn for a while")
    model = window.panel.controller.model
    until(qtbot, lambda: worker.started.is_set() and (row := model.row(task.id)) and row.snapshot.started_at)

    press_button(window, task.id)
    assert task.stop_requested, "the flag is set when the press returns"
    row = model.row(task.id)
    assert row is not None
    until(qtbot, lambda: text.state_label(row) == "Cancelling…")
    assert not worker.returned.is_set()
    worker.go.set()
    until(qtbot, lambda: text.state_label(row) == "Cancelled")

    assert worker.returned.is_set() is False, "it left at its checkpoint, not by finishing"
    assert text.second_line(row).startswith("Cancelled by you after ")


def test_one_of_many_is_cancelled_after_scrolling(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """In a table that scrolls, the button under the pointer belongs to the row under the pointer."""
    workers = [Worker() for _ in range(8)]
    tasks = [runner.start(worker.obey, name=f"task {number}") for number, worker in enumerate(workers)]
    more = [runner.start(Worker().obey, name=f"waiting {number}") for number in range(40)]
    model = window.panel.controller.model
    until(qtbot, lambda: model.rowCount() == 48 and all(worker.started.is_set() for worker in workers))

    window.panel.view.scrollToBottom()
    press_button(window, more[-1].id)
    until(qtbot, lambda: more[-1].state is TaskState.CANCELLED)
    window.panel.view.scrollToTop()
    press_button(window, tasks[3].id)
    until(qtbot, lambda: tasks[3].state is TaskState.CANCELLED)

    assert [task.state for task in tasks].count(TaskState.CANCELLED) == 1
    assert [task.state for task in more].count(TaskState.CANCELLED) == 1


def test_keys_reach_the_table(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Arrow keys go to the button, Space presses it; the slash leads to the filter, Escape back."""
    worker = Worker()
    task = runner.start(worker.obey, name="by keys")
    view = window.panel.view
    until(qtbot, lambda: worker.started.is_set() and view.tasks.rowCount() == 1)
    window.activateWindow()
    view.setFocus()
    view.setCurrentIndex(view.tasks.index(0, TaskColumn.ELAPSED))

    handle = window.windowHandle()
    QTest.keyClick(handle, Qt.Key.Key_Right)
    until(qtbot, lambda: view.hasFocus() and view.currentIndex().column() == TaskColumn.ACTION)
    QTest.keyClick(handle, Qt.Key.Key_Space)
    until(qtbot, lambda: task.state is TaskState.CANCELLED)
    QTest.keyClick(handle, Qt.Key.Key_Slash)
    until(qtbot, window.panel.filter_bar.search.hasFocus)
    QTest.keyClick(handle, Qt.Key.Key_Escape)
    until(qtbot, view.hasFocus)


def test_closing_the_window_asks_and_cancels(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Closed by its frame, the window asks; "Cancel tasks and quit" is pressed; the task leaves, then the window."""
    worker = Worker()
    task = runner.start(worker.obey, name="to be left")
    until(qtbot, worker.started.is_set)

    window.windowHandle().close()
    until(qtbot, lambda: window.quit_dialog is not None and window.quit_dialog.isVisible())
    dialog = window.quit_dialog
    assert dialog is not None
    with qtbot.waitExposed(dialog):
        dialog.show()
    with qtbot.waitSignal(window.left, timeout=LONG):
        press(dialog.cancel_button, dialog.cancel_button.rect().center())

    assert task.state is TaskState.CANCELLED
    assert not window.isVisible()
