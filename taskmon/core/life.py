"""The life of a task: its state, the moments of its changes, and the one place where states change.

One lock guards a task. Every change of state happens under it, in `_enter`, and posts its event there.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.callbacks import log_failure
from taskmon.core.context import NO_CONTEXT, ContextOf
from taskmon.core.errors import InvalidTransitionError, describe_error, summarize_error
from taskmon.core.events import StateChanged, TaskFinished, TaskLogged
from taskmon.core.log import TaskLog, to_lines
from taskmon.core.meter import CheckpointReading
from taskmon.core.record import TaskRecord
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.state import FINAL_STATES, TRANSITIONS, TaskState
from taskmon.core.stop import StopReason
from taskmon.core.text import to_text

if TYPE_CHECKING:
    pass

_S = TaskState
_STOPPABLE: Final = frozenset({_S.RUNNING, _S.PAUSING, _S.PAUSED})
_NOT_STARTED: Final = frozenset({_S.QUEUED, _S.HELD})


class TaskLife(TaskRecord):
    """What `Task` is made of: everything but the methods of its users."""

    @property
    def state(self) -> TaskState:
        """Where it is now."""
        return self._status

    @property
    def stop_requested(self) -> bool:
        """Whether it was asked to stop. It may still be running: `cancelled()` is True only after the end."""
        token = self._token
        return token is not None and token._reason is not None

    # -- the one place where states change; the lock is held ----------------------------------------

    def _enter(self, state: TaskState) -> None:
        old = self._status
        if state not in TRANSITIONS[old]:
            raise InvalidTransitionError(f"{self.name!r} cannot go from {old.name} to {state.name}")
        # The number first: a picture taken without the lock may then be numbered too high, and is put right by the
        # event that follows, but never too low, which would hide the change.
        self._revision += 1
        self._status = state
        if self._hub.sinks:
            picture = self._picture(time.monotonic(), None)
            self._hub.post(StateChanged(picture, old))
            if state in FINAL_STATES:
                self._hub.post(TaskFinished(picture))

    def _picture(self, now: float, reading: CheckpointReading | None) -> TaskSnapshot:
        context = self._made_context or NO_CONTEXT  # nothing has been told yet
        paused_at = self._paused_at
        paused_for = self._paused_for if paused_at is None else self._paused_for + max(0.0, now - paused_at)
        log = self._log
        token = self._token if self._stop_requested_at is not None else None
        reason = token._reason if token is not None else None
        after_item = self._after_item
        return TaskSnapshot(
            self.id,
            self.name,
            self._status,
            self._revision,
            now,
            self._queued_at,
            self._started_at,
            self._stop_requested_at,
            self._stop_seen_at,
            self._ended_at,
            paused_for,
            self._created,
            self.group,
            self.parent.id if self.parent is not None else None,
            self.retry_of,
            self.attempt,
            context.read_progress(),
            reason,
            (token.shield_text or "") if token is not None else "",
            self._error_line,
            self._error_details,
            to_text(context.consequence),
            reading,
            self._thread_id,
            self._cancel_hint,
            log.count if log is not None else 0,
            result_path=to_text(context.result_path) if context.result_path else "",
            item_wise=context.item_wise,
            after_item_since=after_item.at if after_item is not None and reason is None else None,
            detached=self._detached,
        )

    # -- beginning and ending: for `drive` and the engine -------------------------------------------

    def _begin(self) -> bool:
        """Enter RUNNING in this thread. False if the task is held or cancelled: leave it alone then."""
        timeout = self._timeout
        if timeout is not None and timeout <= 0 and self._status is _S.QUEUED:
            self._stop._stop_at(0.0)  # it is cancelled without having run
        with self._lock:
            if self._status is not _S.QUEUED:
                return False
            self._started_at = time.monotonic()
            self._thread_id = threading.get_ident()
            self._way = ContextOf(self)
            self._way.made = self._made_context
            self._enter(_S.RUNNING)
        if timeout is not None:
            self._stop._stop_at(self._started_at + timeout)
        return True

    def _finish_succeeded(self, result: Any) -> None:
        with self._lock:
            if self._token is not None or self._status is not _S.RUNNING:  # otherwise nobody has asked anything of it
                self._settle()
            self._result = result
            self._finish(_S.SUCCEEDED)
        self._after_end()

    def _finish_cancelled(self, partial_result: Any) -> None:
        with self._lock:
            self._settle()
            self.partial_result = partial_result
            self._finish(_S.CANCELLED)
        self._after_end()

    def _finish_failed(self, error: BaseException) -> None:
        # Formatted here, in the worker's thread and outside the lock: it runs the error's own code.
        line, details = summarize_error(error), describe_error(error)
        with self._lock:
            self._settle()
            self._fail(error, line, details)
        self._after_end()

    def _fail_unstarted(self, error: BaseException) -> None:
        """Fail a task that will never have a thread; no-op if it has begun or was cancelled."""
        line, details = summarize_error(error), describe_error(error)
        with self._lock:
            if self._status not in _NOT_STARTED:
                return
            self._fail(error, line, details)
        self._after_end()

    def _fail(self, error: BaseException, line: str, details: str) -> None:
        self._error_line = line
        self._error_details = details
        self._exception = error
        self._finish(_S.FAILED)

    def _settle(self) -> None:
        """Leave the states that a returning worker cannot be in. The lock is held."""
        self._catch_up_with_stop()
        if self._status is _S.PAUSED:  # it is a thread of the worker's own that waits at a checkpoint
            self._go_on()

    def _finish(self, state: TaskState) -> None:
        """Give the final state. The lock is held."""
        self._ended_at = time.monotonic()
        if self._made_context is not None:
            self._end_pause()
            self._notify_worker()  # a thread of the worker's own may wait at a checkpoint, until it has the lock
        self._thread_id = None
        self._enter(state)
        if self._end_awaited is not None:
            self._tell_waiting(cancelled=state is _S.CANCELLED)

    def _after_end(self) -> None:
        """What follows the end, outside the lock: the links go, the engine counts, the done callbacks run."""
        self._call_context = _NO_VARIABLES  # it may refer to anything
        self._way = None
        if self._made_context is not None:
            self._made_context._forget_worker()
        token = self._token
        if token is not None:
            token._let_go()
            token._owner = token._observer = None
        self._engine.task_ended(self)  # type: ignore[arg-type]  # a TaskLife is always a Task
        if self._end_awaited is not None:
            self._invoke_callbacks()

    # -- stopping and pausing -----------------------------------------------------------------------

    def _on_stop_requested(self, reason: StopReason) -> Callable[[], None] | None:
        with self._lock:
            if self._status in _NOT_STARTED:
                self._stop_requested_at = reason.at
                self._finish(_S.CANCELLED)
                return self._after_end
            self._catch_up_with_stop()
            return None

    def _on_callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        if not self._add_log_line(f"Stop callback {callback!r} raised {summarize_error(error)}"):
            log_failure(callback, error)  # the worker was faster and has left

    def _catch_up_with_stop(self) -> None:
        """Enter STOPPING if the token is set. The lock is held.

        The token is set a moment before its owner hears of it. A worker that ends within that moment
        gets here first, and a stop must not be missing from the record then.
        """
        token = self._token
        reason = token._reason if token is not None else None
        if reason is not None and self._status in _STOPPABLE:
            self._stop_requested_at = reason.at
            self._end_pause()
            self._enter(_S.STOPPING)
            self._context._raise_attention()
            self._context._wake()

    def _go_on(self) -> None:
        """Leave PAUSING or PAUSED for RUNNING. The lock is held."""
        self._end_pause()
        self._enter(_S.RUNNING)
        self._context._wake()

    def _end_pause(self) -> None:
        self._context._pause = False
        if self._paused_at is not None:
            self._paused_for += time.monotonic() - self._paused_at
            self._paused_at = None

    def _pause_here(self) -> None:
        """Wait in the worker's thread until the task is resumed or asked to stop."""
        with self._lock:
            while self._context._pause and self._stop._reason is None:
                self._note_paused()
                self._changes().wait()

    def _note_paused(self) -> None:
        """The worker stands still. The lock is held."""
        if self._status is _S.PAUSING:
            self._paused_at = time.monotonic()
            self._enter(_S.PAUSED)

    # -- for the context: news between a task and its own worker ------------------------------------

    def _changes(self) -> threading.Condition:
        """The condition on which this task's own worker waits for news. The lock is held.

        Not the one on which others await the end: `Future.result` takes any notification for that.
        """
        if self._signal is None:
            self._signal = threading.Condition(self._lock)
        return self._signal

    def _notify_worker(self) -> None:
        """Wake the worker if it waits. The lock is held."""
        if self._signal is not None:
            self._signal.notify_all()

    def _note_stop_seen(self) -> None:
        if self._stop_seen_at is None:
            self._stop_seen_at = time.monotonic()

    def _add_log_line(self, text: object) -> bool:
        """Keep and tell the lines of `text`; False if the task has ended, after which nothing is told of it."""
        lines = to_lines(text)  # outside the lock: it runs foreign code
        with self._lock:
            if self._status in FINAL_STATES:
                return False
            if self._log is None:
                self._log = TaskLog()
            self._log.add(lines)
            if self._hub.sinks:
                for line in lines:
                    self._hub.post(TaskLogged(self.id, line))
            return True


_NO_VARIABLES: Final = contextvars.Context()
