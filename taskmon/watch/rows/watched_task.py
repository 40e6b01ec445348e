"""One task of a watched program: its state, and what a Cancel would do.

The agent's thread finds out what is so and calls the methods that write. Everybody may read, and ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from taskmon.core.base.text import to_text
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.events import EventHub, Sink, StateChanged, TaskAdded, TaskFinished
from taskmon.core.task.progress import Progress, ProgressReader
from taskmon.core.task.snapshot import Origin, StopMeans, TaskSnapshot, new_task_id
from taskmon.core.task.state import TaskState
from taskmon.watch.hooks.patching import report
from taskmon.watch.own_threading import Lock

if TYPE_CHECKING:
    from taskmon.core.stacks.facts import ThreadFacts
    from taskmon.core.stacks.sampler import StackSample
    from taskmon.core.stop.token import Dispatch
    from taskmon.core.task.handle import TaskHandle


#: Amount done, total, unit and message, as the program wrote them.
RawProgress = tuple[Any, Any, str, str]


class WatchedTask:
    """A `taskmon.core.task.handle.TaskHandle`. Its subclasses know what kind of thing it is and how it is stopped.

    Args:
        queued: whether it waits for something before it begins.
        at: when it began, or was queued, in seconds of `time.monotonic()`; by default now.
    """

    kind = "task"
    can_pause = False

    def __init__(
        self,
        board: Board,
        name: str,
        parent: WatchedTask | None = None,
        *,
        queued: bool = False,
        at: float | None = None,
    ) -> None:
        self.id = new_task_id()
        self._board = board
        self._name = to_text(name) or "(no name)"
        self._parent_id = parent.id if parent is not None else None
        self._lock = Lock()
        self._state = TaskState.QUEUED if queued else TaskState.RUNNING
        self._revision = 1
        now = time.monotonic()
        self._queued_at = now if at is None else at
        self._created = time.time() - (now - self._queued_at)
        self._started_at = None if queued else self._queued_at
        self._stop_requested_at: float | None = None
        self._ended_at: float | None = None
        self._paused_at: float | None = None
        self._paused_for = 0.0
        self._reason: StopReason | None = None
        self._error = self._details = self._consequence = ""
        self._callbacks: list[Callable[[Any], object]] = []
        self._reader = ProgressReader()
        self._progress = Progress()
        self.thread_name = ""
        self.thread_id: int | None = None
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

    @property
    def state(self) -> TaskState:
        """Where it is in its life."""
        return self._state

    def snapshot(self) -> TaskSnapshot:
        """Return the newest picture."""
        with self._lock:
            return self._picture()

    def cancel(
        self,
        reason: str = "",
        *,
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> bool:
        """Ask it to stop by what was found. Return whether this was the first request, and there was anything to do."""
        del dispatch  # whatever is set is set by the agent, in its own thread
        with self._lock:
            if self.refusal or not self._note_request(reason, by, kind):
                return False
        self._board.call_soon(self._stop)
        return True

    def note_stop(self, reason: str, kind: StopKind = StopKind.PARENT) -> bool:
        """It is being stopped along with another task: say so, and do nothing."""
        with self._lock:
            return self._note_request(reason, "", kind)

    def use_offer(self, number: int) -> bool:
        """Stop it by something that may be right; only because the user said so."""
        with self._lock:
            offers = self.means.offers if self.means is not None else ()
            if self._state.is_final or not 0 <= number < len(offers) or self._is_out_of_reach:
                return False
            self._note_request(offers[number], "", StopKind.USER)
        self._board.call_soon(lambda: self._use_offer(number))
        return True

    def cancel_after_item(
        self,
        reason: str = "",
        *,
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> bool:
        """Nothing is known of its items."""
        del reason, by, kind, dispatch
        return False

    def detach(self) -> bool:
        """Nobody here waits for it."""
        return False

    def pause(self) -> bool:
        """Have it wait at its next item, if it has such."""
        with self._lock:
            if not self.can_pause or self._state is not TaskState.RUNNING:
                return False
            self._enter(TaskState.PAUSING)
        self._board.call_soon(self._pause)
        return True

    def resume(self) -> bool:
        """Let it go on."""
        with self._lock:
            if self._state not in (TaskState.PAUSING, TaskState.PAUSED):
                return False
            self._end_pause()
            self._enter(TaskState.RUNNING)
        self._board.call_soon(self._resume)
        return True

    def retry(self) -> NoReturn:
        """Only its program could."""
        raise RuntimeError("a task of another program cannot be started from here")

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Call ``fn(self)`` once it has ended; now, if it has."""
        with self._lock:
            if not self._state.is_final:
                self._callbacks.append(fn)
                return
        fn(self)

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Only a program prints: which thread did is not known."""
        del since
        return 0, []

    def stack(self) -> StackSample | None:
        """Return where its thread is; None while it has none, and at first."""
        if self.thread_id is None or self._state.is_final:
            return None
        from taskmon.core.stacks.sampler import sampler

        return sampler.ask(self.thread_id)

    # -- for the agent --------------------------------------------------------------------------------------

    def tell(self, means: StopMeans | None, why_not: str, advice: str = "") -> None:
        """Say anew what a cancel would do; if nothing, `advice` says what would change that."""
        with self._lock:
            if (means, why_not) == (self.means, self.why_not) or self._stop_requested_at is not None:
                return  # what a cancel did remains what it did
            self.means, self.why_not, self._details = means, why_not, advice
            if not self._state.is_final and self._board.shows(self):
                self._enter(self._state)  # a picture is sent when its revision has grown

    def add_to_means(self, said: str) -> None:
        """More was done to stop it than was said before."""
        with self._lock:
            if not self._state.is_final and self.means is not None:
                self.means = self.means._replace(means=f"{self.means.means}; {said}")
                self._enter(self._state)

    def begin(self, thread_id: int | None, thread_name: str, at: float | None = None) -> None:
        """It has a thread."""
        with self._lock:
            self.thread_id, self.thread_name = thread_id, thread_name
            if self._state is TaskState.QUEUED:
                self._started_at = time.monotonic() if at is None else at
                self._enter(TaskState.RUNNING)

    def note_paused(self) -> None:
        """It waits. In its own thread."""
        with self._lock:
            if self._state is TaskState.PAUSING:
                self._paused_at = time.monotonic()
                self._enter(TaskState.PAUSED)

    def end(
        self,
        *,
        error: str = "",
        details: str = "",
        cancelled: bool = False,
        cut_off: bool = False,
        finished: bool = False,
        consequence: str = "",
        lost: str = "",
        at: float | None = None,
    ) -> None:
        """It has ended: its thread is gone, or its work is done. It failed if there is an `error`.

        It is `cut_off` if it was still at work, or waiting, when the program ended, asked to stop or not. One that was
        asked is taken to have left because of that, unless it has `finished`.
        If `lost` says why, it may go on, but nobody watches it any more.
        """
        with self._lock:
            if self._state.is_final:
                return
            if self._state in (TaskState.PAUSING, TaskState.PAUSED):
                self._end_pause()
                self._enter(TaskState.RUNNING)
            self._ended_at = time.monotonic() if at is None else at
            self._error, self._details, self._consequence = error, details, consequence
            if cancelled and self._state is TaskState.RUNNING:
                self._note_request("", "", StopKind.REQUEST)  # by the program itself
            if cut_off:
                self._enter(TaskState.CUT_OFF)
            elif lost:
                self._error = lost
                self._enter(TaskState.LOST)
            elif self._state is TaskState.QUEUED:
                self._enter(TaskState.CANCELLED if cancelled else TaskState.FAILED)
            elif error:
                self._enter(TaskState.FAILED)
            else:
                self._enter(
                    TaskState.SUCCEEDED if finished or self._state is not TaskState.STOPPING else TaskState.CANCELLED
                )
            self._board.hub.post(TaskFinished(self._picture()))
            callbacks, self._callbacks = self._callbacks, []
            self.progress_from = None
        self._board.remove(self)
        for callback in callbacks:
            callback(self)

    def program_ended(self) -> None:
        """The program is at its end, and this was still at work or waiting."""
        self.end(cut_off=True)

    # -- with the lock held ---------------------------------------------------------------------------------

    def _note_request(self, reason: str, by: str, kind: StopKind) -> bool:
        if self._stop_requested_at is not None or self._state.is_final:
            return False
        self._stop_requested_at = time.monotonic()
        self._reason = StopReason(kind, by, reason, self._stop_requested_at)
        if self._state is not TaskState.QUEUED:
            self._end_pause()
            self._enter(TaskState.STOPPING)
        return True

    def _end_pause(self) -> None:
        if self._paused_at is not None:
            self._paused_for += time.monotonic() - self._paused_at
            self._paused_at = None

    def _enter(self, state: TaskState) -> None:
        old, self._state = self._state, state
        self._revision += 1
        self._board.hub.post(StateChanged(self._picture(), old))

    def _picture(self) -> TaskSnapshot:
        now = time.monotonic()
        try:
            raw = self.progress_from() if self.progress_from is not None else None
            if raw is not None:
                self._progress = self._reader.read(*raw)
        except Exception as error:  # a bar whose attributes are not what they are elsewhere
            self.progress_from = None
            report(error)
        paused = self._paused_for + (now - self._paused_at if self._paused_at is not None else 0.0)
        return TaskSnapshot(
            id=self.id,
            name=self._name,
            state=self._state,
            revision=self._revision,
            taken_at=now,
            queued_at=self._queued_at,
            started_at=self._started_at,
            stop_requested_at=self._stop_requested_at,
            ended_at=self._ended_at,
            paused_for=paused,
            created=self._created,
            parent_id=self._parent_id,
            progress=self._progress,
            reason=self._reason,
            error=self._error,
            details=self._details,
            consequence=self._consequence,
            thread_id=None if self._state.is_final else self.thread_id,
            cancellable="" if self._state.is_final else self.refusal,
            log_lines=self._lines_logged(),
            origin=Origin(self._board.program, self._board.pid, self.thread_name, self.kind),
            stop_means=self.means,
            pausable=self.can_pause,
            facts=None if self._state.is_final else self.facts,
        )

    def _lines_logged(self) -> int:
        return 0


# The tasks of a watched program that can be seen, and those who are told about them.


class Board:
    """A `taskmon.core.task.live_tasks.TaskSource`. Any thread.

    Args:
        program: what the program is called, and its process.
        call_soon: has a function called in the agent's thread, as soon as can be.
    """

    def __init__(self, program: str, pid: int, call_soon: Callable[[Callable[[], object]], object]) -> None:
        self.program = program
        self.pid = pid
        self.call_soon = call_soon
        self.green = ""
        """What has made green threads of the program's threads; empty if they are Python's own."""
        self.hub = EventHub()
        self._lock = Lock()
        self._live: dict[int, WatchedTask] = {}

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self.hub.sinks)

    def attach(self, sink: Sink) -> Sequence[TaskHandle]:
        """See `taskmon.core.task.live_tasks.TaskSource`."""
        with self._lock:
            self.hub.attach(sink)
            known = list(self._live.values())
        self.call_soon(_nothing)  # it has been looking seldom, or not at all
        return known

    def detach(self, sink: Sink) -> None:
        """See `taskmon.core.task.live_tasks.TaskSource`."""
        self.hub.detach(sink)

    def tasks(self) -> Sequence[TaskHandle]:
        """See `taskmon.core.task.live_tasks.TaskSource`."""
        return self.rows()

    def rows(self) -> list[WatchedTask]:
        """The tasks that have not ended, in the order in which they were added."""
        with self._lock:
            return list(self._live.values())

    def shows(self, row: WatchedTask) -> bool:
        """Whether it has been added, and has not ended."""
        return row.id in self._live

    def add(self, row: WatchedTask) -> None:
        """Show a task. By the agent."""
        with self._lock:
            self._live[row.id] = row
            self.hub.post(TaskAdded(row.snapshot(), row))

    def remove(self, row: WatchedTask) -> None:
        """It has ended, and its listeners know."""
        with self._lock:
            self._live.pop(row.id, None)


def _nothing() -> None:
    pass
