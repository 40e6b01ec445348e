"""How many lanes computed over the whole of a run, in so many steps at most. No Qt."""

from __future__ import annotations

from array import array
from typing import Final

#: Steps kept. When they are used up, two become one.
MOST_STEPS: Final = 1_024
#: How long a step is at first, in seconds.
FIRST_STEP: Final = 1.0


class Crowd:
    """Fed with ``add(now, count)`` at each look; belongs to one thread.

    Args:
        now: where it begins, in seconds of `time.monotonic()`.
    """

    def __init__(self, now: float) -> None:
        self.begins = now
        self.step = FIRST_STEP
        """How long a step is, in seconds."""
        self._sums = array("L")
        self._looks = array("L")

    def add(self, now: float, count: int) -> None:
        """Note that so many lanes compute."""
        place = max(0, int((now - self.begins) / self.step))
        while place >= MOST_STEPS:
            self._sums, self._looks = _halved(self._sums), _halved(self._looks)
            self.step *= 2
            place = int((now - self.begins) / self.step)
        missing = place + 1 - len(self._sums)
        if missing > 0:
            self._sums.extend([0] * missing)
            self._looks.extend([0] * missing)
        self._sums[place] += count
        self._looks[place] += 1

    def counts(self) -> list[float]:
        """How many computed on average in each step; 0 where nobody looked."""
        return [total / looks if looks else 0.0 for total, looks in zip(self._sums, self._looks, strict=True)]


def _halved(numbers: array[int]) -> array[int]:
    if len(numbers) % 2:
        numbers = numbers + array(numbers.typecode, [0])
    return array(numbers.typecode, map(sum, zip(numbers[::2], numbers[1::2], strict=True)))
