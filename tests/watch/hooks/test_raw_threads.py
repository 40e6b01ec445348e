"""Threads of ours are counted as the kernel counts them: before they have begun, and until they are gone there."""

from __future__ import annotations

import _thread
import gc
import sys
from collections.abc import Callable, Iterator

import pytest

from taskmon.watch.hooks import raw_threads
from tests.helpers.gates import PATIENCE, Gate, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of threads by their number")


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    raw_threads.forget()
    yield
    raw_threads.forget()


def test_one_that_has_not_begun_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel has it already, and it waits for the interpreter."""
    made: list[Callable[[], object]] = []
    monkeypatch.setattr(_thread, "start_new_thread", lambda run, _: made.append(run))
    raw_threads.spawn(lambda: None, "", lambda _: None)
    assert raw_threads.count_in_kernel() == 1
    monkeypatch.undo()
    _thread.start_new_thread(made[0], ())
    wait_until(lambda: not raw_threads.count_in_kernel())


def test_one_that_runs_is_counted_and_one_that_has_ended_is_not() -> None:
    gate = Gate()
    raw_threads.spawn(gate.pass_through, "", lambda _: None)
    gate.await_arrival()
    assert raw_threads.count_in_kernel() == len(raw_threads.OWN) == 1
    gate.open()
    wait_until(lambda: not raw_threads.count_in_kernel())


def test_the_end_waits_for_one_that_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would ask for the interpreter while that is torn down."""
    made: list[Callable[[], object]] = []
    monkeypatch.setattr(_thread, "start_new_thread", lambda run, _: made.append(run))
    raw_threads.spawn(lambda: None, "", lambda _: None)
    assert not raw_threads.wait_until_ended(0.0)
    monkeypatch.undo()
    _thread.start_new_thread(made[0], ())
    assert raw_threads.wait_until_ended(PATIENCE)


def test_one_that_is_refused_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(run: object, arguments: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    refused: list[BaseException] = []
    raw_threads.spawn(lambda: None, "", refused.append)
    assert len(refused) == 1
    assert not raw_threads.count_in_kernel()


def test_the_program_s_garbage_is_not_collected_in_one_of_them() -> None:
    """What dies may belong to the thread that made it, as a connection of sqlite3 does."""

    class Circle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            died_in.append(_thread.get_ident())

    def collect() -> None:
        for generation in range(3):
            gc.collect(generation)
        collected.pass_through()

    died_in: list[int] = []
    collected, own = Gate(), raw_threads.OwnThreads()
    own.hide()
    gc.disable()  # but for what is asked for
    try:
        Circle()
        raw_threads.spawn(collect, "", lambda _: None)
        collected.await_arrival()
        assert died_in == []
        gc.collect()
        assert died_in == [_thread.get_ident()], "it is garbage all the same"
    finally:
        gc.enable()
        collected.open()
        own.undo()
    assert own._collecting not in gc.callbacks


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before Python 3.12, nothing is called in the threads of others")
def test_one_is_told_to_nobody_from_its_first_step_to_its_last() -> None:
    """What is called there would end it by raising, and Python would print that."""
    monitoring, mine = sys.monitoring, _thread.get_ident()
    told: list[object] = []
    done: list[str] = []

    def tell(code: object, *_: object) -> None:
        if _thread.get_ident() != mine:
            told.append(code)
            raise ValueError("told")

    events = (monitoring.events.PY_START, monitoring.events.PY_RETURN, monitoring.events.LINE)
    monitoring.use_tool_id(monitoring.DEBUGGER_ID, "a debugger")
    for event in events:
        monitoring.register_callback(monitoring.DEBUGGER_ID, event, tell)
    try:
        monitoring.set_events(monitoring.DEBUGGER_ID, sum(events))
        raw_threads.spawn(lambda: done.append("all of it"), "", lambda _: None)
        wait_until(lambda: done and not raw_threads.OWN)
        wait_until(lambda: not raw_threads.count_in_kernel())
    finally:
        monitoring.set_events(monitoring.DEBUGGER_ID, 0)
        for event in events:
            monitoring.register_callback(monitoring.DEBUGGER_ID, event, None)
        monitoring.free_tool_id(monitoring.DEBUGGER_ID)
    assert told == []
    assert [monitoring.get_tool(number) for number in range(6)] == [None] * 6
