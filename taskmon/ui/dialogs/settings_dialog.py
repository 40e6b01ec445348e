"""The settings, in plain words. Every change takes effect at once; there is nothing to apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from taskmon.bridge.language import SYSTEM
from taskmon.bridge.settings import AppSettings, Key, keys
from taskmon.ui.widgets.dropping import refuse_drops
from taskmon.ui.widgets.labels import PlainLabel, make_bold, push_button
from taskmon.ui.widgets.layouts import TallPage, hbox, vbox
from taskmon.ui.widgets.messages import open_file
from taskmon.ui.widgets.room import RoomyDialog, WrappedCheckBox, show_hints_whole

_WIDTH: Final = 620
_LABELS: Final = 170
"""The width of the labels."""
_ROW: Final = 28


class SettingsDialog(RoomyDialog):
    """Shows and changes `AppSettings`. Not modal: what a change does can be seen behind it."""

    problem = Signal(object)

    def __init__(self, settings: AppSettings, parent: QWidget | None = None, *, has_tray: bool = True) -> None:
        super().__init__(parent, width=_WIDTH)
        self._settings = settings
        self._show_again: dict[str, Callable[[], object]] = {}
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        self._page = vbox(page, margins=(26, 22, 26, 18), spacing=8)
        self._add_sections(has_tray)
        self._page.addStretch(1)
        scroll = TallPage(page)
        self.file_button = push_button(self.tr("Open settings file"), self._open_file)
        self.close_button = push_button(self.tr("Close"), self.close)
        self.close_button.setDefault(True)
        buttons = hbox(None, self.file_button, 1, self.close_button, margins=(26, 10, 26, 16))
        vbox(self, (scroll, 1), buttons, spacing=0)
        self.file_button.setEnabled(settings.path is not None)
        settings.changed.connect(self._on_changed)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it
        self.language.setFocus()

    def _prepare(self) -> None:
        super()._prepare()
        refuse_drops(self)
        show_hints_whole(self)

    def _add_sections(self, has_tray: bool) -> None:
        form = self._section(self.tr("General"))
        languages = [("", SYSTEM), *((name, key) for key, name in keys.LANGUAGES.items())]
        self.language = self._choice(keys.LANGUAGE, languages)
        self.theme = self._choice(keys.THEME, [("", SYSTEM), ("", "light"), ("", "dark"), ("", "contrast")])
        self._name_choices()
        self.at_once = self._number(keys.AT_ONCE)
        self.at_once.setSpecialValueText(self.tr("As many as suit this computer"))
        self._row(form, self.tr("Language"), self.language)
        self._row(form, self.tr("Colours"), self.theme)
        self._row(form, self.tr("Tasks running at once"), self.at_once)
        self._bare(form, self._check(keys.KEEP_AWAKE, self.tr("Keep the computer awake while tasks run")))

        form = self._section(self.tr("Notifications and tray"))
        self._bare(form, self._check(keys.NOTIFY, self.tr("Tell me when tasks end while I am elsewhere")))
        self.notify_after = self._number(keys.NOTIFY_AFTER)
        self.notify_after.setSuffix(self.tr(" seconds"))
        self._row(form, self.tr("Only of tasks longer than"), self.notify_after)
        self._bare(form, self._check(keys.TRAY, self.tr("Show an icon in the tray")))
        self.close_hides = self._check(
            keys.CLOSE_TO_TRAY, self.tr("Closing the window leaves running tasks behind that icon")
        )
        self._bare(form, self.close_hides)
        if not has_tray:
            self._bare(form, PlainLabel(self.tr("This desktop has no tray at the moment."), quiet=True, wraps=True))

        form = self._section(self.tr("Questions"))
        ask = self.tr("Ask before more than five tasks or ten minutes of work are cancelled")
        self._bare(form, self._check(keys.CONFIRM_CANCEL, ask))
        self._bare(form, self._check(keys.CONFIRM_QUIT, self.tr("Ask before quitting cancels tasks")))

        form = self._section(self.tr("History"))
        self.days = self._number(keys.HISTORY_DAYS)
        self.days.setSuffix(self.tr(" days"))
        self.megabytes = self._number(keys.HISTORY_MEGABYTES)
        self.megabytes.setSuffix(" MB")
        self._row(form, self.tr("Keep ended tasks for"), self.days)
        self._row(form, self.tr("Use at most"), self.megabytes)

        form = self._section(self.tr("Editor"))
        self.editor = self._line(keys.EDITOR)
        self.editor.setPlaceholderText(self.tr("Found by taskmon"))
        self._row(form, self.tr("Open code with"), self.editor)
        hint = self.tr("A command with {file} and {line} in it, such as:\ncode -g {file}:{line}")
        self._bare(form, PlainLabel(hint, quiet=True, wraps=True))

    # -- rows -------------------------------------------------------------------------------------

    def _section(self, title: str) -> QFormLayout:
        heading = PlainLabel(title)
        heading.setObjectName("heading")
        make_bold(heading, 1.1)
        if self._page.count():
            self._page.addSpacing(12)
        self._page.addWidget(heading)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(9)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._page.addLayout(form)
        return form

    def _row(self, form: QFormLayout, words: str, field: QWidget) -> None:
        label = PlainLabel(words)
        label.setMinimumSize(max(_LABELS, label.sizeHint().width()), _ROW)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label.setBuddy(field)
        field.setAccessibleName(words)
        form.addRow(label, field)

    def _bare(self, form: QFormLayout, field: QWidget) -> None:
        """A row that says itself what it is, in line with the others."""
        gap = QWidget()
        gap.setFixedWidth(_LABELS)
        form.addRow(gap, field)

    def _check(self, key: Key[bool], words: str) -> QCheckBox:
        box = WrappedCheckBox(words)
        box.setObjectName(key.name)
        box.setMinimumHeight(24)
        self._follow(key, lambda: box.setChecked(self._settings.get(key)))
        box.toggled.connect(lambda on: self._settings.set(key, on))
        return box

    def _number(self, key: Key[int]) -> QSpinBox:
        box = QSpinBox()
        box.setObjectName(key.name)
        box.setRange(*key.limits)
        box.setGroupSeparatorShown(True)
        box.setKeyboardTracking(False)  # half a number is no wish
        box.setMinimumHeight(_ROW)
        box.lineEdit().setTextMargins(6, 0, 0, 0)  # in line with the words of the other fields
        self._follow(key, lambda: box.setValue(self._settings.get(key)))
        box.valueChanged.connect(lambda value: self._settings.set(key, value))
        return box

    def _choice(self, key: Key[str], items: list[tuple[str, str]]) -> QComboBox:
        box = QComboBox()
        box.setObjectName(key.name)
        box.setMinimumHeight(_ROW)
        for words, value in items:
            box.addItem(words, value)
        self._follow(key, lambda: box.setCurrentIndex(box.findData(self._settings.get(key))))
        box.activated.connect(lambda place: self._settings.set(key, box.itemData(place)))
        return box

    def _line(self, key: Key[str]) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName(key.name)
        line.setMaxLength(1_000)
        self._follow(key, lambda: line.setText(self._settings.get(key)))
        line.editingFinished.connect(lambda: self._settings.set(key, line.text().strip()))
        return line

    def _follow(self, key: Key[bool] | Key[int] | Key[str], show: Callable[[], object]) -> None:
        self._show_again[key.name] = show
        show()

    # -- what happens ------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, name: str) -> None:
        if name in self._show_again:
            self._show_again[name]()

    def _name_choices(self) -> None:
        for box, value, words in (
            (self.language, SYSTEM, self.tr("As the system")),
            (self.theme, SYSTEM, self.tr("As the system")),
            (self.theme, "light", self.tr("Light")),
            (self.theme, "dark", self.tr("Dark")),
            (self.theme, "contrast", self.tr("High contrast")),
        ):
            box.setItemText(box.findData(value), words)

    @Slot()
    def _open_file(self) -> None:
        self._settings.make_file(lambda path: open_file(path, self))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._name_choices()
