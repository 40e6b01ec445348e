"""A table in which threads of other programs are shown: compact rows, their columns, and the banner of a deadlock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QCoreApplication, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.language import Language
from taskmon.bridge.table import text
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import TaskColumn, TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.progress import Progress
from taskmon.core.task.request import Request, Verb
from taskmon.core.task.snapshot import StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui import TaskPanel
from taskmon.ui.details.header import Page, page_for
from taskmon.ui.table import deadlock_banner
from taskmon.ui.table.painting import COMPACT_HEIGHT, ROW_HEIGHT, Box, ButtonState, CellPainter, CpuCell, StateCell
from taskmon.ui.widgets.glyphs import sign_of
from taskmon.ui.window.retranslate import change_language
from tests.helpers.layout import faults_of
from tests.helpers.played import PlayedTask
from tests.qt_helpers import runner, until

__all__ = ["runner"]  # fixture

C = TaskColumn


@pytest.fixture
def panel(qtbot: QtBot, runner: TaskRunner) -> Iterator[TaskPanel]:
    """A panel on the screen."""
    made = TaskPanel(runner)
    made.resize(1180, 500)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.controller.close()


def add(panel: TaskPanel, *names: str) -> list[PlayedTask]:
    facts = ThreadFacts(activity=Activity.COMPUTING, cpu=0.5)
    threads: list[Any] = [PlayedTask(900 + n, name, kind="thread", facts=facts) for n, name in enumerate(names)]
    panel.controller.model.add((thread, thread.snapshot()._replace(facts=None)) for thread in threads)
    look(panel)
    return threads


def look(panel: TaskPanel) -> None:
    panel.controller.model.sample(0, 100)


def height(panel: TaskPanel) -> int:
    return panel.view.verticalHeader().defaultSectionSize()


def test_rows_become_compact_with_the_first_watched_thread(panel: TaskPanel) -> None:
    panel.complete()
    assert height(panel) == ROW_HEIGHT
    assert panel.view.isColumnHidden(C.CPU)

    add(panel, "reader")

    assert height(panel) == COMPACT_HEIGHT
    assert not panel.view.isColumnHidden(C.CPU)
    assert panel.view.isColumnHidden(C.RATE), "nothing stands in it"
    assert panel.view.isColumnHidden(C.LEFT)


def test_the_user_chooses_and_is_remembered(panel: TaskPanel, qtbot: QtBot, runner: TaskRunner) -> None:
    add(panel, "reader")

    panel.view_commands.compact.trigger()
    assert height(panel) == ROW_HEIGHT
    add(panel, "writer")
    assert height(panel) == ROW_HEIGHT, "the choice holds"

    other = TaskPanel(runner)
    qtbot.addWidget(other)
    other.view.set_compact(True)
    other.view.restore_layout(panel.view.layout_state())
    assert height(other) == ROW_HEIGHT
    assert not other.view_commands.compact.isChecked()
    other.controller.close()


def test_the_switch_and_the_menu_say_the_same(panel: TaskPanel, qtbot: QtBot) -> None:
    panel.complete()
    switch = panel.filter_bar._switch
    assert switch is not None

    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)

    assert panel.view_commands.compact.isChecked()
    assert height(panel) == COMPACT_HEIGHT
    panel.view_commands.compact.trigger()
    assert not switch.isChecked()


@pytest.mark.parametrize("width", [420, 700, 790])
def test_the_banner_takes_the_lines_that_it_needs(panel: TaskPanel, qtbot: QtBot, width: int) -> None:
    """In a narrow window its title breaks, and sentence and buttons stand beneath."""
    names = ("reader-of-the-whole-index", "writer-of-the-whole-cache")
    threads = add(panel, *names)
    for thread, circle in zip(threads, (names, names[::-1]), strict=True):
        thread.become(facts=ThreadFacts(activity=Activity.LOCK, subject="cache", circle=circle))
    panel.resize(width, 700)
    look(panel)

    banner = panel._deadlock_banner
    assert banner is not None
    until(qtbot, banner.isVisible)
    assert not faults_of(panel)
    assert banner.height() < (100 if width > 750 else 220)


def test_a_wait_can_be_told_without_how_long_it_has_lasted(panel: TaskPanel) -> None:
    """Where there is no room for that: who holds the lock says more."""
    (reader,) = add(panel, "reader")
    reader.become(facts=ThreadFacts(activity=Activity.LOCK, subject="cache", holder="writer", since=0.0))
    look(panel)
    row = panel.controller.model.row(reader.id)
    assert row is not None

    assert text.state_label(row).startswith("Waiting for lock “cache”, held by writer, for over ")
    assert text.state_label(row, brief=True) == "Waiting for lock “cache”, held by writer"
    figure, without, nameless = text.brief_state_labels(row)
    assert without == "Waiting for lock “cache”, held by writer"
    assert nameless == "Waiting for a lock, held by writer", "and not half of the lock's name"
    assert figure.startswith("Waiting for lock “cache”, held by writer · > "), "rounded down, as it is there"


def test_who_holds_a_lock_can_be_read_where_all_of_the_words_cannot(panel: TaskPanel) -> None:
    (reader,) = add(panel, "reader")
    pictures = []
    for number in (1, 2):
        holder = f"a-thread-with-a-name-that-is-much-too-long-for-its-column-{number}"
        reader.become(facts=ThreadFacts(activity=Activity.LOCK, subject="cache", holder=holder))
        look(panel)
        cell = panel.view.visualRect(panel.view.tasks.index(0, C.STATE))
        pictures.append(panel.view.viewport().grab(cell).toImage())

    assert panel.view.look().plain.pixels(f"Waiting for lock “cache”, held by {holder}") > cell.width()
    assert pictures[0] != pictures[1]


def test_the_frame_of_a_cell_follows_the_keys_and_not_the_pointer(panel: TaskPanel, qtbot: QtBot) -> None:
    add(panel, "reader", "writer")
    view = panel.view
    view.setFocus()
    place = view.visualRect(view.tasks.index(1, C.STATE)).center()

    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    clicked = view.grab().toImage()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.currentIndex().row() == 1, "the same row, and"
    assert view.grab().toImage() != clicked


def test_the_keys_frame_a_cell_of_a_row_that_is_not_selected(panel: TaskPanel, qtbot: QtBot) -> None:
    """As they do who walk with Control, or come by Tab."""
    add(panel, "reader", "writer")
    view = panel.view
    view.setFocus()

    def is_framed(place: int) -> bool:
        box = view.visualRect(view.tasks.index(place, C.NAME))
        edge = view.viewport().grab(QRect(box.x(), box.y(), box.width(), 1)).toImage()
        return all(edge.pixelColor(x, 0) == view.look().colors.accent for x in range(box.width()))

    assert not is_framed(0), "nobody has used a key"
    qtbot.keyClick(view, Qt.Key.Key_Home)
    view.clearSelection()
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)

    assert not view.selectionModel().hasSelection()
    assert (is_framed(0), is_framed(1)) == (False, True)


def test_there_is_nothing_to_filter_before_the_first_row(panel: TaskPanel, qtbot: QtBot) -> None:
    chips = panel.filter_bar._chips
    assert not any(chip.isVisible() for chip in chips.values())

    add(panel, "reader")
    until(qtbot, chips[Category.RUNNING].isVisible)
    chips[Category.FAILED].click()
    assert chips[Category.ALL].isVisible(), "the way back"


def test_what_is_stuck_is_counted_at_the_top_and_leads_there(panel: TaskPanel, qtbot: QtBot) -> None:
    """However far down it is. The chip is there only while there is something in it."""
    threads = add(panel, *(f"t{number}" for number in range(40)))
    chip = panel.filter_bar._chips[Category.STUCK]
    assert chip.isHidden()
    threads[38].become(facts=ThreadFacts(activity=Activity.LOCK, circle=("t38", "t39")))
    threads[39].become(facts=ThreadFacts(activity=Activity.LOCK, circle=("t39", "t38")))
    look(panel)

    assert chip.isVisible()
    assert chip.text() == "Deadlock  2", "by the word of the banner's sign, the status bar and the timeline"
    assert chip.property("danger")
    assert "deadlock" in chip.accessibleDescription()
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    model = panel.controller.model
    assert [model.row_at(place).snapshot.name for place in range(model.rowCount())] == ["t38", "t39"]  # type: ignore[union-attr]


def test_what_is_stuck_for_several_reasons_has_a_word_for_them_all(panel: TaskPanel) -> None:
    one, two, three = add(panel, "one", "two", "three")
    chip = panel.filter_bar._chips[Category.STUCK]
    said: list[str] = []
    panel.announce = said.append  # type: ignore[method-assign, assignment]
    circle = ThreadFacts(activity=Activity.LOCK, circle=("one", "two"))
    three.become(state=TaskState.STOPPING, stop_requested_at=three.snapshot().taken_at - 60)
    look(panel)
    look(panel)
    assert chip.text() == "Stuck  1"
    assert said == ["three: Not responding"], "once"
    one.become(facts=circle)
    two.become(facts=circle)
    look(panel)
    assert chip.text() == "Stuck  3"
    three.become(state=TaskState.CANCELLED)
    look(panel)
    assert chip.text() == "Deadlock  2"


def test_cancelling_several_says_what_could_not_be_asked(panel: TaskPanel, qtbot: QtBot) -> None:
    """What is beneath one that is asked goes with it. Of one alone as well: by its key, no button has said so."""
    threads = add(panel, "mailer", "quotes", "billing", "part of mailer")
    said: list[str] = []
    panel.commands.said.connect(said.append)
    model = panel.controller.model
    for thread in threads[1:]:
        row = model.row(thread.id)
        assert row is not None
        row.snapshot = row.snapshot._replace(why_not_cancellable="no way to stop it was found")
    part, whole = model.row(threads[3].id), model.row(threads[0].id)
    assert part is not None
    part.parent = whole

    panel.commands.cancel_tasks([thread.id for thread in threads])
    panel.commands.cancel_tasks([threads[1].id, threads[2].id])
    panel.commands.cancel_tasks([threads[1].id])

    assert said == [
        "1 asked to stop. No way to stop was found for quotes, billing.",
        "Nothing was asked to stop: no way was found for quotes, billing.",
        "quotes: no way to stop it was found",
    ]


def test_a_deadlock_is_a_banner_that_selects_its_threads(panel: TaskPanel, qtbot: QtBot) -> None:
    reader, writer, _ = add(panel, "reader", "writer", "third")
    said: list[str] = []
    panel.announce = said.append  # type: ignore[method-assign, assignment]
    reader.become(facts=ThreadFacts(activity=Activity.LOCK, subject="cache", circle=("reader", "writer")))
    writer.become(facts=ThreadFacts(activity=Activity.LOCK, subject="index", circle=("writer", "reader")))
    look(panel)

    banner = panel._deadlock_banner
    assert banner is not None
    assert banner.isVisible()
    assert "reader and writer wait for each other" in banner.text
    assert len(said) == 1
    qtbot.mouseClick(banner.show_button, Qt.MouseButton.LeftButton)
    assert panel.view.selected_ids() == {reader.id, writer.id}

    for thread in (reader, writer):
        thread.become(facts=ThreadFacts(activity=Activity.COMPUTING))
    look(panel)
    assert not banner.isVisible()


def test_tab_comes_to_the_banner_between_the_filter_and_the_table(panel: TaskPanel) -> None:
    stuck, other = add(panel, "reader", "writer")
    stuck.become(facts=ThreadFacts(activity=Activity.LOCK, subject="cache", circle=("reader", "writer")))
    other.become(facts=ThreadFacts(activity=Activity.LOCK, subject="index", circle=("writer", "reader")))
    look(panel)
    banner = panel._deadlock_banner
    assert banner is not None

    before: list[QWidget] = [panel.view]
    while len(before) < 4:
        each = before[-1].previousInFocusChain()
        while not each.isVisible() or not each.focusPolicy() & Qt.FocusPolicy.TabFocus:
            each = each.previousInFocusChain()
        before.append(each)

    assert before[1:3] == [banner.close_button, banner.show_button]
    assert panel.filter_bar.isAncestorOf(before[3])


def test_a_deadlock_has_a_sign_of_its_own_beside_its_colour(panel: TaskPanel) -> None:
    colors = panel.view.look().colors
    in_deadlock, waiting = (sign_of("lock", colors, stuck=stuck) for stuck in (True, False))

    assert in_deadlock[0] != waiting[0]
    assert in_deadlock[1] != waiting[1]


def test_what_nobody_looks_at_does_not_bear_the_sign_of_what_runs(panel: TaskPanel) -> None:
    internal: Any = PlayedTask(950, "Internal threads", kind="internal")
    panel.controller.model.add([(internal, internal.snapshot())])
    cells = CellPainter(panel.controller.model, ButtonState())
    cells.prepare(panel.view.look(), mirrored=False, compact=True)
    row = panel.controller.model.row(internal.id)
    assert row is not None
    cell = cells.contents(row, C.STATE)
    assert isinstance(cell, StateCell)

    assert cell.label == "Not looked at"
    colors = panel.view.look().colors
    assert sign_of(cell.activity, colors, stuck=False) == ("dash", colors.quiet)


def test_a_deadlock_that_is_older_than_the_window_is_told_of(panel: TaskPanel) -> None:
    """Its threads come with what they do: nothing about them changes any more."""
    facts = ThreadFacts(activity=Activity.LOCK, subject="cache", circle=("reader", "writer"))
    threads: list[Any] = [
        PlayedTask(900, "reader", kind="thread", facts=facts),
        PlayedTask(901, "writer", kind="thread", facts=facts._replace(circle=("writer", "reader"))),
    ]
    model = panel.controller.model
    for thread in threads:
        model.add([(thread, thread.snapshot())])

    assert panel._deadlock_banner is not None
    assert panel._deadlock_banner.isVisible()
    assert panel.filter_bar._chips[Category.STUCK].text() == "Deadlock  2"
    for thread in threads:
        model.update(thread.become(state=TaskState.CUT_OFF, revision=2))
    assert not panel._deadlock_banner.isVisible()
    assert not panel.filter_bar._chips[Category.STUCK].isVisible()


def test_the_banner_and_the_switch_take_another_language(panel: TaskPanel, qtbot: QtBot) -> None:
    reader, writer = add(panel, "reader", "writer")
    reader.become(facts=ThreadFacts(activity=Activity.LOCK, subject="cache", circle=("reader", "writer")))
    writer.become(facts=ThreadFacts(activity=Activity.LOCK, subject="index", circle=("writer", "reader")))
    look(panel)
    language = Language()
    language.use("en")
    switch, banner = panel.filter_bar._switch, panel._deadlock_banner
    assert switch is not None
    assert banner is not None
    assert switch.text() == "Compact rows"

    change_language(language, "zh_CN")
    QCoreApplication.sendPostedEvents()

    assert "互相等待" in banner.text
    assert switch.text() == "紧凑行", "without the letter for a menu"
    language.close()


def test_the_banner_offers_what_ends_the_deadlock(
    panel: TaskPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the same question as elsewhere; and then the next, with the time that is left."""
    means = with_signals(StopMeans("interrupts it", signal=INTERRUPT), (TERMINATE, KILL))
    program = PlayedTask(899, "x.py", kind="program", stop_means=means)
    used: list[Request] = []
    program.ask = lambda request, _dispatch=None: used.append(request) is None  # type: ignore[method-assign]
    tasks: list[Any] = [program]
    for number, circle in enumerate((("reader", "writer"), ("writer", "reader"))):
        tasks.append(PlayedTask(900 + number, circle[0], kind="thread", parent_id=899))
    panel.controller.model.add((task, task.snapshot()) for task in tasks)
    for thread, circle in zip(tasks[1:], (("reader", "writer"), ("writer", "reader")), strict=True):
        thread.become(facts=ThreadFacts(activity=Activity.LOCK, circle=circle))
    look(panel)
    banner = panel._deadlock_banner
    assert banner is not None
    assert banner.end_button.text() == "Terminate (SIGTERM)"
    monkeypatch.setattr(deadlock_banner, "DEAD_TIME", float("inf"))
    banner.end_button.click()
    assert panel.findChild(QMessageBox) is None, "it has only just come beneath the pointer"
    monkeypatch.setattr(deadlock_banner, "DEAD_TIME", 0.0)
    assert "send SIGTERM to x.py" in banner.text

    qtbot.mouseClick(banner.end_button, Qt.MouseButton.LeftButton)
    assert not used
    box = panel.findChild(QMessageBox)
    assert box is not None
    assert box.text() == "Send SIGTERM to x.py, and to any process that it has started?"
    qtbot.mouseClick(next(each for each in box.buttons() if "SIGTERM" in each.text()), Qt.MouseButton.LeftButton)
    assert [(request.verb, request.offer) for request in used] == [(Verb.OFFER, 0)]

    program.become(stop_means=means._replace(sent=((TERMINATE, program.picture.taken_at),)))
    look(panel)
    assert banner.end_button.text() == "Kill (SIGKILL) in 4\u00a0s"
    assert not banner.end_button.isEnabled()


