"""What taskmon needs of ``threading`` in a program that may make something else of that.

eventlet and gevent replace what ``threading`` is made of by what works in their own threads alone; and a program that
does not import ``threading`` is not to find it imported. So our threads wait on raw locks, taken before the program
runs. Never on the interpreter's own `RLock`: eventlet looks for those among all objects, and complains of each that it
cannot replace.

In a watched program, ``import threading`` means this module in all of taskmon, but for what is about the program's
threads; see `taskmon.watch.library`.
"""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable
from typing import Any, Final

Lock = _thread.allocate_lock
local = _thread._local
get_ident = _thread.get_ident
TIMEOUT_MAX: Final = _thread.TIMEOUT_MAX
main_thread_ident: Final[int] = getattr(_thread, "_get_main_thread_ident", get_ident)()
"""The program's main thread. Where Python does not tell (before 3.13), this is loaded before any other is there."""


class Event:
    """As `threading.Event`."""

    def __init__(self) -> None:
        self._flag = False
        self._waiting: list[Any] = []  # adding to and taking from a list are atomic

    def is_set(self) -> bool:
        return self._flag

    def set(self) -> None:
        """Wake all that wait."""
        self._flag = True  # first: who comes now does not wait
        while True:
            try:
                lock = self._waiting.pop()
            except IndexError:
                return
            lock.release()

    def clear(self) -> None:
        """Have those wait that come from now on."""
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for `set`; return whether it came within so many seconds."""
        if self._flag:
            return True
        lock = Lock()
        lock.acquire()
        self._waiting.append(lock)
        woken = not self._flag and _acquire(lock, timeout)
        if not woken:
            try:
                self._waiting.remove(lock)
            except ValueError:  # set() has it already
                return True
        return woken or self._flag


class RLock:
    """As `threading.RLock`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner: int | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, once more if this thread has it."""
        me = get_ident()
        if self._owner == me:
            self._count += 1
            return True
        if not self._lock.acquire(blocking, timeout):
            return False
        self._owner, self._count = me, 1
        return True

    def release(self) -> None:
        """Give it back as often as it was taken."""
        if self._owner != get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition:
    """As `threading.Condition`, on a plain lock or an `RLock` that is held once."""

    def __init__(self, lock: Any = None) -> None:
        self._lock = RLock() if lock is None else lock
        self.acquire, self.release = self._lock.acquire, self._lock.release
        self._waiting: list[Any] = []

    def __enter__(self) -> Any:
        return self._lock.__enter__()

    def __exit__(self, *details: object) -> None:
        self._lock.__exit__(*details)

    def wait(self, timeout: float | None = None) -> bool:
        """Let go of the lock until somebody notifies; return whether that was within so many seconds."""
        lock = Lock()
        lock.acquire()
        self._waiting.append(lock)
        self.release()
        try:
            woken = _acquire(lock, timeout)
        finally:
            self.acquire()
        if not woken and lock in self._waiting:
            self._waiting.remove(lock)
            return False
        return True

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until `predicate` gives something true; return what it gave last."""
        end = None if timeout is None else time.monotonic() + timeout
        result = predicate()
        while not result:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
            result = predicate()
        return result

    def notify(self, n: int = 1) -> None:
        """Wake so many that wait. The lock is held."""
        woken, self._waiting = self._waiting[:n], self._waiting[n:]
        for lock in woken:
            lock.release()

    def notify_all(self) -> None:
        """Wake all that wait. The lock is held."""
        self.notify(len(self._waiting))


def _acquire(lock: Any, timeout: float | None) -> bool:
    return bool(lock.acquire(True, -1 if timeout is None else min(max(timeout, 0.0), TIMEOUT_MAX)))


class Thread:
    """Stands for the program's threads while it has none: nothing is one of these."""

    name = ""
    ident: int | None = None
    _target = None

    def run(self) -> None:
        """Nothing."""


class Timer(Thread):
    """As `Thread`."""

    def cancel(self) -> None:
        """Nothing."""


#: Of these there are none either, and each class takes as long to make as a module to find.
Semaphore = BoundedSemaphore = Barrier = _DummyThread = Timer


class _MainThread(Thread):
    name = "MainThread"
    ident = main_thread_ident


_main: Final = _MainThread()
_active: Final[dict[int, Thread]] = {main_thread_ident: _main}
_limbo: Final[dict[Thread, Thread]] = {}


def main_thread() -> Thread:
    return _main


def current_thread() -> Thread:
    """As `threading.current_thread`, for a thread of ours."""
    return _main if get_ident() == main_thread_ident else Thread()


def enumerate() -> list[Thread]:
    return [_main]
