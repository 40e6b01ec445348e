"""Work in the background, and the way of its answers into the UI thread."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from taskmon.bridge.background import Courier, Errands
from taskmon.bridge.relay import Mailbox
from tests.conftest import ExpectedLog
from tests.helpers.gates import Gate
from tests.qt_helpers import until


def test_answers_and_failures_come_in_the_ui_thread_in_their_order(qtbot: QtBot) -> None:
    """The work itself is done elsewhere."""
    owner = QObject()
    errands = Errands(owner)
    here = QThread.currentThread()
    told: list[object] = []

    def hear(answer: object) -> None:
        told.append((answer, QThread.currentThread() is here))

    errands.run(lambda: QThread.currentThread() is here, hear)
    errands.run(lambda: 1 // 0, hear, lambda error: hear(type(error)))
    errands.run(lambda: 3, hear)
    until(qtbot, lambda: len(told) == 3)

    assert told == [(False, True), (ZeroDivisionError, True), (3, True)]
    assert errands.wait_idle(20)


def test_nothing_is_heard_after_the_end(qtbot: QtBot) -> None:
    """What runs goes on; its answer finds nobody."""
    owner = QObject()
    errands = Errands(owner)
    told: list[object] = []
    with Gate() as gate:
        errands.run(gate.pass_through, told.append)
        gate.await_arrival()
        errands.close()
    assert errands.wait_idle(20)
    after = Mailbox(owner)
    after.post(lambda: told.append("later"))
    until(qtbot, lambda: told)

    assert told == ["later"]


def test_a_letter_that_raises_takes_no_other_with_it(qtbot: QtBot) -> None:
    """Each is read in a turn of its own."""
    mailbox = Mailbox()
    read: list[int] = []

    def fail() -> None:
        raise ValueError("as told")

    with qtbot.captureExceptions() as raised:
        letters: list[Callable[[], object]] = [lambda: read.append(1), fail, lambda: read.append(3)]
        for letter in letters:
            assert mailbox.post(letter)
        until(qtbot, lambda: len(read) == 2)

    assert read == [1, 3]
    assert [kind for kind, _, _ in raised] == [ValueError]


def test_no_letter_is_lost_however_many_there_are(qtbot: QtBot) -> None:
    """An answer that never comes would leave a window waiting for it."""
    mailbox = Mailbox()
    read: list[int] = []
    for number in range(3_000):
        mailbox.post(lambda number=number: read.append(number))  # type: ignore[misc]
    until(qtbot, lambda: len(read) == 3_000)

    assert read == list(range(3_000))
    mailbox.close()
    assert not mailbox.post(lambda: None), "closed: whoever posts is told"


@pytest.mark.parametrize("error", [ValueError("as told"), SystemExit(3)])
def test_a_courier_goes_on_after_foreign_code_has_failed(error: BaseException, expected_log: ExpectedLog) -> None:
    """And says what it was."""
    expected_log("A callback failed")
    courier = Courier()
    run: list[int] = []

    def fail() -> None:
        raise error

    courier.post(fail)
    courier.post(lambda: run.append(2))
    assert courier.wait_idle(20)

    assert run == [2]
