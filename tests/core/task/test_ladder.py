"""Signals come one after the other, each after the one before has had its time."""

from __future__ import annotations

from typing import Any

import pytest

from taskmon.core.task.ladder import GRACE, INTERRUPT, KILL, TERMINATE, in_turn, next_signal, time_left, with_signals
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


ALL = (INTERRUPT, TERMINATE, KILL)


@pytest.mark.parametrize(
    ("means", "following"),
    [
        (None, ""),
        (StopMeans("sets stop"), ""),
        (with_signals(StopMeans("asks each of its tasks to stop"), ALL), INTERRUPT),
        (with_signals(ASKED, (TERMINATE, KILL)), TERMINATE),
        (with_signals(ASKED, (TERMINATE, KILL))._replace(sent=((TERMINATE, 1.0),)), KILL),
        (with_signals(ASKED, (TERMINATE, KILL))._replace(sent=((KILL, 1.0), (TERMINATE, 2.0))), ""),
    ],
)
def test_what_is_firmer_than_all_that_was_tried(means: StopMeans | None, following: str) -> None:
    assert next_signal(TaskSnapshot(1, "a", TaskState.STOPPING, 1, 2.0, 1.0, stop_means=means)) == following


def part(task_id: int, kind: str, parent: int | None, means: StopMeans | None = None, **more: Any) -> TaskSnapshot:
    origin = Origin("server.py", 7, more.pop("thread", ""), kind=kind)
    return TaskSnapshot(
        task_id, kind, TaskState.RUNNING, 1, 100.0, 50.0, parent_id=parent, origin=origin, stop_means=means, **more
    )


def ids_of(rows: list[TaskSnapshot]) -> list[int]:
    return [row.id for row in rows]


INTERRUPTED = with_signals(ASKED, (TERMINATE, KILL))


def test_threads_are_asked_by_their_flags_beside_a_program_that_is_interrupted() -> None:
    """Nobody else may set them. Only what the interrupt reaches, and what has no way of its own, is left to it."""
    rows = [
        part(1, "program", None, INTERRUPTED),
        part(2, "coroutine", 1),
        part(3, "thread", 1),
        part(4, "bar", 1, thread="MainThread"),
        part(5, "program", 1, ASKED),
        part(6, "thread", 5),
        part(7, "process", 1),
        part(8, "thread", 1, why_not_cancellable="no way to stop it was found"),
        part(9, "future", 1),
    ]

    asked, left = in_turn(rows)
    assert (ids_of(asked), ids_of(left)) == ([1, 9, 6, 3], [2, 4, 5, 7, 8]), "the program first, then the newest"
    asked, left = in_turn(rows[1:4])
    assert (ids_of(asked), left) == ([4, 3, 2], []), "the program itself is not among them"


def test_what_waits_is_asked_before_what_would_make_room_for_it() -> None:
    """However the table is sorted, and though one that runs was moved up before those that wait."""
    waiting = [part(task_id, "task", None) for task_id in (1, 2)]
    running = part(3, "task", None, started_at=60.0)

    for rows in ([*waiting, running], [running, *reversed(waiting)]):
        asked, _ = in_turn(rows)
        assert ids_of(asked) == [2, 1, 3]


def test_beside_a_program_that_is_cancelled_by_its_flags_all_are_asked() -> None:
    program = part(1, "program", None, StopMeans("asks each of its tasks"))
    rows = [program, part(2, "coroutine", 1), part(3, "thread", 9)]
    asked, left = in_turn(rows)
    assert (ids_of(asked), left) == ([1, 3, 2], [])


@pytest.mark.parametrize(("ago", "left_to_it"), [(0.0, [2]), (GRACE - 1, [2]), (GRACE, [])])
def test_what_an_interrupt_has_not_reached_in_its_time_is_asked(ago: float, left_to_it: list[int]) -> None:
    program = part(1, "program", None, INTERRUPTED, stop_requested_at=100.0 - ago)
    _, left = in_turn([program._replace(state=TaskState.STOPPING), part(2, "coroutine", 1)])
    assert ids_of(left) == left_to_it
