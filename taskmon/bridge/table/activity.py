"""What is kept for each live row to draw charts from: how fast it has gone, what its thread has used. No Qt."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from typing import Final

from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

#: Samples kept. When there are more, every second one goes, and the rest are taken half as often.
MOST_SAMPLES: Final = 240
#: Samples kept of a task that has ended.
MOST_OF_ENDED: Final = 100
#: Seconds between two samples at first.
FIRST_INTERVAL: Final = 0.5
#: Pauses kept.
_MOST_PAUSES: Final = 50

_STANDING: Final = frozenset({TaskState.PAUSED, TaskState.HELD})


class Activity:
    """One task's course. Belongs to the UI thread."""

    __slots__ = (
        "_counted", "_interval", "_next", "_passed", "_paused_since", "amounts", "moments", "pauses", "revision",
        "stop_at",
    )  # fmt: skip

    def __init__(self) -> None:
        self.moments = array("d")
        """When, in seconds of `time.monotonic()` …"""
        self.amounts = array("d")
        """… how much had been done in all, however often it has begun to count anew."""
        self.pauses: list[tuple[float, float]] = []
        """From when to when it stood still at the user's wish."""
        self.stop_at: float | None = None
        """When it was asked to stop."""
        self.revision = 0
        """Grows with each change."""
        self._interval = FIRST_INTERVAL
        self._next = 0.0
        self._paused_since: float | None = None
        self._counted: tuple[float, str] = (0.0, "")
        self._passed = 0.0

    def add(self, snapshot: TaskSnapshot) -> None:
        """Take what a picture of the task tells. Costs next to nothing when it is too early for a sample."""
        now = snapshot.taken_at
        self.stop_at = snapshot.stop_requested_at
        if snapshot.state in _STANDING:
            if self._paused_since is None:
                self._paused_since = now
                self._sample(now, snapshot)
            return
        if self._paused_since is not None:
            if len(self.pauses) < _MOST_PAUSES:
                self.pauses.append((self._paused_since, now))
            self._paused_since = None
            self._sample(now, snapshot)
        elif now >= self._next or snapshot.state.is_final:
            self._sample(now, snapshot)
        if snapshot.state.is_final:
            while len(self.moments) > MOST_OF_ENDED:  # there may be ten thousand of them
                self._thin_out()

    def _sample(self, now: float, snapshot: TaskSnapshot) -> None:
        done = snapshot.progress.done
        if done is None or not isinstance(done, (int, float)):
            return
        if self.moments and now - self.moments[-1] < self._interval / 2:
            # The rate over a few milliseconds is no rate: a single step would be a spike. So the end of a task and the
            # begin of a pause, which come when they will, stand in for the sample before.
            if len(self.moments) == 1 or now <= self.moments[-1]:
                return
            self.moments.pop()
            self.amounts.pop()
        self.moments.append(now)
        amount, unit = float(min(done, 1e300)), snapshot.progress.unit
        counted, unit_before = self._counted
        if unit != unit_before:  # it counts something else, such as subtasks: how much was done meanwhile is not known
            self._passed += counted - amount
        elif amount < counted:  # it counts anew
            self._passed += counted
        self._counted = amount, unit
        self.amounts.append(self._passed + amount)
        self._next = now + self._interval
        self.revision += 1
        if len(self.moments) > MOST_SAMPLES:
            self._thin_out()

    def _thin_out(self) -> None:
        # The last one stays: it is where the next begins.
        del self.moments[1:-1:2], self.amounts[1:-1:2]
        self._interval *= 2

    def rates(self) -> list[tuple[float, float]]:
        """The speed between two samples while it worked, as (moment of the second, amount a second)."""
        found = []
        for number in range(1, len(self.moments)):
            began, ended = self.moments[number - 1 : number + 1]
            before, after = self.amounts[number - 1 : number + 1]
            worked = ended - began - self._paused_between(began, ended)
            found.append((ended, (after - before) / worked if worked > 0 else 0.0))
        return found

    def _paused_between(self, began: float, ended: float) -> float:
        first = max(0, bisect_left(self.pauses, (began,)) - 1)
        paused = 0.0
        for begin, end in self.pauses[first:]:
            if begin >= ended:
                break
            paused += max(0.0, min(end, ended) - max(begin, began))
        return paused

    def course(self, until: float) -> list[tuple[float, float]]:
        """The speed as the points of a line, which falls to nothing where a pause begins and rises where that ends."""
        points = self.rates()
        for begin, end in self.pauses_until(until):
            before = [point for point in points if point[0] <= begin]
            after = [point for point in points if point[0] > end]
            edges = [(begin, 0.0), (end, 0.0)]
            if before:
                edges.insert(0, (begin, before[-1][1]))
            if after:
                edges.append((end, after[0][1]))
            points = [*before, *edges, *after]
        return points

    def pauses_until(self, now: float) -> list[tuple[float, float]]:
        """The pauses, the present one included."""
        return self.pauses if self._paused_since is None else [*self.pauses, (self._paused_since, now)]


#: What is kept, in seconds.
SPAN: Final = 60.0
#: A spark has so many bars, each of so many seconds, this high at most, in pixels.
_PIECES: Final = 10
_PIECE: Final = SPAN / _PIECES
BAR_HEIGHT: Final = 14
#: The share of a processor from which a thread that computes at each look keeps it busy.
BUSY_FROM: Final = 0.1
#: After longer without a look, in seconds, it may have rested meanwhile.
_GAP: Final = 5.0
#: Looks that are closer than this are one, in seconds.
_STEP: Final = 0.9


class CpuMinute:
    """The shares that the looks at one thread have told, as (moment, share). Belongs to the UI thread."""

    __slots__ = ("_points", "busy_since")

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()
        self.busy_since: float | None = None
        """Since when each look has found the thread computing; None if the last one has not."""

    def add(self, moment: float, share: float, *, computes: bool = False) -> None:
        """Note what a look has told, in the order of time."""
        points = self._points
        if not computes or share < BUSY_FROM:
            self.busy_since = None
        elif self.busy_since is None or moment - points[-1][0] > _GAP:
            self.busy_since = moment
        if points and moment - points[-1][0] < _STEP:
            points[-1] = (points[-1][0], share)
            return
        points.append((moment, share))
        while points[0][0] < moment - SPAN:
            points.popleft()

    def points(self) -> list[tuple[float, float]]:
        """The moments, in seconds of `time.monotonic()`, with the share used until then; the oldest first."""
        return list(self._points)

    def bars(self, now: float) -> tuple[int, ...]:
        """The minute in pieces of six seconds, the oldest first: each a height up to `BAR_HEIGHT`, -1 if nobody looked.

        The pieces are those of the clock, so that they do not change their heights while they move on.
        """
        last = int(now / _PIECE)
        sums: dict[int, list[float]] = {}
        for moment, share in self._points:
            sums.setdefault(int(moment / _PIECE), []).append(share)
        means = [sum(found) / len(found) if (found := sums.get(last - ago)) else None for ago in range(_PIECES)]
        most = max([1.0, *(mean for mean in means if mean is not None)])
        return tuple(-1 if mean is None else round(mean / most * BAR_HEIGHT) for mean in reversed(means))

    @property
    def revision(self) -> tuple[float, float]:
        """Another one, once there is more."""
        return self._points[-1] if self._points else (0.0, 0.0)
