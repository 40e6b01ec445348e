"""What the table of tasks answers: to those who know rows, and to Qt, who knows indexes and roles.

Every override is a total function over plain rows: PySide turns an exception in `rowCount` into a crash. Views that
paint read `row_at`, not `data`: one call instead of twenty a row.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from taskmon.bridge import cells, text
from taskmon.bridge.order import RowOrder
from taskmon.bridge.rows import Category, Grouping, TaskColumn, TaskRow

if TYPE_CHECKING:
    from taskmon.bridge.sorting import SortRule

AnyIndex = QModelIndex | QPersistentModelIndex

# Plain integers: comparing with the members of Qt's enums costs a Python call each.
DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
TOOLTIP: Final = int(Qt.ItemDataRole.ToolTipRole)
_ALIGNMENT: Final = int(Qt.ItemDataRole.TextAlignmentRole)
ACCESSIBLE_TEXT: Final = int(Qt.ItemDataRole.AccessibleTextRole)
_ACCESSIBLE_DESCRIPTION: Final = int(Qt.ItemDataRole.AccessibleDescriptionRole)
TASK_ID_ROLE: Final = int(Qt.ItemDataRole.UserRole)
"""`data()` with this role gives the id of the row's task; of a heading, a number below zero."""

_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
COLUMNS: Final = tuple(TaskColumn)
NO_INDEX: Final = QModelIndex()


class TaskTableAnswers(QAbstractTableModel):
    """The half of `taskmon.bridge.model.TaskTableModel` that changes nothing."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = RowOrder()
        self._active: dict[int, TaskRow] = {}  # those with a thread: the only ones that change by themselves
        self._counts: Counter[Category] = Counter()
        self._frozen: dict[int, TaskRow] | None = None

    # -- reading ----------------------------------------------------------------------------------

    def row_at(self, place: int) -> TaskRow | None:
        """What is shown at `place`: a row, a heading, a frozen copy of a row, or None."""
        shown = self._order.shown
        if not 0 <= place < len(shown):
            return None
        row = shown[place]
        return row if self._frozen is None else self._frozen.get(row.id, row)

    def row(self, task_id: int) -> TaskRow | None:
        """The row of a task as it is now, shown or not."""
        return self._order.rows.get(task_id)

    def rows(self) -> list[TaskRow]:
        """All rows, shown or not, in the order in which they came."""
        return list(self._order.rows.values())

    def place_of(self, task_id: int) -> int | None:
        """Where a task is shown, or None."""
        return self._order.position(task_id)

    def count(self, category: Category) -> int:
        """How many tasks are in `category`."""
        return len(self._order.rows) if category is Category.ALL else self._counts[category]

    @property
    def filtered(self) -> bool:
        """Whether a filter is in force."""
        return self._order.filtered

    @property
    def has_branches(self) -> bool:
        """Whether there are headings, or some task has, or had, subtasks: names are then indented."""
        return self._order.nested or self._order.groups is not None

    @property
    def is_grouped(self) -> bool:
        """Whether tasks stand under headings."""
        return self._order.groups is not None

    @property
    def is_frozen(self) -> bool:
        """Whether the picture is held, see `TaskTableModel.freeze`."""
        return self._frozen is not None

    @property
    def sort_rule(self) -> SortRule | None:
        """What the rows are sorted by; None while they stand in the order in which they came."""
        return self._order.rule

    @property
    def grouping(self) -> Grouping:
        """What the rows are grouped by."""
        groups = self._order.groups
        return Grouping.NONE if groups is None else groups.grouping

    @property
    def failures_first(self) -> bool:
        """Whether failures that nobody has looked at come first."""
        return self._order.failures_first

    @property
    def has_active(self) -> bool:
        """Whether some task has a thread, so that its row may change by itself."""
        return bool(self._active)

    # -- Qt's questions ---------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._order.shown)

    def columnCount(self, parent: AnyIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        if role == DISPLAY:
            return text.tr(cells.COLUMN_LABELS[column]) if cells.COLUMN_LABELS[column] else ""
        if role == _ALIGNMENT:
            return _RIGHT if column in cells.RIGHT_COLUMNS else _LEFT
        if role == ACCESSIBLE_TEXT and column is TaskColumn.ACTION:
            return text.tr("Action")
        return None

    def data(self, index: AnyIndex, role: int = DISPLAY) -> Any:
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None or not 0 <= index.column() < len(COLUMNS):
            return None
        column = COLUMNS[index.column()]
        if role == DISPLAY:
            return cells.cell(row, column)
        if role == TASK_ID_ROLE:
            return row.id
        if role == _ALIGNMENT:
            return _RIGHT if column in cells.RIGHT_COLUMNS else _LEFT
        if role == ACCESSIBLE_TEXT:
            return cells.spoken(row, column)
        if role == _ACCESSIBLE_DESCRIPTION:
            if row.is_group:
                return ""
            return text.action_hint(row) if column is TaskColumn.ACTION else text.state_label(row)
        if role == TOOLTIP:
            hint = cells.tooltip(row, column)
            return text.as_html(hint) if hint else None
        return None
