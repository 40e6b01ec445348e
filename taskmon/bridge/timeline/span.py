"""Which part of a record is in view: zoomed and moved by the user, or following the present. No Qt."""

from __future__ import annotations

import math
from typing import Final

#: The shortest time that fills the view, in seconds.
SHORTEST: Final = 1.0
#: A view of the whole run is at least so long, in seconds.
_WHOLE_AT_LEAST: Final = 10.0
#: … and grows by so much at once.
_GROWTH: Final = 1.02
CHOICE_LABELS: Final[dict[float | None, str]] = {10.0: "10 s", 60.0: "60 s", 300.0: "5 min", None: "Whole run"}
"""What the user can choose from, in seconds; None is the whole run."""


class Span:
    """The part in view. Moments are seconds of `time.monotonic()`.

    Attributes:
        length: seconds in view; None for the whole run.
        end: its last moment; None while it follows the present.
    """

    def __init__(self) -> None:
        self.length: float | None = 60.0
        self.end: float | None = None

    @property
    def follows(self) -> bool:
        """Whether it moves on with the present."""
        return self.end is None

    def range(self, first: float, now: float) -> tuple[float, float]:
        """The first and the last moment in view, of a run from `first` to `now`."""
        end = now if self.end is None else self.end
        if self.length is not None:
            return end - self.length, end
        # By steps: what a pixel stands for must not change at each look.
        steps = math.ceil(math.log(max(_WHOLE_AT_LEAST, end - first)) / math.log(_GROWTH))
        return end - _GROWTH**steps, end

    def choose(self, length: float | None) -> None:
        """Show so many seconds, up to the same moment as before; all of it up to the present."""
        self.length = length
        if length is None:
            self.end = None

    def hold(self, now: float) -> None:
        """Stay where it is."""
        if self.end is None:
            self.end = now

    def follow(self) -> None:
        """Go to the present, and on with it."""
        self.end = None

    def zoom(self, factor: float, anchor: float, first: float, now: float) -> None:
        """Show `factor` times as much, so that `anchor` stays where it is; nothing of the present is lost."""
        begin, end = self.range(first, now)
        length = max(SHORTEST, min((end - begin) * factor, max(now - first, _WHOLE_AT_LEAST) * 1.05))
        factor = length / (end - begin)
        if self.follows:  # then the present is what stays
            self.length = length
            return
        self.length = length
        self._end_at(anchor + (end - anchor) * factor, first, now)

    def move(self, seconds: float, first: float, now: float) -> None:
        """Go forward by so many seconds, or back; at the present it follows."""
        begin, end = self.range(first, now)
        if self.length is None:
            self.length = end - begin
        self._end_at(end + seconds, first, now)

    def show(self, moment: float, first: float, now: float) -> None:
        begin, end = self.range(first, now)
        if not begin <= moment <= end:
            self._end_at(moment + (end - begin) / 2, first, now)

    def _end_at(self, end: float, first: float, now: float) -> None:
        assert self.length is not None
        end = max(end, min(first + self.length, now))
        self.end = None if end >= now else end
