"""Showing what a process is in that is a part of a program: the job of a worker, the request of a server's process.

Such a process does its work in its main thread, beneath what its parent was in when it forked, and beneath the library
that runs it. In the worker of a pool that the parent shows, the process says what it is in; elsewhere that is a row:
for one call, or for many brief ones of a function, of which it says the latest.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.ownership import is_users_file, is_work
from taskmon.watch.rows.flood import Flood
from taskmon.watch.rows.running_calls import call_name_of, call_of_frame
from taskmon.watch.rows.watched_task import RETURNED, WatchedTask

if TYPE_CHECKING:
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

#: The method beneath which such a process does all it does, and the files in which it is.
_BOOTSTRAP: Final = "_bootstrap"
_PROCESSES: Final = tuple(os.path.join(package, "process.py") for package in ("multiprocessing", "billiard"))
#: The function in which one begins that is not forked, and the files in which it is.
_SPAWNED: Final = "spawn_main"
_SPAWNS: Final = tuple(os.path.join(package, "spawn.py") for package in ("multiprocessing", "billiard"))
#: The functions in which a worker of a pool goes its rounds whose calls its parent shows.
_WORKERS: Final = {
    "worker": (os.path.join("multiprocessing", "pool.py"),),
    "_process_worker": (os.path.join("futures", "process.py"), os.path.join("loky", "process_executor.py")),
}
_ASYNC: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_WHY_NOT: Final = "it is what its process does, which is a part of the program"


class PartWorkRow(WatchedTask):
    """What the process does. If it is all that the process is there for, the process's status says what came of it.

    Args:
        many: whether it stands for brief calls of one function that follow each other.
    """

    def __init__(self, board: Board, work: _Work, parent: WatchedTask, *, many: bool) -> None:
        super().__init__(board, work.function if many else work.name, parent)
        self.says = ""
        """The latest of many."""
        if many:
            self.progress_from = lambda: (None, None, "", self.says)
        self.thread_id, self.thread_name = main_thread_ident, "MainThread"
        self.why_not = _WHY_NOT
        self.is_many = many
        self.is_all = work.is_all and not many
        self.kind = "work" if self.is_all else "future"

    def program_ended(self) -> None:
        """See `WatchedTask.program_ended`. The window hears of the status."""
        if not self.is_all:
            super().program_ended()


class _Work(NamedTuple):
    name: str = ""
    function: str = ""
    """The name without what it was given."""
    in_pool: bool = False
    """Whether a pool of the parent's has given it."""
    is_all: bool = False
    """Whether the process was made to call it, and does nothing else."""


class PartWorkLook:
    """Keeps that row. In the agent's thread.

    Args:
        depth: how many calls the process has from its parent, which forked it.
    """

    def __init__(self, board: Board, program: ProgramRow, depth: int) -> None:
        self._board = board
        self._program = program
        self._depth = depth
        self._row: PartWorkRow | None = None
        self._before = _Work()
        self._flood = Flood()

    def look(self, frames: Mapping[int, FrameType]) -> None:
        row, work = self._row, self._work(frames.get(main_thread_ident))
        self._program.says = work.name if work.in_pool else ""
        before, self._before = self._before, work
        lasts = bool(work.name) and (work == before or (row is None and work.function == before.function))
        if row is not None and not self._goes_on(row, work, before):
            row.end(consequence=RETURNED)
            row = self._row = None
            self._flood.passed("work")
        if row is None and lasts and not work.in_pool and not self._flood.is_on("work"):
            row = self._row = PartWorkRow(self._board, work, self._program, many=work != before)
            self._board.show(row)
        if row is not None:
            row.says = work.name or row.says

    def _goes_on(self, row: PartWorkRow, work: _Work, before: _Work) -> bool:
        """Whether the process is still in what the row stands for, or between two of many calls."""
        if work.in_pool:
            return False
        if not work.name:  # it tidies up after all that it is there for, or is about to call the function once more
            return row.is_all or (row.is_many and bool(before.name))
        return row.name in (work.name, work.function)

    def _work(self, frame: FrameType | None) -> _Work:
        chain: list[FrameType] = []
        while frame is not None:
            chain.append(frame)
            frame = frame.f_back
        beneath = len(chain) - self._depth
        in_pool = False
        for place, each in enumerate(chain[: max(0, beneath)]):
            code = each.f_code
            if code.co_filename.endswith(_WORKERS.get(code.co_name, ())):
                beneath, in_pool = place, True
                break
            if code.co_name == _BOOTSTRAP and code.co_filename.endswith(_PROCESSES):
                beneath = place
                break
            if code.co_name == _SPAWNED and code.co_filename.endswith(_SPAWNS):
                return _Work()  # it imports what it needs for its work, which is yet to come
        if beneath <= 0:
            return _Work()
        # What a library starts such a process from passes for the program itself: its user's code comes first.
        within = chain[:beneath]
        work = next((each for each in reversed(within) if is_users_file(each.f_code.co_filename)), None)
        work = work or next((each for each in reversed(within) if is_work(each.f_code)), None)
        if work is None or work.f_code.co_flags & _ASYNC:
            return _Work(in_pool=in_pool)
        function = call_name_of(work.f_code)
        above = within[within.index(work) + 1 :]
        is_all = not in_pool and all(each.f_code.co_filename.endswith(_PROCESSES) for each in above)
        return _Work(call_of_frame(function, work), function, in_pool, is_all)
