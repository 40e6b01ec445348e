"""What a thread does, roughly: by this its sign in the table and its shape on the timeline are chosen."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from taskmon.core.stacks.facts import Activity


class Kind(IntEnum):
    """What is told apart by sign, shape and colour."""

    NOTHING = 0
    """It is not there."""
    UNSEEN = 1
    """It is there, but nobody looked."""
    RUNNING = 2
    """It is at work, and more is not known."""
    CALL = 3
    """In a call into C of which nothing more is known."""
    COMPUTING = 4
    OUTSIDE = 5
    """Computing outside Python."""
    LOCK = 6
    DEADLOCK = 7
    TRANSFER = 8
    """Reading, writing, connecting."""
    SLEEPING = 9
    """Waiting for whatever else: time, work, an event, a queue, a child process, a result."""
    PAUSED = 10


WAITS: Final = frozenset({Kind.LOCK, Kind.DEADLOCK, Kind.TRANSFER, Kind.SLEEPING})
"""Those in which a thread rests: one after the other are not one that is longer."""
_A = Activity
_KINDS: Final = {
    _A.COMPUTING: Kind.COMPUTING, _A.OUTSIDE: Kind.OUTSIDE, _A.CALL: Kind.CALL, _A.LOCK: Kind.LOCK,
    _A.SEMAPHORE: Kind.LOCK, _A.FILE_LOCK: Kind.LOCK, _A.READING: Kind.TRANSFER, _A.WRITING: Kind.TRANSFER,
    _A.CONNECTING: Kind.TRANSFER, _A.ACCEPTING: Kind.TRANSFER, _A.IO: Kind.TRANSFER,
}  # fmt: skip


def kind_of(activity: Activity) -> Kind:
    return _KINDS.get(activity, Kind.SLEEPING)
