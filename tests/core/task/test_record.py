"""What a task is made of: its parts come when they are needed, once, and a trivial task stays cheap."""

from __future__ import annotations

import contextvars
import gc
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from taskmon import TaskCancelled, TaskContext, TaskRunner, TaskState, current_task
from taskmon.core.run.turnstile import Turnstile
from tests.helpers.gates import PATIENCE

#: Calls of Python functions that a trivial task may take, in the thread that submits it and in the worker.
SUBMIT_CALLS = 9
WORKER_CALLS = 17


def trivial() -> int:
    return 1


def test_a_trivial_task_makes_no_token_and_no_context() -> None:
    with TaskRunner(1) as runner:
        task = runner.submit(trivial)
        assert task.result(PATIENCE) == 1
        assert task.snapshot().state is TaskState.SUCCEEDED

    assert task._source is None
    assert task.made_context is None


def test_parts_are_made_once_whoever_asks() -> None:
    """The token and the context are the same for the worker, its own threads, and those who hold the handle."""
    seen: list[Any] = []

    def work() -> None:
        context = contextvars.copy_context()
        helper = threading.Thread(target=lambda: seen.append(context.run(current_task)))
        helper.start()
        seen.append(current_task())
        helper.join()

    with TaskRunner(1) as runner:
        task = runner.submit(work)
        stop = task.stop
        task.result(PATIENCE)

    assert seen[0] is seen[1]
    assert seen[0].stop is stop is task.stop


def test_a_thread_that_outlives_its_cancelled_task_is_still_stopped() -> None:
    """Also if it looks for its context for the first time when nobody holds the task any more."""
    begun, look = threading.Event(), threading.Event()
    raised: list[bool] = []

    def helper() -> None:
        look.wait(PATIENCE)
        try:
            current_task().checkpoint()
        except TaskCancelled:
            raised.append(True)

    thread: list[threading.Thread] = []

    def work() -> None:
        context = contextvars.copy_context()
        thread.append(threading.Thread(target=context.run, args=(helper,)))
        thread[0].start()
        begun.set()
        current_task().sleep(PATIENCE)

    with TaskRunner(1) as runner:
        task = runner.submit(work)
        assert begun.wait(PATIENCE)
        task.cancel()
        assert runner.wait_idle(PATIENCE)
    gone = weakref.ref(task)
    del task
    gc.collect()
    assert gone() is None
    look.set()
    thread[0].join()

    assert raised == [True]


def test_a_thread_that_outlives_a_task_which_never_had_a_context_is_outside_of_tasks() -> None:
    look = threading.Event()
    found: list[TaskContext] = []
    thread: list[threading.Thread] = []

    def helper() -> None:
        look.wait(PATIENCE)
        found.append(current_task())

    def work() -> None:
        context = contextvars.copy_context()
        thread.append(threading.Thread(target=context.run, args=(helper,)))
        thread[0].start()

    with TaskRunner(1) as runner:
        runner.submit(work).result(PATIENCE)
    gc.collect()
    look.set()
    thread[0].join()

    found[0].checkpoint()
    with pytest.raises(RuntimeError):
        _ = found[0].task


def test_an_ended_task_keeps_nothing_that_only_a_worker_needs() -> None:
    """The window takes pictures of running tasks, which measures their checkpoints, and keeps ended ones as rows."""
    with TaskRunner(1) as runner:
        runner.set_turnstile(Turnstile())
        begun, go = threading.Event(), threading.Event()

        def work(ctx: TaskContext) -> None:
            ctx.progress(1, 2)
            begun.set()
            go.wait(PATIENCE)

        task = runner.start(work)
        assert begun.wait(PATIENCE)
        assert task.snapshot().checkpoint is not None
        go.set()
        task.result(PATIENCE)
        assert runner.wait_idle(PATIENCE)

    context = task.made_context
    assert context is not None
    assert (context._turn, context._meter, task.way) == (None, None, None)
    assert task.snapshot().progress == (1, 2, "", "")


def test_a_token_asked_for_after_the_end_never_stops() -> None:
    with TaskRunner(1) as runner:
        task = runner.submit(trivial)
        task.result(PATIENCE)

    assert not task.stop.is_set()
    assert not task.cancel()
    assert not task.stop.is_set()


def test_the_name_is_that_of_the_function_or_the_given_one() -> None:
    with TaskRunner(1) as runner:
        assert runner.submit(trivial).name == "trivial"
        assert runner.start(lambda _: None, name="Given").name == "Given"
        assert runner.start(lambda _: None, name="").name == ""


def test_a_trivial_task_takes_few_calls() -> None:
    """A count, not a time: what every task pays needs a reason."""
    tasks = 50
    mine, workers = Calls(), Calls()
    threading.setprofile(workers)
    try:
        with TaskRunner(1) as runner:
            go = threading.Event()
            runner.submit(go.wait, PATIENCE)
            sys.setprofile(mine)
            futures = [runner.submit(trivial) for _ in range(tasks)]
            sys.setprofile(None)
            go.set()
            for future in futures:
                future.result(PATIENCE)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]

    often = [name for name, count in workers.names.items() if count >= tasks]
    assert sum(count for count in mine.names.values() if count >= tasks) / tasks <= SUBMIT_CALLS, mine.names
    assert sum(workers.names[name] for name in often) / tasks <= WORKER_CALLS, workers.names


class Calls:
    """Counts calls of Python functions."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def __call__(self, frame: FrameType, event: str, _: Callable[..., object] | None) -> None:
        if event == "call":
            name = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"
            self.names[name] = self.names.get(name, 0) + 1
