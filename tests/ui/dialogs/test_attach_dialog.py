"""The list of programs that run: what it shows of them, what its buttons do, and that it looks only while shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QStyle, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from taskmon.attach.programs import Means, Program
from taskmon.attach.refusals import Refusal, Refused
from taskmon.bridge.programs.attaching import RunningProgram
from taskmon.core.base.errors import TaskmonError
from taskmon.ui.dialogs import running_programs
from taskmon.ui.dialogs.attach_dialog import AttachDialog
from taskmon.ui.dialogs.running_programs import RunningPrograms
from taskmon.ui.widgets.theme import style_sheet
from tests.bridge.programs.test_attaching import program
from tests.qt_helpers import until


class PlayedAttaching(QObject):
    """What the list asks, played."""

    listed = Signal(object)
    waiting = Signal()
    done = Signal(object)
    let_go = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.afresh = False
        self.asking = self.is_waiting = self.wakes = False
        self.asked: Program | None = None
        self.all_asked: list[int] = []
        self.withdrawn = 0

    def look(self, *, afresh: bool = False) -> None:
        self.looks += 1
        self.afresh = afresh

    def attach(self, program: Program, *, wake: bool = False) -> None:
        self.asking, self.asked = True, program
        self.all_asked.append(program.pid)

    def wait(self) -> None:
        self.is_waiting = True
        self.waiting.emit()

    def wake(self) -> None:
        self.wakes = True

    def withdraw(self) -> None:
        if self.asking:
            self.withdrawn += 1
            self.end(self.failed, TaskmonError("Cannot attach", "It is withdrawn."))

    def close(self) -> None:
        self.withdraw()

    def end(self, signal: Any, told: object) -> None:
        self.asking = self.is_waiting = False
        signal.emit(told)


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


@pytest.fixture
def shown(dialog: AttachDialog) -> RunningPrograms:
    return dialog.programs


def running(pid: int = 1, task_id: int | None = None, **changes: Any) -> RunningProgram:
    return RunningProgram(program(pid, **changes), 0.25, task_id)


LOOK = {"means": Means.LOOK, "refusal": Refused(Refusal.LOOK_ONLY, version="3.11")}
NOTHING = {"means": Means.NOTHING, "refusal": Refused(Refusal.DISABLED)}


def point_at(monkeypatch: pytest.MonkeyPatch, x: int) -> None:
    monkeypatch.setattr(running_programs.QCursor, "pos", lambda: QPoint(x, 1))


def pids(shown: RunningPrograms) -> list[int]:
    return [row.running.program.pid for row in shown.rows]


@pytest.mark.parametrize(
    ("one", "label"),
    [
        (running(), "Attach"),
        (running(**LOOK), "Look only"),
        (running(task_id=7), "Show"),
        (running(**NOTHING), "Why not?"),
    ],
)
def test_the_button_says_what_it_does(
    shown: RunningPrograms, played: PlayedAttaching, one: RunningProgram, label: str
) -> None:
    played.listed.emit([one])
    (row,) = shown.rows
    assert row.button.text() == label
    assert row.button.accessibleName() == f"{label} report.py"
    assert row.button.accessibleDescription() == one.why_not
    assert not shown.grab().isNull()


def test_why_nothing_can_be_done_is_said_on_asking(shown: RunningPrograms, played: PlayedAttaching) -> None:
    played.listed.emit([running(**NOTHING)])
    shown.rows[0].button.click()
    assert "disable-remote-debug" in shown.said
    assert played.all_asked == []


def test_without_programs_it_says_so(shown: RunningPrograms, played: PlayedAttaching) -> None:
    played.listed.emit([running()])
    assert shown._none.isHidden()
    played.listed.emit([])
    assert shown.rows == []
    assert "No Python program" in shown._none.text()
    assert not shown._none.isHidden()


def test_a_row_stays_the_same_while_its_program_runs(shown: RunningPrograms, played: PlayedAttaching) -> None:
    """So a press that has begun ends on the same program, and the keyboard stays where it is."""
    played.listed.emit([running(1), running(2)])
    two = shown.rows[1]
    played.listed.emit([running(5), running(4), running(2)])
    assert pids(shown) == [5, 4, 2]
    assert shown.rows[2] is two


def test_tab_goes_through_the_rows_as_they_stand(shown: RunningPrograms, played: PlayedAttaching) -> None:
    """And not as they came: what has just begun stands at the top."""
    played.listed.emit([running(1), running(2)])
    played.listed.emit([running(5), running(1), running(4), running(2)])
    buttons = [row.button for row in shown.rows]

    met, each = [buttons[0]], buttons[0].nextInFocusChain()
    while each is not buttons[0]:
        if each in buttons:
            met.append(each)
        each = each.nextInFocusChain()
    assert met == buttons


def test_what_can_be_attached_to_stands_first(shown: RunningPrograms, played: PlayedAttaching) -> None:
    played.listed.emit([running(1, **NOTHING), running(2), running(3, **LOOK)])
    assert pids(shown) == [2, 3, 1]


def test_another_process_of_the_same_number_is_another_program(shown: RunningPrograms, played: PlayedAttaching) -> None:
    played.listed.emit([running(2)])
    before = shown.rows[0]
    played.listed.emit([running(2, started=1000)])
    assert shown.rows[0] is not before
    assert len(shown.rows) == 1


def test_nothing_moves_under_the_pointer(
    shown: RunningPrograms, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    played.listed.emit([running(1), running(2)])
    monkeypatch.setattr(shown._list, "underMouse", lambda: True)
    point_at(monkeypatch, 1)
    played.listed.emit([running(5), running(2)])
    assert pids(shown) == [1, 2, 5]
    assert [row.button.isHidden() for row in shown.rows] == [True, False, False], "the first has ended"
    version, *figures = shown.rows[0]._figures_shown
    assert version
    assert not any(figures), "it uses nothing any more"
    assert all(shown.rows[1]._figures_shown)
    monkeypatch.setattr(shown._list, "underMouse", lambda: False)
    played.listed.emit([running(5), running(2)])
    assert pids(shown) == [5, 2]


def test_what_has_ended_leaves_under_a_pointer_that_rests(
    shown: RunningPrograms, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left alone on the list, the pointer would keep every program that ever ended above those that run."""
    monkeypatch.setattr(shown._list, "underMouse", lambda: True)
    point_at(monkeypatch, 1)
    played.listed.emit([running(1), running(2)])
    played.listed.emit([running(2)])
    assert pids(shown) == [1, 2]
    monkeypatch.setattr(running_programs, "_LEFT_ALONE", 0.0)
    played.listed.emit([running(2)])
    assert pids(shown) == [2]
    monkeypatch.setattr(running_programs, "_LEFT_ALONE", 60.0)
    point_at(monkeypatch, 2)
    played.listed.emit([running(3)])
    assert pids(shown) == [2, 3], "it moves again"


