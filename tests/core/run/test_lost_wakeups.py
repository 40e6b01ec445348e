"""A queued task always runs while there is room for it: the moments in which that was not so, staged one by one."""

from __future__ import annotations

import importlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any

import pytest

from taskmon import Task, TaskRunner, TaskState
from taskmon.core.run.feed import start_feed
from taskmon.core.run.groups import Groups
from taskmon.core.run.pool import WorkerPool
from tests.helpers.gates import PATIENCE, Gate, in_threads, wait_until


class Jobs:
    """Jobs that are functions."""

    def begin(self, job: Callable[[], object]) -> bool:
        del job
        return True

    def run(self, job: Callable[[], object]) -> None:
        job()

    def refuse(self, job: Callable[[], object], error: BaseException) -> None:
        raise AssertionError(job) from error

    def break_off(self, error: BaseException) -> None:
        raise AssertionError from error


def put(pool: WorkerPool[Any], job: Callable[[], object]) -> None:
    with pool.lock:
        pool.put(job)


@pytest.fixture
def pool() -> Any:
    made = WorkerPool[Any](2, "test", Jobs())
    yield made
    made.close()
    assert made.join(PATIENCE)


@pytest.mark.parametrize("how", [Task.cancel, Task.pause])
def test_one_that_waits_for_its_group_and_will_not_run_lets_the_next_in(how: Callable[[Task], bool]) -> None:
    with TaskRunner(2) as runner, Gate() as gate:
        runner.limit_group("g", 1)
        runner.start(lambda _: gate.pass_through(), group="g")
        gate.await_arrival()
        given_up, following, last = [runner.start(lambda _: 1, group="g") for _ in range(3)]
        groups = runner._engine.places.groups
        wait_until(lambda: len(groups.limited["g"].waiting) == 3)

        assert how(given_up)
        gate.open()

        assert following.result(PATIENCE) == last.result(PATIENCE) == 1
        given_up.cancel()
    assert not groups.places
    assert not groups.limited["g"].coming


def test_a_group_goes_on_when_there_was_no_thread_for_one_of_it() -> None:
    groups = Groups[str]()
    groups.set_limit("g", 1, dict)
    assert groups.enter("g", "a")
    assert not groups.enter("g", "b")
    assert not groups.enter("g", "c")

    assert groups.leave("a") == ["b"]
    assert not groups.enter("g", "d"), "the room is that of the one that was let in"
    assert groups.give_back("g", "b") == ["c"]
    assert groups.enter("g", "c")


def test_one_that_was_let_in_waits_again_if_the_limit_is_lowered_meanwhile() -> None:
    groups = Groups[str]()
    groups.set_limit("g", 2, dict)
    assert [groups.enter("g", job) for job in "abcd"] == [True, True, False, False]
    assert groups.leave("a") == ["c"]

    groups.set_limit("g", 1, dict)

    assert not groups.enter("g", "c"), "b is running"
    assert groups.leave("b") == ["c"], "it is the first still"


def test_a_group_without_its_limit_keeps_nobody() -> None:
    groups = Groups[str]()
    groups.set_limit("g", 1, dict)
    assert groups.enter("g", "a")
    assert not groups.enter("g", "b")

    assert groups.set_limit("g", None, dict) == ["b"]
    assert groups.leave("a") == [], "b is in line already"


