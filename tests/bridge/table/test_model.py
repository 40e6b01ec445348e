"""The model: whatever changes, Qt's own model tester finds nothing, and rows are found by their task."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from taskmon.bridge.table import text
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.model import TASK_ID_ROLE, TaskTableModel
from taskmon.bridge.table.rows import Change, RowAction, TaskColumn, TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import NOT_SEEN, Origin, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState

S = TaskState


def snapshot(task_id: int, state: TaskState = S.RUNNING, revision: int = 0, **more: Any) -> TaskSnapshot:
    more.setdefault("started_at", 0.0)
    return TaskSnapshot(task_id, more.pop("name", f"task {task_id}"), state, revision, 10.0, 0.0, **more)


def add(model: TaskTableModel, *snapshots: TaskSnapshot) -> None:
    model.add((None, picture) for picture in snapshots)  # type: ignore[misc]  # no test here samples its task


def shown(model: TaskTableModel) -> list[int]:
    return [model.data(model.index(place, 0), TASK_ID_ROLE) for place in range(model.rowCount())]


@pytest.fixture
def model(qtbot: QtBot) -> TaskTableModel:
    made = TaskTableModel()
    made._tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return made


class Listener:
    """Counts what the model tells its views."""

    def __init__(self, model: TaskTableModel) -> None:
        self.told: list[str] = []
        for name in ("rowsInserted", "rowsRemoved", "layoutChanged", "modelReset", "dataChanged"):
            getattr(model, name).connect(lambda *_, name=name: self.told.append(name))


def test_new_tasks_are_appended_at_once(model: TaskTableModel) -> None:
    """A thousand new tasks are one insertion at the end: rows that are there do not move."""
    add(model, snapshot(1))
    listener = Listener(model)

    add(model, *(snapshot(number) for number in range(2, 1002)))

    assert shown(model) == list(range(1, 1002))
    assert listener.told == ["rowsInserted"]


def test_of_two_rows_that_change_at_once_those_between_are_not_painted_anew(model: TaskTableModel) -> None:
    """As when one ends and another has its place. Of very many, one stretch is told."""
    add(model, *(snapshot(number, S.RUNNING) for number in range(100)))
    marked: list[tuple[int, int]] = []
    with model.painted_from_rows(lambda first, last: marked.append((first, last))):
        pass

    with model.batch():
        model.update(snapshot(3, S.SUCCEEDED, 1))
        model.update(snapshot(90, S.STOPPING, 1))
    few, marked[:] = sorted(marked), []
    with model.batch():
        for number in range(4, 90):
            model.update(snapshot(number, S.SUCCEEDED, 1))

    assert few == [(3, 3), (90, 90)]
    assert marked == [(4, 89)]


def test_a_known_task_is_not_added_twice(model: TaskTableModel) -> None:
    """A task that is announced again keeps its one row."""
    add(model, snapshot(1))

    add(model, snapshot(1, S.SUCCEEDED))

    assert shown(model) == [1]


def test_subtasks_stand_beneath_their_parent(model: TaskTableModel) -> None:
    """A child is shown under its parent, before the next root, however late it comes."""
    add(model, snapshot(1), snapshot(2))

    add(model, snapshot(3, parent_id=1), snapshot(4, parent_id=3), snapshot(5, parent_id=1))

    assert shown(model) == [1, 3, 4, 5, 2]
    row = model.row(4)
    assert row is not None
    assert row.depth == 2


def test_a_closed_branch_hides_its_tasks(model: TaskTableModel) -> None:
    """Closing a branch takes its rows away, opening it brings them back where they were."""
    add(model, snapshot(1), snapshot(2, parent_id=1), snapshot(3, parent_id=2), snapshot(4))

    model.toggle(1)
    closed = shown(model)
    model.toggle(1)

    assert closed == [1, 4]
    assert shown(model) == [1, 2, 3, 4]


def test_an_older_picture_is_ignored(model: TaskTableModel) -> None:
    """A picture that was taken before a change of state must not undo it."""
    add(model, snapshot(1, S.SUCCEEDED, revision=3))

    changed = model.update(snapshot(1, S.RUNNING, revision=2))

    row = model.row(1)
    assert not changed
    assert row is not None
    assert row.snapshot.state is S.SUCCEEDED


def test_counts_follow_the_states(model: TaskTableModel) -> None:
    """Each task is counted in exactly one category, and moves with its state."""
    add(model, snapshot(1, S.QUEUED), snapshot(2, S.RUNNING), snapshot(3, S.RUNNING))

    model.update(snapshot(2, S.STOPPING, 1))
    model.update(snapshot(3, S.FAILED, 1))
    model.update(snapshot(1, S.CANCELLED, 1))

    assert {category: model.count(category) for category in Category} == {
        Category.ALL: 3,
        Category.RUNNING: 1,
        Category.WAITING: 0,
        Category.PAUSED: 0,
        Category.FINISHED: 1,
        Category.FAILED: 1,
        Category.STUCK: 0,
    }
    assert +model.states == {"STOPPING": 1, "FAILED": 1, "CANCELLED": 1}
    model.update(snapshot(2, S.CUT_OFF, 2, error=NOT_SEEN))
    assert +model.states == {"ENDED": 1, "FAILED": 1, "CANCELLED": 1}
    model.remove_ended()
    assert not +model.states


def test_what_is_stuck_is_counted_beside_its_state_and_can_be_filtered_for(model: TaskTableModel) -> None:
    """A deadlock, and a request that is not heeded. It leaves the count and the filter when that is over."""
    circle = ThreadFacts(activity=Activity.LOCK, circle=("a", "b"))
    add(model, snapshot(1), snapshot(2), snapshot(3), snapshot(4))
    told: list[int] = []
    model.counts_changed.connect(lambda: told.append(model.count(Category.STUCK)))

    model.update(snapshot(2, facts=circle))
    model.update(snapshot(3, S.STOPPING, 1, stop_requested_at=2.0))
    assert told[-1] == 2
    assert model.count(Category.RUNNING) == 4
    model.set_filter("", Category.STUCK)
    assert shown(model) == [2, 3]
    model.update(snapshot(1, facts=circle))
    model.update(snapshot(3, S.CANCELLED, 2, stop_requested_at=2.0))

    assert shown(model) == [1, 2]
    assert told[-1] == 2
    model.update(snapshot(1, S.CUT_OFF, 1))
    model.update(snapshot(2))
    assert shown(model) == []
    assert told[-1] == 0


def test_a_filter_keeps_the_parents_of_what_it_finds(model: TaskTableModel) -> None:
    """Filtering by words finds names, messages and groups, and shows where in the tree the finds are."""
    add(
        model,
        snapshot(1, name="Sync"),
        snapshot(2, name="photos", parent_id=1),
        snapshot(3, name="music", parent_id=1),
        snapshot(4, name="x", progress=Progress(message="PHOTOS of Iceland")),
        snapshot(5, name="y", group="photos"),
    )

    model.set_filter("Photos", Category.ALL)
    found = shown(model)
    model.set_filter("", Category.ALL)

    assert found == [1, 2, 4, 5]
    assert shown(model) == [1, 2, 3, 4, 5]


def test_a_task_leaves_a_filter_that_no_longer_fits(model: TaskTableModel) -> None:
    """With "Running" shown, a task that ends goes from the list."""
    add(model, snapshot(1), snapshot(2))
    model.set_filter("", Category.RUNNING)

    model.update(snapshot(1, S.SUCCEEDED, 1))

    assert shown(model) == [2]


def test_who_computes_is_sorted_before_all_that_has_ended(model: TaskTableModel) -> None:
    """Most first, at the first click; what a thread used last is no answer once it has ended."""
    used = {1: 0.1, 2: 0.9, 3: 0.4}
    ended = {2: S.CUT_OFF}
    add(model, *(
        snapshot(number, ended.get(number, S.RUNNING), facts=ThreadFacts(cpu=cpu)) for number, cpu in used.items()
    ))  # fmt: skip
    column, role = TaskColumn.CPU, Qt.ItemDataRole.InitialSortOrderRole

    model.sort(column, Qt.SortOrder(model.headerData(column, Qt.Orientation.Horizontal, role)))

    assert shown(model) == [3, 1, 2]


def test_sorting_puts_the_unknown_last_in_both_directions(model: TaskTableModel) -> None:
    """Rows are sorted by typed values; those without a value are last, whichever way; equal ones keep their order."""
    add(
        model,
        snapshot(1, progress=Progress(9, 10)),
        snapshot(2, progress=Progress(5, None)),
        snapshot(3, progress=Progress(1, 10)),
        snapshot(4, progress=Progress(90, 100)),
    )

    model.sort(TaskColumn.PROGRESS, Qt.SortOrder.AscendingOrder)
    ascending = shown(model)
    model.sort(TaskColumn.PROGRESS, Qt.SortOrder.DescendingOrder)
    descending = shown(model)
    model.sort(-1)

    assert ascending == [3, 1, 4, 2]
    assert descending == [1, 4, 3, 2]
    assert shown(model) == [1, 2, 3, 4]


def test_a_persistent_index_follows_its_task(model: TaskTableModel) -> None:
    """What Qt keeps for selection and scrolling stays with the task through sorting, insertion and removal."""
    add(model, *(snapshot(number, name=f"{9 - number}") for number in range(8)))
    kept = QPersistentModelIndex(model.index(2, 3))

    model.sort(TaskColumn.NAME)
    add(model, snapshot(20, name="0"))
    model.update(snapshot(5, S.SUCCEEDED, 1))
    model.remove_ended()

    assert kept.isValid()
    assert model.data(kept, TASK_ID_ROLE) == 2
    assert kept.column() == 3


def test_clearing_keeps_what_still_runs_beneath(model: TaskTableModel) -> None:
    """An ended parent stays while something beneath it runs; ended trees go whole."""
    add(
        model,
        snapshot(1, S.SUCCEEDED),
        snapshot(2, S.RUNNING, parent_id=1),
        snapshot(3, S.FAILED),
        snapshot(4, S.CANCELLED, parent_id=3),
        snapshot(5),
    )

    removed = model.remove_ended()

    assert removed == 2
    assert shown(model) == [1, 2, 5]
    assert model.count(Category.ALL) == 3


def test_the_button_tells_the_truth(model: TaskTableModel) -> None:
    """What the button does follows from the state: cancel, nothing while stopping, retry at the end of a root."""
    expected = {
        S.QUEUED: RowAction.CANCEL,
        S.RUNNING: RowAction.CANCEL,
        S.PAUSED: RowAction.CANCEL,
        S.STOPPING: RowAction.CANCELLING,
        S.SUCCEEDED: RowAction.NONE,
        S.FAILED: RowAction.RETRY,
        S.CANCELLED: RowAction.RETRY,
    }
    for number, state in enumerate(expected):
        add(model, snapshot(number, state))
    add(model, snapshot(50, S.RUNNING, why_not_cancellable="It has no flag"), snapshot(51, S.FAILED, parent_id=50))

    actions = {state: model.row(number).action for number, state in enumerate(expected)}  # type: ignore[union-attr]
    locked, child = model.row(50), model.row(51)

    assert actions == expected
    assert locked is not None
    assert locked.action is RowAction.LOCKED
    assert "It has no flag" in model.data(model.index(7, TaskColumn.ACTION), Qt.ItemDataRole.AccessibleDescriptionRole)
    assert child is not None
    assert child.action is RowAction.NONE


def test_what_place_and_colour_tell_is_said_as_well(model: TaskTableModel) -> None:
    """Once for each row, with its name; the cell of the state does not repeat itself, and figures say nothing more."""
    facts = ThreadFacts(activity=Activity.LOCK, subject="cache", circle=("task 2", "other"))
    thread = snapshot(2, S.RUNNING, parent_id=1, facts=facts, origin=Origin("x.py", 7, "reader", "thread"))
    add(model, snapshot(1, S.RUNNING), thread)

    def said(place: int, column: TaskColumn) -> str:
        return str(model.data(model.index(place, column), Qt.ItemDataRole.AccessibleDescriptionRole))

    assert said(0, TaskColumn.NAME) == "Running, expanded"
    waits = text.state_label(model.rows()[1])
    assert said(1, TaskColumn.NAME) == f"{waits}, Deadlock, beneath task 1"
    assert said(1, TaskColumn.STATE) == "Deadlock"
    assert said(0, TaskColumn.STATE) == said(0, TaskColumn.ELAPSED) == ""
    model.toggle(1)
    assert said(0, TaskColumn.NAME) == "Running, collapsed"


def test_a_row_says_what_its_cancel_does(model: TaskTableModel) -> None:
    """In the quiet line, and to a listener; in the button's tooltip only where its row does not show it whole."""
    means = StopMeans("sets stop_event", ("loader-1", "loader-2"))
    add(
        model,
        snapshot(1, stop_means=means),
        snapshot(2, stop_means=StopMeans("sets the stop_event of all loaders", ("<b>x",))),
    )

    said = model.data(model.index(0, TaskColumn.NAME), Qt.ItemDataRole.AccessibleTextRole)
    hint = model.data(model.index(1, TaskColumn.ACTION), Qt.ItemDataRole.ToolTipRole)

    assert said == "task 1, sets stop_event, shared with 2 others"
    assert hint == "<qt>sets the stop_event of all loaders, shared with &lt;b&gt;x</qt>"
    action = model.index(0, TaskColumn.ACTION)
    assert model.data(action, Qt.ItemDataRole.ToolTipRole) is not None
    model.is_whole.append(lambda row, column: row.id == 1 and column is TaskColumn.ACTION)
    assert model.data(action, Qt.ItemDataRole.ToolTipRole) is None
    assert model.data(action, Qt.ItemDataRole.AccessibleDescriptionRole) == "sets stop_event, shared with 2 others"


