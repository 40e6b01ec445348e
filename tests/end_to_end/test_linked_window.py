"""A real window that shows another program: the presses go through the window system, the stop through the wire."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.programs.linked import Link, open_link, wanted_jobs
from taskmon.bridge.quitting import Stage
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import RowAction, TaskColumn, TaskRow
from taskmon.link.window_client import Window, screen, window_is_open
from taskmon.ui.table.painting import button_rect
from taskmon.ui.window.window import MainWindow
from tests.helpers.wire import meeting_place
from tests.qt_helpers import LONG, runner, until

__all__ = ["meeting_place", "runner"]  # fixtures

ROOT = Path(__file__).resolve().parent.parent.parent

#: A program with a worker that cleans up until its standard input says that it may leave.
PROGRAM = """
import sys, taskmon
runner = taskmon.TaskRunner()
taskmon.publish(runner, program="photos.py")
def work(ctx):
    ctx.progress(3, 10, "photos", "resizing")
    try:
        ctx.sleep(600)
    finally:
        sys.stdin.readline()
task = runner.start(work, name="Resize")
try:
    task.result()
except BaseException as error:
    print(type(error).__name__, flush=True)
"""


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner, meeting_place: str) -> Iterator[MainWindow]:
    """The window with its link, exposed on whatever screen there is."""
    assert meeting_place
    controller = TaskController(runner)
    made = MainWindow(lambda: controller, controller.jobs)
    qtbot.addWidget(made, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
    made.resize(1100, 600)
    with qtbot.waitExposed(made):
        made.show()
    link = open_link(controller, runner, None, made)
    assert link is not None
    until(qtbot, window_is_open)
    made.link = link  # type: ignore[attr-defined]  # for the tests
    yield made
    controller.close()
    link.close()
    controller.setParent(made)


@pytest.fixture
def program(window: MainWindow) -> Iterator[subprocess.Popen[str]]:
    """A program that publishes its runner."""
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield started
    started.kill()
    started.communicate()


def the_row(qtbot: QtBot, window: MainWindow) -> TaskRow:
    """The row of the program's task, once it runs."""
    model = window.panel.controller.model
    until(qtbot, lambda: any(row.snapshot.state is TaskState.RUNNING for row in model.rows()))
    return model.rows()[0]


def press(widget: QWidget, point: QPoint) -> None:
    """Press and release the left button at a point of `widget`."""
    handle = widget.window().windowHandle()
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton, none, widget.mapTo(widget.window(), point))


@pytest.mark.window
def test_cancel_is_pressed_and_seen_at_once_and_true(
    qtbot: QtBot, window: MainWindow, program: subprocess.Popen[str]
) -> None:
    """The press shows before the program has answered; Cancelled, only once the thread over there has left."""
    row = the_row(qtbot, window)
    until(qtbot, lambda: row.snapshot.progress.done == 3)
    view = window.panel.view
    place = view.tasks.place_of(row.id)
    assert place is not None
    program.send_signal(signal.SIGSTOP)
    press(view.viewport(), button_rect(view.visualRect(view.tasks.index(place, TaskColumn.ACTION))).center())
    until(qtbot, lambda: text.state_label(row) == "Cancelling…")
    program.send_signal(signal.SIGCONT)
    qtbot.wait(300)
    assert text.state_label(row) == "Cancelling…", "its thread has not left"
    assert program.stdin is not None
    program.stdin.write("leave\n")
    program.stdin.flush()
    until(qtbot, lambda: text.state_label(row) == "Cancelled")
    assert row.action is not RowAction.RETRY, "only its own program could start it again"


def test_a_program_that_is_killed_is_lost(qtbot: QtBot, window: MainWindow, program: subprocess.Popen[str]) -> None:
    """With its last progress."""
    row = the_row(qtbot, window)
    until(qtbot, lambda: row.snapshot.progress.done == 3)
    program.kill()
    until(qtbot, lambda: text.state_label(row) == "Lost contact")
    assert row.snapshot.progress.done == 3


