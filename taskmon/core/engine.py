"""The inside of a `TaskRunner`: its live tasks, its groups, its counts.

Apart from the runner, so that worker threads and tasks can hold on to it while the runner itself may be
forgotten by its owner: that closes the pool.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from taskmon.core.events import EventHub, TaskAdded
from taskmon.core.pool import WorkerPool
from taskmon.core.state import TaskState
from taskmon.core.task import Task


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


class _Group:
    """The tasks of one group, where it has a limit."""

    __slots__ = ("limit", "running", "waiting")

    def __init__(self) -> None:
        self.limit = 0
        self.running = 0
        self.waiting: deque[Task] = deque()

    def admit(self) -> list[Task]:
        """Take as many waiting tasks as there is room for. They count when a worker takes them."""
        room = max(0, self.limit - self.running)
        return [self.waiting.popleft() for _ in range(min(room, len(self.waiting)))]


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
        self.pool: WorkerPool[Task] = WorkerPool(
            limit, name, self._run, self._refuse, initializer=initializer, initargs=initargs
        )
        self._lock = self.pool.lock
        self._changed = threading.Condition(self._lock)  # notified when the last task has ended
        self._tasks: dict[int, Task] = {}
        self._groups: dict[str, _Group] = {}
        self._ended = {TaskState.SUCCEEDED: 0, TaskState.FAILED: 0, TaskState.CANCELLED: 0}

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
        """Create a task and queue it, or hold it."""
        self.pool.check_open()
        task = Task(
            fn,
            args,
            kwargs,
            name=name if name is not None else _name_of(fn),
            hub=self.hub,
            engine=self,
            group=group,
            parent=parent,
            timeout=timeout,
            takes_context=takes_context,
            held=held,
        )
        if retry_of is not None:
            task.retry_of = retry_of.id
            task.attempt = retry_of.attempt + 1
        with self._lock:
            self.pool.check_open()  # again: a shutdown may have come in between
            self._tasks[task.id] = task
            if self.hub.sinks:
                self.hub.post(TaskAdded(task.snapshot(), task))
        task._link_to_parent()  # may cancel it right here
        if not held:
            self.enqueue(task)
        return task

    def retry(self, task: Task) -> Task:
        """Start the work of an ended task anew."""
        return self.start(
            task._fn,
            task._args,
            task._kwargs,
            name=task.name,
            group=task.group,
            parent=task.parent if task.parent is not None and not task.parent.done() else None,
            timeout=task._timeout,
            takes_context=task._takes_context,
            retry_of=task,
        )

    def enqueue(self, task: Task) -> None:
        """Put a queued task before the workers."""
        self.pool.put(task)

    def set_group_limit(self, name: str, limit: int | None) -> None:
        """Let at most `limit` tasks of the group run at once; None lifts the limit."""
        with self._lock:
            group = self._groups.get(name)
            if limit is None:
                admitted = list(self._groups.pop(name).waiting) if group is not None else []
            else:
                if group is None:
                    group = self._groups[name] = _Group()
                    group.running = sum(t.group == name and t.state.has_thread for t in self._tasks.values())
                group.limit = limit
                admitted = group.admit()
        for task in admitted:
            self.pool.put(task, first=True)

    # -- tasks run and end: in a worker's thread ----------------------------------------------------

    def _run(self, task: Task) -> None:
        group = self._groups.get(task.group) if self._groups else None
        if group is not None:
            with self._lock:
                if group.running >= group.limit:
                    group.waiting.append(task)  # until one of the group ends
                    return
                group.running += 1
        if task._begin():  # not if it was held or cancelled meanwhile; resume() queues it again
            task._run()
        if self._groups:
            self._leave_group(task)

    def _refuse(self, task: Task, error: BaseException) -> None:
        """Fail a task for which no thread can be had, rather than raise in the face of whoever started it."""
        task._finish_failed(error)

    def _leave_group(self, task: Task) -> None:
        with self._lock:
            group = self._groups.get(task.group)
            if group is None:
                return
            group.running = max(0, group.running - 1)
            admitted = group.admit()
        for waiting in admitted:
            self.pool.put(waiting, first=True)

    def task_ended(self, task: Task) -> None:
        """Count an ended task and let it go."""
        with self._lock:
            if self._tasks.pop(task.id, None) is None:
                return
            self._ended[task.state] += 1
            if not self._tasks:
                self._changed.notify_all()

    def lend_place(self, count: int) -> None:
        """A worker waits for other tasks (+1), or no longer does (-1)."""
        self.pool.lend(count)

    # -- looking ------------------------------------------------------------------------------------

    def live_tasks(self) -> list[Task]:
        """The tasks that have not ended, in the order in which they were started."""
        with self._lock:
            return list(self._tasks.values())

    def attach(self, sink: Callable[[Any], object]) -> list[Task]:
        """Attach a sink to the hub and return the live tasks: every other one it will hear of."""
        with self._lock:
            self.hub.attach(sink)
            return list(self._tasks.values())

    def wait_idle(self, timeout: float | None) -> bool:
        """Wait until no task lives."""
        with self._lock:
            return self._changed.wait_for(lambda: not self._tasks, timeout)

    def statistics(self) -> RunnerStatistics:
        """Count."""
        with self._lock:
            states = [task.state for task in self._tasks.values()]
            ended = dict(self._ended)
        counts = [*(states.count(state) for state in _COUNTED_LIVE), *ended.values()]
        return RunnerStatistics._make([*counts, len(self.pool.threads), self.pool.limit])


_COUNTED_LIVE = (
    TaskState.QUEUED,
    TaskState.HELD,
    TaskState.RUNNING,
    TaskState.PAUSING,
    TaskState.PAUSED,
    TaskState.STOPPING,
)


def _name_of(fn: Callable[..., Any]) -> str:
    while hasattr(fn, "func"):  # functools.partial
        fn = fn.func
    return str(getattr(fn, "__name__", None) or type(fn).__name__)