def test_a_task_that_ends_while_its_group_gets_a_limit_leaves_no_place_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker takes the lock only if the group has a limit, and looked for that at the wrong time."""
    with TaskRunner(2) as runner, Gate() as gate:
        engine = runner._engine
        held = runner.start(lambda _: None, paused=True)  # the runner does not become idle
        task = runner.start(lambda _: gate.pass_through(), group="g")
        gate.await_arrival()
        wants_lock = threading.Event()
        lock = engine.pool.lock

        class Watched:
            """The lock; tells when a worker wants it."""

            def acquire(self) -> bool:
                if threading.current_thread() is not main:
                    wants_lock.set()
                return lock.acquire()

            def release(self) -> None:
                lock.release()

            def __enter__(self) -> bool:
                return self.acquire()

            def __exit__(self, *_: object) -> None:
                lock.release()

        main = threading.current_thread()
        set_limit = engine.places.groups.set_limit

        def staged(name: str, limit: int | None, running: Callable[[], Any]) -> list[Task]:
            def looked() -> Any:
                found = running()
                gate.open()  # it ends between the look and the note of what was seen
                assert wants_lock.wait(PATIENCE)
                return found

            return set_limit(name, limit, looked)

        class Staged:
            """The groups, in whose change of a limit a task ends."""

            def __getattr__(self, name: str) -> Any:
                return staged if name == "set_limit" else getattr(engine._groups, name)

        monkeypatch.setattr(engine.pool, "lock", Watched())
        monkeypatch.setattr(engine.places, "groups", Staged())
        runner.limit_group("g", 1)
        task.result(PATIENCE)

        assert runner.start(lambda _: 1, group="g").result(PATIENCE) == 1
        held.cancel()


def test_a_worker_that_found_the_queue_empty_during_a_move_is_replaced(pool: WorkerPool[Any]) -> None:
    """Meanwhile the jobs are not in the queue: it calls nobody, and is busy with its own job."""
    taken, go_on, begun, ended, other_ran = (threading.Event() for _ in range(5))

    class Slow(deque[Any]):
        """A queue whose first job is taken slowly."""

        def popleft(self) -> Any:
            job = super().popleft()
            if job is first:
                taken.set()
                assert go_on.wait(PATIENCE)
            return job

    def first() -> None:
        begun.set()
        assert ended.wait(2 * PATIENCE)

    def how(line: deque[Any], job: object) -> bool:
        del line, job
        go_on.set()
        assert begun.wait(PATIENCE)
        return True

    pool._ready = Slow()
    with pool.lock:
        pool.put(first)
        pool.put(other_ran.set)
    assert taken.wait(PATIENCE)
    with pool.lock:
        assert pool.move(other_ran.set, how)

    try:
        assert other_ran.wait(PATIENCE), "nobody was called to it"
    finally:
        ended.set()


def test_a_move_that_is_interrupted_loses_no_job(pool: WorkerPool[Any]) -> None:
    ran: list[int] = []
    with Gate() as gate:
        for _ in range(2):
            put(pool, gate.pass_through)
        gate.await_arrival(2)
        for number in range(3):
            put(pool, lambda n=number: ran.append(n))

        def interrupted(line: deque[Any], job: object) -> bool:
            del job
            line.clear()
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), pool.lock:
            pool.move(None, interrupted)
    wait_until(lambda: sorted(ran) == [0, 1, 2])


def test_an_interrupted_call_leaves_nobody_waited_for_who_does_not_come(pool: WorkerPool[Any]) -> None:
    class Interrupted(list[Any]):
        """Ctrl-C arrives while somebody is taken off the list."""

        def pop(self, *where: Any) -> Any:
            super().pop(*where)
            raise KeyboardInterrupt

    first, second = threading.Event(), threading.Event()
    put(pool, int)
    wait_until(lambda: pool._idle)
    with pool.lock:
        pool._idle = Interrupted(pool._idle)
    with pytest.raises(KeyboardInterrupt):
        put(pool, first.set)
    with pool.lock:
        pool._idle = list(pool._idle)
    put(pool, second.set)

    assert first.wait(PATIENCE)
    assert second.wait(PATIENCE)


def test_a_job_that_was_put_when_ctrl_c_came_is_run(pool: WorkerPool[Any]) -> None:
    class Interrupted(deque[Any]):
        """Ctrl-C arrives right after a job was put."""

        def append(self, job: Any) -> None:
            super().append(job)
            raise KeyboardInterrupt

    ran = threading.Event()
    pool._ready = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        put(pool, ran.set)
    assert ran.wait(PATIENCE)


def test_a_worker_that_is_slow_to_begin_keeps_no_idle_one_from_work() -> None:
    go_on = threading.Event()
    begun: list[int] = []

    def begin() -> None:
        begun.append(1)
        if len(begun) > 1:
            assert go_on.wait(PATIENCE)

    with TaskRunner(2, initializer=begin) as runner:
        with Gate() as gate:
            first = runner.submit(gate.pass_through)
            gate.await_arrival()
            second = runner.submit(int)
            wait_until(lambda: len(begun) == 2)
        try:
            wait([first, second], PATIENCE)
            assert runner.submit(lambda: 3).result(PATIENCE) == 3
        finally:
            go_on.set()


def test_workers_that_wait_for_each_other_at_their_beginning_all_come() -> None:
    barrier = threading.Barrier(3)
    with TaskRunner(3, initializer=barrier.wait, initargs=(PATIENCE,)) as runner:
        assert [task.result(PATIENCE) for task in [runner.submit(int) for _ in range(3)]] == [0, 0, 0]


def test_whoever_holds_the_queue_of_a_feed_may_cancel_it() -> None:
    source: queue.Queue[int] = queue.Queue()
    with TaskRunner(4) as runner:
        feed = start_feed(runner, source, lambda _, item: item)
        wait_until(lambda: len(feed.workers) == 3 and all(w.state is TaskState.RUNNING for w in feed.workers))

        def cancel() -> bool:
            with source.mutex:
                return feed.cancel()

        assert in_threads(cancel) == [True]
        wait([feed.task], PATIENCE)
        assert feed.task.cancelled()


def interrupted_after(function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`function`, which Ctrl-C arrives right behind, once."""

    def call(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        function(*args, **kwargs)
        raise KeyboardInterrupt

    return call


def interrupted_before(function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`function`, which Ctrl-C arrives right before, once."""
    del function

    def call(*args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        monkeypatch.undo()
        raise KeyboardInterrupt

    return call


def test_a_cancel_that_is_interrupted_leaves_no_task_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with TaskRunner(1) as runner:
        told: list[Task] = []
        task = runner.start(lambda _: None, paused=True)
        task.add_done_callback(told.append)
        monkeypatch.setattr(Task, "on_stop_requested", interrupted_after(Task.on_stop_requested, monkeypatch))
        with pytest.raises(KeyboardInterrupt):
            task.cancel()
        assert runner.tasks() == []
        assert runner.statistics().cancelled == 1
        assert told == [task]


def test_a_task_whose_start_or_resumption_is_interrupted_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()
    with TaskRunner(1) as runner:
        pool = runner._engine.pool
        for start in (lambda: runner.submit(ran.set), lambda: runner.start(lambda _: ran.set())):
            ran.clear()
            monkeypatch.setattr(pool, "put", interrupted_before(pool.put, monkeypatch))
            with pytest.raises(KeyboardInterrupt):
                start()
            assert ran.wait(PATIENCE)

        held = runner.start(lambda _: 1, paused=True)
        engine = runner._engine
        monkeypatch.setattr(engine, "enqueue", interrupted_before(engine.enqueue, monkeypatch))
        with pytest.raises(KeyboardInterrupt):
            held.resume()
        assert held.result(PATIENCE) == 1


def test_a_thread_that_came_although_its_call_was_interrupted_keeps_nobody_waiting(
    pool: WorkerPool[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was counted as come but not as called, and who waited for the end of the pool waited for ever."""
    module = importlib.import_module("taskmon.core.run.pool")
    monkeypatch.setattr(module, "try_spawn", interrupted_after(module.try_spawn, monkeypatch))
    ran = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        put(pool, ran.set)
    assert ran.wait(PATIENCE)
    pool.close()
    assert pool.join(PATIENCE)
