"""Queue-driven workers: every item in exactly one place, and nobody who joins the queue hangs."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmon.core.run.feed import Feed, FeedReport, start_feed
from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.context import TaskContext
from taskmon.core.task.state import TaskState
from tests.helpers.gates import PATIENCE, Gate, in_threads, wait_until

Q = queue.Queue[Any]


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner with room for a few workers."""
    with TaskRunner(4) as made:
        yield made
        made.cancel_all()


def filled(*items: object) -> Q:
    """A queue with `items`."""
    source = Q()
    for item in items:
        source.put(item)
    return source


def finish(feed: Feed, source: Q) -> FeedReport:
    """Wait for the end of the batch; check that nobody who joins the queue hangs."""
    concurrent.futures.wait([feed.task], PATIENCE)
    assert feed.task.done()
    in_threads(source.join)
    return feed.report()


def test_a_sentinel_ends_all_workers(runner: TaskRunner) -> None:
    """One None is enough for three; every item before it was handled."""
    handled = list[Any]()
    source = filled(*range(100), None)
    feed = start_feed(runner, source, lambda _, item: handled.append(item))

    assert finish(feed, source) == (100, [], [], [])
    assert sorted(handled) == list(range(100))
    assert feed.task.state is TaskState.SUCCEEDED
    assert feed.task.result() == feed.report()
    assert all(worker.state is TaskState.SUCCEEDED for worker in feed.workers)


def test_a_sentinel_for_each_worker_does_no_harm(runner: TaskRunner) -> None:
    """The habit of one None for each; those left over are no unhandled items."""
    source = filled(1, 2, None, None, None, None)
    assert finish(start_feed(runner, source, lambda *_: None), source) == (2, [], [], [])


def test_workers_wait_for_items_and_take_them_as_they_come(runner: TaskRunner) -> None:
    """Producers and workers run at once; a bounded queue lets its producers go on."""
    source, handled = queue.Queue[Any](maxsize=2), list[Any]()
    feed = start_feed(runner, source, lambda _, item: handled.append(item))
    in_threads(*[lambda: list(map(source.put, range(200)))] * 3)
    source.join()
    assert len(handled) == 600
    source.put(None)
    assert finish(feed, source).handled == 600


@pytest.mark.parametrize("workers", [0, -1])
def test_a_feed_without_workers_is_refused(runner: TaskRunner, workers: int) -> None:
    """ValueError, and nothing is started."""
    with pytest.raises(ValueError, match="at least 1"):
        start_feed(runner, Q(), lambda *_: None, workers=workers)
    assert runner.tasks() == []


def test_more_workers_than_the_runner_has_places() -> None:
    """Those that never got a place end with the others; the batch lends its own."""
    with TaskRunner(1) as runner:
        source = filled(*range(20), None)
        assert finish(start_feed(runner, source, lambda *_: None, workers=5), source).handled == 20


def test_a_group_of_one_is_room_enough(runner: TaskRunner) -> None:
    """The batch waits for its workers and lends them its place in the group."""
    runner.limit_group("g", 1)
    source = filled(*range(20), None)
    assert finish(start_feed(runner, source, lambda *_: None, group="g"), source).handled == 20


def test_a_feed_in_a_with_block_is_finished(runner: TaskRunner) -> None:
    """Leaving the runner's block right after the start does not refuse the workers."""
    source = filled(*range(20), None)
    with TaskRunner(2) as short:
        feed = start_feed(short, source, lambda *_: None)
    assert finish(feed, source).handled == 20


def test_an_item_whose_handler_raises_is_noted_and_the_worker_goes_on(runner: TaskRunner) -> None:
    """Also one that cannot even be shown."""

    class Unprintable:
        def __repr__(self) -> str:
            raise OSError

    def handle(_: TaskContext, item: Any) -> None:
        if item != "good":
            raise ValueError(item)

    bad = Unprintable()
    source = filled("bad", bad, "good", None)
    report = finish(start_feed(runner, source, handle, workers=1), source)

    assert report.handled == 1
    assert [(item, type(error)) for item, error in report.failed] == [("bad", ValueError), (bad, ValueError)]


