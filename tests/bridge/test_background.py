"""Work in the background, and the way of its answers into the UI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from taskmon.bridge.ui_queue import BackgroundTasks, call_queue
from tests.helpers.gates import Gate
from tests.qt_helpers import until


def test_answers_and_failures_come_in_the_ui_thread_in_their_order(qtbot: QtBot) -> None:
    """The work itself is done elsewhere."""
    owner = QObject()
    background = BackgroundTasks(owner)
    here = QThread.currentThread()
    told: list[object] = []

    def hear(answer: object) -> None:
        told.append((answer, QThread.currentThread() is here))

    background.run(lambda: QThread.currentThread() is here, hear)
    background.run(lambda: 1 // 0, hear, lambda error: hear(type(error)))
    background.run(lambda: 3, hear)
    until(qtbot, lambda: len(told) == 3)

    assert told == [(False, True), (ZeroDivisionError, True), (3, True)]
    assert background.wait_idle(20)


def test_nothing_is_heard_after_the_end(qtbot: QtBot) -> None:
    """What runs goes on; its answer finds nobody."""
    owner = QObject()
    background = BackgroundTasks(owner)
    told: list[object] = []
    with Gate() as gate:
        background.run(gate.pass_through, told.append)
        gate.await_arrival()
        background.close()
    assert background.wait_idle(20)
    after = call_queue(owner)
    after.post(lambda: told.append("later"))
    until(qtbot, lambda: told)

    assert told == ["later"]
