"""Row 17: the timeline. 64 lanes, each of which may do something else at each look, beside a table of as many rows.

Of the kind that most programs have: beside our own table, which asks no model, the same timeline looked slower with
each step that the table became faster.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final, cast

from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtWidgets import QTableView

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.table.model import NO_INDEX, AnyIndex
from taskmon.bridge.timeline.recorder import Recorder
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui.timeline.page import TimelinePage
from tests.benchmarks import stage
from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, ratio

_LANES: Final = 64
#: Of the table: as many as ours shows of a thread, and as high.
_COLUMNS: Final = 5
_HEIGHT: Final = 28
#: A view of a minute is full.
_BEFORE: Final = 260
_LOOKS: Final = 40
_PERIOD: Final = 0.25
_DOES: Final = (
    Activity.COMPUTING, Activity.COMPUTING, Activity.SLEEPING, Activity.LOCK, Activity.READING, Activity.EVENT,
)  # fmt: skip


class _Thread:
    """A thread of another program that changes as it likes."""

    def __init__(self, number: int, clock: Callable[[], float], chance: random.Random) -> None:
        self.id = number
        self.name = f"Worker-{number}"
        self._clock = clock
        self._chance = chance
        self._facts: ThreadFacts | None = None

    def change(self) -> None:
        if self._chance.random() < 0.6:
            self._facts = ThreadFacts(
                self.id, self._chance.random(), self._chance.choice(_DOES), function="resize", file="/x/worker.py",
                line=self._chance.randrange(90),
            )  # fmt: skip

    def snapshot(self) -> TaskSnapshot:
        origin = Origin("photos.py", 7, self.name, "thread")
        return TaskSnapshot(
            self.id, self.name, TaskState.RUNNING, 1, self._clock(), 0.0, started_at=0.0, origin=origin,
            facts=self._facts,
        )  # fmt: skip


def _paint(settings: Settings) -> Readings:
    """Processor time of a look, of painting what is new, and of painting a whole table."""
    del settings
    app = stage.application()
    now = [1_000.0]
    chance = random.Random(1)
    threads = [_Thread(number + 1, lambda: now[0], chance) for number in range(_LANES)]
    controller = TaskController(TaskRunner(1))
    controller.model.add([(cast("TaskHandle", thread), thread.snapshot()) for thread in threads])
    recorder = Recorder(controller.model, lambda: now[0])
    page = TimelinePage(controller, recorder)

    def pass_time() -> None:
        now[0] += _PERIOD
        for thread in threads:
            thread.change()

    for _ in range(_BEFORE):
        pass_time()
        recorder.look()
    plain = _plain_table()
    page.resize(stage.SIZE[0], _LANES * _HEIGHT + 300)
    page.show()
    app.processEvents()
    table = plain.viewport()
    taken: dict[str, list[float]] = {}

    def note(name: str, act: Callable[[], Any]) -> None:
        began = time.thread_time()
        act()
        taken.setdefault(name, []).append((time.thread_time() - began) * 1000)

    for _ in range(_LOOKS):
        pass_time()
        note("look", recorder.look)
        note("frame", page.refresh)
        note("table", table.repaint)
    page.close()
    plain.close()
    controller.close()
    return {name: median(values) for name, values in taken.items()}


class _Model(QAbstractTableModel):
    """As most are written: texts, colours and alignments by Python."""

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else _LANES

    def columnCount(self, parent: AnyIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else _COLUMNS

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return f"Worker-{index.row()}" if role == Qt.ItemDataRole.DisplayRole else None


def _plain_table() -> QTableView:
    """A table over a model in Python, all of whose rows are on the screen."""
    view = QTableView()
    model = _Model(view)
    view.setModel(model)
    view.verticalHeader().setDefaultSectionSize(_HEIGHT)
    view.resize(stage.SIZE[0], _LANES * _HEIGHT + 60)
    view.show()
    return view


_TABLE: Final = "a full repaint of a table over a model in Python"

ROW: Final = Row(
    17,
    "timeline",
    "64 lanes, four changes a second",
    [Step("paint", _paint)],
    [
        Claim("a frame", ratio("paint.frame", "paint.table"), at_most(0.5), _TABLE),
        Claim("a look, recorded", ratio("paint.look", "paint.table"), anchor=_TABLE),
    ],
)
