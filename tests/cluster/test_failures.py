"""What goes wrong on a cluster is told as it is: workers and schedulers die, networks are cut, workers lack taskmon."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'taskmon-desktop[dask]'")

from taskmon.cluster import by_value, connection
from taskmon.cluster.runner import ClusterRunner
from taskmon.cluster.task import ClusterTask, LostTaskError
from taskmon.cluster.view import ClusterView
from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.events import TaskChanged, TaskEvent
from taskmon.core.task.state import TaskState
from tests.helpers import children
from tests.helpers.children import meet
from tests.helpers.dask_cluster import Cable, DaskCluster, Namespace, dask_cluster
from tests.helpers.gates import PATIENCE, wait_until

S = TaskState


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A pipe on which a task waits for the test."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def let_go(fifo: Path) -> None:
    with open(fifo, "w"):
        pass


def has_begun(task: ClusterTask) -> bool:
    return task.snapshot().progress.message == "here"


def count_and_wait(ctx, folder: str, fifo: str, waits: int = 0) -> int:
    """Leave a file for each time that it runs; the first, or another, waits for the test."""
    number = len(os.listdir(folder))
    open(os.path.join(folder, str(number)), "w").close()
    ctx.progress(5 - number, message="here")
    if fifo and number == waits:
        meet(fifo)
    return number


def leave_a_trace_when_stopped(ctx, path: str) -> None:
    """Tell the test that the stop has arrived, whoever hears of it."""
    ctx.progress(message="here")
    ctx.stop.wait(PATIENCE)
    with open(path, "w") as file:
        file.write(ctx.stop.reason.text)


def worker_of(task: ClusterTask) -> str:
    origin = task.snapshot().origin
    assert origin is not None
    return origin.thread.partition(" on ")[0]


# -- a worker dies -----------------------------------------------------------------------------------------------------


def test_a_worker_dies_before_the_task(fifo: Path) -> None:
    """It is on that worker, but waits for its turn there."""
    with dask_cluster(one=1) as cluster:
        runner = ClusterRunner(cluster.connect())
        first = runner.start(children.wait_asleep)
        wait_until(lambda: has_begun(first), "its begin")
        waiting = runner.start(children.describe)
        cluster.kill_worker("one")
        wait_until(lambda: first.snapshot().attempt == 2, "the loss")
        cluster.add_worker("two")

        assert waiting.result(PATIENCE)[1] == "describe"
        assert worker_of(waiting) == "two"
        wait_until(lambda: has_begun(first), "its second begin")
        assert first.cancel()
        assert runner.shutdown(timeout=PATIENCE)


def test_a_worker_dies_during_the_task(fifo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    with dask_cluster(one=1) as cluster:
        runner = ClusterRunner(cluster.connect())
        view = ClusterView(cluster.connect())
        task = runner.start(count_and_wait, str(folder), str(fifo))
        wait_until(lambda: has_begun(task) and any(map(has_begun, view.tasks())), "its begin")
        (seen,) = view.tasks()
        cluster.kill_worker("one")
        wait_until(lambda: task.state is S.QUEUED, "the loss")
        lost = task.snapshot()
        cluster.add_worker("two")

        assert task.result(PATIENCE) == 1
        assert lost.progress.message.startswith("one on ")
        assert lost.progress.message.endswith("was lost: Dask starts it again, attempt 2")
        assert (lost.started_at, lost.progress.done) == (None, None)
        ended = task.snapshot()
        assert (ended.attempt, ended.progress.done, worker_of(task)) == (2, 4, "two")
        wait_until(seen.done, "its end for others")
        ended = seen.snapshot()
        assert (ended.state, ended.attempt) == (S.SUCCEEDED, 2)
        assert ended.progress.done != 5  # which was the lost one's
        assert runner.shutdown(timeout=PATIENCE)


def hang_once(ctx, folder: str, fifo: str) -> None:
    """Look at no stop the first time, and at every one after that."""
    if count_and_wait(ctx, folder, fifo):
        ctx.sleep(PATIENCE)


def test_a_worker_dies_while_its_task_is_being_cancelled(fifo: Path, tmp_path: Path) -> None:
    """Dask starts it again, which was not known when it was cancelled: the stop goes with it."""
    folder = tmp_path / "runs"
    folder.mkdir()
    with dask_cluster(one=1, two=1) as cluster:
        runner = ClusterRunner(cluster.connect())
        task = runner.start(hang_once, str(folder), str(fifo))
        wait_until(lambda: has_begun(task), "its begin")
        assert task.cancel("enough")
        assert task.state is S.STOPPING
        cluster.kill_worker(worker_of(task))

        with pytest.raises(CancelledError):
            task.result(PATIENCE)
        reason = task.snapshot().reason
        assert reason is not None
        assert reason.text == "enough"
        assert runner.shutdown(timeout=PATIENCE)


def test_a_worker_dies_after_the_task(tmp_path: Path) -> None:
    """What is done is done: its result is here, and Dask need not make it again."""
    folder = tmp_path / "runs"
    folder.mkdir()
    with dask_cluster(one=1) as cluster:
        runner = ClusterRunner(cluster.connect())
        task = runner.start(count_and_wait, str(folder), "")
        wait_until(task.done, "its end")
        cluster.add_worker("two")
        cluster.kill_worker("one")

        assert runner.start(children.echo, 1).result(PATIENCE) == 1
        assert (task.result(), task.state) == (0, S.SUCCEEDED)
        assert len(os.listdir(folder)) == 1
        assert runner.shutdown(timeout=PATIENCE)


def hold_back_results(client: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, asyncio.Event]:
    """Return what tells that results are being fetched, and what lets them come, to be set in the client's loop."""
    asked, go_on, gather = threading.Event(), asyncio.Event(), client.gather

    async def gather_late(futures, **options):
        asked.set()
        await go_on.wait()
        return await gather(futures, **options)

    monkeypatch.setattr(client, "gather", gather_late)
    return asked, go_on


