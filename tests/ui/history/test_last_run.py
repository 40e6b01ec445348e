"""The tick of the last run on a progress bar."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.table import cells
from taskmon.bridge.table.rows import TaskColumn
from taskmon.core.task.progress import BAR_STEPS
from taskmon.ui import TaskPanel
from tests.qt_helpers import Worker, runner, until

__all__ = ["runner"]  # fixture


def dark_columns(image: QImage, cell: QRect, ink: QColor) -> list[int]:
    """The x of all columns in which the ink runs through the lower half of a cell, as only a tick does."""
    middle = cell.top() + cell.height() // 2
    rows = range(middle + 3, middle + 10)
    return [
        x - cell.left()
        for x in range(cell.left(), cell.right())
        if sum(QColor(image.pixel(x, y)) == ink for y in rows) >= 6
    ]


def test_the_tick_stands_where_the_last_run_stood_and_says_so(qtbot: QtBot, runner: TaskRunner) -> None:
    panel = TaskPanel(runner)
    panel.resize(1100, 400)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    worker = Worker()
    task = runner.start(worker.obey, name="Resize")
    model = panel.controller.model
    until(qtbot, lambda: (row := model.row(task.id)) is not None and row.snapshot.state is TaskState.RUNNING)
    until(qtbot, lambda: (row := model.row(task.id)) is not None and row.snapshot.progress.total == 10)
    row = model.row(task.id)
    assert row is not None
    cell = panel.view.visualRect(model.index(0, TaskColumn.PROGRESS))
    ink = panel.view.look().colors.text

    def ticks() -> list[int]:
        panel.view.viewport().update()
        return dark_columns(panel.view.viewport().grab().toImage(), cell, ink)

    assert ticks() == []
    assert "last run" not in cells.tooltip(row, TaskColumn.PROGRESS)
    places = []
    row.last_run = 0
    assert ticks() == [], "at the very start it would look like a cursor"
    for share in (BAR_STEPS // 4, BAR_STEPS * 5 // 8, BAR_STEPS):
        row.last_run = share
        found = ticks()
        assert len(found) == 2
        places.append(found[0])
    assert places == sorted(places)
    assert abs(places[1] - (places[0] + places[2]) / 2) <= 2
    assert places[2] < cell.width() - 6  # within the bar
    row.last_run = 4_200
    assert "42\u00a0%" in cells.tooltip(row, TaskColumn.PROGRESS)
    panel.controller.close()
