"""Rows stand still when they have to, and what belongs to a task stays with it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import Grouping, TaskColumn
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui.table import pressing
from taskmon.ui.table.painting import ROW_HEIGHT, button_rect
from taskmon.ui.table.pressing import AT_MOST
from taskmon.ui.table.view import TaskView
from tests.bridge.table.test_model import Listener, add, shown, snapshot
from tests.qt_helpers import until

S = TaskState


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[TaskView]:
    model = TaskTableModel()
    made = TaskView(model)
    model.setParent(made)
    qtbot.addWidget(made)
    made.resize(1100, 500)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.hide()


def fill(view: TaskView, count: int = 100) -> None:
    add(view.tasks, *(snapshot(number, name=f"task {number:03}") for number in range(1, count + 1)))
    view.doItemsLayout()


def button(view: TaskView, task_id: int) -> QPoint:
    place = view.tasks.place_of(task_id)
    assert place is not None
    return button_rect(view.visualRect(view.tasks.index(place, TaskColumn.ACTION))).center()


def hover(view: TaskView, task_id: int) -> None:
    """As a pointer that comes to a button."""
    view.buttons.hover(*button(view, task_id).toTuple())


@pytest.mark.parametrize("change", ["insert", "end", "sort", "filter", "regroup"])
def test_selection_current_row_and_scroll_position_belong_to_tasks(view: TaskView, change: str) -> None:
    """Whatever happens to the rows, the same tasks are selected, and the current one stays where it is seen."""
    fill(view)
    tasks = view.tasks
    tasks.sort(TaskColumn.NAME)
    view.verticalScrollBar().setValue(40 * ROW_HEIGHT)
    place = tasks.place_of(45)
    assert place is not None
    view.setCurrentIndex(tasks.index(place, 2))
    y = view.rowViewportPosition(place)

    if change == "insert":
        add(tasks, *(snapshot(number, name=f"task 000 {number}") for number in range(1000, 1100)))
    elif change == "end":
        tasks.update(snapshot(3, S.SUCCEEDED, 1))
        tasks.remove_ended()
    elif change == "sort":
        tasks.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    elif change == "filter":
        for number in range(1, 30):
            tasks.update(snapshot(number, S.SUCCEEDED, 1, name=f"task {number:03}"))
        tasks.set_filter("", Category.RUNNING)
    else:
        tasks.group_by(Grouping.GROUP)

    place = tasks.place_of(45)
    assert place is not None
    assert [row.id for row in view.selected_rows()] == [45]
    assert (view.currentIndex().row(), view.currentIndex().column()) == (place, 2)
    assert view.rowViewportPosition(place) == y


def test_one_change_never_resets_the_model(view: TaskView) -> None:
    """Neither a task that comes, nor one that changes, ends or goes; sorted, filtered and grouped."""
    fill(view)
    tasks = view.tasks
    tasks.sort(TaskColumn.NAME)
    tasks.group_by(Grouping.GROUP)
    tasks.set_filter("task", Category.ALL)
    listener = Listener(tasks)

    add(tasks, snapshot(500, name="task 050 x", group="g"))
    tasks.update(snapshot(7, S.PAUSED, 1, name="task 007"))
    tasks.update(snapshot(8, S.FAILED, 1, name="task 008"))
    tasks.toggle(-1)
    tasks.toggle(-1)
    tasks.remove_ended()

    assert listener.told
    assert "modelReset" not in listener.told


def test_what_a_filter_hides_is_selected_again_when_it_comes_back(view: TaskView) -> None:
    """But not if something else was selected meanwhile; and no command acts on what cannot be seen."""
    fill(view)
    view.select_task(12)

    view.tasks.set_filter("task 09", Category.ALL)
    hidden = view.selected_rows()
    view.tasks.set_filter("", Category.ALL)

    assert hidden == []
    assert [row.id for row in view.selected_rows()] == [12]
    view.tasks.set_filter("task 09", Category.ALL)
    view.select_task(95)
    view.tasks.set_filter("", Category.ALL)
    assert [row.id for row in view.selected_rows()] == [95]


def test_beneath_the_pointer_on_a_button_nothing_moves(view: TaskView) -> None:
    """Re-sorts and insertions wait until a moment after the pointer has left."""
    fill(view, 5)
    tasks = view.tasks
    tasks.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    hover(view, 3)
    before = shown(tasks)

    add(tasks, snapshot(50, name="task 999"), snapshot(51, parent_id=5))
    tasks.resort()
    rest(view)
    assert shown(tasks) == before
    view.buttons.leave()

    assert shown(tasks) == [50, 5, 51, 4, 3, 2, 1]


def rest(view: TaskView) -> None:
    """As if some seconds had gone by without a key, a click or a movement of the pointer."""
    view.buttons.guard.keys.stop()
    view.buttons.guard.keys.timeout.emit()


def test_nothing_moves_while_the_pointer_is_on_its_way_to_a_button(view: TaskView) -> None:
    """Whoever moves it over the rows has seen where the button is."""
    fill(view, 3)
    view.tasks.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    view.buttons.hover(5, 5)

    add(view.tasks, snapshot(50, name="task 999"))
    assert shown(view.tasks) == [3, 2, 1]
    rest(view)

    assert shown(view.tasks) == [50, 3, 2, 1]


@pytest.mark.parametrize("deed", ["moves", "clicks", "walks"])
def test_the_rows_do_not_catch_up_while_somebody_is_at_work(qtbot: QtBot, view: TaskView, deed: str) -> None:
    """Each movement, click and key has them wait anew: one cancel after the other takes longer than that."""
    fill(view, 3)
    hover(view, 1)
    view.buttons.guard.bound.start(1)

    if deed == "moves":
        hover(view, 2)
    elif deed == "clicks":
        click(qtbot, view, 1)
    else:
        qtbot.keyClick(view, Qt.Key.Key_Down)

    assert view.buttons.guard.bound.remainingTime() > AT_MOST // 2


def test_what_the_pointer_rests_on_stays_beneath_it_as_far_as_it_can(view: TaskView) -> None:
    """When the rows catch up, they do so above and below it."""
    fill(view)
    view.tasks.sort(TaskColumn.NAME)
    hover(view, 3)
    before = button(view, 3)
    add(view.tasks, snapshot(500, name="a first task"), snapshot(501, name="another first task"))

    view.buttons.guard.bound.timeout.emit()

    assert shown(view.tasks)[:2] == [500, 501]
    assert button(view, 3) == before


def test_a_resting_pointer_does_not_stop_the_table_for_good(view: TaskView) -> None:
    """After a while the rows catch up, and then stand still again."""
    fill(view, 3)
    view.tasks.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    hover(view, 1)
    add(view.tasks, snapshot(50, name="task 999"))

    view.buttons.guard.bound.timeout.emit()
    assert shown(view.tasks)[0] == 50
    assert view.buttons.guard.holds
    add(view.tasks, snapshot(51, name="task 9999"))

    assert shown(view.tasks)[0] == 50


def test_what_the_user_asks_for_does_not_wait(view: TaskView) -> None:
    """The rows stand still for what tasks do, not for what is typed or clicked."""
    fill(view, 5)
    hover(view, 3)

    view.tasks.set_filter("task 004", Category.ALL)

    assert shown(view.tasks) == [4]


def click(qtbot: QtBot, view: TaskView, task_id: int) -> None:
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=button(view, task_id))


@pytest.mark.parametrize(
    "becomes",
    [
        snapshot(2, S.FAILED, 1, ended_at=time.monotonic() - 60),  # Cancel, now Retry
        snapshot(2, S.STOPPING, 1, stop_requested_at=0.0),  # Cancel, now Details
    ],
    ids=["retry", "details"],
)
@pytest.mark.parametrize("pointer", ["resting", "arriving"])
def test_a_click_or_a_key_right_after_a_button_has_changed_is_swallowed(
    qtbot: QtBot, view: TaskView, becomes: TaskSnapshot, pointer: str
) -> None:
    """Half a second later it is not, however often, and wherever the pointer was."""
    fill(view, 3)
    if pointer == "resting":
        hover(view, 2)
    view.tasks.update(becomes)
    hover(view, 2)

    view.setCurrentIndex(view.tasks.index(view.tasks.place_of(2), TaskColumn.ACTION))
    with qtbot.assertNotEmitted(view.action_requested):
        click(qtbot, view, 2)
        click(qtbot, view, 2)
        qtbot.keyClick(view, Qt.Key.Key_Return)
    row = view.tasks.row(2)
    assert row is not None
    row.action_since -= pressing.DEAD_TIME
    with qtbot.waitSignal(view.action_requested) as acted:
        click(qtbot, view, 2)

    assert acted.args == [2, row.action]


def test_a_click_on_a_row_that_has_just_moved_is_swallowed_and_told_of(
    qtbot: QtBot, view: TaskView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was meant for the row that was there, whether the pointer rested or comes; later it counts."""
    fill(view, 3)
    view.tasks.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    view.grab()
    add(view.tasks, snapshot(50, name="task 0025"))  # between 2 and 3, not painted yet

    with qtbot.assertNotEmitted(view.action_requested):
        click(qtbot, view, 2)
    assert QToolTip.isVisible()
    assert "look again" in QToolTip.text()
    with qtbot.waitSignal(view.action_requested):
        click(qtbot, view, 3)  # which has not moved
    monkeypatch.setattr("taskmon.ui.table.pressing.DEAD_TIME", 0.0)

    with qtbot.waitSignal(view.action_requested):
        click(qtbot, view, 2)


