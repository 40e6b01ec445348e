"""The one way from any thread into the UI thread.

Other threads post; the UI thread gets what they posted in lists, in order. Whatever the flood, Qt sees one queued,
argument-less signal at a time: a signal for each report would queue millions and freeze the window, and a signal
that carries numbers would wrap them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from taskmon.core.base.threads import Background

#: How long one turn of the event loop may be spent on handing things on, in seconds.
TURN_BUDGET: Final = 0.008
_SLICE: Final = 256


class UiQueue(QObject):
    """Carries what any thread posts into the thread that it was made in.

    Parent it to something that outlives everyone who posts, such as the application, and `close` it before that goes:
    a thread that emits through a deleted QObject crashes the process.

    Signals:
        arrived(list): what was posted, in its order, at most `at_once` things.
    """

    arrived = Signal(object)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None, *, at_once: int = _SLICE) -> None:
        super().__init__(parent)
        self._at_once = at_once
        self._lock = threading.Lock()
        self._posted: deque[Any] = deque()
        self._wake_pending = False
        self._open = True
        self._taken: deque[Any] = deque()  # the UI thread's own: not handed on yet
        self._is_busy = False  # handing on, or gathering
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._drain)
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def post(self, thing: object) -> bool:
        """Pass `thing` on; return False after `close`, when it will not be. Any thread; never blocks, never raises."""
        with self._lock:
            if not self._open:
                return False
            self._posted.append(thing)
            if not self._wake_pending:
                self._wake_pending = True
                # Inside the lock, so that close() cannot come between the look and the emit. Queued: it does not wait.
                self._wake.emit()
            return True

    def close(self) -> None:
        """Take nothing more; what was posted but not handed on is dropped. From the UI thread. Idempotent."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._posted.clear()
        self._taken.clear()
        self._again.stop()
        self._wake.disconnect(self._drain)

    @contextmanager
    def gathered(self) -> Iterator[list[Any]]:
        """Yield a list which in the end has what was posted until then, for who hands it on at once, in this order.

        That takes no turn of the event loop. The list stays empty, and all goes its usual way, if there is more than
        is handed on at once, or if this is called while something is handed on or gathered. From the UI thread.
        """
        found: list[Any] = []
        if self._is_busy or not self._open:
            yield found
            return
        self._is_busy = True
        with self._lock:
            was_pending, self._wake_pending = self._wake_pending, True
        try:
            yield found
        finally:
            self._is_busy = False
            with self._lock:
                if len(self._taken) + len(self._posted) <= self._at_once:
                    found += [*self._taken, *self._posted]
                    self._taken.clear()
                    self._posted.clear()
                    self._wake_pending = was_pending
                elif not was_pending and self._open:
                    self._wake.emit()

    @Slot()
    def _drain(self) -> None:
        with self._lock:
            posted, self._posted = self._posted, deque()
            self._wake_pending = False
        taken = self._taken
        taken.extend(posted)
        # Slice by slice, and the rest in the next turn: a flood must not keep mouse and paint events waiting.
        turn_ends = time.monotonic() + TURN_BUDGET
        was_busy, self._is_busy = self._is_busy, True  # it was, if a dialog turns the event loop meanwhile
        while taken:
            self.arrived.emit([taken.popleft() for _ in range(min(self._at_once, len(taken)))])
            if time.monotonic() >= turn_ends:
                break
        self._is_busy = was_busy
        if taken:
            self._again.start()


def call_queue(parent: QObject | None = None) -> UiQueue:
    """Return a queue of functions: each that is posted is called. What one raises keeps none behind it from running."""
    made = UiQueue(parent, at_once=1)
    made.arrived.connect(_call)
    return made


def _call(functions: list[Callable[[], object]]) -> None:
    for function in functions:
        function()


T = TypeVar("T")


def _ignore(_: object) -> None:
    return


class BackgroundTasks(QObject):
    """Runs functions one after the other in a thread that exists only while there are some.

    Created in the UI thread. Parent it to something that outlives the work, and `close` it before that goes.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background("taskmon-background")
        self._answers = call_queue(self)

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], object] = _ignore,
        failed: Callable[[Exception], object] = _ignore,
    ) -> None:
        """Call ``work()`` in the background, and then ``then(what it returned)`` or ``failed(what it raised)`` here.

        From the UI thread. After `close`, nothing is called any more.
        """

        def do() -> None:
            try:
                answer = work()
            except Exception as error:
                self.post(lambda error=error: failed(error))  # type: ignore[misc]
            else:
                self.post(lambda: then(answer))

        self._background.post(do)

    def post(self, function: Callable[[], object]) -> None:
        """Call `function` in the UI thread, soon. Any thread; never waits."""
        self._answers.post(function)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until the work is done; return whether it is. Not what follows: that takes the event loop."""
        return self._background.wait_idle(timeout)

    def close(self) -> None:
        """Hand over nothing more. What runs in the background goes on to its end. Idempotent."""
        self._answers.close()
