"""Workers for processes of their own: importable, and met by way of files, because they share no memory with a test."""

from __future__ import annotations

import contextvars
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from taskmon.core.base.errors import TaskmonError
from taskmon.core.stop import StopKind
from taskmon.core.task.context import TaskContext, current_task
from taskmon.core.task.state import TaskState
from tests.helpers.gates import PATIENCE, wait_until

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="as imported")


def describe(ctx: TaskContext, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """Return what arrived, and where."""
    return os.getpid(), ctx.task.name, args, kwargs


def describe_plainly(*args: Any) -> tuple[Any, ...]:
    """As a function that knows nothing of tasks, until it asks."""
    return os.getpid(), current_task().task.name, args


def read_variable(ctx: TaskContext) -> str:
    """Return the value of a context variable."""
    return VARIABLE.get()


def echo(ctx: TaskContext, value: Any) -> Any:
    """Return the argument."""
    return value


def tell(ctx: TaskContext) -> None:
    """Report everything that can be reported."""
    ctx.progress(3, 4, "files", "the third")
    ctx.log("one\ntwo")
    ctx.log("three")
    ctx.consequence = "one file is missing"


def log_much(ctx: TaskContext, count: int) -> None:
    """Log faster than anybody keeps."""
    for number in range(count):
        ctx.log(f"line {number}")


def meet(fifo: str) -> None:
    """Wait until the test opens the other end."""
    with open(fifo) as meeting:
        meeting.read()


def wait_asleep(ctx: TaskContext) -> None:
    """Stand at a checkpoint until stopped."""
    ctx.progress(message="here")
    ctx.sleep(4 * PATIENCE)  # a busy machine is given time


def work_in_checkpoints(ctx: TaskContext) -> None:
    """Compute until stopped."""
    ctx.progress(message="here")
    while True:
        ctx.advance()
        ctx.checkpoint()


def poll_the_flag(ctx: TaskContext) -> str:
    """Leave by oneself, with a part of the result."""
    ctx.progress(message="here")
    ctx.stop.wait(PATIENCE)
    return "a part"


def say_stopped_early(ctx: TaskContext, fifo: str) -> str:
    """Say that it is a part, without having looked at the flag."""
    ctx.progress(message="here")
    meet(fifo)
    ctx.stopped_early = True
    return "a part"


def ignore_the_stop(ctx: TaskContext, fifo: str) -> str:
    """Look at nothing until the test comes."""
    ctx.progress(message="here")
    meet(fifo)
    return "all of it"


def clean_up_badly(ctx: TaskContext) -> None:
    """Fail on the way out."""
    try:
        wait_asleep(ctx)
    finally:
        raise ValueError("could not clean up")


def finish_in_a_shield(ctx: TaskContext, fifo: str) -> None:
    """Hear the stop, but hold it off until the test comes."""
    with ctx.stop.shield("renaming the file"):
        ctx.progress(message="here")
        ctx.stop.wait(PATIENCE)
        meet(fifo)
        ctx.checkpoint()
    ctx.checkpoint()


def stop_oneself(ctx: TaskContext) -> None:
    """Have enough."""
    ctx.task.cancel("had enough", by="the worker", kind=StopKind.PARENT)
    ctx.checkpoint()


def start_subtasks(ctx: TaskContext) -> list[Any]:
    """Split the work."""
    parts = [ctx.subtask(echo, number) for number in range(3)]
    ctx.join(*parts)
    return [part.result() for part in parts]


def pause_when_met(ctx: TaskContext, fifo: str) -> str:
    """Wait until the pause has been heard, meet the test, and reach a checkpoint."""
    ctx.progress(message="here")
    wait_until(lambda: ctx.task.state is TaskState.PAUSING, "the pause")
    meet(fifo)
    ctx.checkpoint()
    return "went on"


# -- failures ----------------------------------------------------------------------------------------------------------


class Picky(Exception):
    """Its pickle cannot be read: __init__ wants more than it keeps."""

    def __init__(self, part: str, number: int) -> None:
        super().__init__(f"{part} number {number}")


class Holding(Exception):
    """Cannot be pickled at all."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


class HoldingExplained(TaskmonError):
    """An explained failure that cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("Cannot copy", "the disk is full")
        self.lock = threading.Lock()


def fail(ctx: TaskContext, kind: str) -> NoReturn:
    """Raise."""
    if kind == "plain":
        raise FileNotFoundError(2, "not there", "photo.jpg")
    if kind == "explained":
        raise TaskmonError("Cannot copy", "the disk is full", "0 bytes free")
    if kind == "picky":
        raise Picky("part", 7)
    if kind == "holding":
        raise Holding("it holds a lock")
    if kind == "holding explained":
        raise HoldingExplained
    sys.exit(3)


def leave(ctx: TaskContext, how: str) -> NoReturn:
    """End the process, without a word."""
    ctx.progress(message="here")
    if how == "exit":
        os._exit(3)
    if how == "closed":
        os.closerange(3, 256)
        os._exit(0)
    os.kill(os.getpid(), getattr(signal, how))
    raise AssertionError("still there")


def be_killed(ctx: TaskContext) -> None:
    """Tell who one is, and wait for what will come."""
    ctx.progress(message=str(os.getpid()))
    ctx.sleep(PATIENCE)


def leave_a_fork_behind(ctx: TaskContext, fifo: str) -> NoReturn:
    """Crash, while a process that has inherited everything lives on."""
    if os.fork() == 0:
        meet(fifo)
        os._exit(0)
    os._exit(3)


def return_a_lock(ctx: TaskContext) -> Any:
    """Return what cannot be sent."""
    return threading.Lock()


def fail_to_arrive() -> NoReturn:
    """What `Unreadable` is made by."""
    raise ValueError("cannot be read")


class Unreadable:
    """Its pickle cannot be read."""

    def __reduce__(self) -> Any:
        return fail_to_arrive, ()


def make_unreadable(ctx: TaskContext) -> Unreadable:
    """Return what can be sent, but not received."""
    return Unreadable()


# -- floods ------------------------------------------------------------------------------------------------------------


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def flood(ctx: TaskContext, count: int, fifo: str) -> int:
    """Report as fast as can be, meet the test, and return by how many bytes this process has grown."""
    for _ in range(1_000):
        ctx.log("*" * 1_000)  # as many as are kept
    before = _resident()
    for number in range(count):
        ctx.progress(number, count, message=f"{number:4000}")
        ctx.log(f"{number:1000}")
    grown = _resident() - before
    meet(fifo)
    return grown
