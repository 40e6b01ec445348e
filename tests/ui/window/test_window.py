"""The main window: starting jobs, dropping folders, and leaving."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QCloseEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.programs.programs import Programs
from taskmon.bridge.quitting import Stage
from taskmon.bridge.table.categories import Category
from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.jobs import BUILTIN_JOBS, JobType, Parameter, ParameterKind
from taskmon.ui.dialogs.job_dialog import JobDialog
from taskmon.ui.dialogs.quit_dialog import QuitDialog
from taskmon.ui.dialogs.running_programs import RunningPrograms
from taskmon.ui.window.empty import EmptyPage
from taskmon.ui.window.window import MainWindow
from tests.bridge.programs.test_attaching import program
from tests.helpers.main_window import main_window
from tests.qt_helpers import LONG, Worker, runner, until

__all__ = ["runner"]  # fixture


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> Iterator[MainWindow]:
    """The window, on the screen."""
    with main_window(qtbot, runner) as made:
        yield made


def words_of(dialog: QuitDialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def controller_of(window: MainWindow) -> TaskController:
    return window.panel.controller


def test_a_dropped_folder_is_checksummed(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    """A folder dropped on the window starts the checksum job for it."""
    (tmp_path / "a").write_bytes(b"x" * 1000)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )

    with qtbot.waitSignal(controller_of(window).task_finished, timeout=LONG) as told:
        window.dropEvent(event)

    assert told.args[0].name == f"Checksum {tmp_path.name}"
    assert told.args[0].state is TaskState.SUCCEEDED


def test_the_dialog_of_a_job_starts_it(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    """Filled in and started, the dialog closes and the task's row is the current one."""
    dialog = window.ask_for_job(BUILTIN_JOBS["checksum"])
    dialog.fields["folders"].add([str(tmp_path)])  # type: ignore[attr-defined]

    with qtbot.waitSignal(controller_of(window).task_finished, timeout=LONG) as told:
        qtbot.mouseClick(dialog.submit_button, Qt.MouseButton.LeftButton)

    assert told.args[0].state is TaskState.SUCCEEDED
    row = controller_of(window).model.row_at(window.panel.view.currentIndex().row())
    assert row is not None
    assert row.id == told.args[0].id


def test_a_dialog_that_makes_no_sense_says_so_and_stays(qtbot: QtBot, window: MainWindow) -> None:
    """Without a folder nothing is started; the dialog names what is missing and keeps what was entered."""
    dialog = window.ask_for_job(BUILTIN_JOBS["checksum"])

    with qtbot.assertNotEmitted(dialog.submitted):
        qtbot.mouseClick(dialog.submit_button, Qt.MouseButton.LeftButton)

    assert "older" in dialog.problem
    assert dialog.isVisible()
    dialog.reject()


def test_a_dialog_is_made_from_any_declaration(qtbot: QtBot) -> None:
    """Every kind of parameter gets a field, and what is entered arrives under the parameter's name."""
    kinds = {kind.name.lower(): kind for kind in ParameterKind}
    parameters = tuple(
        Parameter(name, name.title(), kind, choices=("a", "b") if kind is ParameterKind.CHOICE else ())
        for name, kind in kinds.items()
    )
    job = JobType("any", "Any & all", "<b>Does</b> things.", print, parameters, lambda _: "any")
    dialog = JobDialog(job)
    qtbot.addWidget(dialog)

    assert set(dialog.values()) == set(kinds)
    dialog.fields["folders"].add(["/tmp/\udcff"])  # type: ignore[attr-defined]
    assert dialog.values()["folders"] == ("/tmp/\udcff",), "a name that is not UTF-8 survives being shown"


def test_a_failure_to_start_is_told_in_plain_text(qtbot: QtBot, window: MainWindow) -> None:
    """Errors reach the user as a message whose text cannot become markup."""
    window.show_error(TaskmonError("<img src=/nowhere>", "<b>no</b>", "details"))

    box = window.findChild(QMessageBox)
    assert box is not None
    assert box.textFormat() is Qt.TextFormat.PlainText
    box.reject()


def test_tab_goes_from_the_search_to_the_pages_and_the_filter(window: MainWindow) -> None:
    """As they stand, from left to right."""
    tasks, timeline = window._page_buttons
    after, each = [], window.panel.filter_bar.search.nextInFocusChain()
    while len(after) < 3:
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus:
            after.append(each)
        each = each.nextInFocusChain()

    assert after[:2] == [tasks, timeline]
    assert window.panel.filter_bar.isAncestorOf(after[2])


