"""The history behind the window: what is recorded, asked and told, without the UI thread ever waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner, TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.history import last_run, text
from taskmon.bridge.history.history import Entry, History, Query, Story
from taskmon.bridge.history.model import HistoryModel
from taskmon.bridge.history.text import HistoryColumn
from taskmon.core.base.errors import TaskmonError
from taskmon.history import course
from taskmon.history.course import Course
from taskmon.history.limits import Limits
from taskmon.history.reader import Change
from taskmon.history.values import work_key
from taskmon.jobs import BUILTIN_JOBS
from tests.history.samples import S, added, picture, record, recorder
from tests.qt_helpers import LONG, Worker, runner, until

__all__ = ["runner"]  # fixture


@pytest.fixture
def controller(qtbot: QtBot, runner: TaskRunner) -> Iterator[TaskController]:
    """A controller that knows the built-in jobs."""
    made = TaskController(runner, BUILTIN_JOBS.values())
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def open_history(controller: TaskController, tmp_path: Path) -> Iterator[Callable[[], History]]:
    """Opens the history of a folder; closed again at the end."""
    opened: list[History] = []

    def open_it() -> History:
        opened.append(History(controller, folder=lambda: tmp_path, limits=Limits(0, 0, 0)))
        return opened[-1]

    yield open_it
    for made in opened:
        assert made.close(20)
        made.deleteLater()


def fail(error: Exception) -> None:
    raise AssertionError(error)


def page(qtbot: QtBot, history: History, query: Query | None = None) -> list[Entry]:
    found: list[list[Entry]] = []
    history.ask(lambda reader: reader.page(query or Query()), found.append, fail)
    until(qtbot, lambda: found)
    return found[0]


def story_of(qtbot: QtBot, history: History, row: int) -> Story:
    found: list[Story | None] = []
    history.tell_story(row, found.append)
    until(qtbot, lambda: found)
    assert found[0] is not None
    return found[0]


def test_tasks_from_before_and_after_it_was_opened_are_kept(
    qtbot: QtBot, runner: TaskRunner, controller: TaskController, open_history: Callable[[], History]
) -> None:
    worker = Worker()
    with qtbot.waitSignal(controller.task_finished, timeout=LONG):
        controller.start(lambda ctx: None, name="before")
    controller.start(worker.obey, name="during")
    assert worker.started.wait(20)
    history = open_history()
    controller.start(lambda ctx: None, name="after")

    def ends() -> dict[str, str]:
        return {entry.name: entry.state for entry in page(qtbot, history)}

    runner.cancel_all()
    until(qtbot, lambda: set(ends()) == {"before", "during", "after"} and "running" not in ends().values())
    assert ends()["during"] == "cancelled"
    assert ends()["before"] == "succeeded"


def test_a_built_in_job_can_be_run_again(
    qtbot: QtBot, controller: TaskController, open_history: Callable[[], History], tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a").write_bytes(b"x")
    history = open_history()
    job = BUILTIN_JOBS["checksum"]
    with qtbot.waitSignal(controller.task_finished, timeout=LONG):
        controller.start_job(job, {"folders": (str(tmp_path / "photos"),), "algorithm": "md5"})
    until(qtbot, lambda: [entry for entry in page(qtbot, history) if entry.state == "succeeded"])

    (entry,) = page(qtbot, history)
    assert history.can_run_again(entry)
    found = history.job_of(story_of(qtbot, history, entry.id))
    assert found is not None
    assert found[0] is job
    with qtbot.waitSignal(controller.task_finished, timeout=LONG) as told:
        controller.start_job(*found)
    assert told.args[0].name == entry.name
    assert told.args[0].state is TaskState.SUCCEEDED


def test_a_task_that_is_no_job_cannot_be_run_again(
    qtbot: QtBot, tmp_path: Path, open_history: Callable[[], History]
) -> None:
    record(tmp_path, picture(1))
    history = open_history()
    (entry,) = page(qtbot, history)

    assert not history.can_run_again(entry)
    with qtbot.waitSignal(history.failed) as told:
        assert history.job_of(story_of(qtbot, history, entry.id)) is None
    assert isinstance(told.args[0], TaskmonError)


def test_what_an_earlier_run_lost_is_told(qtbot: QtBot, tmp_path: Path, open_history: Callable[[], History]) -> None:
    record(tmp_path, picture(1))
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET ended = NULL, mark = ''")
        connection.execute("UPDATE tasks SET open = 1, state = 'running'")
    history = open_history()
    with qtbot.waitSignal(history.lost, timeout=LONG) as told:
        pass

    assert told.args == [[1]]
    (entry,) = page(qtbot, history, Query(state="lost"))
    assert text.second_line(entry) == "Was at 3 of 10 files when taskmon ended"


def test_trouble_is_told(qtbot: QtBot, controller: TaskController, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    history = History(controller, folder=lambda: tmp_path / "file")
    with qtbot.waitSignal(history.trouble, timeout=LONG) as told:
        pass
    assert told.args[0].title == "The history is not saved"
    with qtbot.waitSignal(history.failed, timeout=LONG) as told:
        history.forget_all()
    assert told.args[0].title == "The history was not deleted"
    assert history.close(20)
    history.deleteLater()


def test_a_task_is_shown_beside_the_last_run_of_its_work(
    qtbot: QtBot, controller: TaskController, tmp_path: Path, open_history: Callable[[], History]
) -> None:
    """The last run had done half of it at the time at which this one has done nothing yet."""
    go = threading.Event()

    def work(ctx: TaskContext) -> None:
        for step in range(10_000):
            ctx.progress(min(step, 5) / 100, 100)
            if go.wait(0.01):
                return

    task = controller.start(work, name="Sync")
    assert task is not None
    with recorder(tmp_path) as made:
        last = Course(((0.0, 50.0), (1_000.0, 50.0)))
        made.keep_course(work_key(task.snapshot(), None), last)
    open_history()
    until(qtbot, lambda: controller.model.row(task.id) is not None)
    row = controller.model.row(task.id)
    assert row is not None
    until(qtbot, lambda: row.last_run is not None)

    assert row.last_run == 5_000
    with qtbot.waitSignal(controller.task_finished, timeout=LONG):
        go.set()
    assert row.last_run is None


def test_a_run_that_has_succeeded_is_what_the_next_is_shown_beside(
    qtbot: QtBot,
    controller: TaskController,
    open_history: Callable[[], History],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kept across the end of the program, and not made of a run that failed."""
    monkeypatch.setattr(last_run, "_ASK_AFTER", 0.0)
    monkeypatch.setattr(course, "SHORTEST", 0.0)
    monkeypatch.setattr(course.CourseMeter, "SPACING", 0.0)
    history = open_history()

    def run(name: str, fails: bool) -> None:
        go = threading.Event()

        def work(ctx: TaskContext) -> None:
            for step in range(10_000):
                ctx.progress(min(step, 50), 100)
                if go.wait(0.005):
                    break
            ctx.progress(100, 100)
            if fails:
                raise ValueError("as told")

        task = controller.start(work, name=name)
        assert task is not None
        until(
            qtbot, lambda: (race := history._last_runs._races.get(task.id)) and race.key and len(race.meter._points) > 3
        )
        with qtbot.waitSignal(controller.task_finished, timeout=LONG):
            go.set()

    run("good", fails=False)
    run("bad", fails=True)
    again = open_history()
    found: dict[str, object] = {}
    for name in ("good", "bad"):
        key = work_key(picture(1, name=name), None)
        until(qtbot, lambda: history._recorder.wait_idle(0))
        again.ask(lambda reader, key=key: reader.course(key), lambda one, name=name: found.update({name: one}), fail)  # type: ignore[misc]
    until(qtbot, lambda: len(found) == 2)

    assert isinstance(found["good"], Course)
    assert found["good"].points[-1][1] == 100.0
    assert found["bad"] is None


