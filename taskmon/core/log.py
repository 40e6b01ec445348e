"""The log of one task: the newest lines, and a count of what had to go."""

from __future__ import annotations

from collections import deque
from typing import Final

#: Lines kept for each task.
LINES_KEPT: Final = 1_000
#: Longest line kept, in characters.
LINE_LIMIT: Final = 4_096


class TaskLog:
    """A ring of lines. Belongs to a task and is guarded by its lock."""

    __slots__ = ("_lines", "count")

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.count = 0
        """Lines logged so far, dropped ones included."""

    @property
    def dropped(self) -> int:
        """Lines that are no longer kept."""
        return self.count - len(self._lines)

    def add(self, lines: list[str]) -> None:
        """Keep `lines`, in place of older ones."""
        self._lines.extend(lines)
        self.count += len(lines)

    def since(self, number: int) -> tuple[int, list[str]]:
        """Return the count and the kept lines from line `number` (counting from 0) on."""
        skip = max(0, number - self.dropped)
        return self.count, list(self._lines)[skip:]


def to_lines(text: object) -> list[str]:
    """Return `text` as lines that may be kept: clipped, and no more than are. Never raises."""
    try:
        lines = str(text)[: LINE_LIMIT * LINES_KEPT].splitlines() or [""]
    except BaseException as error:
        return [f"(a {type(text).__name__} whose text raised {type(error).__name__})"]
    return [line[:LINE_LIMIT] for line in lines[-LINES_KEPT:]]
