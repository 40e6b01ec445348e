"""Naming the worker that keeps the interpreter to itself, and nobody else."""

from __future__ import annotations

import threading

import pytest

from taskmon.bridge.pressure import PressureGauge
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.stacks.kernel import cpu_seconds
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

ME = threading.get_ident()


class Machine:
    """A clock and a processor that go as they are told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.used = 0.0
        self.gauge = PressureGauge(lambda: self.now, lambda _: self.used)

    def second(self, share: float) -> None:
        self.now += 1
        self.used += share


def row(unanswered: float, state: TaskState = TaskState.RUNNING) -> TaskRow:
    reading = CheckpointReading(None, None, unanswered)
    picture = TaskSnapshot(1, "x", state, 1, 10.0, 0.0, started_at=0.0, checkpoint=reading, thread_id=ME)
    return TaskRow(None, picture, 0)  # type: ignore[arg-type]  # nobody asks the task itself


def test_a_silent_worker_that_computes_while_the_window_is_late_is_named() -> None:
    """All three signs: late, silent, busy. Its row says what it does to the window."""
    machine, suspect = Machine(), row(unanswered=1.5)
    machine.gauge.look([suspect], 0.05)
    machine.second(0.95)

    changed = machine.gauge.look([suspect], 0.05)

    assert changed == [suspect]
    assert "Using all of Python" in text.second_line(suspect)


@pytest.mark.parametrize(
    ("unanswered", "share", "lateness"),
    [(0.1, 0.95, 0.05), (1.5, 0.1, 0.05), (1.5, 0.95, 0.001)],
    ids=["it checks in", "it waits", "the window is in time"],
)
def test_two_signs_are_not_enough(unanswered: float, share: float, lateness: float) -> None:
    """A worker that checks in, or waits, or harms nobody is not named."""
    machine, suspect = Machine(), row(unanswered)
    machine.gauge.look([suspect], lateness)
    machine.second(share)

    assert machine.gauge.look([suspect], lateness) == []


def test_it_is_cleared_when_it_checks_in() -> None:
    """The name goes as soon as the worker reaches a checkpoint, and not because the window had a good second."""
    machine, suspect = Machine(), row(unanswered=1.5)
    for _ in range(2):
        machine.gauge.look([suspect], 0.05)
        machine.second(0.95)
    assert machine.gauge.look([suspect], 0.0) == []
    assert suspect.hogging
    suspect.snapshot = row(unanswered=0.0).snapshot

    assert machine.gauge.look([suspect], 0.05) == [suspect]
    assert not suspect.hogging


def test_the_time_of_a_real_thread_is_known_on_linux() -> None:
    """It grows while the thread computes; of a thread that is not there, nothing is known."""
    before = cpu_seconds(threading.get_native_id())
    if before is None:
        pytest.skip("no /proc here")
    while (now := cpu_seconds(threading.get_native_id())) is not None and now <= before:
        sum(range(10_000))

    assert now is not None
    assert cpu_seconds(2**30) is None
