"""Asking a thread to stop: who asks (`StopSource`), who looks (`StopToken`), and why (`StopReason`).

A thread cannot be stopped from outside without corrupting what it holds, so it is *asked*, and leaves by
itself at its next check. The words and the edge cases are those of .NET's ``CancellationToken`` and of C++20's
``std::stop_token``; a token also has `is_set()` and `wait(timeout)`, so that it passes wherever code
expects a `threading.Event`.

What holds, whatever races:

* The first request wins; every later one returns False and changes nothing.
* A callback runs at most once. Either its `Registration.unregister()` returned True, or it ran.
* Callbacks run outside every lock, newest first, in the thread that asked. One that raises harms no other.
* A linked source stops with any of its parents, never the other way round, and leaves nothing behind on them.
* A token that has stopped stays stopped.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol

from taskmon.core.callbacks import Registration
from taskmon.core.deadline import LONGEST, Alarm, deadlines
from taskmon.core.errors import TaskCancelled
from taskmon.core.threads import run_in_background

Dispatch = Callable[[Callable[[], None]], object]
"""Runs a function now or hands it to another thread: where the callbacks of a request are to run."""


class StopKind(Enum):
    """What sort of event asked for the stop."""

    REQUEST = "request"
    USER = "user"
    DEADLINE = "deadline"
    PARENT = "parent"
    SHUTDOWN = "shutdown"
    REMOTE = "remote"


_DEFAULT_TEXTS: Final = {
    StopKind.REQUEST: "asked to stop",
    StopKind.USER: "cancelled by the user",
    StopKind.DEADLINE: "its time was up",
    StopKind.PARENT: "its parent was cancelled",
    StopKind.SHUTDOWN: "the program is quitting",
    StopKind.REMOTE: "cancelled by another program",
}


class StopReason(NamedTuple):
    """Why a stop was requested. The first reason wins and is handed down to linked tokens unchanged."""

    kind: StopKind
    by: str
    """Who asked: a user, a task's name, a signal. May be empty."""
    text: str
    """Why, in a few words. May be empty."""
    at: float
    """When, in seconds of `time.monotonic()`."""

    def sentence(self) -> str:
        """Return the reason in words, such as ``cancelled by the user (no longer needed)``."""
        base = _DEFAULT_TEXTS[self.kind]
        if self.by and self.kind is not StopKind.USER:
            base = f"{base} by {self.by}" if self.kind is StopKind.REQUEST else f"{base} ({self.by})"
        return f"{base}: {self.text}" if self.text else base


class StopOwner(Protocol):
    """What a token tells the task it belongs to. Called outside the token's lock; must be brief and not raise."""

    def _on_stop_requested(self, reason: StopReason) -> Callable[[], None] | None:
        """Note the request; return what is still to be run where the callbacks run, if anything."""

    def _on_callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        """Note that a stop callback raised."""


