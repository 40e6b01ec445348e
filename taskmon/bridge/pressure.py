"""Who keeps the interpreter to itself? A worker that computes and reaches no checkpoint cannot be asked to wait.

The turnstile makes all others take turns; this names the one that is left. It is named only if all three hold for a
second: the window is late, the worker has not passed a checkpoint, and its thread was on the processor most of the
time. A worker that hashes or waits in C is not: it holds no interpreter lock meanwhile, and the window is not late.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from taskmon.bridge.table.rows import TaskRow
from taskmon.core.stacks.kernel import cpu_seconds
from taskmon.core.task.state import TaskState

#: The window is under pressure if it was later than this, in seconds, within the last second.
LATE: Final = 0.010
#: A worker without a checkpoint for this long, in seconds, is a suspect …
SILENT: Final = 0.8
#: … and named if its thread had this share of a processor meanwhile.
BUSY: Final = 0.6


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
