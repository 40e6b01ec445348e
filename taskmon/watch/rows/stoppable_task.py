"""A task that is stopped by a flag of the program, found by `taskmon.watch.flags`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.stacks.frames import current_frames
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch.hooks.patching import report
from taskmon.watch.rows.watched_task import WatchedTask

if TYPE_CHECKING:
    from taskmon.watch.hooks.bars import BarRecord
    from taskmon.watch.rows.watched_task import Board

#: Seconds after its appearance at which a task without a flag is looked at again: many make theirs as they begin.
_AGAIN: Final = (0.3, 1.0, 3.0, 10.0)
#: In the first seconds of a task, its program may be about to tell others of it, who look at its flag or wait for it.
_SETTLED: Final = 1.0
#: So long it may take until a program has started all its threads: what was found before is looked for once more.
_GROWN: Final = 3.0


class StoppableTask(WatchedTask):
    """A thread, or a call in a pool. The agent's thread calls `look_for_flag` now and then."""

    def __init__(self, board: Board, name: str, parent: WatchedTask | None = None, **kwargs: Any) -> None:
        super().__init__(board, name, parent, **kwargs)
        self.finding: Any = None
        self.bars: list[BarRecord] = []
        """The progress bars whose loops run in its thread."""
        self._paused_bar: BarRecord | None = None
        self._looked = 0
        self._counted = 0
        self._told_of: tuple[Any, Any] = None, None  # a finding and a bar by which nothing can be done, once told
        self._tried_at: float | None = None
        self._looked_anew = False
        self._found_after = 0.0  # seconds that it had been running when what is known of its flag was found

    def _target(self) -> Any:
        """Return the `taskmon.watch.flags.Target` of what runs; None if it has gone."""
        return None

    def look_for_flag(self) -> None:
        """Find out what a cancel would do, if it is time to."""
        if self._tried_at is not None:
            self._follow_up()
            return
        if self._looked > len(_AGAIN):
            return
        age = time.monotonic() - self._queued_at
        due = sum(1 for limit in _AGAIN if age >= limit) + 1
        if self._looked >= due:
            return
        self._looked = due
        if self.finding is None or not self.finding.means:
            self._find_once()

    def look_anew(self) -> None:
        """Look once more for a flag that was found while the thread was young, once it is not.

        Its program has gone on meanwhile, and has started others, so that `_stop_at_once` could not use what was found,
        and the cancel itself would have to look: beside busy threads that takes seconds.
        """
        if self._looked_anew or self._has_run_for() < _GROWN or self.key is None or self._tried_at is not None:
            return
        self._looked_anew = True
        if self._found_after < _GROWN and self._runs_still():
            self._find_once()

    def _has_run_for(self) -> float:
        return 0.0 if self._started_at is None else time.monotonic() - self._started_at

    def _find_once(self) -> None:
        began = time.thread_time()
        self._find()
        self._board.spent_once += time.thread_time() - began

    def _find(self, *, for_a_stop: bool = False) -> None:
        try:
            target = self._target()
            if target is not None:
                from taskmon.watch.flags import Search, find_stop

                board = self._board
                if board.looks and board.search is None:
                    board.search = Search()
                found_after = self._has_run_for()
                found = find_stop(target, board.search)
                with self.lock:
                    if for_a_stop or self._tried_at is None:  # meanwhile it may have been set in another thread
                        self.finding, self._found_after = found, found_after
        except Exception as error:  # of an object of the program's
            report(error)

    @property
    def key(self) -> object:
        """What tells one flag from another; None without one."""
        return self.finding.key if self.finding is not None and self.finding.means else None

    def tell_means(self, shared_with: tuple[str, ...]) -> None:
        """Say what a cancel does, and with whom its flag is shared."""
        if self._counted != len(shared_with) and self._tried_at is None:
            self._counted = len(shared_with)
            if self.finding is not None and self.finding.counts_others:
                self._find()  # others have come or gone since
        finding, bar = self.finding, self._bar_to_stop() if self.bars else None
        held = next((each for each in self.bars if each.can_stop and not each.ended), None) if bar is None else None
        if self.key is None and bar is None and finding is self._told_of[0] and held is self._told_of[1]:
            return
        self._told_of = (finding, held) if self.key is None and bar is None else (None, None)
        offers = tuple(f"{offer.means}, but {offer.why}" for offer in finding.offers) if finding is not None else ()
        if self.key is not None:
            self.tell(StopMeans(self._means(), shared_with, offers), "")
        elif bar is not None:
            self.tell(StopMeans(f"stops at the next item of “{bar.name}”", (), offers), "")
        elif finding is not None:
            why = finding.why_not or "no way to stop it was found"
            if held is not None and not finding.offers:
                why = f"what was found stops at the next item of “{held.name}”, but {held.why_not_stop}"
            advice = f"What would add a way to stop it:\n\n{finding.advice}" if finding.advice else ""
            self.tell(StopMeans("", (), offers) if offers else None, why, advice)

    def _means(self) -> str:
        """What a cancel does, and what else comes of it."""
        means: str = self.finding.means
        if more := self.finding.now():
            means += f", {more}"
        return f"{means}; also ends the program: {self._board.program}" if self.finding.ends_program else means

    def _bar_to_stop(self) -> BarRecord | None:
        """The outermost of its loops: the others are within its items."""
        return next((bar for bar in self.bars if not bar.why_not_stop and not bar.ended), None)

    def hold(self, bars: list[BarRecord], alone: BarRecord | None) -> None:
        """These are the bars in its thread. If one is `alone` and has no row, pausing its loop pauses the task."""
        self.bars = bars
        bar = alone if alone is not None and alone.can_stop else None
        if bar is not None:
            bar.on_pause = self.note_paused
        with self.lock:
            if self._paused_bar is not None and self._paused_bar.ended and self.state is TaskState.PAUSING:
                self._paused_bar = None
                self._go_on()  # the loop was over before it could wait
            # A green thread that waits would hold up all others.
            can_pause = bar is not None and not self._board.green
            if can_pause is not self.can_pause and self.state is TaskState.RUNNING:
                self.can_pause = can_pause
                if self._board.shows(self):
                    self._tell_change()

    def _pause(self) -> None:
        bar = next((bar for bar in self.bars if bar.can_stop and not bar.ended), None)
        if bar is not None:
            self._paused_bar = bar
            bar.pause()

    def _resume(self) -> None:
        bar, self._paused_bar = self._paused_bar, None
        if bar is not None:
            bar.resume()

    def _stop(self) -> None:
        self._resume()
        self._tried_at = time.monotonic()
        if self.key is None:
            bar = self._bar_to_stop()
            if bar is not None:
                bar.stop(self._stop_reason or StopReason(StopKind.REQUEST, "", "", self._tried_at))
                return
            self._find(for_a_stop=True)
        if self.finding is not None:
            key = self.key
            if self.finding.apply().done:
                self._tell_others(key)

    def _runs_still(self) -> bool:
        """Whether it is certain, in whichever thread, that what was looked at runs at this moment.

        Not of a call in a pool: who waits for its result, or is to be told of it, may come at any time.
        """
        return False

    def _stop_at_once(self) -> bool:
        finding = self.finding
        if finding is None or self._paused_bar is not None or not self._runs_still():
            return False
        with self.lock:
            self._tried_at = time.monotonic()  # the agent leaves alone what was found
        if not finding.apply_as_found(settled=self._found_after >= _SETTLED):
            self._tried_at = None
            return False
        self._board.call_soon(lambda: self._tell_others(finding.key))
        return True

    def _tell_others(self, key: object) -> None:
        """It was set: it is the flag of others as well, perhaps."""
        if key is not None:
            for row in self._board.tasks():
                if row is not self and isinstance(row, StoppableTask) and row.key == key:
                    row.note_stop(f"shares its stop flag with {self._name}")

    def _follow_up(self) -> None:
        """What else may be done for one that was asked and does not end; see `taskmon.watch.flags.escalation`."""
        if self.finding is None or self._tried_at is None or not self.state.has_thread:
            return
        from taskmon.watch.flags import follow_up

        frame = current_frames().get(self.thread_id or 0)
        said = follow_up(self.finding, frame, time.monotonic() - self._tried_at)
        del frame
        if said:
            self.add_to_means(said)

    def _use_offer(self, number: int) -> None:
        finding = self.finding
        if finding is not None and number < len(finding.offers):
            try:
                finding.offers[number].apply()
            except Exception as error:
                report(error)
