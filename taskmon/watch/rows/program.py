"""Showing the program itself: the row above all others, and what it prints."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` builds its enumerations anew
import functools
import os
import sys
import time
import types
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base import signals
from taskmon.core.base.error_text import plain_error_texts
from taskmon.core.base.errors import is_error
from taskmon.core.base.text import format_duration
from taskmon.core.stop.reason import StopKind
from taskmon.core.task.events import TaskLog, TaskLogged, to_lines
from taskmon.core.task.ladder import IGNORES, INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.request import Verb
from taskmon.core.task.snapshot import ProgramInfo, StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch import qt_objects
from taskmon.watch.cancels import carries_cancel
from taskmon.watch.hooks.patching import report
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.rows.children import PART
from taskmon.watch.rows.watched_task import RawProgress, WatchedTask, is_all_done
from taskmon.watch.thread_fields import active_threads, fields_of, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from taskmon.core.stop.token import Dispatch
    from taskmon.core.task.meter import CheckpointReading
    from taskmon.core.task.request import Request
    from taskmon.core.task.snapshot import TaskSnapshot
    from taskmon.watch.hooks.output import OutputHook
    from taskmon.watch.rows.children import ChildLook
    from taskmon.watch.rows.watched_task import Board

#: What cannot be shown is told in so many sentences at most.
_MOST_TROUBLES: Final = 8
_QUIT: Final = "calls quit() of its application"
_QUITS: Final = f"asks it to end: {_QUIT}"
_ASKS_TASKS: Final = "asks each of its tasks to stop"
_QUITS_LAST: Final = f"{_ASKS_TASKS}, then {_QUIT}"
_QUITS_AFTER_SOME: Final = f"asks those of its tasks to stop that have a way, then {_QUIT}"
_MAY_ABORT: Final = "{means}; Qt may abort it then: {thread} cannot be stopped"
_MAY_ABORT_MANY: Final = "{means}; Qt may abort it then: {n} of its QThreads cannot be stopped"
#: Seconds that its tasks have to end before it is asked to quit.
_TIME_TO_LEAVE: Final = 5.0
#: What has caught an interrupt and ends in good order within so many seconds is taken to have ended because of it.
_AT_ONCE: Final = 2.0
_IN_DOUBT: Final = "it ended {time} after it was asked, and whether its work was complete then cannot be told"
#: The files in which hubs of greenlets go their rounds, by their ends.
_HUBS_END: Final = 13
_HUBS: Final = {"gevent/hub.py": "gevent", "t/hubs/hub.py": "eventlet"}
_NOT_SHOWN: Final = "runs greenlets of {library}, which are not shown one by one"
NOT_LOOKED_AT: Final = "has loaded what runs several interpreters: to look into its threads is not safe on this Python"
_WAITS_FOR: Final = "its main thread has ended; it waits for {names}"
_AND_OTHERS: Final = "its main thread has ended; it waits for {names} and {n} others"
#: Calls that a main thread is in at most once it has ended.
_MOST_CALLS: Final = 16
#: Threads that are told by their names, and characters of those.
_MOST_NAMES: Final = 3
_LONGEST_THREAD: Final = 30
#: Characters of the name of a handler.
_LONGEST_NAME: Final = 60


class ProgramRow(WatchedTask):
    """The program. A cancel does what its user means by it.

    Where its main thread only waits for threads and calls that can all be stopped, they are; otherwise a cancel is what
    Ctrl-C does, which the program's author has thought of: it cancels the main coroutine before what that would have
    stopped, and shuts workers down in their order. A program in Qt's loop, which would hear of Ctrl-C in the midst of
    some slot, is asked to quit, after its tasks. What is firmer is offered by its name. It is cancelled when it has
    ended.
    """

    kind = "program"

    def __init__(
        self,
        board: Board,
        output: OutputHook,
        began: float | None = None,
        *,
        attached: bool = False,
        part: bool = False,
    ) -> None:
        super().__init__(board, board.program, at=began)
        self.thread_id = main_thread_ident
        self.thread_name = "MainThread"
        self._output = output
        self._log = TaskLog()
        self._troubles: list[str] = []
        self._info = _info(attached=attached)
        self._interrupted = False
        self._interrupted_at: float | None = None
        self._bars: list[WatchedTask] = []  # those that had not come to their ends then
        self._in_qt = False  # whether its main thread goes the rounds of Qt's events, where no KeyboardInterrupt comes
        self.says = ""
        """What it is in, if it is a worker of a pool of another."""
        self.progress_from = self._says_now
        self.children: ChildLook | None = None
        """What knows the processes that it has started."""
        self._is_reloaded = False  # whether another starts it again as long as it asks for that, and ends with it
        self._kept_by = ""  # which threads keep it, though its main thread has ended
        self._hub = ""  # the library whose greenlets it runs
        self._part = part  # of another program, which has started it and may rely on it
        self._waited = False  # whether its main thread did nothing but wait for its tasks when it was asked to stop
        self._inside: list[WatchedTask] = []  # what was in it when it was asked to stop
        self._leaving: list[WatchedTask] = []  # those that are to end before it is asked to quit
        self._quits = False  # whether a cancel asks it to quit, rather than as Ctrl-C does
        self._quits_at: float | None = None  # when it is asked at the latest

    def look(self, *, all_of_it: bool = False) -> None:
        """Read what was printed, and see what a cancel would do."""
        lines = self._output.take(all_of_it=all_of_it)
        if lines:
            kept = [line for text in lines for line in to_lines(text)]
            with self.lock:
                self._log.add(kept)
            for line in kept:
                self._board.hub.post(TaskLogged(self.id, line))
        if os.name == "posix":
            self._tell_ways()
        self._quit_in_time()

    def look_for_greenlets(self, frames: Mapping[int, FrameType]) -> None:
        """See if the main thread runs greenlets of which nobody tells."""
        frame = frames.get(main_thread_ident) if not self._hub else None
        while frame is not None and not self._hub:
            code = frame.f_code
            self._hub = _HUBS.get(code.co_filename[-_HUBS_END:], "") if code.co_name == "run" else ""
            frame = frame.f_back
        if self._hub and not self.says:
            self.says = _NOT_SHOWN.format(library=self._hub)

    def look_for_end(self, frames: Mapping[int, FrameType]) -> None:
        """See if the main thread has ended, and for which threads the program waits then; or if it is in Qt's loop."""
        frame, kept_by = frames.get(main_thread_ident), ""
        self._in_qt = qt_objects.is_in_loop(frame)
        called = set()
        for _ in range(_MOST_CALLS):
            if frame is None or frame.f_back is None:
                break
            called.add(frame.f_code.co_name)
            frame = frame.f_back
        self._is_reloaded = "run_with_reloader" in called and "restart_with_reloader" not in called
        if frame is not None and frame.f_back is None and frame.f_code.co_name == "_shutdown":
            kept_by = _waits_for() if os.path.basename(frame.f_code.co_filename) == "threading.py" else ""
        if kept_by != self._kept_by:
            with self.lock:
                self._kept_by = kept_by
                if not self.state.is_final and self._board.shows(self):
                    self._tell_change()

    def _says_now(self) -> RawProgress:
        return None, None, "", self.says

    def _rows_inside(self) -> list[WatchedTask]:
        """What is in it, but for what its libraries run for themselves."""
        return [row for row in self._board.tasks() if row is not self and row.kind != "internal"]

    def _tell_ways(self) -> None:
        rows = self._rows_inside()
        by_flags = self._all_can_be_stopped(rows) and self._main_waits(rows)
        quits = self._in_qt and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
        heard = not _is_ignored(_signal.SIGINT)
        self._quits = quits and not by_flags and not self._part
        if self._part:
            means, why_not = StopMeans(), PART
        elif by_flags:
            means, why_not = StopMeans(_ASKS_TASKS, by_tasks=True), ""
        elif quits:
            means, why_not = StopMeans(_how_it_quits(rows)), ""
        elif heard:
            does = _what_ctrl_c_does(self.children)
            does = f"{does}; also ends the program: {self._board.program}" if self._is_reloaded else does
            means, why_not = StopMeans(does, signal=INTERRUPT), ""
        else:
            means, why_not = StopMeans(ignores=True), IGNORES
        offered = [INTERRUPT] if heard and not (means.signal or self._quits) else []
        self.tell(with_signals(means, (*offered, TERMINATE, KILL)), why_not, self.troubles)

    @property
    def troubles(self) -> str:
        """What of the program is not shown, in sentences."""
        return "\n".join(self._troubles)

    def tell_trouble(self, what: str, error: BaseException) -> None:
        """Something of the program cannot be shown: say so, once, but not without end. In the agent's thread."""
        report(error)
        if len(self._troubles) >= _MOST_TROUBLES:
            return
        try:
            sentence = f"{what}: {plain_error_texts(error)[0]}"
        except BaseException:  # an error of the program's own making
            sentence = f"{what}."
        if sentence in self._troubles:
            return
        with self.lock:
            self._troubles.append(sentence)
            if not self.state.is_final and self._board.shows(self):
                self._details = self.troubles
                self._tell_change()

    def _all_can_be_stopped(self, rows: list[WatchedTask]) -> bool:
        """Whether each part of it has a stop flag, or waits in a queue. A process is the program's to end."""
        live = [row for row in rows if not row.state.is_final]
        return bool(live) and not any(row.refusal or row.runs_elsewhere for row in live)

    def _main_waits(self, rows: list[WatchedTask]) -> bool:
        """Whether the main thread does nothing but wait for the others. In doubt, it does more."""
        if any(row.kind == "coroutine" or row.thread_id == self.thread_id for row in rows):
            return False  # a loop of events, or of a bar
        from taskmon.watch.flags.main_thread import works

        try:
            return not works()
        except Exception as error:  # of a frame that is there no more
            report(error)
            return False

    @property
    def began(self) -> float:
        """When it did, in seconds of `time.monotonic()`."""
        return self._queued_at

    @property
    def lines(self) -> int:
        """How many lines it has printed."""
        return self._log.count

    def go_on_after(self, lines: int) -> None:
        """It has printed so many before it replaced itself."""
        self._log.count = lines

    def ask(self, request: Request, dispatch: Dispatch | None = None) -> bool:
        """See `WatchedTask.ask`. What is in it may be asked beside it, and may have left before the agent comes by."""
        if request.verb is Verb.CANCEL and not self.stop_requested:
            self._inside = self._rows_inside()
            self._waited = self.means is not None and self.means.by_tasks
        return super().ask(request, dispatch)

    def _stop(self) -> None:
        rows = self._rows_inside()
        if self._quits and qt_objects.has_application():
            self._interrupted = True  # already: the end of its tasks may be what ends it
            asked_for = "its program was cancelled"
            self._leaving = [row for row in rows if row.cancel(asked_for, kind=StopKind.PARENT)]
            self._quits_at = time.monotonic() + _TIME_TO_LEAVE
            self._quit_in_time()
            return
        if self._quits or (self.means is not None and self.means.signal):
            self._send(INTERRUPT)
            return
        if not any(row.stop_requested for row in self._inside):  # else it may be at work since they have left
            self._waited = self._main_waits(rows)
        for row in rows:
            row.cancel("its program was cancelled", kind=StopKind.PARENT)

    def _quit_in_time(self) -> None:
        """Ask it to quit once its tasks have left: Qt aborts a program that lets go of a thread which still runs.

        If its application is gone by then, it has quit by itself: a signal would only strike what it does at its end.
        """
        if self._quits_at is None or (time.monotonic() < self._quits_at and self._are_leaving()):
            return
        self._quits_at = None
        qt_objects.quit_application()

    def _are_leaving(self) -> bool:
        return any(not row.state.is_final for row in self._leaving)

    def _use_offer(self, number: int) -> None:
        if self.means is not None:
            self._send(self.means.signals[number])

    def _send(self, name: str) -> None:
        """To the program and what it has started. Only its own handlers are run by that, in its main thread."""
        if not self._interrupted and not _is_ignored(signals.NUMBERS[name]):
            self._interrupted, self._interrupted_at = True, time.monotonic()
            self._bars = [row for row in self._board.tasks() if row.kind == "bar"]
        if self.children is not None:
            self.children.note_signal(signals.NUMBERS[name])
        here = signals.look(os.getpid())
        if here is not None:
            signals.send(signals.NUMBERS[name], here)
        else:
            os.kill(os.getpid(), signals.NUMBERS[name])

    def finish(self) -> None:
        """The program is at its end; so are all tasks of its that have not ended themselves."""
        error: Any = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        for row in self._board.tasks():
            if row is not self:
                row.program_ended()
        interrupted = is_error(error, KeyboardInterrupt)
        if interrupted and (self.stop_requested or signals.may_be_typed()):
            self.end(cancelled=True)
        elif carries_cancel(error):  # from where the result of a cancelled call, coroutine or bar was waited for
            self.end(cancelled=True, consequence=f"It left through a {type(error).__name__}.")
        elif is_error(error, BaseException):
            line, details = plain_error_texts(error)
            self.end(error=signals.end_sentence(-signals.NUMBERS[INTERRUPT]) if interrupted else line, details=details)
        else:
            finished = not self._ended_by_request()
            self.end(details=self.troubles, finished=finished, consequence="" if finished else self._doubt())

    def _doubt(self) -> str:
        """What is to be said of one that has caught an interrupt, gone on for long, and ended in good order."""
        if self._interrupted_at is None or self._bars:
            return ""  # bars tell that it has left its work
        took = time.monotonic() - self._interrupted_at
        return "" if took < _AT_ONCE else _IN_DOUBT.format(time=format_duration(took))

    def _ended_by_request(self) -> bool:
        """Whether its own work ended because it was asked to.

        What it waited for left, and nothing else was done. After an interrupt that it has caught, its bars tell: if all
        of them are full, it took no notice.
        """
        if self._interrupted:
            full = [row.state is TaskState.SUCCEEDED and is_all_done(row.snapshot().progress) for row in self._bars]
            return not full or not all(full)
        left = any(row.state is TaskState.CANCELLED for row in self._inside)
        done = any(row.state is TaskState.SUCCEEDED and not row.stop_requested for row in self._inside)
        return self._waited and left and not done

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """See `taskmon.core.task.handle.TaskHandle.log_lines`."""
        with self.lock:
            return self._log.since(since)

    def _lines_logged(self) -> int:
        return self._log.count

    def _picture(self, now: float, reading: CheckpointReading | None) -> TaskSnapshot:
        return WatchedTask._picture(self, now, reading)._replace(program=self._info, shield=self._kept_by)


