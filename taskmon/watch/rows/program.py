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
from taskmon.watch.hooks.patching import report
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.rows.watched_task import WatchedTask

if TYPE_CHECKING:
    from taskmon.watch.hooks.output import OutputHook
    from taskmon.watch.rows.watched_task import Board

#: What cannot be shown is told in so many sentences at most.
_MOST_TROUBLES: Final = 8
_CTRL_C: Final = "interrupts the program, as Ctrl-C would"
#: What is raised where the result of a cancelled call, coroutine or bar is waited for. By name: the program need not
#: have imported the modules that define them.
_OF_A_CANCEL: Final = frozenset({"CancelledError", "TaskCancelled"})


class ProgramRow(WatchedTask):
    """The program. A cancel asks each of its threads, calls and bars that can be stopped; what Ctrl-C does is offered.

    It is cancelled when it has ended, which is up to the program: most do once their threads have.
    """

    kind = "program"

    def __init__(self, board: Board, output: OutputHook) -> None:
        super().__init__(board, board.program)
        self.thread_id = main_thread_ident
        self.thread_name = "MainThread"
        self._output = output
        self._log = TaskLog()
        self._troubles: list[str] = []
        self.why_not = "nothing in it can be stopped at this moment"

    def look(self, *, all_of_it: bool = False) -> None:
        """Read what was printed, and see what a cancel would do."""
        lines = self._output.take(all_of_it=all_of_it)
        if lines:
            kept = [line for text in lines for line in to_lines(text)]
            with self._lock:
                self._log.add(kept)
            for line in kept:
                self._board.hub.post(TaskLogged(self.id, line))
        possible = sum(1 for row in self._board.rows() if row is not self and not row.refusal)
        offers = (_CTRL_C,) if os.name == "posix" else ()
        if possible and self._main_works():
            why = "its main thread has work of its own, which goes on whatever is stopped beside it"
            self.tell(StopMeans("", (), offers), why, self.troubles)
        elif possible:
            self.tell(StopMeans("asks each of its tasks that can be stopped", (), offers), "", self.troubles)
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
        with self._lock:
            self._troubles.append(sentence)
            if not self._state.is_final and self._board.shows(self):
                self._details = self.troubles
                self._enter(self._state)

    def _main_works(self) -> bool:
        """Whether the main thread works, and no row that can be stopped stands for that work."""
        rows = [row for row in self._board.rows() if row is not self and not row.refusal]
        if any(row.kind == "coroutine" or row.thread_id == self.thread_id for row in rows):
            return False
        from taskmon.watch.flags.main_thread import works

        try:
            return works()
        except Exception as error:  # of a frame that is there no more
            report(error)
            return False

    def _stop(self) -> None:
        for row in self._board.rows():
            if row is not self:
                row.cancel("its program was cancelled", kind=StopKind.PARENT)

    def _use_offer(self, number: int) -> None:
        del number  # there is but one
        os.kill(os.getpid(), _signal.SIGINT)

    def finish(self) -> None:
        """The program is at its end; so are all tasks of its that have not ended themselves."""
        error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        for row in self._board.rows():
            if row is not self:
                row.program_ended()
        if isinstance(error, KeyboardInterrupt):
            self.end(cancelled=True)
        elif self._stop_requested_at is not None and type(error).__name__ in _OF_A_CANCEL:
            self.end(cancelled=True, consequence=f"It left through a {type(error).__name__}.")
        elif isinstance(error, BaseException):
            self.end(error=summarize_error(error), details=describe_error(error))
        else:
            self.end(details=self.troubles)

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """See `taskmon.core.task.handle.TaskHandle.log_lines`."""
        with self._lock:
            return self._log.since(since)

    def _lines_logged(self) -> int:
        return self._log.count
