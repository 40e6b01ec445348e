"""Groups of tasks, of which at most so many may run at once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from taskmon.core.line import Move


T = TypeVar("T")


class Group(Generic[T]):
    """One group: how many of it run, and what waits because that is enough."""

    __slots__ = ("limit", "running", "waiting")

    def __init__(self) -> None:
        self.limit: int | None = None
        self.running = 0
        self.waiting: deque[T] = deque()

    @property
    def is_full(self) -> bool:
        """Whether no more of it may run."""
        return self.limit is not None and self.running >= self.limit

    def admit(self) -> list[T]:
        """Take out as many waiting ones as there is room for. They count once they run."""
        room = len(self.waiting) if self.limit is None else min(len(self.waiting), self.limit - self.running)
        return [self.waiting.popleft() for _ in range(room)]


class Groups(Generic[T]):
    """All groups, by name. Guarded by the lock of their owner."""

    __slots__ = ("_groups",)

    def __init__(self) -> None:
        self._groups: dict[str, Group[T]] = {}

    def enter(self, name: str, job: T) -> bool:
        """Count `job` as running, or keep it waiting because its group is full; return which."""
        group = self._get(name)
        if group.is_full:
            group.waiting.append(job)
            return False
        group.running += 1
        return True

    def leave(self, name: str, count: int = 1) -> list[T]:
        """Count one that runs no longer (or, with -1, does so again); return those that may run instead."""
        group = self._get(name)
        group.running -= count
        admitted = group.admit()
        self._forget_if_unused(name, group)
        return admitted

    def move(self, name: str, job: T, how: Move[T]) -> bool:
        """Move a job among those of its group that wait; return whether it does."""
        group = self._groups.get(name)
        return group is not None and how(group.waiting, job)

    def waiting(self) -> list[T]:
        """All jobs that wait because their group is full, by group and in order."""
        return [job for group in self._groups.values() for job in group.waiting]

    def set_limit(self, name: str, limit: int | None) -> list[T]:
        """Change the limit of a group, None for none; return those that may run now."""
        group = self._get(name)
        group.limit = limit
        admitted = group.admit()
        self._forget_if_unused(name, group)
        return admitted

    def _get(self, name: str) -> Group[T]:
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group()
        return group

    def _forget_if_unused(self, name: str, group: Group[T]) -> None:
        if group.limit is None and not group.running and name:  # the nameless one is used all the time
            del self._groups[name]
