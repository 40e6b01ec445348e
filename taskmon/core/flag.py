"""The inside of a stop token: how a request is made once, and how it spreads."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Protocol

from taskmon.core.callbacks import Registration, log_failure, run_each, run_where
from taskmon.core.deadline import LONGEST, Alarm, deadlines
from taskmon.core.reason import StopKind, StopReason
from taskmon.core.threads import run_in_background

Dispatch = Callable[[Callable[[], None]], object]
"""Runs a function now or hands it to another thread: where the callbacks of a request are to run."""


class StopOwner(Protocol):
    """What a token tells the task it belongs to. Called outside the token's lock; must be brief and not raise."""

    _thread_id: int | None
    """Of its worker."""

    def _on_stop_requested(self, reason: StopReason) -> Callable[[], None] | None:
        """Note the request; return what is still to be run where the callbacks run, if anything."""

    def _on_callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        """Note that a stop callback raised."""


class StopObserver(Protocol):
    """Who measures how often a worker looks at its token."""

    def look(self) -> None:
        """The worker has looked, or waited."""


class StopFlag:
    """What `StopToken` is made of: everything but the methods of its users. Reached through StopSource and Task."""

    __slots__ = (
        "__weakref__", "_alarm", "_callbacks", "_children", "_deadline", "_event", "_lock", "_owner", "_parents",
        "_reason",
    )  # fmt: skip

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: StopReason | None = None
        self._parents: tuple[StopFlag, ...] = ()
        # The rest is made when first needed: most tokens of short tasks never need it.
        self._callbacks: dict[int, Registration] | None = None
        self._children: dict[int, weakref.ref[StopFlag]] | None = None
        self._event: threading.Event | None = None
        self._owner: StopOwner | None = None
        self._deadline: float | None = None  # its own; parents have theirs
        self._alarm: Alarm | None = None

    # -- the request --------------------------------------------------------------------------------

    def _request(self, reason: StopReason, dispatch: Dispatch | None = None) -> bool:
        """Set this token and all that are linked below it, wake the waiters, then run the callbacks.

        All flags are set before the first callback runs, in the calling thread and without waiting for
        anybody; `dispatch` may move the callbacks, which are foreign code, to another thread.
        """
        stopped: list[StopFlag] = []
        to_run: list[Callable[[], None]] = []
        if not self._claim(reason, stopped, to_run):
            return False
        for token in stopped:  # grows while it is walked: breadth first
            for child in token._take_children():
                child._claim(reason, stopped, to_run)
        to_run.extend(token._run_callbacks for token in stopped if token._callbacks)
        run_where(to_run, dispatch)
        return True

    def _claim(self, reason: StopReason, stopped: list[StopFlag], follow_ups: list[Callable[[], None]]) -> bool:
        with self._lock:
            if self._reason is not None:
                return False
            self._reason = reason
            event = self._event
            alarm, self._alarm = self._alarm, None
        if event is not None:
            event.set()
        if alarm is not None:
            alarm.cancel()
        owner = self._owner
        if owner is not None:
            follow_up = owner._on_stop_requested(reason)
            if follow_up is not None:
                follow_ups.append(follow_up)
        stopped.append(self)
        return True

    def _run_callbacks(self) -> None:
        run_each(self._due_callbacks())

    def _due_callbacks(self) -> Iterator[Callable[[], None]]:
        while True:
            with self._lock:
                if not self._callbacks:
                    return
                # One at a time under the lock, newest first: a callback may still unregister those that wait.
                _, registration = self._callbacks.popitem()
                registration.begin()
            yield registration.run

    def _callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        owner = self._owner
        if owner is not None:
            owner._on_callback_failed(callback, error)
        else:
            log_failure(callback, error)

    # -- links and the deadline ---------------------------------------------------------------------

    @property
    def deadline(self) -> float | None:
        """The moment, on the clock of `time.monotonic()`, at which the token stops by itself; None if it does not.

        The earliest of its own and its parents' deadlines.
        """
        family = {id(self): self}
        pending = [self]
        while pending:
            for parent in pending.pop()._parents:
                if id(parent) not in family:
                    family[id(parent)] = parent
                    pending.append(parent)
        return min((moment for token in family.values() if (moment := token._deadline) is not None), default=None)

    def _link_to(self, parents: tuple[StopFlag, ...]) -> None:
        """Stop when any of `parents` does; at once, if one has."""
        self._parents = parents
        for parent in parents:
            parent._link(self)

    def _link(self, child: StopFlag) -> None:
        """Let `child` stop when this token does. Only a weak reference is kept."""
        key = id(child)
        with self._lock:
            if self._reason is None:
                if self._children is None:
                    self._children = {}
                links = self._children
                # The weakref callback may run inside any allocation, even one made under this lock, so it takes
                # no lock: removing one key of a dict is atomic.
                links[key] = weakref.ref(child, lambda _: links.pop(key, None))
                return
        child._request(self._reason)

    def _take_children(self) -> list[StopFlag]:
        with self._lock:
            links = self._children
            if not links:
                return []
            children = [child for link in links.copy().values() if (child := link()) is not None]
            links.clear()
            return children

    def _stop_at(self, moment: float | None) -> None:
        """Stop by itself at `moment`, or not at all, in place of an earlier deadline of its own."""
        now = time.monotonic()
        alarm = None
        if moment is not None and moment > now and not math.isinf(moment):
            text = f"deadline of {max(0.001, round(moment - now, 3)):g} s"

            def expire() -> None:
                token = reference()
                if token is not None:
                    # The callbacks are foreign code and may be slow: other deadlines must not wait for them.
                    token._request(StopReason(StopKind.DEADLINE, "", text, time.monotonic()), run_in_background)

            # Weak: a pending deadline must not keep a forgotten token alive, nor the other way round.
            reference = weakref.ref(self, lambda _: alarm.abandon() if alarm is not None else None)
            alarm = deadlines.schedule(min(moment, now + LONGEST), expire)
        with self._lock:
            displaced, self._alarm = self._alarm, alarm
            self._deadline = moment if moment != math.inf else None
            if self._reason is not None:
                displaced = alarm  # too late to be of use; the earlier one went with the request
                self._alarm = None
        if displaced is not None:
            displaced.cancel()
        if moment is not None and moment <= now:
            self._request(StopReason(StopKind.DEADLINE, "", "the deadline had passed", now))

    def _let_go(self) -> None:
        """Leave the parents and forget the deadline."""
        parents, self._parents = self._parents, ()
        for parent in parents:
            if parent._children is not None:
                parent._children.pop(id(self), None)
        if self._deadline is not None:
            self._stop_at(None)
