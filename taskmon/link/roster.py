"""What the window shows, told to whoever asks from outside: its own tasks and those of other programs, in their order.

Kept beside the table, so that a question is answered whatever the UI thread is doing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from taskmon.core.events import TaskAdded, TaskEvent
from taskmon.core.handle import TaskHandle, TaskSource
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.state import TaskState
from taskmon.core.text import plain
from taskmon.core.threads import name_of_thread

#: What a plain cancel does with a task that says nothing else.
_USUAL_MEANS = "sets its stop flag"


class Roster:
    """The tasks of `sources`, ended ones too until they are forgotten. Any thread."""

    def __init__(self, sources: Sequence[TaskSource], known: Iterable[TaskHandle] = ()) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._tasks: dict[int, TaskHandle] = {task.id: task for task in known}

    def open(self) -> None:
        """Begin to listen."""
        for source in self._sources:
            for task in source.attach(self._take):
                self._add(task)

    def close(self) -> None:
        """Stop listening, and let all tasks go."""
        for source in self._sources:
            source.detach(self._take)
        with self._lock:
            self._tasks.clear()

    def forget(self, ids: Collection[int]) -> None:
        """Let tasks go that are no longer shown."""
        with self._lock:
            for task_id in ids:
                self._tasks.pop(task_id, None)

    def tasks(self) -> list[TaskHandle]:
        """All of them, in the order in which they came."""
        with self._lock:
            return list(self._tasks.values())

    def task(self, task_id: int) -> TaskHandle | None:
        """One of them."""
        with self._lock:
            return self._tasks.get(task_id)

    def _take(self, event: TaskEvent) -> None:
        if isinstance(event, TaskAdded):
            self._add(event.task)

    def _add(self, task: TaskHandle) -> None:
        with self._lock:
            self._tasks.setdefault(task.id, task)


def describe(snapshot: TaskSnapshot) -> dict[str, Any]:
    """Return a task as `taskmon list --json` shows it. Names and types are a promise, see the manual page."""
    origin, progress = snapshot.origin, snapshot.progress
    live = not snapshot.state.is_final
    cancellable = live and not snapshot.cancellable
    return {
        "id": snapshot.id,
        "name": plain(snapshot.name, 400),
        "state": snapshot.state.name,
        "parent": snapshot.parent_id,
        "program": origin.program if origin is not None else "taskmon",
        "pid": origin.pid if origin is not None else os.getpid(),
        "thread": origin.thread if origin is not None else name_of_thread(snapshot.thread_id),
        "done": progress.done,
        "total": progress.total,
        "unit": plain(progress.unit, 40),
        "message": plain(progress.message, 1_000),
        "cancellable": cancellable,
        "cancel_means": cancel_means(snapshot) if cancellable else plain(snapshot.cancellable, 1_000) if live else "",
        "reason": reason(snapshot),
        "started": _when(snapshot, snapshot.started_at),
        "ended": _when(snapshot, snapshot.ended_at),
    }


def cancel_means(snapshot: TaskSnapshot) -> str:
    """What a cancel does, in words."""
    means = snapshot.stop_means
    if means is None or not means.means:
        return _USUAL_MEANS
    others = len(means.shared_with)
    if not others:
        return means.means
    return f"{means.means}, shared with {others} other {'task' if others == 1 else 'tasks'}"


def reason(snapshot: TaskSnapshot) -> str:
    """Why it stops, was stopped or failed, in words."""
    if snapshot.state in (TaskState.FAILED, TaskState.LOST):
        return plain(snapshot.error, 1_000)
    return plain(snapshot.reason.sentence(), 1_000) if snapshot.reason is not None else ""


def _when(snapshot: TaskSnapshot, moment: float | None) -> str | None:
    """A moment in UTC, as ISO 8601 has it."""
    if moment is None:
        return None
    if snapshot.created:
        seconds = snapshot.created + (moment - snapshot.queued_at)
    else:
        seconds = time.time() + (moment - time.monotonic())
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # a program may claim anything
        return None
