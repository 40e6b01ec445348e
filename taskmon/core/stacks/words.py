"""What a thread does, in words: ``Computing``, ``Waiting for lock “cache”, held by me``. The unknown is left out."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, TypeAlias

from taskmon.core.base import translate
from taskmon.core.base.text import format_duration, format_roughly, plain
from taskmon.core.stacks.facts import Activity, OwnCall, ThreadFacts

_LIMIT: Final = 60
Tr: TypeAlias = "Callable[[str], str]"
"""Gives a text in the user's language."""
_A = Activity
ACTIVITY_LABELS: Final = {
    _A.COMPUTING: "Computing",
    _A.OUTSIDE: "Computing outside Python",
    _A.SLEEPING: "Sleeping",
    _A.LOCK: "Waiting for a lock",
    _A.SEMAPHORE: "Waiting for a semaphore",
    _A.EVENT: "Waiting for an event",
    _A.CONDITION: "Waiting for a condition",
    _A.BARRIER: "Waiting at a barrier",
    _A.QUEUE: "Waiting for a queue",
    _A.ROOM: "Waiting for room in a queue",
    _A.ITEMS: "Waiting for the items of a queue to be done",
    _A.WORK: "Waiting for work",
    _A.THREAD: "Waiting for a thread to end",
    _A.RESULT: "Waiting for a result",
    _A.CHILD: "Waiting for a process to end",
    _A.READING: "Reading",
    _A.WRITING: "Writing",
    _A.CONNECTING: "Connecting",
    _A.ACCEPTING: "Waiting for connections",
    _A.FILE_LOCK: "Waiting for the lock of a file",
    _A.IO: "Waiting for input or output",
    _A.LOOP: "Waiting for events",
    _A.CHECKPOINT: "Waiting at a checkpoint",
    _A.AWAITING: "Awaiting a result",
    _A.CALL: "In a call",
    _A.STOPPED: "Stopped from outside",
}
"""Where it is not known what with."""
_SUBJECT_LABELS: Final = {
    _A.OUTSIDE: "Computing outside Python, in {what}",
    _A.LOCK: "Waiting for lock {what}",
    _A.SEMAPHORE: "Waiting for semaphore {what}",
    _A.EVENT: "Waiting for event {what}",
    _A.CONDITION: "Waiting for condition {what}",
    _A.BARRIER: "Waiting at barrier {what}",
    _A.QUEUE: "Waiting for queue {what}",
    _A.ROOM: "Waiting for room in queue {what}",
    _A.ITEMS: "Waiting for the items of queue {what} to be done",
    _A.CHILD: "Waiting for process {what}",
    _A.CONNECTING: "Connecting to {what}",
    _A.FILE_LOCK: "Waiting for the lock of file {what}",
    _A.AWAITING: "Awaiting {what}",
    _A.CALL: "In {what}",
}
#: Those of which what they wait for is told by the name of a variable.
_VARIABLES: Final = frozenset({
    _A.LOCK, _A.SEMAPHORE, _A.EVENT, _A.CONDITION, _A.BARRIER, _A.QUEUE, _A.ROOM, _A.ITEMS,
})  # fmt: skip
_READING_LABELS: Final = {
    "file": "Reading file", "socket": "Reading socket", "pipe": "Reading pipe", "terminal": "Waiting for input",
}  # fmt: skip
_WRITING_LABELS: Final = {
    "file": "Writing file", "socket": "Writing socket", "pipe": "Writing pipe", "terminal": "Writing to the terminal",
}  # fmt: skip
_CHANNELS: Final = {_A.READING: _READING_LABELS, _A.WRITING: _WRITING_LABELS}
#: Waits that end by a time of their own making, which says nothing to the reader.
_WAKES: Final = frozenset({_A.SLEEPING, _A.AWAITING})
_NO_TIME: Final = frozenset({_A.COMPUTING, _A.OUTSIDE, _A.LOOP, _A.CALL})

