"""What keys, menus, palette and sheet do: to the selected tasks, and to nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QLabel, QMenu, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner, TaskState
from taskmon.bridge.settings import keys
from taskmon.bridge.table.rows import Grouping, RowAction, TaskColumn, TaskRow
from taskmon.core.task.snapshot import StopMeans
from taskmon.ui.details.header import Page
from taskmon.ui.widgets.actions import keys_of, words_of
from taskmon.ui.widgets.palette import CommandPalette, best_first, score
from taskmon.ui.widgets.shortcut_sheet import ShortcutSheet
from taskmon.ui.window.window import MainWindow
from tests.helpers.main_window import main_window
from tests.helpers.played import PlayedTask
from tests.qt_helpers import Worker, until

S = TaskState


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """One worker, so that tasks wait."""
    made = TaskRunner(1)
    yield made
    made.cancel_all()
    assert made.shutdown(timeout=20)


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> Iterator[MainWindow]:
    with main_window(qtbot, runner) as made:
        yield made


@pytest.fixture
def worker(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> Iterator[Worker]:
    """What keeps the only worker thread busy."""
    made = Worker()
    task = runner.start(made.obey, name="busy")
    until(qtbot, lambda: (row := model(window).row(task.id)) and row.snapshot.state is S.RUNNING)
    yield made
    made.go.set()


def model(window: MainWindow):  # type: ignore[no-untyped-def]
    return window.panel.controller.model


def names(window: MainWindow) -> list[str]:
    return [model(window).row_at(place).snapshot.name for place in range(model(window).rowCount())]


def wait_for(qtbot: QtBot, window: MainWindow, count: int) -> None:
    until(qtbot, lambda: model(window).rowCount() == count)


def select(window: MainWindow, *task_ids: int) -> None:
    view = window.panel.view
    flags = view.selectionModel().SelectionFlag
    view.clearSelection()
    for task_id in task_ids:
        index = model(window).index(model(window).place_of(task_id), 0)
        view.selectionModel().setCurrentIndex(index, flags.Select | flags.Rows)
    view.setFocus()


def idle(_: TaskContext) -> None:
    """Nothing."""


def test_waiting_tasks_move_up_in_the_queue_and_in_the_table(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker
) -> None:
    """What is moved starts earlier, and is seen to have moved; it stays selected."""
    tasks = [runner.start(idle, name=name) for name in "abcd"]
    wait_for(qtbot, window, 5)

    select(window, tasks[3].id)
    window.panel.commands.move_up.trigger()
    assert names(window) == ["busy", "a", "b", "d", "c"]
    select(window, tasks[1].id, tasks[2].id)
    window.panel.commands.move_to_top.trigger()

    assert names(window) == ["busy", "b", "c", "a", "d"]
    assert [task.name for task in runner.waiting()] == ["b", "c", "a", "d"]
    assert [row.id for row in window.panel.view.selected_rows()] == [tasks[1].id, tasks[2].id]


def test_a_cancelled_waiting_task_can_be_undone(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker
) -> None:
    """Its row comes back where it stood, as a new task; the offer goes."""
    tasks = [runner.start(idle, name=name) for name in "abc"]
    wait_for(qtbot, window, 4)
    select(window, tasks[1].id)

    window.panel.commands.cancel.trigger()
    until(qtbot, lambda: model(window).row(tasks[1].id).snapshot.state is S.CANCELLED)
    strip = window.panel._undo_strip
    assert strip is not None
    assert strip.text == "“b” was cancelled before it started"
    qtbot.mouseClick(strip.button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, window, 4)

    assert names(window) == ["busy", "a", "b", "c"]
    assert [task.name for task in runner.waiting()] == ["a", "b", "c"]
    assert model(window).row(tasks[1].id) is None
    assert strip.isHidden()
    assert not window.panel.commands.undo.isEnabled()


def test_undo_is_for_all_that_were_cancelled_within_its_time(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker
) -> None:
    """One offer for several; held ones are held again; a running one is not brought back."""
    waiting, held = runner.start(idle, name="a"), runner.start(idle, name="b", paused=True)
    wait_for(qtbot, window, 3)
    commands = window.panel.commands

    commands.cancel_tasks([waiting.id])
    commands.cancel_tasks([held.id])
    strip = window.panel._undo_strip
    assert strip is not None
    assert strip.text == "2 waiting tasks were cancelled"
    until(qtbot, lambda: waiting.cancelled() and held.cancelled())
    commands.undo.trigger()

    states = {row.snapshot.name: row.snapshot.state for row in model(window).rows()}
    assert states == {"busy": S.RUNNING, "a": S.QUEUED, "b": S.HELD}


def test_the_offer_ends_after_its_time(qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker) -> None:
    """Then nothing can be undone, and the strip is gone."""
    task = runner.start(idle, name="a")
    wait_for(qtbot, window, 2)
    window.panel.commands.cancel_tasks([task.id])

    window.panel.commands._undo_ends.timeout.emit()

    assert window.panel._undo_strip is not None
    assert window.panel._undo_strip.isHidden()
    window.panel.commands.undo_cancel()
    assert model(window).rowCount() == 2


def test_a_running_task_offers_no_undo(qtbot: QtBot, window: MainWindow, worker: Worker) -> None:
    """It has done things that cannot be undone here."""
    row = model(window).row_at(0)

    window.panel.commands.cancel_tasks([row.id])

    assert window.panel._undo_strip is None


def test_retry_all_failed_starts_each_once(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """What has been retried already is not started again, nor is what did not fail."""

    def fail(_: TaskContext) -> None:
        raise ValueError("no")

    for name in "ab":
        runner.start(fail, name=name)
    runner.start(idle, name="c")
    until(qtbot, lambda: [row.snapshot.state.is_final for row in model(window).rows()] == [True] * 3)

    window.panel.commands.retry_failed.trigger()
    until(qtbot, lambda: [row.snapshot.state.is_final for row in model(window).rows()] == [True] * 5)
    window.panel.commands.retry_failed.trigger()
    until(qtbot, lambda: [row.snapshot.state.is_final for row in model(window).rows()] == [True] * 7)

    assert Counter(names(window)) == {"a": 3, "b": 3, "c": 1}


def test_a_shared_stop_flag_is_asked_about_first(qtbot: QtBot, window: MainWindow, worker: Worker) -> None:
    """The question names what else stops; only yes sets the flag, and only that of the row it was about."""
    row = model(window).row_at(0)
    row.snapshot = row.snapshot._replace(
        stop_means=StopMeans("sets stop_event", ("loader-1", "<b>loader-2</b>")), revision=row.snapshot.revision + 50
    )

    window.panel.view.press(row.id, RowAction.CANCEL)
    box = window.findChild(QMessageBox)
    assert box is not None
    assert not row.task.stop_requested
    assert "loader-1" in box.informativeText()
    assert box.textFormat() is Qt.TextFormat.PlainText
    yes = next(button for button in box.findChildren(QPushButton) if button.text() == "Cancel all 3")
    qtbot.mouseClick(yes, Qt.MouseButton.LeftButton)

    assert row.task.stop_requested


def test_another_of_the_same_name_that_stops_along_is_asked_about(qtbot: QtBot, window: MainWindow) -> None:
    """Threads are often called alike. Nobody is asked about those that are meant to stop themselves."""
    shared = StopMeans("sets stop_event", ("worker", "sender"))
    tasks: list[Any] = [
        PlayedTask(number, name, kind="thread", stop_means=shared)
        for number, name in ((900, "worker"), (901, "worker"))
    ]
    tasks.append(PlayedTask(902, "sender", kind="thread", stop_means=StopMeans("sets stop_event", ("worker",) * 2)))
    model(window).add([(task, task.snapshot()) for task in tasks])

    window.panel.commands.cancel_tasks([900])
    box = window.findChild(QMessageBox)
    assert box is not None
    assert box.informativeText().count("•") == 2
    assert "worker" in box.informativeText()
    assert any(button.text() == "Cancel all 3" for button in box.findChildren(QPushButton))
    box.reject()
    box.setParent(None)
    window.panel.commands.cancel_tasks([900, 902])
    box = window.findChild(QMessageBox)
    assert box is not None
    assert box.informativeText().count("•") == 1
    box.reject()
    box.setParent(None)
    window.panel.commands.cancel_tasks([900, 901, 902])
    assert window.findChild(QMessageBox) is None


def worked_for(window: MainWindow, seconds: float, total: float | None = 10) -> TaskRow:
    """The first row, as it is after so long."""
    row = model(window).row_at(0)
    picture = row.snapshot
    row.snapshot = picture._replace(
        started_at=picture.taken_at - seconds,
        progress=picture.progress._replace(total=total),
        revision=picture.revision + 50,
    )
    return row


def test_long_work_is_not_cancelled_by_a_slip(qtbot: QtBot, window: MainWindow, worker: Worker) -> None:
    """More than ten minutes of it: the question says how much, and a no leaves it running."""
    row = worked_for(window, 754)

    window.panel.view.press(row.id, RowAction.CANCEL)
    box = window.findChild(QMessageBox)
    assert box is not None
    assert "busy (12 m 34 s)" in box.informativeText().replace("\N{NO-BREAK SPACE}", " ")
    assert box.defaultButton().text() == "Keep it running"
    box.reject()
    assert not row.task.stop_requested

    window.settings.set(keys.CONFIRM_CANCEL, False)
    window.panel.view.press(row.id, RowAction.CANCEL)
    assert row.task.stop_requested


@pytest.mark.parametrize(("seconds", "total"), [(590, 10), (7200, None)])
def test_what_loses_little_is_cancelled_at_once(
    qtbot: QtBot, window: MainWindow, worker: Worker, seconds: float, total: float | None
) -> None:
    """Short work, and work towards no end."""
    row = worked_for(window, seconds, total)

    window.panel.view.press(row.id, RowAction.CANCEL)

    assert row.task.stop_requested
    assert window.findChild(QMessageBox) is None


class LockedTask(PlayedTask):
    """A thread without a way to stop, as those of watched programs are."""

    def ask(self, _request: object, _dispatch: object = None) -> bool:
        return False


def add_programs(window: MainWindow, *, threads: int) -> list[int]:
    """Two programs with so many threads each, none of which can be cancelled or paused by itself."""
    tasks: list[Any] = []
    locked = {"why_not_cancellable": "No way to stop it was found.", "pausable": False}
    for number in (900, 950):
        tasks.append(PlayedTask(number, f"p{number}.py", kind="program", pausable=False))
        tasks += [
            LockedTask(number + n, "loader", kind="thread", parent_id=number, **locked) for n in range(1, threads + 1)
        ]
    model(window).add([(task, task.snapshot()) for task in tasks])
    return [900, 950]


@pytest.mark.parametrize(("threads", "asks"), [(2, True), (1, False)])
def test_programs_count_with_all_that_ends_with_them(
    qtbot: QtBot, window: MainWindow, threads: int, asks: bool
) -> None:
    programs = add_programs(window, threads=threads)

    window.panel.commands.cancel_tasks(programs)

    box = window.findChild(QMessageBox)
    assert (box is not None) is asks
    assert box is None or "p900.py (with 2 beneath it)" in box.informativeText()


def test_what_is_beneath_another_is_asked_about_with_it(qtbot: QtBot, window: MainWindow) -> None:
    """Not once more by its own name. What is done to a program is said, and nothing of checkpoints."""
    means = StopMeans("interrupts it, as Ctrl-C does", signal="SIGINT")
    tasks = [PlayedTask(900, "poll.py", kind="program", pausable=False, stop_means=means)]
    tasks += [PlayedTask(900 + n, f"poller {n}", kind="thread", parent_id=900) for n in range(1, 7)]
    model(window).add([(task, task.snapshot()) for task in tasks])

    window.panel.commands.cancel_tasks([task.id for task in tasks])

    box = window.findChild(QMessageBox)
    assert box.text() == "Cancel 7 tasks?"
    assert box.informativeText().splitlines() == [
        "Each of them is asked to stop in its own way, and leaves once it notices.",
        "• poll.py (with 6 beneath it): interrupts it, as Ctrl-C does",
    ]


def test_one_program_is_one_task(qtbot: QtBot, window: MainWindow) -> None:
    """Its button says what it ends: who clicks it on a single row is not asked."""
    programs = add_programs(window, threads=9)

    window.panel.commands.cancel_tasks(programs[:1])

    assert window.findChild(QMessageBox) is None


def test_what_cannot_be_done_is_said(qtbot: QtBot, window: MainWindow) -> None:
    """A key that does nothing, without a word, looks broken."""
    add_programs(window, threads=1)
    said: list[str] = []
    commands = window.panel.commands
    commands.said.connect(said.append)
    window.panel.view.select_task(901)

    for action in (commands.cancel, commands.pause, commands.retry, commands.retry_failed):
        action.trigger()

    assert said == [
        "loader: No way to stop it was found.",
        "loader: Only jobs, tasks of the library and progress bars can be paused.",
        "loader: Only what was started from this window, and has ended, runs again.",
        "Nothing to retry: what has failed is part of other work, or was retried already.",
    ]
    while window.notices.text:
        window.notices.close_notice()


def test_all_are_paused_only_where_one_can_be(qtbot: QtBot, window: MainWindow) -> None:
    """Of watched threads none can; a task that comes later may."""
    add_programs(window, threads=1)
    assert not window.pause_button.isEnabled()
    bar: Any = PlayedTask(980, "bar", kind="bar")

    model(window).add([(bar, bar.snapshot())])
    assert window.pause_button.isEnabled()
    model(window).update(bar.become(pausable=False, revision=2))
    assert not window.pause_button.isEnabled()
    model(window).update(bar.become(pausable=True, state=S.PAUSED, revision=3))
    assert window.pause_button.isEnabled()
    assert window.pause_button.text() == "Resume all"
    model(window).update(bar.become(state=S.SUCCEEDED, revision=4))
    assert not window.pause_button.isEnabled()


def test_the_details_ask_what_the_table_asks(qtbot: QtBot, window: MainWindow, worker: Worker) -> None:
    """Their Cancel is the same one."""
    row = worked_for(window, 754)
    window.details.open(row.id)
    assert window.details.dock is not None
    overview = window.details.dock.pane.page_widget(Page.OVERVIEW)

    overview.cancel_button.click()

    assert window.findChild(QMessageBox) is not None
    assert not row.task.stop_requested


def test_del_reaches_the_only_match_of_a_filter(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker
) -> None:
    """The keys are on its row from the start: one that leads nowhere else selects it."""
    task = runner.start(idle, name="the other")
    wait_for(qtbot, window, 2)
    window.panel.view.setCurrentIndex(model(window).index(0, 0))
    window.panel.filter_bar.search.setText("other")
    qtbot.keyClick(window.panel.filter_bar.search, Qt.Key.Key_Return)
    wait_for(qtbot, window, 1)

    qtbot.keyClick(window.panel.view, Qt.Key.Key_Home)
    qtbot.keyClick(window.panel.view, Qt.Key.Key_Down)

    assert [row.id for row in window.panel.view.selected_rows()] == [task.id]


def test_how_many_run_at_once_can_be_changed(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker
) -> None:
    """More start at once."""
    second = Worker()
    runner.start(second.obey)

    window.panel.commands.at_once.trigger()
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setIntValue(2)
    dialog.accept()
    until(qtbot, second.started.is_set)

    assert runner.max_workers == 2
    second.go.set()


def test_names_and_reports_are_copied(qtbot: QtBot, window: MainWindow, worker: Worker) -> None:
    """As plain text."""
    select(window, model(window).row_at(0).id)

    window.panel.commands.copy_name.trigger()
    assert QGuiApplication.clipboard().text() == "busy"
    window.panel.commands.copy_report.trigger()

    assert "busy" in QGuiApplication.clipboard().text()
    assert "Running" in QGuiApplication.clipboard().text()


def test_what_a_task_has_made_is_opened(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its button; never what another program names."""
    from PySide6.QtGui import QDesktopServices

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)

    def make(ctx: TaskContext) -> None:
        ctx.result_path = "/somewhere/made of <b>"

    task = runner.start(make)
    until(qtbot, lambda: (row := model(window).row(task.id)) and row.action is RowAction.OPEN)
    window.panel.view.press(task.id, RowAction.OPEN)

    assert opened == ["/somewhere/made of <b>"]


