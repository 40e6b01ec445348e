"""The dialog of programs that run: what it shows of them, what its button does, and that it looks only while shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from taskmon.attach.programs import Means, Program
from taskmon.attach.refusals import Refusal, Refused
from taskmon.bridge.programs.attaching import RunningProgram
from taskmon.core.base.errors import TaskmonError
from taskmon.ui.dialogs.attach_dialog import AttachDialog
from tests.bridge.programs.test_attaching import program


class PlayedAttaching(QObject):
    """What the dialog asks, played."""

    listed = Signal(object)
    waiting = Signal()
    done = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.asking = False
        self.asked: list[tuple[int, bool]] = []
        self.withdrawn = 0

    def look(self) -> None:
        self.looks += 1

    def attach(self, program: Program, *, wake: bool = False) -> None:
        self.asking = True
        self.asked.append((program.pid, wake))

    def withdraw(self) -> None:
        self.withdrawn += self.asking
        self.asking = False


@pytest.fixture
def played(qtbot: QtBot) -> PlayedAttaching:
    return PlayedAttaching()


@pytest.fixture
def dialog(qtbot: QtBot, played: PlayedAttaching) -> Iterator[AttachDialog]:
    parent = QWidget()  # which keeps it, until the test is over
    qtbot.addWidget(parent)
    made = AttachDialog(played, parent)  # type: ignore[arg-type]
    made.show()
    yield made
    if isValid(made):
        made.hide()


def running(pid: int = 1, task_id: int | None = None, **changes: Any) -> RunningProgram:
    return RunningProgram(program(pid, **changes), 0.25, task_id)


LOOK = {"means": Means.LOOK, "refusal": Refused(Refusal.LOOK_ONLY, version="3.11")}
NOTHING = {"means": Means.NOTHING, "refusal": Refused(Refusal.DISABLED)}


def texts(dialog: AttachDialog, row: int) -> list[str]:
    items = [dialog.table.item(row, column) for column in range(dialog.table.columnCount())]
    return [item.text().replace("\u202f", " ").replace("\u00a0", " ") for item in items if item is not None]


def test_each_program_is_a_row(dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running()])
    assert texts(dialog, 0) == ["report.py", "3.14.2", "3", "25 %", "5.0 MB", "1 m 40 s"]
    assert "/home/ada/work" in dialog.place.text()
    assert ".venv" in dialog.place.text()


@pytest.mark.parametrize(
    ("one", "label", "enabled"),
    [
        (running(), "Attach", True),
        (running(**LOOK), "Look only", True),
        (running(task_id=7), "Show", True),
        (running(**NOTHING), "Attach", False),
    ],
)
def test_the_button_says_what_it_does(
    dialog: AttachDialog, played: PlayedAttaching, one: RunningProgram, label: str, enabled: bool
) -> None:
    played.listed.emit([one])
    assert (dialog.submit_button.text(), dialog.submit_button.isEnabled()) == (label, enabled)
    if one.program.refusal is not None:
        assert one.why_not in dialog.place.text()


def test_without_programs_it_says_so(dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([])
    assert not dialog.submit_button.isEnabled()
    assert "No Python program" in dialog.place.text()


def test_the_selected_program_stays_selected(dialog: AttachDialog, played: PlayedAttaching) -> None:
    """Rows come and go above it."""
    played.listed.emit([running(1), running(2)])
    dialog.table.selectRow(1)
    played.listed.emit([running(5), running(4), running(2)])
    selected = dialog._selected()
    assert selected is not None
    assert selected.program.pid == 2


def test_another_process_of_the_same_number_is_another_program(dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running(1), running(2)])
    dialog.table.selectRow(1)
    played.listed.emit([running(1), running(2, started=1000)])
    selected = dialog._selected()
    assert selected is not None
    assert selected.program.pid == 1


def test_enter_attaches_and_success_closes(qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running(8)])
    dialog.wake.setChecked(True)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert played.asked == [(8, True)]
    assert not dialog.submit_button.isEnabled()
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert len(played.asked) == 1, "once at a time"
    with qtbot.waitSignals([dialog.attached, dialog.accepted]):
        played.asking = False
        played.done.emit(8)


def test_a_refusal_is_said_and_the_dialog_stays(qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running(8)])
    dialog.submit_button.click()
    played.asking = False
    played.failed.emit(TaskmonError("Cannot attach", "It has been stopped."))
    assert dialog.isVisible()
    assert dialog.problem == "It has been stopped."
    assert dialog.submit_button.isEnabled()


def test_what_is_waited_for_is_withdrawn_by_closing(
    qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching
) -> None:
    played.listed.emit([running(8)])
    dialog.submit_button.click()
    played.waiting.emit()
    assert "report.py" in dialog.problem
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert played.withdrawn == 1


def test_a_program_that_is_shown_already_is_shown(qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running(8, task_id=77)])
    with qtbot.waitSignal(dialog.chosen) as heard:
        dialog.submit_button.click()
    assert heard.args == [77]
    assert played.asked == []


def test_it_looks_only_while_it_is_shown(qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching) -> None:
    assert played.looks == 1
    assert dialog._timer.isActive()
    dialog.hide()
    assert not dialog._timer.isActive()
