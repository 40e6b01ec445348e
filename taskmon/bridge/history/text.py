"""Words and figures of the history, made from its rows."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Final

from PySide6.QtCore import QDate, QLocale

from taskmon.bridge.table.text import CUT_OFF, cancelled_by, how_cancelled, name_of, told, tr, unit_label
from taskmon.core.base.signals import signal_in
from taskmon.core.base.text import format_amount, format_duration, plain
from taskmon.core.base.translate import mark
from taskmon.core.stop.reason import StopKind
from taskmon.core.task.state import LABEL_OF, TaskState
from taskmon.history.reader import Entry, Story
from taskmon.history.schema import LEFT

_LIMIT: Final = 300


class HistoryColumn(IntEnum):
    """The columns, in their order."""

    NAME = 0
    STATE = 1
    STARTED = 2
    TOOK = 3
    AMOUNT = 4
    PROGRAM = 5


COLUMN_LABELS: Final = {
    HistoryColumn.NAME: mark("Task"),
    HistoryColumn.STATE: mark("State"),
    HistoryColumn.STARTED: mark("Started"),
    HistoryColumn.TOOK: mark("Took"),
    HistoryColumn.AMOUNT: mark("Progress"),
    HistoryColumn.PROGRAM: mark("Program"),
}
_LEFT_LABEL: Final = mark("Left running")


def state_of(entry: Entry) -> TaskState | None:
    """The state; None for a task of another program that went on without the window."""
    try:
        return TaskState(entry.state)
    except ValueError:
        return None


def label_of(state: str) -> str:
    """A state in a word or two, by its value in the database or `Entry.state_name`."""
    if state == LEFT:
        return tr(_LEFT_LABEL)
    label = LABEL_OF.get(state.upper())
    return tr(label) if label else plain(state, 40)  # of a newer version


def name(entry: Entry) -> str:
    """The task's name, safe to show."""
    return name_of(entry.name, _LIMIT)


def state_label(entry: Entry) -> str:
    """The state in a word or two."""
    if entry.state == TaskState.CANCELLED.value and entry.reason_kind == StopKind.DEADLINE.value:
        return tr("Timed out")
    if entry.state == TaskState.CANCELLED.value and (by := signal_in(entry.consequence)):
        return tr("Ended by {signal}").format(signal=by)
    return label_of(entry.state_name)


def second_line(entry: Entry) -> str:
    """The quiet line beneath the name: how it ended, or how far it had come."""
    if entry.state == TaskState.FAILED.value:
        return told(entry.error, _LIMIT)
    if entry.state == TaskState.CANCELLED.value:
        return cancelled_line(entry)
    if entry.state == TaskState.LOST.value:
        far = amount(entry)
        if entry.program:  # the error says what became of that
            words = told(entry.error, _LIMIT) or tr("Contact was lost")
            return tr("{what}, at {amount}").format(what=words, amount=far) if far else words
        if far:
            return tr("Was at {amount} when taskmon ended").format(amount=far)
        return tr("Had not ended when taskmon did")
    if entry.state == TaskState.CUT_OFF.value:
        return told(entry.error or CUT_OFF, _LIMIT)
    if entry.state == LEFT:
        return tr("Went on when taskmon was closed")
    return told(entry.consequence, _LIMIT) or ("" if not entry.open else plain(entry.message, _LIMIT))


def cancelled_line(entry: Entry) -> str:
    """Who or what cancelled it, when, and what it left behind."""
    when = "" if entry.elapsed is None else format_duration(entry.elapsed, precise=True)
    when = tr("before it started") if entry.started is None else tr("after {time}").format(time=when) if when else ""
    return how_cancelled(cancelled_by(entry.reason), when, entry.consequence)


def amount(entry: Entry) -> str:
    """How much of how much."""
    return format_amount(entry.done, entry.total, unit_label(entry.unit))


def took(entry: Entry) -> str:
    """How long it worked."""
    if entry.started is None or entry.elapsed is None:
        return ""
    return format_duration(entry.elapsed, precise=not entry.open)


def moment(value: float | None, *, seconds: bool = False) -> str:
    """A moment, short: the time alone if it is of today, else with its date."""
    if value is None:
        return ""
    try:
        when = datetime.fromtimestamp(value)
        today = datetime.now().date()
    except (ValueError, OverflowError, OSError):  # no year of ours
        return ""
    clock = when.strftime("%H:%M:%S" if seconds else "%H:%M")
    if when.date() == today:
        return clock if seconds else tr("Today {time}").format(time=clock)
    form = "d MMM" if when.year == today.year else "d MMM yyyy"
    return f"{QLocale().toString(QDate(when.year, when.month, when.day), form)} {clock}"


def program(entry: Entry) -> str:
    """Which program's work it was; empty for the window's own."""
    return plain(entry.program, 100)


def cell(entry: Entry, column: HistoryColumn) -> str:
    """The text of a cell, as it would be copied."""
    return _CELLS[column](entry)


def facts(story: Story) -> list[tuple[str, str]]:
    """What the details tell, as pairs of a label and a text."""
    entry = story.entry
    waited = None if entry.started is None or entry.created is None else entry.started - entry.created
    pairs = [
        (tr("Created"), moment(entry.created, seconds=True)),
        (tr("Started"), moment(entry.started, seconds=True)),
        (tr("Ended at"), moment(entry.ended, seconds=True)),
        (tr("Last seen"), moment(entry.seen, seconds=True) if entry.ended is None else ""),
        (tr("Waited"), format_duration(waited, precise=True) if waited is not None and waited >= 0.1 else ""),
        (tr("Took"), took(entry)),
        (tr("Done"), amount(entry)),
        (tr("Message"), plain(entry.message, _LIMIT)),
        (tr("Group"), plain(entry.group, 100)),
        (tr("Program"), f"{program(entry)} ({entry.pid})" if entry.program else ""),
        (tr("Attempt"), str(entry.attempt) if entry.attempt > 1 else ""),
    ]
    return [(label, text) for label, text in pairs if text]


def story_text(story: Story) -> str:
    """The report: everything, as text to copy."""
    entry = story.entry
    lines = [name(entry), f"{state_label(entry)}. {second_line(entry)}".rstrip(". ") + ".", ""]
    lines += [f"{label}: {text}" for label, text in facts(story)]
    if story.changes:
        lines += ["", tr("States") + ":"]
        lines += [f"  {line}" for line in change_lines(story)]
    lines += long_text(story)
    return "\n".join(lines) + "\n"


def change_lines(story: Story) -> list[str]:
    """Its states, one after the other; the one that it is in is called as everywhere."""
    entry = story.entry
    labels = [state_label(entry) if each.state == entry.state else label_of(each.state) for each in story.changes]
    return [f"{moment(each.at, seconds=True)}  {label}" for each, label in zip(story.changes, labels, strict=True)]


def long_text(story: Story) -> list[str]:
    """The traceback and the last known stack, as lines."""
    lines: list[str] = []
    if story.details:
        lines += ["", *(plain(line, 2_000) for line in story.details.splitlines())]
    if story.stack:
        lines += ["", tr("Last known stack") + ":", *(plain(line, 2_000) for line in story.stack.splitlines())]
    return lines


_CELLS: Final = {
    HistoryColumn.NAME: name,
    HistoryColumn.STATE: state_label,
    HistoryColumn.STARTED: lambda entry: moment(entry.started if entry.started is not None else entry.created),
    HistoryColumn.TOOK: took,
    HistoryColumn.AMOUNT: amount,
    HistoryColumn.PROGRAM: program,
}
