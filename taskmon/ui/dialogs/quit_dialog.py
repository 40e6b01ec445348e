"""The question before quitting: which tasks still live, and what is to become of them."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QPushButton, QWidget

from taskmon.bridge.controller import TaskController
from taskmon.bridge.quitting import GRACE, Departure, Stage
from taskmon.bridge.table import text
from taskmon.bridge.table.tally import Others
from taskmon.core.base.text import format_duration, plain
from taskmon.core.task.state import STATE_LABELS
from taskmon.ui.widgets.labels import PlainLabel, make_bold
from taskmon.ui.widgets.layouts import TallPage, hbox, vbox
from taskmon.ui.widgets.room import RoomyDialog

_WIDTH = 460
_NAMES_SHOWN = 8
_PROGRAMS_SHOWN = 4
_DEAD_MS = 500
"""How long the buttons of a new stage take no clicks, in milliseconds."""


class QuitDialog(RoomyDialog):
    """Shows a `Departure` and lets the user decide. Escape stays.

    Not modal: while it waits, and before, each task can be looked at and cancelled in the window behind it.
    """

    def __init__(self, controller: TaskController, departure: Departure, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=_WIDTH)
        self._controller = controller
        self._departure = departure
        self.setWindowTitle(self.tr("Quit taskmon"))
        self._title, self._names, self._others, self._note = (PlainLabel(wraps=True) for _ in range(4))
        make_bold(self._title, 1.15)
        self.stay_button = QPushButton(self.tr("Stay"))
        self.wait_button = QPushButton(self.tr("Wait, then quit"))
        self.cancel_button = QPushButton(self.tr("Cancel tasks and quit"))
        self.cancel_button.setProperty("danger", True)
        buttons = hbox(None, 1, self.stay_button, self.wait_button, self.cancel_button, margins=(22, 0, 22, 16))
        content = QWidget()
        words = (self._title, self._names, self._others, self._note)
        vbox(content, *words, 1, margins=(22, 20, 22, 0), spacing=12)
        vbox(self, (TallPage(content), 1), buttons, spacing=12)
        self.stay_button.setDefault(True)
        self.stay_button.setFocus()
        self.stay_button.clicked.connect(self.reject)
        self.wait_button.clicked.connect(self._wait)
        self.cancel_button.clicked.connect(self._cancel)
        self._shown = Stage.STAYING
        self._enable = QTimer(self, singleShot=True, interval=_DEAD_MS)
        self._enable.timeout.connect(self._enable_buttons)
        departure.changed.connect(self._show_stage)
        controller.model.counts_changed.connect(self._show_stage)
        departure.finished.connect(self.accept)
        self._show_stage()

    @Slot()
    def reject(self) -> None:
        """Stay."""
        self._departure.stay()
        super().reject()

    def done(self, result: int) -> None:
        """However it ends."""
        self._enable.stop()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        if self._departure.stage is not Stage.GONE:
            self._departure.stay()

    @Slot()
    def _wait(self) -> None:
        self._departure.wait()

    @Slot()
    def _cancel(self) -> None:
        self._departure.cancel()

    @Slot()
    def _show_stage(self) -> None:
        tasks = self._controller.live_tasks()
        stage = self._departure.stage
        count = len(tasks)
        one = count == 1
        if stage is Stage.CANCELLING:
            title = self.tr("Cancelling 1 task…") if one else self.tr("Cancelling {n} tasks…").format(n=count)
            time_left = format_duration(self._departure.seconds_left + 0.95)
            note = self.tr("taskmon quits as soon as they have cleaned up, in {time} at the latest.")
            note = note.format(time=time_left)
        elif stage is Stage.WAITING:
            title = self.tr("Waiting for 1 task") if one else self.tr("Waiting for {n} tasks").format(n=count)
            note = self.tr(
                "taskmon quits when they are done, however long that takes. Each can still be cancelled in the window."
            )
        elif not count:
            title = self.tr("Quit taskmon?")
            note = self.tr("Nothing is cancelled. When taskmon is started again, it shows what still runs by then.")
        else:
            title = (
                self.tr("1 task has not finished") if one else self.tr("{n} tasks have not finished").format(n=count)
            )
            note = self.tr("Waiting has no limit. Cancelled tasks have {time} to clean up.")
            note = note.format(time=format_duration(GRACE))
            if self._controller.leaves_nothing_half_written():
                note += " " + self.tr("They leave no half-written files.")
        self._title.setText(title)
        self._note.setText(note)
        self._show_others()
        lines = [
            f"•  {text.name_of(task.name, 60)}  ({text.tr(STATE_LABELS[task.state])})" for task in tasks[:_NAMES_SHOWN]
        ]
        if count > _NAMES_SHOWN:
            lines.append(self.tr("and {n} more").format(n=count - _NAMES_SHOWN))
        self._names.setText("\n".join(lines))
        self._names.setVisible(bool(lines))
        self.wait_button.setVisible(stage is Stage.STAYING and bool(count))
        self.cancel_button.setText(
            self.tr("Quit now")
            if stage is Stage.CANCELLING
            else self.tr("Cancel tasks and quit")
            if count
            else self.tr("Quit")
        )
        if stage is not self._shown:
            self._shown = stage
            # The safe answer keeps the focus, and the second click of a double click hits nothing.
            self.stay_button.setDefault(True)
            self.stay_button.setFocus()
            for button in (self.stay_button, self.wait_button, self.cancel_button):
                button.setEnabled(stage is Stage.STAYING)
            self._enable.start()
        self.grow()

    def _show_others(self) -> None:
        """Who is counted in the window, and neither waited for nor cancelled."""
        others = Others.of(self._controller.model)
        lines = []
        if others.tasks:
            names = [plain(name, 40) for name in others.programs[:_PROGRAMS_SHOWN]]
            if len(others.programs) > _PROGRAMS_SHOWN:
                names.append("…")
            told = ", ".join(names)
            lines.append(
                self.tr("1 task of another program goes on: {names}").format(names=told)
                if others.tasks == 1
                else self.tr("{n} tasks of other programs go on: {names}").format(n=others.tasks, names=told)
            )
        if others.detached == 1:
            lines.append(self.tr("1 detached task is not waited for."))
        elif others.detached:
            lines.append(self.tr("{n} detached tasks are not waited for.").format(n=others.detached))
        self._others.setText("\n".join(lines))
        self._others.setVisible(bool(lines))

    @Slot()
    def _enable_buttons(self) -> None:
        for button in (self.stay_button, self.wait_button, self.cancel_button):
            button.setEnabled(True)
        self.stay_button.setFocus()  # a button that is disabled loses it
