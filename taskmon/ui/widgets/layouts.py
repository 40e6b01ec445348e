"""Rows and columns of widgets, and a page that scrolls up and down, so that a window can be low.

Part of the first frame: asks Qt for no widget that Qt has made, such as a viewport, and for no style; see `test_start`.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

_Margins = tuple[int, int, int, int]
_Part = int | QWidget | QLayout | tuple[QWidget | QLayout, int]
_NONE = (0, 0, 0, 0)
#: Lines that a page shows at least.
_LINES: Final = 5
#: The width that is left for a scroll bar, in pixels: what the theme gives it, and one.
_BAR: Final = 14


def hbox(within: QWidget | None = None, *parts: _Part, margins: _Margins = _NONE, spacing: int = -1) -> QHBoxLayout:
    """Return a row of `parts`: of a widget, or for another layout. A `spacing` of -1 is that of the style.

    A number among the parts is room that grows by so much; a part that grows stands with its number in a tuple.
    """
    layout = QHBoxLayout()
    _lay_out(layout, within, parts, margins, spacing)
    return layout


def own_viewport(area: QAbstractScrollArea) -> QWidget:
    """Give an area a viewport that lets shine through what is behind, and return it.

    For the one that Qt has made, PySide6 loads all kinds of widgets when it is asked for first, to find out of which
    kind it is: as long as a frame lasts.
    """
    made = QWidget()
    area.setViewport(made)
    return made


def vbox(within: QWidget | None = None, *parts: _Part, margins: _Margins = _NONE, spacing: int = -1) -> QVBoxLayout:
    """Return a column, as `hbox` does a row."""
    layout = QVBoxLayout()
    _lay_out(layout, within, parts, margins, spacing)
    return layout


def _lay_out(
    layout: QBoxLayout, within: QWidget | None, parts: tuple[_Part, ...], margins: _Margins, spacing: int
) -> None:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for part in parts:
        if isinstance(part, int):
            layout.addStretch(part)
            continue
        what, grows = part if isinstance(part, tuple) else (part, 0)
        if isinstance(what, QLayout):
            layout.addLayout(what, grows)
        else:
            layout.addWidget(what, grows)
    if within is not None:
        within.setLayout(layout)


def scrolling(content: QWidget) -> QScrollArea:
    """Return an area without a frame in which a widget that has the area's width is moved up and down."""
    from PySide6.QtCore import Qt

    area = QScrollArea()
    own_viewport(area)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    content.setAutoFillBackground(False)
    return area


class TallPage(QScrollArea):
    """Shows a widget. It asks for the height that all of it needs, and is never narrower than its words."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("horizontalScrollBarPolicy", "ScrollBarAlwaysOff")

    def sizeHint(self) -> QSize:
        return QSize(self._content.sizeHint().width() + _BAR, self._needed_height())

    def minimumSizeHint(self) -> QSize:
        lines = _LINES * self.fontMetrics().lineSpacing()
        return QSize(self._content.minimumSizeHint().width() + _BAR, min(self._needed_height(), lines))

    def _needed_height(self) -> int:
        """The height that shows all of it at its present width."""
        width = max(self.width() - _BAR, self._content.minimumSizeHint().width())
        inner = self._content
        return inner.heightForWidth(width) if inner.hasHeightForWidth() else inner.sizeHint().height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and watched is self._content:
            self.updateGeometry()
        return super().eventFilter(watched, event)
