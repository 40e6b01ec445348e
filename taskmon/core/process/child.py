"""The far end of a task's process: a task with a context of its own, and the two threads that connect it.

The worker touches no pipe, so a slow reader cannot slow it down. The main thread looks at the task a few times a
second, and at once when its state has changed, and reports what is new; there is no queue that could grow. A second
thread follows the commands.

The process ends with its parent, in whatever way that ends: see `_End`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.error_text import error_texts
from taskmon.core.base.errors import type_name
from taskmon.core.base.text import to_text
from taskmon.core.process.parent import HEARTBEAT, PERIOD, Command, Outcome, Report, shorten, watch_process
from taskmon.core.run.runner import TaskRunner
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.stop import StopKind
from taskmon.core.task.context import TaskContext
from taskmon.core.task.events import StateChanged, TaskEvent
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_STANDING: Final = frozenset({TaskState.HELD, TaskState.PAUSED})
#: A paused worker stands in a checkpoint.
_IN_CHECKPOINT: Final = CheckpointReading(0.0, 0.0, 0.0)


def run_child(commands: Connection[Any, Any], reports: Connection[Any, Any]) -> None:
    """Run the one task of this process to its end, and tell how it went."""
    _ignore_ctrl_c()
    _let_go_of_the_tracker()
    end = _End()
    try:
        name, takes_context = commands.recv()
        payload = commands.recv_bytes()
    except (EOFError, OSError):
        return  # the program has gone
    work = _Work(payload, end.tie_thread)
    del payload
    with TaskRunner(thread_name_prefix="taskmon-process") as runner:
        # Held until the first command has come, which may be a stop.
        task = runner.start(work, takes_context, name=name, paused=True)
        _Child(runner, task, commands, reports, end).run()


class _Work:
    """The function and its arguments, unpacked where the task runs: a failure is the task's, and may be cancelled."""

    def __init__(self, payload: bytes, tie: Callable[[], object]) -> None:
        self._payload = payload
        self._tie = tie

    def __call__(self, ctx: TaskContext, takes_context: bool) -> Any:
        import pickle

        self._tie()  # this is the thread that would become another program
        payload, self._payload = self._payload, b""
        fn, args, kwargs = pickle.loads(payload)
        del payload
        ctx.checkpoint()
        return fn(ctx, *args, **kwargs) if takes_context else fn(*args, **kwargs)


class _Child:
    """Connects a task of this process with the one of the parent that it stands for."""

    def __init__(
        self,
        runner: TaskRunner,
        task: Task,
        commands: Connection[Any, Any],
        reports: Connection[Any, Any],
        end: _End,
    ) -> None:
        self._end = end
        self._runner = runner
        self._task = task
        self._commands = commands
        self._reports = reports
        self._changed = threading.Event()
        self._heard = 0
        self._lines = 0  # of the log, that have been reported
        self._last: Report | None = None
        self._last_at = 0.0
        self._stack_wanted = False
        self._stack: StackSample | None = None
        runner.events.attach(self._listen)

    def run(self) -> None:
        """Report until the task has ended, and then how."""
        threading.Thread(target=self._follow, name="taskmon-commands", daemon=True).start()
        task = self._task
        try:
            self._report()
            while not task.done():
                standing = task.state in _STANDING
                changed = self._changed.wait(_LOOK_PERIOD if standing else PERIOD)
                self._end.look()
                if changed or not standing:  # of one that stands still there is nothing to report
                    self._changed.clear()
                    self._report()
            self._report()  # the last words
            outcome = self._outcome()
            self._reports.send(outcome._replace(value=None))
            self._reports.send_bytes(outcome.value or b"")
        except OSError:
            return  # nobody listens any more; the other thread has noticed, too, and asked the task to stop

    def _listen(self, event: TaskEvent) -> None:
        if isinstance(event, StateChanged):
            self._changed.set()

    # -- up -----------------------------------------------------------------------------------------

    def _report(self) -> None:
        """Send the picture of this moment, unless it is as the one before."""
        heard = self._heard  # first: the picture may be newer, but not older
        task, context = self._task, self._task.context
        picture = task.snapshot()
        count, lines = task.log_lines(self._lines)
        missed = count - self._lines - len(lines)
        self._lines = count
        shield = context.stop.shield_text
        report = Report(
            heard,
            picture.state,
            picture.progress,
            shorten(picture.reason),
            picture.stop_seen_at,
            None if shield is None else to_text(shield),
            to_text(context.consequence),
            to_text(context.result_path),
            _IN_CHECKPOINT if picture.state is TaskState.PAUSED else picture.checkpoint,
            tuple(lines),
            missed,
            stack=self._look(),
        )
        if report != self._last or picture.taken_at - self._last_at >= HEARTBEAT:
            self._reports.send(report)
            self._last = report._replace(lines=(), missed=0)
            self._last_at = picture.taken_at

    def _look(self) -> StackSample | None:
        """Where the thread is, if somebody wants to know; looked at a few times a second."""
        thread_id = self._task.thread_id
        if not self._stack_wanted or thread_id is None:
            return None
        from taskmon.core.stacks.sampler import PERIOD as LOOKS_APART
        from taskmon.core.stacks.sampler import sampler

        if self._stack is None or time.monotonic() - self._stack.taken_at >= LOOKS_APART:
            self._stack = sampler.look(thread_id)
        return self._stack

    def _outcome(self) -> Outcome:
        import pickle

        task = self._task
        cancelled = task.state is TaskState.CANCELLED
        early = cancelled or task.context.stopped_early is True
        error = None if cancelled else task.exception()
        value = task.partial_result if cancelled else None if error is not None else task.result()
        try:
            data = pickle.dumps(value if error is None else error, pickle.HIGHEST_PROTOCOL)
        except BaseException as problem:
            if error is None:
                title = f"Its result, {_article(type_name(value))}, cannot be sent from its process"
                line, details = error_texts(problem)
                return Outcome(TaskState.FAILED, early, title, f"{title}: {line}", details)
            data = None
        picture = task.snapshot()
        kind = "" if error is None else type_name(error)
        return Outcome(task.state, early, kind, picture.error, picture.details, data)

    # -- down ---------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Follow the commands. Their end is that of the parent."""
        from multiprocessing import parent_process
        from multiprocessing.connection import wait

        parent = parent_process()
        assert parent is not None
        # A process that the parent has forked keeps the pipe open.
        self._end.tie_thread(_CONTINUED_BY)
        with watch_process(parent.pid) as handle:
            ends: list[Any] = [self._commands] if handle is None else [self._commands, handle]
            try:
                while self._commands in wait(ends):
                    self._obey(self._commands.recv())
            except (EOFError, OSError):
                pass
        self._end.come(lambda: self._runner.cancel_all(reason=_GONE, kind=StopKind.SHUTDOWN))

    def _obey(self, command: Command) -> None:
        if command.reason is not None:
            kind, by, text, _ = command.reason
            self._runner.cancel_all(reason=text, by=by, kind=kind)  # its subtasks, too
        elif command.paused:
            self._task.pause()
        else:
            self._task.resume()
        self._stack_wanted = command.stack
        self._heard = command.number
        self._changed.set()


