"""Running a task's function: the worker's side, and the one place that decides how a task has ended."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Final

from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.context import TaskContext, call

if TYPE_CHECKING:
    from taskmon.core.task.task import TaskLife


def drive(task: TaskLife) -> None:
    """Run `task`, which has begun in this thread, to its end."""
    try:
        arguments = (task._context, *task._args) if task._takes_context else task._args
        result = task._call_context.run(call, task._way, task._fn, arguments, task._kwargs)
    except (TaskCancelled, CancelledError) as error:
        # TaskCancelled without a request is somebody else's or made up: a bug, not an outcome. CancelledError means
        # that it waited for another task that was cancelled; if it was asked to stop as well, that is why.
        if task.stop_requested:
            task._finish_cancelled(None)
        else:
            task._finish_failed(_from_the_function_on(error))
    except BaseException as error:
        task._finish_failed(_from_the_function_on(error))
    else:
        if task.stop_requested and left_early(task._context):
            task._finish_cancelled(result)
        else:
            task._finish_succeeded(result)
    finally:
        # The error's traceback leads to this frame, and the task to the error: together they would be a cycle.
        del task


def left_early(context: TaskContext) -> bool:
    """Whether a worker that was asked to stop, and returned, did so because of that.

    It may say so. Otherwise: it looked at its flag, saw the stop, and its progress does not say that all was done. That
    is how a loop ends that polls an event or a flag; one that never looked has finished before it could be cancelled.
    """
    if context.stopped_early:
        return True
    if not context.stop._noticed:
        return False
    progress = context.read_progress()
    return progress.total is None or progress.done is None or progress.done < progress.total


def _from_the_function_on(error: BaseException) -> BaseException:
    """Take the frames before the function's off the traceback: they tell the reader nothing."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code in _OURS:
        traceback = traceback.tb_next
    error.__traceback__ = traceback
    return error


_OURS: Final = (drive.__code__, call.__code__)
