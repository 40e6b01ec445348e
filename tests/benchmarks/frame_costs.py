"""A program for row 16: what a frame of the table or timeline costs, in takings of the interpreter and in bytecodes.

``python -m tests.benchmarks.frame_costs takings|bytecodes``, with the library of `tests.helpers.gil` loaded for the
first. The tasks move by being looked at, so that each frame changes every row, and no other thread is there.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable
from statistics import median
from types import FrameType
from typing import Any, Final

from taskmon import TaskRunner, TaskSnapshot
from taskmon.bridge.controller import TaskController
from taskmon.bridge.table.rows import TaskColumn
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin
from taskmon.core.task.state import TaskState
from taskmon.ui import TaskPanel
from taskmon.ui.table import view as view_module
from taskmon.ui.table.painting import button_rect
from taskmon.ui.table.pressing import DEAD_TIME
from taskmon.ui.timeline.strip import LANE
from tests.benchmarks import stage
from tests.benchmarks.programs import give
from tests.helpers.gil import NoCounterError, counter

ROWS: Final = 14
LANES: Final = 64
_CROWD: Final = 4_000
_CONTROL: Final = 100
_WARM_UP: Final = 40
_FRAMES: Final = 30
#: How long the event loop turns for the count as a whole, in seconds.
_WHOLE: Final = 2.0
#: From one frame to the next, in seconds.
_FRAME: Final = 1 / 4
#: From one look of the timeline to the next, in seconds.
_LOOK: Final = 0.25
_DOES: Final = (Activity.COMPUTING, Activity.SLEEPING, Activity.LOCK)


class Mover:
    """A task of which every picture differs from the one before, in all that a frame may show."""

    def __init__(self, number: int, *, talks: bool, watched: bool) -> None:
        self.id = 10**9 + number
        self.name = f"Worker {number}"
        self._talks = talks
        self._watched = watched
        self._seen = number
        now = time.monotonic()
        self._first = TaskSnapshot(self.id, self.name, TaskState.RUNNING, 1, now, now, started_at=now)

    def ask_to_stop(self, now: float) -> None:
        """Say from now on that it was asked to stop."""
        self._first = self._first._replace(stop_requested_at=now)

    def snapshot(self) -> TaskSnapshot:
        """The next picture."""
        self._seen += 1
        seen = self._seen
        message = f"item {seen}" if self._talks else ""
        picture = self._first._replace(
            taken_at=time.monotonic(), progress=Progress(seen * 7 % 1000, 1000, "files", message)
        )
        if self._watched:
            does = ThreadFacts(activity=_DOES[seen % len(_DOES)], cpu=seen % 100 / 100, holder="Worker 5")
            picture = picture._replace(origin=Origin("x.py", 7, self.name, "thread"), facts=does)
        return picture


class Scene:
    """A panel over movers, whose frames are made by hand."""

    def __init__(self, count: int, *, talks: bool = False, watched: bool = False) -> None:
        self._runner = TaskRunner(1)
        self.controller = TaskController(self._runner, turnstile=False)
        self.panel = TaskPanel(self.controller)
        self.panel.resize(*stage.SIZE)
        self.panel.show()
        self.movers: list[Any] = [Mover(number, talks=talks, watched=watched) for number in range(count)]
        self.controller.model.add((mover, mover.snapshot()) for mover in self.movers)
        stage.settle(0.3)

    def frame(self) -> None:
        """Look, and paint what has changed."""
        self.controller.look()

    def close(self) -> None:
        """Take it off the stage."""
        self.panel.close()
        self.controller.close()


def _takings(taken: Callable[[], int]) -> dict[str, float]:
    from PySide6.QtCore import QRect

    before = taken()
    for _ in range(_CONTROL):
        QRect(1, 2, 3, 4)  # dropped at once, by a call that lets go of the lock
    readings: dict[str, float] = {"control": taken() - before}
    kinds: dict[str, dict[str, bool]] = {
        "figures": {},
        "states": {"watched": True},
        "messages": {"talks": True, "watched": True},
    }
    for name, how in kinds.items():
        scene = Scene(ROWS, **how)
        readings[name] = median(_each_frame(scene, taken))
        scene.close()
    readings["lanes"] = median(_each_look(taken))
    readings["whole"] = _whole(taken)
    readings["click"] = _click(taken)
    return readings


def _each_frame(scene: Scene, taken: Callable[[], int]) -> list[int]:
    for _ in range(_WARM_UP):
        scene.frame()
    counts = []
    for _ in range(_FRAMES):
        before = taken()
        scene.frame()
        counts.append(taken() - before)
    return counts


def _each_look(taken: Callable[[], int]) -> list[int]:
    """A timeline whose lanes do something else at each look; one waits for another, one was asked to stop."""
    from taskmon.bridge.timeline.recorder import Recorder
    from taskmon.ui.timeline.page import TimelinePage

    controller = TaskController(TaskRunner(1), turnstile=False)
    movers: list[Any] = [Mover(number, talks=False, watched=True) for number in range(LANES)]
    controller.model.add((mover, mover.snapshot()) for mover in movers)
    now = [time.monotonic()]
    recorder = Recorder(controller.model, lambda: now[0])
    page = TimelinePage(controller, recorder)
    page.resize(stage.SIZE[0], LANES * LANE + 300)
    page.show()
    stage.settle(0.3)  # before it is on the screen, nothing is painted

    def look() -> None:
        now[0] += _LOOK
        recorder.look()
        page.refresh()

    look()
    page.canvas.choose_row(movers[0].id)
    page.canvas.set_cursor(now[0])
    movers[1].ask_to_stop(now[0])
    paint, painted = page.canvas.paintEvent, list[int]()
    page.canvas.paintEvent = lambda event: (painted.append(1), paint(event))[1]  # type: ignore[method-assign]
    for _ in range(_WARM_UP):
        look()
    del page.canvas.paintEvent
    counts = []
    for _ in range(_FRAMES):
        before = taken()
        look()
        counts.append(taken() - before)
    page.close()
    controller.close()
    if len(painted) < _WARM_UP:
        raise AssertionError("it was not painted at each look")
    return counts


def _whole(taken: Callable[[], int]) -> float:
    """All that the UI thread does while the event loop makes the frames, by the frame."""
    scene = Scene(ROWS, talks=True, watched=True)
    scene.frame()  # from here on a timer makes them
    stage.settle(1.0)
    first = scene.movers[0].snapshot().progress.done
    before = taken()
    stage.settle(_WHOLE)
    count = taken() - before
    frames = (scene.movers[0].snapshot().progress.done - first) % 1000 / 7
    scene.close()
    return count / frames


def _click(taken: Callable[[], int]) -> int:
    """From a button let go to its row painted as one that is being cancelled; of the first click that there is."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    runner = TaskRunner(ROWS)
    panel = TaskPanel(runner)
    panel.resize(*stage.SIZE)
    panel.show()
    tasks = [runner.start(lambda ctx: ctx.stop.wait(), name=f"Worker {number}") for number in range(ROWS)]
    stage.settle(0.5)
    view, counts = panel.view, list[int]()
    release, show = view.buttons.release, view.show_changes

    def released(x: int, y: int) -> bool:
        counts.append(taken())
        return release(x, y)

    def shown(changed: Any, *, at_once: bool = False) -> None:
        show(changed, at_once=at_once)
        if counts and any(row.snapshot.state is TaskState.STOPPING for row, _ in changed):
            counts.append(taken())

    view.buttons.release, view.show_changes = released, shown  # type: ignore[method-assign,assignment]
    cell = view.visualRect(view.tasks.index(3, TaskColumn.ACTION))
    point, left = button_rect(cell).center(), Qt.MouseButton.LeftButton
    QTest.mouseMove(view.viewport(), point)
    stage.settle(DEAD_TIME + 0.2)  # a click so soon is not meant for what it meets
    QTest.mouseClick(view.viewport(), left, Qt.KeyboardModifier.NoModifier, point)
    for task in tasks:
        task.cancel()
    runner.shutdown(timeout=5)
    panel.close()
    return counts[1] - counts[0]