def test_a_handler_that_leaves_by_system_exit_ends_only_its_worker(runner: TaskRunner) -> None:
    """The item counts as interrupted, the worker as failed; the others go on."""

    def handle(_: TaskContext, item: Any) -> None:
        if item == "bad":
            raise SystemExit

    source = filled("bad", *range(10), None)
    feed = start_feed(runner, source, handle, workers=2)

    assert finish(feed, source) == (10, [], ["bad"], [])
    assert sorted(worker.state.value for worker in feed.workers) == ["failed", "succeeded"]


def test_when_all_workers_have_failed_the_rest_is_reported(runner: TaskRunner) -> None:
    """Nothing stays in the queue for ever, nothing is lost silently."""

    def handle(_: TaskContext, item: Any) -> None:
        raise GeneratorExit

    source = filled(1, 2, 3, 4, None)
    report = finish(start_feed(runner, source, handle, workers=2), source)

    assert sorted(report.interrupted + report.unhandled) == [1, 2, 3, 4]
    assert len(report.interrupted) == 2


def test_cancelling_the_batch_wakes_all_workers(runner: TaskRunner) -> None:
    """They sleep on an empty queue and leave at once."""
    source = Q()
    feed = start_feed(runner, source, lambda *_: None)
    wait_until(lambda: [worker.state for worker in feed.workers] == [TaskState.RUNNING] * 3)

    assert feed.cancel("enough", by="me")
    assert not feed.cancel()
    assert finish(feed, source) == (0, [], [], [])
    assert feed.task.cancelled()
    assert all(worker.cancelled() for worker in feed.workers)


def test_cancelling_the_batch_reports_what_was_interrupted_and_what_was_left(runner: TaskRunner) -> None:
    """The consequence says it in words."""
    source = filled(*range(10))
    with Gate() as gate:

        def handle(ctx: TaskContext, item: Any) -> None:
            if item:
                gate.pass_through()
                ctx.checkpoint()

        feed = start_feed(runner, source, handle, workers=2)
        gate.await_arrival(2)
        feed.cancel()
    report = finish(feed, source)

    assert (report.handled, report.failed, report.unhandled) == (1, [], [3, 4, 5, 6, 7, 8, 9])
    assert sorted(report.interrupted) == [1, 2]
    assert feed.task.snapshot().consequence == "1 item handled, 9 not handled"


def test_one_worker_cancelled_alone_leaves_the_others(runner: TaskRunner) -> None:
    """It had been woken for an item: the call is passed on, and another worker handles it."""
    for _ in range(50):
        source, handled = Q(), list[Any]()

        def handle(_: TaskContext, item: Any, handled: list[Any] = handled) -> None:
            handled.append(item)

        feed = start_feed(runner, source, handle, workers=2)
        wait_until(lambda feed=feed: [w.state for w in feed.workers] == [TaskState.RUNNING] * 2)  # type: ignore[misc]
        in_threads(partial(source.put, 1), feed.workers[0].cancel)
        in_threads(source.join)
        assert handled == [1]
        source.put(None)
        report = finish(feed, source)
        assert report.handled == 1


def test_a_paused_worker_leaves_items_to_the_others(runner: TaskRunner) -> None:
    """It pauses although it sleeps on the queue, and takes items again when resumed."""
    source, taken_by = Q(), list[int]()
    feed = start_feed(runner, source, lambda ctx, _: taken_by.append(ctx.task.id), workers=2)
    wait_until(lambda: [worker.state for worker in feed.workers] == [TaskState.RUNNING] * 2)
    first, second = feed.workers
    first.pause()
    wait_until(lambda: first.state is TaskState.PAUSED)
    for number in range(20):
        source.put(number)
    in_threads(source.join)
    assert set(taken_by) == {second.id}
    second.pause()
    wait_until(lambda: second.state is TaskState.PAUSED)
    source.put(1)
    first.resume()
    in_threads(source.join)
    assert taken_by[-1] == first.id
    second.resume()
    source.put(None)
    assert finish(feed, source).handled == 21


def test_a_batch_cancelled_before_it_begins_still_accounts_for_its_items() -> None:
    """Also when its runner never had a worker for it."""
    with TaskRunner(1) as runner, Gate() as gate:
        runner.submit(gate.pass_through)
        gate.await_arrival()
        source = filled(1, 2, None)
        feed = start_feed(runner, source, lambda *_: None)
        feed.cancel()
        assert finish(feed, source) == (0, [], [], [1, 2])


