"""What is wrong with how a window is laid out: words that do not fit, widgets beside their place, hidden widths."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QStyleOptionSpinBox,
    QWidget,
)

#: Pixels by which the figures of fonts and styles may differ from what is seen.
_SLACK = 1
#: Turns of the event loop after which a window has come to rest. What is wrong then stays so.
_ROUNDS = 10


def faults_of(window: QWidget) -> list[str]:
    """Return what is wrong with a window that is shown, in words that name the widget."""
    faults: list[str] = []
    for _ in range(_ROUNDS):
        QApplication.processEvents()  # also what the window system answers to a change of size
        QApplication.sendPostedEvents()  # layouts are laid out by events, those within others by events that follow
        faults = [*_off_the_screen(window), *(fault for widget in _shown(window) for fault in _faults(widget))]
        if not faults:
            break
    return faults


def _shown(window: QWidget) -> Iterator[QWidget]:
    yield window
    for child in window.children():
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow():
            yield from _shown(child)


def _off_the_screen(window: QWidget) -> Iterator[str]:
    room = window.screen().availableGeometry()
    there = window.frameGeometry()
    if isinstance(window, QMessageBox):  # as wide as the screen where it needs that, whatever frame Qt comes to have
        there = QRect(room.topLeft(), window.size())
    if window.isWindow() and not room.contains(there):
        yield f"{_name(window)} at {_words(there)} is not within the screen, {_words(room)}"


def _faults(widget: QWidget) -> Iterator[str]:
    yield from _beside_its_place(widget)
    yield from _hidden_width(widget)
    needed, there = _need(widget)
    wide, high = needed.width() > there.width() + _SLACK, needed.height() > there.height() + _SLACK
    if wide or high:
        yield f"{_name(widget)} is clipped: needs {_size(needed)}, has {_size(there)}"


def _beside_its_place(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    if parent is None or widget.isWindow():
        return
    scrolled = isinstance(parent.parentWidget(), (QScrollArea, QAbstractItemView))
    if not scrolled and not parent.rect().contains(widget.geometry()):
        yield f"{_name(widget)} at {_words(widget.geometry())} is not within its parent, {_words(parent.rect())}"
    if parent.layout() is None or isinstance(parent, QMainWindow):
        return
    for other in parent.children():
        if other is widget or not isinstance(other, QWidget) or not other.isVisible() or other.isWindow():
            continue
        if parent.layout().indexOf(widget) >= 0 and parent.layout().indexOf(other) > parent.layout().indexOf(widget):
            covered = widget.geometry().intersected(other.geometry())
            if covered.width() > _SLACK and covered.height() > _SLACK:
                yield f"{_name(widget)} and {_name(other)} cover each other at {_words(covered)}"


def _hidden_width(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QScrollArea) and (inner := widget.widget()) is not None:
        wanted = max(inner.width(), inner.minimumSizeHint().width())
        if wanted > widget.viewport().width():
            yield f"{_name(widget)} hides {wanted - widget.viewport().width()} pixels of width of what is in it"


def _need(widget: QWidget) -> tuple[QSize, QSize]:
    """Return the room that the words of a widget need, and what they have."""
    metrics, style = widget.fontMetrics(), widget.style()
    nothing = QSize(0, 0)
    if isinstance(widget, QLabel) and widget.text():
        inner = widget.contentsRect().adjusted(*(widget.margin() * side for side in (1, 1, -1, -1)))
        if not widget.wordWrap():
            return QSize(_width(widget, widget.text()), metrics.height()), inner.size()
        asked = QRect(0, 0, inner.width(), 1_000_000)
        flags = int(widget.alignment()) | int(Qt.TextFlag.TextWordWrap)
        return metrics.boundingRect(asked, flags, widget.text()).size(), inner.size()
    if isinstance(widget, QAbstractButton) and widget.text():
        option = QStyleOptionButton()
        if isinstance(widget, (QPushButton, QCheckBox)):
            widget.initStyleOption(option)
        part = QStyle.SubElement.SE_PushButtonContents
        if isinstance(widget, QCheckBox):
            part = QStyle.SubElement.SE_CheckBoxContents
        room = style.subElementRect(part, option, widget).size()
        words = option.text or widget.text()
        lines = metrics.size(int(Qt.TextFlag.TextShowMnemonic), words)
        if "\n" not in words:  # a line may be higher than what is seen of it
            lines.setHeight(metrics.tightBoundingRect(words).height())
        return lines, room
    if isinstance(widget, QComboBox):
        box = QStyleOptionComboBox()
        widget.initStyleOption(box)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, box, field, widget).size()
        words = widget.currentText() or widget.placeholderText()
        return QSize(_width(widget, words), metrics.height()), room
    if isinstance(widget, QSpinBox):
        spin = QStyleOptionSpinBox()
        widget.initStyleOption(spin)
        field = QStyle.SubControl.SC_SpinBoxEditField
        room = style.subControlRect(QStyle.ComplexControl.CC_SpinBox, spin, field, widget).size()
        return QSize(_width(widget, widget.text()), metrics.height()), room
    if isinstance(widget, QLineEdit) and not isinstance(widget.parentWidget(), (QSpinBox, QComboBox)):
        frame = QStyleOptionFrame()
        widget.initStyleOption(frame)
        room = style.subElementRect(QStyle.SubElement.SE_LineEditContents, frame, widget).size()
        words = "" if widget.text() else widget.placeholderText()
        beside = 4 * _SLACK  # what the field keeps free beside the words
        return QSize(_width(widget, words) + beside, metrics.height()), room
    if isinstance(widget, QPlainTextEdit) and not widget.toPlainText():
        words = widget.placeholderText()
        beside = 2 * round(widget.document().documentMargin())
        asked = QRect(0, 0, widget.viewport().width() - beside, 1_000_000)
        size = metrics.boundingRect(asked, int(Qt.TextFlag.TextWordWrap), words).size()
        return QSize(size.width() + beside, size.height() + beside), widget.viewport().size()
    return nothing, nothing


def _width(widget: QWidget, words: str) -> int:
    return max((widget.fontMetrics().horizontalAdvance(line) for line in words.split("\n")), default=0)


def _name(widget: QWidget) -> str:
    for attribute in ("text", "placeholderText", "windowTitle", "accessibleName", "objectName"):
        said = getattr(widget, attribute, None)
        if said is not None and (words := said()):
            return f"{type(widget).__name__} “{words[:60]}”"
    parent = widget.parentWidget()
    return f"{type(widget).__name__} in {type(parent).__name__ if parent is not None else 'nothing'}"


def _words(where: QRect) -> str:
    return f"{where.x()},{where.y()} {where.width()}x{where.height()}"


def _size(size: QSize) -> str:
    return f"{size.width()}x{size.height()}"
