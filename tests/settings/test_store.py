"""Settings: what is in force, what the file keeps, and what happens when it cannot be read or written."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from taskmon.paths import config_folder, data_folder
from taskmon.settings import file
from taskmon.settings.keys import AT_ONCE, EDITOR, KEYS, LANGUAGE, NOTIFY, THEME
from taskmon.settings.store import FILE_NAME, SettingsStore

LONG = 20.0  # a watchdog: writing takes milliseconds


def store_in(folder: Path, text: str | None = None) -> tuple[SettingsStore, list[str]]:
    if text is not None:
        (folder / FILE_NAME).write_text(text, encoding="utf-8")
    told: list[str] = []
    store = SettingsStore(str(folder), told.append)
    told += store.load()
    return store, told


def content(folder: Path) -> str:
    return (folder / FILE_NAME).read_text(encoding="utf-8")


def test_without_a_file_the_defaults_hold_and_nothing_is_written(tmp_path: Path) -> None:
    store, told = store_in(tmp_path / "not" / "there")

    assert [store.get(key) for key in KEYS] == [key.default for key in KEYS]
    assert not told
    assert not list(tmp_path.iterdir())


def test_what_is_set_is_there_at_the_next_start(tmp_path: Path) -> None:
    store, _ = store_in(tmp_path / "new")
    assert store.set(THEME, "dark")
    assert store.set(EDITOR, 'code -g "{file}":{line} 文件')
    assert not store.set(THEME, "dark")
    assert store.flush(LONG)

    again, told = store_in(tmp_path / "new")
    assert not told
    assert (again.get(THEME), again.get(EDITOR)) == ("dark", 'code -g "{file}":{line} 文件')


def test_comments_unknown_keys_and_order_survive(tmp_path: Path) -> None:
    before = '# mine\n[future]\nkey = 1 # kept\n\n[appearance]\nzoom = 2.5\ntheme = "light" # for the day\n'
    store, told = store_in(tmp_path, before)
    store.set(THEME, "dark")
    assert store.flush(LONG)

    assert not told
    assert content(tmp_path) == before.replace('"light"', '"dark"')


def test_what_somebody_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    store, _ = store_in(tmp_path, "[tasks]\nat_once = 3\n")
    (tmp_path / FILE_NAME).write_text("[tasks]\nat_once = 4\n")
    store.set(THEME, "light")
    assert store.flush(LONG)

    again, _ = store_in(tmp_path)
    assert (again.get(AT_ONCE), again.get(THEME)) == (4, "light")


@pytest.mark.parametrize(
    "bad", ["not toml at all [", "[appearance]\ntheme = 'dark'\ntheme = 'light'\n", "x = " + "[" * 9999]
)
def test_a_bad_file_is_set_aside_and_named_once(tmp_path: Path, bad: str) -> None:
    store, told = store_in(tmp_path, bad)

    (aside,) = tmp_path.glob("settings.toml.bad-*")
    assert aside.read_text() == bad
    assert len(told) == 1
    assert aside.name in told[0]
    store.set(THEME, "dark")
    assert store.flush(LONG)
    assert len(told) == 1
    assert store_in(tmp_path)[0].get(THEME) == "dark"


@pytest.mark.parametrize("data", [b"\xff\xfe[appearance]", b"#" * 1_000_001])
def test_what_is_no_text_or_too_large_is_a_bad_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(data)
    _, told = store_in(tmp_path)

    assert len(told) == 1
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [data]


def test_a_file_that_went_bad_while_the_window_was_open_costs_nothing(tmp_path: Path) -> None:
    store, told = store_in(tmp_path, "[appearance]\ntheme = 'dark'\n")
    (tmp_path / FILE_NAME).write_text("broken [")
    store.set(NOTIFY, False)
    assert store.flush(LONG)

    again, _ = store_in(tmp_path)
    assert (again.get(THEME), again.get(NOTIFY)) == ("dark", False)
    assert len(told) == 1
    assert [path.read_text() for path in tmp_path.glob("*.bad-*")] == ["broken ["]


def test_two_bad_files_within_a_second_are_both_kept(tmp_path: Path) -> None:
    for number in range(3):
        store_in(tmp_path, f"bad {number}")

    assert {path.read_text() for path in tmp_path.iterdir()} == {"bad 0", "bad 1", "bad 2"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("[tasks]\nat_once = 9999", AT_ONCE),
        ("[tasks]\nat_once = true", AT_ONCE),
        ("[tasks]\nat_once = -1", AT_ONCE),
        ("[appearance]\ntheme = 'purple'", THEME),
        ("[appearance]\nlanguage = 5", LANGUAGE),
        ("[notifications]\nshow = 'yes'", NOTIFY),
    ],
)
def test_a_value_out_of_range_is_named_and_the_default_used(tmp_path: Path, line: str, key) -> None:  # type: ignore[no-untyped-def]
    store, told = store_in(tmp_path, line)

    assert store.get(key) == key.default
    assert len(told) == 1
    assert key.name in told[0]
    assert content(tmp_path) == line


def test_a_value_of_our_own_is_checked_too(tmp_path: Path) -> None:
    store, _ = store_in(tmp_path)

    with pytest.raises(ValueError, match=r"tasks\.at_once"):
        store.set(AT_ONCE, 9999)


def test_settings_that_cannot_be_written_are_told_once_and_hold(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store, told = store_in(tmp_path / "file" / "folder")  # no folder can be made there, whoever asks
    store.set(THEME, "dark")
    assert store.flush(LONG)
    store.set(THEME, "light")
    assert store.flush(LONG)

    assert store.get(THEME) == "light"
    assert len([sentence for sentence in told if "will not be saved" in sentence]) == 1


def test_a_read_only_folder_is_told_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    _, told = store_in(tmp_path)

    assert len(told) == 1
    assert "will not be saved" in told[0]


def test_without_a_home_settings_live_in_memory() -> None:
    store = SettingsStore(None)

    assert "will not be saved" in store.load()[0]
    store.set(THEME, "dark")
    assert store.get(THEME) == "dark"
    assert store.flush(LONG)


def test_a_pipe_in_place_of_the_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    store, told = store_in(tmp_path)
    store.set(THEME, "dark")
    assert store.flush(LONG)

    assert len(told) == 2
    assert (tmp_path / FILE_NAME).is_fifo()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "dotfiles" / FILE_NAME)
    store, told = store_in(tmp_path)
    store.set(THEME, "dark")
    assert store.flush(LONG)

    assert not told
    assert (tmp_path / FILE_NAME).is_symlink()
    assert "dark" in content(tmp_path / "dotfiles")


def test_writing_happens_in_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    real = file.change

    def change(*arguments: object) -> str:
        threads.append(threading.current_thread())
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(file, "change", change)
    store, _ = store_in(tmp_path)
    store.set(THEME, "dark")
    assert store.flush(LONG)

    assert threads
    assert threading.current_thread() not in threads


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from platformdirs import user_config_path

    monkeypatch.delenv("TASKMON_CONFIG_DIR")
    for base in ("", str(tmp_path), "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", base)
        if base != "relative":  # which the specification has ignored
            assert config_folder() == user_config_path("taskmon", appauthor=False)
        else:
            assert config_folder() == Path.home() / ".config" / "taskmon"


def test_where_what_is_kept_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from platformdirs import user_data_path

    monkeypatch.delenv("TASKMON_DATA_DIR", raising=False)
    for base in ("", str(tmp_path), "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", base)
        if base != "relative":
            assert data_folder() == user_data_path("taskmon", appauthor=False)
        else:
            assert data_folder() == Path.home() / ".local" / "share" / "taskmon"
