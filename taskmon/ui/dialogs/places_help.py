"""The page of the help on where work runs best: in a thread, in a process, on a cluster; with what each costs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from taskmon.bridge.language import tr
from taskmon.core.base.translate import mark
from taskmon.ui.widgets.labels import PlainLabel, make_bold
from taskmon.ui.widgets.layouts import TallPage, hbox, vbox
from taskmon.ui.widgets.room import RoomyDialog

_WIDTH = 620
_LINE = 8
"""Between two lines, in pixels."""

#: Title, how it is written, when, and what it costs: `tests.benchmarks.cluster_costs` makes the figures of the last.
_PLACES = (
    (
        mark("A thread"),
        "runner.start(work)",
        mark(
            "The first choice: for what waits for disks, networks and other programs, and for libraries in C that let"
            " others run while they compute. Threads share memory, so nothing has to be copied; but only one of them"
            " runs Python code at a time, however many processors there are."
        ),
        mark("Costs 0.03 ms a task. From Cancel to the end: under 1 ms, once it reaches a checkpoint."),
    ),
    (
        mark("A process of its own"),
        "runner.start(taskmon.isolated(work))",
        mark(
            "For Python code that computes, on several processors of this machine, and for code that may crash: only"
            " its own task fails then. What it is given and what it returns is copied."
        ),
        mark("Costs 0.3 s a task, for the new process. From Cancel to the end: some milliseconds to some tens."),
    ),
    (
        mark("A cluster"),
        "ClusterRunner(client).start(work)",
        mark(
            "For more work than one machine can do: it runs on the workers of Dask, on as many machines as there are."
            " Each of them needs taskmon and your modules. What a task is given and returns goes over the network, and"
            " where one machine is enough, a cluster only makes it slower."
        ),
        mark(
            "Costs 1.4 ms a task (plain Dask: 2.0 ms), more with more workers. From Cancel to the end: 6 ms and the"
            " way there."
        ),
    ),
)
_FOR_ALL = mark(
    "The function is the same in each of them, with the same progress, log, pause and Cancel. A checkpoint costs less"
    " than 0.0002 ms everywhere, since it never asks the network. Measured on a machine with two busy processors."
)


class PlacesHelp(RoomyDialog):
    """Says when to use which. Does not keep the window from being used. Deleted when closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=_WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Thread, process or cluster?"))
        page = QWidget()
        lines = vbox(page, spacing=_LINE)
        for title, written, when, costs in _PLACES:
            heading = PlainLabel(tr(title))
            make_bold(heading)
            lines.addWidget(heading)
            lines.addWidget(_line(written, quiet=True))
            lines.addWidget(_line(tr(when)))
            lines.addWidget(_line(tr(costs)))
            lines.addSpacing(_LINE)
        lines.addWidget(_line(tr(_FOR_ALL), quiet=True))
        lines.addStretch(1)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        vbox(self, (TallPage(page), 1), hbox(None, 1, close), margins=(20, 18, 18, 14), spacing=14)
        close.setDefault(True)


def _line(words: str, *, quiet: bool = False) -> PlainLabel:
    label = PlainLabel(words, quiet=quiet, wraps=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
