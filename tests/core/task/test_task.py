"""A task's life: asked, paused, resumed, cancelled and ended, in every state and by every means."""

from __future__ import annotations

import concurrent.futures
import contextlib
import contextvars
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskmon.core.base.errors import InvalidTransitionError
from taskmon.core.run.runner import TaskRunner
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task import events
from taskmon.core.task.context import TaskContext, current_task
from taskmon.core.task.events import TaskFinished
from taskmon.core.task.state import FINAL_STATES, TRANSITIONS, TaskState
from taskmon.core.task.task import Task
from tests.helpers.gates import PATIENCE, Gate, in_threads, wait_until
from tests.helpers.jobs import RecordingSink, obedient, stubborn

S = TaskState


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner with two workers, ended after the test."""
    with TaskRunner(2) as made:
        yield made
        made.cancel_all()


@pytest.fixture
def busy(runner: TaskRunner) -> Iterator[Gate]:
    """Keep both workers of `runner` busy until the gate is opened."""
    with Gate() as gate:
        for _ in range(2):
            runner.start(stubborn, gate)
        gate.await_arrival(2)
        yield gate


def until(task: Task, state: TaskState) -> None:
    """Wait until `task` is in `state`."""
    wait_until(lambda: task.state is state, f"{state} of {task}")


# -- the table ---------------------------------------------------------------------------------------------------------


def test_the_table_of_states_is_the_one_of_the_design() -> None:
    """Final states lead nowhere; LOST and CUT_OFF are reached from every live one; nothing comes back."""
    for state, following in TRANSITIONS.items():
        assert state.is_final == (not following)
        assert state.is_final or {S.LOST, S.CUT_OFF} <= following
        assert S.QUEUED not in following or state is S.HELD
    assert {S.SUCCEEDED, S.FAILED, S.CANCELLED, S.LOST, S.CUT_OFF} == FINAL_STATES
    assert S.RUNNING not in TRANSITIONS[S.STOPPING]
    assert S.SUCCEEDED not in TRANSITIONS[S.PAUSED]


def test_a_transition_that_the_table_does_not_know_is_a_bug(runner: TaskRunner) -> None:
    """It raises instead of telling a listener nonsense."""
    task = runner.submit(int)
    task.result()
    with pytest.raises(InvalidTransitionError, match="SUCCEEDED to RUNNING"):
        task._enter(S.RUNNING)


# -- ends --------------------------------------------------------------------------------------------------------------


def test_a_function_that_returns_has_succeeded(runner: TaskRunner) -> None:
    """Its result is the task's; context, arguments and keywords arrive."""
    task = runner.start(lambda ctx, *args, **kwargs: (ctx.task.name, args, kwargs), 1, 2, name="sum", key="word")

    assert task.result(PATIENCE) == ("sum", (1, 2), {"key": "word"})
    assert task.exception() is None
    assert (task.state, task.done(), task.running(), task.cancelled()) == (S.SUCCEEDED, True, False, False)


@pytest.mark.parametrize(
    "kind", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, RecursionError]
)
def test_whatever_a_worker_raises_fails_its_task_alone(runner: TaskRunner, kind: type[BaseException]) -> None:
    """No type of exception is special: the thread lives on and runs the next task."""
    error = kind("reason")

    def raising(_: TaskContext) -> None:
        raise error

    tasks = [runner.start(raising) for _ in range(4)]
    for task in tasks:
        assert task.exception(PATIENCE) is error
        with pytest.raises(kind):
            task.result()
        assert task.state is S.FAILED
        assert task.snapshot().error == f"{kind.__name__}: reason"
        assert "raising" in task.snapshot().details
    assert runner.submit(int).result(PATIENCE) == 0


def test_a_cancellation_nobody_asked_for_is_a_failure(runner: TaskRunner) -> None:
    """Outcome follows from who asked, not from what was raised."""

    def pretend(_: TaskContext) -> None:
        raise TaskCancelled(StopReason(StopKind.USER, "", "made up", 0))

    task = runner.start(pretend)

    assert isinstance(task.exception(PATIENCE), TaskCancelled)
    assert task.state is S.FAILED


def test_waiting_for_a_cancelled_task_is_a_failure_of_ones_own(runner: TaskRunner) -> None:
    """CancelledError from another task does not make this one cancelled, unless it was asked as well."""
    victim = runner.start(obedient)
    waiting = runner.start(lambda _: victim.result(PATIENCE))
    until(victim, S.RUNNING)
    until(waiting, S.RUNNING)
    victim.cancel()

    assert isinstance(waiting.exception(PATIENCE), concurrent.futures.CancelledError)
    assert waiting.state is S.FAILED


