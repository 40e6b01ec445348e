"""A function that runs on a cluster has what it has in a thread, and its row says what is so."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, as_completed, wait
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'taskmon-desktop[dask]'")

import dask
from distributed import Client, get_worker

from taskmon.cluster import connection, engine
from taskmon.cluster.call import SENDER
from taskmon.cluster.connection import ClusterRow
from taskmon.cluster.runner import ClusterRunner
from taskmon.core.base.errors import TaskmonError
from taskmon.core.process.isolated import RemoteTaskError
from taskmon.core.stop import StopKind
from taskmon.core.task.events import StateChanged, TaskEvent, TaskLogged
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.remote_task import RemoteTask
from taskmon.link.wire.codec import Move
from tests.helpers import children
from tests.helpers.children import meet
from tests.helpers.dask_cluster import DaskCluster, dask_cluster
from tests.helpers.gates import PATIENCE, wait_until

S = TaskState


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A pipe on which a task waits for the test."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def let_go(fifo: Path) -> None:
    """Let the task go on that waits there."""
    with open(fifo, "w"):
        pass


def has_begun(task) -> bool:
    return task.snapshot().progress.message == "here"


# -- what a function gets ----------------------------------------------------------------------------------------------


def test_its_result_arrives_and_it_ran_elsewhere(runner: ClusterRunner) -> None:
    pid, name, args, kwargs = runner.start(children.describe, 1, key="a key", name="Look").result(PATIENCE)

    assert (name, args, kwargs) == ("Look", (1,), {"key": "a key"})
    assert pid != os.getpid()


def test_a_plain_function_finds_its_context(runner: ClusterRunner) -> None:
    assert runner.submit(children.describe_plainly, 1).result(PATIENCE)[1:] == ("describe_plainly", (1,))


def test_the_executor_s_own_ways_work(runner: ClusterRunner) -> None:
    assert list(runner.map(abs, [-1, -2, -3])) == [1, 2, 3]
    tasks = [runner.start(children.echo, number) for number in range(20)]
    assert wait(tasks, PATIENCE).not_done == set()
    assert sorted(task.result() for task in as_completed(tasks, PATIENCE)) == list(range(20))


def test_a_function_of_the_main_program_may_be_sent(runner: ClusterRunner) -> None:
    assert runner.start(lambda ctx, n: (ctx.task.name, n), 7, name="λ").result(PATIENCE) == ("λ", 7)


def test_a_future_of_dask_among_the_arguments_is_its_result(runner: ClusterRunner, cluster: DaskCluster) -> None:
    client = cluster.connect()
    own = ClusterRunner(client)
    number = client.submit(abs, -5)

    assert own.start(children.echo, number).result(PATIENCE) == 5
    assert own.shutdown(timeout=PATIENCE)


def knows(key: str, dask_scheduler) -> bool:
    return key in dask_scheduler.tasks


def note_place(ctx, path: str, number: int) -> str:
    with open(path, "a") as file:
        file.write(f"{number}\n")
    return str(get_worker().name)


@contextmanager
def held_up(client: Client) -> Iterator[None]:
    """Until the end of the block the client's loop does nothing."""
    is_held, go_on = threading.Event(), threading.Event()
    client.loop.add_callback(is_held.set)
    client.loop.add_callback(go_on.wait)
    assert is_held.wait(PATIENCE)
    yield
    go_on.set()


