"""A dialog of labelled fields: what it is for, the fields, what is wrong with them, and a button that submits them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QPushButton, QWidget

from taskmon.core.base.errors import TaskmonError
from taskmon.ui.widgets.dropping import refuse_drops
from taskmon.ui.widgets.labels import PlainLabel, push_button
from taskmon.ui.widgets.layouts import TallPage, hbox, vbox
from taskmon.ui.widgets.room import RoomyDialog, show_hints_whole


class FormDialog(RoomyDialog):
    """The frame of a form; a subclass fills `form` and reads it. Deleted when closed.

    Signals:
        submitted(object): what was entered makes sense, and is what `read` has made of it; the dialog has closed.
    """

    submitted = Signal(object)

    def __init__(self, title: str, description: str, submit: str, parent: QWidget | None, *, width: int) -> None:
        super().__init__(parent, width=width)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        purpose = PlainLabel(description, wraps=True)
        self.form = QFormLayout(horizontalSpacing=16, verticalSpacing=10)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._problem = PlainLabel(wraps=True)
        self._problem.setObjectName("problem")
        self._problem.hide()
        self.submit_button = QPushButton(submit)
        self.submit_button.setProperty("primary", True)
        self.submit_button.setDefault(True)
        close = push_button(self.tr("Close"), self.reject)
        buttons = hbox(None, 1, close, self.submit_button)
        content = QWidget()
        vbox(content, purpose, self.form, 1, margins=(22, 20, 22, 0), spacing=16)
        page = TallPage(content)
        page.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it
        below = vbox(None, self._problem, buttons, margins=(22, 0, 22, 16), spacing=16)
        vbox(self, (page, 1), below, spacing=16)
        self.submit_button.clicked.connect(self._submit)

    def _prepare(self) -> None:
        super()._prepare()
        refuse_drops(self)
        show_hints_whole(self)
        line = self.submit_button.sizeHint().height()
        for row in range(self.form.rowCount()):  # a label stands at the middle of the first line of its field
            label = self.form.itemAt(row, QFormLayout.ItemRole.LabelRole)
            if label is not None and (words := label.widget()) is not None:
                words.setMinimumHeight(line)

    @property
    def problem(self) -> str:
        """What is wrong with what was entered, as shown; empty if nothing is."""
        return self._problem.text()

    def complain(self, problem: str) -> None:
        """Say what is wrong. The dialog stays open, and grows by what it says: no field gives way."""
        self._problem.setText(problem)
        self._problem.show()
        self.grow()

    def add_row(self, words: str, field: QWidget, browse: object = None) -> None:
        """Add a field, and a button that calls `browse` to find what goes into it."""
        label = PlainLabel(words)
        label.setBuddy(field)
        field.setAccessibleName(words)
        if browse is None:
            self.form.addRow(label, field)
            return
        button = push_button(self.tr("Browse…"), browse)
        button.setAccessibleName(f"{button.text()} {words}")
        self.form.addRow(label, hbox(None, (field, 1), button, spacing=6))

    def read(self) -> object:
        """What was entered; raises a `TaskmonError` that says what is wrong with it."""
        raise AssertionError("every form says what was entered")

    @Slot()
    def _submit(self) -> None:
        try:
            entered = self.read()
        except TaskmonError as error:
            self.complain(error.message)
            return
        self._settle(entered)

    def _settle(self, entered: Any) -> None:
        """What was entered makes sense: that is what is wanted."""
        self.submitted.emit(entered)
        self.accept()
