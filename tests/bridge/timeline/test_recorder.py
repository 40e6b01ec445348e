"""The recorder: rows of the table become lanes, with their calls, stops and ends as the tasks tell them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from PySide6.QtCore import Qt

from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.kinds import Kind
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import TaskColumn
from taskmon.bridge.timeline.recorder import Recorder
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState

S = TaskState
A = Activity


class Stage:
    """A table, its recorder, and tasks whose pictures a test paints."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.model = TaskTableModel()
        self.recorder = Recorder(self.model, lambda: self.now)
        self.tasks: dict[int, Played] = {}

    def add(
        self, name: str, kind: str = "thread", thread: str = "", parent: int | None = None, **fields: Any
    ) -> Played:
        number = len(self.tasks) + 1
        task = self.tasks[number] = Played(
            self, number, name, origin=Origin("x.py", 7, thread, kind), parent_id=parent, **fields
        )
        self.model.add([(cast("TaskHandle", task), task.snapshot())])
        return task

    def look(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.model.sample(0, 99)
        self.recorder.look()

    def lanes(self) -> list[tuple[str, bool]]:
        return [(each.row.snapshot.name, each.ended) for each in self.recorder.lanes()]

    def kinds(self, task: Played | tuple[int, str], begin: float = 0.0) -> list[tuple[float, float, Kind]]:
        record = self.recorder.record
        assert record is not None
        lane = record.lanes[task.id if isinstance(task, Played) else task]
        return [
            (round(run.begin - 1_000, 2), round(run.end - 1_000, 2), Kind(record.kinds[run.code]))
            for run in lane.runs(begin, 1e6)
        ]


class Played:
    """A task whose picture is what a test says."""

    def __init__(self, stage: Stage, number: int, name: str, **fields: Any) -> None:
        self.stage, self.id, self.name = stage, number, name
        self.fields = {"state": S.RUNNING, "started_at": 990.0, **fields}
        self.revision = 1

    def does(self, activity: Activity | None, cpu: float | None = None, **facts: Any) -> None:
        self.fields["facts"] = ThreadFacts(activity=activity, cpu=cpu, **facts)

    def become(self, state: TaskState, **fields: Any) -> None:
        self.revision += 1
        self.fields.update(fields, state=state)
        self.stage.model.update(self.snapshot())

    def snapshot(self) -> TaskSnapshot:
        return TaskSnapshot(
            self.id, self.name, revision=self.revision, taken_at=self.stage.now, queued_at=0.0, **self.fields
        )  # fmt: skip


@pytest.fixture
def stage(qtbot: object) -> Stage:
    return Stage()


def test_a_thread_from_the_first_look_on(stage: Stage) -> None:
    thread = stage.add("reader")
    thread.does(A.SLEEPING)
    assert stage.recorder.lanes() == []
    for _ in range(3):
        stage.look()
    thread.does(A.COMPUTING, 0.5)
    stage.look()
    stage.look()

    assert stage.lanes() == [("reader", False)]
    assert stage.kinds(thread) == [(1, 4, Kind.SLEEPING), (4, 5, Kind.COMPUTING)]
    assert stage.recorder.crowd is not None
    assert stage.recorder.crowd.counts() == [0.0, 0.0, 0.0, 1.0, 1.0]


def test_what_is_told_late_has_begun_when_it_was_first_seen(stage: Stage) -> None:
    thread = stage.add("reader")
    thread.does(A.SLEEPING, since=1_000.5)
    stage.look()
    stage.look()
    thread.does(A.LOCK, since=1_002.6)
    stage.look()
    stage.look()

    assert stage.kinds(thread) == [(1, 2.6, Kind.SLEEPING), (2.6, 4, Kind.LOCK)]


def test_one_wait_after_the_other_is_not_one_that_is_longer(stage: Stage) -> None:
    thread = stage.add("poller")
    for since in (1_000.5, 1_000.5, 1_002.5, 1_002.5, 1_002.5):
        thread.does(A.SLEEPING, since=since)
        stage.look()
    assert stage.kinds(thread) == [(1, 2.5, Kind.SLEEPING), (2.5, 5, Kind.SLEEPING)]

    for since in (1_005.5, 1_006.5):
        thread.does(A.COMPUTING, since=since)
        stage.look()
    assert len(stage.kinds(thread)) == 3, "computing is the same, wherever in the code"


def test_a_task_that_begins_meanwhile_is_shown_from_its_start_on(stage: Stage) -> None:
    stage.add("first")
    stage.look()
    stage.look()
    later = stage.add("later", started_at=1_002.4)
    stage.look()
    later.does(A.READING)
    stage.look()
    stage.look()
    long_ago = stage.add("attached", started_at=900.0)
    long_ago.does(A.READING)
    stage.look()
    stage.look()

    assert stage.kinds(later)[:2] == [(2.4, 4, Kind.RUNNING), (4, 7, Kind.TRANSFER)]
    assert stage.kinds(long_ago) == [(6, 7, Kind.TRANSFER)], "of before, nothing was seen"

    seen_later = stage.add("sleeps", started_at=1_006.2)
    seen_later.does(A.SLEEPING)
    stage.look()
    stage.look()

    assert stage.kinds(seen_later) == [(8, 9, Kind.SLEEPING)], "what was not looked at is a gap"


def test_before_the_first_look_at_a_thread_its_lane_is_empty(stage: Stage) -> None:
    """It may have slept from the start on: that it runs would be a guess. Where no look comes, it is all there is."""
    stage.look()
    sleeps = stage.add("sleeps", thread="sleeps", started_at=1_001.2)
    never = stage.add("never", thread="never", started_at=1_001.2)
    stage.look(0.5)
    stage.look(0.5)
    sleeps.does(A.SLEEPING, since=1_002.2)
    stage.look(0.5)
    stage.look(0.5)

    assert stage.kinds(sleeps) == [(1.5, 2.2, Kind.UNSEEN), (2.2, 3, Kind.SLEEPING)]
    assert stage.kinds(never) == [(1.5, 2.5, Kind.UNSEEN), (2.5, 3, Kind.RUNNING)]

    bar = stage.add("bar", "bar", started_at=1_003.1)
    stage.add("job(1)", "future", "dl-0", started_at=1_003.1)
    stage.look(0.5)

    assert stage.kinds(bar) == [(3.1, 3.5, Kind.RUNNING)]
    assert stage.kinds((7, "dl-0")) == [(3.1, 3.5, Kind.RUNNING)], "that it executes a call is known"


def test_waiting_tasks_have_no_lane_and_ended_ones_end_when_they_did(stage: Stage) -> None:
    stage.add("waits", state=S.QUEUED, started_at=None)
    task = stage.add("works")
    stage.look()
    task.become(S.PAUSED)
    stage.look()
    task.become(S.STOPPING, stop_requested_at=1_002.2)
    stage.look()
    task.become(S.CANCELLED, ended_at=1_003.7)
    stage.look()
    stage.look()

    assert stage.lanes() == [("works", True)]
    record = stage.recorder.record
    assert record is not None
    assert record.lanes[task.id].stops == [1_002.2]
    assert stage.kinds(task) == [
        (1, 2, Kind.RUNNING), (2, 3, Kind.PAUSED), (3, 3.7, Kind.RUNNING),
    ]  # fmt: skip


def test_calls_of_a_pools_thread_are_one_lane(stage: Stage) -> None:
    pool = stage.add("pool", "task")
    one = stage.add("job(17)", "future", "dl-0", pool.id, started_at=1_000.2)
    stage.look()
    one.become(S.SUCCEEDED, ended_at=1_001.5)
    two = stage.add("job(18)", "future", "dl-0", pool.id, started_at=1_001.6)
    stage.look()
    stage.look()

    assert stage.lanes() == [("pool", False), ("job(18)", False)]
    assert stage.kinds((7, "dl-0")) == [(1, 1.5, Kind.RUNNING), (1.5, 1.6, Kind.NOTHING), (1.6, 3, Kind.RUNNING)]
    record = stage.recorder.record
    assert record is not None
    assert [(call.name, round(call.begin, 2)) for call in record.lanes[7, "dl-0"].calls] == [
        ("job(17)", 1_001.0), ("job(18)", 1_001.6),
    ], "the first one was there when the record was begun"  # fmt: skip
    two.become(S.SUCCEEDED, ended_at=1_003.5)
    stage.look()
    assert stage.lanes()[1] == ("job(18)", False), "the pool may have more for it"
    pool.become(S.SUCCEEDED, ended_at=1_004.5)
    stage.look()
    assert stage.lanes() == [("pool", True), ("job(18)", True)]


def test_the_threads_of_a_pool_keep_their_places(stage: Stage) -> None:
    """Whichever of them has the next call."""
    pool = stage.add("pool", "pool")
    calls = [stage.add(f"job({n})", "future", f"dl_{n}", pool.id, started_at=1_000.2) for n in (10, 2, 1)]
    stage.look()
    threads = [(7, "dl_1"), (7, "dl_2"), (7, "dl_10")]
    assert [each.lane.key for each in stage.recorder.lanes()] == [pool.id, *threads]

    calls[2].become(S.SUCCEEDED, ended_at=1_001.5)
    stage.add("job(11)", "future", "dl_1", pool.id, started_at=1_001.6)
    stage.look()
    assert [each.lane.key for each in stage.recorder.lanes()] == [pool.id, *threads]
    assert [name for name, _ in stage.lanes()] == ["pool", "job(11)", "job(2)", "job(10)"]


def test_the_lane_of_a_call_outside_any_pool_ends_with_it(stage: Stage) -> None:
    """A server has a thread for each request: forty that are over would push those that live out of sight."""
    program = stage.add("server.py", "program")
    request = stage.add("Handler.do_GET", "future", "Thread-1", program.id, started_at=1_000.2)
    stage.look()
    request.become(S.SUCCEEDED, ended_at=1_001.5)
    stage.look()
    assert stage.lanes() == [("server.py", False), ("Handler.do_GET", False)], "its thread may have the next at once"
    stage.look(3.0)
    assert stage.lanes() == [("server.py", False), ("Handler.do_GET", True)]

    stage.add("Handler.do_POST", "future", "Thread-1", program.id, started_at=1_005.5)
    stage.look()
    assert stage.lanes() == [("server.py", False), ("Handler.do_POST", False)]


def test_a_task_that_nobody_looked_at_is_shown_if_it_lasted(stage: Stage) -> None:
    stage.add("other")
    stage.look()
    brief = stage.add("brief", state=S.SUCCEEDED, started_at=1_001.1, ended_at=1_001.4)
    shorter = stage.add("shorter", state=S.SUCCEEDED, started_at=1_001.1, ended_at=1_001.11)
    for task in (brief, shorter):
        stage.recorder.note_end(task.snapshot())
    stage.look()

    assert stage.kinds(brief)[0] == (1.1, 1.4, Kind.RUNNING)
    assert stage.lanes() == [("other", False), ("brief", True)]


def test_checkpoints_as_far_as_they_were_seen(stage: Stage) -> None:
    task = stage.add("own")
    stage.look()
    for seen in (0.25, 0.5, 1.5, 9.0):
        task.fields["checkpoint"] = CheckpointReading(0.1, seen, 0.0)
        stage.look()
    record = stage.recorder.record
    assert record is not None

    assert record.lanes[task.id].checkpoints(0.0, 1e6) == pytest.approx([1_001.75, 1_002.5])


def test_the_lanes_stand_as_the_rows_do(stage: Stage) -> None:
    for name in ("b", "a", "c"):
        stage.add(name)
    stage.look()
    assert [name for name, _ in stage.lanes()] == ["b", "a", "c"]

    stage.model.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    assert [name for name, _ in stage.lanes()] == ["c", "b", "a"]
    stage.model.set_filter("b", Category.ALL)
    assert [name for name, _ in stage.lanes()] == ["b"]


def test_what_nobody_looks_at_has_no_lane(stage: Stage) -> None:
    """The threads of libraries are counted: a lane would say that they run, and most wait."""
    stage.add("reader").does(A.SLEEPING)
    internal = stage.add("Internal threads", kind="internal")
    for _ in range(5):
        stage.look()
    internal.become(S.SUCCEEDED, ended_at=1_005.0)
    stage.recorder.note_end(internal.snapshot())
    stage.look()

    assert stage.lanes() == [("reader", False)]


def test_what_is_taken_out_of_the_table_is_forgotten(stage: Stage) -> None:
    task = stage.add("gone")
    stage.look()
    task.become(S.SUCCEEDED, ended_at=1_001.5)
    stage.look()
    stage.model.remove_ended()
    stage.recorder.forget([task.id])

    record = stage.recorder.record
    assert record is not None
    assert not record.lanes
    assert stage.lanes() == []
