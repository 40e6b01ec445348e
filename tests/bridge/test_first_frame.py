"""Steps that wait for the first frame: all of them run, once, in order, and none too early."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from taskmon.bridge.first_frame import FirstFrame
from tests.qt_helpers import until


@pytest.fixture
def first_frame(qtbot: QtBot) -> Iterator[FirstFrame]:
    parent = QObject()
    yield FirstFrame(parent)
    parent.deleteLater()
    QCoreApplication.sendPostedEvents(parent, QEvent.Type.DeferredDelete)


def turn() -> None:
    """One turn of the event loop."""
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)


def test_steps_run_after_the_first_frame_in_order(first_frame: FirstFrame) -> None:
    done: list[str] = []
    first_frame.then(lambda: done.append("one"))
    first_frame.then(lambda: done.append("two"))

    turn()
    assert done == []
    first_frame.painted()
    assert done == [], "not in the middle of painting"
    turn()
    assert done == ["one"], "one in each turn: the window answers in between"
    first_frame.painted()
    turn()
    assert done == ["one", "two"]


def test_a_late_step_runs_soon(qtbot: QtBot, first_frame: FirstFrame) -> None:
    done: list[str] = []
    first_frame.painted()

    first_frame.then(lambda: done.append("late"))

    assert done == []
    until(qtbot, lambda: done == ["late"])


def test_a_step_may_add_another(qtbot: QtBot, first_frame: FirstFrame) -> None:
    done: list[str] = []
    first_frame.then(lambda: first_frame.then(lambda: done.append("second")))

    first_frame.painted()

    until(qtbot, lambda: done == ["second"])


def test_a_window_that_is_not_shown_does_not_keep_them_waiting(qtbot: QtBot, first_frame: FirstFrame) -> None:
    done: list[str] = []
    first_frame.then(lambda: done.append("hidden"))

    until(qtbot, lambda: done == ["hidden"])


def test_a_step_that_raises_does_not_keep_the_next(qtbot: QtBot, first_frame: FirstFrame) -> None:
    done: list[str] = []
    first_frame.then(lambda: 1 / 0)
    first_frame.then(lambda: done.append("next"))

    with capture_exceptions() as raised:
        first_frame.painted()
        until(qtbot, lambda: done == ["next"])

    assert [error[0] for error in raised] == [ZeroDivisionError]


def test_nothing_runs_once_the_window_has_left(first_frame: FirstFrame) -> None:
    done: list[str] = []
    first_frame.then(lambda: done.append("too late"))

    first_frame.forget()
    first_frame.painted()
    turn()

    assert done == []
