"""Showing pools of processes: one row for each pool, and beneath it the calls that it was given.

A pool keeps tables of what it was given, and a thread of its that has them at hand: they are read there. Its processes
take what waits in the order in which it came, so of what is not done, the first are those that run. Which process runs
which, only the processes know: their own rows say so.
"""

from __future__ import annotations

import itertools
import sys
import time
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch.hooks.process_pools import OWN, Job
from taskmon.watch.ownership import name_of_calls
from taskmon.watch.rows.flood import Flood
from taskmon.watch.rows.pools import FailedCallRow
from taskmon.watch.rows.watched_task import RawProgress, WatchedTask
from taskmon.watch.thread_fields import active_threads, fields_of

if TYPE_CHECKING:
    from taskmon.watch.hooks.process_pools import ProcessPoolHook
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

#: Waiting calls that get a row of their own, the next ones first.
_MOST_WAITING: Final = 100
#: The modules whose executors are known: Python's, and loky's, which joblib brings along.
EXECUTORS: Final = ("concurrent.futures.process", "loky.process_executor", "joblib.externals.loky.process_executor")
POOL: Final = "multiprocessing.pool"

#: Where the thread of such a pool that looks after its workers has what among its arguments.
_CACHE, _WORKERS = 0, 5

_RUNS: Final = "it runs in a process of its pool; to end that process would break the pool"
_HANDED_OVER: Final = "it has been handed to the processes of its pool, which do not give it back"
_NEVER_BACK: Final = "a multiprocessing.Pool does not give back what it was given"
_NOTHING_WAITS: Final = "nothing waits, and what runs in other processes cannot be taken back"


class ProcessCallRow(WatchedTask):
    """A call that was submitted to an executor of processes."""

    kind = "future"
    runs_elsewhere = True

    def __init__(self, board: Board, name: str, pool: WatchedTask, future: Any) -> None:
        super().__init__(board, name, pool, queued=True)
        self._future = weakref.ref(future)
        self.means, self.why_not = StopMeans("takes it out of the queue"), ""

    def _stop(self) -> None:
        future = self._future()
        if future is not None and future.cancel():
            self.end(cancelled=True)

    def hand_over(self) -> None:
        """It is the next of a process, but has not begun."""
        self.tell(None, _HANDED_OVER)

    def start(self) -> None:
        """A process executes it."""
        self.begin(None, "")
        self.tell(None, _RUNS)

    def finish(self, error: str, details: str) -> None:
        """It has returned, raised, or was cancelled by the program."""
        future = self._future()
        if self.state is TaskState.QUEUED and future is not None and future.cancelled():
            self.end(cancelled=True)
            return
        self.begin(None, "")
        self.end(error=error, details=details)


class JobRow(WatchedTask):
    """What was given to a ``multiprocessing.Pool`` in one go."""

    kind = "future"
    runs_elsewhere = True

    def __init__(self, board: Board, job: Job, pool: WatchedTask, result: Any) -> None:
        super().__init__(board, job.name, pool, queued=True)
        self.why_not = _NEVER_BACK
        self._job = job
        self._result = weakref.ref(result)
        self._last: RawProgress | None = None
        self.progress_from = self._progress_now

    def _progress_now(self) -> RawProgress | None:
        result = self._result()
        if result is not None:
            self._last = _progress_of(vars(result))
        return self._last

    def start(self) -> None:
        """A process executes some of it."""
        self.begin(None, "")

    def finish(self) -> None:
        """All of it has been done."""
        self.begin(None, "")
        self.end(error=self._job.error, details=self._job.details)


