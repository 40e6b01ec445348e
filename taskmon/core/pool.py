"""Worker threads, and the queue before them: how many there are, when they come and when they go.

A busy worker that has finished takes its next job under the lock that protects the queue. An idle one has put a lock of
its own on the `_idle` stack and sleeps on it; whoever adds a job pops the most recent one and releases it.
Because a worker joins that stack under the same lock under which it found the queue empty, no job can slip between.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures.thread import BrokenThreadPool
from typing import Any, Final, Generic, TypeVar

from taskmon.core.threads import spawn

T = TypeVar("T")


class WorkerPool(Generic[T]):
    """Daemon threads that run jobs, at most `limit` at a time, each started when it is first needed.

    Daemons, so that one stuck worker cannot hold the process; at interpreter exit `_finish_at_exit` lets the
    submitted work end nevertheless, unless `forget` was called.

    Args:
        limit: how many jobs may run at once.
        name: what the threads are called, followed by a number.
        run: does a job, in a worker's thread. Must not raise.
        refuse: is told of a job for which there will be no thread, and why. Must not raise.
        initializer: called first in each thread, with `initargs`; if it raises, the pool is broken.
    """

    def __init__(
        self,
        limit: int,
        name: str,
        run: Callable[[T], None],
        refuse: Callable[[T, BaseException], None],
        *,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        self.name = name
        self._run = run
        self._refuse = refuse
        self.lock = threading.RLock()
        self._gone = threading.Condition(self.lock)  # notified when a thread has left
        self._ready: deque[T] = deque()
        self._idle: list[threading.Lock] = []
        self._threads: set[threading.Thread] = set()
        self._leaving: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._starting = 0
        self._started = 0
        self._limit = limit
        self._lent = 0
        self._closed = False
        self._broken: BrokenThreadPool | None = None
        self._initializer = initializer
        self._initargs = initargs
        _pools.add(self)

    @property
    def limit(self) -> int:
        """How many jobs may run at once, apart from those that wait for others."""
        return self._limit

    @property
    def threads(self) -> frozenset[threading.Thread]:
        """The threads that live now."""
        with self.lock:
            return frozenset(self._threads)

    @property
    def closed(self) -> bool:
        """Whether no more jobs are taken."""
        return self._closed

    def check_open(self) -> None:
        """Raise RuntimeError if jobs are no longer taken, `BrokenThreadPool` if the initializer failed."""
        if self._broken is not None:
            raise self._broken
        if self._closed:
            raise RuntimeError(f"cannot start a task after shutdown of {self.name!r}")

    def put(self, job: T, *, first: bool = False) -> None:
        """Add a job, at the end of the queue or at its head. Never waits for a thread to start."""
        with self.lock:
            if self._broken is not None:
                broken = self._broken
            else:
                broken = None
                if first:
                    self._ready.appendleft(job)
                else:
                    self._ready.append(job)
                self._wake_or_start()
        if broken is not None:
            self._refuse(job, broken)

    def set_limit(self, limit: int) -> None:
        """Change how many run at once. More start at once; fewer means that workers leave when they are free."""
        with self.lock:
            self._limit = limit
            self._adjust()

    def lend(self, count: int) -> None:
        """Raise the limit while a job waits for others (+1), and lower it again (-1)."""
        with self.lock:
            self._lent += count
            self._adjust()

    def close(self) -> None:
        """Take no more jobs; workers leave when the queue is empty. Idempotent."""
        with self.lock:
            self._closed = True
            self._wake_idle()
            self._gone.notify_all()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until all threads of a closed pool have left; return whether they have."""
        end = None if timeout is None else time.monotonic() + timeout
        with self.lock:
            left = self._gone.wait_for(lambda: not self._threads and not self._starting, timeout)
            threads = list(self._leaving)
        for thread in threads:  # out of the pool, but perhaps not quite out of the interpreter
            if thread is not threading.current_thread():
                thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return left

    def forget(self) -> None:
        """Do not wait for this pool at interpreter exit."""
        _pools.discard(self)

    # -- starting and ending threads: the lock is held ----------------------------------------------

    def _wake_or_start(self) -> None:
        if self._idle:
            self._idle.pop().release()
        elif len(self._threads) + self._starting < self._limit + self._lent:
            self._starting += 1
            number = self._started
            self._started += 1
            spawn(self._work, f"{self.name}_{number}", self._start_failed)

    def _wake_idle(self) -> None:
        while self._idle:
            self._idle.pop().release()

    def _adjust(self) -> None:
        for _ in range(min(len(self._ready), self._limit + self._lent)):
            self._wake_or_start()
        if len(self._threads) > self._limit + self._lent:
            self._wake_idle()  # to find out that they are too many

    def _start_failed(self, error: BaseException) -> None:
        refused: list[T] = []
        with self.lock:
            self._starting -= 1
            if not self._threads and not self._starting:  # with others alive, the jobs just wait their turn
                refused.extend(self._ready)
                self._ready.clear()
            self._gone.notify_all()
        for job in refused:
            self._refuse(job, error)

    # -- the worker's thread ------------------------------------------------------------------------

    def _work(self) -> None:
        me = threading.current_thread()
        with self.lock:
            self._starting -= 1
            self._threads.add(me)
        if self._initialize():
            wake = threading.Lock()
            wake.acquire()
            while (job := self._next(me, wake)) is not None:
                self._run(job)
                del job  # it must not live on in the frame of an idle thread
        else:
            with self.lock:
                self._leave(me)

    def _initialize(self) -> bool:
        if self._initializer is None:
            return True
        try:
            self._initializer(*self._initargs)
        except BaseException as error:
            import logging

            logging.getLogger("taskmon.runner").critical("Exception in initializer:", exc_info=error)
            with self.lock:
                self._broken = BrokenThreadPool("A thread initializer failed, the runner is not usable any more")
                refused = list(self._ready)
                self._ready.clear()
                self._wake_idle()
            for job in refused:
                self._refuse(job, self._broken)
            return False
        return True

    def _leave(self, me: threading.Thread) -> None:
        # Under the lock under which it was decided: two workers must not both leave for being one too many.
        self._threads.discard(me)
        self._leaving.add(me)
        self._gone.notify_all()

    def _next(self, me: threading.Thread, wake: threading.Lock) -> T | None:
        """Return the next job, waiting for it; None if this thread is to leave."""
        while True:
            with self.lock:
                if len(self._threads) > self._limit + self._lent or self._broken is not None:
                    if self._ready and self._idle:  # pass the call on that woke this thread
                        self._idle.pop().release()
                    self._leave(me)
                    return None
                if self._ready:
                    return self._ready.popleft()
                if self._closed:
                    self._leave(me)
                    return None
                self._idle.append(wake)
            wake.acquire()

    def _reset_after_fork(self) -> None:
        """Forget threads that exist only in the parent process. Jobs that waited belong to it as well."""
        self.lock = threading.RLock()
        self._gone = threading.Condition(self.lock)
        self._ready.clear()
        self._idle.clear()
        self._threads.clear()
        self._starting = 0


#: Pools whose work is finished before the interpreter exits.
_pools: Final[weakref.WeakSet[WorkerPool[Any]]] = weakref.WeakSet()


def _finish_at_exit() -> None:
    """Keep the Executor's contract: what was submitted is done before the interpreter goes."""
    pools = list(_pools)
    for pool in pools:
        pool.close()
    for pool in pools:
        pool.join()


def _reset_after_fork() -> None:
    for pool in list(_pools):
        pool._reset_after_fork()


atexit.register(_finish_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
