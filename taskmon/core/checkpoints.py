"""Where a worker may pause or stop: its checkpoints, and the waits that count as one.

The worker reads one slot, `_attention`. Everything that wants something of it (a stop, a pause, the checkpoint meter,
the frame of a window that shares the GIL) writes its own wish first and raises attention afterwards; the slow path
lowers attention first and looks at the wishes afterwards. So either a wish is seen, or attention is still up for
the next checkpoint: no lock is needed on either side, and a checkpoint costs one read.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from taskmon.core.meter import CheckpointMeter
from taskmon.core.stop import StopToken
from taskmon.core.token import wait_limit

if TYPE_CHECKING:
    from taskmon.core.life import TaskLife
    from taskmon.core.task import Task
    from taskmon.core.turn import Turn


class Checkpoints:
    """The part of a `TaskContext` through which its worker is stopped and paused.

    Attributes:
        stop: the task's stop token. Pass it wherever a `threading.Event` is expected.
    """

    __slots__ = ("_attention", "_interrupted", "_item_wise", "_meter", "_pause", "_task_ref", "_turn", "_waker", "stop")

    def __init__(self, task: TaskLife, stop: StopToken) -> None:
        # Weak: a context must not keep its task, nor what that returned, from being freed without the cyclic GC.
        self._task_ref = weakref.ref(task)
        self.stop = stop
        self._attention = False
        self._pause = False
        self._interrupted = 0  # how often a checkpoint raised TaskCancelled
        self._waker: Callable[[], object] | None = None
        self._turn: Turn | None = None  # its place at the turnstile, if the runner has one
        self._meter: CheckpointMeter | None = None
        self._item_wise = False

    @property
    def item_wise(self) -> bool:
        """Whether it is known to come to the end of an item now and then, see `item_done`."""
        return self._item_wise

    @property
    def stop_requested(self) -> bool:
        """Whether the task was asked to stop. For code that rather leaves its loop than be interrupted."""
        return self.stop.is_set()

    def checkpoint(self) -> None:
        """A place where the worker may pause or stop. Call it between small steps.

        Returns at once as long as nobody wants anything. While the task is paused, it waits here.

        Raises:
            TaskCancelled: if a stop was requested, and again at every later checkpoint.
        """
        if self._attention:
            self._attend()

    def item_done(self) -> None:
        """A checkpoint between two items of work: a stop that lets the item be finished takes effect here.

        Behind each item of `track`, that is so without a word. Raises like `checkpoint`.
        """
        self._item_wise = True
        if self._attention:
            self._attend(between_items=True)

    def sleep(self, seconds: float) -> None:
        """Sleep. A stop ends it at once and raises; a pause takes effect at once, the time going on meanwhile.

        Raises:
            TaskCancelled: if a stop was requested.
            ValueError: if `seconds` is not a number.
        """
        limit = wait_limit(seconds)
        self.checkpoint()
        end = None if limit is None else time.monotonic() + limit
        self._wait_in_checkpoint(lambda: end is not None and time.monotonic() >= end, end)

    # -- the slow path ------------------------------------------------------------------------------

    def _raise_attention(self) -> None:
        """Have the next checkpoint take the slow path. Any thread; the wish is written before."""
        self._attention = True

    def _attend(self, *, between_items: bool = False) -> None:
        self._attention = False  # first: whoever raises it from here on is seen by the next checkpoint
        task = self._task_ref()
        meter = self._meter
        if meter is not None and meter.answer(time.monotonic()):
            self._attention = True
        turn = self._turn
        if turn is not None and not self._wanted():
            turn.step()
        if task is not None and task._after_item is not None:
            if between_items:
                cast("Task", task)._stop_between_items()  # a TaskLife is always a Task
            self._attention = True
        if self._pause and task is not None:
            task._pause_here()
        if self.stop._reason is not None:
            self._attention = True  # a stop is never forgotten
            if task is not None:
                task._note_stop_seen()
            del task  # the frame stays in the traceback of what is raised now
            if not self.stop._shielded_here():
                self._interrupted += 1
                self.stop.check()

    def _wait_in_checkpoint(self, ready: Callable[[], bool], end: float | None) -> None:
        """Wait for `ready`, as if standing in a checkpoint. Whoever makes it ready notifies the worker."""
        task = self._owner
        meter = self._make_meter()
        shielded = self.stop._shielded_here()
        while True:
            with task._lock:
                meter.enter_wait()
                try:
                    while not ready() and not self._pause and (shielded or self.stop._reason is None):
                        task._changes().wait(None if end is None else end - time.monotonic())
                finally:
                    meter.leave_wait(time.monotonic())
            if self._pause or (self.stop._reason is not None and not shielded):
                self._attend()
            elif ready():
                return

    def _wanted(self) -> bool:
        """Whether a checkpoint would pause or raise now."""
        return self._pause or self.stop._reason is not None

    def _wanted_between_items(self) -> bool:
        """Whether `item_done` would pause or raise now."""
        return self._wanted() or self._owner._after_item is not None

    def _forget_worker(self) -> None:
        """Drop what only a worker needs: ended tasks may be kept by the thousand."""
        self._meter = None
        self._turn = None

    def _enter_wait(self, waker: Callable[[], object]) -> None:
        """The worker is about to wait for something of its own; `waker` ends that when a checkpoint is due.

        After this call the worker asks `_wanted` once more, under the lock that `waker` takes.
        """
        with self._owner._lock:
            self._make_meter().enter_wait()
            self._waker = waker

    def _enter_queue(self) -> None:
        """The worker is about to wait at the turnstile, where a stop wakes it at once."""
        with self._owner._lock:
            self._make_meter().enter_wait()

    def _leave_queue(self) -> None:
        with self._owner._lock:
            self._make_meter().leave_wait(time.monotonic())

    def _leave_wait(self) -> None:
        with self._owner._lock:
            self._waker = None
            self._make_meter().leave_wait(time.monotonic())

    def _wake(self) -> None:
        """End a wait of the worker. The task's lock is held."""
        self._owner._notify_worker()
        waker, turn = self._waker, self._turn
        if waker is not None:
            waker()
        if turn is not None:
            turn.let_through()

    def _make_meter(self) -> CheckpointMeter:
        if self._meter is None:
            with self._owner._lock:  # a reader and the worker may both find none
                if self._meter is None:
                    self._meter = CheckpointMeter()
        return self._meter

    @property
    def _owner(self) -> TaskLife:
        task = self._task_ref()
        if task is None:
            raise RuntimeError("there is no task: this code runs outside one, or it has ended")
        return task