def test_a_heading_offers_to_cancel_its_tasks(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker
) -> None:
    """In its menu only, and those that it had when the menu opened."""
    tasks = [runner.start(idle, name=name, group="g") for name in "ab"]
    wait_for(qtbot, window, 3)
    model(window).group_by(Grouping.GROUP)
    view = window.panel.view

    window.panel._show_menu(view.visualRect(model(window).index(0, 0)).center())
    menu = next(menu for menu in view.findChildren(QMenu) if menu.isVisible())
    first = menu.actions()[0]
    assert words_of(first) == "Cancel all of the group (2)"
    late = runner.start(idle, name="late", group="g")
    first.trigger()
    menu.close()
    until(qtbot, lambda: all(task.cancelled() for task in tasks))

    assert not late.cancelled()


def test_no_shortcut_belongs_to_two_actions(window: MainWindow) -> None:
    """Two would make both dead."""
    keys = [
        (sequence.toString(), words_of(action))
        for _, action in window.menus.book
        for sequence in action.shortcuts()
    ]  # fmt: skip
    doubled = {key: [words for other, words in keys if other == key] for key, _ in keys}

    assert {key: words for key, words in doubled.items() if len(words) > 1} == {}


def test_every_action_of_menus_and_buttons_is_in_the_book(window: MainWindow) -> None:
    """So that palette and sheet can be complete."""
    known = {action for _, action in window.menus.book}

    def actions(menu: QMenu) -> list:  # type: ignore[type-arg]
        found = []
        for action in menu.actions():
            if action.menu() is not None:
                found += actions(action.menu())
            elif not action.isSeparator():
                found.append(action)
        return found

    for bar_action in window.menuBar().actions():
        missing = [words_of(action) for action in actions(bar_action.menu()) if action not in known]
        assert missing == []


