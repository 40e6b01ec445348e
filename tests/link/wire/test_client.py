"""The program's end of a connection: what it costs beside busy threads, and how long it waits."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from taskmon.link.wire.channel import ProgramSocket
from taskmon.link.wire.client import Client
from taskmon.link.wire.connection import decode, encode
from tests.helpers.gates import wait_until


@pytest.fixture
def ends() -> Iterator[tuple[Client, socket.socket]]:
    """A client, and the raw other end."""
    ours, theirs = socket.socketpair()
    program = ProgramSocket(ours)
    yield Client(program), theirs
    program.close()
    theirs.close()


def test_with_nothing_to_send_one_call_waits_and_reads(
    ends: tuple[Client, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call of the system is a turn of all busy threads: a cancel that has come is not waited for twice."""
    client, other = ends
    other.sendall(encode({"t": "cancel"}))

    def refuse(milliseconds: int) -> None:
        raise AssertionError("a second call of the system")

    monkeypatch.setattr(client._socket, "wait_for_either", refuse)

    assert client.exchange(5) == [{"t": "cancel"}]


def test_one_thread_listens_while_another_tells(ends: tuple[Client, socket.socket]) -> None:
    """Neither waits for the other; who listens is told of the end at once."""
    client, other = ends
    heard: list[object] = []

    def listen() -> None:
        try:
            while True:
                heard.extend(client.receive_messages(30))
        except ConnectionResetError:
            heard.append("the end")

    listener = threading.Thread(target=listen)
    listener.start()
    client.queue([encode({"t": "beat"})])
    client.push()
    assert decode(other.recv(100)[4:]) == {"t": "beat"}
    other.sendall(encode({"t": "cancel"}))
    wait_until(lambda: heard == [{"t": "cancel"}], "the request")
    began = time.monotonic()
    client.shut_down()
    listener.join(20)
    assert heard[1:] == ["the end"]
    assert time.monotonic() - began < 20


def test_what_cannot_be_sent_is_waited_for_no_longer_than_told(ends: tuple[Client, socket.socket]) -> None:
    client, other = ends
    client.queue([b"x" * 4_000_000])
    client.push()
    other.sendall(encode({"t": "cancel"}))
    began = time.monotonic()

    client.wait_to_send(0.05)

    assert 0.04 <= time.monotonic() - began < 10, "what has come is another thread's affair"
    assert client.receive_messages(5) == [{"t": "cancel"}]


def test_it_waits_as_long_as_it_was_told(ends: tuple[Client, socket.socket]) -> None:
    """Nothing comes: it gives nothing, neither at once nor much later; also after another time than before."""
    client, _ = ends
    for seconds in (0.05, 0.01, 0.05):
        began = time.monotonic()
        assert client.exchange(seconds) == []
        assert 0.8 * seconds <= time.monotonic() - began < 10


def test_a_window_that_does_not_read_holds_nothing_up(ends: tuple[Client, socket.socket]) -> None:
    """What does not fit waits, and what the window says is still heard."""
    client, other = ends
    client.queue([b"x" * 4_000_000])
    other.sendall(encode({"t": "cancel"}))
    began = time.monotonic()

    assert client.exchange(5) == [{"t": "cancel"}]
    assert client.exchange(0.01) == []
    assert client.unsent > 0
    assert time.monotonic() - began < 4
    assert select.select([other], [], [], 0)[0]


def test_the_end_of_the_other_is_told(ends: tuple[Client, socket.socket]) -> None:
    """At once, not after the time to wait."""
    client, other = ends
    other.close()

    with pytest.raises(ConnectionResetError):
        client.exchange(5)
