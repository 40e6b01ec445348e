"""A window that is played: it listens where the real one does, and the test reads and writes its frames."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskmon.core.task.events import TaskEvent
from taskmon.link.wire.channel import Claim, ProgramSocket
from taskmon.link.wire.client import Client
from taskmon.link.wire.connection import Message, encode
from tests.helpers.gates import PATIENCE


@pytest.fixture
def meeting_place() -> str:
    """The folder of this test's own, empty and short enough for a socket."""
    folder = os.environ["TASKMON_RUNTIME_DIR"]
    os.makedirs(folder, 0o700)
    return folder


class PlayedWindow:
    """Takes one program at a time."""

    def __init__(self) -> None:
        claim = Claim.take()
        assert claim is not None
        self.claim = claim
        self._listener = claim.listen()
        self._listener.settimeout(PATIENCE)
        self.program: Client | None = None
        self.hello: Message = {}
        self.heard: list[Message] = []

    def welcome(self) -> None:
        """Let the next program in."""
        if self.program is not None:
            self._connection.close()
        self._connection = ProgramSocket(self._listener.accept()[0])
        self.program = Client(self._connection)
        self.hello = self.program.receive(PATIENCE)
        self.say({"t": "welcome", "v": 1})

    def let_in_now(self) -> None:
        """Take a program that waits already. Raises BlockingIOError if there is none."""
        self._listener.setblocking(False)
        try:
            self._connection = ProgramSocket(self._listener.accept()[0])
        finally:
            self._listener.settimeout(PATIENCE)

    def say(self, message: Message) -> None:
        """Send a message."""
        assert self.program is not None
        self.program.queue([encode(message)])
        self.program.push()

    def hear(self, wanted: Callable[[Message], Any]) -> Any:
        """Read on until a message for which `wanted` gives something; return that."""
        assert self.program is not None
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            message = self.program.receive(end - time.monotonic())
            self.heard.append(message)
            found = wanted(message)
            if found:
                return found
        raise AssertionError(f"not heard; but {self.heard[-5:]}")

    def hear_picture(self, **fields: Any) -> dict[str, Any]:
        """Read on until a picture that has these fields; return it."""

        def match(message: Message) -> dict[str, Any] | None:
            for item in message.get("tasks", ()):
                if all(item.get(name) == value for name, value in fields.items()):
                    return dict(item)
            return None

        return dict(self.hear(match))

    def hang_up(self) -> None:
        """Close the connection, as a window that dies does."""
        if self.program is not None:
            self._connection.close()
            self.program = None

    def close(self) -> None:
        """Go."""
        self.hang_up()
        self._listener.close()
        self.claim.close()


@pytest.fixture
def played_window(meeting_place: str) -> Iterator[PlayedWindow]:
    """A window that is played."""
    assert os.path.isdir(meeting_place)
    made = PlayedWindow()
    yield made
    made.close()


def ignore(_: TaskEvent) -> None:
    """Take an event and do nothing."""
