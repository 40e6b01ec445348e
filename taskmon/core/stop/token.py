"""The side that looks at a stop flag: `StopToken`."""

from __future__ import annotations

import contextlib
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol, TypeAlias

from taskmon.core.base.numbers import seconds
from taskmon.core.base.text import to_text
from taskmon.core.base.threads import run_in_background
from taskmon.core.stop.callbacks import Registration, log_failure, run_each, run_where
from taskmon.core.stop.deadline import LONGEST, Alarm, deadlines
from taskmon.core.stop.reason import StopKind, StopReason, TaskCancelled

Dispatch: TypeAlias = "Callable[[Callable[[], None]], object]"
"""Runs a function now or hands it to another thread: where the callbacks of a request are to run."""


class StopOwner(Protocol):
    """What a token tells the task it belongs to. Called outside the token's lock; must be brief and not raise."""

    thread_id: int | None
    """Of its worker."""

    def on_stop_requested(self, reason: StopReason) -> Callable[[], None] | None:
        """Note the request; return what is still to be run where the callbacks run, if anything."""

    def on_callback_failed(self, callback: Callable[[], object], error: BaseException) -> None:
        """Note that a stop callback raised."""


class StopObserver(Protocol):
    """Who measures how often a worker looks at its token."""

    def look(self) -> None:
        """The worker has looked, or waited."""


