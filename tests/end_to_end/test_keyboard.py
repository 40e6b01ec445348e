"""Everything by keys, through the window system: nothing needs a pointer, and nothing traps the focus."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.table.rows import TaskColumn
from taskmon.jobs import BUILTIN_JOBS
from taskmon.ui.table.pressing import DEAD_TIME
from taskmon.ui.widgets.palette import CommandPalette
from taskmon.ui.widgets.shortcut_sheet import ShortcutSheet
from taskmon.ui.window.window import MainWindow
from tests.end_to_end.test_real_window import press_button, window
from tests.qt_helpers import LONG, Worker, runner, until

__all__ = ["runner", "window"]  # fixtures

pytestmark = pytest.mark.window

K = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def key(which: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key in the window that has the keys."""
    window = QGuiApplication.focusWindow()
    assert window is not None, "no window has the keys"
    QTest.keyClick(window, which, modifiers)


def started(qtbot: QtBot, window: MainWindow, runner: TaskRunner, count: int) -> list[int]:
    """Start obedient tasks and give the table the keys."""
    workers = [Worker() for _ in range(count)]
    tasks = [runner.start(worker.obey, name=f"task {number}") for number, worker in enumerate(workers)]
    model = window.panel.controller.model
    until(qtbot, lambda: model.rowCount() == count and all(worker.started.is_set() for worker in workers))
    until(qtbot, lambda: all(row.snapshot.state is TaskState.RUNNING for row in model.rows()))
    window.activateWindow()
    until(qtbot, lambda: QGuiApplication.focusWindow() is window.windowHandle())
    window.panel.view.setFocus()
    window.panel.view.setCurrentIndex(model.index(0, TaskColumn.NAME))
    return [task.id for task in tasks]


def state(window: MainWindow, task_id: int) -> TaskState | None:
    row = window.panel.controller.model.row(task_id)
    return row.snapshot.state if row is not None else None


def test_pause_cancel_and_freeze_by_keys(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """P pauses and resumes, Z freezes, Delete cancels while frozen and is seen, Escape goes on."""
    ids = started(qtbot, window, runner, 3)
    model = window.panel.controller.model

    key(K.Key_Down)
    key(K.Key_P)
    until(qtbot, lambda: state(window, ids[1]) is TaskState.PAUSED)
    key(K.Key_P)
    until(qtbot, lambda: state(window, ids[1]) is TaskState.RUNNING)
    key(K.Key_Z)
    assert model.is_frozen
    key(K.Key_Delete)
    until(qtbot, lambda: state(window, ids[1]) is TaskState.CANCELLED)
    assert str(model.data(model.index(1, TaskColumn.STATE))) == "Cancelled"
    key(K.Key_Escape)

    assert not model.is_frozen
    assert [state(window, task_id) for task_id in (ids[0], ids[2])] == [TaskState.RUNNING] * 2


def test_space_selects_and_delete_cancels_what_is_selected(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    """The first and the third, with Control to walk without selecting."""
    ids = started(qtbot, window, runner, 4)

    key(K.Key_Down, CTRL)
    key(K.Key_Down, CTRL)
    key(K.Key_Space)
    assert [row.id for row in window.panel.view.selected_rows()] == [ids[0], ids[2]]
    key(K.Key_Delete)
    until(qtbot, lambda: state(window, ids[2]) is TaskState.CANCELLED and state(window, ids[0]) is TaskState.CANCELLED)

    assert [state(window, task_id) for task_id in (ids[1], ids[3])] == [TaskState.RUNNING] * 2


def test_enter_asks_for_the_details(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Of the row that the keys are on."""
    ids = started(qtbot, window, runner, 2)
    key(K.Key_Down)

    with qtbot.waitSignal(window.panel.view.details_requested, timeout=LONG) as asked:
        key(K.Key_Return)

    assert asked.args == [ids[1]]


def test_tab_goes_round_and_leaves_the_table(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """From the table on, Tab comes to every other control and back."""
    started(qtbot, window, runner, 2)
    seen = []
    for _ in range(60):
        key(K.Key_Tab)
        seen.append(QApplication.focusWidget())
        if seen[-1] is window.panel.view:
            break

    assert seen[-1] is window.panel.view, "back where it began"
    assert window.panel.filter_bar.search in seen
    assert window.new_button in seen
    assert window.cancel_button in seen


def test_the_palette_and_the_sheet_open_by_keys(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Ctrl+K, letters, Enter; a question mark, Escape: the keys are the table's again."""
    started(qtbot, window, runner, 2)

    key(K.Key_K, CTRL)
    until(qtbot, lambda: window.findChild(CommandPalette) is not None)
    palette = window.findChild(CommandPalette)
    assert palette is not None
    # Straight to the dialogs: without a window manager, they are not given the keys by themselves.
    QTest.keyClicks(palette.search, "group by program")
    QTest.keyClick(palette.search, K.Key_Return)
    until(qtbot, lambda: window.panel.controller.model.is_grouped)
    until(qtbot, lambda: window.findChild(CommandPalette) is None)
    window.activateWindow()
    until(qtbot, lambda: QGuiApplication.focusWindow() is window.windowHandle())
    key(K.Key_Question)
    until(qtbot, lambda: window.findChild(ShortcutSheet) is not None)
    sheet = window.findChild(ShortcutSheet)
    assert sheet is not None
    QTest.keyClick(sheet, K.Key_Escape)

    until(qtbot, lambda: window.findChild(ShortcutSheet) is None)


def test_ctrl_q_works_while_a_dialog_has_the_keys(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The dialog of a job does not keep the window from being left."""
    window.activateWindow()
    until(qtbot, lambda: QGuiApplication.focusWindow() is window.windowHandle())
    dialog = window.ask_for_job(BUILTIN_JOBS["checksum"])
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert not dialog.isModal()
    assert window.menus.quit.shortcutContext() is Qt.ShortcutContext.ApplicationShortcut

    with qtbot.waitSignal(window.left, timeout=LONG):
        QTest.keyClick(dialog, K.Key_Q, CTRL)

    dialog.close()


def test_a_row_under_the_pointer_stays_while_others_come(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Sorted by name downwards, each new task would push the button away: it waits until the pointer has left."""
    ids = started(qtbot, window, runner, 3)
    view, model = window.panel.view, window.panel.controller.model
    view.horizontalHeader().setSortIndicator(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    place = model.place_of(ids[0])
    assert place is not None
    cell = view.visualRect(model.index(place, TaskColumn.ACTION))
    QCursor.setPos(view.viewport().mapToGlobal(cell.center()))
    until(qtbot, lambda: view.buttons.state.hot == ids[0])
    sorted_at = time.monotonic()
    # A click so soon after the rows have moved would not be meant for what is there now.
    until(qtbot, lambda: time.monotonic() - sorted_at >= DEAD_TIME)

    late = [runner.start(Worker().obey, name=f"zzz {number}") for number in range(4)]
    until(qtbot, lambda: len(model.rows()) == 7)
    assert model.place_of(ids[0]) == place
    press_button(window, ids[0])
    until(qtbot, lambda: state(window, ids[0]) is TaskState.CANCELLED)
    QCursor.setPos(window.mapToGlobal(QPoint(3, 3)))
    until(qtbot, lambda: model.rowCount() == 7)

    assert [state(window, task_id) for task_id in ids[1:]] == [TaskState.RUNNING] * 2
    assert all(not task.stop_requested for task in late)
