"""Workers of every temper, and a listener that keeps what it hears."""

from __future__ import annotations

import threading

from taskmon.core.task.context import TaskContext
from taskmon.core.task.events import StateChanged, TaskAdded, TaskEvent, TaskFinished
from taskmon.core.task.state import TaskState
from tests.helpers.gates import PATIENCE, Gate


def obedient(ctx: TaskContext, started: threading.Event | None = None) -> None:
    """Wait at a checkpoint until asked to stop."""
    if started is not None:
        started.set()
    ctx.sleep(PATIENCE)
    raise AssertionError("nobody asked for a stop")


def stubborn(ctx: TaskContext, gate: Gate) -> str:
    """Look at nothing until the gate is opened, then return."""
    del ctx
    gate.pass_through()
    return "done"


class RecordingSink:
    """Keeps all events, in the order in which they came."""

    def __init__(self) -> None:
        self.events: list[TaskEvent] = []

    def __call__(self, event: TaskEvent) -> None:
        self.events.append(event)

    def states(self, task_id: int) -> list[TaskState]:
        """The states that a task was seen to enter."""
        return [e.snapshot.state for e in self.events if isinstance(e, StateChanged) and e.snapshot.id == task_id]

    def of(self, task_id: int) -> list[TaskEvent]:
        """All events of one task."""
        return [
            event
            for event in self.events
            if (event.snapshot.id if isinstance(event, (TaskAdded, StateChanged, TaskFinished)) else event.task_id)
            == task_id
        ]
