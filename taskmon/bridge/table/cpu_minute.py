"""How much of a processor a thread has used over the last minute. No Qt."""

from __future__ import annotations

from collections import deque
from typing import Final

#: What is kept, in seconds.
SPAN: Final = 60.0
#: A spark has so many bars, each of so many seconds, this high at most, in pixels.
_PIECES: Final = 10
_PIECE: Final = SPAN / _PIECES
BAR_HEIGHT: Final = 14
#: Looks that are closer than this are one, in seconds.
_STEP: Final = 0.9


class CpuMinute:
    """The shares that the looks at one thread have told, as (moment, share). Belongs to the UI thread."""

    __slots__ = ("_points",)

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()

    def add(self, moment: float, share: float) -> None:
        """Note what a look has told, in the order of time."""
        points = self._points
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
