"""What the first frame does not need waits until it has been painted.

The window should be there at once. Whatever only serves what comes later (the tray, the history, the link to other
programs, a look for the desktop's settings) hands a step to `FirstFrame.then` instead of doing it while the window is
built::

    window.first_frame.then(self._load_history)

Imports that only the step needs stand inside it: ``tests/end_to_end/test_start.py`` counts what is loaded before.

PySide6 makes a class with all its enumerations when that is first looked at. The class ``Qt`` has a hundred of them,
which take as long as the window itself, so what is made before the first frame does without: properties take the names
of values (``setProperty("alignment", "AlignCenter")``), as a style sheet or Qt Designer gives them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

#: A window that starts in the tray or minimised has no first frame: its steps begin after so long, in milliseconds.
_NO_FRAME_AFTER: Final = 1000


class FirstFrame(QObject):
    """Runs steps once the window has been seen, each in its own turn of the event loop, in the order they were given.

    Belongs to the UI thread, as the steps do: what takes long, or may wait, belongs into a thread that the step starts.
    A step that raises does not keep the next from running. Steps that are still to come when the window has
    left are forgotten: what closes a part must bear that it never began.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._take_step)
        self._seen = False

    def then(self, step: Callable[[], object]) -> None:
        """Run `step` after the first frame; soon, if that has been."""
        self._steps.append(step)
        if not self._timer.isActive():
            self._timer.start(0 if self._seen else _NO_FRAME_AFTER)

    def painted(self) -> None:
        """The window paints itself. Called for each time; all but the first change nothing."""
        if not self._seen:
            self._seen = True
            if self._steps:
                self._timer.start(0)  # in the next turn of the event loop: what is inside of the window is painted, too

    def forget(self) -> None:
        """Run no more steps: the window has left."""
        self._steps.clear()
        self._timer.stop()

    @Slot()
    def _take_step(self) -> None:
        self._seen = True
        if not self._steps:
            return
        step = self._steps.popleft()
        if self._steps:
            self._timer.start(0)  # before the step, which may raise
        step()
