"""What the window filters tasks by and counts. Part of the first frame, which needs nothing else of a table. No Qt."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Category(Enum):
    """The groups of states that the window filters by and counts."""

    __hash__ = object.__hash__  # members are single objects; Enum's own is written in Python

    ALL = "all"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


CATEGORY_LABELS: Final = {
    Category.ALL: "All",
    Category.RUNNING: "Running",
    Category.WAITING: "Waiting",
    Category.PAUSED: "Paused",
    Category.FINISHED: "Finished",
    Category.FAILED: "Failed",
}
