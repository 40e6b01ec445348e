"""A program for rows 7 and 11: taskmon's whole window, or a bare QMainWindow in the same binding, until it has painted.

``python -m tests.benchmarks.whole_window taskmon|bare start MONOTONIC_MOMENT`` tells the milliseconds since that moment
and the memory, ``… usable …`` those until all is there that comes after the first frame, which for the bare one is a
table over a model in Python, with menus and some buttons; ``… idle SECONDS`` the share of a core that the idle window
takes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

#: Until then, an idle window still looks for programs oftener than it will.
_SETTLE_MS = 44_000


def main(which: str, what: str, argument: str) -> None:
    """Open the window; the process ends with its result."""
    if which == "taskmon":
        import os
        import tempfile

        os.environ["TASKMON_RUNTIME_DIR"] = tempfile.mkdtemp()  # a window that is open already would take over
        from taskmon import binding
        from taskmon.cli import main

        load = binding.load

        def load_and_watch() -> None:
            load()
            from taskmon.ui.window.window import (
                MainWindow,  # not before: the order of the start is part of what is measured
            )

            if what == "usable":
                _after_last_step(lambda: _tell(what, argument))
            else:
                _after_first_frame(MainWindow, lambda: _tell(what, argument))

        binding.load = load_and_watch
        main.main([])
    else:
        from PySide6.QtWidgets import QApplication, QMainWindow

        class Bare(QMainWindow):
            pass

        tell = lambda: _tell(what, argument)  # noqa: E731
        _after_first_frame(Bare, (lambda: _fill(window, tell)) if what == "usable" else tell)
        app = QApplication(sys.argv[:1])
        window = Bare()
        window.resize(1180, 760)
        window.show()
        app.exec()


def _fill(window: Any, then: Callable[[], None]) -> None:
    """Put into a bare window what any program has that shows tasks, have it painted, and call `then`."""
    from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, QTimer
    from PySide6.QtGui import QKeySequence
    from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QTableView, QVBoxLayout, QWidget

    class Model(QAbstractTableModel):
        def rowCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008
            return 0 if parent.isValid() else 20

        def columnCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008
            return 0 if parent.isValid() else 6

        def data(self, index: Any, role: int = 0) -> Any:
            return f"Task {index.row()}" if role == Qt.ItemDataRole.DisplayRole else None

    body, tools, table = QWidget(), QHBoxLayout(), QTableView()
    layout = QVBoxLayout(body)
    layout.addLayout(tools)
    for name in ("New", "Run", "Attach", "Pause all", "Cancel all"):
        tools.addWidget(QPushButton(name))
    tools.addWidget(QLineEdit())
    layout.addWidget(table)
    table.setModel(Model(table))
    for name in ("File", "Task", "View", "Help"):
        menu = window.menuBar().addMenu(name)
        for number in range(8):
            menu.addAction(str(number), QKeySequence(f"Ctrl+{number}"), then)
    window.setCentralWidget(body)
    window.repaint()
    QTimer.singleShot(0, then)


def _after_first_frame(window: Any, then: Callable[[], None]) -> None:
    """Call `then` in the first turn of the event loop after the window was painted with all that is in it."""
    paint = window.paintEvent
    seen = []

    def first(self: object, event: object) -> None:
        if not seen:
            seen.append(True)
            from PySide6.QtCore import QTimer

            QTimer.singleShot(0, then)  # before anything that the window itself puts off until it is painted
        paint(self, event)

    window.paintEvent = first


def _after_last_step(then: Callable[[], None]) -> None:
    """Call `then` once all that waits for the first frame has been done."""
    from taskmon.bridge.first_frame import FirstFrame

    take = FirstFrame._take_step

    def taken(steps: FirstFrame) -> None:
        take(steps)
        if not steps._steps:
            then()

    FirstFrame._take_step = taken  # type: ignore[method-assign]


def _tell(what: str, argument: str) -> None:
    moment = time.monotonic()
    from tests.benchmarks.programs import give, memory

    if what in ("start", "usable"):
        give({"ms": (moment - float(argument)) * 1000, "memory": memory()})
    from PySide6.QtCore import QTimer

    began: list[float] = []

    def end() -> None:
        spent, passed = time.process_time() - began[0], time.monotonic() - began[1]
        give({"share": spent / passed * 100})

    def begin() -> None:
        began.extend((time.process_time(), time.monotonic()))
        QTimer.singleShot(int(float(argument) * 1000), end)

    QTimer.singleShot(_SETTLE_MS, begin)


if __name__ == "__main__":
    main(*sys.argv[1:])
