"""Where the last run of the same work stood at this time: what a running task is measured against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Slot

from taskmon.bridge.controller import TaskController
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.progress import BAR_STEPS
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.history.course import Course, CourseMeter

#: Seconds between two notes of how far a running task is, which is what is known of it should the program die.
_SIGHT_EVERY: Final = 5.0
#: A task is measured once it has worked for so many seconds: of the shortest nobody would see it.
_ASK_AFTER: Final = 0.5

Answer = tuple[str, Course | None]
Ask = Callable[[TaskHandle, TaskSnapshot, Callable[[Answer], None]], None]


class _Race:
    """One running task beside the last run of its work."""

    __slots__ = ("asked", "course", "key", "meter", "sighted_at")

    def __init__(self) -> None:
        self.meter = CourseMeter()
        self.course: Course | None = None
        self.key = ""
        self.asked = False
        self.sighted_at = 0.0


class LastRuns(QObject):
    """Follows running tasks through what the controller tells of them. Belongs to the UI thread.

    Args:
        controller: whose tasks.
        ask: finds the key of a task's work, and the course of its last run, and calls back with both.
        sight: called now and then with the picture of a running task.
        keep: called with the key and the course of a task that has succeeded.
    """

    def __init__(
        self,
        controller: TaskController,
        ask: Ask,
        sight: Callable[[TaskSnapshot], object],
        keep: Callable[[str, Course], object],
    ) -> None:
        super().__init__(controller)
        self._controller = controller
        self._ask = ask
        self._sight = sight
        self._keep = keep
        self._races: dict[int, _Race] = {}
        self._fresh: dict[str, Course] = {}  # of this run of the program, possibly not written yet
        controller.tell_progress(self._on_progressed)
        controller.task_finished.connect(self._on_finished)

    def _on_progressed(self, snapshot: TaskSnapshot) -> None:
        race = self._races.get(snapshot.id)
        if race is None:
            race = self._races[snapshot.id] = _Race()
            race.sighted_at = snapshot.taken_at
        elif snapshot.taken_at - race.sighted_at >= _SIGHT_EVERY:
            race.sighted_at = snapshot.taken_at
            self._sight(snapshot)
        if snapshot.state is not TaskState.RUNNING or snapshot.parent_id is not None:
            return
        elapsed = snapshot.elapsed
        race.meter.add(elapsed, snapshot.progress.done)
        if race.course is not None:
            self._place(snapshot, race.course.amount_at(elapsed))
        elif not race.asked and elapsed >= _ASK_AFTER:
            race.asked = True
            row = self._controller.model.row(snapshot.id)
            if row is not None:
                self._ask(row.task, snapshot, lambda answer: self._take_in(race, answer))

    def _take_in(self, race: _Race, answer: Answer) -> None:
        race.key, race.course = answer
        race.course = self._fresh.get(race.key, race.course)

    def _place(self, snapshot: TaskSnapshot, amount: float) -> None:
        """Tell the row where its tick stands."""
        row, total = self._controller.model.row(snapshot.id), snapshot.progress.total
        if row is None:
            return
        try:
            row.last_run = min(BAR_STEPS, int(amount / total * BAR_STEPS)) if total else None
        except (OverflowError, ValueError):  # a total beyond any float
            row.last_run = None

    @Slot(object)
    def _on_finished(self, snapshot: TaskSnapshot) -> None:
        race = self._races.pop(snapshot.id, None)
        row = self._controller.model.row(snapshot.id)
        if row is not None:
            row.last_run = None
        if race is None or not race.key or snapshot.state is not TaskState.SUCCEEDED:
            return
        course = race.meter.finish(snapshot.elapsed, snapshot.progress.done)
        if course is not None:
            self._fresh[race.key] = course
            while len(self._fresh) > 1_000:
                del self._fresh[next(iter(self._fresh))]
            self._keep(race.key, course)
