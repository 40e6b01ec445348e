"""What each column is: what stands above it and in it, what it sorts by; and what a screen reader and a tooltip say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from taskmon.bridge.table import text
from taskmon.bridge.table.categories import CATEGORY_LABELS, Category
from taskmon.bridge.table.rows import Grouping, TaskColumn, TaskRow
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import BYTES, format_count, format_duration, format_roughly, plain
from taskmon.core.base.translate import mark
from taskmon.core.task.state import TaskState

if TYPE_CHECKING:
    from taskmon.bridge.table.grouping import GroupRow

#: Of these a tooltip says what the cell says: where that is whole, it would only cover what is beneath.
SAID_WHOLE: Final = frozenset({TaskColumn.NAME, TaskColumn.STATE, TaskColumn.ACTION})


def label(column: TaskColumn) -> str:
    """What stands above a column; for the one with the buttons, what a menu calls it."""
    return tr(COLUMNS[column].label) if COLUMNS[column].label else tr("Action")


def cell(row: TaskRow, column: TaskColumn) -> str:
    """The text of a cell, as it would be copied."""
    if row.is_group:
        return group_name(row) if column is TaskColumn.NAME else ""
    return COLUMNS[column].cell(row)


def spoken(row: TaskRow, column: TaskColumn) -> str:
    """What a screen reader says of a cell."""
    if row.is_group:
        return f"{group_name(row)}, {group_line(row)}" if column is TaskColumn.NAME else ""
    if column is TaskColumn.NAME:
        line = text.second_line(row)
        spoken_name = f"{text.name(row)}, {line}" if line else text.name(row)
        return tr("New failure: {name}").format(name=spoken_name) if row.unseen else spoken_name
    if column is TaskColumn.PROGRESS:
        words = [part for part in (text.percent(row), text.amount(row)) if part]
        return ", ".join(words) or tr("No progress reported")
    if column is TaskColumn.ACTION:
        return text.action_spoken(row)
    return cell(row, column)


def described(row: TaskRow, column: TaskColumn) -> str:
    """What a screen reader says of a cell beside its words, once for each row: what is told by place, sign or colour.

    Of the name, how its task stands and where; of the state, that it is one for ever; of the button, what it does.
    """
    if row.is_group:
        return ""
    if column is TaskColumn.ACTION:
        return text.action_hint(row)
    stuck = tr("Deadlock") if row.in_deadlock else ""
    if column is TaskColumn.STATE:
        parts = [stuck, text.state_and_more(row)[1], meaning(row)]
    elif column is TaskColumn.NAME:
        open_or_not = (tr("expanded") if row.expanded else tr("collapsed")) if row.children else ""
        above = tr("beneath {name}").format(name=text.name(row.parent)) if row.parent is not None else ""
        parts = [text.state_label(row), stuck, open_or_not, above]
    else:
        parts = []
    return ", ".join(part for part in parts if part)


#: Of states that are not told by their names.
_MEANINGS: Final = {
    TaskState.QUEUED: mark("It has not started: it waits for a free worker, or for its time"),
    TaskState.CUT_OFF: mark("It was at work when its program ended"),
    TaskState.LOST: mark("Its program has gone without a word on it"),
}


def meaning(row: TaskRow) -> str:
    """What the word for its state means, where that does not explain itself; empty otherwise."""
    words = None if row.is_fold or row.snapshot.end_unknown else _MEANINGS.get(row.snapshot.state)
    return tr(words) if words else ""


def tooltip(row: TaskRow, column: TaskColumn) -> str:
    """The whole of a cell that is rounded or may be cut off; empty if there is nothing to add."""
    if row.is_group:
        return f"{group_name(row)}\n{group_line(row)}" if column is TaskColumn.NAME else ""
    if column is TaskColumn.ACTION:
        return text.action_hint(row)
    if column is TaskColumn.NAME:
        line = text.second_line(row)
        return f"{text.name(row)}\n{line}" if line else text.name(row)
    if column is TaskColumn.PROGRESS:
        return "\n".join(part for part in (_full_amount(row), text.last_run_line(row)) if part)
    if column is TaskColumn.STATE:
        return "\n".join(part for part in (*text.state_and_more(row), meaning(row)) if part)
    if column is TaskColumn.RATE:
        return _full_rate(row)
    if column is TaskColumn.LEFT and row.seconds_left is not None and not row.stalled_for:
        return tr("{time} at the present rate").format(time=format_duration(row.seconds_left))
    if column is TaskColumn.STARTED:
        return _started(row, "%Y-%m-%d %H:%M:%S")
    if column is TaskColumn.CPU and row.busy_for:
        return tr("{share}; computing at each look for over {time}").format(
            share=cell(row, column), time=format_roughly(row.busy_for)
        )
    return cell(row, column)


# -- headings -----------------------------------------------------------------------------------------


def group_name(row: TaskRow) -> str:
    """What a heading is called."""
    if row.snapshot.name:
        return plain(row.snapshot.name, 200)
    is_program = cast("GroupRow", row).grouping is Grouping.PROGRAM
    return tr("This window") if is_program else tr("Without a group")


def group_line(row: TaskRow) -> str:
    """How many tasks stand beneath a heading, and in which states."""
    heading = cast("GroupRow", row)
    count = len(heading.members)
    words = [tr("1 task") if count == 1 else tr("{n} tasks").format(n=format_count(count))]
    for category in (Category.RUNNING, Category.WAITING, Category.PAUSED, Category.FAILED):
        some = heading.count(category)
        if some:
            words.append(f"{format_count(some)} {tr(CATEGORY_LABELS[category]).lower()}")
    return " · ".join(words)


# -- columns ------------------------------------------------------------------------------------------


def source(row: TaskRow) -> str:
    """The program that a task belongs to."""
    origin = row.snapshot.origin
    return f"{plain(origin.program, 100)} ({origin.pid})" if origin is not None else tr("This window")


def _thread(row: TaskRow) -> str:
    snapshot = row.snapshot
    if snapshot.origin is not None and snapshot.origin.thread:
        return plain(snapshot.origin.thread, 100)
    return str(snapshot.thread_id) if snapshot.thread_id is not None else ""


def _started(row: TaskRow, form: str = "%H:%M:%S") -> str:
    began = row.snapshot.started_at
    return text.clock(row.snapshot, began, form) if began is not None else ""


def _attempt(row: TaskRow) -> str:
    return format_count(row.snapshot.attempt)


def _reason(row: TaskRow) -> str:
    snapshot = row.snapshot
    if snapshot.error:
        return text.told(snapshot.error, 300)
    return text.cancelled_by(snapshot.reason) if snapshot.reason is not None else ""


def _checkpoint(row: TaskRow) -> str:
    reading = row.snapshot.checkpoint
    if reading is None or not row.snapshot.state.has_thread:
        return ""
    if reading.last_seen is None:
        return tr("never")
    return tr("{time} ago").format(time=format_duration(reading.last_seen, precise=True))


def _full_amount(row: TaskRow) -> str:
    """To the last digit, where the cell rounds."""
    progress = row.progress
    shown = [part for part in (text.amount(row), text.percent(row)) if part]
    if progress.unit == BYTES and progress.done is not None:
        done = format_count(progress.done)
        if progress.total is None:
            shown.append((tr("1 byte") if progress.done == 1 else tr("{done} bytes")).format(done=done))
        elif progress.total == 1:
            shown.append(tr("{done} of 1 byte").format(done=done))
        else:
            shown.append(tr("{done} of {total} bytes").format(done=done, total=format_count(progress.total)))
    return "\n".join(shown)


def _full_rate(row: TaskRow) -> str:
    shown = text.rate(row)
    value = row.rate
    if not shown or value is None:
        return ""
    if row.progress.unit == BYTES:
        amount = format_count(value)
        words = tr("1 byte a second") if amount == "1" else tr("{amount} bytes a second")
        return f"{shown}\n" + words.format(amount=amount)
    return shown


def _cpu(row: TaskRow) -> str:
    if row.snapshot.facts is None or row.snapshot.state.is_final:
        return ""
    from taskmon.core.stacks.words import cpu  # the first frame needs none

    return cpu(row.snapshot.facts)


def _cpu_key(row: TaskRow) -> float | None:
    """Nothing of what has ended: what it used last is no answer to who uses the processor now."""
    facts = row.snapshot.facts
    if facts is None or facts.cpu is None or row.snapshot.state.is_final:
        return None
    return round(facts.cpu, 2)  # as it is shown: rows that look alike stay where they are


def _share(row: TaskRow) -> int | None:
    progress = row.progress
    return None if progress.total is None else progress.bar_steps


def _checkpoint_age(row: TaskRow) -> float | None:
    reading = row.snapshot.checkpoint
    return reading.last_seen if reading is not None else None


def _program_key(row: TaskRow) -> Any:
    origin = row.snapshot.origin
    return (origin.program.casefold(), origin.pid) if origin is not None else None


def _thread_key(row: TaskRow) -> str | None:
    origin = row.snapshot.origin
    return origin.thread.casefold() or None if origin is not None else None


def _reason_key(row: TaskRow) -> str | None:
    snapshot = row.snapshot
    return snapshot.error or (snapshot.reason.kind.value if snapshot.reason is not None else None)


_STATE_RANK: Final = {state: rank for rank, state in enumerate(TaskState)}


class Column(NamedTuple):
    """What is known of a column."""

    label: str
    """What stands above it, in English."""
    cell: Callable[[TaskRow], str]
    """The text of a cell."""
    key: Callable[[TaskRow], Any] = lambda _: None
    """What it sorts by; None is unknown, and comes last in both directions."""
    to_the_right: bool = False
    """Whether its figures are aligned to the right."""
    moves: bool = False
    """Whether it changes with progress and time."""


_C: Final = TaskColumn
COLUMNS: Final = {
    _C.NAME: Column(mark("Task"), text.name, lambda row: row.folded),
    _C.STATE: Column(mark("State"), text.state_label, lambda row: _STATE_RANK[row.snapshot.state]),
    _C.CPU: Column(
        mark("CPU"),
        _cpu,
        _cpu_key,
        to_the_right=True,
        moves=True,
    ),
    _C.PROGRESS: Column(mark("Progress"), lambda row: text.percent(row) or text.amount(row), _share, moves=True),
    _C.RATE: Column(mark("Rate"), text.rate, lambda row: row.rate, to_the_right=True, moves=True),
    _C.LEFT: Column(mark("Time left"), text.left, lambda row: row.seconds_left, to_the_right=True, moves=True),
    _C.ELAPSED: Column(
        mark("Elapsed"),
        text.elapsed,
        lambda row: row.snapshot.elapsed if row.snapshot.started_at is not None else None,
        to_the_right=True,
        moves=True,
    ),
    _C.GROUP: Column(
        mark("Group"), lambda row: plain(row.snapshot.group, 200), lambda row: row.snapshot.group.casefold() or None
    ),
    _C.SOURCE: Column(mark("Program"), source, _program_key),
    _C.THREAD: Column(mark("Thread"), _thread, _thread_key),
    _C.STARTED: Column(mark("Started"), _started, lambda row: row.snapshot.started_at, to_the_right=True),
    _C.ATTEMPT: Column(mark("Attempt"), _attempt, lambda row: row.snapshot.attempt, to_the_right=True),
    _C.REASON: Column(mark("Reason"), _reason, _reason_key),
    _C.CHECKPOINT: Column(mark("Last checkpoint"), _checkpoint, _checkpoint_age, to_the_right=True, moves=True),
    _C.ACTION: Column("", text.action_label),
}
