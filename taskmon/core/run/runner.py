"""The engine people use: an Executor whose tasks can be watched, paused and asked to stop while they run."""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final, ParamSpec, TypeVar

from taskmon.core.base.numbers import timeout_seconds
from taskmon.core.base.text import plain
from taskmon.core.base.threads import run_in_background
from taskmon.core.run.engine import Engine, RunnerStatistics
from taskmon.core.run.turnstile import Turnstile
from taskmon.core.stop import Dispatch, StopKind
from taskmon.core.stop.token import wait_limit
from taskmon.core.task.events import EventHub
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task

T = TypeVar("T")
P = ParamSpec("P")

_SUSPENDED: Final = frozenset({TaskState.PAUSING, TaskState.PAUSED})
_numbers: Final = itertools.count()


class TaskRunner(Executor):
    """Runs functions in background threads, as `concurrent.futures.ThreadPoolExecutor` does, and shows what they do.

    What it adds: `start`, whose function receives a `TaskContext`; tasks that can be asked to stop while they run;
    pauses, groups, limits that may change, statistics, events. All methods may be called from any thread. Only
    `shutdown` and `wait_idle` wait for tasks, and none waits for a thread to start: the UI thread may call the others.

    Leaving the ``with`` block waits for the tasks. A runner that is never shut down does so at the interpreter's exit:
    what was submitted is finished, and what is on hold or paused is cancelled. After `shutdown` with a `timeout`, the
    exit waits for none of its tasks: the threads are daemons.

    Args:
        max_workers: how many tasks may run at once; by default the number of processors + 4, at most 32.
        thread_name_prefix: what the threads are called.
        initializer: called first in each worker thread with `initargs`. If it raises, the runner is broken, as a
            ThreadPoolExecutor would be.
        initargs: see `initializer`.

    Raises:
        ValueError: if `max_workers` is below 1.
        TypeError: if `initializer` cannot be called.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        if max_workers is None:
            max_workers = default_limit()
        max_workers = _checked_limit(max_workers, "max_workers")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        name = thread_name_prefix or f"taskmon-worker-{next(_numbers)}"
        self._engine = Engine(max_workers, name, initializer, initargs)
        # A runner that is forgotten ends its threads once they are idle; the engine does not know the runner. Not in
        # this thread: the garbage collector may call from the middle of the engine's own code.
        self._finalizer = weakref.finalize(self, run_in_background, self._engine.close)
        self._finalizer.atexit = False  # the engine's own exit hook comes in time

    # -- work ---------------------------------------------------------------------------------------

    def start(
        self,
        fn: Callable[..., T],
        /,
        *args: Any,
        name: str | None = None,
        group: str = "",
        timeout: float | None = None,
        paused: bool = False,
        **kwargs: Any,
    ) -> Task[T]:
        """Run ``fn(ctx, *args, **kwargs)`` in the background; `ctx` is its `TaskContext`.

        If no thread can be had, the task fails; nothing is raised here.

        Args:
            fn: the function.
            *args: its arguments after the context.
            name: what the user sees; by default the function's name.
            group: what the task belongs to, for `limit_group` and `cancel_all`.
            timeout: seconds of running after which the task is asked to stop.
            paused: hold the task until `Task.resume` is called.
            **kwargs: its keyword arguments. For a function whose own are called as those above, use
                `functools.partial`.

        Raises:
            RuntimeError: after `shutdown`.
            TypeError: if a call of `fn` would not run it, because it is a generator function, a coroutine function or
                an asynchronous generator function; or if `timeout` is no number. What a lambda returns is known later,
                and so is a context manager: the task fails then.
            ValueError: if `timeout` is negative or not a number.
        """
        if timeout is not None:
            timeout = timeout_seconds(timeout)
        try:
            return self._engine.start(fn, args, kwargs, name=name, group=group, timeout=timeout, held=paused)
        except KeyboardInterrupt:
            self._engine.finish_interrupted()
            raise

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Task[T]:
        """Run ``fn(*args, **kwargs)`` in the background, as every Executor does.

        The function finds its context with `taskmon.current_task`.

        Raises:
            RuntimeError: after `shutdown`.
            TypeError: as `start`. A generator that some other function returns is its result.
        """
        try:
            return self._engine.submit(fn, args, kwargs)
        except KeyboardInterrupt:
            self._engine.finish_interrupted()
            raise

    # -- asking -------------------------------------------------------------------------------------

    def cancel_all(
        self,
        *,
        group: str | None = None,
        reason: str = "",
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> int:
        """Ask all live tasks, or those of `group`, to stop; return how many had not been asked before.

        The arguments are those of `Task.cancel`. The newest are asked first, so that a waiting task is not started
        because one before it has made room.
        """
        return sum(
            task.cancel(reason, by=by, kind=kind, dispatch=dispatch)
            for task in reversed(self._engine.live.tasks())
            if group is None or task.group == group
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False, timeout: float | None = None) -> bool:  # type: ignore[override]
        """Take no more tasks, and end. Tasks on hold are cancelled. Running ones may still start subtasks.

        Args:
            wait: wait for the tasks that were submitted; otherwise they are finished in the background. A paused task
                is waited for until somebody resumes or cancels it: of that, a warning is logged.
            cancel_futures: cancel what waits. Running tasks go on; to ask them as well, call `cancel_all` before.
            timeout: wait at most so many seconds; after that, the interpreter's exit does not wait for them either.

        Returns:
            Whether all threads have left, apart from those of detached tasks, for which nobody waits.

        Raises:
            RuntimeError: if one of the runner's own tasks waits for this.
        """
        engine, limit = self._engine, wait_limit(timeout)
        if wait and timeout is None:
            _warn_of_paused(engine.live.tasks())
        engine.close(cancel_waiting=cancel_futures)
        if timeout is not None:
            engine.forget()
        return engine.pool.join(limit) if wait else not engine.pool.threads

    # -- limits -------------------------------------------------------------------------------------

    @property
    def max_workers(self) -> int:
        """How many tasks may run at once. May be set while tasks run: more start at once, none is stopped."""
        return self._engine.pool.limit

    @max_workers.setter
    def max_workers(self, limit: int) -> None:
        self._engine.pool.set_limit(_checked_limit(limit, "max_workers"))

    def limit_group(self, group: str, limit: int | None) -> None:
        """Let at most `limit` tasks of `group` run at once; None lifts the limit. May be called while they run.

        Raises:
            ValueError: if `limit` is below 1.
        """
        if limit is not None:
            limit = _checked_limit(limit, "limit")
        self._engine.places.set_group_limit(group, limit)

    # -- the order of the queue ---------------------------------------------------------------------

    def waiting(self) -> list[Task]:
        """Return the waiting tasks in the order in which they will start; those whose group is full come last."""
        return self._engine.waiting()

    def move_up(self, task: Task) -> bool:
        """Let a waiting task start before the one that is before it now. Return whether it waits."""
        from taskmon.core.run.moves import one_up  # here and below: no start of a program needs it

        return self._engine.move(task, one_up(_waits))

    def move_to_top(self, task: Task) -> bool:
        """Let a waiting task be the next to start. Return whether it waits."""
        from taskmon.core.run.moves import to_front

        return self._engine.move(task, to_front)

    def restore(self, task: Task, *, held: bool = False) -> Task:
        """Undo the cancellation of a task that had not started: queue its work again, where it stood.

        A final state is final: this is a new task, linked to the old one as a retry is. `held` puts it on hold.

        Raises:
            RuntimeError: if `task` has started or has not ended, or after `shutdown`.
        """
        from taskmon.core.run.moves import before

        if not task.cancelled() or task.snapshot().started_at is not None:
            raise RuntimeError(f"{task.name!r} was not cancelled while it waited")
        restored = self._engine.retry(task, held=held)
        self._engine.move(restored, before(task))
        return restored

    # -- looking ------------------------------------------------------------------------------------

    @property
    def events(self) -> EventHub:
        """Where changes of state, log lines and ends are heard."""
        return self._engine.hub

    def attach(self, sink: Callable[[Any], object]) -> list[Task]:
        """`EventHub.attach` without a gap: return the live tasks that `sink` will not hear of as added."""
        return self._engine.live.attach(sink)

    def detach(self, sink: Callable[[Any], object]) -> None:
        """`EventHub.detach`."""
        self.events.detach(sink)

    def tasks(self) -> list[Task]:
        """Return the tasks that have not ended. Ended ones are not kept."""
        return self._engine.live.tasks()

    def task(self, task_id: int) -> Task | None:
        """Return a live task by its id."""
        return self._engine.live.by_id.get(task_id)

    def statistics(self) -> RunnerStatistics:
        """Count the live tasks by state, and all that have ended."""
        return self._engine.statistics()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until every task has ended, at most `timeout` seconds; return whether they have.

        A held task counts, and so does a detached one: it has not ended.
        """
        return self._engine.wait_idle(wait_limit(timeout))

    @property
    def has_turnstile(self) -> bool:
        """Whether busy workers take turns already, for a window that was there before."""
        return self._engine.turnstile is not None

    def set_turnstile(self, turnstile: Turnstile | None) -> None:
        """Have busy workers take turns, for a window in this process; None ends that. See `core.run.turnstile`."""
        self._engine.set_turnstile(turnstile)


def _waits(task: Task) -> bool:
    return task.state is TaskState.QUEUED


def _checked_limit(limit: Any, name: str) -> int:
    if not issubclass(type(limit), int):
        raise TypeError(f"{name} must be a whole number, not {limit!r}")
    plain = int.__add__(limit, 0)  # a subclass may compare as it likes
    if plain <= 0:
        raise ValueError(f"{name} must be greater than 0")
    return plain


def default_limit() -> int:
    """Return how many tasks run at once where nobody has said: enough for those that wait for disks and networks."""
    return min(32, (os.cpu_count() or 1) + 4)


def _warn_of_paused(tasks: list[Task]) -> None:
    names = ", ".join(f"“{plain(task.name, 60)}”" for task in tasks if task.state in _SUSPENDED)
    if names:
        import logging

        words = "shutdown() waits for what is paused until it is resumed or cancelled: %s"
        logging.getLogger("taskmon").warning(words, names)
