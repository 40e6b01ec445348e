"""Saying of threads that go in rounds what they are at: the call that their own function has made, with its arguments.

A worker that takes addresses out of a queue is one row for an hour. What tells one moment from the next is the address,
which it hands to a function of the program. Looked at once a second, for reading a call's variables has its price.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Final

from taskmon.watch.ownership import is_work
from taskmon.watch.rows.running_calls import call_of_frame

if TYPE_CHECKING:
    from taskmon.watch.rows.threads import ThreadRow

#: Seconds between two looks.
PERIOD: Final = 1.0
#: Threads that are looked at in one look, in turn.
_MOST: Final = 30
_ASYNC: Final = 0x80 | 0x200  # of a coroutine, of an asynchronous generator


class CurrentCalls:
    """Looks at what the threads of rows are at. In the agent's thread."""

    def __init__(self) -> None:
        self._looked_at = time.monotonic()
        self._turn = 0

    def look(self, rows: Iterable[ThreadRow], frames: Mapping[int, FrameType]) -> None:
        """Look, if it is time to."""
        now = time.monotonic()
        if now - self._looked_at < PERIOD:
            return
        self._looked_at = now
        every = [row for row in rows if row.thread_id in frames]
        begin = self._turn = self._turn if self._turn < len(every) else 0
        self._turn += _MOST
        known: dict[CodeType, bool] = {}
        for row in every[begin : begin + _MOST]:
            row.says = _call_in(frames[row.thread_id or 0], known)


def _call_in(frame: FrameType | None, known: dict[CodeType, bool]) -> str:
    """The call that the outermost of the program's functions has made, if it was given something that can be told."""
    inner: FrameType | None = None
    outer: FrameType | None = None
    while frame is not None:
        code = frame.f_code
        work = known.get(code)
        if work is None:
            work = known[code] = is_work(code)
        if work:
            inner, outer = outer, frame
        frame = frame.f_back
    if inner is None or inner.f_code.co_flags & _ASYNC:
        return ""
    name = inner.f_code.co_name
    if name.startswith("<"):  # a comprehension or lambda
        return ""
    told = call_of_frame(name, inner)
    return told if told != name else ""
