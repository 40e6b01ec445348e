"""``taskmon dask`` shows what anybody runs on a cluster, in the window, and stops what can be stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'taskmon-desktop[dask]'")

import distributed

from taskmon.cli.dask import show_cluster
from taskmon.cluster import by_value
from taskmon.cluster import runner as runner_module
from taskmon.cluster import view as view_module
from taskmon.cluster.call import name_in
from taskmon.cluster.runner import ClusterRunner
from taskmon.cluster.view import ClusterView
from taskmon.cluster.words import worker_name
from taskmon.core.base.errors import TaskmonError
from taskmon.core.stop import StopKind
from taskmon.core.task.events import TaskAdded, TaskEvent
from taskmon.core.task.state import TaskState
from taskmon.link.program.publisher import Publisher
from tests.helpers import children
from tests.helpers.dask_cluster import ROOT, DaskCluster, dask_cluster
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place

S = TaskState
__all__ = ["meeting_place", "office"]  # fixtures


class Command:
    """``taskmon dask`` in a process of its own."""

    def __init__(self, address: str, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "taskmon", "dask", address, "--no-window", *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def await_connection(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self, signum: int | None = None) -> tuple[int, str]:
        """Wait until it ends; return its status and what it complained of."""
        if signum is not None:
            self._process.send_signal(signum)
        _, errors = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, errors

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def command() -> Iterator[list[Command]]:
    """Those that are appended are ended."""
    started: list[Command] = []
    yield started
    for each in started:
        each.close()


def has_begun(task) -> bool:
    return task.snapshot().progress.message == "here"


def test_a_task_of_another_program_is_shown_and_cancelled(
    cluster: DaskCluster, office: Office, command: list[Command]
) -> None:
    runner = ClusterRunner(cluster.connect())
    before = runner.start(children.wait_asleep, name="before")
    wait_until(lambda: has_begun(before), "its begin")
    command.append(Command(cluster.address))
    assert command[0].await_connection().startswith("Connected to dask 127.0.0.1:")
    connection = office.task(f"Connection to dask 127.0.0.1:{cluster.port}", S.RUNNING)
    wait_until(lambda: connection.snapshot().progress.message.startswith("2 workers, "), "its news")
    shown = office.task("before", S.RUNNING)
    picture = shown.snapshot()
    assert picture.origin.program.startswith("dask 127.0.0.1:")
    assert picture.origin.thread.startswith(("one on ", "two on "))

    after = runner.start(children.wait_asleep, name="after")
    office.task("after", S.RUNNING)
    wait_until(lambda: (sample := shown.stack()) is not None and sample.frames, "its stack")
    assert shown.cancel("seen in the window", by="user", kind=StopKind.USER)
    office.task("before", S.CANCELLED)
    with pytest.raises(CancelledError):
        before.result(PATIENCE)
    assert before.snapshot().reason.text == "seen in the window"

    status, errors = command[0].end(signal.SIGINT)
    assert (status, errors) == (0, "")
    left = office.task("after", S.LOST)
    assert "no longer looked at" in left.snapshot().error
    assert after.state is S.RUNNING
    after.cancel()
    assert runner.shutdown(timeout=PATIENCE)


def test_what_its_own_program_shows_is_not_shown_twice(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def split(ctx) -> None:
        ctx.subtask(children.wait_asleep, name="A part")
        children.wait_asleep(ctx)

    shown, other = ClusterRunner(cluster.connect()), ClusterRunner(cluster.connect())
    monkeypatch.setattr(runner_module, "is_published", lambda source: source is shown)
    view = ClusterView(cluster.connect())
    events: list[TaskEvent] = []
    view.attach(events.append)

    def names() -> set[str]:
        return {event.snapshot.name for event in list(events) if isinstance(event, TaskAdded)}

    for _ in range(3):
        other.start(children.wait_asleep, name="Begins")
    wait_until(lambda: sum(map(has_begun, view.tasks())) == 3, "the workers to know who looks")
    assert other.cancel_all() == 3
    assert other.wait_idle(PATIENCE)
    at_work = [shown.start(split, name="Shown") for _ in range(3)]
    wait_until(lambda: all(map(has_begun, at_work)), "three at work")
    shown.start(os.getpid, name="Shown, too")
    other.start(os.getpid, name="Waits behind it")
    wait_until(lambda: "Waits behind it" in names(), "a look at what waits")
    assert shown.cancel_all() == 4
    assert shown.wait_idle(PATIENCE)
    wait_until(lambda: not view.tasks(), "the last end")

    assert names() == {"Begins", "Waits behind it"}


@pytest.mark.parametrize("program_is_first", [True, False])
def test_a_task_of_a_program_that_is_shown_later_has_one_row(
    cluster: DaskCluster, office: Office, command: list[Command], program_is_first: bool
) -> None:
    """It goes on in the row that it has, with all its parts; or who looks at the cluster comes too late with it."""

    def split(ctx) -> None:
        ctx.progress(message="here")
        ctx.subtask(children.wait_asleep, name="A part").result()

    def added(name: str) -> int:
        return sum(isinstance(event, TaskAdded) and event.snapshot.name == name for event in list(office.events))

    runner = ClusterRunner(cluster.connect())
    task = runner.start(split, name="Whole")
    wait_until(lambda: has_begun(task), "its begin")

    def look_at_the_cluster() -> None:
        command.append(Command(cluster.address))
        command[0].await_connection()
        office.task(f"Connection to dask 127.0.0.1:{cluster.port}")

    if not program_is_first:
        look_at_the_cluster()
        office.task("A part", S.RUNNING)
    with Publisher(runner, program="mine"):
        for name in ("Whole", "A part"):
            wait_until(lambda name=name: office.task(name).snapshot().origin.program == "mine", "its own program")
        if program_is_first:
            look_at_the_cluster()
            other = ClusterRunner(cluster.connect()).start(children.wait_asleep, name="Another")
            office.task("Another", S.RUNNING)
            assert other.cancel()
        assert command[0].end(signal.SIGINT)[0] == 0
        assert (added("Whole"), added("A part")) == (1, 1)
        assert office.task("Whole").cancel("enough", by="user", kind=StopKind.USER)
        office.task("Whole", S.CANCELLED)
        office.task("A part", S.CANCELLED)
        with pytest.raises(CancelledError):
            task.result(PATIENCE)
        assert runner.shutdown(timeout=PATIENCE)


def test_what_the_scheduler_says_too_late_makes_no_second_row(
    cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has found the task waiting; before its answer is here, the worker has told that the task has failed."""
    runner, client = ClusterRunner(cluster.connect()), cluster.connect()
    ask, found, over = client.run_on_scheduler, threading.Event(), threading.Event()
    looks_after: list[int] = []

    async def answer_late(function, *args, **options):
        answer = await ask(function, *args, **options)
        if function is by_value.look and over.is_set():
            looks_after.append(1)
        elif function is by_value.look and any(name_in(key) == "late" for key, *_ in answer["shown"]):
            found.set()
            await asyncio.to_thread(over.wait, PATIENCE)
        return answer

    monkeypatch.setattr(client, "run_on_scheduler", answer_late)
    view = ClusterView(client)
    events: list[TaskEvent] = []
    view.attach(events.append)
    busy = [runner.start(children.wait_asleep, name="busy") for _ in range(3)]
    wait_until(lambda: sum(map(has_begun, view.tasks())) == 3, "three at work")
    late = runner.start(len, name="late")  # which fails
    assert found.wait(PATIENCE)
    assert all(task.cancel() for task in busy)
    with pytest.raises(TypeError):
        late.result(PATIENCE)
    wait_until(lambda: any(event.snapshot.error for event in list(events)), "its end")
    over.set()
    wait_until(lambda: len(looks_after) >= 2, "two more looks")

    assert [event.snapshot.name for event in events if isinstance(event, TaskAdded)].count("late") == 1


