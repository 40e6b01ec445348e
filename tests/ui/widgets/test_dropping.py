"""What is dropped is never taken as a move: its source would delete it."""

from __future__ import annotations

import platform
import sys

import PySide6
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import Stage
from taskmon.bridge.settings import AppSettings
from taskmon.jobs import BUILTIN_JOBS
from taskmon.ui.dialogs.job_dialog import JobDialog
from taskmon.ui.dialogs.program_dialog import ProgramDialog
from taskmon.ui.dialogs.settings_dialog import SettingsDialog
from taskmon.ui.widgets.dropping import PathLine
from taskmon.ui.window.window import MainWindow
from tests.qt_helpers import runner

__all__ = ["runner"]  # fixture

Action = Qt.DropAction
ALL = Action.CopyAction | Action.MoveAction | Action.LinkAction


def of_paths(*paths: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return data


def event_of(kind: type, data: QMimeData, possible: Action, proposed: Action) -> QDropEvent:
    """A drag or a drop as a file manager sends it; Qt proposes what `proposed` says."""
    exact = kind is QDropEvent or PySide6.__version_info__ >= (6, 12)
    place = QPointF(20, 20) if exact else QPoint(20, 20)
    event = kind(place, possible, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier)
    event.setDropAction(proposed)
    return event


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> MainWindow:
    controller = TaskController(runner, BUILTIN_JOBS.values())
    made = MainWindow(lambda: controller, controller.jobs)
    controller.setParent(made)
    qtbot.addWidget(made, before_close_func=lambda w: (setattr(w.departure, "stage", Stage.GONE), controller.close()))
    made.show()
    made.start_job = lambda job, values: asked.append((job.title, values))  # type: ignore[method-assign]
    asked: list[object] = []
    made.asked = asked  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("possible", "taken"),
    [
        (ALL, Action.CopyAction),
        (Action.MoveAction | Action.LinkAction, Action.LinkAction),
        (Action.MoveAction, None),
    ],
)
@pytest.mark.parametrize("kind", [QDragEnterEvent, QDragMoveEvent, QDropEvent])
def test_a_move_is_taken_as_a_copy_or_a_link_or_not_at_all(
    window: MainWindow, kind: type, possible: Action, taken: Action | None
) -> None:
    """While it hovers as well: the pointer shows what will be done."""
    data = of_paths("/data/scans")
    event = event_of(kind, data, possible, Action.MoveAction)
    handler = {
        QDragEnterEvent: window.dragEnterEvent,
        QDragMoveEvent: window.dragMoveEvent,
        QDropEvent: window.dropEvent,
    }[kind]

    handler(event)

    assert event.isAccepted() is (taken is not None)
    if taken is not None:
        assert event.dropAction() == taken
    if kind is QDropEvent:
        assert bool(window.asked) is (taken is not None)  # type: ignore[attr-defined]


def test_what_will_happen_is_shown_while_it_hovers(window: MainWindow) -> None:
    """The job and the names, above the table, until the drag leaves or ends."""
    data = of_paths("/data/scans", "/data/<b>more</b>", "/data/third")
    window.dragEnterEvent(event_of(QDragEnterEvent, data, ALL, Action.CopyAction))  # type: ignore[arg-type]
    hint = window.findChild(QLabel, "dropHint")

    assert hint is not None
    assert hint.isVisible()
    assert hint.text() == "Checksum a folder: scans and 2 more\nIt stays where it is."
    window.dragLeaveEvent(QDragLeaveEvent())
    assert not hint.isVisible()

    window.dragEnterEvent(event_of(QDragEnterEvent, data, ALL, Action.CopyAction))  # type: ignore[arg-type]
    window.dropEvent(event_of(QDropEvent, data, ALL, Action.CopyAction))
    assert not hint.isVisible()
    assert len(window.asked) == 1  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="there, such a path leads to the other computer")
def test_a_file_of_another_computer_is_taken_for_none_of_this(window: MainWindow) -> None:
    data = QMimeData()
    for host in ("another.example", platform.node(), "localhost"):
        data.setUrls([QUrl(f"file://{host}/srv/scans")])
        window.dropEvent(event_of(QDropEvent, data, ALL, Action.CopyAction))

    here = ("Checksum a folder", {"folders": ("/srv/scans",)})
    assert window.asked == [here, here]  # type: ignore[attr-defined]


def test_what_is_no_file_of_this_computer_is_refused_while_it_hovers(window: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.zip")])
    event = event_of(QDragEnterEvent, data, ALL, Action.CopyAction)

    window.dragEnterEvent(event)  # type: ignore[arg-type]

    assert not event.isAccepted()


def test_no_field_of_a_form_takes_files_but_those_for_a_path(qtbot: QtBot, window: MainWindow) -> None:
    """Qt's own fields take whatever has text, as a move if that is proposed."""
    jobs = [JobDialog(job, window) for job in BUILTIN_JOBS.values()]
    settings = SettingsDialog(AppSettings.in_memory(window), window, has_tray=True)
    made: list[QWidget] = [*jobs, ProgramDialog(window), settings]
    for dialog in made:
        dialog.show()
    lines = [line for line in window.findChildren(QLineEdit) if line.acceptDrops()]

    assert lines
    assert all(isinstance(line, PathLine) for line in lines)
    assert not [each for each in window.findChildren(QPlainTextEdit) if each.acceptDrops() and not each.isReadOnly()]
    for dialog in made:
        dialog.close()


def test_a_path_dropped_on_its_field_is_copied_into_it(qtbot: QtBot) -> None:
    line = PathLine("before")
    qtbot.addWidget(line)
    data = of_paths("/data/scans", "/data/other")

    for kind in (QDragEnterEvent, QDragMoveEvent):
        event = event_of(kind, data, ALL, Action.MoveAction)
        (line.dragEnterEvent if kind is QDragEnterEvent else line.dragMoveEvent)(event)  # type: ignore[operator]
        assert (event.isAccepted(), event.dropAction()) == (True, Action.CopyAction)
    line.dropEvent(event_of(QDropEvent, data, Action.MoveAction, Action.MoveAction))
    assert line.text() == "before"
    line.dropEvent(event_of(QDropEvent, data, ALL, Action.MoveAction))
    assert line.text() == "/data/scans"
