"""Noticing what is submitted to thread pools: a weak reference for each call, and one count for each pool.

Which calls run, and where, is found by whoever looks. Nothing is hooked that a call passes through on its way.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import ref

from taskmon.watch.hooks.patching import Patches, leave_out, report
from taskmon.watch.own_threading import get_ident

if TYPE_CHECKING:
    from types import CodeType, FrameType, ModuleType

#: Failures described until the next look, and counted. A call that fails is told of even if nobody saw it run.
_MOST_FAILURES: Final = 50
_MOST_COUNTED: Final = 10_000
NOT_DESCRIBED: Final = "It failed."
#: Calls that run at the same time of which it is known when they began. A future that is never done stays one of them.
MOST_RUNNING: Final = 10_000
#: The attribute of a call that a shutdown has taken out of the queue.
_DRAINED: Final = "_taskmon"
_FIRST_TIDY: Final = 1_000
_UNFINISHED: Final = frozenset({"PENDING", "RUNNING"})
_CANCELLED: Final = frozenset({"CANCELLED", "CANCELLED_AND_NOTIFIED"})


def is_done(future: Any) -> bool:
    """Whether a call has ended or was cancelled: by what is noted of it, whatever the program has made of `done`."""
    return future._state not in _UNFINISHED


def is_cancelled(future: Any) -> bool:
    """As `is_done`, of those that were cancelled."""
    return future._state in _CANCELLED


class Failure(NamedTuple):
    """A call that failed, or was cancelled while it ran: then the error is empty."""

    call: Any
    """The weak reference to its work item."""
    error: str
    details: str
    name: str
    moments: tuple[float, float] | None
    """When it began and ended."""
    pool: PoolRecord | None
    """Where it was submitted; None if the executor is not there any more."""


class PoolRecord:
    """One executor. It keeps neither the executor nor its calls alive."""

    def __init__(self, executor: Any, creator: list[CodeType]) -> None:
        self.executor = ref(executor)
        self.name = str(getattr(executor, "_thread_name_prefix", "") or "ThreadPoolExecutor")
        self.creator = creator
        """The code that submitted the first call, innermost first."""
        self.earlier = False
        """Whether it was there before anybody listened, so that nobody knows who made it."""
        self.began = time.monotonic()
        self.submitted = 0
        self.taken_out = 0
        """Calls that were cancelled before they began, and are in the queue no more."""
        self.to_be_taken_out = 0
        """Those that are still there, as of the last time that this was tidied."""
        self.calls: list[Any] = []
        """Weak references to the work items in the order of their submission, and to some that have ended."""
        self.tidy_at = _FIRST_TIDY
        """With more of them than this, they are looked through."""

    def tidy(self) -> list[Any]:
        """Forget the calls that have ended and return the work items of the others, oldest first. Any thread."""
        calls = self.calls
        count = len(calls)
        alive = [call for call in calls[:count] if call() is not None]
        calls[:count] = alive  # what was added meanwhile stands behind
        self.tidy_at = 2 * len(calls) + _FIRST_TIDY
        items = [item for item in [call() for call in alive] if item is not None]
        unfinished = [item for item in items if item.future._state in _UNFINISHED]
        # A call that was cancelled stays in the queue until a thread comes to it.
        self.to_be_taken_out = 0
        if len(unfinished) < len(items):
            waiting = [item for item in items if item.future._state == "CANCELLED" and _DRAINED not in vars(item)]
            self.to_be_taken_out = len(waiting)
        return unfinished


class PoolHook:
    """Hears of every call submitted to a ThreadPoolExecutor, once ``concurrent.futures.thread`` has been imported."""

    def __init__(self) -> None:
        self.pools: list[PoolRecord] = []
        self.failures: dict[int, Failure] = {}
        """By the identity of the weak reference to the work item."""
        self.begun: dict[int, float] = {}
        """When the calls that run began, by the identity of their futures, in seconds of `time.monotonic()`."""
        self.ended: dict[int, tuple[float, float]] = {}
        """When those that have ended lately began and ended; some of them get a row only now."""
        self.wanted = False
        """Whether somebody watches, so that moments are worth keeping and failures worth describing."""
        self.broken_by: dict[int, tuple[str, str]] = {}
        """Why the initializer of a pool failed, by the thread in which it did."""
        self.worker_code: CodeType | None = None
        """The code in whose frames a thread of a pool goes its rounds."""
        self.run_code: CodeType | None = None
        """The code in whose frames a work item runs."""
        self.patches = Patches(report)
        self._last: Any = None

    def install(self, module: ModuleType) -> None:
        """Hook into ``concurrent.futures.thread``."""
        item_type, executor_type = module._WorkItem, module.ThreadPoolExecutor
        self.run_code, self.worker_code = item_type.run.__code__, module._worker.__code__
        break_pool = executor_type._initializer_failed
        break_code = break_pool.__code__
        make, adjust = item_type.__init__, executor_type._adjust_thread_count
        future_type = module._base.Future
        set_running, set_result = future_type.set_running_or_notify_cancel, future_type.set_result
        set_exception, cancel = future_type.set_exception, future_type.cancel
        shutdown_code = executor_type.shutdown.__code__
        patches, begun, ended, now = self.patches, self.begun, self.ended, time.monotonic

        reference = ref

        def init(item: Any, *args: Any) -> None:
            make(item, *args)
            self._last = reference(item)

        def adjust_thread_count(executor: Any) -> Any:
            # Between the two, submit() holds a lock that all pools share.
            try:
                call, self._last = self._last, None
                if call is not None:
                    try:
                        pool = executor._taskmon
                    except AttributeError:
                        pool = self._add(executor)
                    pool.submitted += 1
                    calls = pool.calls
                    calls.append(call)
                    if len(calls) > pool.tidy_at:
                        pool.tidy()
            except Exception as error:
                patches.give_up(error)
            try:
                return adjust(executor)
            except BaseException as error:
                leave_out(error)
                raise

        def set_running_or_notify_cancel(future: Any) -> Any:
            if self.wanted:
                begun[id(future)] = now()
            try:
                runs = set_running(future)
            except BaseException as error:
                leave_out(error)
                raise
            if not runs:
                self._note_taken_out(future, sys._getframe(1))
            return runs

        def cancel_call(future: Any) -> Any:
            try:
                cancelled = cancel(future)
            except BaseException as error:
                leave_out(error)
                raise
            caller = sys._getframe(1)
            if cancelled and caller.f_code is shutdown_code:
                self._note_drained(caller)
            return cancelled

        def set_result_of(future: Any, result: Any) -> Any:
            # As `_note_end`, without a call: a call of a pool may be over sooner than that takes.
            if begun and (began := begun.get(key := id(future))) is not None:
                ended[key] = began, now()
                begun.pop(key, None)
            try:
                return set_result(future, result)
            except BaseException as error:
                leave_out(error)
                raise

        def set_exception_on(future: Any, exception: Any) -> Any:
            try:
                moments = self._note_end(future)
                caller = sys._getframe(1)
                if self.wanted and caller.f_code is self.run_code:
                    self._note_failure(caller, "self", _pool_of(caller.f_back), exception, moments)
                elif self.wanted and caller.f_code is break_code and not is_done(future):
                    self._note_failure(caller, "work_item", _pool_that_breaks(caller), exception, moments)
            except Exception as error:
                patches.give_up(error)
            return set_exception(future, exception)

        def initializer_failed(executor: Any) -> Any:
            try:
                if self.wanted:
                    self._note_broken(sys.exception())
            except Exception as error:
                patches.give_up(error)
            return break_pool(executor)

        patches.replace(item_type, "__init__", init)
        patches.replace(executor_type, "_initializer_failed", initializer_failed)
        patches.replace(executor_type, "_adjust_thread_count", adjust_thread_count)
        patches.replace(future_type, "set_running_or_notify_cancel", set_running_or_notify_cancel)
        patches.replace(future_type, "set_result", set_result_of)
        patches.replace(future_type, "set_exception", set_exception_on)
        patches.replace(future_type, "cancel", cancel_call)

    def adopt(self, executor: Any, items: list[Any], age: float) -> None:
        """A pool has been there for `age` seconds, and has these work items still to do. In the agent's thread."""
        if "_taskmon" in vars(executor):
            return  # a call was submitted just now
        pool = PoolRecord(executor, [])
        pool.earlier = True
        pool.began -= age
        pool.calls = [ref(item) for item in items]
        pool.submitted = len(items)
        vars(executor)["_taskmon"] = pool
        self.pools = [*self.pools, pool]

    def forget(self) -> None:
        """In a forked child: no call of these will be executed, for their threads are not here."""
        self._let_go()
        self.failures, self.broken_by = {}, {}
        for kept in (self.begun, self.ended):
            kept.clear()
        self.wanted = False
        self._last = None

    def undo(self) -> None:
        """Put everything back."""
        self.patches.undo()
        self._let_go()

    def _let_go(self) -> None:
        pools, self.pools = self.pools, []
        for pool in pools:
            executor = pool.executor()
            if executor is not None:
                vars(executor).pop("_taskmon", None)

    def _add(self, executor: Any) -> PoolRecord:
        frame: FrameType | None = sys._getframe(2)
        creator: list[CodeType] = []
        while frame is not None and len(creator) < 12:
            creator.append(frame.f_code)
            frame = frame.f_back
        pool = executor.__dict__["_taskmon"] = PoolRecord(executor, creator)
        self.pools = [known for known in self.pools if known.executor() is not None] + [pool]
        return pool

    def began(self, future_id: int) -> float | None:
        """When a call began that runs, or did so until a moment ago; None if that was not seen. Any thread."""
        moment = self.begun.get(future_id)
        return moment if moment is not None else self.ended.get(future_id, (None, None))[0]

    def _note_end(self, future: Any) -> tuple[float, float] | None:
        began = self.begun.get(id(future))
        if began is None:
            return None
        moments = self.ended[id(future)] = (began, time.monotonic())  # first: a look finds it in one of the two
        self.begun.pop(id(future), None)
        return moments

    def _note_taken_out(self, future: Any, caller: FrameType) -> None:
        """A thread of a pool has come to a call that was cancelled. In that thread."""
        self.begun.pop(id(future), None)
        if caller.f_code is self.run_code:
            pool = _pool_of(caller.f_back)
            if pool is not None:
                pool.taken_out += 1

    def _note_drained(self, shutdown: FrameType) -> None:
        """A pool that is shut down takes a call out of the queue. In the thread that does so."""
        try:
            from taskmon.core.stacks.variables import variables

            names = variables(shutdown)
            pool = vars(names["self"])["_taskmon"]
            vars(names["work_item"])[_DRAINED] = True
            pool.taken_out += 1
        except Exception as error:  # of an executor that is not what it is elsewhere
            report(error)

    def _note_broken(self, exception: BaseException | None) -> None:
        """The initializer of a pool has failed, in this thread."""
        from taskmon.core.base.error_text import plain_error_texts

        if exception is not None and len(self.broken_by) < _MOST_FAILURES:
            self.broken_by[get_ident()] = plain_error_texts(exception)

    def _note_failure(
        self,
        caller: FrameType,
        item_name: str,
        pool: PoolRecord | None,
        exception: BaseException,
        moments: tuple[float, float] | None,
    ) -> None:
        if len(self.failures) >= _MOST_COUNTED:
            return
        from taskmon.core.base.error_text import plain_error_texts
        from taskmon.core.stacks.variables import variables
        from taskmon.watch.cancels import carries_cancel
        from taskmon.watch.ownership import call_name, call_of, unwrap

        item = variables(caller)[item_name]
        call = ref(item)
        if len(self.failures) >= _MOST_FAILURES:
            self.failures[id(call)] = Failure(call, NOT_DESCRIBED, "", "", moments, pool)
            return
        line, details = plain_error_texts(exception)
        error = "" if carries_cancel(exception) else line
        name = call_name(*unwrap(*call_of(item)))
        self.failures[id(call)] = Failure(call, error, details, name, moments, pool)


def _pool_that_breaks(initializer_failed: FrameType) -> PoolRecord | None:
    from taskmon.core.stacks.variables import variables

    pool: PoolRecord | None = vars(variables(initializer_failed)["self"]).get("_taskmon")
    return pool


def _pool_of(worker: FrameType | None) -> PoolRecord | None:
    """The pool whose thread goes its rounds in that frame."""
    try:
        from taskmon.core.stacks.variables import variables

        executor = variables(worker)["executor_reference"]() if worker is not None else None
        return vars(executor)["_taskmon"] if executor is not None else None
    except Exception as error:  # of a worker that is not what it is elsewhere
        report(error)
        return None
