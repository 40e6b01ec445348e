"""Deadlines: one thread that calls back when a moment has come, and that exists only while one is due.

A timer thread for each deadline would double the threads of a program; a poll would wake an idle one.
So all deadlines of a process share a heap and one waiting thread.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from taskmon.core.base.errors import log_error
from taskmon.core.base.threads import try_spawn

#: Longest time that may be waited for, in seconds (ten years): larger values overflow the platform's clocks.
LONGEST: Final = 10 * 365 * 86_400.0
#: Fewer alarms than this are not worth being swept.
_SWEEP_FROM: Final = 64


class Alarm:
    """One pending call. `cancel()` prevents it, unless it has begun."""

    __slots__ = ("_timer", "action", "when")

    def __init__(self, timer: DeadlineTimer, when: float, action: Callable[[], object]) -> None:
        self._timer = timer
        self.when = when
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        """Forget the call. Idempotent; any thread."""
        self._timer.forget(self)

    def abandon(self) -> None:
        """Forget the call without taking a lock: for weakref callbacks, which run in the middle of anything.

        The timer lets go of it when it is due, or at the next sweep.
        """
        self.action = None


class DeadlineTimer:
    """Calls `action` once `clock()` has reached `when`, in its own daemon thread.

    Args:
        clock: returns seconds on a monotonic scale. A test passes its own and calls `run_due()`.
        threaded: False leaves it to the caller to call `run_due()`; no thread is ever started.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, threaded: bool = True) -> None:
        self.clock = clock
        self._threaded = threaded
        self.reset()

    def reset(self) -> None:
        """Begin without calls; also in a forked child."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._heap: list[tuple[float, int, Alarm]] = []
        self._numbers = itertools.count()
        self._running = False
        self._sweep_at = _SWEEP_FROM

    def schedule(self, when: float, action: Callable[[], object]) -> Alarm:
        """Call `action` at `when`. It must be brief; what it raises is logged. Any thread."""
        alarm = Alarm(self, when, action)
        with self._lock:
            if len(self._heap) >= self._sweep_at:
                self._sweep()
            heapq.heappush(self._heap, (when, next(self._numbers), alarm))
            if not self._running:
                # If no thread can be had, the deadlines wait for the next schedule().
                self._running = self._threaded and self._start_thread() is None
            elif self._heap[0][2] is alarm:
                self._changed.notify_all()  # the thread waits for a later one
        return alarm

    def run_due(self) -> int:
        """Run what is due, in the calling thread; return how many were run."""
        ran = 0
        while (action := self._take_due()) is not None:
            try:
                action()
            except Exception as error:  # the other deadlines still count
                log_error("taskmon.deadline", error, "A deadline's action failed")
            ran += 1
        return ran

    def __len__(self) -> int:
        """How many calls are pending."""
        with self._lock:
            return sum(alarm.action is not None for _, _, alarm in self._heap)

    def _take_due(self) -> Callable[[], object] | None:
        with self._lock:
            self._drop_forgotten()
            if not self._heap or self._heap[0][0] > self.clock():
                return None
            alarm = heapq.heappop(self._heap)[2]
            action, alarm.action = alarm.action, None
            return action or _nothing  # abandoned just now

    def forget(self, alarm: Alarm) -> None:
        with self._lock:
            alarm.action = None
            self._drop_forgotten()
            if not self._heap:
                self._changed.notify_all()  # nothing left to wait for: let the thread go

    def _drop_forgotten(self) -> None:
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)

    def _sweep(self) -> None:
        """Throw out what was forgotten behind earlier alarms: it would pile up until it is due."""
        self._heap = [entry for entry in self._heap if entry[2].action is not None]
        heapq.heapify(self._heap)
        self._sweep_at = max(_SWEEP_FROM, 2 * len(self._heap))

    def _start_thread(self) -> BaseException | None:
        return try_spawn(self._wait_for_alarms, "taskmon-deadlines", self._start_failed)

    def _wait_for_alarms(self) -> None:
        while True:
            self.run_due()
            with self._lock:
                self._drop_forgotten()
                if not self._heap:
                    self._running = False  # under the lock: schedule() sees it and starts a new thread
                    return
                left = self._heap[0][0] - self.clock()
                if left > 0:
                    self._changed.wait(min(left, LONGEST))

    def _start_failed(self, error: BaseException) -> None:
        del error
        with self._lock:
            self._running = False


def _nothing() -> None:
    pass


#: The timer of this process.
deadlines: Final = DeadlineTimer()

if hasattr(os, "register_at_fork"):  # the thread does not exist in a forked child, nor do its deadlines matter there
    os.register_at_fork(after_in_child=deadlines.reset)