def test_a_cancel_of_the_connection_ends_it(cluster: DaskCluster, office: Office, command: list[Command]) -> None:
    command += [Command(cluster.address)]
    command[0].await_connection()
    command += [Command(cluster.address)]
    status, errors = command[1].end()
    assert (status, errors.startswith("taskmon: this cluster is shown already.")) == (2, True)
    connection = office.task(f"Connection to dask 127.0.0.1:{cluster.port}", S.RUNNING)
    assert connection.snapshot().stop_means.means == "disconnects; the tasks go on"
    assert connection.cancel()

    assert command[0].end() == (0, "")
    wait_until(lambda: connection.snapshot().state is S.CANCELLED, "its end")


def test_the_end_of_the_window_ends_one_that_it_has_started(
    cluster: DaskCluster, office: Office, command: list[Command]
) -> None:
    command.append(Command(cluster.address, "--with-window"))
    command[0].await_connection()
    office.task(f"Connection to dask 127.0.0.1:{cluster.port}", S.RUNNING)
    office.close()

    assert command[0].end() == (0, "")


def test_a_cluster_that_goes_is_told(office: Office, command: list[Command]) -> None:
    with dask_cluster(one=1) as cluster:
        command.append(Command(cluster.address))
        command[0].await_connection()
        name = f"Connection to dask 127.0.0.1:{cluster.port}"
        office.task(name, S.RUNNING)
        cluster.scheduler.close()

        status, errors = command[0].end()
        assert status == 1
        assert "has gone." in errors
        assert office.task(name, S.FAILED).snapshot().error == "The cluster has gone"


