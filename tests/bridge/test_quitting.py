"""Leaving: every stage ends, whatever the tasks do."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from taskmon import TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import GRACE, PATIENCE, Departure, Stage
from taskmon.core.stop import StopKind
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
    assert departure.seconds_left == PATIENCE
    with qtbot.waitSignal(departure.finished, timeout=LONG):
        worker.go.set()

    assert task is not None
    assert task.state is TaskState.SUCCEEDED


def test_patience_and_grace_run_out(qtbot: QtBot, controller: TaskController) -> None:
    """A task that neither finishes nor stops is cancelled when patience ends, and left behind when grace does."""
    worker, clock = Worker(), Clock()
    task = controller.start(worker.ignore)
    assert task is not None
    until(qtbot, worker.started.is_set)
    departure = Departure(controller, clock=clock)
    departure.wait()

    clock.now += PATIENCE
    departure.check()
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
    assert task.snapshot().reason.kind is StopKind.SHUTDOWN


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
