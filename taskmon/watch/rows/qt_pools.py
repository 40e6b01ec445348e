"""Showing what waits in a QThreadPool, and taking it out.

A pool does not tell what it holds. It takes what has the same priority in turn, so what was given to it after one that
runs, while all its threads are busy, waits. Once its thread is seen, `raw_threads` has its row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from taskmon.watch import qt_objects
from taskmon.watch.hooks.patching import report
from taskmon.watch.rows.raw_threads import RawThreadRow, name_of_object

if TYPE_CHECKING:
    from taskmon.watch.hooks.hooks import Hooks
    from taskmon.watch.hooks.qt_pools import Submitted
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

#: Waiting ones that get a row of their own, the next ones first.
_MOST_WAITING: Final = 100
#: As many are followed.
_MOST: Final = 10_000


class QtPoolLook:
    """Keeps the rows of what waits. In the agent's thread."""

    def __init__(self, hooks: Hooks, board: Board, program: ProgramRow) -> None:
        self._hooks = hooks
        self._board = board
        self._program = program
        self._submitted: list[Submitted] = []
        self._waited: set[int] = set()
        self._rows: dict[int, RawThreadRow] = {}

    def give_up(self, owner: Any) -> RawThreadRow | None:
        """Return the row of one that waited and runs now; None if it has none."""
        return self._rows.pop(id(owner), None)

    def look(self, running: list[Any]) -> None:
        """See which wait. `running` are the objects whose methods run in some thread."""
        hook = self._hooks.qt_pools
        if hook is None:
            return
        for _ in range(len(hook.new)):
            self._submitted.append(hook.new.popleft())
        if not self._submitted:
            return
        begun = {id(owner) for owner in running}
        waiting: list[Submitted] = []
        pools: dict[int, bool] = {}
        latest: dict[tuple[int, int], bool] = {}
        for each in reversed(self._submitted[-_MOST:]):
            runnable, pool = each.runnable(), each.pool()
            if runnable is None or pool is None:
                continue
            place = (id(pool), each.priority)
            if id(runnable) in begun:
                latest[place] = True  # whatever was given before it has begun as well
            if id(pool) not in pools:
                pools[id(pool)] = _is_full(pool)
            if pools[id(pool)] and not latest.get(place):
                waiting.append(each)
        waiting.reverse()
        self._submitted = waiting
        keys = {id(each.runnable()) for each in waiting}
        for key in self._rows.keys() - keys:
            self._rows.pop(key).finish()  # it was brief: it has run already
        for each in waiting[:_MOST_WAITING]:
            runnable = each.runnable()
            if runnable is not None and id(runnable) in self._waited and id(runnable) not in self._rows:
                row = RawThreadRow(self._board, name_of_object(runnable), self._program, queued=True)
                row.take = _taker(each)
                row.tell_means(())
                self._rows[id(runnable)] = row
                self._board.show(row)
        self._waited = keys


def _is_full(pool: Any) -> bool:
    """Whether all its threads are busy, so that something may wait. Qt's methods for that may be called anywhere."""
    kind = qt_objects.qt_class(pool, "QThreadPool")
    try:
        return bool(kind.activeThreadCount(pool) >= kind.maxThreadCount(pool))
    except Exception as error:  # Qt's part of it has been deleted
        report(error)
        return False


def _taker(submitted: Submitted) -> Callable[[], bool]:
    def take() -> bool:
        runnable, pool = submitted.runnable(), submitted.pool()
        if runnable is None or pool is None:
            return False
        return bool(qt_objects.qt_class(pool, "QThreadPool").tryTake(pool, runnable))

    return take
