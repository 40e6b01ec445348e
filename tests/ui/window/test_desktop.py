"""The window on its desktop: tray, close-to-tray, what is told, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import Stage
from taskmon.bridge.settings import AppSettings, keys
from taskmon.ui.window import desktop
from taskmon.ui.window.desktop import Surroundings
from taskmon.ui.window.tray import Tray, tray_icon
from taskmon.ui.window.window import MainWindow
from tests.qt_helpers import Worker, runner, until

__all__ = ["runner"]  # fixture


class FakeDesktop:
    """Writes down what is asked of the desktop."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.on_clicked: Callable[[], object] = lambda: None

    def notify(self, title: str, body: str, *, urgent: bool, otherwise: Callable[[], object]) -> None:
        self.asked.append(("notify", title, urgent))
        otherwise()

    def show_in_taskbar(self, count: int, share: float | None, *, urgent: bool) -> None:
        self.asked.append(("taskbar", count, share, urgent))

    def withdraw(self) -> None:
        self.asked.append(("withdraw",))

    def close(self) -> None:
        self.asked.append(("close",))

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        return [each for each in self.asked if each[0] == kind]


class House:
    """A window with its surroundings."""

    def __init__(self, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch, *, tray: bool) -> None:
        self.settings = AppSettings.in_memory()
        self.controller = TaskController(runner)
        self.window = MainWindow(lambda: self.controller, self.controller.jobs, settings=self.settings)
        monkeypatch.setattr(Tray, "there", property(lambda _: tray and self.settings.get(keys.TRAY)))
        self.desktop = FakeDesktop()
        self.around = Surroundings(self.window, self.controller, self.settings, desktop=self.desktop)  # type: ignore[arg-type]
        self.left = 0
        self.window.left.connect(self._leave)
        self.window.show()

    def _leave(self) -> None:
        self.left += 1

    def close(self) -> None:
        self.window.departure.stage = Stage.GONE
        self.around.close()
        self.controller.close()
        self.controller.setParent(self.window)


