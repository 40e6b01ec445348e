"""Showing what the threads of libraries do for the program: requests of a server, jobs of a scheduler.

Such a thread is the library's, and is of no interest while it waits. While code of the program's own runs in it, that
is a row, called by the outermost function of the program's and what that was given. Where a pool executes it, each
call is known; otherwise calls of one name that follow each other without a gap that is seen are one row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.hooks.raw_threads import OWN
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.ownership import call_of, unwrap
from taskmon.watch.rows.flood import Flood
from taskmon.watch.rows.running_calls import (
    arguments_of,
    call_name_of,
    call_of_frame,
    caller_name,
    function_of,
    outermost_work,
)
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.rows.toolkits import MEANS, cancel_of_call
from taskmon.watch.rows.watched_task import RETURNED
from taskmon.watch.thread_fields import active_threads, name_of

if TYPE_CHECKING:
    from taskmon.watch.rows.pools import PoolLook
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board, WatchedTask


class _Visit(NamedTuple):
    """What tells one from another."""

    ident: int
    code: CodeType
    #: A weak reference to the work item of the pool that executes it; None if there is no such thing.
    item: Any
    name: str


class VisitRow(StoppableTask):
    """A call of the program's own code that a library's thread executes."""

    kind = "future"

    def __init__(self, board: Board, visit: _Visit, frame: FrameType, parent: WatchedTask) -> None:
        arguments = arguments_of(frame)
        super().__init__(board, visit.name, parent)
        thread = active_threads().get(visit.ident)
        self.thread_id, self.thread_name = visit.ident, name_of(thread) if thread is not None else ""
        library = caller_name(frame)
        whose = f"a thread of {library}" if library else "a thread that it did not start"
        self.why_not = f"it runs in {whose}, and nothing that would stop it was found"
        self._cancel = _librarys_cancel(visit)
        function = function_of(frame, arguments) if self._cancel is None else None
        self.may_break_its_pool = False
        """Whether it is the initializer of a pool of threads."""
        self._call: Any = None
        if function is not None:
            skip = 1 if getattr(function, "__self__", None) is not None else 0
            self._call = (function, tuple(arguments.values())[skip:], {}, thread)

    def _target(self) -> Any:
        if self._call is None:
            return None
        from taskmon.watch.flags import Target

        return Target(*self._call)

    def tell_means(self, shared_with: tuple[str, ...]) -> None:
        """A library's thread does other things as well: that there is no way, is said in other words."""
        if self._cancel is not None:
            self.tell(StopMeans(MEANS), "")
        elif self.key is not None or self._bar_to_stop() is not None or (self.finding and self.finding.offers):
            super().tell_means(shared_with)

    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
        else:
            super()._stop()

    def finish(self, failure: tuple[str, str] | None) -> None:
        """The program's code has returned, or raised, to whoever called it."""
        self.finding = self._call = self._cancel = None
        if failure is not None:
            self.end(error=failure[0], details=failure[1], cancelled=not failure[0])
        else:
            self.end(consequence=RETURNED)


def _librarys_cancel(visit: _Visit) -> Callable[[], None] | None:
    item = visit.item() if visit.item is not None else None
    return cancel_of_call(unwrap(*call_of(item))[0], visit.code) if item is not None else None


class VisitLook:
    """Keeps the rows of such calls. In the agent's thread."""

    def __init__(self, board: Board, program: ProgramRow, pools: PoolLook) -> None:
        self._board = board
        self._program = program
        self._pools = pools
        self._rows: dict[_Visit, VisitRow] = {}
        self._seen: dict[_Visit, float] = {}
        self._flood = Flood()

    def rows_by_thread(self) -> dict[int, StoppableTask]:
        """The rows of the calls that run, by thread."""
        return {row.thread_id: row for row in self._rows.values() if row.thread_id is not None}

    def idents(self) -> set[int]:
        """The threads that were in the program's code at the last look, with a row or without."""
        return {visit.ident for visit in self._seen}

    def look(self, frames: Mapping[int, FrameType], shown: Collection[int]) -> None:
        """See what runs. `shown` are the threads that have rows of their own, which say what they do."""
        seen: dict[_Visit, FrameType] = {}
        known: dict[CodeType, bool] = {}
        for ident, innermost in frames.items():
            if ident == main_thread_ident or ident in OWN or ident in shown:
                continue
            frame = outermost_work(innermost, known)
            if frame is not None:
                name = call_of_frame(call_name_of(frame.f_code), frame)
                seen[_Visit(ident, frame.f_code, self._pools.item_in(ident), name)] = frame
        for visit in self._rows.keys() - seen.keys():
            failure = self._pools.failure_of(visit.item) or self._pools.broken_in(visit.ident)
            if failure is None and self._rows[visit].may_break_its_pool and visit in self._seen:
                continue  # if it has failed, its pool prints that before it says so: by the next look
            self._rows.pop(visit).finish(failure)
            self._flood.ended(visit.code)
        for visit, frame in seen.items():
            since = self._seen.get(visit)
            if since is None or visit in self._rows or not self._flood.admits(visit.code, since):
                continue
            try:
                row = self._rows[visit] = VisitRow(self._board, visit, frame, self._program)
                row.may_break_its_pool = visit.item is None and self._pools.is_in_a_pool(frame)
                self._flood.began(visit.code)
                self._board.show(row)
            except BaseException as error:  # of an object of the program's: the other calls have their rows
                self._program.tell_trouble(f"A call of {call_name_of(visit.code)} cannot be shown", error)
        now = time.monotonic()
        self._seen = {visit: self._seen.get(visit, now) for visit in seen}
