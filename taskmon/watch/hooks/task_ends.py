"""Hearing how the children of asyncio's task groups end. A group lets go of each at once, and of how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taskmon.watch.hooks.patching import Patches, report

if TYPE_CHECKING:
    from types import ModuleType


class GroupHook:
    """Tells of the end of those tasks that somebody listens to, in the thread of their loop."""

    def __init__(self) -> None:
        self.patches = Patches(report)
        self.listeners: dict[int, Callable[[Any], object]] = {}
        """What is called with a task that is done, by the identity of the task. Written by the agent."""

    def install(self, module: ModuleType) -> None:
        """Hook into ``asyncio.taskgroups``."""
        kind = getattr(module, "TaskGroup", None)
        original = vars(kind).get("_on_task_done") if isinstance(kind, type) else None
        if type(original) is not type(_listening):
            return  # it is made in another way by now
        self.patches.replace(kind, "_on_task_done", _listening(original, self.listeners))


def _listening(original: Any, listeners: dict[int, Callable[[Any], object]]) -> Any:
    def _on_task_done(group: Any, task: Any) -> Any:
        listener = listeners.get(id(task))
        if listener is not None:
            try:
                listener(task)
            except BaseException as error:  # of a task of the program's own making
                report(error)
        return original(group, task)

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(_on_task_done, name, getattr(original, name))
    _on_task_done.__dict__["__wrapped__"] = original  # a task that is printed tells where its callbacks are
    return _on_task_done
