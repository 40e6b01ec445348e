"""The dialog for “Connect to a cluster…”."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from taskmon.bridge.programs.launching import ClusterRequest
from taskmon.core.base.errors import TaskmonError
from taskmon.ui.widgets.form_dialog import FormDialog
from taskmon.ui.widgets.labels import PlainLabel


class ClusterDialog(FormDialog):
    """Asks which cluster of Dask to connect to.

    Signals:
        submitted(ClusterRequest): what was entered makes sense; the dialog has closed.
    """

    submitted = Signal(object)

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
        self.address = QLineEdit()
        self.address.setPlaceholderText("tcp://127.0.0.1:8786")
        label = PlainLabel(self.tr("Scheduler"))
        label.setBuddy(self.address)
        self.address.setAccessibleName(label.text())
        self.everything = QCheckBox(self.tr("Show everything that the cluster has to do"))
        self.form.addRow(label, self.address)
        self.form.addRow(self.everything)
        self.address.setFocus()

    @Slot()
    def _submit(self) -> None:
        try:
            request = ClusterRequest.parse(self.address.text(), everything=self.everything.isChecked())
        except TaskmonError as error:
            self.complain(error.message)
            return
        self.submitted.emit(request)
        self.accept()
