"""Showing asyncio's tasks. Nothing is hooked: asyncio keeps lists of its own."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.errors import describe_error, summarize_error
from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.event_loops import EventLoops
from taskmon.watch.ownership import is_own
from taskmon.watch.rows.watched_task import WatchedTask

if TYPE_CHECKING:
    from taskmon.watch.rows.watched_task import Board

#: Rows for tasks of one program; servers have thousands.
_MOST: Final = 300


class CoroutineRow(WatchedTask):
    """An `asyncio.Task`."""

    kind = "coroutine"

    def __init__(self, board: Board, task: Any, parent: WatchedTask) -> None:
        coroutine = task.get_coro()
        name = task.get_name()
        called = getattr(coroutine, "__qualname__", "") or type(coroutine).__name__
        called = called.replace("<locals>.", "")
        super().__init__(board, called if name.startswith("Task-") else name, parent)
        self._task = weakref.ref(task)
        self.means, self.why_not = StopMeans("raises CancelledError at its next await"), ""

    def _stop(self) -> None:
        task = self._task()
        if task is not None and not task.done():
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nothing of it will run again
                task.get_loop().call_soon_threadsafe(task.cancel)

    def look(self) -> bool:
        """See whether it has ended; return whether it has not."""
        task = self._task()
        if task is None:
            self.end()
            return False
        if not task.done():
            return True
        # Not task.exception(): whoever calls that is taken to have dealt with it.
        error = None if task.cancelled() else task._exception
        if error is not None:
            self.end(error=summarize_error(error), details=describe_error(error))
        else:
            self.end(cancelled=task.cancelled())
        return False


class CoroutineLook:
    """Keeps the rows of asyncio's tasks. In the agent's thread."""

    def __init__(self, board: Board, program: WatchedTask) -> None:
        self._board = board
        self._program = program
        self._loops = EventLoops()
        self._rows: dict[int, CoroutineRow] = {}
        self._seen: set[int] = set()

    def look(self, frames: Mapping[int, FrameType]) -> None:
        """See which tasks have come and gone."""
        for key, row in list(self._rows.items()):
            if not row.look():
                del self._rows[key]
        tasks = {id(task): task for task in self._loops.tasks(frames) if not task.done()}
        for key, task in tasks.items():
            if key in self._seen and key not in self._rows and len(self._rows) < _MOST:
                coroutine = task.get_coro()
                code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
                if is_own(code):
                    row = self._rows[key] = CoroutineRow(self._board, task, self._program)
                    self._board.add(row)
        self._seen = set(tasks)
