"""Showing asyncio's tasks, of which asyncio keeps lists of its own."""

from __future__ import annotations

import contextlib
import gc
import re
import time
import weakref
from collections.abc import Callable, Mapping
from types import CodeType, CoroutineType, FrameType, GeneratorType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskmon.core.base.error_text import plain_error_texts
from taskmon.core.base.modules import attribute_of
from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.event_loops import EventLoops
from taskmon.watch.hooks.patching import report
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.ownership import is_work, look_up, name_of
from taskmon.watch.rows.toolkits import MEANS, cancel_of_coroutine
from taskmon.watch.rows.watched_task import WatchedTask

if TYPE_CHECKING:
    from taskmon.core.stacks.awaits import Awaiting
    from taskmon.core.stacks.sampler import StackSample
    from taskmon.watch.hooks.hooks import Hooks
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

#: Rows for tasks of one program; servers have thousands.
_MOST: Final = 300
_NAME_LOOKED_AT: Final = 100
#: What the name of a task begins with that nobody has named.
_NUMBERED: Final = "Task-"
#: And what Python 3.13 calls it where the loop has a task factory, such as `asyncio.eager_task_factory`.
_UNNAMED: Final = "None"


class _Ending(NamedTuple):
    """How a task of asyncio ended."""

    cancelled: bool
    error: str
    details: str


class CoroutineRow(WatchedTask):
    """An `asyncio.Task`."""

    kind = "coroutine"

    def __init__(self, board: Board, task: Any, parent: WatchedTask) -> None:
        super().__init__(board, _given_name(task) or name_of(ask(task, "get_coro")), parent)
        self._task: Callable[[], Any] = weakref.ref(task)
        self._ending: _Ending | None = None
        self._awaiting: Awaiting | None = None
        ends_program = f"; also ends the program: {board.program}" if _is_main(task) else ""
        self.means, self.why_not = StopMeans(_MEANS + ends_program), ""

    def _stop(self) -> None:
        task = self._task()
        if task is not None and not ask(task, "done"):
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nothing of it will run again
                task.get_loop().call_soon_threadsafe(task.cancel)

    def look_for_facts(self, now: float, is_own: Callable[[CodeType], bool]) -> None:
        """Find out what it awaits. While its loop runs it, nothing is told."""
        from taskmon.core.stacks.awaits import look_at  # most programs have no coroutines

        task = self._task()
        try:
            self._awaiting = look_at(task, is_own, now, self._awaiting) if task is not None else None
        except Exception as error:  # of a task or loop that the program has made itself
            self._awaiting = None
            report(error)
        self.facts = self._awaiting.facts if self._awaiting is not None else None

    def stack(self) -> StackSample | None:
        """Return where its coroutines stand; None while its loop runs them."""
        from taskmon.core.stacks.awaits import stack_of
        from taskmon.watch.rows.facts import is_program_code

        task, now, facts = self._task(), time.monotonic(), self.facts
        if task is None or self.state.is_final:
            return None
        try:
            return stack_of(task, is_program_code, now, facts.since if facts is not None else None)
        except Exception as error:
            report(error)
            return None

    def look(self) -> bool:
        """See whether it has ended; return whether it has not."""
        task = self._task()
        if task is not None and not ask(task, "done"):
            return True
        if task is not None:
            self.hear_end(task)
        ending = self._ending
        if ending is not None:
            self.end(cancelled=ending.cancelled, error=ending.error, details=ending.details)
        else:  # nobody kept it, and how it ended is gone with it
            self.end_unseen()
        return False

    def hear_end(self, task: Any) -> None:
        """A task is done: note how it ended, if it is this one. In the agent's thread or in that of its loop."""
        if task is self._task() and ask(task, "done"):
            cancelled = bool(ask(task, "cancelled"))
            # Not task.exception(): whoever calls that is taken to have dealt with it.
            error = None if cancelled else task._exception
            said = ("", "") if error is None else plain_error_texts(error)
            self._ending = _Ending(cancelled, *said)


