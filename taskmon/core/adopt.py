"""Tokens that follow an Event which other code owns: the article's first way to stop a thread, adopted as it is."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from typing import Any, Final

from taskmon.core.stop import StopKind, StopReason, StopToken

_lock: Final = threading.Lock()
_adopted: Final[weakref.WeakKeyDictionary[Any, StopToken]] = weakref.WeakKeyDictionary()


def adopt_event(event: Any) -> StopToken:
    """Return the token that stops when `event` is set. See `StopToken.from_event`."""
    if isinstance(event, StopToken):
        return event
    if not (callable(getattr(event, "is_set", None)) and callable(getattr(event, "wait", None))):
        kind = type(event).__name__
        raise TypeError(f"expected an object with is_set() and wait(), such as threading.Event, not {kind}")
    with _lock:
        token = _known(event)
        if token is None:
            token = StopToken()
            if isinstance(event, threading.Event):
                _hook(event, token)
            else:
                _watch(event, token)
            _remember(event, token)
    if event.is_set():
        _stop(token)
    return token


def _known(event: Any) -> StopToken | None:
    try:
        return _adopted.get(event)
    except TypeError:  # not hashable, or no weak references: adopted anew each time
        return None


def _remember(event: Any, token: StopToken) -> None:
    with contextlib.suppress(TypeError):
        _adopted[event] = token


def _hook(event: threading.Event, token: StopToken) -> None:
    # The instance's own `set` shadows the one of its class, or one that was put there before. It refers to the
    # event weakly, so that the event does not become part of a reference cycle.
    reference = weakref.ref(event)
    inherited = type(event).set
    shadowed = event.__dict__.get("set")

    def set_and_stop() -> None:
        if shadowed is not None:
            shadowed()
        elif (adopted := reference()) is not None:
            inherited(adopted)
        _stop(token)

    event.__dict__["set"] = set_and_stop


def _watch(event: Any, token: StopToken) -> None:
    reference = weakref.ref(token)

    def wait() -> None:
        event.wait()
        follower = reference()
        if follower is not None:
            _stop(follower)

    threading.Thread(target=wait, name="taskmon-event", daemon=True).start()


def _stop(token: StopToken) -> None:
    token._request(StopReason(StopKind.REQUEST, "", "its stop event was set", time.monotonic()))
