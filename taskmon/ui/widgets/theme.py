"""Colours: one set of tokens, taken from the palette that is in force, so that an embedded table fits its host."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QPalette

from taskmon.paths import resource

_READABLE = 4.5
"""The contrast that text needs on its ground (WCAG 2.2, level AA)."""
_HIGH = 7.0
"""The same for those who have asked for high contrast (level AAA). A palette with such lines is one for them."""


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
    high: bool
    """Whether everything, lines included, is to stand out."""


def tokens(palette: QPalette) -> Tokens:
    return _tokens(
        palette.color(QPalette.ColorRole.Window).rgb(),
        palette.color(QPalette.ColorRole.Base).rgb(),
        palette.color(QPalette.ColorRole.Text).rgb(),
        palette.color(QPalette.ColorRole.Accent).rgb(),
        palette.color(QPalette.ColorRole.Mid).rgb(),
    )


@lru_cache(maxsize=8)
def _tokens(window_rgb: int, base_rgb: int, text_rgb: int, accent_rgb: int, mid_rgb: int) -> Tokens:
    # Not by the constructor, which would look whether it was given one of the colours in Qt's enumeration of them.
    window, base, text, accent = map(QColor.fromRgb, (window_rgb, base_rgb, text_rgb, accent_rgb))
    dark = base.lightness() < text.lightness()
    high = contrast(QColor.fromRgb(mid_rgb), base) >= _HIGH
    selection = mix(base, accent, 0.20 if dark else 0.105)
    failed = QColor("#f87171" if dark else "#b91c1c")
    needed = _HIGH if high else _READABLE

    def on_all(color: QColor) -> QColor:
        for ground in (base, selection, window):
            color = readable(color, ground, text, needed)
        return color

    return Tokens(
        window=window,
        base=base,
        line=mix(base, text, 0.7) if high else mix(base, text, 0.12 if dark else 0.10),
        text=text,
        quiet=on_all(mix(base, text, 0.85 if high else 0.62)),
        accent=accent,
        on_accent=on_color(accent),
        selection=selection,
        hover=mix(base, text, 0.045),
        track=mix(base, text, 0.35 if high else 0.11 if dark else 0.09),
        done=on_all(QColor("#4ade80" if dark else "#15803d")),
        failed=on_all(failed),
        warning=on_all(QColor("#fbbf24" if dark else "#b45309")),
        danger_ground=mix(base, failed, 0.14 if dark else 0.06),
        dark=dark,
        high=high,
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


def readable(color: QColor, ground: QColor, text: QColor, needed: float = _READABLE) -> QColor:
    """Return `color`, drawn towards `text` until it can be read on `ground`."""
    for step in range(11):
        candidate = mix(color, text, step / 10)
        if contrast(candidate, ground) >= needed:
            return candidate
    return text


def on_color(ground: QColor) -> QColor:
    """Return what can be read on `ground`: white, where that will do, or nearly black."""
    white = QColor("#ffffff")
    return white if contrast(white, ground) >= _READABLE else QColor("#0b1220")


def _luminance(color: QColor) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def light_palette(accent: QColor | None = None) -> QPalette:
    """Our own light palette, for platforms that do not deliver one; with the platform's accent, if it has one."""
    ours = _fitting(accent, QColor("#ffffff"), QColor("#1f2328")) or "#2563eb"
    return _palette(window="#f6f7f9", base="#ffffff", text="#1f2328", accent=ours, line="#e5e7eb")


def dark_palette(accent: QColor | None = None) -> QPalette:
    """Our own dark palette."""
    ours = _fitting(accent, QColor("#1e1f22"), QColor("#e6e6e6")) or "#5b8def"
    return _palette(window="#191a1c", base="#1e1f22", text="#e6e6e6", accent=ours, line="#34363b")


def contrast_palette(*, dark: bool) -> QPalette:
    """Our own palette of high contrast. Its accent is not the platform's, which may be faint."""
    if dark:
        return _palette(window="#000000", base="#000000", text="#ffffff", accent="#ffd60a", line="#c8c8c8")
    return _palette(window="#ffffff", base="#ffffff", text="#000000", accent="#0a2f9c", line="#3a3a3a")


def _fitting(accent: QColor | None, base: QColor, text: QColor) -> str:
    """A platform's accent, drawn towards the text until bars and frames in it can be seen (WCAG: 3 to 1)."""
    return "" if accent is None else readable(accent, base, text, 3.0).name()


