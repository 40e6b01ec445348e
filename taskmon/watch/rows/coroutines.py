"""Showing asyncio's tasks. Nothing is hooked: asyncio keeps lists of its own."""

from __future__ import annotations

import contextlib
import sys
import weakref
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.errors import describe_error, summarize_error
from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.ownership import is_own, name_of
from taskmon.watch.rows.event_loops import EventLoops
from taskmon.watch.rows.watched_task import WatchedTask

if TYPE_CHECKING:
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

#: Rows for tasks of one program; servers have thousands.
_MOST: Final = 300


class CoroutineRow(WatchedTask):
    """An `asyncio.Task`."""

    kind = "coroutine"

    def __init__(self, board: Board, task: Any, parent: WatchedTask) -> None:
        name = str.__str__(ask(task, "get_name"))
        super().__init__(board, name_of(ask(task, "get_coro")) if name.startswith("Task-") else name, parent)
        self._task = weakref.ref(task)
        self.means, self.why_not = StopMeans("raises CancelledError at its next await"), ""

    def _stop(self) -> None:
        task = self._task()
        if task is not None and not ask(task, "done"):
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nothing of it will run again
                task.get_loop().call_soon_threadsafe(task.cancel)

    def look(self) -> bool:
        """See whether it has ended; return whether it has not."""
        task = self._task()
        if task is None:
            self.end()
            return False
        if not ask(task, "done"):
            return True
        cancelled = bool(ask(task, "cancelled"))
        # Not task.exception(): whoever calls that is taken to have dealt with it.
        error = None if cancelled else task._exception
        if error is not None:
            self.end(error=summarize_error(error), details=describe_error(error))
        else:
            self.end(cancelled=cancelled)
        return False


class CoroutineLook:
    """Keeps the rows of asyncio's tasks. In the agent's thread."""

    def __init__(self, board: Board, program: ProgramRow) -> None:
        self._board = board
        self._program = program
        self._loops = EventLoops()
        self._rows: dict[int, CoroutineRow] = {}
        self._seen: set[int] = set()

    def look(self, frames: Mapping[int, FrameType]) -> None:
        """See which tasks have come and gone."""
        for key, row in list(self._rows.items()):
            try:
                lives = row.look()
            except BaseException as error:  # of an object of the program's: the other tasks have their rows
                lives = False
                self._program.tell_trouble(f"The coroutine “{row.name}” is not followed any more", error)
                row.end(consequence="What becomes of it cannot be seen.")
            if not lives:
                del self._rows[key]
        tasks: dict[int, Any] = {}
        for task in self._loops.tasks(frames):
            try:
                if not ask(task, "done"):
                    tasks[id(task)] = task
                    self._show(task)
            except BaseException as error:
                self._program.tell_trouble(f"A task of asyncio ({type(task).__name__}) cannot be shown", error)
        self._seen = set(tasks)

    def _show(self, task: Any) -> None:
        key = id(task)
        if key not in self._seen or key in self._rows or len(self._rows) >= _MOST:
            return
        coroutine = ask(task, "get_coro")
        code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
        if is_own(code):
            row = self._rows[key] = CoroutineRow(self._board, task, self._program)
            self._board.show(row)


def ask(task: Any, method: str) -> Any:
    """Call a method of asyncio's own of a task, whatever the task's own class has made of it."""
    for name in ("Task", "_PyTask"):
        kind = getattr(sys.modules.get("asyncio.tasks"), name, None)
        if type(kind) is type and issubclass(type(task), kind):
            return getattr(kind, method)(task)
    return getattr(task, method)()
