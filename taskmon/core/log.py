"""The log of one task: the newest lines, and a count of what had to go."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from taskmon.core.events import EventHub, TaskLogged

#: Lines kept for each task.
LINES_KEPT: Final = 1_000
#: Longest line kept, in characters.
LINE_LIMIT: Final = 4_096


class TaskLog:
    """A ring of lines. Any thread may add and read."""

    __slots__ = ("_lines", "_lock", "count")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.count = 0
        """Lines logged so far, dropped ones included."""

    @property
    def dropped(self) -> int:
        """Lines that are no longer kept."""
        return self.count - len(self._lines)

    def add(self, task_id: int, text: object, hub: EventHub) -> None:
        """Keep the lines of `text`, and tell `hub`. Never raises."""
        try:
            lines = str(text)[: LINE_LIMIT * LINES_KEPT].splitlines() or [""]
        except BaseException as error:
            lines = [f"(a {type(text).__name__} whose text raised {type(error).__name__})"]
        for line in lines:
            clipped = line[:LINE_LIMIT]
            with self._lock:
                self._lines.append(clipped)
                self.count += 1
                if hub.sinks:  # under the lock, so that the lines arrive in order
                    hub.post(TaskLogged(task_id, clipped))

    def since(self, number: int) -> tuple[int, list[str]]:
        """Return the count and the kept lines from line `number` (counting from 0) on."""
        with self._lock:
            first_kept = self.count - len(self._lines)
            skip = max(0, number - first_kept)
            return self.count, list(self._lines)[skip:]
