"""When rows have to stand still: while the pointer is on a button, and while somebody walks through them by keys."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

from taskmon.bridge.model import TaskTableModel

#: The rows stand still so long after the last key, in milliseconds.
AFTER_KEY: Final = 3_000
#: After so long they catch up all the same, in milliseconds: a pointer may have been left where it is.
AT_MOST: Final = 10_000


class StillnessGuard(QObject):
    """Holds the rows of a model still for as long as there is a reason, and lets them catch up now and then."""

    def __init__(self, model: TaskTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._pointer = False
        self.keys = QTimer(self)
        """Runs while the rows stand still for the keys."""
        self.keys.setSingleShot(True)
        self.keys.timeout.connect(self._weigh)
        self.bound = QTimer(self)
        """Runs while the rows stand still; at its end they catch up."""
        self.bound.setSingleShot(True)
        self.bound.timeout.connect(self._catch_up)

    @property
    def holds(self) -> bool:
        """Whether there is a reason now."""
        return self._pointer or self.keys.isActive()

    def pointer_on_button(self, there: bool) -> None:
        """The pointer came to a button, or left it."""
        if there != self._pointer:
            self._pointer = there
            self._weigh()

    def key_pressed(self) -> None:
        """Somebody moves through the rows."""
        self.keys.start(AFTER_KEY)
        self._weigh()

    def let_go(self) -> None:
        """There is no reason any more: the table is hidden."""
        self._pointer = False
        self.keys.stop()
        self._weigh()

    @Slot()
    def _weigh(self) -> None:
        self._model.hold(self.holds)
        if not self.holds:
            self.bound.stop()
        elif not self.bound.isActive():
            self.bound.start(AT_MOST)

    @Slot()
    def _catch_up(self) -> None:
        self._model.hold(False)
        self._weigh()
