"""One worker's side of the turnstile: whether it has to wait, and whether it is busy. See `core.run.turnstile`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

#: A step with more processor time than this, in seconds, is busy however long it took …
_BUSY_STEP: Final = 0.001
#: … and one that spent more than this share of its time on the processor as well.
_BUSY_SHARE: Final = 0.4
#: Should no frame come for so long, in seconds, because the UI thread is blocked or gone, nobody waits for it.
_LONGEST_WAIT: Final = 2.0


class Attentive(Protocol):
    """What the turnstile needs of a worker's context."""

    _attention: bool

    def _wanted(self) -> bool: ...

    def _enter_queue(self) -> None: ...

    def _leave_queue(self) -> None: ...


class Gate(Protocol):
    """What a turn needs of the turnstile."""

    clock: Callable[[], float]
    thread_clock: Callable[[], float]
    frame: int
    closed: bool
    limit: int | None

    def take_place(self) -> bool: ...

    def join_queue(self, turn: Turn, /) -> None: ...

    def join_audience(self, turn: Turn, /) -> None: ...

    def pass_on(self) -> None: ...

    def dismiss(self, turn: Turn, /) -> None: ...


class Turn:
    """One worker's place at the turnstile. `step` is called by the worker's own thread, at a checkpoint."""

    __slots__ = ("_cpu", "_gate", "_lock", "_measuring", "_since", "busy", "context", "frame", "holds", "parked")

    def __init__(self, gate: Gate, context: Attentive) -> None:
        self._gate = gate
        self.context = context
        self._lock = threading.Lock()
        self._lock.acquire()
        self.frame = -1
        self._measuring = False
        self._cpu = 0.0
        self._since = 0.0
        self.busy = True  # until one step has shown otherwise
        self.parked = False
        self.holds = False

    def step(self) -> None:
        """Wait for a turn, if this worker has to; measure a step, if that is due."""
        gate = self._gate
        if gate.limit is None:
            self._measuring = False
            return
        if self._measuring:
            self._finish_measuring()
            if not self.busy:
                if self.holds:
                    self.holds = False
                    gate.pass_on()
                return
        if self.frame == gate.frame and (self.holds or not self.busy):
            return  # it is its turn, and attention was raised for something else
        self.frame = gate.frame
        if self.busy:
            self._wait()
            self.frame = gate.frame
        elif gate.closed:
            self._sit_out()
        self._begin_measuring()

    def leave(self) -> None:
        """The task has ended: the place goes to the next."""
        self._gate.dismiss(self)

    def let_through(self) -> bool:
        """Wake the worker if it waits; return whether it did. Any thread; twice does no harm."""
        if not self.parked:
            return False
        self.parked = False
        try:
            self._lock.release()
        except RuntimeError:  # somebody else was faster
            return False
        return True

    def _wait(self) -> None:
        gate = self._gate
        held, self.holds = self.holds, False
        if not held and gate.take_place():
            self.holds = True
            return
        self.context._enter_queue()
        try:
            self.parked = True
            gate.join_queue(self)
            if self.context._wanted():  # a stop that came before this worker could be seen to wait
                self.let_through()
            if held and not gate.closed:
                gate.pass_on()  # between frames the place goes to the next, and this worker behind all others
            frame = gate.frame
            while not self._lock.acquire(timeout=_LONGEST_WAIT):
                if frame == gate.frame:
                    break  # not a single frame in all that time: the window is blocked, or gone
                frame = gate.frame
            self.parked = False
        finally:
            self.context._leave_queue()
        self.holds = True

    def _sit_out(self) -> None:
        """A light worker waits for the end of the frame, which is soon, and for nothing else."""
        gate = self._gate
        self.context._enter_queue()
        try:
            self.parked = True
            gate.join_audience(self)
            self._lock.acquire(timeout=_LONGEST_WAIT)
            self.parked = False
        finally:
            self.context._leave_queue()

    def _begin_measuring(self) -> None:
        self._cpu = self._gate.thread_clock()
        self._since = self._gate.clock()
        self._measuring = True
        self.context._attention = True  # the next checkpoint ends the step

    def _finish_measuring(self) -> None:
        self._measuring = False
        used = self._gate.thread_clock() - self._cpu
        passed = self._gate.clock() - self._since
        self.busy = used >= _BUSY_STEP or used > passed * _BUSY_SHARE
