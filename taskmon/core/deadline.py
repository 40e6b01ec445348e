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

from taskmon.core.threads import spawn

#: Longest time that may be waited for, in seconds (ten years): larger values overflow the platform's clocks.
LONGEST: Final = 10 * 365 * 86_400.0


class Alarm:
    """One pending call. `cancel()` prevents it, unless it has begun."""

    __slots__ = ("_timer", "action", "when")

    def __init__(self, timer: DeadlineTimer, when: float, action: Callable[[], object]) -> None:
        self._timer = timer
        self.when = when
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        """Forget the call. Idempotent; any thread."""
        self._timer._forget(self)


class DeadlineTimer:
    """Calls `action` once `clock()` has reached `when`, in its own daemon thread.

    Args:
        clock: returns seconds on a monotonic scale. A test passes its own and calls `run_due()`.
        threaded: False leaves it to the caller to call `run_due()`; no thread is ever started.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, threaded: bool = True) -> None:
        self.clock = clock
        self._threaded = threaded
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._heap: list[tuple[float, int, Alarm]] = []
        self._numbers = itertools.count()
        self._running = False
        self._cancelled = 0

    def schedule(self, when: float, action: Callable[[], object]) -> Alarm:
        """Call `action` at `when`. It must be brief and must not raise. Any thread."""
        alarm = Alarm(self, when, action)
        with self._changed:
            heapq.heappush(self._heap, (when, next(self._numbers), alarm))
            must_start = self._threaded and not self._running
            if must_start:
                self._running = True
            elif self._heap[0][2] is alarm:
                self._changed.notify_all()  # the thread waits for a later one
        if must_start:
            spawn(self._wait_for_alarms, "taskmon-deadlines", self._start_failed)
        return alarm

    def run_due(self) -> int:
        """Run what is due, in the calling thread; return how many were run."""
        ran = 0
        while (action := self._take_due()) is not None:
            action()
            ran += 1
        return ran

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    def _take_due(self) -> Callable[[], object] | None:
        with self._changed:
            while self._heap:
                when, _, alarm = self._heap[0]
                action = alarm.action
                if action is None:
                    heapq.heappop(self._heap)
                    self._cancelled -= 1
                elif when <= self.clock():
                    heapq.heappop(self._heap)
                    alarm.action = None
                    return action
                else:
                    break
            return None

    def _forget(self, alarm: Alarm) -> None:
        with self._changed:
            if alarm.action is None:
                return  # forgotten before, or running
            alarm.action = None
            self._cancelled += 1
            # Cancelled alarms far in the future would pile up: throw them out once they are the majority.
            if self._cancelled * 2 > len(self._heap):
                self._heap = [entry for entry in self._heap if entry[2].action is not None]
                heapq.heapify(self._heap)
                self._cancelled = 0
            if not self._heap:
                self._changed.notify_all()  # nothing left to wait for: let the thread go

    def _wait_for_alarms(self) -> None:
        while True:
            self.run_due()
            with self._changed:
                if not self._heap:
                    self._running = False  # under the lock: schedule() sees it and starts a new thread
                    return
                self._changed.wait(min(max(0.0, self._heap[0][0] - self.clock()), threading.TIMEOUT_MAX))

    def _start_failed(self, error: BaseException) -> None:
        del error  # no thread can be had: the deadlines wait for the next schedule()
        with self._changed:
            self._running = False


#: The timer of this process.
deadlines: Final = DeadlineTimer()

if hasattr(os, "register_at_fork"):  # the thread does not exist in a forked child, nor do its deadlines matter there
    os.register_at_fork(after_in_child=deadlines._reset)
