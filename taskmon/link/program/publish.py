"""For programs that know taskmon: their tasks, shown in the window whenever one is open."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence
from typing import Final

from taskmon.core.run.inline import Block, InlineTasks
from taskmon.core.task.events import Sink, TaskAdded
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.live_tasks import TaskSource
from taskmon.link.program.publisher import Publisher


def publish(source: TaskSource, *, program: str = "") -> None:
    """Show the tasks of `source`, a `TaskRunner` as a rule, in the window, whenever one is open.

    It may be called from any thread, before there is a window, for several runners, and again for the same. It never
    waits and never raises for want of a window; a program that nobody looks at pays for one look at the file system a
    second. In the window the tasks can be cancelled, paused and resumed; ``taskmon cancel`` cancels them, too. Keep the
    runner: it is referred to weakly, and shown no longer once it is gone.

    Args:
        source: what has the tasks.
        program: what the window calls this program; by default the name of its script. Only the first call of `publish`
            or `task` in a program can say so.
    """
    _everything.add(source)
    _start(program)


def is_published(source: TaskSource) -> bool:
    """Whether the tasks of `source` are shown in the window, whenever one is open."""
    return _everything.has(source)


def task(name: str, total: float | None = None, unit: str | None = None, *, group: str = "") -> Block:
    """Make a task of a ``with`` block, in any thread, and show it in the window if one is open::

        with taskmon.task("Resize photos", total=len(photos)) as task:
            for photo in photos:
                task.checkpoint()
                resize(photo)
                task.advance()

    What the block gets is a `TaskContext`; `taskmon.current_task` finds it in the functions that it calls. When the
    task is cancelled, the next checkpoint raises `TaskCancelled`, which **ends the block and goes no further**: the
    program goes on behind it, where ``task.stop_requested`` tells what happened. Any other exception passes through,
    and the task has failed. A block within another task is a subtask of that: a cancel of the outer one ends both.

    Args:
        name: what the user sees.
        total: how much there is to do, if that is known.
        unit: what is counted: "bytes", "files", …
        group: what it belongs to, for ``taskmon cancel --group``.
    """
    _everything.add(_inline)
    _start("")
    return _inline.block(name, total, unit, group)


class _Everything:
    """All that this program shows, as one source."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._lock = threading.RLock()
        self._sources: weakref.WeakSet[TaskSource] = weakref.WeakSet()
        self._sink: Sink | None = None

    def add(self, source: TaskSource) -> None:
        with self._lock:
            if source in self._sources:
                return
            self._sources.add(source)
            sink = self._sink
            known = source.attach(sink) if sink is not None else ()
        for handle in known:  # the publisher knows a task that it hears of twice
            sink(TaskAdded(handle.snapshot(), handle))  # type: ignore[misc]  # there is one, or none is known

    def has(self, source: TaskSource) -> bool:
        with self._lock:
            return source in self._sources

    def attach(self, sink: Sink) -> Sequence[TaskHandle]:
        with self._lock:
            self._sink = sink
            return [handle for source in list(self._sources) for handle in source.attach(sink)]

    def detach(self, sink: Sink) -> None:
        with self._lock:
            self._sink = None
            for source in list(self._sources):
                source.detach(sink)

    def tasks(self) -> Sequence[TaskHandle]:
        with self._lock:
            return [handle for source in list(self._sources) for handle in source.tasks()]


_inline: Final = InlineTasks()
_everything: Final = _Everything()
_lock = threading.Lock()
_publisher: Publisher | None = None


def _start(program: str) -> None:
    global _publisher
    with _lock:
        if _publisher is None:
            _publisher = Publisher(_everything, program=program, on_look=_want_facts)
            _publisher.start()


def _want_facts(period: float) -> None:
    """A window looks: have it told what the threads of the tasks do. In the publisher's thread."""
    from taskmon.core.task.thread_looks import thread_looks

    thread_looks.want(period)


def _begin_anew_after_fork() -> None:
    """A child is a program of its own: it is shown once it has something to show."""
    global _lock, _publisher
    _lock = threading.Lock()
    _publisher = None
    _everything.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_after_fork)
