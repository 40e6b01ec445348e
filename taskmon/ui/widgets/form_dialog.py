"""A dialog of labelled fields: what it is for, the fields, what is wrong with them, and a button that submits them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from taskmon.ui.widgets.dropping import refuse_drops
from taskmon.ui.widgets.labels import PlainLabel


class FormDialog(QDialog):
    """The frame of a form; a subclass fills `form` and says what submitting means. Deleted when closed."""

    def __init__(self, title: str, description: str, submit: str, parent: QWidget | None, *, width: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(width)
        purpose = PlainLabel(description)
        purpose.setWordWrap(True)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(16)
        self.form.setVerticalSpacing(10)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._problem = PlainLabel()
        self._problem.setObjectName("problem")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self.submit_button = QPushButton(submit)
        self.submit_button.setProperty("primary", True)
        self.submit_button.setDefault(True)
        close = QPushButton(self.tr("Close"))
        close.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.submit_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 16)
        layout.setSpacing(16)
        layout.addWidget(purpose)
        layout.addLayout(self.form)
        layout.addWidget(self._problem)
        layout.addStretch(1)
        layout.addLayout(buttons)
        close.clicked.connect(self.reject)
        self.submit_button.clicked.connect(self._submit)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        refuse_drops(self)  # here all the fields are there

    @property
    def problem(self) -> str:
        """What is wrong with what was entered, as shown; empty if nothing is."""
        return self._problem.text()

    def complain(self, problem: str) -> None:
        """Say what is wrong. The dialog stays open."""
        self._problem.setText(problem)
        self._problem.show()

    @Slot()
    def _submit(self) -> None:
        """Take what was entered, or `complain`."""
        raise AssertionError("every form says what submitting means")
