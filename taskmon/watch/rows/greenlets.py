"""Showing gevent's greenlets that do the program's work, each for as long as it lives.

What they wait for is not looked at: the frames of a greenlet that does not run are laid away by C code.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base.error_text import plain_error_texts
from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.ownership import call_name, code_of, is_work, users_class_name
from taskmon.watch.rows.flood import Flood
from taskmon.watch.rows.watched_task import WatchedTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskmon.watch.hooks.greenlets import GreenletHook
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

#: Rows of one program; servers have thousands.
_MOST: Final = 300
_WHY_NOT: Final = "it is a greenlet, which may leave something half done if it is killed"
_OFFER: Final = "raises GreenletExit where it waits, as its kill() does; it may leave something half done"


class GreenletRow(WatchedTask):
    """A `gevent.Greenlet`."""

    kind = "future"

    def __init__(self, board: Board, name: str, work: str, parent: WatchedTask, greenlet: Callable[[], Any]) -> None:
        super().__init__(board, name, parent)
        self.work = work
        self._greenlet = greenlet
        self.means, self.why_not = StopMeans("", (), (_OFFER,)), _WHY_NOT

    def _use_offer(self, number: int) -> None:
        del number  # there is but one
        greenlet = self._greenlet()
        if greenlet is not None and not greenlet.ready():
            greenlet.loop.run_callback_threadsafe(greenlet.kill, _exit(), False)

    def look(self) -> bool:
        """See whether it has ended; return whether it has not."""
        greenlet = self._greenlet()
        if greenlet is None:  # nobody kept it, and how it ended is gone with it
            self.end_unseen()
            return False
        if not greenlet.ready():
            return True
        error = greenlet.exception
        if error is not None:
            line, details = plain_error_texts(error)
            self.end(error=line, details=details)
        else:
            killed = issubclass(type(greenlet.value), _exit())
            self.end(cancelled=killed, finished=not killed)
        return False


def _exit() -> Any:
    return sys.modules["greenlet"].GreenletExit


class GreenletLook:
    """Keeps the rows of greenlets. In the agent's thread."""

    def __init__(self, hook: GreenletHook, board: Board, program: ProgramRow) -> None:
        self._hook = hook
        self._board = board
        self._program = program
        self._rows: list[GreenletRow] = []
        self._seen: list[tuple[Callable[[], Any], float]] = []
        self._flood = Flood()

    def look(self) -> None:
        """See which have come and gone."""
        self._rows = [row for row in self._rows if self._lives(row)]
        seen, self._seen = self._seen, []
        for reference, since in seen:
            self._look_at(reference, since)
        now = time.monotonic()
        while self._hook.new:  # it lasts, if it is there at the next look
            self._seen.append((self._hook.new.popleft(), now))

    def _look_at(self, reference: Callable[[], Any], since: float) -> None:
        greenlet = reference()
        try:
            name, work = _names_of(greenlet) if greenlet is not None and not greenlet.ready() else ("", "")
            if not name:
                return
            if len(self._rows) < _MOST and self._flood.admits(work, since):
                row = GreenletRow(self._board, name, work, self._program, reference)
                self._rows.append(row)
                self._flood.began(work)
                self._board.show(row)
            else:
                self._seen.append((reference, since))
        except BaseException as error:  # of one of the program's own making: the others have their rows
            self._program.tell_trouble("A greenlet cannot be shown", error)

    def _lives(self, row: GreenletRow) -> bool:
        try:
            lives = row.look()
        except BaseException as error:
            lives = False
            self._program.tell_trouble(f"The greenlet “{row.name}” is not followed any more", error)
            row.end(consequence="What becomes of it cannot be seen.")
        if not lives:
            self._flood.ended(row.work)
        return lives


def _names_of(greenlet: Any) -> tuple[str, str]:
    """What it is called, and what those like it do for the program; both empty if it is there for a library.

    A library may do the program's work in a function of its own, for an object of a class of the program's. What only
    gevent itself does, such as to sleep, is the program's if that has given it a name.
    """
    run, args, given = greenlet._run, greenlet.args, vars(greenlet).get("name")
    if type(given) is not str or not given.strip():
        given = ""
    if is_work(code_of(run)):
        name = call_name(run, args, greenlet.kwargs)
        return given or name, name.partition("(")[0]
    name = next((name for value in args if (name := users_class_name(value))), "")
    module = getattr(run, "__module__", None)
    if not name and type(module) is str and module.startswith("gevent."):
        name = given
    return (given or name, name) if name else ("", "")
