"""The handle of a task: a `concurrent.futures.Future` that can be asked to stop while it runs.

One lock guards a task: the condition of its Future. Every change of state happens under it, in `_enter`, and posts
its event there. Only `_finish_*`, called by whoever runs the task's function, gives a started task its final state.
"""

from __future__ import annotations

import contextvars
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures._base import CANCELLED_AND_NOTIFIED, FINISHED, RUNNING
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.context import TaskContext, _current
from taskmon.core.errors import InvalidTransitionError, TaskCancelled, describe_error, summarize_error
from taskmon.core.events import EventHub, StateChanged, TaskFinished
from taskmon.core.log import TaskLog
from taskmon.core.progress import Progress, ProgressReader
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.state import FINAL_STATES, TRANSITIONS, TaskState
from taskmon.core.stop import Dispatch, StopKind, StopReason, StopSource, StopToken

if TYPE_CHECKING:
    from taskmon.core.engine import Engine

_S = TaskState
_ids: Final = itertools.count(1)
_STOPPABLE: Final = frozenset({_S.RUNNING, _S.PAUSING, _S.PAUSED})
_NEVER_STARTED: Final = frozenset({_S.QUEUED, _S.HELD})


class Task(Future[Any]):
    """A piece of work in the background. Made by `TaskRunner.start` and `TaskRunner.submit`.

    Everything of `concurrent.futures.Future` works: `result()`, ``add_done_callback``, ``wait``, ``as_completed``.
    What differs is `cancel`, which also asks a *running* task to stop. All methods may be called from any thread.

    Attributes:
        id: unique within the process.
        name: what the user sees. Not trusted: show it as plain text only.
        group: what it belongs to; limits and `TaskRunner.cancel_all` can be for a group. May be empty.
        parent: the task it is a subtask of, or None.
    """

    __slots__ = (
        "_args", "_call_context", "_cancel_hint", "_context", "_created", "_ended_at", "_engine", "_error_details",
        "_error_line", "_fn", "_hub", "_kwargs", "_log", "_paused_at", "_paused_for", "_queued_at", "_revision",
        "_signal", "_source", "_started_at", "_status", "_stop_requested_at", "_stop_seen_at", "_takes_context",
        "_thread_id", "_timeout", "attempt", "group", "id", "name", "parent", "partial_result", "retry_of",
    )  # fmt: skip

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        name: str,
        hub: EventHub,
        engine: Engine | None = None,
        group: str = "",
        parent: Task | None = None,
        timeout: float | None = None,
        takes_context: bool = True,
        held: bool = False,
    ) -> None:
        super().__init__()
        self.id = next(_ids)
        self.name = name
        self.group = group
        self.parent = parent
        self.attempt = 1
        self.retry_of: int | None = None
        self.partial_result: Any = None
        self._fn = fn
        self._args = args
        self._kwargs = kwargs
        self._takes_context = takes_context
        self._call_context = contextvars.copy_context()
        self._hub = hub
        self._engine = engine
        self._timeout = timeout
        self._status = _S.HELD if held else _S.QUEUED
        self._revision = 0
        self._queued_at = time.monotonic()
        self._created = time.time()
        self._started_at: float | None = None
        self._stop_requested_at: float | None = None
        self._stop_seen_at: float | None = None
        self._ended_at: float | None = None
        self._paused_at: float | None = None
        self._paused_for = 0.0
        self._thread_id: int | None = None
        self._cancel_hint = ""
        self._error_line = ""
        self._error_details = ""
        self._log: TaskLog | None = None
        self._signal: threading.Condition | None = None
        self._source = StopSource()
        self._context = TaskContext(self, self._source.token)
        self._source.token._owner = self

    # -- looking ------------------------------------------------------------------------------------

    @property
    def state(self) -> TaskState:
        """Where it is now."""
        return self._status

    @property
    def stop(self) -> StopToken:
        """The token its worker looks at; link further sources to it."""
        return self._source.token

    @property
    def stop_requested(self) -> bool:
        """Whether it was asked to stop. It may still be running: `cancelled()` is True only after the end."""
        return self._source.token.is_set()

    def snapshot(self) -> TaskSnapshot:
        """Return the picture of this moment.

        Looking is also what measures the checkpoints of a running worker, see `taskmon.core.meter`; a picture taken
        every so often keeps the measurement fresh.
        """
        now = time.monotonic()
        context = self._context
        reading = None
        if self._status in _STOPPABLE or self._status is _S.STOPPING:
            meter = context._make_meter()
            if self._status is not _S.PAUSED and meter.ask(now):
                context._raise_attention()
            reading = meter.read(now)
        return self._picture(now, reading)

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Return the number of lines logged so far, and those that are kept from number `since` on."""
        log = self._log
        return (0, []) if log is None else log.since(since)

    # -- asking -------------------------------------------------------------------------------------

    def cancel(
        self,
        reason: str = "",
        *,
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> bool:
        """Ask the task to stop. Return True for the first request on a task that has not ended.

        A waiting task is cancelled at once. A running one goes on to its next checkpoint: `cancelled()` is True only
        when its thread has left. Subtasks are asked as well. Never waits for the worker.

        Args:
            reason: why, in a few words.
            by: who asks.
            kind: what sort of request it is.
            dispatch: gets the function that runs stop and done callbacks, which are foreign code; without it they
                run here.
        """
        finish_later: list[Callable[[], None]] = []
        with self._condition:  # so that the task cannot end between the look and the request
            if self._status in FINAL_STATES:
                return False
            wish = StopReason(kind, by, reason, time.monotonic())
            first = self._source.token._request(wish, finish_later.append)
        for callbacks in finish_later:
            if dispatch is None:
                callbacks()
            else:
                dispatch(callbacks)
        return first

    def pause(self) -> bool:
        """Ask the worker to wait at its next checkpoint, or hold a waiting task. Return whether that was possible."""
        with self._condition:
            if self._status is _S.QUEUED:
                self._enter(_S.HELD)
                return True
            if self._status is not _S.RUNNING:
                return False
            self._enter(_S.PAUSING)
            self._context._pause = True
            self._context._raise_attention()
            self._context._wake()
            return True

    def resume(self) -> bool:
        """Let a paused or held task go on. Return whether it was one."""
        with self._condition:
            if self._status is _S.HELD:
                self._enter(_S.QUEUED)
                requeue = self._engine
            elif self._status in (_S.PAUSING, _S.PAUSED):
                self._context._pause = False
                self._end_pause()
                self._enter(_S.RUNNING)
                self._notify_worker()
                requeue = None
            else:
                return False
        if requeue is not None:
            requeue.enqueue(self)
        return True

    def retry(self) -> Task:
        """Start the same work again, as a new task that is linked to this one.

        Raises:
            RuntimeError: if this task has not ended, or its runner has been shut down.
        """
        if self._status not in FINAL_STATES:
            raise RuntimeError(f"{self.name!r} has not ended yet; only a finished task can be retried")
        if self._engine is None:
            raise RuntimeError(f"{self.name!r} is not run by a TaskRunner and cannot be retried")
        return self._engine.retry(self)

    # -- for whoever runs the function --------------------------------------------------------------

    def _link_to_parent(self) -> None:
        """Stop when the parent does; at once, if it has been asked. After the task was announced."""
        if self.parent is not None:
            self._source._link_to((self.parent.stop,))

    def _begin(self) -> bool:
        """Enter RUNNING in this thread. False if the task is held or cancelled: leave it alone then."""
        with self._condition:
            if self._status is not _S.QUEUED:
                return False
            self._started_at = time.monotonic()
            self._thread_id = threading.get_ident()
            self._state = RUNNING
            self._enter(_S.RUNNING)
        if self._timeout is not None:
            self._source.stop_after(self._timeout)
        return True

    def _run(self) -> None:
        """Run the function to its end and finish the task. `_begin` returned True in this thread."""
        try:
            result = self._call_context.run(self._call)
        except TaskCancelled as error:
            if self._source.token.is_set():
                self._finish_cancelled(None)
            else:  # somebody else's cancellation, or a made-up one: a bug, not an outcome
                self._finish_failed(error)
        except CancelledError as error:
            # It waited for another task that was cancelled. If it was asked to stop as well, that is why.
            if self._source.token.is_set():
                self._finish_cancelled(None)
            else:
                self._finish_failed(error)
        except BaseException as error:
            self._finish_failed(error)
        else:
            if self._context.stopped_early and self._source.token.is_set():
                self._finish_cancelled(result)
            else:
                self._finish_succeeded(result)
            del result  # this frame may live as long as the worker thread

    def _call(self) -> Any:
        _current.set(self._context)
        if self._takes_context:
            return self._fn(self._context, *self._args, **self._kwargs)
        return self._fn(*self._args, **self._kwargs)

    def _finish_succeeded(self, result: Any) -> None:
        with self._condition:
            self._catch_up_with_stop()
            self._result = result
            self._finish(_S.SUCCEEDED, FINISHED)
        self._after_end()

    def _finish_failed(self, error: BaseException) -> None:
        # Formatted here, in the worker's thread: it runs the error's own code.
        self._error_line = summarize_error(error)
        self._error_details = describe_error(error)
        with self._condition:
            if self._status in FINAL_STATES:
                return  # a queued task that was cancelled while its worker failed to start
            self._catch_up_with_stop()
            self._exception = error
            self._finish(_S.FAILED, FINISHED)
        self._after_end()

    def _finish_cancelled(self, partial_result: Any) -> None:
        with self._condition:
            self._catch_up_with_stop()
            self.partial_result = partial_result
            self._finish(_S.CANCELLED, CANCELLED_AND_NOTIFIED)
        self._after_end()

    def _finish(self, state: TaskState, future_state: str) -> None:
        """Give the final state, under the lock. `Future.wait` and ``as_completed`` are told as a Future would."""
        self._ended_at = time.monotonic()
        self._end_pause()
        self._thread_id = None
        self._state = future_state
        self._enter(state)
        for waiter in self._waiters:
            if state is _S.CANCELLED:
                waiter.add_cancelled(self)
            elif state is _S.FAILED:
                waiter.add_exception(self)
            else:
                waiter.add_result(self)
        self._condition.notify_all()

    def _after_end(self) -> None:
        """What follows the end, outside the lock: the links go, the engine counts, the done callbacks run."""
        self._source.close()
        self._source.token._owner = None
        if self._engine is not None:
            self._engine.task_ended(self)
        self._invoke_callbacks()  # type: ignore[attr-defined]

    # -- for the token ------------------------------------------------------------------------------

    def _on_stop_requested(self, reason: StopReason) -> Callable[[], None] | None:
        with self._condition:
            if self._status in _NEVER_STARTED:
                self._stop_requested_at = reason.at
                self._finish(_S.CANCELLED, CANCELLED_AND_NOTIFIED)
                return self._after_end
            self._catch_up_with_stop()
            return None

    def _on_callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        self._add_log_line(f"Stop callback {callback!r} raised {summarize_error(error)}")

    def _catch_up_with_stop(self) -> None:
        """Enter STOPPING if the token is set. Under the lock.

        The token is set a moment before its owner hears of it. A worker that ends within that moment
        gets here first, and a stop must not be missing from the record then.
        """
        reason = self._source.token.reason
        if reason is not None and self._status in _STOPPABLE:
            self._stop_requested_at = reason.at
            self._context._pause = False
            self._end_pause()
            self._enter(_S.STOPPING)
            self._context._raise_attention()
            self._context._wake()

    # -- for the context ----------------------------------------------------------------------------

    def _pause_here(self) -> None:
        """Wait in the worker's thread until the task is resumed or asked to stop."""
        with self._condition:
            while self._context._pause and not self._source.token.is_set():
                if self._status is _S.PAUSING:
                    self._paused_at = time.monotonic()
                    self._enter(_S.PAUSED)
                self._changes().wait()

    def _changes(self) -> threading.Condition:
        """The condition on which this task's own worker waits for news. The lock is that of the Future.

        Not the Future's condition itself: `Future.result` takes any notification for the end of the task.
        """
        signal = self._signal
        if signal is None:
            with self._condition:
                signal = self._signal
                if signal is None:
                    signal = self._signal = threading.Condition(self._condition._lock)  # type: ignore[attr-defined]
        return signal

    def _notify_worker(self) -> None:
        """Wake the worker if it waits. Under the lock."""
        if self._signal is not None:
            self._signal.notify_all()

    def _note_stop_seen(self) -> None:
        if self._stop_seen_at is None:
            self._stop_seen_at = time.monotonic()

    def _add_log_line(self, text: object) -> None:
        log = self._log
        if log is None:
            with self._condition:
                log = self._log
                if log is None:
                    log = self._log = TaskLog()
        log.add(self.id, text, self._hub)

    def _start_subtask(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str | None
    ) -> Task:
        if self._engine is None:
            raise RuntimeError(f"{self.name!r} is not run by a TaskRunner and cannot have subtasks")
        return self._engine.start(fn, args, kwargs, name=name, parent=self, group=self.group)

    @contextmanager
    def _lent(self) -> Iterator[None]:
        """Lend the worker's place to other tasks while it waits for some of them."""
        engine = self._engine
        if engine is None:
            yield
            return
        engine.lend_place(+1)
        try:
            yield
        finally:
            engine.lend_place(-1)

    # -- Future -------------------------------------------------------------------------------------

    def result(self, timeout: float | None = None) -> Any:
        """Return what the function returned, waiting at most `timeout` seconds.

        Called by a worker of the same runner, it lends that worker's place meanwhile: tasks that wait for
        their subtasks cannot fill the runner and block each other.

        Raises:
            concurrent.futures.CancelledError: if the task was cancelled.
            TimeoutError: if it has not ended in time.
            BaseException: whatever the function raised.
        """
        with self._lending():
            return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the function raised, or None. Waits and raises like `result`."""
        with self._lending():
            return super().exception(timeout)

    def _wait_ended(self) -> None:
        with self._lending(), self._condition:
            self._condition.wait_for(lambda: self._status in FINAL_STATES)

    @contextmanager
    def _lending(self) -> Iterator[None]:
        context = _current.get()
        waiting = context._task_ref()
        if waiting is None or self.done() or waiting._thread_id != threading.get_ident():
            yield
        else:
            with waiting._lent():
                yield

    # -- the one place where states change ----------------------------------------------------------

    def _enter(self, state: TaskState) -> None:
        old = self._status
        if state not in TRANSITIONS[old]:
            raise InvalidTransitionError(f"{self.name!r} cannot go from {old.name} to {state.name}")
        self._status = state
        self._revision += 1
        if self._hub.sinks:
            picture = self._picture(time.monotonic(), None)
            self._hub.post(StateChanged(picture, old))
            if state in FINAL_STATES:
                self._hub.post(TaskFinished(picture))

    def _end_pause(self) -> None:
        if self._paused_at is not None:
            self._paused_for += time.monotonic() - self._paused_at
            self._paused_at = None

    def _picture(self, now: float, reading: Any) -> TaskSnapshot:
        context = self._context
        token = self._source.token
        reason = token.reason
        paused_at = self._paused_at
        paused_for = self._paused_for if paused_at is None else self._paused_for + max(0.0, now - paused_at)
        log = self._log
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
            self._read_progress(context),
            reason if self._stop_requested_at is not None else None,
            (token.shield_text or "") if reason is not None else "",
            self._error_line,
            self._error_details,
            context.consequence,
            reading,
            self._thread_id,
            self._cancel_hint,
            log.count if log is not None else 0,
        )

    @staticmethod
    def _read_progress(context: TaskContext) -> Progress:
        reader = context._reader
        if reader is None:
            if context._done is context._total is context._message is context._unit is None:
                return _NO_PROGRESS
            reader = context._reader = ProgressReader()
        return reader.read(context._done, context._total, context._unit, context._message)

    def __repr__(self) -> str:
        return f"<Task {self.id} {self.name!r} {self._status.value}>"


_NO_PROGRESS: Final = Progress()
