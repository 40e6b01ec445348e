"""The only door from the widgets to the tasks: what they hear, and when they look; the commands are in its bases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from taskmon.bridge.pressure import PressureGauge
from taskmon.bridge.queue import QueueCommands
from taskmon.bridge.relay import TaskRelay
from taskmon.core.events import Sink, StateChanged, TaskAdded, TaskEvent, TaskFinished
from taskmon.core.handle import TaskHandle, TaskSource
from taskmon.core.runner import TaskRunner
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.state import TaskState
from taskmon.core.turnstile import Turnstile
from taskmon.jobs import JobType

#: The shortest time between two looks at the running tasks, in milliseconds: thirty frames a second.
FRAME_MS: Final = 33
#: A look that takes long is taken less often: at most a fifth of the UI thread's time goes into them.
_FRAME_SHARE: Final = 5
_RESORT_INTERVAL: Final = 1.0
#: While busy workers take turns, the UI thread's lateness is measured this often, in milliseconds.
_PULSE_MS: Final = 10


class TaskController(QueueCommands):
    """Shows the tasks of one runner, and passes on what the user wants of them.

    Belongs to the UI thread. Close it before the runner's workers can outlive the application.

    Signals:
        task_added(TaskSnapshot): a task was started.
        state_changed(TaskSnapshot): a task entered ``snapshot.state``. Each change once, in order.
        progressed(TaskSnapshot): the progress of a running task moved. At a bounded rate, the newest picture only.
        task_finished(TaskSnapshot): a task reached its final state; its thread has left. Nothing follows.
        failed(TaskmonError): something the user asked for could not be done.
    """

    task_added = Signal(object)
    state_changed = Signal(object)
    progressed = Signal(object)
    task_finished = Signal(object)

    def __init__(
        self,
        runner: TaskRunner,
        jobs: Iterable[JobType] = (),
        parent: QObject | None = None,
        *,
        turnstile: bool = True,
    ) -> None:
        super().__init__(runner, jobs, parent)
        self._gate = Turnstile() if turnstile and not runner.has_turnstile else None
        self.visible_rows: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """Set by the view: the first and the last place on the screen. Only these are looked at in every frame."""
        self.paint_now: Callable[[], object] = lambda: None
        """Set by the view: paint what has changed, before this call returns."""
        self._frames = QTimer(self)
        self._frames.setSingleShot(True)
        self._frames.setTimerType(Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self._on_frame)
        self._frame_due = 0.0
        self._listeners: list[Sink] = []
        self.ghost: Callable[[int], float | None] = lambda _: None
        """Set by the history: the amount that the last successful run of a task's work had done at this time."""
        self._pulses = QTimer(self)
        self._pulses.setTimerType(Qt.TimerType.PreciseTimer)
        self._pulses.setInterval(_PULSE_MS)
        self._pulses.timeout.connect(self._on_pulse)
        self._pulsed_at = 0.0
        self._lateness = 0.0
        self._worst_lateness = 0.0
        self._pressure = PressureGauge()
        self._resorted_at = 0.0
        self._relay = TaskRelay(self)
        self._relay.arrived.connect(self._on_arrived)
        if self._gate is not None:
            runner.set_turnstile(self._gate)
        self._take_in(runner.attach(self._relay.post))

    # -- looking ----------------------------------------------------------------------------------

    def add_source(self, source: TaskSource) -> None:
        """Show the tasks of another source as well, such as those of other programs."""
        self._sources.append(source)
        for sink in self._listeners:
            self._attach(source, sink)
        self._take_in(source.attach(self._relay.post))

    def also_tell(self, sink: Sink) -> None:
        """Have all sources call `sink`, those to come included; tasks that are known already are told as added."""
        self._listeners.append(sink)
        for source in self._sources:
            self._attach(source, sink)

    def _attach(self, source: TaskSource, sink: Sink) -> None:
        for task in source.attach(sink):
            sink(TaskAdded(task.snapshot(), task))

    def _take_in(self, tasks: Iterable[TaskHandle]) -> None:
        self.model.add((task, task.snapshot()) for task in tasks)
        self._keep_looking()

    def close(self) -> None:
        """Hear nothing more of the runner and stop looking. The tasks go on. Idempotent."""
        for source in self._sources:
            source.detach(self._relay.post)
        self._relay.close()
        self._frames.stop()
        self._pulses.stop()
        if self._gate is not None:
            self._runner.set_turnstile(None)
            self._gate.disband()
            self._gate = None

    # -- news -------------------------------------------------------------------------------------

    @Slot(object)
    def _on_arrived(self, events: list[TaskEvent]) -> None:
        # New rows in one go: a thousand single insertions cost ten times as much. An event of a task can only come
        # after the one that added it, so adding first keeps the order of each task.
        with self.model.batch():
            added = [event for event in events if isinstance(event, TaskAdded)]
            if added:
                self.model.add((event.task, event.snapshot) for event in added)
            for event in events:
                if isinstance(event, StateChanged):
                    self.model.update(event.snapshot)
                    self.state_changed.emit(event.snapshot)
                elif isinstance(event, TaskFinished):
                    self.task_finished.emit(event.snapshot)
                elif isinstance(event, TaskAdded):
                    self.task_added.emit(event.snapshot)
        self._keep_looking()

    @Slot()
    def _on_frame(self) -> None:
        began = time.perf_counter()
        gate = self._gate
        if gate is not None:
            gate.close()
        for row in self.model.sample(*self.visible_rows()):
            if row.snapshot.progress != _NOTHING:
                self.progressed.emit(row.snapshot)
        late = max(self._lateness, began - self._frame_due)
        self._worst_lateness = max(self._worst_lateness, late)
        if began - self._resorted_at >= _RESORT_INTERVAL:
            self._resorted_at = began
            self.model.resort()
            self.model.repaint_rows(self._pressure.look(self.model.active_rows(), self._worst_lateness))
            self._worst_lateness = 0.0
        if gate is not None:
            self.paint_now()  # here, while busy workers wait, rather than when the event loop comes to it
            gate.open(late)
            self._lateness = 0.0
            self._measure_lateness(gate)
        took_ms = (time.perf_counter() - began) * 1000
        self._keep_looking(max(FRAME_MS, int(took_ms * _FRAME_SHARE)))

    def _keep_looking(self, interval: int = FRAME_MS) -> None:
        """Look again soon, as long as some task has a thread. Nothing ticks while nothing runs."""
        if self._frames.isActive():
            return
        if self.model.has_active:
            self._frame_due = time.perf_counter() + interval / 1000
            self._frames.start(interval)
        else:
            self._pulses.stop()

    def _make_way(self) -> None:
        if self._gate is not None:
            self._gate.close()  # the others wait till the next frame, so that what was cancelled can leave at once

    # -- sharing the interpreter ------------------------------------------------------------------

    def _measure_lateness(self, gate: Turnstile) -> None:
        if gate.limit is None:
            self._pulses.stop()
        elif not self._pulses.isActive():
            self._pulsed_at = time.perf_counter()
            self._pulses.start()

    @Slot()
    def _on_pulse(self) -> None:
        now = time.perf_counter()
        self._lateness = max(self._lateness, now - self._pulsed_at - _PULSE_MS / 1000)
        self._pulsed_at = now
        if self._gate is not None:
            self._gate.rotate()


_NOTHING: Final = TaskSnapshot(0, "", TaskState.QUEUED, 0, 0.0, 0.0).progress
