"""The filter above the table, however little room it has."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from taskmon.bridge.table.model import TaskTableModel
from taskmon.core.task.state import TaskState as S
from taskmon.ui.table.filter_bar import FilterBar
from tests.bridge.table.test_model import add, snapshot


@pytest.mark.parametrize("width", [360, 400, 460, 560, 700, 900])
def test_nothing_lies_upon_anything_else(qtbot: QtBot, width: int) -> None:
    """Hundreds are in each category, and the page's switch before them keeps its words."""
    model = TaskTableModel()
    states = (S.RUNNING, S.QUEUED, S.PAUSED, S.SUCCEEDED, S.FAILED)
    add(model, *(snapshot(number, states[number % 5]) for number in range(1, 700)))
    bar = FilterBar()
    model.setParent(bar)
    qtbot.addWidget(bar)
    switch = QPushButton("Tasks or timeline", bar)
    bar.add_before(switch)
    bar.use(model)
    bar.search.hide()  # in the window, it stands elsewhere
    bar.resize(width, 32)
    with qtbot.waitExposed(bar):
        bar.show()

    shown = sorted((child for child in bar.findChildren(QPushButton) if child.isVisible()), key=lambda child: child.x())
    assert shown[0] is switch
    for child in shown:
        assert child.width() >= child.sizeHint().width(), child.text()
    for one, other in itertools.pairwise(shown):
        assert one.geometry().right() < other.geometry().left(), (one.text(), other.text())
    assert shown[-1].geometry().right() <= bar.width()
    assert _texts(shown) >= {"All", "Failed"}


def _texts(shown: list[QPushButton]) -> set[str]:
    return {child.text().split("  ")[0] for child in shown}


def test_a_chosen_category_stays(qtbot: QtBot) -> None:
    model = TaskTableModel()
    add(model, *(snapshot(number, S.SUCCEEDED) for number in range(1, 700)))
    bar = FilterBar()
    model.setParent(bar)
    qtbot.addWidget(bar)
    bar.use(model)
    bar.search.hide()
    bar.resize(900, 32)
    with qtbot.waitExposed(bar):
        bar.show()
    finished = next(child for child in bar.findChildren(QPushButton) if child.text().startswith("Ended"))
    finished.click()

    bar.resize(200, 32)

    assert _is_shown(finished)


def _is_shown(widget: QWidget) -> bool:
    return not widget.isHidden()
