"""What may be asked of a task, as a value: it can be made in one process and granted in another."""

from __future__ import annotations

import time
from enum import Enum
from typing import Final, NamedTuple

from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.stop.token import Dispatch


class Verb(Enum):
    """What is asked."""

    CANCEL = "cancel"
    """To stop. A waiting task is cancelled at once, a running one goes on to its next checkpoint."""
    AFTER_ITEM = "after item"
    """To finish its current item and stop then, if it is known to have such (``snapshot().item_wise``)."""
    DETACH = "detach"
    """Not to wait any longer for one that was asked to stop and does not."""
    OFFER = "offer"
    """To stop it by ``snapshot().stop_means.offers[request.offer]``, which a plain cancel never does."""
    PAUSE = "pause"
    """To wait at its next checkpoint; a waiting task is held."""
    RESUME = "resume"
    """To go on."""


#: What a plain cancel can ask. A task that cannot be cancelled refuses both.
STOPS: Final = frozenset({Verb.CANCEL, Verb.AFTER_ITEM})


class Request(NamedTuple):
    """One request to one task. Whether it is granted is for the task to say: see `TaskHandle.ask`."""

    verb: Verb
    reason: StopReason | None = None
    """Who asks for a stop, and why; of the other verbs there is none."""
    offer: int = 0
    """Which offer is taken."""

    @property
    def why(self) -> StopReason:
        """The reason of a stop; if nobody gave one, that it was requested just now."""
        return self.reason or StopReason(StopKind.REQUEST, "", "", time.monotonic())


def to_stop(
    text: str = "", *, by: str = "", kind: StopKind = StopKind.REQUEST, verb: Verb = Verb.CANCEL, offer: int = 0
) -> Request:
    """Return the request of this moment to stop: at once, after the current item, or by an offer.

    Args:
        text: why, in a few words.
        by: who asks.
        kind: what sort of request it is.
        verb: CANCEL, AFTER_ITEM or OFFER.
        offer: see `Request`.
    """
    return Request(verb, StopReason.given(text, by, kind), offer)


class Askable:
    """The requests as methods, for whatever has `ask`. All return whether that was new and possible, and never wait."""

    def ask(self, request: Request, dispatch: Dispatch | None = None) -> bool:
        """See `taskmon.core.task.handle.TaskHandle.ask`."""
        raise NotImplementedError

    def cancel(
        self,
        reason: str = "",
        *,
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> bool:
        """Ask the task to stop. Return True for the first request on a task that has not ended.

        A waiting task is cancelled at once. A running one goes on to its next checkpoint, and is cancelled only when
        its thread has left. Subtasks are asked as well.

        Args:
            reason: why, in a few words.
            by: who asks.
            kind: what sort of request it is.
            dispatch: gets the function that runs stop and done callbacks, which are foreign code; without it they
                run here.
        """
        return self.ask(to_stop(reason, by=by, kind=kind), dispatch)

    def cancel_after_item(
        self,
        reason: str = "",
        *,
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> bool:
        """Ask the task to finish its current item and stop then: at the next item of `TaskContext.track`, or at
        `TaskContext.item_done`.

        Until then it goes on as before, other checkpoints included; a paused one is resumed for that. A plain `cancel`
        overrides it. A waiting task is cancelled at once. A worker with no item left ends by itself. The arguments are
        those of `cancel`.
        """
        return self.ask(to_stop(reason, by=by, kind=kind, verb=Verb.AFTER_ITEM), dispatch)

    def use_offer(self, number: int) -> bool:
        """Stop it by ``snapshot().stop_means.offers[number]``, which is never done by a plain `cancel`."""
        return self.ask(to_stop(by="user", kind=StopKind.USER, verb=Verb.OFFER, offer=number))

    def detach(self) -> bool:
        """Give up waiting for a worker that was asked to stop and does not: others may have its place.

        The thread goes on, and what becomes of the task is still told when it returns. Limits do not count it any
        more, and neither `TaskRunner.shutdown` nor the interpreter's exit waits for it. Return whether it was possible:
        the task was being cancelled, and had not been detached before.
        """
        return self.ask(Request(Verb.DETACH))

    def pause(self) -> bool:
        """Ask the worker to wait at its next checkpoint, or hold a waiting task. Return whether that was possible."""
        return self.ask(Request(Verb.PAUSE))

    def resume(self) -> bool:
        """Let a paused or held task go on. Return whether it was one."""
        return self.ask(Request(Verb.RESUME))
