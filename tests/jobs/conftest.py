"""Running jobs as the program does, and stopping them at an exact checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.context import TaskContext
from taskmon.core.task.task import Task

WATCHDOG = 60.0
EVERY = -1


class InterruptingContext:
    """A real context that calls `action` just before checkpoint number `at`, or before `EVERY` one."""

    def __init__(self, ctx: TaskContext, at: int, action: Callable[[TaskContext], object]) -> None:
        self._ctx = ctx
        self._at = at
        self._action = action
        self.passed = 0

    def checkpoint(self) -> None:
        self.passed += 1
        if self._at in (self.passed, EVERY):
            self._action(self._ctx)
        self._ctx.checkpoint()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("consequence", "result_path"):
            setattr(self._ctx, name, value)
        else:
            super().__setattr__(name, value)


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    runner = TaskRunner(max_workers=16)
    yield runner
    runner.cancel_all()
    assert runner.shutdown(timeout=WATCHDOG), "a worker was left behind"


@pytest.fixture
def run(runner: TaskRunner) -> Callable[..., Task]:
    """Run ``fn(ctx, …)`` as a task and wait for its end; with `at`, call `action(ctx)` before that checkpoint."""

    def run(fn: Callable[..., Any], *args: Any, at: int = 0, action: Any = None, **kwargs: Any) -> Task:
        def job(ctx: TaskContext) -> Any:
            used: Any = InterruptingContext(ctx, at, action or (lambda ctx: ctx.task.cancel("enough")))
            return fn(used if at else ctx, *args, **kwargs)

        task = runner.start(job, name="job")
        assert runner.wait_idle(WATCHDOG)
        return task

    return run


def _make_special(folder: bytes) -> None:
    import socket

    os.mkfifo(folder + b"/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(folder + b"/socket")
    os.symlink(b".", folder + b"/loop")
    os.symlink(b"nowhere", folder + b"/dangling")
    os.symlink(b"plain", folder + b"/link to plain")


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A folder with every kind of name and of file that the job may meet: 12 files, 5 that are none."""
    root = tmp_path / "zoo"
    root.mkdir()
    base = os.fsencode(root)
    names = [
        b"plain",
        b"with space",
        b" leading and trailing ",
        "ünïcode 文件 \U0001f40d".encode(),
        b"new\nline",
        b"carriage\rreturn",
        b"back\\slash",
        b"back\\\nboth",
        b"not utf-8 \xff\xfe",
        b"-",
        b"*star",
        b"sub/empty",
    ]
    os.mkdir(base + b"/sub")
    for number, name in enumerate(names):
        with open(base + b"/" + name, "wb") as file:
            file.write(name * number * 1000 if name != b"sub/empty" else b"")
    _make_special(base)
    return root
