"""The dialog for any job, made from the parameters that it declares."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from taskmon.bridge.controller import JobType, Parameter, ParameterKind
from taskmon.bridge.table import text
from taskmon.core.base.text import plain
from taskmon.ui.widgets.dropping import PathLine
from taskmon.ui.widgets.form_dialog import FormDialog
from taskmon.ui.widgets.labels import PlainLabel, push_button
from taskmon.ui.widgets.layouts import hbox, vbox

_PATH = int(Qt.ItemDataRole.UserRole)


class JobDialog(FormDialog):
    """Asks for the parameters of a job. Looks at no disk: the job does that, in its own thread."""

    def __init__(self, job: JobType, parent: QWidget | None = None) -> None:
        super().__init__(text.tr(job.title), text.tr(job.description), self.tr("Start"), parent, width=560)
        self._job = job
        self.fields: dict[str, ParameterField] = {}
        for parameter in job.parameters:
            field = _FIELDS[parameter.kind](parameter)
            help_text, name = text.tr(parameter.help), text.tr(parameter.label)
            hint = f"{help_text[:1].upper()}{help_text[1:]}"
            field.setToolTip(hint)
            label = PlainLabel(name)
            label.setToolTip(hint)
            label.setBuddy(field.focus_target())
            field.focus_target().setAccessibleName(name)
            field.focus_target().setAccessibleDescription(hint)
            self.form.addRow(label, field)
            self.fields[parameter.name] = field

    def values(self) -> dict[str, object]:
        """What the user has given so far."""
        return {name: field.value() for name, field in self.fields.items()}

    def read(self) -> dict[str, object]:
        values = self.values()
        self._job.bind(values)
        return values


class ParameterField(QWidget):
    """What a parameter is entered with."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter

    def value(self) -> object:
        """What has been entered."""
        raise AssertionError("every field says what its value is")

    def focus_target(self) -> QWidget:
        """The widget that its label leads to."""
        return self


class _FileField(ParameterField):
    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.line = PathLine("" if parameter.default is None else str(parameter.default))
        self.line.setPlaceholderText(self.tr("Optional"))
        hbox(self, (self.line, 1), push_button(self.tr("Browse…"), self._browse))

    def value(self) -> object:
        return self.line.text()

    def focus_target(self) -> QWidget:
        return self.line

    @Slot()
    def _browse(self) -> None:
        save = self.parameter.kind is ParameterKind.FILE_SAVE
        choose = QFileDialog.getSaveFileName if save else QFileDialog.getOpenFileName
        path, _ = choose(self, text.tr(self.parameter.label), self.line.text())
        if path:
            self.line.setText(path)


class _FoldersField(ParameterField):
    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setFixedHeight(max(84, 5 * self.list.fontMetrics().lineSpacing()))
        add_button = push_button(self.tr("Add folder…"), self._browse)
        self.remove_button = push_button(self.tr("Remove"), self._remove)
        self.remove_button.setEnabled(False)
        hbox(self, (self.list, 1), vbox(None, add_button, self.remove_button, 1))
        self.list.itemSelectionChanged.connect(self._show_removable)

    def add(self, folders: Iterable[str]) -> None:
        for folder in folders:
            # The path is kept beside the text: a name that is not UTF-8 does not survive being shown.
            item = QListWidgetItem(plain(folder, 500))
            item.setData(_PATH, os.fsencode(folder))
            self.list.addItem(item)

    def value(self) -> object:
        return tuple(os.fsdecode(bytes(self.list.item(place).data(_PATH))) for place in range(self.list.count()))

    def focus_target(self) -> QWidget:
        return self.list

    @Slot()
    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, text.tr(self.parameter.label))
        if folder:
            self.add([folder])

    @Slot()
    def _remove(self) -> None:
        for item in self.list.selectedItems():
            self.list.takeItem(self.list.row(item))

    @Slot()
    def _show_removable(self) -> None:
        self.remove_button.setEnabled(bool(self.list.selectedItems()))


class _ChoiceField(ParameterField):
    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.box = QComboBox()
        for choice in parameter.choices:
            self.box.addItem(text.tr(choice), choice)
        self.box.setCurrentIndex(max(0, self.box.findData(parameter.default)))
        hbox(self, self.box, 1)

    def value(self) -> object:
        return self.box.currentData()

    def focus_target(self) -> QWidget:
        return self.box


_FIELDS: dict[ParameterKind, Callable[[Parameter], ParameterField]] = {
    ParameterKind.FOLDERS: _FoldersField,
    ParameterKind.FILE_OPEN: _FileField,
    ParameterKind.FILE_SAVE: _FileField,
    ParameterKind.CHOICE: _ChoiceField,
}
