"""The window of the history: what it shows, and what it does."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.history.history import History
from taskmon.bridge.history.text import HistoryColumn
from taskmon.bridge.quitting import Stage
from taskmon.history.limits import Limits
from taskmon.history.values import RestartInfo
from taskmon.ui.history.window import HistoryWindow
from taskmon.ui.window.window import MainWindow
from tests.helpers.main_window import main_window
from tests.history.samples import S, added, picture, record, recorder
from tests.qt_helpers import LONG, runner, until

__all__ = ["runner"]  # fixture


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner, tmp_path: Path) -> Iterator[MainWindow]:
    """The main window, its history in a folder of the test's."""
    with main_window(qtbot, runner) as made:
        controller = made.controller
        history = History(controller, controller, folder=lambda: tmp_path / "data", limits=Limits(0, 0, 0))
        made.use_history(history)
        yield made
        if made.history is not None and made.history.opened is not None:
            made.history.opened.close()
    assert history.close(20)


def open_history(qtbot: QtBot, window: MainWindow) -> HistoryWindow:
    assert window.history is not None
    window.show_history()
    opened = window.history.opened
    assert opened is not None
    until(qtbot, lambda: opened.model.loaded)
    return opened


def names(opened: HistoryWindow) -> list[str]:
    model = opened.model
    return [model.index(place, HistoryColumn.NAME).data() for place in range(model.rowCount())]


def test_it_opens_once_from_the_menu_and_says_when_there_is_nothing(qtbot: QtBot, window: MainWindow) -> None:
    opened = open_history(qtbot, window)

    until(qtbot, lambda: opened.pages.currentWidget() is opened.nothing)
    assert not opened.export_button.isEnabled()
    window.show_history()
    assert window.history is not None
    assert window.history.opened is opened
    opened.close()
    until(qtbot, lambda: window.history is not None and window.history.opened is None)