class StopToken:
    """The side that looks. Hand it to anyone: it can only observe.

    All methods may be called from any thread.
    """

    # For the task that it belongs to, if any:
    #   owner: that task, which is told of the request; None after its end.
    #   observer: who measures how often the worker looks; set once a window looks at the task.
    #   noticed: whether somebody looked and saw the stop, or has been told through a flag of their own.
    #   mirrored: whether somebody looks at a flag of their own, which cannot be seen.
    #   worker_waits: whether the worker itself waits here, where a stop wakes it.
    __slots__ = (
        "__weakref__", "_alarm", "_callbacks", "_children", "_deadline", "_event", "_lock", "_parents", "_reason",
        "_shields", "mirrored", "noticed", "observer", "owner", "worker_waits",
    )  # fmt: skip

    def __init__(self, owner: StopOwner | None = None) -> None:
        self._lock = threading.Lock()
        self._reason: StopReason | None = None
        self._parents: tuple[StopToken, ...] = ()
        # The rest is made when first needed: most tokens of short tasks never need it.
        self._callbacks: dict[int, Registration] | None = None
        self._children: dict[int, weakref.ref[StopToken]] | None = None
        self._event: threading.Event | None = None
        self._deadline: float | None = None  # its own; parents have theirs
        self._alarm: Alarm | None = None
        self._shields: Shields | None = None
        self.owner = owner
        self.observer: StopObserver | None = None
        self.noticed = False
        self.mirrored = False
        self.worker_waits = False

    # -- looking ------------------------------------------------------------------------------------

    def is_set(self) -> bool:
        """Whether a stop has been requested (the name is that of `threading.Event`)."""
        if self.observer is not None:
            self._tell_observer()
        if self._reason is None:
            return False
        self.noticed = True
        return True

    def _tell_observer(self) -> None:
        """Let a look of the worker count as a checkpoint; others look as well, the window among them."""
        owner, observer = self.owner, self.observer
        if owner is not None and observer is not None and owner.thread_id == threading.get_ident():
            observer.look()

    @property
    def stop_requested(self) -> bool:
        """Whether a stop has been requested. The thread concerned may still be running."""
        return self.is_set()

    @property
    def reason(self) -> StopReason | None:
        """Why, or None while nobody has asked."""
        return self._reason

    @property
    def shield_text(self) -> str | None:
        """What is being finished under `shield()`, if anything is."""
        return None if self._shields is None else self._shields.text

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

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until a stop is requested, at most `timeout` seconds; return whether it is.

        Nothing polls: the thread wakes at once. None and infinity wait without limit, a negative
        timeout does not wait.

        Raises:
            ValueError: if `timeout` is not a number.
        """
        limit = wait_limit(timeout)
        if self.is_set():
            return True
        with self._lock:
            # Under the lock: a request reads _event under it after setting the reason, so either it finds
            # this event, or we find its reason.
            if self._reason is not None:
                return self.is_set()
            event = self._event
            if event is None:
                event = self._event = threading.Event()
        owner = self.owner
        if owner is None or owner.thread_id != threading.get_ident():
            return event.wait(limit) and self.is_set()
        self.worker_waits = True
        try:
            return event.wait(limit) and self.is_set()
        finally:
            self.worker_waits = False
            self._tell_observer()

    def check(self) -> None:
        """Raise `TaskCancelled` if a stop has been requested and this thread is not inside `shield()`."""
        reason = self._reason
        if reason is not None and not self.shielded_here():
            self.noticed = True
            raise TaskCancelled(reason)

    def sleep(self, seconds: float) -> None:
        """Sleep, waking at once when a stop is requested; then raise `TaskCancelled`.

        Inside `shield()` the whole time is slept.
        """
        limit = to_sleep(seconds)
        if self.shielded_here():
            _NEVER.wait(limit)
        elif self.wait(limit):
            self.check()

    def shield(self, text: str = "") -> AbstractContextManager[None]:
        """Hold off `check()` in this thread for a short critical section, such as renaming the finished file.

        The token still reads as stopped. `text` is shown to whoever waits for the stop. Nothing is raised
        on leaving: the next check does that. Shields nest, and belong to the thread that entered them.
        """
        if self._shields is None:
            with self._lock:
                if self._shields is None:
                    self._shields = Shields()
        return self._shields.raised(text)

    def on_stop(self, callback: Callable[[], object]) -> Registration:
        """Call `callback` once when a stop is requested; at once, in this thread, if it already is.

        What this returns takes the callback back: call its `unregister`, or use it in a ``with`` block.

        The callback runs in the thread that asks, with the context variables of the one that registered, so it
        should be brief: set a flag, close a socket, notify a condition. What it raises is logged, not passed on; only
        a Ctrl-C that hits it goes on to whoever asked, once all others have run. The same callable registered twice
        runs twice.
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

        Use ``value=False`` for flags that mean "keep going", such as ``running``. As `on_stop`, with what it returns.
        """

        def tell() -> None:
            setattr(target, attribute, value)
            self.noticed = True

        self.mirrored = True
        return self.on_stop(tell)

    # -- tokens from elsewhere ----------------------------------------------------------------------

    @staticmethod
    def none() -> StopToken:
        """Return the token that never stops: the default of a ``stop`` parameter."""
        return _NEVER

    @staticmethod
    def from_event(event: Any) -> StopToken:
        """Return a token that stops when `event` is set.

        A `threading.Event` is adopted by hooking the `set()` of that one instance, so nothing waits in the
        background. For any other object with `is_set()` and `wait()` (an Event of `multiprocessing`) one daemon thread
        waits. Adopting the same event again gives the same token. Clearing the event later does not revive the token.

        Raises:
            TypeError: if `event` has no `is_set()` and `wait()`.
        """
        return _adopt(event)

    def shielded_here(self) -> bool:
        """Whether the calling thread is inside `shield()`."""
        return self._shields is not None and self._shields.here()

    def __repr__(self) -> str:
        return f"<StopToken {'stopped: ' + self._reason.sentence() if self._reason else 'not stopped'}>"

    # -- the request: for `StopSource` --------------------------------------------------------------------------------

    def _request(self, reason: StopReason, dispatch: Dispatch | None = None) -> bool:
        """Set this token and all that are linked below it, wake the waiters, then run the callbacks.

        All flags are set before the first callback runs, in the calling thread and without waiting for
        anybody; `dispatch` may move the callbacks, which are foreign code, to another thread.
        """
        stopped: list[StopToken] = []
        to_run: list[Callable[[], None]] = []
        if not self._claim(reason, stopped, to_run):
            return False
        for token in stopped:  # grows while it is walked: breadth first
            for child in token._take_children():
                child._claim(reason, stopped, to_run)
        to_run.extend(token._run_callbacks for token in stopped if token._callbacks)
        run_where(to_run, dispatch)
        return True

    def _claim(self, reason: StopReason, stopped: list[StopToken], follow_ups: list[Callable[[], None]]) -> bool:
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
        owner = self.owner
        if owner is not None:
            follow_up = owner.on_stop_requested(reason)
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
        owner = self.owner
        if owner is not None:
            owner.on_callback_failed(callback, error)
        else:
            log_failure(callback, error)

    # -- links and the deadline ---------------------------------------------------------------------

    def _link_to(self, parents: tuple[StopToken, ...]) -> None:
        """Stop when any of `parents` does; at once, if one has."""
        self._parents = parents
        for parent in parents:
            parent._link(self)

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

    def _take_children(self) -> list[StopToken]:
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


class _NeverToken(StopToken):
    """A token nobody can ask."""

    __slots__ = ()

    def on_stop(self, callback: Callable[[], object]) -> Registration:
        # Not enlisted: the one shared token would collect callbacks for ever.
        return Registration(self._lock, callback, self._callback_failed).enlist({})

    def _link(self, child: StopToken) -> None:
        pass


_NEVER: Final = _NeverToken()


def wait_limit(timeout: float | None) -> float | None:
    """Return `timeout` as the platform's waits take it: None for ever, never negative, never too large.

    Raises:
        ValueError: if it is not a number.
        TypeError: if it is of another kind.
    """
    if timeout is None:
        return None
    limit = seconds(timeout, "timeout")
    return None if limit == math.inf else min(max(0.0, limit), LONGEST)


def to_sleep(length: float) -> float:
    """Return so many seconds. Whatever waits takes None as for ever, which nobody means who sleeps."""
    return seconds(length, "seconds")


# Short critical sections that a stop does not interrupt, such as renaming the finished file.


class Shields:
    """The shields of one token: for each thread, the texts of those it is inside of.

    A thread changes its own entry only, and replaces it: readers in other threads need no lock.
    """

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[int, tuple[str, ...]] = {}

    def here(self) -> bool:
        """Whether the calling thread is inside a shield."""
        return threading.get_ident() in self._texts

    @property
    def text(self) -> str | None:
        """What is being finished, if anything is; the innermost text of the thread that came first."""
        return next((texts[-1] for texts in self._texts.copy().values()), None)

    @contextmanager
    def raised(self, text: str) -> Iterator[None]:
        """Shield the calling thread."""
        ident = threading.get_ident()
        outer = self._texts.get(ident, ())
        self._texts[ident] = (*outer, to_text(text))
        try:
            yield
        finally:
            if outer:
                self._texts[ident] = outer
            else:
                del self._texts[ident]


# Tokens that follow an Event which other code owns and sets.

_adopting: Final = threading.Lock()
_adopted: Final[weakref.WeakKeyDictionary[Any, StopToken]] = weakref.WeakKeyDictionary()


def _adopt(event: Any) -> StopToken:
    if isinstance(event, StopToken):
        return event
    if not (callable(getattr(event, "is_set", None)) and callable(getattr(event, "wait", None))):
        kind = type(event).__name__
        raise TypeError(f"expected an object with is_set() and wait(), such as threading.Event, not {kind}")
    with _adopting:
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
