"""What happens to tasks is written, in order, whatever values they report, and found again."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskmon import TaskRunner
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.events import TaskEvent, TaskFinished, TaskLogged
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin
from taskmon.core.task.state import TaskState
from taskmon.history.course import Course
from taskmon.history.database import FILE_NAME
from taskmon.history.limits import Limits
from taskmon.history.reader import OPEN, Query, Reader
from taskmon.history.values import RestartInfo
from tests.helpers.gates import PATIENCE
from tests.history.samples import S, added, change, entries, picture, record, recorder, sql


def test_a_task_of_a_runner_leaves_a_row_and_a_row_for_each_change(tmp_path: Path) -> None:
    with TaskRunner(1) as runner, recorder(tmp_path) as made:
        runner.attach(made.post)
        runner.start(lambda ctx: ctx.progress(3, 4, "files", "the third"), name="Copy", group="photos").result(PATIENCE)
        assert runner.wait_idle(PATIENCE)
        runner.detach(made.post)
        assert made.wait_idle(PATIENCE)

        (entry,) = entries(tmp_path)
        story = Reader(tmp_path)
        told = story.story(entry.id)
        story.close()

    assert (entry.name, entry.group, entry.state, entry.open) == ("Copy", "photos", "succeeded", 0)
    assert (entry.done, entry.total, entry.unit) == (3, 4, "files")
    assert entry.created is not None
    assert entry.started is not None
    assert entry.ended is not None
    assert abs(entry.created - entry.ended) < PATIENCE
    assert told is not None
    assert [state.state for state in told.changes] == ["queued", "running", "succeeded"]


def test_news_of_a_task_is_kept_in_order_whatever_the_order_of_arrival(tmp_path: Path) -> None:
    """Heard twice, or late: the newest picture stays."""
    done = picture(1, S.FAILED, revision=3, error="no such file")
    with recorder(tmp_path) as made:
        made.post(change(done))
        made.post(added(picture(1, S.QUEUED, revision=0)))
        made.post(change(done))
        made.post(TaskFinished(done))
        assert made.wait_idle(PATIENCE)
        made.post(change(picture(1, S.RUNNING, revision=1)))

    (entry,) = entries(tmp_path)
    assert (entry.state, entry.error) == ("failed", "no such file")
    assert sql(tmp_path, "SELECT revision, state FROM changes ORDER BY revision") == [
        (0, "queued"), (1, "running"), (3, "failed"),
    ]  # fmt: skip


def test_a_change_is_dated_by_when_it_was_and_not_by_when_news_of_it_came(tmp_path: Path) -> None:
    """News of another program comes up to a second later, and what is asked for here is shown with an old picture."""
    began, late = time.monotonic() - 100, {"taken_at": time.monotonic()}
    moments: dict[str, Any] = {"started_at": began, "stop_requested_at": began + 40, "ended_at": began + 60}
    with recorder(tmp_path) as made:
        made.post(added(picture(1, S.RUNNING, revision=1, **moments)._replace(**late)))
        made.post(change(picture(1, S.PAUSED, revision=2, **moments)._replace(taken_at=began + 10)))
        made.post(change(picture(1, S.RUNNING, revision=3, **moments)._replace(taken_at=began + 20), S.PAUSED))
        made.post(change(picture(1, S.STOPPING, revision=4, **moments)._replace(taken_at=began)))
        made.post(change(picture(1, S.CANCELLED, revision=5, **moments)._replace(**late)))
        assert made.wait_idle(PATIENCE)
    at = [moment for (moment,) in sql(tmp_path, "SELECT at FROM changes ORDER BY revision")]
    assert [round(moment - at[0], 1) for moment in at] == [0, 10, 20, 40, 60]


@pytest.mark.parametrize(
    ("done", "kept"),
    [
        (2**63, float(2**63)),
        (2**63 - 1, 2**63 - 1),
        (10**400, None),
        (float("nan"), None),
        (float("inf"), None),
        (1.5, 1.5),
    ],
    ids=["large", "largest", "beyond", "nan", "inf", "float"],
)
def test_no_number_keeps_a_row_from_being_written(tmp_path: Path, done: float, kept: float | None) -> None:
    record(tmp_path, picture(1, progress=Progress(done, done, "x", "")))

    (entry,) = entries(tmp_path)
    assert (entry.done, entry.total) == (kept, kept)


def test_no_text_keeps_a_row_from_being_written(tmp_path: Path) -> None:
    """Surrogates, NUL, a megabyte."""
    hostile = "a\udcff\0b" + "x" * 1_000_000
    reason = StopReason(StopKind.USER, hostile, hostile, 0.0)
    record(
        tmp_path,
        picture(
            1, S.FAILED, name=hostile, group=hostile, error=hostile, details=hostile, consequence=hostile,
            reason=reason, progress=Progress(1, 2, hostile, hostile), origin=Origin(hostile, 7),
        ),
    )  # fmt: skip

    (entry,) = entries(tmp_path)
    assert entry.name.startswith("a\\udcff␀bxxx")
    assert len(entry.name) <= 1_000
    assert entries(tmp_path, Query("\udcff\\")) == []
    assert len(entries(tmp_path, Query("a\udcff␀B"))) == 1


def test_arguments_of_a_job_survive_whatever_paths_they_name(tmp_path: Path) -> None:
    works = {
        1: RestartInfo("checksum", {"folders": ("/a\udcff", "/b")}),
        2: RestartInfo("odd", {"x": object()}),
        3: None,
    }
    with recorder(tmp_path, describe=lambda handle: works[handle.number]) as made:
        for number in works:
            made.post(added(picture(number), SimpleNamespace(number=number)))
    reader = Reader(tmp_path)

    third, second, first = [reader.story(entry.id) for entry in reader.page(Query())]
    reader.close()
    assert first is not None
    assert first.entry.job == "checksum"
    assert first.arguments == {"folders": ["/a\udcff", "/b"]}
    assert second is not None
    assert (second.entry.job, second.arguments) == ("odd", None)
    assert third is not None
    assert (third.entry.job, third.arguments) == ("", None)


def test_queries(tmp_path: Path) -> None:
    day = 86_400
    record(
        tmp_path,
        picture(1, name="Écouter", created=1000.0),
        picture(2, S.FAILED, error="No Space left"),
        limits=Limits(0, 0, 0),
    )
    with recorder(tmp_path, limits=Limits(0, 0, 0)) as made:
        made.post(added(picture(3, S.RUNNING, group="photos")))
        assert made.wait_idle(PATIENCE)

        def names(**query: object) -> list[str]:
            return [entry.name for entry in entries(tmp_path, Query(**query))]  # type: ignore[arg-type]

        assert names() == ["Task 3", "Task 2", "Écouter"]
        assert names(words="éCOUT") == ["Écouter"]
        assert names(words="space task") == ["Task 2"]
        assert names(words="PHOTOS") == ["Task 3"]
        assert names(words="%") == []
        assert names(state="failed") == ["Task 2"]
        assert names(state=OPEN) == ["Task 3"]
        assert names(since=day * 2) == ["Task 3", "Task 2"]
        reader = Reader(tmp_path)
        assert reader.count(Query()) == 3
        assert reader.count(Query(words="task")) == 2
        last = reader.page(Query(), count=1)[0]
        assert [entry.name for entry in reader.page(Query(), last.id, 1)] == ["Task 2"]
        assert [entry.name for entry in reader.newer(Query(), last.id - 1)] == ["Task 3"]
        assert [entry.id for entry in reader.again([last.id, 999])] == [last.id]
        reader.close()


def test_stack_and_course_are_kept(tmp_path: Path) -> None:
    course = Course(((0.0, 0.0), (1.0, 10.0), (2.5, 40.0)))
    with recorder(tmp_path) as made:
        made.post(added(picture(1, S.STOPPING)))
        frames = (StackFrame("main.py", 7, "main", True), StackFrame("socket.py", 88, "recv", False))
        made.keep_stack(1, StackSample(0.0, frames, 0.0))
        made.keep_course("some work", course)
    reader = Reader(tmp_path)

    story = reader.story(1)
    assert story is not None
    assert story.stack.splitlines()[-1] == '  File "socket.py", line 88, in recv'
    assert reader.course("some work") == course
    assert reader.course("other work") is None
    reader.close()


def test_limits_forget_the_oldest_but_nothing_that_lives(tmp_path: Path) -> None:
    with recorder(tmp_path, limits=Limits(0, 0, 0)) as made:
        made.post(added(picture(1, S.RUNNING)))
        made.post(added(picture(2, created=1000.0)))
        for number in range(3, 5_003):
            made.post(added(picture(number)))
        assert made.wait_idle(PATIENCE)
        assert len(entries(tmp_path)) == 5_002
        made.set_limits(Limits(0, 30, 0))
        assert made.wait_idle(PATIENCE)
        assert len(entries(tmp_path)) == 5_001
        made.set_limits(Limits(100, 0, 0))
        assert made.wait_idle(PATIENCE)
        assert [entry.task for entry in entries(tmp_path)] == [*range(5_002, 4_902, -1), 1]
        assert sql(tmp_path, "SELECT count(*) FROM changes") == [(101,)]
        before = os.path.getsize(tmp_path / FILE_NAME)
        made.set_limits(Limits(0, 0, 1))
        assert made.wait_idle(PATIENCE)
        assert before < 3_000_000  # what was forgotten was given back


def test_a_clock_that_is_ahead_costs_no_history(tmp_path: Path) -> None:
    """Age is seen from the newest task."""
    then = 1_000_000_000.0
    record(tmp_path, picture(1, created=then - 100 * 86_400), picture(2, created=then), limits=Limits(0, 0, 0))
    with recorder(tmp_path, limits=Limits(0, 30, 0)) as made:
        made.start()
        assert made.wait_idle(PATIENCE)

    assert [entry.task for entry in entries(tmp_path)] == [2]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    record(tmp_path / "new" / "folder", picture(1))

    folder = tmp_path / "new" / "folder"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


def test_no_thread_stays_while_nothing_happens(tmp_path: Path) -> None:
    with recorder(tmp_path) as made:
        made.post(added(picture(1)))
        assert made.wait_idle(PATIENCE)
        assert [t.name for t in threading.enumerate() if t.name == "taskmon-history" and t.is_alive()] in (
            [],
            ["taskmon-history"],
        )
        made.post(TaskLogged(1, "a line"))
        assert made.wait_idle(0)  # nothing to write: nobody was woken


def test_what_is_posted_while_it_writes_is_written(tmp_path: Path) -> None:
    """From many threads at once, nothing is lost and nothing is there twice."""
    with recorder(tmp_path) as made:

        def post(first: int) -> None:
            for number in range(first, first + 500):
                made.post(added(picture(number)))

        threads = [threading.Thread(target=post, args=(first,)) for first in range(0, 4_000, 500)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    assert sorted(entry.task for entry in entries(tmp_path)) == list(range(4_000))


def test_after_the_close_nothing_is_taken(tmp_path: Path) -> None:
    with recorder(tmp_path) as made:
        made.post(added(picture(1)))
    made.post(added(picture(2)))
    assert made.close(0)

    assert [entry.task for entry in entries(tmp_path)] == [1]


def test_an_event_that_makes_no_sense_is_no_reason_to_stop(tmp_path: Path) -> None:
    event: TaskEvent = added(picture(1)._replace(name="", group="", state=TaskState.SUCCEEDED))
    with recorder(tmp_path) as made:
        made.post(event)
        made.post(event)

    assert len(entries(tmp_path)) == 1
    assert json.loads(json.dumps(entries(tmp_path)[0]))[5] == ""
