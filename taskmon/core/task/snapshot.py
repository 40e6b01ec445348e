"""The frozen picture of a task: what every reader gets, in this thread, another thread or another process."""

from __future__ import annotations

import itertools
import os
import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.state import LABEL_OF, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskmon.core.stacks.facts import ThreadFacts

#: Seconds after a stop request without a checkpoint from which a task counts as not responding.
NOT_RESPONDING_AFTER = 5.0


#: The `error` of what is not watched any more because somebody asked for that.
DETACHED: Final = "taskmon was detached from its program, which goes on."
#: The `error` of what is known to have ended, by whoever looks: the program's own agent, or the window after its end.
NOT_SEEN: Final = "How it ended was not seen."


class Origin(NamedTuple):
    """Which program's work it is, when it is not the window's own."""

    program: str
    """What its user would call the program: the script's name."""
    pid: int
    thread: str = ""
    """The name of the thread, if it has one of its own."""
    kind: str = "task"
    """What it is there: ``program``, ``process``, ``thread``, ``timer``, ``pool``, ``future``, ``coroutine``, ``bar``,
    ``work`` (all that its program is there for), ``internal`` (what libraries run for themselves) or ``task``."""
    known_as: str = ""
    """What it is called by all who may tell of it, where these are several."""
    second_hand: bool = False
    """Whether its own program may tell of it, too, and knows it better."""

    @property
    def in_main_thread(self) -> bool:
        """Whether the main thread of its program executes it, as far as the name of that tells."""
        return self.thread == "MainThread"


class StopMeans(NamedTuple):
    """What a cancel will do, found out rather than built in."""

    means: str = ""
    """In words, such as ``sets stop_event``; empty if a plain cancel can do nothing."""
    shared_with: tuple[str, ...] = ()
    """The names of other tasks that the same flag stops."""
    offers: tuple[str, ...] = ()
    """Further things that may stop it, in words; done only when the user picks one."""
    signals: tuple[str, ...] = ()
    """For each offer, the signal that it sends, such as ``SIGTERM``; empty for one that sends none, or left out."""
    signal: str = ""
    """The signal that a plain cancel sends; empty if it sends none."""
    sent: tuple[tuple[str, float], ...] = ()
    """The signals that were sent as an offer, and when, in their order. Known at the window alone."""
    by_tasks: bool = False
    """Whether the cancel of a program asks its tasks, for which its main thread only waits, and not that thread."""
    ignores: bool = False
    """Whether a program or a process ignores what a plain cancel would send: the next signal may be sent at once."""


class ProgramInfo(NamedTuple):
    """How a program was started, and with which Python."""

    command: tuple[str, ...] = ()
    """Its command line, word by word, as the system was given it."""
    folder: str = ""
    """Its working directory when it was first seen."""
    interpreter: str = ""
    """The path of its Python."""
    version: str = ""
    """Of that Python."""
    environment: str = ""
    """The folder of the virtual environment in use; empty if there is none."""
    attached: bool = False
    """Whether it was attached to when it ran already, and can be let go again."""


