"""What stands in the database."""

from __future__ import annotations

from typing import Final

#: Grows with each change of the schema. A database with a larger one is shown, but never written to.
VERSION: Final = 1

#: The states of a row are the values of `TaskState`, and this one.
LEFT: Final = "left"
"""A task of another program, which went on when the window closed."""

CREATE: Final = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    pid INTEGER NOT NULL,
    mark TEXT NOT NULL,
    began REAL NOT NULL,
    ended REAL
);
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs(id),
    task INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    open INTEGER NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    grp TEXT NOT NULL,
    program TEXT NOT NULL,
    pid INTEGER,
    parent INTEGER,
    retry_of INTEGER,
    attempt INTEGER NOT NULL,
    created REAL,
    started REAL,
    ended REAL,
    seen REAL,
    elapsed REAL,
    done NUMERIC,
    total NUMERIC,
    unit TEXT NOT NULL,
    message TEXT NOT NULL,
    reason_kind TEXT NOT NULL,
    reason_by TEXT NOT NULL,
    reason_text TEXT NOT NULL,
    consequence TEXT NOT NULL,
    error TEXT NOT NULL,
    job TEXT NOT NULL,
    work TEXT NOT NULL,
    searched TEXT NOT NULL,
    arguments TEXT NOT NULL,
    details TEXT NOT NULL,
    stack TEXT NOT NULL DEFAULT '',
    UNIQUE (run, task)
);
CREATE TABLE changes (
    run INTEGER NOT NULL,
    task INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    at REAL,
    PRIMARY KEY (run, task, revision)
) WITHOUT ROWID;
CREATE TABLE courses (
    work TEXT PRIMARY KEY,
    at REAL NOT NULL,
    points TEXT NOT NULL
);
CREATE INDEX tasks_by_state ON tasks (state);
CREATE INDEX tasks_by_time ON tasks (created);
CREATE INDEX tasks_open ON tasks (run) WHERE open = 1;
"""

TABLES: Final = frozenset({"runs", "tasks", "changes", "courses"})

#: The columns of a task that the recorder writes, in the order of `taskmon.history.values.task_values`.
WRITTEN: Final = (
    "run", "task", "revision", "open", "state", "name", "grp", "program", "pid", "parent", "retry_of", "attempt",
    "created", "started", "ended", "seen", "elapsed", "done", "total", "unit", "message", "reason_kind", "reason_by",
    "reason_text", "consequence", "error", "job", "work", "searched", "arguments", "details",
)  # fmt: skip
#: What never changes once a row is there.
_FIXED: Final = frozenset({"run", "task", "grp", "program", "pid", "parent", "retry_of", "attempt", "created", "job",
                           "work", "arguments"})  # fmt: skip

UPSERT: Final = (
    f"INSERT INTO tasks ({', '.join(WRITTEN)}) VALUES ({', '.join('?' * len(WRITTEN))})"
    " ON CONFLICT (run, task) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in WRITTEN if name not in _FIXED)
    + " WHERE excluded.revision >= tasks.revision"
)
ADD_CHANGE: Final = "INSERT OR IGNORE INTO changes (run, task, revision, state, at) VALUES (?, ?, ?, ?, ?)"
SET_STACK: Final = "UPDATE tasks SET stack = ? WHERE run = ? AND task = ?"
SET_COURSE: Final = (
    "INSERT INTO courses (work, at, points) VALUES (?, ?, ?)"
    " ON CONFLICT (work) DO UPDATE SET at = excluded.at, points = excluded.points"
)
