"""A task in a process of its own, watched, paused and stopped as if it ran here.

Threads share one interpreter lock. A worker that computes in Python, or in C without a checkpoint and without letting
go of the lock, slows all others down, the window included; in a process of its own it does not::

    task = runner.start(taskmon.isolated(simulate), parameters)

The function is unchanged: it receives a `TaskContext`, with checkpoints, progress, log, pause and stop. Its own task
lives in the child (`taskmon.core.process.child`), and a thread of the runner here follows it, asleep until there is
news (`taskmon.core.process.parent`). As with threads, nothing is killed: a child that ignores its stop stays
*Cancelling…*. A child whose program has vanished asks its own task to stop, and leaves.

What a process cannot share with this one:

- Function, arguments and result travel by `pickle`: no lambdas, no functions inside functions, no open files. What the
  arguments refer to is copied, so changing them there changes nothing here. `can_isolate` tells in advance.
- The child starts afresh: it imports the program's main module again, under another name. A script starts its work
  under ``if __name__ == "__main__":``, or each child would start it once more; Python refuses that, and the task fails.
  (A frozen program calls `multiprocessing.freeze_support` first.)
- Global variables and context variables have the values that the imports gave them.
- Subtasks work, but run in the child and are not shown. The task ends when its process has: after its subtasks, and
  after threads that it left behind.
- Standard input is empty. Ctrl-C in the terminal is for the program; its children hear of it as a stop.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from taskmon.core.base.error_text import summarize_error
from taskmon.core.base.errors import TaskmonError, is_error, set_cause, type_name
from taskmon.core.base.signals import name_of_signal
from taskmon.core.process.child import run_child
from taskmon.core.process.parent import Link, Outcome
from taskmon.core.run.execute import check_function
from taskmon.core.task.context import TaskContext
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task, name_of

#: How many bytes `can_isolate` looks at before it takes the rest to be like them.
_LOOK_AT: Final = 1_000_000


class RemoteTaskError(TaskmonError):
    """A task's process has failed in a way that cannot be raised here as it was.

    It ended without a result, could not be started, or raised an exception that cannot be pickled. In the last case
    `title` is the name of that exception's type, `message` its text and `detail` its traceback.
    """


class Isolated:
    """Made by `isolated`. Call it with a `TaskContext`, as the function that it stands for.

    Attributes:
        fn: that function.
    """

    def __init__(self, fn: Callable[..., Any], *, takes_context: bool = True) -> None:
        self.fn = fn
        self.__name__ = name_of(fn)
        self.__doc__ = fn.__doc__
        self._takes_context = takes_context

    def __call__(self, ctx: TaskContext, /, *args: Any, **kwargs: Any) -> Any:
        """Run the function in a new process, and wait there for its end.

        Raises:
            RemoteTaskError: see there.
            BaseException: whatever the function raised.
        """
        ctx.checkpoint()
        link = Link(ctx, run_child)
        try:
            status = link.run(self._pack(args, kwargs), self._takes_context)
        except OSError as error:
            raise RemoteTaskError("The process could not be started", summarize_error(error)) from error
        outcome = link.outcome
        if outcome is None:
            raise RemoteTaskError(*_explain_end(status, link.has_reported))
        ctx.stopped_early = outcome.stopped_early
        if outcome.state is TaskState.FAILED:
            raise _rebuild_error(outcome)
        if outcome.state is TaskState.CANCELLED:
            ctx.stopped_early = True  # the link has seen to it that the task here was asked, too
        return _rebuild_result(outcome)

    def _pack(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        import pickle

        try:
            return pickle.dumps((self.fn, args, kwargs), pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            raise RemoteTaskError("It cannot run in a process of its own", _explain_refusal(self.fn, error)) from error

    def __repr__(self) -> str:
        return f"isolated({self.fn!r})"


def isolated(fn: Callable[..., Any], /) -> Isolated:
    """Return a function that runs ``fn(ctx, *args, **kwargs)`` in a new process each time.

    For `TaskRunner.start` and `TaskContext.subtask`. Not as a decorator: the child looks `fn` up by its name, and must
    find the function itself. See the module for what a process cannot share.

    Raises:
        TypeError: as `TaskRunner.start`, for a function whose call would not run it.
    """
    if isinstance(fn, Isolated):
        return fn
    check_function(fn)
    return Isolated(fn)


def can_run_isolated(task: Task) -> bool:
    """Whether a task's work, it seems, could be done by a process of its own, see `can_isolate`. Takes milliseconds."""
    return not can_isolate(task.fn, task.args, task.kwargs)