@pytest.mark.parametrize("was_seen", [True, False])
def test_a_worker_dies_with_a_result_that_has_not_arrived(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fifo: Path, was_seen: bool
) -> None:
    """It is not done before its result is here: Dask makes it again, and the row says so.

    Also if it was over so soon that its worker has said nothing of it.
    """
    folder = tmp_path / "runs"
    folder.mkdir()
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        asked, go_on = hold_back_results(client, monkeypatch)
        runner = ClusterRunner(client)
        seen: list[TaskState] = []
        runner.attach(lambda event: seen.append(event.snapshot.state))
        task = runner.start(count_and_wait, str(folder), str(fifo) if was_seen else "")
        if was_seen:
            wait_until(lambda: has_begun(task), "its begin")
            let_go(fifo)
        assert asked.wait(PATIENCE)
        cluster.kill_worker("one")
        wait_until(lambda: task.snapshot().attempt == 2, "the loss")
        client.loop.add_callback(go_on.set)
        cluster.add_worker("two")

        assert task.result(PATIENCE) == 1
        assert task.snapshot().attempt == 2
        wait_until(lambda: seen[-1] is S.SUCCEEDED, "its end")
        begun = [S.QUEUED, S.RUNNING] if was_seen else [S.QUEUED]  # that it waits once more is told then as well
        assert seen == [*begun, S.QUEUED, S.RUNNING, S.SUCCEEDED, S.SUCCEEDED]
        assert runner.shutdown(timeout=PATIENCE)


def test_a_second_run_is_the_second_though_nobody_has_told_of_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fifo: Path
) -> None:
    """It begins before its client has looked for what is lost."""
    monkeypatch.setattr(connection, "PERIOD", 1000.0)
    folder = tmp_path / "runs"
    folder.mkdir()
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        asked, go_on = hold_back_results(client, monkeypatch)
        runner = ClusterRunner(client)
        task = runner.start(count_and_wait, str(folder), str(fifo), 1)
        assert asked.wait(PATIENCE)
        assert not has_begun(task)
        cluster.add_worker("two")
        cluster.kill_worker("one")

        wait_until(lambda: worker_of(task) == "two", "its second begin")
        client.loop.add_callback(go_on.set)
        let_go(fifo)
        assert (task.result(PATIENCE), task.snapshot().attempt) == (1, 2)
        assert runner.shutdown(timeout=PATIENCE)


