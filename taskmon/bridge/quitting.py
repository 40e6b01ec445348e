"""Leaving while tasks live: the one path that every way out takes.

If the user wants, the tasks are waited for, as long as they take. Else, or when the user has had enough, they are
asked to stop and given a little time to clean up; then the program goes, whatever they do. Nothing here blocks: the
window stays usable, each task can be cancelled in it, and the user may still change their mind.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from enum import Enum
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from taskmon.bridge.controller import TaskController

#: How long tasks have to leave after they were asked to, in seconds.
GRACE: Final = 5.0
_TICK_MS: Final = 100


class Stage(Enum):
    """How far the departure is."""

    STAYING = "staying"
    WAITING = "waiting"
    """For tasks to finish by themselves, without a limit: who chose to wait has been promised that."""
    CANCELLING = "cancelling"
    """The tasks have been asked to stop."""
    GONE = "gone"


class Departure(QObject):
    """Counts down to the end of the program. Belongs to the UI thread.

    Signals:
        changed(): the stage, the time left or the tasks that remain may have changed.
        finished(): no task lives any more, or their time is up.
    """

    changed = Signal()
    finished = Signal()

    def __init__(
        self,
        controller: TaskController,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._clock = clock
        self._ends_at = 0.0
        self.stage = Stage.STAYING
        self._ticks = QTimer(self, interval=_TICK_MS)
        self._ticks.timeout.connect(self.check)

    @property
    def seconds_left(self) -> float:
        """Seconds until the present stage ends by itself; endless while it waits for the tasks."""
        return max(0.0, self._ends_at - self._clock())

    def wait(self) -> None:
        """Leave when the tasks have finished, those included that are started meanwhile."""
        self._enter(Stage.WAITING, math.inf)

    def cancel(self, grace: float = GRACE) -> None:
        """Ask all tasks to stop, and leave when they have, or after `grace` seconds. Again: leave now."""
        if self.stage is Stage.CANCELLING:
            self._go()
        elif self.stage is not Stage.GONE:
            self._controller.cancel_own_tasks()
            self._enter(Stage.CANCELLING, grace)

    def stay(self) -> None:
        """Do not leave after all. Tasks that were asked to stop still will."""
        if self.stage is not Stage.GONE:
            self._ticks.stop()
            self.stage = Stage.STAYING
            self.changed.emit()

    @Slot()
    def check(self) -> None:
        """See whether the stage is over."""
        if self.stage in (Stage.STAYING, Stage.GONE):
            return
        if not self._controller.live_tasks() or self.seconds_left <= 0:
            self._go()
        else:
            if self.stage is Stage.CANCELLING:
                self._controller.cancel_own_tasks()  # those that were started since
            self.changed.emit()

    def leave(self) -> None:
        """The window leaves: there is nothing to wait for, or no time left."""
        self._ticks.stop()
        self.stage = Stage.GONE

    def _enter(self, stage: Stage, seconds: float) -> None:
        self.stage = stage
        self._ends_at = self._clock() + seconds
        self._ticks.start()
        self.changed.emit()
        self.check()

    def _go(self) -> None:
        self.leave()
        self.finished.emit()
