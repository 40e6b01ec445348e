"""The window and the panel are built in two steps: what an empty one shows, and the rest right after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import Stage
from taskmon.jobs import BUILTIN_JOBS
from taskmon.ui import TaskPanel
from taskmon.ui.table.view import TaskView
from taskmon.ui.window.window import MainWindow
from tests.helpers.main_window import main_window
from tests.qt_helpers import Worker, runner, until

__all__ = ["runner"]  # fixture


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> Iterator[MainWindow]:
    """The window, not shown yet."""
    with main_window(qtbot, runner, shown=False) as made:
        yield made


@pytest.fixture
def panel(qtbot: QtBot, runner: TaskRunner) -> Iterator[TaskPanel]:
    """An empty panel, not shown yet."""
    made = TaskPanel(runner)
    made.resize(900, 400)
    qtbot.addWidget(made)
    yield made
    made.hide()
    made.controller.close()


def has_table(widget: QWidget) -> bool:
    return widget.findChild(TaskView) is not None


class Opened(QObject):
    """Notes every widget that is shown as a window."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(type(watched).__name__)
        return False


def test_the_rest_of_the_window_comes_right_after_its_first_frame(qtbot: QtBot, window: MainWindow) -> None:
    """All titles of the menus are there at first; what they hold, the keys and the table follow without being asked."""
    titles = [action.text() for action in window.menuBar().actions()]
    menus = [action.menu() for action in window.menuBar().actions()]
    assert not has_table(window)
    assert not any(menu.actions() for menu in menus)

    window.show()
    until(qtbot, lambda: has_table(window) and all(menu.actions() for menu in menus))

    assert [action.text() for action in window.menuBar().actions()] == titles
    assert [menu.actions() for menu in menus if not menu.actions()] == []
    assert window.new_button.menu() is None or window.new_button.menu().actions()


def test_the_first_frame_needs_nothing_of_tasks(qtbot: QtBot, runner: TaskRunner) -> None:
    """What the tasks are asked through is made once, in the second step, whoever asks for that first."""
    made: list[TaskController] = []

    def make() -> TaskController:
        made.append(TaskController(runner, BUILTIN_JOBS.values()))
        return made[-1]

    window = MainWindow(make, tuple(BUILTIN_JOBS.values()))
    qtbot.addWidget(window, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
    before = window.grab()
    assert made == []
    assert not window.cancel_button.isEnabled()
    assert not window.pause_button.isEnabled()

    window.pause_or_resume_all()
    assert len(made) == 1
    assert window.complete() is window.complete()
    assert window.panel.controller is window.controller is made[0]

    assert len(made) == 1
    assert window.grab().size() == before.size()
    window.first_frame.forget()
    made[0].close()
    made[0].setParent(window)


def test_a_panel_can_be_given_its_runner_later(qtbot: QtBot, runner: TaskRunner) -> None:
    """As a form from Qt Designer does, which makes widgets with nothing but a parent. Who listens already hears all."""
    panel = TaskPanel()
    qtbot.addWidget(panel)
    finished: list[str] = []
    panel.task_finished.connect(lambda snapshot: finished.append(snapshot.name))
    panel.filter_bar.search.setText("second")
    with qtbot.waitExposed(panel):
        panel.show()
    QTest.keyClick(panel.filter_bar.search, Qt.Key.Key_Return)  # nothing to go to yet
    with pytest.raises(RuntimeError, match="no runner"):
        panel.view  # noqa: B018
    worker = Worker()
    first = runner.start(worker.obey, name="first")
    second = runner.start(worker.obey, name="second")

    panel.use(runner)
    with pytest.raises(RuntimeError, match="already"):
        panel.use(runner)

    until(qtbot, lambda: panel.controller.model.rowCount() == 1)
    assert panel.controller.model.row(second.id) is not None
    runner.cancel_all()
    first.wait_ended(20)
    until(qtbot, lambda: sorted(finished) == ["first", "second"])
    panel.hide()
    panel.controller.close()


def test_nothing_else_opens_and_the_keys_stay_when_the_rest_comes(qtbot: QtBot, window: MainWindow) -> None:
    """A part of the table that is shown before it has its place would be a window of its own, and take the keys."""
    opened = Opened()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    with qtbot.waitActive(window):
        window.show()
    focus = window.focusWidget()
    app.installEventFilter(opened)
    window.complete()
    window.panel.view.columns.fit()
    app.processEvents()
    app.removeEventFilter(opened)

    assert opened.windows == []
    assert window.isActiveWindow()
    assert window.focusWidget() is focus


def test_a_row_that_comes_before_the_first_frame_brings_the_table(
    qtbot: QtBot, panel: TaskPanel, runner: TaskRunner
) -> None:
    """Whoever starts tasks and then shows the panel sees rows in the first frame, one for each."""
    worker = Worker()
    for _ in range(3):
        runner.start(worker.obey, name="early")
    assert not has_table(panel)

    until(qtbot, lambda: panel.controller.model.rowCount() == 3)

    assert has_table(panel)
    assert panel.view.model().rowCount() == panel.view.verticalHeader().count() == 3
    with qtbot.waitExposed(panel):
        panel.show()
    assert panel.view.isVisible()
    runner.cancel_all()


def test_a_panel_on_tasks_that_run_already_has_its_table_at_once(qtbot: QtBot, runner: TaskRunner) -> None:
    """There is something to show: nothing is put off."""
    worker = Worker()
    runner.start(worker.obey, name="earlier")
    assert worker.started.wait(20)
    made = TaskPanel(runner)
    qtbot.addWidget(made)

    assert has_table(made)
    runner.cancel_all()
    made.controller.close()


def test_the_keys_of_an_embedded_panel_work_once_it_was_seen(qtbot: QtBot, panel: TaskPanel) -> None:
    """Nobody asks for the table of an empty panel; its shortcuts are there all the same."""
    with qtbot.waitActive(panel):
        panel.show()
    until(qtbot, lambda: has_table(panel))

    qtbot.keyClick(panel, Qt.Key.Key_Slash)

    assert panel.filter_bar.search.hasFocus()
    assert panel.findChild(QScrollBar) is not None
