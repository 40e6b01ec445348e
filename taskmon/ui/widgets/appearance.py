"""Light, dark or high contrast: what the user says, else the system, else the desktop's portal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from taskmon.bridge.settings import AppSettings, keys
from taskmon.ui.widgets.theme import contrast_palette, dark_palette, light_palette

if TYPE_CHECKING:
    from taskmon.bridge.desktop.desktop import Taste

#: The values that $TASKMON_THEME may have; it goes before the setting.
_WISHES: Final = frozenset({"light", "dark", "contrast"})


class Appearance(QObject):
    """Gives the application its palette, and another whenever what it depends on changes."""

    def __init__(self, app: QApplication, settings: AppSettings) -> None:
        super().__init__(app)
        self._app = app
        self._hints = app.styleHints()
        self._wish = "system"
        self._taste: Taste | None = None
        self._applying = False
        self._hints.colorSchemeChanged.connect(self.apply)
        accessibility = getattr(self._hints, "accessibility", None)  # from Qt 6.10 on
        self._accessibility = accessibility() if accessibility is not None else None
        if self._accessibility is not None:
            self._accessibility.contrastPreferenceChanged.connect(self.apply)
        settings.follow(keys.THEME, self._set_wish)

    def _set_wish(self, wish: str) -> None:
        forced = os.environ.get("TASKMON_THEME", "")
        self._wish = forced if forced in _WISHES else wish
        if hasattr(self._hints, "setColorScheme"):  # for what is not ours to paint, such as the frame of the window
            schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
            self._applying = True
            self._hints.setColorScheme(schemes.get(self._wish, Qt.ColorScheme.Unknown))
            self._applying = False
        self.apply()

    def set_taste(self, taste: Taste) -> None:
        """Take what the desktop's portal says, for what the platform does not."""
        self._taste = taste
        self.apply()

    @Slot()
    def apply(self) -> None:
        """Choose the palette anew."""
        if self._applying:
            return
        taste = self._taste
        scheme = self._hints.colorScheme()
        if self._wish in ("light", "dark"):
            dark = self._wish == "dark"
        elif scheme == Qt.ColorScheme.Unknown:
            dark = bool(taste is not None and taste.dark)
        else:
            dark = scheme == Qt.ColorScheme.Dark
        if self._wish == "contrast" or (self._wish == "system" and self._high_contrast()):
            palette = contrast_palette(dark=dark)
        else:
            accent = QColor.fromRgbF(*taste.accent) if taste is not None and taste.accent is not None else None
            palette = dark_palette(accent) if dark else light_palette(accent)
        if palette != self._app.palette():
            self._app.setPalette(palette)

    def _high_contrast(self) -> bool:
        if self._taste is not None and self._taste.contrast:
            return True
        if self._accessibility is None:
            return False
        return bool(self._accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast)
