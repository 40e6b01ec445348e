"""A stretch of code as a task: it runs where it stands, in its own thread, and can be seen and asked to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import to_text
from taskmon.core.run.engine import Engine
from taskmon.core.run.execute import drive, left_early
from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.context import TaskContext, enter, leave, task_here
from taskmon.core.task.events import EventHub, Sink
from taskmon.core.task.task import Task


class InlineTasks:
    """The tasks that ``with`` blocks are: a `taskmon.core.task.handle.TaskSource`. Any thread."""

    def __init__(self) -> None:
        self._engine = Engine(4, "taskmon-inline")  # which runs their subtasks

    def attach(self, sink: Sink) -> list[Task]:
        """Call `sink` for all that happens from now on; return the tasks that there are."""
        return self._engine.attach(sink)

    def detach(self, sink: Sink) -> None:
        """Stop calling `sink`."""
        self._engine.hub.detach(sink)

    def tasks(self) -> list[Task]:
        """The tasks that have not ended."""
        return self._engine.live_tasks()

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
        """
        task = Task(fn, args, kwargs, self._engine, takes_context)
        task._name = to_text(name)
        task.group = to_text(group)
        task._timeout = timeout
        task._hub = _DEAF
        return task

    def perform(self, task: Task) -> None:
        """Run a prepared task here, in this thread, to its end. One that was cancelled before does not run.

        For a thread that belongs to somebody else's pool, which decides when the call has its turn.
        """
        if not task._begin():
            return
        task._hub = self._engine.hub
        self._engine._admit(task, put=False)
        drive(task)

    @contextmanager
    def run(self, name: str, total: float | None, unit: str | None, group: str) -> Iterator[TaskContext]:
        """Make a task of the ``with`` block; see `taskmon.task`."""
        task = Task(_start_again, (), {}, self._engine, True)
        task._name = to_text(name)
        task.group = to_text(group)
        outer = task_here()
        if isinstance(outer, Task) and not outer.done():
            task.parent = outer
        context = task._context
        context.progress(total=total, unit=unit)
        # It begins before anybody knows of it: one that is cancelled before would count as never begun, with the block
        # running all the same.
        task._hub = _DEAF
        task._begin()
        task._hub = self._engine.hub
        self._engine._admit(task, put=False)
        task._link_to_parent()
        assert task._way is not None, "a task that has begun has one"
        before = enter(task._way)
        try:
            yield context
        except TaskCancelled as error:
            own = error.reason is task.stop.reason and (task.parent is None or task.parent.stop.reason is None)
            if task.stop_requested:
                task._finish_cancelled(None)
            else:
                task._finish_failed(error)
            if not own:
                raise  # it is that of the task around it, or somebody else's
        except BaseException as error:
            task._finish_failed(error)
            raise
        else:
            if task.stop_requested and left_early(context):
                task._finish_cancelled(None)
            else:
                task._finish_succeeded(None)
        finally:
            leave(before)


_DEAF: Final = EventHub()


def _start_again(_: TaskContext) -> NoReturn:
    """What such a task is said to run: there is nothing that could be run a second time."""
    raise TaskmonError("It cannot be started again", "It is a part of the program that it stands in: run that again.")
