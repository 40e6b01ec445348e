"""The near end of a task's process: the thread that starts it, follows it, and hands on what is wanted of it.

Two pipes. News comes up one, read by the worker's thread, which sleeps in between without the interpreter lock.
Commands go down the other, and each says all that is wanted, so that one which finds the pipe full may be left out:
the next says it too. They are written by whoever wants something, at once and without waiting: a stop does not depend
on this thread getting its turn. A child that reads the end of its pipe knows that the program has gone.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskmon.core.base.text import count_of, to_text
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.stop import StopReason
from taskmon.core.task.context import TaskContext
from taskmon.core.task.meter import CheckpointMeter, CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.state import TaskState

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

#: Seconds between two reports of a task that is at work and has news …
PERIOD: Final = 1 / 15
#: … or has none. Of one that stands still, there are none.
HEARTBEAT: Final = 1.0
#: For how many seconds after the last question the child looks where its thread is.
_STACK_PATIENCE: Final = 3.0
#: Longest texts of a reason that travel. A command must fit into a pipe in one piece: 4 096 bytes on Linux.
_REASON_LIMIT: Final = 400


class Command(NamedTuple):
    """All that is wanted of a child's task."""

    number: int
    paused: bool
    reason: StopReason | None
    stack: bool = False
    """Whether somebody wants to know where its thread is."""


class Report(NamedTuple):
    """How a child's task stands. Sent when it differs from the one before."""

    heard: int
    """The number of the last command that had been followed before the rest was looked at."""
    state: TaskState
    progress: Progress
    reason: StopReason | None
    stop_seen_at: float | None
    shield: str | None
    consequence: str
    result_path: str
    reading: CheckpointReading | None
    lines: tuple[str, ...]
    """Log lines since the report before."""
    missed: int
    """How many more there were, too many to be kept."""
    stack: StackSample | None = None


class Outcome(NamedTuple):
    """How a child's task has ended: the last thing that it sends."""

    state: TaskState
    stopped_early: bool
    error_type: str
    error_line: str
    details: str
    value: bytes | None = None
    """The pickled result or exception; None if there is none. Sent apart, because it may be huge."""


class RemoteMeter(CheckpointMeter):
    """Tells what the meter in the child measured, and nothing of the thread here."""

    is_remote = True

    __slots__ = ("_reported", "_stack", "_stack_asked_at")

    def __init__(self) -> None:
        super().__init__()
        self._reported: tuple[CheckpointReading, float, float] | None = None
        self._stack: StackSample | None = None
        self._stack_asked_at = -math.inf

    def ask_stack(self) -> StackSample | None:
        """Return the latest look at the thread in the child, and have it looked at for a while. Never waits."""
        self._stack_asked_at = time.monotonic()
        return self._stack

    def wants_stack(self) -> bool:
        """Whether somebody has asked lately. If not, what was known is too old to be told to the next who asks."""
        wanted = time.monotonic() - self._stack_asked_at < _STACK_PATIENCE
        if not wanted:
            self._stack = None
        return wanted

    def take_stack(self, sample: StackSample | None) -> None:
        """Note where the thread was."""
        if sample is not None:
            self._stack = sample

    def take(self, reading: CheckpointReading | None, now: float, *, next_follows: bool) -> None:
        """Note what was reported, and whether the next report follows by itself."""
        holds_until = now + 2.5 * HEARTBEAT if next_follows else math.inf
        self._reported = None if reading is None else (reading, now, holds_until)

    def ask(self, now: float) -> bool:
        """Ask nobody: it is the child that asks."""
        del now
        return False

    def read(self, now: float) -> CheckpointReading:
        """Return what is known at `now`. A child that has fallen silent, stuck in C, would not stop either."""
        if self._reported is None:
            return CheckpointReading(None, None, 0.0)
        reading, taken_at, holds_until = self._reported
        if now <= holds_until:
            return reading
        silence = now - taken_at
        seen = None if reading.last_seen is None else reading.last_seen + silence
        silence += reading.unanswered
        return CheckpointReading(max(reading.stops_within or 0.0, silence), seen, silence)