def test_what_waits_is_cancelled_for_its_own_program_too(
    cluster: DaskCluster, office: Office, command: list[Command]
) -> None:
    runner = ClusterRunner(cluster.connect())
    busy = [runner.start(children.wait_asleep, name="busy") for _ in range(3)]
    wait_until(lambda: all(map(has_begun, busy)), "three at work")
    waiting, other = runner.start(os.getpid, name="Waits 2"), runner.start(os.getpid, name="Waits 3")
    command.append(Command(cluster.address))
    command[0].await_connection()
    shown = office.task("Waits 2", S.QUEUED)
    office.task("Waits 3", S.QUEUED)

    assert shown.cancel("not any more", by="user", kind=StopKind.USER)
    office.task("Waits 2", S.CANCELLED)
    with pytest.raises(CancelledError):
        waiting.result(PATIENCE)
    assert waiting.snapshot().reason[:3] == (StopKind.USER, "user", "not any more")

    assert other.cancel("two are enough")
    ended = office.task("Waits 3", S.CANCELLED).snapshot()
    assert (ended.started_at, ended.reason.kind, ended.reason.text) == (None, StopKind.REQUEST, "two are enough")
    assert runner.cancel_all() == 3
    assert runner.shutdown(timeout=PATIENCE)


def test_the_rest_of_the_cluster_is_shown_if_asked_for(office: Office, command: list[Command], tmp_path: Path) -> None:
    """A function of Dask's that runs cannot be stopped, and its row says so; one that waits can."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        running = client.submit(subprocess.check_output, ["cat", str(fifo)], key="read-1", pure=False)
        waiting = [client.submit(len, str(number), key=f"count-{number}") for number in range(5)]
        command.append(Command(cluster.address, "--all"))
        command[0].await_connection()
        shown = office.task("read", S.RUNNING)
        assert shown.snapshot().why_not_cancellable == view_module.RUNS
        assert not shown.cancel()

        rows = [row for row in office.source.tasks() if row.name == "count"]
        wait_until(lambda: [row for row in office.source.tasks() if row.name == "count"], "those that wait")
        rows = [row for row in office.source.tasks() if row.name == "count"]
        free = next(row for row in rows if not row.snapshot().why_not_cancellable)
        assert free.cancel()
        wait_until(lambda: free.snapshot().state is S.CANCELLED, "its end")
        wait_until(lambda: sum(future.cancelled() for future in waiting) == 1, "its own program")

        with open(fifo, "w") as file:
            file.write("done")
        assert running.result(PATIENCE) == b"done"
        wait_until(lambda: shown.snapshot().state is S.SUCCEEDED, "its end")


def test_many_tasks_that_are_called_alike_are_one_row(office: Office, command: list[Command], tmp_path: Path) -> None:
    """It counts them, and its Cancel takes back what has not begun, but says Cancelled only once the rest is over."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        client.submit(subprocess.check_output, ["cat", str(fifo)], key="read-1")
        futures = client.map(len, [str(number) for number in range(500)])
        command.append(Command(cluster.address, "--all"))
        command[0].await_connection()
        wait_until(lambda: [row for row in office.source.tasks() if row.name == "len"], "their row")
        (shown,) = [row for row in office.source.tasks() if row.name == "len"]
        wait_until(lambda: shown.snapshot().progress.total == 500, "their count")
        assert shown.snapshot().progress.done == 0
        assert shown.snapshot().stop_means.means == "takes back what has not begun; what has goes on until it returns"

        assert shown.cancel()
        wait_until(lambda: sum(future.cancelled() for future in futures) >= 490, "what has not begun")
        assert not shown.snapshot().state.is_final  # some wait on the worker, where they may begin at any moment
        with open(fifo, "w") as file:
            file.write("done")
        wait_until(lambda: shown.snapshot().state is S.CANCELLED, "the end of the rest")