class ProcessPoolRow(WatchedTask):
    """The pool, as long as it has something to do. `manager` is a weak reference to the thread that manages it."""

    kind = "pool"
    runs_elsewhere = True

    def __init__(self, board: Board, name: str, parent: WatchedTask, manager: Any, *, takes_back: bool) -> None:
        super().__init__(board, name, parent)
        self._takes_back = takes_back
        self.calls: dict[int, Any] = {}
        """The rows of what it was given, by number."""
        self.done = self.total = 0
        self.processes = 0
        self._manager = manager
        self.why_not = _NEVER_BACK if not takes_back else _NOTHING_WAITS
        self.progress_from = self._progress_now

    def _progress_now(self) -> RawProgress:
        count = self.processes
        said = f"in {count} {'processes' if count != 1 else 'process'}" if count else ""
        return (self.done, self.total, "calls", said) if self.total else (None, None, "", said)

    def tell_means(self, waits: bool) -> None:
        """Say what a cancel of the whole does."""
        if not self._takes_back:
            return
        if waits:
            self.tell(StopMeans("takes the waiting calls out of the queue"), "")
        else:
            self.tell(None, _NOTHING_WAITS)

    def _stop(self) -> None:
        pending = fields_of(self._manager()).get("pending_work_items", {})
        for _, item in reversed(_first_of(pending, sys.maxsize)):  # the last first: the next is about to be handed over
            item.future.cancel()


class ProcessPoolLook:
    """Keeps the rows of such pools. In the agent's thread."""

    def __init__(self, hook: ProcessPoolHook, board: Board, program: ProgramRow) -> None:
        self._hook = hook
        self._board = board
        self._program = program
        self._rows: dict[Any, ProcessPoolRow] = {}
        self._seen: dict[Any, Mapping[int, float]] = {}
        self._flood = Flood()

    def look(self) -> None:
        """See which pools there are, and what they have to do."""
        failures, self._hook.failures = self._hook.failures, {}
        here: set[Any] = set()
        for thread in _managers():
            names, key = fields_of(thread), weakref.ref(thread)  # they have descriptors, so none is kept alive
            here.add(key)
            try:
                if "pending_work_items" in names:
                    self._look_at_executor(key, type(thread), names, failures)
                else:
                    self._look_at_pool(key, names.get("_args"))
            except BaseException as error:  # of an object of the program's: the other pools have theirs
                self._program.tell_trouble("Calls of a pool of processes cannot be shown", error)
        for key in [key for key in self._rows if key not in here]:
            self._end(key, failures)
        self._hook.broken &= here
        self._seen = {key: seen for key, seen in self._seen.items() if key in here}

    # -- executors ------------------------------------------------------------------------------------------

    def _look_at_executor(
        self, key: Any, kind: type, names: dict[str, Any], failures: dict[Any, tuple[str, str, str]]
    ) -> None:
        pending, processes = names["pending_work_items"], len(names["processes"])
        items = _first_of(pending, processes + _MOST_WAITING)
        now = time.monotonic()
        before = self._seen.get(key, {})
        self._seen[key] = {number: before.get(number, now) for number, _ in items}
        row = self._rows.get(key)
        failed = {each: found for each, found in failures.items() if each[0] == key}
        if row is None and (any(number in before for number, _ in items) or failed):
            name = "loky" if "loky" in kind.__module__ else "ProcessPoolExecutor"
            since = now if failed else min(before.values())
            row = self._make(key, name, since, takes_back=True)
        if row is None:
            return
        executor = names["executor_reference"]()
        submitted = fields_of(executor).get("_queue_count", 0) if executor is not None else row.total
        row.processes, row.total, row.done = processes, submitted, max(0, submitted - len(pending))
        waits, free = False, processes
        for number, item in items:
            # It is handed over before a process has begun it: no more than there are processes run.
            state = item.future._state
            waits = waits or state == "PENDING"
            runs = state == "RUNNING" and free > 0
            free -= state == "RUNNING"
            known = row.calls.get(number)
            if known is None and number in before and self._flood.admits(key, before[number]):
                name = name_of_calls(item.fn, tuple(item.args), item.kwargs)
                known = row.calls[number] = ProcessCallRow(self._board, name, row, item.future)
                self._flood.began(key)
                self._board.show(known)
            if known is not None and state == "RUNNING":
                if not runs:
                    known.hand_over()
                elif known.state is TaskState.QUEUED:
                    known.start()
        for number in [number for number in row.calls if number not in pending]:
            self._finish_call(key, row, number, failures)
        for each, (error, details, name) in failed.items():
            if each in failures:  # it was over before it had a row
                del failures[each]
                self._show_failed(row, name, error, details)
        row.tell_means(waits)
        if not pending:
            self._end(key, failures)

    def _finish_call(self, key: Any, row: ProcessPoolRow, number: int, failures: Any) -> None:
        error, details, _ = failures.pop((key, number), ("", "", ""))
        if not error and key in self._hook.broken:
            error = "BrokenProcessPool: a process of the pool has ended before its time"
        row.calls.pop(number).finish(error, details)
        self._flood.ended(key)

    def _show_failed(self, row: ProcessPoolRow, name: str, error: str, details: str) -> None:
        failed = FailedCallRow(self._board, name, row)
        self._board.show(failed)
        failed.end(error=error, details=details)

    # -- pools of multiprocessing ---------------------------------------------------------------------------

    def _look_at_pool(self, key: Any, given: Any) -> None:
        if type(given) is not tuple or len(given) <= _WORKERS:
            return  # it has just ended
        cache, workers = given[_CACHE], given[_WORKERS]
        if any(issubclass(type(worker), _thread_type()) for worker in workers):
            return  # of threads, which are shown where they run
        free = len(workers)
        jobs = _first_of(cache, free + _MOST_WAITING)
        now = time.monotonic()
        before = self._seen.get(key, {})
        self._seen[key] = {number: before.get(number, now) for number, _ in jobs}
        row = self._rows.get(key)
        if row is None and any(number in before for number, _ in jobs):
            row = self._make(key, "Pool", min(before.values()), takes_back=False)
        if row is None:
            return
        row.processes = free
        for number, result in jobs:
            known = row.calls.get(number)
            if known is None and number in before and self._flood.admits(key, before[number]):
                job = vars(result).get(OWN) or Job("call")
                known = row.calls[number] = JobRow(self._board, job, row, result)
                self._flood.began(key)
                self._board.show(known)
            if known is not None and free > 0:
                known.start()
            free -= vars(result).get("_number_left", 1)
        for number in [number for number in row.calls if number not in cache]:
            row.calls.pop(number).finish()
            self._flood.ended(key)
        if not cache:
            self._end(key, {})

    # -- both -----------------------------------------------------------------------------------------------

    def _make(self, key: Any, name: str, since: float, *, takes_back: bool) -> ProcessPoolRow | None:
        # One that is empty again and again is a flood as well.
        if not self._flood.admits((key, "pool"), since):
            return None
        row = self._rows[key] = ProcessPoolRow(self._board, name, self._program, key, takes_back=takes_back)
        self._board.show(row)
        return row

    def _end(self, key: Any, failures: Any) -> None:
        row = self._rows.pop(key, None)
        if row is None:
            return
        for number in list(row.calls):
            if isinstance(row.calls[number], ProcessCallRow):
                self._finish_call(key, row, number, failures)
            else:
                row.calls.pop(number).finish()
                self._flood.ended(key)
        row.end()
        self._flood.passed((key, "pool"))


