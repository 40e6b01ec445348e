"""Showing threads that ``threading`` knows nothing of: Qt's, those of ``_thread``, and of libraries in C.

Nothing announces them. What they run is seen from their outermost function: the ``run`` of a QThread or a QRunnable, a
slot of an object that was moved to another thread, or the function that was given. In the agent's thread.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch import qt_objects
from taskmon.watch.hooks.raw_threads import OWN
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.ownership import is_work
from taskmon.watch.rows.running_calls import arguments_of, call_name_of, function_of
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.thread_fields import active_threads, is_a

if TYPE_CHECKING:
    from taskmon.watch.hooks.hooks import Hooks
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board, WatchedTask

_INTERRUPTS = "calls requestInterruption()"


class RawThreadRow(StoppableTask):
    """What such a thread does. It may have waited in a QThreadPool before."""

    kind = "thread"

    def __init__(self, board: Board, name: str, parent: WatchedTask, *, queued: bool = False) -> None:
        super().__init__(board, name, parent, queued=queued)
        self.why_not = "it was started without the threading module, so little is known of it"
        self._function: Any = None
        self._arguments: tuple[Any, ...] = ()
        self._interrupt: Callable[[], object] | None = None
        self._may_interrupt: Callable[[], object] | None = None
        self.take: Callable[[], bool] | None = None
        """Takes it out of the queue that it waits in; returns whether it was still there."""

    def run(self, ident: int, frame: FrameType, arguments: dict[str, Any], owner: Any) -> None:
        """It has a thread, which is in that function."""
        self.take = None
        self.is_qthread = qt_objects.kind_of(owner) in ("QThread", "QObject")
        self.begin(ident, qt_objects.object_name(qt_objects.thread_of(owner)))
        function = function_of(frame, arguments)
        if function is None:
            return
        self._function = function
        self._arguments = tuple(arguments.values())[1 if owner is not None else 0 :]
        plain = getattr(function, "__func__", function)
        interrupt = qt_objects.interruption_of(qt_objects.thread_of(owner))
        if interrupt is not None and qt_objects.asks_for_interruption(plain, owner):
            if qt_objects.kind_of(owner) == "QThread":
                self._interrupt = interrupt
            else:
                self._may_interrupt = interrupt
        self._looked = 0
        self.look_for_flag()
        self.tell_means(())

    def _target(self) -> Any:
        if self._function is None or self._interrupt is not None:
            return None
        from taskmon.watch.flags import Target

        return Target(self._function, self._arguments, {}, None)

    def tell_means(self, shared_with: tuple[str, ...]) -> None:
        if self.state is TaskState.QUEUED:
            self.tell(StopMeans("takes it out of the queue"), "")
        elif self._interrupt is not None:
            self.tell(StopMeans(_INTERRUPTS), "")
        elif self._may_interrupt is not None and self.key is None:
            offer = f"{_INTERRUPTS} of its thread, but what runs there later is interrupted as well"
            self.tell(StopMeans("", (), (offer,)), "its thread may have other work to do")
        else:
            super().tell_means(shared_with)

    def _stop(self) -> None:
        if self.take is not None and self.take():
            self.end(cancelled=True)
        elif self._interrupt is not None:
            self._interrupt()
        elif self.state is not TaskState.QUEUED:
            super()._stop()

    def _use_offer(self, number: int) -> None:
        if self._may_interrupt is not None and self.key is None:
            self._may_interrupt()
        else:
            super()._use_offer(number)

    def finish(self, error: str = "", details: str = "") -> None:
        """Its function has returned, or raised."""
        self.finding = self._function = self._interrupt = self._may_interrupt = self.take = None
        self._arguments = ()
        self.begin(self.thread_id, self.thread_name)
        self.end(error=error, details=details)


class _Run(NamedTuple):
    """What a thread was seen in."""

    code: CodeType
    owner: Any
    """A weak reference to the object whose method it is; None if it is none."""


class RawThreadLook:
    """Keeps the rows of such threads, once they have been in the same call for two looks."""

    def __init__(self, hooks: Hooks, board: Board, program: ProgramRow) -> None:
        self._hooks = hooks
        self._board = board
        self._program = program
        self._runs: dict[int, _Run] = {}
        self._rows: dict[int, RawThreadRow] = {}

    def rows_by_thread(self) -> dict[int, StoppableTask]:
        return dict(self._rows)

    def idents(self) -> set[int]:
        """Those that run the program's own functions, with a row or without."""
        return set(self._runs)

    def owners(self) -> list[Any]:
        """The objects whose methods run."""
        return [owner for run in self._runs.values() if run.owner is not None and (owner := run.owner()) is not None]

    def look(self, frames: Mapping[int, FrameType], waiting: Callable[[Any], RawThreadRow | None]) -> None:
        """See which there are. `waiting` gives up the row of an object that waited until now."""
        known = active_threads()
        runs: dict[int, _Run] = {}
        for ident, frame in frames.items():
            if ident in (main_thread_ident, *OWN):
                continue
            thread = known.get(ident)
            if thread is not None and not is_a(thread, threading._DummyThread):
                continue
            outermost = _outermost(frame)
            if not is_work(outermost.f_code):
                continue
            try:
                arguments = arguments_of(outermost)
                owner = _owner(outermost, arguments)
                run = runs[ident] = _Run(outermost.f_code, _reference(owner))
                goes_on = self._runs.get(ident) == run
                if not goes_on and ident in self._rows:
                    self._finish(ident)
                if ident not in self._rows and (goes_on or owner is not None):
                    row = waiting(owner) if owner is not None else None
                    if row is None and goes_on:
                        row = RawThreadRow(self._board, _name(outermost, owner), self._program)
                    if row is not None:
                        self._listen(owner)
                        row.run(ident, outermost, arguments, owner)
                        self._rows[ident] = row
                        if not self._board.shows(row):
                            self._board.show(row)
            except BaseException as error:  # of an object of the program's: the other threads have their rows
                what = f"The thread in {call_name_of(outermost.f_code)} cannot be shown"
                self._program.tell_trouble(what, error)
        for ident in self._rows.keys() - runs.keys():
            self._finish(ident)
        self._runs = runs

    def _finish(self, ident: int) -> None:
        """The thread is in that function no more."""
        run, row = self._runs[ident], self._rows.pop(ident)
        ends = self._hooks.raw_ends
        owner = run.owner() if run.owner is not None else None
        row.finish(*(ends.error_of(ident, run.code, owner) if ends is not None else ()))

    def _listen(self, owner: Any) -> None:
        from taskmon.watch.hooks.raw_ends import RawEnds

        ends = self._hooks.raw_ends = self._hooks.raw_ends or RawEnds()
        if owner is None or not qt_objects.kind_of(owner):
            ends.listen()


def name_of_object(owner: Any) -> str:
    """What the user knows it by: the name that was given to it, otherwise its class."""
    return (
        qt_objects.object_name(owner) or type.__dict__["__qualname__"].__get__(type(owner)).rpartition("<locals>.")[2]
    )


def _name(frame: FrameType, owner: Any) -> str:
    kind = qt_objects.kind_of(owner) if owner is not None else ""
    if kind in ("QThread", "QRunnable"):
        return name_of_object(owner)
    if kind == "QObject" and (name := qt_objects.object_name(owner)):
        return f"{name}.{frame.f_code.co_name}"
    return call_name_of(frame.f_code)


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


def _owner(frame: FrameType, arguments: dict[str, Any]) -> Any:
    """The object whose method it is; None for a function."""
    code = frame.f_code
    function = function_of(frame, arguments)
    return getattr(function, "__self__", None) if function is not None and code.co_argcount else None


def _reference(owner: Any) -> Any:
    try:
        return weakref.ref(owner) if owner is not None else None
    except TypeError:
        return None
