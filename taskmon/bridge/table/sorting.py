"""Sorting rows by the typed value of a column. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from operator import eq, itemgetter
from typing import Any, Final, NamedTuple

from taskmon.bridge.table.rows import TaskColumn, TaskRow
from taskmon.core.task.state import TaskState

_STATE_RANK: Final = {state: rank for rank, state in enumerate(TaskState)}


def _share(row: TaskRow) -> int | None:
    progress = row.progress
    return None if progress.total is None else progress.bar_steps


def _checkpoint_age(row: TaskRow) -> float | None:
    reading = row.snapshot.checkpoint
    return reading.last_seen if reading is not None else None


def _source(row: TaskRow) -> Any:
    origin = row.snapshot.origin
    return (origin.program.casefold(), origin.pid) if origin is not None else None


def _reason(row: TaskRow) -> str | None:
    snapshot = row.snapshot
    return snapshot.error or (snapshot.reason.kind.value if snapshot.reason is not None else None)


# What a column sorts by; None is unknown and comes last in both directions.
_KEYS: Final[dict[TaskColumn, Callable[[TaskRow], Any]]] = {
    TaskColumn.NAME: lambda row: row.folded,
    TaskColumn.STATE: lambda row: _STATE_RANK[row.snapshot.state],
    TaskColumn.CPU: lambda row: row.snapshot.facts.cpu if row.snapshot.facts is not None else None,
    TaskColumn.PROGRESS: _share,
    TaskColumn.RATE: lambda row: row.rate,
    TaskColumn.LEFT: lambda row: row.seconds_left,
    TaskColumn.ELAPSED: lambda row: row.snapshot.elapsed if row.snapshot.started_at is not None else None,
    TaskColumn.GROUP: lambda row: row.snapshot.group.casefold() or None,
    TaskColumn.SOURCE: _source,
    TaskColumn.THREAD: lambda row: origin.thread.casefold() or None if (origin := row.snapshot.origin) else None,
    TaskColumn.STARTED: lambda row: row.snapshot.started_at,
    TaskColumn.ATTEMPT: lambda row: row.snapshot.attempt,
    TaskColumn.REASON: _reason,
    TaskColumn.CHECKPOINT: _checkpoint_age,
}


class SortRule(NamedTuple):
    """By which column, and in which direction."""

    column: TaskColumn
    descending: bool = False


def sort_rows(rows: Iterable[TaskRow], rule: SortRule | None, previous: SortRule | None = None) -> list[TaskRow]:
    """Return `rows` sorted: ties by the rule before, and then as they came, in either direction."""
    if rule is None:
        return list(rows)
    key = _KEYS[rule.column]
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