def _bytecodes() -> dict[str, float]:
    """By a clock that goes on from frame to frame: how far a rate is known, which costs more, is the same for both."""
    now = [time.monotonic()]
    time.monotonic = lambda: now[0]
    readings = {}
    for count in (ROWS, _CROWD):
        scene = Scene(count)

        def frame(scene: Scene = scene) -> None:
            now[0] += _FRAME
            scene.frame()

        for _ in range(_WARM_UP):
            frame()
        readings[f"bytecodes {count}"] = median(_traced(frame) for _ in range(_FRAMES))
        scene.close()
    return readings


def _traced(work: Callable[[], object]) -> int:
    ran = [0]

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        ran[0] += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return ran[0]


def main(what: str) -> None:
    """Measure, and end with the readings."""
    gc.disable()  # else what a scene has left could be destroyed in a worker of the next, and Qt crashes of that
    stage.application().setQuitOnLastWindowClosed(False)
    view_module._LONGEST = math.inf  # type: ignore[misc]  # what is counted is all of a frame, however long that takes
    if what == "bytecodes":
        give(_bytecodes())
    try:
        taken = counter()
    except NoCounterError as reason:
        give({"*": str(reason)})
    give(_takings(taken))


if __name__ == "__main__":
    main(*sys.argv[1:])
