"""Progress as readers see it: never backwards, never past the end, whatever a worker writes.

Workers write plain values into slots, without a check, because that is the path of every item. Whoever *reads*
the slots pays for the sense in them: `ProgressReader.read()`.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Final, NamedTuple

from taskmon.core.base.errors import type_name
from taskmon.core.base.numbers import plain_number, share_in
from taskmon.core.base.text import to_text

#: The resolution of a bar. Widgets count in 32-bit integers, workers do not.
BAR_STEPS: Final = 10_000


class Progress(NamedTuple):
    """How far a task is."""

    done: int | float | None = None
    """Amount done, in `unit`; None until the worker has reported."""
    total: int | float | None = None
    """Amount in all; None while it is unknown."""
    unit: str = ""
    """What is counted: "bytes", "files", … Empty for bare numbers."""
    message: str = ""
    """What is happening now, in the worker's words. Not trusted: show it as plain text only."""

    @property
    def fraction(self) -> float | None:
        """The share done, 0.0 to 1.0; None while the total is unknown."""
        return None if self.total is None else self.bar_steps / BAR_STEPS

    @property
    def percent(self) -> int:
        """The share done in whole hundredths, rounded down; 0 while unknown."""
        return self.bar_steps * 100 // BAR_STEPS

    @property
    def bar_steps(self) -> int:
        """The share done as a whole number of `BAR_STEPS`; right for numbers of any size, 0 while unknown."""
        done, total = self.done, self.total
        return 0 if total is None or done is None else share_in(BAR_STEPS, done, total)


class ProgressReader:
    """Turns what a worker wrote into `Progress`. One for each task, read under its lock; keeps the highest amount.

    If the amount `may_go_back`, it keeps the last: a bar that somebody else draws may begin anew, and is told as it is.
    """

    __slots__ = ("_done", "_may_go_back", "_message", "_total", "_unit", "complaint")

    def __init__(self, *, may_go_back: bool = False) -> None:
        self._may_go_back = may_go_back
        self._done: int | float | None = None
        self._total: int | float | None = None
        self._unit = ""
        self._message = ""
        self.complaint = ""
        """The first thing that made no sense, in words; empty if everything did."""

    def read(self, done: Any, total: Any, unit: Any, message: Any) -> Progress:
        """Return the sensible progress for these raw values. Never raises.

        A value that is no number, NaN or infinite is ignored. A negative one counts as zero. Going back is ignored. An
        amount beyond the total means that the total was wrong: it becomes unknown.
        """
        amount = self._amount(done, "done")
        if amount is not None:
            if self._done is None or amount > self._done or self._may_go_back:
                self._done = amount
            elif amount < self._done:
                self._complain(f"progress went back from {self._done} to {amount}")
        whole = self._amount(total, "total")
        if whole == 0 and self._done:
            whole = None
            self._complain("the total was zero, yet something was done")
        if whole is not None and self._done is not None and self._done > whole:
            self._complain(f"{self._done} done of a total of {whole}")
            whole = None
        self._total = whole
        if unit is not None:
            self._unit = to_text(unit) or self._unit
        if message is not None:
            self._message = to_text(message)
        return Progress(self._done, self._total, self._unit, self._message)

    def _amount(self, raw: Any, name: str) -> int | float | None:
        if raw is None:
            return None
        value = plain_number(raw)
        if value is None:
            self._complain(f"{name} was {type_name(raw)}, not a number")
            return None
        if type(value) is float and not math.isfinite(value):
            self._complain(f"{name} was {value}")
            return None
        if value < 0:
            self._complain(f"{name} was negative")
            return 0
        if value > _LARGEST:
            self._complain(f"{name} was beyond any number")
            return None
        return value

    def _complain(self, text: str) -> None:
        if not self.complaint:
            self.complaint = text if len(text) < 200 else text[:200] + "…"


#: Integers above this have no float, and 14 times as many digits not even a text.
_LARGEST: Final = 10**300


# How fast a task goes and how long it will still take, from what can be believed.

#: Seconds that the rate looks back on: over time, not over steps, so that a burst of small ones does not count more.
WINDOW: Final = 8.0
#: So long at most, in seconds, where fewer samples than this tell of steps: over two or three, each would be a jump.
_LONGEST: Final = 60.0
_STEADY: Final = 16
#: Samples closer than this, in seconds, are merged.
SPACING: Final = 0.25
#: What it takes before a time left is told.
_SAMPLES_NEEDED: Final = 3
_SECONDS_NEEDED: Final = 5.0
#: A task counts as stalled after this long without progress, or five times its usual gap.
_STALL_AFTER: Final = 10.0


class RateMeter:
    """Fed with ``add(now, done, unit)`` while the task runs. One thread only."""

    __slots__ = ("_began", "_changed_at", "_last", "_longest_gap", "_samples", "_unit")

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()
        self._began: float | None = None
        self._changed_at: float | None = None
        self._last: float | None = None
        self._longest_gap = 0.0
        self._unit = ""

    def add(self, now: float, done: float, unit: str = "") -> None:
        """Note that at `now` (seconds, monotonic) so much was done. Less than before, or another unit, begins anew."""
        if unit != self._unit or (self._last is not None and done < self._last):
            self._unit = unit
            self.restart()
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
        if len(samples) > 1 and samples[-1][1] == samples[-2][1] == done:
            samples.pop()  # of a time in which nothing moved, its begin and its end
        samples.append((now, done))
        while len(samples) > _SAMPLES_NEEDED and now - samples[0][0] > (WINDOW if len(samples) > _STEADY else _LONGEST):
            samples.popleft()

    def restart(self) -> None:
        """Forget the past: the task was paused, and the time that passed says nothing."""
        self._samples.clear()
        self._began = self._changed_at = self._last = None

    def copy(self) -> RateMeter:
        """Return one that stays as this is now."""
        made = RateMeter()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        made._samples = self._samples.copy()
        return made

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
