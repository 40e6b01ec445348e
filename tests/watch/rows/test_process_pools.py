"""What was given to pools of processes, as their program knows it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.watch.ownership import name_of_calls
from taskmon.watch.rows.watched_task import WatchedTask
from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


def wait_for(gate: str) -> str:
    pause = threading.Event()
    while not os.path.exists(gate):
        pause.wait(0.01)
    return gate


def fail_after(gate: str) -> None:
    raise OSError(f"nothing at {wait_for(gate)[-1]}")


@pytest.fixture
def gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each call waits for a file of its own; in the end all of them are there."""
    monkeypatch.chdir(tmp_path)
    yield
    for name in "abcdef":
        (tmp_path / name).touch()


@pytest.fixture
def executor(watch: Watch, gates: None) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    yield pool
    for name in "abcdef":
        Path(name).touch()
    pool.shutdown()


def why(row: WatchedTask) -> str:
    return row.snapshot().why_not_cancellable


def test_calls_run_are_handed_over_and_wait(watch: Watch, executor: ProcessPoolExecutor) -> None:
    futures = [executor.submit(wait_for, name) for name in "abcd"]
    wait_until(futures[1].running, "it is handed over")
    running = watch.row("wait_for('a')", S.RUNNING)
    handed = watch.row("wait_for('b')", S.QUEUED)
    wait_until(lambda: not watch.look() and "handed" in why(handed))
    last = watch.row("wait_for('d')", S.QUEUED)
    assert "a process of its pool" in why(running)
    assert why(last) == ""
    pool = watch.row("ProcessPoolExecutor", S.RUNNING)
    assert pool.snapshot().progress[:4] == (0, 4, "calls", "in 1 process")
    assert running.snapshot().parent_id == pool.id
    assert not running.cancel()
    assert not handed.cancel()
    assert last.cancel()
    watch.look()
    assert futures[3].cancelled()
    assert last.state is S.CANCELLED
    for name in "abc":
        Path(name).touch()
    assert [future.result(PATIENCE) for future in futures[:3]] == ["a", "b", "c"]
    watch.row("wait_for('a')", S.SUCCEEDED)
    watch.row("wait_for('c')", S.SUCCEEDED)
    watch.row("ProcessPoolExecutor", S.SUCCEEDED)


def test_a_cancel_of_the_pool_takes_out_what_waits(watch: Watch, executor: ProcessPoolExecutor) -> None:
    futures = [executor.submit(wait_for, name) for name in "abcdef"]
    watch.row("wait_for('a')", S.RUNNING)
    wait_until(futures[1].running, "it is handed over")
    pool = watch.row("ProcessPoolExecutor")
    wait_until(lambda: not watch.look() and not why(pool))
    assert pool.cancel()
    watch.look()
    Path("a").touch()
    Path("b").touch()
    assert [future.cancelled() for future in futures] == [False, False, True, True, True, True]
    watch.row("ProcessPoolExecutor", S.CANCELLED)
    watch.row("wait_for('f')", S.CANCELLED)


def test_calls_that_the_program_cancels_are_not_among_those_that_are_done(
    watch: Watch, executor: ProcessPoolExecutor
) -> None:
    futures = [executor.submit(wait_for, "a"), executor.submit(fail_after, "b")]
    futures += [executor.submit(wait_for, name) for name in "cdef"]
    watch.row("wait_for('a')", S.RUNNING)
    assert all(future.cancel() for future in futures[3:])
    Path("a").touch()
    assert futures[0].result(PATIENCE) == "a"
    pool = watch.row("ProcessPoolExecutor", S.RUNNING)
    said = "in 1 process; 3 of its calls taken out of the queue"
    wait_until(lambda: not watch.look() and pool.snapshot().progress[:4] == (1, 3, "calls", said))
    Path("b").touch()
    assert isinstance(futures[1].exception(PATIENCE), OSError)
    said = "in 1 process; 1 of its calls failed; 3 of its calls taken out of the queue"
    wait_until(lambda: not watch.look() and pool.snapshot().progress[:4] == (2, 3, "calls", said))
    Path("c").touch()
    watch.row("ProcessPoolExecutor", S.SUCCEEDED)
    assert pool.snapshot().consequence == "1 of its calls failed; 3 of its calls taken out of the queue"


