"""The handle of a task: a `concurrent.futures.Future` that can be asked to stop while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from taskmon.core.callbacks import run_where
from taskmon.core.context import task_here
from taskmon.core.life import TaskLife
from taskmon.core.meter import CheckpointReading
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.stack import StackSample
from taskmon.core.state import FINAL_STATES, TaskState
from taskmon.core.stop import Dispatch, StopKind, StopReason, StopToken
from taskmon.core.text import to_text
from taskmon.core.token import wait_limit

if TYPE_CHECKING:
    from taskmon.core.engine import Engine

_S = TaskState
_NOT_STARTED = frozenset({_S.QUEUED, _S.HELD})
_STOPPABLE = frozenset({_S.RUNNING, _S.PAUSING, _S.PAUSED})
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

        Looking is also what measures the checkpoints of a running worker, see `taskmon.core.meter`; a picture taken
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
        from taskmon.core.process_link import RemoteMeter  # most tasks are never asked
        from taskmon.core.stacks import sampler

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
        from taskmon.core.process import can_isolate  # few programs need it

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
        from taskmon.core.process import Isolated

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