def test_error_in_clean_up_keeps_reason_and_traceback(runner: TaskRunner) -> None:
    """STOPPING leads to FAILED, and the record tells both why it stopped and what broke."""
    started = threading.Event()

    def messy(ctx: TaskContext) -> None:
        try:
            obedient(ctx, started)
        finally:
            raise OSError("disk full")

    task = runner.start(messy)
    assert started.wait(PATIENCE)
    task.cancel("enough")

    with pytest.raises(OSError, match="disk full"):
        task.result(PATIENCE)
    picture = task.snapshot()
    assert picture.state is S.FAILED
    assert picture.reason is not None
    assert picture.reason.text == "enough"
    assert "TaskCancelled" in picture.details
    assert "OSError: disk full" in picture.details


def test_a_swallowed_cancel_is_raised_again_at_the_next_checkpoint(runner: TaskRunner) -> None:
    """A bare except does not get rid of it; how often it was ignored is counted."""
    started = threading.Event()
    swallowed = list[BaseException]()

    def deaf(ctx: TaskContext) -> None:
        try:
            obedient(ctx, started)
        except BaseException as error:
            swallowed.append(error)
        for _ in range(3):
            try:
                ctx.checkpoint()
            except BaseException as error:
                swallowed.append(error)
        for _ in ctx.track(range(10)):
            pytest.fail("no item after the stop")

    task = runner.start(deaf)
    assert started.wait(PATIENCE)
    task.cancel()

    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)
    assert [type(error) for error in swallowed] == [TaskCancelled] * 4
    assert task.context._interrupted == 5


def test_finished_before_it_could_be_cancelled(runner: TaskRunner) -> None:
    """A worker that returns without having noticed has succeeded, and the record says that it was asked."""
    with Gate() as gate:
        task = runner.start(stubborn, gate)
        gate.await_arrival()
        assert task.cancel("too late")
        assert task.state is S.STOPPING
        assert not task.cancelled()
    assert task.result(PATIENCE) == "done"
    assert task.snapshot().finished_before_stop


def test_stopped_early_keeps_the_partial_result(runner: TaskRunner) -> None:
    """A worker may leave its loop by itself and say that it did."""
    started = threading.Event()

    def polite(ctx: TaskContext) -> list[int]:
        started.set()
        ctx.stop.wait(PATIENCE)
        ctx.stopped_early = ctx.stop_requested
        return [1, 2]

    task = runner.start(polite)
    assert started.wait(PATIENCE)
    task.cancel()

    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)
    assert task.partial_result == [1, 2]
    assert task.state is S.CANCELLED


def test_stopped_early_without_a_request_means_nothing(runner: TaskRunner) -> None:
    """Nobody asked, so the task has succeeded."""

    def eager(ctx: TaskContext) -> int:
        ctx.stopped_early = True
        return 1

    assert runner.start(eager).result(PATIENCE) == 1


# -- cancelling --------------------------------------------------------------------------------------------------------


def test_a_waiting_task_is_cancelled_at_once(runner: TaskRunner, busy: Gate) -> None:
    """It never ran: no STOPPING, and its done callbacks have been called when cancel() returns."""
    sink, seen = RecordingSink(), list[Any]()
    runner.attach(sink)
    task = runner.start(obedient)
    task.add_done_callback(seen.append)

    assert task.cancel("not needed", by="me")
    assert task.cancelled()
    assert seen == [task]
    assert sink.states(task.id) == [S.CANCELLED]
    assert not task.cancel()
    busy.open()
    assert runner.wait_idle(PATIENCE)
    assert task.snapshot().started_at is None


def test_a_running_task_is_cancelled_when_its_thread_has_left(runner: TaskRunner) -> None:
    """Until then it is STOPPING; the moments of request, notice and end are in order."""
    sink, gate, started = RecordingSink(), Gate(), threading.Event()
    runner.attach(sink)

    def slow_to_leave(ctx: TaskContext) -> None:
        try:
            obedient(ctx, started)
        finally:
            gate.pass_through()

    task = runner.start(slow_to_leave)
    assert started.wait(PATIENCE)
    assert task.cancel()
    gate.await_arrival()
    assert (task.state, task.cancelled(), task.done(), task.running()) == (S.STOPPING, False, False, True)
    with pytest.raises(TimeoutError):
        task.result(0)
    gate.open()
    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)

    picture = task.snapshot()
    moments = [
        picture.queued_at, picture.started_at, picture.stop_requested_at, picture.stop_seen_at, picture.ended_at
    ]  # fmt: skip
    assert None not in moments
    assert moments == sorted(moments)  # type: ignore[type-var]
    assert sink.states(task.id) == [S.RUNNING, S.STOPPING, S.CANCELLED]
    assert picture.thread_id is None


