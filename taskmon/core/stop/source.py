"""The side that asks a thread to stop: `StopSource`."""

from __future__ import annotations

import time

from taskmon.core.base.numbers import seconds, timeout_seconds
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.stop.token import Dispatch, StopOwner, StopToken


class StopSource:
    """The side that asks. Keep it; hand out its `token`.

    Args:
        timeout: seconds after which the source asks by itself; infinity for never.
        deadline: the same as a moment of `time.monotonic()`. The earlier of the two counts. A moment in the
            past stops at once.

    Raises:
        ValueError: for a negative timeout, or one that is not a number.
        TypeError: for one that is of another kind.
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

        Keep the source: the tokens refer to it weakly. Once it is closed they do not refer to it at all. The earliest
        deadline of all counts.

        Raises:
            ValueError, TypeError: as `StopSource`.
        """
        moment = _moment(timeout, deadline)
        source = cls()
        source.link_to(*tokens)
        if moment is not None:
            source.stop_at(moment)
        return source

    @classmethod
    def of(cls, owner: StopOwner | None) -> StopSource:
        """Return the source of a task, which is told of the request before anybody else is. For `Task`."""
        source = cls.__new__(cls)
        source.token = StopToken(owner)
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
        return self.request(StopReason.given(reason, by, kind), dispatch)

    def request(self, reason: StopReason, dispatch: Dispatch | None = None) -> bool:
        """Ask for the stop with a reason that was made elsewhere. Otherwise as `request_stop`."""
        return self.token._request(reason, dispatch)

    @property
    def stop_requested(self) -> bool:
        """Whether a stop has been requested."""
        return self.token.reason is not None

    def stop_after(self, seconds: float) -> None:
        """Ask `seconds` from now, in place of an earlier deadline of this source.

        Raises:
            ValueError: if `seconds` is negative or not a number.
        """
        self.stop_at(_moment(seconds, None))

    def stop_at(self, moment: float | None) -> None:
        """Ask at a moment of `time.monotonic()`, or not at all, in place of an earlier deadline of this source."""
        self.token._stop_at(moment)

    def link_to(self, *tokens: StopToken) -> None:
        """Stop when any of `tokens` does, and at once if one has; in place of earlier links."""
        self.token._link_to(tokens)

    def close(self) -> None:
        """Leave the parents and forget the deadline. The token can still be asked. Idempotent."""
        self.token._let_go()

    def __enter__(self) -> StopSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _moment(timeout: float | None, deadline: float | None) -> float | None:
    """Return the earlier of both as a moment of `time.monotonic()`."""
    if deadline is not None:
        deadline = seconds(deadline, "deadline")
    if timeout is None:
        return deadline
    ends = time.monotonic() + timeout_seconds(timeout)
    return ends if deadline is None else min(ends, deadline)
