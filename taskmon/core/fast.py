"""Iterating at the speed of C: a `track` that runs no bytecode of ours between two items.

The iterators of the built-in sequences tell how much is left (`operator.length_hint`), so readers can see the progress
without the worker's help; and they can be told from another thread that they are at their end (``__setstate__``), which
is how a stop gets in.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.errors import TaskCancelled

if TYPE_CHECKING:
    from taskmon.core.context import TaskContext

#: The exact types that can be iterated like this. A subclass may iterate as it likes.
FAST_TYPES: Final = frozenset({list, tuple, range, str, bytes})


class FastTrack:
    """One loop. `items` is what the worker iterates; the rest may be called from any thread."""

    __slots__ = ("_context", "_counted", "_iterator", "_length", "_stopped_at", "items", "written")

    def __init__(self, context: TaskContext, sequence: Any, counted: float) -> None:
        self._context = context
        self._iterator: Any = iter(sequence)
        self._length = len(sequence)
        self._counted = counted
        self._stopped_at: float | None = None
        self.written = context._done
        """What the worker had written before: once it writes something else, this loop is no longer its progress."""
        self.items: Iterator[Any] = chain(self._iterator, self._end())

    @property
    def done(self) -> float:
        """Items taken so far, those counted before included."""
        if self._stopped_at is not None:
            return self._stopped_at
        # The one that the loop is working on has been taken, but is not done.
        taken = self._length - operator.length_hint(self._iterator)
        return self._counted + max(0, taken - 1 if taken < self._length else taken)

    def exhaust(self) -> None:
        """Have the worker find the iterator at its end, and then `TaskCancelled`."""
        if self._stopped_at is None:
            self._stopped_at = self.done
            self._iterator.__setstate__(sys.maxsize)

    def _end(self) -> Iterator[Any]:
        """What comes after the last item: nothing, or the end of the task."""
        context = self._context
        if self._stopped_at is None:
            context._done = self._counted + self._length
            context._fast = None
            return
        context._done = self._stopped_at
        context._fast = None
        context._attend()
        # Inside shield() nothing was raised; but items are missing, so the loop must not end as if it were complete.
        reason = context.stop._reason
        assert reason is not None
        raise TaskCancelled(reason)
        yield  # makes this a generator: it runs only when chain comes to it
