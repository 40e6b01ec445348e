"""Short critical sections that a stop does not interrupt, such as renaming the finished file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from taskmon.core.text import to_text


class Shields:
    """The shields of one token: for each thread, the texts of those it is inside of.

    A thread changes its own entry only, and replaces it: readers in other threads need no lock.
    """

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[int, tuple[str, ...]] = {}

    def here(self) -> bool:
        """Whether the calling thread is inside a shield."""
        return threading.get_ident() in self._texts

    @property
    def text(self) -> str | None:
        """What is being finished, if anything is; the innermost text of the thread that came first."""
        return next((texts[-1] for texts in self._texts.copy().values()), None)

    @contextmanager
    def raised(self, text: str) -> Iterator[None]:
        """Shield the calling thread."""
        ident = threading.get_ident()
        outer = self._texts.get(ident, ())
        self._texts[ident] = (*outer, to_text(text))
        try:
            yield
        finally:
            if outer:
                self._texts[ident] = outer
            else:
                del self._texts[ident]
