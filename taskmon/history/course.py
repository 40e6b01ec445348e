"""How a task went: how much it had done at which time. What the next run of the same work is compared with."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from itertools import pairwise
from typing import Final, NamedTuple

from taskmon.history.values import number

#: Points kept of a run; when there are more, every other one goes.
_MOST: Final = 64
#: Two points are no closer than this, in seconds: they are written to the millisecond, and must still differ then.
_CLOSEST: Final = 0.002
#: A run that was shorter than this, in seconds, is nothing to compare with.
SHORTEST: Final = 2.0


class Course(NamedTuple):
    """One run: pairs of seconds of work and the amount done by then, both rising."""

    points: tuple[tuple[float, float], ...]

    def amount_at(self, elapsed: float) -> float:
        """The amount done after `elapsed` seconds of work; after the end, all of it."""
        points = self.points
        place = bisect_right(points, (elapsed, math.inf))
        if place == 0:
            (until, amount) = points[0]
            return amount * max(0.0, elapsed) / until if until > 0 else amount
        if place == len(points):
            return points[-1][1]
        (before, low), (after, high) = points[place - 1], points[place]
        return low + (high - low) * (elapsed - before) / (after - before)

    def to_text(self) -> str:
        return json.dumps([[round(elapsed, 3), amount] for elapsed, amount in self.points])

    @classmethod
    def from_text(cls, told: str) -> Course | None:
        """Return what `to_text` told; None if it makes no sense."""
        try:
            points = tuple((float(elapsed), float(amount)) for elapsed, amount in json.loads(told))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return None
        sensible = all(math.isfinite(value) for point in points for value in point)
        rising = all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(points))
        return cls(points) if points and sensible and rising else None


class CourseMeter:
    """Takes a few dozen points of a running task, however long it runs. One thread only."""

    __slots__ = ("_points", "_spacing")

    SPACING = 0.2
    """Seconds between two points, to begin with."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []
        self._spacing = self.SPACING

    def add(self, elapsed: float, done: object) -> None:
        """Note how much is done after `elapsed` seconds of work."""
        points = self._points
        if points and elapsed - points[-1][0] < self._spacing:
            return
        self._append(elapsed, done)

    def finish(self, elapsed: float, done: object) -> Course | None:
        """Return the whole course; None if there is too little of it."""
        while self._points and elapsed <= self._points[-1][0]:
            self._points.pop()
        self._append(elapsed, done)
        if len(self._points) < 3 or elapsed < SHORTEST:
            return None
        return Course(tuple(self._points))

    def _append(self, elapsed: float, done: object) -> None:
        amount = number(done)
        if amount is None:
            return
        if self._points and elapsed - self._points[-1][0] < _CLOSEST:
            self._points.pop()
        self._points.append((elapsed, float(amount)))
        if len(self._points) > _MOST:
            del self._points[1::2]
            self._spacing = max(0.01, self._spacing * 2)
