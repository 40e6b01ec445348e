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

========== =====================================================================================
core       stop tokens, states, tasks, the runner: standard library only
jobs       the built-in jobs: plain functions of ``(TaskContext, …)``
bridge     QtCore: the one object that workers' news pass through, the table's model, the controller
ui         QtWidgets: the window, and `taskmon.ui.TaskPanel` for programs of your own
headless   the same core with a terminal for a face
app, cli   where the parts are put together
========== =====================================================================================

Importing this package does not import Qt.
"""

from taskmon.core.context import TaskContext, current_task
from taskmon.core.errors import TaskCancelled, TaskmonError
from taskmon.core.feed import Feed, FeedReport, start_feed
from taskmon.core.process import isolated
from taskmon.core.runner import TaskRunner
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.state import TaskState
from taskmon.core.stop import StopKind, StopReason, StopSource, StopToken
from taskmon.core.task import Task

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
    "start_feed",
]
