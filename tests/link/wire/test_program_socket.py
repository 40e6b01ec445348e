"""The program's end of a connection: it is used and closed only as long as its number still means it."""

from __future__ import annotations

import _socket
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon import TaskRunner
from taskmon.link.program import session
from taskmon.link.program.publisher import Publisher
from taskmon.link.wire import channel, meeting
from taskmon.link.wire.channel import ProgramSocket
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.helpers.wire import PlayedWindow, meeting_place, played_window

__all__ = ["meeting_place", "played_window"]  # fixtures


@pytest.fixture
def ends() -> Iterator[tuple[ProgramSocket, socket.socket]]:
    """A program's end, and the raw other one."""
    ours, theirs = socket.socketpair()
    made = ProgramSocket(ours)
    yield made, theirs
    made.close()
    theirs.close()


def number_of(end: ProgramSocket) -> int:
    return int(end._socket.fileno())


def test_it_is_out_of_the_way(ends: tuple[ProgramSocket, socket.socket]) -> None:
    """A program that closes the low ones, one after the other, does not meet it; what it opens gets the old number."""
    end, other = ends
    assert number_of(end) >= 48
    assert not os.get_inheritable(number_of(end))
    assert end.send(b"hello") == 5
    assert other.recv(100) == b"hello"


def test_a_file_under_its_number_is_neither_written_nor_closed(
    ends: tuple[ProgramSocket, socket.socket], tmp_path: Path
) -> None:
    end, _ = ends
    number = number_of(end)
    with (tmp_path / "own.txt").open("w") as file:
        os.close(number)
        os.dup2(file.fileno(), number)
        with pytest.raises(ConnectionAbortedError):
            end.send(b"not for the program's file")
        end.close()
        os.write(number, b"mine")
        os.close(number)
    assert (tmp_path / "own.txt").read_text() == "mine"


@pytest.mark.parametrize("first", ["receive", "receive_now", "wait_for_either", "wait_at_most", "close"])
def test_a_socket_under_its_number_is_left_alone(ends: tuple[ProgramSocket, socket.socket], first: str) -> None:
    """Whatever is tried first: what has come in for the program stays there, and its options are as they were."""
    end, _ = ends
    number = number_of(end)
    mine, peer = socket.socketpair()
    os.dup2(mine.fileno(), number)
    with socket.socket(fileno=number) as theirs:
        peer.send(b"for the program")
        if first == "close":
            end.close()
        else:
            with pytest.raises(ConnectionAbortedError):
                getattr(end, first)(10)
        assert theirs.recv(100) == b"for the program"
        assert theirs.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16) == bytes(16)
        theirs.send(b"untouched")
        assert peer.recv(100) == b"untouched"
    mine.close()
    peer.close()


def test_a_number_that_was_only_closed_is_forgotten(ends: tuple[ProgramSocket, socket.socket]) -> None:
    end, _ = ends
    number = number_of(end)
    os.close(number)
    with pytest.raises(ConnectionAbortedError):
        end.receive_now(10)
    mine, peer = socket.socketpair()
    os.dup2(mine.fileno(), number)
    del end
    os.fstat(number)
    for descriptor in (number, mine.detach(), peer.detach()):
        os.close(descriptor)


def test_dropping_it_does_not_close_what_is_not_its_own() -> None:
    ours, theirs = socket.socketpair()
    end = ProgramSocket(ours)
    number = number_of(end)
    os.dup2(theirs.fileno(), number)
    del end
    os.fstat(number)
    os.close(number)
    theirs.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a socket that has just been made from others")
@pytest.mark.parametrize("own", ["file", "socket"])
def test_a_number_that_was_given_away_while_the_socket_was_made_is_not_taken_over(
    own: str, meeting_place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making it lets go of the interpreter: a program may close it, and have the number, before it is known to us."""
    make, made = _socket.socket, []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(meeting.address())
    listener.listen()
    theirs, peer = socket.socketpair()
    theirs.setblocking(False)
    with (tmp_path / "own.txt").open("wb") as file:

        def make_slowly(*arguments: Any) -> Any:
            socket_made = make(*arguments)
            if not made:
                made.append(socket_made.fileno())
                os.dup2(theirs.fileno() if own == "socket" else file.fileno(), made[0], inheritable=False)
            return socket_made

        monkeypatch.setattr(_socket, "socket", make_slowly)
        with pytest.raises(ConnectionAbortedError):
            channel.connect(meeting.address())
        monkeypatch.setattr(_socket, "socket", make)
        os.write(made[0], b"mine")
        assert peer.recv(10) == b"mine" if own == "socket" else file.tell() == 4
        os.close(made[0])
    channel.connect(meeting.address()).close()
    for end in (theirs, peer, listener):
        end.close()


def test_a_program_that_closes_everything_is_shown_again(
    played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what it opens in between holds what it wrote."""
    monkeypatch.setattr(session, "_LISTENS_FOR", 0.1)  # which looks at its number ever so often
    gate = Gate()
    with TaskRunner() as runner, Publisher(runner) as publisher:
        runner.start(lambda ctx: gate.pass_through(), name="Survivor")
        played_window.welcome()
        played_window.hear_picture(name="Survivor", state="running")
        connection = publisher._socket
        assert connection is not None
        number = number_of(connection)
        own, peer = socket.socketpair()
        os.dup2(own.fileno(), number)  # closes ours, as os.closerange() does, and takes its number
        wait_until(lambda: publisher._socket is not connection, "it to notice")
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(100)
        os.write(number, b"mine")
        assert peer.recv(100) == b"mine"
        played_window.welcome()
        played_window.hear_picture(name="Survivor", state="running")
        for descriptor in (number, own.detach(), peer.detach()):
            os.close(descriptor)
        gate.open()


def test_a_number_taken_as_it_is_to_be_waited_for_is_noticed_by_who_sends(
    played_window: PlayedWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listening thread stands in a connection of the program's then, for as long as nothing comes there."""
    listening, taken = threading.Event(), threading.Event()
    monkeypatch.setattr(session, "_LISTENS_FOR", 0.1)
    own, peer = socket.socketpair()

    def receive(end: ProgramSocket, size: int) -> bytes:
        connection = end._ours()
        if listening.is_set() and not taken.is_set():
            os.dup2(own.fileno(), connection.fileno())
            taken.set()
        return bytes(connection.recv(size))

    monkeypatch.setattr(ProgramSocket, "receive", receive)
    with TaskRunner() as runner, Publisher(runner) as publisher:
        played_window.welcome()
        wait_until(lambda: publisher.connected, "the conversation")
        connection = publisher._socket
        assert connection is not None
        number = number_of(connection)
        listening.set()
        assert taken.wait(PATIENCE)
        played_window.welcome()
        assert publisher._socket is not connection
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(100)
        peer.close()  # which ends the wait of the other
        os.close(number)
        own.close()


def _ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "taskmon-link"]


def test_its_threads_take_no_signal(played_window: PlayedWindow) -> None:
    """A program that blocks a signal must not be reached by it through a thread that it knows nothing of."""

    with TaskRunner() as runner, Publisher(runner):
        played_window.welcome()
        played_window.hear(lambda message: message["t"] == "all")
        wait_until(lambda: len([each for each in _ours() if each.native_id]) == 2, "one that tells, one that listens")
        for thread in _ours():
            status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
            blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
            assert blocked & 1 << signal.SIGTERM - 1
            assert blocked & 1 << signal.SIGINT - 1
            assert not blocked & 1 << signal.SIGSEGV - 1, "faulthandler tells of that one"
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()), "only there"
