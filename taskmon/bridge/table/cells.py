"""What stands in each column: as it is painted, as a screen reader says it, and in full for a tooltip."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, cast

from taskmon.bridge.table import text
from taskmon.bridge.table.categories import CATEGORY_LABELS, Category
from taskmon.bridge.table.rows import Grouping, TaskColumn, TaskRow
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import BYTES, format_count, format_duration, plain

if TYPE_CHECKING:
    from taskmon.bridge.table.grouping import GroupRow

COLUMN_LABELS: Final = {
    TaskColumn.NAME: "Task",
    TaskColumn.STATE: "State",
    TaskColumn.CPU: "CPU",
    TaskColumn.PROGRESS: "Progress",
    TaskColumn.RATE: "Rate",
    TaskColumn.LEFT: "Time left",
    TaskColumn.ELAPSED: "Elapsed",
    TaskColumn.GROUP: "Group",
    TaskColumn.SOURCE: "Program",
    TaskColumn.THREAD: "Thread",
    TaskColumn.STARTED: "Started",
    TaskColumn.ATTEMPT: "Attempt",
    TaskColumn.REASON: "Reason",
    TaskColumn.CHECKPOINT: "Last checkpoint",
    TaskColumn.ACTION: "",
}


#: What a Cancel does is said in its row while the pointer is there; what is longer than this may be cut off there.
_SAID_IN_ROW: Final = 40


def label(column: TaskColumn) -> str:
    """What stands above a column; for the one with the buttons, what a menu calls it."""
    return tr(COLUMN_LABELS[column]) if COLUMN_LABELS[column] else tr("Action")


def cell(row: TaskRow, column: TaskColumn) -> str:
    """The text of a cell, as it would be copied."""
    if row.is_group:
        return group_name(row) if column is TaskColumn.NAME else ""
    return _CELLS[column](row)


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


def tooltip(row: TaskRow, column: TaskColumn) -> str:
    """The whole of a cell that is rounded or may be cut off; empty if there is nothing to add."""
    if row.is_group:
        return f"{group_name(row)}\n{group_line(row)}" if column is TaskColumn.NAME else ""
    if column is TaskColumn.ACTION:
        hint = text.cancel_hint(row)
        return "" if hint and len(hint) <= _SAID_IN_ROW else text.action_hint(row)
    if column is TaskColumn.NAME:
        line = text.second_line(row)
        return f"{text.name(row)}\n{line}" if line else text.name(row)
    if column is TaskColumn.PROGRESS:
        return "\n".join(part for part in (_full_amount(row), text.last_run_line(row)) if part)
    if column is TaskColumn.RATE:
        return _full_rate(row)
    if column is TaskColumn.LEFT and row.seconds_left is not None and not row.stalled_for:
        return tr("{time} at the present rate").format(time=format_duration(row.seconds_left))
    if column is TaskColumn.STARTED:
        return _started(row, "%Y-%m-%d %H:%M:%S")
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
    snapshot = row.snapshot
    if snapshot.started_at is None or not snapshot.created:
        return ""
    try:
        return time.strftime(form, time.localtime(snapshot.created + snapshot.started_at - snapshot.queued_at))
    except (OverflowError, ValueError, OSError):  # a peer may say anything
        return ""


def _attempt(row: TaskRow) -> str:
    return format_count(row.snapshot.attempt)


def _reason(row: TaskRow) -> str:
    snapshot = row.snapshot
    if snapshot.error:
        return plain(snapshot.error, 300)
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
            shown.append(tr("{done} bytes").format(done=done))
        else:
            shown.append(tr("{done} of {total} bytes").format(done=done, total=format_count(progress.total)))
    return "\n".join(shown)


def _full_rate(row: TaskRow) -> str:
    shown = text.rate(row)
    value = row.rate
    if not shown or value is None:
        return ""
    if row.progress.unit == BYTES:
        return f"{shown}\n" + tr("{amount} bytes a second").format(amount=format_count(value))
    return shown


def _cpu(row: TaskRow) -> str:
    if row.snapshot.facts is None or row.snapshot.state.is_final:
        return ""
    from taskmon.bridge.table import doing

    return doing.cpu(row.snapshot.facts)


_CELLS: Final = {
    TaskColumn.NAME: text.name,
    TaskColumn.STATE: text.state_label,
    TaskColumn.CPU: _cpu,
    TaskColumn.PROGRESS: lambda row: text.percent(row) or text.amount(row),
    TaskColumn.RATE: text.rate,
    TaskColumn.LEFT: text.left,
    TaskColumn.ELAPSED: text.elapsed,
    TaskColumn.GROUP: lambda row: plain(row.snapshot.group, 200),
    TaskColumn.SOURCE: source,
    TaskColumn.THREAD: _thread,
    TaskColumn.STARTED: _started,
    TaskColumn.ATTEMPT: _attempt,
    TaskColumn.REASON: _reason,
    TaskColumn.CHECKPOINT: _checkpoint,
    TaskColumn.ACTION: text.action_label,
}

RIGHT_COLUMNS: Final = frozenset(
    {
        TaskColumn.CPU,
        TaskColumn.RATE,
        TaskColumn.LEFT,
        TaskColumn.ELAPSED,
        TaskColumn.STARTED,
        TaskColumn.ATTEMPT,
        TaskColumn.CHECKPOINT,
    }
)
"""Those with figures: aligned to the right."""
