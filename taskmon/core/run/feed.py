"""Workers over a queue that end by a sentinel or a stop, without polling.

The usual worker calls ``queue.get(timeout=0.1)`` so that it can look at its stop event ten times a second. These wait
on the queue's own condition, and a stop or a pause notifies it: they sleep until there is something to do, and wake at
once. A `None` in the queue ends them all, as does `Queue.shutdown` where Python has it (3.13).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from taskmon.core.base.error_text import summarize_error
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import format_count, tr_count
from taskmon.core.base.threads import run_in_background
from taskmon.core.base.translate import tr
from taskmon.core.run.execute import check_function
from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.context import TaskContext
from taskmon.core.task.task import Task

_ENDED: Final = object()


class FeedReport(NamedTuple):
    """What became of the items of a feed. Each item that was put is in exactly one place."""

    handled: int
    """Items whose handler returned."""
    failed: list[tuple[Any, BaseException]]
    """Items whose handler raised, and what."""
    interrupted: list[Any]
    """Items whose handler was stopped half-way."""
    unhandled: list[Any]
    """Items that were still in the queue when the last worker had left."""


class Feed:
    """Workers over one `queue.Queue`. Made by `start_feed`.

    Attributes:
        task: the whole batch, a task with the workers as its subtasks. Cancel it to cancel them all.
        workers: the workers' tasks. One can be cancelled alone; the others go on.
    """

    def __init__(self, source: queue.Queue[Any], handle: Callable[[TaskContext, Any], object]) -> None:
        self._queue = source
        self._handle = handle
        self._lock = threading.Lock()
        self._ended = False  # the sentinel came; guarded by the queue's mutex
        self._handled = 0
        self._failed: list[tuple[Any, BaseException]] = []
        self._interrupted: list[Any] = []
        self._unhandled: list[Any] = []
        self.task: Task
        self.workers: list[Task] = []

    def cancel(self, reason: str = "", *, by: str = "") -> bool:
        """Ask all workers to stop. Items not yet taken are reported as unhandled."""
        return self.task.cancel(reason, by=by)

    def report(self) -> FeedReport:
        """Return what has become of the items so far; complete once `task` has ended."""
        with self._lock:
            return FeedReport(self._handled, list(self._failed), list(self._interrupted), list(self._unhandled))

    # -- the batch's thread -------------------------------------------------------------------------

    def run(self, ctx: TaskContext, workers: int) -> FeedReport:
        """Run the batch as part of the task of `ctx`, with the workers as its subtasks; return when all have ended.

        What `start_feed` starts as a task of its own.
        """
        for number in range(1, workers + 1):
            self.workers.append(ctx.subtask(self._run_worker, name=tr("worker {n}").format(n=number)))
        try:
            ctx.join(*self.workers)
        finally:
            # Also when this batch is being stopped: its workers were asked as well, and it ends after they have.
            for worker in self.workers:
                worker.wait_ended()
            self._drain()
            left = len(self._unhandled) + len(self._interrupted)
            ctx.consequence = tr_count(
                self._handled,
                "{n} item handled, {left} not handled",
                "{n} items handled, {left} not handled",
                left=format_count(left),
            )
        if self._unhandled:  # without a stop of the batch: its workers failed, or were cancelled one by one
            raise TaskmonError(tr("Not all items were handled"), ctx.consequence)
        return self.report()

    def _drain(self) -> None:
        """Take out what nobody will handle, so that it is reported and ``queue.join()`` does not hang."""
        while True:
            with self._queue.mutex:
                if not self._queue._qsize():
                    return
                item = self._queue._get()
                self._queue.not_full.notify()
                self._ended = self._ended or item is None  # started again, it has nothing to wait for
            if item is not None:
                with self._lock:
                    self._unhandled.append(item)
            self._queue.task_done()

    # -- a worker's thread --------------------------------------------------------------------------

    def _run_worker(self, ctx: TaskContext) -> int:
        handled = 0
        ctx.progress(0, unit="items")
        while (item := self._take(ctx)) is not _ENDED:
            try:
                self._handle(ctx, item)
            except Exception as error:
                with self._lock:
                    self._failed.append((item, error))
                ctx.log(_Failure(item, error))
            except BaseException:
                with self._lock:
                    self._interrupted.append(item)
                raise
            else:
                handled += 1
                ctx.progress(handled)
                with self._lock:
                    self._handled += 1
            finally:
                self._queue.task_done()  # always: whoever joins the queue must not hang
                del item
        return handled

    def _take(self, ctx: TaskContext) -> Any:
        """Return the next item, waiting for it where a stop or a pause wakes this worker."""
        source = self._queue
        while True:
            ctx.item_done()
            ctx._enter_wait(self._wake)
            try:
                with source.not_empty:
                    while (
                        not source._qsize()
                        and not self._ended
                        and not _is_shut_down(source)
                        and not ctx._wanted_between_items()
                    ):
                        source.not_empty.wait()
                    if ctx._wanted_between_items():
                        # To the checkpoint, which pauses or raises. If put() had woken this one, the item is not
                        # forgotten for that: `_wake` has woken all the others since.
                        continue
                    if self._ended or not source._qsize():
                        return _ENDED
                    item = source._get()
                    source.not_full.notify()
                    if item is not None:
                        return item
                    self._ended = True  # the sentinel ends the others as well
                    source.not_empty.notify_all()
            finally:
                ctx._leave_wait()
            source.task_done()  # the sentinel's own
            return _ENDED

    def _wake(self) -> None:
        """End the waits of the workers. Never waits for the queue: who asks for the stop may hold it."""
        if self._queue.mutex.acquire(blocking=False):
            try:
                self._queue.not_empty.notify_all()
            finally:
                self._queue.mutex.release()
        else:
            run_in_background(self._wake_later)

    def _wake_later(self) -> None:
        with self._queue.not_empty:
            self._queue.not_empty.notify_all()


class _Failure:
    """The log line of a failed item, made where a broken ``__repr__`` does no harm."""

    def __init__(self, item: object, error: BaseException) -> None:
        self._item = item
        self._error = error

    def __str__(self) -> str:
        return f"Item {self._item!r:.200} failed: {summarize_error(self._error)}"


def start_feed(
    runner: TaskRunner,
    source: queue.Queue[Any],
    handle: Callable[[TaskContext, Any], object],
    *,
    workers: int = 3,
    name: str = "Queue workers",
    group: str = "",
) -> Feed:
    """Start `workers` threads that call ``handle(ctx, item)`` for each item of `source`.

    They end when a `None` is taken from the queue, when the queue is shut down (Python 3.13), or when they are
    cancelled: one alone, or the whole batch. If `handle` raises, that is noted (see `Feed.report`) and the worker goes
    on. ``task_done()`` is called for every item, so ``source.join()`` always returns. Any thread may call this; it does
    not wait.

    Items that are put after the end stay in the queue. So a producer for a queue of limited size looks at
    ``feed.task.stop_requested`` before it puts: nobody makes room any more.

    Args:
        runner: runs the workers, as subtasks of one task.
        source: a `queue.Queue`, or any subclass.
        handle: called with the context of the worker's task, and an item.
        workers: how many items are handled at the same time.
        name: what the user sees of the whole batch.
        group: what the batch belongs to, see `TaskRunner.start`.

    Raises:
        RuntimeError: if the runner has been shut down.
        ValueError: if `workers` is below 1.
        TypeError: if `handle` is a generator or coroutine function, whose call would run nothing.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    check_function(handle)
    feed = Feed(source, handle)
    feed.task = runner.start(feed.run, workers, name=name, group=group)
    # Also when the batch is cancelled before it begins, or no thread can be had for it.
    feed.task.add_done_callback(lambda _: feed._drain())
    return feed


def _is_shut_down(source: queue.Queue[Any]) -> bool:
    return getattr(source, "is_shutdown", False) is True