@pytest.mark.parametrize("rounds", [300])
def test_of_many_cancels_of_a_running_task_one_is_the_first(runner: TaskRunner, rounds: int) -> None:
    """Eight threads race with the worker's own end; at most one gets True, and the record agrees."""
    for _ in range(rounds):
        task = runner.start(lambda ctx: ctx.checkpoint())
        answers = in_threads(*[task.cancel] * 4)
        concurrent.futures.wait([task], PATIENCE)
        assert answers.count(True) <= 1
        if task.state is S.CANCELLED:
            assert answers.count(True) == 1
        assert (task.snapshot().stop_requested_at is not None) == (answers.count(True) == 1)


def test_cancelling_after_the_end_changes_nothing(runner: TaskRunner) -> None:
    """A task that has ended stays what it is."""
    task = runner.submit(int)
    task.result(PATIENCE)

    assert not task.cancel()
    assert task.state is S.SUCCEEDED
    assert task.snapshot().reason is None


def test_a_stop_callback_may_cancel_its_own_task_again(runner: TaskRunner) -> None:
    """It gets False, and nothing deadlocks."""
    started, answers = threading.Event(), list[bool]()

    def work(ctx: TaskContext) -> None:
        ctx.stop.on_stop(lambda: answers.append(ctx.task.cancel("again")))
        obedient(ctx, started)

    task = runner.start(work)
    assert started.wait(PATIENCE)
    assert task.cancel()

    concurrent.futures.wait([task], PATIENCE)
    assert answers == [False]


def test_a_raising_stop_callback_is_told_in_the_log(runner: TaskRunner) -> None:
    """It belongs to the task, so it is told there; the cancel goes on."""
    started = threading.Event()
    with Gate() as gate:

        def work(ctx: TaskContext) -> None:
            ctx.stop.on_stop(lambda: 1 / 0)
            try:
                obedient(ctx, started)
            finally:
                gate.pass_through()

        task = runner.start(work)
        assert started.wait(PATIENCE)
        task.cancel()
        assert "ZeroDivisionError" in task.log_lines()[1][0]
    concurrent.futures.wait([task], PATIENCE)
    assert task.cancelled()


def test_a_callback_that_raises_after_the_end_is_not_lost(runner: TaskRunner, expected_log: Any) -> None:
    """The worker may leave before the callbacks have run; then the failure goes to the log of the program."""
    expected_log("Stop callback")
    started, later = threading.Event(), list[Callable[[], None]]()

    def work(ctx: TaskContext) -> None:
        ctx.stop.on_stop(lambda: 1 / 0)
        obedient(ctx, started)

    task = runner.start(work)
    assert started.wait(PATIENCE)
    task.cancel(dispatch=later.append)
    concurrent.futures.wait([task], PATIENCE)
    for function in later:
        function()
    assert task.log_lines() == (0, [])


def test_dispatch_takes_foreign_code_off_the_calling_thread(runner: TaskRunner, busy: Gate) -> None:
    """The state changes at once, the callbacks run where the dispatcher says."""
    later, seen = list[Callable[[], None]](), list[Any]()
    task = runner.start(obedient)
    task.add_done_callback(seen.append)

    assert task.cancel(dispatch=later.append)
    assert task.cancelled()
    assert seen == []
    for function in later:
        function()
    assert seen == [task]
    busy.open()


def test_a_request_cut_short_is_completed_by_the_next() -> None:
    """Ctrl-C between the flag and the news of it leaves a task that a second cancel still stops."""
    with TaskRunner(1) as runner:
        started = threading.Event()
        task = runner.start(obedient, started)
        assert started.wait(PATIENCE)
        task.stop._reason = StopReason(StopKind.USER, "", "interrupted", 0)  # what is left of the first request

        assert not task.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            task.result(PATIENCE)


# -- pausing -----------------------------------------------------------------------------------------------------------


def pausable(ctx: TaskContext, gate: Gate) -> str:
    """Reach a checkpoint once the gate is open, again and again until let go by the second argument."""
    gate.pass_through()
    while not gate_after.is_set():
        ctx.checkpoint()
    return "done"