def test_a_click_that_was_swallowed_swallows_no_other(qtbot: QtBot, view: TaskView) -> None:
    """The button of the mouse may go up where nobody hears of it; the next click is one of its own."""
    fill(view, 3)
    view.tasks.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    view.grab()
    add(view.tasks, snapshot(50, name="task 0025"))
    assert view.buttons.press(*button(view, 2).toTuple())

    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, button(view, 3).y()))

    assert [row.id for row in view.selected_rows()] == [3]
    assert not QToolTip.isVisible()


def test_a_click_counts_where_nothing_was_before(qtbot: QtBot, view: TaskView) -> None:
    """A row that has just come at the end, and one that was scrolled to."""
    fill(view)
    view.grab()
    view.verticalScrollBar().setValue(50 * ROW_HEIGHT)
    with qtbot.waitSignal(view.action_requested):
        click(qtbot, view, 53)
    view.tasks.set_filter("task 099", Category.ALL)
    view.grab()
    add(view.tasks, snapshot(101, name="task 099 again"))
    rest(view)

    with qtbot.waitSignal(view.action_requested):
        click(qtbot, view, 101)


def test_a_click_is_swallowed_where_rows_have_become_lower(qtbot: QtBot, view: TaskView) -> None:
    """As they do with the first thread of another program: others lie where these were."""
    fill(view, 9)
    view.grab()
    view.set_compact(True)

    with qtbot.assertNotEmitted(view.action_requested):
        click(qtbot, view, 9)


