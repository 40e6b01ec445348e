"""A loop that can be counted, paused and stopped from another thread, with no bytecode of ours between two items.

``zip`` takes a number before each item. The iterator of numbers tells how many it has given
(`operator.length_hint`), and can be told to be at its end (``__setstate__``), whereupon no further item is taken. Only
then does Python code of ours run: it waits, ends the loop by an exception, or lets it go on with new numbers. As
everything in between is C, and the exception is raised by C, no frame of ours stands in a traceback of the loop.
"""

from __future__ import annotations

import sys
from _operator import itemgetter, length_hint
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

_MANY: Final = sys.maxsize


class WatchedLoop:
    """One loop over somebody's iterator. `items` is iterated instead; the rest may be called from any thread."""

    __slots__ = ("_attend", "_before", "_began", "_iterator", "_numbers", "_wanted", "finished", "items")

    def __init__(
        self, iterator: Iterator[Any], attend: Callable[[], None], began: Callable[[], object] | None = None
    ) -> None:
        """Call `attend` in the loop's own thread after `interrupt`; it may wait, and raise. `began` is called first."""
        self._iterator: Iterator[Any] | None = iterator
        self._attend = attend
        self._began = began
        self._before = 0
        self._numbers: Any = iter(())
        self._wanted = False
        self.finished = False
        """Whether it has had all items."""
        self.items: Iterator[Any] = chain.from_iterable(self._stretches())

    @property
    def done(self) -> int:
        """Items that the loop is through with; the one that it is working on is not among them."""
        taken = self._before + _taken(self._numbers)
        return taken if self.finished else max(0, taken - 1)

    def interrupt(self) -> None:
        """Have `attend` called before the next item is taken."""
        self._wanted = True  # first: a stretch that begins now sees it
        numbers = self._numbers
        taken = _taken(numbers)
        numbers.__setstate__(_MANY)
        self._before += taken

    def _stretches(self) -> Iterator[Iterator[Any]]:
        """The loop in pieces, each up to an interruption; resumed only between them."""
        iterator, self._iterator = self._iterator, None
        assert iterator is not None
        if self._began is not None:
            self._began()
        while True:
            self._numbers = iter(range(_MANY))
            if self._wanted:  # looked at only now: see interrupt()
                self._wanted = False
                try:
                    self._attend()
                except BaseException as error:
                    yield map(_raiser(), (error.with_traceback(None),))
                continue
            yield map(itemgetter(1), zip(self._numbers, iterator, strict=False))
            if not self._wanted:
                break
        self._before = self.done  # without the number that was taken for the item that did not come
        self._numbers = iter(())
        self.finished = True


def _raiser() -> Callable[[BaseException], Any]:
    """Return what raises an exception from within C: a generator that has ended raises what is thrown into it."""
    ended: Any = (item for item in "")
    next(ended, None)
    raiser: Callable[[BaseException], Any] = ended.throw
    return raiser


def _taken(numbers: Any) -> int:
    left = length_hint(numbers)
    return _MANY - left if left else 0