#: Waits of which nothing says when they end, but for those of threads that have nothing to do.
_MAY_LAST: Final = frozenset({
    _A.LOCK, _A.SEMAPHORE, _A.EVENT, _A.CONDITION, _A.BARRIER, _A.QUEUE, _A.ROOM, _A.ITEMS, _A.RESULT, _A.CHILD,
    _A.READING, _A.WRITING, _A.CONNECTING, _A.FILE_LOCK, _A.IO, _A.AWAITING, _A.CALL, _A.STOPPED,
})  # fmt: skip
#: Seconds after which it is told how long.
_TELL_FROM: Final = 10.0


def activity(facts: ThreadFacts, now: float, tr: Tr = translate.tr) -> str:
    """What it does, in a few words; empty if that is not known. `now` is in seconds of `time.monotonic()`."""
    does = facts.activity
    if does is None:
        return ""
    words = _what(facts, does, tr)
    if facts.holder and does is _A.LOCK:
        words = tr("{what}, held by {name}").format(what=words, name=plain(facts.holder, _LIMIT))
    if facts.wakes_at is None or does in _NO_TIME:
        return words
    seconds = facts.wakes_at - now
    if seconds < 1:  # over before it is read
        return words
    left = format_duration(seconds)
    if does in _WAKES:
        return tr("{what}, wakes in {time}").format(what=words, time=left)
    return tr("{what}, for {time} at most").format(what=words, time=left)


def standing(facts: ThreadFacts, now: float, tr: Tr = translate.tr) -> str:
    """What it does, and of a wait that may well be one for ever, how long that has lasted already."""
    words, waited = activity(facts, now, tr), how_long(facts, now)
    if not waited:
        return words
    is_read = facts.endless and facts.activity is _A.READING
    told = tr("{what}, for over {time}, no time limit") if is_read else tr("{what}, for over {time}")
    return told.format(what=words, time=waited)


def how_long(facts: ThreadFacts, now: float) -> str:
    """How long it waits already, roughly, if that may be for ever and is worth telling; empty otherwise."""
    waited = now - facts.since
    if facts.activity not in _MAY_LAST or facts.wakes_at is not None or waited < _TELL_FROM:
        return ""
    return format_roughly(waited)


def _what(facts: ThreadFacts, does: Activity, tr: Tr) -> str:
    if does is _A.THREAD and facts.holder:
        return tr("Waiting for the end of {name}").format(name=plain(facts.holder, _LIMIT))
    channels = _CHANNELS.get(does)
    has_path = facts.channel in ("file", "pipe")
    subject = plain(os.path.basename(facts.subject) if has_path else facts.subject, _LIMIT)
    if channels is not None:
        words = tr(channels[facts.channel]) if facts.channel in channels else tr(ACTIVITY_LABELS[does])
        return f"{words} {subject}" if subject and facts.channel != "terminal" else words
    if subject and does in _SUBJECT_LABELS:
        return tr(_SUBJECT_LABELS[does]).format(what=variable(subject) if does in _VARIABLES else subject)
    return tr(ACTIVITY_LABELS[does])


def variable(name: str) -> str:
    """What the program calls something, marked as that: “Waiting for queue results” could be read as one phrase."""
    return f"“{plain(name, _LIMIT)}”"


def place(facts: ThreadFacts) -> str:
    """Where it does that: the innermost call of the program's own, ``decode · data.py:88``."""
    return call(facts.calls[0] if facts.calls else OwnCall(facts.function, facts.file, facts.line))


def call(call: OwnCall) -> str:
    """A call: its function, its file and line."""
    file = plain(os.path.basename(call.file), _LIMIT)
    where = f"{file}:{call.line}" if file and call.line else file
    # <locals> says nothing to a reader who knows the function, nor does a <genexpr>, which is a part of that.
    parts = call.function.split(".<locals>.")
    while len(parts) > 1 and parts[-1].startswith("<"):
        parts.pop()
    function = plain(parts[-1], _LIMIT) if parts[-1] != "<module>" or not where else ""
    return " · ".join(part for part in (function, where) if part)


def cpu(facts: ThreadFacts | None) -> str:
    """The share of one processor that it uses."""
    return "" if facts is None or facts.cpu is None else f"{facts.cpu * 100:.0f}\u00a0%"
