"""Finding tasks again. Blocks on the disk: for a thread of its own, one at a time."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.snapshot import DETACHED, name_of_state
from taskmon.core.task.state import TaskState
from taskmon.history import database
from taskmon.history.course import Course
from taskmon.history.database import Fault

#: What `Query.state` may be besides the value of a state: tasks that have not ended.
OPEN: Final = "open"
_PAGE: Final = 500


class Query(NamedTuple):
    """Which tasks are asked for."""

    words: str = ""
    """Each of these must occur in the name, group, program, message or error; upper and lower case are the same."""
    state: str = ""
    """What a state is called in `Entry.state_name`, or `OPEN`; empty for all."""
    since: float = 0.0
    """Created no earlier than this, in seconds of `time.time()`."""


class Entry(NamedTuple):
    """A task of the past, as a table shows it. Moments are seconds of `time.time()`."""

    id: int
    """The number of its row: grows in the order in which tasks were created, whatever the clock said."""
    run: int
    task: int
    """The task's id while it lived, in the run of the program that it belonged to."""
    open: int
    state: str
    """The value of a `TaskState`, or ``left`` for a task of another program that went on without the window."""
    name: str
    group: str
    program: str
    pid: int | None
    parent: int | None
    attempt: int
    created: float | None
    started: float | None
    ended: float | None
    seen: float | None
    """When the last news of it came."""
    elapsed: float | None
    """Seconds of work, without pauses."""
    done: float | None
    total: float | None
    unit: str
    message: str
    reason_kind: str
    reason_by: str
    reason_text: str
    consequence: str
    error: str
    job: str
    """The built-in job that it was, or ``program``; empty for what only its own program could start again."""

    @property
    def state_name(self) -> str:
        """What `state` is called here and in exports: small, but else as `TaskSnapshot.state_name`."""
        try:
            return name_of_state(TaskState(self.state), self.error).lower()
        except ValueError:  # left, or of a newer version
            return self.state

    @property
    def reason(self) -> StopReason | None:
        """Why it was asked to stop; None if it was not, or for a reason of a newer version."""
        try:
            kind = StopKind(self.reason_kind)
        except ValueError:
            return None
        return StopReason(kind, self.reason_by, self.reason_text, 0.0)


class Change(NamedTuple):
    """A task entered a state."""

    state: str
    at: float | None


class Story(NamedTuple):
    """All that is known of a task."""

    entry: Entry
    changes: tuple[Change, ...]
    arguments: dict[str, Any] | None
    """What it takes to start the job again; None if that is not known."""
    details: str
    """A failure's traceback."""
    stack: str
    """Where it was when it did not respond."""


_COLUMNS: Final = ", ".join("grp" if name == "group" else name for name in Entry._fields)


