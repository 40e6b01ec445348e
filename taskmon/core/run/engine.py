"""The inside of a `TaskRunner`: its live tasks, its groups, its counts.

Apart from the runner, so that worker threads and tasks can hold on to it while the runner itself may be
forgotten by its owner: that closes the engine.
"""

from __future__ import annotations

import atexit
import functools
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FunctionType
from typing import Any, Final, NamedTuple

from taskmon.core.base.text import to_text
from taskmon.core.run.execute import LAZY, check_function, run_task
from taskmon.core.run.groups import Places
from taskmon.core.run.pool import Move, WorkerPool
from taskmon.core.run.turnstile import Turnstile
from taskmon.core.stop import StopKind, StopReason, StopToken
from taskmon.core.task.context import TaskContext, task_here
from taskmon.core.task.events import EventHub, TaskAdded
from taskmon.core.task.lifecycle import NOT_STARTED
from taskmon.core.task.live_tasks import LiveTasks
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from taskmon.core.task.turn import Turn

_S = TaskState
_ON_HOLD: Final = frozenset({_S.HELD})
_SUSPENDED: Final = frozenset({_S.HELD, _S.PAUSING, _S.PAUSED})


class Engine:
    """See the module. Its lock is the pool's; where both are held, the engine's comes before a task's."""

    def __init__(
        self,
        limit: int,
        name: str,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        self.hub = EventHub()
        self.pool: WorkerPool[Task] = WorkerPool(limit, name, self, initializer, initargs)
        self.allows_pauses = True
        self.turnstile: Turnstile | None = None
        self._reset()
        _engines.add(self)

    def _reset(self) -> None:
        self._changed = threading.Condition(self.pool.lock)  # notified when the last task has ended
        self.live: LiveTasks[Task] = LiveTasks(self.pool.lock, self.hub)
        self.places = Places(self.pool, self.live)
        self._groups = self.places.groups
        self._come = self._failed = self._cancelled = 0  # the others that came and went have succeeded

    # -- tasks come ---------------------------------------------------------------------------------

    def start(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        name: str | None = None,
        group: str = "",
        parent: Task | None = None,
        timeout: float | None = None,
        held: bool = False,
        takes_context: bool = True,
        retry_of: Task | None = None,
    ) -> Task:
        """Create a task and queue it, or hold it.

        A live parent may start subtasks after a shutdown, too: they are part of the work that was submitted before.
        """
        check_function(fn)
        task = Task(fn, args, kwargs, self, takes_context, state=_S.HELD if held else _S.QUEUED)
        if name is not None:
            task.name = name
        if group:
            task.group = to_text(group)
        if timeout is not None:
            task.timeout = timeout
        if retry_of is not None:
            task.retry_of = retry_of.id
            task.attempt = retry_of.attempt + 1
        if parent is not None:
            task.parent = parent
            self.admit(task, put=False)
            task.link_to_parent()  # may cancel it right here, which must be told after TaskAdded
            if not held:
                self.enqueue(task)
        else:
            self.admit(task, put=not held)
        return task

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Task:
        """`start` for an Executor's ``submit``: nothing but the work, which is not given its context."""
        if type(fn) is not FunctionType or fn.__code__.co_flags & LAZY:  # what check_function begins with
            check_function(fn)
        task = Task(fn, args, kwargs, self, False)
        self.admit(task, put=True)
        return task

    def admit(self, task: Task, *, put: bool) -> None:
        """Take a new task in, and put it in line or not."""
        pool = self.pool
        with pool.lock:
            if pool.broken is not None:
                raise pool.broken
            if pool.closed and (task.parent is None or task.parent.done()):
                raise RuntimeError(f"cannot schedule new futures after shutdown of {pool.name!r}")
            self._come += 1
            self.live.by_id[task.id] = task  # `LiveTasks.add`, without a call: each task pays for it
            if self.hub.sinks:
                self.hub.post(TaskAdded(task.snapshot(), task))
            if put:
                pool.put(task)
                task.in_line = True  # only now: Ctrl-C in between must not have it taken for one that stands there
        if pool.refused:
            pool.turn_away()

    def retry(self, task: Task, work: Callable[..., Any] | None = None, *, held: bool = False) -> Task:
        """Start the work of an ended task anew, or `work` in its place, which takes a context."""
        return self.start(
            task.fn if work is None else work,
            task.args,
            task.kwargs,
            name=task.name,
            group=task.group,
            parent=task.parent if task.parent is not None and not task.parent.done() else None,
            timeout=task.timeout,
            takes_context=work is not None or task.takes_context,
            held=held,
            retry_of=task,
        )

    def new_context(self, task: Task, stop: StopToken) -> TaskContext:
        """Make what the worker of a task receives."""
        return TaskContext(task, stop)

    def enqueue(self, task: Task) -> None:
        """Put a queued task in line, unless it still stands there since before it was held."""
        broken = self.pool.broken
        if broken is not None:
            self.refuse(task, broken)
            return
        with self.pool.lock:
            if not task.in_line:
                self.pool.put(task)
                task.in_line = True
        self.pool.turn_away()

    def move(self, task: Task, how: Move[Task]) -> bool:
        """Move a waiting task within the line, or among those that wait for room in their group."""
        with self.pool.lock:
            if task.state is not _S.QUEUED:
                return False
            return self.pool.move(task, how) or self._groups.move(task.group, task, how)

    def waiting(self) -> list[Task]:
        """The waiting tasks in the order in which they will start; those whose group is full come last."""
        with self.pool.lock:
            line = [*self.pool.waiting(), *self._groups.waiting()]
        return [task for task in line if task.state is _S.QUEUED]

    # -- places: of workers, and in groups ----------------------------------------------------------

    @contextmanager
    def lend(self, task: Task) -> Iterator[None]:
        """Lend the place of a task's worker, in the runner and in its group, while it waits for other tasks."""
        self.places.lend(task, +1)
        try:
            yield
        finally:
            self.places.lend(task, -1)

    def lend_for(self, task: Task) -> AbstractContextManager[None]:
        """Lend the place of the worker that this thread is, if it is one, while it waits for `task`."""
        waiting = task_here()
        if waiting is None or waiting is task or waiting.thread_id != threading.get_ident():
            return nullcontext()
        return waiting.lend()

    def detach(self, task: Task) -> bool:
        """Give the place of a task that does not stop to others. See `Task.detach`."""
        return self.places.detach(task)

    # -- tasks run: called by the pool --------------------------------------------------------------

    def begin(self, task: Task) -> bool:
        """Begin a task, unless it is cancelled, or held (`Task.resume` puts it in line again), or its group is full."""
        groups = self._groups
        if groups.limited:
            with self.pool.lock:
                if task.state is _S.QUEUED and not groups.enter(task.group, task):
                    return False  # it waits there
        if not task.begin():
            self._give_back(task)
            return False
        # Nobody puts it in line while it runs, so the lock is not needed. A limit may have been set meanwhile: either
        # that is seen here, or this was seen there.
        task.in_line = False
        task.has_place = True
        if groups.limited:
            with self.pool.lock:
                groups.count(task.group, task)
        return True

    def _give_back(self, task: Task) -> None:
        """A task that was taken from the line has not begun."""
        with self.pool.lock:
            if task.state is _S.QUEUED:  # it was held for a moment, and not put in line because it still stood there
                self.pool.put_first([task])
            else:
                task.in_line = False
                if not task.state.has_thread and self._groups.limited:
                    self.pool.put_first(self._groups.give_back(task.group, task))
        if self.pool.closed:  # it was paused at the last moment
            task.stop_if(_ON_HOLD, _shutdown("it was on hold"))

    def run(self, task: Task) -> None:
        """Run a task that has begun to its end, and give its place in the group to the next."""
        turnstile = self.turnstile
        try:
            if turnstile is None:
                run_task(task)
            else:
                turn = task.context._turn = turnstile.admit(task.context)
                run_task(task)
                turn.leave()
        except BaseException as error:  # a bug of ours, or an exception that was thrown into this thread just now
            if not task.done():
                task.finish(_S.FAILED, error=error)
            else:
                task.tidy_up()
            raise
        finally:
            task.has_place = False
            if self._groups.places:  # of a detached task, the place was given away before: there is none
                with self.pool.lock:
                    self.pool.put_first(self._groups.leave(task))
            del task  # this frame is part of the traceback of an error that the task keeps

    def refuse(self, task: Task, error: BaseException) -> None:
        """Fail a task for which no thread can be had, rather than raise in the face of whoever started it."""
        task.fail_unstarted(error)
        with self.pool.lock:  # those that wait for room in its group must not wait for one that does not come
            self.pool.put_first(self._groups.give_back(task.group, task))

    def break_off(self, error: BaseException) -> None:
        """Fail all tasks that have not begun."""
        for task in self.live.tasks():
            task.fail_unstarted(error)

    def finish_interrupted(self) -> None:
        """Take the steps that were left out because of a Ctrl-C, between any two of them. By the thread that was hit.

        Without it, a task that was being cancelled would stay among the live ones, and one that was being queued never
        run. Each step does no harm where it was not left out.
        """
        for task in self.live.tasks():
            task.repeat_request()
            if task.done():
                task.tidy_up()
            elif task.state is _S.QUEUED and not task.in_line:
                self.enqueue(task)

    # -- tasks end ----------------------------------------------------------------------------------

    def task_ended(self, task: Task) -> None:
        """Count an ended task and let it go."""
        if task.state is _S.SUCCEEDED:
            self.live.by_id.pop(task.id, None)  # without the lock: what is gone has succeeded
        else:
            with self.pool.lock:
                if self.live.forget(task.id):
                    self._failed += task.state is _S.FAILED
                    self._cancelled += task.state is _S.CANCELLED
        if not self.live.by_id:
            with self.pool.lock:
                self._changed.notify_all()

    def close(self, *, cancel_waiting: bool = False) -> None:
        """Take no more tasks. Cancel those on hold, which nobody could resume later, or all that have not begun."""
        self.pool.close()
        for task in reversed(self.live.tasks()):
            if cancel_waiting:
                task.stop_if(NOT_STARTED, _shutdown(""))
            else:
                task.stop_if(_ON_HOLD, _shutdown("it was on hold"))

    def forget(self) -> None:
        """Do not wait for this engine at interpreter exit."""
        _engines.discard(self)

    def close_at_exit(self) -> None:
        """Take no more tasks, and cancel those that would never go on because nobody is left to resume them."""
        self.allows_pauses = False
        self.close()
        for task in self.live.tasks():
            task.stop_if(_SUSPENDED, _shutdown("it was paused"))

    def reset_after_fork(self) -> None:
        """Forget tasks, threads and listeners: they belong to the parent process, whose locks may be held for ever."""
        self.pool.reset()
        self.hub.reset()
        self._reset()

    # -- looking ------------------------------------------------------------------------------------

    def set_turnstile(self, turnstile: Turnstile | None) -> None:
        """Have workers take turns from now on, or no longer."""
        self.turnstile = turnstile
        for task in self.live.tasks():
            if turnstile is not None and task.state.has_thread:
                turn = task.context._turn = turnstile.admit(task.context)
                task.add_done_callback(functools.partial(_leave, turn))

    def wait_idle(self, timeout: float | None) -> bool:
        """Wait until no task lives."""
        with self.pool.lock:
            return self._changed.wait_for(lambda: not self.live.by_id, timeout)

    def statistics(self) -> RunnerStatistics:
        with self.pool.lock:
            live = self.live.by_id.copy()
            failed, cancelled = self._failed, self._cancelled
            ended = (self._come - len(live) - failed - cancelled, failed, cancelled)
            return count_tasks(live.values(), ended, len(self.pool.threads), self.pool.limit)


def _shutdown(text: str) -> StopReason:
    return StopReason(StopKind.SHUTDOWN, "", text, time.monotonic())


def _leave(turn: Turn, _: object) -> None:
    turn.leave()


#: Engines whose work is finished before the interpreter exits.
_engines: Final[weakref.WeakSet[Engine]] = weakref.WeakSet()


def _finish_at_exit() -> None:
    """Keep the Executor's contract: what was submitted is done before the interpreter goes. The threads are daemons."""
    engines = list(_engines)
    for engine in engines:
        engine.close_at_exit()
    for engine in engines:
        engine.pool.join()


def _reset_after_fork() -> None:
    for engine in list(_engines):
        engine.reset_after_fork()


atexit.register(_finish_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


# Counting the tasks of a runner.

_LIVE: Final = (_S.QUEUED, _S.HELD, _S.RUNNING, _S.PAUSING, _S.PAUSED, _S.STOPPING)


class RunnerStatistics(NamedTuple):
    """Counts of one moment."""

    queued: int
    held: int
    running: int
    pausing: int
    paused: int
    stopping: int
    succeeded: int
    failed: int
    cancelled: int
    threads: int
    limit: int
    detached: int = 0
    """Of those that are stopping: how many were given up, see `Task.detach`. They have no place among the threads."""


def count_tasks(tasks: Iterable[Task], ended: Iterable[int], threads: int, limit: int) -> RunnerStatistics:
    """Count `tasks` by state, beside those that have `ended`: succeeded, failed, cancelled."""
    known = list(tasks)
    states = [task.state for task in known]
    detached = sum(task.detached for task in known)
    # A task that is ending this very moment still counts as live, in no state that is counted.
    return RunnerStatistics._make([*map(states.count, _LIVE), *ended, threads, limit, detached])
