"""A real TaskPanel on a stage of its own: shown, and watched from within."""

from __future__ import annotations

import gc
import inspect
import time
from typing import Any, Final

from PySide6.QtCore import QAbstractEventDispatcher, QEventLoop, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from taskmon import TaskRunner
from taskmon.ui import TaskPanel
from taskmon.ui.table.view import TaskView

#: The size of taskmon's own window.
SIZE: Final = (1180, 760)
TICK_MS: Final = 10


def application() -> QApplication:
    """The application, looking as taskmon's own does."""
    app = QApplication.instance() or QApplication(["benchmark"])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    return app


def has_turnstile() -> bool:
    """Whether this taskmon can be told to use its turnstile, or not to."""
    return "turnstile" in inspect.signature(TaskPanel.__init__).parameters


def show_panel(runner: TaskRunner, *, turnstile: bool) -> TaskPanel:
    """A panel on the screen, painted once."""
    options: dict[str, Any] = {"turnstile": turnstile} if has_turnstile() else {}
    panel = TaskPanel(runner, **options)
    panel.resize(*SIZE)
    panel.show()
    settle(0.2)
    gc.collect()
    return panel


def settle(seconds: float) -> None:
    """Let the event loop turn for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


class Frames:
    """Counts how often the table is painted, at one call of Python a time."""

    def __init__(self) -> None:
        self.count = 0
        paint = TaskView.paintEvent

        def counted(view: TaskView, event: QPaintEvent) -> None:
            paint(view, event)
            self.count += 1

        TaskView.paintEvent = counted  # type: ignore[method-assign]


class Lateness(QObject):
    """How late a precise 10 ms timer of the UI thread fires, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin."""
        self._last = time.perf_counter()
        self._timer.start()

    @Slot()
    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1000 - TICK_MS))
        self._last = now

    def so_far(self) -> list[float]:
        """What was seen, and the tick that is overdue at this moment. From any thread."""
        overdue = max(0.0, (time.perf_counter() - self._last) * 1000 - TICK_MS)
        return [*self.late, overdue]


class Quiet(QObject):
    """Tells when the event loop has nothing left to do, from a moment on that another thread names.

    Signals:
        asked(): start looking.
    """

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.at: float | None = None
        """When the loop first slept after `asked`, as time.perf_counter()."""
        self.asked.connect(self._look, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def _look(self) -> None:
        QAbstractEventDispatcher.instance().aboutToBlock.connect(self._sleeps)

    @Slot()
    def _sleeps(self) -> None:
        if self.at is None:
            self.at = time.perf_counter()