def _waits_for() -> str:
    """The threads that Python waits for before it ends, in a sentence."""
    threads = [thread for ident, thread in list(active_threads().items()) if ident != main_thread_ident]
    names = [name_of(each)[:_LONGEST_THREAD] for each in threads if fields_of(each).get("_daemonic") is False]
    if len(names) <= _MOST_NAMES + 1:
        return _WAITS_FOR.format(names=", ".join(names)) if names else ""
    return _AND_OTHERS.format(names=", ".join(names[:_MOST_NAMES]), n=len(names) - _MOST_NAMES)


def _info(*, attached: bool) -> ProgramInfo:
    """How this program was started. Of the interpreter alone: the program may have changed `sys.argv`."""
    try:
        folder = os.getcwd()
    except OSError:  # it has been deleted
        folder = ""
    inside = sys.prefix != sys.base_prefix
    return ProgramInfo(
        tuple(map(str, sys.orig_argv)),
        folder,
        str(sys.executable or ""),
        ".".join(map(str, sys.version_info[:3])),
        str(sys.prefix) if inside else "",
        attached,
    )


def _is_ignored(number: int) -> bool:
    """Whether this program ignores a signal, as Python knows. Asking the kernel would open a file at each look."""
    handler = _signal.getsignal(number)
    return isinstance(handler, int) and int(handler) == int(_signal.SIG_IGN)


