"""What is written in one transaction: of each task its newest picture, and every change of state."""

from __future__ import annotations

import sqlite3
import time
from typing import NamedTuple

from taskmon.core.stacks.sampler import StackSample
from taskmon.core.task.events import StateChanged, TaskAdded
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.history import schema
from taskmon.history.course import Course
from taskmon.history.values import RestartInfo, Value, stack_text, task_values, wall


class Sighted(NamedTuple):
    """How far a running task has come."""

    snapshot: TaskSnapshot


class StackSeen(NamedTuple):
    """Where a task that does not respond was."""

    task_id: int
    sample: StackSample


class CourseRun(NamedTuple):
    """How a task went that has succeeded."""

    work: str
    """`taskmon.history.values.work_key` of it."""
    course: Course


Note = Sighted | StackSeen | CourseRun


class Batch:
    """Gathers, and writes it all. Gathering twice what is the same is harmless."""

    def __init__(self, run: int, offset: float) -> None:
        self._run = run
        self._offset = offset
        self._newest: dict[int, tuple[TaskSnapshot, RestartInfo | None]] = {}
        self._changes: list[tuple[Value, ...]] = []
        self._others: list[StackSeen | CourseRun] = []

    @property
    def rows(self) -> int:
        """How many rows it writes."""
        return len(self._newest) + len(self._changes) + len(self._others)

    def take(self, note: TaskAdded | StateChanged | Sighted, restart: RestartInfo | None) -> None:
        """Take a picture of a task."""
        snapshot = note.snapshot
        known = self._newest.get(snapshot.id)
        if known is None or snapshot.revision >= known[0].revision:
            self._newest[snapshot.id] = (snapshot, restart)
        if not isinstance(note, Sighted):
            at = wall(snapshot.taken_at, self._offset)
            self._changes.append((self._run, snapshot.id, snapshot.revision, snapshot.state.value, at))

    def note(self, note: StackSeen | CourseRun) -> None:
        """Take what is no picture."""
        self._others.append(note)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything, within the transaction that is open."""
        run, offset = self._run, self._offset
        connection.executemany(
            schema.UPSERT, (task_values(run, snapshot, work, offset) for snapshot, work in self._newest.values())
        )
        connection.executemany(schema.ADD_CHANGE, self._changes)
        for note in self._others:
            if isinstance(note, StackSeen):
                connection.execute(schema.SET_STACK, (stack_text(note.sample), run, note.task_id))
            else:
                connection.execute(schema.SET_COURSE, (note.work, time.time(), note.course.to_text()))