gate_after = threading.Event()


def test_pause_and_resume_of_a_running_task(runner: TaskRunner) -> None:
    """PAUSED only once the worker has reached a checkpoint; resume() lets it go on; the pause is not counted."""
    gate_after.clear()
    sink = RecordingSink()
    runner.attach(sink)
    with Gate() as gate:
        task = runner.start(pausable, gate)
        gate.await_arrival()
        assert task.pause()
        assert not task.pause()
        assert task.state is S.PAUSING
        gate.open()
        until(task, S.PAUSED)
        gate_after.set()
        assert task.snapshot().paused_for > 0
        assert task.resume()
        assert not task.resume()
    assert task.result(PATIENCE) == "done"
    assert sink.states(task.id) == [S.RUNNING, S.PAUSING, S.PAUSED, S.RUNNING, S.SUCCEEDED]


def test_a_pause_that_did_not_take_effect_is_taken_back(runner: TaskRunner) -> None:
    """PAUSING leads back to RUNNING; a worker that ends before the checkpoint has succeeded."""
    with Gate() as gate:
        task = runner.start(stubborn, gate)
        gate.await_arrival()
        assert task.pause()
        assert task.resume()
        assert task.state is S.RUNNING
        assert task.pause()
    assert task.result(PATIENCE) == "done"


def test_a_paused_task_that_is_cancelled_wakes_and_leaves(runner: TaskRunner) -> None:
    """As KIO and QFuture do; no resume is needed, none is possible."""
    started = threading.Event()
    task = runner.start(obedient, started)
    assert started.wait(PATIENCE)
    task.pause()
    until(task, S.PAUSED)
    assert task.cancel()
    assert not task.resume()

    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)


def test_a_pause_takes_effect_in_sleep_and_in_join(runner: TaskRunner) -> None:
    """Both stand in a checkpoint: the worker is woken to pause, and goes on waiting afterwards."""
    started = threading.Event()
    child = runner.start(obedient, started)
    parent = runner.start(lambda ctx: ctx.join(child))
    assert started.wait(PATIENCE)
    for task in (child, parent):
        until(task, S.RUNNING)
        assert task.pause()
        until(task, S.PAUSED)
    for task in (child, parent):
        assert task.resume()
        assert task.state is S.RUNNING
        assert task.pause()
        until(task, S.PAUSED)
        assert task.resume()
    child.cancel()

    assert parent.result(PATIENCE) is None


def test_a_waiting_task_is_held_and_released(runner: TaskRunner, busy: Gate) -> None:
    """A held task is not run, though workers are free; resumed it runs once, however often it was held."""
    sink, runs = RecordingSink(), list[int]()
    runner.attach(sink)
    task = runner.start(lambda _: runs.append(1))
    for _ in range(1_000):
        assert task.pause()
        assert task.resume()
    assert len(runner._engine.pool._ready) == 1
    assert task.pause()
    busy.open()
    after = runner.submit(int)
    after.result(PATIENCE)
    assert task.state is S.HELD
    assert task.resume()

    task.result(PATIENCE)
    assert runs == [1]
    assert runner.wait_idle(PATIENCE)


def test_a_task_may_start_on_hold(runner: TaskRunner) -> None:
    """``paused=True`` waits for resume(), or for cancel()."""
    first, second = (runner.start(lambda _: "ran", paused=True) for _ in range(2))
    assert (first.state, second.state) == (S.HELD, S.HELD)
    assert not first.pause()
    first.resume()
    second.cancel()

    assert first.result(PATIENCE) == "ran"
    assert second.cancelled()


def test_pause_and_resume_against_the_workers_lose_no_task() -> None:
    """200 tasks are held and released by two threads while four workers take them: each runs exactly once."""
    runs = list[int]()
    with TaskRunner(4) as runner:
        for _ in range(20):
            tasks = [runner.start(lambda _, n=n: runs.append(n)) for n in range(200)]

            def toggle(tasks: list[Task] = tasks) -> None:
                for task in tasks:
                    task.pause()
                    task.resume()

            in_threads(toggle, toggle)
            for task in tasks:
                task.resume()
            assert concurrent.futures.wait(tasks, PATIENCE).not_done == set()
            assert sorted(runs) == list(range(200))
            runs.clear()