@pytest.mark.parametrize(
    "found", [{"stop_means": StopMeans("sets stop_event")}, {"why_not_cancellable": "it has no flag"}]
)
def test_what_is_found_out_later_repaints_the_row(found: dict[str, Any]) -> None:
    """The stop flag of a thread is looked for after its row has come; nothing else about the row changes then."""
    before = snapshot(1)
    row = TaskRow(None, before, 0)  # type: ignore[arg-type]  # nobody asks the task itself

    assert row.update(before._replace(**found)) is Change.ROW


def test_a_wait_that_lasts_repaints_its_row_when_it_is_told_otherwise() -> None:
    facts = ThreadFacts(activity=Activity.READING, channel="socket", since=100.0)
    before = snapshot(1, facts=facts, origin=Origin("x.py", 7, "reader", "thread"))._replace(taken_at=105.0)
    row = TaskRow(None, before, 0)  # type: ignore[arg-type]  # nobody asks the task itself

    def look(now: float) -> tuple[bool, str]:
        changed = row.update(before._replace(taken_at=now)) is Change.ROW
        return changed, text.state_label(row).partition("over ")[2]

    told = [look(now) for now in (109.0, 111.0, 119.0, 121.0, 159.0, 161.0, 175.0, 221.0)]
    assert told == [
        (False, ""), (True, "10\u00a0s"), (False, "10\u00a0s"), (True, "20\u00a0s"), (True, "50\u00a0s"),
        (True, "1\u00a0m"), (False, "1\u00a0m"), (True, "2\u00a0m"),
    ]  # fmt: skip