def test_a_click_right_after_rows_have_moved_does_nothing(
    shown: RunningPrograms, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was meant for the program that stood there before."""
    monkeypatch.setattr(running_programs, "_DEAD_TIME", float("inf"))
    played.listed.emit([running(1), running(2)])
    played.listed.emit([running(2), running(3)])
    shown.rows[0].button.click()
    assert played.all_asked == []

    monkeypatch.setattr(running_programs, "_DEAD_TIME", 0.0)
    shown.rows[0].button.click()
    assert played.all_asked == [2]


def test_a_click_on_an_old_list_is_for_the_program_that_stood_there_and_no_other(
    shown: RunningPrograms, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_programs, "_DEAD_TIME", 0.0)
    monkeypatch.setattr(running_programs, "_HOLDS", -1.0)
    dates: list[str] = []
    shown.dated.connect(dates.append)
    played.listed.emit([running(1), running(2)])
    assert len(dates) == 1
    looks = played.looks
    shown.rows[0].button.click()
    assert (played.looks, played.all_asked) == (looks + 1, []), "it looks first"
    played.listed.emit([running(2), running(1)])
    assert played.all_asked == [1]
    played.end(played.done, None)

    next(row for row in shown.rows if row.running.program.pid == 1).button.click()
    played.listed.emit([running(2)])
    played.listed.emit([running(2), running(1)])
    assert played.all_asked == [1], "it had ended"


def test_a_pointer_that_comes_back_to_where_it_was_aims(
    shown: RunningPrograms, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown._list, "underMouse", lambda: True)
    point_at(monkeypatch, 1)
    played.listed.emit([running(1), running(2)])
    shown._pointer_since = float("-inf")
    QCoreApplication.sendEvent(shown, QEnterEvent(QPointF(), QPointF(), QPointF()))
    played.listed.emit([running(3), running(2)])
    assert pids(shown) == [1, 2, 3]


def test_success_closes(qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running(8), running(9)])
    first, second = dialog.programs.rows
    qtbot.mouseClick(first.button, Qt.MouseButton.LeftButton)
    assert played.all_asked == [8]
    assert not first.button.isEnabled()
    assert not second.button.isEnabled(), "one at a time"
    with qtbot.waitSignal(dialog.accepted):
        played.end(played.done, program(8))


def test_a_refusal_is_said_and_the_dialog_stays(dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running(8)])
    dialog.programs.rows[0].button.click()
    played.end(played.failed, TaskmonError("Cannot attach", "It has been stopped."))
    assert dialog.isVisible()
    assert dialog.programs.said == "It has been stopped."
    assert dialog.programs.rows[0].button.isEnabled()
    dialog.programs.rows[0].button.click()
    assert dialog.programs.said == "", "of the request before"


def test_what_is_waited_for_is_withdrawn_by_closing(
    qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching
) -> None:
    played.listed.emit([running(8)])
    dialog.programs.rows[0].button.click()
    played.wait()
    assert "report.py" in dialog.programs.said
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert played.withdrawn == 1


def test_waking_is_offered_only_while_something_is_waited_for(shown: RunningPrograms, played: PlayedAttaching) -> None:
    """And with what may come of it."""
    played.listed.emit([running(8)])
    shown.rows[0].button.click()
    assert not shown.wake_button.isVisible()
    played.wait()
    assert shown.wake_button.isVisible()
    assert shown.withdraw_button.isVisible()
    assert "failure" in shown.said
    shown.wake_button.click()
    assert played.wakes
    assert not shown.wake_button.isVisible()
    shown.withdraw_button.click()
    assert played.withdrawn == 1
    assert shown.said == "It is withdrawn."
    assert not shown.withdraw_button.isVisible()


def test_a_list_that_comes_later_shows_what_is_waited_for(qtbot: QtBot, played: PlayedAttaching) -> None:
    played.attach(program(8))
    played.wait()
    later = RunningPrograms(played)  # type: ignore[arg-type]
    qtbot.addWidget(later)
    later.show()
    assert "report.py" in later.said
    with qtbot.waitSignal(later.left) as heard:
        later.hide()
    assert heard.args == [program(8)]


def test_the_first_list_looks_right_without_asking_for_the_style(
    dialog: AttachDialog, shown: RunningPrograms, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the first moments of a window: PySide takes 5 ms to make the class of styles."""
    asked: list[QPushButton] = []
    style = QPushButton.style

    def ask(button: QPushButton) -> QStyle:
        asked.append(button)
        return style(button)

    dialog.setStyleSheet(style_sheet(dialog.palette()))
    monkeypatch.setattr(QPushButton, "style", ask)
    played.listed.emit([running(3, **NOTHING)])
    button = shown.rows[0].button
    QCoreApplication.processEvents()
    assert button.isVisible()
    assert not asked
    first = button.grab().toImage()
    button.style().unpolish(button)
    button.style().polish(button)
    assert button.grab().toImage() == first
    played.listed.emit([running(3)])
    assert asked[2:] == [button], "it looks otherwise now"


def test_a_program_that_is_shown_already_is_shown(qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching) -> None:
    played.listed.emit([running(8, task_id=77)])
    with qtbot.waitSignal(dialog.chosen) as heard:
        dialog.programs.rows[0].button.click()
    assert heard.args == [77]
    assert played.all_asked == []


def test_it_looks_only_while_it_is_shown(dialog: AttachDialog, played: PlayedAttaching) -> None:
    assert played.looks == 1
    assert dialog.programs._timer.isActive()
    dialog.hide()
    assert not dialog.programs._timer.isActive()


def test_where_nobody_points_at_it_it_looks_less_often(dialog: AttachDialog, played: PlayedAttaching) -> None:
    """A window that idles must not look every two seconds, whatever comes and goes; one that is used must be right."""
    timer = dialog.programs._timer
    assert (timer.interval(), played.afresh) == (2_000, True)
    between = []
    for number in range(4):
        played.listed.emit([running(8), running(9 + number)])
        between.append(timer.interval())
    assert between == [8_000, 32_000, 64_000, 64_000]
    timer.timeout.emit()
    assert (played.looks, played.afresh) == (2, False)

    QCoreApplication.sendEvent(dialog.programs, QEnterEvent(QPointF(), QPointF(), QPointF()))
    assert (played.looks, played.afresh, timer.interval()) == (3, True, 2_000)


def test_it_looks_for_nothing_that_nobody_can_see(
    qtbot: QtBot, dialog: AttachDialog, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = dialog.windowHandle()
    until(qtbot, handle.isExposed)
    monkeypatch.setattr(type(handle), "isExposed", lambda _: False)
    dialog.programs._timer.timeout.emit()
    assert (played.looks, dialog.programs._timer.interval()) == (1, 64_000)


def test_of_a_row_only_that_is_painted_anew_which_shows_something_else(
    dialog: AttachDialog, shown: RunningPrograms, played: PlayedAttaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog.resize(1200, 300)
    played.listed.emit([running(8, age=100.0)])
    (row,) = shown.rows
    asked: list[object] = []
    monkeypatch.setattr(row, "update", lambda *area: asked.append(area))
    played.listed.emit([running(8, age=100.1)])
    assert asked == []
    played.listed.emit([running(8, age=102.0)])
    assert asked == [(shown.boxes(row.width(), row.height())[1][-1][1],)]
    played.listed.emit([running(8, name="another", age=102.0)])
    assert asked[1:] == [()]


@pytest.mark.parametrize("width", [380, 500, 600, 700, 1200])
def test_the_name_has_room_whatever_the_width(
    qtbot: QtBot, dialog: AttachDialog, shown: RunningPrograms, played: PlayedAttaching, width: int
) -> None:
    dialog.resize(width, 300)
    played.listed.emit([running(name="analysis.ipynb", **LOOK)])
    row = shown.rows[0]
    until(qtbot, lambda: row.width() == shown.room)
    place, boxes = shown.boxes(row.width(), row.height())
    assert place.width() >= 110
    edges = [place, *(box for _, box in boxes), row.button.geometry()]
    assert all(one.right() < other.left() for one, other in pairwise(edges))


def test_the_names_of_the_columns_stand_over_them(
    shown: RunningPrograms, played: PlayedAttaching, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scroll bar takes room from the rows, and gives it back when there are fewer."""
    header, boxes, painted = shown.findChild(running_programs._Header), shown.boxes, [0]

    def asked(width: int, height: int) -> Any:
        if height == header.height():
            painted[0] = width
        return boxes(width, height)

    monkeypatch.setattr(shown, "boxes", asked)
    bar = shown.findChild(QScrollArea).verticalScrollBar()
    for count in (40, 1, 40, 1):
        played.listed.emit([running(pid) for pid in range(1, count + 1)])
        until(qtbot, lambda count=count: bar.isVisible() is (count > 1))
        until(qtbot, lambda: painted[0] == shown.rows[0].width())


def test_names_that_look_like_html_stay_text(shown: RunningPrograms, played: PlayedAttaching) -> None:
    refused = Refused(Refusal.OTHER_USER, user="<img src=/x>")
    played.listed.emit([running(name="<b>x</b>", means=Means.NOTHING, refusal=refused)])
    row = shown.rows[0]
    assert "<img" not in row.toolTip()
    row.button.click()
    assert "<img src=/x>" in shown.said
