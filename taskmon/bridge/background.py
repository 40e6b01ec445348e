"""Work that waits for a disk or another process, done in the background; the UI thread gets what came of it.

The two halves are of use alone: `taskmon.bridge.background` runs functions in the background, `taskmon.bridge.relay` in
the UI thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject

from taskmon.bridge.relay import Mailbox
from taskmon.core.base.threads import spawn

# What may block, or is foreign code, is not for the UI thread: it runs here, in a thread that ends when all is done.
#
# The callbacks of a task run here when the window asks for a cancel; `taskmon.bridge.background` adds the way back.


class Courier:
    """Runs functions one after the other in a thread that exists only while there are some. Any thread may post."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._functions: deque[Callable[[], object]] = deque()
        self._running = False

    def post(self, function: Callable[[], object]) -> None:
        """Run `function` soon. Never waits."""
        with self._lock:
            self._functions.append(function)
            if self._running:
                return
            self._running = True
        spawn(self._work, "taskmon-courier", self._cannot_work)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until everything posted has run."""
        with self._lock:
            return self._idle.wait_for(lambda: not self._running, timeout)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._functions:
                    self._running = False  # under the lock: a function posted now starts a new thread
                    self._idle.notify_all()
                    return
                function = self._functions.popleft()
            try:
                function()
            except BaseException as error:  # foreign code; the next must still run
                import logging

                logging.getLogger("taskmon.bridge").error("A callback failed", exc_info=error)

    def _cannot_work(self, error: BaseException) -> None:
        del error  # no thread can be had: the functions wait for the next post, which tries again
        with self._lock:
            self._running = False
            self._idle.notify_all()


T = TypeVar("T")


def _ignore(_: object) -> None:
    return


class Errands(QObject):
    """Runs functions one after the other in a thread that exists only while there are some.

    Created in the UI thread. Parent it to something that outlives the errands, and `close` it before that goes.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._courier = Courier()
        self._mailbox = Mailbox(self)

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

        self._courier.post(do)

    def post(self, function: Callable[[], object]) -> None:
        """Call `function` in the UI thread, soon. Any thread; never waits."""
        self._mailbox.post(function)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until the work is done; return whether it is. Not what follows: that takes the event loop."""
        return self._courier.wait_idle(timeout)

    def close(self) -> None:
        """Hand over nothing more. What runs in the background goes on to its end. Idempotent."""
        self._mailbox.close()
