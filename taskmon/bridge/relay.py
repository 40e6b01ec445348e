"""The one QObject that other threads may reach.

Worker threads post facts; the UI thread gets them in lists, in order. Whatever the flood, Qt sees one queued,
argument-less signal at a time: a signal for each report would queue millions and freeze the window, and a signal
that carries numbers would wrap them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from taskmon.core.task.events import TaskEvent, TaskLogged

#: How long one turn of the event loop may be spent on handing events on, in seconds.
TURN_BUDGET: Final = 0.008
_SLICE: Final = 256


class TaskRelay(QObject):
    """Carries events from any thread into the thread that it was created in.

    Parent it to something that outlives every worker, such as the application, and `close` it before that goes:
    a worker that emits through a deleted QObject crashes the process.

    Signals:
        arrived(list): events in the order in which they were posted.
    """

    arrived = Signal(object)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._events: deque[TaskEvent] = deque()
        self._logged: set[int] = set()  # tasks whose log has grown: the lines themselves are read from the task
        self._wake_pending = False
        self._open = True
        self._backlog: deque[TaskEvent] = deque()  # the UI thread's own: taken, but not handed on yet
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(0)
        self._again.timeout.connect(self._drain)
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def post(self, event: TaskEvent) -> None:
        """Pass `event` on. Any thread; never blocks on Qt, never raises; after `close` it does nothing."""
        with self._lock:
            if not self._open:
                return
            if isinstance(event, TaskLogged):
                if event.task_id in self._logged:
                    return
                self._logged.add(event.task_id)
            self._events.append(event)
            if not self._wake_pending:
                self._wake_pending = True
                # Inside the lock, so that close() cannot come between the look and the emit. Queued: it does not wait.
                self._wake.emit()

    def close(self) -> None:
        """Take nothing more; what was posted but not handed on is dropped. From the UI thread. Idempotent."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._events.clear()
        self._backlog.clear()
        self._again.stop()
        self._wake.disconnect(self._drain)

    @Slot()
    def _drain(self) -> None:
        with self._lock:
            taken, self._events = self._events, deque()
            self._logged.clear()
            self._wake_pending = False
        backlog = self._backlog
        backlog.extend(taken)
        # Slice by slice, and the rest in the next turn: a flood must not keep mouse and paint events waiting.
        turn_ends = time.monotonic() + TURN_BUDGET
        while backlog:
            self.arrived.emit([backlog.popleft() for _ in range(min(_SLICE, len(backlog)))])
            if time.monotonic() >= turn_ends:
                break
        if backlog:
            self._again.start()


# From threads that are no tasks' (errands, the link, the talk with the desktop) into the UI thread.
#
# `taskmon.bridge.relay` carries the news of tasks, of which there may be floods; this is for a few words now and
# then.


class Mailbox(QObject):
    """Runs functions in the thread it was made in. Parent it to the application, and `close` it before that goes."""

    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._letters: deque[Callable[[], object]] = deque()
        self._open = True
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, letter: Callable[[], object]) -> bool:
        """Have `letter` called soon; return False after `close`, when it will not be. Any thread; never blocks."""
        with self._lock:
            if not self._open:
                return False
            self._letters.append(letter)
            if len(self._letters) == 1:
                self._wake.emit()  # inside the lock, so that close() cannot come between. Queued: it does not wait
            return True

    def close(self) -> None:
        """Take nothing more. From the UI thread. Idempotent."""
        with self._lock:
            self._open = False
            self._letters.clear()

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            if not self._letters:
                return  # closed meanwhile
            letter = self._letters.popleft()
            if self._letters:
                self._wake.emit()  # one in each turn: whatever this one raises, the next is read
        letter()
