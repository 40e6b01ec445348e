"""Hearing how tasks of asyncio end that nobody keeps: children of task groups and of `gather`, what a loop is run for.

A group lets go of each child at once, and of how it ended; ``asyncio.run`` of the main coroutine; a loop of what
another thread has it run by `run_coroutine_threadsafe`. No callback is added, which would show wherever the program
prints a task: those of asyncio's own are listened to, and what `gather` returns.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taskmon.core.base.modules import attribute_of
from taskmon.watch.hooks.patching import Patches, leave_out, report

if TYPE_CHECKING:
    from types import ModuleType


class TaskEndHook:
    """Tells of the end of those tasks that somebody listens to, in the thread of their loop."""

    def __init__(self) -> None:
        self.patches = Patches(report)
        self.listeners: dict[int, Callable[[Any], object]] = {}
        """What is called with a task that is done, by the identity of the task. Written by the agent."""

    def install(self, module: ModuleType) -> None:
        """Hook into ``asyncio.taskgroups``, and into the loops, which have been imported before."""
        self._listen(getattr(module, "TaskGroup", None), "_on_task_done")
        self._listen(sys.modules.get("asyncio.base_events"), "_run_until_complete_cb")
        self._listen(sys.modules.get("asyncio.futures"), "_set_concurrent_future_state")
        gathering = attribute_of("asyncio.tasks", "_GatheringFuture")
        if gathering is not None:
            for name in ("set_result", "set_exception"):
                self.patches.replace(gathering, name, _hearing_children(getattr(gathering, name), self.listeners))

    def _listen(self, owner: Any, name: str) -> None:
        original = vars(owner).get(name) if owner is not None else None
        if type(original) is type(_listening):  # else it is made in another way by now
            self.patches.replace(owner, name, _listening(original, self.listeners))


def _hearing_children(original: Any, listeners: dict[int, Callable[[Any], object]]) -> Any:
    def finish(gathering: Any, outcome: Any) -> Any:
        try:
            for child in gathering._children if listeners else ():
                listener = listeners.get(id(child))
                if listener is not None:
                    listener(child)
        except BaseException as error:
            report(error)
        try:
            return original(gathering, outcome)
        except BaseException as error:
            leave_out(error)
            raise

    finish.__name__ = finish.__qualname__ = original.__name__
    return finish


def _listening(original: Any, listeners: dict[int, Callable[[Any], object]]) -> Any:
    def heard(*arguments: Any) -> Any:
        listener = listeners.get(id(arguments[-1]))  # the task; a method has its group before
        if listener is not None:
            try:
                listener(arguments[-1])
            except BaseException as error:  # of a task of the program's own making
                report(error)
        try:
            return original(*arguments)
        except BaseException as error:
            leave_out(error)
            raise

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(heard, name, getattr(original, name))
    heard.__dict__["__wrapped__"] = original  # a task that is printed tells where its callbacks are
    return heard
