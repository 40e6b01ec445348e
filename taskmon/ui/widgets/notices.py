"""The quiet banner of the window: what its user should know, without a box that has to be clicked away.

One notice at a time stands below the table; further ones wait for it to be closed. The same words are not said twice
at the same time. Nothing here takes the focus.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from taskmon.core.base.text import plain
from taskmon.ui.widgets.flow_layout import FlowLayout
from taskmon.ui.widgets.labels import PlainLabel, push_button
from taskmon.ui.widgets.layouts import hbox

#: Notices kept in line; of a flood the oldest go.
_MOST_WAITING: Final = 20
_LONGEST: Final = 400
#: Characters that a line of a notice has at least.
_ONE_LINE: Final = 24


class Action(NamedTuple):
    """A button of a notice."""

    label: str
    run: Callable[[], object]


class _Notice(NamedTuple):
    text: str
    action: Action | None
    seconds: float


class Notices(QFrame):
    """Says things quietly. Belongs to the UI thread.

    Signals:
        said(str): a notice is shown.
    """

    said = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[_Notice] = deque(maxlen=_MOST_WAITING)
        self._shown: _Notice | None = None
        self.setObjectName("notice")
        self._label = PlainLabel(wraps=True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.action_button = push_button("", self._act)
        self.close_button = push_button("", self.close_notice)
        widest = _ONE_LINE * self._label.fontMetrics().averageCharWidth()
        self._label.setMinimumWidth(widest)  # rather than narrower, the buttons stand below
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout = FlowLayout(self)
        layout.setContentsMargins(14, 6, 8, 6)
        layout.addWidget(self._label)
        layout.addWidget(self.action_button)
        layout.addWidget(self.close_button)
        self._ends = QTimer(self, singleShot=True)
        self._ends.timeout.connect(self.close_notice)
        self._name_buttons()
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty while nothing is."""
        return self._shown.text if self._shown is not None else ""

    def say(self, text: str, action: Action | tuple[str, Callable[[], object]] | None = None, *,
            seconds: float = 0.0) -> None:  # fmt: skip
        """Show `text`, once what is being said has been closed; `action` is a label and what its button does.

        With `seconds`, the notice goes by itself after so long. The text may be anybody's: it is shown as plain text.
        """
        notice = _Notice(plain(text, _LONGEST), Action(*action) if action is not None else None, seconds)
        if any(notice.text == other.text for other in (self._shown, *self._waiting) if other is not None):
            return
        self._waiting.append(notice)
        if self._shown is None:
            self._show_next()

    @Slot()
    def close_notice(self) -> None:
        """Take the notice away, and show the next."""
        self._ends.stop()
        self._shown = None
        self._show_next()

    @Slot()
    def _act(self) -> None:
        notice = self._shown
        self.close_notice()  # first: what is done may have something to say
        if notice is not None and notice.action is not None:
            notice.action.run()

    def _show_next(self) -> None:
        if not self._waiting:
            self.hide()
            return
        notice = self._shown = self._waiting.popleft()
        self._label.setText(notice.text)
        self.action_button.setVisible(notice.action is not None)
        if notice.action is not None:
            self.action_button.setText(notice.action.label)
        self.show()
        if notice.seconds > 0:
            self._ends.start(round(notice.seconds * 1000))
        self.said.emit(notice.text)

    def _name_buttons(self) -> None:
        self.close_button.setText(self.tr("Close"))
        self.close_button.setAccessibleName(self.tr("Close this notice"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._name_buttons()


# A line beside the table that says what is in force, and has one button to end it. Made when it is first needed.


class Strip(QFrame):
    """Says something, and offers one thing to do about it. Takes no focus by itself.

    Args:
        label: what stands on the button.
        act: what the button does.
        parent: the widget that it belongs to.
    """

    def __init__(self, label: str, act: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._label = PlainLabel(wraps=True)
        self._label.setMinimumWidth(60)
        self.button = push_button(label, act)
        hbox(self, (self._label, 1), self.button, margins=(14, 5, 8, 5))
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty while nothing is."""
        return self._label.text() if not self.isHidden() else ""

    def say(self, words: str) -> None:
        self._label.setText(words)
        self.button.setAccessibleDescription(words)
        self.show()
