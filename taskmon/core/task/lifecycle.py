"""The life of a task: its state, the moments of its changes, its pauses, the request to stop, and who awaits its end.

Written once for the tasks of a runner and for those that stand for what a watched program does by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from taskmon.core.base.errors import InvalidTransitionError, log_error
from taskmon.core.stop.callbacks import run_each
from taskmon.core.stop.reason import StopReason
from taskmon.core.task.events import EventHub, StateChanged, TaskChanged, TaskFinished
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.snapshot import TaskSnapshot, new_task_id
from taskmon.core.task.state import FINAL_STATES, TRANSITIONS, TaskState

_S = TaskState


#: A task in one of these has not begun.
NOT_STARTED: Final = frozenset({_S.QUEUED, _S.HELD})
#: One in these works or pauses, and has not been asked to stop.
STOPPABLE: Final = frozenset({_S.RUNNING, _S.PAUSING, _S.PAUSED})


class Lifecycle:
    """What a task is apart from its work: a part of each kind of task, under one lock.

    It is a base class, and not an object that a task holds, because it posts pictures of the whole: a part that led
    back to its task would keep what the task returned alive until the cyclic garbage collector comes.

    Every change of state happens in `_enter`, with the lock held, and is posted there. That puts the events of one task
    in order.

    Attributes:
        id: unique within the process.
        state: where it is now. Only `_enter` writes it.
        lock: guards it; for tasks of a runner, one that a thread may take twice. Foreign code does not run under it.
        hub: where its events are posted.
        thread_id: `threading.get_ident()` of the thread that works on it, while there is one.
    """

    # What most tasks never need is a default of the class, and costs a task nothing until it is set. What each of them
    # does need is set by __init__ and has none: CPython is quick only with attributes that the class does not have.
    _stop_reason: StopReason | None = None
    _stop_seen_at: float | None = None
    _paused_at: float | None = None
    _paused_for: float = 0.0
    _error: str = ""
    _details: str = ""

    def __init__(self, hub: EventHub, lock: Any, state: TaskState, queued_at: float) -> None:
        self.id = new_task_id()
        self.hub = hub
        self.lock = lock
        self.state = state
        self.thread_id: int | None = None
        self._revision = 0
        self._created = time.time()
        self._queued_at = queued_at
        self._started_at: float | None = None
        self._ended_at: float | None = None
        self._callbacks: list[Callable[[Any], object]] | None = None

    # -- looking: any thread ------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What the user sees. Not trusted: show it as plain text only."""
        raise NotImplementedError

    @property
    def stop_requested(self) -> bool:
        """Whether it was asked to stop. It may still be running."""
        return self._stop_reason is not None

    def snapshot(self) -> TaskSnapshot:
        """Return the picture of this moment.

        Looking is also what measures the checkpoints of a running worker, see `core.task.meter`; a picture taken
        every so often keeps the measurement fresh.
        """
        # Without the lock: a worker may hold it and wait for the interpreter, and the window takes a picture of each
        # running task in every frame. A picture in which a change of state shows half is taken again.
        while True:
            revision = self._revision
            now = time.monotonic()
            picture = self._picture(now, self._measure(now))
            if self._revision == revision:
                return picture

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Call ``fn(self)`` once it has ended, in whichever thread that happens in; at once, if it has.

        What it raises is logged, except Ctrl-C.
        """
        with self.lock:
            if self.state not in FINAL_STATES:
                if self._callbacks is None:
                    self._callbacks = []
                self._callbacks.append(fn)
                return
        self._call(fn)

    # -- what the kinds of tasks know ---------------------------------------------------------------

    def _fields_from_progress(self) -> tuple[Any, ...]:
        """Return the fields of `TaskSnapshot` from ``progress`` on, in their order; those left out have their defaults.

        Called with the lock held, and without it.
        """
        return ()

    def _measure(self, now: float) -> CheckpointReading | None:
        """Ask the worker for its next checkpoint, if it has such; return what is known so far."""
        del now
        return None

    # -- changing: the lock is held -----------------------------------------------------------------

    def _enter(self, state: TaskState, moment: float | None = None) -> None:
        """The one place where states change; `moment` is now, for who has looked at the clock."""
        old = self.state
        if state not in TRANSITIONS[old]:
            raise InvalidTransitionError(f"{self.name!r} cannot go from {old.name} to {state.name}")
        # The number first: a picture taken without the lock may then be numbered too high, and is put right by the
        # event that follows, but never too low, which would hide the change.
        self._revision += 1
        self.state = state
        if self.hub.sinks:
            picture = self._picture(moment or time.monotonic(), None)
            self.hub.post(StateChanged(picture, old))
            if state in FINAL_STATES:
                self.hub.post(TaskFinished(picture))

    def _tell_change(self) -> None:
        """Something else than the state has changed that nobody would look for."""
        self._revision += 1
        if self.hub.sinks:
            self.hub.post(TaskChanged(self._picture(time.monotonic(), None)))

    def _note_request(self, reason: StopReason) -> None:
        """It was asked to stop. If it works, it is being cancelled from now on."""
        self._stop_reason = reason
        if self.state in STOPPABLE:
            self._end_pause()
            self._enter(_S.STOPPING)

    def _note_paused(self) -> None:
        """The worker stands still."""
        if self.state is _S.PAUSING:
            self._paused_at = time.monotonic()
            self._enter(_S.PAUSED)

    def _go_on(self) -> None:
        """Leave PAUSING or PAUSED for RUNNING."""
        self._end_pause()
        self._enter(_S.RUNNING)

    def _end_pause(self) -> None:
        if self._paused_at is not None:
            self._paused_for += time.monotonic() - self._paused_at
            self._paused_at = None

    def _picture(self, now: float, reading: CheckpointReading | None) -> TaskSnapshot:
        paused_at = self._paused_at
        reason = self._stop_reason
        ended_at = self._ended_at
        return TaskSnapshot(
            self.id,
            self.name,
            self.state,
            self._revision,
            now,
            self._queued_at,
            self._started_at,
            reason.at if reason is not None else None,
            self._stop_seen_at,
            ended_at,
            self._paused_for if paused_at is None else self._paused_for + max(0.0, now - paused_at),
            self._created,
            reason,
            self._error,
            self._details,
            reading,
            self.thread_id if ended_at is None else None,
            *self._fields_from_progress(),
        )

    # -- after the end: the lock is not held --------------------------------------------------------

    def _call_back(self) -> None:
        """Call those who await the end, each once, though two threads may have found it."""
        with self.lock:
            callbacks, self._callbacks = self._callbacks, None
        run_each(lambda callback=callback: self._call(callback) for callback in callbacks or ())  # type: ignore[misc]

    def _call(self, callback: Callable[[Any], object]) -> None:
        try:
            callback(self)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # this thread has other work
            log_error("taskmon.task", error, "Done callback %r of %r raised", callback, self)
