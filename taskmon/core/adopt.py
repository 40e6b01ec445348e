"""Tokens that follow an Event which other code owns: the article's first way to stop a thread, adopted as it is."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any, Final

from taskmon.core.stop import StopKind, StopReason, StopToken
from taskmon.core.threads import spawn

_ATTRIBUTE: Final = "_taskmon_token"


def adopt_event(event: Any) -> StopToken:
    """Return the token that stops when `event` is set. See `StopToken.from_event`."""
    if isinstance(event, StopToken):
        return event
    if not (callable(getattr(event, "is_set", None)) and callable(getattr(event, "wait", None))):
        kind = type(event).__name__
        raise TypeError(f"expected an object with is_set() and wait(), such as threading.Event, not {kind}")
    known = getattr(event, "__dict__", {}).get(_ATTRIBUTE)
    if known is not None:
        token: StopToken = known
        return token
    token = StopToken()
    if isinstance(event, threading.Event):
        _hook(event, token)
    else:
        _watch(event, token)
    if event.is_set():
        _stop(token)
    return token


def _hook(event: threading.Event, token: StopToken) -> None:
    # The instance's own `set` shadows the method of its class. It refers to the event weakly, so that the
    # event does not become part of a reference cycle.
    reference = weakref.ref(event)
    inherited = type(event).set

    def set_and_stop() -> None:
        adopted = reference()
        if adopted is not None:
            inherited(adopted)
        _stop(token)

    event.__dict__[_ATTRIBUTE] = token
    event.__dict__["set"] = set_and_stop


def _watch(event: Any, token: StopToken) -> None:
    reference = weakref.ref(token)

    def wait() -> None:
        event.wait()
        follower = reference()
        if follower is not None:
            _stop(follower)

    def failed(error: BaseException) -> None:
        raise error

    spawn(wait, "taskmon-event", failed)


def _stop(token: StopToken) -> None:
    token._request(StopReason(StopKind.REQUEST, "", "its stop event was set", time.monotonic()))
