"""Running Python programs from the window: the menu, a drop, the dialog."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.programs.launching import ClusterRequest, ProgramRequest
from taskmon.bridge.programs.programs import Programs
from taskmon.core.task.snapshot import Origin
from taskmon.ui.dialogs.program_dialog import ClusterDialog, ProgramDialog
from taskmon.ui.window.window import MainWindow
from tests.helpers.main_window import main_window
from tests.qt_helpers import runner, until

__all__ = ["runner"]  # fixture


class Starts:
    """Takes the place of real processes."""

    def __init__(self) -> None:
        self.jobs: list[ProgramRequest] = []
        self.outcome = (0, "")
        self.go = threading.Event()

    def __call__(self, job: ProgramRequest, started: Any) -> tuple[int, str]:
        started(4711)
        self.jobs.append(job)
        assert self.go.wait(20)
        return self.outcome


@pytest.fixture
def starts() -> Iterator[Starts]:
    """What was started."""
    made = Starts()
    yield made
    made.go.set()


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner, tmp_path: Path, starts: Starts) -> Iterator[MainWindow]:
    """The main window, with nothing that starts processes."""
    with main_window(qtbot, runner) as made:
        controller = made.controller
        programs = Programs(controller, controller, folder=lambda: tmp_path / "data", start=starts)
        made.use_programs(programs)
        yield made
        while made.notices.text:
            made.notices.close_notice()
        programs.close()


def dialog_of(window: MainWindow) -> ProgramDialog:
    (dialog,) = window.findChildren(ProgramDialog)
    return dialog


def test_the_dialog_starts_a_program_and_offers_it_the_next_time(
    qtbot: QtBot, window: MainWindow, starts: Starts, tmp_path: Path
) -> None:
    script = tmp_path / "train.py"
    script.touch()
    window.menus.program.trigger()
    dialog = dialog_of(window)
    qtbot.keyClicks(dialog.script, str(script))
    qtbot.keyClicks(dialog.arguments, "--epochs 3 'a b'")
    dialog.environment.setPlainText("MODE=fast")
    qtbot.mouseClick(dialog.submit_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: starts.jobs and not window.findChildren(ProgramDialog))

    assert starts.jobs == [ProgramRequest(str(script), ("--epochs", "3", "a b"), "", "", (("MODE", "fast"),))]
    assert "train.py" in window.notices.text
    until(qtbot, (tmp_path / "data" / "programs.json").exists)
    window.ask_for_program()
    again = dialog_of(window)
    until(qtbot, lambda: again.recent_box.count() == 1)
    assert again.recent_box.itemText(0) == "train.py --epochs 3 'a b'"
    again.recent_box.activated.emit(0)
    assert again.script.text() == str(script)
    assert again.environment.toPlainText() == "MODE=fast"
    again.close()


def test_a_dialog_that_makes_no_sense_says_so_and_stays(qtbot: QtBot, window: MainWindow, starts: Starts) -> None:
    window.ask_for_program()
    dialog = dialog_of(window)
    qtbot.mouseClick(dialog.submit_button, Qt.MouseButton.LeftButton)

    assert dialog.isVisible()
    assert dialog.problem.startswith("Program: nothing was given")
    assert not starts.jobs
    dialog.close()


def test_a_program_that_is_not_there_leaves_the_dialog_with_what_was_typed(
    qtbot: QtBot, window: MainWindow, starts: Starts
) -> None:
    window.ask_for_program()
    dialog = dialog_of(window)
    dialog.script.setText("/no/such/train.py")
    dialog.arguments.setText("--epochs 3")
    qtbot.mouseClick(dialog.submit_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: dialog.problem)

    assert dialog.problem == "There is no file “/no/such/train.py”."
    assert dialog.isVisible()
    assert dialog.submit_button.isEnabled()
    assert dialog.arguments.text() == "--epochs 3"
    assert not starts.jobs
    dialog.close()


def test_the_dialog_connects_to_a_cluster(qtbot: QtBot, window: MainWindow, starts: Starts) -> None:
    window.menus.cluster.trigger()
    (dialog,) = window.findChildren(ClusterDialog)
    qtbot.mouseClick(dialog.submit_button, Qt.MouseButton.LeftButton)
    assert dialog.problem.startswith("Scheduler: nothing was given")
    qtbot.keyClicks(dialog.address, " tcp://node17:8786 ")
    dialog.everything.setChecked(True)
    qtbot.keyClick(dialog.address, Qt.Key.Key_Return)
    until(qtbot, lambda: starts.jobs and not window.findChildren(ClusterDialog))

    assert starts.jobs == [ClusterRequest("tcp://node17:8786", True)]
    assert "tcp://node17:8786" in window.notices.text


def test_a_program_that_is_dropped_is_asked_about_not_run(
    qtbot: QtBot, window: MainWindow, starts: Starts, tmp_path: Path
) -> None:
    """Enter runs it: the button has the focus."""
    script = tmp_path / "Train.PY"
    script.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(script))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)
    dialog = dialog_of(window)

    assert event.isAccepted()
    assert dialog.script.text() == str(script)
    assert dialog.focusWidget() is dialog.submit_button
    assert not starts.jobs
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    until(qtbot, lambda: starts.jobs)


def test_a_program_that_dies_at_once_is_told_of_in_one_message(
    qtbot: QtBot, window: MainWindow, starts: Starts
) -> None:
    assert window.programs is not None
    starts.outcome = (1, "Traceback\nModuleNotFoundError: No module named 'numpy'")
    starts.go.set()
    window.programs.run(ProgramRequest("/srv/train.py"))
    until(qtbot, lambda: window.findChildren(QMessageBox))

    (box,) = window.findChildren(QMessageBox)
    assert box.text() == "“train.py” ended before it could be shown"
    assert "No module named 'numpy'" in box.informativeText()
    box.close()


def test_a_program_whose_secrets_were_not_kept_is_asked_about_again(
    qtbot: QtBot, window: MainWindow, starts: Starts
) -> None:
    assert window.programs is not None
    window.programs.run_again(ProgramRequest("/srv/a.py", environment=(("API_TOKEN", ""), ("MODE", "fast"))))
    assert dialog_of(window).environment.toPlainText() == "API_TOKEN=\nMODE=fast"
    assert not starts.jobs
    dialog_of(window).close()
    window.programs.run_again(ProgramRequest("/srv/a.py", environment=(("MODE", ""),)))
    until(qtbot, lambda: starts.jobs)


def test_before_it_is_ready_the_window_does_nothing(qtbot: QtBot, window: MainWindow) -> None:
    window.programs = None
    window.ask_for_program()
    assert not window.findChildren(ProgramDialog)


def test_a_program_that_has_ended_is_run_again_from_its_row(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, starts: Starts
) -> None:
    """As it was started. One that was started elsewhere, or still runs, cannot be; and none is retried as a task is."""
    assert window.programs is not None
    request = ProgramRequest("/srv/a.py", ("--fast",))
    window.programs.run(request)
    until(qtbot, lambda: len(starts.jobs) == 1)
    ended, other = runner.start(lambda: None, name="a.py"), runner.start(lambda: None, name="b.py")
    model = window.panel.controller.model
    until(qtbot, lambda: all((row := model.row(task.id)) and row.snapshot.state.is_final for task in (ended, other)))
    commands = window.panel.commands
    for task, pid in ((ended, 4711), (other, 4712)):
        row = model.row(task.id)
        assert row is not None
        row.snapshot = row.snapshot._replace(origin=Origin("a.py", pid, kind="program"))
        window.panel.view.select_task(task.id)
        commands.fit_to([row])
        assert commands.retry.isEnabled() is (pid == 4711)
        assert (commands.retry.text() == "&Run again") is (pid == 4711)
        commands.retry_selected()
    until(qtbot, lambda: len(starts.jobs) == 2)
    assert starts.jobs[0] == starts.jobs[1]