class TaskSnapshot(NamedTuple):
    """One task at one moment. All moments are seconds of `time.monotonic()`."""

    id: int
    name: str
    state: TaskState
    revision: int
    """Grows by one with each change of state: of two snapshots of a task, the one with the larger is the newer."""
    taken_at: float
    queued_at: float
    started_at: float | None = None
    stop_requested_at: float | None = None
    stop_seen_at: float | None = None
    """When the worker reached its first checkpoint after the request."""
    ended_at: float | None = None
    paused_for: float = 0.0
    """Seconds spent paused so far."""
    created: float = 0.0
    """When it was created, as `time.time()`; for display only."""
    reason: StopReason | None = None
    error: str = ""
    """A failure in one line."""
    details: str = ""
    """A failure's traceback or explanation."""
    checkpoint: CheckpointReading | None = None
    thread_id: int | None = None
    """`threading.get_ident()` of its worker while it runs."""
    progress: Progress = Progress()
    consequence: str = ""
    """What the task left behind, in a sentence of its own."""
    log_lines: int = 0
    """Lines logged so far, dropped ones included."""
    group: str = ""
    parent_id: int | None = None
    retry_of: int | None = None
    attempt: int = 1
    shield: str = ""
    """What is being finished before the stop takes effect; of a program whose main thread has ended, what keeps it."""
    result_path: str = ""
    """The file or folder it has made, for its user to open. Of a task of another program: not trusted."""
    item_wise: bool = False
    """Whether it can be asked to finish its current item and stop then."""
    after_item_since: float | None = None
    """Since when it has been finishing its current item in order to stop; None if it is not."""
    detached: bool = False
    """Whether it was given up: it still runs, but no limit counts it and nobody waits for it."""
    why_not_cancellable: str = ""
    """Why it cannot be cancelled; empty if it can."""
    pausable: bool = True
    """Whether it can be paused."""
    origin: Origin | None = None
    """The program that it belongs to; None for the window's own tasks."""
    stop_means: StopMeans | None = None
    """What a cancel does, where that had to be found out."""
    facts: ThreadFacts | None = None
    """What its thread does, if anybody has looked lately."""
    program: ProgramInfo | None = None
    """Of the row of a program: how it was started."""

    @property
    def elapsed(self) -> float:
        """Seconds of work: from the start to the end, or to this picture, without the pauses."""
        if self.started_at is None:
            return 0.0
        end = self.taken_at if self.ended_at is None else self.ended_at
        return max(0.0, end - self.started_at - self.paused_for)

    @property
    def stopping_for(self) -> float:
        """Seconds since the stop was requested, up to the end of the task; 0 if it was not."""
        if self.stop_requested_at is None:
            return 0.0
        end = self.taken_at if self.ended_at is None else self.ended_at
        return max(0.0, end - self.stop_requested_at)

    @property
    def is_kept(self) -> bool:
        """Whether it is a program whose main thread has ended, and that others keep; `shield` says which."""
        return self.program is not None and bool(self.shield)

    @property
    def not_responding(self) -> bool:
        """Whether it is `overdue`, and as far as is known has not done anything about it."""
        return self.overdue and not self.is_kept and not self.asked_by_its_tasks

    @property
    def asked_by_its_tasks(self) -> bool:
        """Whether it is a program whose tasks were asked to stop, and its main thread was not."""
        means = self.stop_means
        return self.program is not None and means is not None and means.by_tasks and not means.sent

    @property
    def overdue(self) -> bool:
        """Whether it was asked to stop and has not passed a checkpoint for `NOT_RESPONDING_AFTER` seconds."""
        if self.state is not TaskState.STOPPING or self.stopping_for < NOT_RESPONDING_AFTER:
            return False
        seen = self.checkpoint.last_seen if self.checkpoint is not None else None
        return seen is None or seen >= NOT_RESPONDING_AFTER

    @property
    def finished_before_stop(self) -> bool:
        """Whether it was asked to stop, but had done its work before it noticed."""
        return self.state is TaskState.SUCCEEDED and self.stop_requested_at is not None

    @property
    def end_unknown(self) -> bool:
        """Whether it is known to have ended, but not whether its work was done; `error` says what is known."""
        return self.state is TaskState.CUT_OFF and bool(self.error)

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended as far as is known: taskmon was detached from its program."""
        return self.state is TaskState.CUT_OFF and self.error == DETACHED

    @property
    def state_name(self) -> str:
        """What its state is called by, see `name_of_state`."""
        return name_of_state(self.state, self.error)

    @property
    def ended_by(self) -> str:
        """The signal that a process ended by when it was asked to; empty if it ended by none."""
        if self.state is not TaskState.CANCELLED or not self.consequence:
            return ""
        from taskmon.core.base.signals import signal_in  # most tasks are no processes

        return signal_in(self.consequence)

    def state_words(self, tr: Callable[[str], str] = str) -> str:
        """What its state is called, in the window as in a terminal: not what it does, nor what has become of it."""
        if self.not_responding:
            return tr("Not responding")
        if self.timed_out:
            return tr("Timed out")
        if by := self.ended_by:
            return tr("Ended by {signal}").format(signal=by)
        return tr(LABEL_OF[self.state_name])

    @property
    def timed_out(self) -> bool:
        """Whether its deadline cancelled it."""
        return self.state is TaskState.CANCELLED and self.reason is not None and self.reason.kind is StopKind.DEADLINE


def name_of_state(state: TaskState, error: str) -> str:
    """What a state is called in words, counts, JSON and exports: there, CUT_OFF is what its program's end has cut off.

    One whose end was not seen, and one that goes on without taskmon, are told by their `error`.
    """
    if state is not TaskState.CUT_OFF or not error:
        return state.name
    return "DETACHED" if error == DETACHED else "ENDED"


# The numbers of tasks.

_ids = itertools.count(1)
_lock = threading.Lock()


def number_tasks_from(first: int) -> None:
    """Have `new_task_id` go on from there: a program that has replaced itself goes on as the same."""
    global _ids
    with _lock:
        _ids = itertools.count(first)


def new_task_id() -> int:
    """Return a number that no other task of this process has had. Any thread."""
    with _lock:  # without the interpreter's own lock, next() is not atomic
        return next(_ids)


def _begin_anew_after_fork() -> None:
    """In a forked child: another thread of the parent may have been given a number just then."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_after_fork)
