"""Who has tasks and tells about them, wherever the tasks run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from taskmon.core.task.events import Sink
from taskmon.core.task.handle import TaskHandle


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
