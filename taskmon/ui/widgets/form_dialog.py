"""A dialog of labelled fields: what it is for, the fields, what is wrong with them, and a button that submits them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from taskmon.ui.widgets.dropping import refuse_drops
from taskmon.ui.widgets.labels import PlainLabel
from taskmon.ui.widgets.room import RoomyDialog, show_hints_whole
from taskmon.ui.widgets.tall_page import TallPage


class FormDialog(RoomyDialog):
    """The frame of a form; a subclass fills `form` and says what submitting means. Deleted when closed."""

    def __init__(self, title: str, description: str, submit: str, parent: QWidget | None, *, width: int) -> None:
        super().__init__(parent, width=width)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
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
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(22, 20, 22, 0)
        inner.setSpacing(16)
        inner.addWidget(purpose)
        inner.addLayout(self.form)
        inner.addStretch(1)
        page = TallPage(content)
        page.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it
        below = QVBoxLayout()
        below.setContentsMargins(22, 0, 22, 16)
        below.setSpacing(16)
        below.addWidget(self._problem)
        below.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(page, 1)
        layout.addLayout(below)
        close.clicked.connect(self.reject)
        self.submit_button.clicked.connect(self._submit)

    def _prepare(self) -> None:
        super()._prepare()
        refuse_drops(self)
        show_hints_whole(self)

    @property
    def problem(self) -> str:
        """What is wrong with what was entered, as shown; empty if nothing is."""
        return self._problem.text()

    def complain(self, problem: str) -> None:
        """Say what is wrong. The dialog stays open, and grows by what it says: no field gives way."""
        self._problem.setText(problem)
        self._problem.show()
        self.grow()

    @Slot()
    def _submit(self) -> None:
        """Take what was entered, or `complain`."""
        raise AssertionError("every form says what submitting means")
