"""The catalogues: every text of the source is in them, translated, with its placeholders, and compiled."""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QTranslator

from taskmon.settings.keys import LANGUAGES

#: A number for each form that a plural has in a language.
NUMBERS = {"en": [1, 2], "zh_CN": [5]}


class Message(NamedTuple):
    source: str
    comment: str
    forms: list[str]
    finished: bool
    plural: bool


def messages(root: Path, language: str) -> list[Message]:
    found = []
    for message in ElementTree.parse(root / f"resources/translations/taskmon_{language}.ts").iter("message"):
        translation = message.find("translation")
        assert translation is not None
        forms = [form.text or "" for form in translation] or [translation.text or ""]
        found.append(
            Message(
                message.findtext("source", ""),
                message.findtext("comment", ""),
                forms,
                translation.get("type") is None,
                message.get("numerus") == "yes",
            )
        )
    return found


@pytest.fixture
def texts(_scripts: None) -> ModuleType:
    return importlib.import_module("texts")


@functools.cache
def gathered(root: Path) -> Any:
    """What the whole source says: to read it takes a second."""
    return importlib.import_module("texts").gather(root / "taskmon")


def test_every_text_is_found(texts: ModuleType, root: Path) -> None:
    assert gathered(root).problems == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_is_in_the_catalogue(texts: ModuleType, root: Path, language: str) -> None:
    """If this fails, run packaging/dev.py translate and fill in what it lists."""
    said = {(text.source, text.comment) for text in gathered(root).texts}
    known = {(message.source, message.comment) for message in messages(root, language)}

    assert said - known == set(), "texts that the catalogue does not have"
    assert known - said == set(), "texts that nothing says any more"


def test_every_plural_is_in_the_english_catalogue(texts: ModuleType, root: Path) -> None:
    said = {(text.source, text.comment) for text in gathered(root).texts if text.plural}

    assert {(message.source, message.comment) for message in messages(root, "en")} == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(root: Path, language: str) -> None:
    forms = len(NUMBERS[language])

    missing = [
        message.source
        for message in messages(root, language)
        if not message.finished or not all(message.forms) or len(message.forms) != (forms if message.plural else 1)
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive(root: Path, language: str) -> None:
    """{name} and the accelerator in every form; %n too, except where a form says “one” in words."""

    def slots(text: str) -> list[str]:
        return sorted(re.findall(r"\{[^}]*\}", text))

    wrong = [
        (message.source, form)
        for message in messages(root, language)
        for place, form in enumerate(message.forms)
        if slots(form) != slots(message.source)
        or bool(re.search(r"&\w", message.source)) != bool(re.search(r"&\w", form))
        or (message.plural and "%n" not in form and not (language == "en" and place == 0))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_what_the_other_says(root: Path, language: str) -> None:
    """If this fails, run packaging/dev.py translate."""
    compiled = QTranslator()
    assert compiled.load(str(root / f"resources/translations/taskmon_{language}.qm"))

    for message in messages(root, language):
        for form, number in zip(message.forms, NUMBERS[language] if message.plural else [-1], strict=True):
            assert compiled.translate("taskmon", message.source, message.comment, number) == form


def test_what_cannot_be_translated_is_a_problem(texts: ModuleType, tmp_path: Path) -> None:
    package = tmp_path / "taskmon"
    package.mkdir()
    (package / "bad.py").write_text(
        "class A:\n"
        "    def a(self, n, name):\n"
        "        self.tr(f'{n} tasks')\n"
        "        self.tr('Cancel ' + name)\n"
        "        self.tr(name)\n"
        "        text.tr(name)\n"
        "        self.tr('one' if n == 1 else 'many')\n"
        "LABELS = {1: 'first'}\n"
    )
    found = texts.gather(package)

    assert [problem.split(": ")[0] for problem in found.problems] == [f"taskmon/bad.py:{line}" for line in (3, 4, 5)]
    assert [text.source for text in found.texts] == ["first", "many", "one"]