def test_a_helper_thread_that_waits_in_a_pause_does_not_keep_the_task_from_ending(runner: TaskRunner) -> None:
    """The worker's own thread returns while another of its threads is paused at a checkpoint."""
    with Gate() as gate:

        def work(ctx: TaskContext) -> str:
            helper = threading.Thread(target=lambda: ctx.sleep(0.5))
            helper.start()
            helpers.append(helper)
            gate.pass_through()
            return "done"

        helpers = list[threading.Thread]()
        task = runner.start(work)
        gate.await_arrival()
        task.pause()
        until(task, S.PAUSED)
    assert task.result(PATIENCE) == "done"
    assert runner.wait_idle(PATIENCE)
    helpers[0].join(PATIENCE)
    assert not helpers[0].is_alive()


# -- deadlines ---------------------------------------------------------------------------------------------------------


def test_a_timeout_cancels_with_the_reason_deadline(runner: TaskRunner) -> None:
    """The worker is asked to stop; the record says that its time was up."""
    task = runner.start(obedient, timeout=0.01)
    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)

    picture = task.snapshot()
    assert picture.timed_out
    assert picture.reason is not None
    assert picture.reason.sentence() == "its time was up: deadline of 0.01 s"


def test_a_timeout_of_zero_cancels_without_running(runner: TaskRunner) -> None:
    """There is no time to run in."""
    runs = list[int]()
    task = runner.start(lambda _: runs.append(1), timeout=0)

    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)
    assert runs == []
    assert task.snapshot().timed_out
    assert task.snapshot().started_at is None


def test_the_deadline_of_a_finished_task_is_forgotten(runner: TaskRunner) -> None:
    """Nothing is left in the timer."""
    from taskmon.core.stop.deadline import deadlines

    task = runner.start(lambda _: None, timeout=3600)
    task.result(PATIENCE)
    assert runner.wait_idle(PATIENCE)

    assert len(deadlines) == 0


# -- parents and children ----------------------------------------------------------------------------------------------


def test_a_cancel_is_passed_on_to_subtasks_and_never_back(runner: TaskRunner) -> None:
    """Children and grandchildren are asked with the parent's reason; a child's cancel stays its own."""
    started = threading.Barrier(5)  # two children, two grandchildren, this thread
    family = dict[str, Task]()

    def grandchild(ctx: TaskContext) -> None:
        started.wait(PATIENCE)
        obedient(ctx)

    def child(ctx: TaskContext) -> None:
        family[ctx.task.name] = ctx.task
        inner = ctx.subtask(grandchild, name=f"grandchild of {ctx.task.name}")
        family[inner.name] = inner
        started.wait(PATIENCE)
        ctx.join(inner)

    def parent(ctx: TaskContext) -> None:
        ctx.join(*[ctx.subtask(child, name=name) for name in ("first", "second")])

    runner.max_workers = 8
    family["parent"] = runner.start(parent)
    started.wait(PATIENCE)
    family["first"].cancel("this one")
    concurrent.futures.wait([family["first"], family["grandchild of first"]], PATIENCE)
    assert family["parent"].state is S.RUNNING
    family["parent"].cancel("all of it")
    concurrent.futures.wait(family.values(), PATIENCE)

    assert all(task.cancelled() for task in family.values())
    reasons = {name: task.snapshot().reason for name, task in family.items()}
    assert reasons["grandchild of first"] is reasons["first"]
    assert reasons["grandchild of second"] is reasons["second"] is reasons["parent"]
    assert family["first"].parent is family["parent"]


def test_a_subtask_of_a_stopped_parent_is_cancelled_at_birth(runner: TaskRunner) -> None:
    """It is announced, and ends without having run."""
    started, made = threading.Event(), list[Task]()

    def parent(ctx: TaskContext) -> None:
        started.set()
        ctx.stop.wait(PATIENCE)
        made.append(ctx.subtask(obedient))

    task = runner.start(parent)
    assert started.wait(PATIENCE)
    task.cancel("early")
    assert runner.wait_idle(PATIENCE)

    assert made[0].cancelled()
    assert made[0].snapshot().reason == task.snapshot().reason
    assert made[0].snapshot().parent_id == task.id


@pytest.mark.parametrize("how", ["result", "join", "exception"])
def test_deep_nesting_does_not_block_a_runner_with_one_worker(how: str) -> None:
    """Each level waits for the next; a worker that waits lends its place."""

    def nest(ctx: TaskContext, depth: int) -> int:
        if not depth:
            return 0
        child = ctx.subtask(nest, depth - 1)
        if how == "join":
            ctx.join(child)
        elif how == "exception":
            assert child.exception(PATIENCE) is None
        return int(child.result(PATIENCE)) + 1

    with TaskRunner(1) as runner:
        assert runner.start(nest, 30).result(PATIENCE) == 30
        assert runner._engine.pool._lent == 0
        assert runner.wait_idle(PATIENCE)
        wait_until(lambda: runner.statistics().threads <= 1, "the end of the borrowed threads")


