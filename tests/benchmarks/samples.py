"""Rows without workers, for measuring the table alone: pictures of tasks that have ended."""

from __future__ import annotations

import random
from collections.abc import Iterator

from taskmon import Task, TaskRunner, TaskSnapshot
from taskmon.core.task.progress import Progress
from taskmon.core.task.state import TaskState

_STATES = (TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED)


def ended_task() -> Task:
    """A task that has ended; each row needs one to stand for."""
    with TaskRunner(1) as runner:
        task = runner.start(lambda ctx: ctx.progress(1, 1))
        task.result()
    return task


def pictures(task: Task, count: int) -> Iterator[tuple[Task, TaskSnapshot]]:
    """What a model is given: `count` different tasks, in an order that is no order; the same at every call."""
    like = task.snapshot()
    chance = random.Random(count)
    for number in range(count):
        share = chance.randrange(1000)
        yield (
            task,
            like._replace(
                id=10**9 + number,
                name=f"Task {chance.randrange(10**9)} of kind {number % 10}",
                state=_STATES[number % 3],
                progress=Progress(share, 1000, "files", f"file {share}"),
            ),
        )
