"""A task of another program, as the window has it: the newest picture that has come, and requests that go out.

What is asked shows at once, whatever the program does: a task that was asked to stop is *Cancelling…* from that
moment. What has become of it is for the program alone to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.stop import Dispatch, StopReason
from taskmon.core.task.events import LINES_KEPT, StateChanged, TaskChanged, TaskEvent, TaskFinished, TaskLog, TaskLogged
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.progress import Progress, ProgressReader
from taskmon.core.task.request import Askable, Request, Verb
from taskmon.core.task.snapshot import StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.verdict import Ending
from taskmon.link.wire.codec import Move, to_request
from taskmon.link.wire.connection import Message

_S = TaskState
#: A question is repeated after so many seconds without an answer, and is no longer of interest after so many.
_PATIENCE: Final = 2.0
_INTEREST: Final = 5.0
#: When nobody has asked yet: one number for all tasks, of which there may be ten thousand.
_NEVER: Final = float("-inf")
#: Seconds between two questions for a stack, and how old a stack may be.
_STACK_PERIOD: Final = 0.3
_STACK_AGE: Final = 5.0


class Line(Protocol):
    """What leads to a program."""

    def ask(self, message: Message, answered: Callable[[bool], None] | None = None) -> bool:
        """Send a request soon; any thread, never waits. False if the program has gone.

        `answered` is called with whether it was granted, with the lock of the tasks held.
        """


class TaskLine(Line, Protocol):
    """What leads to the program of a task."""

    def send_signal(self, name: str) -> bool:
        """Send a signal to its process soon, whatever that does. Any thread, never waits; False if it has gone."""

    @property
    def group(self) -> int | None:
        """The group of processes in which its own began, all of which hear of a Ctrl-C above them; None if unknown."""


class RemoteTask(Askable):
    """A `taskmon.core.task.handle.TaskHandle`. Guarded by one lock for all of them, which nobody holds for long."""

    __slots__ = (
        "_callbacks", "_interrupted", "_line", "_lock", "_log", "_log_asked", "_log_wanted", "_post", "_reader",
        "_reason", "_received", "_sent", "_shown", "_stack", "_stack_asked", "_stopped_since", "their_id",
    )  # fmt: skip

    def __init__(
        self,
        picture: TaskSnapshot,
        their_id: int,
        line: TaskLine,
        lock: Any,
        post: Callable[[TaskEvent], None],
    ) -> None:
        self.their_id = their_id
        self._line = line
        self._lock = lock
        self._post = post
        self._reader: ProgressReader | None = None  # there may be ten thousand tasks: what few need comes with its use
        self._reason: StopReason | None = None  # of a request made here
        self._interrupted = False  # by what was asked here
        self._sent: tuple[tuple[str, float], ...] = ()  # signals, and when
        self._stopped_since: float | None = None  # if nothing of its process runs
        self._received = picture if picture.revision == 0 else picture._replace(revision=0)
        self._shown = self._as_shown(self._received)
        self._log: TaskLog | None = None
        self._log_wanted = self._log_asked = self._stack_asked = _NEVER
        self._stack: StackSample | None = None
        self._callbacks: tuple[Callable[[Any], object], ...] = ()

    # -- looking ------------------------------------------------------------------------------------

    @property
    def id(self) -> int:
        return self._shown.id

    @property
    def name(self) -> str:
        return self._shown.name

    @property
    def has_ended(self) -> bool:
        """Whether its final state is shown: no picture comes after that."""
        return self._shown.state.is_final

    @property
    def line(self) -> TaskLine:
        """What leads to its program."""
        return self._line

    @property
    def program(self) -> str:
        origin = self._shown.origin
        return origin.program if origin is not None else ""

    @property
    def kind(self) -> str:
        """What it is in its program, see `taskmon.core.task.snapshot.Origin`."""
        origin = self._shown.origin
        return origin.kind if origin is not None else "task"

    @property
    def was_interrupted(self) -> bool:
        """Whether it was asked to stop as Ctrl-C would ask it, and with it what stands beneath it in its group."""
        return self._interrupted and self._shown.stop_requested_at is not None

    @property
    def is_call_in_main(self) -> bool:
        """Whether it is a call that the main thread of its program executes."""
        origin = self._shown.origin
        return origin is not None and origin.kind == "future" and origin.in_main_thread

    def snapshot(self) -> TaskSnapshot:
        """Return the newest picture that has come. Time goes on in it while the task runs."""
        picture = self._shown
        if picture.state.is_final or not picture.state.has_thread or picture.state is _S.PAUSED:
            return picture
        now = time.monotonic()
        passed = now - picture.taken_at
        if passed <= 0:
            return picture
        reading = picture.checkpoint
        if reading is not None and reading.last_seen is not None and passed > _PATIENCE:
            reading = reading._replace(last_seen=reading.last_seen + passed)
        return picture._replace(taken_at=now, checkpoint=reading)

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Return what has come of the log. Asking is what makes more of it come, and `TaskLogged` tells when."""
        with self._lock:
            self._log_wanted = time.monotonic()
            self._want_log()
            return (0, []) if self._log is None else self._log.since(since)

    def stack(self) -> StackSample | None:
        """Return the stack that came last, if that was lately, and ask for another."""
        now = time.monotonic()
        with self._lock:
            fresh = self._stack is not None and now - self._stack.taken_at <= _STACK_AGE
            pending = now - self._stack_asked < (_STACK_PERIOD if fresh else _PATIENCE)
            if not pending and self._shown.state.has_thread:
                self._stack_asked = now
                self._ask({"t": "stack"})
            return self._stack if fresh else None

    # -- asking -------------------------------------------------------------------------------------

    def ask(self, request: Request, dispatch: Dispatch | None = None) -> bool:  # noqa: ARG002  # it runs nothing here
        """Ask its program. Return whether it makes sense, was not asked before, and could be sent."""
        with self._lock:
            shown = self._shown
            match request.verb:
                case Verb.CANCEL:
                    return not shown.why_not_cancellable and self._stop(request)
                case Verb.OFFER:
                    return self._take_offer(request)
                case Verb.AFTER_ITEM:
                    possible = shown.item_wise and not shown.state.is_final and shown.stop_requested_at is None
                case Verb.DETACH:
                    possible = shown.state is _S.STOPPING
                case Verb.PAUSE:
                    possible = shown.pausable and shown.state in (_S.RUNNING, _S.QUEUED)
                case Verb.RESUME:
                    possible = shown.state in (_S.PAUSING, _S.PAUSED, _S.HELD)
            return possible and self._ask(to_request(request))

    def _take_offer(self, request: Request) -> bool:
        shown, means, number = self._shown, self._shown.stop_means, request.offer
        if shown.state.is_final or means is None or not 0 <= number < len(means.offers):
            return False
        name = means.signals[number] if number < len(means.signals) else ""
        if not name:
            return self._stop(request)
        # A signal is firmer than what was asked before. To a program it is sent from here, for that may hear nothing
        # any more; but for the first, which it had better know of.
        if name != INTERRUPT and self.kind == "program":
            sent = self._line.send_signal(name)
        else:
            sent = self._ask(to_request(request))
        if sent:
            self._interrupted = self._interrupted or name == INTERRUPT
            self._sent = (*self._sent, (name, time.monotonic()))
            if self._reason is None and shown.stop_requested_at is None:
                self._reason = request.why
            self._show(self._received)
        return sent

    def _stop(self, request: Request) -> bool:
        shown = self._shown
        if shown.state.is_final or shown.stop_requested_at is not None:
            return False
        if not self._ask(to_request(request), self._stop_answered):
            return False
        self._reason = request.why
        self._interrupted = shown.stop_means is not None and shown.stop_means.signal == INTERRUPT
        self._show(self._received)
        return True

    def note_stop(self, reason: StopReason) -> None:
        """It was asked to stop along with another. The lock is held."""
        if self._reason is None and self._shown.stop_requested_at is None and not self._shown.state.is_final:
            self._reason = reason
            self._show(self._received)

    def _stop_answered(self, granted: bool) -> None:
        if not granted and self._received.stop_requested_at is None:
            self._reason = None  # it says that nothing was done: neither may the row
            self._show(self._received)

    def _ask(self, message: Message, answered: Callable[[bool], None] | None = None) -> bool:
        return self._line.ask({**message, "id": self.their_id}, answered)

    def lead_to(self, line: TaskLine, their_id: int) -> None:
        """From now on, another program is asked, which calls it so. The lock is held."""
        self._line, self.their_id = line, their_id

    def retry(self) -> TaskHandle:
        """Raise RuntimeError: only its own program could."""
        raise RuntimeError(f"{self.name!r} belongs to {self.program or 'another program'}: start it again there")

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Call ``fn(self)`` once it has ended; at once, if it has."""
        with self._lock:
            if not self._shown.state.is_final:
                self._callbacks = (*self._callbacks, fn)
                return
        _call(fn, self)

    # -- news, in the server's thread with the lock held ----------------------------------------------

    def take(self, picture: TaskSnapshot, via: Sequence[TaskState] = ()) -> list[Callable[[], None]]:
        """Show a newer picture, and the states passed on the way to it; return what to call without the lock."""
        if self._shown.state.is_final:
            return []
        if picture.attempt > self._received.attempt:  # what was reported before does not count
            self._reader = self._log = self._stack = None
        for state in via:
            if not state.is_final:
                self._show(picture._replace(state=state, ended_at=None))
        self._show(picture)
        return self._take_callbacks()

    def move(self, move: Move, at: float) -> None:
        """Show what has moved."""
        received = self._received
        if self._shown.state.is_final:
            return
        self._show(
            received._replace(
                taken_at=max(at, received.taken_at),
                progress=move.progress,
                checkpoint=move.checkpoint,
                log_lines=max(move.log_lines, received.log_lines),
                paused_for=move.paused_for,
                shield=move.shield,
                stop_seen_at=move.stop_seen_at,
                facts=move.facts,
            )
        )
        if time.monotonic() - self._log_wanted < _INTEREST:
            self._want_log()

    def conclude(self, ending: Ending, at: float) -> list[Callable[[], None]]:
        """Its program has not said what became of it: this is what is known. `at` it was last heard of."""
        if self._shown.state.is_final:
            return []
        shown = self._shown
        self._show(
            shown._replace(
                state=ending.state,
                ended_at=at,
                taken_at=at,
                error=ending.error,
                details=ending.details,
                consequence=ending.consequence or shown.consequence,
            )
        )
        return self._take_callbacks()

    def show_stopped(self, since: float | None) -> None:
        """Its process has been stopped, and was last heard of at `since`; None once it goes on."""
        self._stopped_since = since
        if not self._shown.state.is_final:
            self._show(self._received)

    def cannot_be_asked(self, why: str) -> None:
        """It goes on, but nothing can be asked of it any more."""
        if not self._shown.state.is_final:
            means = sent_by_cancel(self._shown)
            if self.kind == "program" and self._shown.stop_means is not None and self._shown.stop_means.signals:
                means = with_signals(means or StopMeans(), (TERMINATE, KILL))  # those that the window sends
            self._show(self._received._replace(why_not_cancellable=why, stop_means=means, pausable=False))

    def add_log(self, first: int, count: int, lines: list[str]) -> None:
        """Take lines of the log, from number `first` on, of `count` that there are."""
        log = self._log
        if log is None or first > log.count:  # there is a gap: what was before it is as good as dropped
            self._log = log = TaskLog()
            log.count = first
        new = lines[log.count - first :][-LINES_KEPT:]
        if new:
            log.add(new)
            for line in new:
                self._post(TaskLogged(self._shown.id, line))
        if log.count >= count:
            self._log_asked = _NEVER
        if count > self._shown.log_lines:
            self._received = self._received._replace(log_lines=count)
            self._shown = self._shown._replace(log_lines=count)

    def set_stack(self, sample: StackSample | None) -> None:
        """Take a stack that was asked for, or the answer that there is none yet."""
        if sample is not None:
            self._stack = sample
        else:
            self._stack_asked = time.monotonic() - _PATIENCE + _STACK_PERIOD  # ask again soon

    # -- the picture that is shown --------------------------------------------------------------------

    def _as_shown(self, picture: TaskSnapshot) -> TaskSnapshot:
        """A picture as received, with sense in its progress, and with what was asked for here."""
        state, reason = picture.state, self._reason
        progress = picture.progress
        changes: dict[str, Any] = {}
        if progress != _NO_PROGRESS:
            if self._reader is None:
                self._reader = ProgressReader(may_go_back=True)  # its own program has looked at that
            sensible = self._reader.read(*progress)
            if sensible != progress:
                changes["progress"] = sensible
        if self._sent and picture.stop_means is not None:
            changes["stop_means"] = picture.stop_means._replace(sent=self._sent)
        if reason is not None and picture.stop_requested_at is None:
            changes["stop_requested_at"] = reason.at
            changes["reason"] = reason
            if not state.is_final:
                changes["state"] = _S.STOPPING
                changes["taken_at"] = max(picture.taken_at, reason.at)  # one that moves seldom is an old picture
        if self._stopped_since is not None and state.has_thread:
            changes["facts"] = ThreadFacts(activity=Activity.STOPPED, since=self._stopped_since)
        if state.has_thread and picture.started_at is None:
            changes["started_at"] = picture.taken_at
        if state.is_final and picture.ended_at is None:
            changes["ended_at"] = picture.taken_at
        return picture._replace(**changes) if changes else picture

    def _show(self, picture: TaskSnapshot) -> None:
        """Take a picture as it was received, and show it; mostly both are one."""
        old = self._shown
        if picture.state.is_final and picture.stop_means is None and old.stop_means is not None:
            picture = picture._replace(stop_means=old.stop_means)  # by which it was asked to end
        shown = self._as_shown(picture)
        is_news = shown.state is not old.state
        # At what has no thread nobody looks again and again.
        is_change = not is_news and not shown.state.has_thread and _what_waits_says(shown) != _what_waits_says(old)
        revision = old.revision + (is_news or is_change)
        if shown.revision != revision:
            as_received = shown is picture
            shown = shown._replace(revision=revision)
            if as_received:
                picture = shown
        self._received, self._shown = picture, shown
        if is_news:
            self._post(StateChanged(shown, old.state))
            if shown.state.is_final:
                self._post(TaskFinished(shown))
        elif is_change:
            self._post(TaskChanged(shown))

    def _want_log(self) -> None:
        now = time.monotonic()
        known = 0 if self._log is None else self._log.count
        if self._shown.log_lines > known and now - self._log_asked > _PATIENCE:
            self._log_asked = now
            since = max(known, self._shown.log_lines - LINES_KEPT)
            self._ask({"t": "log", "since": since})

    def _take_callbacks(self) -> list[Callable[[], None]]:
        if not self._shown.state.is_final:
            return []
        taken, self._callbacks = self._callbacks, ()
        return [lambda fn=fn: _call(fn, self) for fn in taken]  # type: ignore[misc]  # a default, no argument

    def __repr__(self) -> str:
        return f"<RemoteTask {self.id} {self.name!r} of {self.program!r} {self._shown.state.value}>"


def sent_by_cancel(picture: TaskSnapshot) -> StopMeans | None:
    """The signal that the cancel of a program has sent it, which is told of it at its end as well."""
    means = picture.stop_means
    if means is None or not means.signal or picture.stop_requested_at is None:
        return None
    return StopMeans(signal=means.signal)


_NO_PROGRESS: Final = Progress()


def _what_waits_says(picture: TaskSnapshot) -> tuple[str, Progress]:
    return picture.why_not_cancellable, picture.progress


def _call(fn: Callable[[Any], object], task: RemoteTask) -> None:
    try:
        fn(task)
    except BaseException as error:
        import logging

        logging.getLogger("taskmon.link").error("A done callback %r failed", fn, exc_info=error)
