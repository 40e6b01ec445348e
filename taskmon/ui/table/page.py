"""The rows on the screen as one kept picture, of which a frame repaints the cells that have changed.

What a view shows is copied from here, so that a frame needs neither the model nor the delegate of a view, which would
be asked hundreds of times with the interpreter lock let go in between. Whatever changes rows in another way than by
their tasks going on (a selection, a sort, the pointer) has to be marked; what Qt itself wants painted is painted anew
as a whole.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPixmap
from PySide6.QtWidgets import QTableView

from taskmon.bridge.table import cells
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import Change, TaskColumn, TaskRow
from taskmon.ui.table.painting import COMPACT_HEIGHT, Box, CellPainter, Contents, button_box
from taskmon.ui.widgets.look import Look

_ANY_WIDTH: Final = 100_000
#: The columns that can change with `Change.FIGURES`.
_FIGURES: Final = frozenset(column for column, known in cells.COLUMNS.items() if known.moves)
#: Those of which a part says nothing that is untrue.
_WORDS: Final = frozenset({TaskColumn.NAME, TaskColumn.STATE, TaskColumn.PROGRESS})
_FAR: Final = 1 << 24
_COLUMNS: Final = tuple(TaskColumn)
_OPAQUE: Final = Qt.WidgetAttribute.WA_OpaquePaintEvent
_COPY: Final = QPainter.CompositionMode.CompositionMode_Source
_BLEND: Final = QPainter.CompositionMode.CompositionMode_SourceOver


class Area:
    """A rectangle that grows around what has been painted, in pixels of the viewport."""

    __slots__ = ("_bottom", "_left", "_right", "_top")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._left = self._top = _FAR
        self._right = self._bottom = 0

    def add(self, x: int, y: int, width: int, height: int) -> None:
        """Grow around this as well."""
        self._left, self._top = min(self._left, x), min(self._top, y)
        self._right, self._bottom = max(self._right, x + width), max(self._bottom, y + height)

    def box(self) -> Box | None:
        """The rectangle; None if nothing is in it."""
        if self._right <= self._left:
            return None
        return Box(self._left, self._top, self._right - self._left, self._bottom - self._top)


class Page:
    """The picture of one table's viewport. Belongs to the UI thread.

    Places are those of the model; heights and tops are pixels of the viewport.
    """

    def __init__(self, view: QTableView, tasks: TaskTableModel, cells: CellPainter) -> None:
        self._view = view
        self.viewport = view.viewport()
        self._tasks = tasks
        self._cells = cells
        self._painter = QPainter()
        self._picture = QPixmap()
        self._look: Look | None = None
        self._ground = QBrush()
        self._is_solid = True  # the ground is
        # Apart, so that the words between two columns of figures need not be copied along with them.
        self._painted_figures, self._painted_others = Area(), Area()
        self._size = (-1, -1)
        self._is_stale = True
        self._rows_are_others = False  # since the page was last painted as a whole
        self._moved_at: dict[int, float] = {}
        self._stale: set[int] = set()  # places
        self._left_over: dict[int, Change] = {}  # of rows that an update had no time for, by their slots
        self._selection_is_stale = False
        self._columns: list[tuple[TaskColumn, int, int]] = []  # on the screen: which, where, how wide
        self._figures: list[tuple[TaskColumn, int, int]] = []
        self._left = self._width = 0  # of all columns together
        self._first = self._top = self._height = 0  # of rows: the place and the top of the uppermost; of each
        self._slots: dict[int, int] = {}  # of the rows on the page, by the ids of their tasks: counted from its top
        self._contents: list[dict[TaskColumn, Contents]] = []
        self._hinted: set[int] = set()  # rows that say what their button does, by the ids of their tasks
        self._selected: set[int] = set()  # places
        self._led_by_keys = False  # until somebody uses them
        self._focus: tuple[int, int] = (-1, -1)  # the place and the column that the keys are on

    # -- what has changed -------------------------------------------------------------------------

    def mark_all(self) -> None:
        """Everything may look different, or be somewhere else."""
        self._is_stale = True
        self.viewport.update()

    def mark_rows(self) -> None:
        """Rows may have come, gone or moved, or be of another height."""
        self._rows_are_others = True
        self.mark_all()

    def mark(self, first: int, last: int) -> None:
        """The rows from `first` to `last` look different."""
        first, last = max(first, self._first), min(last, self._first + len(self._contents) - 1)
        if self._is_stale or last < first:
            return
        self._stale.update(range(first, last + 1))
        top, bottom = self._band(first, last)
        self.viewport.update(0, top, self._size[0], bottom - top)

    def mark_selection(self) -> None:
        """Other rows may be selected, or the keys be on another cell or elsewhere."""
        self._selection_is_stale = True

    def led_by_keys(self, led: bool) -> None:
        """Frame the cell that the keys are on, or none: a pointer is seen where it is."""
        if led is not self._led_by_keys:
            self._led_by_keys = led
            self.mark_selection()

    # -- painting ---------------------------------------------------------------------------------

    @property
    def picture(self) -> QPixmap:
        """As it is."""
        return self._picture

    def show(self, look: Look, top: int, bottom: int) -> QPixmap:
        """Return the picture, with the rows that touch these pixels, and all that is marked, painted anew."""
        if not self._refresh(look) and self._height:
            places = range(self._first, self._first + len(self._contents))
            first, last = (self._first + (edge - self._top) // self._height for edge in (top, bottom))
            self._stale.update(places[max(0, first - self._first) : max(0, last - self._first + 1)])
            self.update(look, ())
        return self._picture

    @property
    def is_behind(self) -> bool:
        """Whether the last update has left rows for the next."""
        return bool(self._left_over)

    def update(self, look: Look, changed: Iterable[tuple[TaskRow, Change]], *, within: float = math.inf) -> list[Box]:
        """Paint the cells of these rows that have changed, and what is marked; return what has been painted.

        Rows for which there is no time `within` so many seconds of a processor are left for the next update, which
        begins with them.
        Keeps the interpreter lock, unless all is marked or a picture has to be made.
        """
        began = time.thread_time()  # on a busy machine, as many rows have their turn
        if self._refresh(look):
            return [Box(0, 0, *self._size)]
        if self._selection_is_stale:
            self._find_selection()
        slots, stale = self._slots, self._stale
        news, self._left_over = self._left_over, {}
        for row, change in changed:
            if (slot := slots.get(row.id)) is not None:
                news[slot] = max(change, news.get(slot, change))
        if not news and not stale:
            return []
        areas = self._painted_figures, self._painted_others
        for area in areas:
            area.clear()
        painter = self._painter
        painter.begin(self._picture)
        try:
            painter.setLayoutDirection(self._view.layoutDirection())  # upon a picture, it would follow the text
            for slot, change in news.items():
                if self._first + slot in stale:
                    continue
                if time.thread_time() - began < within:
                    self._update_row(painter, slot, change)
                else:
                    self._left_over[slot] = change
            for place in stale:
                slot = place - self._first
                self._paint_row(painter, slot)
                self._painted_others.add(self._left, self._top + slot * self._height, self._width, self._height)
        finally:  # one that is left open could never begin again
            painter.end()
            stale.clear()
        return [box for area in areas if (box := area.box()) is not None]

    def moved_at(self, task_id: int) -> float:
        """When the row of a task last came to lie on the screen where another was, in seconds of `time.monotonic`.

        Known of rows on the page. To scroll moves none.
        """
        return self._moved_at.get(task_id, float("-inf"))

    def place_of_button(self, look: Look, x: int, y: int) -> int | None:
        """The place of the row whose button is at a point of the viewport; None if there is no button.

        Asks nobody: a view would be asked for objects that let go of the interpreter when they are dropped.
        """
        self._refresh(look)
        if not self._height or y < self._top:
            return None
        slot = (y - self._top) // self._height
        cell = next(((x, width) for column, x, width in self._columns if column is TaskColumn.ACTION), None)
        if slot >= len(self._contents) or cell is None:
            return None
        left, width = cell
        button = button_box(Box(left, self._top + slot * self._height, width, self._height))
        inside = button.x <= x < button.x + button.width and button.y <= y < button.y + button.height
        return self._first + slot if inside else None

    def is_whole(self, row: TaskRow, column: TaskColumn) -> bool:
        """Whether a row on the page says in a cell all there is to say there; of its button, what that does."""
        width = next((width for each, _, width in self._columns if each is column), 0)
        if row.id not in self._slots or not width:
            return False
        if column is TaskColumn.ACTION:
            hint = self._cells.hint(row, focused=True)  # as the row will say it
            return bool(hint) and self._cells.hint_width(hint, _ANY_WIDTH) <= self._room_for_hint()
        return self._cells.fits(self._cells.contents(row, column), width, self._height)

    def _room_for_hint(self) -> int:
        """How much there is between the name and the button of a row."""
        places = {column: (x, width) for column, x, width in self._columns}
        button, button_width = places[TaskColumn.ACTION]
        name, name_width = places.get(TaskColumn.NAME, (self._left, 0))
        before = button > name  # as those read who begin at the left
        return max(0, button - name - name_width if before else name - button - button_width)

    def _band(self, first: int, last: int) -> tuple[int, int]:
        if last < first:
            return 0, 0
        return self._top + (first - self._first) * self._height, self._top + (last - self._first + 1) * self._height

    def _refresh(self, look: Look) -> bool:
        """Paint the whole page, if that has to be done; return whether it had."""
        viewport = self.viewport
        size = viewport.width(), viewport.height()
        if self._rows_are_others:
            self._view.executeDelayedItemsLayout()  # with fewer rows, Qt may have to scroll
        if not self._is_stale and look is self._look and size == self._size:
            return False
        self._is_stale = False
        if size != self._size or look is not self._look:
            self._picture = QPixmap(max(1, round(size[0] * look.scale)), max(1, round(size[1] * look.scale)))
            self._picture.setDevicePixelRatio(look.scale)
        self._size, self._look = size, look
        compact = self._view.verticalHeader().defaultSectionSize() <= COMPACT_HEIGHT
        self._cells.prepare(look, mirrored=self._view.isRightToLeft(), compact=compact)
        self._measure()
        self._find_rows()
        self._stale.clear()
        self._left_over.clear()
        brush = viewport.palette().brush(viewport.backgroundRole())
        is_solid = self._is_solid = brush.isOpaque()
        # What can be seen through is painted by Qt beneath this.
        self._ground = brush if is_solid else QBrush(Qt.GlobalColor.transparent)
        if viewport.testAttribute(_OPAQUE) is not is_solid:
            viewport.setAttribute(_OPAQUE, is_solid)
            viewport.update()  # for a paint event that is on its way, Qt has left out what is beneath, or has not
        if not is_solid and not self._picture.hasAlphaChannel():
            self._picture.fill(Qt.GlobalColor.transparent)
        painter = self._painter
        painter.begin(self._picture)
        try:
            painter.setLayoutDirection(self._view.layoutDirection())  # upon a picture, it would follow the text
            self._clear(painter, 0, 0, *size)
            for slot in range(len(self._contents)):
                self._paint_row(painter, slot)
        finally:
            painter.end()
        return True

    def _measure(self) -> None:
        view = self._view
        header = view.horizontalHeader()
        self._columns = [
            (column, header.sectionViewportPosition(column), header.sectionSize(column))
            for column in (_COLUMNS[header.logicalIndex(number)] for number in range(header.count()))
            if not header.isSectionHidden(column)
        ]
        self._figures = [each for each in self._columns if each[0] in _FIGURES]
        self._left = min((x for _, x, _ in self._columns), default=0)
        self._width = max((x + width for _, x, width in self._columns), default=0) - self._left
        if self._width < self._size[0]:  # beside the columns there is room for a scroll bar: rows go on beneath it
            self._left, self._width = 0, self._size[0]

    def _find_rows(self) -> None:
        view, tasks = self._view, self._tasks
        first, last = view.rowAt(0), view.rowAt(self._size[1] - 1)
        count = tasks.rowCount()
        places = range(max(0, first), (last if last >= 0 else count - 1) + 1) if first >= 0 else range(0)
        before, old_top, old_height = list(self._slots), self._top, self._height
        self._first = places.start
        self._top = view.rowViewportPosition(self._first) if places else 0
        self._height = view.verticalHeader().defaultSectionSize()
        rows = [row for place in places if (row := tasks.row_at(place)) is not None]
        if self._rows_are_others and before:  # else somebody has scrolled, and sees what comes
            middle = self._top + self._height // 2
            for slot, row in enumerate(rows):
                old_slot = (middle + slot * self._height - old_top) // old_height
                if 0 <= old_slot < len(before) and before[old_slot] != row.id:
                    self._moved_at[row.id] = time.monotonic()
        self._rows_are_others = False
        self._slots = {row.id: slot for slot, row in enumerate(rows)}
        self._moved_at = {task_id: when for task_id, when in self._moved_at.items() if task_id in self._slots}
        self._contents = [{} for _ in rows]
        self._find_selection()

    def _find_selection(self) -> None:
        """Find what is selected and has the keys, and mark the rows for which that is new."""
        self._selection_is_stale = False
        view, tasks = self._view, self._tasks
        selection = view.selectionModel()
        places = range(self._first, self._first + len(self._contents))
        selected: set[int] = set()
        if selection.hasSelection():  # each index lets go of the interpreter when it is dropped
            selected = {place for place in places if selection.isSelected(tasks.index(place, 0))}
        current = view.currentIndex()
        has_focus = self._led_by_keys and (view.hasFocus() or self.viewport.hasFocus())
        focus = (current.row(), current.column()) if has_focus and current.isValid() else (-1, -1)
        changed = selected ^ self._selected
        if focus != self._focus:
            changed |= {focus[0], self._focus[0]}
        self._stale |= changed.intersection(places)
        self._selected, self._focus = selected, focus

    def _clear(self, painter: QPainter, x: int, y: int, width: int, height: int) -> None:
        if self._is_solid:
            painter.fillRect(x, y, width, height, self._ground)
            return
        painter.setCompositionMode(_COPY)
        painter.fillRect(x, y, width, height, self._ground)
        painter.setCompositionMode(_BLEND)

    def _paint_row(self, painter: QPainter, slot: int) -> None:
        place = self._first + slot
        row = self._tasks.row_at(place)
        if row is None:
            return
        cells, height = self._cells, self._height
        y = self._top + slot * height
        selected = place in self._selected
        ground, rule = cells.ground(row, selected=selected), cells.rule(row, height)
        if ground is None:
            self._clear(painter, self._left, y, self._width, height)
        else:
            painter.fillRect(self._left, y, self._width, height, ground)
        if rule is not None:
            painter.fillRect(self._left, y + height - 1, self._width, 1, rule)
        drawn = self._contents[slot]
        boxes: dict[TaskColumn, Box] = {}
        for column, x, width in self._columns:
            contents = drawn[column] = cells.contents(row, column)
            boxes[column] = Box(x, y, width, height)
            self._paint_cell(painter, contents, column, boxes[column], place, selected=selected)
        focused = self._focus == (place, TaskColumn.ACTION)
        if TaskColumn.ACTION in boxes:
            cells.anticipate(row, boxes.get(TaskColumn.STATE), boxes[TaskColumn.ACTION], focused=focused)
        hint = cells.hint(row, focused=focused)
        if hint:
            self._hinted.add(row.id)
            self._paint_hint(painter, hint, y, ground)
        else:
            self._hinted.discard(row.id)

    def _paint_hint(self, painter: QPainter, hint: str, y: int, ground: QColor | None) -> None:
        """Beside the button of a row, over its figures but not over its name."""
        places = {column: (x, width) for column, x, width in self._columns}
        button, button_width = places[TaskColumn.ACTION]
        height = self._height
        width = self._cells.hint_width(hint, self._room_for_hint())
        before = button > places.get(TaskColumn.NAME, (self._left, 0))[0]
        x = button - width if before else button + button_width
        begin, end = x, x + width
        for column, (left, wide) in places.items():  # a figure that is half covered would be read as another
            if column not in _WORDS and left < end and left + wide > begin:
                begin, end = min(begin, left), max(end, left + wide)
        if ground is None:
            self._clear(painter, begin, y, end - begin, height - 1)
        else:
            painter.fillRect(begin, y, end - begin, height - 1, ground)
        self._cells.paint_hint(painter, hint, Box(x, y, width, height))

    def _update_row(self, painter: QPainter, slot: int, change: Change) -> None:
        """Paint the cells that show something else than before."""
        place = self._first + slot
        row = self._tasks.row_at(place)
        if row is None:
            return
        if row.id in self._hinted:
            self._paint_row(painter, slot)
            self._painted_others.add(self._left, self._top + slot * self._height, self._width, self._height)
            return
        cells, height, drawn = self._cells, self._height, self._contents[slot]
        y = self._top + slot * height
        selected = place in self._selected
        ground, rule = cells.ground(row, selected=selected), cells.rule(row, height)
        inside = height if rule is None else height - 1
        for column, x, width in self._figures if change is Change.FIGURES else self._columns:
            contents = cells.contents(row, column)
            if contents == drawn.get(column):
                continue
            drawn[column] = contents
            if ground is None:
                self._clear(painter, x, y, width, inside)
            else:
                painter.fillRect(x, y, width, inside, ground)
            self._paint_cell(painter, contents, column, Box(x, y, width, height), place, selected=selected)
            (self._painted_figures if column in _FIGURES else self._painted_others).add(x, y, width, height)

    def _paint_cell(
        self, painter: QPainter, contents: Contents, column: TaskColumn, box: Box, place: int, *, selected: bool
    ) -> None:
        focused = (place, column) == self._focus
        self._cells.paint(painter, contents, column, box, focused=focused)
        if selected and column is TaskColumn.NAME:
            self._cells.paint_selection(painter, box)
        if focused and column is not TaskColumn.ACTION:  # its button shows that by itself
            self._cells.paint_focus(painter, box)