def test_a_result_that_is_lost_on_the_way_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fifo: Path
) -> None:
    """They are moved together, and Dask waits until what is lost has been made again."""
    folder = tmp_path / "runs"
    folder.mkdir()
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        together, gather = threading.Event(), client.gather

        async def gather_together(futures, **options):
            if len(futures) == 2:
                together.set()
                await asyncio.get_running_loop().create_future()  # as Dask does, as long as the test lasts
            return await gather(futures, **options) if together.is_set() else {}

        monkeypatch.setattr(client, "gather", gather_together)
        runner = ClusterRunner(client)
        lost = runner.start(count_and_wait, str(folder), str(fifo), 1)
        wait_until((folder / "0").exists, "its first run")
        cluster.add_worker("two", 2)
        other = runner.start(children.echo, 2, dask={"workers": "two"})
        assert together.wait(PATIENCE)
        cluster.kill_worker("one")

        assert other.result(PATIENCE) == 2
        assert not lost.done()
        let_go(fifo)
        assert (lost.result(PATIENCE), lost.snapshot().attempt) == (1, 2)
        assert runner.shutdown(timeout=PATIENCE)


def test_a_task_that_kills_its_workers_fails_in_words() -> None:
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 0))
        runner = ClusterRunner(client)
        task = runner.start(children.leave, "SIGKILL")

        with pytest.raises(TaskmonError, match="Its worker was lost: Dask gave it up after 1 attempt"):
            task.result(PATIENCE)
        assert task.state is S.FAILED
        assert runner.shutdown(timeout=PATIENCE)


# -- no contact --------------------------------------------------------------------------------------------------------


@contextmanager
def _silence_counts() -> Iterator[None]:
    """Within it a cluster that does not answer for some seconds is silent, as it is for users."""
    before = connection.SILENT_AFTER
    connection.SILENT_AFTER = 3.5  # type: ignore[misc]
    yield
    connection.SILENT_AFTER = before  # type: ignore[misc]


def test_the_scheduler_is_silent_for_a_while() -> None:
    """Nothing is asked of it then, and no row says that it was. Those that wait are told of: nobody looks at them."""
    with dask_cluster(one=1) as cluster:
        runner = ClusterRunner(cluster.connect())
        task = runner.start(children.wait_asleep)
        wait_until(lambda: has_begun(task), "its begin")
        waiting = runner.start(children.echo, 1)
        told: list[bool] = []

        def note(event: TaskEvent) -> None:
            if isinstance(event, TaskChanged) and event.snapshot.id == waiting.id:
                told.append(event.snapshot.why_not_cancellable != "")

        runner.attach(note)
        with _silence_counts():
            cluster.scheduler.kill(signal.SIGSTOP)
            wait_until(lambda: task.snapshot().why_not_cancellable, "the silence")

            assert task.snapshot().why_not_cancellable.startswith("No contact with the cluster since ")
            assert not task.cancel()
            assert task.state is S.RUNNING
            wait_until(lambda: told[-1:] == [True], "the news of what waits")  # again, if this process got no time

            cluster.scheduler.kill(signal.SIGCONT)
            wait_until(lambda: not task.snapshot().why_not_cancellable, "contact")
            wait_until(lambda: not told[-1], "the news of contact")
        assert task.cancel()
        with pytest.raises(CancelledError):
            task.result(PATIENCE)
        assert waiting.result(PATIENCE) == 1
        assert runner.shutdown(timeout=PATIENCE)


