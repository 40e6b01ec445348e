"""Moves of one job within a queue, in the order in which its jobs will run.

Each takes the queue and the job, and returns whether the job stands there. The lock of the queue's owner is held.
A move costs a walk along the queue.

Cancelled and held jobs stay in a queue until a worker comes to them and passes them over. Moves pass them over, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from taskmon.core.run.pool import Move

T = TypeVar("T")


def to_front(line: deque[T], job: T) -> bool:
    """Make `job` the next."""
    try:
        line.remove(job)
    except ValueError:
        return False
    line.appendleft(job)
    return True


def one_up(counts: Callable[[T], bool]) -> Move[T]:
    """Move a job before the one that runs before it, of those for which `counts(job)` holds."""

    def move(line: deque[T], job: T) -> bool:
        before = -1
        for place, other in enumerate(line):
            if other == job:
                if before >= 0:
                    del line[place]
                    line.insert(before, job)
                return True
            if counts(other):
                before = place
        return False

    return move


def before(other: T) -> Move[T]:
    """Move a job before `other`; to the front where `other` does not stand any more: its turn has come."""

    def move(line: deque[T], job: T) -> bool:
        if not to_front(line, job):
            return False
        for place, each in enumerate(line):
            if each == other:
                line.insert(place, job)
                line.popleft()
                break
        return True

    return move
