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
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.error_text import plain_error_texts
from taskmon.core.base.modules import attribute_of
from taskmon.core.base.text import count_of
from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch.hooks.pools import is_cancelled, is_done
from taskmon.watch.hooks.process_pools import OWN, Job, Outcome
from taskmon.watch.ownership import look_up, name_of_calls
from taskmon.watch.rows.flood import Flood
from taskmon.watch.rows.pools import FailedCallRow, what_became
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
_POOL_ENDED: Final = "its pool was ended before it was done"
_NOTHING_WAITS: Final = "nothing waits, and what runs in other processes cannot be taken back"


_BROKEN: Final = Outcome("BrokenProcessPool: a process of the pool has ended before its time")


def _outcome_of(future: Any) -> Outcome:
    """What is to be learnt from the call's own future, which is done."""
    if is_cancelled(future):
        return Outcome(cancelled=True)
    error = future._exception
    return Outcome(*plain_error_texts(error)) if error is not None else Outcome()


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

    def finish(self, outcome: Outcome | None, *, pool_ended: bool) -> None:
        """It has returned, raised, or was cancelled by the program; or its pool has come to its end before."""
        future = self._future()
        if outcome is None and future is not None and is_done(future):
            if self.state is TaskState.QUEUED and is_cancelled(future):
                self.end(cancelled=True)
                return
            outcome = _outcome_of(future)
        if outcome is None and pool_ended:
            self.cut_off(consequence=_POOL_ENDED)
            return
        outcome = outcome or Outcome()
        self.begin(None, "")
        self.end(error=outcome.error, details=outcome.details, cancelled=outcome.cancelled)


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
            self._last = _progress_of(vars(result), self._job.failed)
        return self._last

    def start(self) -> None:
        """A process executes some of it."""
        self.begin(None, "")

    def finish(self, *, pool_ended: bool = False) -> None:
        """All of it has been done, or its pool has come to its end before."""
        if pool_ended and not self._is_done():
            self.cut_off(consequence=_POOL_ENDED)
            return
        self.begin(None, "")
        outcome = self._job.outcome or Outcome()
        if self._last is not None and not outcome.error and not outcome.cancelled:
            _, total, *rest = self._last
            self._last = total, total, *rest  # it was read before the last calls were done
        self.end(
            error=outcome.error,
            details=outcome.details,
            cancelled=outcome.cancelled,
            consequence="; ".join(what_became(self._job.failed, 0)) if not outcome.error else "",
        )

    def _is_done(self) -> bool:
        result = self._result()
        names = vars(result) if result is not None else {}
        return self._job.done or ("_index" in names and names["_index"] == names["_length"])


