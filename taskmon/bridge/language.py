"""The language of the window: its catalogue, Qt's own, how numbers are written, and the words of core and jobs.

All texts of taskmon are in one context of the catalogue, whatever class asks: PySide asks for the class of the object
and for none of its bases, so a text that a base class says would be lost in every class derived from it.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator
from shiboken6 import delete

from taskmon.core.base import translate
from taskmon.paths import resource
from taskmon.settings.keys import LANGUAGES

#: The value of the setting that follows the system.
SYSTEM: Final = "system"
CONTEXT: Final = "taskmon"


class Catalogue(QTranslator):
    """The texts of taskmon in one language. Any thread may ask."""

    def __init__(self, language: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Not by its name: Qt would keep the file mapped, and whoever writes it anew, such as an update, would end this
        # window by SIGBUS at its next text.
        with contextlib.suppress(OSError):
            self._data = resource(f"translations/taskmon_{language}.qm").read_bytes()  # Qt makes no copy of it
            self.load(self._data)

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        if context[:1] == "Q" and context[1:2].isupper():  # Qt's own
            return None  # type: ignore[return-value]  # "" would be taken for a translation
        return super().translate(CONTEXT, source, disambiguation, n) or None  # type: ignore[return-value]


class Language(QObject):
    """Installs catalogues. One for the application, in the UI thread; `close` it before that goes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._installed: list[QTranslator] = []
        self._texts: _remembering | None = None
        self.current = ""
        """The language in force, one of `LANGUAGES`."""
        self.wish = ""
        """What was asked for: one of them, or `SYSTEM`."""

    def use(self, wish: str) -> None:
        """Take a language of `LANGUAGES`, or what the system wishes. Every widget gets a `LanguageChange` event."""
        self.wish = wish
        chosen = wish if wish in LANGUAGES else _of_system()
        if chosen == self.current:
            return
        self.current = chosen
        locale = _locale(chosen)
        QLocale.setDefault(locale)
        # Before the events: whoever hears one may ask for texts of the core. Each thread is given finished texts.
        old, self._installed = self._installed, []
        for translator in old:
            QCoreApplication.removeTranslator(translator)
        if chosen != "en":  # Qt's own texts are English
            qt = QTranslator(self)
            folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
            if qt.load(f"qtbase_{chosen}", folder):
                self._install(qt)
        ours = Catalogue(chosen, self)
        self._texts = _remembering(ours)
        translate.use(self._texts, *_separators(locale))
        self._install(ours)
        for translator in old:
            translator.deleteLater()

    def close(self) -> None:
        """Take the catalogues out again, and write numbers as in a terminal."""
        translate.use(None)
        if self._texts is not None:
            self._texts.end()
            self._texts = None
        old, self._installed = self._installed, []
        for translator in old:
            QCoreApplication.removeTranslator(translator)
            # Now, and not when the garbage collector finds it: the end of a translator takes the lock for writing that
            # whoever translates holds for reading, and what a translation in Python allocates may start the collector.
            delete(translator)
        self.current = ""
        QLocale.setDefault(QLocale.system())

    def _install(self, translator: QTranslator) -> None:
        QCoreApplication.installTranslator(translator)
        self._installed.append(translator)


class _remembering:  # noqa: N801 -- a function with a memory
    """Looks each text up once: the table asks for some of them in every frame."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, str] = {}
        self._ended = False
        self._lock = threading.Lock()

    def end(self) -> None:
        """Ask the catalogue no more; whoever is asking has done so on return."""
        with self._lock:
            self._ended = True

    def __call__(self, text: str) -> str:
        found = self._known.get(text)
        if found is None:
            try:
                with self._lock:  # jobs ask too, in their own threads
                    if self._ended:
                        return text
                    found = self._catalogue.translate(CONTEXT, text) or text
            except RuntimeError:  # another language was taken in the meantime, and this catalogue is gone
                return text
            self._known[text] = found
        return found


def tr(text: str) -> str:
    """Return `text` in the user's language: the application's, or in another program what its translators say.

    For modules that are no objects of Qt's.
    """
    return translate.tr(text) if translate.in_use() else QCoreApplication.translate(CONTEXT, text)


def sources() -> list[str]:
    """All texts of the window, from a catalogue: each but the English one has them all. Reads and parses a file."""
    from xml.etree import ElementTree  # only for a change of language while the window is open

    language = next(name for name in LANGUAGES if name != "en")
    try:
        tree = ElementTree.parse(resource(f"translations/taskmon_{language}.ts"))
    except (OSError, ElementTree.ParseError):
        return []
    return [message.findtext("source", "") for message in tree.iter("message") if message.get("numerus") is None]


def _of_system() -> str:
    for name in QLocale.system().uiLanguages():
        language, *rest = name.replace("_", "-").split("-")
        # Traditional Chinese is another script: for its readers English is as near.
        if language == "zh" and {"Hant", "TW", "HK", "MO"} & set(rest):
            continue
        for known in LANGUAGES:
            if known.partition("_")[0] == language:
                return known
    return "en"


def _locale(language: str) -> QLocale:
    """The system's own where it speaks the language, so that its numbers and dates stay as they are set there."""
    system, wanted = QLocale.system(), QLocale(language)
    return system if system.language() in (wanted.language(), QLocale.Language.C) else wanted


def _separators(locale: QLocale) -> tuple[str, str]:
    if locale.language() == QLocale.Language.C:
        return "\u202f", "."  # the machine has not been told: as in print
    return locale.groupSeparator().replace(" ", "\u202f"), locale.decimalPoint()