_GONE: Final = "the program it belonged to has gone"

#: How long the work may clean up once its program has gone, in seconds. Then the process ends, whatever it does.
GRACE: Final = 3
#: The signal by which the system tells a child that its parent has ended, and whose number is the seconds in which it
#: ends if its interpreter is held and it can do nothing about it. Nobody else sends it but a debugger.
_TOLD_BY: Final = int(getattr(signal, "SIGTRAP", 0))
#: By this one it is told as well, for a process that has been stopped can do nothing about any other.
_CONTINUED_BY: Final = int(getattr(signal, "SIGCONT", 0))
_PR_SET_PDEATHSIG: Final = 1
#: How often a task that stands still looks whether such an alarm must be called off, in seconds.
_LOOK_PERIOD: Final = 2.0


class _End:
    """Ties this process to its parent.

    A thread that waits on a pipe and on the parent's process notices every end; but it cannot run while the work holds
    the interpreter, in a call into C that never lets go. So the system is asked for a signal, too, and given a handler
    that needs no interpreter: the C library's `alarm`, which gets the signal's number as its argument and has the
    process ended so many seconds later. Where the thread can run, it puts the alarm off to `GRACE`, and asks the work
    to stop meanwhile.

    The signal comes when the *thread* ends that has made this process. That is the one of the runner that follows it to
    its end; should it end otherwise, the parent is still there, and the alarm is called off. It is the wish of one
    thread, too, and outlasts an ``exec`` of that one: the program that the work becomes has no handler, and ends by it.
    Another thread wishes for the one that makes a stopped process go on.
    """

    def __init__(self) -> None:
        from multiprocessing import parent_process

        parent = parent_process()
        self._parent = parent.pid if parent is not None else None
        self._tied = False
        if sys.platform == "linux":
            with suppress(Exception):  # without ctypes, or within a sandbox: there is still the thread
                self._tie()
        if self._parent is not None and os.getppid() != self._parent:  # it was faster than the request for the signal
            os._exit(1)

    def _tie(self) -> None:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
        libc.signal.restype = ctypes.c_void_p
        libc.signal(_TOLD_BY, ctypes.cast(libc.alarm, ctypes.c_void_p))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {_TOLD_BY, signal.SIGALRM})  # it may have come with them blocked
        self._prctl = libc.prctl
        self._tied = True
        self.tie_thread()

    def tie_thread(self, told_by: int = _TOLD_BY) -> None:
        """Have the signal come as long as the calling thread is there, or what it becomes by an ``exec``."""
        if self._tied:
            from ctypes import c_ulong

            self._prctl(_PR_SET_PDEATHSIG, c_ulong(told_by), 0, 0, 0)

    def come(self, ask: Callable[[], object]) -> None:
        """The parent has gone: `ask` the work to stop, and end this process `GRACE` seconds later. Does not return."""
        if self._tied:
            signal.alarm(GRACE)  # for the case that the interpreter is held from now on
        ask()
        threading.Event().wait(GRACE)
        os._exit(1)

    def look(self) -> None:
        """Call off an alarm for a parent that is still there. In the main thread, now and then."""
        if (
            self._tied
            and signal.getitimer(signal.ITIMER_REAL)[0]
            and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL  # otherwise it is the work's own
            and self._parent == os.getppid()
        ):
            signal.alarm(0)


def _article(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _ignore_ctrl_c() -> None:
    """Leave Ctrl-C, which the terminal sends to all, to the parent; it was blocked until now.

    By a handler that does nothing: unlike SIG_IGN, it is not handed down to the programs that the work may start.
    """
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _let_go_of_the_tracker() -> None:
    """Do not hold the parent's resource tracker. Newer Pythons wait for its end at exit, and so for this process.

    Should the work need one, another is started.
    """
    from multiprocessing import resource_tracker

    tracker = resource_tracker._resource_tracker
    descriptor, tracker._fd = tracker._fd, None  # type: ignore[attr-defined]
    if descriptor is not None:
        os.close(descriptor)