@pytest.mark.parametrize("kind", [queue.Queue, queue.LifoQueue, queue.PriorityQueue])
def test_any_kind_of_queue_will_do(runner: TaskRunner, kind: type[Q]) -> None:
    """Items come in the order of the queue; a sentinel that comes last in it ends the workers."""
    source, handled = kind(), list[Any]()
    feed = start_feed(runner, source, lambda _, item: handled.append(item), workers=1)
    for number in range(20):
        source.put(number)
    in_threads(source.join)
    source.put(None)

    assert finish(feed, source).handled == 20
    assert sorted(handled) == list(range(20))


@pytest.mark.skipif(not hasattr(queue.Queue, "shutdown"), reason="Queue.shutdown came with Python 3.13")
@pytest.mark.parametrize("immediate", [False, True])
def test_shutting_the_queue_down_ends_the_workers(runner: TaskRunner, immediate: bool) -> None:
    """What is in it is handled first, unless the shutdown is immediate, which drops it."""
    source = Q()
    with Gate() as gate:
        feed = start_feed(runner, source, lambda *_: gate.pass_through(), workers=2)
        for number in range(10):
            source.put(number)
        gate.await_arrival(2)
        source.shutdown(immediate)  # type: ignore[attr-defined]
    assert finish(feed, source) == (2 if immediate else 10, [], [], [])


@settings(max_examples=40)
@given(
    outcomes=st.lists(st.sampled_from(["good", "bad", "exit", "stop", "cancel"]), max_size=25),
    workers=st.integers(1, 4),
    places=st.integers(1, 3),
    cancel_after=st.none() | st.integers(0, 20),
)
def test_each_item_is_in_exactly_one_place(
    outcomes: list[str], workers: int, places: int, cancel_after: int | None
) -> None:
    """Whatever handlers do and whenever the batch is cancelled, the report accounts for every item once."""
    source = filled(*enumerate(outcomes))
    seen = threading.Semaphore(0)

    def handle(ctx: TaskContext, item: tuple[int, str]) -> None:
        seen.release()
        if item[1] == "bad":
            raise ValueError
        if item[1] == "exit":
            raise SystemExit
        if item[1] == "cancel":
            ctx.task.cancel()
        if item[1] in ("stop", "cancel"):
            ctx.checkpoint()

    with TaskRunner(places) as runner:
        feed = start_feed(runner, source, handle, workers=workers)
        if cancel_after is None:
            source.put(None)
        else:
            for _ in range(cancel_after):
                if not seen.acquire(timeout=0.01):
                    break
            feed.cancel()
        report = finish(feed, source)

    placed = [item for item, _ in report.failed] + report.interrupted + report.unhandled
    assert report.handled + len(placed) == len(outcomes)
    assert len(set(placed)) == len(placed)


def test_a_batch_that_lost_its_workers_has_failed() -> None:
    """All workers cancelled one by one: the items are reported, and nobody calls that done."""
    items: queue.Queue[int] = queue.Queue()
    for number in range(5):
        items.put(number)
    gate = Gate()

    def handle(ctx: TaskContext, item: int) -> None:
        gate.pass_through()
        ctx.checkpoint()

    with TaskRunner(4) as runner:
        feed = start_feed(runner, items, handle, workers=2)
        gate.await_arrival(2)
        for worker in feed.workers:
            worker.cancel()
        gate.open()
        assert runner.wait_idle(PATIENCE)

    assert feed.task.state is TaskState.FAILED
    assert sorted(feed.report().unhandled + feed.report().interrupted) == [0, 1, 2, 3, 4]
    items.join()


def test_one_that_is_restored_when_its_sentinel_has_been_taken_out_ends(runner: TaskRunner) -> None:
    with Gate() as gate:
        for _ in range(4):
            runner.submit(gate.pass_through)
        gate.await_arrival(4)
        source = filled(1, None)
        feed = start_feed(runner, source, lambda _, item: item)
        feed.cancel()
        assert source.empty()

        restored = runner.restore(feed.task)

    concurrent.futures.wait([restored], PATIENCE)
    assert restored.done()
