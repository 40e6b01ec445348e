"""An open window in another language says what one says that was made in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.history.history import History, Limits
from taskmon.bridge.language import Language
from taskmon.bridge.quitting import Stage
from taskmon.jobs import BUILTIN_JOBS
from taskmon.ui.dialogs.job_dialog import JobDialog
from taskmon.ui.history.window import HistoryWindow
from taskmon.ui.widgets.actions import words_of
from taskmon.ui.window.retranslate import _texts_of, change_language
from taskmon.ui.window.window import MainWindow
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
        made.append((MainWindow(lambda: controller, controller.jobs), controller))
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


def fixed_words(window: QWidget) -> list[str]:
    """All that it says, but for times, which go on meanwhile, and whether it was there to see how a wait began."""
    QCoreApplication.sendPostedEvents()
    said = [read() for owner in (window, *window.findChildren(QObject)) for read, _ in _texts_of(owner)]
    return [re.sub(r"(至少 )?\d+([.,]\d+)?", "0", each) for each in said]


#: What Qt says itself of the buttons of a dock, which have no text.
OF_QT = {"悬浮", "悬浮和停靠可停靠部件", "关闭可停靠部件"}


def differences(one: QWidget, other: QWidget) -> list[str]:
    """What one of a kind says and the first does not. Not by their places: Qt moves children as it shows them."""
    missing = Counter(fixed_words(other)) - Counter(fixed_words(one))
    return [wanted for wanted in missing if wanted not in OF_QT]


def test_the_details_of_a_task(
    make: Callable[[], MainWindow], language: Language, runner: TaskRunner, qtbot: QtBot
) -> None:
    worker = Worker()
    task = runner.start(worker.obey, name="Copy")
    worker.started.wait(20)

    def opened() -> MainWindow:
        window = make()
        window.details.open(task.id)
        return window

    window = opened()
    change_language(language, "zh_CN")
    new = opened()
    dock, fresh = window.details.dock, new.details.dock
    assert dock is not None
    assert fresh is not None

    assert not differences(dock, fresh)
    assert any("取消" in said for said in fixed_words(dock))
    runner.cancel_all()


def test_the_timeline(make: Callable[[], MainWindow], language: Language, runner: TaskRunner, qtbot: QtBot) -> None:
    worker = Worker()
    task = runner.start(worker.obey, name="Copy")
    worker.started.wait(20)

    def opened() -> QWidget:
        window = make()
        assert window.pages is not None
        window.pages.show_timeline.trigger()
        page = window.pages.timeline
        assert page is not None
        until(qtbot, lambda: page.canvas.lanes)
        page.canvas.choose(task.id)
        return page

    page = opened()
    change_language(language, "zh_CN")
    fresh = opened()

    def same() -> bool:
        return not differences(page, fresh)

    until(qtbot, same)  # what the task does at this moment may be known to one of them before the other
    assert "暂停视图" in fixed_words(page)
    assert any("任务" not in said and "至今" in said for said in fixed_words(page)), "the sentence, too"
    runner.cancel_all()


def test_the_history(make: Callable[[], MainWindow], language: Language, qtbot: QtBot, tmp_path: Path) -> None:
    window = make()
    controller = window.panel.controller
    history = History(controller, controller, folder=lambda: tmp_path, limits=Limits(0, 0, 0))
    opened = HistoryWindow(history, window)
    until(qtbot, lambda: opened.pages.currentWidget() is opened.nothing)
    change_language(language, "zh_CN")
    fresh = HistoryWindow(history, window)
    until(qtbot, lambda: fresh.pages.currentWidget() is fresh.nothing)  # to show a page changes the order of children
    assert not differences(opened, fresh)
    assert "历史记录" in fixed_words(opened)
    for each in (opened, fresh):
        each.close()
    history.close(20)


def test_the_dialog_of_a_job(make: Callable[[], MainWindow], language: Language) -> None:
    window = make()
    opened = JobDialog(BUILTIN_JOBS["checksum"], window)
    change_language(language, "zh_CN")
    fresh = JobDialog(BUILTIN_JOBS["checksum"], window)

    assert not differences(opened, fresh)
    assert opened.windowTitle() == "计算文件夹校验和"
    opened.close()
    fresh.close()


def test_a_list_of_commands_has_no_mnemonics(make: Callable[[], MainWindow], language: Language) -> None:
    language.use("zh_CN")
    window = make()

    said = [words_of(action) for _, action in window.menus.book]
    assert "退出" in said
    assert not [each for each in said if "(" in each or "&" in each]


def words(window: QWidget) -> list[str]:
    """Everything that it says, in order."""
    QCoreApplication.sendPostedEvents()  # of the change of language
    said = [read() for owner in (window, *window.findChildren(QObject)) for read, _ in _texts_of(owner)]
    model = window.panel.view.model()  # type: ignore[attr-defined]
    said += [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in range(model.columnCount())]
    said += [
        str(model.index(row, column).data()) for row in range(model.rowCount()) for column in range(model.columnCount())
    ]
    return [re.sub(r"\d+", "0", text) for text in said]  # time goes on meanwhile


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
