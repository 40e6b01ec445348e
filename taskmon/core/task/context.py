"""What a worker receives: checkpoints, progress, sleep, log and subtasks, all through one object."""

from __future__ import annotations

import contextvars
import math
import operator
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Final, TypeVar

from taskmon.core.base.numbers import plain_number
from taskmon.core.base.text import to_text
from taskmon.core.stop import StopToken
from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.stop.token import to_sleep, wait_limit
from taskmon.core.task.meter import CheckpointMeter
from taskmon.core.task.progress import Progress, ProgressReader
from taskmon.core.task.task import Task
from taskmon.core.task.turn import Turn

T = TypeVar("T")

_NO_PROGRESS: Final = Progress()


class TaskContext:
    """The first argument of every function that `TaskRunner.start` runs.

    Belongs to the worker's thread. Threads that the worker itself starts may call the methods as well; if several of
    them count with `advance`, they need a lock around it.

    Attributes:
        stop: the task's stop token. Pass it wherever a `threading.Event` is expected.
        stopped_early: set it to True before returning a partial result after a stop request; the task then ends
            cancelled, and the result is kept as `Task.partial_result`. That is needed only where it cannot be seen: of
            a worker that never looked at its token, nor at a flag that mirrors it, nor came to a checkpoint, or whose
            progress says that all was done.
        consequence: one sentence on what a cancelled or failed task leaves behind, shown at its end.
        result_path: the file or folder that the task has made, absolute; a window offers to open it once it is done.
    """

    # The worker reads one slot, `_attention`. Everything that wants something of it (a stop, a pause, the checkpoint
    # meter, the frame of a window that shares the GIL) writes its own wish first and raises attention afterwards; the
    # slow path lowers attention first and looks at the wishes afterwards. So either a wish is seen, or attention is
    # still up for the next checkpoint: no lock is needed on either side, and a checkpoint costs one read.
    __slots__ = (
        "_attention", "_done", "_fast", "_interrupted", "_item_wise", "_message", "_meter", "_pause", "_reader",
        "_task_ref", "_total", "_tracking", "_turn", "_unit", "_waker", "consequence", "result_path", "stop",
        "stopped_early",
    )  # fmt: skip

    def __init__(self, task: Task, stop: StopToken) -> None:
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
        self._done: Any = None
        self._total: Any = None
        self._unit: Any = None
        self._message: str | None = None
        self._tracking = False
        self._fast: FastTrack | None = None
        self._reader: ProgressReader | None = None
        self.stopped_early = False
        self.consequence = ""
        self.result_path = ""

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

    # -- stopping and pausing -----------------------------------------------------------------------

    @property
    def item_wise(self) -> bool:
        """Whether it is in `track`, or has called `item_done`: only then can it be asked to finish its item first."""
        return self._tracking or self._item_wise

    @property
    def stop_requested(self) -> bool:
        """Whether the task was asked to stop. For code that leaves its loop by itself, rather than by an exception."""
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
        """A checkpoint between two items of work: where `Task.cancel_after_item` takes effect.

        In a loop over `track` it is not needed: there, each new item is such a place.

        Raises:
            TaskCancelled: if a stop was requested, now or after this item.
        """
        self._item_wise = True
        if self._attention:
            self._attend(between_items=True)

    def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds. A stop wakes it at once; time that the task is paused counts as slept.

        Raises:
            TaskCancelled: if a stop was requested.
            ValueError: if `seconds` is not a number.
            TypeError: if it is of another kind.
        """
        limit = wait_limit(to_sleep(seconds))
        self.checkpoint()
        end = None if limit is None else time.monotonic() + limit
        self._wait_in_checkpoint(lambda: end is not None and time.monotonic() >= end, end)

    # -- work ---------------------------------------------------------------------------------------

    def track(
        self, iterable: Iterable[T], total: float | None = None, unit: str | None = None, *, fast: bool = False
    ) -> Iterator[T]:
        """Yield the items of `iterable`, with a checkpoint before each, and count them as progress.

        A `track` inside another one of the same task has checkpoints and does not count: the outer one is the
        progress. One that follows another goes on counting where that has ended.

        Args:
            iterable: what to iterate.
            total: how many items there are; by default ``len(iterable)``, and unknown where that fails.
            unit: what is counted: "bytes", "files", …
            fast: iterate at the speed of C, four times as fast, for loops whose body takes well under a microsecond.
                Only a plain list, tuple, range, str or bytes can be; anything else is iterated as usual. A stop still
                ends the loop at the next item, and its progress is still seen. But a pause waits for the end of the
                loop, a window in this process may stutter meanwhile, nobody can tell how soon a stop would be noticed,
                and items that are added to a list while it runs do not count as progress.

        Raises:
            TaskCancelled: from the loop, if a stop was requested.
        """
        if self._tracking:
            return self._checked(iterable)
        total = _length(iterable) if total is None else plain_number(total)
        counted = plain_number(self._done) or 0
        self._total = None if total is None else counted + total
        if unit is not None:
            self._unit = unit
        if fast and type(iterable) in FAST_TYPES:
            self._fast = track = FastTrack(iterable, counted, self._done, self._end_fast)
            self.checkpoint()  # a stop that came before could not have found it
            return track.items
        return self._counted(iterable, counted)

    def _counted(self, iterable: Iterable[T], done: float) -> Iterator[T]:
        self._tracking = True
        try:
            for item in iterable:
                self._done = done
                if self._attention:
                    self._attend(between_items=True)
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

    def _end_fast(self, done: float, complete: bool) -> None:
        """The loop of a `FastTrack` has come to its end, or been told that it has."""
        self._done = done
        self._fast = None
        if complete:
            return
        self._attend()
        # Inside shield() nothing was raised; but items are missing, so the loop must not end as if it were complete.
        reason = self.stop.reason
        assert reason is not None
        raise TaskCancelled(reason)

    def join(self, *tasks: Task) -> None:
        """Wait until all `tasks` have ended, lending this worker's place to them meanwhile.

        Raises:
            TaskCancelled: if this task was asked to stop. Its subtasks were asked as well, and may still be running.
        """
        self.checkpoint()
        mine = self.task
        waiting = set(tasks)

        def ended(task: Any) -> None:
            with mine.lock:
                waiting.discard(task)
                mine.notify_worker()

        with mine.lend():
            for task in waiting.copy():
                task.add_done_callback(ended)
            self._wait_in_checkpoint(lambda: not waiting, None)

    # -- telling ------------------------------------------------------------------------------------

    def progress(self, done: Any = None, total: Any = None, unit: str | None = None, message: object = None) -> None:
        """Report how far the work is. What is None stays as it was; leave `total` out while it is not known.

        Writes the newest values and returns: no lock, no signal, no I/O, no exception, and **no checkpoint**. Nonsense
        is put right by whoever reads it: an amount never goes back, and one beyond the total makes that unknown.

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
            self._message = message if type(message) is str else to_text(message)

    def advance(self, amount: float = 1) -> None:
        """Add to the amount done. No checkpoint and no exception, like `progress`."""
        if type(amount) is not int:
            amount = plain_number(amount)  # type: ignore[assignment]  # its __add__ might raise
            if amount is None or not math.isfinite(amount):  # it would stay for good
                return
        try:
            self._done = amount if self._done is None else self._done + amount
        except Exception:  # what was reported before is no number, or one that does not let itself be added to
            self._done = amount + (plain_number(self._done) or 0)

    def read_progress(self) -> Progress:
        """Return the progress as readers see it. Any thread."""
        fast = self._fast
        done = fast.done if fast is not None and self._done is fast.written else self._done
        reader = self._reader
        if reader is None:
            if fast is None and self._done is self._total is self._message is self._unit is None:
                return _NO_PROGRESS
            reader = self._reader = ProgressReader()
        return reader.read(done, self._total, self._unit, self._message)

    def log(self, text: object) -> None:
        """Add a line to the task's log. The newest are kept; older ones are counted as dropped. Never raises."""
        task = self._task_ref()
        if task is not None:
            task.add_log_line(text)

    # -- more work ----------------------------------------------------------------------------------

    def subtask(self, fn: Callable[..., T], *args: Any, name: str | None = None, **kwargs: Any) -> Task[T]:
        """Start ``fn(ctx, *args, **kwargs)`` as a task beneath this one. A stop of this task is passed on to it.

        Wait for it with `join`, `Task.result` or not at all; a child's failure does not fail its parent.

        Raises:
            RuntimeError: if this task is not run by a `TaskRunner`, or has ended.
        """
        return self.task.start_subtask(fn, args, kwargs, name)

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
        if task is not None and task.after_item is not None:
            if between_items:
                task.stop_between_items()
            self._attention = True
        if self._pause and task is not None:
            task.pause_here()
        if self.stop.reason is not None:
            self._attention = True  # a stop is never forgotten
            if task is not None:
                task.note_stop_seen()
            del task  # the frame stays in the traceback of what is raised now
            if not self.stop.shielded_here():
                self._interrupted += 1
                self.stop.check()

    def _wait_in_checkpoint(self, ready: Callable[[], bool], end: float | None) -> None:
        """Wait for `ready`, as if standing in a checkpoint. Whoever makes it ready notifies the worker."""
        task = self.task
        meter = self._make_meter()
        shielded = self.stop.shielded_here()
        while True:
            with task.lock:
                meter.enter_wait()
                try:
                    while not ready() and not self._pause and (shielded or self.stop.reason is None):
                        task.news.wait(None if end is None else end - time.monotonic())
                finally:
                    meter.leave_wait(time.monotonic())
            if self._pause or (self.stop.reason is not None and not shielded):
                self._attend()
            elif ready():
                return

    def _wanted(self) -> bool:
        """Whether a checkpoint would pause or raise now."""
        return self._pause or self.stop.reason is not None

    def _wanted_between_items(self) -> bool:
        """Whether `item_done` would pause or raise now."""
        return self._wanted() or self.task.after_item is not None

    def _forget_worker(self) -> None:
        """Drop what only a worker needs: ended tasks may be kept by the thousand."""
        self._meter = None
        self._turn = None

    def _swap_meter(self, meter: CheckpointMeter) -> CheckpointMeter:
        """Measure by another meter, for work that is done elsewhere; return the one before."""
        before = self._make_meter()
        self._meter = meter
        return before

    def _replace_progress(self, progress: Progress) -> None:
        """Show the progress of work that is done elsewhere, also where it knows less than before."""
        self._done, self._total, self._unit, self._message = progress

    def _enter_wait(self, waker: Callable[[], object]) -> None:
        """The worker is about to wait for something of its own; `waker` ends that when a checkpoint is due.

        After this call the worker asks `_wanted` once more, under the lock that `waker` takes.
        """
        with self.task.lock:
            self._make_meter().enter_wait()
            self._waker = waker

    def _enter_queue(self) -> None:
        """The worker is about to wait at the turnstile, where a stop wakes it at once."""
        with self.task.lock:
            self._make_meter().enter_wait()

    def _leave_queue(self) -> None:
        with self.task.lock:
            self._make_meter().leave_wait(time.monotonic())

    def _leave_wait(self) -> None:
        with self.task.lock:
            self._waker = None
            self._make_meter().leave_wait(time.monotonic())

    def _wake(self) -> None:
        """End a wait of the worker. The task's lock is held."""
        self.task.notify_worker()
        waker, turn, fast = self._waker, self._turn, self._fast
        if waker is not None:
            waker()
        if turn is not None:
            turn.let_through()
        if fast is not None and self.stop.reason is not None:
            fast.exhaust()

    def _make_meter(self) -> CheckpointMeter:
        if self._meter is None:
            with self.task.lock:  # a reader and the worker may both find none
                if self._meter is None:
                    self._meter = CheckpointMeter()
        return self._meter


