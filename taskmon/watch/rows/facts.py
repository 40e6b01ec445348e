"""Telling the rows what their threads do: looked at once a second while somebody watches, in the agent's thread.

Four times a second while the window shows that over time.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.stacks.frames import current_frames
from taskmon.core.stacks.locks import LocksLook, told_apart, with_locks
from taskmon.core.stacks.look import FactsLook
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.ownership import is_own
from taskmon.watch.thread_fields import active_threads, name_of, native_id_of

if TYPE_CHECKING:
    from taskmon.watch.rows.watched_task import WatchedTask

#: Seconds between two looks, if that is no larger share of a processor than this; at most so many.
PERIOD: Final = 1.0
SHARE: Final = 0.004
_LONGEST_PAUSE: Final = 4.0
#: A thread that has come is looked at so soon, and once more: what it uses of a processor is known from two looks on.
_SOON: Final = 0.25
#: After a gap longer than this, in seconds, what was known before says nothing.
_GAP: Final = 5.0


class FactsOfRows:
    """Looks at the threads of rows, and at the locks between them."""

    def __init__(self) -> None:
        self._facts = FactsLook(is_program_code)
        self._locks = LocksLook()
        self._looked_at = time.monotonic()  # what is over at once is left alone
        self._used = 0.0  # by the whole program, at the last look
        self._known: set[int] = set()  # the threads of the last look …
        self._some_new = False  # … and whether some of them had not been there before
        self._took = deque((0.0, 0.0), 2)  # seconds of a processor, by the looks before
        self._pause = 0.0

    def look(self, rows: Sequence[WatchedTask], period: float) -> None:
        """Look, if it is time to: after so many seconds, or a second; the less often the longer looks take."""
        now = time.monotonic()
        threads = {row.thread_id for row in rows if row.thread_id is not None}
        some_new = not threads <= self._known
        soon = _SOON if some_new or self._some_new else PERIOD
        if now - self._looked_at < max(min(period, PERIOD, soon), self._pause):
            return
        began = time.thread_time()
        self._known, self._some_new = threads, some_new
        used = time.process_time()
        all_of_it = (used - self._used) / (now - self._looked_at) if now - self._looked_at <= _GAP else None
        self._looked_at, self._used = now, used
        known = active_threads()
        by_thread: dict[int, list[WatchedTask]] = {}
        for row in rows:
            if row.thread_id is not None:
                by_thread.setdefault(row.thread_id, []).append(row)
            else:
                row.look_for_facts(now, is_program_code)
        found = self._facts.look({ident: _native_id(ident, known) for ident in by_thread})
        frames = current_frames()
        locks = self._locks.look(self._facts.unmoved(found, frames), frames, now)
        frames.clear()
        names = {ident: _called(rows[0]) for ident, rows in by_thread.items()}
        if locks.waits:
            names = told_apart(names, found)
        for ident, its_rows in by_thread.items():
            facts = found.get(ident)
            told = facts
            if facts is not None and ident in locks.waits:
                told = with_locks(ident, facts, locks, lambda one: _name(one, names))
            for row in its_rows:
                if row.kind == "program" and told is not None:  # it is more than its main thread
                    row.facts = told._replace(cpu=all_of_it)
                elif row.facts is not told and row.facts != told:  # the same object tells others that nothing changed
                    row.facts = told
        took = time.thread_time() - began
        # A long one or two, such as the first, say nothing of the next.
        self._pause = min(_LONGEST_PAUSE, min(took, *self._took) / SHARE)
        self._took.append(took)


def _called(row: WatchedTask) -> str:
    """What its thread is called by others: the main one as its row is, which is the program's."""
    return row.name if row.kind == "program" else row.thread_name or row.name


def _native_id(ident: int, known: Mapping[int, Any]) -> int | None:
    """The system's number of a thread. A program without ``threading`` has but the main one, and Linux tells of it."""
    number = native_id_of(known.get(ident))
    if number is None and ident == main_thread_ident and sys.platform == "linux":
        return os.getpid()
    return number


def _name(ident: int, names: Mapping[int, str]) -> str:
    known = names.get(ident)
    if known is not None:
        return known
    thread = active_threads().get(ident)
    return name_of(thread) if thread is not None else ""


def is_program_code(code: CodeType) -> bool:
    """Whether code is the program's own, rather than a library's or ours."""
    return is_own(code) and not code.co_filename.startswith("<taskmon")