def _managers() -> list[Any]:
    """The threads that manage pools of processes: each has the tables of one at hand."""
    modules = sys.modules
    if POOL not in modules and not any(name in modules for name in EXECUTORS):
        return []
    code = getattr(getattr(getattr(modules.get(POOL), "Pool", None), "_handle_workers", None), "__code__", None)
    found = []
    for thread in list(active_threads().values()):
        if type(thread).__module__ in EXECUTORS:
            if "pending_work_items" in fields_of(thread):
                found.append(thread)
            continue
        names = fields_of(thread)
        if code is not None and getattr(names.get("_target"), "__code__", None) is code:
            found.append(thread)
    return found


def _first_of(table: dict[int, Any], most: int) -> list[tuple[int, Any]]:
    """The first entries of a table that changes while it is read."""
    for _ in range(10):
        try:
            return list(itertools.islice(table.items(), most))
        except RuntimeError:
            continue
    return []


def _thread_type() -> Any:
    return sys.modules["threading"].Thread


def _progress_of(names: dict[str, Any]) -> RawProgress | None:
    """How far a job of many calls is: at least so many are done."""
    if "_number_left" in names:
        total = len(names["_value"]) if type(names["_value"]) is list else None
        if total is None:  # one of them has failed
            return None
        return max(0, total - names["_number_left"] * names["_chunksize"]), total, "calls", ""
    if "_unsorted" in names:
        return names["_index"] + len(names["_unsorted"]), names["_length"], "calls", ""
    return None
