"""The handle of a task: a `concurrent.futures.Future` that can be asked to stop while it runs."""

from __future__ import annotations

import contextvars
import functools
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import CancelledError, Future
from concurrent.futures._base import CANCELLED_AND_NOTIFIED, FINISHED, PENDING, RUNNING
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

from taskmon.core.base.errors import type_name
from taskmon.core.base.text import to_text
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.stop import Dispatch, StopReason, StopSource, StopToken
from taskmon.core.stop.callbacks import log_failure, run_where
from taskmon.core.stop.token import wait_limit
from taskmon.core.task.events import EventHub, TaskLog, TaskLogged, to_lines
from taskmon.core.task.lifecycle import NOT_STARTED, STOPPABLE, Lifecycle
from taskmon.core.task.meter import CheckpointMeter, CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.request import Askable, Request, Verb
from taskmon.core.task.state import FINAL_STATES, TaskState
from taskmon.core.task.turn import Turn

if TYPE_CHECKING:
    import typing_extensions  # not there when the program runs: only type checkers look for it

    from taskmon.core.stacks.facts import ThreadFacts

    T = typing_extensions.TypeVar("T", default=Any)
else:
    T = TypeVar("T")

_S = TaskState
_LIVE: Final = frozenset(TaskState) - FINAL_STATES
_AT_WORK: Final = frozenset({_S.RUNNING, _S.PAUSING, _S.STOPPING})
_NO_VARIABLES: Final = contextvars.Context()
_NO_PROGRESS: Final = Progress()


class WorkerContext(Protocol):
    """What a task asks of the `TaskContext` that its worker has.

    The names with an underscore are for the task and its engine. They have it because authors of workers see the rest.
    """

    stop: StopToken
    stopped_early: bool
    consequence: str
    result_path: str
    _pause: bool
    _meter: CheckpointMeter | None
    _turn: Turn | None

    @property
    def item_wise(self) -> bool: ...

    def read_progress(self) -> Progress: ...

    def _raise_attention(self) -> None: ...

    def _wake(self) -> None: ...

    def _make_meter(self) -> CheckpointMeter: ...

    def _forget_worker(self) -> None: ...


class ThreadLooks(Protocol):
    """What a picture asks of `taskmon.core.task.thread_looks`."""

    def facts_of(self, thread_id: int, name: str, since: float) -> ThreadFacts | None:
        """Return what the last look told of a task's thread."""


class Way(Protocol):
    """See `taskmon.core.task.context.ContextOf`."""

    made: Any


class Host(Protocol):
    """What a task asks of the engine that runs it."""

    hub: EventHub
    allows_pauses: bool

    def start(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        name: str | None = None,
        group: str = "",
        parent: Task | None = None,
    ) -> Task:
        """Start a subtask."""

    def enqueue(self, task: Task, /) -> None:
        """Put a task that is no longer held in line."""

    def retry(self, task: Task, /, work: Callable[..., Any] | None = None) -> Task:
        """Start the work of an ended task anew, or `work` in its place, which takes a context."""

    def detach(self, task: Task, /) -> bool:
        """Give its place to others although it still runs."""

    def lend(self, task: Task, /) -> AbstractContextManager[None]:
        """Let others have the place of its worker for a while."""

    def lend_for(self, task: Task, /) -> AbstractContextManager[None]:
        """Lend the place of the worker that this thread is, if it is one, while it waits for the end of `task`."""

    def new_context(self, task: Task, stop: StopToken, /) -> WorkerContext:
        """Make what its worker receives."""

    def task_ended(self, task: Task, /) -> None:
        """Count an ended task, and let it go."""

    def finish_interrupted(self) -> None:
        """Take the steps that a Ctrl-C in this thread has cut off."""


