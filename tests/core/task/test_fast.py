"""`track(fast=True)`: the same items, progress and stop, without a bytecode of ours between two items."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import pytest

from taskmon import TaskCancelled, TaskContext, TaskRunner, TaskState
from taskmon.core.task.progress import Progress
from tests.helpers.gates import Gate, wait_until


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner that has ended when the test has."""
    with TaskRunner(2) as made:
        yield made


SEQUENCES = [[1, 2, 3], (1, 2, 3), range(3, 9, 2), "abc", "äö€", b"abc", [], range(0)]


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_it_yields_the_same_items_and_counts_them(runner: TaskRunner, sequence: Any) -> None:
    """Every item, in order, and complete progress at the end."""
    task = runner.start(lambda ctx: list(ctx.track(sequence, unit="items", fast=True)))

    assert task.result(30) == list(sequence)
    assert task.snapshot().progress == Progress(len(sequence), len(sequence), "items")


@pytest.mark.parametrize("iterable", [{1, 2}, {1: "a", 2: "b"}, iter([1, 2]), (number for number in (1, 2))])
def test_anything_else_is_iterated_as_usual(runner: TaskRunner, iterable: Any) -> None:
    """Sets, dicts, iterators and generators have checkpoints and progress, only slower."""
    task = runner.start(lambda ctx: sum(1 for _ in ctx.track(iterable, fast=True)))

    assert task.result(30) == 2
    assert task.snapshot().progress.done == 2


class Loud(list[int]):
    """A list that iterates as it likes."""

    def __iter__(self) -> Iterator[int]:
        return iter([7, 7])


def test_a_subclass_keeps_its_own_way_of_iterating(runner: TaskRunner) -> None:
    """Only the exact types are iterated in C."""
    assert runner.start(lambda ctx: list(ctx.track(Loud([1]), fast=True))).result(30) == [7, 7]


def test_the_loop_runs_no_bytecode_of_ours(runner: TaskRunner) -> None:
    """What the worker iterates is a chain over the built-in iterator, not a generator."""

    def work(ctx: TaskContext) -> str:
        return type(ctx.track([1, 2], fast=True)).__name__

    assert runner.start(work).result(30) == "chain"


@pytest.mark.parametrize("sequence", [list(range(10**6)), tuple(range(10**6)), range(10**9), "x" * 10**6, b"x" * 10**6])
def test_a_stop_ends_the_loop_and_the_progress_stays(runner: TaskRunner, sequence: Any) -> None:
    """Stopped in the middle: TaskCancelled at the next item, and the progress tells how far it came."""
    gate, seen = Gate(), []

    def work(ctx: TaskContext) -> None:
        for number, _ in enumerate(ctx.track(sequence, fast=True)):
            if number == 1000:
                gate.pass_through()
            seen.append(number)

    task = runner.start(work)
    gate.await_arrival()
    assert task.snapshot().progress.done == 1000
    task.cancel()
    gate.open()
    assert runner.wait_idle(30)

    assert task.state is TaskState.CANCELLED
    assert seen[-1] == 1000, "the item in hand was finished, and no other begun"
    assert task.snapshot().progress.done == 1000


def test_a_stop_in_a_busy_loop(runner: TaskRunner) -> None:
    """Nothing but the loop itself: the stop comes from another thread and gets in."""

    def work(ctx: TaskContext) -> None:
        for _ in ctx.track(range(10**12), fast=True):
            pass

    task = runner.start(work)
    wait_until(lambda: (task.snapshot().progress.done or 0) > 0)
    task.cancel()
    assert runner.wait_idle(30)

    assert task.state is TaskState.CANCELLED
    assert 0 < (task.snapshot().progress.done or 0) < 10**12


def test_a_stop_before_the_loop(runner: TaskRunner) -> None:
    """A stop that came earlier is noticed when the loop is made."""
    gate, reached = Gate(), []

    def work(ctx: TaskContext) -> None:
        gate.pass_through()
        reached.extend(ctx.track([1, 2], fast=True))

    task = runner.start(work)
    gate.await_arrival()
    task.cancel()
    gate.open()
    assert runner.wait_idle(30)

    assert task.state is TaskState.CANCELLED
    assert reached == []


def test_a_shield_does_not_make_a_broken_off_loop_look_complete(runner: TaskRunner) -> None:
    """Items are missing: the loop raises even inside shield()."""
    gate = Gate()
    outcome: list[str] = []

    def work(ctx: TaskContext) -> None:
        with ctx.stop.shield("finishing"):
            try:
                for number in ctx.track(range(10), fast=True):
                    if number == 3:
                        gate.pass_through()
                outcome.append("complete")
            except TaskCancelled:
                outcome.append("broken off")
                raise

    task = runner.start(work)
    gate.await_arrival()
    task.cancel()
    gate.open()
    assert runner.wait_idle(30)

    assert outcome == ["broken off"]


def test_progress_that_is_written_later_counts(runner: TaskRunner) -> None:
    """After a loop that was left early, the worker's own reports are believed again."""

    def work(ctx: TaskContext) -> None:
        for number in ctx.track(range(100), fast=True):
            if number == 10:
                break
        ctx.progress(50)

    task = runner.start(work)
    task.result(30)

    assert task.snapshot().progress.done == 50


def test_the_iterators_still_have_what_this_stands_on() -> None:
    """A canary for the interpreter: length_hint counts down, and __setstate__ ends the iteration."""
    for sequence in ([1, 2, 3], (1, 2, 3), range(3), "abc", b"abc"):
        iterator: Any = iter(sequence)
        assert operator.length_hint(iterator) == 3
        next(iterator)
        assert operator.length_hint(iterator) == 2
        iterator.__setstate__(2**62)
        assert list(iterator) == []
