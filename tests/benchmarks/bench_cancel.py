"""Row 5: from a real click on a row's button to the row painted as cancelled, its thread having left."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest

from taskmon import TaskContext, TaskRunner
from taskmon.core.task.state import TaskState
from taskmon.ui.table.painting import button_rect
from taskmon.ui.table.view import TaskView
from tests.benchmarks import stage
from tests.benchmarks.measure import Claim, Formula, Readings, Row, Settings, Step, at_most, quotient, share_of
from tests.benchmarks.programs import give

_WORKERS: Final = 64
_FRAME_MS: Final = 1000 / 30
#: A click that shows no effect for so long counts with this time, and the next one follows. In milliseconds.
_LONGEST: Final = 5000.0
#: Between a painted cancel and the next click: the user looks for the next row. In milliseconds.
_PAUSE: Final = 40
#: No more clicks are made after so many seconds.
_ENOUGH: Final = 30.0


def _wait_for_event(ctx: TaskContext) -> None:
    ctx.stop.wait()
    ctx.checkpoint()


def _poll(ctx: TaskContext) -> None:
    while True:
        ctx.checkpoint()
        time.sleep(0.01)


def _compute(ctx: TaskContext) -> None:
    for _ in ctx.track(range(10**9)):
        pass


class _Clicker(QObject):
    """Clicks one Cancel button after the other, each as soon as the one before has had its effect."""

    def __init__(self, panel: Any, clicks: int) -> None:
        super().__init__()
        self.taken: list[float] = []
        self.ended = threading.Event()
        self._view = panel.view
        self._left = clicks
        self._task: int | None = None
        self._clicked_at = 0.0
        self._began = time.perf_counter()
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.timeout.connect(self._next)
        self._watch_paint()

    def _watch_paint(self) -> None:
        paint = TaskView.paintEvent
        tasks = self._view.tasks

        def watched(view: TaskView, event: QPaintEvent) -> None:
            paint(view, event)
            row = tasks.row(self._task) if self._task is not None else None
            if row is not None and row.snapshot.state is TaskState.CANCELLED:
                self._note()

        TaskView.paintEvent = watched  # type: ignore[method-assign]

    @Slot()
    def aim(self) -> None:
        """Scroll to the first task that runs; click it a moment later."""
        for row in self._view.tasks.rows():
            if row.snapshot.state is TaskState.RUNNING:
                self._view.scrollTo(self._view.tasks.index(self._view.tasks.place_of(row.id), 0))
                QTimer.singleShot(_PAUSE, partial(self._click, row.id))
                return
        self.ended.set()

    def _click(self, task_id: int) -> None:
        view = self._view
        place = view.tasks.place_of(task_id)
        point: QPoint = button_rect(view.visualRect(view.tasks.index(place, view.tasks.columnCount() - 1))).center()
        self._task = task_id
        self._overdue.start(int(_LONGEST))
        self._clicked_at = time.perf_counter()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)

    def _note(self) -> None:
        self.taken.append((time.perf_counter() - self._clicked_at) * 1000)
        self._next()

    @Slot()
    def _next(self) -> None:
        if self._overdue.isActive():
            self._overdue.stop()
        else:
            self.taken.append(_LONGEST)
        self._task = None
        self._left -= 1
        if self._left and time.perf_counter() - self._began < _ENOUGH:
            QTimer.singleShot(0, self.aim)
        else:
            self.ended.set()

    def so_far(self) -> list[float]:
        """The milliseconds of each click, and of one that is still open."""
        waiting = [(time.perf_counter() - self._clicked_at) * 1000] if self._task is not None else []
        return [*self.taken, *waiting]


def _cancel(settings: Settings, *, work: Any) -> Readings:
    """Cancel one worker after the other; others that have waited take their places, so that 64 always run."""
    if work is _compute and not stage.has_turnstile():
        return {"*": "not built"}  # in a frozen window not one click is done in half a minute
    app = stage.application()
    clicks = 12 if settings.quick else 48
    runner = TaskRunner(_WORKERS)
    panel = stage.show_panel(runner, turnstile=True)
    clicker = _Clicker(panel, clicks)
    for number in range(_WORKERS + clicks):
        runner.start(work, name=f"Worker {number}")
    QTimer.singleShot(1000, clicker.aim)
    threading.Thread(target=_report, args=(clicker,), daemon=True).start()
    app.exec()
    raise AssertionError("the readings should have been printed")


def _report(clicker: _Clicker) -> None:
    """Aside, for the case that the window is frozen."""
    clicker.ended.wait(_ENOUGH + 10)
    taken = clicker.so_far() or [_LONGEST]
    give({"ms": taken})


_POLLING: Final = "workers that poll every 10 ms"

_pooled = partial(Claim, pooled=True)


def _late(step: str, share: float, *, per: float = 1.0) -> Formula:
    """What `share` of the clicks of all rounds were answered within."""
    return share_of(f"{step}.ms", share, per=per)


ROW: Final = Row(
    5,
    "cancel",
    f"Cancel, from the click to the painted row, {_WORKERS} workers",
    [
        Step("event", partial(_cancel, work=_wait_for_event)),
        Step("poll", partial(_cancel, work=_poll)),
        Step("busy", partial(_cancel, work=_compute)),
    ],
    [
        _pooled(
            "waiting on the token, p99",
            quotient(_late("event", 0.99), _late("poll", 0.99)),
            at_most(0.3),
            _POLLING,
            because="click, news and two paintings take 2 ms of a processor in both, and a poll adds 10 at most; the"
            " first click of each run, which draws the button of what has ended, takes twice that",
        ),
        _pooled("waiting on the token, p50", quotient(_late("event", 0.5), _late("poll", 0.5)), anchor=_POLLING),
        _pooled("waiting on the token, p99", _late("event", 0.99), unit="ms"),
        _pooled("CPU-bound, p99", _late("busy", 0.99, per=_FRAME_MS), at_most(3), unit="frames of 33 ms"),
        _pooled("CPU-bound, p50", _late("busy", 0.5, per=_FRAME_MS), unit="frames of 33 ms"),
    ],
)
