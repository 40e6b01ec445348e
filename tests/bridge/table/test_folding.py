"""In a watched program, what runs stands before what waits and what has ended, and both of these are folded."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from taskmon.bridge.table import cells, text
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import Change, RowAction, TaskColumn, TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import DETACHED, NOT_SEEN, Origin
from taskmon.core.task.state import TaskState
from tests.helpers.played import PlayedTask

S = TaskState


class Table:
    """A model, and the tasks in it by name."""

    def __init__(self) -> None:
        self.model = TaskTableModel()
        self.by_name: dict[str, PlayedTask] = {}
        self._count = 0

    def add(
        self, name: str, parent: str = "", kind: str = "thread", state: TaskState = S.RUNNING, pid: int = 7, **more: Any
    ) -> PlayedTask:
        self._count += 1
        more.setdefault("started_at", None if state is S.QUEUED else 0.0)
        more["parent_id"] = self.by_name[parent].id if parent else None
        more["origin"] = Origin("x.py", pid, name, kind) if kind else None
        handle = self.by_name[name] = PlayedTask(self._count, name, state, **more)
        self.model.add([(handle, handle.picture)])  # type: ignore[list-item]
        return handle

    def enter(self, name: str, state: TaskState, **fields: object) -> None:
        handle = self.by_name[name]
        revision, began = handle.picture.revision + 1, handle.picture.started_at or 0.0
        self.model.update(handle.become(state=state, revision=revision, started_at=began, **fields))

    @property
    def rows(self) -> list[TaskRow]:
        found = (self.model.row_at(place) for place in range(self.model.rowCount()))
        return [row for row in found if row is not None]

    @property
    def shown(self) -> list[str]:
        return [text.name(row) for row in self.rows]

    def row(self, name: str) -> TaskRow:
        return next(row for row in self.rows if text.name(row) == name)


@pytest.fixture
def table() -> Table:
    made = Table()
    made.add("x.py", kind="program")
    return made


def test_what_ended_unseen_is_not_counted_among_what_was_cut_off(table: Table) -> None:
    for name, error in (("a", NOT_SEEN), ("b", "Ended by SIGTERM"), ("c", ""), ("d", DETACHED)):
        table.add(name, "x.py")
        table.enter(name, S.CUT_OFF, error=error)
    assert text.second_line(table.row("Ended (4)")) == "2 ended, 1 cut off when the program ended, 1 detached"


def test_ended_threads_fold_at_the_end_of_their_program(table: Table) -> None:
    for name in ("a", "b", "c"):
        table.add(name, "x.py")
    assert table.shown == ["x.py", "a", "b", "c"]

    table.enter("a", S.SUCCEEDED)
    assert table.shown == ["x.py", "b", "c", "a"], "one alone needs no fold"
    table.enter("b", S.CANCELLED)
    assert table.shown == ["x.py", "c", "Ended (2)"]
    fold = table.row("Ended (2)")
    assert text.second_line(fold) == "1 done, 1 cancelled"
    assert (fold.action, text.action_label(fold), text.state_label(fold)) == (RowAction.CLEAR, "Clear", "")
    assert text.action_spoken(fold) == "Clear what has ended in x.py"
    assert fold.depth == 1

    table.model.toggle(fold.id)
    assert table.shown == ["x.py", "c", "Ended (2)", "a", "b"]
    table.enter("c", S.SUCCEEDED)
    assert table.shown == ["x.py", "Ended (3)", "a", "b", "c"], "it stays as it was left"
    assert table.rows[1] is fold


def test_what_has_ended_can_be_taken_out(table: Table) -> None:
    """All of a fold, or one row; what is at work stays, and so does what has it beneath it."""
    for name in ("a", "b", "c", "d"):
        table.add(name, "x.py")
    table.add("part of d", "d")
    for name in ("a", "b", "c", "d"):
        table.enter(name, S.SUCCEEDED)
    assert text.action_label(table.row("d")) == "", "a part of it is at work"
    fold = table.row("Ended (3)")
    table.model.toggle(fold.id)

    assert table.row("b").action is RowAction.NONE, "where its Cancel was: a second click on that does nothing"
    assert table.model.remove_ended([table.by_name["b"].id]) == 1
    assert table.shown == ["x.py", "d", "part of d", "Ended (2)", "a", "c"]
    everything = [row.id for row in table.model.rows()]
    assert table.model.remove_ended(everything) == 2
    assert table.shown == ["x.py", "d", "part of d"]
    table.enter("part of d", S.SUCCEEDED)
    assert table.model.remove_ended([table.by_name["d"].id]) == 2
    assert table.shown == ["x.py"]


def test_a_failure_that_nobody_has_looked_at_is_not_hidden(table: Table) -> None:
    for name in ("a", "b", "c"):
        table.add(name, "x.py")
        table.enter(name, S.FAILED if name == "b" else S.SUCCEEDED)
    assert table.shown == ["x.py", "b", "Ended (2)"]

    table.model.mark_seen(table.by_name["b"].id)
    table.add("d", "x.py")
    assert table.shown == ["x.py", "d", "Ended (3)"]
    assert text.second_line(table.row("Ended (3)")) == "2 done, 1 failed"


def test_the_calls_of_a_pool_that_wait_fold_and_are_cancelled_together(table: Table) -> None:
    table.add("pool", "x.py", kind="pool", progress=Progress(7, 40, "calls"))
    for number in range(5):
        table.add(f"job({number})", "pool", kind="future", state=S.QUEUED)
    table.enter("job(0)", S.RUNNING)

    assert table.shown == ["x.py", "pool", "job(0)", "Queued (4 of 32)"]
    fold = table.row("Queued (4 of 32)")
    assert text.second_line(fold) == "next is job(1)"
    assert (fold.action, text.action_label(fold)) == (RowAction.CANCEL, "Cancel 4")
    assert text.action_spoken(fold) == "Cancel 4 that wait in pool"
    assert table.model.any_row(fold.id) is fold
    assert table.model.row(fold.id) is None, "it is no task"
    assert text.second_line(table.row("pool")) == "1 running, 32 queued, 7 done"
    assert cells.spoken(fold, TaskColumn.NAME) == "Queued (4 of 32), next is job(1)"
    assert all(isinstance(cells.cell(fold, column), str) for column in TaskColumn)


def test_what_runs_stands_before_what_waits(table: Table) -> None:
    table.add("timer", "x.py", kind="timer", state=S.QUEUED)
    table.add("done", "x.py")
    table.enter("done", S.SUCCEEDED)
    table.add("thread", "x.py")

    assert table.shown == ["x.py", "thread", "timer", "done"]
    table.enter("timer", S.RUNNING)
    assert table.shown == ["x.py", "timer", "thread", "done"]


def test_a_new_program_comes_on_top_and_one_that_has_ended_gives_way(table: Table) -> None:
    table.add("own", kind="")
    table.add("y.py", kind="program", pid=8)
    assert table.shown == ["y.py", "x.py", "own"]

    table.enter("y.py", S.SUCCEEDED)
    assert table.shown == ["x.py", "own", "y.py"]


def test_tasks_of_this_window_stand_as_they_came() -> None:
    table = Table()
    table.add("whole", kind="")
    for name in ("a", "b", "c"):
        table.add(name, "whole", kind="")
    table.enter("a", S.SUCCEEDED)
    table.enter("b", S.SUCCEEDED)

    assert table.shown == ["whole", "a", "b", "c"]


def test_a_filter_and_a_link_find_what_is_folded(table: Table) -> None:
    for name in ("alpha", "beta", "gamma"):
        table.add(name, "x.py")
        table.enter(name, S.SUCCEEDED)
    assert table.shown == ["x.py", "Ended (3)"]

    table.model.set_filter("beta", Category.ALL)
    assert table.shown == ["x.py", "beta"]
    table.model.set_filter("", Category.ALL)
    table.model.reveal(table.by_name["beta"].id)
    assert table.shown == ["x.py", "Ended (3)", "alpha", "beta", "gamma"]


def test_a_sort_keeps_the_folds_at_the_end(table: Table) -> None:
    for name in ("c", "a", "b"):
        table.add(name, "x.py")
    for name in ("d", "e"):
        table.add(name, "x.py")
        table.enter(name, S.SUCCEEDED)
    table.model.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)

    assert table.shown == ["x.py", "c", "b", "a", "Ended (2)"]


def test_a_program_that_is_cleared_away_takes_its_folds_along(table: Table) -> None:
    for name in ("a", "b"):
        table.add(name, "x.py")
        table.enter(name, S.SUCCEEDED)
    fold = table.row("Ended (2)")
    table.enter("x.py", S.SUCCEEDED)

    assert table.model.remove_ended() == 3
    assert table.shown == []
    assert table.model.any_row(fold.id) is None


def test_what_is_opened_beneath_a_fold_stands_further_in_than_the_fold(table: Table) -> None:
    for name in ("a", "b", "c"):
        table.add(name, "x.py")
    table.add("part of a", "a")
    for name in ("part of a", "a", "b"):
        table.enter(name, S.SUCCEEDED)
    fold = table.row("Ended (2)")

    table.model.toggle(fold.id)

    depths = {text.name(row): row.depth for row in table.rows}
    assert depths == {"x.py": 0, "c": 1, "Ended (2)": 1, "a": 2, "part of a": 3, "b": 2}
    table.model.set_filter("part", Category.ALL)
    assert [row.depth for row in table.rows] == [0, 1, 2], "where there are no folds, as beneath their parents"


def test_a_fold_says_that_not_all_that_wait_have_rows(table: Table) -> None:
    pool = table.add("pool", "x.py", kind="pool", progress=Progress(3, 100, "calls"))
    for name in ("one", "two", "three"):
        table.add(name, "pool", kind="future", state=S.QUEUED)
    table.add("four", "pool", kind="future")

    assert "Queued (3 of 96)" in table.shown
    assert text.second_line(table.row("pool")) == "1 running, 96 queued, 3 done"
    table.model.update(pool.become(progress=Progress(96, 100, "calls")))
    assert "Queued (3)" in table.shown


def test_while_rows_are_held_still_a_fold_counts_what_waits_now(table: Table) -> None:
    """Beside it stand the numbers of its pool and of the whole window, which go on."""
    pool = table.add("pool", "x.py", kind="pool", progress=Progress(0, 4, "calls"))
    for name in ("one", "two", "three", "four"):
        table.add(name, "pool", kind="future", state=S.QUEUED)
    fold = table.row("Queued (4)")
    repainted: list[int] = []
    with table.model.painted_from_rows(lambda first, last: repainted.extend(range(first, last + 1))):
        table.model.dataChanged.connect(lambda: None)

    table.model.hold(True)
    table.enter("one", S.RUNNING)

    assert table.shown == ["x.py", "pool", "Queued (3)"]
    assert text.second_line(table.row("pool")) == "1 running, 3 queued"
    assert text.second_line(fold) == "next is two"
    assert (text.action_label(fold), len(fold.cancellable)) == ("Cancel 3", 3)  # type: ignore[attr-defined]
    assert {1, 2} <= set(repainted), "both tell something else now"
    repainted.clear()
    pool.picture = pool.picture._replace(progress=Progress(1, 8, "calls"))
    table.model.sample(0, 9)
    assert table.shown == ["x.py", "pool", "Queued (3 of 6)"]
    assert {1, 2} <= set(repainted)


def _cpu(share: float) -> ThreadFacts:
    return ThreadFacts(activity=Activity.COMPUTING, cpu=share)


def test_sorted_by_what_changes_programs_stand_still_and_their_threads_do_not(table: Table) -> None:
    """A click sorts the programs as well. After it they keep their places; one that comes stands on top."""
    first = table.by_name["x.py"]
    a, b = table.add("a", "x.py", facts=_cpu(0.1)), table.add("b", "x.py", facts=_cpu(0.2))
    table.add("y.py", kind="program", pid=8, facts=_cpu(0.6))
    table.add("c", "y.py", pid=8, facts=_cpu(0.6))
    table.model.update(first.become(facts=_cpu(0.9)))
    assert table.shown == ["y.py", "c", "x.py", "a", "b"]

    table.model.sort(TaskColumn.CPU, Qt.SortOrder.DescendingOrder)
    assert table.shown == ["x.py", "b", "a", "y.py", "c"]
    table.model.update(first.become(facts=_cpu(0.1)))
    table.model.update(a.become(facts=_cpu(0.9)))
    table.model.update(b.become(facts=_cpu(0.1)))
    table.model.resort()
    assert table.shown == ["x.py", "a", "b", "y.py", "c"]
    table.add("z.py", kind="program", pid=9)
    assert table.shown[0] == "z.py"

    table.model.sort(TaskColumn.CPU, Qt.SortOrder.DescendingOrder)
    assert table.shown == ["y.py", "c", "x.py", "a", "b", "z.py"], "sorted anew by a new click"
    table.model.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    assert table.shown == ["z.py", "y.py", "c", "x.py", "b", "a"], "names do not change: nothing moves by itself"
    table.model.sort(-1)
    assert table.shown == ["z.py", "y.py", "c", "x.py", "a", "b"]


def test_a_filter_shows_the_matching_threads_of_a_program_whose_name_matches_as_well(table: Table) -> None:
    table.add("down.py", kind="program", pid=8)
    for name in ("download-1", "thumb", "download-2"):
        table.add(name, "down.py", pid=8)
    table.add("other", "x.py")
    table.enter("thumb", S.FAILED)

    table.model.set_filter("down", Category.ALL)
    assert table.shown == ["down.py", "download-1", "download-2"]
    table.model.set_filter("down.py", Category.ALL)
    assert table.shown == ["down.py", "download-1", "thumb", "download-2"], "nothing else there matches: all of it"
    table.model.set_filter("down.py", Category.FAILED)
    assert table.shown == ["down.py", "thumb"]
    table.model.set_filter("thumb", Category.RUNNING)
    assert table.shown == []
    table.model.set_filter("8", Category.ALL)
    assert table.shown == ["down.py", "download-1", "thumb", "download-2"], "by its process"


def test_who_holds_a_lock_says_so_in_its_own_row(table: Table) -> None:
    waits = ThreadFacts(activity=Activity.LOCK, subject="cache", holder="writer")
    table.add("writer", "x.py", facts=ThreadFacts(activity=Activity.SLEEPING, wakes_at=300.0))
    table.add("reader", "x.py", facts=waits)
    second = table.add("other reader", "x.py", facts=waits)
    table.model.note_holders()

    row = table.row("writer")
    assert text.state_label(row).replace("\u00a0", " ") == "Holds lock “cache”, 2 wait · Sleeping, wakes in 3 m 20 s"
    table.model.update(second.become(facts=waits._replace(subject="")))
    table.model.note_holders()
    assert text.state_label(row).startswith("Holds lock “cache”, 1 waits · ")
    table.enter("reader", S.SUCCEEDED)
    table.model.note_holders()
    assert text.state_label(row).startswith("Holds a lock, 1 waits · ")
    table.enter("other reader", S.SUCCEEDED)
    table.model.note_holders()
    assert text.state_label(row).startswith("Sleeping")


def test_a_thread_that_computes_at_each_look_is_told_so(table: Table) -> None:
    busy = table.add("busy", "x.py")
    row = table.row("busy")
    for _ in range(11):
        table.model.update(busy.become(facts=_cpu(0.9)))
    assert row.busy_for == 10.0
    assert text.state_label(row).replace("\u00a0", " ") == "Computing, for over 10 s"
    assert cells.tooltip(row, TaskColumn.CPU).replace("\u00a0", " ") == "90 %; computing at each look for over 10 s"

    for _ in range(9):
        assert row.update(busy.become(facts=_cpu(0.9))) is not Change.ROW, "not told anew each second"
    assert row.update(busy.become(facts=_cpu(0.9))) is Change.ROW
    table.model.update(busy.become(facts=ThreadFacts(activity=Activity.SLEEPING, cpu=0.9)))
    assert row.busy_for == 0.0, "it has rested"


@pytest.mark.parametrize("pause", [False, True], ids=["little", "unseen"])
def test_a_thread_that_uses_little_or_was_not_seen_meanwhile_is_not_told_to_be_busy(table: Table, pause: bool) -> None:
    thread = table.add("thread", "x.py")
    row = table.row("thread")
    for number in range(14):
        if pause and number == 7:
            for _ in range(6):
                thread.become()
        table.model.update(thread.become(facts=_cpu(0.9 if pause else 0.05)))
    assert row.busy_for == 0.0
