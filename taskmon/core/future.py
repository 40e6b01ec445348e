"""A Future that costs next to nothing until somebody waits for it, and whose done callbacks harm no one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from taskmon.core.callbacks import run_each


class LazyFuture(Future[Any]):
    """`concurrent.futures.Future` with a lock of its own, to be held where "the lock" is said."""

    _callbacks: list[Callable[[Any], object]] | None = None
    _waiter_list: list[Any] | None = None

    def __init__(self) -> None:
        # Not Future.__init__, which makes a condition and two lists that most futures never need.
        self._lock = threading.RLock()
        self._result: Any = None
        self._exception: BaseException | None = None
        self._end_awaited: threading.Condition | None = None  # set before anybody waits, and before any callback is

    if not TYPE_CHECKING:  # for type checkers they are the attributes that Future has
        # `concurrent.futures` uses them with the condition held, that is with the lock.

        @property
        def _condition(self) -> threading.Condition:
            condition = self._end_awaited
            if condition is None:
                with self._lock:
                    condition = self._end_awaited
                    if condition is None:
                        condition = self._end_awaited = threading.Condition(self._lock)
            return condition

        @property
        def _waiters(self) -> list[Any]:
            if self._waiter_list is None:
                self._waiter_list = []
            return self._waiter_list

        @property
        def _done_callbacks(self) -> list[Callable[[Any], object]]:
            if self._callbacks is None:
                self._callbacks = []
            return self._callbacks

    def _tell_waiting(self, *, cancelled: bool) -> None:
        """Wake whoever waits for the end. The lock is held; result and exception are in place."""
        for waiter in self._waiter_list or ():  # those of `concurrent.futures.wait` and ``as_completed``
            if cancelled:
                waiter.add_cancelled(self)
            elif self._exception is not None:
                waiter.add_exception(self)
            else:
                waiter.add_result(self)
        self._condition.notify_all()

    def _invoke_callbacks(self) -> None:
        """Call the done callbacks. The lock is not held."""
        with self._lock:  # two threads may find the end, see `taskmon.core.mending`
            callbacks, self._callbacks = self._callbacks, None
        run_each(lambda callback=callback: self._call_back(callback) for callback in callbacks or ())  # type: ignore[misc]

    def _call_back(self, callback: Callable[[Any], object]) -> None:
        """As Future does, but no exception whatever gets past: this thread has other work."""
        try:
            callback(self)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            import logging

            logging.getLogger("taskmon.task").error("Done callback %r of %r raised", callback, self, exc_info=error)
