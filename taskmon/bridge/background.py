"""Work that waits for a disk or another process, done in the background; the UI thread gets what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject

from taskmon.bridge.ui_queue import call_queue
from taskmon.core.base.threads import Background

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