def test_figures_that_are_rounded_are_told_in_full(model: TaskTableModel) -> None:
    """To the last byte, in the tooltip."""
    add(model, snapshot(1, progress=Progress(1_234_567_890, 2_900_000_000, "bytes")))

    hint = model.data(model.index(0, TaskColumn.PROGRESS), Qt.ItemDataRole.ToolTipRole)

    assert "1\u202f234\u202f567\u202f890 of 2\u202f900\u202f000\u202f000 bytes" in hint


def test_every_cell_has_something_to_say_for_a_listener(model: TaskTableModel) -> None:
    """Painted cells are silent for a screen reader unless the model names them."""
    add(model, snapshot(1, name="Backup", progress=Progress(42, 100, "files", "photos")))
    role = Qt.ItemDataRole.AccessibleTextRole

    heard = [model.data(model.index(0, column), role) for column in TaskColumn]

    assert heard[TaskColumn.NAME] == "Backup, photos"
    assert heard[TaskColumn.STATE] == "Running"
    assert heard[TaskColumn.PROGRESS] == "42\u00a0%, 42 of 100 files"
    assert heard[TaskColumn.ACTION] == "Cancel Backup"


@pytest.mark.parametrize(
    "name",
    ['<img src="/dev/zero">', "a\nb", "\u202egpj.exe", "x" * 1_000_000, "\udcff", "&amp; <b>", "", "\x1b[31m"],
)
def test_a_hostile_name_is_shown_as_it_is(model: TaskTableModel, name: str) -> None:
    """No name can become markup, a second line, or a megabyte of layout."""
    add(model, snapshot(1, name=name, error=name, progress=Progress(1, 2, name, name)))

    for column in TaskColumn:
        cell = str(model.data(model.index(0, column), Qt.ItemDataRole.DisplayRole))
        tooltip = model.data(model.index(0, column), Qt.ItemDataRole.ToolTipRole) or ""
        assert "\n" not in cell
        assert len(cell) < 1000
        assert "<img" not in tooltip
        assert "<b>" not in tooltip


