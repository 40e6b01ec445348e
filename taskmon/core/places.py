"""The places of workers, and of groups that have a limit: lent while a task waits for others, or given up for good."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from taskmon.core.groups import Groups
from taskmon.core.pool import WorkerPool
from taskmon.core.state import TaskState

if TYPE_CHECKING:
    from taskmon.core.task import Task


class Places:
    """Those of one engine, whose live `tasks` it looks at. All methods take the pool's lock themselves."""

    def __init__(self, pool: WorkerPool[Task], tasks: dict[int, Task]) -> None:
        self.groups: Groups[Task] = Groups()
        self._pool = pool
        self._tasks = tasks
        self._lent: Counter[int] = Counter()  # by task: how often it lends its place right now

    def set_group_limit(self, name: str, limit: int | None) -> None:
        """Let at most `limit` tasks of the group run at once; None lifts the limit."""

        counted: dict[Task, int] = {}

        def running() -> dict[Task, int]:
            # Tasks leave without the lock, so a copy is looked at.
            tasks = self._tasks.copy().values()
            counted.update({task: 1 - self._lent[task.id] for task in tasks if task._has_place and task.group == name})
            return counted

        with self._pool.lock:
            self._pool.put_first(self.groups.set_limit(name, limit, running))
            for task in counted:
                if not task._has_place:  # it ended while it was counted, and saw no place that it had to leave
                    self._pool.put_first(self.groups.leave(task))
        self._pool.turn_away()

    def lend(self, task: Task, count: int) -> None:
        """A worker waits for other tasks (+1) and lends them its place, or no longer does (-1)."""
        with self._pool.lock:
            if task._detached:
                return  # its place is not its own any more
            self._lent[task.id] += count
            if not self._lent[task.id]:
                del self._lent[task.id]
            self._pool.put_first(self.groups.lend(task, count))
            self._pool.lend(count)
        self._pool.turn_away()

    def detach(self, task: Task) -> bool:
        """Give the place of a task that does not stop to others. See `Task.detach`."""
        # While the task's lock is held, it cannot end, and its thread not go on to another task.
        with self._pool.lock, task._lock:
            thread_id = task._thread_id
            if task.state is not TaskState.STOPPING or thread_id is None or task._detached:
                return False
            task._detached = True
            task._has_place = False
            lent = self._lent.pop(task.id, 0)
            self._pool.put_first(self.groups.leave(task, 1 - lent))
            if lent:
                self._pool.lend(-lent)
            self._pool.give_up(thread_id)
        self._pool.turn_away()
        return True
