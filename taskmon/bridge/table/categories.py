"""What the window filters tasks by and counts. Part of the first frame, which needs nothing else of a table. No Qt."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Category(Enum):
    """What the window filters by and counts: groups of states, and what asks for attention."""

    __hash__ = object.__hash__  # members are single objects; Enum's own is written in Python

    ALL = "all"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    STUCK = "stuck"
    """Beside being in another of these: it is in a deadlock, or does not heed the request to stop."""


CATEGORY_LABELS: Final = {
    Category.ALL: "All",
    Category.RUNNING: "Running",
    Category.WAITING: "Queued",
    Category.PAUSED: "Paused",
    Category.FINISHED: "Ended",
    Category.FAILED: "Failed",
    Category.STUCK: "Stuck",
}
