"""Rows of threads, whatever these were told to run in."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from taskmon.core.task.state import TaskState
from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.stage import Watch, watch

__all__ = ["watch"]

_over: contextvars.ContextVar[threading.Event] = contextvars.ContextVar("over")


def _work(*_: int) -> None:
    while not _over.get().is_set():
        _over.get().wait(1)


class _Every(threading.Timer):
    def run(self) -> None:
        while not self.finished.wait(self.interval):
            self.function(*self.args, **self.kwargs)


def test_a_timer_that_goes_round_is_at_work(watch: Watch) -> None:
    timer = _Every(3600, print)
    timer.name = "every hour"
    timer.start()
    try:
        row = watch.row("every hour", TaskState.RUNNING)

        assert row.kind == "thread"
        assert TaskState.QUEUED not in watch.states(row)
    finally:
        timer.cancel()
        timer.join(PATIENCE)
    watch.row("every hour", TaskState.SUCCEEDED)


@pytest.mark.parametrize("given", [(), (1,)])
def test_a_pools_call_is_ended_by_what_its_context_holds(watch: Watch, given: tuple[int, ...]) -> None:
    over, context = threading.Event(), contextvars.copy_context()
    context.run(_over.set, over)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(context.run, _work, *given)  # as `asyncio.to_thread` does
        try:
            row = watch.row("_work")
            wait_until(lambda: (watch.look(), row.snapshot().stop_means)[1] is not None, "what would end it")

            assert row.snapshot().stop_means.means == "sets _over.get()"  # type: ignore[union-attr]
        finally:
            over.set()


def test_a_thread_is_ended_by_what_its_context_holds(watch: Watch) -> None:
    over, context = threading.Event(), contextvars.copy_context()
    context.run(_over.set, over)
    thread = threading.Thread(target=context.run, args=(_work,), name="in a context")
    thread.start()
    try:
        row = watch.row("in a context")
        wait_until(lambda: (watch.look(), row.snapshot().stop_means)[1] is not None, "what would end it")

        assert row.snapshot().stop_means.means == "sets _over.get()"  # type: ignore[union-attr]
    finally:
        over.set()
        thread.join(PATIENCE)
