"""Workers take jobs without a lock: nothing is lost or run twice, and no count is wrong, whatever else is done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from taskmon import Task, TaskRunner, TaskState
from taskmon.core.run.moves import to_front
from taskmon.core.run.pool import WorkerPool
from tests.helpers.gates import PATIENCE, in_threads, wait_until

MANY = 2_000


def test_moves_while_workers_take_jobs_lose_none_and_double_none() -> None:
    runs: Counter[int] = Counter()
    with TaskRunner(4) as runner:
        tasks = [runner.submit(lambda n=number: runs.update([n])) for number in range(MANY)]

        def move() -> None:
            for task in reversed(tasks):
                runner._engine.move(task, to_front)
                runner._engine.waiting()

        in_threads(move, move)
        assert runner.wait_idle(PATIENCE)

    assert runs == Counter(range(MANY))


def test_what_came_is_always_what_lives_and_what_has_ended() -> None:
    ended = threading.Event()
    wrong: list[object] = []

    def fail() -> None:
        raise ValueError

    with TaskRunner(4) as runner:

        def count() -> None:
            while not ended.is_set():
                counts = runner.statistics()
                if min(counts) < 0 or counts.succeeded > MANY or counts.failed > MANY or counts.cancelled > MANY:
                    wrong.append(counts)

        def submit() -> None:
            for number in range(MANY):
                runner.submit(fail if number % 2 else int)
                if not number % 10:
                    runner.submit(int).cancel()
            runner.wait_idle(PATIENCE)
            ended.set()

        in_threads(count, submit)
        counts = runner.statistics()

    assert wrong == []
    assert counts.succeeded + counts.failed + counts.cancelled == MANY + MANY // 10
    assert counts.failed == MANY // 2
    assert sum(counts[:6]) == 0


def test_a_limit_that_is_set_while_workers_take_jobs_counts_them_all() -> None:
    """A task that begins in the moment in which its group gets a limit has a place in it, or waits for one."""
    for _ in range(50):
        release = threading.Event()
        with TaskRunner(8) as runner:
            tasks = [runner.start(lambda _, go=release: go.wait(PATIENCE), group="g") for _ in range(8)]
            runner.limit_group("g", 1)
            group = runner._engine.places.groups.limited["g"]
            with runner._engine.pool.lock:
                waiting = set(group.waiting)
            release.set()
            assert runner.wait_idle(PATIENCE)
            assert all(task.state is TaskState.SUCCEEDED for task in tasks)
            places = runner._engine.places.groups.places
            wait_until(lambda: group.running == 0 and not places, f"the end of {waiting}")  # noqa: B023  # called now


def test_a_task_that_ends_while_its_group_gets_a_limit_keeps_no_place() -> None:
    """It ends without the lock, and sees no limit: nobody else would ever run in that group."""
    started, go = threading.Event(), threading.Event()

    def first(_: object) -> None:
        started.set()
        go.wait(PATIENCE)

    with TaskRunner(1) as runner:
        runner.start(first, group="g")
        next_one = runner.start(lambda _: "ran", group="another")
        engine = runner._engine
        assert started.wait(PATIENCE)
        groups = engine.places.groups
        set_limit = groups.set_limit

        def end_meanwhile(name: str, limit: int | None, running: Callable[[], Mapping[Task, int]]) -> list[Task]:
            def counted() -> Mapping[Task, int]:
                members = running()
                assert len(members) == 1
                go.set()
                wait_until(lambda: not engine.pool.waiting(), "the worker's step to the next job")
                return members

            return set_limit(name, limit, counted)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(groups), "set_limit", lambda _, *arguments: end_meanwhile(*arguments))
            runner.limit_group("g", 1)

        assert groups.limited["g"].running == 0
        assert next_one.result(PATIENCE) == "ran"
        assert runner.start(lambda _: "ran too", group="g").result(PATIENCE) == "ran too"


def test_a_worker_that_finds_one_job_after_the_other_takes_no_lock() -> None:
    """It would wait for those who submit, and they for it: each job would cost two changes of thread."""

    class Jobs:
        def begin(self, job: int) -> bool:
            return True

        def run(self, job: int) -> None:
            done.append(job)
            if job == 0:
                started.set()
                go.wait(PATIENCE)

        def refuse(self, job: int, error: BaseException) -> None: ...

        def break_off(self, error: BaseException) -> None: ...

    done: list[int] = []
    started, go = threading.Event(), threading.Event()
    pool: WorkerPool[int] = WorkerPool(1, "w", Jobs())
    with pool.lock:
        pool.put(0)
    assert started.wait(PATIENCE)
    with pool.lock:
        for job in range(1, 10):
            pool.put(job)
        go.set()
        wait_until(lambda: len(done) == 10)
        assert done == list(range(10)), "with the lock held by another thread"
    pool.close()
    assert pool.join(PATIENCE)
