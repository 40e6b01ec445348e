"""The dialog for “Attach…”: the Python programs that run already, and what can be done with each."""

from __future__ import annotations

import os

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from taskmon.attach.programs import Means
from taskmon.bridge.programs.attaching import Attaching, RunningProgram
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import format_bytes, format_duration, plain
from taskmon.ui.widgets.form_dialog import FormDialog
from taskmon.ui.widgets.labels import PlainLabel

#: Milliseconds between two looks, while the dialog is shown.
_LOOK_EVERY_MS = 2_000


class AttachDialog(FormDialog):
    """Lists the programs and attaches to one. It looks only while it is shown.

    Signals:
        chosen(int): the program that is the task with this id is shown already, and wanted.
        attached(str): a program of this name was attached, or is looked at.
    """

    chosen = Signal(object)
    attached = Signal(object)

    def __init__(self, attaching: Attaching, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Attach to a running program"),
            self.tr(
                "Shows the threads of a Python program that runs already, with a Cancel where there is a stop flag. The"
                " program goes on; some modules of taskmon, about 8 MB, stay in it until it ends. Python 3.14 can be"
                " attached to; older ones can be looked at from outside, which changes nothing."
            ),
            self.tr("Attach"),
            parent,
            width=760,
        )
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self._attaching = attaching
        self._programs: list[RunningProgram] = []
        self._name = ""
        self.table = QTableWidget(0, 6)
        self.table.setHorizontalHeaderLabels(
            [
                self.tr("Program"),
                self.tr("Python"),
                self.tr("Threads"),
                self.tr("CPU"),
                self.tr("Memory"),
                self.tr("Runs for"),
            ]
        )
        self.table.setAccessibleName(self.tr("Running Python programs"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.setMinimumHeight(240)
        self.table.itemSelectionChanged.connect(self._describe)
        self.table.itemDoubleClicked.connect(self._submit)
        self.table.installEventFilter(self)
        self.place = PlainLabel()
        self.place.setObjectName("quiet")
        self.place.setWordWrap(True)
        self.place.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.place.setMinimumHeight(4 * self.fontMetrics().lineSpacing())  # whatever is said, nothing else moves
        self.wake = QCheckBox(self.tr("If it waits, wake it from a system call"))
        self.wake.setToolTip(
            self.tr(
                "The call ends as if a signal had come. Python begins it again; a library written in C may take it"
                " for a failure."
            )
        )
        self.form.addRow(self.table)
        self.form.addRow(self.place)
        self.form.addRow(self.wake)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(attaching.look)
        attaching.listed.connect(self._fill)
        attaching.waiting.connect(self._say_waiting)
        attaching.done.connect(self._finish)
        attaching.failed.connect(self._fail)
        self._describe()
        self.table.setFocus()

    # -- while it is shown ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._attaching.look()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._attaching.withdraw()
        super().closeEvent(event)

    def reject(self) -> None:
        """Escape and Close: whatever is waited for is withdrawn."""
        self._attaching.withdraw()
        super().reject()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in enter:
            self._submit()
            return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    # -- the list -------------------------------------------------------------------------------------------

    @Slot(object)
    def _fill(self, found: list[RunningProgram]) -> None:
        kept = self._selected()
        key = kept.key if kept is not None else None
        self._programs = found
        self.table.blockSignals(True)
        self.table.setRowCount(len(found))
        for row, running in enumerate(found):
            for column, words in enumerate(self._cells(running)):
                item = self.table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
                    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                    self.table.setItem(row, column, item)
                item.setText(words)
                item.setForeground(self.palette().text() if running.possible else self.palette().placeholderText())
        self.table.clearSelection()
        places = [running.key for running in found]
        if key in places:
            self.table.selectRow(places.index(key))
        elif found:
            self.table.selectRow(next((n for n, one in enumerate(found) if one.possible), 0))
        self.table.blockSignals(False)
        self._describe()

    def _cells(self, running: RunningProgram) -> tuple[str, ...]:
        program = running.program
        return (
            plain(program.name, 80),
            str(program.version),
            str(program.threads),
            f"{running.cpu:.0%}".replace("%", " %"),
            format_bytes(program.memory),
            format_duration(program.age),
        )

    def _selected(self) -> RunningProgram | None:
        rows = self.table.selectionModel().selectedRows() if self.table.selectionModel() is not None else []
        row = rows[0].row() if rows else -1
        return self._programs[row] if 0 <= row < len(self._programs) else None

    @Slot()
    def _describe(self) -> None:
        """Say of the selected program where it is, and what can be done with it."""
        running = self._selected()
        busy = self._attaching.asking
        self.submit_button.setEnabled(running is not None and running.possible and not busy)
        self.table.setEnabled(not busy)
        self.wake.setEnabled(not busy)
        if running is None:
            self.submit_button.setText(self.tr("Attach"))
            self.place.setText(self.tr("No Python program of yours runs."))
            return
        program = running.program
        if running.task_id is not None:
            self.submit_button.setText(self.tr("Show"))
        else:
            self.submit_button.setText(self.tr("Look only") if program.means is Means.LOOK else self.tr("Attach"))
        where = plain(_short(program.folder), 300)
        if program.environment:
            where = f"{where} · {plain(os.path.basename(program.environment), 60)}"
        told = self.tr("It is in the table already.") if running.task_id is not None else running.why_not
        self.place.setText("\n".join(line for line in (self._process(program.pid, where), told) if line))

    def _process(self, pid: int, where: str) -> str:
        return self.tr("Process {pid} in {folder}").format(pid=pid, folder=where or "?")

    # -- attaching ------------------------------------------------------------------------------------------

    @Slot()
    def _submit(self) -> None:
        running = self._selected()
        if running is None or not running.possible or self._attaching.asking:
            return
        if running.task_id is not None:
            self.chosen.emit(running.task_id)
            self.accept()
            return
        self._problem.hide()
        self._name = plain(running.program.name, 80)
        self._attaching.attach(running.program, wake=self.wake.isChecked())
        self._describe()

    @Slot()
    def _say_waiting(self) -> None:
        words = self.tr(
            "{name} runs no Python code at this moment. It will be attached as soon as it does; Close withdraws."
        )
        self.complain(words.format(name=self._name))

    @Slot(object)
    def _finish(self, pid: int) -> None:
        del pid
        self.attached.emit(self._name)
        self.accept()

    @Slot(object)
    def _fail(self, error: TaskmonError) -> None:
        self.complain(error.message)
        self._describe()


def _short(folder: str) -> str:
    home = os.path.expanduser("~")
    return f"~{folder[len(home) :]}" if home != "/" and (folder + "/").startswith(home + "/") else folder