def test_the_network_is_cut_for_a_while() -> None:
    """What happened meanwhile is told afterwards."""
    with dask_cluster(one=1) as cluster:
        cable = Cable(cluster.port)
        try:
            client = cluster.connect(address=cable.address)
            runner = ClusterRunner(client)
            task = runner.start(children.wait_asleep)
            wait_until(lambda: has_begun(task), "its begin")
            with _silence_counts():
                cable.cut()
                wait_until(lambda: task.snapshot().why_not_cancellable, "the silence")
                assert not task.cancel()
                cable.mend()
                wait_until(lambda: not task.snapshot().why_not_cancellable, "contact")

            assert task.cancel()
            with pytest.raises(CancelledError):
                task.result(PATIENCE)
            assert runner.shutdown(timeout=PATIENCE)
            client.close()
        finally:
            cable.close()


@pytest.mark.slow
def test_the_cluster_is_in_a_network_of_its_own_that_is_cut_for_a_while() -> None:
    try:
        network = Namespace()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs root, for a network of its own: {error}")
    try:
        with dask_cluster(network, one=1) as cluster:
            runner = ClusterRunner(cluster.connect())
            task = runner.start(children.wait_asleep)
            wait_until(lambda: has_begun(task), "its begin")
            with _silence_counts():
                network.cut()
                wait_until(lambda: task.snapshot().why_not_cancellable, "the silence")
                assert not task.cancel()
                assert task.state is S.RUNNING
                network.mend()
                wait_until(lambda: not task.snapshot().why_not_cancellable, "contact")

            assert task.cancel()
            with pytest.raises(CancelledError):
                task.result(PATIENCE)
            assert runner.shutdown(timeout=PATIENCE)
    finally:
        network.close()


def test_the_connection_breaks_and_comes_back(tmp_path: Path) -> None:
    """Dask gives up the tasks of a client that it loses: they are asked to stop, and how they end is told."""
    trace = tmp_path / "stopped"
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        runner = ClusterRunner(client)
        task = runner.start(leave_a_trace_when_stopped, str(trace))
        wait_until(lambda: has_begun(task), "its begin")
        waiting = runner.start(children.echo, 1)
        wait_until(lambda: client.run_on_scheduler(processing_tasks) == 2, "its way to the worker")
        client.loop.add_callback(client.scheduler_comm.comm.abort)
        wait([task, waiting], PATIENCE)

        assert trace.read_text() == "nobody waits for its result any more"
        assert task.state is S.CANCELLED
        assert waiting.state is S.LOST
        assert runner.start(children.echo, 2).result(PATIENCE) == 2
        assert runner.shutdown(timeout=PATIENCE)