@pytest.fixture
def house(qtbot: QtBot, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    def make(*, tray: bool = True) -> House:
        made = House(runner, monkeypatch, tray=tray)
        qtbot.addWidget(made.window, before_close_func=lambda _: made.close())
        until(qtbot, made.window.isActiveWindow)
        return made

    return make


def test_closing_leaves_running_tasks_behind_the_icon_and_says_so_once(
    house: Callable[..., House], runner: TaskRunner, qtbot: QtBot
) -> None:
    here = house()
    task = runner.start(Worker().obey)
    until(qtbot, here.controller.live_tasks)
    here.window.close()
    assert not here.window.isVisible()
    assert (here.left, task.done()) == (0, False)
    here.desktop.on_clicked()
    assert here.window.isVisible()
    here.window.close()

    assert [title for _, title, _ in here.desktop.of("notify")] == ["taskmon is still running"]
    assert here.settings.get(keys.TRAY_TOLD)


def test_the_icon_hears_of_its_window_alone(house: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter on the application would bring each of its events to Python, those of other widgets too."""
    heard: list[QObject] = []

    class Listening(Tray):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            heard.append(watched)
            return super().eventFilter(watched, event)

    monkeypatch.setattr(desktop, "Tray", Listening)
    here = house()
    other = QObject()
    QApplication.sendEvent(other, QEvent(QEvent.Type.User))
    QApplication.sendEvent(here.window, QEvent(QEvent.Type.LanguageChange))

    assert set(heard) == {here.window}


def test_it_comes_to_the_front_as_large_as_it_was(house: Callable[..., House], qtbot: QtBot) -> None:
    """Minimised from full size, it comes back to that."""
    here = house()
    here.window.showMaximized()
    until(qtbot, here.window.isMaximized)
    here.window.setWindowState(here.window.windowState() | Qt.WindowState.WindowMinimized)
    until(qtbot, here.window.isMinimized)
    here.window.bring_to_front()

    until(qtbot, lambda: here.window.isMaximized() and not here.window.isMinimized())


def test_closing_with_nothing_running_leaves(house: Callable[..., House]) -> None:
    here = house()
    here.window.close()

    assert here.left == 1


@pytest.mark.parametrize("why", ["no tray", "not wanted", "no icon"])
def test_without_a_way_back_closing_asks(
    house: Callable[..., House], runner: TaskRunner, qtbot: QtBot, why: str
) -> None:
    here = house(tray=why != "no tray")
    if why == "not wanted":
        here.settings.set(keys.CLOSE_TO_TRAY, False)
    elif why == "no icon":
        here.settings.set(keys.TRAY, False)
    runner.start(Worker().obey)
    until(qtbot, here.controller.live_tasks)
    here.window.close()

    assert here.window.isVisible()
    assert here.window.quit_dialog is not None
    here.window.quit_dialog.reject()


def test_quit_never_hides(house: Callable[..., House], runner: TaskRunner, qtbot: QtBot) -> None:
    here = house()
    runner.start(Worker().obey)
    until(qtbot, here.controller.live_tasks)
    here.window.menus.quit.trigger()

    assert here.window.quit_dialog is not None
    here.window.quit_dialog.reject()


def test_quitting_may_be_settled_once_for_all(house: Callable[..., House], runner: TaskRunner, qtbot: QtBot) -> None:
    here = house()
    here.settings.set(keys.CONFIRM_QUIT, False)
    runner.start(Worker().obey)
    until(qtbot, here.controller.live_tasks)
    here.window.quit()
    until(qtbot, lambda: here.left == 1)


def test_taking_the_icon_away_brings_a_hidden_window_back(
    house: Callable[..., House], runner: TaskRunner, qtbot: QtBot
) -> None:
    here = house()
    runner.start(Worker().obey)
    until(qtbot, here.controller.live_tasks)
    here.window.close()
    here.settings.set(keys.TRAY, False)

    assert here.window.isVisible()


def test_the_taskbar_shows_what_runs_and_is_left_clean(
    house: Callable[..., House], runner: TaskRunner, qtbot: QtBot
) -> None:
    here = house()
    worker = Worker()
    runner.start(worker.ignore)
    until(qtbot, lambda: ("taskbar", 1, 0.3, False) in here.desktop.asked)
    here.around.close()
    worker.go.set()

    assert here.desktop.of("taskbar")[-1] == ("taskbar", 0, None, False)
    assert here.desktop.asked[-1] == ("close",)


def test_failures_are_marked_till_they_are_seen(
    house: Callable[..., House], runner: TaskRunner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Surroundings, "_in_front", lambda _: False)
    here = house()
    here.settings.set(keys.NOTIFY_AFTER, 0)
    worker = Worker()
    runner.start(worker.fail, name="Bad")
    worker.go.set()
    until(qtbot, lambda: here.around.overview.failed == 1)
    assert here.around.tray.summary() == "taskmon: %n failed".replace("%n", "1")
    until(qtbot, lambda: here.desktop.of("notify") == [("notify", "Bad: Failed", True)])
    QApplication.sendEvent(here.window, QEvent(QEvent.Type.WindowActivate))

    assert here.around.overview.failed == 0
    assert here.desktop.of("withdraw")


def test_what_fails_under_the_users_eyes_is_seen(
    house: Callable[..., House], runner: TaskRunner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = house()
    here.settings.set(keys.NOTIFY_AFTER, 0)
    worker = Worker()
    task = runner.start(worker.fail, name="Bad")
    worker.go.set()
    until(qtbot, lambda: task.done() and here.around.overview.live == 0 and here.controller.model.rowCount() == 1)

    assert here.around.overview.failed == 0
    assert not here.desktop.of("notify")


def test_the_menu_of_the_icon(house: Callable[..., House], runner: TaskRunner, qtbot: QtBot) -> None:
    here = house()
    tray = here.around.tray
    tray._name_actions()
    names = {action.text(): action for action in tray._menu.actions() if action.text()}
    assert {"Pause all", "Cancel all", "Quit taskmon"} < set(names)
    assert not names["Cancel all"].isEnabled()
    task = runner.start(Worker().obey)
    until(qtbot, lambda: here.around.overview.live == 1)
    tray._name_actions()
    assert names["Cancel all"].isEnabled()
    names["Cancel all"].trigger()
    until(qtbot, task.done)


def test_geometry_survives(qtbot: QtBot, runner: TaskRunner) -> None:
    settings = AppSettings.in_memory()
    sizes = []
    for size in (QSize(700, 500), None):
        controller = TaskController(runner)
        window = MainWindow(lambda held=controller: held, controller.jobs, settings=settings)
        qtbot.addWidget(window)
        if size is not None:
            window.resize(size)
        window.show()
        sizes.append(window.size())
        window.close()
        controller.close()
        controller.setParent(window)

    assert sizes[1] == sizes[0] == QSize(700, 500)


@pytest.mark.parametrize("text", ["no base64 at all ä", "AAAA", "%%%"])
def test_a_geometry_that_somebody_has_edited_does_no_harm(qtbot: QtBot, runner: TaskRunner, text: str) -> None:
    settings = AppSettings.in_memory()
    settings.set(keys.WINDOW_GEOMETRY, text)
    settings.set(keys.TABLE_LAYOUT, {"columns": [1, None, "x"] if text == "%%%" else text})
    controller = TaskController(runner)
    window = MainWindow(lambda held=controller: held, controller.jobs, settings=settings)
    qtbot.addWidget(window)
    window.show()

    assert window.width() > 400
    window.close()
    controller.close()
    controller.setParent(window)


def picture(icon: QIcon, size: int) -> QImage:
    return icon.pixmap(size, size).toImage()


@pytest.mark.parametrize("size", [16, 22, 32, 64])
def test_the_icon_differs_by_what_it_tells(qtbot: QtBot, size: int) -> None:
    icons = [
        tray_icon(0, None, failed=False),
        tray_icon(0, None, failed=True),
        tray_icon(1, 0.2, failed=False),
        tray_icon(1, 0.8, failed=False),
        tray_icon(7, 0.8, failed=False),
        tray_icon(150, 0.8, failed=True),
    ]
    pictures = [picture(icon, size) for icon in icons]

    assert all(not image.isNull() for image in pictures)
    assert all(one != other for place, one in enumerate(pictures) for other in pictures[place + 1 :])
    marked = QColor(pictures[1].pixel(round(size * 0.79), round(size * 0.21)))
    assert marked.red() > 150 > marked.green()


def test_what_is_known_of_docks_survives_a_session_without_them(qtbot: QtBot, runner: TaskRunner) -> None:
    settings = AppSettings.in_memory()
    settings.set(keys.WINDOW_PARTS, "AAAA")
    controller = TaskController(runner)
    window = MainWindow(lambda held=controller: held, controller.jobs, settings=settings)
    qtbot.addWidget(window)
    window.show()
    window.close()
    controller.close()
    controller.setParent(window)

    assert settings.get(keys.WINDOW_PARTS) == "AAAA"
