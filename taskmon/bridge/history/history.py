"""The history as the widgets have it: what is recorded, what can be asked, what can be done again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from taskmon.bridge.controller import TaskController
from taskmon.bridge.history.last_run import Answer, LastRuns
from taskmon.bridge.ui_queue import BackgroundTasks
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.translate import tr
from taskmon.core.task.events import TaskAdded, TaskFinished
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from taskmon.history.limits import Limits, delete
from taskmon.history.reader import Entry, Query, Reader, Story
from taskmon.history.recorder import Recorder
from taskmon.history.schema import LEFT
from taskmon.history.values import RestartInfo, work_key
from taskmon.jobs import JobType
from taskmon.paths import data_folder

__all__ = ["LEFT", "PROGRAM", "Entry", "History", "Limits", "Query", "Story"]

T = TypeVar("T")
#: `RestartInfo.job` of a Python program that was started from the window.
PROGRAM: Final = "program"


ProgramArguments = Callable[[int], Mapping[str, Any] | None]
"""Tells what a program was started with, by its process number. Any thread."""


def no_program(_pid: int) -> None:
    """No program was started here."""


class Restarter:
    """Knows the built-in jobs, and the programs that were started here. Any thread may ask."""

    def __init__(self, jobs: Iterable[JobType], program_arguments: ProgramArguments = no_program) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._by_function = {id(job.function): job for job in self._jobs.values()}
        self._program_arguments = program_arguments

    def describe(self, handle: TaskHandle) -> RestartInfo | None:
        """Return what it takes to start a task's work again; None if only its own program could start it again."""
        if isinstance(handle, Task):
            from taskmon.core.process.isolated import Isolated  # a window that has just opened has no task

            function, arguments = handle.fn, handle.kwargs
            if isinstance(function, Isolated):
                function = function.fn
            job = self._by_function.get(id(function))
            return RestartInfo(job.name, arguments) if job is not None else None
        origin = handle.snapshot().origin
        if origin is not None and origin.kind == "program":
            arguments_of = self._program_arguments(origin.pid)
            return RestartInfo(PROGRAM, arguments_of) if arguments_of is not None else None
        return None

    def job_of(self, story: Story) -> tuple[JobType, dict[str, Any]]:
        """Return the built-in job that a task of the past was, and its arguments.

        Raises:
            TaskmonError: it was none, or none of this version.
        """
        job = self._jobs.get(story.entry.job)
        if job is None or story.arguments is None:
            raise TaskmonError("The task was not started again", "What it takes to start it is not known.")
        known = {parameter.name for parameter in job.parameters}
        return job, {name: value for name, value in story.arguments.items() if name in known}


#: How often tasks that do not respond are asked where they are, in milliseconds.
_STACKS_MS: Final = 2_000
#: Tasks that ended before the first frame are taken in from the table, once everything has got there, in milliseconds.
_CATCH_UP_MS: Final = 1_000


