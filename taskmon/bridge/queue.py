"""What a window may ask of the queue: an earlier turn, another limit, and the undoing of a cancel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from taskmon.bridge.commands import TaskCommands
from taskmon.bridge.rows import TaskRow
from taskmon.core.errors import TaskmonError
from taskmon.core.handle import TaskHandle
from taskmon.core.state import TaskState
from taskmon.core.task import Task

_WAITING = frozenset({TaskState.QUEUED, TaskState.HELD})


class Undoable(NamedTuple):
    """A waiting task that is about to be cancelled, and could be put back."""

    task_id: int
    held: bool


class QueueCommands(TaskCommands):
    """The commands about tasks that wait in this program. Belongs to the UI thread."""

    def can_move(self, row: TaskRow) -> bool:
        """Whether a task waits in this program's queue, so that it could start earlier."""
        return row.snapshot.state is TaskState.QUEUED and isinstance(row.task, Task)

    def move_up(self, task_ids: Iterable[int]) -> int:
        """Let waiting tasks start before what is before them now; return how many wait."""
        moved = sum(self._runner.move_up(task) for task in self._in_line(task_ids))
        self._show_queue()
        return moved

    def move_to_top(self, task_ids: Iterable[int]) -> int:
        """Let waiting tasks be the next to start, in the order they have now; return how many wait."""
        moved = sum(self._runner.move_to_top(task) for task in reversed(self._in_line(task_ids)))
        self._show_queue()
        return moved

    def _in_line(self, task_ids: Iterable[int]) -> list[Task]:
        wanted = set(task_ids)
        return [task for task in self._runner.waiting() if task.id in wanted]

    def _show_queue(self) -> None:
        self.model.follow_queue(task.id for task in self._runner.waiting())

    @property
    def max_at_once(self) -> int:
        """How many of this program's tasks may run at once."""
        return self._runner.max_workers

    @max_at_once.setter
    def max_at_once(self, limit: int) -> None:
        self._runner.max_workers = max(1, limit)

    def undoable(self, task_ids: Iterable[int]) -> list[Undoable]:
        """Those among tasks whose cancel could be undone: they wait in this program, and for themselves."""
        rows = [row for task_id in task_ids if (row := self.model.row(task_id)) is not None]
        return [
            Undoable(row.id, row.snapshot.state is TaskState.HELD)
            for row in rows
            if row.snapshot.state in _WAITING and row.snapshot.parent_id is None and isinstance(row.task, Task)
        ]

    def restore(self, undoable: Iterable[Undoable]) -> list[TaskHandle]:
        """Put tasks that were cancelled while they waited back in line, where they stood.

        A final state is final: each comes back as a new task, and its row takes the place of the old one.
        """
        restored: list[TaskHandle] = []
        for task_id, held in undoable:
            row = self.model.row(task_id)
            if row is None or not isinstance(row.task, Task):
                continue
            try:
                task = self._runner.restore(row.task, held=held)
            except RuntimeError as error:
                self.failed.emit(TaskmonError("The task was not restored", str(error)))
                continue
            self.model.replace(task_id, task)
            restored.append(task)
        return restored

    def retry_failed(self) -> list[TaskHandle]:
        """Start all failed work anew that has not been already; return the new tasks."""
        retried = {row.snapshot.retry_of for row in self.model.rows()}
        failed = [
            row
            for row in self.model.rows()
            if row.snapshot.state is TaskState.FAILED and row.can_retry and row.id not in retried
        ]
        return [task for row in failed if (task := self.retry(row.id)) is not None]