# Iterating at the speed of C: a `track` that runs no bytecode of ours between two items.
#
# The iterators of the built-in sequences tell how much is left (`operator.length_hint`), so readers can see the
# progress without the worker's help; and they can be told from another thread that they are at their end
# (``__setstate__``), which is how a stop gets in.

#: The exact types that can be iterated like this. A subclass may iterate as it likes.
FAST_TYPES: Final = frozenset({list, tuple, range, str, bytes})


class FastTrack:
    """One loop. `items` is what the worker iterates; the rest may be called from any thread."""

    __slots__ = ("_counted", "_ended", "_iterator", "_length", "_stopped_at", "items", "written")

    def __init__(self, sequence: Any, counted: float, written: Any, ended: Callable[[float, bool], None]) -> None:
        self._iterator: Any = iter(sequence)
        self._length = len(sequence)
        self._counted = counted
        self._ended = ended
        self._stopped_at: float | None = None
        self.written = written
        """What the worker had written before: once it writes something else, this loop is no longer its progress."""
        self.items: Iterator[Any] = chain(self._iterator, self._end())

    @property
    def done(self) -> float:
        """Items taken so far, those counted before included."""
        if self._stopped_at is not None:
            return self._stopped_at
        # The one that the loop is working on has been taken, but is not done.
        taken = self._length - operator.length_hint(self._iterator)
        return self._counted + max(0, taken - 1 if taken < self._length else taken)

    def exhaust(self) -> None:
        """Have the worker find the iterator at its end, and then `TaskCancelled`."""
        if self._stopped_at is None:
            self._stopped_at = self.done
            self._iterator.__setstate__(sys.maxsize)

    def _end(self) -> Iterator[Any]:
        """What comes after the last item: nothing, or the end of the task."""
        if self._stopped_at is None:
            self._ended(self._counted + self._length, True)
        else:
            self._ended(self._stopped_at, False)
        return
        yield  # makes this a generator: it runs only when chain comes to it