# -- the model ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def model(qtbot: QtBot, tmp_path: Path, open_history: Callable[[], History]) -> Iterator[HistoryModel]:
    """A model over 450 tasks, its first page loaded, watched by Qt's own checks."""
    record(tmp_path, *(picture(number, name=f"Task {number:03}") for number in range(450)), limits=Limits(0, 0, 0))
    made = HistoryModel(open_history())
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    with qtbot.waitSignal(made.found, timeout=LONG):
        made.show(Query())
    yield made
    made.close()


def names(model: HistoryModel) -> list[str]:
    return [model.index(place, HistoryColumn.NAME).data() for place in range(model.rowCount())]


def test_rows_come_page_by_page_newest_first(qtbot: QtBot, model: HistoryModel) -> None:
    pages: list[int] = []
    model.found.connect(lambda: pages.append(model.rowCount()))
    model.show(Query())
    until(qtbot, lambda: pages)
    assert names(model)[0] == "Task 449"
    assert pages[0] < 450
    parent = model.index(-1, -1)

    def all_are_here() -> bool:
        model.fetchMore(parent)
        return model.rowCount() == 450

    until(qtbot, all_are_here)
    assert not model.canFetchMore(parent)
    assert names(model) == [f"Task {number:03}" for number in reversed(range(450))]


