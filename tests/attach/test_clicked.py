"""Programs of different style that ran already: attached to, and each ended by clicks on its rows in a real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from taskmon.bridge.table.rows import TaskColumn, TaskRow
from taskmon.ui.table.painting import button_rect
from taskmon.ui.window.window import MainWindow
from tests.attach.targets import needs_314
from tests.attach.test_attached_program import attached
from tests.attach.test_same_rows import STYLES, started
from tests.end_to_end.test_corpus import expected, find, window
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.wire import meeting_place
from tests.qt_helpers import runner, until

__all__ = ["meeting_place", "runner", "window"]  # fixtures
pytestmark = [*needs_314, pytest.mark.slow]


def press(widget: QWidget, point: QPoint) -> None:
    """With the mouse, through the widget's window."""
    top = widget.window()
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(top.windowHandle(), Qt.MouseButton.LeftButton, none, widget.mapTo(top, point))


def click(qtbot: QtBot, window: MainWindow, row: TaskRow) -> None:
    """Press a row's button, as often as it takes: while rows move beneath the pointer, none is taken."""
    view = window.panel.view
    while not is_asked(row):
        question = window.findChild(QMessageBox)
        if question is not None and question.isVisible():
            destroys = QMessageBox.ButtonRole.DestructiveRole
            yes = next(button for button in question.buttons() if question.buttonRole(button) is destroys)
            press(yes, yes.rect().center())
        else:
            place = view.tasks.place_of(row.id)
            if place is not None:
                index = view.tasks.index(place, TaskColumn.ACTION)
                view.scrollTo(index)
                press(view.viewport(), button_rect(view.visualRect(index)).center())
                QTest.mouseMove(window.windowHandle(), QPoint(2, 2))  # beneath the pointer, rows stand still
        qtbot.wait(50)


def is_asked(row: TaskRow) -> bool:
    return row.snapshot.stop_requested_at is not None or row.snapshot.state.is_final


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_clicks_end_it(qtbot: QtBot, window: MainWindow, tmp_path: Path, path: Path) -> None:
    with started(path, tmp_path) as process:
        wait_until(lambda: attached(process.pid), "the end of its start")
        wanted = expected(path)
        until(qtbot, lambda: find(process.pid, wanted))
        clicked, model = [], window.panel.controller.model
        for _, task in find(process.pid, wanted):
            until(qtbot, lambda task=task: model.row(task["id"]) is not None)
            row = model.row(task["id"])
            if not is_asked(row):  # by another's click, whose flag it shares
                click(qtbot, window, row)
                clicked.append(row)
        assert clicked
        until(qtbot, lambda: process.poll() is not None)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")
        assert out.strip(), "it says what it did"