def _how_it_quits(rows: list[WatchedTask]) -> str:
    """What is said before a program in Qt's loop is asked to quit: Qt aborts one that lets go of a running QThread."""
    live = [row for row in rows if not row.state.is_final]
    lasting = [row for row in live if row.refusal]
    means = _QUITS if len(lasting) == len(live) else _QUITS_AFTER_SOME if lasting else _QUITS_LAST
    threads = [row.name for row in lasting if row.is_qthread]
    if not threads:
        return means
    many = _MAY_ABORT_MANY if len(threads) > 1 else _MAY_ABORT
    return many.format(means=means, thread=threads[0][:_LONGEST_THREAD], n=len(threads))


def _what_ctrl_c_does(children: ChildLook | None) -> str:
    """What is said before the click."""
    handler = _signal.getsignal(_signal.SIGINT)
    if handler is _signal.default_int_handler:
        does = "interrupts it, as Ctrl-C does: raises KeyboardInterrupt in its main thread"
    elif handler == _signal.SIG_DFL:
        does = "ends it at once, as Ctrl-C does (SIGINT)"
    else:
        does = "asks it to end, as Ctrl-C does" + _by_handler(handler)
    processes = children.reached if children is not None else 0
    if not processes:
        return does
    return (
        f"{does}; asks the {processes} processes that it has started as well"
        if processes > 1
        else f"{does}; asks the process that it has started as well"
    )


def _by_handler(handler: object) -> str:
    """The program's own handler, by its name, read without running any code of its."""
    function = handler.func if type(handler) is functools.partial else handler
    function = getattr(function, "__func__", function) if type(function) is types.MethodType else function
    if type(function) is not types.FunctionType:
        return " (SIGINT)"
    code = function.__code__
    if code.co_filename.endswith(("asyncio/runners.py", "asyncio\\runners.py")):
        return ": its main coroutine is cancelled"
    if code.co_name.startswith("_sighandler"):  # asyncio's, which does nothing: the loop is told by a descriptor
        return ", by its event loop"
    name = code.co_qualname if "<" not in code.co_qualname else code.co_name
    return f": calls {name[:_LONGEST_NAME]}()" if name.replace(".", "").isidentifier() else " (SIGINT)"
