"""Threads that wait for each other are told of in one sentence, and only when all of them are there."""

from __future__ import annotations

from typing import cast

from taskmon.bridge.table.deadlock import find_deadlock
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState


def row(number: int, name: str, circle: tuple[str, ...], wanted: str, pid: int = 7) -> TaskRow:
    activity = Activity.LOCK if wanted else Activity.THREAD
    facts = ThreadFacts(activity=activity, subject=wanted, since=90.0, circle=circle)
    snapshot = TaskSnapshot(
        number, name, TaskState.RUNNING, 1, 100.0, 0.0, origin=Origin("x.py", pid, name, "thread"), facts=facts
    )
    return TaskRow(cast("TaskHandle", None), snapshot, number)


def test_two_threads() -> None:
    found = find_deadlock([
        row(1, "reader", ("reader", "writer"), "cache"), row(2, "writer", ("writer", "reader"), "index"),
    ])  # fmt: skip

    assert found is not None
    assert found.ids == (1, 2)
    assert found.title == "reader and writer wait for each other"
    assert found.sentence.endswith("reader holds index and wants cache, writer holds cache and wants index")


def test_a_join_has_no_lock() -> None:
    found = find_deadlock([row(1, "a", ("a", "b"), ""), row(2, "b", ("b", "a"), "one")])

    assert found is not None
    assert found.sentence.endswith("a waits for the end of b, b wants one")


def test_one_thread_and_three() -> None:
    alone = find_deadlock([row(1, "a", ("a",), "one")])
    three = find_deadlock([row(n, "abc"[n], tuple("abc"[n:] + "abc"[:n]), "xyz"[n])
                           for n in range(3)])  # fmt: skip

    assert alone is not None
    assert alone.title == "a waits for itself"
    assert three is not None
    assert three.title == "3 threads wait for each other in a circle"
    assert len(three.ids) == 3


def test_namesakes_of_another_program_are_no_part_of_it() -> None:
    assert find_deadlock([row(1, "a", ("a", "b"), "x", pid=7), row(2, "b", ("b", "a"), "y", pid=8)]) is None
    assert find_deadlock([row(1, "a", (), "x")]) is None
