"""Whoever is mad, slow, silent or too much harms their own connection, and no other."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from taskmon import TaskRunner, TaskState
from taskmon.core.task.events import TaskFinished
from taskmon.link.program.publisher import Publisher
from taskmon.link.window import remote_source as sources
from taskmon.link.window import server_connection, serving
from taskmon.link.wire.client import NoRoomError
from taskmon.link.wire.connection import LONGEST_FRAME, encode, encode_many
from taskmon.link.wire.meeting import address
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, PlayedProgram, office, picture
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures

ROOT = Path(__file__).resolve().parent.parent.parent


def raw() -> socket.socket:
    """A connection that has not said who it is."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address())
    connection.settimeout(PATIENCE)
    return connection


def ended(connection: socket.socket) -> bytes:
    """What is still said before the window hangs up."""
    said = b""
    try:
        while data := connection.recv(65_536):
            said += data
    except ConnectionResetError:
        pass
    return said


def still_serves(office: Office, name: str = "another") -> None:
    """Another program gets through, both ways."""
    with PlayedProgram(program="other") as other:
        other.say({"t": "tasks", "tasks": [picture(1, name=name)]})
        task = office.task(name)
        assert task.cancel()
        other.hear("cancel")


@pytest.mark.parametrize("data", [
    (0).to_bytes(4, "big"), b"\xff\xff\xff\xff", b"\0\0\0\5hello", encode({"t": "tasks", "tasks": []}),
    encode({"t": "hello", "v": 99, "role": "peer"}), encode({"t": "hello", "v": 1, "role": "root"}),
    encode({"t": "hello", "v": [], "role": []}), b"GET / HTTP/1.1\r\n\r\n",
])  # fmt: skip
def test_a_wrong_greeting_ends_the_connection(office: Office, data: bytes) -> None:
    """With one error, whoever it was."""
    connection = raw()
    connection.sendall(data)
    said = ended(connection)
    connection.close()
    assert said.count(b'"t":"error"') == 1
    still_serves(office)


def test_silence_before_the_greeting_has_an_end(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing, half a frame, or a byte now and then: none of it keeps a place for long."""
    monkeypatch.setattr(serving, "HELLO_TIME", 0.3)
    silent, half, slow = raw(), raw(), raw()
    half.sendall(encode({"t": "hello"})[:7])
    for byte in encode({"t": "hello", "v": 1, "role": "peer", "program": "x" * 300})[:20]:
        slow.sendall(bytes([byte]))
    for connection in (silent, half, slow):
        assert b"No hello came in time" in ended(connection)
        connection.close()
    assert not office.server.connections


def test_a_peer_can_describe_its_tasks_and_nothing_else(office: Office) -> None:
    """What a command line may ask for, a program may not; it is passed over, and changes nothing."""
    with PlayedProgram() as program:
        program.say(
            {"t": "tasks", "tasks": [picture(1)]},
            {"t": "present", "start": [["checksum", {}]]}, {"t": "list"}, {"t": "cancel", "all": True},
            {"t": "start", "job": "checksum"}, {"t": "did", "n": 5, "ok": True}, {"t": "welcome"}, {"t": "hello"},
            {"t": "tasks", "tasks": [picture(2, name="after")]},
        )  # fmt: skip
        office.task("after")
        assert office.rung == []
        assert office.task("played").snapshot().state is TaskState.RUNNING


def test_what_a_program_says_of_strangers_is_passed_over(office: Office) -> None:
    """Numbers of other programs' tasks, tasks that have ended, news of what was never told."""
    with PlayedProgram() as one, PlayedProgram() as two:
        one.say({"t": "tasks", "tasks": [picture(1, name="of one")]})
        task = office.task("of one")
        two.say(
            {"t": "moves", "moves": [[1, 5, 9, 10, "", "stolen", None, 0, 0, "", None]]},
            {"t": "log", "id": 1, "from": 0, "count": 1, "lines": ["stolen"]},
            {"t": "tasks", "tasks": [picture(1, "failed", name="of two"), picture(7, parent_id=1, name="child")]},
        )
        child = office.task("child")
        assert task.snapshot().state is TaskState.RUNNING
        assert task.snapshot().progress.done is None
        assert child.snapshot().parent_id == office.task("of two").id
        two.say({"t": "tasks", "tasks": [picture(1, "running", name="again"), picture(8, name="last")]})
        office.task("last")
        assert office.task("of two").snapshot().state is TaskState.FAILED, "what has ended does not come back"


def test_a_task_that_ends_twice_has_ended_once(office: Office) -> None:
    """Its second end is passed over: the program has as many live tasks as it has."""
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(1, name="once"), picture(2, name="other")]})
        office.task("other")
        for _ in range(3):
            program.say({"t": "tasks", "tasks": [picture(1, "succeeded", name="once")]})
        program.say({"t": "tasks", "tasks": [picture(3, name="after")]})
        office.task("after")
        (connection,) = office.server.connections
        assert connection.role.tasks.live == 2
        ended = [event for event in office.events if isinstance(event, TaskFinished)]
        assert [event.snapshot.name for event in ended] == ["once"]


