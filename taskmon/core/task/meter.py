"""The checkpoint meter: how soon would this worker notice a stop?

Nothing is measured on a checkpoint's fast path. Instead a *reader* raises the task's attention, and the time until the
next checkpoint answers is a true sample of how long a stop would have taken; the time to the checkpoint after
it tells how far apart they are. So the act of looking is the measurement, and a task that nobody
looks at pays nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from taskmon.core.stacks.sampler import StackSample

#: How many samples the estimate looks back on.
_SAMPLES: Final = 8

#: A probe that is unanswered for longer than this, in seconds, is told as "no checkpoint for …".
SILENCE: Final = 1.0


class CheckpointReading(NamedTuple):
    """What is known of a worker's checkpoints."""

    stops_within: float | None
    """Seconds within which the worker should notice a stop, from what was seen lately; None if not known."""
    last_seen: float | None
    """Seconds since it is known to have passed a checkpoint; 0 while it waits in one; None if it never did."""
    unanswered: float
    """Seconds for which a question has gone unanswered; 0 if none is open."""


class CheckpointMeter:
    """One task's meter.

    Lock-free: the reader's side and the worker's side write different slots, each a plain store.
    """

    __slots__ = ("_answered", "_asked", "_gaps", "_interruptible", "_next", "_pending_gap")

    is_remote = False
    """Whether the work is done by another process, where its checkpoints are measured and its stack is."""

    def __init__(self) -> None:
        self._asked: float | None = None  # written by readers; cleared by the worker
        self._answered: float | None = None  # the worker's last known checkpoint
        self._pending_gap = False  # the next checkpoint closes a gap
        self._gaps = [0.0] * _SAMPLES
        self._next = 0
        self._interruptible = 0

    # -- the reader's side --------------------------------------------------------------------------

    def ask(self, now: float) -> bool:
        """Open a question unless one is open; return whether the worker's attention must be raised."""
        if self._asked is not None or self._interruptible:
            return False
        self._asked = now
        return True

    def read(self, now: float) -> CheckpointReading:
        if self._interruptible:
            return CheckpointReading(0.0, 0.0, 0.0)
        asked = self._asked
        unanswered = max(0.0, now - asked) if asked is not None else 0.0
        answered = self._answered
        last_seen = None if answered is None else max(0.0, now - answered)
        if not self._next:
            return CheckpointReading(None, last_seen, unanswered)
        return CheckpointReading(max(*self._gaps, unanswered), last_seen, unanswered)

    def ask_stack(self) -> StackSample | None:
        """Return the latest look at the stack of remote work, and have it looked at for a while. Never waits."""
        return None

    # -- the worker's side --------------------------------------------------------------------------

    def answer(self, now: float) -> bool:
        """Note a checkpoint; return whether the next one is wanted as well."""
        asked = self._asked
        if self._pending_gap and self._answered is not None:
            self._add(now - self._answered)
            self._pending_gap = False
        self._answered = now
        if asked is None:
            return False
        self._add(now - asked)
        self._asked = None
        self._pending_gap = True
        return True

    def look(self) -> None:
        """Note that the worker looked at its token: as good as a checkpoint for those who ask, and cheap otherwise."""
        if self._asked is not None or self._pending_gap:
            self.answer(time.monotonic())

    def enter_wait(self) -> None:
        """The worker sleeps or waits where a stop wakes it at once."""
        self._interruptible += 1

    def leave_wait(self, now: float) -> None:
        """The worker goes on."""
        self._interruptible -= 1
        self._answered = now
        self._asked = None

    def _add(self, seconds: float) -> None:
        self._gaps[self._next % _SAMPLES] = seconds
        self._next += 1
