"""The window's end of the link without a window: the real server, and what it told."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from taskmon.core.task.events import StateChanged, TaskAdded, TaskEvent, TaskLogged
from taskmon.core.task.live_tasks import TaskSource
from taskmon.core.task.state import TaskState
from taskmon.link.window.control import ControlRole, TaskList
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.remote_task import RemoteTask
from taskmon.link.window.server import LinkServer
from taskmon.link.wire.channel import Claim, ProgramSocket
from taskmon.link.wire.client import Client
from taskmon.link.wire.connection import Message, encode
from taskmon.link.wire.meeting import address
from tests.helpers.gates import PATIENCE, wait_until


class Office:
    """A server with its source and task_list, in this process."""

    def __init__(self, *own: TaskSource) -> None:
        claim = Claim.take()
        assert claim is not None
        self.claim = claim
        self.source = RemoteSource()
        self.events: list[TaskEvent] = []
        self.source.attach(self.events.append)
        self.task_list = TaskList([*own, self.source])
        self.task_list.open()
        self.rung: list[Message] = []
        self.answer = ""
        self.server = LinkServer(
            claim, self.source, lambda connection: ControlRole(connection, self.task_list, self._ring)
        )
        self.server.start()
        wait_until(claim.is_in_place, "the socket")

    def _ring(self, message: Message) -> str:
        self.rung.append(message)
        return self.answer

    def task(self, name: str, state: TaskState | None = None) -> RemoteTask:
        """Wait until there is a task of that name, in that state; return it."""
        found: list[RemoteTask] = []

        def look() -> bool:
            found[:] = [
                task for task in self.task_list.tasks()
                if task.name == name and (state is None or task.snapshot().state is state)
            ]  # fmt: skip
            return bool(found)

        wait_until(look, f"{name} {state}")
        return found[-1]

    def states(self, task_id: int) -> list[TaskState]:
        """The states that a task was told to have had."""
        return [
            event.snapshot.state for event in list(self.events)
            if isinstance(event, (TaskAdded, StateChanged)) and event.snapshot.id == task_id
        ]  # fmt: skip

    def lines(self, task_id: int) -> list[str]:
        """The log lines that were told of a task."""
        return [event.line for event in list(self.events) if isinstance(event, TaskLogged) and event.task_id == task_id]

    def close(self) -> None:
        """End."""
        self.server.close(PATIENCE)
        self.task_list.close()


@pytest.fixture
def office(meeting_place: str) -> Iterator[Office]:
    """The real server."""
    assert meeting_place
    made = Office()
    yield made
    made.close()


class PlayedProgram:
    """A program that is played: it says whatever a test wants."""

    def __init__(self, **about: Any) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address())
        self._end = ProgramSocket(self.socket.dup())
        self.client = Client(self._end)
        try:
            self.client.greet(**{"role": "peer", "program": "played.py", "run": "0", **about})
        except BaseException:
            self.close()
            raise

    def say(self, *messages: Message) -> None:
        """Send messages, waiting until they have gone."""
        self.client.queue(encode(message) for message in messages)
        self.push()

    def push(self) -> None:
        """Wait until all has gone."""
        while self.client.unsent:
            self.client.exchange(0.01)

    def hear(self, kind: str) -> Message:
        """Wait for a message of a kind."""
        while True:
            message = self.client.receive(PATIENCE)
            if message["t"] == kind:
                return message

    def close(self) -> None:
        """Hang up."""
        self._end.close()
        self.socket.close()

    def __enter__(self) -> PlayedProgram:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def picture(task_id: int, state: str = "running", name: str = "played", **fields: Any) -> dict[str, Any]:
    """A picture as it travels."""
    return {"id": task_id, "name": name, "state": state, "revision": 0, "taken_at": 1.0, "queued_at": 1.0, **fields}
