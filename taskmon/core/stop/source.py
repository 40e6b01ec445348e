"""The side that asks a thread to stop: `StopSource`."""

from __future__ import annotations

import contextlib
import math
import threading
import time
import weakref
from typing import Any, Final

from taskmon.core.base.text import to_text
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.stop.token import Dispatch, StopToken


class StopSource:
    """The side that asks. Keep it; hand out its `token`.

    Args:
        timeout: seconds after which the source asks by itself.
        deadline: the same as a moment of `time.monotonic()`. The earlier of the two counts. A moment in the
            past stops at once.

    Raises:
        ValueError: for a negative timeout, or one that is not a number.
    """

    __slots__ = ("__weakref__", "token")

    def __init__(self, *, timeout: float | None = None, deadline: float | None = None) -> None:
        moment = _moment(timeout, deadline)
        self.token = StopToken()
        if moment is not None:
            self.token._stop_at(moment)

    @classmethod
    def linked(cls, *tokens: StopToken, timeout: float | None = None, deadline: float | None = None) -> StopSource:
        """Return a source that stops when any of `tokens` does, or at its own deadline.

        The tokens keep only a weak reference, and none once the source is closed or gone. The earliest deadline
        of all counts.
        """
        moment = _moment(timeout, deadline)
        source = cls()
        source.token._link_to(tokens)
        if moment is not None:
            source.token._stop_at(moment)
        return source

    def request_stop(
        self, reason: str = "", *, by: str = "", kind: StopKind = StopKind.REQUEST, dispatch: Dispatch | None = None
    ) -> bool:
        """Ask for the stop. Return True for the first request, False if it had been asked before.

        Never waits for the thread that is asked. Callbacks run here unless `dispatch` takes them elsewhere.
        Any thread, but not a signal handler: it takes a lock that the interrupted thread may hold.

        Args:
            reason: why, in a few words.
            by: who asks.
            kind: what sort of request it is.
            dispatch: gets the function that runs the callbacks.
        """
        return self.token._request(StopReason(kind, to_text(by), to_text(reason), time.monotonic()), dispatch)

    @property
    def stop_requested(self) -> bool:
        """Whether a stop has been requested."""
        return self.token._reason is not None

    def stop_after(self, seconds: float) -> None:
        """Ask `seconds` from now, in place of an earlier deadline of this source.

        Raises:
            ValueError: if `seconds` is negative or not a number.
        """
        self.token._stop_at(_moment(seconds, None))

    def close(self) -> None:
        """Leave the parents and forget the deadline. The token can still be asked. Idempotent."""
        self.token._let_go()

    def __enter__(self) -> StopSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _moment(timeout: float | None, deadline: float | None) -> float | None:
    """Return the earlier of both as a moment of `time.monotonic()`."""
    if deadline is not None and math.isnan(deadline):
        raise ValueError("deadline must be a moment in seconds, not nan")
    if timeout is None:
        return deadline
    if not timeout >= 0:  # written so that nan fails, too
        raise ValueError(f"timeout must be zero or more seconds, not {timeout!r}")
    ends = time.monotonic() + timeout
    return ends if deadline is None else min(ends, deadline)


# Tokens that follow an Event which other code owns: the article's first way to stop a thread, adopted as it is.

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