def test_only_the_last_of_several_questions_is_answered(qtbot: QtBot, model: HistoryModel) -> None:
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(model.rowCount()))
    for words in ("00", "01", "449"):
        model.show(Query(words))
    until(qtbot, lambda: names(model) == ["Task 449"])
    assert resets == [1]  # the late answers were never shown

    with qtbot.waitSignal(model.counted, timeout=LONG) as told:
        model.show(Query("44"))
    assert told.args == [14]


def test_news_is_taken_in_above(qtbot: QtBot, model: HistoryModel, controller: TaskController) -> None:
    controller.start(lambda ctx: None, name="new")
    until(qtbot, lambda: "new" in names(model) and model.index(0, HistoryColumn.STATE).data() == "Done")

    assert names(model)[1] == "Task 449"


def test_what_is_deleted_goes(qtbot: QtBot, model: HistoryModel) -> None:
    model._history.forget_all()
    until(qtbot, lambda: model.rowCount() == 0)


def test_every_cell_of_every_state_has_words(qtbot: QtBot, tmp_path: Path, open_history: Callable[[], History]) -> None:
    record(tmp_path, *(picture(number, state) for number, state in enumerate(TaskState)))
    history = open_history()
    entries = page(qtbot, history)

    assert len(entries) == len(TaskState)
    for entry in [*entries, entries[0]._replace(state="left"), entries[0]._replace(state="of the future")]:
        assert text.state_label(entry)
        assert text.moment(1e300) == ""
        assert all(isinstance(text.cell(entry, column), str) for column in HistoryColumn)
        assert text.story_text(Story(entry, (), None, "a\x1bb", "")).endswith("a␛b\n")


def test_a_state_of_the_past_is_spoken_of_as_in_the_table(qtbot: QtBot) -> None:
    entry = Entry(*([1, 1, 1, 0, "lost", "a", "", "", None, None, 1, *[None] * 7, *[""] * 8]))  # type: ignore[arg-type]

    assert text.state_label(entry) == "Lost contact"
    assert text.second_line(entry) == "Had not ended when taskmon did"
    assert S.LOST.value == "lost"
    assert added(picture(1)).snapshot.id == 1


@pytest.mark.parametrize(
    ("state", "error", "label", "line"),
    [
        ("lost", "Its program ended by SIGKILL", "Lost contact", "Its program ended by SIGKILL, at 40 of 600 items"),
        ("lost", "", "Lost contact", "Contact was lost, at 40 of 600 items"),
        ("cut_off", "", "Cut off", "Cut off when the program ended"),
        ("cut_off", "Ended, status not known", "Ended", "Ended, status not known"),
    ],
)
def test_how_a_task_of_another_program_ended(qtbot: QtBot, state: str, error: str, label: str, line: str) -> None:
    """It is not said that taskmon had ended, which it had not."""
    entry = Entry(*([1, 1, 1, 0, "lost", "a", "", "", None, None, 1, *[None] * 7, *[""] * 8]))  # type: ignore[arg-type]
    entry = entry._replace(state=state, program="photos.py", error=error, done=40, total=600, unit="items")

    assert text.state_label(entry) == label
    assert text.second_line(entry).replace("\u202f", " ").replace("\u00a0", " ") == line
    changes = (Change("running", 1.0), Change(state, 2.0))
    told = text.change_lines(Story(entry, changes, None, "", ""))
    assert [words.rpartition("  ")[2] for words in told] == ["Running", label]


@pytest.mark.parametrize(
    ("consequence", "label"),
    [("Ended by SIGKILL, sent by you", "Ended by SIGKILL"), ("2 files were kept", "Cancelled")],
)
def test_a_process_that_a_signal_has_ended_is_called_so(qtbot: QtBot, consequence: str, label: str) -> None:
    entry = Entry(*([1, 1, 1, 0, "cancelled", "a", "", "", None, None, 1, *[None] * 7, *[""] * 8]))  # type: ignore[arg-type]
    assert text.state_label(entry._replace(consequence=consequence)) == label
