"""A call that somebody else's pool runs is a task like any other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from taskmon.core.run.inline import InlineTasks
from taskmon.core.task.context import TaskContext, current_task
from taskmon.core.task.events import TaskAdded, TaskEvent, TaskFinished
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task


def test_nobody_hears_of_a_prepared_task_before_it_is_performed() -> None:
    tasks, heard = InlineTasks(), list[TaskEvent]()
    tasks.attach(heard.append)

    task = tasks.prepare(lambda ctx: (ctx.task.name, threading.get_ident()), (), {}, name="Here", group="g")
    assert (heard, tasks.tasks()) == ([], [])
    tasks.perform(task)

    assert task.result() == ("Here", threading.get_ident())
    assert isinstance(heard[0], TaskAdded)
    assert heard[0].snapshot.state is TaskState.RUNNING
    assert isinstance(heard[-1], TaskFinished)
    assert heard[-1].snapshot.group == "g"


def test_one_that_was_cancelled_before_does_not_run_and_is_never_heard_of() -> None:
    tasks, heard, ran = InlineTasks(), list[TaskEvent](), list[object]()
    tasks.attach(heard.append)
    task = tasks.prepare(ran.append, (), {}, name="Never")

    assert task.cancel()
    tasks.perform(task)

    assert (task.state, ran, heard) == (TaskState.CANCELLED, [], [])


def test_a_failure_is_the_task_s_and_does_not_reach_the_pool() -> None:
    def fail(_: TaskContext) -> None:
        raise ValueError("no")

    tasks = InlineTasks()
    task = tasks.prepare(fail, (), {}, name="Bad")
    tasks.perform(task)

    assert task.state is TaskState.FAILED
    assert isinstance(task.exception(), ValueError)


def test_a_stop_ends_it_at_a_checkpoint() -> None:
    def stop_oneself(ctx: TaskContext) -> None:
        ctx.task.cancel("enough")
        ctx.checkpoint()

    tasks = InlineTasks()
    task = tasks.prepare(stop_oneself, (), {}, name="Stopped")
    tasks.perform(task)

    assert task.state is TaskState.CANCELLED


def test_a_plain_function_finds_its_context() -> None:
    tasks = InlineTasks()
    task = tasks.prepare(lambda: current_task().task.name, (), {}, name="Plain", takes_context=False)
    tasks.perform(task)

    assert task.result() == "Plain"


@pytest.mark.parametrize("waits_for", ["nothing", "a task that is cancelled"])
def test_a_block_is_cancelled_along_with_the_coroutine_that_it_stands_in(waits_for: str) -> None:
    tasks, seen = InlineTasks(), list[Task]()

    async def work(other: asyncio.Future[None]) -> None:
        with tasks.block("Fetch") as context:
            seen.append(context.task)
            await other

    async def main() -> None:
        other = asyncio.get_running_loop().create_future()
        bearer = asyncio.create_task(work(other))
        await asyncio.sleep(0)
        (bearer if waits_for == "nothing" else other).cancel()
        await asyncio.wait([bearer])
        assert bearer.cancelled()

    asyncio.run(main())
    (task,) = seen
    assert task.state is TaskState.CANCELLED
    assert task.stop.reason is not None
    assert task.stop.reason.text == "its coroutine was cancelled"


def numbers(tasks: InlineTasks, name: str) -> Iterator[int]:
    with tasks.block(name):
        yield 1
        yield 2


def test_a_block_that_was_left_is_nobody_s_current_task_in_whichever_order_and_thread() -> None:
    """Blocks in generators end as those are looped over, so they need not end in the order in which they began."""
    tasks, outside = InlineTasks(), current_task()
    first, second = numbers(tasks, "first"), numbers(tasks, "second")
    next(first)
    next(second)
    list(first)
    assert current_task().task.name == "second"
    list(second)
    assert current_task() is outside

    third = numbers(tasks, "third")
    next(third)
    thread = threading.Thread(target=list, args=(third,))
    thread.start()
    thread.join()
    assert current_task() is outside
    with tasks.block("last") as last:
        assert current_task() is last
    assert current_task() is outside


@pytest.mark.parametrize("stopped", [False, True])
def test_a_generator_that_is_closed_leaves_its_block_as_a_return_does(stopped: bool) -> None:
    tasks, heard = InlineTasks(), list[TaskEvent]()
    tasks.attach(heard.append)
    loop = numbers(tasks, "Numbers")
    next(loop)
    if stopped:
        task = current_task().task
        task.cancel()
        assert task.stop_requested
        assert current_task().stop.is_set()  # which is how the loop knows that it is to leave
    loop.close()  # type: ignore[attr-defined]  # it is a generator

    end = heard[-1]
    assert isinstance(end, TaskFinished)
    assert end.snapshot.state is (TaskState.CANCELLED if stopped else TaskState.SUCCEEDED)