class StopToken:
    """The side that looks. Hand it to anyone: it can only observe.

    All methods may be called from any thread.
    """

    __slots__ = (
        "__weakref__", "_callbacks", "_children", "_deadline", "_event", "_lock", "_owner", "_reason", "_shields",
    )  # fmt: skip

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: StopReason | None = None
        # The rest is made when first needed: most tokens of short tasks never need it.
        self._callbacks: dict[int, Registration] | None = None
        self._children: dict[int, weakref.ref[StopToken]] | None = None
        self._event: threading.Event | None = None
        self._shields: dict[int, list[str]] | None = None
        self._owner: StopOwner | None = None
        self._deadline: float | None = None

    # -- looking ------------------------------------------------------------------------------------

    def is_set(self) -> bool:
        """Whether a stop has been requested (the name is that of `threading.Event`)."""
        return self._reason is not None

    @property
    def stop_requested(self) -> bool:
        """Whether a stop has been requested. The thread concerned may still be running."""
        return self._reason is not None

    @property
    def reason(self) -> StopReason | None:
        """Why, or None while nobody has asked."""
        return self._reason

    @property
    def deadline(self) -> float | None:
        """The moment, on the clock of `time.monotonic()`, at which the token stops by itself; None if it does not."""
        return self._deadline

    @property
    def shield_text(self) -> str | None:
        """What is being finished under `shield()`, if anything is."""
        shields = self._shields
        if shields:
            for texts in list(shields.values()):
                if texts:
                    return texts[-1]
        return None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until a stop is requested, at most `timeout` seconds; return whether it is.

        Nothing polls: the thread wakes at once. None and infinity wait without limit, a negative
        timeout does not wait.

        Raises:
            ValueError: if `timeout` is not a number.
        """
        if self._reason is not None:
            return True
        limit = _wait_limit(timeout)
        with self._lock:
            # Under the lock: a request reads _event under it after setting the reason, so either it finds
            # this event, or we find its reason.
            if self._reason is not None:
                return True
            event = self._event
            if event is None:
                event = self._event = threading.Event()
        return event.wait(limit)

    def check(self) -> None:
        """Raise `TaskCancelled` if a stop has been requested and this thread is not inside `shield()`."""
        reason = self._reason
        if reason is not None and not self._shielded_here():
            raise TaskCancelled(reason)

    def sleep(self, seconds: float) -> None:
        """Sleep, waking at once when a stop is requested; then raise `TaskCancelled`.

        Inside `shield()` the whole time is slept.
        """
        if self._shielded_here():
            _NEVER.wait(seconds)
        elif self.wait(seconds):
            self.check()

    @contextmanager
    def shield(self, text: str = "") -> Iterator[None]:
        """Hold off `check()` in this thread for a short critical section, such as renaming the finished file.

        The token still reads as stopped. `text` is shown to whoever waits for the stop. Nothing is raised
        on leaving: the next check does that. Shields nest, and belong to the thread that entered them.
        """
        ident = threading.get_ident()
        with self._lock:
            if self._shields is None:
                self._shields = {}
            texts = self._shields.setdefault(ident, [])
            texts.append(text)
        try:
            yield
        finally:
            with self._lock:
                texts.pop()
                if not texts:
                    del self._shields[ident]

    def on_stop(self, callback: Callable[[], object]) -> Registration:
        """Call `callback` once when a stop is requested; at once, in this thread, if it already is.

        The callback runs in the thread that asks, with the context variables of the one that registered, so it
        should be brief: set a flag, close a socket, notify a condition. What it raises is logged, not passed on.
        The same callable registered twice runs twice.
        """
        registration = Registration(self._lock, callback, self._callback_failed)
        with self._lock:
            if self._reason is None:
                if self._callbacks is None:
                    self._callbacks = {}
                registration.enlist(self._callbacks)
                return registration
        registration.run()
        return registration

    def mirror_to(self, target: object, attribute: str, value: object = True) -> Registration:
        """Set ``target.attribute`` to `value` when a stop is requested: for code that looks at a flag of its own.

        Use ``value=False`` for flags that mean "keep going", such as ``running``.
        """
        return self.on_stop(lambda: setattr(target, attribute, value))

    # -- tokens from elsewhere ----------------------------------------------------------------------

    @staticmethod
    def none() -> StopToken:
        """Return the token that never stops: the default of a ``stop`` parameter."""
        return _NEVER

    @staticmethod
    def from_event(event: Any) -> StopToken:
        """Return a token that stops when `event` is set.

        A `threading.Event` is adopted by hooking the `set()` of that one instance, so nothing waits in the
        background; adopting it again gives the same token. For any other object with `is_set()` and
        `wait()` (an Event of `multiprocessing`) one daemon thread waits. Clearing the event later
        does not revive the token.

        Raises:
            TypeError: if `event` has no `is_set()` and `wait()`.
        """
        from taskmon.core.adopt import adopt_event

        return adopt_event(event)

    # -- the asking side, reached through StopSource ------------------------------------------------

    def _request(self, reason: StopReason, dispatch: Dispatch | None = None) -> bool:
        """Set this token and all that are linked below it, wake the waiters, then run the callbacks.

        All flags are set before the first callback runs, in the calling thread and without waiting for
        anybody; `dispatch` may move the callbacks, which are foreign code, to another thread.
        """
        stopped: list[StopToken] = []
        follow_ups: list[Callable[[], None]] = []
        if not self._claim(reason, stopped, follow_ups):
            return False
        for token in stopped:  # grows while it is walked: breadth first
            for child in token._take_children():
                child._claim(reason, stopped, follow_ups)
        if follow_ups or any(token._callbacks for token in stopped):

            def run() -> None:
                for follow_up in follow_ups:
                    follow_up()
                for token in stopped:
                    token._run_callbacks()

            if dispatch is None:
                run()
            else:
                dispatch(run)
        return True

    def _claim(self, reason: StopReason, stopped: list[StopToken], follow_ups: list[Callable[[], None]]) -> bool:
        with self._lock:
            if self._reason is not None:
                return False
            self._reason = reason
            event = self._event
        if event is not None:
            event.set()
        owner = self._owner
        if owner is not None:
            follow_up = owner._on_stop_requested(reason)
            if follow_up is not None:
                follow_ups.append(follow_up)
        stopped.append(self)
        return True

    def _run_callbacks(self) -> None:
        interrupt: KeyboardInterrupt | None = None
        while True:
            with self._lock:
                if not self._callbacks:
                    break
                # One at a time under the lock, newest first: a callback may still unregister those that wait.
                _, registration = self._callbacks.popitem()
                registration.begin()
            try:
                registration.run()
            except KeyboardInterrupt as error:  # Ctrl-C hit this thread here by chance: keep it for the caller
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        owner = self._owner
        if owner is not None:
            owner._on_callback_failed(callback, error)
        else:
            import logging

            logging.getLogger("taskmon.stop").error("Stop callback %r raised", callback, exc_info=error)

    def _link(self, child: StopToken) -> None:
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

    def _unlink(self, child: StopToken) -> None:
        links = self._children
        if links is not None:
            links.pop(id(child), None)

    def _take_children(self) -> list[StopToken]:
        with self._lock:
            links = self._children
            if not links:
                return []
            children = [child for link in links.copy().values() if (child := link()) is not None]
            links.clear()
            return children

    def _shielded_here(self) -> bool:
        shields = self._shields
        return shields is not None and threading.get_ident() in shields

    def __repr__(self) -> str:
        return f"<StopToken {'stopped: ' + self._reason.sentence() if self._reason else 'not stopped'}>"


class StopSource:
    """The side that asks. Keep it; hand out its `token`.

    Args:
        timeout: seconds after which the source asks by itself.
        deadline: the same as a moment of `time.monotonic()`. The earlier of the two counts. A moment in the
            past stops at once.

    Raises:
        ValueError: for a negative timeout, or one that is not a number.
    """

    __slots__ = ("__weakref__", "_alarm", "_parents", "token")

    def __init__(self, *, timeout: float | None = None, deadline: float | None = None) -> None:
        self.token = StopToken()
        self._parents: tuple[StopToken, ...] = ()
        self._alarm: Alarm | None = None
        if timeout is not None or deadline is not None:
            self._arm(timeout, deadline)

    @classmethod
    def linked(cls, *tokens: StopToken, timeout: float | None = None, deadline: float | None = None) -> StopSource:
        """Return a source that stops when any of `tokens` does, or at its own deadline.

        The tokens keep only a weak reference, and none once the source is closed or gone. The earliest deadline
        of all counts.
        """
        source = cls()
        source._link_to(tokens)
        if timeout is not None or deadline is not None:
            source._arm(timeout, deadline)
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
        return self.token._request(StopReason(kind, by, reason, time.monotonic()), dispatch)

    @property
    def stop_requested(self) -> bool:
        """Whether a stop has been requested."""
        return self.token.is_set()

    def stop_after(self, seconds: float) -> None:
        """Ask `seconds` from now, in place of an earlier deadline of this source."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self.token._deadline = min(
            (parent._deadline for parent in self._parents if parent._deadline is not None), default=None
        )
        self._arm(seconds, None)

    def close(self) -> None:
        """Leave the parents and forget the deadline. The token can still be asked. Idempotent."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        for parent in self._parents:
            parent._unlink(self.token)
        self._parents = ()

    def __enter__(self) -> StopSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _link_to(self, tokens: tuple[StopToken, ...]) -> None:
        self._parents = tokens
        token = self.token
        for parent in tokens:
            inherited = parent._deadline
            if inherited is not None and (token._deadline is None or inherited < token._deadline):
                token._deadline = inherited
            parent._link(token)

    def _arm(self, timeout: float | None, deadline: float | None) -> None:
        now = time.monotonic()
        moments = [] if deadline is None else [_number(deadline, "deadline")]
        if timeout is not None:
            if _number(timeout, "timeout") < 0:
                raise ValueError(f"timeout must not be negative, not {timeout!r}")
            moments.append(now + min(timeout, LONGEST))
        moment = min(moments)
        token = self.token
        if token._deadline is not None and token._deadline <= moment:
            return  # a parent is due earlier and will pass it on
        token._deadline = moment
        taken = moment - now
        if moment <= now:
            self.request_stop(_deadline_text(taken), kind=StopKind.DEADLINE)
            return
        reference = weakref.ref(token)  # a pending deadline must not keep a forgotten source alive

        def expire() -> None:
            stopping = reference()
            if stopping is not None:
                # The callbacks are foreign code and may be slow: other deadlines must not wait for them.
                reason = StopReason(StopKind.DEADLINE, "", _deadline_text(taken), time.monotonic())
                stopping._request(reason, run_in_background)

        self._alarm = deadlines.schedule(min(moment, now + LONGEST), expire)


class _NeverToken(StopToken):
    """A token nobody can ask."""

    __slots__ = ()

    def on_stop(self, callback: Callable[[], object]) -> Registration:
        # Not enlisted: the one shared token would collect callbacks for ever.
        return Registration(self._lock, callback, self._callback_failed).enlist({})

    def _link(self, child: StopToken) -> None:
        pass


_NEVER: Final = _NeverToken()


def _wait_limit(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    if math.isnan(timeout):
        raise ValueError("timeout must be a number of seconds, not nan")
    if timeout > threading.TIMEOUT_MAX:
        return None if math.isinf(timeout) else threading.TIMEOUT_MAX
    return max(0.0, timeout)


def _number(value: float, name: str) -> float:
    if math.isnan(value):
        raise ValueError(f"{name} must be a number of seconds, not nan")
    return value


def _deadline_text(seconds: float) -> str:
    return f"deadline of {seconds:g} s" if seconds > 0 else "the deadline had passed"