def test_many_that_are_started_are_one_message_and_begin_in_their_order(
    runner: ClusterRunner, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, messages = tmp_path / "order", []
    send = client.map
    monkeypatch.setattr(client, "map", lambda *args, **how: messages.append(how["key"]) or send(*args, **how))
    with held_up(client):
        tasks = [runner.start(note_place, str(path), number, dask={"workers": ("two",)}) for number in range(30)]

    assert {task.result(PATIENCE) for task in tasks} == {"two"}
    assert path.read_text().split() == [str(number) for number in range(30)]
    assert messages == [[task.key for task in tasks]]


def test_what_is_started_together_keeps_what_dask_was_told_of_each(
    runner: ClusterRunner, client: Client, tmp_path: Path
) -> None:
    path, needed = str(tmp_path / "order"), client.submit(int, 7)
    with held_up(client):
        with dask.annotate(workers=["one"]):
            first = runner.start(note_place, path, 1)
        with dask.annotate(workers=["two"]):
            second = runner.start(note_place, path, 2)
        third = runner.start(note_place, path, 2, dask={"workers": "two"})
        with dask.annotate(workers=["one"]):
            last = runner.start(note_place, path, 3)
        beyond = runner.start(note_place, path, needed, dask={"workers": "two"})

    places = [task.result(PATIENCE) for task in (first, second, third, last, beyond)]
    assert places == ["one", "two", "two", "one", "two"]


def test_what_waits_for_a_result_that_is_lost_fails_alone(
    runner: ClusterRunner, client: Client, cluster: DaskCluster
) -> None:
    """Dask gives up all that has come in the same message."""
    other = cluster.connect()
    needed = client.submit(int, 7)
    needed.result(PATIENCE)
    needed.release()
    wait_until(lambda: not other.run_on_scheduler(knows, needed.key), "that Dask has forgotten it")
    with held_up(client):
        good = runner.start(children.echo, 1)
        bad = runner.start(children.echo, needed)

    assert good.result(PATIENCE) == 1
    with pytest.raises((TaskmonError, CancelledError)):
        bad.result(PATIENCE)


def test_its_progress_its_log_and_its_place_are_shown(runner: ClusterRunner, fifo: Path) -> None:
    def tell(ctx, fifo: str) -> None:
        ctx.progress(3, 4, "files", "here")
        ctx.log("one\ntwo")
        meet(fifo)

    task = runner.start(tell, str(fifo), group="photos")
    wait_until(lambda: has_begun(task) and task.log_lines() == (2, ["one", "two"]), "the log")
    picture = task.snapshot()
    let_go(fifo)
    task.result(PATIENCE)

    assert picture.progress[:3] == (3, 4, "files")
    assert picture.group == "photos"
    assert picture.origin is not None
    assert picture.origin.program.startswith("dask 127.0.0.1:")
    assert picture.origin.thread.startswith(("one on ", "two on "))
    assert task.snapshot().state is TaskState.SUCCEEDED


def test_its_stack_can_be_looked_at(runner: ClusterRunner, fifo: Path) -> None:
    task = runner.start(children.ignore_the_stop, str(fifo))
    wait_until(lambda: (sample := task.stack()) is not None and sample.frames[-1].function == "meet", "the stack")
    let_go(fifo)

    assert task.result(PATIENCE) == "all of it"


def test_its_subtasks_have_rows_and_stop_with_it(runner: ClusterRunner) -> None:
    def split(ctx) -> None:
        ctx.subtask(children.wait_asleep, name="a part")
        children.wait_asleep(ctx)

    seen: list[TaskEvent] = []
    runner.attach(seen.append)
    task = runner.start(split)
    wait_until(lambda: any(event.snapshot.name == "a part" for event in seen), "the subtask")
    part = next(event.task for event in seen if event.snapshot.name == "a part")
    wait_until(lambda: has_begun(part), "its begin")

    assert part.snapshot().parent_id == task.id
    assert task.cancel()
    with pytest.raises(CancelledError):
        task.result(PATIENCE)
    wait_until(lambda: part.snapshot().state is TaskState.CANCELLED, "the end of the subtask")


def test_it_can_be_paused_and_resumed(runner: ClusterRunner, fifo: Path) -> None:
    task = runner.start(children.pause_when_met, str(fifo))
    wait_until(lambda: has_begun(task), "its begin")

    assert task.pause()
    let_go(fifo)
    wait_until(lambda: task.state is TaskState.PAUSED, "the pause")
    assert task.resume()
    assert task.result(PATIENCE) == "went on"


def test_its_time_may_be_up(runner: ClusterRunner) -> None:
    task = runner.start(children.wait_asleep, timeout=0.05)

    with pytest.raises(CancelledError):
        task.result(PATIENCE)
    assert task.snapshot().timed_out


def test_it_can_stop_after_its_item(runner: ClusterRunner, fifo: Path) -> None:
    def do_items(ctx, fifo: str) -> None:
        for _ in ctx.track(range(3)):
            ctx.progress(message="here")
            meet(fifo)

    task = runner.start(do_items, str(fifo))
    wait_until(lambda: task.snapshot().item_wise, "the first item")
    assert task.cancel_after_item("soon")
    wait_until(lambda: task.snapshot().after_item_since is not None, "the news")
    let_go(fifo)

    with pytest.raises(CancelledError):
        task.result(PATIENCE)
    assert task.snapshot().progress.done == 1


# -- how it ends -------------------------------------------------------------------------------------------------------


def test_a_stop_reaches_its_token(runner: ClusterRunner) -> None:
    seen: list[TaskState] = []
    runner.attach(lambda event: seen.append(event.snapshot.state) if isinstance(event, StateChanged) else None)
    task = runner.start(children.poll_the_flag)
    wait_until(lambda: has_begun(task), "its begin")

    assert task.cancel("no longer needed", by="a test", kind=StopKind.USER)
    assert not task.cancel()
    assert wait([task], PATIENCE).not_done == set()

    picture = task.snapshot()
    assert seen == [TaskState.RUNNING, TaskState.STOPPING, TaskState.CANCELLED]
    assert picture.reason[:3] == (StopKind.USER, "a test", "no longer needed")
    assert task.partial_result == "a part"
    assert task.cancelled()


def test_it_is_cancelling_until_it_has_left(runner: ClusterRunner, fifo: Path) -> None:
    def ignore(ctx, fifo: str) -> str:
        ctx.stop.on_stop(lambda: ctx.progress(message="asked"))
        return children.ignore_the_stop(ctx, fifo)

    task = runner.start(ignore, str(fifo))
    wait_until(lambda: has_begun(task), "its begin")
    assert task.cancel()
    wait_until(lambda: task.snapshot().progress.message == "asked", "the stop")

    assert task.state is TaskState.STOPPING
    assert not task.done()
    let_go(fifo)
    assert task.result(PATIENCE) == "all of it"
    assert task.snapshot().finished_before_stop


def test_its_callbacks_find_the_result(runner: ClusterRunner) -> None:
    found: list[object] = []
    called = threading.Event()
    task = runner.start(children.echo, 5)
    task.add_done_callback(lambda ended: (found.append(ended.result()), called.set()))

    assert called.wait(PATIENCE)
    assert found == [5]


def test_who_waits_for_its_result_finds_its_end(runner: ClusterRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes until that is shown."""
    take, found = ClusterRow.take, list[object]()

    def take_late(row, picture, via=()):
        if row is task and picture.state.is_final:
            waiting.join(0.2)  # what it finds by now, it finds too early
        return take(row, picture, via)

    monkeypatch.setattr(ClusterRow, "take", take_late)
    task = runner.start(children.wait_asleep)
    waiting = threading.Thread(target=lambda: found.append((wait([task], PATIENCE).not_done, task.done(), task.state)))
    waiting.start()
    wait_until(lambda: has_begun(task), "its begin")
    assert task.cancel()

    waiting.join(PATIENCE)
    assert found == [(set(), True, TaskState.CANCELLED)]


def test_what_it_raises_is_raised_here(runner: ClusterRunner) -> None:
    task = runner.start(children.fail, "plain")

    with pytest.raises(FileNotFoundError, match=r"photo\.jpg"):
        task.result(PATIENCE)
    picture = task.snapshot()
    assert picture.state is TaskState.FAILED
    assert picture.error.startswith("FileNotFoundError")
    assert "in fail" in picture.details


def test_an_exit_ends_the_task_and_not_the_worker(runner: ClusterRunner) -> None:
    task = runner.start(children.fail, "exit")

    with pytest.raises(RemoteTaskError, match="SystemExit"):
        task.result(PATIENCE)
    assert runner.start(children.echo, 1).result(PATIENCE) == 1


@pytest.mark.parametrize("function", [children.return_a_lock, children.make_unreadable])
def test_a_result_that_cannot_be_moved_fails_it(runner: ClusterRunner, function: Callable[..., object]) -> None:
    task = runner.start(function)

    with pytest.raises(TaskmonError, match="result"):
        task.result(PATIENCE)
    assert task.state is TaskState.FAILED


def test_a_result_that_cannot_be_read_harms_no_other(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask moves in one message what is asked for at the same moment."""
    client = cluster.connect()
    own = ClusterRunner(client)
    gather = client.gather

    async def gather_together(futures, **options):
        return await gather(futures, **options) if len(futures) == 3 else {}

    monkeypatch.setattr(client, "gather", gather_together)
    good = [own.start(children.echo, number) for number in range(2)]
    bad = own.start(children.make_unreadable)

    assert [task.result(PATIENCE) for task in good] == [0, 1]
    with pytest.raises(TaskmonError, match="result"):
        bad.result(PATIENCE)
    assert own.shutdown(timeout=PATIENCE)


def test_what_cannot_be_sent_fails_and_is_not_raised(runner: ClusterRunner) -> None:
    task = runner.start(children.echo, threading.Lock())

    with pytest.raises(TaskmonError, match="cannot be sent"):
        task.result(PATIENCE)


def test_dask_may_try_again(runner: ClusterRunner, tmp_path: Path) -> None:
    def fail_once(ctx, path: str) -> str:
        if not os.path.exists(path):
            open(path, "w").close()
            raise OSError("not yet")
        return "at last"

    task = runner.start(fail_once, str(tmp_path / "tried"), dask={"retries": 1})

    assert task.result(PATIENCE) == "at last"
    assert task.snapshot().attempt == 2


def test_it_can_be_started_again(runner: ClusterRunner) -> None:
    task = runner.start(children.echo, 4, name="Four")
    task.result(PATIENCE)
    again = task.retry()

    assert again.result(PATIENCE) == 4
    picture = again.snapshot()
    assert (picture.name, picture.retry_of, picture.attempt) == ("Four", task.id, 2)


@pytest.mark.parametrize("kind", ["client", "runner", "task"])
def test_what_belongs_to_the_program_cannot_be_sent_and_says_why(
    cluster: DaskCluster, runner: ClusterRunner, kind: str
) -> None:
    own = {"client": cluster.connect(), "runner": runner, "task": runner.start(children.echo, 1)}[kind]

    with pytest.raises(TaskmonError, match=r"cannot be sent; .*(get_client|result)"):
        runner.start(lambda ctx: own).result(PATIENCE)


@pytest.mark.parametrize("option", ["nonsense", "key", "pure", "actor"])
def test_what_dask_does_not_know_is_an_error_of_the_program(runner: ClusterRunner, option: str) -> None:
    with pytest.raises(TypeError, match=f"{option}.*there are .*priority, resources, retries, workers"):
        runner.start(children.echo, 1, dask={option: 1})


def test_code_of_another_python_is_not_run(runner: ClusterRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function of a module, which the worker has itself, is."""
    monkeypatch.setattr(engine, "SENDER", (SENDER[0], "2.7"))

    with pytest.raises(TaskmonError, match=r"runs Python 3\.\d+, and its program 2\.7"):
        runner.start(lambda ctx: 1).result(PATIENCE)
    assert runner.start(children.echo, 1).result(PATIENCE) == 1


def test_a_worker_with_another_taskmon_says_so(runner: ClusterRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SENDER", (SENDER[0] + 1, SENDER[1]))

    with pytest.raises(TaskmonError, match="has another taskmon"):
        runner.start(children.echo, 1).result(PATIENCE)


# -- what it costs -----------------------------------------------------------------------------------------------------


def set_soon(seconds: float) -> None:
    from taskmon.cluster import agent

    agent.SOON = seconds


def test_of_what_is_soon_over_the_last_words_come_with_the_result() -> None:
    """It costs the scheduler no message, and its row is none the poorer."""

    def tell(ctx, number: int) -> int:
        ctx.progress(number, 5, message="here")
        ctx.log("one\ntwo")
        return number

    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        client.run(set_soon, PATIENCE)
        runner = ClusterRunner(client)
        heard: list[object] = []
        topic, handler = next((t, h) for t, h in client._event_handlers.items() if t.startswith("taskmon-"))
        client.subscribe_topic(topic, lambda event: (heard.append(event), handler(event)))
        seen: dict[int, list[TaskState]] = {}

        def note(event: TaskEvent) -> None:
            if not isinstance(event, TaskLogged):
                seen.setdefault(event.snapshot.id, []).append(event.snapshot.state)

        runner.attach(note)
        tasks = [runner.start(tell, number) for number in range(5)]
        stopped_itself = runner.start(children.stop_oneself)

        assert [task.result(PATIENCE) for task in tasks] == [0, 1, 2, 3, 4]
        with pytest.raises(CancelledError):
            stopped_itself.result(PATIENCE)
        assert runner.shutdown(timeout=PATIENCE)
        assert heard == []
        for number, task in enumerate(tasks):
            picture = task.snapshot()
            assert seen[task.id] == [S.QUEUED, S.RUNNING, S.SUCCEEDED, S.SUCCEEDED]
            assert (picture.progress.done, picture.progress.message) == (number, "here")
            assert picture.queued_at <= picture.started_at <= picture.ended_at
            assert picture.origin.thread.startswith("one on ")
            assert task.log_lines() == (2, ["one", "two"])


def test_progress_costs_no_message(fifo: Path) -> None:
    """It is among what Dask's heartbeat carries."""

    def report(ctx, fifo: str) -> None:
        ctx.progress(0, 9, message="here")
        meet(fifo)
        ctx.progress(5, 9, message="further")
        meet(fifo)

    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        runner = ClusterRunner(client)
        heard: list[object] = []
        topic, handler = next((t, h) for t, h in client._event_handlers.items() if t.startswith("taskmon-"))
        client.subscribe_topic(topic, lambda event: (heard.append(event), handler(event)))
        task = runner.start(report, str(fifo))
        wait_until(lambda: has_begun(task), "its begin")
        before = len(heard)
        let_go(fifo)
        wait_until(lambda: task.snapshot().progress.done == 5, "its progress")

        assert len(heard) == before
        let_go(fifo)
        task.result(PATIENCE)
        assert runner.shutdown(timeout=PATIENCE)


def test_a_heartbeat_that_is_older_than_a_message_takes_nothing_back() -> None:
    """They come by different ways."""
    told = TaskSnapshot(1, "told", S.RUNNING, 3, 0.0, 0.0, progress=Progress(5, 9))
    contact = SimpleNamespace(lock=threading.RLock(), source=SimpleNamespace(post=lambda _: None), silent_since="")
    row = ClusterRow(told._replace(revision=0, progress=Progress()), contact)
    row.take(told)

    row.move(Move(1, 2, Progress(4, 9), None, 0, 0.0, "", None), 1.0)
    assert row.snapshot().progress.done == 5
    row.move(Move(1, 3, Progress(6, 9), None, 0, 0.0, "", None), 1.0)
    assert row.snapshot().progress.done == 6


def test_a_new_attempt_begins_with_nothing_and_is_told_while_it_runs() -> None:
    """Here and, told by the link, in the window: what the lost one had done is done no more."""
    contact = SimpleNamespace(lock=threading.RLock(), source=SimpleNamespace(post=lambda _: None), silent_since="")
    begun = TaskSnapshot(
        1, "begun", S.RUNNING, 0, 0.0, 0.0, progress=Progress(7, 9), origin=Origin("x", 0, "one on here")
    )
    row = ClusterRow(begun, contact)
    window = RemoteTask(begun, 1, contact, contact.lock, contact.source.post)

    row.wait_again("one on here was lost")
    waits = row.snapshot()
    assert (waits.state, waits.progress.done, waits.attempt, waits.origin.thread) == (S.QUEUED, None, 2, "")
    assert waits.progress.message == "one on here was lost: Dask starts it again, attempt 2"
    row.take(begun._replace(progress=Progress(3, 9)))
    runs = row.snapshot()
    assert (runs.progress, runs.attempt) == (Progress(3, 9, "", "Attempt 2: one on here was lost"), 2)
    row.take(begun._replace(progress=Progress(4, 9, "", "its own words")))
    assert row.snapshot().progress.message == "its own words"

    window.take(runs)
    assert window.snapshot().progress == runs.progress


def test_what_has_ended_is_let_go(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while others of its worker go on: its result may be large."""
    monkeypatch.setattr(connection, "PERIOD", 0.05)
    own = ClusterRunner(cluster.connect())
    other = own.start(children.wait_asleep)
    tasks = [own.start(children.wait_asleep)]
    wait_until(lambda: has_begun(tasks[0]) and has_begun(other), "both")
    tasks[0].cancel()
    assert wait(tasks, PATIENCE).not_done == set()
    left = weakref.ref(tasks.pop())

    wait_until(lambda: gc.collect() >= 0 and left() is None, "letting go")
    other.cancel()
    assert own.shutdown(timeout=PATIENCE)


# -- what waits --------------------------------------------------------------------------------------------------------


def test_one_on_hold_begins_when_it_is_resumed(runner: ClusterRunner) -> None:
    task = runner.start(children.echo, 1, paused=True)
    assert task.state is TaskState.HELD
    assert task.resume()

    assert task.result(PATIENCE) == 1


def test_one_on_hold_can_be_cancelled(runner: ClusterRunner) -> None:
    task = runner.start(children.echo, 1, paused=True)
    assert task.cancel("changed my mind")

    assert task.state is TaskState.CANCELLED
    assert task.snapshot().started_at is None


def test_what_waits_is_cancelled_without_having_run(runner: ClusterRunner, tmp_path: Path) -> None:
    def leave_a_trace(ctx, folder: str, number: int) -> None:
        open(os.path.join(folder, str(number)), "w").close()

    busy = [runner.start(children.wait_asleep) for _ in range(3)]
    wait_until(lambda: all(map(has_begun, busy)), "three at work")
    waiting = [runner.start(leave_a_trace, str(tmp_path), number) for number in range(50)]

    assert [task.cancel() for task in waiting] == [True] * 50
    assert wait(waiting, PATIENCE).not_done == set()
    assert {task.state for task in waiting} == {TaskState.CANCELLED}
    assert {task.snapshot().started_at for task in waiting} == {None}
    assert runner.cancel_all() == 3
    assert runner.wait_idle(PATIENCE)
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_cancelled_at_once_never_says_that_it_ran(runner: ClusterRunner) -> None:
    for _ in range(20):
        task = runner.start(children.wait_asleep)
        assert task.cancel()
        assert wait([task], PATIENCE).not_done == set()
        assert task.state is TaskState.CANCELLED


# -- beginning and ending ----------------------------------------------------------------------------------------------


def test_nothing_starts_after_a_shutdown(cluster: DaskCluster) -> None:
    runner = ClusterRunner(cluster.connect())
    with runner:
        task = runner.start(children.echo, 1)

    assert task.done()
    with pytest.raises(RuntimeError, match="shutdown"):
        runner.start(children.echo, 1)


def test_an_asynchronous_client_is_refused(cluster: DaskCluster) -> None:
    async def try_it() -> None:
        async with Client(cluster.address, asynchronous=True, set_as_default=False) as client:
            with pytest.raises(ValueError, match="not asynchronous"):
                ClusterRunner(client)

    asyncio.run(try_it())


@pytest.mark.parametrize("timeout", [-1, float("nan")])
def test_a_timeout_that_is_none_is_refused(runner: ClusterRunner, timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        runner.start(children.echo, 1, timeout=timeout)


def test_what_only_makes_a_generator_is_refused(runner: ClusterRunner) -> None:
    def generate(ctx):
        yield ctx

    with pytest.raises(TypeError, match="generator"):
        runner.start(generate)
