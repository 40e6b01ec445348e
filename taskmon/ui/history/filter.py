"""Which tasks of the past are asked for: chips for how they ended, from when on, and words to search for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QComboBox, QWidget

from taskmon.bridge.history.history import Query
from taskmon.core.task.state import TaskState
from taskmon.ui.table.filter_bar import SearchField
from taskmon.ui.widgets.flow_layout import FlowLayout
from taskmon.ui.widgets.labels import push_button

#: A search begins once nothing has been typed for so long, in milliseconds.
_TYPING_MS: Final = 150


class HistoryFilter(QWidget):
    """The fields above the history's table, in as many lines as they need.

    Signals:
        changed(): something else is asked for, see `query`.
        left(): the keys are wanted elsewhere.
    """

    changed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.changed)
        self._line = FlowLayout(self)
        self._add_chips()
        self._add_fields()

    def _add_chips(self) -> None:
        self._states = QButtonGroup(self)
        for label, state in (
            (self.tr("All"), ""),
            (self.tr("Done"), TaskState.SUCCEEDED.value),
            (self.tr("Failed"), TaskState.FAILED.value),
            (self.tr("Cancelled"), TaskState.CANCELLED.value),
            (self.tr("Lost"), TaskState.LOST.value),
            (self.tr("Cut off"), TaskState.CUT_OFF.value),
            (self.tr("Ended"), "ended"),
            (self.tr("Detached"), "detached"),
        ):
            chip = push_button(label)
            chip.setCheckable(True)
            chip.setProperty("chip", True)
            chip.setProperty("state", state)
            self._states.addButton(chip)
            self._line.addWidget(chip)
        self._states.buttons()[0].setChecked(True)
        self._states.buttonClicked.connect(self._ask)

    def _add_fields(self) -> None:
        self.age = QComboBox()
        self.age.setAccessibleName(self.tr("From when on"))
        for label in (self.tr("Any time"), self.tr("Today"), self.tr("Last 7 days"), self.tr("Last 30 days")):
            self.age.addItem(label)
        self.age.currentIndexChanged.connect(self._ask)
        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search names and errors   /"))
        self.search.setAccessibleName(self.tr("Search the history"))
        self.search.setMaximumWidth(16_777_215)
        self.search.textChanged.connect(self._on_typed)
        self.search.left.connect(self.left)
        self._line.addWidget(self.age)
        self._line.addWidget(self.search)

    def query(self) -> Query:
        """What the fields ask for."""
        chip = self._states.checkedButton()
        state = str(chip.property("state")) if chip is not None else ""
        return Query(self.search.text(), state, self._since())

    def _since(self) -> float:
        today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        days = (None, 0, 6, 29)[max(0, self.age.currentIndex())]
        return 0.0 if days is None else (today - timedelta(days=days)).timestamp()

    def show_state(self, state: str) -> None:
        """Ask for the tasks of one state only, by the value of it."""
        for chip in self._states.buttons():
            if chip.property("state") == state:
                chip.setChecked(True)
        self.search.clear()
        self._ask()

    def focus_search(self) -> None:
        """Let words be typed in place of those that are there."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def settle(self) -> None:
        """Ask no more: what was being typed is not wanted."""
        self._typing.stop()

    @Slot()
    def _on_typed(self) -> None:
        self._typing.start()

    @Slot()
    def _ask(self) -> None:
        self._typing.stop()
        self.changed.emit()
