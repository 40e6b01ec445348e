"""What is told of tasks, and what is not worth telling."""

from __future__ import annotations

from typing import Any

import pytest

from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.program.outbox import Outbox


class Played:
    """A task whose pictures a test makes."""

    id = 1

    def __init__(self, **fields: Any) -> None:
        self.picture = TaskSnapshot(1, "played", TaskState.RUNNING, 1, 100.0, 90.0, started_at=91.0, **fields)

    def snapshot(self) -> TaskSnapshot:
        self.picture = self.picture._replace(taken_at=self.picture.taken_at + 0.1)
        return self.picture


def told(task: Any, looks: int = 50) -> list[int]:
    """After which looks something was told of a task."""
    outbox = Outbox()
    outbox.add(task)
    while outbox.has_news:
        outbox.news()
    return [look for look in range(looks) if outbox.moves()]


def test_of_a_thread_that_does_what_it_did_nothing_is_told() -> None:
    """Of two hundred of them, a window would otherwise read as much as of two hundred that move."""
    resting = Played(facts=ThreadFacts(native_id=7, activity=Activity.EVENT, since=95.0, cpu=0.0))

    assert told(resting) == []


def test_what_rests_is_looked_at_less_often_and_soon_again_when_it_moves() -> None:
    """Each look makes a picture, in the time of the program."""
    resting = Played(facts=ThreadFacts(native_id=7, activity=Activity.EVENT, since=95.0, cpu=0.0))
    looks, look = [0], resting.snapshot
    moves: list[int] = []

    def counted() -> TaskSnapshot:
        looks[0] += 1
        return look()

    resting.snapshot = counted  # type: ignore[method-assign]
    outbox = Outbox()
    outbox.add(resting)  # type: ignore[arg-type]
    outbox.news()
    for tick in range(200):
        if tick >= 120:
            resting.picture = resting.picture._replace(progress=Progress(tick))
        if outbox.moves():
            moves.append(tick)
        if tick == 119:
            assert looks[0] <= 1 + 20 + 100 // 5

    assert moves[0] - 120 < 5
    assert moves == list(range(moves[0], 200)), "from then on at each tick"


@pytest.mark.parametrize("field", ["checkpoint", "paused_for"])
def test_checkpoints_and_pauses_are_told_now_and_then(field: str) -> None:
    """They go on from one look to the next: once a second is enough."""
    values = {"checkpoint": CheckpointReading(0.1, 0.1, 0.0), "paused_for": 1.0}
    task = Played(**{field: values[field]})
    look = task.snapshot

    def moving() -> TaskSnapshot:
        picture = look()
        return picture._replace(paused_for=picture.taken_at) if field == "paused_for" else picture

    task.snapshot = moving  # type: ignore[method-assign]

    assert told(task) == [9, 19, 29, 39, 49]


def test_of_what_says_that_it_has_not_moved_no_picture_is_made() -> None:
    """As the threads of a watched program can."""

    class Still(Played):
        moved = False

        def has_moved_since(self, picture: TaskSnapshot) -> bool:
            assert picture.id == self.id
            return self.moved

    still = Still(progress=Progress(1))
    outbox = Outbox()
    outbox.add(still)  # type: ignore[arg-type]
    outbox.news()
    seen = still.picture.taken_at
    still.picture = still.picture._replace(progress=Progress(2))

    assert outbox.moves() == []
    assert still.picture.taken_at == seen
    still.moved = True
    assert len(outbox.moves()) == 1
