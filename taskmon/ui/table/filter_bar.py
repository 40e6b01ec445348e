"""The filter above the table: categories with live counts, and a search field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLayout, QLineEdit, QPushButton, QSizePolicy, QWidget

from taskmon.bridge.language import tr
from taskmon.bridge.table.categories import CATEGORY_LABELS, Category
from taskmon.ui.widgets.layouts import hbox

if TYPE_CHECKING:
    from taskmon.bridge.table.model import TaskTableModel

_SPACING: Final = 6
_WIDEST: Final = 160
#: Somebody should look at what is in these. They lead there from wherever the table is scrolled to.
_ALARMS: Final = frozenset({Category.FAILED, Category.STUCK})


#: In a very narrow window these go, one after the other: none that somebody should look at.
_GIVING_WAY: Final = (Category.FINISHED, Category.PAUSED, Category.WAITING, Category.RUNNING)


class SearchField(QLineEdit):
    """A line to filter by. Escape empties it; pressed again, it leaves.

    Signals:
        left(): the user is done here.
    """

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Filter tasks   /"))
        self.setAccessibleName(self.tr("Filter tasks"))
        self.textChanged.connect(self._offer_to_clear)
        self.setMaxLength(200)
        self.setAcceptDrops(False)  # or it would take files, and as a move
        self.setMaximumWidth(260)

    def minimumSizeHint(self) -> QSize:
        """Wide enough for what it says while it is empty."""
        hint = super().minimumSizeHint()
        return QSize(hint.width() + self.fontMetrics().horizontalAdvance(self.placeholderText()), hint.height())

    @Slot()
    def _offer_to_clear(self) -> None:
        """Only now: to find the icon of an invisible button takes a millisecond of the start."""
        if not self.isClearButtonEnabled():
            self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        from PySide6.QtCore import Qt

        key = event.key()
        if key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QWidget):
    """Sets the filter of a model and shows its counts. Without one, see `use`, it has nothing to count.

    Signals:
        done(): the user is done filtering and wants the table.
    """

    done = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: TaskTableModel | None = None
        layout = hbox(self, spacing=_SPACING)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # in a narrow window, chips give way
        self.setMinimumWidth(200)
        self._switch: QPushButton | None = None
        self._wants_switch = True
        self._before: QWidget | None = None
        self._name_switch: Callable[[], object] = lambda: None
        self._group = QButtonGroup(self)
        self._chips: dict[Category, QPushButton] = {}
        for number, category in enumerate(Category):
            chip = QPushButton(self)
            chip.setCheckable(True)
            chip.setProperty("chip", True)
            self._group.addButton(chip, number)
            self._chips[category] = chip
            layout.addWidget(chip)
        self._chips[Category.ALL].setChecked(True)
        layout.addStretch(1)
        self.search = SearchField(self)
        layout.addWidget(self.search, 2)
        self._group.idClicked.connect(self._apply)
        self.search.textChanged.connect(self._apply)
        self.search.left.connect(self.done)
        self._show_counts()

    def use(self, model: TaskTableModel) -> None:
        """Filter and count the rows of `model`. Once."""
        from PySide6.QtCore import Qt

        for chip in self._chips.values():
            chip.setCursor(Qt.CursorShape.PointingHandCursor)
        self._explain()
        self._model = model
        model.counts_changed.connect(self._show_counts)
        self._apply()
        self._show_counts()

    def show_switch(self, shown: bool) -> None:
        """Show the switch, or hide it while something else stands in the place of the table."""
        self._wants_switch = shown
        self._make_room()

    def add_switch(self, action: QAction) -> None:
        """Put a switch for how the table looks at the end. Once."""
        from PySide6.QtCore import Qt

        from taskmon.ui.widgets.actions import words_of

        switch = self._switch = QPushButton(self)
        switch.setProperty("chip", True)
        switch.setCheckable(True)
        switch.setCursor(Qt.CursorShape.PointingHandCursor)
        switch.toggled.connect(action.setChecked)
        action.toggled.connect(switch.setChecked)
        self._name_switch = lambda: switch.setText(words_of(action))
        self._name_switch()
        layout = self.layout()
        assert layout is not None
        layout.addWidget(switch)
        self._make_room()

    def add_before(self, widget: QWidget) -> None:
        """Put something before the chips."""
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        widget.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)  # chips give way, its words do not
        layout.insertWidget(0, widget)
        layout.insertSpacing(1, 2 * _SPACING)
        self._before = widget
        self._make_room()

    def tab_on_to(self, *widgets: QWidget) -> None:
        """Let Tab come to these next, in their order: they stand between the filter and the table."""
        before: QWidget = self._switch or self._chips[Category.STUCK]
        for widget in widgets:
            self.setTabOrder(before, widget)
            before = widget

    def clear(self) -> None:
        """Show everything again."""
        self._chips[Category.ALL].setChecked(True)
        self.search.clear()
        self._apply()

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        from PySide6.QtCore import Qt

        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot()
    def _apply(self) -> None:
        if self._model is not None:
            category = list(Category)[max(0, self._group.checkedId())]
            self._model.set_filter(self.search.text(), category)

    def _explain(self) -> None:
        for category, words in (
            (Category.WAITING, self.tr("Not started: they wait for a free worker, or for their time")),
            (Category.STUCK, self.tr("In a deadlock, or does not respond to the request to stop")),
        ):
            self._chips[category].setToolTip(words)
            self._chips[category].setAccessibleDescription(words)

    def _count(self, category: Category) -> int:
        return self._model.count(category) if self._model is not None else 0

    def _name(self, category: Category) -> str:
        """What a chip is called; what is stuck by what all else calls it, where it is all one thing."""
        if category is Category.STUCK and self._model is not None and self._model.is_stuck_in_deadlock:
            return tr("Deadlock")
        return tr(CATEGORY_LABELS[category])

    def _tell_endings(self) -> None:
        """Say how those have ended that are counted together."""
        model = self._model
        if model is None:
            return
        from taskmon.bridge.table.text import how_they_ended

        words = how_they_ended({name: count for name, count in model.states.items() if name != "FAILED"})
        chip = self._chips[Category.FINISHED]
        if chip.toolTip() != words:
            chip.setToolTip(words)
            chip.setAccessibleDescription(words)

    @Slot()
    def _show_counts(self) -> None:
        changed = False
        self._tell_endings()
        for category, chip in self._chips.items():
            label = f"{self._name(category)}  {self._count(category)}"
            if chip.text() != label:
                changed = True
                chip.setText(label)
                # Grows with its count and does not shrink with it: the chips beside it would move.
                chip.setMinimumWidth(min(max(chip.minimumWidth(), chip.sizeHint().width()), _WIDEST))
            alarms = category in _ALARMS and self._count(category) > 0
            if bool(chip.property("danger")) is not alarms:  # see the style sheet
                chip.setProperty("danger", alarms)
                chip.style().unpolish(chip)
                chip.style().polish(chip)
        if changed:
            self._make_room()

    def _make_room(self) -> None:
        """Hide the categories that nothing is in where there is no room for all; and all while nothing is listed."""
        chosen = self.search.text() or not self._chips[Category.ALL].isChecked()
        wanted = [
            category
            for category, chip in self._chips.items()
            if category is not Category.STUCK or self._count(category) or chip.isChecked()
        ]
        if not self._count(Category.ALL) and not chosen:
            wanted = []
        # Nor is the search what a window begins with then: it would keep the keys from the first row.
        self.search.setProperty("focusPolicy", "StrongFocus" if wanted else "ClickFocus")
        self.setMinimumHeight(self._chips[Category.ALL].sizeHint().height())
        before = self._before.sizeHint().width() + 4 * _SPACING if self._before is not None else 0
        needed = before + self._width_of(wanted)
        if self._switch is not None:  # the menu has it as well
            room = self.width() - needed - self.search.minimumWidth() - 2 * _SPACING
            self._switch.setVisible(self._wants_switch and bool(wanted) and room >= self._switch.sizeHint().width())
        empty = tuple(each for each in wanted if each is not Category.ALL and not self._count(each))
        shown = wanted
        for going in (empty, *((each,) for each in _GIVING_WAY)):
            if before + self._width_of(shown) > self.width():
                shown = [each for each in shown if each not in going or self._chips[each].isChecked()]
        for category, chip in self._chips.items():
            chip.setVisible(category in shown)

    def _width_of(self, categories: list[Category]) -> int:
        hints = (max(self._chips[each].sizeHint().width(), self._chips[each].minimumWidth()) for each in categories)
        return sum(hint + _SPACING for hint in hints)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._name_switch()
            self._explain()
            self._show_counts()
