"""What it takes to start a task's work again, found out from the task; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.task import Task
from taskmon.history.reader import Story
from taskmon.history.values import RestartInfo
from taskmon.jobs import JobType

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
