"""Forks of a watched program: what our threads would change about them, and whether there are too many to watch.

From 3.12 on, Python warns whoever forks a process with several threads. Ours are none of the program's business: they
hold no lock that its child could need. So where only they are there, that one warning stays away.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import Any, Final

from taskmon.watch.hooks.patching import report
from taskmon.watch.hooks.raw_threads import count_in_kernel

#: More children than this within so many seconds are a crowd: the rest of it is left alone.
_CROWD: Final = 32
_CROWD_SECONDS: Final = 10.0


class Crowd:
    """Tells whether children come so fast that they cannot all be watched in calm."""

    def __init__(self) -> None:
        self._born: deque[float] = deque(maxlen=_CROWD + 1)

    def forget(self) -> None:
        """Of this process, there are none."""
        self._born.clear()

    def note(self) -> None:
        """One more is about to come. In the thread that starts it."""
        self._born.append(time.monotonic())

    @property
    def is_too_large(self) -> bool:
        """Whether the last one was one too many."""
        born = self._born
        return len(born) > _CROWD and born[-1] - born[0] < _CROWD_SECONDS


class ForkWarning:
    """The filter that keeps the warning away, in place from one fork to the next."""

    def __init__(self) -> None:
        self._filter: Any = None
        self._others: tuple[list[Any], list[Any]] = ([], [])

    def take_over(self, filters: list[Any], quiet: list[Any]) -> None:
        """Take `quiet` out of the filters at the next fork. It may have begun already, and be about to warn."""
        self._others = filters, quiet[:]
        quiet.clear()

    def before(self) -> None:
        """A fork is about to happen. In the thread that forks."""
        if sys.version_info < (3, 12):
            return
        try:
            self.remove()
            before = count_in_kernel()
            with open("/proc/self/status") as file:  # no list of a folder: its descriptor could be given away meanwhile
                count = next(int(line.split()[1]) for line in file if line.startswith("Threads:"))
            if count - max(before, count_in_kernel()) <= 1:  # one that ends or begins meanwhile is in one of them
                self._add()
        except Exception as error:
            report(error)

    def _add(self) -> None:
        import re
        import warnings

        message = re.compile(r"This process \(pid=\d+\) is multi-threaded")
        self._filter = ("ignore", message, DeprecationWarning, None, 0)
        # Not `_filters_mutated`, which has the program forget what it has warned of already.
        warnings.filters.insert(0, self._filter)  # type: ignore[attr-defined]

    def remove(self) -> None:
        """Warn again."""
        (filters, others), self._others = self._others, ([], [])
        for one in others:
            if one in filters:
                filters.remove(one)
        own, self._filter = self._filter, None
        if own is None:
            return
        import warnings

        if own in warnings.filters:
            warnings.filters.remove(own)  # type: ignore[attr-defined]
