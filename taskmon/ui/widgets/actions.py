"""All actions of a window in one book: menus, the command palette and the sheet of shortcuts are made from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from taskmon.core.base.translate import mark
from taskmon.ui.widgets.weakly import weakly

#: Where the letters of a language are no keys, the mnemonic follows the words: 取消(&C).
_MNEMONIC_AFTER: Final = re.compile(r"\s*\(&.\)")
#: Qt's names of them are longer than all other keys, in some languages several words.
_ARROWS: Final = {"Up": "↑", "Down": "↓", "Left": "←", "Right": "→"}


class Section(Enum):
    """Where an action belongs: the heading above it in palette and sheet."""

    FILE = mark("File")
    TASK = mark("Task")
    VIEW = mark("View")
    HELP = mark("Help")


class ActionBook(QObject):
    """Makes actions, and keeps those of others. Belongs to the UI thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions: list[tuple[Section, QAction]] = []

    def add(
        self,
        section: Section,
        label: str,
        slot: Callable[..., object],
        *keys: str | QKeySequence.StandardKey,
        within: QWidget | None = None,
        checkable: bool = False,
    ) -> QAction:
        """Make an action that calls `slot`.

        Args:
            section: where it belongs.
            label: what menus call it, with its mnemonic.
            slot: called without arguments, or with the new state of a checkable one.
            *keys: its shortcuts, as `QKeySequence` reads them.
            within: the widget that has to have the focus for these; without one, any part of the window.
            checkable: whether it can be on and off.
        """
        action = QAction(self.parent())
        action.setText(label)  # not to the constructor, which would look for an icon: that loads more than the action
        action.setCheckable(checkable)
        action.setShortcuts([QKeySequence(key) for key in keys])
        if checkable:
            action.toggled.connect(slot)
        else:
            call = weakly(slot)
            action.triggered.connect(lambda _checked=False: call())
        if within is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            within.addAction(action)
        return self.keep(section, action)

    def keep(self, section: Section, action: QAction) -> QAction:
        """Take in an action that somebody else has made."""
        self._actions.append((section, action))
        return action

    def __iter__(self) -> Iterator[tuple[Section, QAction]]:
        return iter(self._actions)

    def of(self, section: Section) -> list[QAction]:
        return [action for where, action in self._actions if where is section]


def words_of(action: QAction) -> str:
    """What an action says, without its mnemonic."""
    label = _MNEMONIC_AFTER.sub("", action.text())
    return label.replace("&&", "\0").replace("&", "").replace("\0", "&")


def keys_of(action: QAction) -> list[str]:
    """Its shortcuts, as they are written on this platform."""
    return [_written(keys) for keys in action.shortcuts()]


def _written(keys: QKeySequence) -> str:
    native = keys.toString(QKeySequence.SequenceFormat.NativeText)
    arrow = _ARROWS.get(keys.toString(QKeySequence.SequenceFormat.PortableText).rpartition("+")[2])
    modifiers, plus, _ = native.rpartition("+")
    return f"{modifiers}+{arrow}" if arrow and plus else native
