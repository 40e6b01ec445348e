"""Which rows are shown, in which order: filter, sort and tree over plain lists. No Qt.

A `QSortFilterProxyModel` over a Python model calls back into Python for every comparison: seventy times slower than
`sorted` at ten thousand rows, and by the second at a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from taskmon.bridge.rows import Category, TaskColumn, TaskRow
from taskmon.core.state import TaskState

_STATE_RANK: Final = {state: rank for rank, state in enumerate(TaskState)}

# What a column sorts by; None is unknown and comes last in both directions.
_SORT_KEYS: Final[dict[TaskColumn, Callable[[TaskRow], Any]]] = {
    TaskColumn.NAME: lambda row: row.snapshot.name.casefold(),
    TaskColumn.STATE: lambda row: _STATE_RANK[row.snapshot.state],
    TaskColumn.PROGRESS: lambda row: row.snapshot.progress.fraction,
    TaskColumn.RATE: lambda row: row.rate,
    TaskColumn.LEFT: lambda row: row.seconds_left,
    TaskColumn.ELAPSED: lambda row: row.snapshot.elapsed if row.snapshot.started_at is not None else None,
}


class RowOrder:
    """All rows, and the list of those that are shown."""

    def __init__(self) -> None:
        self.rows: dict[int, TaskRow] = {}
        self.shown: list[TaskRow] = []
        self._roots: list[TaskRow] = []
        self._positions: dict[int, int] | None = {}
        self._sequence = 0
        self.nested = False
        """Whether some row has ever had rows beneath it."""
        self.text = ""
        self.category = Category.ALL
        self.sort_column: TaskColumn | None = None
        self.descending = False

    def add(self, row: TaskRow) -> None:
        """Take a row in, beneath its parent if that is known. Shown only after `arranged` was applied."""
        self.rows[row.id] = row
        row.sequence = self._sequence
        self._sequence += 1
        parent_id = row.snapshot.parent_id
        parent = self.rows.get(parent_id) if parent_id is not None else None
        if parent is None:
            self._roots.append(row)
        else:
            row.parent = parent
            row.depth = parent.depth + 1
            parent.children.append(row)
            self.nested = True

    def remove_ended(self) -> list[TaskRow]:
        """Drop the roots that have ended with all beneath them; return every row dropped."""
        ended = [root for root in self._roots if root.has_ended]
        if not ended:
            return []
        self._roots = [root for root in self._roots if not root.has_ended]
        dropped = [row for root in ended for row in _with_descendants(root)]
        for row in dropped:
            del self.rows[row.id]
        return dropped

    def show(self, rows: list[TaskRow]) -> None:
        """Make `rows` the shown ones."""
        self.shown = rows
        self._positions = None

    def append(self, rows: list[TaskRow]) -> None:
        """Show `rows` below all others, without looking at those."""
        positions = self._positions
        if positions is not None:
            positions.update((row.id, place) for place, row in enumerate(rows, len(self.shown)))
        self.shown.extend(rows)

    def position(self, row_id: int) -> int | None:
        """The place of a row among the shown ones, or None."""
        positions = self._positions
        if positions is None:
            positions = self._positions = {row.id: place for place, row in enumerate(self.shown)}
        return positions.get(row_id)

    @property
    def is_plain(self) -> bool:
        """Whether the rows are shown as they came: no sort, no filter. New roots then belong at the end."""
        return self.sort_column is None and not self.filtered

    @property
    def filtered(self) -> bool:
        """Whether some rows may be hidden by a filter."""
        return bool(self.text) or self.category is not Category.ALL

    def arranged(self) -> list[TaskRow]:
        """Return the rows that belong on the screen, in order, for the present filter and sort."""
        if not self.nested:
            rows: Iterable[TaskRow] = self._roots
            if self.filtered:
                rows = [row for row in rows if self._matches(row)]
            return self._sorted(rows)
        wanted = self._wanted() if self.filtered else None
        shown: list[TaskRow] = []
        stack = [iter(self._sorted(self._roots))]
        while stack:
            for row in stack[-1]:
                if wanted is not None and row.id not in wanted:
                    continue
                shown.append(row)
                # While filtering, a match must not hide in a closed branch.
                if row.children and (row.expanded or wanted is not None):
                    stack.append(iter(self._sorted(row.children)))
                    break
            else:
                stack.pop()
        return shown

    def _wanted(self) -> set[int]:
        """The rows that match, and those above them."""
        wanted: set[int] = set()
        for row in self.rows.values():
            if self._matches(row):
                above: TaskRow | None = row
                while above is not None and above.id not in wanted:
                    wanted.add(above.id)
                    above = above.parent
        return wanted

    def _matches(self, row: TaskRow) -> bool:
        if self.category is not Category.ALL and row.category is not self.category:
            return False
        text = self.text
        if not text or text in row.searched:
            return True
        message = row.snapshot.progress.message
        return bool(message) and text in message.casefold()

    def _sorted(self, rows: Iterable[TaskRow]) -> list[TaskRow]:
        if self.sort_column is None:
            return list(rows)
        key = _SORT_KEYS[self.sort_column]
        known: list[tuple[Any, TaskRow]] = []
        unknown: list[TaskRow] = []
        for row in rows:
            value = key(row)
            if value is None:
                unknown.append(row)
            else:
                known.append((value, row))
        # Stable in both directions: equal rows stay as they came.
        known.sort(key=_first, reverse=self.descending)
        return [row for _, row in known] + unknown


def _first(pair: tuple[Any, TaskRow]) -> Any:
    return pair[0]


def _with_descendants(row: TaskRow) -> Iterator[TaskRow]:
    yield row
    for child in row.children:
        yield from _with_descendants(child)