class _Nobody:
    """Stands in for the task that there is not."""


class _NoContext(TaskContext):
    """What `current_task()` gives outside a task: everything works and means nothing."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_Nobody(), StopToken.none())  # type: ignore[arg-type]  # gone at once: no task

    def track(
        self, iterable: Iterable[T], total: float | None = None, unit: str | None = None, *, fast: bool = False
    ) -> Iterator[T]:
        del total, unit, fast
        return iter(iterable)

    def sleep(self, seconds: float) -> None:
        self.stop.wait(to_sleep(seconds))

    def join(self, *tasks: Task) -> None:
        for task in tasks:
            task.wait_ended()

    def progress(self, done: Any = None, total: Any = None, unit: str | None = None, message: object = None) -> None:
        pass

    def advance(self, amount: float = 1) -> None:
        pass

    def log(self, text: object) -> None:
        pass

    def subtask(self, fn: Callable[..., T], *args: Any, name: str | None = None, **kwargs: Any) -> Task[T]:
        del fn, args, name, kwargs
        raise RuntimeError("no task to start a subtask of: this code was called outside one")


NO_CONTEXT: Final = _NoContext()


class ContextOf(weakref.ref[Task]):
    """The way from a worker's context variables to its `TaskContext`, which is made when it is first asked for.

    A weak reference to the task, and a strong one to the context once that is there: a thread of the worker's own that
    outlives the task can then still be stopped.
    """

    __slots__ = ("made", "outer")

    made: TaskContext | None
    outer: ContextOf | None
    """The way around a block that has been left: code elsewhere may have kept this one. None until then."""

    def __init__(self, task: Task) -> None:  # which a weak reference takes as it is made
        del task
        self.made = self.outer = None

    def context(self) -> TaskContext:
        """Return the context; outside a task, and after the end of one that never had any, that of no task."""
        made = self.made
        if made is not None:
            return made
        task = self()
        return task.context if task is not None else NO_CONTEXT


_NOWHERE: Final = ContextOf(_Nobody())  # type: ignore[arg-type]  # gone at once: no task
_NOWHERE.made = NO_CONTEXT
_current: contextvars.ContextVar[ContextOf] = contextvars.ContextVar("taskmon_current_task", default=_NOWHERE)


def call(way: ContextOf | None, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    """Call `fn` where `current_task` gives the context that `way` leads to, in the running `contextvars.Context`."""
    assert way is not None, "a task that has begun has one"
    _current.set(way)
    made = way.made
    if made is not None:
        made.checkpoint()  # where there is a turnstile, no worker starts past it
    return fn(*args, **kwargs)


def enter(way: ContextOf) -> ContextOf:
    """Let `current_task` give the context that `way` leads to, until `leave` is called with what this returns."""
    before = _here()
    _current.set(way)
    return before


def leave(way: ContextOf, before: ContextOf) -> None:
    """Let `current_task` give what it gave before `enter`; also where that cannot be set back.

    A block in a generator may be left in another context than it was entered in, or before one that came after it.
    """
    way.outer = before
    _current.set(_here())


def _here() -> ContextOf:
    way = _current.get()
    while way.outer is not None:
        way = way.outer
    return way


def current_task() -> TaskContext:
    """Return the context of the task that this code runs in, from anywhere in its call stack.

    Outside a task it is an object whose methods do nothing, so library code may always write
    ``current_task().checkpoint()``. It follows `contextvars`: a thread that the worker starts sees it only if it was
    given a copy of the context.
    """
    return _here().context()


def task_here() -> Task | None:
    """Return the task that this code runs in, or None."""
    return _here()()


def _length(iterable: object) -> int | None:
    try:
        return len(iterable)  # type: ignore[arg-type]
    except Exception:  # it has none, one beyond any size, or one that raises
        return None
