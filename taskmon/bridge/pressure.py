"""How late the UI thread is beside busy workers in its own process, and who makes it so.

Busy workers take turns, and wait while the window works; see `taskmon.core.run.turnstile`. A worker that computes and
reaches no checkpoint cannot be asked to wait: it is named. It is named only if all three hold for a second: the window
is late, the worker has not passed a checkpoint, and its thread was on the processor most of the time. A worker that
hashes or waits in C is not: it holds no interpreter lock meanwhile, and the window is not late.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from taskmon.bridge.table.rows import TaskRow
from taskmon.core.run.runner import TaskRunner
from taskmon.core.run.turnstile import Turnstile
from taskmon.core.stacks.kernel import cpu_seconds
from taskmon.core.task.state import TaskState

#: The window is under pressure if it was later than this, in seconds, within the last second.
LATE: Final = 0.010
#: A worker without a checkpoint for this long, in seconds, is a suspect …
SILENT: Final = 0.8
#: … and named if its thread had this share of a processor meanwhile.
BUSY: Final = 0.6
#: While busy workers take turns, the UI thread's lateness is measured this often, in milliseconds.
_PULSE_MS: Final = 10


class PressureGauge:
    """Looks about once a second. Belongs to the UI thread; a look at a few suspects costs some 20 µs each.

    Args:
        clock: seconds.
        cpu_time: processor seconds that a thread, by its native id, has used so far; None if that cannot be known.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu_time: Callable[[int], float | None] = cpu_seconds,
    ) -> None:
        self._clock = clock
        self._cpu_time = cpu_time
        self._seen: dict[int, tuple[float, float]] = {}  # thread: when, processor time then

    def look(self, rows: Iterable[TaskRow], lateness: float) -> list[TaskRow]:
        """Judge `rows` by their pictures and by the worst lateness since the last look; return those that changed."""
        now = self._clock()
        native_ids = {thread.ident: thread.native_id for thread in threading.enumerate()}
        before, self._seen = self._seen, {}
        changed = []
        for row in rows:
            hogging = False
            native_id = native_ids.get(row.snapshot.thread_id)
            if native_id is not None and _is_silent(row):
                share = self._share(native_id, now, before)
                # Once named it stays so while it computes on: the window may be late only every few seconds.
                hogging = share is not None and share >= BUSY and (lateness >= LATE or row.hogging)
            if hogging != row.hogging:
                row.hogging = hogging
                changed.append(row)
        return changed

    def _share(self, native_id: int, now: float, before: dict[int, tuple[float, float]]) -> float | None:
        used = self._cpu_time(native_id)
        if used is None:
            return None
        self._seen[native_id] = (now, used)
        if native_id not in before:
            return None
        then, used_then = before[native_id]
        return (used - used_then) / max(now - then, 0.001)


def _is_silent(row: TaskRow) -> bool:
    reading = row.snapshot.checkpoint
    at_work = row.snapshot.state in (TaskState.RUNNING, TaskState.PAUSING, TaskState.STOPPING)
    return at_work and reading is not None and reading.unanswered >= SILENT


class Sharing(QObject):
    """Has the busy workers of a runner wait while a frame is made, and measures how late the UI thread is in between.

    Args:
        runner: whose workers these are; one that has a turnstile already keeps that.
        parent: the parent object.
        turnstile: whether they are to wait at all.
    """

    def __init__(self, runner: TaskRunner, parent: QObject, *, turnstile: bool) -> None:
        super().__init__(parent)
        self._runner = runner
        self._gate = Turnstile() if turnstile and not runner.has_turnstile else None
        self._pulses = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=_PULSE_MS)
        self._pulses.timeout.connect(self._on_pulse)
        self._pulsed_at = 0.0
        self._lateness = 0.0
        if self._gate is not None:
            runner.set_turnstile(self._gate)

    @property
    def takes_turns(self) -> bool:
        """Whether workers wait for the end of a frame, or for their turn."""
        return self._gate is not None and self._gate.limit is not None

    def begin_frame(self, late: float) -> float:
        """A frame begins, `late` by so many seconds. Return how late the UI thread has been at the most."""
        self.make_way()
        return max(self._lateness, late)

    def end_frame(self, late: float) -> None:
        """A frame has ended that began so `late`."""
        gate = self._gate
        if gate is None:
            return
        gate.open(late)
        self._lateness = 0.0
        if gate.limit is None:
            self._pulses.stop()
        elif not self._pulses.isActive():
            self._pulsed_at = time.perf_counter()
            self._pulses.start()

    def make_way(self) -> None:
        """Let them wait till the end of the next frame, so that what was cancelled can leave at once."""
        if self._gate is not None:
            self._gate.close()

    def rest(self) -> None:
        """Nothing runs."""
        self._pulses.stop()

    def close(self) -> None:
        """Let them go. Idempotent."""
        self._pulses.stop()
        if self._gate is not None:
            self._runner.set_turnstile(None)
            self._gate.disband()
            self._gate = None

    @Slot()
    def _on_pulse(self) -> None:
        now = time.perf_counter()
        self._lateness = max(self._lateness, now - self._pulsed_at - _PULSE_MS / 1000)
        self._pulsed_at = now
        if self._gate is not None:
            self._gate.rotate()
