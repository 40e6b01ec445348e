"""Sorting rows by the typed value of a column."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import eq, itemgetter
from typing import Any, Final, NamedTuple

from taskmon.bridge.table import cells
from taskmon.bridge.table.rows import TaskColumn, TaskRow


class SortRule(NamedTuple):
    """By which column, and in which direction."""

    column: TaskColumn
    descending: bool = False


def sort_rows(rows: Iterable[TaskRow], rule: SortRule | None, previous: SortRule | None = None) -> list[TaskRow]:
    """Return `rows` sorted: ties by the rule before, and then as they came, in either direction."""
    if rule is None:
        return list(rows)
    key = cells.COLUMNS[rule.column].key
    rows = list(rows)
    values = [key(row) for row in rows]
    unknown: list[TaskRow] = []
    known = list(zip(values, rows, strict=True))
    if None in values:
        unknown = [row for value, row in known if value is None]
        known = [pair for pair in known if pair[0] is not None]
    known.sort(key=_value, reverse=rule.descending)  # stable in both directions
    if previous is None:
        return [row for _, row in known] + unknown
    return _break_ties(known, previous) + sort_rows(unknown, previous)


def _break_ties(known: list[tuple[Any, TaskRow]], rule: SortRule) -> list[TaskRow]:
    """Sort each run of equal values anew: most columns have few, and sorting all rows twice would cost double."""
    values = [value for value, _ in known]
    if not any(map(eq, values, values[1:])):
        return [row for _, row in known]
    broken: list[TaskRow] = []
    for _, run in groupby(known, _value):
        rows = [row for _, row in run]
        broken += rows if len(rows) == 1 else sort_rows(rows, rule)
    return broken


_value: Final = itemgetter(0)
