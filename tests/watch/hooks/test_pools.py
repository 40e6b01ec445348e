"""Calls submitted to pools, and asyncio's tasks."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest

from taskmon.core.stacks import frames
from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


def work_until(stop: threading.Event) -> None:
    rounds = []
    while not stop.is_set():
        rounds.append(1)
        stop.wait(0.01)


def test_a_waiting_call_is_taken_out_and_a_running_one_is_stopped(watch: Watch) -> None:
    stop = threading.Event()

    def wait_for_turn() -> None:
        raise AssertionError("it was cancelled before its turn")

    with ThreadPoolExecutor(1) as pool:
        running, waiting = pool.submit(work_until, stop), pool.submit(wait_for_turn)
        run, wait = watch.row("work_until", S.RUNNING), watch.row("wait_for_turn", S.QUEUED)
        picture = run.snapshot()
        assert picture.stop_means is not None
        assert picture.stop_means.means == "sets stop"
        assert wait.cancel()
        watch.look()
        assert waiting.cancelled()
        assert wait.state is S.CANCELLED
        assert run.cancel()
        watch.look()
        assert running.result() is None
        watch.row("work_until", S.CANCELLED)
    watch.look(2)
    assert not watch.names()


def test_the_pool_is_a_number_and_cancels_what_waits(watch: Watch) -> None:
    gate = Gate()
    with ThreadPoolExecutor(2, "letters") as pool:
        futures = [pool.submit(gate.pass_through) for _ in range(150)]
        gate.await_arrival(2)
        row = watch.row("letters")
        assert row.snapshot().progress[:3] == (0, 150, "calls")
        watch.look()
        assert len([name for name in watch.names() if "pass_through" in name]) == 102, "those that run, and the next"
        assert row.cancel()
        watch.look()
        gate.open()
    assert sum(future.cancelled() for future in futures) == 148
    watch.row("letters", S.CANCELLED)


def test_a_brief_call_is_no_row_unless_it_fails(watch: Watch) -> None:
    gate = Gate()

    def fail() -> None:
        gate.pass_through()
        raise ValueError("three")

    with ThreadPoolExecutor(1, "brief") as pool:
        assert pool.submit(lambda: 1).result() == 1
        watch.look(2)
        assert not watch.names()
        failing = pool.submit(fail)
        row = watch.row("fail", S.RUNNING)
        gate.open()
        assert isinstance(failing.exception(), ValueError)
    watch.row("fail", S.FAILED)
    picture = row.snapshot()
    assert picture.error == "ValueError: three"
    assert 'raise ValueError("three")' in picture.details


def test_a_call_that_waited_is_told_to_have_taken_as_long_as_it_did(watch: Watch) -> None:
    """It runs and ends between two looks."""
    first, second = Gate(), Gate()
    moments: list[float] = []

    def last() -> None:
        moments.append(time.monotonic())
        second.pass_through()
        moments.append(time.monotonic())

    with ThreadPoolExecutor(1) as pool:
        pool.submit(first.pass_through)
        future = pool.submit(last)
        waiting = watch.row("last", S.QUEUED)
        first.open()
        second.await_arrival()
        second.open()
        future.result()
        watch.row("last", S.SUCCEEDED)
    picture = waiting.snapshot()
    assert picture.started_at is not None
    assert picture.ended_at is not None
    assert picture.started_at <= moments[0] <= moments[1] <= picture.ended_at
    watch.look()
    hook = watch.hooks.pools
    assert not hook.begun
    assert not hook.ended


def test_a_pool_tells_how_many_failed_and_those_have_rows_however_brief(watch: Watch) -> None:
    watch.look()
    with ThreadPoolExecutor(1, "thumbs") as pool:
        futures = [pool.submit(int, text) for text in ("1", "x", "2", "3")]
        assert isinstance(futures[1].exception(), ValueError)
        assert futures[3].result() == 3
        row = watch.row("thumbs")
        failed = watch.row("int", S.FAILED)
        assert "invalid literal" in failed.snapshot().error
    watch.look(2)
    assert row.state is S.SUCCEEDED
    assert row.snapshot().consequence == "1 of its calls failed; 3 of its calls have no rows of their own"


@pytest.mark.parametrize("way", ["by themselves", "by a shutdown", "unseen"])
def test_calls_that_the_program_cancels_are_not_among_those_that_are_done(watch: Watch, way: str) -> None:
    gate, begun = Gate(), ThreadPoolExecutor(1, "fetch")
    with begun as pool:
        done = pool.submit(int, "1")
        done.result()
        running = pool.submit(gate.pass_through)
        gate.await_arrival()
        if way != "unseen":
            row = watch.row("fetch")
        waiting = [pool.submit(int, "2") for _ in range(5)]
        if way != "unseen":
            watch.look()
            assert row.snapshot().progress[:3] == (1, 7, "calls")
        if way == "by themselves":
            assert all(future.cancel() for future in waiting[:3])
        else:
            pool.shutdown(wait=False, cancel_futures=True)
        left = 2 if way == "by themselves" else 0
        if way == "unseen":
            row = watch.row("fetch")
        watch.look()
        assert row.snapshot().progress == (1, 2 + left, "calls", f"{5 - left} of its calls taken out of the queue")
        gate.open()
        running.result()
    picture = watch.row("fetch", S.SUCCEEDED).snapshot()
    assert picture.progress[:2] == (2 + left, 2 + left)
    assert picture.consequence.startswith(f"{5 - left} of its calls taken out of the queue; ")


def test_a_pool_that_goes_on_tells_how_many_of_its_calls_have_failed(watch: Watch) -> None:
    gate = Gate()
    watch.look()
    with ThreadPoolExecutor(2, "fetch") as pool:
        pool.submit(gate.pass_through)
        assert isinstance(pool.submit(int, "x").exception(), ValueError)
        row = watch.row("fetch")
        told = (1, 2, "calls", "1 of its calls failed")
        wait_until(lambda: (watch.look(), row.snapshot().progress == told)[1], "the failure")
        gate.open()


def test_a_failure_that_is_known_before_the_call_has_ended_is_not_forgotten(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look comes between."""
    gate = Gate()

    def fail() -> None:
        gate.pass_through()
        raise ValueError("three")

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(fail)
        row = watch.row("fail", S.RUNNING)
        hook = watch.hooks.pools
        note = hook._note_failure

        def note_and_look(*args: Any) -> None:
            note(*args)
            watch.look()

        monkeypatch.setattr(hook, "_note_failure", note_and_look)
        gate.open()
        assert isinstance(future.exception(), ValueError)
        del future
        wait_until(lambda: (watch.look(), row.state.is_final)[1])
    assert row.state is S.FAILED
    assert row.snapshot().error == "ValueError: three"


