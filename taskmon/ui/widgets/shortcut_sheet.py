"""The sheet of shortcuts, made from the actions themselves. What the table does with keys of its own is added."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from taskmon.core.base.translate import mark
from taskmon.ui.widgets.actions import ActionBook, Section, keys_of, words_of
from taskmon.ui.widgets.labels import PlainLabel

#: The keys that are no actions: they mean what they mean only while the table has the focus.
_TABLE_KEYS = (
    ("↑ ↓", mark("Go to another task")),
    ("← →", mark("Other column; open, close a branch")),
    ("Space", mark("Select; on a button, press it")),
    ("Enter", mark("Details; on a button, press it")),
    ("Esc", mark("End the freeze; leave the filter")),
    ("Tab", mark("Leave the table")),
)


class ShortcutSheet(QDialog):
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
        body = QWidget()
        columns = QHBoxLayout(body)
        columns.setSpacing(36)
        half = (sum(len(lines) + 2 for _, lines in parts) + 1) // 2
        column, used = self._column(columns), 0
        for title, lines in parts:
            if used and used + len(lines) // 2 > half:
                column, used = self._column(columns), 0
            self._add_part(column, title, lines)
            used += len(lines) + 2
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        wanted = body.sizeHint()
        self.resize(min(wanted.width() + 80, parent.width()), min(wanted.height() + 120, parent.height()))

    def _column(self, columns: QHBoxLayout) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(7)
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        inner = QVBoxLayout()
        inner.addLayout(grid)
        inner.addStretch(1)
        columns.addLayout(inner, 1)
        return grid

    def _add_part(self, grid: QGridLayout, title: str, lines: list[tuple[list[str], str]]) -> None:
        heading = PlainLabel(title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setContentsMargins(0, 10 if grid.rowCount() > 1 else 0, 0, 2)
        grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
        for keys, words in lines:
            row = grid.rowCount()
            caps = QHBoxLayout()
            caps.setSpacing(4)
            for key in keys:
                cap = PlainLabel(key)
                cap.setObjectName("keycap")
                caps.addWidget(cap)
            caps.addStretch(1)
            grid.addLayout(caps, row, 0, Qt.AlignmentFlag.AlignTop)
            what = PlainLabel(words)
            what.setWordWrap(True)
            grid.addWidget(what, row, 1)


def tr(words: str) -> str:
    """Return `words` in the user's language."""
    return QCoreApplication.translate("taskmon", words)