def test_a_stop_ends_a_join(runner: TaskRunner) -> None:
    """The parent leaves at once, though a child takes its time."""
    with Gate() as gate:
        child = runner.start(stubborn, gate)
        gate.await_arrival()
        parent = runner.start(lambda ctx: ctx.join(child))
        until(parent, S.RUNNING)
        parent.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            parent.result(PATIENCE)
        assert child.state is S.RUNNING


def test_subtasks_may_be_started_while_the_runner_shuts_down() -> None:
    """They are part of the work that was submitted before; new work is refused."""
    with Gate() as gate:

        def parent(ctx: TaskContext) -> int:
            gate.pass_through()
            return int(ctx.subtask(lambda _: 5).result(PATIENCE))

        with TaskRunner(1) as runner:
            task = runner.start(parent)
            gate.await_arrival()
            runner.shutdown(wait=False)
            gate.open()
            with pytest.raises(RuntimeError, match="after shutdown"):
                runner.submit(int)
    assert task.result(PATIENCE) == 5


# -- retry, log, context -----------------------------------------------------------------------------------------------


def test_a_retry_is_a_new_task_linked_to_the_old_one(runner: TaskRunner) -> None:
    """Same work, same name and group, next attempt; only for a task that has ended."""
    with Gate() as gate:
        first = runner.start(stubborn, gate, name="work", group="g", timeout=100)
        gate.await_arrival()
        with pytest.raises(RuntimeError, match="has not ended"):
            first.retry()
    first.result(PATIENCE)
    second = first.retry()
    second.result(PATIENCE)

    assert second is not first
    assert (second.name, second.group, second.attempt, second.retry_of) == ("work", "g", 2, first.id)
    assert second.retry().attempt == 3


def test_the_log_keeps_the_newest_lines_and_counts_the_rest(runner: TaskRunner) -> None:
    """Lines are clipped and split; what raises when made text is told as that; since() continues where one left."""

    class Broken:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    def chatty(ctx: TaskContext) -> None:
        ctx.log(Broken())
        ctx.log("x" * 10_000)
        for number in range(events.LINES_KEPT):
            ctx.log(f"{number}\n")
        ctx.log("\n" * 1_000_000)

    task = runner.start(chatty)
    task.result(PATIENCE)
    count, lines = task.log_lines()
    assert count == 2 + 2 * events.LINES_KEPT
    assert lines == [""] * events.LINES_KEPT
    assert task.log_lines(count - 2) == (count, ["", ""])
    assert task.log_lines(count) == (count, [])
    assert task.snapshot().log_lines == count


def test_nothing_is_reported_after_the_end(runner: TaskRunner) -> None:
    """A thread that outlives its task logs and reports into the void; its checkpoints raise nothing odd."""
    sink, contexts = RecordingSink(), list[TaskContext]()
    runner.attach(sink)
    task = runner.start(contexts.append)
    task.result(PATIENCE)
    contexts[0].log("late")
    contexts[0].progress(5)
    contexts[0].checkpoint()
    assert isinstance(sink.of(task.id)[-1], TaskFinished)
    assert task.log_lines() == (0, [])

    del task, sink.events[:]
    runner.wait_idle(PATIENCE)
    wait_until(lambda: contexts[0]._task_ref() is None, "the end of the task object")
    contexts[0].log("later")
    with pytest.raises(RuntimeError, match="no task"):
        _ = contexts[0].task


def test_tracking_counts_items_and_goes_on_counting(runner: TaskRunner) -> None:
    """The outermost loop is the progress; a second loop after the first adds to it; generators have no total."""
    seen = list[Any]()

    def work(ctx: TaskContext) -> None:
        for _ in ctx.track([1, 2], unit="files"):
            seen.append(ctx.task.snapshot().progress[:3])
            list(ctx.track(range(100)))
        list(ctx.track([3]))
        seen.append(ctx.task.snapshot().progress[:3])
        list(ctx.track(iter([4])))
        seen.append(ctx.task.snapshot().progress[:3])
        ctx.advance()
        ctx.advance(2)

    task = runner.start(work)
    task.result(PATIENCE)

    assert seen == [(0, 2, "files"), (1, 2, "files"), (3, 3, "files"), (4, None, "files")]
    assert task.snapshot().progress.done == 7


