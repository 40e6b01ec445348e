"""The tasks of a watched program that can be seen, and those who are told about them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from taskmon.core.events import EventHub, Sink, TaskAdded

if TYPE_CHECKING:
    from taskmon.core.handle import TaskHandle
    from taskmon.watch.rows import WatchedTask


class Board:
    """A `taskmon.core.handle.TaskSource`. Any thread.

    Args:
        program: what the program is called, and its process.
        call_soon: has a function called in the agent's thread, as soon as can be.
    """

    def __init__(self, program: str, pid: int, call_soon: Callable[[Callable[[], object]], object]) -> None:
        self.program = program
        self.pid = pid
        self.call_soon = call_soon
        self.hub = EventHub()
        self._lock = threading.Lock()
        self._live: dict[int, WatchedTask] = {}

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self.hub.sinks)

    def attach(self, sink: Sink) -> Sequence[TaskHandle]:
        """See `taskmon.core.handle.TaskSource`."""
        with self._lock:
            self.hub.attach(sink)
            known = list(self._live.values())
        self.call_soon(_nothing)  # it has been looking seldom, or not at all
        return known

    def detach(self, sink: Sink) -> None:
        """See `taskmon.core.handle.TaskSource`."""
        self.hub.detach(sink)

    def tasks(self) -> Sequence[TaskHandle]:
        """See `taskmon.core.handle.TaskSource`."""
        return self.rows()

    def rows(self) -> list[WatchedTask]:
        """The tasks that have not ended, in the order in which they were added."""
        with self._lock:
            return list(self._live.values())

    def shows(self, row: WatchedTask) -> bool:
        """Whether it has been added, and has not ended."""
        return row.id in self._live

    def add(self, row: WatchedTask) -> None:
        """Show a task. By the agent."""
        with self._lock:
            self._live[row.id] = row
            self.hub.post(TaskAdded(row.snapshot(), row))

    def remove(self, row: WatchedTask) -> None:
        """It has ended, and its listeners know."""
        with self._lock:
            self._live.pop(row.id, None)


def _nothing() -> None:
    pass
