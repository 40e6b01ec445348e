"""The one timer behind all deadlines."""

from __future__ import annotations

import random
from typing import Any

from taskmon.core.stop.deadline import DeadlineTimer
from tests.helpers.gates import Gate, wait_until


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_calls_come_in_the_order_of_their_moments() -> None:
    """Whatever the order in which they were scheduled, and nothing before its time."""
    clock, ran = Clock(), list[int]()
    timer = DeadlineTimer(clock, threaded=False)
    numbers = list(range(50))
    random.Random(7).shuffle(numbers)
    for number in numbers:
        timer.schedule(100.0 + number, lambda number=number: ran.append(number))  # type: ignore[misc]

    assert timer.run_due() == 1
    clock.now = 119.5
    assert timer.run_due() == 19
    assert ran == list(range(20))
    assert len(timer) == 30


def test_a_cancelled_call_never_comes() -> None:
    """Cancelling is idempotent, and no-op once the call has been made."""
    clock, ran = Clock(), list[int]()
    timer = DeadlineTimer(clock, threaded=False)
    first = timer.schedule(101, lambda: ran.append(1))
    second = timer.schedule(102, lambda: ran.append(2))
    first.cancel()
    first.cancel()
    clock.now = 200
    timer.run_due()
    second.cancel()

    assert ran == [2]
    assert len(timer) == 0


def test_forgotten_calls_do_not_pile_up() -> None:
    """100 000 alarms far ahead, each dropped at once, behind one that stays: the heap stays small."""
    timer = DeadlineTimer(Clock(), threaded=False)
    timer.schedule(101, lambda: None)
    for number in range(100_000):
        alarm = timer.schedule(1_000_000 + number, lambda: None)
        if number % 2:
            alarm.cancel()
        else:
            alarm.abandon()

    assert len(timer) == 1
    assert len(timer._heap) < 200


def test_an_action_may_schedule_and_cancel() -> None:
    """It runs outside the timer's lock."""
    clock, ran = Clock(), list[str]()
    timer = DeadlineTimer(clock, threaded=False)
    doomed = timer.schedule(102, lambda: ran.append("doomed"))

    def action() -> None:
        ran.append("first")
        doomed.cancel()
        timer.schedule(101, lambda: ran.append("second"))

    timer.schedule(100, action)
    clock.now = 103
    timer.run_due()

    assert ran == ["first", "second"]


def test_a_raising_action_does_not_take_the_others_with_it(expected_log: Any) -> None:
    """It is logged, and the next deadline still counts."""
    expected_log("action failed")
    ran = list[int]()
    timer = DeadlineTimer(Clock(), threaded=False)
    timer.schedule(99, lambda: 1 / 0)
    timer.schedule(99, lambda: ran.append(1))

    assert timer.run_due() == 2
    assert ran == [1]


def test_the_thread_exists_only_while_something_is_due() -> None:
    """It comes with the first alarm, goes with the last, and comes again."""
    timer = DeadlineTimer()
    for _ in range(3):
        with Gate() as gate:
            timer.schedule(timer.clock() + 0.001, gate.pass_through)
            gate.await_arrival()
            assert timer._running
        wait_until(lambda: not timer._running, "the end of the thread")
        alarm = timer.schedule(timer.clock() + 1000, lambda: None)
        alarm.cancel()
        wait_until(lambda: not timer._running, "the end of the thread")


def test_an_earlier_alarm_wakes_the_thread() -> None:
    """It does not sleep through it because it waited for a later one."""
    timer = DeadlineTimer()
    late = timer.schedule(timer.clock() + 1000, lambda: None)
    with Gate() as gate:
        timer.schedule(timer.clock() + 0.001, gate.pass_through)
        gate.await_arrival()
    late.cancel()


def test_without_a_thread_the_deadlines_wait_for_the_next_schedule(monkeypatch: Any) -> None:
    """A system that refuses a thread just then does not end the timer for good."""
    timer = DeadlineTimer()
    with Gate() as gate:

        def refuse(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr("_thread.start_new_thread", refuse)
            timer.schedule(timer.clock(), gate.pass_through)
        timer.schedule(timer.clock(), lambda: None)
        gate.await_arrival()
    wait_until(lambda: not timer._running, "the end of the thread")
