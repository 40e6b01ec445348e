"""The handle of a task: a `concurrent.futures.Future` that can be asked to stop while it runs."""

from __future__ import annotations

import contextvars
import functools
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures._base import CANCELLED_AND_NOTIFIED, FINISHED, PENDING, RUNNING
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from taskmon.core.base.errors import InvalidTransitionError, describe_error, summarize_error
from taskmon.core.base.text import to_text
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.stop import Dispatch, StopKind, StopReason, StopToken
from taskmon.core.stop.callbacks import log_failure, run_each, run_where
from taskmon.core.stop.token import wait_limit
from taskmon.core.task.context import NO_CONTEXT, ContextOf, TaskContext, task_here
from taskmon.core.task.events import StateChanged, TaskFinished, TaskLog, TaskLogged, to_lines
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.snapshot import TaskSnapshot, new_task_id
from taskmon.core.task.state import FINAL_STATES, TRANSITIONS, TaskState

if TYPE_CHECKING:
    from taskmon.core.run.engine import Engine


# A Future that costs next to nothing until somebody waits for it, and whose done callbacks harm no one.


class LazyFuture(Future[Any]):
    """`concurrent.futures.Future` with a lock of its own, to be held where "the lock" is said."""

    _callbacks: list[Callable[[Any], object]] | None = None
    _waiter_list: list[Any] | None = None

    def __init__(self) -> None:
        # Not Future.__init__, which makes a condition and two lists that most futures never need.
        self._lock = threading.RLock()
        self._result: Any = None
        self._exception: BaseException | None = None
        self._end_awaited: threading.Condition | None = None  # set before anybody waits, and before any callback is

    if not TYPE_CHECKING:  # for type checkers they are the attributes that Future has
        # `concurrent.futures` uses them with the condition held, that is with the lock.

        @property
        def _condition(self) -> threading.Condition:
            condition = self._end_awaited
            if condition is None:
                with self._lock:
                    condition = self._end_awaited
                    if condition is None:
                        condition = self._end_awaited = threading.Condition(self._lock)
            return condition

        @property
        def _waiters(self) -> list[Any]:
            if self._waiter_list is None:
                self._waiter_list = []
            return self._waiter_list

        @property
        def _done_callbacks(self) -> list[Callable[[Any], object]]:
            if self._callbacks is None:
                self._callbacks = []
            return self._callbacks

    def _tell_waiting(self, *, cancelled: bool) -> None:
        """Wake whoever waits for the end. The lock is held; result and exception are in place."""
        for waiter in self._waiter_list or ():  # those of `concurrent.futures.wait` and ``as_completed``
            if cancelled:
                waiter.add_cancelled(self)
            elif self._exception is not None:
                waiter.add_exception(self)
            else:
                waiter.add_result(self)
        self._condition.notify_all()

    def _invoke_callbacks(self) -> None:
        """Call the done callbacks. The lock is not held."""
        with self._lock:  # two threads may find the end, see `taskmon.core.run.engine`
            callbacks, self._callbacks = self._callbacks, None
        run_each(lambda callback=callback: self._call_back(callback) for callback in callbacks or ())  # type: ignore[misc]

    def _call_back(self, callback: Callable[[Any], object]) -> None:
        """As Future does, but no exception whatever gets past: this thread has other work."""
        try:
            callback(self)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            import logging

            logging.getLogger("taskmon.task").error("Done callback %r of %r raised", callback, self, exc_info=error)


# What a task is made of, most of it only when it is needed: a trivial one should cost little more than its work.

_S = TaskState


