"""The far end of a task's process: a task with a context of its own, and the two threads that connect it.

The worker touches no pipe, so a slow reader cannot slow it down. The main thread looks at the task a few times a
second, and at once when its state has changed, and reports what is new; there is no queue that could grow. A second
thread follows the commands.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.errors import describe_error, summarize_error
from taskmon.core.base.text import to_text, type_name
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
    try:
        name, takes_context = commands.recv()
        payload = commands.recv_bytes()
    except (EOFError, OSError):
        return  # the program has gone
    work = _Work(payload)
    del payload
    with TaskRunner(thread_name_prefix="taskmon-process") as runner:
        # Held until the first command has come, which may be a stop.
        task = runner.start(work, takes_context, name=name, paused=True)
        _Child(runner, task, commands, reports).run()


class _Work:
    """The function and its arguments, unpacked where the task runs: a failure is the task's, and may be cancelled."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def __call__(self, ctx: TaskContext, takes_context: bool) -> Any:
        import pickle

        payload, self._payload = self._payload, b""
        fn, args, kwargs = pickle.loads(payload)
        del payload
        ctx.checkpoint()
        return fn(ctx, *args, **kwargs) if takes_context else fn(*args, **kwargs)


class _Child:
    """Connects a task of this process with the one of the parent that it stands for."""

    def __init__(
        self, runner: TaskRunner, task: Task, commands: Connection[Any, Any], reports: Connection[Any, Any]
    ) -> None:
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
                self._changed.wait(None if task.state in _STANDING else PERIOD)
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
                line = f"{title}: {summarize_error(problem)}"
                return Outcome(TaskState.FAILED, early, title, line, describe_error(problem))
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
        with watch_process(parent.pid) as handle:
            ends: list[Any] = [self._commands] if handle is None else [self._commands, handle]
            try:
                while self._commands in wait(ends):
                    self._obey(self._commands.recv())
            except (EOFError, OSError):
                pass
        self._runner.cancel_all(reason="the program it belonged to has gone", kind=StopKind.SHUTDOWN)

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
