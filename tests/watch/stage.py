"""The watcher in the test's own process: hooks in place, and looks that happen when the test says so."""

from __future__ import annotations

import importlib
import math
import os
import pkgutil
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import taskmon.watch
from taskmon.core.task.events import StateChanged, TaskAdded, TaskEvent
from taskmon.core.task.state import TaskState
from taskmon.watch.looking import Looking
from taskmon.watch.rows import stoppable_task
from taskmon.watch.rows.watched_task import Board, WatchedTask
from taskmon.watch.start import Hooks
from tests.helpers.gates import wait_until

# In a program, ours are not among its modules. Here they are: one that came between a look and a click would be taken
# for the program's, which has gone on since.
for _found in pkgutil.walk_packages(taskmon.watch.__path__, "taskmon.watch."):
    importlib.import_module(_found.name)


class Watch:
    """What the agent is in a program, without its thread."""

    def __init__(self, *, library: bool = False) -> None:
        self.hooks = Hooks()
        self.hooks._wait_for_modules()
        self._asked: deque[Callable[[], object]] = deque()
        self.board = Board("program.py", os.getpid(), self._asked.append)
        self.events: list[TaskEvent] = []
        self.looking = Looking(self.board, self.hooks, library=library)
        self.board.attach(self.events.append)

    def look(self, times: int = 1) -> None:
        """What happens a few times a second."""
        for _ in range(times):
            while self._asked:
                self._asked.popleft()()
            self.looking.look()
        assert not self.looking._failures

    def names(self) -> list[str]:
        """The rows beneath the program."""
        return [row.name for row in self.board.tasks() if row.kind != "program"]

    def row(self, part: str, state: TaskState | None = None) -> WatchedTask:
        """Look until there is a row with such a name, in that state; return it."""
        found: list[WatchedTask] = []

        def there() -> bool:
            self.look()
            found[:] = [r for r in self.seen() if part in r.name and (state is None or r.state is state)]
            return bool(found)

        wait_until(there, f"{part} {state}; there are {self.names()}")
        return found[-1]

    def seen(self) -> list[Any]:
        """All rows that there ever were."""
        ended = [event.task for event in self.events if isinstance(event, TaskAdded)]
        return [*ended, *(row for row in self.board.tasks() if row not in ended)]

    def states(self, row: WatchedTask) -> list[TaskState]:
        """The states that a row was told to have had, without repetitions."""
        told = [
            e.snapshot.state for e in self.events if isinstance(e, TaskAdded | StateChanged) and e.snapshot.id == row.id
        ]
        return [state for number, state in enumerate(told) if not number or told[number - 1] is not state]

    def close(self) -> None:
        """Take the hooks out."""
        self.hooks.undo()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """A watcher that begins with the test. Its threads stay young, however long the machine takes."""
    monkeypatch.setattr(stoppable_task, "_SETTLED", math.inf)
    monkeypatch.setattr(stoppable_task, "_GROWN", math.inf)
    made = Watch()
    yield made
    made.close()
