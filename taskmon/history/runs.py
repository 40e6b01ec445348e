"""Which runs of the program live, and what became of the tasks of those that do not.

Each run holds a lock on a file of its own, which the system drops when it dies; the next one that starts notes its
tasks as lost. A process number alone would not do: numbers are used again, and another machine or container that shares
the home folder has numbers of its own.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from taskmon.core.base.signals import look, read_file
from taskmon.core.task.state import TaskState
from taskmon.history import schema

_SUFFIX: Final = ".alive"


def sweep(connection: sqlite3.Connection, folder: Path, own: str) -> list[int]:
    """Close the runs that have died without doing so, but for `own`; return the rows of the tasks lost, oldest first.

    Tasks of other programs went on without the window, so they are not lost: nobody saw what became of them.
    """
    lost: list[int] = []
    runs = connection.execute("SELECT id, key, pid, mark FROM runs WHERE ended IS NULL AND key <> ?", (own,)).fetchall()
    for run, key, pid, mark in runs:
        if is_alive(folder, key, pid, mark):
            continue
        lost += close_run(connection, run)
        forget(folder, key)
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


class RunLock:
    """Held from `acquire` to `release` or the death of the process. Not inherited by processes that it starts."""

    def __init__(self, folder: Path, key: str) -> None:
        self._path = folder / (key + _SUFFIX)
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take it. False if the file system knows no locks; the process's mark has to do then."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return False
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give it back. Idempotent."""
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        os.close(self._descriptor)
        self._descriptor = None


def is_alive(folder: Path, key: str, pid: int, mark: str) -> bool:
    """Whether the run `key`, which was process `pid` with `mark`, still lives. When in doubt, it does."""
    path = folder / (key + _SUFFIX)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return bool(mark) and process_mark(pid) == mark  # it could not lock, or its file was swept away
    except OSError:
        return True
    try:
        _lock(descriptor)
    except BlockingIOError:
        return True
    except OSError:
        return not mark or process_mark(pid) == mark
    finally:
        os.close(descriptor)
    return False


def forget(folder: Path, key: str) -> None:
    """Remove what a dead run has left."""
    with contextlib.suppress(OSError):
        os.unlink(folder / (key + _SUFFIX))


def process_mark(pid: int) -> str:
    """Return what tells a process from a later one with the same number; empty where the system does not say."""
    boot, seen = read_file("/proc/sys/kernel/random/boot_id", 100).decode("ascii", "replace").strip(), look(pid)
    return f"{boot}:{seen.started}" if boot and seen is not None else ""


def _lock(descriptor: int) -> None:
    """Lock the file, or raise BlockingIOError if somebody else has."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
