"""Counting the tasks of a runner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.core.state import TaskState

if TYPE_CHECKING:
    from taskmon.core.task import Task

_S = TaskState
_LIVE: Final = (_S.QUEUED, _S.HELD, _S.RUNNING, _S.PAUSING, _S.PAUSED, _S.STOPPING)


class RunnerStatistics(NamedTuple):
    """Counts of one moment."""

    queued: int
    held: int
    running: int
    pausing: int
    paused: int
    stopping: int
    succeeded: int
    failed: int
    cancelled: int
    threads: int
    limit: int
    detached: int = 0
    """Of those that are stopping: how many were given up, see `Task.detach`. They have no place among the threads."""


def count_tasks(tasks: Iterable[Task], ended: Iterable[int], threads: int, limit: int) -> RunnerStatistics:
    """Count `tasks` by state, beside those that have `ended`: succeeded, failed, cancelled."""
    known = list(tasks)
    states = [task.state for task in known]
    detached = sum(task._detached for task in known)
    # A task that is ending this very moment still counts as live, in no state that is counted.
    return RunnerStatistics._make([*map(states.count, _LIVE), *ended, threads, limit, detached])
