"""Running tasks with a terminal for a face: from the first start to the exit status.

Everything that happens comes to the main thread through one inbox: the events of the tasks, and the signals. So
only the main thread writes to the terminal, and only it decides. The workers are asked to stop, never killed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO, cast

from taskmon.cli.terminal_output import Face, OutputFullError, OutputGoneError, PlainFace, make_face
from taskmon.core.base.errors import TaskmonError, complain
from taskmon.core.base.text import format_duration
from taskmon.core.base.threads import run_in_background
from taskmon.core.run.runner import TaskRunner
from taskmon.core.stop import StopKind
from taskmon.core.task.events import StateChanged, TaskAdded, TaskFinished, TaskLogged
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task

if TYPE_CHECKING:
    from taskmon.jobs.declare import Work

#: How long a signal that nobody can repeat waits for the workers: a service manager would kill us in the end.
_PATIENCE = 10.0

#: How long leaving without waiting waits all the same: enough for a manifest that is just being renamed.
_LAST_GRACE = 1.0

#: The exit status for an output that takes no more: EX_IOERR of sysexits.h.
OUTPUT_FULL = 74
_ASKED_TO_LEAVE = ("SIGINT", "SIGTERM", "SIGHUP")
_DETAIL_LINES = 200

#: A worker that logs without a pause must not keep the screen from being drawn.
_EVENTS_PER_TURN = 500


class _Signalled(NamedTuple):
    number: int


def run_headless(work: Sequence[Work], output: TextIO | None = None) -> int:
    """Run all `work` at once, show it on `output` (by default the standard output), and return the exit status.

    0: all tasks succeeded. 1: one failed, or was cancelled by something other than a signal. 128 + n: signal n
    cancelled a task (130 for Ctrl-C). 141: the reader of the output went away. 74: the work is done, but the
    output could not be written.

    Must be called in the main thread, as signal handlers are. If a worker does not stop after a second Ctrl-C, this
    ends the process itself and does not return.
    """
    inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
    runner = TaskRunner(max(16, 2 * len(work)), thread_name_prefix="worker")
    session = _Session(runner, inbox, sys.stdout if output is None else output)
    with _signals_to(inbox):
        status = session.run(work)
        # Nothing is left when all tasks have ended; after a second Ctrl-C a worker may be, and its thread must not
        # meet the end of the interpreter half-way.
        if not runner.shutdown(timeout=_LAST_GRACE):
            _leave_at_once(status)
    return status


class _Session:
    """One run: who is alive, what was asked, what to return. Main thread only."""

    def __init__(self, runner: TaskRunner, inbox: queue.SimpleQueue[object], output: TextIO | None) -> None:
        self._runner = runner
        self._inbox = inbox
        self._face: Face = make_face(output)
        self._started: list[Task] = []
        self._live: dict[int, Task] = {}
        self._signal: int | None = None
        self._leave_by: float | None = None
        self._not_written = ""

    def run(self, work: Sequence[Work]) -> int:
        self._runner.attach(self._inbox.put)
        for name, function, arguments in work:
            # Listed here as well, so that the loop below does not find nobody alive before the first event.
            task = self._runner.start(function, name=name, **arguments)
            self._started.append(task)
            self._live[task.id] = task
        try:
            while self._live and not self._is_time_to_leave():
                self._guarded(lambda: self._face.show(self._pictures()))
                self._guarded(self._wait)
            self._guarded(self._face.close)
        except OutputGoneError:
            return self._abandon()
        status = self._status()
        if self._not_written:
            complain(f"the output could not be written: {self._not_written}")
            return status or OUTPUT_FULL
        return status

    def _guarded(self, step: Callable[[], object]) -> None:
        """The work is not harmed by a report of it that cannot be written: it goes on in silence."""
        try:
            step()
        except OutputFullError as error:
            self._not_written = str(error)
            self._face = PlainFace(None)

    def _wait(self) -> None:
        """Sleep until something happened or the face wants to be drawn again; deal with all that happened."""
        timeout = self._face.interval
        if self._leave_by is not None:
            timeout = min(timeout, max(0.0, self._leave_by - time.monotonic()))
        with contextlib.suppress(queue.Empty):
            self._handle(self._inbox.get(timeout=timeout))
            for _ in range(_EVENTS_PER_TURN):
                self._handle(self._inbox.get_nowait())

    def _handle(self, event: object) -> None:
        if isinstance(event, TaskAdded):
            self._live[event.task.id] = cast("Task", event.task)  # a runner has no others
        elif isinstance(event, StateChanged):
            self._face.state_changed(event.snapshot)
        elif isinstance(event, TaskLogged):
            task = self._live.get(event.task_id)
            self._face.say(f"{task.name}: {event.line}" if task else event.line)
        elif isinstance(event, TaskFinished):
            task = self._live.pop(event.snapshot.id, None)
            if task is not None:
                self._tell_end(event.snapshot, task)
        elif isinstance(event, _Signalled):
            self._on_signal(event.number)

    def _on_signal(self, number: int) -> None:
        name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        if self._signal is not None:
            self._face.say("Leaving without waiting.")
            self._leave_by = time.monotonic()
            return
        self._signal = number
        if number == signal.SIGINT:
            self._face.say("Cancelling… (press Ctrl-C again to leave without waiting)")
            self._runner.cancel_all(by=name, kind=StopKind.USER, dispatch=run_in_background)
        else:
            self._face.say(f"Cancelling… ({name})")
            self._leave_by = time.monotonic() + _PATIENCE
            self._runner.cancel_all(by=name, kind=StopKind.SHUTDOWN, dispatch=run_in_background)

    def _is_time_to_leave(self) -> bool:
        return self._leave_by is not None and time.monotonic() >= self._leave_by

    def _pictures(self) -> list[TaskSnapshot]:
        return [task.snapshot() for task in self._live.values()]

    def _tell_end(self, snapshot: TaskSnapshot, task: Task) -> None:
        if task.parent is not None and snapshot.state is not TaskState.FAILED:
            return  # its parent tells; only a failure is news of its own
        self._face.say(f"{snapshot.name}: {_outcome(snapshot)}")
        if snapshot.state is TaskState.SUCCEEDED:
            result = task.result()
            lines = str(result).splitlines() if result is not None else []
        elif snapshot.state is TaskState.FAILED:
            error = task.exception()
            lines = (error.detail if isinstance(error, TaskmonError) else snapshot.details).splitlines()
        else:
            lines = []
        for line in lines[:_DETAIL_LINES]:
            self._face.say(f"  {line}".rstrip())
        if len(lines) > _DETAIL_LINES:
            self._face.say(f"  … and {len(lines) - _DETAIL_LINES} more lines")

    def _status(self) -> int:
        # Whoever has not ended by now was asked to stop, and we leave without waiting for it.
        states = [task.state for task in self._started]
        if self._signal is not None and not all(s in (TaskState.SUCCEEDED, TaskState.FAILED) for s in states):
            return 128 + self._signal
        return 0 if all(state is TaskState.SUCCEEDED for state in states) else 1

    def _abandon(self) -> int:
        """Nobody reads what is written, as after ``| head`` or a closed terminal: stop like after a signal."""
        self._runner.cancel_all(reason="its output was closed", kind=StopKind.SHUTDOWN, dispatch=run_in_background)
        self._runner.wait_idle(_PATIENCE)
        return 128 + signal.SIGPIPE if hasattr(signal, "SIGPIPE") else 1


def _outcome(snapshot: TaskSnapshot) -> str:
    took = format_duration(snapshot.elapsed, precise=True)
    if snapshot.state is TaskState.SUCCEEDED:
        if snapshot.finished_before_stop:
            return f"done in {took}, before it could be cancelled"
        return f"done in {took}"
    if snapshot.state is TaskState.FAILED:
        told = f"failed after {took}: {snapshot.error}"
        return f"{told} ({snapshot.consequence})" if snapshot.consequence else told
    told = f"cancelled after {took}"
    return f"{told}: {snapshot.consequence}" if snapshot.consequence else told


@contextlib.contextmanager
def _signals_to(inbox: queue.SimpleQueue[object]) -> Iterator[None]:
    """Turn the signals that ask a program to leave into messages.

    Python runs a handler in the main thread between any two bytecodes, perhaps while that thread holds a lock that
    cancelling needs, and perhaps late: a signal that another thread receives does not wake a main thread that waits
    for its inbox. So the handlers do nothing. The interpreter also writes the number of each signal to a pipe, at
    once and in whichever thread; one thread reads that and passes it on.

    A signal that was ignored when we started (``nohup``, a background job of a script) stays ignored.
    """
    numbers = [getattr(signal, name) for name in _ASKED_TO_LEAVE if hasattr(signal, name)]
    heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    reading, writing = os.pipe()
    os.set_blocking(writing, False)  # the interpreter demands it: a full pipe must not block a signal handler
    reader = threading.Thread(target=_read_signals, args=(reading, heeded, inbox), name="signals", daemon=True)
    reader.start()
    previous_descriptor = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    previous = {number: signal.signal(number, lambda _number, _frame: None) for number in heeded}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(previous_descriptor)
        os.close(writing)  # the reader meets the end of the pipe
        reader.join()
        os.close(reading)


def _read_signals(reading: int, heeded: Sequence[int], inbox: queue.SimpleQueue[object]) -> None:
    received = 0
    while data := os.read(reading, 1):
        number = data[0]
        if number not in heeded:
            continue
        received += 1
        if received > 2:
            # The main thread has not even left after the second: it hangs in a write to a terminal or pipe that
            # takes nothing. What the workers write is safe in any case, see taskmon.core.base.files.
            os._exit(128 + number)
        inbox.put(_Signalled(number))


def _leave_at_once(status: int) -> None:
    """End the process although a worker still runs.

    An ordinary exit would tear the interpreter down under that thread. Nothing is lost by not doing so: what must be
    on the disk is there or is not begun, and the one thing to be written out is our own output.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)
