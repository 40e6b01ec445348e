"""The program's end: it finds the window, tells of its tasks, obeys, and is never held up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from taskmon import TaskRunner, TaskState
from taskmon.core.task.events import TaskAdded
from taskmon.link import window_client
from taskmon.link.program import publisher, session
from taskmon.link.program.publisher import Publisher
from taskmon.link.wire.channel import Claim
from taskmon.watch.rows.watched_task import Board, WatchedTask
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.helpers.pythons import starts_threads_until_the_end
from tests.helpers.wire import PlayedWindow, meeting_place, played_window

__all__ = ["meeting_place", "played_window"]  # fixtures

ROOT = Path(__file__).resolve().parents[3]


def test_a_program_tells_of_its_tasks_and_obeys(played_window: PlayedWindow) -> None:
    """What runs is shown, moves, and is asked to stop; the end is told once the thread has left."""
    gate = Gate()

    def work(ctx):
        ctx.progress(3, 10, "files", "the third")
        gate.pass_through()
        ctx.sleep(60)

    with TaskRunner() as runner, Publisher(runner, program="photos.py"):
        task = runner.start(work, name="Copy")
        gate.await_arrival()
        played_window.welcome()
        assert played_window.hello["program"] == "photos.py"
        assert played_window.hello["pid"] == os.getpid()
        picture = played_window.hear_picture(name="Copy", state="running")
        assert picture["id"] == task.id
        played_window.say({"t": "cancel", "n": 7, "id": task.id, "by": "the test", "kind": "user"})
        assert played_window.hear(lambda message: message["t"] == "did" and message) == {"t": "did", "n": 7, "ok": True}
        gate.open()
        ended = played_window.hear_picture(id=task.id, state="cancelled")
        assert ended["reason"][:2] == ["user", "the test"]
        assert task.cancelled()


def test_a_signal_within_its_goodbye_does_not_cut_that_short(
    played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    with TaskRunner() as runner, Publisher(runner) as shown:
        played_window.welcome()
        wait = shown._thread_ended.wait

        def strike(timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            if len(waits) < 3:
                raise KeyboardInterrupt
            return wait(PATIENCE)

        monkeypatch.setattr(shown._thread_ended, "wait", strike)
        publisher._close_all()
        assert len(waits) == 3
        assert played_window.hear(lambda message: message["t"] == "bye")


def test_a_program_that_can_spare_no_descriptor_is_left_alone(
    played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it may have more."""
    limits = [48]
    looks: list[str] = []
    monkeypatch.setattr(publisher, "LOOK_PERIOD", 0.01)
    monkeypatch.setattr("taskmon.core.base.threads.sysconf", lambda name: looks.append(name) or limits[-1])
    with TaskRunner() as runner, Publisher(runner, program="small.py") as shown:
        wait_until(lambda: len(looks) > 3, "some looks")
        with pytest.raises(BlockingIOError):
            played_window.let_in_now()
        assert not shown.connected
        limits.append(64)
        played_window.welcome()
        assert played_window.hello["program"] == "small.py"


def test_what_can_be_asked_of_a_task_is_told_when_it_changes(played_window: PlayedWindow) -> None:
    """That it has items, and could stop after one, shows only once it runs: no change of state tells of it."""
    begun, go_on = Gate(), Gate()

    def work(ctx):
        begun.pass_through()
        for _ in ctx.track([1]):
            go_on.pass_through()

    with TaskRunner() as runner, Publisher(runner), go_on:
        task = runner.start(work, name="Copy")
        begun.await_arrival()
        played_window.welcome()
        assert not played_window.hear_picture(id=task.id, state="running").get("item_wise")
        begun.open()
        assert played_window.hear_picture(id=task.id, item_wise=True)["state"] == "running"


def test_states_that_are_passed_quickly_are_told(played_window: PlayedWindow) -> None:
    """A task that has come and gone between two looks is told of, with the states that it passed."""
    with TaskRunner() as runner, Publisher(runner):
        played_window.welcome()
        played_window.hear(lambda message: message["t"] == "beat")
        for number in range(300):
            runner.start(lambda ctx: None, name=f"short {number}")
        seen: dict[str, list[str]] = {}

        def all_of_them(message):
            for item in message.get("tasks", ()):
                seen.setdefault(item["name"], []).extend([*item.get("via", ()), item["state"]])
            return sum(states[-1] == "succeeded" for states in seen.values()) == 300

        played_window.hear(all_of_them)
    assert set(map(tuple, seen.values())) == {("queued", "running", "succeeded")}


