"""The end of a watched program, and what becomes of what was still at work in it."""

from __future__ import annotations

import asyncio
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import PATIENCE, Gate
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


def test_threads_at_work_are_cut_off(watch: Watch) -> None:
    """Nobody asked them and nothing failed, but they have not done their work either."""
    gate = Gate()
    thread = threading.Thread(target=gate.pass_through, name="daemon", daemon=True)
    thread.start()
    try:
        row = watch.row("daemon", S.RUNNING)

        watch.looking.finish()

        assert row.state is S.CUT_OFF
        assert row.snapshot().error == ""
    finally:
        gate.open()
        thread.join()


def test_one_that_was_asked_and_had_not_left_is_no_cancelled_one(watch: Watch) -> None:
    gate = Gate()
    thread = threading.Thread(target=gate.pass_through, name="slow to leave", daemon=True)
    thread.start()
    try:
        row = watch.row("slow to leave", S.RUNNING)
        assert row.note_stop("its flag is shared")

        watch.looking.finish()

        assert watch.states(row) == [S.RUNNING, S.STOPPING, S.CUT_OFF]
    finally:
        gate.open()
        thread.join()


def work_in_turn() -> None:
    raise AssertionError("its turn never came")


def test_calls_at_work_and_in_the_queue_are_cut_off(watch: Watch) -> None:
    gate = Gate()
    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(gate.pass_through)
        pool.submit(work_in_turn)
        running, waiting = watch.row("pass_through", S.RUNNING), watch.row("work_in_turn", S.QUEUED)

        watch.looking.finish()

        assert {running.state, waiting.state} == {S.CUT_OFF}
    finally:
        gate.open()
        pool.shutdown(cancel_futures=True)


def test_coroutines_at_work_are_cut_off(watch: Watch) -> None:
    ready, leave = threading.Event(), threading.Event()

    async def tend() -> None:
        await asyncio.get_running_loop().run_in_executor(None, leave.wait)

    async def main() -> None:
        waiting = asyncio.create_task(tend(), name="tend")
        ready.set()
        await waiting

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        row = watch.row("tend", S.RUNNING)

        watch.looking.finish()

        assert row.state is S.CUT_OFF
    finally:
        leave.set()
        thread.join()


@pytest.mark.parametrize(("done", "state"), [(3, S.SUCCEEDED), (2, S.CUT_OFF)])
def test_a_bar_that_nobody_closed_has_done_its_work_if_it_is_full(watch: Watch, done: int, state: S) -> None:
    tqdm = pytest.importorskip("tqdm")
    tqdm.tqdm.monitor_interval = 0  # no thread of its own that outlives a test
    bar = tqdm.tqdm(total=3, desc="copying", file=io.StringIO())
    try:
        bar.update(done)
        row = watch.row("copying", S.RUNNING)

        watch.looking.finish()

        assert row.state is state
    finally:
        bar.close()
