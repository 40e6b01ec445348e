"""A task that nobody runs."""

from __future__ import annotations

from typing import Any

from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState


class PlayedTask:
    """What the window takes for a task: its picture is what a test makes it. Of another program, if it has a `kind`."""

    def __init__(
        self, number: int, name: str, state: TaskState = TaskState.RUNNING, *, kind: str = "", **more: Any
    ) -> None:
        self.id, self.name = number, name
        more.setdefault("started_at", 0.0)
        if kind:
            more["origin"] = Origin("x.py", 7, name, kind)
        self.picture = TaskSnapshot(number, name, state, 1, 100.0, 0.0, **more)

    def become(self, **more: Any) -> TaskSnapshot:
        """Change the picture, a second later, and return it."""
        self.picture = self.picture._replace(taken_at=self.picture.taken_at + 1.0, **more)
        return self.picture

    def snapshot(self) -> TaskSnapshot:
        """The picture."""
        return self.picture

    def ask(self, _request: object, _dispatch: object = None) -> bool:
        """Be asked, and do nothing."""
        return True

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Nothing."""
        return since, []

    def stack(self) -> None:
        """None has come."""
