"""Pictures of tasks, a place for a database, and the other side of a kill."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.events import StateChanged, TaskAdded
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.history.database import FILE_NAME
from taskmon.history.reader import Entry, Query, Reader
from taskmon.history.recorder import Recorder

S = TaskState


def picture(number: int, state: TaskState = S.SUCCEEDED, **more: Any) -> TaskSnapshot:
    """A task's picture: by default it has ended well."""
    now = time.monotonic()
    told: dict[str, Any] = {
        "revision": 2 if state.is_final else 1,
        "started_at": now,
        "ended_at": now + 1 if state.is_final else None,
        "created": time.time(),
        "progress": Progress(3, 10, "files", "file 3"),
        **more,
    }
    return TaskSnapshot(number, told.pop("name", f"Task {number}"), state, told.pop("revision"), now, now, **told)


def added(snapshot: TaskSnapshot, handle: Any = None) -> TaskAdded:
    """The event of its creation."""
    return TaskAdded(snapshot, handle)


class Troubles(list[TaskmonError]):
    """Collects what the user would be told."""

    @property
    def titles(self) -> list[str]:
        """What they were about."""
        return [trouble.title for trouble in self]


@contextmanager
def recorder(folder: Path, **options: Any) -> Iterator[Recorder]:
    """A recorder that is closed again."""
    made = Recorder(lambda: folder, **options)
    try:
        yield made
    finally:
        assert made.close(20), "the recorder did not end"


def record(folder: Path, *snapshots: TaskSnapshot, **options: Any) -> None:
    """Write these in a run of their own."""
    with recorder(folder, **options) as made:
        for snapshot in snapshots:
            made.post(added(snapshot))


def change(snapshot: TaskSnapshot, old: TaskState = S.RUNNING) -> StateChanged:
    """The event of its last change."""
    return StateChanged(snapshot, old)


def entries(folder: Path, query: Query | None = None) -> list[Entry]:
    """What is in the database, newest first."""
    reader = Reader(folder)
    try:
        return list(reader.every(query or Query()))
    finally:
        reader.close()


def sql(folder: Path, statement: str) -> list[Any]:
    """Ask, or change, the database itself."""
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()
