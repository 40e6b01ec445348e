"""A canary for the binding: what once broke in PySide6 and would take the window down with it."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Qt, Signal
from pytestqt.qtbot import QtBot


class Emitter(QObject):
    done = Signal(object)


def test_emitting_drops_no_references(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python before 3.12 loses one reference to True with each emit, and aborts in the end."""
    emitter = Emitter()
    before = sys.getrefcount(True), sys.getrefcount(None)

    for _ in range(200):
        emitter.done.emit(None)
        emitter.setObjectName("canary")
    after = sys.getrefcount(True), sys.getrefcount(None)

    assert abs(after[0] - before[0]) < 50
    assert abs(after[1] - before[1]) < 50


def test_an_object_signal_passes_the_very_same_object(qtbot: QtBot) -> None:
    """`Signal(object)` neither copies nor converts: dicts keep their keys, integers their size."""
    emitter = Emitter()
    got: list[object] = []
    emitter.done.connect(got.append)
    sent: list[object] = [{1: "a"}, 2**70, None, float("nan"), "a\udcffb"]

    for thing in sent:
        emitter.done.emit(thing)

    assert all(one is other for one, other in zip(got, sent, strict=True))


def test_a_queued_signal_reaches_a_python_slot(qtbot: QtBot) -> None:
    """The kind of connection the relay stands on."""
    emitter = Emitter()
    got: list[object] = []
    emitter.done.connect(got.append, Qt.ConnectionType.QueuedConnection)

    with qtbot.waitSignal(emitter.done):
        emitter.done.emit(5)
    qtbot.waitUntil(lambda: got == [5])