def test_a_graph_is_some_rows_that_count_and_take_nothing_from_others(
    office: Office, command: list[Command], tmp_path: Path
) -> None:
    """What others need is not taken back: Dask would cancel those as well, and forget what runs for them."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        first = client.submit(subprocess.check_output, ["cat", str(fifo)], key="read-1")
        lengths = client.map(len, [[first]] * 200, pure=False, key="length")
        total = client.submit(sum, lengths)
        command.append(Command(cluster.address, "--all"))
        command[0].await_connection()
        wait_until(lambda: [row for row in office.source.tasks() if row.name == "length"], "their row")
        (shown,) = [row for row in office.source.tasks() if row.name == "length"]
        wait_until(lambda: shown.snapshot().progress.total == 200, "their count")
        assert not shown.cancel()

        with open(fifo, "w") as file:
            file.write("done")
        assert total.result(PATIENCE) == 200
        wait_until(lambda: shown.snapshot().state is S.SUCCEEDED, "its end")
        assert shown.snapshot().progress[:2] == (200, 200)
        assert len({row.name for row in office.source.tasks()}) < 10


def test_a_group_in_which_something_fails_has_failed(office: Office, command: list[Command], tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with dask_cluster(one=1) as cluster:
        client = cluster.connect()
        client.submit(subprocess.check_output, ["cat", str(fifo)], key="read-1")
        futures = client.map(int, ["x", *map(str, range(50))])
        command.append(Command(cluster.address, "--all"))
        command[0].await_connection()
        shown = office.task("int")
        with open(fifo, "w") as file:
            file.write("done")
        wait_until(lambda: shown.snapshot().state is S.FAILED, "its end")
        assert shown.snapshot().error == "1 of its tasks have failed, or what they need has"
        del futures


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "no scheduler answers at tcp://127.0.0.1:1."),
        ("thing", "missing port number in address 'thing'; an address is such as tcp://127.0.0.1:8786."),
        ("no://thing", None),
    ],
)
def test_where_no_cluster_is_it_takes_one_sentence_and_no_client(
    address: str, why: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which would try for ten seconds."""
    monkeypatch.setattr(distributed, "Client", None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(TaskmonError) as found:
        show_cluster(address, everything=False, window=False)

    assert found.value.message == why or (why is None and found.value.message.startswith("unknown address scheme"))
    assert len(found.value.message.splitlines()) == 1


def test_a_worker_that_is_called_by_its_address_is_not_named_twice() -> None:
    assert worker_name("tcp://192.0.2.2:38619", "192.0.2.2") == "192.0.2.2:38619"
    assert worker_name("tcp://192.0.2.2:38619", "vm") == "192.0.2.2:38619 on vm"
    assert worker_name("3", "192.0.2.2") == "worker 3 on 192.0.2.2"