def test_what_fails_is_told_with_its_error(watch: Watch, executor: ProcessPoolExecutor) -> None:
    future = executor.submit(fail_after, "a")
    row = watch.row("fail_after('a')", S.RUNNING)
    Path("a").touch()
    assert isinstance(future.exception(PATIENCE), OSError)
    watch.row("fail_after('a')", S.FAILED)
    assert row.snapshot().error == "OSError: nothing at a"


def test_a_pool_of_multiprocessing_tells_its_jobs_by_name(watch: Watch, gates: None) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        single = pool.apply_async(wait_for, ("a",))
        failing = pool.apply_async(fail_after, ("b",))
        many = pool.map_async(wait_for, ["c", "d"], chunksize=1)
        row = watch.row("wait_for('a')", S.RUNNING)
        assert row.snapshot().why_not_cancellable == "a multiprocessing.Pool does not give back what it was given"
        all_of_them = watch.row("wait_for for each", S.QUEUED)
        assert all_of_them.snapshot().progress[:3] == (0, 2, "calls")
        assert not watch.row("Pool", S.RUNNING).cancel()
        Path("a").touch()
        assert single.get(PATIENCE) == "a"
        watch.row("wait_for('a')", S.SUCCEEDED)
        Path("b").touch()
        failing.wait(PATIENCE)
        assert watch.row("fail_after('b')", S.FAILED).snapshot().error == "OSError: nothing at b"
        Path("c").touch()
        wait_until(lambda: not watch.look() and all_of_them.snapshot().progress[:2] == (1, 2))
        assert all_of_them.state is S.RUNNING
        Path("d").touch()
        assert many.get(PATIENCE) == ["c", "d"]
        watch.row("wait_for for each", S.SUCCEEDED)


def test_a_program_with_calls_elsewhere_is_not_ended_by_flags(watch: Watch, executor: ProcessPoolExecutor) -> None:
    executor.submit(wait_for, "a")
    watch.row("wait_for('a')", S.RUNNING)
    watch.look()
    means: Any = watch.looking.program.means
    assert means.signal == "SIGINT"


def chunked(function: Any, *items: Any) -> tuple[Any, tuple[Any, ...]]:
    """As the ``map`` of an executor makes of it."""
    from concurrent.futures import process

    return partial(process._process_chunk, function), (tuple((item,) for item in items),)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("items", "name"), [((7,), "wait_for(7)"), ((7, 8, 9), "wait_for(7) and 2 more")])
def test_calls_that_are_given_in_one_go_are_counted(items: tuple[int, ...], name: str) -> None:
    function, args = chunked(wait_for, *items)
    assert name_of_calls(function, args, {}) == name


def test_what_a_pool_has_not_done_when_it_is_ended_is_cut_off(watch: Watch, gates: None) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        single = pool.apply_async(wait_for, ("a",))
        many = pool.map_async(wait_for, ["c", "d"], chunksize=1)
        watch.row("wait_for('a')", S.RUNNING)
        watch.row("wait_for for each", S.QUEUED)
    pool.join()
    assert not single.ready()
    assert not many.ready()
    for name in ("wait_for('a')", "wait_for for each", "Pool"):
        row = watch.row(name, S.CUT_OFF)
        assert row.snapshot().consequence == "its pool was ended before it was done"


@pytest.mark.parametrize("how", ["imap", "imap_unordered"])
def test_results_taken_one_by_one_are_done_with_the_last(watch: Watch, gates: None, how: str) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        results = getattr(pool, how)(wait_for, ["a", "b"])
        watch.row("wait_for for each", S.RUNNING)
        Path("a").touch()
        Path("b").touch()
        assert list(results) == ["a", "b"]
        del results
    pool.join()
    watch.row("wait_for for each", S.SUCCEEDED)
    watch.row("Pool", S.SUCCEEDED)


def interrupt(gate: str) -> None:
    wait_for(gate)
    raise KeyboardInterrupt


