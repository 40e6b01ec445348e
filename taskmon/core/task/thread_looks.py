"""What the threads of this process's own tasks do: looked at once a second, for as long as a window wants to know.

A window says so by `want`, every second or so. From then on each picture of a running task notes the task's thread here
and takes along what the last look told of it; a thread of our own looks, and ends a few seconds after the last wish.
While nobody wishes, a picture reads one attribute for it, and nothing else happens.

When a task stops is for its checkpoints to tell. These facts say what it does meanwhile, and who holds what it waits
for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.core.base.threads import name_of_thread, spawn
from taskmon.core.stacks.frames import current_frames
from taskmon.core.task.task import Task

if TYPE_CHECKING:
    from taskmon.core.stacks.facts import ThreadFacts
    from taskmon.core.stacks.locks import LocksLook
    from taskmon.core.stacks.look import FactsLook

#: Seconds between two looks, unless a window wants more of them …
PERIOD: Final = 1.0
#: … and for how long after the last wish there are some.
PATIENCE: Final = 3.0


class _Told(NamedTuple):
    """What one look told of a thread."""

    facts: ThreadFacts
    looked_at: float
    before: float
    """When the thread was looked at before that; 0 if it was not."""


class ThreadLooks:
    """The looks at the threads of tasks. All methods may be called from any thread; none waits.

    Args:
        clock: seconds of `time.monotonic()`; for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Begin anew; also in a forked child, where the thread that looks does not exist."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._wanted_at = float("-inf")
        self._period = PERIOD
        self._looking = False
        self._names: dict[int, str] = {}  # of the tasks whose pictures were taken since the last look, by thread
        self._told: dict[int, _Told] = {}
        self._looks: tuple[FactsLook, LocksLook] | None = None
        Task.thread_looks = None

    def want(self, period: float = PERIOD) -> None:
        """A window looks: have the threads of tasks looked at for the next seconds, each time after so many."""
        with self._lock:
            self._wanted_at = self._clock()
            if period < self._period:
                self._wake.set()
            self._period = period
            if self._looking:
                return
            self._looking = True
            Task.thread_looks = self
        spawn(self._work, "taskmon-facts", self._cannot_work)

    def rest(self) -> None:
        """Have the thread that looks end at once rather than soon."""
        with self._lock:
            self._wanted_at = float("-inf")
            self._wake.set()

    def facts_of(self, thread_id: int, name: str, since: float) -> ThreadFacts | None:
        """Return what the last look told of a task's thread; None if there was none since the task began.

        Args:
            thread_id: `threading.get_ident()` of the thread.
            name: what the task is called.
            since: when the task began, in seconds of `time.monotonic()`: before, another task had the thread.
        """
        self._names[thread_id] = name
        told = self._told.get(thread_id)
        if told is None or told.looked_at < since:
            return None
        facts = told.facts
        if told.before < since and facts.cpu is not None:
            facts = facts._replace(cpu=None)  # what was used before was not all its own
        return facts if facts.since >= since else facts._replace(since=since)

    def look(self) -> None:
        """Look once, in the calling thread. Not for the UI thread."""
        from taskmon.core.stacks.locks import LocksLook, told_apart, with_locks
        from taskmon.core.stacks.look import FactsLook

        if self._looks is None:
            self._looks = FactsLook(), LocksLook()
        facts_look, locks_look = self._looks
        taken, self._names = self._names, {}
        names = taken.copy()  # in one step: whoever has just read where to note a thread may still do so
        if not names:
            self._told = {}
            facts_look.forget()
            return
        now = self._clock()
        known = threading._active  # type: ignore[attr-defined]  # enumerate() takes a lock
        threads = {ident: getattr(known.get(ident), "native_id", None) for ident in names}
        found = facts_look.look(threads)
        frames = current_frames()
        locks = locks_look.look(facts_look.unmoved(found, frames), frames, now)
        frames.clear()  # they keep alive whatever their functions work on

        distinct = told_apart(names, found) if locks.waits else names

        def name_of(ident: int) -> str:
            return distinct.get(ident) or name_of_thread(ident)

        before = self._told
        told: dict[int, _Told] = {}
        for ident, facts in found.items():
            earlier = before.get(ident)
            looked_at = earlier.looked_at if earlier is not None else 0.0
            told[ident] = _Told(with_locks(ident, facts, locks, name_of), now, looked_at)
        self._told = told

    def _work(self) -> None:
        pause = PERIOD
        while True:
            self._wake.wait(pause)  # first: what is over at once is left alone
            with self._lock:
                self._wake.clear()
                if self._clock() - self._wanted_at > PATIENCE:
                    self._looking = False  # under the lock: who wishes now starts a new thread
                    Task.thread_looks = self._looks = None
                    self._names, self._told = {}, {}
                    return
            began = time.thread_time()
            try:
                self.look()
            except BaseException:
                Task.thread_looks = None  # the last look, whose words would grow old; the error is told as any thread's
                raise
            # With very many threads, less often: at most a hundredth of the time goes into it.
            pause = max(self._period, 100 * (time.thread_time() - began))

    def _cannot_work(self, error: BaseException) -> None:
        del error  # no thread can be had: the next wish tries again
        with self._lock:
            self._looking = False
            Task.thread_looks = None


#: Those of this process.
thread_looks: Final = ThreadLooks()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=thread_looks.reset)
