"""Columns: shown, hidden, moved, resized, remembered, and all within reach however narrow the table is."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from taskmon.bridge.table.model import TOOLTIP, TaskTableModel
from taskmon.bridge.table.rows import Grouping, TaskColumn
from taskmon.ui.table.columns import ALWAYS, DEFAULT
from taskmon.ui.table.view import TaskView
from tests.bridge.table.test_model import add, snapshot

C = TaskColumn

#: What a table shows that knows of no thread's processor time.
AT_FIRST = DEFAULT - {TaskColumn.CPU}


@pytest.fixture
def view(qtbot: QtBot) -> TaskView:
    made = make(qtbot)
    made.resize(1180, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


def make(qtbot: QtBot) -> TaskView:
    model = TaskTableModel()
    add(model, *(snapshot(number, name=f"task {number}") for number in range(1, 4)))
    made = TaskView(model)
    model.setParent(made)
    qtbot.addWidget(made)
    return made


def room(view: TaskView) -> int:
    """The width of the table beside its scroll bar, whether that is there or not."""
    return view.maximumViewportSize().width() - view.verticalScrollBar().sizeHint().width()


def visible(view: TaskView) -> list[TaskColumn]:
    """The columns on the screen, from left to right."""
    header = view.horizontalHeader()
    places = (C(header.logicalIndex(place)) for place in range(header.count()))
    return [column for column in places if not view.isColumnHidden(column)]


def test_a_new_table_shows_the_default_columns_and_fills_its_width(view: TaskView) -> None:
    """The name takes what the others leave, so that the buttons stand at the edge."""
    assert set(visible(view)) == AT_FIRST
    assert sum(view.columnWidth(column) for column in AT_FIRST) == room(view)


def test_no_column_moves_when_the_scroll_bar_comes(view: TaskView, qtbot: QtBot) -> None:
    """It has its room from the start; rows and their ground go on beneath it until then."""
    places = {column: view.columnViewportPosition(column) for column in visible(view)}
    add(view.tasks, *(snapshot(number) for number in range(90, 290)))
    qtbot.waitUntil(view.verticalScrollBar().isVisible)

    view.columns.fit()
    assert {column: view.columnViewportPosition(column) for column in visible(view)} == places


def test_a_tooltip_says_only_what_its_cell_does_not(view: TaskView) -> None:
    """It would cover what is beneath for nothing; where a name is cut off, it tells the whole."""
    add(view.tasks, snapshot(90, name="a very long name " * 9))
    view.grab()  # which paints it
    names = [view.tasks.index(place, C.NAME) for place in (0, 3)]

    assert view.tasks.data(names[0], TOOLTIP) is None
    assert "a very long name" in view.tasks.data(names[1], TOOLTIP)


@pytest.mark.parametrize("width", [300, 430, 520, 760, 900, 1180])
def test_every_chosen_column_can_be_reached_at_any_width(view: TaskView, width: int) -> None:
    """The bar leads to each of them; name and button are there all the while, and nothing hangs over the edge."""
    for column in C:
        view.columns.show(column)
    view.columns.set_filled([C.CPU, C.RATE, C.LEFT])
    view.resize(width, 300)

    seen: set[TaskColumn] = set()
    for place in range(view.columns.bar.maximum() + 1):
        view.columns.bar.setValue(place)
        shown = visible(view)
        assert set(shown) >= ALWAYS
        assert sum(view.columnWidth(column) for column in shown) <= view.viewport().width()
        seen |= set(shown)

    assert seen == set(C)


def test_what_a_thread_does_has_room_before_the_bars_grow(view: TaskView) -> None:
    """Who holds a lock stands at the end of the words."""
    view.resize(1_180, 400)
    view.columns.set_filled([C.CPU, C.PROGRESS])
    assert view.columnWidth(C.STATE) >= 350
    assert view.columnWidth(C.NAME) >= 250
    view.resize(1_700, 400)
    view.columns.fit()
    assert view.columnWidth(C.STATE) == 420
    assert view.columnWidth(C.NAME) == 360, "where there is much room, no words are cut beside bars of half a metre"
    assert view.columnWidth(C.PROGRESS) > 400, "the rest"


def test_without_bars_long_names_have_a_share_of_a_wide_table(view: TaskView) -> None:
    """Else they would be cut off beside words of which half a line is empty."""
    view.resize(1_700, 400)
    view.columns.set_filled([C.CPU])
    view.columns.fit()

    assert view.columnWidth(C.NAME) == 520
    assert view.columnWidth(C.STATE) >= 640


def test_bars_are_shortened_before_a_column_is_out_of_sight(view: TaskView) -> None:
    view.resize(942, 400)
    view.columns.fit()
    assert set(visible(view)) == AT_FIRST
    assert view.columns.bar.isHidden()


def test_the_worker_of_a_task_on_a_cluster_has_a_column(view: TaskView) -> None:
    """Once one is known; whoever hides it has hidden it."""
    view.resize(1_400, 400)
    assert C.THREAD not in view.columns.in_order()
    view.columns.set_filled([C.THREAD])
    assert C.THREAD in visible(view)
    view.columns.show(C.THREAD, False)
    view.columns.set_filled([C.THREAD, C.RATE])
    assert C.THREAD not in visible(view)


def test_among_watched_threads_rates_give_way_to_names_before_the_time_left_does(view: TaskView) -> None:
    def shown_at(width: int) -> set[TaskColumn]:
        view.resize(width, 400)
        view.columns.set_filled([C.CPU, C.PROGRESS, C.RATE, C.LEFT])
        return set(visible(view)) & {C.RATE, C.LEFT}

    assert shown_at(1_400) == {C.RATE, C.LEFT}
    assert shown_at(1_155) == {C.LEFT}
    assert view.columnWidth(C.NAME) >= 280  # the place in the code fits beside the name
    assert shown_at(1_000) == set()
    view.resize(1_155, 400)
    view.columns.set_filled([C.CPU, C.PROGRESS, C.RATE])  # the time left is not known yet
    assert C.RATE not in visible(view)  # it would go as soon as that is


def test_in_a_narrow_table_keys_walk_to_columns_that_do_not_fit(qtbot: QtBot, view: TaskView) -> None:
    """The arrow to the right goes through all chosen columns, in order, and to the button at the end."""
    view.resize(430, 300)
    view.setFocus()
    view.setCurrentIndex(view.tasks.index(1, C.NAME))

    walked = [C.NAME]
    for _ in range(len(AT_FIRST) - 1):
        qtbot.keyClick(view, Qt.Key.Key_Right)
        walked.append(C(view.currentIndex().column()))
        assert not view.isColumnHidden(walked[-1])

    assert walked == sorted(AT_FIRST)
    assert [row.id for row in view.selected_rows()] == [2], "the row stays selected"


def test_a_wide_table_needs_no_bar(view: TaskView) -> None:
    """It comes when something does not fit, and goes again."""
    assert view.columns.bar.maximum() == 0
    view.resize(500, 300)
    assert view.columns.bar.maximum() > 0
    view.resize(1200, 300)
    assert view.columns.bar.maximum() == 0
    assert set(visible(view)) == AT_FIRST


def test_name_and_button_cannot_be_hidden(view: TaskView) -> None:
    """Any other column can."""
    for column in C:
        view.columns.show(column, False)

    assert set(visible(view)) == ALWAYS


def test_a_pull_at_a_border_is_kept_and_told(qtbot: QtBot, view: TaskView) -> None:
    """The user's width stays; the name takes what is left once the pull is over."""
    with qtbot.waitSignal(view.layout_changed):
        view.horizontalHeader().resizeSection(C.RATE, 180)
    qtbot.waitUntil(lambda: sum(view.columnWidth(column) for column in visible(view)) == room(view))

    view.resize(1000, 300)
    view.resize(1300, 300)

    assert view.columnWidth(C.RATE) == 180


