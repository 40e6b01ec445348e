"""Tasks that were alive when their program died, noted as lost by the next one that starts."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from taskmon.core.task.state import TaskState
from taskmon.history import alive, schema


def sweep(connection: sqlite3.Connection, folder: Path, own: str) -> list[int]:
    """Close the runs that have died without doing so, but for `own`; return the rows of the tasks lost, oldest first.

    Tasks of other programs went on without the window, so they are not lost: nobody saw what became of them.
    """
    lost: list[int] = []
    runs = connection.execute("SELECT id, key, pid, mark FROM runs WHERE ended IS NULL AND key <> ?", (own,)).fetchall()
    for run, key, pid, mark in runs:
        if alive.is_alive(folder, key, pid, mark):
            continue
        lost += close_run(connection, run)
        alive.forget(folder, key)
    return lost


def close_run(connection: sqlite3.Connection, run: int) -> list[int]:
    """Note that a run is over, and what its open tasks came to; return the rows of those lost."""
    now = time.time()
    connection.execute("BEGIN IMMEDIATE")
    try:
        lost: list[int] = []
        # Looked for within the transaction: two programs may sweep at the same time, and one of them tells of it.
        found = connection.execute(
            "SELECT id, task, revision, program FROM tasks WHERE run = ? AND open = 1 ORDER BY id", (run,)
        ).fetchall()
        for row, task, revision, program in found:
            state = schema.LEFT if program else TaskState.LOST.value
            connection.execute(
                "UPDATE tasks SET open = 0, state = ?, revision = ? WHERE id = ?", (state, revision + 1, row)
            )
            connection.execute(schema.ADD_CHANGE, (run, task, revision + 1, state, now))
            if not program:
                lost.append(row)
        connection.execute("UPDATE runs SET ended = ? WHERE id = ? AND ended IS NULL", (now, run))
        connection.execute("COMMIT")
        return lost
    except BaseException:
        connection.rollback()
        raise
