"""Workers and waits that the tests of the bridge and of the widgets share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner
from taskmon.bridge.controller import TaskController

#: A watchdog, never a delay: what is waited for comes at once.
LONG = 20_000


class Worker:
    """A job that is led by the hand: it says when it has started, and goes on when it is let."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.go = threading.Event()
        self.returned = threading.Event()

    def obey(self, ctx: TaskContext) -> str:
        """Wait in a checkpoint until let go or stopped."""
        ctx.progress(0, 10, "steps", "obeying")
        self.started.set()
        try:
            while not self.go.is_set():
                ctx.sleep(60)
        finally:
            self.returned.set()
        return "obeyed"

    def ignore(self, ctx: TaskContext) -> str:
        """Wait until let go, and look at no checkpoint meanwhile."""
        ctx.progress(3, 10, "steps", "ignoring")
        self.started.set()
        self.go.wait(60)
        ctx.checkpoint()
        self.returned.set()
        return "ignored"

    def fail(self, ctx: TaskContext) -> None:
        """Raise, once let go."""
        self.started.set()
        self.go.wait(60)
        raise ValueError("as told")

    def finish(self, ctx: TaskContext) -> str:
        """Return once let go, whatever was asked meanwhile."""
        self.started.set()
        self.go.wait(60)
        return "finished"


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner that is empty again when the test ends."""
    made = TaskRunner(8)
    yield made
    made.cancel_all()
    assert made.shutdown(timeout=20), "a worker of this test did not end"


@pytest.fixture
def controller(qtbot: QtBot, runner: TaskRunner) -> Iterator[TaskController]:
    """A controller for the runner."""
    made = TaskController(runner)
    yield made
    made.close()
    made.deleteLater()


def until(qtbot: QtBot, condition: Callable[[], Any]) -> None:
    """Turn the event loop until `condition` holds."""
    qtbot.waitUntil(lambda: bool(condition()), timeout=LONG)
