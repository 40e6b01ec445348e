"""Groups of tasks of which only so many may run at once, and the places of the tasks that run.

A place is one task's share of the limit of the runner, and of its group if that has one. A task takes it when it
begins, lends it to others while it waits for them, and loses it for good when it is detached.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from taskmon.core.run.pool import Move, WorkerPool
from taskmon.core.task.live_tasks import LiveTasks
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task

T = TypeVar("T")


class Group(Generic[T]):
    """One group that has a limit: how many of it run, what waits because that is enough, and what was let in."""

    __slots__ = ("coming", "limit", "running", "waiting")

    def __init__(self) -> None:
        self.limit = 0
        self.running = 0
        self.waiting: deque[T] = deque()
        self.coming: set[T] = set()  # let in, but not begun: the room is theirs

    @property
    def room(self) -> int:
        """How many more may run."""
        return self.limit - self.running - len(self.coming)

    def admit(self) -> list[T]:
        """Take out as many waiting ones as there is room for."""
        admitted = [self.waiting.popleft() for _ in range(min(len(self.waiting), self.room))]
        self.coming.update(admitted)
        return admitted


class Groups(Generic[T]):
    """The groups that have a limit, by name. Guarded by the lock of their owner.

    The others are not counted: most programs limit none, and each task would pay for it. When a limit is set, the owner
    tells which jobs of the group run at that moment.
    """

    __slots__ = ("limited", "places")

    def __init__(self) -> None:
        self.limited: dict[str, Group[T]] = {}
        self.places: dict[T, Group[T]] = {}
        """Of the jobs that run in such a group: where they count."""

    def enter(self, name: str, job: T) -> bool:
        """Count `job` as running, or keep it waiting because its group is full; return which."""
        group = self.limited.get(name)
        if group is None or job in self.places:
            return True
        came = job in group.coming
        group.coming.discard(job)
        if group.room <= 0:
            if came:  # the limit has been lowered meanwhile: it was the first, and is again
                group.waiting.appendleft(job)
            else:
                group.waiting.append(job)
            return False
        group.running += 1
        self.places[job] = group
        return True

    def count(self, name: str, job: T) -> None:
        """Count a job that runs, unless it is counted."""
        group = self.limited.get(name)
        if group is not None and job not in self.places:
            group.running += 1
            self.places[job] = group

    def leave(self, job: T, count: int = 1) -> list[T]:
        """`job` runs no longer, or `count` of what counts for it is lent; return those that may run instead."""
        group = self.places.pop(job, None)
        if group is None:
            return []
        group.running -= count
        return group.admit()

    def give_back(self, name: str, job: T) -> list[T]:
        """`job`, which was taken from the queue, will not run; return those that may run instead."""
        if job in self.places:
            return self.leave(job)
        group = self.limited.get(name)
        if group is None or job not in group.coming:
            return []
        group.coming.discard(job)
        return group.admit()

    def lend(self, job: T, count: int) -> list[T]:
        """Count a job that waits for others no more (1), or again (-1); return those that may run instead."""
        group = self.places.get(job)
        if group is None:
            return []
        group.running -= count
        return group.admit()

    def move(self, name: str, job: T, how: Move[T]) -> bool:
        """Move a job among those of its group that wait; return whether it does."""
        group = self.limited.get(name)
        if group is None:
            return False
        waiting = group.waiting.copy()  # changed as a whole: Ctrl-C in the middle would lose a job
        if not how(waiting, job):
            return False
        group.waiting = waiting
        return True

    def waiting(self) -> list[T]:
        """All jobs that wait because their group is full, by group and in order."""
        return [job for group in self.limited.values() for job in group.waiting]

    def set_limit(self, name: str, limit: int | None, running: Callable[[], Mapping[T, int]]) -> list[T]:
        """Change the limit of a group, None for none; return those that may run now.

        `running` gives the jobs of the group that run, and for how many each counts: less than one while it lends. It
        is asked once the limit is known: jobs that begin from then on ask for a place themselves.
        """
        if limit is None:
            group = self.limited.pop(name, None)
            if group is None:
                return []
            for job in [job for job, its in self.places.items() if its is group]:
                del self.places[job]
            return list(group.waiting)
        group = self.limited.get(name)
        if group is None:
            group = self.limited[name] = Group()
            members = running()
            group.running = sum(members.values())
            self.places.update(dict.fromkeys(members, group))
        group.limit = limit
        return group.admit()


class Places:
    """The places of one engine's `live` tasks. Any thread: each method takes the pool's lock itself."""

    def __init__(self, pool: WorkerPool[Task], live: LiveTasks[Task]) -> None:
        self.groups: Groups[Task] = Groups()
        self._pool = pool
        self._live = live
        self._lent: Counter[int] = Counter()  # by task: how often it lends its place right now

    def set_group_limit(self, name: str, limit: int | None) -> None:
        """Let at most `limit` tasks of the group run at once; None lifts the limit."""

        counted: dict[Task, int] = {}

        def running() -> dict[Task, int]:
            # Tasks leave without the lock, so a copy is looked at.
            tasks = self._live.by_id.copy().values()
            counted.update({task: 1 - self._lent[task.id] for task in tasks if task.has_place and task.group == name})
            return counted

        with self._pool.lock:
            self._pool.put_first(self.groups.set_limit(name, limit, running))
            for task in counted:
                if not task.has_place:  # it ended while it was counted, and saw no place that it had to leave
                    self._pool.put_first(self.groups.leave(task))
        self._pool.turn_away()

    def lend(self, task: Task, count: int) -> None:
        """A worker waits for other tasks (+1) and lends them its place, or no longer does (-1)."""
        with self._pool.lock:
            if task.detached:
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
        with self._pool.lock, task.lock:
            thread_id = task.thread_id
            if task.state is not TaskState.STOPPING or thread_id is None or task.detached:
                return False
            task.detached = True
            task.has_place = False
            lent = self._lent.pop(task.id, 0)
            self._pool.put_first(self.groups.leave(task, 1 - lent))
            if lent:
                self._pool.lend(-lent)
            self._pool.give_up(thread_id)
        self._pool.turn_away()
        return True