class ProcessPoolRow(WatchedTask):
    """The pool, as long as it has something to do. `manager` is a weak reference to the thread that manages it."""

    kind = "pool"
    runs_elsewhere = True

    def __init__(self, board: Board, name: str, parent: WatchedTask, manager: Any, *, takes_back: bool) -> None:
        super().__init__(board, name, parent)
        self._takes_back = takes_back
        self.calls: dict[int, Any] = {}
        """The rows of what it was given, by number."""
        self.done = self.total = self.failed = self.taken_out = 0
        self.processes = 0
        self.cache: Callable[[], Any] = _nothing
        """The table of a ``multiprocessing.Pool``, on which is counted how many of its calls have failed."""
        self._manager = manager
        self.why_not = _NEVER_BACK if not takes_back else _NOTHING_WAITS
        self.progress_from = self._progress_now

    def _progress_now(self) -> RawProgress:
        count = self.processes
        parts = [f"in {count_of(count, 'processes')}"] if count else []
        said = "; ".join([*parts, *what_became(self.failed, self.taken_out)])
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
        outcomes, self._hook.outcomes = self._hook.outcomes, {}
        if self._program.stop_requested:
            for each, outcome in outcomes.items():
                if outcome.interrupted:  # by us
                    outcomes[each] = Outcome(name=outcome.name, cancelled=True)
        here: set[Any] = set()
        for thread in _managers():
            names, key = fields_of(thread), weakref.ref(thread)  # they have descriptors, so none is kept alive
            here.add(key)
            try:
                if "pending_work_items" in names:
                    self._look_at_executor(key, type(thread), names, outcomes)
                else:
                    self._look_at_pool(key, names.get("_args"))
            except BaseException as error:  # of an object of the program's: the other pools have theirs
                self._program.tell_trouble("Calls of a pool of processes cannot be shown", error)
        for key in [key for key in self._rows if key not in here]:
            self._end(key, outcomes)
        self._hook.broken &= here
        for counts in (self._hook.ended, self._hook.failed):
            for key in counts.keys() - here:
                del counts[key]
        self._seen = {key: seen for key, seen in self._seen.items() if key in here}

    # -- executors ------------------------------------------------------------------------------------------

    def _look_at_executor(self, key: Any, kind: type, names: dict[str, Any], outcomes: dict[Any, Outcome]) -> None:
        pending, processes = names["pending_work_items"], len(names["processes"])
        items = _first_of(pending, processes + _MOST_WAITING)
        now = time.monotonic()
        before = self._seen.get(key, {})
        self._seen[key] = {number: before.get(number, now) for number, _ in items}
        row = self._rows.get(key)
        failed = [each for each, found in outcomes.items() if found.error and each[0] == key]
        if row is None and (any(number in before for number, _ in items) or failed):
            name = "loky" if "loky" in kind.__module__ else "ProcessPoolExecutor"
            since = now if failed else min(before.values())
            row = self._make(key, name, since, takes_back=True)
        if row is None:
            return
        executor = names["executor_reference"]()
        submitted = fields_of(executor).get("_queue_count", 0) if executor is not None else row.total
        # What is in the table no more has ended, or was cancelled by the program; or was, and is there still.
        gone, waiting = max(0, submitted - len(pending)), _first_of(pending, sys.maxsize)
        row.done = min(gone, self._hook.ended.get(key, 0))
        row.taken_out = gone - row.done + sum(item.future._state == "CANCELLED" for _, item in waiting)
        row.processes, row.failed, row.total = processes, self._hook.failed.get(key, 0), submitted - row.taken_out
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
            self._finish_call(key, row, number, outcomes, pool_ended=False)
        for each in failed:
            if each in outcomes and self._flood.admits((key, "failed"), now):  # it was over before it had a row
                self._show_failed(key, row, outcomes.pop(each))
        row.tell_means(waits)
        if not pending:
            self._end(key, outcomes)

    def _finish_call(self, key: Any, row: ProcessPoolRow, number: int, outcomes: Any, *, pool_ended: bool) -> bool:
        """The call is in the tables no more. Return whether it had not been done."""
        outcome = outcomes.pop((key, number), None)
        if outcome is None and key in self._hook.broken:
            outcome = _BROKEN
        call = row.calls.pop(number)
        call.finish(outcome, pool_ended=pool_ended)
        self._flood.ended(key)
        return bool(call.state is TaskState.CUT_OFF)

    def _show_failed(self, key: Any, row: ProcessPoolRow, outcome: Outcome) -> None:
        failed = FailedCallRow(self._board, outcome.name, row)
        self._board.show(failed)
        failed.end(error=outcome.error, details=outcome.details)
        self._flood.passed((key, "failed"))

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
        row.processes, row.failed = free, vars(cache).get(OWN, 0)
        row.cache = weakref.ref(cache)
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

    def _end(self, key: Any, outcomes: Any) -> None:
        row = self._rows.pop(key, None)
        if row is None:
            return
        cut_off = False
        for number, call in list(row.calls.items()):
            if isinstance(call, ProcessCallRow):
                cut_off |= self._finish_call(key, row, number, outcomes, pool_ended=True)
            else:
                del row.calls[number]
                call.finish(pool_ended=True)
                self._flood.ended(key)
                cut_off |= call.state is TaskState.CUT_OFF
        cut_off = cut_off and not row.stop_requested
        cache = row.cache()
        row.failed = self._hook.failed.get(key, row.failed) if cache is None else vars(cache).get(OWN, 0)
        if row.total and not cut_off:  # what has not ended was cancelled, be it since the last look
            row.done, submitted = self._hook.ended.get(key, row.done), row.total + row.taken_out
            row.total, row.taken_out = row.done, max(0, submitted - row.done)
        if cut_off:
            row.cut_off(consequence=_POOL_ENDED)
        else:
            row.end(consequence="; ".join(what_became(row.failed, row.taken_out)))
        self._flood.passed((key, "pool"))


def _nothing() -> None:
    pass


def _managers() -> list[Any]:
    """The threads that manage pools of processes: each has the tables of one at hand."""
    modules = sys.modules
    if POOL not in modules and not any(name in modules for name in EXECUTORS):
        return []
    code = getattr(getattr(attribute_of(POOL, "Pool"), "_handle_workers", None), "__code__", None)
    found = []
    for thread in list(active_threads().values()):
        if type(thread).__module__ in EXECUTORS:
            if "pending_work_items" in fields_of(thread):
                found.append(thread)
            continue
        names = fields_of(thread)
        if code is not None and look_up(names.get("_target"), "__code__") is code:
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


def _progress_of(names: dict[str, Any], failed: int) -> RawProgress | None:
    """How far a job of many calls is: at least so many are done."""
    if "_number_left" in names:
        total = len(names["_value"]) if type(names["_value"]) is list else None
        if total is None:  # one of them has failed
            return None
        return max(0, total - names["_number_left"] * names["_chunksize"]), total, "calls", ""
    if "_unsorted" in names:
        said = "; ".join(what_became(failed, 0))
        return names["_index"] + len(names["_unsorted"]), names["_length"], "calls", said
    return None