def test_the_palette_finds_and_runs(qtbot: QtBot, window: MainWindow) -> None:
    """A few letters, Enter; the table is frozen, the palette gone."""
    window.menus.palette.trigger()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    everything = palette.list.topLevelItemCount()

    qtbot.keyClicks(palette.search, "frz")
    assert palette.list.topLevelItem(0).text(0) == "View: Freeze"
    assert palette.list.topLevelItem(0).text(1) == "Z"
    assert palette.list.topLevelItemCount() < everything
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)

    assert model(window).is_frozen
    until(qtbot, lambda: window.findChild(CommandPalette) is None)


def test_the_palette_lists_what_can_be_done_now(qtbot: QtBot, window: MainWindow) -> None:
    """With nothing selected, nothing can be retried; afterwards the shortcuts work as before."""
    window.menus.palette.trigger()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    listed = [palette.list.topLevelItem(place).text(0) for place in range(palette.list.topLevelItemCount())]

    assert "Task: Retry" not in listed
    assert "File: Quit" in listed
    assert window.panel.commands.retry.isEnabled()
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    until(qtbot, lambda: window.findChild(CommandPalette) is None)


def test_the_sheet_shows_every_shortcut(qtbot: QtBot, window: MainWindow) -> None:
    """It is made from the actions, so that it cannot lie; its labels are plain text."""
    window.menus.shortcuts.trigger()
    sheet = window.findChild(ShortcutSheet)
    assert sheet is not None
    labels = {label.text() for label in sheet.findChildren(QLabel)}
    text = " ".join(labels)

    for _, action in window.menus.book:
        if action.shortcuts():
            assert words_of(action) in labels
            assert keys_of(action)[0] in text
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in sheet.findChildren(QLabel))
    sheet.close()


