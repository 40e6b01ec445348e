"""The inside of a `TaskRunner`: its live tasks, its groups, its counts.

Apart from the runner, so that worker threads and tasks can hold on to it while the runner itself may be
forgotten by its owner: that closes the engine.
"""

from __future__ import annotations

import atexit
import functools
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskmon.core.base.text import to_text
from taskmon.core.run.execute import drive
from taskmon.core.run.pool import WorkerPool
from taskmon.core.run.queue import Places
from taskmon.core.run.turnstile import Turnstile
from taskmon.core.stop.reason import StopKind
from taskmon.core.task.events import EventHub, TaskAdded
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from taskmon.core.task.turn import Turn

if TYPE_CHECKING:
    from taskmon.core.run.queue import Move
    from taskmon.core.task.task import Task


_S = TaskState
_NOT_STARTED: Final = frozenset({_S.QUEUED, _S.HELD})
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
        self._tasks: dict[int, Task] = {}
        self.places = Places(self.pool, self._tasks)
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
        task = Task(fn, args, kwargs, self, takes_context)
        if name is not None:
            task._name = to_text(name)
        if group:
            task.group = to_text(group)
        if timeout is not None:
            task._timeout = timeout
        if held:
            task._status = _S.HELD
        if retry_of is not None:
            task.retry_of = retry_of.id
            task.attempt = retry_of.attempt + 1
        if parent is not None:
            task.parent = parent
            self._admit(task, put=False)
            task._link_to_parent()  # may cancel it right here, which must be told after TaskAdded
            if not held:
                self.enqueue(task)
        else:
            self._admit(task, put=not held)
        return task

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Task:
        """`start` for an Executor's ``submit``: nothing but the work, which is not given its context."""
        task = Task(fn, args, kwargs, self, False)
        self._admit(task, put=True)
        return task

    def _admit(self, task: Task, *, put: bool) -> None:
        """Take a new task in, and put it in line or not."""
        pool = self.pool
        with pool.lock:
            if pool.broken is not None:
                raise pool.broken
            if pool.closed and (task.parent is None or task.parent.done()):
                raise RuntimeError(f"cannot schedule new futures after shutdown of {pool.name!r}")
            self._tasks[task.id] = task
            self._come += 1
            if self.hub.sinks:
                self.hub.post(TaskAdded(task.snapshot(), task))
            if put:
                pool.put(task)
                task._in_line = True  # only now: Ctrl-C in between must not have it taken for one that stands there
        if pool._refused:
            pool.turn_away()

    def retry(self, task: Task, *, as_process: bool = False, held: bool = False) -> Task:
        """Start the work of an ended task anew."""
        work = task._fn
        if as_process:
            from taskmon.core.process.isolated import Isolated

            work = Isolated(work, takes_context=task._takes_context)
        return self.start(
            work,
            task._args,
            task._kwargs,
            name=task.name,
            group=task.group,
            parent=task.parent if task.parent is not None and not task.parent.done() else None,
            timeout=task._timeout,
            takes_context=as_process or task._takes_context,
            held=held,
            retry_of=task,
        )

    def enqueue(self, task: Task) -> None:
        """Put a queued task in line, unless it still stands there since before it was held."""
        broken = self.pool.broken
        if broken is not None:
            self.refuse(task, broken)
            return
        with self.pool.lock:
            if not task._in_line:
                self.pool.put(task)
                task._in_line = True
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

    def mend(self) -> None:
        """Take the steps that were left out because of a Ctrl-C. By the thread that was hit."""
        mend(self.live_tasks(), self.enqueue)

    # -- tasks run: called by the pool --------------------------------------------------------------

    def begin(self, task: Task) -> bool:
        """Begin a task, unless it is cancelled, or held (`Task.resume` puts it in line again), or its group is full."""
        groups = self._groups
        if groups.limited:
            with self.pool.lock:
                if task._status is _S.QUEUED and not groups.enter(task.group, task):
                    return False  # it waits there
        if not task._begin():
            self._give_back(task)
            return False
        # Nobody puts it in line while it runs, so the lock is not needed. A limit may have been set meanwhile: either
        # that is seen here, or this was seen there.
        task._in_line = False
        task._has_place = True
        if groups.limited:
            with self.pool.lock:
                groups.count(task.group, task)
        return True

    def _give_back(self, task: Task) -> None:
        """A task that was taken from the line has not begun."""
        with self.pool.lock:
            if task._status is _S.QUEUED:  # it was held for a moment, and not put in line because it still stood there
                self.pool.put_first([task])
            else:
                task._in_line = False
                if not task._status.has_thread and self._groups.limited:
                    self.pool.put_first(self._groups.give_back(task.group, task))
        if self.pool.closed:  # it was paused at the last moment
            task._cancel_if(_ON_HOLD, "it was on hold", StopKind.SHUTDOWN)

    def run(self, task: Task) -> None:
        """Run a task that has begun to its end, and give its place in the group to the next."""
        turnstile = self.turnstile
        try:
            if turnstile is None:
                drive(task)
            else:
                turn = task._context._turn = turnstile.admit(task._context)
                drive(task)
                turn.leave()
        finally:
            task._has_place = False
            if self._groups.places:  # of a detached task, the place was given away before: there is none
                with self.pool.lock:
                    self.pool.put_first(self._groups.leave(task))
            del task  # this frame is part of the traceback of an error that the task keeps

    def refuse(self, task: Task, error: BaseException) -> None:
        """Fail a task for which no thread can be had, rather than raise in the face of whoever started it."""
        task._fail_unstarted(error)
        with self.pool.lock:  # those that wait for room in its group must not wait for one that does not come
            self.pool.put_first(self._groups.give_back(task.group, task))

    def break_off(self, error: BaseException) -> None:
        """Fail all tasks that have not begun."""
        for task in self.live_tasks():
            task._fail_unstarted(error)

    # -- tasks end ----------------------------------------------------------------------------------

    def task_ended(self, task: Task) -> None:
        """Count an ended task and let it go."""
        if task._status is _S.SUCCEEDED:
            self._tasks.pop(task.id, None)  # without the lock, as the worker's every step: what is gone has succeeded
        else:
            with self.pool.lock:
                if self._tasks.pop(task.id, None) is not None:
                    self._failed += task._status is _S.FAILED
                    self._cancelled += task._status is _S.CANCELLED
        if not self._tasks:
            with self.pool.lock:
                self._changed.notify_all()

    def close(self, *, cancel_waiting: bool = False) -> None:
        """Take no more tasks. Cancel those on hold, which nobody could resume later, or all that have not begun."""
        self.pool.close()
        for task in reversed(self.live_tasks()):
            if cancel_waiting:
                task._cancel_if(_NOT_STARTED, "", StopKind.SHUTDOWN)
            else:
                task._cancel_if(_ON_HOLD, "it was on hold", StopKind.SHUTDOWN)

    def forget(self) -> None:
        """Do not wait for this engine at interpreter exit."""
        _engines.discard(self)

    def close_at_exit(self) -> None:
        """Take no more tasks, and cancel those that would never go on because nobody is left to resume them."""
        self.allows_pauses = False
        self.close()
        for task in self.live_tasks():
            task._cancel_if(_SUSPENDED, "it was paused", StopKind.SHUTDOWN)

    def reset_after_fork(self) -> None:
        """Forget tasks, threads and listeners: they belong to the parent process, whose locks may be held for ever."""
        self.pool.reset()
        self.hub.reset()
        self._reset()

    # -- looking ------------------------------------------------------------------------------------

    def live_tasks(self) -> list[Task]:
        """The tasks that have not ended, in the order in which they were started."""
        with self.pool.lock:
            return list(self._tasks.copy().values())

    def live_task(self, task_id: int) -> Task | None:
        """One of them."""
        with self.pool.lock:
            return self._tasks.get(task_id)

    def set_turnstile(self, turnstile: Turnstile | None) -> None:
        """Have workers take turns from now on, or no longer."""
        self.turnstile = turnstile
        for task in self.live_tasks():
            if turnstile is not None and task.state.has_thread:
                turn = task._context._turn = turnstile.admit(task._context)
                task.add_done_callback(functools.partial(_leave, turn))

    def attach(self, sink: Callable[[Any], object]) -> list[Task]:
        """Attach a sink to the hub and return the live tasks: every other one it will hear of."""
        with self.pool.lock:
            self.hub.attach(sink)
            return list(self._tasks.copy().values())

    def wait_idle(self, timeout: float | None) -> bool:
        """Wait until no task lives."""
        with self.pool.lock:
            return self._changed.wait_for(lambda: not self._tasks, timeout)

    def statistics(self) -> RunnerStatistics:
        """Count."""
        with self.pool.lock:
            live = self._tasks.copy()
            failed, cancelled = self._failed, self._cancelled
            ended = (self._come - len(live) - failed - cancelled, failed, cancelled)
            return count_tasks(live.values(), ended, len(self.pool.threads), self.pool.limit)


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
    detached = sum(task._detached for task in known)
    # A task that is ending this very moment still counts as live, in no state that is counted.
    return RunnerStatistics._make([*map(states.count, _LIVE), *ended, threads, limit, detached])


# Ctrl-C may cut short what the main thread does to a task, between any two steps: finishing that.
#
# Without it, a task that was being cancelled would stay among the live ones, and one that was being queued never run.


def mend(tasks: Iterable[Task], enqueue: Callable[[Task], object]) -> None:
    """Take all steps for `tasks` that may have been left out. Each does no harm where it was not."""
    for task in tasks:
        token = task._token
        if token is not None and token._reason is not None:
            task._ask_now(token._reason, frozenset(TaskState), None)
        if task.done():
            task._after_end()
        elif task.state is TaskState.QUEUED and not task._in_line:
            enqueue(task)
