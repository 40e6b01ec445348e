"""How fast a task goes and how long it will still take, from what can be believed."""

from __future__ import annotations

from collections import deque
from typing import Final

#: Seconds that the rate looks back on: over time, not over steps, so that a burst of small ones does not count more.
WINDOW: Final = 8.0
#: Samples closer than this, in seconds, are merged.
SPACING: Final = 0.25
#: What it takes before a time left is told.
_SAMPLES_NEEDED: Final = 3
_SECONDS_NEEDED: Final = 5.0
#: A task counts as stalled after this long without progress, or five times its usual gap.
_STALL_AFTER: Final = 10.0


class RateMeter:
    """Fed with ``add(now, done)`` while the task runs. One thread only."""

    __slots__ = ("_began", "_changed_at", "_last", "_longest_gap", "_samples")

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()
        self._began: float | None = None
        self._changed_at: float | None = None
        self._last: float | None = None
        self._longest_gap = 0.0

    def add(self, now: float, done: float) -> None:
        """Note that at `now` (seconds, monotonic) so much was done."""
        if self._began is None:
            self._began = self._changed_at = now
            self._last = done
        elif done != self._last:
            if self._changed_at is not None:
                self._longest_gap = max(self._longest_gap, now - self._changed_at)
            self._changed_at = now
            self._last = done
        samples = self._samples
        if samples and now - samples[-1][0] < SPACING:
            return
        samples.append((now, done))
        while len(samples) > _SAMPLES_NEEDED and now - samples[0][0] > WINDOW:
            samples.popleft()

    def restart(self) -> None:
        """Forget the past: the task was paused, and the time that passed says nothing."""
        self._samples.clear()
        self._began = self._changed_at = self._last = None

    @property
    def rate(self) -> float | None:
        """Amount a second over the window; None until it can be believed."""
        samples = self._samples
        if len(samples) < _SAMPLES_NEEDED:
            return None
        (first_at, first), (last_at, last) = samples[0], samples[-1]
        span = last_at - first_at
        try:
            return (last - first) / span if span > 0 else None
        except OverflowError:  # integers beyond any float
            return None

    def seconds_left(self, total: float) -> float | None:
        """Seconds until `total` at this rate; None while that cannot be believed."""
        if self._began is None or not self._samples or self._samples[-1][0] - self._began < _SECONDS_NEEDED:
            return None
        rate = self.rate
        if not rate or self._last is None:
            return None
        try:
            return max(0.0, (total - self._last) / rate)
        except OverflowError:
            return None

    def stalled_for(self, now: float) -> float:
        """Seconds without progress, once they are out of proportion; 0 otherwise."""
        if self._changed_at is None:
            return 0.0
        quiet = now - self._changed_at
        return quiet if quiet > max(_STALL_AFTER, 5 * self._longest_gap) else 0.0
