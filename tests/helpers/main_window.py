"""The application's window, for the tests that press its buttons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import Stage
from taskmon.jobs import BUILTIN_JOBS
from taskmon.ui.window.window import MainWindow


@contextmanager
def main_window(
    qtbot: QtBot, runner: TaskRunner, *, jobs: bool = True, shown: bool = True, size: tuple[int, int] | None = None
) -> Iterator[MainWindow]:
    """A window over `runner`: it closes without a question, and takes its controller along."""
    controller = TaskController(runner, BUILTIN_JOBS.values() if jobs else ())
    made = MainWindow(lambda: controller, controller.jobs, start_demo=_demo if jobs else None)
    qtbot.addWidget(made, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
    if size is not None:
        made.resize(*size)
    if shown:
        with qtbot.waitExposed(made):
            made.show()
    yield made
    made.first_frame.forget()
    made.hide()
    controller.close()
    controller.setParent(made)


def _demo(controller: TaskController) -> None:
    """One worker, in the place of several that take their time."""
    controller.start(_ended, name="Pretends to work")


def _ended(ctx: TaskContext) -> None:
    ctx.checkpoint()
