"""The way into the UI thread: whatever posts, the UI thread gets it in order, and nothing after the end."""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from taskmon.bridge import ui_queue
from taskmon.bridge.ui_queue import UiQueue, call_queue
from taskmon.core.task.events import StateChanged
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
    queue, receiver = UiQueue(), Receiver()
    queue.arrived.connect(receiver.take)
    barrier = threading.Barrier(8)

    def post(thread: int) -> None:
        barrier.wait()
        for number in range(500):
            queue.post(change(thread, number))

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
    queue.close()


def test_a_burst_is_one_wake_up(qtbot: QtBot) -> None:
    """A thousand posts before the UI thread looks are handed over in a few lists, not in a thousand."""
    queue, receiver = UiQueue(), Receiver()
    queue.arrived.connect(receiver.take)

    for number in range(1000):
        queue.post(change(1, number))
    until(qtbot, lambda: len(receiver.events) == 1000)

    assert len(receiver.lists) == 4
    queue.close()


def test_a_flood_leaves_turns_to_others(qtbot: QtBot, monkeypatch: Any) -> None:
    """When the budget of a turn is used up, the rest comes in later turns, still in order."""
    monkeypatch.setattr(ui_queue, "TURN_BUDGET", 0.0)
    queue, receiver = UiQueue(), Receiver()
    turns: list[int] = []
    queue.arrived.connect(receiver.take)
    queue._again.timeout.connect(lambda: turns.append(1))

    for number in range(1024):
        queue.post(change(1, number))
    until(qtbot, lambda: len(receiver.events) == 1024)

    assert [event.snapshot.revision for event in receiver.events] == list(range(1024))
    assert len(turns) == 3
    queue.close()


def test_what_is_gathered_takes_no_turn_of_the_event_loop(qtbot: QtBot) -> None:
    """All that was posted until the end, in order, goes to who gathers, and nobody else gets it later."""
    queue, receiver = UiQueue(), Receiver()
    queue.arrived.connect(receiver.take)

    queue.post("before")
    with queue.gathered() as news:
        queue.post("inside")
        with queue.gathered() as nothing:  # the outer one has it
            queue.post("deeper")
    queue.post("after")
    until(qtbot, lambda: receiver.events)

    assert news == ["before", "inside", "deeper"]
    assert nothing == []
    assert receiver.events == ["after"]
    queue.close()


def test_a_flood_is_not_gathered(qtbot: QtBot) -> None:
    """More than is handed on at once goes its usual way, in slices: whoever gathers would be kept waiting."""
    queue, receiver = UiQueue(at_once=2), Receiver()
    queue.arrived.connect(receiver.take)

    with queue.gathered() as news:
        for number in range(5):
            queue.post(number)
    until(qtbot, lambda: len(receiver.events) == 5)

    assert news == []
    assert receiver.lists == [[0, 1], [2, 3], [4]]
    queue.close()


def test_nothing_is_gathered_while_something_is_handed_on(qtbot: QtBot) -> None:
    """What comes later would overtake the rest of what is just being handed on."""
    queue, heard = UiQueue(), list[str]()
    gathered: list[list[str]] = []

    def take(things: list[str]) -> None:
        if "first" in things:
            with queue.gathered() as news:
                queue.post("second")
            gathered.append(news)
        heard.extend(things)

    queue.arrived.connect(take)
    queue.post("first")
    until(qtbot, lambda: len(heard) == 2)

    assert gathered == [[]]
    assert heard == ["first", "second"]
    queue.close()


def test_nothing_passes_a_closed_queue(qtbot: QtBot) -> None:
    """After close() nothing is delivered: neither what waited nor what is posted later. Closing twice is fine."""
    queue, receiver = UiQueue(), Receiver()
    queue.arrived.connect(receiver.take)
    queue.post(change(1, 1))

    queue.close()
    queue.close()
    queue.post(change(1, 2))
    with qtbot.waitSignal(queue.destroyed, timeout=20_000):
        queue.deleteLater()
    queue.post(change(1, 3))

    assert receiver.events == []


def test_posting_while_it_closes_is_safe(qtbot: QtBot) -> None:
    """Threads that keep posting while the queue closes and is deleted neither crash nor raise."""
    errors: list[BaseException] = []
    for _ in range(20):
        queue = UiQueue()
        go = threading.Barrier(5)
        stop = threading.Event()

        def post(queue: UiQueue = queue, go: threading.Barrier = go, stop: threading.Event = stop) -> None:
            go.wait()
            try:
                while not stop.is_set():
                    queue.post(change(1, 1))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        go.wait()
        queue.close()
        queue.deleteLater()
        stop.set()
        for thread in threads:
            thread.join()
    qtbot.waitUntil(lambda: True)

    assert errors == []


def test_a_function_that_raises_keeps_none_behind_it_from_running(qtbot: QtBot) -> None:
    queue, heard = call_queue(), list[str]()

    def fail() -> None:
        raise ValueError("as told")

    for function in (lambda: heard.append("first"), fail, lambda: heard.append("last")):
        assert queue.post(function)
    with qtbot.captureExceptions() as raised:
        until(qtbot, lambda: len(heard) == 2)
    queue.close()

    assert heard == ["first", "last"]
    assert [str(error) for _, error, _ in raised] == ["as told"]


def test_no_function_is_called_after_one_that_closes_the_queue(qtbot: QtBot) -> None:
    queue, heard = call_queue(), list[str]()
    for function in (lambda: heard.append("first"), queue.close, lambda: heard.append("last")):
        queue.post(function)
    until(qtbot, lambda: not queue.post(lambda: None))
    qtbot.wait(0)

    assert heard == ["first"]


def test_no_function_is_lost_however_many_there_are(qtbot: QtBot) -> None:
    """An answer that never comes would leave a window waiting for it."""
    queue, read = call_queue(), list[int]()
    for number in range(3_000):
        queue.post(lambda number=number: read.append(number))
    until(qtbot, lambda: len(read) == 3_000)

    assert read == list(range(3_000))
    queue.close()
    assert not queue.post(lambda: None), "closed: whoever posts is told"