def test_ten_thousand_calls_leave_nothing_behind(watch: Watch) -> None:
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert sum(pool.map(int, range(2_000))) == sum(range(2_000))
        (record,) = watch.hooks.pools.pools
        assert len(record.calls) < 5_000, "tidied though nobody has looked"
        wait_until(lambda: (watch.look(), not record.calls)[1])  # a worker may hold the last one a moment longer
    assert record.submitted == 10_000


def test_calls_of_a_thread_pool_of_multiprocessing(watch: Watch) -> None:
    stop = threading.Event()
    with ThreadPool(1) as pool:
        result = pool.apply_async(work_until, (stop,))
        row = watch.row("work_until")
        assert row.cancel()
        watch.look()
        result.get()
        watch.row("work_until", S.CANCELLED)


def test_coroutines_are_cancelled_in_their_loop(watch: Watch) -> None:
    outcome: list[str] = []
    there = threading.Event()

    async def part() -> None:
        there.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            outcome.append(threading.current_thread().name)
            raise

    async def main() -> None:
        await asyncio.gather(part(), return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="the loop")
    thread.start()
    there.wait()
    row = watch.row("part")
    assert row.kind == "coroutine"
    assert row.cancel()
    watch.look()
    thread.join()
    wait_until(lambda: (watch.look(), row.state is S.CANCELLED)[1])
    assert outcome == ["the loop"]


