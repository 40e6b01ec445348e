"""Colours: one set of tokens, taken from the palette that is in force, so that an embedded table fits its host."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtGui import QColor, QPalette

_READABLE = 4.5
"""The contrast that text needs on its ground (WCAG 2.2, level AA)."""


class Tokens(NamedTuple):
    """The colours of the interface."""

    window: QColor
    base: QColor
    line: QColor
    text: QColor
    quiet: QColor
    accent: QColor
    on_accent: QColor
    selection: QColor
    hover: QColor
    track: QColor
    done: QColor
    failed: QColor
    warning: QColor
    danger_ground: QColor
    dark: bool


def tokens(palette: QPalette) -> Tokens:
    """Return the colours for a palette."""
    return _tokens(
        palette.color(QPalette.ColorRole.Window).rgb(),
        palette.color(QPalette.ColorRole.Base).rgb(),
        palette.color(QPalette.ColorRole.Text).rgb(),
        palette.color(QPalette.ColorRole.Accent).rgb(),
    )


@lru_cache(maxsize=8)
def _tokens(window_rgb: int, base_rgb: int, text_rgb: int, accent_rgb: int) -> Tokens:
    window, base, text, accent = QColor(window_rgb), QColor(base_rgb), QColor(text_rgb), QColor(accent_rgb)
    dark = base.lightness() < text.lightness()
    selection = mix(base, accent, 0.20 if dark else 0.105)
    failed = QColor("#f87171" if dark else "#b91c1c")

    def on_all(color: QColor) -> QColor:
        return readable(readable(color, base, text), selection, text)

    return Tokens(
        window=window,
        base=base,
        line=mix(base, text, 0.12 if dark else 0.10),
        text=text,
        quiet=on_all(mix(base, text, 0.62)),
        accent=accent,
        on_accent=QColor("#ffffff") if contrast(QColor("#ffffff"), accent) >= _READABLE else QColor("#0b1220"),
        selection=selection,
        hover=mix(base, text, 0.045),
        track=mix(base, text, 0.11 if dark else 0.09),
        done=on_all(QColor("#4ade80" if dark else "#15803d")),
        failed=on_all(failed),
        warning=on_all(QColor("#fbbf24" if dark else "#b45309")),
        danger_ground=mix(base, failed, 0.14 if dark else 0.06),
        dark=dark,
    )


def mix(ground: QColor, color: QColor, share: float) -> QColor:
    """Return `ground` with a share of `color` in it."""
    keep = 1.0 - share
    return QColor(
        round(ground.red() * keep + color.red() * share),
        round(ground.green() * keep + color.green() * share),
        round(ground.blue() * keep + color.blue() * share),
    )


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: QColor, ground: QColor, text: QColor) -> QColor:
    """Return `color`, drawn towards `text` until it can be read on `ground`."""
    for step in range(11):
        candidate = mix(color, text, step / 10)
        if contrast(candidate, ground) >= _READABLE:
            return candidate
    return text


def _luminance(color: QColor) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def light_palette() -> QPalette:
    """Our own light palette, for platforms that do not deliver one."""
    return _palette(
        window="#f6f7f9", base="#ffffff", text="#1f2328", accent="#2563eb", line="#e5e7eb", on_accent="#ffffff"
    )


def dark_palette() -> QPalette:
    """Our own dark palette."""
    return _palette(
        window="#191a1c", base="#1e1f22", text="#e6e6e6", accent="#5b8def", line="#34363b", on_accent="#0b1220"
    )


def _palette(*, window: str, base: str, text: str, accent: str, line: str, on_accent: str) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette(QColor(base), QColor(window))
    dark = QColor(base).lightness() < 128
    for which, color in (
        (role.Window, window),
        (role.WindowText, text),
        (role.Base, base),
        (role.AlternateBase, window),
        (role.Text, text),
        (role.Button, base if not dark else "#2a2b2f"),
        (role.ButtonText, text),
        (role.BrightText, "#ffffff"),
        (role.ToolTipBase, base),
        (role.ToolTipText, text),
        (role.Highlight, accent),
        (role.HighlightedText, on_accent),
        (role.Accent, accent),
        (role.Link, accent),
        (role.Light, mix(QColor(base), QColor("#ffffff"), 0.08).name()),
        (role.Midlight, line),
        (role.Mid, line),
        (role.Dark, mix(QColor(line), QColor(text), 0.2).name()),
        (role.Shadow, "#000000"),
    ):
        palette.setColor(which, QColor(color))
    quiet = mix(QColor(base), QColor(text), 0.62)
    palette.setColor(role.PlaceholderText, quiet)
    faint = mix(QColor(window), QColor(text), 0.45)
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, faint)
    return palette


def style_sheet(palette: QPalette) -> str:
    """Return the style sheet of the window's own controls: buttons, filter chips, the filter field."""
    t = tokens(palette)
    line, hover = t.line.name(), mix(t.base, t.text, 0.06).name()
    button = mix(t.base, t.text, 0.05).name() if t.dark else t.base.name()
    return f"""
    QPushButton {{ background: {button}; color: {t.text.name()}; border: 1px solid {line}; border-radius: 5px;
        padding: 5px 14px; min-height: 18px; }}
    QPushButton:hover {{ background: {hover}; }}
    QPushButton:pressed {{ background: {line}; }}
    QPushButton:focus {{ border-color: {t.accent.name()}; }}
    QPushButton:disabled {{ color: {mix(t.base, t.text, 0.4).name()}; background: {t.window.name()}; }}
    QPushButton[primary="true"] {{ background: {t.accent.name()}; color: {t.on_accent.name()};
        border-color: {t.accent.name()}; font-weight: 600; }}
    QPushButton[primary="true"]:hover {{ background: {mix(t.accent, t.text, 0.12).name()}; }}
    QPushButton[primary="true"]:focus {{ border: 2px solid {mix(t.accent, t.text, 0.55).name()};
        padding: 4px 13px; }}
    QPushButton[danger="true"] {{ color: {t.failed.name()}; }}
    QPushButton[chip="true"] {{ border-radius: 12px; padding: 2px 14px; min-height: 18px; }}
    QPushButton[chip="true"]:checked {{ background: {t.selection.name()}; border-color: {t.accent.name()};
        color: {readable(t.accent, t.selection, t.text).name()}; }}
    QLineEdit {{ background: {t.base.name()}; color: {t.text.name()}; border: 1px solid {line}; border-radius: 5px;
        padding: 4px 10px; min-height: 18px; selection-background-color: {t.accent.name()};
        selection-color: {t.on_accent.name()}; }}
    QLineEdit:focus {{ border-color: {t.accent.name()}; }}
    QTableView {{ border: 1px solid {line}; border-radius: 6px; background: {t.base.name()}; }}
    QHeaderView {{ background: {t.base.name()}; border: none; }}
    QHeaderView::section {{ background: {t.base.name()}; color: {t.quiet.name()}; border: none;
        border-bottom: 1px solid {line}; padding: 0 10px; }}
    QFrame#notice {{ background: {t.selection.name()}; border: 1px solid {line}; border-radius: 6px; }}
    QStatusBar {{ color: {t.quiet.name()}; }}
    QStatusBar::item {{ border: none; }}
    """