def test_a_click_is_swallowed_where_fewer_rows_had_the_table_scroll(qtbot: QtBot, view: TaskView) -> None:
    """At the end of the table it is what lies above that comes down."""
    fill(view)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    view.grab()
    for number in (98, 99, 100):
        view.tasks.update(snapshot(number, S.SUCCEEDED, 1))
    view.tasks.remove_ended()
    view.executeDelayedItemsLayout()

    with qtbot.assertNotEmitted(view.action_requested):
        click(qtbot, view, 95)


def test_a_click_after_a_change_of_state_that_leaves_the_button_as_it_was_counts(qtbot: QtBot, view: TaskView) -> None:
    """A task that has just been paused is cancelled with the first click."""
    fill(view, 3)
    hover(view, 2)
    view.tasks.update(snapshot(2, S.PAUSED, 1))

    with qtbot.waitSignal(view.action_requested):
        click(qtbot, view, 2)


def test_what_was_hidden_by_a_frozen_picture_is_no_click_either(qtbot: QtBot, view: TaskView) -> None:
    """The task ended long ago; that it did is seen only now, beneath the pointer."""
    fill(view, 3)
    view.tasks.freeze(True)
    view.tasks.update(snapshot(2, S.FAILED, 1))
    row = view.tasks.row(2)
    assert row is not None
    row.action_since -= 60
    hover(view, 2)
    view.tasks.freeze(False)

    with qtbot.assertNotEmitted(view.action_requested):
        click(qtbot, view, 2)


