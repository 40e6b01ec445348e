"""What a worker receives: checkpoints, progress, sleep, log and subtasks, all through one object.

The worker writes into slots of this object and reads one of them, `_attention`. Everything that
wants something of the worker (a stop, a pause, the checkpoint meter, the frame of a window that shares the GIL)
writes its own wish first and raises attention afterwards; the slow path lowers attention first and looks at the
wishes afterwards. So either a wish is seen, or attention is still up for the next checkpoint: no lock
is needed on either side, and a checkpoint costs one read.
"""

from __future__ import annotations

import contextvars
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from taskmon.core.meter import CheckpointMeter
from taskmon.core.progress import ProgressReader
from taskmon.core.stop import StopToken

if TYPE_CHECKING:
    from taskmon.core.task import Task

T = TypeVar("T")
P = ParamSpec("P")


class TaskContext:
    """The first argument of every function that `TaskRunner.start` runs.

    Belongs to the worker's thread. The methods may be called from threads that the worker itself starts, but then
    counting with `advance` needs a lock of theirs.

    Attributes:
        stop: the task's stop token. Pass it wherever a `threading.Event` is expected.
        stopped_early: set it to True before returning a partial result after a stop request; the task then ends
            cancelled, and the result is kept as `Task.partial_result`.
        consequence: one sentence on what a cancelled or failed task leaves behind, shown at its end.
    """

    __slots__ = (
        "_attention", "_done", "_interrupted", "_message", "_meter", "_pause", "_reader", "_task_ref", "_total",
        "_tracking", "_unit", "_waker", "consequence", "stop", "stopped_early",
    )  # fmt: skip

    def __init__(self, task: Task, stop: StopToken) -> None:
        # Weak: a context must not keep its task, nor what that returned, from being freed without the cyclic GC.
        self._task_ref = weakref.ref(task)
        self.stop = stop
        self._attention = False
        self._pause = False
        self._interrupted = 0  # how often a checkpoint raised TaskCancelled
        self._done: Any = None
        self._total: Any = None
        self._unit: Any = None
        self._message: Any = None
        self._tracking = False
        self._waker: Callable[[], object] | None = None
        self._meter: CheckpointMeter | None = None
        self._reader: ProgressReader | None = None
        self.stopped_early = False
        self.consequence = ""

    @property
    def task(self) -> Task:
        """The handle of this very task.

        Raises:
            RuntimeError: outside a task, or after its end.
        """
        task = self._task_ref()
        if task is None:
            raise RuntimeError("there is no task: this code runs outside one, or it has ended")
        return task

    @property
    def stop_requested(self) -> bool:
        """Whether the task was asked to stop. For code that rather leaves its loop than be interrupted."""
        return self.stop._reason is not None

    # -- checkpoints --------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """A place where the worker may pause or stop. Call it between small steps.

        Returns at once as long as nobody wants anything. While the task is paused, it waits here.

        Raises:
            TaskCancelled: if a stop was requested, and again at every later checkpoint.
        """
        if self._attention:
            self._attend()

    def track(self, iterable: Iterable[T], total: float | None = None, unit: str | None = None) -> Iterator[T]:
        """Yield the items of `iterable`, each behind a checkpoint, and count them as progress.

        `total` defaults to ``len(iterable)`` where it has one, otherwise it is unknown. Inside another `track` of
        the same task the items are checkpoints only: the outermost one is the progress.
        """
        if self._tracking:
            return self._checked(iterable)
        if total is None:
            total = _length(iterable)
        self._total = total
        if unit is not None:
            self._unit = unit
        return self._counted(iterable)

    def _counted(self, iterable: Iterable[T]) -> Iterator[T]:
        self._tracking = True
        done = 0
        try:
            for item in iterable:
                self._done = done
                if self._attention:
                    self._attend()
                yield item
                done += 1
            self._done = done
        finally:
            self._tracking = False

    def _checked(self, iterable: Iterable[T]) -> Iterator[T]:
        for item in iterable:
            if self._attention:
                self._attend()
            yield item

    def sleep(self, seconds: float) -> None:
        """Sleep. A stop ends it at once and raises; a pause takes effect at once, the time going on meanwhile.

        Raises:
            TaskCancelled: if a stop was requested.
        """
        self.checkpoint()
        end = time.monotonic() + seconds
        self._wait_in_checkpoint(lambda: time.monotonic() >= end, end)

    def join(self, *tasks: Task) -> None:
        """Wait until all `tasks` have ended, lending this worker's place to them meanwhile.

        Raises:
            TaskCancelled: if a stop was requested. Subtasks were asked as well, and may still be running.
        """
        self.checkpoint()
        waiting = set(tasks)

        def ended(task: Any) -> None:
            with mine._condition:
                waiting.discard(task)
                mine._notify_worker()

        mine = self.task
        with mine._lent():
            for task in tasks:
                task.add_done_callback(ended)
            self._wait_in_checkpoint(lambda: not waiting, None)

    # -- telling ------------------------------------------------------------------------------------

    def progress(self, done: Any = None, total: Any = None, unit: str | None = None, message: object = None) -> None:
        """Report how far the work is. Only what is given changes; a total that is not known is left out.

        Writes the newest values and returns: no lock, no signal, no I/O, no exception, and **no checkpoint**. Readers
        clamp nonsense (going back, more than all).

        Args:
            done: amount done so far.
            total: amount in all.
            unit: what is counted: "bytes", "files", …
            message: what is happening now.
        """
        if done is not None:
            self._done = done
        if total is not None:
            self._total = total
        if unit is not None:
            self._unit = unit
        if message is not None:
            self._message = message

    def advance(self, amount: float = 1) -> None:
        """Add to the amount done. No checkpoint, like `progress`."""
        self._done = amount if self._done is None else self._done + amount

    def log(self, text: object) -> None:
        """Add a line to the task's log. The newest are kept; older ones are counted as dropped."""
        self.task._add_log_line(text)

    # -- more work ----------------------------------------------------------------------------------

    def subtask(self, fn: Callable[..., T], *args: Any, name: str | None = None, **kwargs: Any) -> Task:
        """Start ``fn(ctx, *args, **kwargs)`` as a task beneath this one. A stop of this task is passed on to it.

        Wait for it with `join`, `Task.result` or not at all; a child's failure does not fail its parent.

        Raises:
            RuntimeError: if this task is not run by a `TaskRunner`, or that has been shut down.
        """
        return self.task._start_subtask(fn, args, kwargs, name)

    # -- the slow path ------------------------------------------------------------------------------

    def _raise_attention(self) -> None:
        """Have the next checkpoint take the slow path. Any thread; the wish is written before."""
        self._attention = True

    def _attend(self) -> None:
        self._attention = False  # first: whoever raises it from here on is seen by the next checkpoint
        meter = self._meter
        if meter is not None and meter.answer(time.monotonic()):
            self._attention = True
        if self._pause:
            self.task._pause_here()
        if self.stop._reason is not None:
            self._attention = True  # a stop is never forgotten
            self.task._note_stop_seen()
            if not self.stop._shielded_here():
                self._interrupted += 1
                self.stop.check()

    def _wait_in_checkpoint(self, ready: Callable[[], bool], end: float | None) -> None:
        """Wait for `ready`, as if standing in a checkpoint. Whoever makes it ready notifies the worker."""
        condition = self.task._changes()
        meter = self._make_meter()
        while True:
            meter.enter_wait()
            try:
                with condition:
                    shielded = self.stop._shielded_here()
                    while not ready() and not self._pause and (shielded or self.stop._reason is None):
                        left = None if end is None else end - time.monotonic()
                        condition.wait(left)
            finally:
                meter.leave_wait(time.monotonic())
            if self._pause or (self.stop._reason is not None and not shielded):
                self._attend()
            elif ready():
                return

    def _wanted(self) -> bool:
        """Whether a checkpoint would pause or raise now."""
        return self._pause or self.stop._reason is not None

    def _enter_wait(self, waker: Callable[[], object]) -> None:
        """The worker is about to wait for something of its own; `waker` ends that when a checkpoint is due.

        After this call the worker asks `_wanted` once more, under the lock that `waker` takes.
        """
        self._make_meter().enter_wait()
        self._waker = waker

    def _leave_wait(self) -> None:
        self._waker = None
        self._make_meter().leave_wait(time.monotonic())

    def _wake(self) -> None:
        """End a wait of the worker. The task's lock is held."""
        self.task._notify_worker()
        waker = self._waker
        if waker is not None:
            waker()

    def _make_meter(self) -> CheckpointMeter:
        meter = self._meter
        if meter is None:
            meter = self._meter = CheckpointMeter()
        return meter


