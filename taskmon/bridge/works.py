"""What it takes to start a task's work again, found out from the task; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from taskmon.core.errors import TaskmonError
from taskmon.core.handle import TaskHandle
from taskmon.core.process import Isolated
from taskmon.core.task import Task
from taskmon.history.reader import Story
from taskmon.history.values import Work
from taskmon.jobs import JobType

#: `Work.job` of a Python program that was started from the window.
PROGRAM: Final = "program"


class Works:
    """Knows the built-in jobs, and the programs that were started here. Any thread may ask."""

    def __init__(self, jobs: Iterable[JobType]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._by_function = {id(job.function): job for job in self._jobs.values()}
        self.program_of: Callable[[int], Mapping[str, Any] | None] = lambda _: None
        """Set by the launcher: what a program was started with, by its process number."""

    def describe(self, handle: TaskHandle) -> Work | None:
        """Return what a task's work is; None if only its own program could start it again."""
        if isinstance(handle, Task):
            function, arguments = handle.call
            if isinstance(function, Isolated):
                function = function.fn
            job = self._by_function.get(id(function))
            return Work(job.name, arguments) if job is not None else None
        origin = handle.snapshot().origin if handle is not None else None
        if origin is not None and origin.kind == "program":
            arguments_of = self.program_of(origin.pid)
            return Work(PROGRAM, arguments_of) if arguments_of is not None else None
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
