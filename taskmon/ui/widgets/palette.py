"""The command palette: every action of the window, found by a few of its letters. Made anew each time it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QSizePolicy, QTreeWidget, QTreeWidgetItem, QWidget

from taskmon.bridge.language import tr
from taskmon.ui.widgets.actions import ActionBook, keys_of, words_of
from taskmon.ui.widgets.layouts import vbox
from taskmon.ui.widgets.room import RoomyDialog, show_hints_whole

# Finding a command by a few of its letters, in their order.

T = TypeVar("T")


def score(letters: str, words: str) -> int | None:
    """How well `letters` fit `words`; None if they are not in it in their order. More is better.

    What counts is letters side by side, and letters at the beginnings of words.
    """
    wanted, text = letters.casefold().replace(" ", ""), words.casefold()
    best: int | None = None
    if not wanted:
        return 0
    for start, letter in enumerate(text):
        if letter == wanted[0]:
            found = _from(wanted, text, start)
            if found is not None and (best is None or found > best):
                best = found
    return best


def _from(wanted: str, text: str, start: int) -> int | None:
    total, place, last = 0, start, -2
    for letter in wanted:
        place = text.find(letter, place)
        if place < 0:
            return None
        at_word = place == 0 or not text[place - 1].isalnum()
        total += (3 if at_word else 0) + (4 if place == last + 1 else 0) - min(place - max(last, 0), 8) // 4
        last = place
        place += 1
    return total


def best_first(letters: str, things: Iterable[T], words: Callable[[T], str]) -> list[T]:
    """Return the things whose words fit, the best first; equal ones as they came."""
    found = [(points, thing) for thing in things if (points := score(letters, words(thing))) is not None]
    found.sort(key=lambda pair: -pair[0])
    return [thing for _, thing in found]


_WIDTH = 560
_LIST_KEYS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})


class CommandPalette(RoomyDialog):
    """Lists the actions that are enabled when it opens. Enter runs one, Escape runs none."""

    def __init__(self, book: ActionBook, parent: QWidget) -> None:
        super().__init__(parent, width=min(_WIDTH, parent.width() - 40))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Find a command"))
        name = self.tr("{section}: {action}")
        self._actions = [
            (name.format(section=tr(section.value), action=words_of(action)), action)
            for section, action in book
            if action.isEnabled() and action.text()
        ]
        self.search = QLineEdit()
        self.search.setAcceptDrops(False)
        self.search.setPlaceholderText(self.tr("A few letters of what you want to do"))
        self.search.setAccessibleName(self.tr("Find a command"))
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list = QTreeWidget()
        self.list.setObjectName("palette")
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemActivated.connect(self._run)
        self.list.itemClicked.connect(self._run)
        vbox(self, self.search, self.list, margins=(10, 10, 10, 10))
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._fill()
        self.search.setFocus()

    def _prepare(self) -> None:
        super()._prepare()
        show_hints_whole(self)

    @Slot()
    def _fill(self) -> None:
        self.list.clear()
        for words, action in best_first(self.search.text(), self._actions, lambda pair: pair[0]):
            item = QTreeWidgetItem([words, ", ".join(keys_of(action)[:1])])
            item.setData(0, Qt.ItemDataRole.UserRole, action)
            self.list.addTopLevelItem(item)
        if not self.list.topLevelItemCount():
            none = QTreeWidgetItem([self.tr("No command has these letters.")])
            none.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addTopLevelItem(none)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _LIST_KEYS:
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    @Slot()
    def _run(self) -> None:
        item = self.list.currentItem()
        action = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        if isinstance(action, QAction):
            self.close()  # first: what is done may open a window of its own
            action.trigger()