class Reader:
    """Looks into the database of a folder, opened when it is first asked and again after it was replaced."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / database.FILE_NAME
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None

    def close(self) -> None:
        """Let go of the file. It is opened again when something is asked. Idempotent."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def interrupt(self) -> None:
        """Make a question that is being answered fail with `sqlite3.OperationalError`. Any thread."""
        connection = self._connection
        if connection is not None:
            try:
                connection.interrupt()
            except sqlite3.ProgrammingError:  # closed meanwhile
                return

    def page(self, query: Query, before: int | None = None, count: int = _PAGE) -> list[Entry]:
        """Return the newest `count` tasks, of those older than the row `before`; newest first.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        where, values = _where(query)
        if before is not None:
            where, values = f"{where} AND id < ?", [*values, before]
        return self._entries(f"SELECT {_COLUMNS} FROM tasks WHERE {where} ORDER BY id DESC LIMIT {count}", values)

    def newer(self, query: Query, after: int, count: int = _PAGE) -> list[Entry]:
        """Return the newest `count` tasks, of those newer than the row `after`. Raises `sqlite3.Error`."""
        where, values = _where(query)
        return self._entries(
            f"SELECT {_COLUMNS} FROM tasks WHERE {where} AND id > ? ORDER BY id DESC LIMIT {count}", [*values, after]
        )

    def again(self, ids: list[int]) -> list[Entry]:
        """Return these rows as they are now; those that are gone are missing. Raises `sqlite3.Error`."""
        found: list[Entry] = []
        for first in range(0, len(ids), _PAGE):
            some = ids[first : first + _PAGE]
            marks = ", ".join("?" * len(some))
            found += self._entries(f"SELECT {_COLUMNS} FROM tasks WHERE id IN ({marks})", some)
        return found

    def count(self, query: Query) -> int:
        """Return how many tasks there are. Takes time that grows with them. Raises `sqlite3.Error`."""
        where, values = _where(query)
        return int(self._ask(f"SELECT count(*) FROM tasks WHERE {where}", values)[0][0])

    def story(self, row: int) -> Story | None:
        """Return all that is known of a task; None if it is not there any more. Raises `sqlite3.Error`."""
        found = self._entries(f"SELECT {_COLUMNS} FROM tasks WHERE id = ?", [row])
        if not found:
            return None
        entry = found[0]
        more = self._ask("SELECT arguments, details, stack FROM tasks WHERE id = ?", [row])
        if not more:
            return None
        arguments, details, stack = more[0]
        changes = self._ask(
            "SELECT state, at FROM changes WHERE run = ? AND task = ? ORDER BY revision", [entry.run, entry.task]
        )
        return Story(entry, tuple(Change(*change) for change in changes), _arguments(arguments), details, stack)

    def every(self, query: Query) -> Iterator[Entry]:
        """Yield all tasks, newest first, page by page. Raises `sqlite3.Error`."""
        before: int | None = None
        while True:
            page = self.page(query, before)
            yield from page
            if len(page) < _PAGE:
                return
            before = page[-1].id

    def course(self, work: str) -> Course | None:
        """Return how the last successful run of some work went, by its `work_key`. Raises `sqlite3.Error`."""
        found = self._ask("SELECT points FROM courses WHERE work = ?", [work])
        return Course.from_text(found[0][0]) if found else None

    def _entries(self, statement: str, values: list[Any]) -> list[Entry]:
        return [Entry(*row) for row in self._ask(statement, values)]

    def _ask(self, statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
        for attempt in (1, 2):
            try:
                if self._identity() != self._opened:  # set aside and replaced: what is open is the old one
                    self.close()
                if self._connection is None:
                    self._opened = self._identity()
                    if self._opened is not None:
                        self._connection = database.open_for_reading(self._path)
                if self._connection is None:
                    return [(0,)] if statement.startswith("SELECT count") else []
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                if "interrupt" in str(error):
                    raise
                self.close()
                # Damaged: the recorder may have set it aside since, and a second look finds the new one.
                if attempt == 2 or database.fault_of(error) is Fault.WAIT:
                    raise
        raise AssertionError("the second attempt returns or raises")

    def _identity(self) -> tuple[int, int] | None:
        """What tells the file from another of its name; None if there is none."""
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_dev, status.st_ino


#: States that are told apart by their errors, as in `name_of_state`.
_TOLD_BY_ERROR: Final = {
    "cut_off": ("cut_off", "AND error = ''"),
    "ended": ("cut_off", "AND error NOT IN ('', ?)"),
    "detached": ("cut_off", "AND error = ?"),
}


def _where(query: Query) -> tuple[str, list[Any]]:
    conditions = ["1"]
    values: list[Any] = []
    if query.state == OPEN:
        conditions.append("open = 1")
    elif query.state:
        state, error = _TOLD_BY_ERROR.get(query.state, (query.state, ""))
        conditions.append(f"state = ? {error}")
        values += [state, *([DETACHED] if "?" in error else [])]
    if query.since:
        # By the index to the first row, and from there by number.
        conditions.append("id >= (SELECT coalesce(min(id), 0) FROM tasks WHERE created >= ?) AND created >= ?")
        values += [query.since, query.since]
    for word in query.words.casefold().split():
        conditions.append("instr(searched, ?)")
        values.append(word.encode("utf-8", "backslashreplace").decode("utf-8"))
    return " AND ".join(conditions), values


def _arguments(told: str) -> dict[str, Any] | None:
    try:
        arguments = json.loads(told)
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None