def test_a_program_that_stands_still_does_not_hold_up_the_window(
    qtbot: QtBot, window: MainWindow, program: subprocess.Popen[str]
) -> None:
    """A cancel is shown at once, whatever the program does."""
    row = the_row(qtbot, window)
    program.send_signal(signal.SIGSTOP)
    assert window.panel.controller.cancel(row.id)
    until(qtbot, lambda: text.state_label(row) == "Cancelling…")
    program.send_signal(signal.SIGCONT)


def test_what_is_cleared_is_no_longer_listed(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Ended tasks stay in the list until then."""
    done = runner.start(lambda ctx: None, name="short")
    until(qtbot, lambda: done.done() and window.panel.controller.model.row(done.id))
    until(qtbot, lambda: window.panel.controller.model.row(done.id).snapshot.state.is_final)  # type: ignore[union-attr]

    def listed() -> list[str]:
        with Window() as asked:
            return [task["name"] for task in asked.tasks()]

    assert listed() == ["short"]
    window.panel.controller.clear_finished()
    assert listed() == []


def test_a_second_start_arrives(qtbot: QtBot, window: MainWindow) -> None:
    """In the UI thread, with what it wants."""
    link: Link = window.link  # type: ignore[attr-defined]
    with qtbot.waitSignal(link.summoned, timeout=LONG) as summoned, Window() as asked:
        assert asked.present([("checksum", {"folders": ["/a\udcff"]})], demo=True) == ""
    assert wanted_jobs(summoned.args[0]) == [("checksum", {"folders": ["/a\udcff"]})]
    assert wanted_jobs({"start": [["checksum"], 3, [1, {}], ["x", []]]}) == []
    window.bring_to_front("token")
    assert "XDG_ACTIVATION_TOKEN" not in os.environ


@pytest.mark.parametrize(
    ("here", "there", "joins"),
    [
        ({"DISPLAY": ":0"}, {"DISPLAY": ":0.0", "QT_QPA_PLATFORM": "xcb"}, True),
        ({"DISPLAY": ":0"}, {"QT_QPA_PLATFORM": "offscreen"}, True),  # nobody would see another
        ({"QT_QPA_PLATFORM": "offscreen"}, {"QT_QPA_PLATFORM": "offscreen"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, {"DISPLAY": ":0"}, False),
        ({"DISPLAY": ":0"}, {"DISPLAY": "elsewhere:10.0"}, False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, {"WAYLAND_DISPLAY": "wayland-1"}, False),
    ],
)
def test_a_second_start_joins_the_window_that_can_be_seen_where_it_is(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, here: dict[str, str], there: dict[str, str], joins: bool
) -> None:
    def sit_at(place: dict[str, str]) -> None:
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
            if name in place:
                monkeypatch.setenv(name, place[name])

    sit_at(here)
    monkeypatch.setattr(window.link, "_screen", screen())  # type: ignore[attr-defined]
    sit_at(there)
    with Window() as asked:
        assert asked.present() == ("" if joins else "The window is open on another screen")


def test_why_programs_cannot_be_shown_is_told(
    qtbot: QtBot, runner: TaskRunner, meeting_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the place cannot be had, or there is something in the way of the socket."""
    controller = TaskController(runner)
    told: list[str] = []
    Path(meeting_place, "window.sock").write_text("a file of somebody's")
    link = open_link(controller, runner, None, controller, told.append)
    assert link is not None
    until(qtbot, lambda: told)
    link.close()
    monkeypatch.setenv("TASKMON_RUNTIME_DIR", "/proc/nowhere")
    assert open_link(controller, runner, None, controller, told.append) is None
    controller.close()

    assert [sentence.partition(":")[0] for sentence in told] == ["Other programs cannot be shown"] * 2
    assert "is not a socket of yours" in told[0]
    assert "/proc/nowhere" in told[1]


@pytest.mark.window
def test_it_comes_to_the_front(qtbot: QtBot, window: MainWindow) -> None:
    """From behind another window, and from the task bar."""
    assert QGuiApplication.platformName() == "xcb"
    other = QWidget()
    qtbot.addWidget(other)
    other.setGeometry(window.geometry())
    other.show()
    other.raise_()
    window.showMinimized()
    until(qtbot, window.isMinimized)
    window.bring_to_front()
    until(qtbot, lambda: not window.isMinimized() and window.isVisible())
