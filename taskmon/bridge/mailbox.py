"""From threads that are no tasks' (the writer of the settings, the talk with the desktop) into the UI thread.

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
        self._letters: deque[Callable[[], object]] = deque(maxlen=1000)
        self._open = True
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, letter: Callable[[], object]) -> None:
        """Have `letter` called soon. Any thread; never blocks, never raises; after `close` it does nothing."""
        with self._lock:
            if self._open:
                self._letters.append(letter)
                if len(self._letters) == 1:
                    self._wake.emit()  # inside the lock, so that close() cannot come between. Queued: it does not wait

    def close(self) -> None:
        """Take nothing more. From the UI thread. Idempotent."""
        with self._lock:
            self._open = False
            self._letters.clear()

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            letters, self._letters = self._letters, deque(maxlen=1000)
        for letter in letters:
            letter()