def test_walking_by_keys_suspends_the_sort(qtbot: QtBot, view: TaskView) -> None:
    """For a few seconds after each key; then the rows are sorted again."""
    fill(view, 5)
    tasks = view.tasks
    tasks.sort(TaskColumn.PROGRESS, Qt.SortOrder.DescendingOrder)
    view.setFocus()
    view.setCurrentIndex(tasks.index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_Down)
    before = shown(tasks)

    tasks.update(snapshot(5, S.RUNNING, 1, progress=Progress(9, 10)))
    tasks.resort()
    assert shown(tasks) == before
    rest(view)

    assert shown(tasks)[0] == 5


def test_a_row_that_was_clicked_stays_for_a_while_and_then_in_sight(qtbot: QtBot, view: TaskView) -> None:
    """Where it was at the top of the table, whatever it is sorted by."""
    fill(view, 40)
    tasks = view.tasks
    for number in range(1, 41):
        tasks.update(snapshot(number, S.RUNNING, 1, progress=Progress(number, 100), name=f"task {number:03}"))
    tasks.sort(TaskColumn.PROGRESS, Qt.SortOrder.DescendingOrder)
    assert shown(tasks)[0] == 40
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(tasks.index(0, 0)).center())

    tasks.update(snapshot(40, S.RUNNING, 2, progress=Progress(0, 100), name="task 040"))
    tasks.resort()
    assert shown(tasks)[0] == 40
    rest(view)

    assert shown(tasks)[-1] == 40
    assert [row.id for row in view.selected_rows()] == [40]
    first, last = view.visible_places()
    assert first <= 39 <= last
    view.verticalScrollBar().setValue(0)
    tasks.sort(TaskColumn.NAME)
    assert view.verticalScrollBar().value() == 0, "one that was not in sight is not brought there"


def test_a_frozen_picture_keeps_values_and_order(qtbot: QtBot, view: TaskView) -> None:
    """What is read does not change; what is asked goes to the task as it is; and Escape goes on."""
    fill(view, 4)
    tasks = view.tasks
    tasks.sort(TaskColumn.PROGRESS, Qt.SortOrder.DescendingOrder)
    tasks.freeze(True)

    tasks.update(snapshot(3, S.PAUSED, 1, progress=Progress(5, 10), name="task 003"))
    add(tasks, snapshot(9, name="new"))
    frozen = [str(tasks.data(tasks.index(place, TaskColumn.STATE))) for place in range(tasks.rowCount())]

    assert shown(tasks) == [1, 2, 3, 4]
    assert frozen == ["Running"] * 4
    tasks.thaw(3)
    assert tasks.data(tasks.index(2, TaskColumn.STATE)) == "Paused", "a row that the user acts on shows what is"
    view.setFocus()
    view.setCurrentIndex(tasks.index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not tasks.is_frozen
    assert shown(tasks) == [3, 1, 2, 4, 9]


def test_a_frozen_row_whose_task_has_ended_swallows_the_click(qtbot: QtBot, view: TaskView) -> None:
    """It looks as if it ran; the click shows how it is instead of starting it again."""
    fill(view, 2)
    view.tasks.freeze(True)
    view.tasks.update(snapshot(1, S.CANCELLED, 1, ended_at=time.monotonic() - 60))

    with qtbot.assertNotEmitted(view.action_requested):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=button(view, 1))

    assert view.tasks.data(view.tasks.index(0, TaskColumn.STATE)) == "Cancelled"


def test_sorting_by_hand_ends_a_freeze(view: TaskView) -> None:
    """Who sorts or filters wants to see what is."""
    fill(view, 3)
    view.tasks.freeze(True)

    view.tasks.sort(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)

    assert not view.tasks.is_frozen
    assert shown(view.tasks) == [3, 2, 1]


def test_a_hidden_table_holds_nothing(qtbot: QtBot, view: TaskView) -> None:
    """No timer outlives its sight."""
    fill(view, 3)
    hover(view, 1)
    view.buttons.guard.stay()

    view.hide()
    until(qtbot, lambda: not view.buttons.guard.holds)

    assert not view.buttons.guard.bound.isActive()