def test_cancel_all_of_a_few_does_not_ask(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Up to five tasks are cancelled at once."""
    workers = [Worker() for _ in range(3)]
    for worker in workers:
        runner.start(worker.obey)
    until(qtbot, lambda: all(worker.started.is_set() for worker in workers))
    until(qtbot, window.cancel_button.isEnabled)

    qtbot.mouseClick(window.cancel_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: controller_of(window).model.count(Category.FINISHED) == 3)


def test_cancel_all_of_many_asks_and_means_those_it_asked_about(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    """What starts while the question is open is not meant by it."""
    tasks = [runner.start(Worker().finish, paused=True) for _ in range(7)]
    until(qtbot, lambda: controller_of(window).model.count(Category.WAITING) == 7)

    window.cancel_all()
    box = window.findChild(QMessageBox)
    assert box is not None
    late = runner.start(Worker().finish, paused=True)
    yes = next(button for button in box.findChildren(QPushButton) if "7" in button.text())
    qtbot.mouseClick(yes, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: all(task.done() for task in tasks))

    assert not late.done()
    late.cancel()


def test_pause_all_becomes_resume_all(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """One button for both: it says what it will do."""
    worker = Worker()
    task = runner.start(worker.obey)
    until(qtbot, lambda: worker.started.is_set() and window.pause_button.isEnabled())

    qtbot.mouseClick(window.pause_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: task.state is TaskState.PAUSED and window.pause_button.text() == "Resume all")
    qtbot.mouseClick(window.pause_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: task.state is TaskState.RUNNING)

    task.cancel()


def test_closing_with_no_tasks_just_closes(qtbot: QtBot, window: MainWindow) -> None:
    """Nothing to ask about."""
    with qtbot.waitSignal(window.left, timeout=LONG):
        window.close()

    assert window.quit_dialog is None


def test_closing_with_live_tasks_asks_once_and_names_them(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The window stays, one question is open however often it is closed, and it names what runs."""
    worker = Worker()
    task = runner.start(worker.finish, name="<b>Backup</b>")
    until(qtbot, worker.started.is_set)

    window.close()
    window.close()
    questions = window.findChildren(QuitDialog)

    assert window.isVisible()
    assert len(questions) == 1
    assert "<b>Backup</b>" in " ".join(label.text() for label in questions[0].findChildren(QLabel))
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in questions[0].findChildren(QLabel))
    questions[0].reject()
    assert task.state is TaskState.RUNNING, "staying cancels nothing"
    worker.go.set()


