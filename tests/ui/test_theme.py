"""Colours: everything that is read can be read."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from taskmon.ui.theme import contrast, dark_palette, light_palette, tokens


@pytest.mark.parametrize("make", [light_palette, dark_palette])
@pytest.mark.parametrize("ink", ["text", "quiet", "done", "failed", "warning"])
@pytest.mark.parametrize("ground", ["base", "selection", "window", "hover"])
def test_text_has_enough_contrast(qtbot: QtBot, make, ink: str, ground: str) -> None:  # type: ignore[no-untyped-def]
    """Every text colour on every ground it may stand on: at least 4.5 to 1."""
    colors = tokens(make())

    assert contrast(getattr(colors, ink), getattr(colors, ground)) >= 4.5


@pytest.mark.parametrize("make", [light_palette, dark_palette])
def test_the_primary_button_can_be_read(qtbot: QtBot, make) -> None:  # type: ignore[no-untyped-def]
    """Its text is on the accent colour."""
    colors = tokens(make())

    assert contrast(colors.on_accent, colors.accent) >= 4.5


def test_colours_follow_a_foreign_palette(qtbot: QtBot) -> None:
    """In a host with its own colours, the table takes them."""
    palette = QPalette(QColor("#402020"), QColor("#301010"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#200808"))
    palette.setColor(QPalette.ColorRole.Text, QColor("#ffeeee"))

    colors = tokens(palette)

    assert colors.dark
    assert colors.base == QColor("#200808")
    assert contrast(colors.quiet, colors.base) >= 4.5