def test_freezing_says_so_and_goes_on(qtbot: QtBot, window: MainWindow, worker: Worker) -> None:
    """Z freezes, the strip says since when, Z again goes on; cancel works meanwhile and is seen."""
    select(window, model(window).row_at(0).id)
    qtbot.keyClick(window.panel.view, Qt.Key.Key_Z)
    strip = window.panel._freeze_strip
    assert strip is not None
    assert strip.text.startswith("Frozen at ")
    assert window.panel.view_commands.freeze.isChecked()

    window.panel.commands.cancel.trigger()
    until(qtbot, lambda: str(model(window).data(model(window).index(0, TaskColumn.STATE))) == "Cancelled")
    qtbot.keyClick(window.panel.view, Qt.Key.Key_Z)

    assert strip.isHidden()
    assert not window.panel.view_commands.freeze.isChecked()


def test_the_menu_says_what_can_be_done(qtbot: QtBot, window: MainWindow, runner: TaskRunner, worker: Worker) -> None:
    """A waiting task is held, a running one paused; neither can be retried."""
    task = runner.start(idle)
    wait_for(qtbot, window, 2)
    commands = window.panel.commands

    commands.fit_to([model(window).row(task.id)])
    waiting = (words_of(commands.pause), commands.move_up.isEnabled(), commands.retry.isEnabled())
    commands.fit_to([model(window).row_at(0)])
    running = (words_of(commands.pause), commands.move_up.isEnabled(), commands.retry.isEnabled())
    commands.enable_all()

    assert waiting == ("Hold", True, False)
    assert running == ("Pause", False, False)


