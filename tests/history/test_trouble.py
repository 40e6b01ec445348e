"""Locked, full, read-only, damaged, cut off, newer: the program runs on, says so once, and nothing on disk is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from taskmon import TaskRunner, TaskState
from taskmon.history import database, schema
from taskmon.history.database import FILE_NAME
from taskmon.history.reader import Query, Reader
from taskmon.history.recorder import Recorder
from tests.helpers.gates import PATIENCE, wait_until
from tests.history.samples import Troubles, added, entries, picture, record, recorder, sql


def names(folder: Path) -> list[str]:
    return [entry.name for entry in entries(folder)]


def asides(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{FILE_NAME}.corrupt-*"))


def test_a_locked_database_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    troubles = Troubles()
    record(tmp_path, picture(1))
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with recorder(tmp_path, on_trouble=troubles.append) as made:
            made.post(added(picture(2)))
            wait_until(lambda: troubles, "the trouble")
            made.post(added(picture(3)))
            other.execute("COMMIT")
            assert made.wait_idle(PATIENCE)

    assert troubles.titles == ["The history cannot be written at the moment"]
    assert names(tmp_path) == ["Task 3", "Task 2", "Task 1"]


def test_a_database_that_stays_locked_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    record(tmp_path, picture(1))
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with recorder(tmp_path) as made:
            made.post(added(picture(2)))

    assert names(tmp_path) == ["Task 1"]


def test_a_full_disk_is_survived_and_written_to_once_there_is_room(tmp_path: Path) -> None:
    troubles = Troubles()
    connections: list[sqlite3.Connection] = []

    def fill(connection: sqlite3.Connection) -> None:
        connections.append(connection)
        connection.execute("PRAGMA max_page_count = 20")  # fewer than there are: none can be added

    record(tmp_path, picture(1))
    with recorder(tmp_path, on_trouble=troubles.append, prepare=fill) as made:
        made.post(added(picture(2)))
        assert made.wait_idle(PATIENCE)
        for number in range(3, 103):
            made.post(added(picture(number, details="x" * 5000)))
        wait_until(lambda: troubles, "the trouble")
        assert "Task 2" in names(tmp_path)  # what was there is there
        connections[0].execute("PRAGMA max_page_count = 100000")
        assert made.wait_idle(PATIENCE)

    assert troubles.titles == ["The history cannot be written at the moment"]
    assert "full" in troubles[0].message
    assert len(names(tmp_path)) == 102


def test_a_read_only_database_is_said_so_once(tmp_path: Path) -> None:
    troubles = Troubles()
    record(tmp_path, picture(1))
    with recorder(tmp_path, on_trouble=troubles.append, prepare=lambda c: c.execute("PRAGMA query_only = 1")) as made:
        for number in range(2, 5):
            made.post(added(picture(number)))
            assert made.wait_idle(PATIENCE)

    assert troubles.titles == ["The history is not saved"]
    assert names(tmp_path) == ["Task 1"]


@pytest.mark.parametrize("damage", ["garbage", "middle", "tables", "cut off"])
def test_a_damaged_database_is_set_aside(tmp_path: Path, damage: str) -> None:
    """A new one is started, with what was to be written."""
    troubles = Troubles()
    record(tmp_path, *(picture(number) for number in range(300)))
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(b"no database at all " * 1000)
    elif damage == "middle":
        path.write_bytes(whole[:5000] + b"\xff" * (len(whole) - 5000))
    elif damage == "cut off":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        sql(tmp_path, "DROP TABLE courses")
    damaged = path.read_bytes()
    with recorder(tmp_path, on_trouble=troubles.append) as made:
        made.post(added(picture(1000)))

    assert troubles.titles == ["The history was damaged, and a new one has been started"]
    (aside,) = asides(tmp_path)
    assert aside.name in troubles[0].message
    assert aside.read_bytes() == damaged
    assert names(tmp_path) == ["Task 1000"]


def test_a_database_that_is_damaged_while_it_is_read(tmp_path: Path) -> None:
    """The reader, too, finds the new one."""
    record(tmp_path, picture(1))
    reader = Reader(tmp_path)
    assert [entry.task for entry in reader.page(Query())] == [1]
    (tmp_path / FILE_NAME).write_bytes(b"\xff" * 100_000)
    record(tmp_path, picture(2))

    assert [entry.task for entry in reader.page(Query())] == [2]
    reader.close()
    (tmp_path / FILE_NAME).write_bytes(b"\xff" * 100_000)
    with pytest.raises(sqlite3.DatabaseError):
        reader.page(Query())
    (tmp_path / FILE_NAME).unlink()
    assert reader.page(Query()) == []
    assert reader.count(Query()) == 0


def test_an_empty_file_becomes_a_history(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    assert names(tmp_path) == []
    record(tmp_path, picture(1))

    assert names(tmp_path) == ["Task 1"]
    assert not asides(tmp_path)


def test_a_newer_history_is_shown_and_never_changed(tmp_path: Path) -> None:
    troubles = Troubles()
    record(tmp_path, picture(1))
    sql(tmp_path, f"PRAGMA user_version = {schema.VERSION + 1}")
    sql(tmp_path, "ALTER TABLE tasks ADD COLUMN mood TEXT")
    before = (tmp_path / FILE_NAME).read_bytes()
    with recorder(tmp_path, on_trouble=troubles.append) as made:
        made.post(added(picture(2)))

    assert troubles.titles == ["The history is shown, but not added to"]
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert names(tmp_path) == ["Task 1"]


def test_no_home_no_history(tmp_path: Path) -> None:
    def nowhere() -> Path:
        raise FileNotFoundError("there is no home folder")

    troubles = Troubles()
    made = Recorder(nowhere, on_trouble=troubles.append)
    made.post(added(picture(1)))
    assert made.wait_idle(PATIENCE)
    made.post(added(picture(2)))
    assert made.close(PATIENCE)

    assert troubles.titles == ["The history is not saved"]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    troubles = Troubles()
    with recorder(tmp_path / "file" / "taskmon", on_trouble=troubles.append) as made:
        made.post(added(picture(1)))

    assert troubles.titles == ["The history is not saved"]
    assert (tmp_path / "file").read_text() == "mine"


def test_where_a_log_of_writes_does_not_work_a_journal_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "file_system_of", lambda path: "nfs4")
    record(tmp_path, picture(1))

    assert sql(tmp_path, "PRAGMA journal_mode") == [("delete",)]
    assert names(tmp_path) == ["Task 1"]


def test_the_file_system_is_known() -> None:
    assert database.file_system_of(Path("/proc/self")) == "proc"


def test_trouble_never_stops_a_task(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with TaskRunner(1) as runner, recorder(tmp_path / "file") as made:
        runner.attach(made.post)
        task = runner.start(lambda ctx: ctx.progress(1, 1))
        task.result(PATIENCE)

    assert task.state is TaskState.SUCCEEDED