class _Nobody:
    """Stands in for the task that there is not."""


class _NoContext(TaskContext):
    """What `current_task()` gives outside a task: everything works and means nothing."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_Nobody(), StopToken.none())  # type: ignore[arg-type]  # gone at once: no task

    def track(self, iterable: Iterable[T], total: float | None = None, unit: str | None = None) -> Iterator[T]:
        del total, unit
        return iter(iterable)

    def sleep(self, seconds: float) -> None:
        self.stop.wait(seconds)

    def join(self, *tasks: Task) -> None:
        for task in tasks:
            task._wait_ended()

    def progress(self, done: Any = None, total: Any = None, unit: str | None = None, message: object = None) -> None:
        pass

    def advance(self, amount: float = 1) -> None:
        pass

    def log(self, text: object) -> None:
        pass

    def subtask(self, fn: Callable[..., T], *args: Any, name: str | None = None, **kwargs: Any) -> Task:
        del fn, args, name, kwargs
        raise RuntimeError("no task to start a subtask of: this code was called outside one")


_NO_CONTEXT = _NoContext()
_current: contextvars.ContextVar[TaskContext] = contextvars.ContextVar("taskmon_current_task", default=_NO_CONTEXT)


def current_task() -> TaskContext:
    """Return the context of the task that this code runs in, from anywhere in its call stack.

    Outside a task it is an object whose methods do nothing, so library code may always write
    ``current_task().checkpoint()``. It follows `contextvars`: a thread that the worker starts sees it only if it was
    given a copy of the context.
    """
    return _current.get()


def _length(iterable: object) -> int | None:
    try:
        return len(iterable)  # type: ignore[arg-type]
    except TypeError:
        return None