def retry_isolated(task: Task) -> Task:
    """Start the same work again, in a process of its own. For what keeps the interpreter lock from others.

    If it cannot be done there, see `can_run_isolated`, the new task fails and tells why. Raises like `Task.retry`.
    """
    fn = task.fn
    return task.retry(None if isinstance(fn, Isolated) else Isolated(fn, takes_context=task.takes_context))


def can_isolate(fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> str:
    """Return why ``fn(ctx, *args, **kwargs)`` cannot run in a process of its own; empty if, it seems, it can.

    Pickles into nothing, and of large arguments only the beginning: it takes a few milliseconds at most and any thread
    may call it. Whether the child will find the same code, and can send its result, only a run can tell.
    """
    import pickle

    if isinstance(fn, Isolated):
        return "it has a process of its own already"
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None and processes.current_process().daemon:
        return "this program is a worker process itself, which may not start others"
    refusal = _explain_main(fn)
    if refusal:
        return refusal
    try:
        pickle.Pickler(_Nowhere(), pickle.HIGHEST_PROTOCOL, buffer_callback=_pass_over).dump((fn, args, kwargs))
    except _Enough:
        return ""
    except Exception as error:
        return _explain_refusal(fn, error)
    return ""


class _Enough(Exception):
    """The look has been long enough."""


class _Nowhere:
    """A file for what nobody will read."""

    def __init__(self) -> None:
        self._left = _LOOK_AT

    def write(self, data: Any) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise _Enough


def _pass_over(buffer: object) -> None:
    """Large arrays and the like are bytes, which can always be sent."""


# -- words -------------------------------------------------------------------------------------------------------------


def _explain_refusal(fn: Callable[..., Any], error: BaseException) -> str:
    name = getattr(_innermost(fn), "__qualname__", "")
    if "<lambda>" in name:
        return "it is a lambda, which a new process cannot find by its name"
    if "<locals>" in name:
        return f"{name_of(fn)!r} is defined inside another function, where a new process cannot find it"
    return f"it cannot be sent there: {summarize_error(error)}"


def _explain_main(fn: Callable[..., Any]) -> str:
    """Return what keeps a new process from importing the main module, or this function from it."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if getattr(main, "__spec__", None) is not None or (file is not None and os.path.exists(file)):
        return ""
    if file is None and getattr(_innermost(fn), "__module__", "") != "__main__":
        return ""
    return "the program was typed in, and a new process could not import it"


def _explain_end(status: int | None, has_reported: bool) -> tuple[str, str]:
    if status is None:
        title = "The process ended, and nobody knows how"
    elif status >= 0:
        title = f"The process ended with status {status}"
    else:
        title = f"The process was killed by {name_of_signal(-status)}"
    # Whether the work had begun, or was done, cannot be told: a process may end before its reports have left it.
    if status == 1 and not has_reported:  # as Python ends after an exception, such as its refusal to spawn once more
        return title, 'it has told no result; a script must start its tasks under: if __name__ == "__main__"'
    return title, "it has told no result"


# -- what came back ----------------------------------------------------------------------------------------------------


class ChildTraceback(Exception):
    """The cause of an exception that came from a process: its traceback there, as text."""

    def __str__(self) -> str:
        return f"in its own process:\n{self.args[0]}"


def _rebuild_error(outcome: Outcome) -> BaseException:
    import pickle

    name = outcome.error_type
    if outcome.value is not None:
        try:
            error = pickle.loads(outcome.value)
        except Exception:  # its __init__ wants other arguments than it keeps, or its class is only known there
            error = None
        if error is not None and is_error(error, BaseException) and type_name(error) == name:
            set_cause(error, ChildTraceback(outcome.details))
            return error  # type: ignore[no-any-return]
    return RemoteTaskError(name, outcome.error_line.removeprefix(name).removeprefix(": "), outcome.details)


def _rebuild_result(outcome: Outcome) -> Any:
    import pickle

    if outcome.value is None:
        return None
    try:
        return pickle.loads(outcome.value)
    except Exception as error:
        raise RemoteTaskError("Its result cannot be read here", summarize_error(error)) from error


def _innermost(fn: Callable[..., Any]) -> Any:
    while isinstance(fn, functools.partial):
        fn = fn.func
    return fn