class VisitingCoroutine(CoroutineRow):
    """A coroutine of the program's own that a library's task awaits: a server's request, a toolkit's worker."""

    def __init__(self, board: Board, task: Any, coroutine: Any, parent: WatchedTask) -> None:
        super().__init__(board, task, parent)
        self._name = name_of(coroutine)
        self._coroutine = weakref.ref(coroutine)
        outer = ask(task, "get_coro")
        self._library = _library_of(outer)
        self._cancel = cancel_of_coroutine(outer)
        if self._cancel is not None:
            self.means = StopMeans(MEANS)
        else:
            self.why_not = f"its task belongs to {self._library}, which may take that for a failure"
            self.means = StopMeans("", (), (f"{_MEANS}, but {self.why_not}",))

    def _stop(self) -> None:
        if self._cancel is None:
            super()._stop()
        else:
            self._cancel()

    def _use_offer(self, number: int) -> None:
        del number  # there is but one
        CoroutineRow._stop(self)

    def look(self) -> bool:
        """See whether the program's coroutine has ended; the task may go on to others."""
        task, coroutine = self._task(), self._coroutine()
        if task is None or ask(task, "done"):
            self._cancel = None
            return super().look()
        if coroutine is not None and look_up(coroutine, "cr_frame") is not None:
            return True
        del coroutine
        self._cancel = None
        self.end(consequence="" if self.stop_requested else f"It has returned to {self._library}.")
        return False


def _by_name(task: Any) -> list[tuple[int, str]]:
    """So that ``job-2`` comes before ``job-10``; those without names are numbered as they are made."""
    try:
        parts = re.split(r"(\d+)", str.__str__(ask(task, "get_name"))[:_NAME_LOOKED_AT])
    except Exception:  # its turn comes, and then that is told
        return []
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _group_of(task: Any) -> Any:
    """Return the task that a task's TaskGroup is in; None if it is in none."""
    for entry in list(getattr(task, "_callbacks", None) or ()):
        owner: Any = look_up(entry[0] if type(entry) is tuple else entry, "__self__")
        if type(owner).__name__ == "TaskGroup" and type(owner).__module__ == "asyncio.taskgroups":
            return owner._parent_task
    return None


def _is_main(task: Any) -> bool:
    """Whether the main thread runs its loop until this task is done, as ``asyncio.run`` does."""
    if getattr(task.get_loop(), "_thread_id", None) != main_thread_ident:
        return False
    called = (entry[0] if type(entry) is tuple else entry for entry in list(getattr(task, "_callbacks", None) or ()))
    return any(getattr(each, "__name__", "") == "_run_until_complete_cb" for each in called)


def _waiting_for(tasks: dict[int, Any]) -> dict[int, Any]:
    """Return which task waits for which, by the identity of what is waited for: alone, or with others by `gather`."""
    found: dict[int, Any] = {}
    for task in tasks.values():
        try:
            waited = getattr(task, "_fut_waiter", None)
            children = getattr(waited, "_children", None) if type(waited).__name__ == "_GatheringFuture" else None
        except BaseException as error:  # of one of the program's own making: the others are beneath theirs
            report(error)
            continue
        if waited is not None:
            found[id(waited)] = task
        if type(children) is list:
            found |= {id(child): task for child in children}
    return found


#: What a cancel does to a task of asyncio.
_MEANS: Final = "raises CancelledError at its next await"
#: Deeper than this, nothing is looked for in what a coroutine awaits.
_DEEPEST: Final = 100


def _library_of(coroutine: Any) -> str:
    frame = look_up(coroutine, "cr_frame") or look_up(coroutine, "gi_frame")
    name = frame.f_globals.get("__name__") if frame is not None else ""
    return name.partition(".")[0] if type(name) is str and name else "a library"


def _code_of(coroutine: Any) -> Any:
    """Return the code of a coroutine; of an object that only behaves like one, that of its class's `send`."""
    if type(coroutine) in (CoroutineType, GeneratorType):
        return getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
    from taskmon.watch.flags.inspect_safely import on_class  # hardly ever

    return getattr(on_class(type(coroutine), "send")[0], "__code__", None)


def _is_named_by_hand(task: Any, coroutine: Any) -> bool:
    """Whether somebody has given a name to a task of nothing but asyncio's own, such as ``asyncio.sleep(5)``."""
    frame = getattr(coroutine, "cr_frame", None) if type(coroutine) is CoroutineType else None
    module = frame.f_globals.get("__name__") if frame is not None else None
    is_asyncios = type(module) is str and module.startswith("asyncio.")
    return is_asyncios and bool(_given_name(task))


def _given_name(task: Any) -> str:
    """Return what somebody has called a task; empty if nobody has."""
    name = str.__str__(ask(task, "get_name"))
    return "" if name == _UNNAMED or name.startswith(_NUMBERED) else name


