"""One look at everything that the hooks have noted, in the order in which the rows depend on each other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from taskmon.core.stacks.frames import can_be_taken, current_frames
from taskmon.core.task.snapshot import DETACHED
from taskmon.watch.hooks.patching import report
from taskmon.watch.rows.bars import BarLook
from taskmon.watch.rows.children import ChildLook
from taskmon.watch.rows.coroutines import CoroutineLook
from taskmon.watch.rows.current_calls import CurrentCalls
from taskmon.watch.rows.facts import FactsOfRows
from taskmon.watch.rows.internal import InternalLook
from taskmon.watch.rows.pools import PoolLook
from taskmon.watch.rows.program import NOT_LOOKED_AT, ProgramRow
from taskmon.watch.rows.qt_pools import QtPoolLook
from taskmon.watch.rows.raw_threads import RawThreadLook
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.rows.threads import ThreadLook
from taskmon.watch.rows.visits import VisitLook
from taskmon.watch.rows.workers import WorkerLook
from taskmon.watch.thread_fields import green_library

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from taskmon.watch.hooks.hooks import Hooks
    from taskmon.watch.rows.greenlets import GreenletLook
    from taskmon.watch.rows.part_work import PartWorkLook
    from taskmon.watch.rows.process_pools import ProcessPoolLook
    from taskmon.watch.rows.watched_task import Board


#: A part that fails so often is given up.
_PATIENCE: Final = 3
#: Seconds of a look within which another search is begun for a flag that has been found: there are new ones to be seen.
_ANEW_FOR: Final = 0.25


class Looking:
    """The rows of one program. In the agent's thread."""

    def __init__(
        self,
        board: Board,
        hooks: Hooks,
        *,
        library: bool,
        began: float | None = None,
        attached: bool = False,
        part: bool = False,
        depth: int = 0,
    ) -> None:
        self.board = board
        self._hooks = hooks
        self.program = ProgramRow(board, hooks.output, began, attached=attached, part=part)
        board.show(self.program)
        self._threads = ThreadLook(hooks.threads, board, self.program, library=library)
        self._pools = PoolLook(hooks.pools, board, self.program, library=library)
        self._work: PartWorkLook | None = None
        if part:
            from taskmon.watch.rows.part_work import PartWorkLook

            self._work = PartWorkLook(board, self.program, depth)
        self._process_pools: ProcessPoolLook | None = None
        self._greenlets: GreenletLook | None = None
        self._workers = WorkerLook(hooks, board, self.program, library=library)
        self._raw_threads = RawThreadLook(hooks, board, self.program)
        self._qt_pools = QtPoolLook(hooks, board, self.program)
        self._visits = VisitLook(board, self.program, self._pools)
        self._internal = InternalLook(board, self.program, self._threads)
        self._coroutines = CoroutineLook(hooks, board, self.program)
        self._facts = FactsOfRows()
        self._calls = CurrentCalls()
        self._children = self.program.children = ChildLook(board, self.program, hooks)
        self._bars = BarLook(hooks.bars, board, self.program)
        self._failures: dict[str, int] = {}

    def look(self) -> bool:
        """Bring all rows up to date; return whether something is on the move."""
        self.board.begin_look()
        try:
            return self._look()
        finally:
            self.board.end_look()

    def _look(self) -> bool:
        self._hooks.output.install()
        if not can_be_taken():
            return self._look_without_frames()
        self._hooks.pools.wanted = True
        self.board.green = green_library()
        before = len(self.board.tasks())
        frames = current_frames()
        self._part("greenlets", self._look_for_greenlets, frames)
        self._part("main thread", self.program.look_for_end, frames)
        self._part("threads", self._threads.look, frames)
        self._part("pools", self._pools.look, frames)
        self._part("pools of processes", self._look_at_process_pools)
        self._part("workers", self._workers.look, frames)
        self._part("threads of Qt and the like", self._raw_threads.look, frames, self._qt_pools.give_up)
        self._part("waiting QRunnables", self._qt_pools.look, self._raw_threads.owners())
        threads: dict[int, StoppableTask] = {}
        for part in (self._threads, self._raw_threads, self._pools, self._workers):
            threads.update(part.rows_by_thread())
        shown = self._raw_threads.idents() | self._threads.idents() | self._pools.idents() | threads.keys()
        self._part("calls in other threads", self._visits.look, frames, shown)
        if self._work is not None:
            self._part("work", self._work.look, frames)
        self._part("internal threads", self._internal.look, self._visits.idents())
        self._part("coroutines", self._coroutines.look, frames)
        self._part("calls", self._calls.look, self._threads.rows(), frames)
        frames.clear()  # they keep alive whatever their functions work on
        self._part("facts", self._facts.look, self.board.tasks(), self.board.facts_period)
        self._part("children", self._children.look)
        threads.update(self._visits.rows_by_thread())
        self._part("bars", self._bars.look, threads)
        self._part("flags", self._look_for_flags)
        self._part("program", self.program.look)
        rows = self.board.tasks()
        return len(rows) != before or any(row.stop_requested for row in rows)

    def _look_without_frames(self) -> bool:
        """See what can be seen without a look into the threads. For good: nothing tells when it is safe again."""
        self._hooks.pools.wanted = False  # what is noted of calls would be taken away by no look
        self.program.says = NOT_LOOKED_AT
        self._part("threads", self._threads.look, {})
        self._part("children", self._children.look)
        self._part("program", self.program.look)
        return False

    def _look_for_greenlets(self, frames: dict[int, FrameType]) -> None:
        hook = self._hooks.greenlets
        if hook is None or not hook.hears:
            self.program.look_for_greenlets(frames)
            return
        if self._greenlets is None:
            from taskmon.watch.rows.greenlets import GreenletLook

            self._greenlets = GreenletLook(hook, self.board, self.program)
        self._greenlets.look()

    def _look_at_process_pools(self) -> None:
        hook = self._hooks.process_pools
        if hook is None:
            return
        if self._process_pools is None:
            from taskmon.watch.rows.process_pools import ProcessPoolLook

            self._process_pools = ProcessPoolLook(hook, self.board, self.program)
        hook.wanted = True
        self._process_pools.look()

    def rest(self, *, somebody_may_come: bool) -> None:
        """Nobody watches."""
        self._hooks.pools.wanted = False
        if not somebody_may_come:
            self._hooks.rest()

    def let_go(self) -> None:
        """The program goes on, but is not watched any more."""
        for row in self.board.tasks():
            if row is not self.program:
                row.cut_off(DETACHED)
        self.program.cut_off(DETACHED, details=self.program.troubles)

    def finish(self) -> None:
        """The program ends."""
        self.look()
        self.program.look(all_of_it=True)
        self.program.finish()

    def _look_for_flags(self) -> None:
        rows = [row for row in self.board.tasks() if isinstance(row, StoppableTask)]
        names: dict[object, list[StoppableTask]] = {}
        anew_until = time.monotonic() + _ANEW_FOR
        for row in rows:
            self.board.obey()
            try:
                row.look_for_flag()
                if time.monotonic() < anew_until:
                    row.look_anew()
                if row.key is not None:
                    names.setdefault(row.key, []).append(row)
            except BaseException as error:  # of an object of the program's
                row.finding = None
                self.program.tell_trouble(f"How “{row.name}” could be stopped cannot be found out", error)
        for row in rows:
            others = names.get(row.key, []) if row.key is not None else []
            row.tell_means(tuple(other.name for other in others if other is not row))

    def _part(self, name: str, look: Callable[..., object], *seen: object) -> None:
        """One kind of rows may fail without the others: it is given up."""
        if self._failures.get(name, 0) >= _PATIENCE:
            return
        try:
            look(*seen)
        except BaseException as error:
            self._failures[name] = self._failures.get(name, 0) + 1
            report(error)
            if self._failures[name] >= _PATIENCE:
                self.program.tell_trouble(f"Its {name} are not shown any more", error)
