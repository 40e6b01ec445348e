"""The settings dialog: shows what is in force, and changes it at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from taskmon.bridge.settings import AppSettings, keys
from taskmon.settings.store import SettingsStore
from taskmon.ui.dialogs.settings_dialog import SettingsDialog
from tests.qt_helpers import until


@pytest.fixture
def settings(qtbot: QtBot, tmp_path: Path) -> Iterator[AppSettings]:
    made = AppSettings(store=SettingsStore(str(tmp_path)))
    yield made
    made.close()


@pytest.fixture
def dialog(qtbot: QtBot, settings: AppSettings) -> SettingsDialog:
    made = SettingsDialog(settings)
    qtbot.addWidget(made)
    made.show()
    return made


def field(dialog: SettingsDialog, key: keys.Key[object]) -> QWidget:
    found = dialog.findChild(QWidget, key.name)
    assert found is not None, key.name
    return found


PUBLIC = [key for key in keys.KEYS if not keys.is_private(key)]


@pytest.mark.parametrize("key", PUBLIC, ids=lambda key: key.name)
def test_every_setting_is_there_and_takes_effect_at_once(
    dialog: SettingsDialog, settings: AppSettings, key: keys.Key[object]
) -> None:
    widget = field(dialog, key)
    before = settings.get(key)
    if isinstance(widget, QCheckBox):
        widget.click()
    elif isinstance(widget, QSpinBox):
        widget.stepUp()
    elif isinstance(widget, QComboBox):
        widget.setCurrentIndex(1)
        widget.activated.emit(1)
    else:
        assert isinstance(widget, QLineEdit)
        widget.setText("vim +{line} {file}")
        widget.editingFinished.emit()

    assert settings.get(key) != before


@pytest.mark.parametrize("key", PUBLIC, ids=lambda key: key.name)
def test_it_follows_what_is_changed_elsewhere(
    dialog: SettingsDialog, settings: AppSettings, key: keys.Key[object]
) -> None:
    widget = field(dialog, key)
    other: object
    if isinstance(widget, QCheckBox):
        other = not settings.get(key)
    elif isinstance(widget, QSpinBox):
        other = widget.value() + 1
    else:
        other = "dark" if key is keys.THEME else "zh_CN" if key is keys.LANGUAGE else "emacs {file}"
    settings.set(key, other)

    properties = {QCheckBox: "checked", QSpinBox: "value", QLineEdit: "text"}
    shown = (
        widget.currentData()
        if isinstance(widget, QComboBox)
        else next(widget.property(name) for kind, name in properties.items() if isinstance(widget, kind))
    )
    assert shown == other


def test_the_keys_begin_at_the_first_field(dialog: SettingsDialog, settings: AppSettings) -> None:
    assert dialog.focusWidget() is dialog.language
    QTest.keyClick(dialog.language, Qt.Key.Key_Down)
    assert settings.get(keys.LANGUAGE) == "en"
    QTest.keyClick(dialog.language, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is dialog.theme


def test_half_a_number_is_no_wish(dialog: SettingsDialog, settings: AppSettings) -> None:
    box = dialog.notify_after
    box.selectAll()
    QTest.keyClicks(box, "120")
    assert settings.get(keys.NOTIFY_AFTER) == 60
    box.clearFocus()
    box.interpretText()
    assert settings.get(keys.NOTIFY_AFTER) == 120


def test_everything_has_a_name_for_a_listener(dialog: SettingsDialog) -> None:
    for key in PUBLIC:
        widget = field(dialog, key)
        assert widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()), key.name


def test_the_file_is_opened_where_there_is_one_to_open(
    dialog: SettingsDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    dialog.file_button.click()
    until(qtbot, lambda: opened)

    assert Path(opened[0].toLocalFile()) == tmp_path / "settings.toml"
    assert "at_once" in (tmp_path / "settings.toml").read_text()


def test_without_a_home_there_is_no_file_to_open(qtbot: QtBot) -> None:
    dialog = SettingsDialog(AppSettings.in_memory())
    qtbot.addWidget(dialog)

    assert not dialog.file_button.isEnabled()
