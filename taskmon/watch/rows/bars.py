"""Showing progress bars: as the progress of the thread that they are in, or as rows of their own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.hooks.patching import report
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.rows.watched_task import WatchedTask, is_all_done

if TYPE_CHECKING:
    from taskmon.watch.hooks.bars import BarHook, BarRecord
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board


#: Seconds for which a bar that nobody has advanced waits for the one who does, before it gets a row.
_UNDECIDED: Final = 1.0
_IN_THREAD: Final = "raises TaskCancelled at its next item, in its own thread"
_IN_MAIN: Final = "raises TaskCancelled at its next item in the main thread, which ends the program unless caught"


class BarRow(WatchedTask):
    """A progress bar in the main thread, or one of several in another."""

    kind = "bar"

    def __init__(self, board: Board, record: BarRecord, parent: WatchedTask) -> None:
        super().__init__(board, record.name, parent, at=record.began)
        self.record = record
        self.thread_id, self.thread_name = record.thread_id, record.thread_name
        self.look()
        self.progress_from = record.read
        record.on_pause = self.note_paused

    def look(self) -> None:
        """See whether it can be stopped: that shows when it is advanced for the first time."""
        # A green thread that waits would hold up all others.
        self.can_pause = self.record.can_stop and not self._board.green
        why_not = self.record.why_not_stop
        in_main = self.record.thread_id == main_thread_ident and not self.record.in_coroutine
        self.tell(None if why_not else StopMeans(_IN_MAIN if in_main else _IN_THREAD), why_not)

    def _stop(self) -> None:
        self.record.stop(self._stop_reason or StopReason(StopKind.REQUEST, "", "", time.monotonic()))

    def _pause(self) -> None:
        self.record.pause()

    def _resume(self) -> None:
        self.record.resume()

    def finish(self, left_at: object = None, *, program_stops: bool = False) -> None:
        """The bar has been closed. At `left_at` it stood when a bar within it was cancelled.

        If it had more to do, what made its loop leave is not known: an error, Ctrl-C, or that it had found its item.
        """
        try:
            progress = self.record.read()
        except BaseException as error:  # a bar whose attributes are not what they are elsewhere
            report(error)
            progress = None
        with self.lock:
            self.progress_from = self.record.read
        early, carried = "", False
        if progress is not None and is_all_done(progress) is False:
            early = f"It ended at {progress[0]} of {progress[1]}."
            carried = left_at is not None and progress[0] == left_at  # what ended the other has passed through this one
        if carried or not early:
            self.end(cancelled=carried, consequence=early)
        elif program_stops and not self.stop_requested:
            self.cut_off(early)
        else:
            self.end_unseen(early)

    def program_ended(self) -> None:
        """Many a bar is never closed: one that is full has done its work."""
        if is_all_done(self.record.read()):
            self.end()
        else:
            self.cut_off()


class BarLook:
    """Keeps the rows of bars. In the agent's thread."""

    def __init__(self, hook: BarHook, board: Board, program: ProgramRow) -> None:
        self._hook = hook
        self._board = board
        self._program = program
        self._live: dict[BarRecord, BarRow | None] = {}
        self._fresh: list[BarRecord] = []
        self._joined: dict[BarRecord, StoppableTask] = {}
        self._left: dict[BarRecord, object] = {}  # how far those are in which another is being cancelled

    def look(self, threads: Mapping[int, StoppableTask]) -> None:
        """See which bars have come and gone; `threads` are the rows of those in which bars may be."""
        # Only those that were there at the last look already: many a bar is over before anybody could read its name.
        for record in self._fresh:
            if not self._is_over(record):
                self._live[record] = None
        new = self._hook.new
        self._fresh = [new.popleft() for _ in range(len(new))]
        in_threads: dict[int, list[BarRecord]] = {}
        self._note_those_around()
        for record, row in list(self._live.items()):
            if self._is_over(record):
                del self._live[record]
                self._joined.pop(record, None)
                left_at = self._left.pop(record, None)
                if row is not None:
                    row.finish(left_at, program_stops=self._program.stop_requested)
            elif row is not None:
                row.look()
            elif record.thread_id != main_thread_ident and record.thread_id in threads:
                in_threads.setdefault(record.thread_id, []).append(record)
            elif self._advancing(record, threads) is not None:
                in_threads.setdefault(record.advancer or 0, []).append(record)
            elif not self._may_still_be_joined(record):
                self._show(record, self._program)
        for thread_id, task in threads.items():
            if self._live or task.bars:
                self._give(task, in_threads.get(thread_id, []))

    def _note_those_around(self) -> None:
        for inner in [record for record in self._live if record.cancelled]:
            for record in self._live:
                if record.thread_id == inner.thread_id and record.began < inner.began and record not in self._left:
                    try:
                        self._left[record] = (record.read() or (None,))[0]
                    except BaseException as error:  # a bar whose attributes are not what they are elsewhere
                        report(error)

    def _advancing(self, record: BarRecord, threads: Mapping[int, StoppableTask]) -> StoppableTask | None:
        """The one task whose progress a bar shows that was made elsewhere; None if there is no such thing."""
        if not record.advancer or record.advanced_here or record.loop is not None:
            return None
        task = threads.get(record.advancer)
        # Its thread may come to another call while the bar is still there.
        return task if task is not None and self._joined.setdefault(record, task) is task else None

    def _may_still_be_joined(self, record: BarRecord) -> bool:
        """Whether nobody has advanced it so far, or one whose row is still to come."""
        if record.loop is not None or record.advanced_here or record.advancer == 0 or record in self._joined:
            return False
        return time.monotonic() - record.began < _UNDECIDED

    def _is_over(self, record: BarRecord) -> bool:
        try:
            return record.ended
        except BaseException as error:  # a bar whose attributes are not what they are elsewhere
            self._program.tell_trouble(f"The progress bar “{record.label}” cannot be read", error)
            return True

    def _give(self, task: StoppableTask, bars: list[BarRecord]) -> None:
        """A thread's one bar is its progress; of several, each is a row."""
        shown = [record for record, row in self._live.items() if row and record.thread_id == task.thread_id]
        task.hold(bars + shown, bars[0] if len(bars) == 1 and not shown else None)
        if len(task.bars) > 1:
            task.progress_from = None
            for record in bars:
                self._show(record, task)
        elif bars:
            task.progress_from = _with_name(bars[0])

    def _show(self, record: BarRecord, parent: WatchedTask) -> None:
        row = self._live[record] = BarRow(self._board, record, parent)
        self._board.show(row)


def _with_name(record: BarRecord):  # type: ignore[no-untyped-def]
    def read() -> tuple[object, object, str, str] | None:
        raw = record.read()
        return None if raw is None else (*raw[:3], raw[3] or record.name)

    return read
