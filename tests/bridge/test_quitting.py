"""Leaving: every stage ends, whatever the tasks do."""

from __future__ import annotations

import math

from pytestqt.qtbot import QtBot

from taskmon import TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import GRACE, Departure, Stage
from tests.qt_helpers import LONG, Worker, controller, runner, until

__all__ = ["controller", "runner"]  # fixtures


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_with_no_tasks_it_leaves_at_once(qtbot: QtBot, controller: TaskController) -> None:
    """Nothing to wait for: gone."""
    departure = Departure(controller)

    with qtbot.waitSignal(departure.finished, timeout=LONG):
        departure.wait()

    assert departure.stage is Stage.GONE


def test_waiting_ends_when_the_tasks_have(qtbot: QtBot, controller: TaskController) -> None:
    """ "Wait, then quit" lets the work finish."""
    worker = Worker()
    task = controller.start(worker.finish)
    departure = Departure(controller, clock=Clock())

    departure.wait()
    assert departure.stage is Stage.WAITING
    assert departure.seconds_left == math.inf
    with qtbot.waitSignal(departure.finished, timeout=LONG):
        worker.go.set()

    assert task is not None
    assert task.state is TaskState.SUCCEEDED


def test_waiting_has_no_limit_and_grace_has_one(qtbot: QtBot, controller: TaskController) -> None:
    """A task is waited for as long as it takes; once it was asked to stop, it is left behind when the grace ends."""
    worker, clock = Worker(), Clock()
    task = controller.start(worker.ignore)
    assert task is not None
    until(qtbot, worker.started.is_set)
    departure = Departure(controller, clock=clock)
    departure.wait()

    clock.now += 1e9
    departure.check()
    assert departure.stage is Stage.WAITING
    assert task.state is TaskState.RUNNING
    departure.cancel()
    assert departure.stage is Stage.CANCELLING
    assert task.state is TaskState.STOPPING
    clock.now += GRACE
    with qtbot.waitSignal(departure.finished, timeout=LONG):
        departure.check()

    assert task.state is TaskState.STOPPING, "nobody says Cancelled before it has left"
    worker.go.set()


def test_cancelling_ends_when_the_tasks_have_left(qtbot: QtBot, controller: TaskController) -> None:
    """Tasks that obey are waited for, and know why they were stopped."""
    worker = Worker()
    task = controller.start(worker.obey)
    assert task is not None
    until(qtbot, worker.started.is_set)
    departure = Departure(controller)

    with qtbot.waitSignal(departure.finished, timeout=LONG):
        departure.cancel()

    assert task.state is TaskState.CANCELLED
    assert task.snapshot().reason is not None
    assert task.snapshot().reason.by_closing


def test_asking_twice_leaves_now(qtbot: QtBot, controller: TaskController) -> None:
    """A second signal, or "Quit now", does not wait for the grace."""
    worker = Worker()
    controller.start(worker.ignore)
    until(qtbot, worker.started.is_set)
    departure = Departure(controller)
    departure.cancel()

    with qtbot.waitSignal(departure.finished, timeout=LONG):
        departure.cancel()

    worker.go.set()


def test_the_user_may_stay(qtbot: QtBot, controller: TaskController) -> None:
    """Staying stops the countdown; nothing ticks."""
    worker = Worker()
    controller.start(worker.finish)
    departure = Departure(controller)
    departure.wait()

    departure.stay()

    assert departure.stage is Stage.STAYING
    assert not departure._ticks.isActive()
    worker.go.set()


def test_what_is_started_while_the_others_are_cancelled_is_cancelled_too(
    qtbot: QtBot, controller: TaskController
) -> None:
    """The window can be used meanwhile: nothing that is started then may be left to run without it."""
    first, second = Worker(), Worker()
    controller.start(first.ignore)
    until(qtbot, first.started.is_set)
    departure = Departure(controller, clock=Clock())
    departure.cancel()
    late = controller.start(second.obey)
    assert late is not None
    until(qtbot, late.done)

    assert late.state is TaskState.CANCELLED
    with qtbot.waitSignal(departure.finished, timeout=LONG):
        first.go.set()