def test_the_window_goes_and_comes_back(played_window: PlayedWindow) -> None:
    """The tasks go on, and are told of anew."""
    gate = Gate()
    with TaskRunner() as runner, Publisher(runner) as publisher:
        task = runner.start(lambda ctx: gate.pass_through(), name="Survivor")
        for _ in range(2):
            played_window.welcome()
            played_window.hear_picture(name="Survivor", state="running")
            played_window.hang_up()
            wait_until(lambda: not publisher.connected, "the end of the connection")
        gate.open()
        assert task.result(PATIENCE) is None


def test_what_a_thread_told_too_late_is_not_told_to_the_next_window(played_window: PlayedWindow) -> None:
    """It was about to tell of a task when the window went: the task may have ended since, and nobody would say so."""
    sinks = []

    class Source:
        def attach(self, sink):
            sinks.append(sink)
            return []

        def detach(self, sink):
            pass

        def tasks(self):
            return []

    with TaskRunner() as runner, Publisher(Source()) as publisher:
        late, current = runner.start(lambda ctx: None, name="late"), runner.start(lambda ctx: None, name="current")
        played_window.welcome()
        wait_until(lambda: publisher.connected)
        played_window.hang_up()
        wait_until(lambda: not publisher.connected)
        sinks[0](TaskAdded(late.snapshot(), late))

        played_window.welcome()
        wait_until(lambda: len(sinks) == 2)
        sinks[1](TaskAdded(current.snapshot(), current))

        assert played_window.hear(lambda message: message["t"] == "tasks" and message["tasks"][0]["name"]) == "current"


def test_a_window_that_does_not_read_costs_nothing(played_window: PlayedWindow) -> None:
    """With its buffers full the program goes on, holds on to little, and loses no change of state."""
    with TaskRunner(4) as runner, Publisher(runner):
        busy = runner.start(lambda ctx: ctx.sleep(60), name="x" * 400)
        played_window.welcome()
        played_window.hear_picture(state="running")
        for _ in range(5000):  # nobody reads meanwhile: more than any buffer holds
            runner.start(lambda ctx: None, name="y" * 400)
        assert busy.cancel()
        assert runner.wait_idle(PATIENCE)
        played_window.hear_picture(id=busy.id, state="cancelled")


def test_logs_and_stacks_are_told_when_asked_for(played_window: PlayedWindow) -> None:
    """Not before; and the end of the log is left behind when the task ends."""
    gate = Gate()

    def work(ctx):
        for number in range(120):
            ctx.log(f"line {number}")
        gate.pass_through()
        ctx.log("the last")

    with TaskRunner() as runner, Publisher(runner):
        task = runner.start(work)
        gate.await_arrival()
        played_window.welcome()
        played_window.hear_picture(state="running")
        played_window.hear(lambda message: message["t"] == "beat")
        assert not [message for message in played_window.heard if message["t"] in ("log", "stack")]
        played_window.say({"t": "log", "id": task.id, "since": 100})
        log = played_window.hear(lambda message: message["t"] == "log" and message)
        assert (log["from"], log["count"], log["lines"][-1]) == (100, 120, "line 119")
        played_window.say({"t": "stack", "id": task.id})
        assert played_window.hear(lambda message: message["t"] == "stack" and message)["id"] == task.id
        gate.open()
        played_window.hear(lambda message: message["t"] == "log" and message["lines"][-1] == "the last")


@pytest.mark.parametrize("message", [
    {"t": "start", "job": "checksum"}, {"t": "cancel", "id": "1"}, {"t": "cancel", "id": 10**9, "n": 1}, {"t": "log"},
    {"t": "offer", "id": 1, "offer": -1}, {"t": "pace", "seconds": "soon"}, {"t": "pace", "seconds": 1e9}, {"t": "?"},
])  # fmt: skip
def test_what_makes_no_sense_is_passed_over(played_window: PlayedWindow, message: dict[str, object]) -> None:
    """A window that talks nonsense gets no more than a no."""
    with TaskRunner() as runner, Publisher(runner):
        task = runner.start(lambda ctx: ctx.sleep(60))
        played_window.welcome()
        played_window.hear_picture(state="running")
        played_window.say(message)
        played_window.say({"t": "cancel", "id": task.id, "n": 2})
        played_window.hear(lambda heard: heard == {"t": "did", "n": 2, "ok": True})


