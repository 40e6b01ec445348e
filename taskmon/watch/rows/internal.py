"""Showing what libraries run for themselves: heartbeats, event loops, workers that wait. One row for all of them.

None of it is offered to be stopped: what relies on it is not known, and it is not what the program is run for. A thread
that has only ever been seen in the program's own code, such as that of a server's request, is none of these.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from taskmon.core.base.text import count_of
from taskmon.watch.rows.watched_task import RawProgress, WatchedTask
from taskmon.watch.thread_fields import ident_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from taskmon.watch.hooks.threads import ThreadRecord
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.threads import ThreadLook
    from taskmon.watch.rows.watched_task import Board

#: Seconds for which a thread must have done nothing for the program to be one: many a helper is brief.
_LASTING: Final = 1.0
#: So many are named, the others counted.
_NAMED: Final = 6


class InternalRow(WatchedTask):
    """The threads of libraries."""

    kind = "internal"

    def __init__(self, board: Board, parent: WatchedTask) -> None:
        super().__init__(board, "Internal threads", parent)
        self.why_not = "they belong to libraries, which may rely on them"
        self.names: list[str] = []
        self.progress_from = self._names

    def _names(self) -> RawProgress:
        count, others = len(self.names), len(self.names) - _NAMED
        told = ", ".join(self.names[:_NAMED]) + (f" and {others} more" if others > 0 else "")
        return None, None, "", f"{count_of(count, 'threads')}: {told}"

    def program_ended(self) -> None:
        """They have ended with it, as they were meant to."""
        self.end()


class InternalLook:
    """Keeps that row. In the agent's thread."""

    def __init__(self, board: Board, program: ProgramRow, threads: ThreadLook) -> None:
        self._board = board
        self._program = program
        self._threads = threads
        self._row: InternalRow | None = None
        self._since: dict[ThreadRecord, float] = {}

    def look(self, at_work: Collection[int]) -> None:
        """See which there are. `at_work` are the threads that are in the program's own code."""
        now, threads = time.monotonic(), self._threads.internal()
        lasting = {record for record, since in self._since.items() if now - since >= _LASTING}
        self._since = {
            record: self._since.get(record, now)
            for record in threads
            if record in lasting or ident_of(record.thread()) not in at_work
        }
        names = sorted(threads[record] for record in lasting & threads.keys())
        if not names:
            if self._row is not None:
                self._row.end()
                self._row = None
        elif self._row is not None:
            self._row.names = names
        else:
            self._row = InternalRow(self._board, self._program)
            self._row.names = names
            self._board.show(self._row)
