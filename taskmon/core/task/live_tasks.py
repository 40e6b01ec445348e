"""Who has tasks and tells about them, wherever the tasks run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from taskmon.core.task.events import EventHub, Sink, TaskAdded

if TYPE_CHECKING:  # not needed in a watched program
    from taskmon.core.task.handle import TaskHandle

T = TypeVar("T", bound="TaskHandle")


class TaskSource(Protocol):
    """Something that has tasks and tells about them: a runner, or the link to other programs."""

    def attach(self, sink: Sink) -> Sequence[TaskHandle]:
        """Call ``sink(event)`` for all that happens from now on, and return the tasks that are known already.

        `sink` is called in any thread; it is quick and never raises. Events of one task come in order.
        """

    def detach(self, sink: Sink) -> None:
        """Stop calling `sink`."""

    def tasks(self) -> Sequence[TaskHandle]:
        """Return the tasks that have not ended."""


class LiveTasks(Generic[T]):
    """The tasks of one source that have not ended, and the hub that tells of them: a `TaskSource`. Any thread.

    A task is entered and told of with the lock held, and so is a listener attached: each of them comes to know of each
    task once, either because it was there or by its event.

    Args:
        lock: guards it. It may be one that guards more.
        hub: what tells of the tasks; by default a new one.

    Attributes:
        by_id: the tasks by their numbers, in the order in which they came. Entering one and taking one out are single
            steps, which owners may do without the lock.
    """

    def __init__(self, lock: Any, hub: EventHub | None = None) -> None:
        self.lock = lock
        self.hub = EventHub() if hub is None else hub
        self.by_id: dict[int, T] = {}

    def attach(self, sink: Sink) -> list[T]:
        """Call `sink` for all that happens from now on; return the tasks that it will not hear of as added."""
        with self.lock:
            self.hub.attach(sink)
            return list(self.by_id.copy().values())

    def detach(self, sink: Sink) -> None:
        """Stop calling `sink`."""
        self.hub.detach(sink)

    def tasks(self) -> list[T]:
        """The tasks that have not ended, in the order in which they came."""
        with self.lock:
            return list(self.by_id.copy().values())  # of a copy: some leave without the lock

    def add(self, task: T) -> None:
        """Enter a task, and tell of it. The lock is held."""
        self.by_id[task.id] = task
        if self.hub.sinks:
            self.hub.post(TaskAdded(task.snapshot(), task))

    def forget(self, task_id: int) -> bool:
        """A task has ended; return whether it was there. With the lock or without."""
        return self.by_id.pop(task_id, None) is not None
