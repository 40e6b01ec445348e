"""The relay: whatever posts, the UI thread gets it in order, and nothing after the end."""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from taskmon.bridge import relay as relay_module
from taskmon.bridge.relay import TaskRelay
from taskmon.core.task.events import StateChanged, TaskLogged
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from tests.qt_helpers import until


class Receiver(QObject):
    """Notes what arrives, and in which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: list[list[Any]] = []
        self.threads: set[int] = set()

    @Slot(object)
    def take(self, events: list[Any]) -> None:
        self.lists.append(events)
        self.threads.add(threading.get_ident())

    @property
    def events(self) -> list[Any]:
        return [event for events in self.lists for event in events]


def change(task_id: int, revision: int) -> StateChanged:
    return StateChanged(TaskSnapshot(task_id, "x", TaskState.RUNNING, revision, 0.0, 0.0), TaskState.QUEUED)


def test_events_of_eight_threads_arrive_in_order_in_the_ui_thread(qtbot: QtBot) -> None:
    """Each thread's events come in the order in which it posted them, all of them, and in the UI thread."""
    relay, receiver = TaskRelay(), Receiver()
    relay.arrived.connect(receiver.take)
    barrier = threading.Barrier(8)

    def post(thread: int) -> None:
        barrier.wait()
        for number in range(500):
            relay.post(change(thread, number))

    threads = [threading.Thread(target=post, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    until(qtbot, lambda: len(receiver.events) == 4000)
    for thread in threads:
        thread.join()

    for number in range(8):
        revisions = [event.snapshot.revision for event in receiver.events if event.snapshot.id == number]
        assert revisions == list(range(500))
    assert receiver.threads == {threading.get_ident()}
    relay.close()


def test_a_burst_is_one_wake_up(qtbot: QtBot) -> None:
    """A thousand posts before the UI thread looks are handed over in a few lists, not in a thousand."""
    relay, receiver = TaskRelay(), Receiver()
    relay.arrived.connect(receiver.take)

    for number in range(1000):
        relay.post(change(1, number))
    until(qtbot, lambda: len(receiver.events) == 1000)

    assert len(receiver.lists) == 4
    relay.close()


def test_a_flood_leaves_turns_to_others(qtbot: QtBot, monkeypatch: Any) -> None:
    """When the budget of a turn is used up, the rest comes in later turns, still in order."""
    monkeypatch.setattr(relay_module, "TURN_BUDGET", 0.0)
    relay, receiver = TaskRelay(), Receiver()
    turns: list[int] = []
    relay.arrived.connect(receiver.take)
    relay._again.timeout.connect(lambda: turns.append(1))

    for number in range(1024):
        relay.post(change(1, number))
    until(qtbot, lambda: len(receiver.events) == 1024)

    assert [event.snapshot.revision for event in receiver.events] == list(range(1024))
    assert len(turns) == 3
    relay.close()


def test_log_lines_are_joined(qtbot: QtBot) -> None:
    """A task that logs ten thousand lines wakes the UI thread once: the lines themselves are kept by the task."""
    relay, receiver = TaskRelay(), Receiver()
    relay.arrived.connect(receiver.take)

    for number in range(10_000):
        relay.post(TaskLogged(7, f"line {number}"))
    until(qtbot, lambda: receiver.events)

    assert len(receiver.events) == 1
    relay.close()


def test_nothing_passes_a_closed_relay(qtbot: QtBot) -> None:
    """After close() nothing is delivered: neither what waited nor what is posted later. Closing twice is fine."""
    relay, receiver = TaskRelay(), Receiver()
    relay.arrived.connect(receiver.take)
    relay.post(change(1, 1))

    relay.close()
    relay.close()
    relay.post(change(1, 2))
    with qtbot.waitSignal(relay.destroyed, timeout=20_000):
        relay.deleteLater()
    relay.post(change(1, 3))

    assert receiver.events == []


def test_posting_while_it_closes_is_safe(qtbot: QtBot) -> None:
    """Threads that keep posting while the relay closes and is deleted neither crash nor raise."""
    errors: list[BaseException] = []
    for _ in range(20):
        relay = TaskRelay()
        go = threading.Barrier(5)
        stop = threading.Event()

        def post(relay: TaskRelay = relay, go: threading.Barrier = go, stop: threading.Event = stop) -> None:
            go.wait()
            try:
                while not stop.is_set():
                    relay.post(change(1, 1))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        go.wait()
        relay.close()
        relay.deleteLater()
        stop.set()
        for thread in threads:
            thread.join()
    qtbot.waitUntil(lambda: True)

    assert errors == []
