"""A window that is open, in another language.

What shows changing things (counts, states, figures) says them anew when a `LanguageChange` event comes. Fixed texts
(labels, buttons, menus) were set once, by constructors all over the house; here each is looked up by what it says now.
A test compares the outcome with a window that was made in the new language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QSpinBox,
    QTabBar,
    QWidget,
)

from taskmon.bridge.language import Language, sources
from taskmon.bridge.table import text
from taskmon.ui.widgets.labels import FOREIGN

Known = dict[str, list[str]]
Slot = tuple[Callable[[], str], Callable[[str], object]]


def change_language(language: Language, wish: str) -> None:
    """Take another language, in every window that is open."""
    known: Known = {}
    for source in sources():
        if len(source) < 2:
            continue  # the signs of units, which might as well be keys
        said = text.tr(source)
        known.setdefault(said, []).append(source)
        if (bare := _bare(said)) != said:
            known.setdefault(bare, []).append(source)  # as a list of commands shows it
    before = language.current
    language.use(wish)
    if language.current == before:
        return
    for window in QApplication.topLevelWidgets():
        retranslate(window, known)


def retranslate(window: QWidget, known: Known) -> None:
    """Say anew what `window` and its children say in the words of `known`, which leads from these to the sources."""
    for owner in (window, *window.findChildren(QObject)):
        for place, (read, write) in enumerate(_texts_of(owner)):
            said = read()
            words, dress = _undress(said, known)
            candidates = known.get(words)
            if not candidates:
                continue
            # Two texts may have the same translation: which of them it was is remembered with the widget.
            memory = f"_source{place}"
            remembered = owner.property(memory)
            source = remembered if remembered in candidates else candidates[0]
            owner.setProperty(memory, source)
            new = dress(text.tr(source))
            new = _bare(new) if "&" in source and "&" not in said else new
            if new != said:
                write(new)
        if isinstance(owner, QAbstractItemView):
            owner.viewport().update()


def _undress(said: str, known: Known) -> tuple[str, Callable[[str], str]]:
    """Return the words of a text as the catalogue has them, and what makes such words into the text."""
    if said not in known:
        if said.endswith("…") and said[:-1] in known:  # the entry of a menu, named for what it leads to
            return said[:-1], lambda words: words + "…"
        small = said[:1].lower() + said[1:]
        if small in known:  # the help of a parameter, which the command line continues a sentence with
            return small, lambda words: words[:1].upper() + words[1:]
    return said, str


def _texts_of(owner: QObject) -> Iterator[Slot]:
    if isinstance(owner, QAction):
        yield partial(_own_tooltip, owner), owner.setToolTip
        yield owner.text, owner.setText
        yield owner.statusTip, owner.setStatusTip
        return
    if not isinstance(owner, QWidget):
        return
    yield owner.windowTitle, owner.setWindowTitle
    yield owner.toolTip, owner.setToolTip
    yield owner.statusTip, owner.setStatusTip
    yield owner.accessibleName, owner.setAccessibleName
    yield owner.accessibleDescription, owner.setAccessibleDescription
    if owner.property(FOREIGN):
        return
    if isinstance(owner, (QAbstractButton, QLabel)):
        yield owner.text, owner.setText
    elif isinstance(owner, (QMenu, QGroupBox)):
        yield owner.title, owner.setTitle
    elif isinstance(owner, (QLineEdit, QPlainTextEdit)):
        yield owner.placeholderText, owner.setPlaceholderText
    elif isinstance(owner, QSpinBox):
        yield owner.suffix, owner.setSuffix
        yield owner.specialValueText, owner.setSpecialValueText
    elif isinstance(owner, QComboBox):
        yield from _items(range(owner.count()), owner.itemText, owner.setItemText)
    elif isinstance(owner, QTabBar):
        yield from _items(range(owner.count()), owner.tabText, owner.setTabText)
    elif isinstance(owner, QListWidget):
        items = [owner.item(place) for place in range(owner.count())]
        yield from _items(items, _item_text, lambda item, new: item.setData(Qt.ItemDataRole.DisplayRole, new))


def _own_tooltip(action: QAction) -> str:
    """The tooltip that it was given; empty if it is what Qt makes of the text, and will make of the next."""
    tip = action.toolTip()
    return "" if _bare(tip) == _bare(action.text()) else tip


def _bare(label: str) -> str:
    """Return a label without its mnemonic and its ending."""
    return re.sub(r"\s*\(&.\)|&(?!&)|…$|\.\.\.$", "", label)


def _items(places: Iterable[Any], read: Callable[[Any], str], write: Callable[[Any, str], object]) -> Iterator[Slot]:
    for place in places:
        yield partial(read, place), partial(write, place)


def _item_text(item: Any) -> str:
    return str(item.text())
