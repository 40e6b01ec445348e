"""All tasks as one: how many run, how far they are, and which have failed unseen. For tray, taskbar and the like."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from taskmon.bridge.controller import TaskController
from taskmon.bridge.table.tally import Tally
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

#: How often progress is looked at while something runs, in milliseconds.
_LOOK_MS: Final = 1000
#: Steps of a bar that is a few pixels long: smaller moves are no news.
_STEPS: Final = 50


class Overview(QObject):
    """Watches the tasks of a controller. Belongs to the UI thread. Nothing ticks while nothing runs.

    Signals:
        changed(): one of the attributes has another value.

    Attributes:
        tally: how many tasks there are of which kind; the same as in the status bar.
        share: how far those that know it are together, from 0 to 1; None if none does.
        failed: how many have failed since `see` was called last.
    """

    changed = Signal()

    def __init__(self, controller: TaskController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = controller.model
        self.tally = Tally()
        self.share: float | None = None
        self.failed = 0
        self._closed = False
        self._ticks = QTimer(self, interval=_LOOK_MS)
        self._ticks.timeout.connect(self._look)
        controller.model.counts_changed.connect(self._look)
        controller.task_finished.connect(self._on_finished)
        self._look()

    @property
    def live(self) -> int:
        """How many tasks have not ended."""
        return self.tally.live

    def see(self) -> None:
        """The user has seen what failed."""
        if self.failed:
            self.failed = 0
            self.changed.emit()

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        self._ticks.stop()

    @Slot()
    def _look(self) -> None:
        if self._closed:
            return
        model = self._model
        tally = Tally.of(model)
        if model.has_active != self._ticks.isActive():
            if model.has_active:
                self._ticks.start()
            else:
                self._ticks.stop()
        share = self._share() if tally.live else None
        if (tally, share) != (self.tally, self.share):
            self.tally, self.share = tally, share
            self.changed.emit()

    def _share(self) -> float | None:
        shares = [
            progress.done / progress.total
            for row in self._model.active_rows()
            if row.parent is None and (progress := row.progress).total and progress.done is not None
        ]
        if not shares:
            return None
        mean = sum(min(1.0, max(0.0, share)) for share in shares) / len(shares)
        return int(mean * _STEPS) / _STEPS

    @Slot(object)
    def _on_finished(self, snapshot: TaskSnapshot) -> None:
        if snapshot.state in (TaskState.FAILED, TaskState.LOST) and snapshot.parent_id is None:
            self.failed += 1
            self.changed.emit()
