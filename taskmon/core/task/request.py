"""What may be asked of a task, as a value: it can be made in one process and granted in another."""

from __future__ import annotations

import time
from enum import Enum
from typing import NamedTuple

from taskmon.core.base.text import to_text
from taskmon.core.stop.reason import StopKind, StopReason


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
    return Request(verb, StopReason(kind, to_text(by), to_text(text), time.monotonic()), offer)
