"""Programs among the connections: what they say reaches their tasks, and their end is noticed."""

from __future__ import annotations

import os
from typing import Final

from taskmon.link.frames import Message
from taskmon.link.guest import Guest
from taskmon.link.source import PeerTasks, RemoteSource

#: Seconds between two looks of a program at its tasks, unless it is asked for fewer.
FASTEST_TICK: Final = 0.1


class PeerRole:
    """A program that describes its tasks."""

    def __init__(self, guest: Guest, tasks: PeerTasks, source: RemoteSource) -> None:
        self._guest = guest
        self._lock = source.lock
        self.tasks = tasks
        self.pace = FASTEST_TICK

    def hear(self, message: Message) -> None:
        """Take a message."""
        kind = message["t"]
        if kind == "did":
            with self._lock:
                answered = self._guest.take_answer(message)
                if answered is not None:
                    answered(message.get("ok") is True)
        elif kind == "bye":
            raise FarewellError
        else:
            self.tasks.hear(message)

    def gone(self, farewell: bool) -> None:
        """What has not ended is lost."""
        self.tasks.lose("The program has ended" if farewell else "The program has gone without a word")


class FarewellError(Exception):
    """The other end has said goodbye."""


def process_lives(pid: int) -> bool:
    """Whether a process is there and has not ended. True if that cannot be told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] not in ([b"Z"], [b"X"])
    except FileNotFoundError:
        return not os.path.isdir("/proc/self")
    except OSError:
        return True
