"""What may block, or is foreign code, is not for the UI thread: it runs here, in a thread that ends when all is done.

The callbacks of a task run here when the window asks for a cancel; `taskmon.bridge.errands` adds the way back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from taskmon.core.threads import spawn


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
