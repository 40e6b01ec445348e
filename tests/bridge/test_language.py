"""Languages: catalogues, figures, and the texts of code that knows no Qt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QLocale, QObject
from pytestqt.qtbot import QtBot

from taskmon.bridge import language as languages
from taskmon.bridge.details.sentences import standing
from taskmon.bridge.language import Language
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.base import translate
from taskmon.core.base.text import format_amount, format_bytes, format_count, format_duration
from taskmon.core.base.translate import in_a_row
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.paths import resource
from taskmon.settings import keys


@pytest.fixture
def language(qtbot: QtBot) -> Iterator[Language]:
    made = Language()
    yield made
    made.close()
    assert text.tr("Cancelled") == "Cancelled"
    assert format_duration(70) == "1\u00a0m\u00a010\u00a0s"


class Parent(QObject):
    def say(self) -> str:
        return self.tr("Cancel all")

    def count(self, n: int) -> str:
        return self.tr("%n task(s) finished", "", n)


class Child(Parent):
    pass


def test_every_class_speaks_it_derived_ones_too(language: Language) -> None:
    language.use("zh_CN")

    assert (Parent().say(), Child().say()) == ("全部取消", "全部取消")
    assert (text.tr("Cancelled"), translate.tr("Cancelled")) == ("已取消", "已取消")


def test_sentences_follow_each_other_as_in_their_language(language: Language) -> None:
    failed = TaskSnapshot(
        1, "t", TaskState.FAILED, 1, 9.0, 0.0, 0.0, ended_at=9.0, error="ValueError: no", stop_requested_at=8.0,
        reason=StopReason(StopKind.USER, "", "", 8.0),
    )  # fmt: skip
    told = TaskRow(Mock(), failed, 0)
    assert "no. It had been asked" in standing(told)
    language.use("zh_CN")
    assert "。" in standing(told).rstrip("。")
    assert "。 " not in standing(told)
    assert in_a_row("", "一。", "", "二。") == "一。二。"


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is in use cannot be written there")
def test_a_catalogue_that_is_written_anew_ends_no_window(tmp_path: Path) -> None:
    """In a process of its own: what went wrong would end it by a signal."""
    code = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from taskmon.bridge import language
app = QCoreApplication([])
file = Path(sys.argv[1])
file.write_bytes(language.resource("translations/taskmon_zh_CN.qm").read_bytes())
language.resource = lambda _: file
catalogue = language.Catalogue("zh_CN")
file.write_bytes(b"")
print(catalogue.translate("", "Cancel all"), catalogue.translate("", "no such text"))
"""
    command = [sys.executable, "-X", "utf8", "-c", code, str(tmp_path / "texts.qm")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "全部取消 None\n", "")


def test_plurals(language: Language) -> None:
    language.use("en")
    assert [Child().count(n) for n in (0, 1, 2)] == ["0 tasks finished", "1 task finished", "2 tasks finished"]
    language.use("zh_CN")
    assert [Child().count(n) for n in (1, 2)] == ["1 个任务已结束", "2 个任务已结束"]


def test_what_has_no_translation_stays_as_it_is(language: Language) -> None:
    language.use("zh_CN")

    assert Child().tr("no such text") == "no such text"
    assert text.tr("no such text") == "no such text"


def test_the_words_of_qt_itself(language: Language) -> None:
    language.use("zh_CN")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"
    # A word that both have: in a context of Qt, Qt's is used.
    assert QCoreApplication.translate("QShortcut", "Help") == "帮助"
    language.use("en")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"


def test_figures_follow(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_locale", QLocale)
    language.use("zh_CN")

    assert format_duration(3 * 86_400 + 4 * 3600) == "3\u00a0天\u00a04\u00a0小时"
    assert format_duration(0.44, precise=True) == "0.4\u00a0秒"
    assert format_amount(3412, 9000, "") == "3,412 / 9,000"
    assert format_bytes(1_240_000_000) == "1.2\u00a0GB"


def test_numbers_are_written_as_the_system_wants(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_locale", lambda _: QLocale("de_DE"))
    language.use("en")

    assert format_count(1_234_567) == "1.234.567"
    assert format_bytes(1_240_000_000) == "1,2\u00a0GB"
    assert format_duration(2.5, precise=True) == "2,5\u00a0s"


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (["zh-Hans-CN", "zh-CN"], "zh_CN"),
        (["zh-SG"], "zh_CN"),
        (["zh-Hant-TW", "en-US"], "en"),
        (["xx-YY", "zh-CN"], "zh_CN"),
        (["fr"], "en"),
        (["en-GB", "zh-CN"], "en"),
        ([], "en"),
    ],
)
def test_the_language_of_the_system(
    language: Language, monkeypatch: pytest.MonkeyPatch, wishes: list[str], expected: str
) -> None:
    class System(QLocale):
        def uiLanguages(self) -> list[str]:
            return wishes

    monkeypatch.setattr(languages.QLocale, "system", staticmethod(System))
    language.use("system")

    assert language.current == expected


def test_a_broken_catalogue_leaves_english(language: Language, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(languages, "resource", lambda name: tmp_path / name)
    language.use("zh_CN")

    assert text.tr("Cancelled") == "Cancelled"
    assert languages.sources() == []


def test_a_closed_language_leaves_no_translator_to_the_garbage_collector(language: Language) -> None:
    """Its end takes a lock that whoever translates holds, in whose Python the collector may run."""
    language.use("zh_CN")
    translators = list(language._installed)
    assert translators
    language.close()

    assert not any(shiboken6.isValid(each) for each in translators)


@pytest.mark.parametrize("name", keys.LANGUAGES)
def test_each_language_has_a_catalogue(name: str) -> None:
    assert resource(f"translations/taskmon_{name}.qm").is_file()