def test_lies_about_times_and_amounts_are_put_right(office: Office) -> None:
    """The future is now, and the negative is nothing. An amount may go back: a program's bar may begin anew."""
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(
            1, taken_at=1e11, queued_at=1e11, started_at=1e11, paused_for=-5, created=-1, progress=[-3, 1e250, "", ""],
            name="\u202eevil\n<img src=x>" + "x" * 10_000, thread_id=-1, log_lines=2**70)]})  # fmt: skip
        wait_until(office.task_list.tasks)
        shown = office.task_list.tasks()[0].snapshot()
        assert shown.started_at <= time.monotonic()
        assert shown.elapsed >= 0
        assert shown.progress[:2] == (0, 1e250)
        assert shown.name.startswith("\\u202eevil␤<img")
        assert len(shown.name) <= 400
        assert shown.log_lines == 0
        for done in (10, 5):
            program.say({"t": "moves", "moves": [[1, 0, done, 20, "", f"at {done}", None, 0, 0, "", None]]})
        wait_until(lambda: office.task_list.tasks()[0].snapshot().progress.message == "at 5")
        assert office.task_list.tasks()[0].snapshot().progress.done == 5


def test_no_program_shows_more_tasks_than_it_may(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the limit is passed over, until ended ones are cleared."""
    monkeypatch.setattr(sources, "MOST_TASKS", 50)
    with PlayedProgram() as program:
        program.say({"t": "tasks", "tasks": [picture(number, "succeeded") for number in range(100)]})
        wait_until(lambda: [connection.role.tasks.refused for connection in office.server.connections] == [50])
        assert len(office.task_list.tasks()) == 50
        ids = {task.id for task in office.task_list.tasks()}
        office.task_list.forget(ids)
        office.server.forget(ids)
        wait_until(lambda: not any(connection.role.tasks._tasks for connection in office.server.connections))
        program.say({"t": "tasks", "tasks": [picture(200)]})
        office.task("played", TaskState.RUNNING)


def test_a_slow_reader_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests pile up before it; at some point it is not waited for any more."""
    monkeypatch.setattr(server_connection, "MOST_UNREAD", 10_000)
    with PlayedProgram() as program:
        program.client.queue(encode_many("tasks", "tasks", [picture(number) for number in range(4_000)]))
        program.push()
        wait_until(lambda: len(office.source.tasks()) == 4_000)
        for _ in range(3):
            for task in office.source.tasks():
                task.pause()
        wait_until(lambda: not office.source.tasks(), "its tasks are lost")
    still_serves(office)


def test_too_many_are_told_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who are there are served on."""
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 5)
    programs = [PlayedProgram() for _ in range(5)]
    with pytest.raises(NoRoomError, match="as many programs as it can"):
        PlayedProgram()
    programs.pop().close()
    wait_until(lambda: len(office.server.connections) == 4)
    still_serves(office)
    for program in programs:
        program.close()


def test_without_descriptors_it_waits_and_does_not_spin(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections wait in the line of the system until there is one again."""
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", 0.2)
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    used = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used - 1, high))
    try:
        for connection in waiting:
            connection.settimeout(PATIENCE)
            connection.connect(address())
        spent = time.process_time()
        threading.Event().wait(0.5)
        assert time.process_time() - spent < 0.2
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (low, high))
    for connection in waiting:
        connection.sendall(encode({"t": "hello", "v": 1, "role": "peer"}))
        assert b"welcome" in connection.recv(1000)
        connection.close()


