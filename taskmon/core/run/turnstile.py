"""The turnstile: how a window stays fluid with busy Python threads in its own process.

What freezes such a window is not the delivery of news, it is the interpreter lock. Whatever is written in Python has to
win it first: beside eight busy threads each of those waits costs up to eight switch intervals. Sampling instead of
signalling does not help, nor do priorities, nor a shorter switch interval alone. What helps is to want the lock seldom,
and that *fewer threads want it while the window works*. The table does the one: a frame of it wins the lock once, where
it did so hundreds of times (`taskmon.ui.table.page`). But that once is for each click, key and frame, and threads that
take turns are what makes it short.

So busy workers take turns. They already read one slot at each checkpoint, their attention; the turnstile is one more
reason to raise it:

1. The frame begins: `close()` raises the attention of every worker. At its next checkpoint a busy one joins the end
   of a queue and sleeps on a lock of its own.
2. The window samples and paints, alone with the interpreter lock.
3. The frame ends: `open()` lets the first K of the queue through. They run until the next frame, or until `rotate()`
   gives their places to the next, every 10 ms: with two hundred workers each has a turn every two seconds.

K is steered by what matters, the measured lateness of the UI thread: halved when it is late, doubled while it is calm
at the start, one more after a second of calm later (additive increase, multiplicative decrease). When K exceeds the
number of workers, nobody is stopped any more and the turnstile costs nothing until the window is late again. Workers
never start ungated: a burst of sixty-four would have frozen the first frame before anything was measured.

One busy thread uses the interpreter lock as fully as sixty-four do, so taking turns costs the workers only the time
in which the window paints.

**Light workers do not queue.** Two hundred threads that wait for a network most of the time lost three quarters of
their work when they had to queue. CPU time over a second does not tell them apart from busy ones: under contention
sixty busy threads get as little each. One *step* does: from one checkpoint to the next, a worker that waits has used
much less processor time than has passed, and a busy one about as much, whatever the others do. Each worker is
measured over one step at the start of its turn; a light one gives its place to the next in the queue and goes on. So
does a task that ends. A light worker that comes while the window works waits for that to end, which is soon, and for
nothing else: two hundred of them would make a frame twenty times as long. Where all are light nobody waits at all, and
Python's switch interval is what it was before: with the short one, which the busy need, each of two hundred that wake
breaks into the frame and into the others. They get as much done as without a window then, where it was three quarters,
and the window is late by half as much.

**A cancel is not kept waiting.** Asking a task to stop takes it out of the queue at once, and closes the turnstile
for the others, so that it finds the interpreter lock free to leave with.

With 64 workers that report as fast as they can, and every row on the screen changing, a window has one frame a second
without it and 27 with it; light workers alone no longer need it, the busy ones do, be there one or sixty-four of them.
``packaging/dev.py bench lateness throughput frame`` measures anew.

What it cannot do: a worker that reaches no checkpoint cannot be asked to wait. `taskmon.bridge.pressure` names it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from taskmon.core.task.turn import Attentive, Turn

#: The UI thread is late, and calm, above and below these, in seconds.
LATE: Final = 0.006
CALM: Final = 0.0025
#: Frames of calm after which one more worker is let through.
_PATIENCE: Final = 30
#: A worker that has not been at the turnstile for so many frames no longer counts as one that will come.
_FRAMES_TRUSTED: Final = 8
#: Python's switch interval while some worker is busy, or not known to be light, in seconds: how long it may keep the
#: interpreter lock.
SWITCH_INTERVAL: Final = 0.001
#: How many are let through at first.
_FIRST: Final = 2


class Turnstile:
    """See the module. `close` and `open` belong to the UI thread; the rest may be called from any.

    Args:
        clock: seconds, as precise as can be.
        thread_clock: processor seconds of the calling thread.
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, thread_clock: Callable[[], float] = time.thread_time
    ) -> None:
        self.clock = clock
        self.thread_clock = thread_clock
        self.frame = 0
        self.closed = False
        self.limit: int | None = None
        """How many busy workers run between two frames; None while nobody has to wait."""
        self._lock = threading.Lock()  # of coming and going; the UI thread takes it only to disband
        self._switch_interval: float | None = None  # what it was, while ours is in force
        self._turns: dict[int, Turn] = {}
        self._queue: deque[Turn] = deque()
        self._audience: deque[Turn] = deque()  # light ones, which wait for the end of the frame
        self._places: deque[None] = deque()  # free ones; taking and giving are atomic
        self._slow_start = True
        self._calm_frames = 0
        self._idle_frames = 0  # in a row, in which nobody ran or queued
        self._harmless = 0  # how many ran, nobody being stopped, in the last frame that was in time

    # -- workers come and go ------------------------------------------------------------------

    def admit(self, context: Attentive) -> Turn:
        """Give a starting worker its turn; its first checkpoint may wait."""
        turn = Turn(self, context)
        self._idle_frames = 0
        with self._lock:
            self._turns[id(turn)] = turn
            self._shorten_switch_interval()  # not when the window hears of it: a burst would freeze it till then
        if self.limit is None:
            # As many as did no harm may go on. A burst that comes between two frames has not been measured: it queues.
            self.limit = max(_FIRST, self._harmless)
            self._slow_start = True
            self._places.extend([None] * max(0, self.limit - len(self._turns) + 1))
        context._attention = True
        return turn

    def dismiss(self, turn: Turn) -> None:
        """Its task has ended: the place goes to the next."""
        with self._lock:
            known = self._turns.pop(id(turn), None) is not None
            if not self._turns:
                self._restore_switch_interval()
        if known and turn.holds:
            turn.holds = False
            self.pass_on()

    def __len__(self) -> int:
        return len(self._turns)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._queue)

    def take_place(self) -> bool:
        """Take a free place, unless others wait for one."""
        if self._queue:
            return False
        try:
            self._places.pop()
        except IndexError:
            return False
        return True

    def join_queue(self, turn: Turn) -> None:
        """Wait for a place. `turn.parked` is set before, so that a release cannot be missed."""
        self._queue.append(turn)
        if self.limit is None:  # it was opened for all meanwhile
            turn.let_through()

    def join_audience(self, turn: Turn) -> None:
        """Wait for the end of the frame. `turn.parked` is set before, as above."""
        self._audience.append(turn)
        if not self.closed:
            turn.let_through()

    def pass_on(self) -> None:
        """Give a place to the next in the queue, or keep it free."""
        while True:
            try:
                turn = self._queue.popleft()
            except IndexError:
                self._places.append(None)
                return
            if turn.let_through():
                return

    # -- the frame: in the UI thread ----------------------------------------------------------

    def close(self) -> None:
        """The window is about to work: have busy workers wait at their next checkpoint."""
        if self.limit is None:
            return
        self.closed = True
        self.frame += 1
        self._places.clear()
        for turn in self._turns.copy().values():
            turn.context._attention = True

    def open(self, lateness: float) -> None:
        """The window has worked: let the next ones through, as many as `lateness`, in seconds, allows."""
        self._steer(lateness)
        self._fit_switch_interval()
        self.closed = False
        self._let_go(self._audience)
        if self.limit is None:
            self._let_go(self._queue)
            return
        self._places.clear()
        # A short frame may be over before those who ran have had the interpreter lock and could queue: they count.
        # Not so a worker that reaches no checkpoint for many frames: it would keep all others waiting.
        coming = [turn for turn in self._turns.copy().values() if self.frame - turn.frame <= _FRAMES_TRUSTED]
        running = sum(turn.busy and not turn.parked for turn in coming)
        self._idle_frames = 0 if running or self._queue else self._idle_frames + 1
        if self._idle_frames > _FRAMES_TRUSTED:
            self.limit = None  # there is nobody to hold back
            return
        for _ in range(self.limit - running):
            self.pass_on()

    def rotate(self) -> None:
        """Between frames: have those who run give their places to the next, so that long queues move."""
        if self.limit is None or self.closed or not self._queue:
            return
        self.frame += 1
        for turn in self._turns.copy().values():
            if turn.holds:
                turn.context._attention = True

    def disband(self) -> None:
        """Let everybody through, for good."""
        self.limit = None
        self.closed = False
        with self._lock:
            self._turns.clear()
            self._restore_switch_interval()
        self._let_go(self._queue)
        self._let_go(self._audience)

    def _fit_switch_interval(self) -> None:
        """Have it short as long as somebody may be busy."""
        busy = any(turn.busy for turn in self._turns.copy().values())
        if busy is (self._switch_interval is not None) or not self._lock.acquire(blocking=False):
            return  # as it is; or workers come and go at this moment, and the next frame sees to it
        try:
            if not busy:
                self._restore_switch_interval()
            elif self._turns:  # the last one may have gone meanwhile
                self._shorten_switch_interval()
        finally:
            self._lock.release()

    def _shorten_switch_interval(self) -> None:
        """The lock is held, here and below."""
        if self._switch_interval is None:
            self._switch_interval = sys.getswitchinterval()
            sys.setswitchinterval(min(self._switch_interval, SWITCH_INTERVAL))

    def _restore_switch_interval(self) -> None:
        if self._switch_interval is not None:
            sys.setswitchinterval(self._switch_interval)
            self._switch_interval = None

    @staticmethod
    def _let_go(waiting: deque[Turn]) -> None:
        while True:
            try:
                turn = waiting.popleft()
            except IndexError:  # none left: those who leave take others from the queue, too
                return
            turn.let_through()

    def _steer(self, lateness: float) -> None:
        limit = self.limit
        if lateness > LATE:
            self._harmless = 0
            # Late although nobody was held back: hold back nearly all.
            limit = _FIRST if limit is None else max(1, limit // 2)
            self._slow_start = False
            self._calm_frames = 0
        elif limit is None:
            self._harmless = len(self._turns)
        elif lateness < CALM:
            self._calm_frames += 1
            if self._slow_start:
                limit *= 2
            elif self._calm_frames >= _PATIENCE:
                limit += 1
                self._calm_frames = 0
        if limit is not None and limit > len(self._turns):
            self._harmless = len(self._turns)
            limit = None
        self.limit = limit
