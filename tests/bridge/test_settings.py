"""The settings as the widgets have them: values, news of changes, and trouble from the writing thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QThread
from pytestqt.qtbot import QtBot

from taskmon.bridge.settings import AppSettings, keys
from taskmon.bridge.ui_queue import call_queue
from taskmon.settings.store import SettingsStore
from tests.qt_helpers import until


@pytest.fixture
def settings(qtbot: QtBot, tmp_path: Path) -> Iterator[AppSettings]:
    made = AppSettings(store=SettingsStore(str(tmp_path)))
    yield made
    made.close()


def test_a_change_is_told_once_and_kept(settings: AppSettings, tmp_path: Path) -> None:
    names: list[str] = []
    seen: list[int] = []
    settings.changed.connect(names.append)
    settings.follow(keys.AT_ONCE, seen.append)
    settings.set(keys.AT_ONCE, 7)
    settings.set(keys.AT_ONCE, 7)

    assert names == ["tasks.at_once"]
    assert seen == [0, 7]
    settings.close()
    assert "at_once = 7" in (tmp_path / "settings.toml").read_text()


def test_trouble_of_the_writer_arrives_in_the_thread_of_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    settings = AppSettings(store=SettingsStore(str(tmp_path / "folder")))
    (tmp_path / "folder").write_text("")  # in the way of what the writer makes first
    told: list[tuple[str, bool]] = []
    settings.problem.connect(lambda text: told.append((text, QThread.currentThread() is settings.thread())))
    settings.set(keys.THEME, "dark")

    until(qtbot, lambda: told)
    assert "will not be saved" in told[0][0]
    assert told[0][1]
    settings.close()


def test_settings_in_memory_say_nothing(qtbot: QtBot) -> None:
    settings = AppSettings.in_memory()
    settings.set(keys.THEME, "dark")

    assert (settings.get(keys.THEME), settings.path, settings.problems) == ("dark", None, [])


def test_a_file_to_edit_is_made_with_all_that_may_be_edited(qtbot: QtBot, settings: AppSettings) -> None:
    made: list[str] = []
    settings.make_file(made.append)
    until(qtbot, lambda: made)

    text = Path(made[0]).read_text()
    for key in keys.KEYS:
        assert (key.name.partition(".")[2] in text) is not keys.is_private(key), key.name


def test_a_closed_queue_delivers_nothing(qtbot: QtBot) -> None:
    box = call_queue()
    came: list[str] = []
    box.post(lambda: came.append("before"))
    until(qtbot, lambda: came)
    box.post(lambda: came.append("too late"))
    box.close()
    thread = threading.Thread(target=lambda: box.post(lambda: came.append("later")))
    thread.start()
    thread.join()
    QCoreApplication.processEvents()

    assert came == ["before"]
