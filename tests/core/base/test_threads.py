"""A thread for as long as there is work."""

from __future__ import annotations

import threading

import pytest

from taskmon.core.base import threads
from taskmon.core.base.threads import Background
from tests.conftest import ExpectedLog
from tests.helpers.gates import Gate


def test_what_is_posted_runs_in_order_in_another_thread_that_ends_with_it() -> None:
    background, ran = Background("taskmon-test"), list[tuple[int, str]]()
    with Gate() as gate:
        background.post(gate.pass_through)
        gate.await_arrival()
        for number in range(100):
            background.post(lambda number=number: ran.append((number, threading.current_thread().name)))
        assert not background.wait_idle(0), "it is at work"
    assert background.wait_idle(20)

    assert ran == [(number, "taskmon-test") for number in range(100)]


@pytest.mark.parametrize("error", [ValueError("as told"), SystemExit(3)])
def test_it_goes_on_after_foreign_code_has_failed(error: BaseException, expected_log: ExpectedLog) -> None:
    """And says what it was."""
    expected_log("Work in the background failed")
    background, ran = Background("taskmon-test"), list[int]()

    def fail() -> None:
        raise error

    background.post(fail)
    background.post(lambda: ran.append(2))
    assert background.wait_idle(20)

    assert ran == [2]


def test_where_no_thread_can_be_had_the_work_waits_for_the_next_post(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, ran = list[BaseException](), list[int]()
    background = Background("taskmon-test", refused.append)
    with monkeypatch.context() as no_threads:
        no_threads.setattr(threads, "spawn", lambda _target, _name, on_failure: on_failure(RuntimeError("no thread")))
        background.post(lambda: ran.append(1))
    assert background.wait_idle(0), "nobody waits for what cannot come"
    assert [str(error) for error in refused] == ["no thread"]

    background.post(lambda: ran.append(2))
    assert background.wait_idle(20)
    assert ran == [1, 2]


def test_closed_it_takes_nothing_more_and_finishes_what_was_posted() -> None:
    background, ran = Background("taskmon-test"), list[int]()
    with Gate() as gate:
        background.post(gate.pass_through)
        background.post(lambda: ran.append(1))
        gate.await_arrival()
        assert not background.close(0), "it is at work"
        background.post(lambda: ran.append(2))
    assert background.close(20)

    assert ran == [1]


def test_closed_without_a_thread_it_finishes_where_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    background, ran = Background("taskmon-test"), list[str]()
    with monkeypatch.context() as no_threads:
        no_threads.setattr(threads, "spawn", lambda _target, _name, on_failure: on_failure(RuntimeError("no thread")))
        background.post(lambda: ran.append(threading.current_thread().name))
    assert background.close(20)

    assert ran == [threading.current_thread().name]


def test_closed_by_its_own_work_it_does_not_wait() -> None:
    background, closed = Background("taskmon-test"), list[bool]()
    background.post(lambda: closed.append(background.close()))
    assert background.wait_idle(20)

    assert closed == [True]
