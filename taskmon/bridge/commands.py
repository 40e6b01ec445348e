"""What a window may ask for. Commands take task ids, never row numbers: rows move.

Nothing here waits: a cancel sets the stop flag in the calling thread and leaves the callbacks, which are foreign code,
to the courier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from taskmon.bridge.courier import Courier
from taskmon.bridge.model import TaskTableModel
from taskmon.core.errors import TaskmonError
from taskmon.core.handle import TaskHandle, TaskSource
from taskmon.core.runner import TaskRunner
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.state import TaskState
from taskmon.core.stop import StopKind
from taskmon.core.task import Task
from taskmon.jobs import JobType, ParameterKind


class TaskCommands(QObject):
    """The commands: the half of `taskmon.bridge.controller.TaskController` that speaks to tasks.

    Belongs to the UI thread.

    Signals:
        failed(TaskmonError): something the user asked for could not be done.
        cleared(set): the tasks with these ids were taken out of the table.
    """

    failed = Signal(object)
    cleared = Signal(object)

    def __init__(self, runner: TaskRunner, jobs: Iterable[JobType], parent: QObject | None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sources: list[TaskSource] = [runner]
        self.jobs: tuple[JobType, ...] = tuple(jobs)
        self.model = TaskTableModel(self)
        self._courier = Courier()

    # -- starting ---------------------------------------------------------------------------------

    def start(self, fn: Callable[..., Any], *args: Any, name: str | None = None, **kwargs: Any) -> Task | None:
        """Start ``fn(ctx, *args, **kwargs)``; see `TaskRunner.start`. None if that failed, after `failed`."""
        try:
            return self._runner.start(fn, *args, name=name, **kwargs)
        except RuntimeError as error:
            self.failed.emit(TaskmonError("The task was not started", str(error)))
            return None

    @property
    def folder_job(self) -> JobType | None:
        """The job that folders are for when they are dropped on the window."""
        kinds = ParameterKind.FOLDERS
        return next((job for job in self.jobs if any(each.kind is kinds for each in job.parameters)), None)

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
        self._make_way()
        return first

    def cancel_after_item(self, task_id: int) -> bool:
        """Ask one task to finish its current item and stop then. Return whether that was new and possible."""
        row = self.model.row(task_id)
        if row is None or row.snapshot.cancellable:
            return False
        return row.task.cancel_after_item(kind=StopKind.USER, by="user", dispatch=self._courier.post)

    def detach(self, task_id: int) -> bool:
        """Give up waiting for a task that was asked to stop and does not. Return whether that was possible."""
        row = self.model.row(task_id)
        if row is None or not row.task.detach():
            return False
        self.model.update(row.task.snapshot())
        self.model.counts_changed.emit()
        return True

    def use_offer(self, task_id: int, number: int) -> bool:
        """Stop a task by something that was found in its program and that the user has picked."""
        row = self.model.row(task_id)
        return row is not None and row.task.use_offer(number)

    def _make_way(self) -> None:
        """Called after a cancel: see that the task gets to notice it."""

    def cancel_many(self, task_ids: Iterable[int]) -> int:
        """Ask several tasks to stop; return how many had not been asked before."""
        return sum(self.cancel(task_id) for task_id in task_ids)

    def cancel_all(self) -> int:
        """Ask every live task to stop, those of other programs included; return how many had not been asked before."""
        return self.cancel_many([task.id for task in self._tasks()])

    def cancel_own_tasks(self) -> int:
        """Ask this program's tasks to stop, because it quits. Other programs go on."""
        return self._runner.cancel_all(kind=StopKind.SHUTDOWN, dispatch=self._courier.post)

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
        return sum(task.pause() for task in self._tasks())

    def resume_all(self) -> int:
        """Resume every paused or held task; return how many."""
        return sum(task.resume() for task in self._tasks())

    def retry(self, task_id: int) -> TaskHandle | None:
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
        before = {row.id for row in self.model.rows()}
        count = self.model.remove_ended()
        self.cleared.emit(before - {row.id for row in self.model.rows()})
        return count

    # -- looking ----------------------------------------------------------------------------------

    def live_tasks(self) -> list[TaskSnapshot]:
        """Pictures of this program's tasks that have not ended, straight from the runner.

        Other programs and what they run go on without the window. Detached tasks are not waited for by anybody.
        """
        pictures = [task.snapshot() for task in self._runner.tasks()]
        return [picture for picture in pictures if not picture.detached]

    def all_live_tasks(self) -> list[TaskSnapshot]:
        """Pictures of all tasks that have not ended, those of other programs included."""
        return [task.snapshot() for task in self._tasks()]

    @property
    def can_pause(self) -> bool:
        """Whether some task could be paused."""
        return any(task.snapshot().state in (TaskState.RUNNING, TaskState.QUEUED) for task in self._tasks())

    def _tasks(self) -> list[TaskHandle]:
        """The tasks that have not ended, of all sources."""
        return [task for source in self._sources for task in source.tasks()]
