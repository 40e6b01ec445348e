"""Colours: everything that is read can be read."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QScrollBar, QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from taskmon.ui.widgets.theme import contrast, contrast_palette, dark_palette, light_palette, style_sheet, tokens


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


@pytest.mark.parametrize("make", [light_palette, dark_palette, lambda: contrast_palette(dark=True)])
@pytest.mark.parametrize("direction", [Qt.Orientation.Vertical, Qt.Orientation.Horizontal])
def test_scroll_bars_are_slim_and_their_thumb_is_seen(qtbot: QtBot, make, direction) -> None:  # type: ignore[no-untyped-def]
    """A thumb on nothing: no arrows, no groove, and never smaller than what a pointer can hit."""
    bar = QScrollBar(direction)
    qtbot.addWidget(bar)
    bar.setPalette(make())
    bar.setStyleSheet(style_sheet(make()))
    bar.setRange(0, 100_000)
    bar.setPageStep(10)
    along = direction is Qt.Orientation.Vertical
    hint = bar.sizeHint()
    bar.resize(hint.width() if along else 300, 300 if along else hint.height())
    option = QStyleOptionSlider()
    bar.initStyleOption(option)

    def part(which: QStyle.SubControl) -> tuple[int, int]:
        rect = bar.style().subControlRect(QStyle.ComplexControl.CC_ScrollBar, option, which, bar)
        return (rect.width(), rect.height()) if along else (rect.height(), rect.width())

    thick, long = part(QStyle.SubControl.SC_ScrollBarSlider)
    middle = part(QStyle.SubControl.SC_ScrollBarGroove)[1]
    picture = bar.grab().toImage()
    thumb = picture.pixelColor(bar.width() // 2, 16) if along else picture.pixelColor(16, bar.height() // 2)

    assert thick <= 14
    assert long >= 32
    assert middle == 300, "arrows take room"
    assert contrast(thumb, tokens(make()).base) >= 2
