"""A program for row 18: taskmon's window beside a bare table, in one process, to be clicked from outside.

``python -m tests.benchmarks.clicked_window busy|hogs|watched COUNT``. Each line that it reads has it bring one more row
of both into view and print where to click, and where the answer is to be seen, as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any, Final

from PySide6.QtCore import QRect, QSocketNotifier, Slot
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QTableView

from taskmon import TaskContext, TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.programs.linked import open_link
from taskmon.bridge.table.rows import RowAction, TaskColumn, TaskRow
from taskmon.core.task.state import TaskState
from taskmon.ui.table.painting import button_rect
from taskmon.ui.window.window import MainWindow
from tests.benchmarks import stage

#: Of the window, and beside it of the bare table.
SCREEN: Final = (1900, 780)
_BESIDE: Final = 1200
_CLICKS: Final = 24  # at least so many rows can be cancelled
_SIGN: Final = 26  # to the right of it stands the word of a state
_HEIGHT: Final = 48


def _busy(ctx: TaskContext) -> None:
    for _ in ctx.track(range(10**9)):
        pass


def _hog(ctx: TaskContext) -> None:
    del ctx
    number = 0
    while True:
        number += 1


def _wait(ctx: TaskContext) -> None:
    ctx.stop.wait()
    ctx.checkpoint()


def watched(count: int) -> None:
    """Be a program that knows nothing of taskmon: its threads wait, and look at a flag of their own."""

    class Worker(threading.Thread):
        def __init__(self) -> None:
            super().__init__()
            self.stop = threading.Event()

        def run(self) -> None:
            while not self.stop.is_set():
                self.stop.wait(0.5)

    def end_with_the_window() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_the_window, daemon=True).start()
    workers = [Worker() for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


class _Window:
    """Ours: its main window."""

    def __init__(self, kind: str, count: int) -> None:
        self._runner = TaskRunner(count + _CLICKS if kind == "hogs" else count)
        self._controller = TaskController(self._runner)
        self._window = MainWindow(lambda: self._controller)
        self._window.resize(*stage.SIZE)
        self._window.move(0, 0)
        self._window.show()
        self._aimed: set[int] = set()
        stage.settle(1.0)
        if kind == "watched":
            self._link = open_link(self._controller, self._runner, None, self._window)
            assert self._link is not None
            play = [sys.executable, "-m", "taskmon", "run", "-m", "tests.benchmarks.clicked_window", "be-watched"]
            self._program = subprocess.Popen([*play, str(count)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        else:
            first, more = (_busy, _busy) if kind == "busy" else (_wait, _hog)
            for number in range(_CLICKS if kind == "hogs" else count):
                self._runner.start(first, name=f"Worker {number}")
            for number in range(count if kind == "hogs" else _CLICKS):
                self._runner.start(more, name=f"Another {number}")

    def _can_be_cancelled(self, row: TaskRow) -> bool:
        kind = row.snapshot.origin.kind if row.snapshot.origin is not None else "task"
        return (
            row.id not in self._aimed
            and row.snapshot.state is TaskState.RUNNING
            and row.action is RowAction.CANCEL
            and kind in ("task", "thread")
            and not row.snapshot.name.startswith("Main")
        )

    def is_ready(self) -> bool:
        return sum(self._can_be_cancelled(row) for row in self._controller.model.rows()) >= _CLICKS

    def aim(self) -> dict[str, Any] | None:
        view, model = self._window.panel.view, self._controller.model
        row = next((row for row in model.rows() if self._can_be_cancelled(row)), None)
        if row is None:
            return None
        self._aimed.add(row.id)
        view.scrollTo(model.index(model.place_of(row.id), 0))
        place = model.place_of(row.id)
        cell = view.visualRect(model.index(place, TaskColumn.STATE))
        button = button_rect(view.visualRect(model.index(place, TaskColumn.ACTION)))
        return _told(view, button, cell.adjusted(_SIGN, 0, 0, -1))


class _Bare:
    """A table of Qt's own, of which a click changes a word."""

    def __init__(self) -> None:
        self._model = QStandardItemModel(_CLICKS, 5)
        for row in range(_CLICKS):
            for column in range(5):
                self._model.setItem(row, column, QStandardItem("Running"))
        self._view = QTableView()
        self._view.setModel(self._model)
        self._view.verticalHeader().setDefaultSectionSize(_HEIGHT)
        self._view.clicked.connect(self._on_clicked)
        self._view.resize(SCREEN[0] - _BESIDE, stage.SIZE[1])
        self._view.move(_BESIDE, 0)
        self._view.show()
        self._next = 0

    @Slot(object)
    def _on_clicked(self, index: Any) -> None:
        self._model.item(index.row(), 1).setText("Cancelling…")

    def aim(self) -> dict[str, Any]:
        row, self._next = self._next, self._next + 1
        self._view.scrollTo(self._model.index(row, 4))
        button, cell = (self._view.visualRect(self._model.index(row, column)) for column in (4, 1))
        return _told(self._view, button, cell.adjusted(2, 2, -2, -2))


def _told(view: QTableView, button: QRect, cell: QRect) -> dict[str, Any]:
    """On the screen, of places in the viewport."""
    at, corner = (view.viewport().mapToGlobal(point) for point in (button.center(), cell.topLeft()))
    return {"click": [at.x(), at.y()], "answer": [corner.x(), corner.y(), cell.width(), cell.height()]}


class _Asked:
    """Answers the lines that come in."""

    def __init__(self, window: _Window, bare: _Bare) -> None:
        self._window = window
        self._bare = bare
        self._lines = QSocketNotifier(0, QSocketNotifier.Type.Read)
        self._lines.activated.connect(self._answer)

    @Slot()
    def _answer(self) -> None:
        if not os.read(0, 64):
            os._exit(0)
        print(json.dumps({"ours": self._window.aim(), "bare": self._bare.aim()}), flush=True)


def main(kind: str, count: int) -> None:
    """Show both, say so once all is at work, and answer."""
    if kind == "be-watched":
        watched(count)
        return
    app = stage.application()
    bare = _Bare()
    window = _Window(kind, count)
    while not window.is_ready():
        stage.settle(0.5)
    stage.settle(2.0)
    asked = _Asked(window, bare)
    print(json.dumps(bool(asked)), flush=True)
    app.exec()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