def awaited_work(coroutine: Any) -> Any:
    """Return the outermost coroutine of the program's work among what another awaits; None if there is none.

    While the loop runs it, what it awaits is not to be seen.
    """
    for _ in range(_DEEPEST):
        code = look_up(coroutine, "cr_code")
        if is_work(code):
            return coroutine
        inner = None
        for name in ("cr_await", "gi_yieldfrom", "ag_await"):
            inner = look_up(coroutine, name)
            if inner is not None:
                break
        if inner is None and type(coroutine).__name__ == "coroutine_wrapper":  # what `__await__` of a coroutine gives
            inner = next(iter(gc.get_referents(coroutine)), None)
        if inner is None or inner is coroutine:
            return None
        coroutine = inner
    return None


class CoroutineLook:
    """Keeps the rows of asyncio's tasks. In the agent's thread."""

    def __init__(self, hooks: Hooks, board: Board, program: ProgramRow) -> None:
        self._hooks = hooks
        self._board = board
        self._program = program
        self._loops = EventLoops(hooks.parents_loops)
        self._rows: dict[int, CoroutineRow] = {}
        self._visits: dict[int, VisitingCoroutine] = {}
        self._seen: set[int] = set()

    def look(self, frames: Mapping[int, FrameType]) -> None:
        """See which tasks have come and gone."""
        self._look_at(self._rows)
        self._look_at(self._visits)
        tasks: dict[int, Any] = {}
        for task in self._loops.tasks(frames):
            try:
                if not ask(task, "done"):
                    tasks[id(task)] = task
            except BaseException as error:
                self._program.tell_trouble(f"A task of asyncio ({type(task).__name__}) cannot be shown", error)
        waiting: dict[int, Any] | None = None
        for task in sorted(tasks.values(), key=_by_name):  # asyncio keeps them in no order
            try:
                if self._is_new(task):
                    waiting = _waiting_for(tasks) if waiting is None else waiting
                    self._show(task, waiting)
            except BaseException as error:
                self._program.tell_trouble(f"A task of asyncio ({type(task).__name__}) cannot be shown", error)
        self._seen = set(tasks)
        trouble, self._loops.trouble = self._loops.trouble, None
        if trouble is not None:
            self._program.tell_trouble("What an event loop runs cannot be listed, because of one of its tasks", trouble)

    def _look_at(self, rows: dict[int, Any]) -> None:
        for key, row in list(rows.items()):
            try:
                lives = row.look()
            except BaseException as error:  # of an object of the program's: the other tasks have their rows
                lives = False
                self._program.tell_trouble(f"The coroutine “{row.name}” is not followed any more", error)
                row.end(consequence="What becomes of it cannot be seen.")
            if not lives:
                del rows[key]
                if self._hooks.task_ends is not None:
                    self._hooks.task_ends.listeners.pop(key, None)

    def _is_new(self, task: Any) -> bool:
        key = id(task)
        return key in self._seen and key not in self._rows and len(self._rows) + len(self._visits) < _MOST

    def _show(self, task: Any, waiting: dict[int, Any], depth: int = 0) -> None:
        key = id(task)
        coroutine = ask(task, "get_coro")
        if is_work(_code_of(coroutine)) or _is_named_by_hand(task, coroutine):
            outer = _group_of(task) or waiting.get(key)
            if outer is not None and outer is not task and depth < _DEEPEST and self._is_new(outer):
                self._show(outer, waiting, depth + 1)  # it comes before what is in it
            above = self._rows.get(id(outer)) if outer is not None and outer is not task else None
            if key in self._rows:
                return  # two that wait for each other
            row = self._rows[key] = CoroutineRow(self._board, task, above or self._program)
            if self._hooks.task_ends is not None:
                self._hooks.task_ends.listeners[key] = row.hear_end
            self._board.show(row)
        elif key not in self._visits and (awaited := awaited_work(coroutine)) is not None:
            visit = self._visits[key] = VisitingCoroutine(self._board, task, awaited, self._program)
            self._board.show(visit)


def ask(task: Any, method: str) -> Any:
    """Call a method of asyncio's own of a task, whatever the task's own class has made of it."""
    for name in ("Task", "_PyTask"):
        kind = attribute_of("asyncio.tasks", name)
        if type(kind) is type and issubclass(type(task), kind):
            return getattr(kind, method)(task)
    return getattr(task, method)()