class Link:
    """One run of one child. Belongs to the worker's thread, except `_tell`.

    Attributes:
        outcome: what the child sent at its end; None if it ended without.
        has_reported: whether the child came as far as to report.
    """

    def __init__(
        self, context: TaskContext, entry: Callable[[Connection[Any, Any], Connection[Any, Any]], None]
    ) -> None:
        self._context = context
        self._entry = entry
        self._meter = RemoteMeter()
        self._wanted: tuple[bool, StopReason | None, bool] | None = (
            None  # the last that was told; the task's lock guards it
        )
        self._told = 0
        self._shield: str | None = None
        self._shields = ExitStack()
        self._commands: Connection[Any, Any]
        self.has_reported = False
        self.outcome: Outcome | None = None

    # The task is not kept: an error's traceback leads to this object, and the task to the error.

    def run(self, payload: bytes, takes_context: bool) -> int | None:
        """Start a child, follow it to its end, and return its status; None if it cannot be known.

        Raises:
            OSError: if it could not be started.
        """
        import multiprocessing

        spawn = multiprocessing.get_context("spawn")
        with ExitStack() as descriptors:
            their_commands, self._commands = map(descriptors.enter_context, spawn.Pipe(duplex=False))
            reports, their_reports = map(descriptors.enter_context, spawn.Pipe(duplex=False))
            process = spawn.Process(target=self._entry, args=(their_commands, their_reports))
            with _no_ctrl_c():
                process.start()
            # Multiprocessing would wait for it when the interpreter exits, and look after it from other threads.
            multiprocessing.process._children.discard(process)  # type: ignore[attr-defined]
            descriptors.callback(_reap, process)
            # If this thread fails, the child is left alone, finds that out, and leaves.
            descriptors.callback(reports.close)
            descriptors.callback(self._commands.close)
            their_commands.close()
            their_reports.close()
            with suppress(OSError):  # it may have gone already; then there is nothing to be told
                self._commands.send((self._context.task.name, takes_context))
                self._commands.send_bytes(payload)
            del payload  # it may be huge
            os.set_blocking(self._commands.fileno(), False)
            with self._in_touch():
                self._follow(reports, process)
                process.join()
            return process.exitcode

    @contextmanager
    def _in_touch(self) -> Iterator[None]:
        """Have `_tell` called whenever something else is wanted, and show the child's checkpoints instead of ours."""
        context = self._context
        own_meter = context._swap_meter(self._meter)
        context._enter_wait(self._tell)
        try:
            with context.task.lock:
                self._tell()
            yield
        finally:
            context._leave_wait()
            context._swap_meter(own_meter)
            self._shields.close()

    def _follow(self, reports: Connection[Any, Any], process: SpawnProcess) -> None:
        """Take the news of the child until there will be no more."""
        from multiprocessing.connection import wait

        # Its pipes do not tell its end if processes of its own have inherited them.
        with watch_process(process.pid) as handle:
            end = process.sentinel if handle is None else handle
            while reports in wait([reports, end]):
                try:
                    message = reports.recv()
                    if isinstance(message, Outcome):
                        self.outcome = message._replace(value=reports.recv_bytes() or None)
                        return
                except (EOFError, OSError):
                    return
                self._apply(message)

    def _tell(self) -> None:
        """Tell the child what is wanted of it, if that has changed. Any thread, with the task's lock; never waits."""
        wanted = (self._context._pause, self._context.stop.reason, self._meter.wants_stack())
        if wanted == self._wanted:
            return
        paused, reason, stack = wanted
        try:
            self._commands.send(Command(self._told + 1, paused, shorten(reason), stack))
        except BlockingIOError:
            return  # full of what it has not read; told again with its next report
        except OSError:
            pass  # it has gone
        self._told += 1
        self._wanted = wanted

    def _apply(self, report: Report) -> None:
        """Make the task here look like the one in the child."""
        context, task = self._context, self._context.task
        standing = report.state in _STANDING
        self.has_reported = True
        context._replace_progress(report.progress)
        context.consequence = report.consequence
        context.result_path = report.result_path
        self._meter.take_stack(report.stack)
        self._meter.take(report.reading, time.monotonic(), next_follows=not standing)
        if report.shield != self._shield:
            self._shield = report.shield
            self._shields.close()
            if report.shield is not None:
                self._shields.enter_context(context.stop.shield(report.shield))
        if report.missed:
            context.log(f"({count_of(report.missed, 'lines')} came too fast to be kept)")
        for line in report.lines:
            context.log(line)
        if report.reason is not None and not task.stop_requested:  # it was its own idea
            task.cancel(report.reason.text, by=report.reason.by, kind=report.reason.kind)
        with task.lock:
            if report.stop_seen_at is not None:
                task.note_stop_seen(report.stop_seen_at)
            if standing and report.heard == self._told:  # not one that was resumed meanwhile
                task.note_paused()
            self._tell()


_STANDING: Final = frozenset({TaskState.HELD, TaskState.PAUSED})


def shorten(reason: StopReason | None) -> StopReason | None:
    """Return `reason` in texts that may travel."""
    if reason is None:
        return None
    return reason._replace(by=to_text(reason.by)[:_REASON_LIMIT], text=to_text(reason.text)[:_REASON_LIMIT])


def _reap(process: SpawnProcess) -> None:
    """Wait for the end of a child and give back its descriptors."""
    process.join()
    with suppress(ValueError):  # where SIGCHLD is ignored, nobody knows whether it still runs
        process.close()


@contextmanager
def watch_process(pid: int | None) -> Iterator[int | None]:
    """Give a descriptor that can be read once the process has ended; None where the system has none."""
    handle = None
    if pid is not None and hasattr(os, "pidfd_open"):
        with suppress(OSError):
            handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def _no_ctrl_c() -> Iterator[None]:
    """Start a process that does not die of Ctrl-C before it has said what it does about it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
