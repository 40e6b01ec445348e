"""The side that looks at a stop flag: `StopToken`."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.callbacks import Registration
from taskmon.core.deadline import LONGEST
from taskmon.core.errors import TaskCancelled
from taskmon.core.flag import StopFlag, StopObserver
from taskmon.core.reason import StopReason

if TYPE_CHECKING:
    from taskmon.core.shield import Shields


class StopToken(StopFlag):
    """The side that looks. Hand it to anyone: it can only observe.

    All methods may be called from any thread.
    """

    __slots__ = ("_mirrored", "_noticed", "_observer", "_shields", "_worker_waits")

    def __init__(self) -> None:
        super().__init__()
        self._shields: Shields | None = None
        self._noticed = False  # somebody looked and saw the stop, or has been told through a flag of their own
        self._observer: StopObserver | None = None  # set once a window looks at the task
        self._worker_waits = False  # the worker itself waits here, where a stop wakes it
        self._mirrored = False  # somebody looks at a flag of their own, which cannot be seen

    # -- looking ------------------------------------------------------------------------------------

    def is_set(self) -> bool:
        """Whether a stop has been requested (the name is that of `threading.Event`)."""
        if self._observer is not None:
            self._tell_observer()
        if self._reason is None:
            return False
        self._noticed = True
        return True

    def _tell_observer(self) -> None:
        """Let a look of the worker count as a checkpoint; others look as well, the window among them."""
        owner, observer = self._owner, self._observer
        if owner is not None and observer is not None and owner._thread_id == threading.get_ident():
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
        owner = self._owner
        if owner is None or owner._thread_id != threading.get_ident():
            return event.wait(limit) and self.is_set()
        self._worker_waits = True
        try:
            return event.wait(limit) and self.is_set()
        finally:
            self._worker_waits = False
            self._tell_observer()

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

    def shield(self, text: str = "") -> AbstractContextManager[None]:
        """Hold off `check()` in this thread for a short critical section, such as renaming the finished file.

        The token still reads as stopped. `text` is shown to whoever waits for the stop. Nothing is raised
        on leaving: the next check does that. Shields nest, and belong to the thread that entered them.
        """
        if self._shields is None:
            from taskmon.core.shield import Shields  # few need any

            with self._lock:
                if self._shields is None:
                    self._shields = Shields()
        return self._shields.raised(text)

    def on_stop(self, callback: Callable[[], object]) -> Registration:
        """Call `callback` once when a stop is requested; at once, in this thread, if it already is.

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

        Use ``value=False`` for flags that mean "keep going", such as ``running``.
        """

        def tell() -> None:
            setattr(target, attribute, value)
            self._noticed = True

        self._mirrored = True
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
        from taskmon.core.adopt import adopt_event

        return adopt_event(event)

    def _shielded_here(self) -> bool:
        return self._shields is not None and self._shields.here()

    def __repr__(self) -> str:
        return f"<StopToken {'stopped: ' + self._reason.sentence() if self._reason else 'not stopped'}>"


class _NeverToken(StopToken):
    """A token nobody can ask."""

    __slots__ = ()

    def on_stop(self, callback: Callable[[], object]) -> Registration:
        # Not enlisted: the one shared token would collect callbacks for ever.
        return Registration(self._lock, callback, self._callback_failed).enlist({})

    def _link(self, child: StopFlag) -> None:
        pass


_NEVER: Final = _NeverToken()


def wait_limit(timeout: float | None) -> float | None:
    """Return `timeout` as the platform's waits take it: None for ever, never negative, never too large.

    Raises:
        ValueError: if it is not a number.
    """
    if timeout is None or timeout == math.inf:
        return None
    if math.isnan(timeout):
        raise ValueError("timeout must be a number of seconds, not nan")
    return min(max(0.0, timeout), LONGEST)
