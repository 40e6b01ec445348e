"""Registered stop callbacks, and the promise that each runs at most once."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable
from typing import TypeAlias

from taskmon.core.base.errors import log_error

OnFailure: TypeAlias = "Callable[[Callable[[], object], BaseException], None]"


def run_each(functions: Iterable[Callable[[], object]]) -> None:
    """Run all of `functions`. Ctrl-C, which may hit one of them by chance in the main thread, is raised at the end."""
    interrupt: KeyboardInterrupt | None = None
    for function in functions:
        try:
            function()
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


def run_where(functions: list[Callable[[], None]], dispatch: Callable[[Callable[[], None]], object] | None) -> None:
    """Run all of `functions` here, or as one wherever `dispatch` takes them; if there are none, do not bother it."""
    if not functions:
        return
    if dispatch is None:
        run_each(functions)
    else:
        dispatch(lambda: run_each(functions))


def log_failure(callback: Callable[[], object], error: BaseException) -> None:
    """Log what a stop callback raised, where it has nowhere else to go."""
    log_error("taskmon.stop", error, "Stop callback %r raised", callback)


class Registration:
    """What `StopToken.on_stop` returns.

    As a context manager it covers the time in which the callback may be used: leaving the block unregisters it
    and, if it is running in another thread just then, waits for it, so that what it touches may be
    torn down (C++'s ``stop_callback`` and .NET's ``Dispose`` do the same).
    """

    __slots__ = ("_callback", "_context", "_enlisted_in", "_finished", "_lock", "_on_failure", "_runs_in")

    def __init__(self, lock: threading.Lock, callback: Callable[[], object], on_failure: OnFailure) -> None:
        self._lock = lock
        self._callback: Callable[[], object] | None = callback
        self._on_failure: OnFailure | None = on_failure
        self._context: contextvars.Context | None = contextvars.copy_context()
        self._enlisted_in: dict[int, Registration] | None = None
        self._runs_in: int | None = None
        self._finished: threading.Event | None = None

    def unregister(self) -> bool:
        """Take the callback back; return whether that prevented it.

        False means that it has run, is running, or was taken back before. Never waits. Any thread, the
        callback itself included.
        """
        with self._lock:
            if self._enlisted_in is None:
                return False
            self._enlisted_in.pop(id(self), None)
            self._enlisted_in = None
            self._forget()
            return True

    def __enter__(self) -> Registration:
        return self

    def __exit__(self, *_: object) -> None:
        if self.unregister():
            return
        with self._lock:
            if self._runs_in is None or self._runs_in == threading.get_ident():
                return  # done, or we are inside the callback and would wait for ourselves
            if self._finished is None:
                self._finished = threading.Event()
            finished = self._finished
        finished.wait()

    # -- for the token only -------------------------------------------------------------------------

    def enlist(self, callbacks: dict[int, Registration]) -> Registration:
        """Join the callbacks that wait for the stop. The token's lock is held, or the dict is nobody else's."""
        self._enlisted_in = callbacks
        callbacks[id(self)] = self
        return self

    def begin(self) -> None:
        """From here on `unregister` is too late. The token's lock is held and the entry is out of its dict."""
        self._enlisted_in = None
        self._runs_in = threading.get_ident()

    def run(self) -> None:
        """Call back, outside the lock; what it raises goes to the failure handler, except Ctrl-C."""
        callback, context, on_failure = self._callback, self._context, self._on_failure
        assert callback is not None
        assert context is not None
        assert on_failure is not None
        self._runs_in = threading.get_ident()
        try:
            context.run(callback)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            on_failure(callback, error)
        finally:
            with self._lock:
                self._runs_in = None
                finished = self._finished
                self._forget()
            if finished is not None:
                finished.set()

    def _forget(self) -> None:
        """Drop what the callback refers to: a registration may be kept long after it is of use."""
        self._callback = self._context = self._on_failure = None
