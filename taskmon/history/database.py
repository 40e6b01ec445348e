"""Opening the file of the history, whatever has become of it.

A file that is damaged is set aside, never deleted. One that a newer taskmon has written is read, never changed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from enum import Enum
from pathlib import Path
from typing import Final

from taskmon.core.base import files
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.translate import tr
from taskmon.history import schema

FILE_NAME: Final = "history.db"
#: How long a lock of another process is waited for, in seconds.
PATIENCE: Final = 5.0
#: File systems on which the shared memory of a write-ahead log does not work between machines.
_NETWORK: Final = frozenset({"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "lustre", "ncpfs", "nfs",
                             "nfs4", "smb3", "smbfs", "virtiofs"})  # fmt: skip


class Fault(Enum):
    """What an error of SQLite means for the history."""

    WAIT = "wait"
    """Another process holds the database, or the disk is full: it may be over in a while."""
    DAMAGED = "damaged"
    """The file is no database any more."""
    REFUSED = "refused"
    """It may not be read or written."""


class NewerDatabaseError(Exception):
    """The file was written by a newer version of taskmon."""


class DamagedError(sqlite3.DatabaseError):
    """It can be opened, but is not what it should be."""


def fault_of(error: BaseException) -> Fault:
    """Tell what an error of SQLite or of the file system means."""
    if isinstance(error, DamagedError):
        return Fault.DAMAGED
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # the rest of it tells details
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Fault.DAMAGED
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return Fault.WAIT
    return Fault.REFUSED


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open the database, and make it if it is not there. The folder must exist.

    Any thread may use the connection, one at a time.

    Raises:
        NewerDatabaseError: see there.
        sqlite3.Error, OSError: see `fault_of`.
    """
    with contextlib.suppress(FileExistsError):  # for its owner only: what people run is nobody else's business
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = _connect(f"{path.absolute().as_uri()}?mode=rw")
    try:
        version = _version(connection)
        if version > schema.VERSION:
            raise NewerDatabaseError
        if version == 0:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise DamagedError("it is another program's database")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _choose_journal(connection, path)
        if version == 0:
            _create(connection)
        _check(connection)
        connection.execute("PRAGMA synchronous = NORMAL")  # in a WAL, what is committed survives the process
        return connection
    except BaseException:
        connection.close()
        raise


def open_for_reading(path: Path) -> sqlite3.Connection | None:
    """Open the database to look at it; also one that may not be written to. None if it is only just being made.

    Raises:
        sqlite3.Error: there is none, or it cannot be read.
    """
    address = path.absolute().as_uri()
    try:
        return _open_to_look(f"{address}?mode=ro")
    except sqlite3.OperationalError as error:
        if fault_of(error) is not Fault.REFUSED:
            raise
    return _open_to_look(f"{address}?mode=ro&immutable=1")  # a WAL in a folder where none can be made


def _open_to_look(address: str) -> sqlite3.Connection | None:
    connection = _connect(address)
    try:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.close()
            return None
        _check(connection)
        return connection
    except BaseException:
        connection.close()
        raise


def set_aside(path: Path) -> Path:
    """Rename a damaged database, with the files that belong to it; return its new path.

    Raises:
        OSError: that was not possible.
    """
    aside = files.set_aside(str(path), "corrupt")
    for end in ("-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{path}{end}", f"{aside}{end}")
    return Path(aside)


def explain(error: BaseException, path: Path) -> TaskmonError:
    """Say what an error means for the user."""
    if isinstance(error, NewerDatabaseError):
        return TaskmonError(
            tr("The history is shown, but not added to"),
            tr("It was written by a newer version of taskmon. Use that version to record tasks again."),
        )
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if fault_of(error) is Fault.WAIT:
        return TaskmonError(
            tr("The history cannot be written at the moment"),
            tr("{problem}. Tasks go on; taskmon tries again. The file is “{path}”.").format(
                problem=plain(why), path=plain(str(path))
            ),
        )
    return TaskmonError(
        tr("The history is not saved"),
        tr("“{path}” cannot be used: {problem}. Tasks go on as usual.").format(
            path=plain(str(path)), problem=plain(why)
        ),
    )


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=True)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables, all or none; of two programs that start at the same time, one does."""
    connection.execute("BEGIN IMMEDIATE")
    if _version(connection) == 0:
        for statement in schema.CREATE.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    connection.execute("COMMIT")


def _choose_journal(connection: sqlite3.Connection, path: Path) -> None:
    """A write-ahead log, or where that does not work, as in a home on the network, a journal that is deleted."""
    mode = "delete" if file_system_of(path) in _NETWORK else "wal"
    try:
        answer = str(connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0])
    except sqlite3.OperationalError:
        answer = ""
    if answer.lower() != mode:
        connection.execute("PRAGMA journal_mode = DELETE")


def _check(connection: sqlite3.Connection) -> None:
    """See that the tables are there. A file that was cut off at a page's end passes every other look."""
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not found >= schema.TABLES:
        raise DamagedError("tables are missing")


def file_system_of(path: Path) -> str:
    """Return the type of the file system that `path` is on; empty where the system does not tell."""
    best, found = "", ""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            mounts = [line.split() for line in file]
        place = os.path.realpath(path)
    except OSError:
        return ""
    for _, where, kind, *_ in mounts:
        point = where.encode("utf-8", "surrogateescape").decode("unicode_escape") if "\\" in where else where
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, found = point, kind
    return found
