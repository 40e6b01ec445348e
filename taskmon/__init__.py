"""See every background thread your Python programs run, and stop any one of them safely.

A task is never killed. Its worker is asked to stop, notices at its next checkpoint, cleans up and leaves::

    import taskmon

    def copy(ctx, names):
        for name in ctx.track(names, unit="files"):    # each item is a checkpoint
            ...

    with taskmon.TaskRunner() as runner:
        task = runner.start(copy, names, name="Copy photos")
        task.cancel()                                   # returns at once; the worker leaves by itself

The map of the package:

=============== ==================================================================================
core/           stop tokens, tasks, the runner: standard library only
link/           the wire between other programs and the window: standard library only
watch/          ``taskmon run``: tasks made of an unmodified program's threads, pools and progress bars, and the
                stop flags found in its code: standard library only
attach/         the same for a program that runs already, on Linux
cluster/        tasks on the workers of a Dask cluster, by an extra: the same functions, the same Cancel
jobs/           the built-in jobs: plain functions of ``(TaskContext, …)``
history/        the database of what has run: how it is written, searched, exported
settings/       what the user has decided, in a file that people may edit
bridge/         QtCore: models, words and controllers, and the one way from other threads into the UI thread
ui/             QtWidgets: the window, and `taskmon.ui.TaskPanel` for programs of your own
cli/            the command line, and the same core with a terminal for a face
app.py          where the parts of the window are put together
paths.py        where things are on this machine
preflight.py    whether a window can be opened here, asked before Qt is loaded
binding.py      loading PySide6 for our own window
=============== ==================================================================================

Importing this package does not import Qt.
"""

TYPE_CHECKING = False  # as type checkers take it; `typing` takes a third of the start of Python to load
if TYPE_CHECKING:
    from typing import Any

    from taskmon.core.base.errors import TaskmonError
    from taskmon.core.process.isolated import isolated
    from taskmon.core.run.feed import Feed, FeedReport, start_feed
    from taskmon.core.run.runner import TaskRunner
    from taskmon.core.stop import StopKind, StopReason, StopSource, StopToken
    from taskmon.core.stop.reason import TaskCancelled
    from taskmon.core.task.context import TaskContext, current_task
    from taskmon.core.task.snapshot import TaskSnapshot
    from taskmon.core.task.state import TaskState
    from taskmon.core.task.task import Task
    from taskmon.link.program.publish import publish, task

__version__ = "0.1.0"

__all__ = [
    "Feed",
    "FeedReport",
    "StopKind",
    "StopReason",
    "StopSource",
    "StopToken",
    "Task",
    "TaskCancelled",
    "TaskContext",
    "TaskRunner",
    "TaskSnapshot",
    "TaskState",
    "TaskmonError",
    "__version__",
    "current_task",
    "isolated",
    "publish",
    "start_feed",
    "task",
]

#: Where each public name lives. It is loaded when it is first asked for: a program that is only watched pays for none.
_HOMES = {
    "Feed": "taskmon.core.run.feed",
    "FeedReport": "taskmon.core.run.feed",
    "StopKind": "taskmon.core.stop",
    "StopReason": "taskmon.core.stop",
    "StopSource": "taskmon.core.stop",
    "StopToken": "taskmon.core.stop",
    "Task": "taskmon.core.task.task",
    "TaskCancelled": "taskmon.core.stop.reason",
    "TaskContext": "taskmon.core.task.context",
    "TaskRunner": "taskmon.core.run.runner",
    "TaskSnapshot": "taskmon.core.task.snapshot",
    "TaskState": "taskmon.core.task.state",
    "TaskmonError": "taskmon.core.base.errors",
    "current_task": "taskmon.core.task.context",
    "isolated": "taskmon.core.process.isolated",
    "publish": "taskmon.link.program.publish",
    "start_feed": "taskmon.core.run.feed",
    "task": "taskmon.link.program.publish",
}


def __getattr__(name: "str") -> "Any":
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # costs a watched program something, which never asks

    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
