"""What is forgotten: rows beyond a number, an age or a size. Tasks that have not ended stay."""

from __future__ import annotations

import sqlite3
import time
from typing import Final, NamedTuple

#: Rows taken out in one transaction: another program that writes waits for no longer than that takes.
_AT_ONCE: Final = 2_000
_COURSES: Final = 2_000
_DAY: Final = 86_400.0


class Limits(NamedTuple):
    """How much is kept. 0 lifts a limit."""

    rows: int = 200_000
    days: int = 365
    megabytes: int = 500


def prune(connection: sqlite3.Connection, limits: Limits) -> int:
    """Forget what is beyond the limits, the oldest first; return how many tasks were forgotten."""
    gone = 0
    if limits.rows:
        bound = connection.execute("SELECT id FROM tasks ORDER BY id DESC LIMIT 1 OFFSET ?", (limits.rows,)).fetchone()
        if bound is not None:
            gone += delete(connection, "id <= ?", (bound[0],))
    if limits.days:
        # Seen from the newest task: a clock that is a year ahead at this start must not cost a year of history.
        newest = connection.execute("SELECT created FROM tasks ORDER BY id DESC LIMIT 1").fetchone()
        now = time.time() if newest is None or newest[0] is None else min(time.time(), newest[0] + _DAY)
        gone += delete(connection, "created < ?", (now - limits.days * _DAY,))
    if limits.megabytes:
        while _used(connection) > limits.megabytes * 1_000_000:
            oldest = connection.execute(
                "SELECT id FROM tasks WHERE open = 0 ORDER BY id LIMIT ?", (_AT_ONCE,)
            ).fetchall()
            if not oldest:
                break
            gone += delete(connection, "id <= ?", (oldest[-1][0],))
    connection.execute(
        "DELETE FROM courses WHERE at < (SELECT min(at) FROM (SELECT at FROM courses ORDER BY at DESC LIMIT ?))",
        (_COURSES,),
    )
    connection.execute("DELETE FROM runs WHERE ended IS NOT NULL AND NOT EXISTS"
                       " (SELECT 1 FROM tasks WHERE tasks.run = runs.id)")  # fmt: skip
    if gone:
        connection.execute("PRAGMA incremental_vacuum").fetchall()
    return gone


def delete(connection: sqlite3.Connection, condition: str, values: tuple[object, ...] = ()) -> int:
    """Delete the ended tasks that `condition` holds for, with their changes; return how many."""
    gone = 0
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = connection.execute(
                f"SELECT id, run, task FROM tasks WHERE open = 0 AND ({condition}) LIMIT {_AT_ONCE}", values
            ).fetchall()
            connection.executemany("DELETE FROM tasks WHERE id = ?", [(row,) for row, _, _ in found])
            connection.executemany("DELETE FROM changes WHERE run = ? AND task = ?", [found_[1:] for found_ in found])
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        gone += len(found)
        if len(found) < _AT_ONCE:
            return gone


def _used(connection: sqlite3.Connection) -> int:
    """Bytes in use, without the pages that are free."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {what}").fetchone()[0])
        for what in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
