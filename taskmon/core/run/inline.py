"""A stretch of code as a task: it runs where it stands, in its own thread, and can be seen and asked to stop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, NoReturn

from taskmon.core.base.errors import TaskmonError, is_error, parts_of
from taskmon.core.base.numbers import timeout_seconds
from taskmon.core.base.text import to_text
from taskmon.core.run.engine import Engine
from taskmon.core.run.execute import check_function, is_asyncios, outcome_of, run_task
from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.context import ContextOf, TaskContext, enter, leave, task_here
from taskmon.core.task.events import EventHub, Sink
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task


class InlineTasks:
    """The tasks that ``with`` blocks are: a `taskmon.core.task.live_tasks.TaskSource`. Any thread."""

    def __init__(self) -> None:
        self._engine = Engine(4, "taskmon-inline")  # which runs their subtasks

    def attach(self, sink: Sink) -> list[Task]:
        """Call `sink` for all that happens from now on; return the tasks that there are."""
        return self._engine.live.attach(sink)

    def detach(self, sink: Sink) -> None:
        self._engine.live.detach(sink)

    def tasks(self) -> list[Task]:
        return self._engine.live.tasks()

    def prepare(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        name: str,
        group: str = "",
        timeout: float | None = None,
        takes_context: bool = True,
    ) -> Task:
        """Make a task of a call, for `perform`. Nobody hears of it before that; it may be cancelled meanwhile.

        The arguments are those of `TaskRunner.start`; without `takes_context`, `fn` is not given its context.

        Raises:
            TypeError, ValueError: as `TaskRunner.start`.
        """
        check_function(fn)
        task = Task(fn, args, kwargs, self._engine, takes_context)
        task.name = name
        task.group = to_text(group)
        task.timeout = None if timeout is None else timeout_seconds(timeout)
        task.hub = _DEAF
        return task

    def perform(self, task: Task) -> None:
        """Run a prepared task here, in this thread, to its end. One that was cancelled before does not run.

        For a thread that belongs to somebody else's pool, which decides when the call has its turn.
        """
        if not task.begin():
            return
        task.hub = self._engine.hub
        self._engine.admit(task, put=False)
        run_task(task)

    def block(self, name: str, total: float | None = None, unit: str | None = None, group: str = "") -> Block:
        """Return what makes a task of a ``with`` block; see `taskmon.task`."""
        task = Task(_start_again, (), {}, self._engine, True)
        task.name = name
        if group:
            task.group = to_text(group)
        return Block(self._engine, task, total, unit)


class Block:
    """One ``with`` block as a task. Entered once: a second time, that raises RuntimeError.

    An exception passes through untouched, whatever it is: nothing of it is set or called, as a generator with
    `contextlib.contextmanager` would. A generator that is closed within leaves the block as a ``return`` does.
    """

    def __init__(self, engine: Engine, task: Task, total: float | None, unit: str | None) -> None:
        self._engine = engine
        self._task = task
        self._total = total
        self._unit = unit
        self._way: ContextOf | None = None
        self._before: ContextOf | None = None

    def __enter__(self) -> TaskContext:
        """Begin. The block gets its `TaskContext`."""
        task = self._task
        if self._before is not None:
            raise RuntimeError("a block of code is one task: call taskmon.task() again for another")
        outer = task_here()
        if outer is not None and not outer.done():
            task.parent = outer
        context: TaskContext = task.context
        context.progress(total=self._total, unit=self._unit)
        # It begins before anybody knows of it: one that is cancelled before would count as never begun, with the block
        # running all the same.
        task.hub = _DEAF
        task.begin()
        task.hub = self._engine.hub
        way = self._way = task.way = ContextOf(task)
        way.made = context
        self._engine.admit(task, put=False)
        task.link_to_parent()
        self._before = enter(way)
        return context

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """End, in the way that the block has. True if it was cancelled, which ends the block and goes no further."""
        task, way, before = self._task, self._way, self._before
        try:
            if error is not None and _is_of_coroutine(error):  # which is cancelled, and this along with it
                task.cancel("its coroutine was cancelled")
            if error is not None and is_error(error, GeneratorExit):
                error = None  # whoever loops over the generator has had enough
            state = outcome_of(task, error)
            ends_here = error is not None and state is TaskState.CANCELLED and _is_own(error, task)
            task.finish(state, None, error if state is TaskState.FAILED else None)
            return ends_here
        finally:
            if way is not None and before is not None:
                leave(way, before)
            del error, task  # the error's traceback may lead to this frame, and the task to the error


def _is_own(error: BaseException, task: Task) -> bool:
    """Whether a cancel is that of this very block, rather than of the task around it, or of somebody else's."""
    if task.parent is not None and task.parent.stop_requested:
        return False
    if _runs_in_loop() and any(map(is_asyncios, parts_of(error))):
        return False  # the coroutine that the block stands in is being cancelled
    reason = task.stop.reason
    cancels = [part for part in parts_of(error) if is_error(part, TaskCancelled)]
    try:
        return all(cancel.reason == reason for cancel in cancels)  # type: ignore[attr-defined]  # they are such
    except Exception:  # of a subclass with a reason of its own making
        return False


def _is_of_coroutine(error: BaseException) -> bool:
    """Whether a coroutine leaves the block by what asyncio cancels it with, and by nothing else."""
    return _runs_in_loop() and all(map(is_asyncios, parts_of(error)))


def _runs_in_loop() -> bool:
    events = sys.modules.get("asyncio.events")
    return events is not None and events._get_running_loop() is not None


_DEAF: Final = EventHub()


def _start_again(_: TaskContext) -> NoReturn:
    """What such a task is said to run: there is nothing that could be run a second time."""
    raise TaskmonError("It cannot be started again", "It is a part of the program that it stands in: run that again.")
