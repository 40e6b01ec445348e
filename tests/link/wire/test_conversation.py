"""The program's end of a connection: what it costs beside busy threads, and how long it waits."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator

import pytest

from taskmon.link.wire.channel import ProgramSocket
from taskmon.link.wire.connection import Conversation, encode


@pytest.fixture
def ends() -> Iterator[tuple[Conversation, socket.socket]]:
    """A conversation, and the raw other end."""
    ours, theirs = socket.socketpair()
    program = ProgramSocket(ours)
    yield Conversation(program), theirs
    program.close()
    theirs.close()


def test_with_nothing_to_send_one_call_waits_and_reads(
    ends: tuple[Conversation, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call of the system is a turn of all busy threads: a cancel that has come is not waited for twice."""
    conversation, other = ends
    other.sendall(encode({"t": "cancel"}))

    class NoPoll:
        def __getattr__(self, name: str) -> object:
            raise AssertionError("a second call of the system")

    monkeypatch.setattr(conversation._socket, "_poll", NoPoll())

    assert conversation.exchange(5) == [{"t": "cancel"}]


def test_it_waits_as_long_as_it_was_told(ends: tuple[Conversation, socket.socket]) -> None:
    """Nothing comes: it gives nothing, neither at once nor much later; also after another time than before."""
    conversation, _ = ends
    for seconds in (0.05, 0.01, 0.05):
        began = time.monotonic()
        assert conversation.exchange(seconds) == []
        assert 0.8 * seconds <= time.monotonic() - began < 10


def test_a_window_that_does_not_read_holds_nothing_up(ends: tuple[Conversation, socket.socket]) -> None:
    """What does not fit waits, and what the window says is still heard."""
    conversation, other = ends
    conversation.queue([b"x" * 4_000_000])
    other.sendall(encode({"t": "cancel"}))
    began = time.monotonic()

    assert conversation.exchange(5) == [{"t": "cancel"}]
    assert conversation.exchange(0.01) == []
    assert conversation.unsent > 0
    assert time.monotonic() - began < 4
    assert select.select([other], [], [], 0)[0]


def test_the_end_of_the_other_is_told(ends: tuple[Conversation, socket.socket]) -> None:
    """At once, not after the time to wait."""
    conversation, other = ends
    other.close()

    with pytest.raises(ConnectionResetError):
        conversation.exchange(5)