def test_a_call_that_runs_in_no_thread_of_the_system_is_not_said_to_wait(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a green thread it has no frame that could be found; but the call itself knows."""
    gates = [Gate() for _ in range(2)]
    with ThreadPoolExecutor(1, "green") as pool:
        for gate in gates:
            pool.submit(gate.pass_through)
        gates[0].await_arrival()
        try:
            with monkeypatch.context() as patched:
                patched.setattr(frames, "take_frames", dict)
                watch.look(3)
                states = [row.state for row in watch.board.tasks() if row.kind == "future"]
                assert states == [S.RUNNING, S.QUEUED]
        finally:
            for gate in gates:
                gate.open()


class Hostile:
    """A callable that raises whatever it is asked for."""

    def __init__(self, gate: Gate) -> None:
        self.__dict__["gate"] = gate

    def __call__(self) -> None:
        object.__getattribute__(self, "__dict__")["gate"].pass_through()

    def __getattr__(self, name: str) -> Any:
        raise SystemExit(name)

    def __eq__(self, other: object) -> bool:
        raise SystemExit("equality")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise SystemExit("repr")


def test_what_the_program_has_made_of_the_methods_of_a_future_is_not_called(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(gate.pass_through)
        with monkeypatch.context() as patched:
            for name in ("done", "cancelled", "running", "exception"):
                patched.setattr(Future, name, lambda *_: pytest.fail("it was asked"))
            watch.row("pass_through", S.RUNNING)
            gate.open()
            watch.row("pass_through", S.SUCCEEDED)
    assert watch.looking.program.troubles == ""


def test_a_hostile_callable_hides_no_other(watch: Watch) -> None:
    gates = [Gate() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        pool.submit(gates[0].pass_through)
        pool.submit(Hostile(gates[1]))
        pool.submit(gates[2].pass_through)
        for gate in gates:
            gate.await_arrival()
        try:
            watch.look(3)
            names = [row.name for row in watch.board.tasks() if row.kind == "future"]
            assert sorted(names) == ["Gate.pass_through", "Gate.pass_through", "Hostile"]
            assert watch.looking.program.troubles == ""
        finally:
            for gate in gates:
                gate.open()


class Nameless(asyncio.Task):  # type: ignore[type-arg]
    """A task whose own methods raise."""

    def get_name(self) -> str:
        raise RuntimeError("no name")

    def done(self) -> bool:
        raise SystemExit("no answer")

    def get_coro(self) -> Any:
        raise RuntimeError("no coroutine")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def test_a_task_whose_methods_raise_hides_no_other(watch: Watch) -> None:
    async def work(stop: asyncio.Event) -> None:
        await stop.wait()

    async def main() -> list[str]:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        before = asyncio.create_task(work(stop), name="before")
        odd = Nameless(work(stop), loop=loop)
        after = asyncio.create_task(work(stop), name="after")
        await asyncio.sleep(0)
        watch.look(3)
        names = watch.names()
        stop.set()
        await asyncio.wait_for(before, 10)
        await asyncio.wait_for(after, 10)
        while not asyncio.Task.done(odd):
            await asyncio.sleep(0)
        return names

    names = asyncio.run(main())
    if sys.version_info >= (3, 14):  # asyncio itself cannot list them, and there is no other way
        said = "What an event loop runs cannot be listed, because of one of its tasks: SystemExit: no answer"
        assert watch.looking.program.troubles == said
        return
    assert "before" in names
    assert "after" in names
    assert len([name for name in names if name.endswith("work")]) == 1
    assert watch.looking.program.troubles == ""


def test_a_pool_that_its_initializer_broke_says_so(watch: Watch, expected_log: Any) -> None:
    expected_log("Exception in initializer")
    gate = threading.Event()

    def prepare() -> None:
        gate.wait()
        raise RuntimeError("no licence")

    with ThreadPoolExecutor(1, initializer=prepare) as pool:
        futures = [pool.submit(int) for _ in range(2)]
        preparing = watch.row("prepare", S.RUNNING)
        row = watch.row("ThreadPoolExecutor", S.RUNNING)
        gate.set()
        assert isinstance(futures[0].exception(PATIENCE), BrokenThreadPool)
        watch.row("prepare", S.FAILED)
        wait_until(lambda: (watch.look(), row.state.is_final)[1])
    assert preparing.snapshot().error == "RuntimeError: no licence"
    assert row.snapshot().progress.message == "2 of its calls failed"
    assert row.snapshot().progress[:2] == (2, 2)


def test_a_call_of_a_thread_pool_of_multiprocessing_that_raised_has_failed(watch: Watch) -> None:
    gates = [threading.Event() for _ in range(2)]

    def divide(number: int) -> float:
        gates[number].wait()
        return 1 / number

    told = threading.Event()
    with ThreadPool(2) as pool:
        # Who hands out the results is kept in the program's code.
        results = [pool.apply_async(divide, (number,), error_callback=lambda _: told.wait()) for number in range(2)]
        failing, dividing = watch.row("divide(0)"), watch.row("divide(1)")
        gates[0].set()
        wait_until(lambda: (watch.look(), failing.state is S.FAILED)[1])
        assert failing.snapshot().error == "ZeroDivisionError: division by zero"
        gates[1].set()
        wait_until(lambda: (watch.look(), dividing.state is S.CUT_OFF)[1])
        assert dividing.snapshot().error == "How it ended was not seen."
        told.set()
        assert results[1].get(PATIENCE) == 1
        assert isinstance(results[0]._value, ZeroDivisionError)  # type: ignore[attr-defined]
        again = pool.apply_async(divide, (1,))
        watch.look(2)
        assert again.get(PATIENCE) == 1
    watch.look(3)
    assert not watch.hooks.process_pools or not watch.hooks.process_pools.awaited