def _palette(*, window: str, base: str, text: str, accent: str, line: str) -> QPalette:
    role = QPalette.ColorRole
    on_accent = on_color(QColor(accent)).name()
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


def _image(name: str, *, on_dark: bool) -> str:
    """The address of a small picture, for a style sheet."""
    path = resource(f"icons/{name}-{'light' if on_dark else 'dark'}.svg").as_posix()
    return f'url("{path}")'


def style_sheet(palette: QPalette) -> str:
    """Return the style sheet of the window's own controls: buttons, filter chips, the filter field."""
    t = tokens(palette)
    faint = mix(t.base, t.text, 0.65 if t.high else 0.4).name()
    line, hover = t.line.name(), mix(t.base, t.text, 0.06).name()
    button = mix(t.base, t.text, 0.05).name() if t.dark else t.base.name()
    # What a sheet says of a height goes before what the words need: it must not be less.
    words = QFontMetrics(QGuiApplication.font()).height()
    low, high = max(18, words), max(20, words)
    return f"""
    QPushButton {{ background: {button}; color: {t.text.name()}; border: 1px solid {line}; border-radius: 5px;
        padding: 5px 14px; min-height: {low}px; outline: none; }}
    QPushButton:hover {{ background: {hover}; }}
    QPushButton:pressed {{ background: {t.track.name()}; }}
    QPushButton:focus {{ border: 2px solid {t.accent.name()}; padding: 4px 13px; }}
    QPushButton:disabled {{ color: {faint}; background: {t.window.name()}; }}
    QPushButton[primary="true"] {{ background: {t.accent.name()}; color: {t.on_accent.name()};
        border-color: {t.accent.name()}; font-weight: 600; }}
    QPushButton[primary="true"]:hover {{ background: {mix(t.accent, t.text, 0.12).name()}; }}
    QPushButton[primary="true"]:focus {{ border: 2px solid {mix(t.accent, t.text, 0.55).name()};
        padding: 4px 13px; }}
    QPushButton[danger="true"]:enabled {{ color: {t.failed.name()}; }}
    QPushButton[chip="true"] {{ border-radius: 12px; padding: 2px 14px; min-height: {low}px; }}
    QPushButton[chip="true"]:checked {{ background: {t.selection.name()}; border-color: {t.accent.name()};
        color: {readable(t.accent, t.selection, t.text).name()}; }}
    QPushButton[chip="true"]:focus {{ padding: 1px 13px; }}
    QPushButton[chip="true"][danger="true"]:checked {{ color: {readable(t.failed, t.selection, t.text).name()};
        border-color: {t.failed.name()}; }}
    QWidget#segments {{ background: {t.track.name()}; border-radius: 6px; }}
    QPushButton[segment="true"] {{ background: transparent; border: 1px solid transparent; padding: 1px 14px;
        min-height: 18px; }}
    QPushButton[segment="true"]:checked {{ background: {t.base.name()}; border-color: {line}; }}
    QPushButton[segment="true"]:focus {{ border-color: {t.accent.name()}; }}
    QLineEdit {{ background: {t.base.name()}; color: {t.text.name()}; border: 1px solid {line}; border-radius: 5px;
        padding: 4px 10px; min-height: {low}px; selection-background-color: {t.accent.name()};
        selection-color: {t.on_accent.name()}; }}
    QLineEdit:focus {{ border-color: {t.accent.name()}; }}
    QTableView {{ border: 1px solid {line}; border-radius: 6px; background: {t.base.name()}; }}
    QHeaderView {{ background: {t.base.name()}; border: none; }}
    QHeaderView::section {{ background: {t.base.name()}; color: {t.quiet.name()}; border: none;
        border-bottom: 1px solid {line}; padding: 0 10px; }}
    QPlainTextEdit#field {{ background: {t.base.name()}; border: 1px solid {line}; border-radius: 5px;
        padding: 2px 6px; }}
    QPlainTextEdit#field:focus {{ border-color: {t.accent.name()}; }}
    QListWidget {{ background: {t.base.name()}; border: 1px solid {line}; border-radius: 5px; }}
    QListWidget:focus {{ border-color: {t.accent.name()}; }}
    QFrame#card {{ background: {t.base.name()}; border: 1px solid {line}; border-radius: 6px; }}
    QFrame#card QPlainTextEdit {{ background: {t.window.name()}; border: 1px solid {line}; border-radius: 4px; }}
    QFrame#notice {{ background: {t.selection.name()}; border: 1px solid {line}; border-radius: 6px; }}
    QFrame#danger {{ background: {t.danger_ground.name()}; border-radius: 6px;
        border: 1px solid {mix(t.danger_ground, t.failed, 0.3).name()}; }}
    QLabel#dangerTitle {{ color: {readable(t.failed, t.danger_ground, t.text).name()}; font-weight: 600; }}
    QPushButton[flat="true"] {{ background: transparent; border: 1px solid transparent; padding: 2px 10px; }}
    QPushButton[flat="true"]:hover {{ background: {hover}; }}
    QPushButton[flat="true"]:checked {{ color: {readable(t.accent, t.window, t.text).name()}; }}
    QPushButton[flat="true"]:focus {{ border-color: {t.accent.name()}; }}
    QComboBox, QSpinBox {{ background: {t.base.name()}; color: {t.text.name()}; border: 1px solid {line};
        border-radius: 5px; padding: 3px 8px; min-height: {high}px; selection-background-color: {t.accent.name()};
        selection-color: {t.on_accent.name()}; }}
    QComboBox:focus, QSpinBox:focus {{ border-color: {t.accent.name()}; }}
    QComboBox::drop-down {{ border: none; width: 24px; }}
    QSpinBox QLineEdit {{ border: none; padding: 0 0 0 6px; min-height: 0; background: transparent; }}
    QComboBox::down-arrow, QSpinBox::down-arrow {{ image: {_image("down", on_dark=t.dark)}; }}
    QSpinBox::up-arrow {{ image: {_image("up", on_dark=t.dark)}; }}
    QComboBox::down-arrow, QSpinBox::down-arrow, QSpinBox::up-arrow {{ width: 14px; height: 14px; }}
    QSpinBox::up-button, QSpinBox::down-button {{ border: none; background: transparent; width: 22px; }}
    QSpinBox::up-button:hover, QSpinBox::down-button:hover {{ background: {hover}; }}
    QCheckBox {{ spacing: 8px; }}
    QCheckBox::indicator {{ width: 15px; height: 15px; border: 1px solid {mix(t.base, t.text, 0.45).name()};
        border-radius: 4px; background: {t.base.name()}; }}
    QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {t.accent.name()}; }}
    QCheckBox::indicator:checked {{ background: {t.accent.name()}; border-color: {t.accent.name()};
        image: {_image("check", on_dark=t.on_accent.lightness() > 128)}; }}
    QCheckBox:focus {{ color: {readable(t.accent, t.window, t.text).name()}; }}
    QFrame#dropzone {{ border: 1px dashed {mix(t.base, t.text, 0.35).name()}; border-radius: 8px; }}
    {_scroll_bars(t)}
    QToolTip {{ background: {t.base.name()}; color: {t.text.name()}; padding: 3px 5px;
        border: 1px solid {mix(t.base, t.text, 0.3).name()}; }}
    QLabel#keycap {{ background: {t.base.name()}; border: 1px solid {line}; border-radius: 4px; padding: 1px 6px; }}
    QTreeWidget#palette {{ border: none; background: transparent; outline: none; }}
    QTreeWidget#palette::item {{ padding: 6px 8px; color: {t.text.name()}; border: none; }}
    QTreeWidget#palette::item:selected {{ background: {t.selection.name()}; color: {t.text.name()}; }}
    QStatusBar {{ color: {t.quiet.name()}; }}
    QStatusBar::item {{ border: none; }}
    """


def _scroll_bars(t: Tokens) -> str:
    """Slim ones without arrows: a quiet thumb, plain to see (WCAG: 3 to 1) while the pointer is on it."""
    thumb = (mix(t.base, t.text, share).name() for share in ((0.7, 0.85, 1.0) if t.high else (0.35, 0.55, 0.65)))
    rest, under, held = thumb
    return f"""
    QScrollBar {{ background: transparent; border: none; margin: 0; }}
    QScrollBar:vertical {{ width: 13px; }}
    QScrollBar:horizontal {{ height: 13px; }}
    QScrollBar::handle {{ background: {rest}; border-radius: 3px; margin: 3px; }}
    QScrollBar::handle:vertical {{ min-height: 32px; }}
    QScrollBar::handle:horizontal {{ min-width: 32px; }}
    QScrollBar::handle:hover {{ background: {under}; }}
    QScrollBar::handle:pressed {{ background: {held}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    """