@pytest.mark.parametrize("amount", [0, 2**31, 2**63, 10**30, 10**400, 1e308, 0.5])
def test_any_amount_can_be_shown(model: TaskTableModel, amount: float) -> None:
    """Numbers beyond 32 and 64 bits reach the screen as text, never as Qt integers."""
    add(model, snapshot(1, progress=Progress(amount, amount * 2 if amount != 1e308 else amount, "bytes")))

    for column in TaskColumn:
        assert isinstance(model.data(model.index(0, column), Qt.ItemDataRole.DisplayRole), str)


def test_questions_about_rows_that_are_not_there_are_answered(model: TaskTableModel) -> None:
    """An exception in an override ends the process: stale and foreign indexes get None."""
    add(model, snapshot(1))
    stale = model.index(0, 0)
    model.update(snapshot(1, S.SUCCEEDED, 1))
    model.remove_ended()

    assert model.data(stale, Qt.ItemDataRole.DisplayRole) is None
    assert model.row_at(-1) is None
    assert model.row_at(5) is None
    assert model.rowCount(stale) == 0
    assert model.headerData(99, Qt.Orientation.Horizontal) is None


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(-1, 12), st.integers(0, 5)),
        st.tuples(st.just("end"), st.integers(0, 12), st.just(0)),
        st.tuples(st.just("toggle"), st.integers(0, 12), st.just(0)),
        st.tuples(st.just("filter"), st.integers(0, 3), st.integers(0, 5)),
        st.tuples(st.just("sort"), st.integers(-1, 6), st.integers(0, 1)),
        st.tuples(st.just("clear"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=steps)
def test_any_sequence_of_changes_ends_in_the_arranged_order(qtbot: QtBot, steps: list[tuple[str, int, int]]) -> None:
    """After any changes, the rows shown are those that filter, sort and tree ask for, and Qt's tester is content."""
    model = TaskTableModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    ids: list[int] = []
    for revision, (what, one, two) in enumerate(steps, 1):
        if what == "add":
            parent = ids[one] if 0 <= one < len(ids) and model.row(ids[one]) else None
            add(model, snapshot(len(ids), name=f"n{two}", parent_id=parent, progress=Progress(two, 5)))
            ids.append(len(ids))
        elif what == "end" and one < len(ids):
            model.update(snapshot(ids[one], S.SUCCEEDED, revision, name=f"n{one}"))
        elif what == "toggle":
            model.toggle(one)
        elif what == "filter":
            model.set_filter(f"n{one}" if one else "", list(Category)[two])
        elif what == "sort":
            model.sort(one, Qt.SortOrder(two))
        elif what == "clear":
            model.remove_ended()
        model.resort()  # views do so once a second: until then, changed values may stand where they were
        assert model._order.shown == model._order.arranged()
        assert len(set(shown(model))) == model.rowCount()
    del tester


# -- frames -------------------------------------------------------------------------------------------


class Mover:
    """A task each picture of which is a little further."""

    def __init__(self, number: int) -> None:
        self.id, self.name, self.looks = number, f"task {number}", 0
        self.facts: ThreadFacts | None = None

    def snapshot(self) -> TaskSnapshot:
        self.looks += 1
        progress = Progress(self.looks, 10**6, "items", "working")
        return snapshot(self.id, progress=progress, facts=self.facts)._replace(taken_at=10.0 + self.looks)


def movers(model: TaskTableModel, count: int) -> list[Mover]:
    made: Any = [Mover(number) for number in range(1, count + 1)]
    model.add((mover, mover.snapshot()) for mover in made)
    return list(made)


def test_hundreds_that_wait_for_each_other_are_told_of_at_once(model: TaskTableModel) -> None:
    """Each time, all that wait are looked through: whether they come so, or are found so in one frame."""
    circle = ThreadFacts(activity=Activity.LOCK, circle=("a", "b"))
    made = movers(model, 300)
    model.set_filter("", Category.STUCK)
    told: list[str] = []
    for name in ("deadlock_changed", "counts_changed", "rearranged"):
        getattr(model, name).connect(lambda name=name: told.append(name))

    add(model, *(snapshot(number, facts=circle) for number in range(1_001, 1_301)))
    assert sorted(set(told)) == ["counts_changed", "deadlock_changed", "rearranged"]
    assert len(told) <= 4  # they are arranged once more when that is known of them
    for mover in made:
        mover.facts = circle
    model.set_filter("", Category.ALL)
    told.clear()
    model.sample(0, 299)

    assert sorted(told) == ["counts_changed", "deadlock_changed"]
    assert model.count(Category.STUCK) == 600


def test_a_frame_looks_at_the_rows_on_the_screen_and_at_few_others(qtbot: QtBot) -> None:
    """However many are at work: but in the end every one has had its turn."""
    model = TaskTableModel()
    made = movers(model, 2_000)

    found = model.sample(10, 19)

    assert sorted(row.id for row, _ in found[:10]) == list(range(11, 21))
    looked_at = sum(mover.looks - 1 for mover in made)
    assert looked_at < 50
    for _ in range(2_000):
        model.sample(10, 19)
    assert all(mover.looks > 1 for mover in made)


def test_only_who_listens_is_told_of_a_frame(qtbot: QtBot) -> None:
    """The signal costs hand-overs of the interpreter, and views that paint from rows need none."""
    model = TaskTableModel()
    told: list[str] = []

    def mark(first: int, last: int) -> None:
        told.append(f"mark {first} to {last}")

    with model.painted_from_rows(mark):
        model.dataChanged.connect(lambda: told.append("view"))
    movers(model, 3)

    model.sample(0, 2)
    assert not told
    model.repaint_rows(model.rows()[1:2])
    assert told == ["mark 1 to 1"]
    model.dataChanged.connect(lambda first, last: told.append(f"{first.row()} to {last.row()}"))
    model.sample(0, 2)
    model.not_painted_from_rows(mark)
    model.repaint_rows(model.rows()[2:])

    assert told == ["mark 1 to 1", "view", "0 to 2", "view", "2 to 2"]


def test_a_message_is_renewed_four_times_a_second(qtbot: QtBot) -> None:
    """Numbers move in every frame; the words beside them not faster than anybody reads, and not all at once."""
    frames = [10.0 + number / 30 for number in range(121)]
    told: dict[int, list[int]] = {}
    for task_id in range(8):
        row = TaskRow(None, snapshot(task_id), 0)  # type: ignore[arg-type]  # it is not asked
        changes = [
            row.update(snapshot(task_id, progress=Progress(number, None, "", f"item {number}"))._replace(taken_at=now))
            for number, now in enumerate(frames)
        ]
        assert Change.NOTHING not in changes
        told[task_id] = [number for number, change in enumerate(changes) if change is Change.ROW]

    for numbers in told.values():
        assert 14 <= len(numbers) <= 17
        assert min(after - before for before, after in pairwise(numbers)) >= 6
    at_once = [sum(number in numbers for numbers in told.values()) for number in range(8, 121)]
    assert max(at_once) <= 2


def test_the_last_message_is_told_although_it_came_too_soon(qtbot: QtBot) -> None:
    row = TaskRow(None, snapshot(1), 0)  # type: ignore[arg-type]  # it is not asked

    def say(message: str, now: float) -> Change:
        return row.update(snapshot(1, progress=Progress(1, 2, "", message))._replace(taken_at=now))

    assert say("first", 10.0) is Change.ROW, "at once"
    assert say("last", 10.1) is Change.NOTHING
    assert say("last", 10.6) is Change.ROW
    assert say("last", 10.9) is Change.NOTHING


def test_who_reads_about_a_row_gets_it_fresh(qtbot: QtBot) -> None:
    """A task that is not on the screen may have to wait for its turn: not while its details are open."""
    model = TaskTableModel()
    made = movers(model, 500)

    model.refresh(400)

    row = model.row(400)
    assert row is not None
    assert row.snapshot.progress.done == made[399].looks == 2
