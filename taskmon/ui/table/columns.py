"""The columns of a table, and their header: which are shown, how wide, in which order, and where there is no room.

The name and the button are always there. Where the others do not all fit, as many as do are shown between them, and a
scroll bar beneath the table, the wheel or the arrow keys lead to the rest: no column that was chosen is out of reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from PySide6.QtCore import QObject, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHeaderView, QScrollBar, QTableView, QWidget

from taskmon.bridge.table.rows import TaskColumn
from taskmon.ui.widgets.glyphs import draw_sort
from taskmon.ui.widgets.theme import tokens

_C = TaskColumn
_WIDTHS: Final = {
    _C.NAME: 240, _C.STATE: 138, _C.CPU: 68, _C.PROGRESS: 256, _C.RATE: 104, _C.LEFT: 112, _C.ELAPSED: 92,
    _C.GROUP: 120, _C.SOURCE: 150, _C.THREAD: 130, _C.STARTED: 92, _C.ATTEMPT: 84, _C.REASON: 200,
    _C.CHECKPOINT: 132, _C.ACTION: 124,
}  # fmt: skip
DEFAULT: Final = frozenset({_C.NAME, _C.STATE, _C.CPU, _C.PROGRESS, _C.RATE, _C.LEFT, _C.ELAPSED, _C.ACTION})
"""The columns that a new table shows."""
_OF_BARS: Final = (_C.RATE, _C.LEFT)
"""Few threads of watched programs have these: there they give way, the first first, where names would have no ample
room, unless asked for."""
ALWAYS: Final = frozenset({_C.NAME, _C.ACTION})
"""Those that cannot be hidden: what it is, and how to cancel it."""
#: In place of those, where the state's words tell what a thread does; the others are as narrow as they can be.
_WATCHED: Final = {_C.STATE: 280, _C.CPU: 92, _C.PROGRESS: 144, _C.ELAPSED: 72, _C.ACTION: 88}
_MOST: Final = 2_000
#: The name has what it needs, and the words for what a thread does, which tell who holds a lock at their end; what is
#: left then goes to the progress, where it says more.
_AMPLE_NAME: Final = 300
_NAME_AND_PLACE: Final = 250
_AMPLE_STATE: Final = 350
#: Who gets room that is left, in turn: up to how much, as long as the name keeps so much of it; then the name.
_USUAL_SHARES: Final = ((_C.PROGRESS, _MOST, _AMPLE_NAME),)
_SHARES: Final = (
    (_C.STATE, _AMPLE_STATE, _NAME_AND_PLACE),
    (_C.PROGRESS, _WIDTHS[_C.PROGRESS], _AMPLE_NAME),
    (_C.STATE, 420, _AMPLE_NAME),
    (_C.PROGRESS, _MOST, 360),
    (_C.STATE, 640, 360),
    (_C.STATE, _MOST, 520),  # else names would be cut off beside an empty half of the window
)
#: Bars are shortened to this before a column is scrolled out of sight, unless somebody has chosen their length.
_SHORT_BARS: Final = 140
#: The name gets at least this, in pixels; half of it in a very narrow table.
_LEAST_NAME: Final = 200
_SQUEEZED_NAME: Final = 90
_LEAST: Final = 60
#: Below this width of the table, the bars are half as long, unless somebody has chosen their length.
_SHORT_BARS_BELOW: Final = 720
_NARROW: Final = 520
#: The name takes what is left so long after the last pull at a border, in milliseconds.
_REFIT_AFTER: Final = 150


class ColumnKeeper(QObject):
    """Keeps the columns of one table.

    Signals:
        changed(): the user has shown, hidden, moved or resized a column.
    """

    changed = Signal()

    def __init__(self, view: QTableView, header: QHeaderView, width_of: Callable[[TaskColumn], int]) -> None:
        """`width_of` says how wide a column would have to be for what stands in it now."""
        super().__init__(view)
        self._view = view
        self._width_of = width_of
        self._header = header
        self.chosen: set[TaskColumn] = set(DEFAULT)
        self._widths: dict[TaskColumn, int] = {}  # those that somebody has chosen
        self._filled: frozenset[TaskColumn] = frozenset()
        self._insisted: set[TaskColumn] = set()  # what the user has asked for by name
        self._given_way: set[TaskColumn] = set()
        self._first = 0  # of the columns between name and button, the first that is shown
        self._fitting = False
        self._refit = QTimer(self, singleShot=True, interval=_REFIT_AFTER)
        self._refit.timeout.connect(self.fit)
        self.bar = QScrollBar(Qt.Orientation.Horizontal, view)  # without a parent, it would be shown as a window
        self.bar.setAccessibleName(self.tr("More columns"))
        self.bar.valueChanged.connect(self._scroll)
        self.bar.hide()
        self._bar_came = QTimer(self, singleShot=True)
        self._bar_came.timeout.connect(self.bar.updateGeometry)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(self._on_moved)
        self.fit()

    # -- looking ----------------------------------------------------------------------------------

    def in_order(self) -> list[TaskColumn]:
        """The chosen columns from left to right, those that do not fit included, without those that hide, empty."""
        header = self._header
        places = (TaskColumn(header.logicalIndex(place)) for place in range(header.count()))
        return [column for column in places if column in self.chosen and not self._is_vacant(column)]

    def width(self, column: TaskColumn) -> int:
        """How wide a column is to be."""
        if column is _C.PROGRESS and column not in self._widths and self._view.width() < _SHORT_BARS_BELOW:
            return _WIDTHS[column] // 2 + 20
        if column not in self._widths and self._is_watched:
            if column is _C.STATE and self._view.width() < _SHORT_BARS_BELOW:
                return 180
            return _WATCHED.get(column, _WIDTHS[column])
        return self._widths.get(column, _WIDTHS[column])

    @property
    def _is_watched(self) -> bool:
        """Whether threads of a watched program are listed."""
        return _C.CPU in self._filled

    def set_filled(self, filled: Iterable[TaskColumn]) -> None:
        """Say in which of CPU, progress, rate and time left something stands. Of watched threads, the others hide."""
        before, self._filled = self._filled, frozenset(filled)
        if _C.THREAD in self._filled - before:
            self.chosen.add(_C.THREAD)
        self.fit()

    def _is_vacant(self, column: TaskColumn) -> bool:
        if column is _C.CPU:
            return _C.CPU not in self._filled
        if column is _C.PROGRESS and self._is_watched and column not in self._insisted:
            return column not in self._filled
        if column not in _OF_BARS or not self._is_watched or column in self._insisted:
            return False
        return column not in self._filled or column in self._given_way

    def neighbour(self, column: TaskColumn, step: int) -> TaskColumn | None:
        """The chosen column before (-1) or after (+1) another."""
        order = self.in_order()
        place = order.index(column) + step if column in order else -1
        return order[place] if 0 <= place < len(order) else None

    # -- changing ---------------------------------------------------------------------------------

    def show(self, column: TaskColumn, shown: bool = True) -> None:
        """Show or hide a column; those of `ALWAYS` stay."""
        if shown:
            self.chosen.add(column)
            self._insisted.add(column)
        elif column not in ALWAYS:
            self.chosen.discard(column)
            self._insisted.discard(column)
        self.fit()
        if shown:
            self.reveal(column)
        self.changed.emit()

    def move(self, column: TaskColumn, step: int) -> bool:
        """Move a column past its neighbour; return whether it has one there."""
        other = self.neighbour(column, step)
        if other is None:
            return False
        header = self._header
        header.moveSection(header.visualIndex(column), header.visualIndex(other))
        return True

    def resize_to_content(self) -> None:
        """Make each column as wide as what stands in it now."""
        for column in self.in_order():
            if column not in (_C.NAME, _C.ACTION, _C.PROGRESS):
                self._widths[column] = self._width_of(column)
        self.fit()
        self.changed.emit()

    def reset(self) -> None:
        """Go back to the columns of a new table."""
        self.chosen = set(DEFAULT)
        self._widths.clear()
        self._first = 0
        self._put_in_order(TaskColumn)
        self.fit()
        self.changed.emit()

    def reveal(self, column: TaskColumn) -> None:
        """Bring a chosen column onto the screen."""
        middle = [each for each in self.in_order() if each not in ALWAYS]
        if column not in middle or not self._view.isColumnHidden(column):
            return
        place = middle.index(column)
        step = 1 if place > self._first else -1
        while self._view.isColumnHidden(column) and 0 <= self._first + step <= self.bar.maximum():
            self._first += step
            self.fit()

    # -- remembering ------------------------------------------------------------------------------

    def state(self) -> list[dict[str, Any]]:
        """All columns from left to right, as plain values."""
        header = self._header
        places = [TaskColumn(header.logicalIndex(place)) for place in range(header.count())]
        return [
            {"name": column.name.lower(), "shown": column in self.chosen, "width": self._widths.get(column, 0)}
            for column in places
        ]

    def restore(self, state: object) -> None:
        """Take over what `state` returned once. Whatever makes no sense in it is passed over."""
        if not isinstance(state, list):
            return
        known = {column.name.lower(): column for column in TaskColumn}
        order: list[TaskColumn] = []
        for entry in state:
            column = known.get(str(entry.get("name"))) if isinstance(entry, Mapping) else None
            if column is None or column in order:
                continue
            order.append(column)
            shown, width = entry.get("shown"), entry.get("width")
            if isinstance(shown, bool) and column not in ALWAYS:
                (self.chosen.add if shown else self.chosen.discard)(column)
            if isinstance(width, int) and not isinstance(width, bool) and _LEAST <= width <= _MOST:
                self._widths[column] = width
        # A column that is newer than the state stands where it would in a new table.
        for column in TaskColumn:
            if column not in order:
                order.insert(min(int(column), len(order)), column)
        self._put_in_order(order)
        self.fit()

    def _put_in_order(self, order: Iterable[TaskColumn]) -> None:
        self._fitting = True
        for place, column in enumerate(order):
            self._header.moveSection(self._header.visualIndex(column), place)
        self._fitting = False

    # -- fitting ----------------------------------------------------------------------------------

    def settle(self) -> None:
        """Fit now what was to be fitted in a moment: the table is hidden."""
        if self._refit.isActive():
            self._refit.stop()
            self.fit()

    def _room(self) -> int:
        """The width for columns: always as beside a scroll bar, for no column to move when that comes or goes.

        Without asking for that of the viewport: for a widget that Qt has made, PySide6 loads all kinds of widgets to
        find out of which it is, a twentieth of the start.
        """
        return self._view.maximumViewportSize().width() - self._view.verticalScrollBar().sizeHint().width()

    @Slot()
    def fit(self) -> None:
        """Show as many columns as there is room for, give the name what it needs, and the rest to the progress, or to
        what threads do where nothing is known of any progress.
        """
        room = self._room()
        action = self.width(_C.ACTION)
        least = min(self._widths.get(_C.NAME, _LEAST_NAME), max(_LEAST_NAME, room // 2))
        if room < _NARROW:
            action = min(action, 108)
            least = _LEAST_NAME - 50
        free = room - action - least
        self._given_way = self._giving_way(free + least - max(least, self._widths.get(_C.NAME, _AMPLE_NAME)))
        middle = [column for column in self.in_order() if column not in ALWAYS]
        widths = [self.width(column) for column in middle]
        if _C.PROGRESS in middle and _C.PROGRESS not in self._widths and sum(widths) - free > 0:
            place = middle.index(_C.PROGRESS)
            widths[place] = max(min(widths[place], _SHORT_BARS), widths[place] - (sum(widths) - free))
        most = _first_of_tail(widths, free)
        self._first = min(self._first, most)
        shown: dict[TaskColumn, int] = {}
        for column, width in zip(middle[self._first :], widths[self._first :], strict=True):
            if width > free and shown:
                break
            # One is always shown, squeezed if need be: it could not be reached otherwise.
            shown[column] = width if width <= free else min(width, max(_LEAST, room - action - _SQUEEZED_NAME))
            free -= width
        for column, widest, name in _SHARES if self._is_watched else _USUAL_SHARES:
            if column in shown and column not in self._widths:
                spare = free - max(0, self._widths.get(_C.NAME, name) - least)
                more = max(0, min(spare, widest - shown[column]))
                shown[column] += more
                free -= more
        self._apply({**shown, _C.ACTION: action}, room)
        self.bar.blockSignals(True)
        self.bar.setRange(0, most)
        self.bar.setPageStep(max(1, len(shown)))
        self.bar.setValue(self._first)
        self.bar.blockSignals(False)
        if most > 0 and self.bar.isHidden():
            self._bar_came.start(0)  # a layout that resizes the table has given the bar, hidden till now, no height
        self.bar.setVisible(most > 0)

    def _giving_way(self, free: int) -> set[TaskColumn]:
        """Which columns leave their room to the names; as if all were filled, for none to come and then to go."""
        if not self._is_watched:
            return set()
        needed = sum(self.width(column) for column in self.chosen - ALWAYS)
        if _C.STATE in self.chosen and _C.STATE not in self._widths:
            needed += _AMPLE_STATE - self.width(_C.STATE) - (_AMPLE_NAME - _NAME_AND_PLACE)
        gone: set[TaskColumn] = set()
        for column in _OF_BARS:
            if needed > free and column in self.chosen - self._insisted:
                gone.add(column)
                needed -= self.width(column)
        return gone

    def _apply(self, shown: dict[TaskColumn, int], room: int) -> None:
        self._fitting = True
        view, header = self._view, self._header
        for column in TaskColumn:
            wanted = column in shown or column is _C.NAME
            if view.isColumnHidden(column) is wanted:
                view.setColumnHidden(column, not wanted)
        for column, width in shown.items():
            room -= width
            if header.sectionSize(column) != width:
                header.resizeSection(column, width)
        header.resizeSection(_C.NAME, max(_LEAST, room))
        self._fitting = False

    @Slot(int)
    def _scroll(self, value: int) -> None:
        self._first = value
        self.fit()

    @Slot(int, int, int)
    def _on_resized(self, logical: int, _old: int, new: int) -> None:
        if not self._fitting and new > 0:
            self._widths[TaskColumn(logical)] = new
            if self._view.isVisible():
                self._refit.start()
            else:
                self.fit()
            self.changed.emit()

    @Slot(int, int, int)
    def _on_moved(self, _logical: int, _old: int, _new: int) -> None:
        if not self._fitting:
            self.fit()
            self.changed.emit()


def _first_of_tail(widths: list[int], room: int) -> int:
    """How many columns on the left have to go so that the last one can be seen; 0 if all fit."""
    for place in range(len(widths) - 1, -1, -1):
        room -= widths[place]
        if room < 0:
            return min(place + 1, len(widths) - 1)
    return 0


_PADDING: Final = 10
_ARROW: Final = 12
"""The room for the arrow, kept free beside the label."""


class TaskHeader(QHeaderView):
    """Paints label and arrow side by side, in the colours of the palette."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFixedHeight(34)
        self.setHighlightSections(False)
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setFirstSectionMovable(True)
        self.setSortIndicatorShown(True)
        self.setSortIndicatorClearable(True)
        self.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setMinimumSectionSize(60)
        self.setAccessibleName(self.tr("Columns"))
        self.setToolTip(
            self.tr(
                "Click to sort, drag to move, right-click for more columns. Sorted by a figure that changes, programs"
                " keep their places until the next click; what is in them is sorted every few seconds."
            )
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line along its lower edge goes on above the room for the scroll bar."""
        super().paintEvent(event)
        end = self.length() - self.offset()
        painter = QPainter(self.viewport())
        left, width = (0, self.width() - end) if self.isRightToLeft() else (end, self.width() - end)
        painter.fillRect(left, self.height() - 1, max(0, width), 1, tokens(self.palette()).line)
        painter.end()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        colors = tokens(self.palette())
        painter.save()
        painter.fillRect(rect, colors.base)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors.line)
        if self.cursor().shape() == Qt.CursorShape.SplitHCursor:  # where the columns can be resized
            painter.fillRect(rect.right(), rect.top() + 9, 1, rect.height() - 18, colors.line)
        model = self.model()
        label = str(model.headerData(logicalIndex, Qt.Orientation.Horizontal) or "")
        role = Qt.ItemDataRole.TextAlignmentRole
        alignment = int(model.headerData(logicalIndex, Qt.Orientation.Horizontal, role))
        is_sorted = logicalIndex == self.sortIndicatorSection()
        box = rect.adjusted(_PADDING, 0, -_PADDING, -1)
        metrics = self.fontMetrics()
        room = box.width() - (_ARROW if is_sorted else 0)
        label = metrics.elidedText(label, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(label)
        mirrored = self.isRightToLeft()
        to_right = bool(alignment & int(Qt.AlignmentFlag.AlignRight)) is not mirrored
        left = box.right() + 1 - width if to_right else box.left()
        painter.setPen(QPen(colors.text if is_sorted else colors.quiet))
        painter.drawText(QRect(left, box.top(), width + 1, box.height()), int(Qt.AlignmentFlag.AlignVCenter), label)
        if is_sorted and label:
            x = left - _ARROW if to_right else left + width + 4
            descending = self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
            draw_sort(painter, x, box.center().y() - 4, colors.text, descending=descending)
        painter.restore()
