"""Own tasks tell what their threads do, as watched threads do, while a window looks and no longer."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskmon import Task, TaskContext, TaskRunner, start_feed
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.thread_looks import PATIENCE as AFTER_THE_LAST_WISH
from taskmon.core.task.thread_looks import ThreadLooks
from tests.helpers.gates import PATIENCE, Gate, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where its threads wait")


class Clock:
    """The usual one, which can be set ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Looker:
    """A window that looks by hand: no thread, and no time passes."""

    def __init__(self) -> None:
        self.looks = ThreadLooks()
        Task.thread_looks = self.looks

    def until(self, tasks: list[Task], wanted: Callable[[ThreadFacts], object]) -> ThreadFacts:
        """Look at tasks until what is told of the first is as wanted; return that."""
        found: list[ThreadFacts] = []
        task = tasks[0]

        def look() -> bool:
            for each in tasks:
                each.snapshot()
            self.looks.look()
            facts = task.snapshot().facts
            found[:] = [facts] if facts is not None and wanted(facts) else []
            return bool(found)

        wait_until(look, f"what is wanted of {task.name}")
        return found[0]


@pytest.fixture
def looker() -> Iterator[Looker]:
    yield Looker()
    Task.thread_looks = None


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    with TaskRunner(4) as made:
        yield made
        made.cancel_all()


def sleeps(ctx: TaskContext) -> None:
    ctx.sleep(500)


def joins(ctx: TaskContext) -> None:
    ctx.join(ctx.subtask(sleeps))


def waits_for_result(ctx: TaskContext) -> None:
    ctx.subtask(sleeps, name="part").wait_ended(500)


def spins(ctx: TaskContext) -> None:
    while not ctx.stop.is_set():
        pass


@pytest.mark.parametrize(
    ("work", "activity"),
    [
        (sleeps, Activity.CHECKPOINT),
        (joins, Activity.RESULT),
        (waits_for_result, Activity.RESULT),
        (spins, Activity.COMPUTING),
    ],
)
def test_what_a_task_does_is_told(looker: Looker, runner: TaskRunner, work: Any, activity: Activity) -> None:
    task = runner.start(work)

    facts = looker.until([task], lambda facts: facts.activity is activity)

    assert facts.function == work.__name__
    assert facts.file == __file__
    assert facts.native_id is not None


def test_a_paused_task_waits_at_a_checkpoint(looker: Looker, runner: TaskRunner) -> None:
    task = runner.start(lambda ctx: [ctx.checkpoint() for _ in iter(int, 1)])
    wait_until(lambda: task.running() and task.pause())
    wait_until(lambda: task.state.value == "paused")

    looker.until([task], lambda facts: facts.activity is Activity.CHECKPOINT)


def test_a_worker_of_a_feed_without_items_waits_for_work(looker: Looker, runner: TaskRunner) -> None:
    feed = start_feed(runner, queue.Queue(), lambda ctx, item: None, workers=1)
    wait_until(lambda: feed.workers)

    looker.until([feed.workers[0]], lambda facts: facts.activity is Activity.WORK)
    feed.cancel()


def test_two_tasks_in_a_deadlock_are_told_with_their_names(looker: Looker) -> None:
    """Who holds what the other wants, and the circle."""
    first, second = threading.Lock(), threading.Lock()
    both = threading.Barrier(2)
    let_go = threading.Event()

    def take(mine: threading.Lock, other: threading.Lock) -> None:
        with mine:
            both.wait(PATIENCE)
            with other:
                let_go.wait(PATIENCE)

    runner = TaskRunner(2)
    reader = runner.start(lambda ctx: take(first, second), name="reader")
    writer = runner.start(lambda ctx: take(second, first), name="writer")
    try:
        facts = looker.until([reader, writer], lambda facts: facts.circle)
        assert facts.holder == "writer"
        assert facts.circle == ("reader", "writer")
        assert looker.until([writer, reader], lambda facts: facts.circle).circle == ("writer", "reader")
    finally:
        first.release()  # a lock may be given back by whoever likes: the only way out
        let_go.set()
        wait_until(lambda: reader.done() and writer.done())
    runner.shutdown(timeout=PATIENCE)


def test_nothing_of_the_task_before_is_told_of_the_next_in_its_thread(looker: Looker) -> None:
    """Neither where it was nor what it used."""
    with TaskRunner(1) as runner:
        task = runner.start(spins, name="first")
        looker.until([task], lambda facts: facts.cpu)
        gate = Gate()
        later = runner.start(lambda ctx: gate.pass_through(), name="second")
        thread_id = task.thread_id
        task.cancel()
        gate.await_arrival()
        assert later.thread_id == thread_id

        assert later.snapshot().facts is None
        looker.looks.look()
        facts = later.snapshot().facts
        assert facts is not None
        assert facts.cpu is None
        assert facts.since >= (later.snapshot().started_at or 0.0)
        gate.open()


def test_while_nobody_looks_a_picture_asks_for_nothing(runner: TaskRunner) -> None:
    gate = Gate()
    task = runner.start(lambda ctx: gate.pass_through())
    gate.await_arrival()

    assert Task.thread_looks is None
    assert task.snapshot().facts is None
    gate.open()


def test_the_looks_end_after_the_last_wish() -> None:
    """By themselves some seconds later; at once where there is nobody left who could wish."""
    clock = Clock()
    looks = ThreadLooks(clock)
    try:
        looks.want()
        wait_until(lambda: Task.thread_looks is looks)
        clock.ahead = AFTER_THE_LAST_WISH + 1
        looks._wake.set()
        wait_until(lambda: Task.thread_looks is None)

        looks.want()
        assert Task.thread_looks is looks
        looks.rest()
        wait_until(lambda: Task.thread_looks is None)
    finally:
        looks.rest()


def test_a_look_that_fails_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told before it would grow old unseen."""
    told: list[BaseException] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_value))
    looks = ThreadLooks()
    monkeypatch.setattr(looks, "look", lambda: 1 / 0)
    looks.want()
    looks._wake.set()

    wait_until(lambda: told)
    assert isinstance(told[0], ZeroDivisionError)
    wait_until(lambda: Task.thread_looks is None)


def test_who_wants_more_looks_gets_the_next_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = ThreadLooks()
    seen = Gate()
    monkeypatch.setattr(looks, "look", seen.pass_through)
    try:
        looks.want(3600.0)
        looks.want(0.001)
        seen.await_arrival()
    finally:
        seen.open()
        looks.rest()
    wait_until(lambda: Task.thread_looks is None)