def test_columns_can_be_moved_by_command(view: TaskView) -> None:
    """One place at a time, up to the edge."""
    assert view.columns.move(C.STATE, -1)
    assert view.columns.in_order()[:2] == [C.STATE, C.NAME]
    assert not view.columns.move(C.STATE, -1)


def test_resize_to_content_makes_labels_and_figures_fit(view: TaskView) -> None:
    """Each column but the name and the bars gets the width of what stands in it."""
    view.columns.show(C.GROUP)
    view.columns.resize_to_content()

    metrics = view.fontMetrics()
    for column in (C.STATE, C.GROUP, C.ELAPSED):
        label = str(view.tasks.headerData(column, Qt.Orientation.Horizontal))
        assert view.columns.width(column) >= metrics.horizontalAdvance(label) + 20


def test_the_layout_survives_a_restart(qtbot: QtBot, view: TaskView) -> None:
    """What is shown, how wide, in which order, sorted and grouped how: through JSON and back."""
    view.columns.show(C.GROUP)
    view.columns.show(C.RATE, False)
    view.columns.move(C.STATE, -1)
    view.horizontalHeader().resizeSection(C.ELAPSED, 133)
    view.horizontalHeader().setSortIndicator(C.PROGRESS, Qt.SortOrder.DescendingOrder)
    view.tasks.group_by(Grouping.PROGRAM)
    state = json.loads(json.dumps(view.layout_state()))

    other = make(qtbot)
    other.resize(view.size())
    other.restore_layout(state)

    assert other.layout_state() == state
    assert other.columns.in_order() == view.columns.in_order()
    assert other.columns.width(C.ELAPSED) == 133
    assert other.tasks.grouping is Grouping.PROGRAM
    assert other.tasks.sort_rule == view.tasks.sort_rule


