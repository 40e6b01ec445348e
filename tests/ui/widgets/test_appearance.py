"""Light, dark, high contrast: who decides, and that it can be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from taskmon.bridge.desktop.desktop import Taste
from taskmon.bridge.settings import AppSettings, keys
from taskmon.ui.widgets.appearance import Appearance
from taskmon.ui.widgets.theme import contrast, contrast_palette, dark_palette, light_palette, tokens


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[QApplication]:
    made = QApplication.instance()
    assert isinstance(made, QApplication)
    before = made.palette()
    yield made
    made.styleHints().unsetColorScheme()
    made.setPalette(before)


def look(app: QApplication) -> str:
    colors = tokens(app.palette())
    return ("high " if colors.high else "") + ("dark" if colors.dark else "light")


def test_the_setting_takes_effect_at_once(app: QApplication) -> None:
    settings = AppSettings.in_memory()
    appearance = Appearance(app, settings)
    seen = []
    for wish in ("dark", "light", "contrast", "system"):
        settings.set(keys.THEME, wish)
        seen.append(look(app))
    appearance.deleteLater()

    assert seen == ["dark", "light", "high light", "light"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (light_palette(), "light"),
        (dark_palette(), "dark"),
        (contrast_palette(dark=False), "high light"),
        (contrast_palette(dark=True), "high dark"),
    ],
)
def test_the_first_frame_looks_like_the_palette_of_the_platform(
    app: QApplication, given: QPalette, expected: str
) -> None:
    """What is asked after it, scheme and contrast, does not make the window flash."""
    app.setPalette(given)
    appearance = Appearance(app, AppSettings.in_memory())
    first = look(app)
    appearance.apply()
    appearance.deleteLater()

    assert first == expected
    assert look(app).removeprefix("high ") == expected.removeprefix("high ")


def test_the_portal_goes_before_the_palette_of_the_platform(app: QApplication) -> None:
    app.setPalette(dark_palette())
    appearance = Appearance(app, AppSettings.in_memory())
    appearance.set_taste(Taste(dark=None))
    assert look(app) == "dark"
    appearance.set_taste(Taste(dark=False))
    assert look(app) == "light"
    appearance.deleteLater()


def test_the_environment_goes_before(app: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMON_THEME", "dark")
    settings = AppSettings.in_memory()
    appearance = Appearance(app, settings)
    settings.set(keys.THEME, "light")
    appearance.deleteLater()

    assert look(app) == "dark"


def test_the_portal_speaks_where_the_platform_does_not(app: QApplication) -> None:
    settings = AppSettings.in_memory()
    appearance = Appearance(app, settings)
    appearance.set_taste(Taste(dark=True))
    assert look(app) == "dark"
    appearance.set_taste(Taste(dark=True, contrast=True))
    assert look(app) == "high dark"
    settings.set(keys.THEME, "light")  # one's own wish goes before
    assert look(app) == "light"
    settings.set(keys.THEME, "system")
    appearance.set_taste(Taste(dark=False, accent=(0.8, 0.1, 0.5)))
    assert tokens(app.palette()).accent.name() == QColor.fromRgbF(0.8, 0.1, 0.5).name()
    appearance.deleteLater()


@pytest.mark.parametrize("accent", ["#ffff00", "#ffffff", "#000000", "#3584e4", "#e01b24", "#808080"])
@pytest.mark.parametrize("make", [light_palette, dark_palette])
def test_any_accent_can_be_seen_and_read(qtbot: QtBot, make, accent: str) -> None:  # type: ignore[no-untyped-def]
    colors = tokens(make(QColor(accent)))

    assert contrast(colors.accent, colors.base) >= 2.9  # rounded to eight bits
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    for ink in ("text", "quiet", "done", "failed", "warning"):
        for ground in ("base", "selection", "window"):
            assert contrast(getattr(colors, ink), getattr(colors, ground)) >= 4.5, (ink, ground)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ink", ["text", "quiet", "done", "failed", "warning"])
@pytest.mark.parametrize("ground", ["base", "selection", "window"])
def test_high_contrast_is_high(qtbot: QtBot, dark: bool, ink: str, ground: str) -> None:
    colors = tokens(contrast_palette(dark=dark))

    assert colors.high
    assert contrast(getattr(colors, ink), getattr(colors, ground)) >= 7
    assert contrast(colors.line, colors.base) >= 3
    assert contrast(colors.on_accent, colors.accent) >= 4.5


def test_usual_palettes_are_not_taken_for_high_contrast(qtbot: QtBot) -> None:
    black_on_white = QPalette(QColor("#efefef"))
    black_on_white.setColor(QPalette.ColorRole.Base, QColor("#ffffff"))
    black_on_white.setColor(QPalette.ColorRole.Text, QColor("#000000"))

    for palette in (light_palette(), dark_palette(), black_on_white):
        assert not tokens(palette).high
