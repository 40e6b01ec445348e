"""A Future that costs next to nothing until somebody waits for it, and whose done callbacks harm no one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures._base import CANCELLED_AND_NOTIFIED, FINISHED, PENDING, RUNNING
from typing import TYPE_CHECKING, Any

from taskmon.core.callbacks import run_each


class LazyFuture(Future[Any]):
    """`concurrent.futures.Future` with a lock of its own, to be held where "the lock" is said."""

    # Those of Future are among them, so that an object needs no dict.
    __slots__ = ("_done_callbacks", "_end_awaited", "_exception", "_lock", "_result", "_state", "_waiters")

    def __init__(self) -> None:
        # What Future.__init__ does, but for its condition, which is costly and made when somebody waits.
        self._lock = threading.RLock()
        self._state = PENDING
        self._result: Any = None
        self._exception: BaseException | None = None
        self._waiters: list[Any] = []
        self._done_callbacks: list[Callable[[Any], object]] = []
        self._end_awaited: threading.Condition | None = None

    if not TYPE_CHECKING:  # for type checkers it is the attribute that Future has

        @property
        def _condition(self) -> threading.Condition:
            condition = self._end_awaited
            if condition is None:
                with self._lock:
                    condition = self._end_awaited
                    if condition is None:
                        condition = self._end_awaited = threading.Condition(self._lock)
            return condition

    def _note_begin(self) -> None:
        self._state = RUNNING

    def _note_end(self, *, cancelled: bool) -> None:
        """Wake whoever waits for the end. The lock is held; result and exception are in place."""
        self._state = CANCELLED_AND_NOTIFIED if cancelled else FINISHED
        for waiter in self._waiters:  # those of `concurrent.futures.wait` and ``as_completed``
            if cancelled:
                waiter.add_cancelled(self)
            elif self._exception is not None:
                waiter.add_exception(self)
            else:
                waiter.add_result(self)
        if self._end_awaited is not None:
            self._end_awaited.notify_all()

    def _invoke_callbacks(self) -> None:
        """Call the done callbacks. The lock is not held."""
        callbacks, self._done_callbacks = self._done_callbacks, []
        run_each(lambda callback=callback: self._call_back(callback) for callback in callbacks)  # type: ignore[misc]

    def _call_back(self, callback: Callable[[Any], object]) -> None:
        """As Future does, but no exception whatever gets past: this thread has other work."""
        try:
            callback(self)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            import logging

            logging.getLogger("taskmon.task").error("Done callback %r of %r raised", callback, self, exc_info=error)