def test_the_text_of_a_message_is_made_in_the_workers_thread(runner: TaskRunner) -> None:
    """A reader never runs a worker's code, and a broken one costs only itself."""
    made_in = list[int]()

    class Message:
        def __str__(self) -> str:
            made_in.append(threading.get_ident())
            return "message"

    def work(ctx: TaskContext) -> int:
        ctx.progress(message=Message())
        return threading.get_ident()

    task = runner.start(work)
    ident = task.result(PATIENCE)

    assert task.snapshot().progress.message == "message"
    assert made_in == [ident]


@pytest.mark.parametrize("seconds", [0, -1, float("-inf")])
def test_a_sleep_of_no_length_is_a_checkpoint(runner: TaskRunner, seconds: float) -> None:
    """It returns at once."""
    assert runner.start(lambda ctx: ctx.sleep(seconds)).result(PATIENCE) is None


@pytest.mark.parametrize("seconds", [float("inf"), 1e300])
def test_a_sleep_without_end_is_ended_by_a_stop(runner: TaskRunner, seconds: float) -> None:
    """It overflows nothing."""
    task = runner.start(lambda ctx: ctx.sleep(seconds))
    until(task, S.RUNNING)
    task.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)


def test_a_sleep_that_is_no_number_is_refused(runner: TaskRunner) -> None:
    """In the worker, as a ValueError."""
    assert isinstance(runner.start(lambda ctx: ctx.sleep(float("nan"))).exception(PATIENCE), ValueError)


def test_a_shield_lets_a_worker_finish_and_its_text_is_shown(runner: TaskRunner) -> None:
    """sleep() and checkpoint() inside do not raise; the row can say what is being finished."""
    with Gate() as gate:

        def work(ctx: TaskContext) -> None:
            with ctx.stop.shield("renaming"):
                gate.pass_through()
                ctx.checkpoint()
                ctx.sleep(0)
                finished.append(True)
            ctx.checkpoint()

        finished = list[bool]()
        task = runner.start(work)
        gate.await_arrival()
        task.cancel()
        assert task.snapshot().shield == "renaming"
    with pytest.raises(concurrent.futures.CancelledError):
        task.result(PATIENCE)
    assert finished == [True]


def test_the_current_task_is_found_from_anywhere_in_the_worker(runner: TaskRunner) -> None:
    """And from a thread that was given a copy of the context; submit() has it, too."""

    def deep() -> tuple[TaskContext, object]:
        context = contextvars.copy_context()
        return current_task(), in_threads(lambda: context.run(current_task))[0]

    task = runner.submit(deep)
    mine, copied = task.result(PATIENCE)

    assert mine is copied
    assert mine.task is task


def test_outside_a_task_everything_works_and_means_nothing(runner: TaskRunner) -> None:
    """Library code may always call it."""
    nobody = current_task()
    task = runner.submit(int)

    nobody.checkpoint()
    nobody.progress(1, 2, "files", "message")
    nobody.advance()
    nobody.log("line")
    nobody.sleep(0)
    nobody.join(task)
    assert list(nobody.track([1, 2])) == [1, 2]
    assert not nobody.stop_requested
    with pytest.raises(RuntimeError, match="no task"):
        nobody.subtask(obedient)
    with pytest.raises(RuntimeError, match="no task"):
        _ = nobody.task
    assert current_task() is nobody


