"""The button that leads from a thread that nothing ends to its program, which can be ended."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton

from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.table import text


class ProgramButton(QPushButton):
    """Hidden, unless only the end of its program ends the task that is shown; pressed, it shows the program."""

    def __init__(self, details: TaskDetails) -> None:
        super().__init__()
        self._details = details
        self.setAutoDefault(False)
        self.clicked.connect(self._lead)
        self.hide()

    def refresh(self) -> None:
        """Name the program there is now."""
        program = self._details.program
        self.setVisible(program is not None)
        if program is None:
            return
        name = text.name(program)
        words = self.tr("Show {name}")
        label = words.format(name=text.short(name)).replace("&", "&&")
        if self.text() != label:
            self.setText(label)
            self.setAccessibleName(words.format(name=name))

    @Slot()
    def _lead(self) -> None:
        program = self._details.program
        if program is not None:
            self._details.row_wanted.emit(program.id)
