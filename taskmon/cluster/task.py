"""A task on a cluster, for whoever has started it: a `concurrent.futures.Future`, and a row in the window.

Two things are told of it. Its worker's agent tells how it goes on and how it has ended; Dask tells when there is a
result, and moves it here. A task is shown as ended once both are known: of one whose result is still on its worker
alone, Dask would start the work again, unseen, when that worker dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, NoReturn, Protocol

from taskmon.cluster.connection import ClusterRow, Connection
from taskmon.core.base.error_text import error_texts
from taskmon.core.base.errors import TaskmonError
from taskmon.core.stop import Dispatch, StopReason
from taskmon.core.task.request import Request, Verb
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.verdict import Ending
from taskmon.link.wire.connection import Message

_S = TaskState


class LostTaskError(TaskmonError):
    """What became of a task on a cluster is not known, or its result cannot be had any more."""


class Work(NamedTuple):
    """What a task does, to start it with, and to start it again."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    name: str
    group: str
    timeout: float | None
    takes_context: bool
    options: dict[str, Any]
    """For Dask."""
    place: str
    """Of the window that its program shows it in; empty if it does not."""


class Outcome(NamedTuple):
    """How a task has ended, as far as Dask knows."""

    state: TaskState
    value: Any = None
    """The result, or the partial result of a cancelled one."""
    error: BaseException | None = None
    last_words: bool = True
    """Whether its worker has told of it, or will."""


class Host(Protocol):
    """The runner, as its tasks know it."""

    connection: Connection

    def submit(self, task: ClusterTask) -> None:
        """Hand a task to Dask."""

    def withdraw(self, task: ClusterTask, message: Message) -> bool:
        """Stop a task that may not have begun. False if there is no contact. The lock is held."""

    def start_again(self, task: ClusterTask) -> ClusterTask:
        """Start its work once more."""

    def has_lost_result(self, task: ClusterTask) -> bool:
        """Whether it is to be done again, because its result was lost."""

    def ended(self, task: ClusterTask) -> None:
        """It has reached its final state."""


