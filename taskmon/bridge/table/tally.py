"""How many tasks there are of which kind: the one count that the status bar, the tray and the quit dialog tell. No Qt.

The chips above the table show the same numbers, from the same model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import format_count
from taskmon.core.task.state import TaskState

if TYPE_CHECKING:
    from taskmon.bridge.table.model import TaskTableModel


class Tally(NamedTuple):
    """The tasks that have not ended, those of other programs included."""

    running: int = 0
    """As many as the chip says: those that do not respond or are detached run as well."""
    waiting: int = 0
    paused: int = 0
    stuck: int = 0
    """Of those that run: how many do not respond and have not been given up."""
    detached: int = 0
    """Of those that run: how many nobody waits for any more."""
    deadlocked: int = 0
    """Of those that run: how many wait for each other."""

    @classmethod
    def of(cls, model: TaskTableModel) -> Tally:
        detached = stuck = deadlocked = 0
        for row in model.active_rows():
            detached += row.snapshot.detached
            deadlocked += row.in_deadlock
            stuck += row.snapshot.not_responding and not row.snapshot.detached
        running, waiting, paused = map(model.count, (Category.RUNNING, Category.WAITING, Category.PAUSED))
        return cls(running, waiting, paused, stuck, detached, deadlocked)

    @property
    def live(self) -> int:
        """How many have not ended."""
        return self.running + self.waiting + self.paused

    def words(self) -> str:
        """All of it in a line; empty if nothing lives."""
        parts = (
            self.running and tr("{n} running").format(n=format_count(self.running)),
            self.stuck and tr("{n} of them not responding").format(n=format_count(self.stuck)),
            self.detached and tr("{n} of them detached").format(n=format_count(self.detached)),
            self.deadlocked and tr("{n} of them in a deadlock").format(n=format_count(self.deadlocked)),
            self.waiting and tr("{n} queued").format(n=format_count(self.waiting)),
            self.paused and tr("{n} paused").format(n=format_count(self.paused)),
        )
        return " · ".join(part for part in parts if part)


class Others(NamedTuple):
    """Who goes on, or is left, when this program quits."""

    tasks: int = 0
    """How many tasks of other programs have not ended."""
    programs: tuple[str, ...] = ()
    """The names of these programs; with the process number where two have the same."""
    detached: int = 0
    """How many detached tasks of this program have not ended."""

    @classmethod
    def of(cls, model: TaskTableModel) -> Others:
        """Look through all rows of a model: not for every change."""
        tasks = detached = 0
        names: dict[int, str] = {}
        for row in model.rows():
            snapshot = row.snapshot
            if snapshot.state.is_final:
                continue
            if snapshot.origin is not None:
                tasks += 1
                names[snapshot.origin.pid] = snapshot.origin.program
            else:
                detached += snapshot.detached
        told = list(names.values())
        programs = (f"{name} ({pid})" if told.count(name) > 1 else name for pid, name in names.items())
        return cls(tasks, tuple(programs), detached)


def would_resume(model: TaskTableModel) -> bool:
    """Whether "pause or resume all" resumes: something stands still, and nothing is left that could be paused."""
    if model.can_pause:
        return False
    return any(model.states[state.name] for state in (TaskState.PAUSED, TaskState.PAUSING, TaskState.HELD))