@pytest.mark.parametrize(
    "state",
    [
        None, 5, [], {}, {"columns": 7}, {"columns": [1, None, {"name": "no such"}]}, {"sort": "action"},
        {"columns": [{"name": "name", "shown": False, "width": -3}, {"name": "action", "shown": False}]},
        {"columns": [{"name": "rate", "width": True}, {"name": "rate", "width": 10**9}], "group_by": ["x"], "sort": {}},
    ],
)  # fmt: skip
def test_a_senseless_layout_does_no_harm(view: TaskView, state: object) -> None:
    """A file that somebody has edited must not cost the table its columns."""
    view.restore_layout(state)

    assert set(visible(view)) == AT_FIRST


def test_a_column_that_is_newer_than_the_state_takes_its_usual_place(view: TaskView) -> None:
    """Somebody updates taskmon: what they had arranged stays."""
    state = [entry for entry in view.columns.state() if entry["name"] != "rate"]

    view.columns.restore(state)

    assert set(visible(view)) == AT_FIRST
    assert view.columns.in_order().index(C.RATE) == 3


def test_reset_goes_back_to_a_new_table(view: TaskView) -> None:
    """Columns, widths and order."""
    view.columns.show(C.REASON)
    view.columns.move(C.STATE, -1)
    view.horizontalHeader().resizeSection(C.RATE, 300)

    view.columns.reset()

    assert view.columns.in_order() == sorted(AT_FIRST)
    assert view.columns.width(C.RATE) == 104


def test_the_label_of_a_sorted_column_leaves_room_for_the_arrow(view: TaskView) -> None:
    """Nothing is painted over the label: its column's picture differs from the unsorted one beside it, not in it."""
    header = view.horizontalHeader()
    header.setSortIndicator(C.ELAPSED, Qt.SortOrder.AscendingOrder)
    picture = header.grab().toImage()
    left, width = header.sectionViewportPosition(C.ELAPSED), header.sectionSize(C.ELAPSED)
    ground = picture.pixelColor(left + 2, 16)
    label = header.fontMetrics().horizontalAdvance("Elapsed")
    gap = [
        all(picture.pixelColor(x, y) == ground for y in range(6, 28))
        for x in range(left + width - 10 - label - 4, left + width - 10 - label)
    ]

    assert any(gap), "a column of empty pixels between arrow and label"


def test_names_that_are_told_apart_by_their_ends_keep_those(view: TaskView) -> None:
    strong = view.look().strong
    room = strong.pixels("price-worker-10") - 10

    assert [strong.fit(f"price-worker-{n}", room, in_the_middle=True)[-3:] for n in (10, 11)] == ["-10", "-11"]
    assert strong.fit("price-worker-10", room).endswith("…")
    assert strong.fit("x", room, in_the_middle=True) == "x"
