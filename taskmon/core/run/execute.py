"""Running a task's function: the worker's side, and the one place that decides how a task of our own has ended.

Between the return of the function and the final state, everything that is the worker's (its exception, its result, what
it left in its context) is looked at only in ways that run none of its code unguarded.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import CancelledError
from types import AsyncGeneratorType, BuiltinFunctionType, CoroutineType, FunctionType, GeneratorType, MethodType
from typing import Any, Final

from taskmon.core.base.errors import is_error, parts_of, set_traceback, traceback_of
from taskmon.core.base.modules import attribute_of
from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.context import ContextOf, TaskContext, call
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task, name_of


def run_task(task: Task) -> None:
    """Run `task`, which has begun in this thread, to its end."""
    result: Any = None
    error: BaseException | None = None
    try:
        way = task.way = ContextOf(task)
        way.made = task.made_context
        arguments = (task.context, *task.args) if task.takes_context else task.args
        result = task.call_context.run(call, way, task.fn, arguments, task.kwargs)
        if type(result) in _LAZY_TYPES:
            check_result(task.fn, result, may_be_generator=not task.takes_context)
    except BaseException as raised:
        error = _from_the_function_on(raised)
        result = None
    try:
        if error is None and not task.stop_requested:
            task.finish(TaskState.SUCCEEDED, result)
        else:
            state = outcome_of(task, error)
            task.finish(state, result, error if state is TaskState.FAILED else None)
    finally:
        # The error's traceback leads to this frame, and the task to the error: together they would be a cycle.
        del task, error


def outcome_of(task: Task, error: BaseException | None) -> TaskState:
    """Return how a task has ended whose function, or block, raised `error`, or returned. The only place that decides.

    TaskCancelled without a request is somebody else's or made up: a bug, not an outcome. CancelledError means that the
    task waited for another one that was cancelled; if it was asked to stop as well, that is why.
    """
    if task.stop_requested and (left_early(task.context) if error is None else is_cancel(error)):
        return TaskState.CANCELLED
    return TaskState.SUCCEEDED if error is None else TaskState.FAILED


def is_cancel(error: BaseException) -> bool:
    """Whether an error is what a cancel raises and nothing else: `asyncio.TaskGroup` and its like wrap it in groups."""
    return all(is_error(part, (TaskCancelled, CancelledError)) or is_asyncios(part) for part in parts_of(error))


def is_asyncios(error: BaseException) -> bool:
    """Whether an error is what asyncio cancels by, which need not have been imported."""
    kind = attribute_of("asyncio.exceptions", "CancelledError")
    return kind is not None and is_error(error, kind)


def left_early(context: TaskContext) -> bool:
    """Whether a worker that was asked to stop, and returned, did so because of that.

    It may say so. Otherwise: it looked at its flag, saw the stop, and its progress does not say that all was done. That
    is how a loop ends that polls an event or a flag, or that catches what a checkpoint raises; one that never looked
    has finished before it could be cancelled.
    """
    if _says_yes(context.stopped_early):
        return True
    if not context.stop.noticed:
        return False
    progress = context.read_progress()
    return progress.total is None or progress.done is None or progress.done < progress.total


def _says_yes(value: object) -> bool:
    try:
        return bool(value)
    except BaseException:  # an array, say: it is not the False that was there before
        return True


def _from_the_function_on(error: BaseException) -> BaseException:
    """Take the frames before the function's off the traceback: they tell the reader nothing."""
    traceback = traceback_of(error)
    while traceback is not None and traceback.tb_frame.f_code in _OURS:
        traceback = traceback.tb_next
    set_traceback(error, traceback)
    return error


# Functions whose call only makes an object: a generator, a coroutine, a context manager. Called like any other, such a
# task would be done without a line of it having run.
#
# They are refused, rather than run. Which event loop a coroutine wants, and who cancels what in it at a stop, is for
# its author to say, in one line; and a generator's values are its result: to throw them away would be as wrong as to
# keep them all.

