"""Worker threads, and the queue before them: how many there are, when they come and when they go.

A worker that finds one job after the other takes no lock. It would wait for it while those who submit hold it, and they
for the worker: with the interpreter lock between them, each job would cost two changes of thread. What workers do
without the lock is to take jobs off the head of the queue; whatever else is done to the queue is done with the lock
held, and in steps that bear that.

One rule wakes them: while there is a job and room for it, exactly one worker is *called*, an idle one or a new one.
When it arrives it takes a job and, if there are more, calls the next. So a burst of small jobs does not wake eight
threads that fight for one interpreter, and a burst of long ones has them all at work a moment later.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from taskmon.core.base.errors import log_error
from taskmon.core.base.threads import try_spawn

if TYPE_CHECKING:
    from concurrent.futures.thread import BrokenThreadPool

T = TypeVar("T")
Job = TypeVar("Job", contravariant=True)  # noqa: PLC0105  # the suffix would be noise in signatures


Move = Callable[[deque[T], T], bool]
"""Moves a job within a queue; returns whether it stands there. See `taskmon.core.run.moves`."""


class Jobs(Protocol[Job]):
    """What a pool asks of the owner of its jobs. None of it may raise."""

    def begin(self, job: Job, /) -> bool:
        """Begin a job taken from the queue, in a worker's thread; return whether it is to be run.

        If not, the pool forgets it.
        """

    def run(self, job: Job, /) -> None:
        """Do a job that has begun, to its end."""

    def refuse(self, job: Job, error: BaseException, /) -> None:
        """Learn that there will be no thread for a job."""

    def break_off(self, error: BaseException, /) -> None:
        """Learn that there will be no thread for any job: the initializer failed."""


class WorkerPool(Generic[T]):
    """Daemon threads that run jobs, at most `limit` at a time, each started when it is first needed.

    Args:
        limit: how many jobs may run at once.
        name: what the threads are called, followed by a number.
        jobs: the owner of the jobs.
        initializer: called first in each thread, with `initargs`; if it raises, the pool is broken.
    """

    def __init__(
        self,
        limit: int,
        name: str,
        jobs: Jobs[T],
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        self.name = name
        self._jobs = jobs
        self._initializer = initializer
        self._initargs = initargs
        self._started = 0
        self._limit = limit
        self.broken: BrokenThreadPool | None = None
        self.closed = False
        self.reset()

    def reset(self) -> None:
        """Begin with no job and no thread; also in a forked child, where those of the parent do not exist."""
        self.lock = threading.RLock()
        self._gone = threading.Condition(self.lock)  # notified when a thread has left
        self._ready: deque[T] = deque()
        self._idle: list[threading.Lock] = []  # each is what one idle worker sleeps on
        self._called = False  # a worker is on its way
        self._threads: set[threading.Thread] = set()
        self._leaving: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._starting = 0
        self._initializing = 0
        self._lent = 0
        self._room = self._limit  # how many threads there may be
        self.refused: deque[tuple[T, BaseException]] = deque()

    @property
    def limit(self) -> int:
        """How many jobs may run at once, apart from those that wait for others."""
        return self._limit

    @property
    def threads(self) -> frozenset[threading.Thread]:
        """The threads that live now."""
        with self.lock:
            return frozenset(self._threads)

    def put(self, job: T) -> None:
        """Add a job. The lock is held; `turn_away` is called once it is not. Never waits for a thread to start."""
        try:
            self._ready.append(job)
        finally:  # should Ctrl-C come right here, the job must not lie there uncalled
            self._call()

    def put_first(self, jobs: Iterable[T]) -> None:
        """Add jobs at the head of the queue, in their order. Otherwise as `put`."""
        self._ready.extendleft(reversed(list(jobs)))
        self._call()

    def move(self, job: T, how: Move[T]) -> bool:
        """Move a job within the queue; return whether it stands there. The lock is held."""
        line: deque[T] = deque()
        try:
            self._drain(line.extend)  # meanwhile workers find it empty, and wait for the lock to be sure
            changed = line.copy()
            if not how(changed, job):
                return False
            line = changed
            return True
        finally:
            while line:  # whatever comes: a Ctrl-C in this very moment is not heard, but no job is lost
                try:
                    self._ready.extendleft(iter(line.pop, None))
                except (IndexError, KeyboardInterrupt):
                    continue
            self._call()  # a worker that took a job meanwhile has seen no other, and called nobody to it

    def waiting(self) -> list[T]:
        """The jobs in the queue, in their order. The lock is held."""
        return list(self._ready.copy())

    def turn_away(self) -> None:
        """Refuse the jobs for which no thread could be had. The lock is not held: this runs foreign code."""
        while self.refused:
            try:
                job, error = self.refused.popleft()
            except IndexError:  # another thread was faster
                return
            self._jobs.refuse(job, error)

    def set_limit(self, limit: int) -> None:
        """Change how many run at once. More start at once; fewer means that workers leave when they are free."""
        with self.lock:
            self._limit = limit
            self._adjust()
        self.turn_away()

    def lend(self, count: int) -> None:
        """Raise the limit while a job waits for others (+1), and lower it again (-1). As `put`, with the lock held."""
        self._lent += count
        self._adjust()

    def give_up(self, thread_id: int) -> None:
        """Count a worker no longer, so that another may come in its place. Once its job returns, it leaves.

        As `put`, with the lock held.
        """
        for thread in self._threads:
            if thread.ident == thread_id:
                self._threads.discard(thread)
                self._call()
                self._gone.notify_all()
                return

    def close(self) -> None:
        """Let workers leave when the queue is empty. Idempotent."""
        with self.lock:
            self.closed = True
            self._wake_idle()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until all threads of a closed pool have left; return whether they have.

        Raises:
            RuntimeError: in one of those threads.
        """
        end = None if timeout is None else time.monotonic() + timeout
        me = threading.current_thread()
        with self.lock:
            if me in self._threads:
                raise RuntimeError("a task cannot wait for the end of its own runner")
            left = self._gone.wait_for(lambda: not self._threads and not self._starting, timeout)
            threads = list(self._leaving)
        for thread in threads:  # out of the pool, but perhaps not quite out of the interpreter
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return left

    # -- calling workers: the lock is held ----------------------------------------------------------

    def _call(self) -> None:
        """If there is a job, see that a worker is on its way to it."""
        if self._called or not self._ready:
            return
        if self._idle:
            # In this order, Ctrl-C in between calls one too many, but leaves nobody waited for who does not come.
            wake = self._idle[-1]
            _release(wake)
            self._idle.pop()
            self._called = True
        elif len(self._threads) + self._starting < self._room:
            number, self._started = self._started, self._started + 1
            error = try_spawn(self._work, f"{self.name}_{number}", self._start_failed_late)
            # Counted afterwards: the thread waits for the lock. Ctrl-C in between makes one too many, not one too few.
            self._called = True
            self._starting += 1
            if error is not None:
                self._start_failed(error)

    def _drain(self, take: Callable[[Iterable[T]], object]) -> None:
        """Give `take` the jobs in the queue. With one that is written in C, Ctrl-C loses none on the way."""
        try:
            take(iter(self._ready.popleft, None))  # no job is None
        except IndexError:  # there are no more
            return

    def _wake_idle(self) -> None:
        for wake in self._idle:
            _release(wake)
        self._idle.clear()

    def _adjust(self) -> None:
        self._room = self._limit + self._lent
        self._call()
        if len(self._threads) > self._room:
            self._wake_idle()  # to find out that they are too many

    def _start_failed(self, error: BaseException) -> None:
        self._starting = 0
        self._called = False
        if self._idle:  # one has become free meanwhile
            self._call()
        elif not self._starting and len(self._threads) <= self._lent:  # all there are wait for these very jobs
            self._drain(lambda jobs: self.refused.extend((job, error) for job in jobs))
        self._gone.notify_all()

    def _start_failed_late(self, error: BaseException) -> None:
        with self.lock:
            self._start_failed(error)
        self.turn_away()

    # -- the worker's thread ------------------------------------------------------------------------

    def _work(self) -> None:
        me = threading.current_thread()
        wake = threading.Lock()
        wake.acquire()
        with self.lock:
            self._starting = 0  # only one is called at a time; should Ctrl-C have made it two, none was counted
            self._threads.add(me)
            if self._initializer is not None:
                # That may take its time, which nobody else is to wait for: the next job calls another worker.
                self._called = False
                self._initializing += 1
                if self._idle or len(self._ready) > self._initializing:
                    self._call()
        usable = self._initialize()
        threads = self._threads
        self.lock.acquire()  # not by `with`: a child that a job forks has another one
        try:
            if self._initializer is not None:
                self._initializing -= 1
            else:
                self._called = False
            while usable and self._wants(me):
                if self._ready:
                    self.lock.release()
                    try:
                        self._run_jobs(me)
                    finally:
                        self.lock.acquire()
                    if self._threads is not threads:  # in such a child, whose pool begins without workers
                        return
                elif self.closed:
                    break
                else:
                    # Under the lock under which the queue was found empty: no job can slip between.
                    self._idle.append(wake)
                    self.lock.release()
                    try:
                        wake.acquire()
                    finally:
                        self.lock.acquire()
                    self._called = False
                    if wake in self._idle:  # Ctrl-C hit the thread that called
                        self._idle.remove(wake)
            # Under the lock under which it was decided: two workers must not both leave for being one too many.
            self._threads.discard(me)
            self._leaving.add(me)
            self._call()  # if this one had been called, another must come
            self._gone.notify_all()
        finally:
            self.lock.release()
        self.turn_away()

    def _wants(self, worker: threading.Thread) -> bool:
        """Whether `worker` is to go on. If not, without the lock, it asks again with it: only one may be too many."""
        return worker in self._threads and len(self._threads) <= self._room and self.broken is None

    def _run_jobs(self, me: threading.Thread) -> None:
        """Run jobs while there are any, without the lock."""
        while self._wants(me):
            try:
                job = self._ready.popleft()
            except IndexError:
                return
            # One that is being called arrives after this, finds what is left, and calls the next itself.
            if self._ready and not self._called and (self._idle or len(self._threads) + self._starting < self._room):
                with self.lock:
                    self._call()
            try:
                if self._jobs.begin(job):
                    self._jobs.run(job)
            except BaseException as error:  # a bug of ours, or an exception that was thrown into this thread
                log_error("taskmon.runner", error, "A worker thread caught what should not have escaped", critical=True)
            finally:
                del job  # this frame is part of the traceback of an error that the job may keep
            if self.refused:
                self.turn_away()

    def _initialize(self) -> bool:
        if self._initializer is None:
            return True
        try:
            self._initializer(*self._initargs)
        except BaseException as error:
            log_error("taskmon.runner", error, "Exception in initializer:", critical=True)
            from concurrent.futures.thread import BrokenThreadPool

            with self.lock:
                self.broken = BrokenThreadPool("A thread initializer failed, the runner is not usable any more")
                self._ready.clear()
                self._wake_idle()
            self._jobs.break_off(self.broken)
            return False
        return True


def _release(wake: threading.Lock) -> None:
    """Wake an idle worker."""
    try:
        wake.release()
    except RuntimeError:  # it is awake: Ctrl-C hit the thread that woke it, before it was off the list
        return
