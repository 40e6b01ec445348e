"""A task that reports nothing itself is as far as its subtasks, all together."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from taskmon.bridge.table import text
from taskmon.bridge.table.order import RowOrder
from taskmon.bridge.table.rows import Change, TaskRow
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState

S = TaskState
NOTHING = Progress()


def picture(number: int, progress: Progress = NOTHING, state: TaskState = S.RUNNING, at: float = 1.0) -> TaskSnapshot:
    parent = None if number == 1 else 1
    return TaskSnapshot(number, f"t{number}", state, 1, at, 0.0, 0.0, parent_id=parent, progress=progress)


def family(*parts: Progress, origin: Origin | None = None) -> tuple[TaskRow, list[TaskRow]]:
    """A parent that reports nothing, and its subtasks."""
    order = RowOrder()
    rows = [TaskRow(Mock(), picture(number)._replace(origin=origin), 0) for number in range(1, len(parts) + 2)]
    for row in rows:
        order.add(row)
    for row, progress in zip(rows[1:], parts, strict=True):
        row.update(row.snapshot._replace(progress=progress))
    return rows[0], rows[1:]


def files(done: float, total: float | None) -> Progress:
    return Progress(done, total, "files")


@pytest.mark.parametrize(
    ("parts", "amount", "percent"),
    [
        ([files(50, 100), files(50, 100)], "100 of 200 files", "50"),
        ([files(10, 10), files(0, 90)], "10 of 100 files", "10"),
        ([files(3, None), files(4, None)], "7 files", ""),
        ([files(5, 10), NOTHING], "0 of 2 subtasks", "25"),
        ([files(5, 10), files(100, None)], "0 of 2 subtasks", "25"),
        ([files(5, 10), Progress(3, 4, "bytes")], "0 of 2 subtasks", "62"),
        ([files(10, 10), Progress(3, 4, "bytes")], "1 of 2 subtasks", "87"),
        ([NOTHING, NOTHING], "", ""),
    ],
)
def test_the_whole_is_what_its_parts_are(parts: list[Progress], amount: str, percent: str) -> None:
    """Weighted where all count the same and know how much it is; else each part is worth the same."""
    parent, _ = family(*parts)

    assert text.amount(parent) == amount
    assert text.percent(parent).removesuffix("\N{NO-BREAK SPACE}%") == percent


def test_what_is_left_is_not_told_of_one_that_stands_still() -> None:
    """Nor how fast it is: its subtasks work, and it is not stalled itself, but nothing says when they will end."""
    parent, (call,) = family(NOTHING)
    for second in range(2, 12):
        parent.update(picture(1, files(3 * second, 40), at=float(second)))
    assert parent.seconds_left is not None
    assert parent.rate is not None
    assert not call.snapshot.state.is_final
    parent.update(picture(1, files(33, 40), at=60.0))
    assert (parent.seconds_left, parent.rate, parent.stalled_for) == (None, None, 0.0)


def test_what_it_reports_itself_comes_first() -> None:
    parent, _ = family(files(50, 100))
    parent.update(parent.snapshot._replace(progress=Progress(1, 8, "steps")))

    assert text.amount(parent) == "1 of 8 steps"
    parent.update(parent.snapshot._replace(progress=Progress(3, 8, "subtasks")))
    assert text.amount(parent) == "3 of 8 subtasks", "if it calls so what it counts itself"


def test_a_part_that_has_done_its_work_counts_whole() -> None:
    """Whether it has reported anything or not; one that has failed counts by what it did."""
    parent, (good, bad) = family(NOTHING, Progress(5, 10, "steps"))
    good.update(picture(2, NOTHING, S.SUCCEEDED, at=2.0))
    bad.update(picture(3, Progress(5, 10, "steps"), S.FAILED, at=2.0))
    parent.update(picture(1, at=2.0))

    assert text.percent(parent) == "75\N{NO-BREAK SPACE}%"
    assert text.amount(parent) == "1 of 2 subtasks"


def test_the_row_changes_with_its_parts_and_tells_rate_and_time_left() -> None:
    parent, (one, other) = family(files(0, 100), files(0, 300))
    for second in range(2, 12):
        one.update(picture(2, files(5 * second, 100), at=float(second)))
        other.update(picture(3, files(15 * second, 300), at=float(second)))
        assert parent.update(picture(1, at=float(second))) is not Change.NOTHING

    assert parent.rate == pytest.approx(20)
    assert parent.seconds_left == pytest.approx((400 - 220) / 20)
    assert parent.activity is not None
    assert {round(rate) for _, rate in parent.activity.rates()} == {20}


@pytest.mark.parametrize("unit", ["files", "bytes"])
def test_the_whole_takes_no_less_than_each_of_its_parts(unit: str) -> None:
    """They work side by side: one that is soon done adds to how fast the whole is, not to how fast the other is."""
    parent, (quick, slow) = family(files(0, 400), Progress(0, 100, unit))
    for second in range(2, 12):
        quick.update(picture(2, files(30 * (second - 1), 400), at=float(second)))
        slow.update(picture(3, Progress(second - 1, 100, unit), at=float(second)))
        parent.update(picture(1, at=float(second)))

    assert slow.seconds_left == pytest.approx(90)
    assert parent.seconds_left == pytest.approx(90)


@pytest.mark.parametrize("unit", ["files", "bytes"])
@pytest.mark.parametrize("end", [S.FAILED, S.CANCELLED])
def test_what_nobody_will_do_any_more_takes_no_time(unit: str, end: TaskState) -> None:
    parent, (bad, good) = family(files(0, 100), Progress(0, 100, unit))
    bad.update(picture(2, files(10, 100), end, at=1.0))
    for second in range(2, 12):
        good.update(picture(3, Progress(5 * (second - 1), 100, unit), at=float(second)))
        parent.update(picture(1, at=float(second)))

    assert parent.seconds_left == pytest.approx(10)


def test_how_many_are_done_is_told_of_subtasks_of_subtasks_too() -> None:
    order = RowOrder()
    above = {1: None, 2: 1, 3: 2, 4: 2, 5: 1, 6: 5, 7: 5}
    rows = {n: TaskRow(Mock(), picture(n)._replace(parent_id=parent), 0) for n, parent in above.items()}
    for each in rows.values():
        order.add(each)
    for number, state in ((3, S.SUCCEEDED), (4, S.RUNNING), (6, S.SUCCEEDED), (7, S.RUNNING)):
        rows[number].update(rows[number].snapshot._replace(state=state, taken_at=2.0, revision=2))

    assert text.amount(rows[1]) == "2 of 4 subtasks"


def test_a_part_that_comes_later_is_no_leap() -> None:
    """Until it reports, subtasks are counted, and what they count afterwards: neither is speed."""
    parent, (first,) = family(files(0, 40))
    added = []
    for second in range(2, 30):
        if second == 15:
            second_part = TaskRow(Mock(), picture(9)._replace(parent_id=1), 0)
            parent.add_child(second_part)
            added.append(second_part)
        done = 2 * (second - 2)
        first.update(picture(2, files(min(done, 26), 26), at=float(second)))
        for part in added if second > 16 else ():
            part.update(picture(9, files(done - 28, 40), at=float(second)))
        parent.update(picture(1, at=float(second)))
        assert parent.rate is None or 0 <= parent.rate <= 2.001

    assert parent.rate == pytest.approx(2)
    assert parent.activity is not None
    assert {round(rate) for _, rate in parent.activity.rates()} == {0, 2}


def test_of_subtasks_of_subtasks_too() -> None:
    """A change far below is heard of above."""
    order = RowOrder()
    rows = [TaskRow(Mock(), picture(n)._replace(parent_id=n - 1 if n > 1 else None), 0) for n in (1, 2, 3)]
    for row in rows:
        order.add(row)
    assert text.percent(rows[0]) == ""

    rows[2].update(rows[2].snapshot._replace(progress=files(1, 4), taken_at=2.0))
    for row in rows[:2]:
        row.update(row.snapshot._replace(taken_at=2.0))

    assert text.amount(rows[0]) == "1 of 4 files"


def test_of_another_program_only_the_parts_that_report_count() -> None:
    """Most of its threads never do: they are no work that is still to be done."""
    parent, _ = family(files(5, 10), NOTHING, NOTHING, origin=Origin("a.py", 7))

    assert text.amount(parent) == "5 of 10 files"


def test_a_program_whose_parts_have_all_ended_goes_on_with_something_else() -> None:
    """A full bar would say that it is finished."""
    parent, (pool, _) = family(files(10, 10), NOTHING, origin=Origin("a.py", 7))
    pool.update(pool.snapshot._replace(state=S.SUCCEEDED, revision=2))
    parent.part_changed()
    assert text.amount(parent) == ""
    parent.update(parent.snapshot._replace(state=S.SUCCEEDED, revision=2))
    parent.part_changed()
    assert text.amount(parent) == "10 of 10 files"


def test_what_was_left_of_its_parts_is_not_left_of_it() -> None:
    origin = Origin("a.py", 7)
    parent, (pool,) = family(files(0, 100), origin=origin)
    for second in range(2, 12):
        pool.update(picture(2, files(5 * second, 100), at=float(second))._replace(origin=origin))
        parent.update(picture(1, at=float(second))._replace(origin=origin))
    assert parent.seconds_left is not None
    assert parent.rate is not None

    pool.update(picture(2, files(100, 100), S.SUCCEEDED, at=12.0)._replace(origin=origin))
    parent.update(picture(1, at=12.0)._replace(origin=origin))

    assert parent.seconds_left is None
    assert parent.rate is None


def test_the_whole_is_shown_anew_as_soon_as_its_parts_are_further() -> None:
    """Also within one second, and whoever has asked for its progress meanwhile."""
    origin = Origin("a.py", 7)
    parent, (pool,) = family(files(0, 100), origin=origin)
    parent.update(parent.snapshot)
    pool.update(pool.snapshot._replace(progress=files(7, 100)))
    assert text.amount(parent) == "7 of 100 files"

    assert parent.update(parent.snapshot) is Change.FIGURES
    assert parent.update(parent.snapshot) is Change.NOTHING


def test_a_pool_tells_its_numbers_in_the_bar_and_beside_its_name_at_once() -> None:
    _, (pool,) = family(files(0, 100), origin=Origin("a.py", 7))
    pool.snapshot = pool.snapshot._replace(origin=Origin("a.py", 7, "fetch", "pool"))

    assert pool.update(pool.snapshot._replace(progress=files(7, 100))) is Change.ROW


def test_what_is_known_of_parts_costs_rows_without_any_nothing() -> None:
    """One value, and the same for all of them: each slot of a row is eight bytes, and there may be 100 000 rows."""
    _, (first, second) = family(files(7, 100), files(1, 10))

    assert first.parts is second.parts
    assert len(TaskRow.__slots__) <= 28