def test_a_forked_child_is_not_connected(played_window: PlayedWindow) -> None:
    """Its end does not end the parent's connection, and it says nothing."""
    with TaskRunner() as runner, Publisher(runner, program="parent") as publisher:
        played_window.welcome()
        wait_until(lambda: publisher.connected)
        child = os.fork()
        if child == 0:
            os._exit(0 if not publisher.connected and publisher._socket is None else 1)
        assert os.waitpid(child, 0)[1] == 0
        runner.start(lambda ctx: None, name="after the fork")
        played_window.hear_picture(name="after the fork")


@starts_threads_until_the_end
def test_a_program_that_ends_says_goodbye_after_its_tasks(played_window: PlayedWindow) -> None:
    """The interpreter finishes what was started; the window hears of that, and then of the end."""
    code = (
        "import taskmon, sys\n"
        "from taskmon.link.program.publisher import Publisher\n"
        "runner = taskmon.TaskRunner()\n"
        "p = Publisher(runner); p.start()\n"
        "while not p.connected: pass\n"
        "runner.start(lambda ctx: ctx.sleep(0.3), name='to the end')\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)})
    played_window.welcome()
    played_window.hear_picture(name="to the end", state="succeeded")
    played_window.hear(lambda message: message["t"] == "bye")
    assert child.wait(PATIENCE) == 0


def test_the_end_does_not_wait_for_the_next_tick(played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is held up for it: a tenth of a second at the end of each would be felt."""
    monkeypatch.setattr(session, "TICK", 10 * PATIENCE)
    monkeypatch.setattr(session, "_QUICK_ROUNDS", 0)
    with TaskRunner() as runner:
        publisher = Publisher(runner, program="brief.py")
        publisher.start()
        played_window.welcome()
        played_window.hear(lambda message: message["t"] == "all")
        publisher.close(PATIENCE)
        assert played_window.hear(lambda message: message["t"] == "bye")


@pytest.mark.parametrize("started", [True, False], ids=["greeting", "never begun"])
def test_a_window_that_is_slow_to_greet_still_hears_how_it_ended(played_window: PlayedWindow, started: bool) -> None:
    """A brief program beside a busy machine is over before the window has answered."""
    board = Board("brief", os.getpid(), lambda function: function())
    row = WatchedTask(board, "brief")
    board.show(row)
    publisher = Publisher(board)
    if started:
        publisher.start()
        wait_until(lambda: publisher._socket is not None, "the connection")
    end = threading.Thread(target=publisher.close, args=(PATIENCE, lambda: row.end(error="Ended with status 7")))
    end.start()
    wait_until(publisher._ending.is_set, "the end")
    played_window.welcome()
    assert played_window.hear_picture(id=row.id, state="failed")["error"] == "Ended with status 7"
    assert played_window.hear(lambda message: message["t"] == "bye")
    end.join(PATIENCE)
    assert not end.is_alive()


def test_a_program_is_announced_to_a_window_that_has_no_time_to_answer(
    played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hears of it when it comes to that; until then the program's end waits for it, within bounds."""
    monkeypatch.setattr(window_client, "_ANNOUNCE_TIME", 0.05)
    run = window_client.announce("brief.py")
    assert run
    played_window.welcome()
    assert (played_window.hello["run"], played_window.hello["begins"]) == (run, True)
    played_window.close()
    assert window_client.announce("brief.py") == ""


def test_a_window_that_never_greets_holds_the_end_up_within_bounds(played_window: PlayedWindow) -> None:
    """It may have been stopped. Where there is none, nothing is waited for."""
    told: list[str] = []
    for started in (True, False):
        publisher = Publisher(Board("brief", os.getpid(), lambda function: function()))
        if started:
            publisher.start()
        began = time.monotonic()
        publisher.close(0.2, lambda: told.append("the end"))
        assert time.monotonic() - began < PATIENCE / 2
    played_window.close()
    Publisher(Board("alone", os.getpid(), lambda function: function())).close(PATIENCE, lambda: told.append("the end"))
    assert time.monotonic() - began < PATIENCE / 2
    assert not told


def test_without_a_window_nothing_is_listened_to(meeting_place: str) -> None:
    """No sink, no socket, no json: one look a second."""
    code = (
        "import sys, time, taskmon\n"
        "from taskmon.link.program.publisher import Publisher\n"
        "runner = taskmon.TaskRunner()\n"
        "p = Publisher(runner); p.start()\n"
        "import threading; threading.Event().wait(0.3)\n"
        "print(runner.events.sinks, sorted({'json', 'socket', 'select', 'selectors'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout == "() []\n"


def test_a_stale_socket_and_foreign_things_are_left_alone(meeting_place: str) -> None:
    """A publisher that finds no listener goes on looking, and removes nothing."""
    claim = Claim.take()
    assert claim is not None
    claim.listen().close()  # as a window that was killed leaves it
    with TaskRunner() as runner, Publisher(runner) as publisher:
        assert publisher._meet() > 0
        assert os.path.exists(claim.path)
        assert not publisher.connected
    claim.close()


def test_a_waiting_task_that_is_cancelled(played_window: PlayedWindow) -> None:
    """It never ran, and the window is told just that."""
    with TaskRunner(1) as runner, Publisher(runner) as publisher:
        played_window.welcome()
        wait_until(lambda: publisher.connected)
        blocker = runner.start(lambda ctx: ctx.sleep(60))
        waiting = runner.start(lambda ctx: None, name="waiting")
        waiting.cancel()
        assert played_window.hear_picture(name="waiting", state="cancelled")
        assert waiting.state is TaskState.CANCELLED
        blocker.cancel()


def test_more_tasks_than_can_be_told_of(played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beyond are told of as soon as there is room, if they live by then."""
    monkeypatch.setattr("taskmon.link.program.outbox.MOST_TASKS", 10)
    with TaskRunner(1) as runner, Publisher(runner):
        tasks = [runner.start(lambda ctx: ctx.sleep(60), name=f"task {number}") for number in range(15)]
        played_window.welcome()
        played_window.hear_picture(name="task 9")
        assert not any("task 10" in str(message) for message in played_window.heard)
        for task in tasks[:8]:
            task.cancel()
        played_window.hear_picture(name="task 14", state="queued")
        runner.cancel_all()


def test_a_window_that_shows_threads_over_time_has_them_looked_at_more_often(played_window: PlayedWindow) -> None:
    """From when it says so on, and for some seconds each time."""
    periods: list[float] = []
    with TaskRunner() as runner, Publisher(runner, on_look=periods.append):
        played_window.welcome()
        wait_until(lambda: periods)
        assert set(periods) == {1.0}
        played_window.say({"t": "closely"})
        wait_until(lambda: 0.25 in periods)


def test_a_request_does_not_wait_for_what_is_being_told(played_window: PlayedWindow) -> None:
    """The thread that tells may be held up, as it is beside busy threads: another hears what is asked for."""
    gate, told = Gate(), threading.Event()

    def look(_: float) -> None:
        if told.is_set():
            gate.pass_through()

    with TaskRunner() as runner, gate, Publisher(runner, on_look=look):
        task = runner.start(lambda ctx: ctx.sleep(60), name="Copy")
        played_window.welcome()
        picture = played_window.hear_picture(name="Copy")
        told.set()
        gate.await_arrival()
        played_window.say({"t": "cancel", "n": 7, "id": picture["id"], "by": "the test", "kind": "user"})
        wait_until(task.done, "the task to leave")
        gate.open()
        assert played_window.hear(lambda message: message["t"] == "did" and message)["ok"]


def test_without_a_second_thread_it_still_obeys(played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may refuse one more."""
    monkeypatch.setattr(session, "spawn", lambda target, name, on_failure: on_failure(RuntimeError("no more threads")))
    with TaskRunner() as runner, Publisher(runner):
        task = runner.start(lambda ctx: ctx.sleep(60), name="Copy")
        played_window.welcome()
        picture = played_window.hear_picture(name="Copy", state="running")
        played_window.say({"t": "cancel", "n": 7, "id": picture["id"], "by": "the test", "kind": "user"})
        played_window.hear_picture(id=task.id, state="cancelled")


def test_no_thread_is_left_of_a_connection_that_has_ended(played_window: PlayedWindow) -> None:
    with TaskRunner() as runner, Publisher(runner):
        for _ in range(2):
            played_window.welcome()
            played_window.hear(lambda message: message["t"] == "all")
        assert sum(thread.name == "taskmon-link" for thread in threading.enumerate()) <= 3
    wait_until(lambda: not any(thread.name == "taskmon-link" for thread in threading.enumerate()), "their end")
