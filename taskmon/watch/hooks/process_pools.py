"""Noticing what is submitted to pools of processes: what a call is called, and how it failed.

The same classes hold the results of ``multiprocessing.pool.ThreadPool``, so how its calls end is heard here as well.

What waits and runs is found by whoever looks, in the tables that the pool itself keeps. A ``ProcessPoolExecutor`` keeps
each call with its arguments; a ``multiprocessing.Pool`` forgets them at once, so their names are noted as they come.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import ref

from taskmon.watch.hooks.patching import Patches, report
from taskmon.watch.hooks.pools import is_done
from taskmon.watch.thread_fields import fields_of

if TYPE_CHECKING:
    from types import FrameType, ModuleType

#: What became of so many calls is kept until the next look.
_MOST_OUTCOMES: Final = 2_000
#: Calls from a method of a pool to where its result is made.
_DEEPEST: Final = 3
#: The attribute of a result that holds what is noted of it.
OWN: Final = "_taskmon"


class Job:
    """What was given to a ``multiprocessing.Pool`` in one go: one call, or one for each of many items."""

    __slots__ = ("done", "failed", "name", "outcome")

    def __init__(self, name: str) -> None:
        self.name = name
        self.outcome: Outcome | None = None
        """What came of it, unless that is what it was to return."""
        self.failed = 0
        """How many of its calls have failed."""
        self.done = False
        """Whether all of it has been done."""


class Outcome(NamedTuple):
    """What came of a call that was submitted to an executor."""

    error: str = ""
    details: str = ""
    #: What the call is called, if it has failed.
    name: str = ""
    #: Whether it left because somebody wanted it to.
    cancelled: bool = False
    #: Whether it left by KeyboardInterrupt: Ctrl-C is heard by all of the processes.
    interrupted: bool = False


class ProcessPoolHook:
    """Hears of what is given to pools of processes, and of what fails there."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[Any, int], Outcome] = {}
        """By a reference to the thread that manages an executor and the number of the call."""
        self.ended: dict[Any, int] = {}
        """How many calls have ended of each executor, by the same reference; but for those that were cancelled."""
        self.failed: dict[Any, int] = {}
        """How many of these have failed."""
        self.awaited: dict[tuple[Any, Any], Outcome | None] = {}
        """What came of calls of a ``multiprocessing`` pool that somebody waits for: by the numbers of job and call."""
        self.broken: set[Any] = set()
        """References to the threads that manage executors of which a process has ended before its time."""
        self.wanted = True
        """Whether somebody watches or is expected, so that names and failures are worth describing."""
        self.patches = Patches(report)

    def install_executor(self, module: ModuleType) -> None:
        """Hook into ``concurrent.futures.process``, or into what has been made after it."""
        manager: Any = module._ExecutorManagerThread
        process_result, terminate = manager.process_result_item, manager.terminate_broken

        def process_result_item(thread: Any, result: Any, *args: Any) -> Any:
            try:
                if hasattr(result, "work_id"):
                    self._note_end(ref(thread), thread, result)
            except Exception as error:
                self.patches.give_up(error)
            return process_result(thread, result, *args)

        def terminate_broken(thread: Any, *args: Any) -> Any:
            try:
                if self.wanted:
                    self._note_broken(ref(thread), thread)
            except Exception as error:
                self.patches.give_up(error)
            return terminate(thread, *args)

        self.patches.replace(manager, "process_result_item", process_result_item)
        self.patches.replace(manager, "terminate_broken", terminate_broken)

    def _note_end(self, key: Any, thread: Any, result: Any) -> None:
        self.ended[key] = self.ended.get(key, 0) + 1
        if not self.wanted or (len(self.outcomes) >= _MOST_OUTCOMES and result.exception is None):
            return
        outcome = _outcome(thread, result)
        if outcome.error:
            self.failed[key] = self.failed.get(key, 0) + 1
        if len(self.outcomes) < _MOST_OUTCOMES:
            self.outcomes[key, result.work_id] = outcome

    def _note_broken(self, key: Any, thread: Any) -> None:
        """All that its pool has not done is about to fail."""
        self.broken.add(key)
        count = sum(not is_done(item.future) for item in list(thread.pending_work_items.values()))
        self.ended[key] = self.ended.get(key, 0) + count
        self.failed[key] = self.failed.get(key, 0) + count

    def install_pool(self, module: ModuleType) -> None:
        """Hook into ``multiprocessing.pool``."""
        single: Any = module.ApplyResult
        for kind in (single, module.IMapIterator):
            self._hear_of(kind)
        for kind in (single, module.MapResult, module.IMapIterator, module.IMapUnorderedIterator):
            self._hear_ends(kind)
        self._hear_the_last(module.IMapIterator)

    def _hear_of(self, kind: Any) -> None:
        make, patches = kind.__init__, self.patches

        def init(result: Any, *args: Any, **kwargs: Any) -> None:
            make(result, *args, **kwargs)
            try:
                if self.wanted:
                    vars(result)[OWN] = Job(_name_from(sys._getframe(1)))
            except Exception as error:
                patches.give_up(error)

        patches.replace(kind, "__init__", init)

    def _hear_ends(self, kind: Any) -> None:
        settle, patches = kind._set, self.patches

        def settle_result(result: Any, number: Any, outcome: Any) -> Any:
            try:
                self._note_settled(vars(result), number, *outcome)
            except Exception as error:
                patches.give_up(error)
            settled = settle(result, number, outcome)
            _note_the_last(vars(result))
            return settled

        patches.replace(kind, "_set", settle_result)

    def _note_settled(self, names: dict[str, Any], number: Any, success: bool, value: Any) -> None:
        key, job = (names["_job"], number), names.get(OWN)
        if key in self.awaited or (job is not None and not success):
            outcome = Outcome() if success else _outcome_of(value)
            if key in self.awaited:
                self.awaited[key] = outcome
            if job is not None and outcome.error:
                job.failed += 1
                counts = vars(names["_cache"])
                counts[OWN] = counts.get(OWN, 0) + 1
            # Whoever takes results one by one may go on behind one that failed.
            if job is not None and job.outcome is None and not success and "_index" not in names:
                job.outcome = outcome
        if job is not None and "_index" not in names:
            job.done = names.get("_number_left", 1) <= 1

    def _hear_the_last(self, kind: Any) -> None:
        """Of calls whose results are taken one by one, of which it may turn out late that there are no more."""
        set_length, patches = kind._set_length, self.patches

        def set_length_of(result: Any, *args: Any) -> Any:
            told = set_length(result, *args)
            _note_the_last(vars(result))
            return told

        patches.replace(kind, "_set_length", set_length_of)

    def adopt(self, thread: Any) -> None:
        """An executor that this thread manages was there before anybody listened. In the agent's thread."""
        names = fields_of(thread)
        executor = names["executor_reference"]()
        if executor is not None:
            self.ended.setdefault(ref(thread), max(0, executor._queue_count - len(names["pending_work_items"])))

    def forget(self) -> None:
        """In a forked child: the pools are its parent's."""
        self.outcomes, self.broken, self.awaited = {}, set(), {}
        self.ended, self.failed = {}, {}


