"""Showing pools: one row for what was submitted together, and beneath it the calls that run or wait.

A call gets a row once it has been there for two looks, so a stream of brief calls is a number, not a flicker of rows.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.error_text import plain_error_texts
from taskmon.core.stacks.variables import variables
from taskmon.core.stop.reason import StopKind
from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch.hooks.pools import MOST_RUNNING, NOT_DESCRIBED, is_cancelled, is_done
from taskmon.watch.ownership import call_name, call_of, code_of, is_work, unwrap
from taskmon.watch.rows.flood import Flood
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.rows.watched_task import RawProgress, WatchedTask
from taskmon.watch.thread_fields import ident_of
from taskmon.watch.thread_fields import name_of as name_of_thread

if TYPE_CHECKING:
    from taskmon.watch.hooks.pools import Failure, PoolHook, PoolRecord
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

_FAILED: Final = "{n} of its calls failed"
_TAKEN_OUT: Final = "{n} of its calls taken out of the queue"
_NO_ROW: Final = "1 of its calls has no row of its own"
_NO_ROWS: Final = "{n} of its calls have no rows of their own"
#: Waiting calls that get a row of their own, the next ones first; the others are in the pool's numbers.
_MOST_WAITING: Final = 100


class CallRow(StoppableTask):
    """One call submitted to a ThreadPoolExecutor."""

    kind = "future"

    def __init__(self, board: Board, item: Any, pool: PoolRow, call: tuple[Any, Any, Any]) -> None:
        super().__init__(board, call_name(*call), pool, queued=True)
        self.item = weakref.ref(item)
        self._future = weakref.ref(item.future)
        self.future_id = id(item.future)
        self.means, self.why_not = StopMeans("takes it out of the queue"), ""

    def _target(self) -> Any:
        item = self.item()
        if item is None:
            return None
        from taskmon.watch.flags import Target

        # Its thread tells what the call's variables hold, and what current_thread() is to it.
        thread = threading._active.get(self.thread_id)  # type: ignore[attr-defined]
        return Target(*unwrap(*call_of(item), in_context=True), thread, item.future)

    def look_for_flag(self) -> None:
        """As long as it waits, it needs none."""
        if self.state is not TaskState.QUEUED:
            super().look_for_flag()

    def tell_means(self, shared_with: tuple[str, ...]) -> None:
        """As long as it waits, that is said already."""
        if self.state is not TaskState.QUEUED:
            super().tell_means(shared_with)

    def _stop(self) -> None:
        future = self._future()
        if future is not None and future.cancel():
            self.end(cancelled=True)
        else:
            super()._stop()

    def start(self, thread_id: int | None, thread_name: str, began: float | None) -> None:
        """It is being executed; in which thread, cannot be seen if that is a green one."""
        self.finding, self._looked = None, 0
        self.begin(thread_id, thread_name, began)
        self._find()
        self.tell_means(())

    @property
    def was_taken_out(self) -> bool:
        """Whether it was cancelled before it began."""
        return self.state is TaskState.CANCELLED and self._started_at is None

    def finish(self, failure: tuple[str, str] | None, moments: tuple[float, float] | None) -> None:
        """It has returned, raised, or was cancelled by the program; `moments` are when it began and ended, if known."""
        self.finding = None
        future = self._future()
        if self.state is TaskState.QUEUED and future is not None and is_cancelled(future):
            self.end(cancelled=True)
            return
        if failure is None and future is not None and future._exception is not None:
            failure = plain_error_texts(future._exception)  # it was not heard
        began, ended = moments or (None, None)
        self.begin(self.thread_id, self.thread_name, began)
        error, details = failure or ("", "")
        # A cancel is no error.
        self.end(error=error, details=details, cancelled=failure is not None and not error, at=ended)


def _is_ending(call: Any) -> bool:
    """Whether it is known to fail, but has not done so yet."""
    item = call()
    return item is not None and not is_done(item.future)


def what_became(failed: int, taken_out: int) -> list[str]:
    """What is to be said of the calls of a pool, but for those that are simply done."""
    return [said.format(n=count) for count, said in ((failed, _FAILED), (taken_out, _TAKEN_OUT)) if count]


class FailedCallRow(WatchedTask):
    """A call that failed, of so many that they have no rows."""

    kind = "future"


class PoolRow(WatchedTask):
    """What was submitted to one executor, until all of it has ended."""

    kind = "pool"

    def __init__(self, board: Board, record: PoolRecord, program: WatchedTask) -> None:
        super().__init__(board, record.name, program, at=record.began)
        self.record = record
        self.calls: dict[Any, CallRow] = {}
        self.base = self.taken_out_before = 0
        """Calls that had ended before this row came, and those among them that had been cancelled."""
        self.alive: list[Any] = []
        self.shown = 0
        """Calls that have had rows, or have failed; but for those that were taken out of the queue."""
        self.failed = 0
        self.progress_from = self._progress_now

    def _progress_now(self) -> RawProgress:
        submitted = self.record.submitted - self.base - self._taken_out()
        return max(0, submitted - len(self.alive)), submitted, "calls", "; ".join(self._parts())

    def _taken_out(self) -> int:
        """How many of its calls were cancelled before they began."""
        return self.record.to_be_taken_out + self.record.taken_out - self.taken_out_before

    def _parts(self) -> list[str]:
        return what_became(self.failed, self._taken_out())

    def finish(self) -> None:
        """All of its calls have ended. Those that were brief, or too many, have had no rows: say so."""
        self.alive = []
        unseen = self.record.submitted - self.base - self._taken_out() - self.shown
        parts = [_NO_ROW if unseen == 1 else _NO_ROWS.format(n=unseen)] if unseen > 0 else []
        self.end(consequence="; ".join(self._parts() + parts))

    def tell_means(self) -> None:
        """Say what a cancel of the whole does."""
        waiting = any(item.future._state == "PENDING" for item in reversed(self.alive))
        running = sum(1 for row in self.calls.values() if row.state is not TaskState.QUEUED and not row.refusal)
        parts = ["takes the waiting calls out of the queue"] if waiting else []
        parts += ["stops those that run, where that is possible"] if running else []
        why_not = "" if parts else "nothing waits, and none of those that run can be stopped by a plain Cancel"
        self.tell(StopMeans(" and ".join(parts)) if parts else None, why_not)

    def _stop(self) -> None:
        for item in self.record.tidy():
            item.future.cancel()
        for row in list(self.calls.values()):
            row.cancel("its pool was cancelled", kind=StopKind.PARENT)


class PoolLook:
    """Keeps the rows of pools. In the agent's thread."""

    def __init__(self, hook: PoolHook, board: Board, program: ProgramRow, *, library: bool) -> None:
        self._hook = hook
        self._board = board
        self._program = program
        self._library = library
        self._rows: dict[PoolRecord, PoolRow] = {}
        self._seen: dict[PoolRecord, set[int]] = {}
        self._by_thread: dict[int, StoppableTask] = {}
        self._flood = Flood()
        self._begun: dict[PoolRecord, dict[Any, float]] = {}
        self._calls: set[int] = set()
        self._held: set[PoolRecord] = set()
        self._told_of: set[int] = set()
        self._items: dict[int, Any] = {}
        self._failures: dict[int, Failure] = {}
        self._broken_by: list[dict[int, tuple[str, str]]] = [{}, {}]

    def rows_by_thread(self) -> dict[int, StoppableTask]:
        """The rows of the calls that run, by thread."""
        return self._by_thread

    def idents(self) -> set[int]:
        """The threads that execute calls which are in the numbers of a pool, with a row or without."""
        return self._told_of

    def item_in(self, ident: int) -> Any:
        """A weak reference to the work item that a thread executes, as of the last look; None if it does not."""
        return self._items.get(ident)

    def failure_of(self, item: Any) -> tuple[str, str] | None:
        """Why the call of such a reference failed, as far as that was heard between the last two looks."""
        found = self._failures.get(id(item))
        return found[1:3] if found is not None else None

    def is_in_a_pool(self, frame: FrameType) -> bool:
        """Whether that runs in a thread of a pool; but for a call, that is its initializer."""
        caller: FrameType | None = frame
        while caller is not None and caller.f_code is not self._hook.worker_code:
            caller = caller.f_back
        return caller is not None

    def broken_in(self, ident: int) -> tuple[str, str] | None:
        """Why the initializer of a pool failed in a thread, if it did so lately; who looks may have seen it still."""
        return next((found[ident] for found in self._broken_by if ident in found), None)

    def look(self, frames: Mapping[int, FrameType]) -> None:
        """See what runs, waits and has ended."""
        self._broken_by = [self._hook.broken_by, self._broken_by[0]]
        self._hook.broken_by = {}
        self._by_thread, self._items, self._told_of = {}, {}, set()
        failures, self._hook.failures = self._hook.failures, {}
        for kept in (self._hook.begun, self._hook.ended):
            if len(kept) > MOST_RUNNING:
                kept.clear()
        self._failures = failures
        for record in self._hook.pools:
            try:
                self._look_at(record, frames, failures)
            except BaseException as error:  # of an object of the program's: the other pools have theirs
                self._program.tell_trouble(f"Calls of “{record.name}” cannot be shown", error)
        for record in [record for record in self._rows if record not in self._hook.pools]:
            self._end(record, failures)
        self._hook.failures |= {key: failure for key, failure in failures.items() if _is_ending(failure.call)}
        self._seen = {record: seen for record, seen in self._seen.items() if record in self._hook.pools}
        self._held &= set(self._hook.pools)
        self._begun = {record: begun for record, begun in self._begun.items() if record in self._hook.pools}

    def _look_at(self, record: PoolRecord, frames: Mapping[int, FrameType], failures: Any) -> None:
        executor = record.executor()
        # Before those that ended are forgotten.
        self._calls = {id(call) for call in record.calls} if failures else set()
        items = record.tidy()
        running = self._running(executor, frames)
        moment = time.monotonic()
        began_before: dict[Any, float] = self._begun.get(record, {})
        begun = self._begun[record] = dict[Any, float]()
        for item in items if running else ():
            if id(item) in running:
                reference = self._items[running[id(item)][0]] = weakref.ref(item)
                hash(reference)  # it can be a key from now on, even if the item goes
                begun[reference] = began_before.get(reference, moment)
        # The oldest are those that run and those whose turn is next: the others need not be looked at one by one.
        first = items[: len(running) + _MOST_WAITING]
        before, now = self._seen.get(record, set()), {id(item) for item in first}
        self._seen[record] = now
        row = self._rows.get(record)
        lasting = [item for item in first if id(item) in before]
        failed = any(self._is_of(record, found) for found in failures.values())
        if row is None and (lasting or failed):
            # One that is empty again and again is a flood as well.
            since = min(begun.values(), default=moment)
            if failed or self._flood.admits((record, "pool"), since):
                self._held.discard(record)
                row = self._make(record, items)
            else:
                self._held.add(record)
        if row is not None or record in self._held:
            self._told_of |= {ident for ident, _ in running.values()}
        if row is None:
            return
        row.alive = items
        self._show_calls(record, row, lasting, running)
        del lasting, first
        for key, child in list(row.calls.items()):
            item = key()
            if item is None or is_done(item.future):
                del row.calls[key]
                self._finish(record, row, key, child, failures)
        self._show_failed(record, row, failures)
        row.tell_means()
        if not items:
            self._end(record, failures)

    def _show_calls(
        self, record: PoolRecord, row: PoolRow, lasting: list[Any], running: dict[int, tuple[int, str]]
    ) -> None:
        """Give a row to each call that was there at the last look, and tell in which thread it runs, if it does."""
        begun, moment = self._begun[record], time.monotonic()
        shown = 0
        for item in lasting:
            key = weakref.ref(item)
            # What is in no thread of the system may be in a green one: the call itself knows whether it runs.
            waits = id(item) not in running and item.future._state == "PENDING"
            shown += waits
            if key not in row.calls and (not waits or shown <= _MOST_WAITING):
                call = unwrap(*call_of(item))
                if not self._flood.admits(record, begun.get(key, moment)):
                    continue  # it is in the numbers of the pool
                if self._library or is_work(code_of(call[0])) or self._is_programs(record):
                    child = row.calls[key] = CallRow(self._board, item, row, call)
                    row.shown += 1
                    self._flood.began(record)
                    self._board.show(child)
            known = row.calls.get(key)
            if known is not None and not waits:
                thread_id, thread_name = running.get(id(item), (None, ""))
                if known.state is TaskState.QUEUED:
                    known.start(thread_id, thread_name, self._hook.began(known.future_id) or begun.get(key))
                if thread_id is not None:
                    known.thread_id, known.thread_name = thread_id, thread_name
                    self._by_thread[thread_id] = known

    def _end(self, record: PoolRecord, failures: Any) -> None:
        row = self._rows.pop(record, None)
        if row is None:
            return
        for key, child in row.calls.items():
            self._finish(record, row, key, child, failures)
        self._show_failed(record, row, failures)
        row.finish()
        self._flood.passed((record, "pool"))

    def _finish(self, record: PoolRecord, row: PoolRow, key: Any, child: CallRow, failures: Any) -> None:
        failure = failures.pop(id(key), None)
        child.finish(failure[1:3] if failure is not None else None, self._hook.ended.pop(child.future_id, None))
        row.failed += child.state is TaskState.FAILED
        row.shown -= child.was_taken_out
        self._flood.ended(record)

    def _show_failed(self, record: PoolRecord, row: PoolRow, failures: Any) -> None:
        """Calls that are brief have no rows, nor those of a flood: those that fail have."""
        kind = (record, "failed")
        for key, found in list(failures.items()):
            if not self._is_of(record, found) or not found.error or _is_ending(found.call):
                continue
            del failures[key]
            row.failed += 1
            row.shown += 1
            if self._flood.admits(kind, time.monotonic()) and found.error is not NOT_DESCRIBED:
                began, ended = found.moments or (None, None)
                self._board.show(failed := FailedCallRow(self._board, found.name, row, at=began))
                failed.end(error=found.error, details=found.details, at=ended)
                self._flood.passed(kind)

    def _is_of(self, record: PoolRecord, failure: Failure) -> bool:
        return failure.pool is record or (failure.pool is None and id(failure.call) in self._calls)

    def _make(self, record: PoolRecord, items: list[Any]) -> PoolRow | None:
        if not (self._library or self._is_programs(record)):
            first = unwrap(*call_of(items[0])) if items else None
            if first is None or not is_work(code_of(first[0])):
                return None
        row = self._rows[record] = PoolRow(self._board, record, self._program)
        if time.monotonic() - record.began >= 5.0:
            row.base = record.submitted - len(items)
            row.taken_out_before = record.taken_out + record.to_be_taken_out
        row.alive = items
        row.tell_means()
        self._board.show(row)
        return row

    def _is_programs(self, record: PoolRecord) -> bool:
        """Whether the program's own code submits to it, or a library on its own account."""
        if record.earlier:  # in doubt; this one asyncio makes for itself
            return not record.name.startswith("asyncio_")
        for code in record.creator:
            if "concurrent" not in code.co_filename and not code.co_filename.startswith("<"):
                return is_work(code)
        return any(is_work(code) for code in record.creator)

    def _running(self, executor: Any, frames: Mapping[int, FrameType]) -> dict[int, tuple[int, str]]:
        """Which work items run, by their identity: the thread of each, and its name."""
        found: dict[int, tuple[int, str]] = {}
        for thread in list(getattr(executor, "_threads", ())):
            frame: FrameType | None = frames.get(ident_of(thread) or 0)
            item_frame = None
            while frame is not None:
                if frame.f_code is self._hook.run_code:
                    item_frame = frame
                frame = frame.f_back
            if item_frame is not None:
                item = variables(item_frame).get("self")
                if item is not None:
                    found[id(item)] = (ident_of(thread) or 0, name_of_thread(thread))
        return found
