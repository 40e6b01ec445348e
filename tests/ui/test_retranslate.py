"""An open window in another language says what one says that was made in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.departure import Stage
from taskmon.bridge.language import Language
from taskmon.jobs import BUILTIN_JOBS
from taskmon.ui.retranslate import _texts_of, change_language
from taskmon.ui.window import MainWindow
from tests.qt_helpers import Worker, runner, until

__all__ = ["runner"]  # fixture


@pytest.fixture
def language(qtbot: QtBot) -> Iterator[Language]:
    made = Language()
    made.use("en")
    yield made
    made.close()


@pytest.fixture
def make(qtbot: QtBot, language: Language, runner: TaskRunner) -> Iterator[Callable[[], MainWindow]]:
    """Makes a window with everything in it that has words."""
    made: list[tuple[MainWindow, TaskController]] = []

    def window() -> MainWindow:
        controller = TaskController(runner, BUILTIN_JOBS.values())
        made.append((MainWindow(controller), controller))
        window = made[-1][0]
        qtbot.addWidget(window, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
        window.show()
        window.notices.say("a notice")
        window.show_settings()
        until(qtbot, lambda: window.panel.view.tasks.rowCount() == len(runner.tasks()))
        return window

    yield window
    for window, controller in made:
        controller.close()
        controller.setParent(window)


def words(window: QWidget) -> list[str]:
    """Everything that it says, in order."""
    QCoreApplication.sendPostedEvents()  # of the change of language
    said = [read() for owner in (window, *window.findChildren(QObject)) for read, _ in _texts_of(owner)]
    model = window.panel.view.model()  # type: ignore[attr-defined]
    said += [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in range(model.columnCount())]
    said += [
        str(model.index(row, column).data()) for row in range(model.rowCount()) for column in range(model.columnCount())
    ]
    return said


def test_it_says_what_a_new_one_would(make: Callable[[], MainWindow], language: Language, runner: TaskRunner) -> None:
    worker = Worker()
    runner.start(worker.obey, name="Cancel")  # somebody's text, and no word of ours
    worker.started.wait(20)
    window = make()
    english = words(window)

    change_language(language, "zh_CN")
    switched = words(window)
    new = words(make())

    assert [(old, said) for old, said, fresh in zip(english, switched, new, strict=True) if said != fresh] == []
    assert "已取消" not in english
    assert "筛选任务" in switched
    change_language(language, "en")
    assert words(window) == english
    worker.go.set()


def test_the_same_language_again_changes_nothing(make: Callable[[], MainWindow], language: Language) -> None:
    window = make()
    english = words(window)
    change_language(language, "en")

    assert words(window) == english


def test_right_to_left_breaks_nothing(make: Callable[[], MainWindow], runner: TaskRunner) -> None:
    """The whole window mirrored, with rows that are painted and a dialog that is open."""
    worker = Worker()
    runner.start(worker.obey, name="مهمة")
    worker.started.wait(20)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        window = make()
        assert not window.grab().isNull()
        search, chips = window.panel.filter_bar.search, window.panel.filter_bar
        assert search.mapTo(window, search.rect().center()).x() < window.width() / 2
        assert chips.mapTo(window, chips.rect().center()).x() > 0
        row = window.panel.view.tasks.row_at(0)
        assert row is not None
        button = window.panel.view.visualRect(
            window.panel.view.model().index(0, window.panel.view.model().columnCount() - 1)
        )
        assert button.center().x() < window.panel.view.viewport().width() / 2
    finally:
        app.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        worker.go.set()
