"""A look at a program with many threads: what is asked for meanwhile is done at once, and no row waits for another."""

from __future__ import annotations

import threading

import pytest

from taskmon.core.task.events import TaskAdded
from taskmon.core.task.state import TaskState
from taskmon.watch import flags, looking
from taskmon.watch.flags import Search, Target, find_stop, search
from taskmon.watch.flags.finding import Finding
from taskmon.watch.flags.program import Program
from taskmon.watch.rows import stoppable_task, watched_task
from tests.helpers.gates import PATIENCE
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


class Worker:
    """Stopped by an Event of its own."""

    def __init__(self, begun: threading.Barrier) -> None:
        self.stop = threading.Event()
        self._begun = begun

    def run(self) -> None:
        """Work until it is told to stop."""
        self._begun.wait(PATIENCE)
        while not self.stop.wait(0.01):
            pass


def _start(count: int) -> tuple[list[Worker], list[threading.Thread]]:
    begun = threading.Barrier(count + 1)
    workers = [Worker(begun) for _ in range(count)]
    threads = [threading.Thread(target=worker.run, name=f"worker {n}") for n, worker in enumerate(workers)]
    for thread in threads:
        thread.start()
    begun.wait(PATIENCE)
    return workers, threads


def _stop(workers: list[Worker], threads: list[threading.Thread]) -> None:
    for worker in workers:
        worker.stop.set()
    for thread in threads:
        thread.join(PATIENCE)


def test_what_is_asked_for_within_a_look_is_done_before_the_next_row(watch: Watch) -> None:
    workers, threads = _start(4)
    try:
        watch.look()
        did: list[int] = []
        watch.board.obey = lambda: did.append(len(did))
        watch.look()
        assert len(did) >= 2 * len(workers)
    finally:
        _stop(workers, threads)


def test_a_look_that_takes_long_shows_its_rows_before_it_knows_how_they_are_stopped(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_task, "_HURRY", -1.0)
    shown: dict[str, object] = {}

    def note(event: object) -> None:
        if isinstance(event, TaskAdded):
            shown[event.task.name] = event.task.snapshot().stop_means

    watch.board.attach(note)
    workers, threads = _start(2)
    try:
        watch.look()
        assert shown == {"worker 0": None, "worker 1": None}
        assert [row.snapshot().stop_means.means for row in watch.board.tasks() if row.kind == "thread"] == [
            "sets self.stop",
            "sets self.stop",
        ]
    finally:
        _stop(workers, threads)


def test_the_program_is_looked_at_once_for_all_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Program] = []

    def make(*names: object) -> Program:
        made.append(Program(*names))
        return made[-1]

    monkeypatch.setattr(search, "Program", make)
    monkeypatch.setattr(search, "_SEARCH_LASTS", PATIENCE)
    workers, threads = _start(3)
    try:
        together = Search()
        found = [find_stop(Target.of_thread(thread), together) for thread in threads]
        alone = [find_stop(Target.of_thread(thread)) for thread in threads]
        assert [each.means for each in found] == [each.means for each in alone] == ["sets self.stop"] * 3
        assert len({each.key for each in found}) == 3
        assert len(made) == 1 + 3
    finally:
        _stop(workers, threads)


def test_nothing_of_the_program_is_kept_after_a_look(watch: Watch) -> None:
    workers, threads = _start(2)
    try:
        watch.look()
        assert watch.board.search is None
        assert not watch.board.looks
    finally:
        _stop(workers, threads)


def test_who_asks_sets_the_flag_without_waiting_for_the_agent(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stoppable_task, "_SETTLED", 0.0)
    workers, threads = _start(2)
    try:
        row = watch.row("worker 0")
        assert row.cancel("enough")
        threads[0].join(PATIENCE)
        assert [thread.is_alive() for thread in threads] == [False, True]
        assert watch.row("worker 0", TaskState.CANCELLED) is row
    finally:
        _stop(workers, threads)


def test_what_may_have_changed_is_looked_for_by_the_agent(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stoppable_task, "_SETTLED", 0.0)
    workers, threads = _start(1)
    try:
        row = watch.row("worker 0")
        vars(workers[0]).update(stop=threading.Event())  # unseen by who looks for uses of the name
        assert row.cancel("enough")
        threads[0].join(0.05)
        assert threads[0].is_alive()
        watch.look()
        threads[0].join(PATIENCE)
        assert not threads[0].is_alive()
    finally:
        _stop(workers, threads)


def test_a_flag_that_was_found_of_a_young_thread_is_looked_for_once_more(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found before its program had started all its threads is not used at the click."""
    monkeypatch.setattr(stoppable_task, "_SETTLED", 0.0)
    looked: list[threading.Thread | None] = []

    def note(target: Target, together: Search | None = None) -> Finding:
        looked.append(target.thread)
        return find_stop(target, together)

    workers, threads = _start(2)
    later = threading.Event()
    late = threading.Thread(target=later.wait)
    try:
        rows = [watch.row(thread.name) for thread in threads]
        late.start()
        watch.look()
        monkeypatch.setattr(flags, "find_stop", note)
        monkeypatch.setattr(stoppable_task, "_GROWN", max(vars(row)["_found_after"] for row in rows) + 1e-9)
        monkeypatch.setattr(looking, "_ANEW_FOR", 0.0)
        watch.look()
        assert not set(looked) & set(threads), "a look that has taken its time begins no further search"
        monkeypatch.setattr(looking, "_ANEW_FOR", PATIENCE)
        watch.look(2)
        assert [thread for thread in looked if thread is not late] == threads
        assert rows[0].cancel("enough")
        threads[0].join(PATIENCE)
        assert [thread.is_alive() for thread in threads] == [False, True]
    finally:
        later.set()
        _stop(workers, threads)
        late.join(PATIENCE)


def test_who_shares_the_flag_is_told_of_by_the_agent(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stoppable_task, "_SETTLED", 0.0)
    begun = threading.Barrier(3)
    worker = Worker(begun)
    threads = [threading.Thread(target=worker.run, name=f"worker {n}") for n in range(2)]
    for thread in threads:
        thread.start()
    begun.wait(PATIENCE)
    try:
        row, other = watch.row("worker 0"), watch.row("worker 1")
        row.cancel("enough")
        watch.look()
        assert other.stop_requested
    finally:
        _stop([worker], threads)
