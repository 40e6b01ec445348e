"""Signals come one after the other, each after the one before has had its time."""

from __future__ import annotations

import pytest

from taskmon.core.task.ladder import GRACE, INTERRUPT, KILL, TERMINATE, left_to_their_programs, time_left, with_signals
from taskmon.core.task.snapshot import Origin, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState

ASKED = StopMeans("asks it to end", signal=INTERRUPT)


def asked_ago(seconds: float | None, means: StopMeans) -> TaskSnapshot:
    at = None if seconds is None else 100.0 - seconds
    return TaskSnapshot(1, "program", TaskState.STOPPING, 1, 100.0, 50.0, stop_requested_at=at, stop_means=means)


@pytest.mark.parametrize(
    ("ago", "sent_ago", "left"),
    [
        (None, None, [None, None]),
        (0.0, None, [GRACE, None]),
        (9 * GRACE, None, [0.0, None]),
        (9 * GRACE, 2.0, [0.0, GRACE - 2]),
        (9 * GRACE, GRACE, [0.0, 0.0]),
    ],
)
def test_what_is_firmer_waits_for_its_turn(ago: float | None, sent_ago: float | None, left: list[float | None]) -> None:
    """Until what is milder was tried, and has had its time since then."""
    means = with_signals(ASKED, (TERMINATE, KILL))
    if sent_ago is not None:
        means = means._replace(sent=((TERMINATE, 50.0), (TERMINATE, 100.0 - sent_ago)))
    picture = asked_ago(ago, means)

    assert [time_left(picture, number) for number in (0, 1)] == left


def test_where_ctrl_c_is_ignored_the_next_is_offered_at_once() -> None:
    picture = asked_ago(None, with_signals(StopMeans(), (TERMINATE, KILL)))

    assert [time_left(picture, number) for number in (0, 1)] == [0.0, None]


def test_what_is_no_signal_can_be_picked_at_any_time() -> None:
    picture = asked_ago(None, with_signals(StopMeans("", (), ("sets paused",)), (INTERRUPT, TERMINATE)))

    assert [time_left(picture, number) for number in (0, 1, 2)] == [0.0, 0.0, None]


def part(task_id: int, kind: str, parent: int | None, means: StopMeans | None = None) -> TaskSnapshot:
    origin = Origin("server.py", 7, kind=kind)
    return TaskSnapshot(
        task_id, kind, TaskState.RUNNING, 1, 100.0, 50.0, parent_id=parent, origin=origin, stop_means=means
    )


def test_the_parts_of_a_program_that_is_interrupted_are_left_to_it() -> None:
    """Those of another that is cancelled by its flags are not, nor is what stands alone."""
    rows = [
        part(1, "program", None, with_signals(ASKED, (TERMINATE, KILL))),
        part(2, "coroutine", 1),
        part(3, "thread", 1),
        part(4, "program", 1, ASKED),
        part(5, "thread", 4),
        part(6, "program", None, StopMeans("asks each of its tasks")),
        part(7, "thread", 6),
        part(8, "thread", 99),
    ]

    assert left_to_their_programs(rows) == {2, 3, 4, 5}
    assert left_to_their_programs(rows[1:3]) == set(), "the program itself is not among them"