class ClusterTask(ClusterRow, Future[Any]):
    """Made by `ClusterRunner.start`. Any thread may call any method; of those, only `result` and `exception` wait.

    Attributes:
        partial_result: what it returned although it was stopped.
    """

    def __init__(self, picture: TaskSnapshot, key: str, work: Work, host: Host):
        Future.__init__(self)
        ClusterRow.__init__(self, picture, host.connection)
        self.key = key
        """What it is called within Dask."""
        self.work = work
        self.partial_result: Any = None
        self.given_up = False
        """Whether Dask has given it up, so that only its worker can tell what becomes of it."""
        self.was_made = False
        """Whether Dask has told of a result of the attempt that is shown."""
        self._host = host
        self._last_words: TaskSnapshot | None = None
        self._outcome: Outcome | None = None

    # -- looking ------------------------------------------------------------------------------------------------

    @property
    def group(self) -> str:
        return self.work.group

    @property
    def state(self) -> TaskState:
        """Where it is in its life, as far as is known here. Final as soon as there is a result to be found."""
        outcome = self._outcome
        return outcome.state if outcome is not None and self.done() else self._shown.state

    @property
    def stop_requested(self) -> bool:
        """Whether it was asked to stop."""
        return self._shown.stop_requested_at is not None

    def running(self) -> bool:
        """Whether it occupies a worker's thread, as far as is known here."""
        return self._shown.state.has_thread

    def done(self) -> bool:
        return self._shown.state.is_final

    # -- asking -------------------------------------------------------------------------------------------------

    def ask(self, request: Request, dispatch: Dispatch | None = None) -> bool:
        """Ask its worker; one that is on hold here is cancelled, or handed to Dask, at once.

        Return whether it makes sense, was not asked before, and there is contact with the cluster.
        """
        with self._lock:
            if self._shown.state is not _S.HELD or request.verb not in (Verb.CANCEL, Verb.RESUME):
                return super().ask(request, dispatch)
            if request.verb is Verb.CANCEL:
                self._reason = request.why
                follow_up = self._settle(Outcome(_S.CANCELLED, last_words=False))
            else:
                self._received = self._received._replace(state=_S.QUEUED, taken_at=time.monotonic())
                self._show(self._received)
                follow_up = [lambda: self._host.submit(self)]
        for call in follow_up:
            call()
        return True

    def retry(self) -> ClusterTask:
        """Start the same work again, as a new task.

        Raises:
            RuntimeError: if it has not ended, or its runner is closed.
        """
        if not self.done():
            raise RuntimeError(f"{self.name!r} has not ended yet; only a finished task can be retried")
        return self._host.start_again(self)

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Call ``fn(self)`` once it has ended, in the thread of the client's event loop: quickly, please."""
        ClusterRow.add_done_callback(self, fn)

    # -- news, in the client's loop -----------------------------------------------------------------------------

    def take(self, picture: TaskSnapshot, via: Sequence[TaskState] = ()) -> list[Callable[[], None]]:
        """Show what its worker tells. A final state waits for what Dask has to say."""
        shown = self._shown
        picture = picture._replace(name=shown.name, group=shown.group, queued_at=shown.queued_at, created=shown.created)
        if not picture.state.is_final:
            return super().take(picture, via)
        for state in via:
            if not state.is_final:
                super().take(picture._replace(state=state, ended_at=None))
        self._last_words = picture
        if self.given_up and self._outcome is None:
            return self._settle(_outcome_of_given_up(picture))
        if picture.state is _S.CANCELLED and self.worker is not None and self.number not in self.worker.kept:
            return self._settle(Outcome(_S.CANCELLED))  # there is nothing to wait for, and Dask forgets it with that
        return self._settle(self._outcome) if self._outcome is not None else []

    def arrive(self, outcome: Outcome) -> bool:
        """Dask tells how it has ended. Return whether that was all; otherwise its worker will tell more soon."""
        with self._lock:
            if not self._shown.state.is_final:
                self._outcome = outcome
                if outcome.last_words and self._last_words is None:
                    return False
        self.settle()
        return True

    def withdrawn(self, why: StopReason | None = None) -> None:
        """It will not begin: it is cancelled, by others if there is a `why`."""
        self._reason = self._reason or why
        self.arrive(Outcome(_S.CANCELLED, last_words=False))

    def settle(self) -> None:
        """Its worker's last words have not come: end it with what Dask has told."""
        self._end(lambda: self._settle(self._outcome) if self._outcome is not None else [])

    def give_up(self, why: str) -> None:
        """What has become of it cannot be known any more."""
        self._end(lambda: self._settle(Outcome(_S.LOST, error=LostTaskError(why), last_words=False)))

    def _is_made_again(self) -> bool:
        return (self.was_made or not self._begun_anew) and self._host.has_lost_result(self)

    def _begin_anew(self, why: str) -> None:
        self._last_words = None
        self.was_made = False
        super()._begin_anew(why)

    def conclude(self, ending: Ending, at: float) -> list[Callable[[], None]]:
        """Its worker is gone: Dask starts it again, unless it was asked to stop or is given up."""
        del at
        why = ending.error
        if self._shown.state.is_final:
            return []
        if self._outcome is not None:  # it had ended before, and its result is here
            return self._settle(self._outcome)
        if self.given_up:
            return self._settle(Outcome(_S.LOST, error=LostTaskError(why), last_words=False))
        self.wait_again(why)
        return []

    def done_in_vain(self) -> None:
        """Its result was lost. Where its worker has spoken of it, that is told with the worker."""
        with self._lock:
            if not self._shown.state.is_final and self.worker is None:
                self.wait_again("Its worker was lost")

    def miss(self) -> None:
        """Its worker does not know it any more, and its last words have not come."""
        if self.given_up:
            self.give_up("It has ended, but how was lost on the way")

    def _withdraw(self, message: Message) -> bool:
        return self._host.withdraw(self, message)

    def _settle(self, outcome: Outcome) -> list[Callable[[], None]]:
        """End it. The lock is held; return what to call without it."""
        if self._shown.state.is_final:
            return []
        self._outcome = outcome
        now = time.monotonic()
        words = self._last_words
        if words is None or words.state is not outcome.state:
            words = self._received._replace(state=outcome.state, ended_at=now, taken_at=now, checkpoint=None)
            if outcome.error is not None:
                line, details = error_texts(outcome.error)
                words = words._replace(error=line, details=details)
        # The future first: whoever sees the end finds the result. Who waits for that sees the end: until then, the
        # condition is held.
        with self._condition:
            if outcome.state is _S.SUCCEEDED:
                self.set_result(outcome.value)
            elif outcome.state is _S.CANCELLED:
                self.partial_result = outcome.value
                Future.cancel(self)
                self.set_running_or_notify_cancel()
            else:
                self.set_exception(outcome.error)
            follow_up = super().take(words)
        return [*follow_up, lambda: self._host.ended(self)]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a ClusterTask cannot be sent; give its result")

    def __repr__(self) -> str:
        return f"<ClusterTask {self.id} {self.name!r} {self._shown.state.value}>"


def _outcome_of_given_up(picture: TaskSnapshot) -> Outcome:
    if picture.state is _S.CANCELLED:
        return Outcome(_S.CANCELLED)
    why = picture.error or "Its work was done, but its result was lost together with the contact"
    return Outcome(_S.LOST if picture.state is _S.SUCCEEDED else picture.state, error=LostTaskError(why))
