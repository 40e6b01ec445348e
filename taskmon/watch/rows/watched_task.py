"""One task of a watched program: its state, and what a Cancel would do.

The agent's thread finds out what is so and calls the methods that write. Everybody may read, and ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn

from taskmon.core.base.text import to_text
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.events import Sink
from taskmon.core.task.lifecycle import Lifecycle
from taskmon.core.task.live_tasks import LiveTasks
from taskmon.core.task.progress import Progress, ProgressReader
from taskmon.core.task.request import Askable, Request, Verb
from taskmon.core.task.snapshot import NOT_SEEN, Origin, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.watch.hooks.patching import report
from taskmon.watch.own_threading import Lock

if TYPE_CHECKING:
    from types import CodeType

    from taskmon.core.stacks.facts import ThreadFacts
    from taskmon.core.stacks.sampler import StackSample
    from taskmon.core.stop.token import Dispatch
    from taskmon.core.task.meter import CheckpointReading
    from taskmon.watch.flags import Search


#: Seconds of a look after which rows are shown as they are.
_HURRY: Final = 0.1
#: Of what has returned to somebody who alone knows what came of it.
RETURNED: Final = "Returned; its result was not seen"
#: Amount done, total, unit and message, as the program wrote them.
RawProgress = tuple[Any, Any, str, str]


def is_all_done(progress: RawProgress | Progress | None) -> bool | None:
    """Whether all is done of what is counted; None if that is not known."""
    if progress is None or not progress[1] or progress[0] is None:
        return None
    return bool(progress[0] >= progress[1])


class WatchedTask(Askable, Lifecycle):
    """A `taskmon.core.task.handle.TaskHandle`. Its subclasses know what kind of thing it is and how it is stopped.

    Args:
        queued: whether it waits for something before it begins.
        at: when it began, or was queued, in seconds of `time.monotonic()`; by default now.
    """

    kind = "task"
    can_pause = False
    runs_elsewhere = False
    """Whether it runs in another process, which is the program's to end."""
    is_qthread = False
    """Whether Qt must not let go of its thread before it has ended."""

    def __init__(
        self,
        board: Board,
        name: str,
        parent: WatchedTask | None = None,
        *,
        queued: bool = False,
        at: float | None = None,
    ) -> None:
        now = time.monotonic()
        state = TaskState.QUEUED if queued else TaskState.RUNNING
        super().__init__(board.hub, Lock(), state, now if at is None else at)
        self._board = board
        self._name = to_text(name)
        if not self._name or self._name.isspace():
            self._name = "(no name)"
        self._parent_id = parent.id if parent is not None else None
        self._created -= now - self._queued_at
        self._started_at = None if queued else self._queued_at
        self._consequence = ""
        self._reader = ProgressReader(may_go_back=True)
        self._progress = Progress()
        self.thread_name = ""
        self.means: StopMeans | None = None
        """What a cancel would do."""
        self.why_not = "nothing is known yet of how it could be stopped"
        """Why it cannot be cancelled; empty if it can."""
        self.facts: ThreadFacts | None = None
        """What its thread does, as of the last look. Written by the agent."""
        self.progress_from: Callable[[], RawProgress | None] | None = None
        """Where its progress is to be read."""

    # -- what subclasses know -------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Ask it to stop, in the agent's thread; the state says so already."""

    def _stop_at_once(self) -> bool:
        """Ask it to stop, in whichever thread was asked; return False if the agent has to look first, by `_stop`.

        The agent's thread would have to come by the interpreter first: beside 64 busy threads, a third of a second.
        """
        return False

    def _use_offer(self, number: int) -> None:
        """Do what ``means.offers[number]`` says, in the agent's thread."""

    def _pause(self) -> None:
        """Have it wait, in the agent's thread."""

    def _resume(self) -> None:
        """Let it go on, in the agent's thread."""

    @property
    def _is_out_of_reach(self) -> bool:
        """Whether what stops it works within its own thread alone. gevent's can be told from outside."""
        return self._board.green not in ("", "gevent") and self.kind not in ("program", "bar")

    @property
    def refusal(self) -> str:
        """Why it cannot be cancelled; empty if it can."""
        if self._is_out_of_reach:
            return f"its threads are green threads ({self._board.green}), which cannot be reached from another thread"
        return self.why_not

    # -- what everybody may do ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What the user sees."""
        return self._name

    def ask(self, request: Request, dispatch: Dispatch | None = None) -> bool:
        """Ask something of it, by what was found. Return whether that is possible and was not asked before.

        Nothing is known of its items, and nobody waits for it: AFTER_ITEM and DETACH are never granted.
        """
        del dispatch  # whatever must be looked for is looked for by the agent, in its own thread
        at_once = False
        with self.lock:
            match request.verb:
                case Verb.CANCEL if not self.refusal and self._note(request.why):
                    follow_up: Callable[[], object] = self._stop
                    at_once = True
                case Verb.OFFER if self._takes(request.offer):
                    self._note(request.why)
                    follow_up = self._offer_taker(request.offer)
                case Verb.PAUSE if self.can_pause and self.state is TaskState.RUNNING:
                    self._enter(TaskState.PAUSING)
                    follow_up = self._pause
                case Verb.RESUME if self.state in (TaskState.PAUSING, TaskState.PAUSED):
                    self._go_on()
                    follow_up = self._resume
                case _:
                    return False
        if not (at_once and self._stop_at_once()):
            self._board.call_soon(follow_up)
        return True

    def _offer_taker(self, offer: int) -> Callable[[], object]:
        return lambda: self._use_offer(offer)

    def _takes(self, offer: int) -> bool:
        """Whether it can be stopped by an offer, which may be right; only because the user said so."""
        offers = self.means.offers if self.means is not None else ()
        return not self.state.is_final and 0 <= offer < len(offers) and not self._is_out_of_reach

    def note_stop(self, reason: str, kind: StopKind = StopKind.PARENT) -> bool:
        """It is being stopped along with another task: say so, and do nothing."""
        with self.lock:
            return self._note(StopReason(kind, "", reason, time.monotonic()))

    def retry(self) -> NoReturn:
        """Only its program could."""
        raise RuntimeError("a task of another program cannot be started from here")

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Only a program prints: which thread did is not known."""
        del since
        return 0, []

    def stack(self) -> StackSample | None:
        """Return where its thread is; None while it has none, and at first."""
        if self.thread_id is None or self.state.is_final:
            return None
        from taskmon.core.stacks.sampler import sampler

        return sampler.ask(self.thread_id)

    # -- for the agent --------------------------------------------------------------------------------------

    def tell(self, means: StopMeans | None, why_not: str, advice: str = "") -> None:
        """Say anew what a cancel would do; if nothing, `advice` says what would change that."""
        with self.lock:
            if (means, why_not) == (self.means, self.why_not) or self.stop_requested:
                return  # what a cancel did remains what it did
            self.means, self.why_not, self._details = means, why_not, advice
            if not self.state.is_final and self._board.shows(self):
                self._tell_change()

    def add_to_means(self, said: str) -> None:
        """More was done to stop it than was said before."""
        with self.lock:
            if not self.state.is_final and self.means is not None:
                self.means = self.means._replace(means=f"{self.means.means}; {said}")
                self._tell_change()

    def begin(self, thread_id: int | None, thread_name: str, at: float | None = None) -> None:
        with self.lock:
            self.thread_id, self.thread_name = thread_id, thread_name
            if self.state is TaskState.QUEUED:
                self._started_at = time.monotonic() if at is None else at
                self._enter(TaskState.RUNNING)

    def note_paused(self) -> None:
        """It waits. In its own thread."""
        with self.lock:
            self._note_paused()

    def end(
        self,
        *,
        error: str = "",
        details: str = "",
        cancelled: bool = False,
        finished: bool = False,
        consequence: str = "",
        at: float | None = None,
    ) -> None:
        """It has ended: its thread is gone, or its work is done. Once it has a final state, this does nothing.

        Without any of these it is done; if it was asked to stop, it is taken to have left because of that.

        Args:
            error: why it failed, in one line.
            details: more on that, such as a traceback.
            cancelled: the program has cancelled it, or it never began.
            finished: it has done all of its work, though it was asked to stop.
            consequence: what it leaves behind, in a sentence.
            at: when it ended, in seconds of `time.monotonic()`; by default now.
        """

        def state() -> TaskState:
            if cancelled and self.state is TaskState.RUNNING:
                # By the program itself, unless it was asked before it began.
                self._note_request(self._stop_reason or StopReason(StopKind.REQUEST, "", "", time.monotonic()))
            if self.state is TaskState.QUEUED:
                return TaskState.CANCELLED if cancelled else TaskState.FAILED
            if error:
                return TaskState.FAILED
            left = self.state is TaskState.STOPPING and not finished
            return TaskState.CANCELLED if left else TaskState.SUCCEEDED

        self._end(state, error, details, consequence, at)

    def cut_off(self, why: str = "", *, details: str = "", consequence: str = "") -> None:
        """It was still at work, or waiting, when the program ended or let go of it, asked to stop or not; see `end`."""
        self._end(lambda: TaskState.CUT_OFF, why, details, consequence)

    def end_unseen(self, consequence: str = "", *, at: float | None = None) -> None:
        """It has ended and nobody saw how, so it is neither done nor failed, unless it was asked to stop; see `end`."""
        if self.stop_requested:
            self.end(consequence=consequence, at=at)
        else:
            self._end(lambda: TaskState.CUT_OFF, NOT_SEEN, consequence=consequence, at=at)

    def lose(self, why: str) -> None:
        """Nobody can watch it any more, though it may go on; see `end`."""
        self._end(lambda: TaskState.LOST, why)

    def _end(
        self,
        state: Callable[[], TaskState],
        error: str,
        details: str = "",
        consequence: str = "",
        at: float | None = None,
    ) -> None:
        with self.lock:
            if self.state.is_final:
                return
            if self.state in (TaskState.PAUSING, TaskState.PAUSED):
                self._go_on()
            self._ended_at = time.monotonic() if at is None else at
            self._error, self._details, self._consequence = error, details, consequence
            self._enter(state())
            self.progress_from = None
        self._board.forget(self.id)
        self._call_back()

    def program_ended(self) -> None:
        """The program is at its end, and this was still at work or waiting."""
        self.cut_off()

    # -- with the lock held ---------------------------------------------------------------------------------

    def _note(self, reason: StopReason) -> bool:
        """Note the first request to stop it; return whether it is that."""
        if self.stop_requested or self.state.is_final:
            return False
        self._note_request(reason)
        return True

    def look_for_facts(self, now: float, is_own: Callable[[CodeType], bool]) -> None:
        """Find out what it does, where no thread does it. `is_own` tells the program's own code from a library's."""
        del now, is_own  # of those that are no coroutines, others tell

    def _picture(self, now: float, reading: CheckpointReading | None) -> TaskSnapshot:
        try:
            raw = self.progress_from() if self.progress_from is not None else None
            if raw is not None:
                self._progress = self._reader.read(*raw)
        except Exception as error:  # a bar whose attributes are not what they are elsewhere
            self.progress_from = None
            report(error)
        live = not self.state.is_final
        return Lifecycle._picture(self, now, reading)._replace(
            parent_id=self._parent_id,
            progress=self._progress,
            consequence=self._consequence,
            why_not_cancellable=self.refusal if live else "",
            log_lines=self._lines_logged(),
            origin=Origin(self._board.program, self._board.pid, self.thread_name, self.kind),
            stop_means=self.means,
            pausable=self.can_pause,
            facts=self.facts if live else None,
        )

    def has_moved_since(self, picture: TaskSnapshot) -> bool:
        """Whether a new picture might tell something else than that one. Costs next to nothing. Any thread."""
        return (
            self.facts is not picture.facts
            or self._revision != picture.revision
            or self._paused_at is not None
            or self.refusal != picture.why_not_cancellable
            or self._lines_logged() != picture.log_lines
            or (self.progress_from is not None and self._may_report(picture.progress))
        )

    def _may_report(self, known: Progress) -> bool:
        """Whether `progress_from` may return something else than what is known."""
        del known
        return True

    def _lines_logged(self) -> int:
        return 0


# The tasks of a watched program that can be seen, and those who are told about them.


class Board(LiveTasks["WatchedTask"]):
    """The rows, as a `taskmon.core.task.live_tasks.TaskSource`. Any thread.

    Args:
        program: what the program is called, and its process.
        call_soon: has a function called in the agent's thread, as soon as can be.
    """

    def __init__(self, program: str, pid: int, call_soon: Callable[[Callable[[], object]], object]) -> None:
        super().__init__(Lock())
        self.program = program
        self.pid = pid
        self.call_soon = call_soon
        self.green = ""
        """What has made green threads of the program's threads; empty if they are Python's own."""
        self.facts_period = 1.0
        """Seconds between two looks at what the threads do."""
        self.search: Search | None = None
        """What finds flags, within a look. By the agent."""
        self.obey: Callable[[], object] = _nothing
        """Does what has been asked for meanwhile. Called now and then within a look, which may take long."""
        self._look_began: float | None = None
        self.spent_once = 0.0
        """Seconds of a processor that this look took for what no later one does again."""

    def look_every(self, seconds: float) -> None:
        """Have the agent look at what the threads do as often as this. Any thread."""
        self.facts_period = seconds

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self.hub.sinks)

    def attach(self, sink: Sink) -> list[WatchedTask]:
        """See `LiveTasks.attach`. From now on somebody watches."""
        known = super().attach(sink)
        self.call_soon(_nothing)  # it has been looking seldom, or not at all
        return known

    def begin_look(self) -> None:
        """All rows are about to be looked at, until `end_look`. By the agent."""
        self._look_began = time.monotonic()
        self.spent_once = 0.0

    def end_look(self) -> None:
        """See `begin_look`. What was kept for that time lets go of the program's objects."""
        self._look_began = self.search = None

    @property
    def looks(self) -> bool:
        """Whether the rows are being looked at."""
        return self._look_began is not None

    @property
    def hurries(self) -> bool:
        """Whether this look takes so long that threads are shown before it is known how they could be stopped."""
        return self._look_began is not None and time.monotonic() - self._look_began > _HURRY

    def shows(self, row: WatchedTask) -> bool:
        """Whether it has been added, and has not ended."""
        return row.id in self.by_id

    def show(self, row: WatchedTask) -> None:
        """Add a row. By the agent."""
        with self.lock:
            self.add(row)


def _nothing() -> None:
    pass
