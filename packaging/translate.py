"""Keep the catalogues in step with the source: `dev.py translate`.

The texts that `texts.gather` finds are merged into resources/translations/taskmon_*.ts by Qt's lupdate, and Qt's
lrelease compiles each into the .qm file that the window loads. Both come with PySide6-Essentials. What has no
translation yet is listed, and is then to be filled in: in the .ts file, by hand or with Qt Linguist.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from texts import Text, gather

from taskmon.settings.keys import LANGUAGES

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "resources" / "translations"
#: The one context of all texts; see taskmon/bridge/language.py.
CONTEXT: Final = "taskmon"


def catalogue(language: str) -> Path:
    """The .ts file of a language."""
    return FOLDER / f"taskmon_{language}.ts"


def update(texts: Iterable[Text]) -> None:
    """Add new texts to the catalogues and take old ones out."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "texts.cpp")
        source.write_text(as_cpp(texts), encoding="utf-8")
        for language in LANGUAGES:
            options = ["-pluralonly"] if language == "en" else []  # its texts are in the source
            languages = ["-source-language", "en", "-target-language", language]
            kept = ["-locations", "none", "-no-obsolete", *options]
            call("lupdate", "-silent", source, *kept, *languages, "-ts", catalogue(language))


def as_cpp(texts: Iterable[Text]) -> str:
    """The texts as calls that lupdate knows best."""
    calls = [
        f"QCoreApplication::translate({_quoted(CONTEXT)}, {_quoted(text.source)}, {_quoted(text.comment)}"
        + (", n" if text.plural else "")
        + ");"
        for text in texts
    ]
    return "void texts(int n) {\n" + "\n".join(calls) + "\n}\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def release() -> None:
    """Compile the catalogues."""
    for language in LANGUAGES:
        call("lrelease", "-silent", catalogue(language), "-qm", catalogue(language).with_suffix(".qm"))


def unfinished(language: str) -> list[str]:
    """The texts of a catalogue that have no translation yet."""
    missing = []
    for message in ElementTree.parse(catalogue(language)).iter("message"):
        translation = message.find("translation")
        forms = [] if translation is None else list(translation) or [translation]
        if not forms or translation is None or translation.get("type") or not all(form.text for form in forms):
            missing.append(message.findtext("source", ""))
    return missing


def call(tool: str, *arguments: str | Path) -> None:
    """Run one of PySide6's tools."""
    name = f"pyside6-{tool}"
    beside = Path(sys.executable).parent
    program = shutil.which(name, path=str(beside)) or shutil.which(name)
    if program is None:
        raise SystemExit(f"{name} is missing: it comes with PySide6-Essentials.")
    subprocess.run([program, *arguments], check=True, timeout=300)


def main() -> int:
    found = gather(ROOT / "taskmon")
    for problem in found.problems:
        print(problem, file=sys.stderr)
    update(found.texts)
    release()
    left = {language: unfinished(language) for language in LANGUAGES}
    for language, missing in left.items():
        print(f"{language}: {len(missing)} texts without a translation")
        for source in missing:
            print(f"    {source!r}")
    return 1 if found.problems or any(left.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