class History(QObject):
    """Records the tasks of a controller, and finds them again. Belongs to the UI thread, which never waits for it.

    Signals:
        lost(list[int]): the rows of tasks that were alive when an earlier run of the program died. At most once.
        trouble(TaskmonError): the history cannot be kept, or was damaged. Once for each kind of trouble.
        changed(): something was written or deleted.
        failed(TaskmonError): something that the user asked for could not be done.
    """

    lost = Signal(object)
    trouble = Signal(object)
    changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        controller: TaskController,
        parent: QObject | None = None,
        *,
        folder: Callable[[], Path] = data_folder,
        limits: Limits | None = None,
        program_arguments: ProgramArguments = no_program,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._folder = folder
        self._reader: Reader | None = None
        self._background = BackgroundTasks(self)
        self._exports = BackgroundTasks(self)  # they take long, and nobody who searches should wait for them
        self._restarter = Restarter(controller.jobs, program_arguments)
        post = self._background.post
        self._recorder = Recorder(
            folder,
            describe=self._restarter.describe,
            limits=limits or Limits(),
            on_opened=lambda rows: post(lambda: self.lost.emit(rows)) if rows else None,
            on_trouble=lambda error: post(lambda: self.trouble.emit(error)),
            on_written=lambda: post(self.changed.emit),
        )
        self._last_runs = LastRuns(controller, self._ask_for_last_run, self._recorder.sight, self._recorder.keep_course)
        self._stopping: set[int] = set()
        self._stacks = QTimer(self, interval=_STACKS_MS)
        self._stacks.timeout.connect(self._keep_stacks)
        controller.state_changed.connect(self._on_state_changed)
        self._catch_up = QTimer(self, singleShot=True)
        self._catch_up.timeout.connect(self._take_in_rows)
        self._catch_up.start(_CATCH_UP_MS)
        self._recorder.start()
        self._take_in_rows()
        controller.also_tell(self._recorder.post)

    def close(self, timeout: float = 2.0) -> bool:
        """Write what waits, for at most `timeout` seconds, and hear nothing more. Once, after the runner has ended."""
        self._catch_up.stop()
        self._stacks.stop()
        self._background.close()
        self._exports.close()
        self._interrupt()
        closed = self._recorder.close(timeout)
        self._background.wait_idle(timeout)
        if self._reader is not None:
            self._reader.close()
        return closed

    # -- recording ------------------------------------------------------------------------------------

    def set_limits(self, limits: Limits) -> None:
        """Forget what is beyond these, now and from now on."""
        self._recorder.set_limits(limits)

    @Slot()
    def _take_in_rows(self) -> None:
        """Tasks that had ended before anybody listened are known from their rows."""
        for row in self._controller.model.rows():
            self._recorder.post(TaskAdded(row.snapshot, row.task))
            if row.snapshot.state.is_final:
                self._recorder.post(TaskFinished(row.snapshot))

    @Slot(object)
    def _on_state_changed(self, snapshot: TaskSnapshot) -> None:
        if snapshot.state is TaskState.STOPPING:
            self._stopping.add(snapshot.id)
            if not self._stacks.isActive():
                self._stacks.start()
        else:
            self._stopping.discard(snapshot.id)

    @Slot()
    def _keep_stacks(self) -> None:
        """Keep where those are that do not respond: it is what is left of them should the program die."""
        for task_id in list(self._stopping):
            row = self._controller.model.row(task_id)
            if row is None or row.snapshot.state is not TaskState.STOPPING:
                self._stopping.discard(task_id)
            elif row.snapshot.not_responding:
                sample = row.task.stack()
                if sample is not None and sample.frames:
                    self._recorder.keep_stack(task_id, sample)
        if not self._stopping:
            self._stacks.stop()

    # -- the last run -----------------------------------------------------------------------------------

    def _ask_for_last_run(self, task: TaskHandle, snapshot: TaskSnapshot, then: Callable[[Answer], None]) -> None:
        def find() -> Answer:
            key = work_key(snapshot, self._restarter.describe(task))
            try:
                return key, self._look().course(key)
            except (sqlite3.Error, OSError):
                return key, None

        self._background.run(find, then)

    # -- looking ----------------------------------------------------------------------------------------

    def ask(
        self, question: Callable[[Reader], T], then: Callable[[T], object], failed: Callable[[Exception], object]
    ) -> None:
        """Put a question to the reader, in the background."""
        self._background.run(lambda: question(self._look()), then, failed)

    def ask_instead(
        self, question: Callable[[Reader], T], then: Callable[[T], object], failed: Callable[[Exception], object]
    ) -> None:
        """As `ask`, and break off the question that is being answered: nobody waits for it any more."""
        self._interrupt()
        self.ask(question, then, failed)

    def tell_story(self, row: int, then: Callable[[Story | None], object]) -> None:
        """Find all that is known of a task."""
        self.ask(lambda reader: reader.story(row), then, self._say_unreadable)

    def explain(self, error: Exception) -> TaskmonError:
        """Return what a failed question means for the user."""
        if isinstance(error, TaskmonError):
            return error
        return TaskmonError(tr("The history cannot be read"), f"{plain(str(error), 500)}.")

    def _say_unreadable(self, error: Exception) -> None:
        if isinstance(error, sqlite3.OperationalError) and "interrupt" in str(error):  # another question came instead
            return
        self.failed.emit(self.explain(error))

    def _look(self) -> Reader:
        """In the background: the reader, which belongs to the thread in the background."""
        if self._reader is None:
            self._reader = Reader(self._folder())
        return self._reader

    def _interrupt(self) -> None:
        if self._reader is not None:
            self._reader.interrupt()

    # -- doing ------------------------------------------------------------------------------------------

    def can_run_again(self, entry: Entry) -> bool:
        """Whether a task of the past is one that can be started here."""
        return bool(entry.job) and entry.parent is None

    def job_of(self, story: Story) -> tuple[JobType, dict[str, Any]] | None:
        """Return the built-in job that a task of the past was; None if there is none, after `failed`."""
        try:
            return self._restarter.job_of(story)
        except TaskmonError as error:
            self.failed.emit(error)
            return None

    def export(
        self, path: str, query: Query, then: Callable[[int], object], failed: Callable[[Exception], object]
    ) -> None:
        """Write the tasks that a query asks for to a file, as JSON if its name says so, else as CSV.

        `then` is called with their number, or `failed` with what was in the way; an old file is unchanged then.
        """

        def write() -> int:
            from taskmon.history.export import write_csv, write_json

            reader = Reader(self._folder())  # of its own: a search meanwhile must not break it off
            count = 0

            def counted() -> Any:
                nonlocal count
                for entry in reader.every(query):
                    count += 1
                    yield entry

            try:
                (write_json if path.lower().endswith(".json") else write_csv)(path, counted())
            finally:
                reader.close()
            return count

        self._exports.run(write, then, failed)

    def forget_all(self) -> None:
        """Delete the history of all tasks that have ended. If that cannot be, `failed` says so."""
        if not self._recorder.order(_forget_all):
            self.failed.emit(
                TaskmonError(tr("The history was not deleted"), tr("Its file cannot be written at the moment."))
            )


def _forget_all(connection: sqlite3.Connection) -> None:
    delete(connection, "1")
    connection.execute("DELETE FROM courses")
    connection.execute("PRAGMA incremental_vacuum").fetchall()
