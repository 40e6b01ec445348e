"""Showing what the threads of a ``multiprocessing.pool.ThreadPool`` do, joblib's among them.

Such a thread has its call among the local variables of its main loop. A call that lasts for two looks gets a row. One
that waits cannot be taken back from such a pool, so it gets none. What came of a call is told by the thread of the pool
that hands out the results, a moment after its own has left it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.modules import attribute_of
from taskmon.core.stacks.variables import variables
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.ownership import call_name, code_of, is_work, unwrap
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.thread_fields import ident_of
from taskmon.watch.thread_fields import name_of as name_of_thread

if TYPE_CHECKING:
    from taskmon.watch.hooks.hooks import Hooks
    from taskmon.watch.hooks.process_pools import Outcome
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board, WatchedTask

#: Looks for which it is waited to be told what came of a call: who is to tell may be gone, or in the program's code.
_PATIENCE: Final = 2


class WorkerCallRow(StoppableTask):
    """A call that a thread of such a pool executes."""

    kind = "future"

    def __init__(self, board: Board, thread: threading.Thread, call: Any, parent: WatchedTask) -> None:
        super().__init__(board, call_name(*call), parent)
        self._call: Any = call
        self.left: float | None = None
        """When its thread was seen to have left it."""
        self.looks_since = 0
        self.thread_id, self.thread_name = ident_of(thread), name_of_thread(thread)

    def _target(self) -> Any:
        if self._call is None:
            return None
        from taskmon.watch.flags import Target

        return Target(*self._call)

    def finish(self, outcome: Outcome | None) -> None:
        """It has returned, or raised; None if that was not seen."""
        self.finding = self._call = None
        if outcome is None:
            self.end_unseen(at=self.left)
        else:
            self.end(error=outcome.error, details=outcome.details, cancelled=outcome.cancelled, at=self.left)


class WorkerLook:
    """Keeps the rows of such calls. In the agent's thread."""

    def __init__(self, hooks: Hooks, board: Board, program: ProgramRow, *, library: bool) -> None:
        self._hooks = hooks
        self._board = board
        self._program = program
        self._library = library
        self._rows: dict[Any, WorkerCallRow] = {}
        self._seen: set[Any] = set()

    def rows_by_thread(self) -> dict[int, StoppableTask]:
        """The rows of the calls that run, by thread."""
        return {row.thread_id: row for row in self._rows.values() if row.thread_id is not None and row.left is None}

    def look(self, frames: Mapping[int, FrameType]) -> None:
        worker = attribute_of("multiprocessing.pool", "worker")
        if worker is None:  # not imported, or being imported at this moment
            return
        code, seen = worker.__code__, set[Any]()
        for ident, thread in list(threading._active.items()):  # type: ignore[attr-defined]
            if ident == main_thread_ident:  # of a process, which says itself what it is in
                continue
            try:
                found = _call_in(frames.get(ident), code)
                if found is not None:
                    self._look_at(thread, (ident, *found[0]), found[1], seen)
            except BaseException as error:  # of an object of the program's: the other calls have their rows
                self._program.tell_trouble("A call in a ThreadPool cannot be shown", error)
        hook = self._hooks.process_pools
        awaited = hook.awaited if hook is not None else {}
        for key in self._rows.keys() - seen:
            self._look_for_end(key, awaited.get(key[1:]))
        for key in seen:  # whoever has a row at the next look ends after this
            awaited.setdefault(key[1:])
        for gone in awaited.keys() - {key[1:] for key in (*seen, *self._rows)}:
            del awaited[gone]
        self._seen = seen

    def _look_for_end(self, key: Any, outcome: Outcome | None) -> None:
        row = self._rows[key]
        if row.left is None:
            row.left = time.monotonic()
        if outcome is not None or row.looks_since >= _PATIENCE:
            self._rows.pop(key).finish(outcome)
        row.looks_since += 1

    def _look_at(self, thread: threading.Thread, key: Any, found: tuple[Any, Any, Any], seen: set[Any]) -> None:
        call = unwrap(*found)
        if not (self._library or is_work(code_of(call[0]))):
            return
        seen.add(key)
        if key in self._seen and key not in self._rows:
            row = self._rows[key] = WorkerCallRow(self._board, thread, call, self._program)
            self._board.show(row)


def _call_in(frame: FrameType | None, code: Any) -> tuple[tuple[Any, Any], tuple[Any, Any, Any]] | None:
    """Return the job and the number of the call that a worker is in, and the call itself."""
    inner = None
    while frame is not None and frame.f_code is not code:
        inner, frame = frame, frame.f_back
    if frame is None or inner is None:
        return None
    names = variables(frame)
    function = names.get("func")
    if function is None or names.get("task") is None:
        return None
    return (names.get("job"), names.get("i")), (function, tuple(names.get("args") or ()), dict(names.get("kwds") or {}))