def test_context_variables_travel_along(runner: TaskRunner) -> None:
    """The function sees those of whoever started it, and changes none of them."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("outside")

    def work(_: TaskContext) -> str:
        before = variable.get()
        variable.set("inside")
        return before

    assert runner.start(work).result(PATIENCE) == "outside"
    assert variable.get() == "outside"


# -- Future ------------------------------------------------------------------------------------------------------------


def test_concurrent_futures_takes_tasks_as_futures(runner: TaskRunner) -> None:
    """wait() and as_completed() see successes, failures and cancellations."""
    with Gate() as gate:
        good, stuck = runner.submit(int), runner.start(stubborn, gate)
        bad, gone = runner.submit(int, "x"), runner.start(obedient, paused=True)
        gone.cancel()
        done, not_done = concurrent.futures.wait([good, bad, gone, stuck], 0.2)
        assert (done, not_done) == ({good, bad, gone}, {stuck})
        gate.open()
        assert set(concurrent.futures.as_completed([good, bad, gone, stuck], PATIENCE)) == {good, bad, gone, stuck}


def test_result_waits_for_the_end_and_for_nothing_else(runner: TaskRunner) -> None:
    """Pauses, progress and notifications before the end do not wake it."""
    started = threading.Event()
    task = runner.start(obedient, started)
    assert started.wait(PATIENCE)

    def disturb() -> None:
        for _ in range(200):
            task.pause()
            task.resume()
            with task._condition:
                task._condition.notify_all()
        task.cancel()

    outcome, _ = in_threads(lambda: task.result(PATIENCE), disturb)
    assert isinstance(outcome, concurrent.futures.CancelledError)


def test_a_raising_done_callback_harms_no_one(runner: TaskRunner, expected_log: Any) -> None:
    """Not even with SystemExit or a made-up cancellation: the others are called, the worker lives on."""
    expected_log("Done callback")
    called = list[str]()
    with Gate() as gate:
        task = runner.start(stubborn, gate)
        for error in (ValueError, SystemExit, GeneratorExit):

            def bad(_: object, error: type[BaseException] = error) -> None:
                called.append(error.__name__)
                raise error

            task.add_done_callback(bad)
    assert runner.wait_idle(PATIENCE)
    wait_until(lambda: len(called) == 3)
    assert called == ["ValueError", "SystemExit", "GeneratorExit"]
    assert runner.submit(int).result(PATIENCE) == 0


def test_a_task_is_freed_without_the_garbage_collector(runner: TaskRunner) -> None:
    """Result, arguments and error go with the last handle, also after result() has raised."""

    class Thing:
        def work(self) -> Thing:
            return self

        def fail(self) -> None:
            raise ValueError(self)

    gc.collect()
    gc.disable()
    try:
        for method in ("work", "fail"):
            thing = Thing()
            reference = weakref.ref(thing)
            task = runner.submit(getattr(thing, method))
            del thing
            with contextlib.suppress(ValueError):
                task.result(PATIENCE)
            assert runner.wait_idle(PATIENCE)
            gone = weakref.ref(task)
            del task
            wait_until(lambda: reference() is None and gone() is None, f"the release after {method}")  # noqa: B023
    finally:
        gc.enable()


def test_a_checkpoint_is_slow_only_while_somebody_wants_something(runner: TaskRunner) -> None:
    """Attention is lowered once it was paid; a stop keeps it up for good."""

    def work(ctx: TaskContext) -> list[bool]:
        ctx._raise_attention()
        ctx.checkpoint()
        seen = [ctx._attention]
        with ctx.stop.shield():
            ctx.task.cancel()
            ctx.checkpoint()
            ctx.checkpoint()
            seen.append(ctx._attention)
        ctx.stopped_early = True
        return seen

    task = runner.start(work)
    concurrent.futures.wait([task], PATIENCE)
    assert task.partial_result == [False, True]


@pytest.mark.parametrize("timeout", [float("inf"), 1e30])
def test_a_result_may_be_awaited_for_ever(runner: TaskRunner, timeout: float) -> None:
    """Infinite and huge limits are no limit."""
    assert runner.submit(int, "7").result(timeout) == 7


def test_a_length_beyond_any_size_is_unknown(runner: TaskRunner) -> None:
    """`len` of a huge range raises OverflowError; the loop runs all the same."""

    def work(ctx: TaskContext) -> int:
        return next(ctx.track(range(10**30)))

    task = runner.start(work)

    assert task.result(PATIENCE) == 0
    assert task.snapshot().progress.total is None


def test_advancing_never_fails_the_worker(runner: TaskRunner) -> None:
    """Nonsense that was reported, or is added, costs the count at most."""

    def work(ctx: TaskContext) -> None:
        ctx.progress("x")
        ctx.advance(2)
        ctx.advance(float("nan"))
        ctx.advance(3)

    task = runner.start(work)
    task.result(PATIENCE)

    assert task.snapshot().progress.done == 5


def test_a_sleep_takes_no_none(runner: TaskRunner) -> None:
    """Which is for ever to whatever waits."""
    assert isinstance(runner.start(lambda ctx: ctx.sleep(None)).exception(PATIENCE), TypeError)
    with pytest.raises(TypeError):
        current_task().sleep(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        current_task().stop.sleep(None)  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_the_child_of_a_fork_can_make_tasks_whatever_another_thread_was_doing() -> None:
    code = """
import os, signal
from taskmon.core.task import snapshot
snapshot._lock.acquire()  # as another thread has it, which is not in the child
child = os.fork()
if child == 0:
    signal.alarm(20)
    snapshot.new_task_id()
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True)
    assert done.stdout == "7\n"
