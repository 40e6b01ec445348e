"""All tasks as one, and what depends on whether any runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.desktop import desktop
from taskmon.bridge.desktop.desktop import KeepAwake
from taskmon.bridge.desktop.overview import Overview
from taskmon.bridge.settings import AppSettings, keys
from tests.qt_helpers import Worker, controller, runner, until

__all__ = ["controller", "runner"]  # fixtures


def test_count_progress_and_failures(qtbot: QtBot, controller: TaskController, runner: TaskRunner) -> None:
    overview = Overview(controller, controller)
    workers = [Worker() for _ in range(3)]
    runner.start(workers[0].ignore)  # reports 3 of 10
    runner.start(workers[1].ignore)
    runner.start(workers[2].fail)
    until(qtbot, lambda: overview.live == 3)
    until(qtbot, lambda: all(worker.started.is_set() for worker in workers))
    until(qtbot, lambda: overview.share == 0.3)
    workers[2].go.set()
    until(qtbot, lambda: overview.failed == 1)
    assert overview.live == 2
    overview.see()
    assert overview.failed == 0
    workers[0].go.set()
    workers[1].go.set()
    until(qtbot, lambda: overview.live == 0)
    assert overview.share is None
    assert not overview._ticks.isActive()


class FakeDesktop:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def stay_awake(self, reason: str) -> None:
        self.asked.append(reason)

    def may_sleep(self) -> None:
        self.asked.append("sleep")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop, "AFTER_MS", 1)


def test_awake_while_tasks_run_and_the_user_wants_it(
    qtbot: QtBot, short: None, controller: TaskController, runner: TaskRunner
) -> None:
    settings, desktop, worker = AppSettings.in_memory(), FakeDesktop(), Worker()
    keep = KeepAwake(controller, desktop, settings, controller)  # type: ignore[arg-type]
    runner.start(worker.obey)
    until(qtbot, lambda: desktop.asked == ["Tasks are running"])
    settings.set(keys.KEEP_AWAKE, False)
    assert desktop.asked[1:] == ["sleep"]
    settings.set(keys.KEEP_AWAKE, True)
    until(qtbot, lambda: len(desktop.asked) == 3)
    runner.cancel_all()
    until(qtbot, lambda: len(desktop.asked) == 4)

    assert desktop.asked[3] == "sleep"
    assert not keep._soon.isActive()


def test_short_work_disturbs_nobody(qtbot: QtBot, controller: TaskController, runner: TaskRunner) -> None:
    desktop = FakeDesktop()
    keep = KeepAwake(controller, desktop, AppSettings.in_memory(), controller)  # type: ignore[arg-type]

    def work(ctx: TaskContext) -> None:
        ctx.checkpoint()

    tasks: list[Callable[..., object]] = [work] * 3
    for each in tasks:
        runner.start(each)
    until(qtbot, lambda: controller.model.rowCount() == 3 and not controller.model.has_active)
    until(qtbot, lambda: not keep._soon.isActive())

    assert desktop.asked == []
