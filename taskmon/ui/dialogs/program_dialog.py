"""The dialog for “Run program…”."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit, QPlainTextEdit, QWidget

from taskmon.bridge.programs.launching import ClusterRequest, ProgramRequest
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.ui.widgets.dropping import PathLine
from taskmon.ui.widgets.form_dialog import FormDialog

Check: TypeAlias = "Callable[[ProgramRequest, Callable[[], object], Callable[[TaskmonError], object]], object]"
"""Takes what to start, what to call if it can be, and what to call with why it cannot. Does not wait."""


class ProgramDialog(FormDialog):
    """Asks which program to run, and how. Looks at no disk."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Run program"),
            self.tr(
                "Runs a Python program, or any command, as it is. The threads, executors and progress bars of a Python"
                " program get rows, and those that have a stop flag a Cancel that sets it. What another command prints"
                " is its log, and its Cancel is Ctrl-C. It goes on when taskmon is closed."
            ),
            self.tr("Run"),
            parent,
            width=600,
        )
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.check: Check | None = None
        """Looks whether there is such a program; without, that is not known before it is started."""
        self._recent: list[ProgramRequest] = []
        self.recent_box = QComboBox()
        self.recent_box.activated.connect(self._take_recent)
        self.script, self.interpreter, self.folder = (PathLine() for _ in range(3))
        self.arguments = QLineEdit(placeholderText=self.tr("Optional, as in a terminal"))
        self.script.setPlaceholderText(self.tr("A Python file, or a command such as rsync"))
        self.interpreter.setPlaceholderText(self.tr("Optional: another Python"))
        self.folder.setPlaceholderText(self.tr("The folder of the script"))
        self.environment = QPlainTextEdit(placeholderText=self.tr("NAME=value, one on each line"), tabChangesFocus=True)
        self.environment.setObjectName("field")
        lines = 3 * self.environment.fontMetrics().lineSpacing()
        self.environment.setFixedHeight(lines + 2 * round(self.environment.document().documentMargin()) + 14)
        self.add_row(self.tr("Recent"), self.recent_box)
        self.add_row(self.tr("Program"), self.script, self._browse_script)
        self.add_row(self.tr("Arguments"), self.arguments)
        self.add_row(self.tr("Interpreter"), self.interpreter, self._browse_interpreter)
        self.add_row(self.tr("Working folder"), self.folder, self._browse_folder)
        self.add_row(self.tr("Environment variables"), self.environment)
        self.form.setRowVisible(0, False)
        self.script.setFocus()

    # -- filling in -------------------------------------------------------------------------------------

    def fill(self, request: ProgramRequest) -> None:
        self.script.setText(request.script)
        self.arguments.setText(shlex.join(request.arguments))
        self.interpreter.setText(request.interpreter)
        self.folder.setText(request.folder)
        self.environment.setPlainText("\n".join(f"{name}={value}" for name, value in request.environment))
        self.submit_button.setFocus()

    def offer(self, recent: list[ProgramRequest]) -> None:
        """Offer the programs that were run last."""
        self._recent = recent
        self.recent_box.clear()
        for request in recent:
            words = f"{request.name} {shlex.join(request.arguments)}".strip()
            self.recent_box.addItem(plain(words, 80))
            self.recent_box.setItemData(self.recent_box.count() - 1, plain(request.script), Qt.ItemDataRole.UserRole)
        self.recent_box.setCurrentIndex(-1)
        self.recent_box.setPlaceholderText(self.tr("Programs that were run before"))
        self.form.setRowVisible(0, bool(recent))
        self.grow()

    @Slot(int)
    def _take_recent(self, place: int) -> None:
        if 0 <= place < len(self._recent):
            self.fill(self._recent[place])

    # -- what the fields are given, and say -------------------------------------------------------------

    @Slot()
    def _browse_script(self) -> None:
        kinds = self.tr("Python programs") + " (*.py *.pyw *.pyz);;" + self.tr("All files") + " (*)"
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Run program"), self.script.text(), kinds)
        if path:
            self.script.setText(path)

    @Slot()
    def _browse_interpreter(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Interpreter"), self.interpreter.text())
        if path:
            self.interpreter.setText(path)

    @Slot()
    def _browse_folder(self) -> None:
        start = self.folder.text() or os.path.dirname(self.script.text())
        path = QFileDialog.getExistingDirectory(self, self.tr("Working folder"), start)
        if path:
            self.folder.setText(path)

    def read(self) -> ProgramRequest:
        return ProgramRequest.parse(
            self.script.text(),
            self.arguments.text(),
            self.interpreter.text(),
            self.folder.text(),
            self.environment.toPlainText(),
        )

    def _settle(self, entered: ProgramRequest) -> None:
        if self.check is None:
            super()._settle(entered)
        else:
            self.submit_button.setEnabled(False)
            self.check(entered, lambda: super(ProgramDialog, self)._settle(entered), self._refuse)

    def _refuse(self, error: TaskmonError) -> None:
        """What was typed stays, to be put right."""
        self.submit_button.setEnabled(True)
        self.complain(error.message)


class ClusterDialog(FormDialog):
    """Asks which cluster of Dask to connect to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Connect to a cluster"),
            self.tr(
                "Shows the tasks that taskmon runs on a Dask cluster, each with its worker and a Cancel. Connecting"
                " means trusting that cluster, as with every client of Dask: what it sends is unpickled, by a process"
                " of its own that ends with the window."
            ),
            self.tr("Connect"),
            parent,
            width=560,
        )
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.address = QLineEdit(placeholderText="tcp://127.0.0.1:8786")
        self.everything = QCheckBox(self.tr("Show everything that the cluster has to do"))
        self.add_row(self.tr("Scheduler"), self.address)
        self.form.addRow(self.everything)
        self.address.setFocus()

    def read(self) -> ClusterRequest:
        return ClusterRequest.parse(self.address.text(), everything=self.everything.isChecked())
