"""Work that waits for a disk or another process, done in the background; the UI thread gets what came of it.

The two halves are of use alone: `taskmon.bridge.courier` runs functions in the background, `taskmon.bridge.mailbox` in
the UI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject

from taskmon.bridge.courier import Courier
from taskmon.bridge.mailbox import Mailbox

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
