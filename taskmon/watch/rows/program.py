"""Showing the program itself: the row above all others, and what it prints."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` builds its enumerations anew
import os
import sys
from typing import TYPE_CHECKING, Final

from taskmon.core.base.errors import describe_error, summarize_error
from taskmon.core.stop.reason import StopKind
from taskmon.core.task.events import TaskLog, TaskLogged, to_lines
from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch.cancels import carries_cancel
from taskmon.watch.hooks.patching import report
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.rows.watched_task import WatchedTask

if TYPE_CHECKING:
    from taskmon.watch.hooks.output import OutputHook
    from taskmon.watch.rows.watched_task import Board

#: What cannot be shown is told in so many sentences at most.
_MOST_TROUBLES: Final = 8
_MEANS: Final = "asks each of its tasks that can be stopped"
#: So many tasks that a cancel does not reach are named; the others are counted.
_NAMED: Final = 3
_CTRL_C: Final = "interrupts the program, as Ctrl-C would"


class ProgramRow(WatchedTask):
    """The program. A cancel asks each of its threads, calls and bars that can be stopped; what Ctrl-C does is offered.

    It is cancelled when it has ended, which is up to the program: most do once their threads have.
    """

    kind = "program"

    def __init__(self, board: Board, output: OutputHook, began: float | None = None) -> None:
        super().__init__(board, board.program, at=began)
        self.thread_id = main_thread_ident
        self.thread_name = "MainThread"
        self._output = output
        self._log = TaskLog()
        self._troubles: list[str] = []
        self.why_not = "nothing in it can be stopped at this moment"
        self._interrupted = False
        self._waited = False  # whether its main thread did nothing but wait for what was asked to stop
        self._asked: list[WatchedTask] = []
        self._not_asked: list[WatchedTask] = []

    def look(self, *, all_of_it: bool = False) -> None:
        """Read what was printed, and see what a cancel would do."""
        lines = self._output.take(all_of_it=all_of_it)
        if lines:
            kept = [line for text in lines for line in to_lines(text)]
            with self.lock:
                self._log.add(kept)
            for line in kept:
                self._board.hub.post(TaskLogged(self.id, line))
        rows = [row for row in self._board.tasks() if row is not self]
        possible = any(not row.refusal for row in rows)
        offers = (_CTRL_C,) if os.name == "posix" else ()
        if possible and self._main_works():
            why = "its main thread has work of its own, which goes on whatever is stopped beside it"
            self.tell(StopMeans("", (), offers), why, self.troubles)
        elif possible:
            self.tell(StopMeans(_MEANS + self._what_goes_on(rows), (), offers), "", self.troubles)
        else:
            self.tell(StopMeans("", (), offers), "nothing in it can be stopped at this moment", self.troubles)

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
            sentence = f"{what}: {summarize_error(error)}"
        except BaseException:  # an error of the program's own making
            sentence = f"{what}."
        if sentence in self._troubles:
            return
        with self.lock:
            self._troubles.append(sentence)
            if not self.state.is_final and self._board.shows(self):
                self._details = self.troubles
                self._tell_change()

    def _main_works(self) -> bool:
        """Whether the main thread works, and no row that can be stopped stands for that work."""
        rows = [row for row in self._board.tasks() if row is not self and not row.refusal]
        if any(row.kind == "coroutine" or row.thread_id == self.thread_id for row in rows):
            return False
        from taskmon.watch.flags.main_thread import works

        try:
            return works()
        except Exception as error:  # of a frame that is there no more
            report(error)
            return False

    def _what_goes_on(self, rows: list[WatchedTask]) -> str:
        """What a cancel of the program does not reach: said before the click."""
        left = [f"“{row.name}”" for row in rows if row.refusal and not row.state.is_final]
        if not left:
            return ""
        others = [f"{len(left) - _NAMED} more"] if len(left) > _NAMED else []
        return f"; not reached: {', '.join(left[:_NAMED] + others)}"

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

    def _stop(self) -> None:
        self._waited = not self._main_works()
        for row in self._board.tasks():
            if row is not self:
                asked = row.cancel("its program was cancelled", kind=StopKind.PARENT)
                (self._asked if asked else self._not_asked).append(row)

    def _use_offer(self, number: int) -> None:
        del number  # there is but one
        self._interrupted = _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN
        os.kill(os.getpid(), _signal.SIGINT)

    def finish(self) -> None:
        """The program is at its end; so are all tasks of its that have not ended themselves."""
        error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        for row in self._board.tasks():
            if row is not self:
                row.program_ended()
        if isinstance(error, KeyboardInterrupt):
            self.end(cancelled=True)
        elif carries_cancel(error):  # from where the result of a cancelled call, coroutine or bar was waited for
            self.end(cancelled=True, consequence=f"It left through a {type(error).__name__}.")
        elif isinstance(error, BaseException):
            self.end(error=summarize_error(error), details=describe_error(error))
        else:
            self.end(details=self.troubles, finished=not self._ended_by_request())

    def _ended_by_request(self) -> bool:
        """Whether its own work ended because it was asked to: what it waited for left, and nothing else was done."""
        if self._interrupted:
            return True
        left = any(row.state is TaskState.CANCELLED for row in self._asked)
        return self._waited and left and not any(row.state is TaskState.SUCCEEDED for row in self._not_asked)

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """See `taskmon.core.task.handle.TaskHandle.log_lines`."""
        with self.lock:
            return self._log.since(since)

    def _lines_logged(self) -> int:
        return self._log.count
