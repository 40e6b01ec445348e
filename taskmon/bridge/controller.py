"""What a window may ask for, and what it hears. The only door from the widgets to the runner.

Commands take task ids, never row numbers: rows move. Nothing here waits: a cancel sets the stop flag in the calling
thread and leaves the callbacks, which are foreign code, to the courier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from taskmon.bridge.courier import Courier
from taskmon.bridge.model import TaskTableModel
from taskmon.bridge.pressure import PressureGauge
from taskmon.bridge.relay import TaskRelay
from taskmon.core.errors import TaskmonError
from taskmon.core.events import StateChanged, TaskAdded, TaskEvent, TaskFinished
from taskmon.core.runner import TaskRunner
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.state import TaskState
from taskmon.core.stop import StopKind
from taskmon.core.task import Task
from taskmon.core.turnstile import Turnstile
from taskmon.jobs import JobType

#: The shortest time between two looks at the running tasks, in milliseconds: thirty frames a second.
FRAME_MS: Final = 33
#: A look that takes long is taken less often: at most a fifth of the UI thread's time goes into them.
_FRAME_SHARE: Final = 5
_RESORT_INTERVAL: Final = 1.0
#: While busy workers take turns, the UI thread's lateness is measured this often, in milliseconds.
_PULSE_MS: Final = 10


class TaskController(QObject):
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
    failed = Signal(object)

    def __init__(
        self,
        runner: TaskRunner,
        jobs: Iterable[JobType] = (),
        parent: QObject | None = None,
        *,
        turnstile: bool = True,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._gate = Turnstile() if turnstile and not runner.has_turnstile else None
        self.jobs: tuple[JobType, ...] = tuple(jobs)
        self.model = TaskTableModel(self)
        self.visible_rows: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """Set by the view: the first and the last place on the screen. Only these are looked at in every frame."""
        self.paint_now: Callable[[], object] = lambda: None
        """Set by the view: paint what has changed, before this call returns."""
        self._courier = Courier()
        self._frames = QTimer(self)
        self._frames.setSingleShot(True)
        self._frames.setTimerType(Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self._on_frame)
        self._frame_due = 0.0
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
        known = runner.attach(self._relay.post)
        self.model.add((task, task.snapshot()) for task in known)
        self._keep_looking()

    # -- commands ---------------------------------------------------------------------------------

    def start(self, fn: Callable[..., Any], *args: Any, name: str | None = None, **kwargs: Any) -> Task | None:
        """Start ``fn(ctx, *args, **kwargs)``; see `TaskRunner.start`. None if that failed, after `failed`."""
        try:
            return self._runner.start(fn, *args, name=name, **kwargs)
        except RuntimeError as error:
            self.failed.emit(TaskmonError("The task was not started", str(error)))
            return None

    def start_job(self, job: JobType, values: Mapping[str, object]) -> Task | None:
        """Start a built-in job with what the user gave. None if that makes no sense, after `failed`."""
        try:
            arguments = job.bind(values)
        except TaskmonError as error:
            self.failed.emit(error)
            return None
        return self.start(job.function, name=job.task_name(arguments), **arguments)

    def cancel(self, task_id: int) -> bool:
        """Ask one task to stop. Return whether this was the first request."""
        row = self.model.row(task_id)
        if row is None or row.snapshot.cancellable:
            return False
        first = row.task.cancel(kind=StopKind.USER, by="user", dispatch=self._courier.post)
        if self._gate is not None:
            self._gate.close()  # the others wait till the next frame, so that it can leave at once
        return first

    def cancel_many(self, task_ids: Iterable[int]) -> int:
        """Ask several tasks to stop; return how many had not been asked before."""
        return sum(self.cancel(task_id) for task_id in task_ids)

    def cancel_all(self, *, kind: StopKind = StopKind.USER) -> int:
        """Ask every live task to stop; return how many had not been asked before."""
        by = "user" if kind is StopKind.USER else ""
        return self._runner.cancel_all(kind=kind, by=by, dispatch=self._courier.post)

    def make_room(self, tasks: int) -> None:
        """Let at least so many tasks run at once."""
        self._runner.max_workers = max(self._runner.max_workers, tasks)

    def pause(self, task_id: int) -> bool:
        """Ask a task to wait at its next checkpoint, or hold a waiting one."""
        row = self.model.row(task_id)
        return row is not None and row.task.pause()

    def resume(self, task_id: int) -> bool:
        """Let a paused or held task go on."""
        row = self.model.row(task_id)
        return row is not None and row.task.resume()

    def pause_all(self) -> int:
        """Pause every task that can be; return how many."""
        return sum(task.pause() for task in self._runner.tasks())

    def resume_all(self) -> int:
        """Resume every paused or held task; return how many."""
        return sum(task.resume() for task in self._runner.tasks())

    def retry(self, task_id: int) -> Task | None:
        """Start the work of an ended task anew. None if that is not possible, after `failed`."""
        row = self.model.row(task_id)
        if row is None or not row.can_retry:
            return None
        try:
            return row.task.retry()
        except RuntimeError as error:
            self.failed.emit(TaskmonError("The task was not started again", str(error)))
            return None

    def can_run_as_process(self, task_id: int) -> bool:
        """Whether a task's work could be done by a process of its own. Takes milliseconds."""
        row = self.model.row(task_id)
        return row is not None and row.snapshot.parent_id is None and row.task.can_run_as_process

    def run_as_process(self, task_id: int) -> None:
        """Start a task's work anew in a process of its own: at once if the task has ended, else cancel it first.

        The new one waits for the old one to end, so that the same work is never done by two at the same time.
        """
        row = self.model.row(task_id)
        if row is None:
            return
        self.cancel(task_id)
        task = row.task

        def start(_: object) -> None:
            """In whichever thread the old task ended: nothing of Qt here."""
            try:
                task.retry_as_process()
            except RuntimeError:  # the runner has been shut down meanwhile
                return

        task.add_done_callback(start)

    def clear_finished(self) -> int:
        """Take ended tasks out of the table; return how many."""
        return self.model.remove_ended()

    # -- looking ----------------------------------------------------------------------------------

    def live_tasks(self) -> list[TaskSnapshot]:
        """Pictures of the tasks that have not ended, straight from the runner."""
        return [task.snapshot() for task in self._runner.tasks()]

    @property
    def can_pause(self) -> bool:
        """Whether some task could be paused."""
        return any(task.state in (TaskState.RUNNING, TaskState.QUEUED) for task in self._runner.tasks())

    def close(self) -> None:
        """Hear nothing more of the runner and stop looking. The tasks go on. Idempotent."""
        self._runner.events.detach(self._relay.post)
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