def test_a_flood_is_not_read_faster_than_it_may_come(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its share it is left unread, so that it has to wait; the others do not."""
    monkeypatch.setattr(server_connection, "BYTES_PER_SECOND", 100_000)
    monkeypatch.setattr(server_connection, "FRAMES_PER_SECOND", 50)
    mad = PlayedProgram()
    frame = encode({"t": "tasks", "tasks": [picture(1, name="x" * 400)] * 80})
    mad.socket.settimeout(0.3)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < server_connection.BYTES_AT_ONCE * 3:
            mad.socket.sendall(frame)
            sent += len(frame)
    assert sent < server_connection.BYTES_AT_ONCE + 2_000_000
    for number in range(5):
        still_serves(office, f"another {number}")
    mad.close()


@pytest.mark.slow
def test_thousands_of_bad_frames_harm_nobody_else(office: Office) -> None:
    """The server stays small, and another program is answered as quickly as before."""
    chance = random.Random(5)
    good = PlayedProgram(program="good")
    good.say({"t": "tasks", "tasks": [picture(1, name="good")]})
    task = office.task("good")

    def answer_time() -> float:
        began = time.monotonic()
        task.pause()
        good.hear("pause")
        return time.monotonic() - began

    hello = encode({"t": "hello", "v": 1, "role": "peer"})
    before = _resident()
    worst = 0.0
    for number in range(3_000):
        connection = raw()
        body = bytearray(encode({"t": "tasks", "tasks": [picture(number, name="bad")]}))
        for _ in range(chance.randint(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        connection.sendall(hello + bytes(body) if number % 2 else bytes(body))
        connection.close()
        if number % 100 == 0:
            worst = max(worst, answer_time())
    assert worst < 0.5
    wait_until(lambda: len(office.server.connections) == 1, "the others are gone")
    office.task_list.forget({task.id for task in office.task_list.tasks() if task.name != "good"})
    assert _resident() - before < 20_000_000
    good.close()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_a_program_killed_in_the_middle_of_a_frame(office: Office) -> None:
    """What had come whole is lost with its last data; the half is nothing."""
    program = PlayedProgram()
    program.say({"t": "tasks", "tasks": [picture(1)]})
    task = office.task("played")
    program.socket.sendall(encode({"t": "tasks", "tasks": [picture(2, name="half")]})[:30])
    program.close()
    wait_until(lambda: task.snapshot().state is TaskState.LOST)
    assert [task.name for task in office.task_list.tasks()] == ["played"]


def test_a_window_killed_in_the_middle_of_a_frame(meeting_place: str) -> None:
    """The program goes on; a window that comes is told all."""
    code = (
        "import os, signal, socket\n"
        "from taskmon.link.wire.channel import Claim\n"
        "from taskmon.link.wire.connection import encode\n"
        "listener = Claim.take().listen(); listener.setblocking(True)\n"
        "connection, _ = listener.accept(); connection.recv(1000)\n"
        "connection.sendall(encode({'t': 'welcome'}) + encode({'t': 'cancel', 'id': 1, 'n': 1})[:9])\n"
        "while b'running' not in connection.recv(65536): pass\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    window = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)})
    with TaskRunner() as runner, Publisher(runner):
        own = runner.start(lambda ctx: ctx.sleep(60), name="survivor")
        assert window.wait(PATIENCE) == -9
        office = Office()
        task = office.task("survivor", TaskState.RUNNING)
        assert not own.stop_requested
        assert task.cancel()
        wait_until(own.cancelled)
        office.close()


@pytest.mark.slow
def test_sixty_four_programs_with_a_hundred_tasks_each(office: Office) -> None:
    """All are shown, all move, and a cancel of any reaches its program at once."""
    programs = [PlayedProgram(program=f"program {number}") for number in range(64)]
    for program in programs:
        tasks = [picture(number, name=f"task {number}") for number in range(100)]
        program.client.queue([encode({"t": "tasks", "tasks": tasks[:50]}), encode({"t": "tasks", "tasks": tasks[50:]})])
        program.push()
    wait_until(lambda: len(office.source.tasks()) == 6_400)
    for program in programs:
        while program.hear("pace")["seconds"] <= 0.5:  # so many are asked to report less often, once all have come
            pass
    for done in range(5):
        for program in programs:
            moves = [[number, 0, done, 10, "", "", None, 0, 0, "", None] for number in range(100)]
            program.client.queue([encode({"t": "moves", "moves": moves})])
            program.push()
    wait_until(lambda: all(task.snapshot().progress.done == 4 for task in office.source.tasks()))
    chosen = [task for task in office.source.tasks() if task.their_id == 17]
    began = time.monotonic()
    for task in chosen:
        assert task.cancel()
    for program in programs:
        assert program.hear("cancel")["id"] == 17
    assert time.monotonic() - began < 2.0
    for program in programs:
        program.close()
    wait_until(lambda: not office.source.tasks())
    assert {task.snapshot().state for task in office.task_list.tasks()} == {TaskState.LOST}


def test_a_frame_that_is_as_long_as_may_be(office: Office) -> None:
    """It is read, and what follows it as well."""
    with PlayedProgram() as program:
        empty = len(encode({"t": "x", "a": ""})) - 4
        program.socket.setblocking(True)
        program.socket.sendall(encode({"t": "x", "a": "y" * (LONGEST_FRAME - empty)}))
        program.socket.setblocking(False)
        program.say({"t": "tasks", "tasks": [picture(1)]})
        office.task("played", TaskState.RUNNING)
