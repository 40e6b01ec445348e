"""Both ends together: what runs in a program is what the window shows, and what the window wants happens there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from taskmon import TaskRunner, TaskState
from taskmon.core.stacks.facts import Activity
from taskmon.core.stop import StopKind
from taskmon.core.task.events import TaskAdded, TaskEvent
from taskmon.core.task.request import Request, Verb
from taskmon.core.task.snapshot import StopMeans
from taskmon.link.program.publisher import Publisher
from taskmon.link.window import serving
from taskmon.link.window.process import Process
from taskmon.link.window.remote_task import RemoteTask
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.helpers.pythons import starts_threads_until_the_end
from tests.helpers.window import Office, PlayedProgram, office, picture
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures

ROOT = Path(__file__).resolve().parents[3]


def test_a_task_is_shown_and_cancelled(office: Office) -> None:
    """The row has whose it is, how far it is, and says Cancelled only when the thread has returned."""
    gate = Gate()

    def work(ctx):
        ctx.progress(3, 10, "files", "the third")
        try:
            ctx.sleep(60)
        finally:
            gate.pass_through()

    with TaskRunner() as runner, Publisher(runner, program="photos.py"):
        own = runner.start(work, name="Copy", group="photos")
        task = office.task("Copy", TaskState.RUNNING)
        wait_until(lambda: task.snapshot().progress.done == 3)
        seen = task.snapshot()
        assert (seen.origin.program, seen.origin.pid, seen.group) == ("photos.py", os.getpid(), "photos")
        assert seen.progress == (3, 10, "files", "the third")
        assert abs(seen.started_at - own.snapshot().started_at) < 0.01

        assert task.cancel("no need", by="the test", kind=StopKind.USER)
        asked = task.snapshot()
        assert asked.state is TaskState.STOPPING, "at once, whatever the program does"
        assert asked.taken_at >= (asked.stop_requested_at or 0.0) > seen.taken_at, "though no news has come"
        assert not task.cancel(), "the second request is none"
        gate.await_arrival()
        assert task.snapshot().state is TaskState.STOPPING
        gate.open()
        wait_until(lambda: task.snapshot().state is TaskState.CANCELLED)
        reason = task.snapshot().reason
        assert (reason.kind, reason.by, reason.text) == (StopKind.USER, "the test", "no need")
    the = TaskState
    assert office.states(task.id)[-3:] == [the.RUNNING, the.STOPPING, the.CANCELLED]


def test_subtasks_pauses_logs_and_failures(office: Office) -> None:
    """What a task can do here, it can do from there."""
    gate = Gate()

    def child(ctx):
        ctx.log("one\ntwo")
        gate.pass_through()
        ctx.checkpoint()
        raise ValueError("as told <b>&</b>\u202e")

    def work(ctx):
        ctx.join(ctx.subtask(child, name="child"))

    with TaskRunner() as runner, Publisher(runner):
        runner.start(work, name="parent")
        task, parent = office.task("child", TaskState.RUNNING), office.task("parent")
        assert task.snapshot().parent_id == parent.id
        wait_until(lambda: task.log_lines() == (2, ["one", "two"]), "the log")
        assert office.lines(task.id) == ["one", "two"]
        assert task.pause()
        wait_until(lambda: task.snapshot().state is TaskState.PAUSING)
        gate.open()
        wait_until(lambda: task.snapshot().state is TaskState.PAUSED)
        assert task.resume()
        wait_until(lambda: task.snapshot().state is TaskState.FAILED)
        assert task.snapshot().error == "ValueError: as told <b>&</b>\\u202e"
        assert "Traceback" in task.snapshot().details
        with pytest.raises(RuntimeError, match="belongs to"):
            task.retry()


@starts_threads_until_the_end
def test_a_program_that_is_killed_is_lost(office: Office) -> None:
    """With its last data; and it cannot be cancelled any more."""
    code = (
        "import taskmon, os, sys\n"
        "from taskmon.link.program.publisher import Publisher\n"
        "runner = taskmon.TaskRunner()\n"
        "p = Publisher(runner, program='victim'); p.start()\n"
        "def work(ctx):\n"
        "    ctx.progress(7, 9)\n"
        "    ctx.sleep(60)\n"
        "runner.start(work, name='work')\n"
        "if len(sys.argv) > 1 and os.fork() == 0:\n"
        "    import signal; signal.pause()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, "-c", code], env=environment)
    task = office.task("work", TaskState.RUNNING)
    wait_until(lambda: task.snapshot().progress.done == 7)
    child.kill()
    wait_until(lambda: task.snapshot().state is TaskState.LOST)
    child.wait()
    lost = task.snapshot()
    assert lost.progress.done == 7
    assert lost.error == "Its program ended by SIGKILL"
    assert not task.cancel()
    assert office.source.tasks() == []


def test_a_program_that_is_killed_while_a_child_holds_its_connection(office: Office) -> None:
    """The connection does not end; but the kernel knows that the process has."""
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        program = PlayedProgram()
        program.say({"t": "tasks", "tasks": [picture(1)]})
        child = os.fork()  # not known to the connection: as a library written in C does it
        if child == 0:
            os.close(reader)
        else:
            os.write(writer, str(child).encode())
        signal.pause()
        os._exit(0)
    os.close(writer)
    child = int(os.read(reader, 20))
    try:
        task = office.task("played")
        os.kill(parent, signal.SIGKILL)
        wait_until(lambda: task.snapshot().state is TaskState.LOST)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(parent, 0)
        os.close(reader)


def does(task: RemoteTask) -> Activity | None:
    """What the window shows a thread to do."""
    facts = task.snapshot().facts
    return facts.activity if facts is not None else None


@starts_threads_until_the_end
def test_a_program_that_is_stopped_is_not_lost(office: Office) -> None:
    """It is silent, but it lives: its rows say so and stay, a cancel is kept for it, and it goes on where it was."""
    code = (
        "import taskmon\n"
        "from taskmon.link.program.publisher import Publisher\n"
        "runner = taskmon.TaskRunner()\n"
        "p = Publisher(runner); p.start()\n"
        "task = runner.start(lambda ctx: ctx.sleep(60), name='work')\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)})
    task = office.task("work", TaskState.RUNNING)
    child.send_signal(signal.SIGSTOP)
    wait_until(lambda: does(task) is Activity.STOPPED)
    child.send_signal(signal.SIGCONT)
    wait_until(lambda: does(task) is None)
    child.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    assert task.cancel()
    wait_until(lambda: time.monotonic() - stopped > 2.5)
    assert task.snapshot().state is TaskState.STOPPING
    child.send_signal(signal.SIGCONT)
    wait_until(lambda: task.snapshot().state is TaskState.CANCELLED)
    assert child.wait(PATIENCE) == 0


@pytest.mark.slow  # each step of the program waits for a turn of its interpreter, for tens of seconds on a busy machine
def test_a_program_that_holds_its_interpreter_is_not_lost(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as a call into C keeps the interpreter nothing of it is heard: its process tells that it lives."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    code = (
        "import ctypes, os, sys, taskmon\n"
        "from taskmon.link.program.publisher import Publisher\n"
        "runner = taskmon.TaskRunner()\n"
        "p = Publisher(runner); p.start()\n"
        "end = os.open(sys.argv[1], os.O_RDWR)\n"
        "held = ctypes.PyDLL(None)\n"
        "def work(ctx):\n"
        "    os.read(end, 1)\n"
        "    print('held', flush=True)\n"
        "    while not ctx.stop_requested:\n"
        "        held.read(end, ctypes.create_string_buffer(1), 1)\n"  # which does not let go of it
        "    ctx.checkpoint()\n"
        "task = runner.start(work, name='work')\n"
    )
    asked = threading.Semaphore(0)
    lives = Process.lives.fget  # type: ignore[attr-defined]

    def look(process: Process) -> bool:
        asked.release()
        return bool(lives(process))

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(gate)], env=environment, stdout=subprocess.PIPE, text=True
    )
    task = office.task("work", TaskState.RUNNING)
    with gate.open("r+b", buffering=0) as begin:
        begin.write(b"x")
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    monkeypatch.setattr(serving, "SILENCE", 0.0)
    monkeypatch.setattr(Process, "lives", property(look))
    assert task.cancel()
    for _ in range(3):
        assert asked.acquire(timeout=PATIENCE), "the kernel is asked, again and again"
    assert task.snapshot().state is TaskState.STOPPING
    with gate.open("r+b", buffering=0) as release:
        while child.poll() is None:
            release.write(b"x")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
    wait_until(lambda: task.snapshot().state.is_final)
    assert task.snapshot().state is TaskState.CANCELLED
    assert child.wait(PATIENCE) == 0
    child.stdout.close()


def test_the_window_comes_back(meeting_place: str) -> None:
    """Programs go on without it, and are shown when there is one again."""
    with TaskRunner() as runner, Publisher(runner):
        runner.start(lambda ctx: ctx.sleep(60), name="work")
        for _ in range(2):
            office = Office()
            task = office.task("work", TaskState.RUNNING)
            office.close()
            assert task.snapshot().state is TaskState.LOST
        runner.cancel_all()


def test_a_request_that_is_not_granted_is_taken_back(office: Office) -> None:
    """The program says that nothing was done: the row does not go on saying that something was."""
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1)]})
        task = office.task("played", TaskState.RUNNING)
        assert task.cancel()
        assert task.snapshot().state is TaskState.STOPPING
        request = program.hear("cancel")
        program.say({"t": "did", "n": request["n"], "ok": False})
        wait_until(lambda: task.snapshot().state is TaskState.RUNNING)
        assert task.snapshot().reason is None
        assert task.cancel(), "it may be asked again"


def test_a_late_answer_of_the_program_does_not_undo_the_request(office: Office) -> None:
    """A picture that was on its way when the request was made says Running; the row goes on saying Cancelling…"""
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1)]})
        task = office.task("played")
        task.cancel()
        program.say({"t": "moves", "moves": [[1, 0, 5, 10, "", "moved", None, 0, 0, "", None]]})
        wait_until(lambda: task.snapshot().progress.done == 5)
        assert task.snapshot().state is TaskState.STOPPING
        program.say({"t": "tasks", "tasks": [picture(1, "succeeded", revision=2)]})
        wait_until(lambda: task.snapshot().state is TaskState.SUCCEEDED)
        assert task.snapshot().finished_before_stop


def test_offers_and_means(office: Office) -> None:
    """What a cancel would do is told; what else might help is done only when it is picked."""
    stop = {"means": "sets stop_event", "shared_with": ["b"], "offers": ["closes the queue"]}
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1, stop=stop, thread="T-1", kind="thread")]})
        task = office.task("played")
        shown = task.snapshot()
        assert shown.stop_means == StopMeans("sets stop_event", ("b",), ("closes the queue",))
        assert (shown.origin.thread, shown.origin.kind) == ("T-1", "thread")
        assert not task.use_offer(1)
        assert task.use_offer(0)
        assert program.hear("offer")["offer"] == 0


def test_a_program_that_hears_nothing_is_sent_signals_from_here(office: Office) -> None:
    """The firmer ones, after it was asked already; what it said of other processes does not matter."""
    stop = {"means": "interrupts it", "offers": ["asks it to end", "kills it"], "signals": ["SIGTERM", "SIGKILL"]}
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            program = PlayedProgram()
            program.say({"t": "tasks", "tasks": [picture(1, kind="program", stop={**stop, "signal": "SIGINT"})]})
            signal.pause()
        os._exit(0)
    task = office.task("played", TaskState.RUNNING)
    assert task.cancel()
    assert not task.cancel()
    assert task.use_offer(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    wait_until(lambda: task.snapshot().state is TaskState.CANCELLED)
    assert not task.use_offer(1)


def test_that_a_program_was_interrupted_is_known_at_its_end(office: Office) -> None:
    """What it has started may outlive it; and it takes no more cancel then."""
    stop = {"means": "interrupts it", "signal": "SIGINT"}
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1, kind="program", stop=stop)]})
        task = office.task("played")
        assert not task.was_interrupted
        assert task.cancel()
        program.say({"t": "tasks", "tasks": [picture(1, "cancelled", kind="program", revision=1)]})
        wait_until(lambda: task.snapshot().why_not_cancellable == "it is at its end")
        assert task.was_interrupted


@pytest.mark.parametrize("asked", [True, False])
def test_by_what_a_program_was_asked_is_known_at_its_end(office: Office, asked: bool) -> None:
    """Nothing more can be asked of it then."""
    stop = {"means": "interrupts it", "offers": ["asks"], "signals": ["SIGTERM"], "signal": "SIGINT"}
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1, kind="program", stop=stop)]})
        task = office.task("played")
        assert not asked or task.cancel()
        program.say({"t": "tasks", "tasks": [picture(1, "cancelled", kind="program", revision=1)]})
        wait_until(lambda: task.snapshot().why_not_cancellable == "it is at its end")
        assert task.snapshot().stop_means == (StopMeans(signal="SIGINT") if asked else None)


def test_a_process_of_a_program_is_sent_signals_by_that(office: Office) -> None:
    """Also after it was asked; names that are no signals are none."""
    stop = {"means": "interrupts it", "offers": ["asks", "kills", "odd"], "signals": ["SIGTERM", "SIGKILL", "SIGHUP"]}
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1, kind="process", stop=stop)]})
        task = office.task("played")
        assert task.snapshot().stop_means.signals == ("SIGTERM", "SIGKILL", "")
        assert task.cancel()
        assert task.use_offer(0)
        assert program.hear("offer")["offer"] == 0
        assert [name for name, _ in task.snapshot().stop_means.sent] == ["SIGTERM"]
        assert not task.use_offer(2), "what is no signal is for one that was not asked yet"
        program.say({"t": "tasks", "tasks": [picture(1, "cancelled", kind="process", revision=1)]})
        wait_until(lambda: task.snapshot().state.is_final)
        assert [name for name, _ in task.snapshot().stop_means.sent] == ["SIGTERM"], "what was done stays known"


def test_stacks_are_asked_for_while_somebody_looks(office: Office) -> None:
    """One question at a time, and the answer is there when it is asked for again."""
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1)]})
        task = office.task("played")
        assert task.stack() is None
        assert task.stack() is None
        request = program.hear("stack")
        now = time.monotonic()
        frames = [["a.py", 1, "main", True], ["b.py", 2, "read", False], "nonsense"]
        program.say({"t": "stack", "id": request["id"], "at": now, "unmoved_since": now - 3, "frames": frames})
        wait_until(lambda: task.stack() is not None)
        sample = task.stack()
        assert [frame.line for frame in sample.frames] == [1, 2]
        assert sample.unmoved_since == pytest.approx(now - 3)


def test_done_callbacks_run_without_the_lock(office: Office) -> None:
    """Also for one that comes too late; one that raises harms nobody."""
    ended = []
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1)]})
        task = office.task("played")
        task.add_done_callback(lambda ended_task: ended.append(office.source.tasks()))
        program.say({"t": "tasks", "tasks": [picture(1, "cancelled", revision=1)]})
        wait_until(lambda: ended)
        task.add_done_callback(ended.append)
    assert ended == [[], task]


def test_a_flood_of_short_tasks_arrives_whole(office: Office) -> None:
    """Thousands come and go; each is told of, once, with all its states."""
    with TaskRunner(4) as runner, Publisher(runner) as publisher:
        wait_until(lambda: publisher.connected)
        for number in range(2_000):
            runner.start(lambda ctx: None, name=f"short {number}")
        wait_until(
            lambda: sum(task.snapshot().state is TaskState.SUCCEEDED for task in office.task_list.tasks()) == 2_000
        )
    the = TaskState
    for task in office.task_list.tasks()[::100]:
        assert office.states(task.id) == [the.QUEUED, the.RUNNING, the.SUCCEEDED]


def test_long_logs_in_any_script_arrive(office: Office) -> None:
    """Lines that take twelve bytes a character fit into their frames, too."""
    gate = Gate()

    def work(ctx):
        for number in range(60):
            ctx.log(f"{number} " + "😀" * 3_000)
        gate.pass_through()

    with TaskRunner() as runner, Publisher(runner):
        runner.start(work, name="emoji")
        task = office.task("emoji", TaskState.RUNNING)
        wait_until(lambda: task.log_lines()[0] == 60, "the log")
        assert [line.split()[0] for line in task.log_lines()[1]] == [str(number) for number in range(60)]
        gate.open()
        wait_until(lambda: task.snapshot().state is TaskState.SUCCEEDED)


def test_a_program_that_breaks_off_and_comes_back_keeps_its_rows(office: Office) -> None:
    """It may have closed what it does not own. What ended meanwhile is not told to live on."""
    with PlayedProgram(run="same", returns=True) as program:
        program.say(
            {"t": "tasks", "tasks": [picture(1, name="stays"), picture(2, name="ends meanwhile")]}, {"t": "all"}
        )
        stays, ends = office.task("stays"), office.task("ends meanwhile")
    with PlayedProgram(run="same", returns=True) as program:
        program.say({"t": "tasks", "tasks": [picture(1, name="stays"), picture(3, name="new")]}, {"t": "all"})
        new = office.task("new")
        wait_until(lambda: ends.snapshot().state is TaskState.LOST)
        assert ends.snapshot().error == "It ended while its program could not be heard"
        assert stays.snapshot().state is TaskState.RUNNING
        assert {task.id for task in office.source.tasks()} == {stays.id, new.id}
        assert stays.cancel()
        asked = program.hear("cancel")
        assert asked["id"] == 1
        with contextlib.suppress(ConnectionError):  # the window hangs up
            program.say({"t": "bye"})
        wait_until(lambda: stays.snapshot().why_not_cancellable)
        assert not stays.cancel(), "it goes on, but nobody can be asked"


def test_a_program_may_come_back_before_its_connection_has_ended(office: Office) -> None:
    """A thread of the program waits in a socket whose number stands for something else by now: that ends much later."""
    with PlayedProgram(run="same", returns=True) as before:
        before.say({"t": "tasks", "tasks": [picture(1, kind="program", name="played.py")]}, {"t": "all"})
        row = office.task("played.py")
        with PlayedProgram(run="same", returns=True) as program:
            program.say({"t": "tasks", "tasks": [picture(1, kind="program", name="played.py")]}, {"t": "all"})
            program.say({"t": "tasks", "tasks": [picture(2, name="later", parent_id=1)]})
            assert office.task("later").snapshot().parent_id == row.id
            assert row in office.source.tasks()
            assert len(office.source.tasks()) == 2
            with pytest.raises(ConnectionError):
                before.hear("nothing")
            assert row.cancel()
            assert program.hear("cancel")["id"] == 1


def test_a_program_that_is_first_heard_of_at_its_end_ends(office: Office) -> None:
    """Its row waits for what the system says of the process."""
    end, ended = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ended)
            os.read(end, 1)
            program = PlayedProgram()
            done = picture(1, "succeeded", kind="program", name="played.py", started_at=1.0, ended_at=1.0)
            program.say({"t": "tasks", "tasks": [done]}, {"t": "all"})
            with contextlib.suppress(ConnectionError):  # the window hangs up
                program.say({"t": "bye"})
            os.read(end, 1)
        finally:
            os._exit(0)
    os.close(end)
    os.write(ended, b".")
    row = office.task("played.py")
    assert not row.has_ended
    os.close(ended)
    os.waitpid(child, 0)
    wait_until(lambda: row.has_ended, "the end of the row")


def test_a_cancel_that_was_not_answered_before_the_break_was_not_made(office: Office) -> None:
    with PlayedProgram(run="same", returns=True) as program:
        program.say({"t": "tasks", "tasks": [picture(1, name="asked")]})
        asked = office.task("asked")
        assert asked.cancel()
        program.hear("cancel")
    wait_until(lambda: asked.snapshot().state is TaskState.RUNNING)
    with PlayedProgram(run="same", returns=True) as program:
        program.say({"t": "tasks", "tasks": [picture(1, name="asked")]}, {"t": "all"})
        wait_until(asked.cancel)
        program.hear("cancel")


def test_a_program_that_lives_and_does_not_come_back_is_said_to_live(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmon.link.window.serving.RETURN_TIME", 0.0)
    with PlayedProgram(run="same", returns=True) as program:
        program.say({"t": "tasks", "tasks": [picture(1, name="silent")]})
        silent = office.task("silent")
    wait_until(lambda: silent.snapshot().state is TaskState.LOST)
    assert silent.snapshot().error == "The program is still there, but has broken off its connection"


def test_another_run_under_the_same_number_is_another_program(office: Office) -> None:
    with PlayedProgram(run="first", returns=True) as program:
        program.say({"t": "tasks", "tasks": [picture(1, name="of the first")]})
        first = office.task("of the first")
    with PlayedProgram(run="second", returns=True) as program:
        program.say({"t": "tasks", "tasks": [picture(1, name="of the second")]}, {"t": "all"})
        assert office.task("of the second").id != first.id
        assert first.name == "of the first"


def test_programs_are_asked_to_look_closely(office: Office) -> None:
    """Each once, however many tasks it has."""
    with PlayedProgram() as played:
        played.say({"t": "tasks", "tasks": [picture(1, name="one"), picture(2, name="two")]}, {"t": "all"})
        office.task("two")
        office.source.look_closely()
        office.task("one").ask(Request(Verb.PAUSE))

        assert played.hear("closely") == {"t": "closely"}
        assert played.client.receive(PATIENCE)["t"] != "closely"


def test_a_flood_is_taken_with_pauses(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each message that took long, whoever waits for the interpreter gets it."""
    monkeypatch.setattr(serving, "LONG_MESSAGE", -1.0)
    order: list[str] = []

    def note(event: TaskEvent) -> None:
        if isinstance(event, TaskAdded):
            order.append(event.snapshot.name)
            asyncio.get_running_loop().call_soon(order.append, "a pause")

    office.source.attach(note)
    with PlayedProgram() as played:
        played.say(*({"t": "tasks", "tasks": [picture(number, name=str(number))]} for number in range(4)))
        office.task("3")

    assert order[:7] == ["0", "a pause", "1", "a pause", "2", "a pause", "3"]


def test_a_thousand_waiting_tasks_take_little(office: Office) -> None:
    """There may be ten thousand of one program: what most never need comes with its use."""
    with PlayedProgram() as played:
        played.say({"t": "tasks", "tasks": [picture(0, name="first")]})
        office.task("first")
        office.source.detach(office.events.append)
        tracemalloc.start()
        for part in range(10):
            tasks = [picture(part * 100 + number, "queued", f"Task {part} {number}") for number in range(1, 101)]
            played.say({"t": "tasks", "tasks": tasks})
        wait_until(lambda: len(office.source.tasks()) == 1_001)
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert taken < 1_400_000
