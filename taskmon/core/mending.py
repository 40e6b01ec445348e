"""Ctrl-C may cut short what the main thread does to a task, between any two steps: finishing that.

Without it, a task that was being cancelled would stay among the live ones, and one that was being queued never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from taskmon.core.state import TaskState
from taskmon.core.task import Task


def mend(tasks: Iterable[Task], enqueue: Callable[[Task], object]) -> None:
    """Take all steps for `tasks` that may have been left out. Each does no harm where it was not."""
    for task in tasks:
        token = task._token
        if token is not None and token._reason is not None:
            task._ask_now(token._reason, frozenset(TaskState), None)
        if task.done():
            task._after_end()
        elif task.state is TaskState.QUEUED and not task._in_line:
            enqueue(task)
