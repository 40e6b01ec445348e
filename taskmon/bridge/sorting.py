"""Sorting rows by the typed value of a column. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from taskmon.bridge.rows import TaskColumn, TaskRow
from taskmon.core.state import TaskState

_STATE_RANK: Final = {state: rank for rank, state in enumerate(TaskState)}


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
    TaskColumn.PROGRESS: lambda row: row.snapshot.progress.fraction,
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
    known: list[tuple[Any, TaskRow]] = []
    unknown: list[TaskRow] = []
    for row in rows:
        value = key(row)
        if value is None:
            unknown.append(row)
        else:
            known.append((value, row))
    known.sort(key=_first, reverse=rule.descending)  # stable in both directions
    if previous is None:
        return [row for _, row in known] + unknown
    return _break_ties(known, previous) + sort_rows(unknown, previous)


def _break_ties(known: list[tuple[Any, TaskRow]], rule: SortRule) -> list[TaskRow]:
    """Sort each run of equal values anew: most columns have few, and sorting all rows twice would cost double."""
    sorted_rows: list[TaskRow] = []
    run: list[TaskRow] = []
    last: Any = None
    for value, row in known:
        if run and value != last:
            sorted_rows += run if len(run) == 1 else sort_rows(run, rule)
            run = []
        run.append(row)
        last = value
    return sorted_rows + (run if len(run) < 2 else sort_rows(run, rule))


def _first(pair: tuple[Any, TaskRow]) -> Any:
    return pair[0]
