"""Finding the event loops of asyncio that run, and the tasks of each.

Up to Python 3.13 all tasks are in sets of the module ``asyncio.tasks``. Since 3.14 they are in lists that only C can
read, one for each thread, and ``asyncio.all_tasks`` gives those of one loop. Which loops there are stands in the frames
of the threads that run them. In the agent's thread, while the program goes on.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any, Final

from taskmon.core.base.modules import attribute_of
from taskmon.core.stacks.variables import variables

#: The methods that run a loop. Those of a loop written in C have no frame, but whoever calls them has.
_RUN: Final = frozenset({"run_forever", "run_until_complete"})


class EventLoops:
    """The loops that were seen running. It does not keep them alive.

    Args:
        parents: those that a forked process has from its parent, see `running_loops`.
    """

    def __init__(self, parents: Iterable[weakref.ref[Any]] = ()) -> None:
        self._parents = {id(reference()): reference for reference in parents}
        self._known: dict[int, weakref.ref[Any]] = {}
        self.trouble: BaseException | None = None
        """Why the tasks of a loop could not be listed."""

    def tasks(self, frames: Mapping[int, FrameType]) -> list[Any]:
        """Return the tasks of all loops; some are done, some are there twice. `frames` are those of all threads."""
        found: list[Any] = []
        for name in ("_all_tasks", "_scheduled_tasks", "_eager_tasks"):
            found += _members(attribute_of("asyncio.tasks", name, ()))
        if sys.version_info >= (3, 14):
            list_tasks = attribute_of("asyncio.tasks", "_c_all_tasks")  # not what a program may have put in its place
            for loop in self.running(frames) if list_tasks is not None else []:
                try:
                    found += list_tasks(loop)
                except BaseException as error:  # of a task of the program's own making, asked whether it is done
                    self.trouble = error
        if self._parents:
            found = [task for task in found if not self._is_parents(getattr(task, "_loop", None))]
        return found

    def _is_parents(self, loop: Any) -> bool:
        reference = self._parents.get(id(loop))
        return reference is not None and reference() is loop

    def running(self, frames: Mapping[int, FrameType]) -> list[Any]:
        """Return the loops that run, and those that ran and may do so again."""
        kind = attribute_of("asyncio.events", "AbstractEventLoop")
        if kind is None:
            return []
        for innermost in frames.values():
            frame: FrameType | None = innermost
            while frame is not None:
                if frame.f_code.co_name in _RUN or _RUN.intersection(frame.f_code.co_names):
                    for loop in _loops_in(frame, kind):
                        if not self._is_parents(loop):
                            self._note(loop)
                frame = frame.f_back
        loops = []
        for key, reference in list(self._known.items()):
            loop = reference()
            if loop is None:
                del self._known[key]
            else:
                loops.append(loop)
        return loops

    def _note(self, loop: Any) -> None:
        if id(loop) not in self._known or self._known[id(loop)]() is not loop:
            try:
                self._known[id(loop)] = weakref.ref(loop)
            except TypeError:  # of a make that cannot be referred to weakly; there is none known
                return


def running_loops(frame: FrameType | None) -> list[weakref.ref[Any]]:
    """Return the loops that run, as a process was forked just now in which `frame` is running.

    In the child none of them goes on: neither what forked it within a loop nor what ran one in another thread.
    """
    loops = EventLoops()
    found = [getattr(task, "_loop", None) for task in loops.tasks({})]
    if frame is not None:
        found += loops.running({0: frame})
    return [weakref.ref(loop) for loop in {id(loop): loop for loop in found}.values() if _is_running(loop)]


def _is_running(loop: Any) -> bool:
    try:
        return loop.is_running() is True
    except Exception:  # there is none, or it is one of the program's own making
        return False


def _members(tasks: Any) -> list[Any]:
    for _ in range(10):
        try:
            return list(tasks)
        except RuntimeError:  # it grew just now
            continue
    return []


def _loops_in(frame: FrameType, kind: type) -> list[Any]:
    """Return the loops that a function which runs one has at hand: as ``self``, as a variable, or within ``self``."""
    names = variables(frame)
    values = list(names.values())
    try:
        attributes = object.__getattribute__(names["self"], "__dict__")  # no line of the program's is run for it
    except (AttributeError, KeyError):
        attributes = {}
    if type(attributes) is dict:
        values += [attributes.get("_loop"), attributes.get("loop")]
    return [value for value in values if issubclass(type(value), kind)]
