"""Row 8: many rows. Showing and repainting 100 000 of them beside 100, and 10 000 beside a widget in each row."""

from __future__ import annotations

import gc
from statistics import median
from typing import Any, Final

from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QProgressBar, QPushButton, QTableView

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.ui import TaskPanel
from tests.benchmarks import samples, stage
from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, ratio
from tests.benchmarks.programs import timed

_SIZES: Final = (100, 100_000)
_WIDGETS: Final = 10_000
_REPAINTS: Final = 15


def _show(settings: Settings) -> Readings:
    """Both sizes in turn, several times: showing the panel, a repaint, a jump to another place."""
    app = stage.application()
    frames = stage.Frames()
    runner = TaskRunner(1)
    task = samples.ended_task()
    taken: dict[str, list[float]] = {}

    def note(name: str, seconds: float) -> None:
        taken.setdefault(name, []).append(seconds * 1000)

    controllers = {size: TaskController(runner) for size in _SIZES}
    for size, controller in controllers.items():
        pairs = list(samples.pictures(task, size))
        note(f"add {size}", timed(lambda controller=controller, pairs=pairs: controller.model.add(pairs)))
    for _ in range(2 if settings.quick else 5):
        for size, controller in controllers.items():
            panels: list[TaskPanel] = []
            gc.collect()

            def show(controller: TaskController = controller, panels: list[TaskPanel] = panels) -> None:
                panel = TaskPanel(controller)
                panels.append(panel)
                panel.resize(*stage.SIZE)
                panel.show()
                _until_painted(app, frames)

            note(f"show {size}", timed(show))
            view = panels[0].view
            for number in range(_REPAINTS):
                note(f"repaint {size}", timed(view.viewport().repaint))
                note(f"jump {size}", timed(lambda number=number, view=view: _jump(view, number)))
            panels[0].close()
            panels[0].deleteLater()
            stage.settle(0.02)
    return {name: median(values) for name, values in taken.items()}


def _until_painted(app: Any, frames: stage.Frames) -> None:
    before = frames.count
    while frames.count == before:
        app.processEvents()


def _jump(view: QTableView, number: int) -> None:
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() * (number * 7 % _REPAINTS) // _REPAINTS)
    view.viewport().repaint()


def _beside_widgets(settings: Settings) -> list[Readings]:
    """Ten thousand rows, from nothing to the first frame."""
    del settings
    app = stage.application()
    frames = stage.Frames()
    task = samples.ended_task()
    pairs = list(samples.pictures(task, _WIDGETS))

    def ours(count: int) -> None:
        controller = TaskController(runner)
        controller.model.add(pairs[:count])
        panel = TaskPanel(controller)
        kept.append(panel)
        panel.resize(*stage.SIZE)
        panel.show()
        _until_painted(app, frames)
        panel.hide()

    runner = TaskRunner(1)
    kept: list[object] = []  # taking a table down is not what is measured
    works = {"ours": ours, "widgets": lambda count: kept.append(_show_widgets(app, count))}
    for work in works.values():
        work(10)  # fonts and pictures
    beside = timed(lambda: works["widgets"](_WIDGETS)) * 1000  # fifty times as long, so once has to do
    return [{"ours": timed(lambda: ours(_WIDGETS)) * 1000, "widgets": beside} for _ in range(5)]


def _show_widgets(app: Any, count: int) -> QTableView:
    """As examples do it: texts as items, a bar and a connected button as index widgets of each row."""
    model = QStandardItemModel(count, 5)
    view = QTableView()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.setModel(model)
    model.setParent(view)
    for place in range(count):
        model.setItem(place, 0, QStandardItem(f"Task {place}"))
        model.setItem(place, 1, QStandardItem("Running"))
        bar = QProgressBar()
        bar.setValue(place % 100)
        view.setIndexWidget(model.index(place, 2), bar)
        button = QPushButton("Cancel")
        button.clicked.connect(view.clearSelection)
        view.setIndexWidget(model.index(place, 4), button)
    view.resize(*stage.SIZE)
    view.show()
    app.processEvents()
    view.viewport().repaint()
    view.hide()
    return view


_FEW: Final = "100 rows"

ROW: Final = Row(
    8,
    "rows",
    "100 000 rows",
    [Step("show", _show), Step("widgets", _beside_widgets, once=True)],
    [
        Claim("show", ratio("show.show 100000", "show.show 100"), at_most(1.3), _FEW),
        Claim(
            "repaint",
            ratio("show.repaint 100000", "show.repaint 100"),
            at_most(1.3),
            _FEW,
        ),
        Claim("jump to another place", ratio("show.jump 100000", "show.jump 100"), anchor=_FEW),
        Claim("add, for each row", ratio("show.add 100000", "show.add 100", per=1000), anchor=_FEW),
        Claim(
            "10 000 rows: add and show",
            ratio("widgets.ours", "widgets.widgets"),
            at_most(0.02),
            "a bar and a button widget in each row",
            caption="Show 10 000 rows",
        ),
    ],
)