_GENERATOR: Final = 0x20  # the flags of code objects, see `inspect`: loading that takes longer than a task
_COROUTINE: Final = 0x80 | 0x100
_ASYNC_GENERATOR: Final = 0x200
LAZY: Final = _GENERATOR | _COROUTINE | _ASYNC_GENERATOR


@contextlib.contextmanager
def _manager() -> Iterator[None]:
    yield


@contextlib.asynccontextmanager
async def _asynchronous_manager() -> AsyncIterator[None]:
    yield


_MANAGERS: Final = frozenset({type(_manager()), type(_asynchronous_manager())})
_FLAGS: Final = {GeneratorType: _GENERATOR, CoroutineType: _COROUTINE, AsyncGeneratorType: _ASYNC_GENERATOR}
_LAZY_TYPES: Final = _MANAGERS | _FLAGS.keys()

_GENERATOR_ADVICE: Final = "a generator, and runs none of its lines: give a function that loops over it"
_COROUTINE_ADVICE: Final = (
    "a coroutine, and runs none of its lines: "
    "give a function that runs it, such as lambda ctx: asyncio.run({name}(ctx))"
)
_ASYNC_GENERATOR_ADVICE: Final = (
    "an asynchronous generator, and runs none of its lines: give a function that loops over it in an event loop"
)


_MANAGER_ADVICE: Final = "a context manager, and runs none of its lines: give a function that enters it"


def check_function(fn: Callable[..., Any]) -> None:
    """See that calling `fn` runs it.

    Raises:
        TypeError: if it is a generator function, a coroutine function or an asynchronous generator function.
    """
    kind = type(fn)
    if kind is BuiltinFunctionType or kind is type:
        return
    flags = fn.__code__.co_flags if kind is FunctionType else _flags_of(fn)
    if flags & LAZY:
        raise TypeError(_refusal(fn, flags))


def check_result(fn: Callable[..., Any], result: Any, *, may_be_generator: bool) -> None:
    """See that what `fn` has returned is not its work, still to be done: of a lambda that cannot be told beforehand.

    A generator, or a context manager made of one, is what an Executor's function may well return to its caller.

    Raises:
        TypeError: if it is a coroutine, a generator or a context manager made of one, of which nothing has run.
    """
    kind = type(result)
    is_manager = kind in _MANAGERS
    if (may_be_generator and (is_manager or kind is GeneratorType)) or _has_begun(result.gen if is_manager else result):
        return
    if is_manager:
        raise TypeError(f"calling {name_of(fn)!r} only makes {_MANAGER_ADVICE}")
    raise TypeError(_refusal(fn, _FLAGS[kind]))


def _has_begun(made: Any) -> bool:
    """Whether any line of it has run."""
    match made:
        case GeneratorType():
            return made.gi_suspended or made.gi_frame is None
        case CoroutineType():
            return made.cr_suspended or made.cr_frame is None
    return getattr(made, "ag_suspended", False) or made.ag_frame is None  # Python 3.11 tells of none that has


def _flags_of(fn: Any) -> int:
    """Return the flags of the code that a call of `fn` runs; 0 if that cannot be told."""
    try:
        while True:
            if isinstance(fn, functools.partial):
                fn = fn.func
            elif isinstance(fn, MethodType):
                fn = fn.__func__
            else:
                break
        if not isinstance(fn, (FunctionType, type)):
            fn = type(fn).__call__
        return fn.__code__.co_flags if type(fn) is FunctionType else 0
    except BaseException:  # of an object with a __getattr__ of its own
        return 0


def _refusal(fn: Callable[..., Any], flags: int) -> str:
    name = name_of(fn)
    if flags & _ASYNC_GENERATOR:
        advice = _ASYNC_GENERATOR_ADVICE
    else:
        advice = _COROUTINE_ADVICE.format(name=name) if flags & _COROUTINE else _GENERATOR_ADVICE
    return f"calling {name!r} only makes {advice}"


_OURS: Final = (run_task.__code__, call.__code__)
