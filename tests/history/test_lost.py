"""Tasks that were alive when their program died are lost; those of a program that lives are not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from taskmon.core.task.snapshot import Origin
from taskmon.history import runs
from taskmon.history.reader import Query, Reader
from tests.helpers.gates import PATIENCE
from tests.history.samples import S, added, entries, picture, recorder, sql

ROOT = Path(__file__).resolve().parent.parent.parent

#: Writes tasks without end, each with its changes, and says which are in the database for good.
PROGRAM = """
import itertools, sys
from pathlib import Path
from tests.history.samples import S, added, change, picture, recorder
from taskmon.history import recorder as module
module.GATHER = 0
with recorder(Path(sys.argv[1])) as made:
    for number in itertools.count():
        made.post(added(picture(number, S.RUNNING)))
        if number % 3:
            made.post(change(picture(number)))
        if number % 7 == 0:
            assert made.wait_idle(60)
            print(number, flush=True)
"""


@contextmanager
def program(folder: Path) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait(PATIENCE)


def kill_at_random(folder: Path, times: int, seed: int) -> None:
    """Kill the writer after some of its commits; every row that it called written is there, whole."""
    chance = random.Random(seed)
    for attempt in range(times):
        home = folder / str(attempt)
        with program(home) as (process, told):
            for _ in range(chance.randrange(1, 25)):
                committed = int(told.readline())
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            for line in told:
                committed = int(line)
        lost: list[int] = []
        with recorder(home, on_opened=lost.extend) as made:
            made.start()
            assert made.wait_idle(PATIENCE)
            kept = {entry.task: entry for entry in entries(home)}
            assert sql(home, "PRAGMA integrity_check") == [("ok",)]
        assert set(range(committed + 1)) <= kept.keys(), f"seed {seed}, attempt {attempt}"
        for number in range(committed + 1):
            assert kept[number].state == ("succeeded" if number % 3 else "lost"), f"seed {seed}, attempt {attempt}"
        ids = {entry.id: entry for entry in kept.values()}
        assert all(ids[row].state == "lost" for row in lost)
        assert len(lost) == sum(entry.state == "lost" for entry in kept.values())


def test_a_kill_loses_no_committed_row(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 3, seed=20_260)


@pytest.mark.slow
def test_fifty_kills_lose_no_committed_row(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 50, seed=71)


def test_tasks_of_a_dead_run_are_lost_and_told_of_once(tmp_path: Path) -> None:
    with program(tmp_path) as (process, told):
        told.readline()
        process.kill()
        process.wait(PATIENCE)
    runs: list[list[int]] = []
    for _ in range(2):
        with recorder(tmp_path, on_opened=runs.append) as made:
            made.start()

    first, second = runs
    assert first
    assert not second
    reader = Reader(tmp_path)
    story = reader.story(first[0])
    reader.close()
    assert story is not None
    assert (story.entry.name, story.entry.state, story.entry.ended) == ("Task 0", "lost", None)
    assert story.entry.done == 3
    assert [state.state for state in story.changes][-1] == "lost"
    assert not list(tmp_path.glob("*.alive"))


def test_tasks_of_a_run_that_lives_are_left_alone(tmp_path: Path) -> None:
    """Two programs with one folder, as when the second was started beside the first."""
    lost: list[int] = []
    with program(tmp_path) as (_, told):
        told.readline()
        with recorder(tmp_path, on_opened=lost.extend) as made:
            made.post(added(picture(10**9)))
        assert not lost
        assert "lost" not in {entry.state for entry in entries(tmp_path)}


def test_a_program_that_quits_leaves_lost_and_left_tasks(tmp_path: Path) -> None:
    """What still ran here is gone with the program; what another program runs goes on."""
    with recorder(tmp_path) as made:
        made.post(added(picture(1, S.RUNNING)))
        made.post(added(picture(2, S.RUNNING, origin=Origin("train.py", 77))))
        made.post(added(picture(3)))
    lost: list[int] = []
    with recorder(tmp_path, on_opened=lost.extend) as made:
        made.start()

    assert not lost  # it was said when the program quit
    assert [entry.state for entry in entries(tmp_path)] == ["succeeded", "left", "lost"]
    assert entries(tmp_path, Query(state="open")) == []


def test_a_lock_that_is_held_is_a_life(tmp_path: Path) -> None:
    lock = runs.RunLock(tmp_path, "key")
    assert lock.acquire()
    assert runs.is_alive(tmp_path, "key", 0, "no such mark")
    lock.release()
    assert not runs.is_alive(tmp_path, "key", 0, "no such mark")


def test_without_a_lock_the_mark_of_the_process_tells(tmp_path: Path) -> None:
    """Its number alone would not: numbers are used again."""
    mark = runs.process_mark(os.getpid())
    assert mark
    assert runs.is_alive(tmp_path, "key", os.getpid(), mark)
    assert not runs.is_alive(tmp_path, "key", os.getpid(), mark + "0")
    assert not runs.is_alive(tmp_path, "key", os.getpid(), "")
    lock = runs.RunLock(tmp_path / "no such folder", "key")
    assert not lock.acquire()
    lock.release()
