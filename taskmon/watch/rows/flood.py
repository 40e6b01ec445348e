"""Which of what comes in great numbers gets rows of its own: the first of a kind, those that last, and those that fail.

The rest is counted. A window that shows each of a thousand brief threads shows nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

#: Once so many rows of a kind have ended within so many seconds, it is a flood.
MOST_ENDED: Final = 20
WITHIN: Final = 30.0
#: Then one gets a row only if it lasts so long, in seconds.
LASTING: Final = 2.0
#: So many rows of a kind at once, however long they last.
MOST_AT_ONCE: Final = 1_000
#: Kinds that are kept apart; more than that are no kinds.
_MOST_KINDS: Final = 1_000


class Flood:
    """Counts the rows of each kind. In the agent's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended: dict[object, deque[float]] = {}
        self._alive: dict[object, int] = {}

    def admits(self, kind: object, began: float) -> bool:
        """Whether another one, there since `began`, is to have a row now; it may be asked again later."""
        if self._alive.get(kind, 0) >= MOST_AT_ONCE:
            return False
        return not self.is_on(kind) or self._clock() - began >= LASTING

    def is_on(self, kind: object) -> bool:
        """Whether more of a kind have come and gone lately than anybody could look at."""
        ended = self._ended.get(kind)
        return ended is not None and len(ended) >= MOST_ENDED and self._clock() - ended[0] <= WITHIN

    def began(self, kind: object) -> None:
        """A row has come."""
        self._alive[kind] = self._alive.get(kind, 0) + 1

    def ended(self, kind: object) -> None:
        """A row that came has ended."""
        left = self._alive.get(kind, 0) - 1
        if left > 0:
            self._alive[kind] = left
        else:
            self._alive.pop(kind, None)
        self.passed(kind)

    def passed(self, kind: object) -> None:
        """One that had no row has ended."""
        if kind not in self._ended and len(self._ended) >= _MOST_KINDS:
            self._ended.pop(next(iter(self._ended)))
        self._ended.setdefault(kind, deque(maxlen=MOST_ENDED)).append(self._clock())