class TaskRecord(LazyFuture):
    """The values of a task, and the parts that are made when they are first asked for."""

    # What most tasks never need is a default of the class, and costs a task nothing until it is set. What each of them
    # does need is set by __init__ and has none: CPython is quick only with attributes that the class does not have. No
    # __slots__: a Future has a dict in any case, whose first thirty values are kept within the object.
    group: str = ""
    parent: Task | None = None
    attempt: int = 1
    retry_of: int | None = None
    partial_result: Any = None
    _name: str | None = None
    _timeout: float | None = None
    _detached: bool = False  # guarded by the engine's lock
    _stop_requested_at: float | None = None
    _stop_seen_at: float | None = None
    _paused_at: float | None = None
    _paused_for: float = 0.0
    _cancel_hint: str = ""
    _after_item: StopReason | None = None  # the stop that takes effect at the end of the item
    _error_line: str = ""
    _error_details: str = ""
    _log: TaskLog | None = None
    _signal: threading.Condition | None = None

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        engine: Engine,
        takes_context: bool,
    ) -> None:
        super().__init__()
        self.id = new_task_id()
        self._fn = fn
        self._args = args
        self._kwargs = kwargs
        self._takes_context = takes_context
        self._call_context = contextvars.copy_context()
        self._engine = engine
        self._hub = engine.hub
        self._in_line = False  # before the workers; guarded by the engine's lock, as is the next
        self._has_place = False  # a worker is busy with it
        self._status = _S.QUEUED
        self._revision = 0
        self._created = time.time()
        self._queued_at = time.monotonic()
        self._started_at: float | None = None
        self._ended_at: float | None = None
        self._thread_id: int | None = None
        self._token: StopToken | None = None  # made when first needed, as are the next two: see _stop, _context
        self._made_context: TaskContext | None = None
        self._way: ContextOf | None = None

    @property
    def name(self) -> str:
        """What the user sees. Not trusted: show it as plain text only."""
        name = self._name
        if name is None:  # nobody gave it one, and nobody has looked so far
            name = self._name = _name_of(self._fn)
        return name

    @property
    def _stop(self) -> StopToken:
        token = self._token
        return token if token is not None else self._make_token()

    def _make_token(self) -> StopToken:
        with self._lock:  # two threads may both find none
            token = self._token
            if token is None:
                token = StopToken()
                if self._status not in FINAL_STATES:
                    token._owner = self  # type: ignore[assignment]  # a record is always a task
                self._token = token
            return token

    @property
    def _context(self) -> TaskContext:
        context = self._made_context
        return context if context is not None else self._make_context()

    def _make_context(self) -> TaskContext:
        with self._lock:
            context = self._made_context
            if context is None:
                context = self._made_context = TaskContext(self, self._stop)  # type: ignore[arg-type]
                if self._way is not None:
                    self._way.made = context
            return context

    if not TYPE_CHECKING:  # for type checkers it is the attribute that Future has

        @property
        def _state(self) -> str:
            """The state as `concurrent.futures` knows it."""
            if self._status is _S.CANCELLED:
                return CANCELLED_AND_NOTIFIED
            if self._status in FINAL_STATES:
                return FINISHED
            return RUNNING if self._status.has_thread else PENDING


def _name_of(fn: Callable[..., Any]) -> str:
    while isinstance(fn, functools.partial):
        fn = fn.func
    return str(getattr(fn, "__name__", None) or type(fn).__name__)


# The life of a task: its state, the moments of its changes, and the one place where states change.
#
# One lock guards a task. Every change of state happens under it, in `_enter`, and posts its event there.

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


_LIVE = frozenset(TaskState) - FINAL_STATES
_AT_WORK = frozenset({_S.RUNNING, _S.PAUSING, _S.STOPPING})


