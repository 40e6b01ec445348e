"""A canary for the binding: what once broke in PySide6 and would take the window down with it."""

from __future__ import annotations

import subprocess
import sys

import pytest
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

    # Since 3.12 they are immortal and only their count can rise; see the next test for how far.
    lowest, highest = (-50, 50) if sys.version_info < (3, 12) else (-50, 1_000)
    assert lowest < after[0] - before[0] < highest
    assert lowest < after[1] - before[1] < highest


@pytest.mark.skipif(sys.version_info < (3, 12), reason="None and True are immortal from 3.12 on")
@pytest.mark.parametrize("thing", ["None", "True"])
def test_what_is_immortal_stays_so_however_often_it_is_emitted(thing: str) -> None:
    """From 3.14 on, PySide6 counts immortal objects up and never down. The count must end at its limit: if it went on
    to zero, None would be freed after some days of signals.
    """
    code = f"""
import ctypes, sys
from PySide6.QtCore import QCoreApplication, QObject, Signal
class Emitter(QObject):
    done = Signal(object)
app, emitter = QCoreApplication([]), Emitter()
limit = 2**32 - 1
# The lower half of the word, whichever end of it comes first.
count = ctypes.c_uint32.from_address(id({thing}) + (4 if sys.byteorder == "big" else 0))
count.value = limit - 20
for _ in range(1_000):
    emitter.done.emit({thing})
    emitter.setObjectName("canary")
print(limit - 20 <= count.value <= limit)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


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
    """The kind of connection that brings news from other threads, see `taskmon.bridge.ui_queue`."""
    emitter = Emitter()
    got: list[object] = []
    emitter.done.connect(got.append, Qt.ConnectionType.QueuedConnection)

    with qtbot.waitSignal(emitter.done):
        emitter.done.emit(5)
    qtbot.waitUntil(lambda: got == [5])