def test_the_scheduler_notices_late_that_a_connection_was_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Dask would give up with it what comes by the next. So nothing is sent by that as long as it has not noticed."""
    trace = tmp_path / "stopped"
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        runner = ClusterRunner(client)
        task = runner.start(leave_a_trace_when_stopped, str(trace))
        wait_until(lambda: has_begun(task), "its begin")
        client.run_on_scheduler(end_its_connection_late, client.id)
        run, answers = client.run_on_scheduler, []

        def run_and_note(function, *args, **options):
            answer = run(function, *args, **options)
            if function is by_value.renew:
                answers.append(answer)
            return answer

        monkeypatch.setattr(client, "run_on_scheduler", run_and_note)
        broken = client.scheduler_comm
        client.loop.add_callback(broken.comm.abort)
        wait_until(lambda: client.status == "running" and client.scheduler_comm not in (None, broken), "the next")
        another, cancelled = runner.start(children.echo, 2), runner.start(children.echo, 3)
        assert cancelled.cancel(), "it can be, for it has not left"
        with pytest.raises(CancelledError):
            cancelled.result(PATIENCE)
        wait_until(lambda: len(answers) > 2, "it to ask again and again")

        assert not client.run_on_scheduler(lambda key, dask_scheduler: key in dask_scheduler.tasks, another.key)
        assert another.state is S.QUEUED
        client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.go_on.set())
        assert another.result(PATIENCE) == 2
        with pytest.raises(CancelledError):  # what the next one made Dask forget to give up
            task.result(PATIENCE)
        assert trace.read_text() == "nobody waits for its result any more"
        assert runner.shutdown(timeout=PATIENCE)


def end_its_connection_late(client: str, dask_scheduler) -> None:
    import asyncio

    comm = dask_scheduler.client_comms[client].comm
    close, dask_scheduler.go_on = comm.close, asyncio.Event()

    async def close_late() -> None:
        await dask_scheduler.go_on.wait()
        await close()

    comm.close = close_late


def test_another_scheduler_takes_the_place_of_one_that_has_gone() -> None:
    with dask_cluster(one=1) as cluster:
        runner = ClusterRunner(cluster.connect(timeout=4 * PATIENCE))  # for which it looks for another
        task = runner.start(children.wait_asleep)
        wait_until(lambda: has_begun(task), "its begin")
        cluster.scheduler.close()
        wait_until(lambda: task.snapshot().why_not_cancellable, "the silence")
        assert not task.cancel()
        cluster.restart_scheduler()

        with pytest.raises(LostTaskError):
            task.result(PATIENCE)
        cluster.add_worker("two")
        assert runner.start(children.echo, 2).result(PATIENCE) == 2
        assert runner.shutdown(timeout=PATIENCE)


def test_the_scheduler_has_gone_for_good() -> None:
    with dask_cluster(one=1) as cluster:
        runner = ClusterRunner(cluster.connect(timeout=1))
        task = runner.start(children.wait_asleep)
        wait_until(lambda: has_begun(task), "its begin")
        cluster.scheduler.close()

        with pytest.raises(LostTaskError):
            task.result(PATIENCE)
        assert task.state is S.LOST
        with pytest.raises(RuntimeError):
            runner.start(children.echo, 1)


def test_the_client_is_closed(tmp_path: Path) -> None:
    trace = tmp_path / "stopped"
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        runner = ClusterRunner(client)
        task = runner.start(leave_a_trace_when_stopped, str(trace))
        wait_until(lambda: has_begun(task), "its begin")
        waiting = runner.start(children.echo, 1)
        client.close()

        for lost in (task, waiting):
            with pytest.raises(LostTaskError, match="client was closed"):
                lost.result(PATIENCE)
        wait_until(lambda: trace.exists() and trace.read_text(), "the stop of what ran")
        assert not task.cancel()


def test_two_clients_do_not_disturb_each_other(cluster: DaskCluster, tmp_path: Path) -> None:
    trace = tmp_path / "stopped"
    mine, other = ClusterRunner(cluster.connect()), ClusterRunner(cluster.connect())
    seen: list[str] = []
    mine.attach(lambda event: seen.append(event.snapshot.name))
    task, others = mine.start(children.wait_asleep), other.start(leave_a_trace_when_stopped, str(trace), name="theirs")
    wait_until(lambda: has_begun(task) and has_begun(others), "both")
    assert others.cancel("by themselves")
    with pytest.raises(CancelledError):
        others.result(PATIENCE)

    assert task.state is S.RUNNING
    assert set(seen) == {"wait_asleep"}
    assert trace.read_text() == "by themselves"
    task.cancel()
    assert mine.shutdown(timeout=PATIENCE)
    assert other.shutdown(timeout=PATIENCE)


def test_a_message_that_is_lost_is_asked_for_again(cluster: DaskCluster, fifo: Path) -> None:
    client = cluster.connect()
    runner = ClusterRunner(client)
    topic, handler = next((t, h) for t, h in client._event_handlers.items() if t.startswith("taskmon-"))
    lost: list[object] = []
    # The first message of each worker is the one that tells of the task.

    def lose_the_first(event) -> None:
        if event[1]["worker"] in lost:
            handler(event)
        else:
            lost.append(event[1]["worker"])

    client.subscribe_topic(topic, lose_the_first)
    task = runner.start(children.ignore_the_stop, str(fifo))
    wait_until(lambda: has_begun(task), "its begin")

    assert lost
    let_go(fifo)
    assert task.result(PATIENCE) == "all of it"
    assert runner.shutdown(timeout=PATIENCE)


# -- workers that cannot, or will not ----------------------------------------------------------------------------------


def test_a_worker_lacks_taskmon(tmp_path: Path) -> None:
    with dask_cluster() as cluster:
        cluster.add_worker("bare", without_taskmon=tmp_path)
        runner = ClusterRunner(cluster.connect())
        task = runner.start(os.path.basename, name="Any")

        with pytest.raises(TaskmonError) as caught:
            task.result(PATIENCE)
        assert caught.value.title.startswith("Bare on ") or caught.value.title.startswith("bare on ")
        assert caught.value.title.endswith(" has no taskmon")
        assert "pip install --no-deps taskmon-desktop" in caught.value.message
        assert task.state is S.FAILED
        assert cluster.workers["bare"].lives
        assert runner.shutdown(timeout=PATIENCE)


def test_what_waits_on_a_worker_without_taskmon_is_cancelled(tmp_path: Path, fifo: Path) -> None:
    """It cannot begin there, so it is cancelled."""
    with dask_cluster() as cluster:
        cluster.add_worker("bare", 1, without_taskmon=tmp_path)
        client = cluster.connect()
        runner = ClusterRunner(client)
        busy = client.submit(subprocess.check_output, ["cat", str(fifo)])
        wait_until(lambda: client.run_on_scheduler(processing_tasks) == 1, "the worker is busy")
        task = runner.start(os.path.basename)
        assert task.cancel()
        with pytest.raises(CancelledError):
            task.result(PATIENCE)
        let_go(fifo)
        busy.result(PATIENCE)
        assert runner.shutdown(timeout=PATIENCE)


def processing_tasks(dask_scheduler) -> int:
    return sum(len(worker.processing) for worker in dask_scheduler.workers.values())


def hold_the_interpreter(ctx, fifo: str, begin: str) -> None:
    """Let no other thread of this process run, from when the test says so to when it does again."""
    libc = ctypes.PyDLL(None)  # which keeps the interpreter lock
    descriptor = os.open(fifo, os.O_RDWR)
    ctx.progress(message="here")
    meet(begin)
    libc.read(descriptor, ctypes.create_string_buffer(1), 1)
    os.close(descriptor)
    ctx.sleep(PATIENCE)


def test_a_hog_is_cancelling_until_it_lets_go_and_harms_no_other(fifo: Path, tmp_path: Path) -> None:
    begin = tmp_path / "begin"
    os.mkfifo(begin)
    with dask_cluster(one=1, two=1) as cluster:
        runner = ClusterRunner(cluster.connect())
        hog = runner.start(hold_the_interpreter, str(fifo), str(begin), dask={"workers": ["one"]})
        other = runner.start(children.wait_asleep, dask={"workers": ["two"]})
        wait_until(lambda: has_begun(hog) and has_begun(other), "both")
        let_go(begin)
        assert hog.cancel()
        assert other.cancel()
        with pytest.raises(CancelledError):
            other.result(PATIENCE)

        assert hog.state is S.STOPPING
        with open(fifo, "w") as file:
            file.write(".")
        with pytest.raises(CancelledError):
            hog.result(PATIENCE)
        assert runner.shutdown(timeout=PATIENCE)


def test_five_thousand_that_wait_are_cancelled_at_once(cluster: DaskCluster, tmp_path: Path) -> None:
    runner = ClusterRunner(cluster.connect())
    busy = [runner.start(children.wait_asleep, group="busy") for _ in range(3)]
    wait_until(lambda: all(map(has_begun, busy)), "three at work")
    waiting = [runner.start(os.mkdir, str(tmp_path / str(number)), group="waiting") for number in range(5_000)]

    assert runner.cancel_all(group="waiting") == 5_000
    assert wait(waiting, PATIENCE).not_done == set()
    assert {(task.state, task.snapshot().started_at) for task in waiting} == {(S.CANCELLED, None)}
    assert {task.state for task in busy} == {S.RUNNING}
    assert runner.cancel_all() == 3
    assert runner.shutdown(timeout=PATIENCE)
    assert list(tmp_path.iterdir()) == []
