"""A worker that polls a flag ends cancelled when it leaves because of it, and done when it never looked."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from taskmon import TaskCancelled, TaskContext, TaskRunner, TaskState
from tests.helpers.gates import Gate, wait_until


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner that has ended when the test has."""
    with TaskRunner(2) as made:
        yield made


class Flagged:
    """Code with a stop flag of its own: an attribute that its loop reads."""

    cancelled = False


def poll_the_token(ctx: TaskContext, gate: Gate) -> str:
    """Leave the loop when the token is set."""
    gate.pass_through()
    while not ctx.stop.is_set():
        pass
    return "partial"


def wait_for_the_token(ctx: TaskContext, gate: Gate) -> str:
    """Use it as the Event that the loop sleeps on."""
    gate.pass_through()
    while not ctx.stop.wait(60):
        pass
    return "partial"


def poll_the_context(ctx: TaskContext, gate: Gate) -> str:
    """Leave the loop when the context says so."""
    gate.pass_through()
    while not ctx.stop_requested:
        pass
    return "partial"


def poll_a_mirror(ctx: TaskContext, gate: Gate) -> str:
    """Leave the loop when a flag of one's own is set."""
    flagged = Flagged()
    ctx.stop.mirror_to(flagged, "cancelled")
    gate.pass_through()
    while not flagged.cancelled:
        threading.Event().wait(0.001)
    return "partial"


def catch_the_cancel(ctx: TaskContext, gate: Gate) -> str:
    """Return what there is when a checkpoint raises."""
    gate.pass_through()
    with contextlib.suppress(TaskCancelled):
        while True:
            ctx.checkpoint()
    return "partial"


def lose_the_cancel_in_a_group(ctx: TaskContext, gate: Gate) -> str:
    """Have asyncio take it for that of a child alone, which a group forgets."""

    async def child() -> None:
        try:
            while True:
                ctx.checkpoint()
                await asyncio.sleep(0)
        except TaskCancelled:
            raise asyncio.CancelledError from None

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())

    gate.pass_through()
    asyncio.run(main())
    return "partial"


@pytest.mark.parametrize(
    "work",
    [
        poll_the_token,
        wait_for_the_token,
        poll_the_context,
        poll_a_mirror,
        catch_the_cancel,
        lose_the_cancel_in_a_group,
    ],
)
def test_a_worker_that_saw_the_stop_and_returned_is_cancelled(
    runner: TaskRunner, work: Callable[[TaskContext, Gate], str]
) -> None:
    """The commonest loop of all ends by itself; what it returned is kept as the partial result."""
    gate = Gate()
    task = runner.start(work, gate)
    gate.await_arrival()
    gate.open()

    task.cancel()
    assert runner.wait_idle(30)

    assert task.state is TaskState.CANCELLED
    assert task.partial_result == "partial"


def test_a_worker_that_never_looked_has_finished(runner: TaskRunner) -> None:
    """Nobody looked at the flag: the work was done before it could be cancelled."""
    gate = Gate()

    def work(ctx: TaskContext) -> str:
        gate.pass_through()
        return "whole"

    task = runner.start(work)
    gate.await_arrival()
    task.cancel()
    gate.open()

    assert task.result(30) == "whole"
    assert task.snapshot().finished_before_stop


def test_a_worker_that_looked_but_did_everything_has_finished(runner: TaskRunner) -> None:
    """It saw the stop during its last item and its progress is complete: nothing was left undone."""
    gate = Gate()

    def work(ctx: TaskContext) -> str:
        ctx.progress(9, 10)
        gate.pass_through()
        seen = ctx.stop.is_set()
        ctx.progress(10)
        return f"whole, {seen}"

    task = runner.start(work)
    gate.await_arrival()
    task.cancel()
    gate.open()

    assert task.result(30) == "whole, True"
    assert task.state is TaskState.SUCCEEDED


def test_a_worker_that_catches_the_cancel_and_does_everything_has_finished(runner: TaskRunner) -> None:
    """Its progress is complete, so what it returned is whole."""
    gate = Gate()

    def work(ctx: TaskContext) -> str:
        gate.pass_through()
        with contextlib.suppress(TaskCancelled):
            ctx.checkpoint()
        ctx.progress(10, 10)
        return "whole"

    task = runner.start(work)
    gate.await_arrival()
    task.cancel()
    gate.open()

    assert task.result(30) == "whole"
    assert task.state is TaskState.SUCCEEDED


@pytest.mark.parametrize("look", [lambda ctx: ctx.stop.is_set(), lambda ctx: ctx.stop_requested])
def test_a_look_at_the_token_counts_as_a_checkpoint(runner: TaskRunner, look: Callable[[TaskContext], bool]) -> None:
    """Nobody may say of a worker that polls its token that it has never looked. Only its own looks count."""
    gate, looked = Gate(), Gate()

    def work(ctx: TaskContext) -> None:
        gate.pass_through()
        look(ctx)
        look(ctx)
        looked.pass_through()

    task = runner.start(work)
    gate.await_arrival()
    task.snapshot()
    task.stop.is_set()  # as a window might
    before = task.snapshot().checkpoint
    gate.open()
    looked.await_arrival()
    after = task.snapshot().checkpoint
    looked.open()
    assert runner.wait_idle(30)

    assert before is not None
    assert before.last_seen is None
    assert after is not None
    assert after.last_seen is not None
    assert after.stops_within is not None


def test_a_worker_that_waits_for_the_token_stops_at_once(runner: TaskRunner) -> None:
    """Whoever asks meanwhile is told so, although nothing passes a checkpoint."""
    task = runner.start(lambda ctx: ctx.stop.wait(60))

    wait_until(lambda: (seen := task.snapshot().checkpoint) is not None and seen.stops_within == 0.0, "the wait")
    task.cancel()
    assert runner.wait_idle(30)

    assert task.state is TaskState.CANCELLED


def test_nothing_is_claimed_of_a_flag_that_cannot_be_watched(runner: TaskRunner) -> None:
    """Looks at an attribute leave no trace: that is not the same as never looking."""
    gate = Gate()
    task = runner.start(poll_a_mirror, gate)
    gate.await_arrival()

    reading = task.snapshot().checkpoint
    gate.open()
    task.cancel()
    assert runner.wait_idle(30)

    assert reading is None


def test_looks_go_on_counting_after_the_stop(runner: TaskRunner) -> None:
    """A worker that finds the stop and cleans up, looking now and then, is not one that does not respond."""
    asked, looked = Gate(), Gate()

    def work(ctx: TaskContext) -> None:
        asked.pass_through()
        ctx.stop.is_set()
        looked.pass_through()

    task = runner.start(work)
    asked.await_arrival()
    task.cancel()
    task.snapshot()
    asked.open()
    looked.await_arrival()
    reading = task.snapshot().checkpoint
    looked.open()
    assert runner.wait_idle(30)

    assert reading is not None
    assert reading.last_seen is not None
