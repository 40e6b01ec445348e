"""Threads of ours are counted as the kernel counts them: before they have begun, and until they are gone there."""

from __future__ import annotations

import _thread
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
