"""The sheet of shortcuts, made from the actions themselves. What the table does with keys of its own is added."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from taskmon.bridge.language import tr
from taskmon.core.base.translate import mark
from taskmon.ui.widgets.actions import ActionBook, Section, keys_of, words_of
from taskmon.ui.widgets.labels import PlainLabel, make_bold
from taskmon.ui.widgets.layouts import TallPage, hbox
from taskmon.ui.widgets.room import RoomyDialog

#: The keys that are no actions: they mean what they mean only while the table has the focus.
_TABLE_KEYS = (
    ("↑ ↓", mark("Go to another task")),
    ("← →", mark("Other column; open, close a branch")),
    ("Space", mark("Select; on a button, press it")),
    ("Enter", mark("Details; on a button, press it")),
    ("Esc", mark("End the freeze; leave the filter")),
    ("Tab", mark("Leave the table")),
)


_GAP = 36
"""Between two columns, in pixels."""
_AROUND = 60
"""The margins of the window, and a scroll bar."""


class ShortcutSheet(RoomyDialog):
    """Shows all shortcuts. Does not keep the window from being used."""

    def __init__(self, book: ActionBook, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        table = [(keys.split(), tr(words)) for keys, words in _TABLE_KEYS]
        parts = [(self.tr("In the table"), table)]
        for section in (Section.TASK, Section.FILE, Section.VIEW, Section.HELP):
            lines = [(keys_of(action), words_of(action)) for action in book.of(section) if keys_of(action)]
            if lines:
                parts.append((tr(section.value), lines))
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        self._body = _Columns([_part(title, lines) for title, lines in parts])
        layout.addWidget(TallPage(self._body), 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _prepare(self) -> None:
        self._body.align(self._room().width() - _AROUND)
        super()._prepare()

    def _least_width(self) -> int:
        """Room for both columns, where the screen has it; what is shown can be made narrower."""
        return min(self._body.width_of_two() + _AROUND, self._room().width())


class _Columns(QWidget):
    """Parts in two columns of about the same height; in one, where there is no room for two."""

    def __init__(self, parts: list[QWidget]) -> None:
        super().__init__()
        self._parts = parts
        self._columns = [QVBoxLayout(), QVBoxLayout()]
        row = self._row = QHBoxLayout(self)
        row.setSpacing(_GAP)
        for column in self._columns:
            column.setSpacing(14)
            row.addLayout(column)
        row.addStretch(1)
        self._two: bool | None = None
        self._arrange(two=True)

    def align(self, room: int) -> None:
        """Have the words of all parts begin at one distance from the keys, unless that would cost the second column.

        Once the style is known.
        """
        for label in self.findChildren(PlainLabel):
            label.ensurePolished()
        grids = [grid for part in self._parts if isinstance(grid := part.layout(), QGridLayout)]
        caps = (grid.itemAtPosition(row, 0) for grid in grids for row in range(1, grid.rowCount()))
        widest = max(item.sizeHint().width() for item in caps if item is not None)
        for least in (widest, 0):
            for grid in grids:
                grid.setColumnMinimumWidth(0, least)
            if self.width_of_two() <= room:
                break

    def width_of_two(self) -> int:
        """The width, in pixels, from which on there are two columns."""
        return 2 * self._widest() + _GAP + self._around()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._widest() + self._around(), super().minimumSizeHint().height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as it will be, however it stands now."""
        two = width >= self.width_of_two()
        columns = self._split(two=two)
        between = self._columns[0].spacing()
        heights = [sum(part.sizeHint().height() + between for part in column) for column in columns]
        margins = self._row.contentsMargins()
        return max(heights) + margins.top() + margins.bottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(two=self.width() >= self.width_of_two())

    def _widest(self) -> int:
        return max(part.minimumSizeHint().width() for part in self._parts)

    def _around(self) -> int:
        margins = self._row.contentsMargins()
        return margins.left() + margins.right() + self._row.spacing()

    def _arrange(self, *, two: bool) -> None:
        if two is self._two:
            return
        self._two = two
        for layout, parts in zip(self._columns, self._split(two=two), strict=True):
            while layout.count():
                layout.takeAt(0)
            for part in parts:
                layout.addWidget(part)
            layout.addStretch(1)

    def _split(self, *, two: bool) -> tuple[list[QWidget], list[QWidget]]:
        """The parts of each column."""
        heights = [part.sizeHint().height() for part in self._parts]
        columns: tuple[list[QWidget], list[QWidget]] = ([], [])
        used = 0
        for part, height in zip(self._parts, heights, strict=True):
            columns[two and used + height // 2 > sum(heights) // 2].append(part)
            used += height
        return columns


def _part(title: str, lines: list[tuple[list[str], str]]) -> QWidget:
    part = QWidget()
    grid = QGridLayout(part)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(7)
    grid.setHorizontalSpacing(16)
    grid.setColumnStretch(1, 1)
    heading = PlainLabel(title)
    make_bold(heading)
    grid.addWidget(heading, 0, 0, 1, 2)
    for row, (keys, words) in enumerate(lines, 1):
        caps = [PlainLabel(key) for key in keys]
        for cap in caps:
            cap.setObjectName("keycap")
        grid.addLayout(hbox(None, *caps, 1, spacing=4), row, 0)
        grid.addWidget(PlainLabel(words), row, 1)
    return part
