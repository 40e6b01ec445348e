"""Programs that flood: a window shows the first of a kind, those that last and those that fail, and counts the rest."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.watch.rows.flood import LASTING, MOST_AT_ONCE, MOST_ENDED, WITHIN, Flood
from tests.helpers.gates import PATIENCE, Gate
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_kind_that_comes_and_goes_needs_to_last() -> None:
    clock = Clock()
    flood = Flood(clock)
    for _ in range(MOST_ENDED):
        assert flood.admits("brief", clock.now)
        flood.began("brief")
        flood.ended("brief")
    began = clock.now
    assert not flood.admits("brief", began)
    assert flood.admits("another", began), "each kind for itself"
    clock.now += LASTING
    assert flood.admits("brief", began)
    clock.now += WITHIN
    assert flood.admits("brief", clock.now), "the flood is over"


def test_not_more_than_a_window_can_show_at_once() -> None:
    flood = Flood(Clock())
    for _ in range(MOST_AT_ONCE):
        flood.began("long")
    assert not flood.admits("long", 0.0)
    flood.ended("long")
    assert flood.admits("long", 0.0)


def brief() -> None:
    pass


def start_many(count: int) -> None:
    for _ in range(count):
        thread = threading.Thread(target=brief)
        thread.start()
        thread.join()


def test_thousands_of_brief_threads_are_one_row_that_counts(watch: Watch) -> None:
    start_many(30)
    watch.look()
    start_many(470)
    watch.look()
    row = watch.row("brief: more threads")
    watch.look()
    shown = [each for each in watch.seen() if each.kind == "thread" and each is not row]
    told = int(row.snapshot().progress.message.partition(" ")[0])
    assert len(shown) < 100
    assert told + len(shown) == 500, "none is lost"
    assert not row.cancel()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_of_a_flood_those_that_fail_are_shown(watch: Watch) -> None:
    def start(fails: bool) -> None:
        def work() -> None:
            if fails:
                raise ValueError("this one")

        thread = threading.Thread(target=work, name="one of many")
        thread.start()
        thread.join()

    for _ in range(200):
        start(False)
    watch.look(2)
    start(True)
    assert watch.row("one of many", S.FAILED).snapshot().error == "ValueError: this one"


def test_of_a_flood_of_calls_the_pool_has_the_numbers_and_the_failed_are_rows(watch: Watch) -> None:
    """Calls that last for some looks each, one after the other."""
    gates = [Gate() for _ in range(MOST_ENDED + 5)]
    last = Gate()

    def call(number: int) -> None:
        gates[number].pass_through()

    def fail(number: int) -> None:
        last.pass_through()
        raise ValueError(number)

    with ThreadPoolExecutor(1) as pool:
        calls = []
        for number, gate in enumerate(gates):
            calls.append(pool.submit(call, number))
            gate.await_arrival()
            watch.look(3)
            gate.open()
            calls[-1].result(PATIENCE)
        names = [row.name for row in watch.seen() if ".call(" in row.name]
        assert len(names) == MOST_ENDED, "then it is a number"
        failing = pool.submit(fail, 7)
        last.await_arrival()
        watch.look(3)
        assert not [row for row in watch.seen() if "fail(7)" in row.name]
        last.open()
        assert isinstance(failing.exception(PATIENCE), ValueError)
        assert watch.row("fail(7)", S.FAILED).snapshot().error == "ValueError: 7"
