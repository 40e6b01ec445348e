"""How much of a processor a thread has used over the last minute. No Qt."""

from __future__ import annotations

from collections import deque
from typing import Final

#: What is kept, in seconds.
SPAN: Final = 60.0
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

    @property
    def revision(self) -> tuple[float, float]:
        """Another one, once there is more."""
        return self._points[-1] if self._points else (0.0, 0.0)