class Task(TaskLife):
    """A piece of work in the background. Made by `TaskRunner.start` and `TaskRunner.submit`.

    Everything of `concurrent.futures.Future` works: `result()`, ``add_done_callback``, ``wait``, ``as_completed``.
    What differs is `cancel`, which also asks a *running* task to stop. All methods may be called from any thread.

    Attributes:
        id: unique within the process.
        name: what the user sees. Not trusted: show it as plain text only.
        group: what it belongs to; limits and `TaskRunner.cancel_all` can be for a group. May be empty.
        parent: the task it is a subtask of, or None.
        partial_result: what it returned although it had been asked to stop and said so (`TaskContext.stopped_early`).
    """

    # -- looking ------------------------------------------------------------------------------------

    @property
    def stop(self) -> StopToken:
        """The token its worker looks at; link further sources to it."""
        return self._stop

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
            reading = None
            if self._status.has_thread:
                reading = self._measure(now)
            picture = self._picture(now, reading)
            if self._revision == revision:
                return picture

    def _measure(self, now: float) -> CheckpointReading | None:
        """Ask the worker for its next checkpoint or look at its token; return what is known so far."""
        context, token = self._context, self._stop
        if token._worker_waits:
            return CheckpointReading(0.0, 0.0, 0.0)
        meter = context._make_meter()
        token._observer = meter
        if self._status in _AT_WORK and meter.ask(now):
            context._raise_attention()
        reading = meter.read(now)
        # Who looks at an attribute that the stop sets cannot be seen doing so: nothing is known then.
        return None if token._mirrored and reading.last_seen is None else reading

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Return the number of lines logged so far, and those that are kept from number `since` on."""
        with self._lock:
            return (0, []) if self._log is None else self._log.since(since)

    def stack(self) -> StackSample | None:
        """Return where its thread is, or None if it has none. See `TaskHandle`."""
        from taskmon.core.process.parent import RemoteMeter  # most tasks are never asked
        from taskmon.core.stacks.sampler import sampler

        thread_id, started_at = self._thread_id, self._started_at
        if thread_id is None or started_at is None:
            return None
        meter = self._context._meter
        if isinstance(meter, RemoteMeter):  # its work is done by a process of its own, and so its stack is there
            return meter.ask_stack()
        sample = sampler.ask(thread_id)
        if sample is None or sample.taken_at < started_at:  # of the task that this thread ran before
            return None
        return sample._replace(unmoved_since=max(sample.unmoved_since, started_at))

    @property
    def can_run_as_process(self) -> bool:
        """Whether the work, it seems, could be done by a process of its own, see `can_isolate`. Takes milliseconds."""
        from taskmon.core.process.isolated import can_isolate  # few programs need it

        return not can_isolate(self._fn, self._args, self._kwargs)

    @property
    def call(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        """The function that it runs, and its keyword arguments: what tells which built-in job it is."""
        return self._fn, self._kwargs

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
        return self._ask(StopReason(kind, to_text(by), to_text(reason), time.monotonic()), _LIVE, dispatch)

    def _cancel_if(self, states: Collection[TaskState], reason: str, kind: StopKind) -> bool:
        """Cancel the task only if it is in one of `states`."""
        return self._ask(StopReason(kind, "", reason, time.monotonic()), states, None)

    def _ask(self, reason: StopReason, states: Collection[TaskState], dispatch: Dispatch | None) -> bool:
        try:
            return self._ask_now(reason, states, dispatch)
        except KeyboardInterrupt:
            self._engine.mend()
            raise

    def _ask_now(self, reason: StopReason, states: Collection[TaskState], dispatch: Dispatch | None) -> bool:
        to_run: list[Callable[[], None]] = []
        with self._lock:  # so that the task cannot end between the look and the request
            if self._status not in states:
                return False
            first = self._stop._request(reason, to_run.append)
            if not first:
                # The one before may have been cut short, by Ctrl-C in the thread that made it: see that it is known.
                follow_up = self._on_stop_requested(self._stop._reason or reason)
                if follow_up is not None:
                    to_run.append(follow_up)
        run_where(to_run, dispatch)
        return first

    def cancel_after_item(
        self,
        reason: str = "",
        *,
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> bool:
        """Ask the task to finish its current item and stop then: at the next item of `TaskContext.track`, or at
        `TaskContext.item_done`. Return whether that was new and possible.

        Until then it goes on as before, other checkpoints included; a paused one is resumed for that. A plain `cancel`
        overrides it. A waiting task is cancelled at once. A worker with no item left ends by itself. The arguments are
        those of `cancel`; stop callbacks run in the worker's thread, except for a waiting task.
        """
        why = StopReason(kind, to_text(by), to_text(reason), time.monotonic())
        with self._lock:
            if self._status in _STOPPABLE:
                if self._after_item is not None or self._stop._reason is not None or not self._context.item_wise:
                    return False
                self._after_item = why
                if self._status is not _S.RUNNING:
                    self._go_on()
                self._context._raise_attention()
                self._context._wake()
                return True
        return self._ask(why, _NOT_STARTED, dispatch)

    def _stop_between_items(self) -> None:
        """The worker stands between two items, and was asked to stop there."""
        reason = self._after_item
        if reason is not None:
            self._ask(reason, _LIVE, None)

    def detach(self) -> bool:
        """Give up waiting for a worker that was asked to stop and does not: others may have its place.

        The thread goes on, and what becomes of the task is still told when it returns. Limits do not count it any
        more, and neither `TaskRunner.shutdown` nor the interpreter's exit waits for it. Return whether it was possible:
        the task was being cancelled, and had not been detached before.
        """
        return self._engine.places.detach(self)

    def use_offer(self, number: int) -> bool:  # noqa: ARG002
        """Nothing: a task of our own has one way to stop, and `cancel` takes it. For `TaskHandle`."""
        return False

    def pause(self) -> bool:
        """Ask the worker to wait at its next checkpoint, or hold a waiting task. Return whether that was possible."""
        with self._lock:
            if not self._engine.allows_pauses:
                return False  # the interpreter is about to exit: nobody could resume it
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
        try:
            with self._lock:
                if self._status in (_S.PAUSING, _S.PAUSED):
                    self._go_on()
                    return True
                if self._status is not _S.HELD:
                    return False
                self._enter(_S.QUEUED)
            self._engine.enqueue(self)
        except KeyboardInterrupt:
            self._engine.mend()
            raise
        return True

    def retry(self) -> Task:
        """Start the same work again, as a new task that is linked to this one.

        Raises:
            RuntimeError: if this task has not ended, or its runner has been shut down.
        """
        return self._engine_to_retry().retry(self)

    def retry_as_process(self) -> Task:
        """Start the same work again, in a process of its own. For what keeps the interpreter lock from others.

        If it cannot be done there, see `can_run_as_process`, the new task fails and tells why. Raises like `retry`.
        """
        from taskmon.core.process.isolated import Isolated

        return self._engine_to_retry().retry(self, as_process=not isinstance(self._fn, Isolated))

    def _engine_to_retry(self) -> Engine:
        if self._status not in FINAL_STATES:
            raise RuntimeError(f"{self.name!r} has not ended yet; only a finished task can be retried")
        return self._engine

    # -- Future -------------------------------------------------------------------------------------

    def done(self) -> bool:
        """Whether it has ended."""
        return self._status in FINAL_STATES

    def running(self) -> bool:
        """Whether it occupies a thread."""
        return self._status.has_thread

    def cancelled(self) -> bool:
        """Whether it was cancelled and has ended."""
        return self._status is _S.CANCELLED

    def result(self, timeout: float | None = None) -> Any:
        """Return what the function returned, waiting at most `timeout` seconds.

        Called by a worker of the same runner, it lends that worker's place meanwhile: tasks that wait for
        their subtasks cannot fill the runner and block each other.

        Raises:
            concurrent.futures.CancelledError: if the task was cancelled.
            TimeoutError: if it has not ended in time.
            BaseException: whatever the function raised.
        """
        try:
            error = self.exception(timeout)
            if error is not None:
                raise error
            return self._result
        finally:
            error = None
            del self  # the error's traceback leads to this frame, and the task to the error

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the function raised, or None. Waits and raises like `result`."""
        if not self._wait_ended(timeout):
            raise TimeoutError
        if self._status is _S.CANCELLED:
            raise CancelledError
        return self._exception

    def _wait_ended(self, timeout: float | None = None) -> bool:
        if self._status in FINAL_STATES:
            return True
        limit = wait_limit(timeout)
        with self._lending(), self._lock:
            return self._condition.wait_for(lambda: self._status in FINAL_STATES, limit)

    @contextmanager
    def _lending(self) -> Iterator[None]:
        """Lend the place of the worker that this thread is, if it is one, while it waits for this task."""
        waiting = cast("Task | None", task_here())
        if waiting is None or waiting is self or waiting._thread_id != threading.get_ident():
            yield
        else:
            with waiting._lent():
                yield

    # -- for the context ----------------------------------------------------------------------------

    def _link_to_parent(self) -> None:
        """Stop when the parent does; at once, if it has been asked. After the task was announced."""
        if self.parent is not None:
            self._stop._link_to((self.parent.stop,))

    def _start_subtask(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str | None
    ) -> Task:
        return self._engine.start(fn, args, kwargs, name=name, parent=self, group=self.group)

    @contextmanager
    def _lent(self) -> Iterator[None]:
        """Lend the worker's place, in the runner and in its group, to other tasks while it waits for some of them."""
        self._engine.places.lend(self, +1)
        try:
            yield
        finally:
            self._engine.places.lend(self, -1)

    def __repr__(self) -> str:
        return f"<Task {self.id} {self.name!r} {self._status.value}>"
