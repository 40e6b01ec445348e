"""From threads that are no tasks' (errands, the link, the talk with the desktop) into the UI thread.

`taskmon.bridge.relay` carries the news of tasks, of which there may be floods; this is for a few words now and then.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


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
