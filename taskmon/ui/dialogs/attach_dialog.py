"""The dialog for “Attach…”: the Python programs that run already, and what can be done with each.

Apart from the list, which the window shows soon after its first frame: what a dialog takes is loaded when it is wanted.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget

from taskmon.bridge.programs.attaching import Attaching
from taskmon.ui.dialogs.running_programs import RunningPrograms
from taskmon.ui.widgets.labels import push_button
from taskmon.ui.widgets.layouts import hbox, vbox
from taskmon.ui.widgets.room import RoomyDialog

_WIDTH = 880
_HEIGHT = 540


class AttachDialog(RoomyDialog):
    """Lists the programs and attaches to one. Closing it withdraws what is still waited for. Deleted when closed.

    Signals:
        chosen(int): the program that is the task with this id is shown already, and wanted.
    """

    chosen = Signal(object)

    def __init__(self, attaching: Attaching, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=_WIDTH, height=_HEIGHT)
        self._attaching = attaching
        self.setWindowTitle(self.tr("Attach to a running program"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.programs = RunningPrograms(attaching)
        buttons = hbox(None, 1, push_button(self.tr("Close"), self.reject))
        vbox(self, (self.programs, 1), buttons, margins=(18, 16, 18, 14), spacing=12)
        self.setMinimumWidth(380)
        self.programs.chosen.connect(self._choose)
        attaching.done.connect(self.accept)

    @Slot(object)
    def _choose(self, task_id: int) -> None:
        self.chosen.emit(task_id)
        self.accept()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._attaching.withdraw()
        super().closeEvent(event)

    def reject(self) -> None:
        """Escape and Close."""
        self._attaching.withdraw()
        super().reject()