def test_a_banner_that_was_closed_stays_closed(panel: TaskPanel, qtbot: QtBot) -> None:
    reader, writer = add(panel, "reader", "writer")
    stuck = {reader: ("reader", "writer"), writer: ("writer", "reader")}
    for thread, circle in stuck.items():
        thread.become(facts=ThreadFacts(circle=circle))
    look(panel)
    banner = panel._deadlock_banner
    assert banner is not None

    qtbot.mouseClick(banner.close_button, Qt.MouseButton.LeftButton)
    for thread in stuck:
        thread.become(facts=ThreadFacts())
    look(panel)
    for thread, circle in stuck.items():
        thread.become(facts=ThreadFacts(circle=circle))
    look(panel)

    assert not banner.isVisible()


def test_the_button_of_a_fold_cancels_what_waits(
    panel: TaskPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a click and by keys; it is no task itself, so nothing else can be asked of it."""
    asked: list[list[int]] = []
    panel.complete()
    monkeypatch.setattr(panel.commands, "cancel_tasks", lambda ids: asked.append(list(ids)))
    pool: Any = PlayedTask(800, "pool", kind="pool")
    model = panel.controller.model
    model.add([(pool, pool.snapshot())])
    for number in range(3):
        waits = {"kind": "thread", "started_at": None, "parent_id": 800}
        call: Any = PlayedTask(801 + number, f"job({number})", TaskState.QUEUED, **waits)
        model.add([(call, call.snapshot())])
    fold = model.row_at(1)
    assert fold is not None
    cells = CellPainter(model, ButtonState())
    cells.prepare(panel.view.look(), mirrored=False, compact=True)
    told = cells.contents(fold, C.NAME), cells.contents(fold, C.STATE)
    assert (told[0].line, told[1].figure) == ("", "next is job(0)"), "where there is room for it"  # type: ignore[union-attr]
    index = model.index(1, C.ACTION)
    view = panel.view

    view.setCurrentIndex(index)
    monkeypatch.setattr("taskmon.ui.table.pressing.DEAD_TIME", 0.0)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
    qtbot.keyClick(view, Qt.Key.Key_Space)

    assert asked == [[801, 802, 803]] * 2
    assert view.selected_rows() == []
    view.setCurrentIndex(model.index(1, C.NAME))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert model.rowCount() == 5, "it is open"


def test_what_has_ended_is_cleared_by_its_button(
    panel: TaskPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.complete()
    monkeypatch.setattr("taskmon.ui.table.pressing.DEAD_TIME", 0.0)
    model, view = panel.controller.model, panel.view
    program: Any = PlayedTask(800, "x.py", kind="program")
    model.add([(program, program.snapshot())])
    for number in range(3):
        ended: Any = PlayedTask(801 + number, f"job({number})", TaskState.SUCCEEDED, kind="thread", parent_id=800)
        model.add([(ended, ended.snapshot())])
    cleared: list[set[int]] = []
    panel.controller.cleared.connect(cleared.append)
    assert model.rowCount() == 2

    index = model.index(1, C.ACTION)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())

    assert cleared == [{801, 802, 803}]
    assert model.rowCount() == 1


@pytest.mark.parametrize(("width", "wide"), [(830, False), (1300, True)])
def test_room_goes_to_progress_and_rates_give_way_where_there_is_none(
    panel: TaskPanel, qtbot: QtBot, width: int, wide: bool
) -> None:
    """What all threads have comes before what bars have; asked for by name, it is shown all the same."""
    add(panel, "reader")
    panel.controller.model.filled.add(C.RATE)
    panel.resize(width, 500)
    panel.controller.model.filled_changed.emit()
    view = panel.view

    assert not view.isColumnHidden(C.ELAPSED)
    assert view.isColumnHidden(C.RATE) is not wide
    assert view.columns.bar.isHidden()
    assert 200 <= view.columnWidth(C.NAME) <= 360
    room = view.maximumViewportSize().width() - view.verticalScrollBar().sizeHint().width()
    assert sum(view.columnWidth(column) for column in C if not view.isColumnHidden(column)) == room
    assert view.isColumnHidden(C.PROGRESS), "nothing stands in it"
    if wide:
        assert view.columnWidth(C.STATE) > 400, "what the threads do takes the room"
    view.columns.show(C.RATE)
    assert C.RATE in view.columns.in_order()


def test_the_bars_come_with_the_first_that_reports(panel: TaskPanel, qtbot: QtBot) -> None:
    reader, _ = add(panel, "reader", "writer")
    view = panel.view
    assert view.isColumnHidden(C.PROGRESS)

    reader.become(progress=Progress(done=3, total=10))
    look(panel)

    assert not view.isColumnHidden(C.PROGRESS)
    assert view.columnWidth(C.PROGRESS) > 250
    panel.controller.model.update(reader.snapshot()._replace(state=TaskState.SUCCEEDED, revision=2))
    assert not view.isColumnHidden(C.PROGRESS), "the figures stay"


def test_what_a_row_says_beside_its_button_leaves_a_figure_whole_or_none_of_it(panel: TaskPanel, qtbot: QtBot) -> None:
    (thread,) = add(panel, "reader")
    look(panel)
    model, view = panel.controller.model, panel.view
    row = model.row(thread.id)
    assert row is not None
    on, off = (view.visualRect(model.index(0, column)).center() for column in (C.ACTION, C.NAME))
    figure = view.visualRect(model.index(0, C.CPU)).translated(0, view.horizontalHeader().height())
    digit = QRect(figure.right() - 42, figure.top() + 4, 6, figure.height() - 8)  # of "50 %", the first
    bare = 0
    for length in range(4, 60, 2):
        row.snapshot = row.snapshot._replace(stop_means=StopMeans("i" * length))
        qtbot.mouseMove(view.viewport(), off)
        qtbot.mouseMove(view.viewport(), on)
        seen = view.grab().toImage().copy(digit)
        colours = {seen.pixel(x, y) for x in range(seen.width()) for y in range(seen.height())}
        bare += len(colours) == 1

    assert bare > 3, "covered as soon as its last digit is, not one after the other"


def test_a_row_says_beside_its_button_what_that_does(panel: TaskPanel, qtbot: QtBot) -> None:
    """Under the pointer and with the keys there; it goes again, and what it covered is painted anew."""
    (thread,) = add(panel, "reader")
    model, view = panel.controller.model, panel.view
    row = model.row(thread.id)
    assert row is not None
    row.snapshot = row.snapshot._replace(stop_means=StopMeans("sets stop_event", ("writer", "third")))
    assert text.cancel_hint(row) == "sets stop_event, shared with 2 others"
    qtbot.mouseMove(view.viewport(), view.visualRect(model.index(0, C.NAME)).center())
    QApplication.processEvents()
    picture = view.grab().toImage()

    qtbot.mouseMove(view.viewport(), view.visualRect(model.index(0, C.ACTION)).center())
    assert view.buttons.state.under == thread.id
    hinted = view.grab().toImage()
    assert hinted != picture
    elapsed = view.visualRect(model.index(0, C.ELAPSED))
    header = view.horizontalHeader().height()
    box = elapsed.translated(0, header)
    assert hinted.copy(box) != picture.copy(box), "it stands over the figures"
    name = view.visualRect(model.index(0, C.NAME)).translated(0, header)
    assert hinted.copy(name) == picture.copy(name)

    qtbot.mouseMove(view.viewport(), view.visualRect(model.index(0, C.NAME)).center())
    assert view.grab().toImage() == picture
    view.setFocus()
    view.setCurrentIndex(model.index(0, C.ACTION))
    assert view.grab().toImage().copy(box) != picture.copy(box)


def test_what_cannot_be_cancelled_leads_to_its_details(panel: TaskPanel, qtbot: QtBot) -> None:
    """Where the reason stands, and what can be done: a button that does nothing helps nobody."""
    (thread,) = add(panel, "reader")
    panel.opens_details = False
    row = panel.controller.model.row(thread.id)
    assert row is not None
    thread.become(why_not_cancellable="nothing is known of it")
    look(panel)

    assert text.action_label(row) == "Details"
    assert page_for(row) is Page.OVERVIEW
    with qtbot.waitSignal(panel.details_requested) as asked:
        panel.view.press(row.id, row.action)
    assert asked.args == [thread.id]


def test_of_what_cannot_be_cancelled_the_reason_is_said(panel: TaskPanel) -> None:
    (thread,) = add(panel, "reader")
    row = panel.controller.model.row(thread.id)
    assert row is not None
    row.snapshot = row.snapshot._replace(why_not_cancellable="nothing is known of it")

    assert text.cancel_hint(row) == "nothing is known of it"
    row.snapshot = row.snapshot._replace(state=TaskState.SUCCEEDED, why_not_cancellable="")
    assert text.cancel_hint(row) == ""


def test_what_ended_without_a_total_has_no_bar(panel: TaskPanel) -> None:
    """An empty one beside *Done* would look like nothing done."""
    cells = CellPainter(panel.controller.model, ButtonState())
    cells.prepare(panel.view.look(), mirrored=False)
    row = TaskRow(Mock(), TaskSnapshot(1, "a", TaskState.RUNNING, 1, 1.0, 0.0, 0.0, progress=Progress(80)), 1)
    row.update(row.snapshot._replace(state=TaskState.SUCCEEDED, revision=2))
    contents = cells.contents(row, TaskColumn.PROGRESS)

    def picture(place: int) -> QImage:
        shown = contents._replace(place=place)  # type: ignore[union-attr,call-arg]
        image = QImage(200, 48, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        cells.paint(painter, shown, TaskColumn.PROGRESS, Box(0, 0, 200, 48), focused=False)
        painter.end()
        return image

    assert contents.place == -1  # type: ignore[union-attr]
    assert picture(-1) != picture(0), "no track either"
    lines: list[float] = []
    cells._write = lambda _painter, _font, _words, line, **_: lines.append(line.baseline)  # type: ignore[method-assign]
    picture(-1), picture(0)
    assert lines[0] > lines[1], "in the middle, as no bar stands beneath it"


def test_a_rate_that_has_no_room_leaves_its_unit_out(panel: TaskPanel) -> None:
    cells = CellPainter(panel.controller.model, ButtonState())
    cells.prepare(panel.view.look(), mirrored=False)
    row = TaskRow(Mock(), TaskSnapshot(1, "a", TaskState.RUNNING, 1, 0.0, 0.0, 0.0), 1)
    for second in range(10):
        progress = Progress(second * 0.2693, 20, "matrices")
        row.update(row.snapshot._replace(taken_at=float(second), progress=progress))
    contents = cells.contents(row, TaskColumn.RATE)

    assert (contents.figure, contents.brief) == ("0.27 matrices/s", "0.27/s")  # type: ignore[union-attr]
    written: list[str] = []
    cells._write = lambda _painter, _font, words, *_, **__: written.append(words)  # type: ignore[method-assign]
    image = QImage(300, 48, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    for width in (300, 70):
        cells.paint(painter, contents, TaskColumn.RATE, Box(0, 0, width, 48), focused=False)
    painter.end()
    assert written == ["0.27 matrices/s", "0.27/s"]


@pytest.mark.parametrize("height", [COMPACT_HEIGHT, ROW_HEIGHT])
def test_an_amount_that_has_no_room_leaves_its_unit_out(panel: TaskPanel, height: int) -> None:
    """Figures that are cut off may be taken for others."""
    cells = CellPainter(panel.controller.model, ButtonState())
    cells.prepare(panel.view.look(), mirrored=False)
    progress = Progress(567, 1800, "translated documents")
    row = TaskRow(Mock(), TaskSnapshot(1, "a", TaskState.RUNNING, 1, 1.0, 0.0, 0.0, progress=progress), 1)
    contents = cells.contents(row, TaskColumn.PROGRESS)
    written: list[str] = []
    cells._write = lambda _painter, _font, words, *_, **__: written.append(words)  # type: ignore[method-assign]
    image = QImage(600, 48, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    for width in (600, 190):
        cells.paint(painter, contents, TaskColumn.PROGRESS, Box(0, 0, width, height), focused=False)
    painter.end()
    amounts = [words for words in written if "of" in words]
    assert amounts == ["567 of 1\u202f800 translated documents", "567 of 1\u202f800"]


@pytest.mark.parametrize("busy", [False, True])
def test_the_spark_has_room_beside_a_whole_processor(panel: TaskPanel, busy: bool) -> None:
    """There it matters most; of a thread that has computed for long, in the colour of the sign that says so."""
    add(panel, "burner")
    cells = CellPainter(panel.controller.model, ButtonState())
    look = panel.view.look()
    cells.prepare(look, mirrored=False, compact=True)
    width = panel.view.columnWidth(C.CPU)
    image = QImage(width, COMPACT_HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    cell = CpuCell("100\u00a0%", QColor("black"), (12,) * 10, busy=busy)
    cells.paint(painter, cell, C.CPU, Box(0, 0, width, COMPACT_HEIGHT), focused=False)
    painter.end()

    assert image.pixelColor(3, COMPACT_HEIGHT // 2) == (look.colors.warning if busy else look.colors.accent)
