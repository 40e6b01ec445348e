"""Threads: started without making the caller wait, for as long as there is work, and deaf to a program's signals."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # not `signal`, of which a program may have made something else
import _thread
import atexit
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from taskmon.core.base.modules import attribute_of

try:
    from posix import sysconf  # built in; `os` is a file, and in a watched program no descriptor may be left to load it
except ImportError:  # Windows
    sysconf = None  # type: ignore[assignment]

#: What the system calls those of ours in a watched program, where Python can give them a name (from 3.14 on).
SYSTEM_NAME: Final = "taskmon"
#: A program that may have fewer descriptors than this at once is left alone: the one of a connection, and those with
#: which modules are loaded and the system is asked what threads do, could be the ones that it lacks.
_FEWEST_DESCRIPTORS: Final = 64
#: How long the end of the program may be held up so that a window hears of it, in seconds: it takes some hundredths
#: unless the machine is busy or the window has only just been started.
GOODBYE: Final = 1.5
#: Raw threads that have not yet made their real one. Adding to and taking from a set are atomic.
_coming: Final[set[object]] = set()
#: What `run_at_exit` was given.
_last: Final[list[Callable[[], object]]] = []
#: How long the interpreter waits for them at its exit, in seconds.
_LONGEST_WAIT: Final = 2.0


def run_at_exit(function: Callable[[], object]) -> None:
    """Call `function` at the interpreter's exit, after everything else of taskmon that waits for its tasks there."""
    _last.append(function)


def at_exit() -> None:
    """Call what `run_at_exit` was given. Registered first, and so called last."""
    while _last:
        _last.pop()()
    _wait_for_coming()


def _wait_for_coming() -> None:
    """Let threads that are being started come up: one that does so while the interpreter is torn down crashes it."""
    end = time.monotonic() + _LONGEST_WAIT
    pause = threading.Event()
    while _coming and time.monotonic() < end:
        pause.wait(0.001)


atexit.register(at_exit)


def carry_through(step: Callable[[], object], by: float) -> BaseException | None:
    """Call `step` of a goodbye, and again where the handler of a signal has raised in it, until the moment `by`.

    The program is over, so there is nothing of its that a Ctrl-C could interrupt. Returns what has ended the step.
    """
    while True:
        try:
            step()
        except Exception as error:
            return error
        except BaseException as error:
            if time.monotonic() >= by:
                return error
        else:
            return None


def can_spare_descriptors() -> bool:
    """Whether a thread of ours may open anything in this program, which may change its limit at any time."""
    limit = sysconf("SC_OPEN_MAX") if sysconf is not None else -1
    return limit < 0 or limit >= _FEWEST_DESCRIPTORS  # below zero: there is none


def spawn(target: Callable[[], object], name: str, on_failure: Callable[[BaseException], object]) -> None:
    """Run `target` in a new daemon thread called `name`, without waiting for that thread to come up.

    Any thread may call it. If the system refuses a thread, `on_failure` gets the error, in the calling
    thread or in another; nothing is raised.
    """
    error = try_spawn(target, name, on_failure)
    if error is not None:
        on_failure(error)


def try_spawn(
    target: Callable[[], object], name: str, on_late_failure: Callable[[BaseException], object]
) -> BaseException | None:
    """As `spawn`, for callers that hold a lock: a refusal that is known at once is returned.

    `threading.Thread.start()` blocks its caller until the new thread has won the GIL: 90 ms and more
    beside eight busy threads, which is why the UI thread must never call it. Here a raw thread, whose
    creation does not wait, makes the real one. If that fails, `on_late_failure` is called in the raw thread.
    """

    coming = object()

    def start() -> None:
        try:
            threading.Thread(target=target, name=name, daemon=True).start()
        except BaseException as error:
            on_late_failure(error)
        finally:
            _coming.discard(coming)

    _coming.add(coming)
    try:
        _thread.start_new_thread(start, ())
    except RuntimeError as error:
        _coming.discard(coming)
        return error
    return None


def run_in_background(function: Callable[[], object]) -> None:
    """Run `function` in a thread of its own; in this one if the system refuses another."""
    spawn(function, "taskmon-callbacks", lambda _: function())


class Background:
    """Runs functions one after the other in a thread that exists only while there are some. Any thread may post.

    Args:
        name: what the thread is called.
        on_refused: called, in some thread, if the system gives none. What was posted waits then: for the next that is
            posted, or for `close`.
    """

    def __init__(self, name: str, on_refused: Callable[[BaseException], object] = lambda _: None) -> None:
        self._name = name
        self._on_refused = on_refused
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._functions: deque[Callable[[], object]] = deque()
        self._running = False
        self._closed = False
        self._thread_id: int | None = None  # of the thread that runs them

    def post(self, function: Callable[[], object]) -> None:
        """Run `function` soon. Never waits, never raises. What `function` raises is logged; the next one still runs.

        After `close`, nothing is run any more.
        """
        with self._lock:
            if self._closed:
                return
            self._functions.append(function)
            if self._running:
                return
            self._running = True
        spawn(self._run, self._name, self._cannot_run)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until everything posted has run, at most `timeout` seconds; return whether it has."""
        with self._lock:
            return self._idle.wait_for(lambda: not self._running, timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Take nothing more and wait until everything posted has run, as `wait_idle`; what has no thread runs here.

        Called by one of the functions, it does not wait.
        """
        with self._lock:
            self._closed = True
            if self._thread_id == threading.get_ident():
                return not self._functions
            run_here = bool(self._functions) and not self._running  # no thread could be had
            self._running = self._running or run_here
        if run_here:
            self._run()
        return self.wait_idle(timeout)

    def _run(self) -> None:
        self._thread_id = threading.get_ident()
        while True:
            with self._lock:
                if not self._functions:
                    self._running = False  # under the lock: a function posted now starts a new thread
                    self._thread_id = None
                    self._idle.notify_all()
                    return
                function = self._functions.popleft()
            try:
                function()
            except BaseException as error:  # foreign code
                from taskmon.core.base.errors import log_error  # a watched program needs it only here

                log_error("taskmon", error, "Work in the background failed")

    def _cannot_run(self, error: BaseException) -> None:
        with self._lock:
            self._running = False
            self._idle.notify_all()
        self._on_refused(error)


class SignalsBlocked:
    """A thread started within takes no signal: in a process that is not ours, they are for its own threads.

    The kernel gives a signal to any thread that does not block it. So a program that has blocked SIGTERM while it must
    not be disturbed would die of it, in a thread that it knows nothing of. What tells of a fault of the thread itself
    is let through, so that faulthandler can say where it was.
    """

    def __enter__(self) -> None:
        self._before = None
        if hasattr(_signal, "pthread_sigmask"):
            faults = {_signal.SIGSEGV, _signal.SIGFPE, _signal.SIGBUS, _signal.SIGILL, _signal.SIGABRT}
            self._before = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals() - faults)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, self._before)


def name_of_thread(ident: int | None) -> str:
    """Return the name of a thread of this process; empty if it has ended or is not known to Python."""
    active = attribute_of("threading", "_active", {})  # the program's, where that is another's
    thread = active.get(ident) if ident is not None else None
    return str(thread.name) if thread is not None else ""