def test_wait_then_quit_leaves_when_the_work_is_done(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The task finishes; then the window goes."""
    worker = Worker()
    task = runner.start(worker.finish)
    until(qtbot, worker.started.is_set)
    window.close()
    assert window.quit_dialog is not None

    qtbot.mouseClick(window.quit_dialog.wait_button, Qt.MouseButton.LeftButton)
    assert window.departure.stage is Stage.WAITING
    with qtbot.waitSignal(window.left, timeout=LONG):
        worker.go.set()

    assert task.state is TaskState.SUCCEEDED


def test_a_single_task_can_be_cancelled_while_the_window_waits(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    """The question bars nothing: the rows behind it, their buttons and their menus work as always."""
    stays, goes = Worker(), Worker()
    runner.start(stays.finish)
    task = runner.start(goes.obey)
    until(qtbot, lambda: stays.started.is_set() and goes.started.is_set())
    window.close()
    dialog = window.quit_dialog
    assert dialog is not None
    assert not dialog.isModal()
    assert "no limit" in words_of(dialog), "told before the choice"

    qtbot.mouseClick(dialog.wait_button, Qt.MouseButton.LeftButton)
    assert "however long" in words_of(dialog)
    controller_of(window).cancel(task.id)
    until(qtbot, lambda: task.done() and "Waiting for 1 task" in words_of(dialog))

    assert window.departure.stage is Stage.WAITING
    with qtbot.waitSignal(window.left, timeout=LONG):
        stays.go.set()


def test_the_question_promises_whole_files_only_of_jobs_that_do(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    careful, careless = Worker(), Worker()
    job = JobType("careful", "Careful", "", careful.finish, (), lambda _: "careful", whole=True)
    controller_of(window).jobs = (job,)
    controller_of(window).start_job(job, {})
    until(qtbot, careful.started.is_set)
    window.close()
    dialog = window.quit_dialog
    assert dialog is not None
    assert "half-written" in words_of(dialog)

    runner.start(careless.finish)
    until(qtbot, lambda: "2 tasks have not finished" in words_of(dialog))
    assert "half-written" not in words_of(dialog)
    assert "5\N{NO-BREAK SPACE}s to clean up" in words_of(dialog)
    dialog.reject()
    careful.go.set()
    careless.go.set()


def test_the_question_counts_as_the_window_does_and_names_the_programs_that_go_on(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    """Those of the window and those of other programs together are what the chips say."""
    model = controller_of(window).model
    worker = Worker()
    for _ in range(3):
        runner.start(worker.finish)
    foreign = [
        TaskSnapshot(1000 + number, f"part {number}", state, 0, 0.0, 0.0, 0.0, origin=Origin(program, pid))
        for number, (state, program, pid) in enumerate(
            [
                (TaskState.RUNNING, "train.py", 7),
                (TaskState.PAUSED, "train.py", 7),
                (TaskState.RUNNING, "<b>copy.py", 8),
                (TaskState.SUCCEEDED, "copy.py", 9),
            ]
        )
    ]
    until(qtbot, lambda: model.count(Category.RUNNING) == 3)
    model.add((Mock(snapshot=Mock(return_value=snapshot)), snapshot) for snapshot in foreign)
    assert window._status.text() == "5 running · 1 paused"

    window.close()
    dialog = window.quit_dialog
    assert dialog is not None
    words = words_of(dialog)

    assert "3 tasks have not finished" in words
    assert "3 tasks of other programs go on: train.py, <b>copy.py" in words
    dialog.reject()
    worker.go.set()


def test_quitting_names_the_programs_that_go_on_also_where_nothing_else_lives(qtbot: QtBot, window: MainWindow) -> None:
    """Nothing is cancelled: the question says so, and the way out is one click."""
    model = controller_of(window).model
    model.add([(Mock(), TaskSnapshot(1, "part", TaskState.RUNNING, 0, 0.0, 0.0, 0.0, origin=Origin("train.py", 7)))])
    window.close()
    dialog = window.quit_dialog
    assert dialog is not None
    words = words_of(dialog)

    assert "1 task of another program goes on: train.py" in words
    assert "Nothing is cancelled" in words
    assert "0 tasks" not in words
    assert not dialog.wait_button.isVisible()
    assert dialog.cancel_button.text() == "Quit"
    dialog.reject()
    assert window.isVisible()
    window.close()
    dialog = window.quit_dialog
    assert dialog is not None
    with qtbot.waitSignal(window.left, timeout=LONG):
        dialog.cancel_button.click()


def test_what_is_still_about_to_pause_runs(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Until it reaches a checkpoint: nothing says "Running 0" meanwhile, and the button resumes."""
    worker = Worker()
    task = runner.start(worker.ignore)
    until(qtbot, lambda: worker.started.is_set() and window.pause_button.isEnabled())

    qtbot.mouseClick(window.pause_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: window.pause_button.text() == "Resume all")

    assert task.state is TaskState.PAUSING
    assert window._status.text() == "1 running"
    assert controller_of(window).model.count(Category.RUNNING) == 1
    qtbot.mouseClick(window.pause_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: task.state is TaskState.RUNNING and window.pause_button.text() == "Pause all")
    worker.go.set()


def test_cancel_and_quit_asks_the_tasks_and_leaves(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The tasks are asked to stop, and the window goes when they have left."""
    worker = Worker()
    task = runner.start(worker.obey)
    until(qtbot, worker.started.is_set)
    window.close()
    assert window.quit_dialog is not None

    with qtbot.waitSignal(window.left, timeout=LONG):
        qtbot.mouseClick(window.quit_dialog.cancel_button, Qt.MouseButton.LeftButton)

    assert task.state is TaskState.CANCELLED


def test_escape_stays_and_the_question_can_be_asked_again(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Escape is "Stay", also while waiting; the next close asks anew."""
    worker = Worker()
    runner.start(worker.finish)
    until(qtbot, worker.started.is_set)
    window.close()
    assert window.quit_dialog is not None
    window.quit_dialog._wait()

    qtbot.keyClick(window.quit_dialog, Qt.Key.Key_Escape)
    until(qtbot, lambda: window.quit_dialog is None)
    assert window.departure.stage is Stage.STAYING
    window.closeEvent(QCloseEvent())

    assert window.quit_dialog is not None
    window.quit_dialog.reject()
    worker.go.set()


def test_leaving_without_asking_twice_does_not_wait(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The second signal does not wait for a worker that ignores the first."""
    worker = Worker()
    runner.start(worker.ignore)
    until(qtbot, worker.started.is_set)

    window.leave_without_asking()
    assert window.departure.stage is Stage.CANCELLING
    with qtbot.waitSignal(window.left, timeout=LONG):
        window.leave_without_asking()

    worker.go.set()


def test_every_label_shows_plain_text(qtbot: QtBot, window: MainWindow) -> None:
    """No label of the window guesses whether its text is HTML."""
    window.ask_for_job(BUILTIN_JOBS["checksum"])

    guessing = [label.text() for label in window.findChildren(QLabel) if label.textFormat() is Qt.TextFormat.AutoText]

    assert [words for words in guessing if words] == []


def test_the_safe_answer_keeps_the_focus(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """After "Wait" the next Enter must not cancel everything, nor the second click of two quit at once."""
    worker = Worker()
    runner.start(worker.finish)
    until(qtbot, worker.started.is_set)
    window.close()
    dialog = window.quit_dialog
    assert dialog is not None
    assert dialog.focusWidget() is dialog.stay_button, "and not the words, where nothing shows it"

    qtbot.mouseClick(dialog.wait_button, Qt.MouseButton.LeftButton)
    assert dialog.stay_button.isDefault()
    assert not dialog.cancel_button.isEnabled()
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    assert window.departure.stage is Stage.WAITING
    until(qtbot, dialog.cancel_button.isEnabled)
    assert dialog.focusWidget() is dialog.stay_button

    dialog.reject()
    worker.go.set()


def test_the_window_has_a_banner_for_notices(window: MainWindow) -> None:
    window.notices.say("The history is read-only.")

    assert window.notices.isVisible()
    assert window.notices is window.notices


def test_the_status_bar_counts_who_does_not_respond(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as the time for it has passed, without a change of state."""
    monkeypatch.setattr("taskmon.core.task.snapshot.NOT_RESPONDING_AFTER", 0.2)
    stuck, good = Worker(), Worker()
    task = runner.start(stuck.ignore)
    runner.start(good.ignore)
    until(qtbot, lambda: window._status.text() == "2 running")

    controller_of(window).cancel(task.id)
    until(qtbot, lambda: window._status.text() == "2 running · 1 of them not responding")

    stuck.go.set()
    good.go.set()
    until(qtbot, lambda: window._status.text() == "Nothing is running")


@pytest.mark.parametrize(("width", "left_out"), [(1180, 0), (420, 2)])
def test_tools_are_whole_or_left_out(window: MainWindow, qtbot: QtBot, width: int, left_out: int) -> None:
    window.show()
    window.resize(width, 400)
    until(qtbot, lambda: window.width() == width)
    tools = [
        window.new_button, window.run_button, window.attach_button, window.pause_button, window.cancel_button,
    ]  # fmt: skip
    shown = [button for button in tools if button.isVisible()]
    assert len(shown) <= len(tools) - left_out
    until(qtbot, lambda: all(button.width() >= button.sizeHint().width() for button in shown))
    assert window.run_button in shown


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="they can be found on Linux alone")
def test_the_empty_page_lists_the_programs_that_run_already(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    programs = Programs(controller_of(window), window, folder=lambda: tmp_path)
    try:
        window.use_programs(programs)
        until(qtbot, lambda: window.findChildren(RunningPrograms))  # a step of its own
        (shown,) = window.findChildren(RunningPrograms)
        for width in (500, 1180):
            window.resize(width, 760)
            until(qtbot, shown.isVisible)
        with qtbot.waitSignal(window.programs.said) as told:  # type: ignore[union-attr]
            programs.attaching.done.emit(program())
        assert told.args[0] == "report.py is attached."
        dialog = window.programs.ask_to_attach()  # type: ignore[union-attr]
        assert window.programs.ask_to_attach() is dialog  # type: ignore[union-attr]
        dialog.reject()
        window.notices.close_notice()
    finally:
        programs.close()


def test_the_empty_page_offers_the_demo_and_leaves_it_to_the_tools_what_comes_first(
    qtbot: QtBot, window: MainWindow
) -> None:
    """Of somebody who has no program at hand yet; and two blue buttons for one thing are a riddle."""
    page = window.findChild(EmptyPage)
    buttons = {button.text(): button for button in page.findChildren(QPushButton)}
    assert not any(button.property("primary") for button in buttons.values())

    buttons["Start demo"].click()
    until(qtbot, lambda: [row.snapshot.name for row in window.controller.model.rows()] == ["Pretends to work"])
