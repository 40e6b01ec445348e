"""The history and the dialog for programs on a real (virtual) screen, by keys and presses alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.history.history import History, Limits
from taskmon.bridge.history.text import HistoryColumn
from taskmon.bridge.programs.launching import ProgramRequest
from taskmon.bridge.programs.programs import Programs
from taskmon.bridge.quitting import Stage
from taskmon.history.values import RestartInfo
from taskmon.jobs import BUILTIN_JOBS
from taskmon.ui.dialogs.program_dialog import ProgramDialog
from taskmon.ui.history.window import HistoryWindow
from taskmon.ui.window.window import MainWindow
from tests.history.samples import S, added, picture, recorder
from tests.qt_helpers import LONG, runner, until

__all__ = ["runner"]  # fixture

pytestmark = pytest.mark.window

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def started() -> list[ProgramRequest]:
    """The programs that were started, which nothing really starts."""
    return []


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner, tmp_path: Path, started: list[ProgramRequest]) -> Iterator[MainWindow]:
    """The window, exposed on an X server, with a history of three tasks."""
    assert QGuiApplication.platformName() == "xcb", "these tests need a real window system"
    (tmp_path / "photos").mkdir()
    work = RestartInfo("checksum", {"folders": [str(tmp_path / "photos")]})
    with recorder(tmp_path / "data", describe=lambda _: work) as made:
        made.post(added(picture(1, name="Checksum photos")))
        made.post(added(picture(2, S.FAILED, name="Sync", error="No space left")))
        made.post(added(picture(3, name="Copy")))

    def start(job: ProgramRequest, told: Callable[[int], object]) -> tuple[int, str]:
        told(4711)
        started.append(job)
        return 0, ""

    controller = TaskController(runner, BUILTIN_JOBS.values())
    window = MainWindow(lambda: controller, controller.jobs)
    qtbot.addWidget(window, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
    window.resize(1100, 600)
    history = History(controller, controller, folder=lambda: tmp_path / "data", limits=Limits(0, 0, 0))
    programs = Programs(controller, controller, folder=lambda: tmp_path / "data", start=start)
    window.use_history(history)
    window.use_programs(programs)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    yield window
    while window.notices.text:
        window.notices.close_notice()
    controller.close()
    programs.close()
    assert history.close(20)
    controller.setParent(window)


def top(kind: type[QWidget]) -> QWidget | None:
    """The open window of this kind."""
    found = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind) and widget.isVisible()]
    return found[0] if found else None


def key(widget: QWidget, code: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key as the window system would."""
    handle = widget.window().windowHandle()
    QTest.keyClick(handle, code, modifier)


def test_the_history_by_keys(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Open it, search it, run a task of the past again, and close it."""
    key(window, Qt.Key.Key_H, CTRL)
    until(qtbot, lambda: top(HistoryWindow))
    opened = top(HistoryWindow)
    assert isinstance(opened, HistoryWindow)

    def names() -> list[str]:
        return [opened.model.index(place, HistoryColumn.NAME).data() for place in range(opened.model.rowCount())]

    qtbot.waitExposed(opened)
    opened.activateWindow()
    until(qtbot, lambda: names() == ["Copy", "Sync", "Checksum photos"] and opened.isActiveWindow())
    key(opened, Qt.Key.Key_Down)
    until(qtbot, lambda: opened.details.story is not None and opened.details.story.entry.name == "Sync")
    key(opened, Qt.Key.Key_Slash)
    until(qtbot, opened.filter.search.hasFocus)
    QTest.keyClicks(opened.filter.search, "photos")
    until(qtbot, lambda: names() == ["Checksum photos"])
    key(opened, Qt.Key.Key_Return)
    until(qtbot, opened.table.hasFocus)
    until(qtbot, opened.details.again_button.isVisible)
    with qtbot.waitSignal(window.panel.task_finished, timeout=LONG) as told:
        while not opened.details.again_button.hasFocus():
            before = opened.focusWidget()
            key(opened, Qt.Key.Key_Tab)
            assert opened.focusWidget() is not before, "the focus is trapped"
        key(opened, Qt.Key.Key_Space)
    assert told.args[0].state is TaskState.SUCCEEDED
    until(qtbot, lambda: names() == ["Checksum photos"] * 2)
    opened.activateWindow()
    opened.table.setFocus()
    key(opened, Qt.Key.Key_Escape)
    until(qtbot, lambda: top(HistoryWindow) is None)


def test_a_program_by_keys(qtbot: QtBot, window: MainWindow, started: list[ProgramRequest], tmp_path: Path) -> None:
    """Ctrl+R, a path, Enter."""
    script = tmp_path / "train.py"
    script.touch()
    key(window, Qt.Key.Key_R, CTRL)
    until(qtbot, lambda: top(ProgramDialog))
    dialog = top(ProgramDialog)
    assert isinstance(dialog, ProgramDialog)
    until(qtbot, dialog.script.hasFocus)
    QTest.keyClicks(dialog.script, str(script))
    key(dialog, Qt.Key.Key_Return)
    until(qtbot, lambda: started)

    assert started[0].script == str(script)
    until(qtbot, lambda: top(ProgramDialog) is None)
