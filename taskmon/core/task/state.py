"""The states of a task, what people read for them, and the only table that says which may follow which."""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


class TaskState(Enum):
    """Where a task is in its life."""

    __hash__ = (
        object.__hash__
    )  # members are single objects; Enum's own is written in Python, and asked for six times a task

    QUEUED = "queued"
    """Waiting for a worker. A cancel takes effect at once: it never ran."""
    HELD = "held"
    """Queued and paused: no worker takes it until it is resumed."""
    RUNNING = "running"
    """Its function is being executed."""
    PAUSING = "pausing"
    """Asked to pause; the worker has not reached a checkpoint yet."""
    PAUSED = "paused"
    """The worker waits at a checkpoint."""
    STOPPING = "stopping"
    """Asked to stop; the thread still runs. Nobody may call this cancelled."""
    SUCCEEDED = "succeeded"
    """Its function returned."""
    FAILED = "failed"
    """Its function raised something that was not the requested cancellation."""
    CANCELLED = "cancelled"
    """It was asked to stop, and its thread has left."""
    LOST = "lost"
    """A task of another process that vanished."""
    CUT_OFF = "cut_off"
    """It was still at work, or waiting, when its program ended. Neither a success nor a failure of its own."""

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return self in FINAL_STATES

    @property
    def has_thread(self) -> bool:
        """Whether the task occupies a thread."""
        return self in _THREAD_STATES


_S = TaskState

#: What people read for each, in a window in their language.
STATE_LABELS: Final = {
    _S.QUEUED: "Queued",
    _S.HELD: "On hold",
    _S.RUNNING: "Running",
    _S.PAUSING: "Pausing…",
    _S.PAUSED: "Paused",
    _S.STOPPING: "Cancelling…",
    _S.SUCCEEDED: "Done",
    _S.FAILED: "Failed",
    _S.CANCELLED: "Cancelled",
    _S.LOST: "Lost contact",
    _S.CUT_OFF: "Cut off",
}

#: What people read for an end that is no state of its own but CUT_OFF with an error: see `snapshot.name_of_state`.
END_LABELS: Final = {"ENDED": "Ended", "DETACHED": "Detached"}
#: By what stands in JSON, in exports and in `TaskSnapshot.state_name`.
LABEL_OF: Final = {state.name: label for state, label in STATE_LABELS.items()} | END_LABELS

#: What becomes of any task of another program when that goes: nobody saw the task itself end.
_WITH_PROGRAM: Final = (_S.LOST, _S.CUT_OFF)

TRANSITIONS: Final[dict[TaskState, frozenset[TaskState]]] = {
    # A queued task may fail without running: no thread could be started for it.
    _S.QUEUED: frozenset({_S.HELD, _S.RUNNING, _S.CANCELLED, _S.FAILED, *_WITH_PROGRAM}),
    _S.HELD: frozenset({_S.QUEUED, _S.CANCELLED, _S.FAILED, *_WITH_PROGRAM}),
    _S.RUNNING: frozenset({_S.PAUSING, _S.STOPPING, _S.SUCCEEDED, _S.FAILED, *_WITH_PROGRAM}),
    _S.PAUSING: frozenset({_S.PAUSED, _S.RUNNING, _S.STOPPING, _S.SUCCEEDED, _S.FAILED, *_WITH_PROGRAM}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.STOPPING, *_WITH_PROGRAM}),
    _S.STOPPING: frozenset({_S.CANCELLED, _S.SUCCEEDED, _S.FAILED, *_WITH_PROGRAM}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.LOST: frozenset(),
    _S.CUT_OFF: frozenset(),
}

FINAL_STATES: Final = frozenset(state for state, following in TRANSITIONS.items() if not following)
_THREAD_STATES: Final = frozenset({_S.RUNNING, _S.PAUSING, _S.PAUSED, _S.STOPPING})