def test_columns_and_groups_can_be_chosen_from_the_menu(qtbot: QtBot, window: MainWindow) -> None:
    """Each hidden column has an entry; grouping is one of three."""
    menu = QMenu()
    qtbot.addWidget(menu)
    commands = window.panel.view_commands
    commands.fill_columns(menu)
    entry = next(action for action in menu.actions() if action.text() == "Thread")

    entry.trigger()
    assert TaskColumn.THREAD in window.panel.view.columns.chosen
    next(action for action in commands.groups.actions() if "program" in action.text()).trigger()

    assert model(window).grouping is Grouping.PROGRAM


@pytest.mark.parametrize(
    ("letters", "words", "fits"),
    [("", "x", True), ("ca", "Cancel all", True), ("ca", "Clear all", True), ("zz", "Freeze", False), ("X", "x", True)],
)
def test_letters_fit_in_their_order(letters: str, words: str, fits: bool) -> None:
    """Upper and lower case are the same."""
    assert (score(letters, words) is not None) is fits


def test_beginnings_of_words_and_neighbours_count_more() -> None:
    """What people type first is found first."""
    words = ["Task: Cancel", "Task: Cancel all", "View: Clear filter", "Task: Clear finished"]

    assert best_first("cf", words, str)[0] in words[2:]
    assert best_first("cancel", words, str)[0] == "Task: Cancel"
    assert best_first("ca", words, str)[0].startswith("Task: Cancel")


def test_restore_layout_shows_in_the_menu(window: MainWindow) -> None:
    """The checks follow what is in force."""
    state = window.panel.layout_state()
    state["group_by"] = "group"

    window.panel.restore_layout(state)

    assert words_of(window.panel.view_commands.groups.checkedAction()) == "Group by group"
    assert model(window).grouping is Grouping.GROUP
