"""Headings: who stands beneath them, what they count, and that they are no tasks."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from taskmon.bridge.table import cells
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import Grouping, RowAction, TaskColumn
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin
from taskmon.core.task.state import TaskState
from tests.bridge.table.test_model import add, shown, snapshot

S = TaskState


@pytest.fixture
def model(qtbot: QtBot) -> TaskTableModel:
    made = TaskTableModel()
    made._tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return made


def names(model: TaskTableModel) -> list[str]:
    return [str(model.data(model.index(place, 0))) for place in range(model.rowCount())]


def test_tasks_stand_beneath_their_group_with_subtasks_beneath_them(model: TaskTableModel) -> None:
    """Groups by name, those without one last; the order inside is the usual one."""
    add(
        model,
        snapshot(1, group="photos"),
        snapshot(2),
        snapshot(3, group="Archive"),
        snapshot(4, group="photos"),
        snapshot(5, parent_id=1, group="photos"),
    )

    model.group_by(Grouping.GROUP)

    assert names(model) == ["Archive", "task 3", "photos", "task 1", "task 5", "task 4", "Without a group", "task 2"]
    model.group_by(Grouping.NONE)
    assert shown(model) == [1, 5, 2, 3, 4]


def test_programs_are_told_apart_by_their_process(model: TaskTableModel) -> None:
    """Two runs of the same script are two headings."""
    add(model, *(snapshot(number, origin=Origin("train.py", 100 + number % 2)) for number in range(4)), snapshot(9))

    model.group_by(Grouping.PROGRAM)

    assert names(model) == [
        "train.py (100)", "task 0", "task 2", "train.py (101)", "task 1", "task 3", "This window", "task 9",
    ]  # fmt: skip


def test_a_heading_counts_and_closes(model: TaskTableModel) -> None:
    """Its counts follow the states; closed, its tasks are hidden and still counted."""
    add(model, snapshot(1, group="g"), snapshot(2, group="g"), snapshot(3, S.QUEUED, group="g"))
    model.group_by(Grouping.GROUP)
    heading = model.row_at(0)
    assert heading is not None
    before = cells.group_line(heading)

    model.toggle(heading.id)
    model.update(snapshot(1, S.FAILED, 1, group="g"))

    assert before == "3 tasks · 2 running · 1 queued"
    assert cells.group_line(heading) == "3 tasks · 1 running · 1 queued · 1 failed"
    assert shown(model) == [heading.id]
    model.toggle(heading.id)
    assert shown(model) == [heading.id, 1, 2, 3]


def test_a_heading_is_no_task(model: TaskTableModel) -> None:
    """It has no button, is not found as a task, and is in no count."""
    add(model, snapshot(1, group="g"))
    model.group_by(Grouping.GROUP)
    heading = model.row_at(0)
    assert heading is not None

    assert heading.action is RowAction.NONE
    assert not heading.can_retry
    assert model.row(heading.id) is None
    assert model.count(Category.ALL) == 1
    assert model.data(model.index(0, TaskColumn.NAME), Qt.ItemDataRole.AccessibleTextRole) == "g, 1 task · 1 running"
    for column in TaskColumn:
        if column is not TaskColumn.NAME:
            assert model.data(model.index(0, column)) == ""


def test_what_comes_later_goes_to_its_group(model: TaskTableModel) -> None:
    """A heading keeps its id, and whether it is open, while tasks come and go."""
    add(model, snapshot(1, group="a"))
    model.group_by(Grouping.GROUP)
    heading = model.row_at(0)
    assert heading is not None

    add(model, snapshot(2, group="b"), snapshot(3, group="a"))
    model.update(snapshot(1, S.SUCCEEDED, 1, group="a"))
    model.remove_ended()

    assert names(model) == ["a", "task 3", "b", "task 2"]
    assert model.row_at(0) is heading


def test_a_filter_opens_closed_groups_and_hides_empty_ones(model: TaskTableModel) -> None:
    """A match must not hide in a closed branch."""
    add(model, snapshot(1, group="a", name="photos"), snapshot(2, group="b", name="music"))
    model.group_by(Grouping.GROUP)
    heading = model.row_at(0)
    assert heading is not None
    model.toggle(heading.id)

    model.set_filter("photos", Category.ALL)

    assert names(model) == ["a", "photos"]


@pytest.mark.parametrize(("words", "found"), [("train", [1]), ("4711", [1]), ("loader", [1]), ("nightly", [2])])
def test_a_filter_looks_at_group_and_program(model: TaskTableModel, words: str, found: list[int]) -> None:
    """By the program's name, its number, its thread, and the group."""
    add(model, snapshot(1, origin=Origin("train.py", 4711, "loader-0")), snapshot(2, group="Nightly"), snapshot(3))

    model.set_filter(words, Category.ALL)

    assert shown(model) == found


def test_ties_are_broken_by_the_column_before_and_then_by_age(model: TaskTableModel) -> None:
    """Sorted by state after having been sorted by progress: equal states stay sorted by progress."""
    shares = {1: 5, 2: 1, 3: 9, 4: 1}
    add(model, *(snapshot(number, progress=Progress(done, 10)) for number, done in shares.items()))
    add(model, snapshot(5, S.QUEUED), snapshot(6, S.QUEUED))

    model.sort(TaskColumn.PROGRESS, Qt.SortOrder.DescendingOrder)
    model.sort(TaskColumn.STATE)

    assert shown(model) == [5, 6, 3, 1, 2, 4]
    model.sort(TaskColumn.STATE, Qt.SortOrder.DescendingOrder)
    assert shown(model) == [3, 1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("column", "more"),
    [
        (TaskColumn.GROUP, [{"group": "b"}, {}, {"group": "A"}]),
        (TaskColumn.SOURCE, [{"origin": Origin("b.py", 1)}, {}, {"origin": Origin("a.py", 10)}]),
        (TaskColumn.THREAD, [{"origin": Origin("x", 1, "t2")}, {}, {"origin": Origin("x", 1, "t1")}]),
        (TaskColumn.STARTED, [{"started_at": 9.0}, {"started_at": None}, {"started_at": 10.0 - 3}]),
        (TaskColumn.REASON, [{"error": "z"}, {}, {"error": "y"}]),
    ],
)
def test_each_column_sorts_with_the_unknown_last(
    model: TaskTableModel, column: TaskColumn, more: list[dict[str, Any]]
) -> None:
    """In both directions."""
    add(model, *(snapshot(number, **each) for number, each in enumerate(more, 1)))

    model.sort(column)
    ascending = shown(model)
    model.sort(column, Qt.SortOrder.DescendingOrder)

    assert ascending == [3, 1, 2]
    assert shown(model) == [1, 3, 2]


def test_failures_that_nobody_has_seen_can_come_first(model: TaskTableModel) -> None:
    """And stay there until somebody has looked at them and the rows are arranged anew."""
    add(model, snapshot(1), snapshot(2), snapshot(3))
    model.put_failures_first(True)

    model.update(snapshot(3, S.FAILED, 1))
    assert shown(model) == [3, 1, 2]
    assert str(model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)).startswith("New failure")
    model.mark_seen(3)
    add(model, snapshot(4))

    assert shown(model) == [1, 2, 3, 4]


def test_waiting_rows_follow_the_queue(model: TaskTableModel) -> None:
    """Moved tasks are seen to have moved; those that run stay where they are."""
    add(model, snapshot(1), *(snapshot(number, S.QUEUED) for number in (2, 3)), snapshot(4), snapshot(5, S.QUEUED))

    model.follow_queue([5, 2, 3])

    assert shown(model) == [1, 5, 2, 4, 3]
