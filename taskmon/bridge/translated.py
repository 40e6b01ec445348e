"""Texts in the user's language, for modules that are no objects of Qt's."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from taskmon.core.base import translate


def tr(text: str) -> str:
    """Return `text` in the user's language: the application's, or in another program what its translators say."""
    return translate.tr(text) if translate.in_use() else QCoreApplication.translate("taskmon", text)