def test_searching_and_filtering(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    record(tmp_path / "data", picture(1, name="Copy"), picture(2, S.FAILED, name="Sync", error="No space left"))
    opened = open_history(qtbot, window)
    assert names(opened) == ["Sync", "Copy"]

    qtbot.keyClicks(opened.filter.search, "SPACE")
    until(qtbot, lambda: names(opened) == ["Sync"])
    qtbot.keyClicks(opened.filter.search, " xyzzy")
    until(qtbot, lambda: opened.pages.currentWidget() is opened.no_match)
    qtbot.keyClick(opened.filter.search, Qt.Key.Key_Escape)
    until(qtbot, lambda: names(opened) == ["Sync", "Copy"])
    opened.show_state("failed")
    until(qtbot, lambda: names(opened) == ["Sync"])
    opened.show_state("")
    opened.filter.age.setCurrentIndex(1)
    until(qtbot, lambda: names(opened) == ["Sync", "Copy"])


def test_the_details_scroll_only_where_they_have_no_room(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    record(tmp_path / "data", picture(1, name="Copy"))
    opened = open_history(qtbot, window)
    until(qtbot, lambda: opened.details.story is not None)
    bar = opened.details.findChild(QScrollArea).verticalScrollBar()
    opened.resize(1100, 700)
    until(qtbot, lambda: opened.details.height() > 400)
    until(qtbot, lambda: bar.maximum() == 0)
    opened.resize(700, 330)
    until(qtbot, lambda: bar.maximum() > 0)


def test_an_error_that_there_is_not_takes_no_room(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    record(tmp_path / "data", picture(1, S.SUCCEEDED, name="Sync"))
    opened = open_history(qtbot, window)
    until(qtbot, lambda: opened.details.story is not None)
    area = opened.details.findChild(QScrollArea)
    assert area is not None
    opened.resize(1100, 700)
    until(qtbot, lambda: opened.details.height() > 400 and area.height() > opened.details.height() * 3 / 4)


def test_the_details_tell_all_and_can_be_copied(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    record(tmp_path / "data", picture(1, S.FAILED, name="Sync <b>", error="no space", details="Traceback:\n  here"))
    opened = open_history(qtbot, window)
    until(qtbot, lambda: opened.details.story is not None)

    assert "here" in opened.details.long_text.toPlainText()
    assert not opened.details.again_button.isVisibleTo(opened)
    qtbot.mouseClick(opened.details.copy_button, Qt.MouseButton.LeftButton)
    report = QGuiApplication.clipboard().text()
    assert report.startswith("Sync <b>\nFailed. no space.")
    assert "  here" in report
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in opened.findChildren(QLabel) if label.text())


def test_a_job_is_run_again(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    work = RestartInfo("checksum", {"folders": [str(tmp_path / "photos")]})
    with recorder(tmp_path / "data", describe=lambda _: work) as made:
        made.post(added(picture(1, name="Checksum photos")))
    opened = open_history(qtbot, window)
    until(qtbot, lambda: opened.details.again_button.isVisibleTo(opened))

    with qtbot.waitSignal(window.panel.task_finished, timeout=LONG) as told:
        qtbot.mouseClick(opened.details.again_button, Qt.MouseButton.LeftButton)
    assert told.args[0].state is TaskState.SUCCEEDED
    until(qtbot, lambda: names(opened) == ["Checksum photos", "Checksum photos"])


def test_export_writes_what_is_shown(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    record(tmp_path / "data", picture(1, name="=1+1"), picture(2, S.FAILED, name="Sync"))
    opened = open_history(qtbot, window)
    opened.show_state("succeeded")
    path = tmp_path / "out.csv"
    opened.export_to(str(path))
    until(qtbot, path.exists)
    until(qtbot, opened.export_button.isEnabled)

    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["'=1+1"]
    assert opened.said.text() == f"1 task(s) written to “{path}”"
    opened.export_to(str(tmp_path / "no" / "out.csv"))
    until(qtbot, opened.export_button.isEnabled)
    assert "could not be written" in opened.said.text()


def test_an_answer_that_comes_after_the_window_was_closed_harms_nothing(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    """A story is not shown any more; an export goes on, and one that fails is told of by the main window."""
    record(tmp_path / "data", picture(1, name="Copy"))
    opened = open_history(qtbot, window)
    assert window.history is not None
    history, kept = window.history.history, []
    history.tell_story = lambda row, then: kept.append(then)  # type: ignore[method-assign]
    opened.table.setCurrentIndex(opened.model.index(-1, -1))
    opened.table.setCurrentIndex(opened.model.index(0, 0))
    history.export = lambda path, query, then, failed: kept.extend((then, failed))  # type: ignore[method-assign]
    opened.export_to(str(tmp_path / "out.csv"))
    opened.close()
    until(qtbot, lambda: window.history is not None and window.history.opened is None)
    story, written, failed = kept

    story(None)
    written(1)
    with qtbot.waitSignal(history.failed, timeout=LONG) as told:
        failed(OSError("no space"))
    assert "no space" in told.args[0].message
    (box,) = window.findChildren(QMessageBox)
    box.reject()


def test_deleting_is_asked_about(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    record(tmp_path / "data", picture(1))
    opened = open_history(qtbot, window)
    opened.ask_to_delete()
    (box,) = opened.findChildren(QMessageBox)
    default = box.defaultButton()
    assert default is not None
    assert default.text() == "Keep it"
    qtbot.mouseClick(default, Qt.MouseButton.LeftButton)
    assert names(opened) == ["Task 1"]

    opened.ask_to_delete()
    (button,) = [b for b in opened.findChildren(QPushButton) if b.text() == "Delete history" and b.isVisible()]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: opened.pages.currentWidget() is opened.nothing)


def test_tasks_that_were_lost_are_told_of_quietly_and_shown(qtbot: QtBot, runner: TaskRunner, tmp_path: Path) -> None:
    record(tmp_path, picture(1, name="gone"), picture(2, name="done"))
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET ended = NULL, mark = ''")
        connection.execute("UPDATE tasks SET open = 1, state = 'running' WHERE name = 'gone'")
    controller = TaskController(runner)
    window = MainWindow(lambda: controller, controller.jobs)
    qtbot.addWidget(window, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
    window.show()
    history = History(controller, controller, folder=lambda: tmp_path)
    window.use_history(history)
    until(qtbot, lambda: window.notices.text)
    assert "lost" in window.notices.text
    assert "1" in window.notices.text
    qtbot.mouseClick(window.notices.action_button, Qt.MouseButton.LeftButton)
    assert window.history is not None
    opened = window.history.opened
    assert opened is not None
    until(qtbot, lambda: names(opened) == ["gone"])
    opened.close()
    controller.close()
    assert history.close(20)
    controller.setParent(window)


def test_a_narrow_window_keeps_everything_within_reach(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    record(tmp_path / "data", *(picture(number) for number in range(30)))
    opened = open_history(qtbot, window)
    opened.resize(460, 520)
    until(qtbot, lambda: opened.width() == 460)

    for widget in (opened.filter.search, opened.filter.age, opened.export_button, opened.delete_button):
        assert opened.rect().contains(widget.mapTo(opened, widget.rect().bottomRight()))
    until(qtbot, lambda: opened.table.isColumnHidden(HistoryColumn.TOOK))
    opened.resize(1100, 640)
    until(qtbot, lambda: not opened.table.isColumnHidden(HistoryColumn.TOOK))
