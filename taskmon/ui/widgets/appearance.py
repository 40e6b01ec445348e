"""Light, dark or high contrast: what the user says, else the system, else the desktop's portal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from taskmon.bridge.settings import AppSettings, keys
from taskmon.ui.widgets.theme import contrast_palette, dark_palette, light_palette, tokens

if TYPE_CHECKING:
    from taskmon.bridge.desktop.desktop import Taste

#: The values that $TASKMON_THEME may have; it goes before the setting.
_WISHES: Final = frozenset({"light", "dark", "contrast"})


class Appearance(QObject):
    """Gives the application its palette, and another whenever what it depends on changes.

    For the first frame, it goes by the palette that the platform gives: to ask for its scheme loads the class ``Qt``,
    see `taskmon.bridge.first_frame`. After that, it is to be asked by `apply`.
    """

    def __init__(self, app: QApplication, settings: AppSettings) -> None:
        super().__init__(app)
        given = tokens(app.palette())
        self._given_dark, self._given_high = given.dark, given.high
        self._first = True
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
        self._first = False

    def _set_wish(self, wish: str) -> None:
        forced = os.environ.get("TASKMON_THEME", "")
        self._wish = forced if forced in _WISHES else wish
        asks = not self._first or self._wish in ("light", "dark")
        if asks and hasattr(self._hints, "setColorScheme"):  # for what is not ours, such as the frame of the window
            from PySide6.QtCore import Qt

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
        taste, dark = self._taste, self._dark()
        if self._wish == "contrast" or (self._wish == "system" and self._high_contrast()):
            palette = contrast_palette(dark=dark)
        else:
            accent = QColor.fromRgbF(*taste.accent) if taste is not None and taste.accent is not None else None
            palette = dark_palette(accent) if dark else light_palette(accent)
        if palette != self._app.palette():
            self._app.setPalette(palette)

    def _dark(self) -> bool:
        if self._wish in ("light", "dark"):
            return self._wish == "dark"
        if self._first:
            return self._given_dark
        from PySide6.QtCore import Qt

        scheme = self._hints.colorScheme()
        if scheme == Qt.ColorScheme.Unknown:
            told = self._taste.dark if self._taste is not None else None
            return told if told is not None else self._given_dark
        return bool(scheme == Qt.ColorScheme.Dark)

    def _high_contrast(self) -> bool:
        if self._taste is not None and self._taste.contrast:
            return True
        if self._first or self._accessibility is None:
            return self._given_high
        from PySide6.QtCore import Qt

        return bool(self._accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast)