@pytest.mark.parametrize("by", ["a terminal", "us", "itself"])
def test_a_call_that_ctrl_c_has_reached_was_cancelled(
    watch: Watch, executor: ProcessPoolExecutor, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """If it may have been typed, or the program was asked to end."""
    monkeypatch.setattr("taskmon.core.base.signals.may_be_typed", lambda: by == "a terminal")
    executor.submit(interrupt, "a")
    watch.row("interrupt('a')", S.RUNNING)
    if by == "us":
        next(row for row in watch.seen() if row.kind == "program").note_stop("")
    Path("a").touch()
    if by == "itself":
        assert watch.row("interrupt('a')", S.FAILED).snapshot().error == "KeyboardInterrupt"
    else:
        assert watch.row("interrupt('a')", S.CANCELLED).snapshot().error == ""


def test_a_pool_that_ends_with_its_calls_says_how_many_failed(watch: Watch, executor: ProcessPoolExecutor) -> None:
    futures = [executor.submit(fail_after, name) for name in "abcdef"]
    watch.row("fail_after('a')", S.RUNNING)
    pool = watch.row("ProcessPoolExecutor", S.RUNNING)
    assert all(future.cancel() for future in futures[3:])
    for name in "abc":
        Path(name).touch()
    assert all(isinstance(future.exception(PATIENCE), OSError) for future in futures[:3])
    executor.shutdown()  # before anybody looks again
    watch.row("ProcessPoolExecutor", S.SUCCEEDED)
    said = "3 of its calls failed; 3 of its calls taken out of the queue"
    assert pool.snapshot().progress[:4] == (3, 3, "calls", f"in 1 process; {said}")
    assert pool.snapshot().consequence == said


def end_after(gate: str) -> None:
    os._exit(len(wait_for(gate)))


def test_a_broken_pool_says_how_many_failed(watch: Watch, executor: ProcessPoolExecutor) -> None:
    futures = [executor.submit(end_after, "a"), *(executor.submit(wait_for, name) for name in "bc")]
    watch.row("end_after('a')", S.RUNNING)
    pool = watch.row("ProcessPoolExecutor", S.RUNNING)
    Path("a").touch()
    assert all(isinstance(future.exception(PATIENCE), BrokenProcessPool) for future in futures)
    watch.row("ProcessPoolExecutor", S.SUCCEEDED)
    assert pool.snapshot().progress[:2] == (3, 3)
    assert pool.snapshot().consequence == "3 of its calls failed"


def test_a_pool_of_multiprocessing_says_how_many_failed(watch: Watch, gates: None) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        each = pool.imap(fail_after, ["a", "b"])
        many = pool.map_async(fail_after, ["c", "d"], chunksize=1)
        jobs = [watch.row("fail_after for each", S.RUNNING), watch.row("fail_after for each", S.QUEUED)]
        row = watch.row("Pool", S.RUNNING)
        Path("a").touch()
        said = "in 1 process; 1 of its calls failed"
        wait_until(lambda: not watch.look() and row.snapshot().progress.message == said)
        assert jobs[0].snapshot().progress[:4] == (1, 2, "calls", "1 of its calls failed")
        for name in "bcd":
            Path(name).touch()
        many.wait(PATIENCE)
        wait_until(lambda: (watch.look(), row.state is S.SUCCEEDED)[1])
        assert row.snapshot().consequence == "4 of its calls failed"
        assert (jobs[0].state, jobs[0].snapshot().consequence) == (S.SUCCEEDED, "2 of its calls failed")
        assert (jobs[1].state, jobs[1].snapshot().error) == (S.FAILED, "OSError: nothing at c")
        with pytest.raises(OSError, match="nothing at a"):
            next(each)


def test_a_job_that_is_done_has_done_all_of_its_calls(watch: Watch, gates: None) -> None:
    """Though the last of them ended after the last look, and its result is there no more."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.map_async(wait_for, "abc", chunksize=1)
        row = watch.row("wait_for for each", S.RUNNING)
        assert row.snapshot().progress[:2] == (0, 3)
        for name in "abc":
            Path(name).touch()
        assert result.get(PATIENCE) == list("abc")
        wait_until(lambda: not pool._cache, "its result has left")  # type: ignore[attr-defined]
        del result
        watch.look()
        assert row.state is S.SUCCEEDED
        assert row.snapshot().progress[:2] == (3, 3)
