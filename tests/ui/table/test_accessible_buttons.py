"""The accessible tree, as assistive technology walks and presses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner, TaskState
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import TaskColumn
from taskmon.ui import TaskPanel
from taskmon.ui.table.accessible_buttons import AccessibleButtons
from taskmon.ui.table.painting import button_rect
from tests.qt_helpers import Worker, until

NAME = QAccessible.Text.Name


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    made = TaskRunner(2)
    yield made
    made.cancel_all()
    assert made.shutdown(timeout=20)


@pytest.fixture
def panel(qtbot: QtBot, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> Iterator[TaskPanel]:
    """A panel while assistive technology listens."""
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    made = TaskPanel(runner)
    made.resize(900, 400)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.hide()
    made.controller.close()


def fill(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner, count: int = 30) -> list[int]:
    """Start tasks: two run, the others wait."""
    tasks = [runner.start(Worker().obey, name=f"task {number:02}") for number in range(count)]
    until(qtbot, lambda: panel.controller.model.rowCount() == count and panel._accessible is not None)
    until(qtbot, lambda: panel.controller.model.count(Category.RUNNING) == 2)
    panel.view.doItemsLayout()
    layer(panel).follow()
    return [task.id for task in tasks]


def layer(panel: TaskPanel) -> AccessibleButtons:
    assert panel._accessible is not None
    return panel._accessible


def tree(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """An interface and all beneath it, without the cells of tables, which are many."""
    yield interface
    if interface.role() is QAccessible.Role.Table:
        return
    for place in range(interface.childCount()):
        child = interface.child(place)
        if child is not None:
            yield from tree(child)


def listed(panel: QWidget) -> dict[str, QAccessibleInterface]:
    """The cancel buttons that a walk through the accessible tree finds, by name."""
    found = (
        each
        for each in tree(QAccessible.queryAccessibleInterface(panel))
        if each.role() is QAccessible.Role.Button and not each.state().invisible
    )
    return {each.text(NAME): each for each in found if each.text(NAME).startswith("Cancel ")}


def right_places(panel: TaskPanel) -> bool:
    """Whether each button lies where the button of its row is painted, cut off at the edges of the table."""
    view = panel.view
    shown = {}
    first, last = view.visible_places()
    for place in range(first, last + 1):
        row = view.tasks.row_at(place)
        assert row is not None
        if row.is_group:
            continue
        cell = view.visualRect(view.tasks.index(place, TaskColumn.ACTION))
        rect = button_rect(cell).intersected(view.viewport().rect())
        if not rect.isEmpty():
            corner = view.viewport().mapToGlobal(rect.topLeft())
            shown[row.id] = (corner, rect.size())
    return shown == {
        button.task_id: (button.mapToGlobal(QPoint(0, 0)), button.size()) for button in layer(panel).buttons
    }


def test_each_row_in_view_has_a_button_with_a_name(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """A walk through the tree finds them: one for each row that can be seen, and none for the others."""
    fill(qtbot, panel, runner)
    first, last = panel.view.visible_places()

    names = list(listed(panel))

    assert names == [f"Cancel task {number:02}" for number in range(first, last + 1)]
    assert right_places(panel)


def test_pressing_by_assistive_technology_cancels_that_row(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """Through the action interface, as voice control does; no other row, and no selection changes."""
    ids = fill(qtbot, panel, runner)
    button = listed(panel)["Cancel task 03"]
    actions = button.actionInterface()

    actions.doAction(actions.pressAction())
    model = panel.controller.model
    until(qtbot, lambda: model.row(ids[3]).snapshot.state is TaskState.CANCELLED)

    assert model.count(Category.FINISHED) == 1
    assert panel.view.selected_rows() == []


@pytest.mark.parametrize("change", ["scroll", "half a row", "sort", "filter", "move", "narrow", "resize", "group"])
def test_the_buttons_follow_whatever_moves_the_rows(
    qtbot: QtBot, panel: TaskPanel, runner: TaskRunner, change: str
) -> None:
    """Columns moved, rows sorted, the model reset, the table scrolled and cut off: each lies over its picture."""
    fill(qtbot, panel, runner)
    view = panel.view

    if change == "scroll":
        view.scrollToBottom()
    elif change == "half a row":
        view.verticalScrollBar().setValue(37)
    elif change == "sort":
        view.horizontalHeader().setSortIndicator(TaskColumn.NAME, Qt.SortOrder.DescendingOrder)
    elif change == "filter":
        panel.filter_bar.search.setText("task 1")
    elif change == "move":
        view.columns.move(TaskColumn.ACTION, -1)
    elif change == "narrow":
        panel.resize(430, 400)
    elif change == "resize":
        panel.resize(1100, 250)
    else:
        panel.view_commands.groups.actions()[1].trigger()

    until(qtbot, lambda: right_places(panel))
    assert {button.accessibleName() for button in layer(panel).buttons} == {
        f"Cancel {view.tasks.row(button.task_id).snapshot.name}" for button in layer(panel).buttons
    }


def test_a_button_is_inert_where_the_painted_one_is(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """After the press, it says Cancelling and cannot be pressed; at the end it is Retry."""
    worker = Worker()
    task = runner.start(worker.ignore, name="slow")
    until(qtbot, lambda: worker.started.is_set() and panel._accessible is not None)
    panel.controller.cancel(task.id)
    button = layer(panel)

    until(qtbot, lambda: [each.accessibleName() for each in button.buttons] == ["Cancelling slow"])
    assert not button.buttons[0].isEnabled()
    worker.go.set()
    until(qtbot, lambda: [each.accessibleName() for each in button.buttons] == ["Retry slow"])

    assert button.buttons[0].isEnabled()


def test_the_button_is_gone_with_its_column(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """Nobody can press what nobody is shown."""
    fill(qtbot, panel, runner)
    panel.view.setColumnHidden(TaskColumn.ACTION, True)
    layer(panel).follow()

    assert layer(panel).buttons == []
    assert listed(panel) == {}


def test_the_pool_is_kept_while_scrolling(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """Making a button sends news to every listener: there are never more than fit on the screen."""
    fill(qtbot, panel, runner)
    bar = panel.view.verticalScrollBar()
    for value in range(0, bar.maximum(), 33):
        bar.setValue(value)
        layer(panel).follow()

    assert len(layer(panel)._buttons) <= panel.view.viewport().height() // 50 + 2


def test_pointer_and_focus_pass_through(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """A click still reaches the painted button; Tab never stops at one of them."""
    ids = fill(qtbot, panel, runner, 3)
    view = panel.view
    rect = button_rect(view.visualRect(view.tasks.index(2, TaskColumn.ACTION)))

    assert panel.childAt(view.viewport().mapTo(panel, rect.center())) is view.viewport()
    assert all(button.focusPolicy() is Qt.FocusPolicy.NoFocus for button in layer(panel).buttons)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    until(qtbot, lambda: view.tasks.row(ids[2]).snapshot.state is TaskState.CANCELLED)


def test_a_press_that_comes_too_late_is_swallowed(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """The button stood for Cancel; the task has ended, and is not started again."""
    worker = Worker()
    task = runner.start(worker.finish, name="quick")
    until(qtbot, lambda: worker.started.is_set() and panel._accessible is not None)
    layer(panel).follow()
    button = layer(panel).buttons[0]
    layer(panel)._timer.blockSignals(True)
    worker.go.set()
    until(qtbot, lambda: panel.controller.model.row(task.id).snapshot.state is TaskState.SUCCEEDED)
    layer(panel)._timer.blockSignals(False)

    with qtbot.assertNotEmitted(panel.view.action_requested):
        button.click()


def test_without_listeners_nothing_is_made(qtbot: QtBot, runner: TaskRunner) -> None:
    """It costs nothing where nobody listens."""
    panel = TaskPanel(runner)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    task = runner.submit(int)
    until(qtbot, lambda: panel.controller.model.count(Category.FINISHED) == 1)

    assert task.done()
    assert panel._accessible is None
    panel.controller.close()


def test_every_cell_and_control_has_a_name(qtbot: QtBot, panel: TaskPanel, runner: TaskRunner) -> None:
    """What a walk through the panel comes upon can be said aloud."""
    fill(qtbot, panel, runner, 3)
    panel.resize(430, 300)  # with the bar for more columns
    spoken = (
        QAccessible.Role.Button,
        QAccessible.Role.EditableText,
        QAccessible.Role.ScrollBar,
        QAccessible.Role.Table,
    )
    nameless = [
        (each.role(), each.object())
        for each in tree(QAccessible.queryAccessibleInterface(panel))
        if each.role() in spoken and not each.text(NAME) and not each.state().invisible
        if "qt_scrollarea" not in each.object().parent().objectName()  # the table's own, which Qt takes care of
    ]
    assert nameless == []