class Task(Askable, Lifecycle, Future[T]):
    """A piece of work in the background. Made by `TaskRunner.start` and `TaskRunner.submit`.

    Everything of `concurrent.futures.Future` works: `result()`, ``add_done_callback``, ``wait``, ``as_completed``.
    What differs is `cancel`, which also asks a *running* task to stop. All methods may be called from any thread.

    It costs little until it is used: the token, the context, the log and what others wait on are made when somebody
    first asks for them. The methods and attributes that are not listed here belong to the engine that runs it, as
    ``set_result`` of a Future does.

    Attributes:
        id: unique within the process.
        name: what the user sees. Not trusted: show it as plain text only.
        state: where it is now.
        group: what it belongs to; limits and `TaskRunner.cancel_all` can be for a group. May be empty.
        parent: the task it is a subtask of, or None.
        attempt: how often its work has been started, counting from 1.
        retry_of: the `id` of the task whose work it does again, or None.
        partial_result: what its function returned, if the task ended cancelled. See `TaskContext.stopped_early`.
        timeout: seconds of running after which it is asked to stop, or None.
        detached: whether it was given up, see `detach`.
    """

    # For the engine:
    #   fn, args, kwargs: what it runs, behind its context if it takes_context, with the context variables call_context.
    #   in_line, has_place: whether it stands before the workers, and whether one is busy with it. Guarded by the
    #     engine's lock, as is `detached`.
    #   after_item: the stop that takes effect at the end of its current item, or None.
    #   made_context: its `TaskContext`, or None as long as nobody has needed it; see `context`.
    #   way: what leads from its worker's context variables to its context, while it runs.
    #
    # Defaults of the class: see `Lifecycle`. No __slots__: a Future has a dict in any case, whose first thirty values
    # are kept within the object.
    group: str = ""
    parent: Task | None = None
    attempt: int = 1
    retry_of: int | None = None
    partial_result: Any = None
    timeout: float | None = None
    detached: bool = False
    after_item: StopReason | None = None
    way: Way | None = None
    _name: str | None = None
    _log: TaskLog | None = None
    _signal: threading.Condition | None = None
    _waiter_list: list[Any] | None = None
    thread_looks: ClassVar[ThreadLooks | None] = None
    """Where the looks at the threads of tasks are told, while there are some. Written by `core.task.thread_looks`."""

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        host: Host,
        takes_context: bool,
        *,
        state: TaskState = _S.QUEUED,
    ) -> None:
        # Not Future.__init__, which makes a condition and two lists that most futures never need.
        Lifecycle.__init__(self, host.hub, threading.RLock(), state, time.monotonic())
        self._result: Any = None
        self._exception: BaseException | None = None
        self._end_awaited: threading.Condition | None = None  # set before anybody waits
        self.fn = fn
        self.args = args
        self.kwargs = kwargs
        self.takes_context = takes_context
        self.call_context = contextvars.copy_context()
        self.in_line = False
        self.has_place = False
        self._host = host
        self._source: StopSource | None = None
        self.made_context: Any = None

    # -- the Future that it is: `concurrent.futures` uses these with the condition held, that is with the lock ---------

    if not TYPE_CHECKING:  # for type checkers they are the attributes that Future has

        @property
        def _state(self) -> str:
            """The state as `concurrent.futures` knows it."""
            if self.state is _S.CANCELLED:
                return CANCELLED_AND_NOTIFIED
            if self.state in FINAL_STATES:
                return FINISHED
            return RUNNING if self.state.has_thread else PENDING

        @property
        def _condition(self) -> threading.Condition:
            condition = self._end_awaited
            if condition is None:
                with self.lock:
                    condition = self._end_awaited
                    if condition is None:
                        condition = self._end_awaited = threading.Condition(self.lock)
            return condition

        @property
        def _waiters(self) -> list[Any]:
            if self._waiter_list is None:
                self._waiter_list = []
            return self._waiter_list

    def done(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL_STATES

    def running(self) -> bool:
        """Whether it occupies a thread."""
        return self.state.has_thread

    def cancelled(self) -> bool:
        """Whether it was cancelled and has ended."""
        return self.state is _S.CANCELLED

    def result(self, timeout: float | None = None) -> T:
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
            return self._result  # type: ignore[no-any-return]
        finally:
            error = None
            del self  # the error's traceback leads to this frame, and the task to the error

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the function raised, or None. Waits and raises like `result`."""
        if not self.wait_ended(timeout):
            raise TimeoutError
        if self.state is _S.CANCELLED:
            raise CancelledError
        return self._exception

    def wait_ended(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, at most `timeout` seconds; return whether it has. Lends like `result`."""
        if self.state in FINAL_STATES:
            return True
        limit = wait_limit(timeout)
        with self._host.lend_for(self), self.lock:
            return self._condition.wait_for(lambda: self.state in FINAL_STATES, limit)

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

    # -- looking ------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What the user sees. Not trusted: show it as plain text only."""
        name = self._name
        if name is None:  # nobody gave it one, and nobody has looked so far
            name = self._name = name_of(self.fn)
        return name

    @name.setter
    def name(self, name: object) -> None:
        text = to_text(name)
        self._name = "" if text.isspace() else text  # which whoever shows it has a word for

    @property
    def stop(self) -> StopToken:
        """The token its worker looks at; link further sources to it."""
        source = self._source
        return source.token if source is not None else self._make_source().token

    @property
    def stop_requested(self) -> bool:
        """Whether it was asked to stop. It may still be running: `cancelled()` is True only after the end."""
        source = self._source
        return source is not None and source.token.reason is not None

    @property
    def context(self) -> Any:
        """The `TaskContext` of its worker."""
        context = self.made_context
        return context if context is not None else self._make_context()

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Return the number of lines logged so far, and those that are kept from number `since` on."""
        with self.lock:
            return (0, []) if self._log is None else self._log.since(since)

    def stack(self, *, now: bool = False) -> StackSample | None:
        """Return the calls that its thread is in, the innermost last, or None if it has none or that is not known yet.

        This never waits. The first question has the thread looked at a few times a second, for as long as somebody
        asks, so the first answer is None and each later one is less than a second old.

        Args:
            now: look at once, in the calling thread, which takes about a millisecond and more where the stack is deep:
                not for a thread that draws. What runs in a process of its own, as by `isolated`, is only asked.
        """
        thread_id, started_at = self.thread_id, self._started_at
        if thread_id is None or started_at is None:
            return None
        meter = self.context._meter
        if meter is not None and meter.is_remote:  # its work is done by a process of its own, and so its stack is there
            return meter.ask_stack()  # type: ignore[no-any-return]
        from taskmon.core.stacks.sampler import sampler  # most tasks are never asked

        sample = sampler.ask(thread_id)
        if now:
            sample = sampler.look(thread_id)
        if sample is None or sample.taken_at < started_at:  # of the task that this thread ran before
            return None
        return sample._replace(unmoved_since=max(sample.unmoved_since, started_at))

    def _fields_from_progress(self) -> tuple[Any, ...]:
        context = self.made_context
        if context is None:  # nothing has been told yet
            progress, consequence, result_path, item_wise = _NO_PROGRESS, "", "", False
        else:
            progress, item_wise = context.read_progress(), context.item_wise
            consequence, result_path = to_text(context.consequence), to_text(context.result_path)
        log, after_item, source = self._log, self.after_item, self._source
        asked = self._stop_reason is not None
        return (
            progress,
            consequence,
            log.count if log is not None else 0,
            self.group,
            self.parent.id if self.parent is not None else None,
            self.retry_of,
            self.attempt,
            (source.token.shield_text or "") if asked and source is not None else "",
            result_path,
            item_wise,
            after_item.at if after_item is not None and not asked else None,
            self.detached,
            "",  # why_not_cancellable: it can always be asked
            True,  # pausable
            None,  # origin: it is the window's own
            None,  # stop_means: it has one way to stop
            self._facts(),
        )

    def _facts(self) -> ThreadFacts | None:
        """What its thread does, as of the last look; None while no window looks, and where another process works."""
        looks, thread_id, started_at = self.thread_looks, self.thread_id, self._started_at
        if looks is None or thread_id is None or started_at is None:
            return None
        context = self.made_context
        if context is not None and context._meter is not None and context._meter.is_remote:
            return None
        return looks.facts_of(thread_id, self.name, started_at)

    def _measure(self, now: float) -> CheckpointReading | None:
        """Ask the worker for its next checkpoint or look at its token; return what is known so far."""
        if not self.state.has_thread:
            return None
        context, token = self.context, self.stop
        if token.worker_waits:
            return CheckpointReading(0.0, 0.0, 0.0)
        meter: CheckpointMeter = context._make_meter()
        token.observer = meter
        if self.state in _AT_WORK and meter.ask(now):
            context._raise_attention()
        reading = meter.read(now)
        # Who looks at an attribute that the stop sets cannot be seen doing so: nothing is known then.
        return None if token.mirrored and reading.last_seen is None else reading

    def __repr__(self) -> str:
        return f"<Task {self.id} {self.name!r} {self.state.value}>"

    # -- asking -------------------------------------------------------------------------------------

    def ask(self, request: Request, dispatch: Dispatch | None = None) -> bool:
        """Ask something of the task; return whether that was new and possible. Never waits for the worker.

        Args:
            request: what is asked. OFFER is never granted: a task of our own has one way to stop, and CANCEL takes it.
            dispatch: gets the function that runs stop and done callbacks, which are foreign code; without it they
                run here. Those of a stop after the current item run in the worker's thread, if it has one.
        """
        match request.verb:
            case Verb.CANCEL:
                return self.stop_if(_LIVE, request.why, dispatch)
            case Verb.AFTER_ITEM:
                return self._stop_after_item(request.why, dispatch)
            case Verb.DETACH:
                return self._host.detach(self)
            case Verb.PAUSE:
                return self._pause()
            case Verb.RESUME:
                return self._resume()
            case Verb.OFFER:
                return False

    def retry(self, work: Callable[..., Any] | None = None) -> Task:
        """Start the same work again, as a new task that is linked to this one.

        Args:
            work: what is run in place of its function, with the same arguments behind a `TaskContext`.

        Raises:
            RuntimeError: if this task has not ended, or its runner has been shut down.
        """
        if self.state not in FINAL_STATES:
            raise RuntimeError(f"{self.name!r} has not ended yet; only a finished task can be retried")
        return self._host.retry(self, work)

    def stop_if(self, states: Collection[TaskState], reason: StopReason, dispatch: Dispatch | None = None) -> bool:
        """Ask the task to stop, but only if it is in one of `states`. Otherwise as `cancel`."""
        try:
            return self._stop_now(states, reason, dispatch)
        except KeyboardInterrupt:
            self._host.finish_interrupted()
            raise

    def _stop_now(self, states: Collection[TaskState], reason: StopReason, dispatch: Dispatch | None) -> bool:
        to_run: list[Callable[[], None]] = []
        with self.lock:  # so that the task cannot end between the look and the request
            if self.state not in states:
                return False
            source = self._source or self._make_source()
            first = source.request(reason, to_run.append)
            if not first:
                # The one before may have been cut short, by Ctrl-C in the thread that made it: see that it is known.
                follow_up = self.on_stop_requested(source.token.reason or reason)
                if follow_up is not None:
                    to_run.append(follow_up)
        run_where(to_run, dispatch)
        return first

    def _stop_after_item(self, reason: StopReason, dispatch: Dispatch | None) -> bool:
        with self.lock:
            if self.state in STOPPABLE:
                if self.after_item is not None or self.stop_requested or not self.context.item_wise:
                    return False
                self.after_item = reason
                if self.state is not _S.RUNNING:
                    self._go_on()
                self.context._raise_attention()
                self.context._wake()
                return True
        return self.stop_if(NOT_STARTED, reason, dispatch)

    def _pause(self) -> bool:
        with self.lock:
            if not self._host.allows_pauses:
                return False  # the interpreter is about to exit: nobody could resume it
            if self.state is _S.QUEUED:
                self._enter(_S.HELD)
                return True
            if self.state is not _S.RUNNING:
                return False
            self._enter(_S.PAUSING)
            context = self.context
            context._pause = True
            context._raise_attention()
            context._wake()
            return True

    def _resume(self) -> bool:
        try:
            with self.lock:
                if self.state in (_S.PAUSING, _S.PAUSED):
                    self._go_on()
                    return True
                if self.state is not _S.HELD:
                    return False
                self._enter(_S.QUEUED)
            self._host.enqueue(self)
        except KeyboardInterrupt:
            self._host.finish_interrupted()
            raise
        return True

    # -- beginning and ending: for the engine that runs it ------------------------------------------

    def link_to_parent(self) -> None:
        """Stop when the parent does; at once, if it has been asked. After the task was announced."""
        if self.parent is not None:
            (self._source or self._make_source()).link_to(self.parent.stop)

    def begin(self) -> bool:
        """Enter RUNNING in this thread. False if the task is held or cancelled: leave it alone then."""
        timeout = self.timeout
        if timeout is not None and timeout <= 0 and self.state is _S.QUEUED:
            (self._source or self._make_source()).stop_at(0.0)  # it is cancelled without having run
        with self.lock:
            if self.state is not _S.QUEUED:
                return False
            self._started_at = time.monotonic()
            self.thread_id = threading.get_ident()
            self._enter(_S.RUNNING, self._started_at)
        if timeout is not None:
            (self._source or self._make_source()).stop_at(self._started_at + timeout)
        return True

    def finish(self, state: TaskState, result: Any = None, error: BaseException | None = None) -> None:
        """Give the final state to a task that has begun.

        Args:
            state: SUCCEEDED, CANCELLED or FAILED.
            result: what its function returned; that of a cancelled task is its partial result.
            error: what it raised, of one that has failed.
        """
        line = details = ""
        if error is not None:
            # Outside the lock: it may run the error's own code.
            line, details = _texts_of(error)
        with self.lock:
            if self._source is not None or self.state is not _S.RUNNING:  # otherwise nobody has asked anything of it
                self._catch_up()
            if state is _S.SUCCEEDED:
                self._result = result
            elif state is _S.CANCELLED:
                self.partial_result = result
            else:
                self._error, self._details, self._exception = line, details, error
            self._end(state)
        self.tidy_up()

    def fail_unstarted(self, error: BaseException) -> None:
        """Fail a task that will never have a thread; no-op if it has begun or was cancelled."""
        line, details = _texts_of(error)
        with self.lock:
            if self.state not in NOT_STARTED:
                return
            self._error, self._details, self._exception = line, details, error
            self._end(_S.FAILED)
        self.tidy_up()

    def tidy_up(self) -> None:
        """What follows the end, outside the lock: links go, the engine counts, the done callbacks run. Idempotent."""
        self.call_context = _NO_VARIABLES  # it may refer to anything
        self.way = None
        if self.made_context is not None:
            self.made_context._forget_worker()
        source = self._source
        if source is not None:
            source.close()
            source.token.owner = source.token.observer = None
        self._host.task_ended(self)
        if self._callbacks is not None:
            self._call_back()

    def repeat_request(self) -> None:
        """See that a stop is known of which a Ctrl-C may have cut the telling short."""
        source = self._source
        if source is not None and source.token.reason is not None:
            self._stop_now(frozenset(TaskState), source.token.reason, None)

    # -- the token's owner: the lock is not held ----------------------------------------------------

    def on_stop_requested(self, reason: StopReason) -> Callable[[], None] | None:
        """Note a request; return what is to be run where the callbacks run, if anything. See `StopOwner`."""
        with self.lock:
            if self.state in NOT_STARTED:
                self._note_request(reason)
                self._end(_S.CANCELLED)
                return self.tidy_up
            self._catch_up_with_stop()
            return None

    def on_callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        """Note that a stop callback raised. See `StopOwner`."""
        if not self.add_log_line(_CallbackFailure(callback, error)):
            log_failure(callback, error)  # the worker was faster and has left

    # -- between a task and its own worker: for the context -----------------------------------------

    @property
    def news(self) -> threading.Condition:
        """The condition on which this task's own worker waits for news. The lock is held.

        Not the one on which others await the end: `Future.result` takes any notification for that.
        """
        if self._signal is None:
            self._signal = threading.Condition(self.lock)
        return self._signal

    def notify_worker(self) -> None:
        """Wake the worker if it waits. The lock is held."""
        if self._signal is not None:
            self._signal.notify_all()

    def pause_here(self) -> None:
        """Wait in the worker's thread until the task is resumed or asked to stop."""
        with self.lock:
            while self.context._pause and not self.stop_requested:
                self._note_paused()
                self.news.wait()

    def note_paused(self) -> None:
        """The worker stands still, in another process. The lock is held."""
        self._note_paused()

    def stop_between_items(self) -> None:
        """The worker stands between two items, and was asked to stop there."""
        reason = self.after_item
        if reason is not None:
            self.stop_if(_LIVE, reason)

    def note_stop_seen(self, at: float | None = None) -> None:
        """The worker has reached a checkpoint after the request."""
        if self._stop_seen_at is None:
            self._stop_seen_at = time.monotonic() if at is None else at

    def add_log_line(self, text: object) -> bool:
        """Keep and tell the lines of `text`; False if the task has ended, after which nothing is told of it."""
        lines = to_lines(text)  # outside the lock: it runs foreign code
        with self.lock:
            if self.state in FINAL_STATES:
                return False
            if self._log is None:
                self._log = TaskLog()
            self._log.add(lines)
            if self.hub.sinks:
                for line in lines:
                    self.hub.post(TaskLogged(self.id, line))
            return True

    def start_subtask(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str | None
    ) -> Task:
        return self._host.start(fn, args, kwargs, name=name, parent=self, group=self.group)

    def lend(self) -> AbstractContextManager[None]:
        """Lend the worker's place, in the runner and in its group, to other tasks while it waits for some of them."""
        return self._host.lend(self)

    # -- made when first needed: any thread, with the lock or without -----------------------------------

    def _make_source(self) -> StopSource:
        with self.lock:  # two threads may both find none
            source = self._source
            if source is None:
                source = self._source = StopSource.of(None if self.state in FINAL_STATES else self)
            return source

    def _make_context(self) -> WorkerContext:
        with self.lock:
            context: WorkerContext | None = self.made_context
            if context is None:
                context = self.made_context = self._host.new_context(self, self.stop)
                if self.way is not None:
                    self.way.made = context
            return context

    # -- the lock is held ---------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Leave the states that a returning worker cannot be in."""
        self._catch_up_with_stop()
        if self.state is _S.PAUSED:  # it is a thread of the worker's own that waits at a checkpoint
            self._go_on()

    def _catch_up_with_stop(self) -> None:
        """Enter STOPPING if the token is set.

        The token is set a moment before its owner hears of it. A worker that ends within that moment
        gets here first, and a stop must not be missing from the record then.
        """
        source = self._source
        reason = source.token.reason if source is not None else None
        if reason is not None and self.state in STOPPABLE:
            self._note_request(reason)
            self.context._raise_attention()
            self.context._wake()

    def _go_on(self) -> None:
        super()._go_on()
        self.context._wake()

    def _end_pause(self) -> None:
        if self.made_context is not None:
            self.made_context._pause = False
        super()._end_pause()

    def _end(self, state: TaskState) -> None:
        if self.made_context is not None:
            self._end_pause()
            self.notify_worker()  # a thread of the worker's own may wait at a checkpoint, until it has the lock
        self._ended_at = time.monotonic()
        self.thread_id = None
        self._enter(state, self._ended_at)
        if self._end_awaited is not None:
            self._tell_waiting(cancelled=state is _S.CANCELLED)


class _CallbackFailure:
    """The log line of a stop callback that raised, made where a broken ``__repr__`` does no harm."""

    def __init__(self, callback: object, error: BaseException) -> None:
        self._callback = callback
        self._error = error

    def __str__(self) -> str:
        return f"Stop callback {self._callback!r} raised {_texts_of(self._error)[0]}"


def _texts_of(error: BaseException) -> tuple[str, str]:
    from taskmon.core.base.error_text import error_texts  # the start needs none

    return error_texts(error)


def name_of(fn: Any) -> str:
    """Return what a function is called, or its type where it has no name. Never raises."""
    try:
        while isinstance(fn, functools.partial):
            fn = fn.func
        return to_text(getattr(fn, "__name__", None) or type_name(fn))
    except BaseException:  # of an object with a __getattr__ of its own
        return type_name(fn)