def _outcome(thread: Any, result: Any) -> Outcome:
    error = result.exception
    item = thread.pending_work_items.get(result.work_id) if error is not None else None
    if item is None:
        return Outcome()
    from taskmon.core.base.error_text import plain_error_texts
    from taskmon.core.base.errors import is_error
    from taskmon.core.base.signals import may_be_typed
    from taskmon.watch.cancels import carries_cancel
    from taskmon.watch.ownership import name_of_calls

    name = name_of_calls(item.fn, tuple(item.args), item.kwargs)
    interrupted = is_error(error, KeyboardInterrupt)
    if carries_cancel(error) or (interrupted and may_be_typed()):
        return Outcome(name=name, cancelled=True)
    return Outcome(*plain_error_texts(error), name, interrupted=interrupted)


def _name_from(frame: FrameType | None) -> str:
    """What a pool was given, by the variables of the method of its that is running. In the thread that calls it."""
    from taskmon.core.stacks.variables import variables
    from taskmon.watch.ownership import name_of, name_of_calls, unwrap

    for _ in range(_DEEPEST):
        if frame is None:
            break
        names = variables(frame)
        if "func" in names:
            if "kwds" not in names:
                return f"{name_of(unwrap(names['func'], (), {})[0])} for each"
            given, named = names["args"], names["kwds"]  # whatever can be iterated: that is for the pool to do
            given, named = given if type(given) is tuple else (), named if type(named) is dict else {}
            return name_of_calls(names["func"], given, named)
        frame = frame.f_back
    return "call"


def _note_the_last(names: dict[str, Any]) -> None:
    """Whether a job is done whose results are taken one by one."""
    if OWN in names and "_index" in names and names["_index"] == names["_length"]:
        names[OWN].done = True


def _outcome_of(error: Any) -> Outcome:
    """What came of a call whose result is that error. A cancel is none."""
    from taskmon.core.base.error_text import plain_error_texts
    from taskmon.core.base.errors import is_error
    from taskmon.watch.cancels import carries_cancel

    if not is_error(error, BaseException):
        return Outcome()
    return Outcome(cancelled=True) if carries_cancel(error) else Outcome(*plain_error_texts(error))
