"""What the details say of a task's thread: what it does, since when, who holds what it waits for, and why a stop may
have to wait. Made from plain rows; no widgets.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final, NamedTuple

from taskmon.bridge.table import text
from taskmon.bridge.table.ending import locks_held, process_of
from taskmon.bridge.table.rows import TaskRow, is_program, is_watched
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import format_duration, format_roughly, plain
from taskmon.core.stacks.facts import Activity
from taskmon.core.stacks.words import activity, variable
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

_A = Activity
_LIMIT: Final = 80
#: Seconds from which it is told since when a thread has been where it is.
_TELL_FROM: Final = 2.0
#: Calls into C that nothing ends before they return.
_CALLS: Final = frozenset({_A.OUTSIDE, _A.CALL})


class ThreadWords(NamedTuple):
    """What a thread does, in words."""

    headline: str
    """``Waiting for lock cache``."""
    since: str
    """``for 38 s, since 23:53:30``; empty while it works, or has only just come there."""
    holder: str
    """The name of the thread that holds what it waits for; empty if that is not known."""
    holder_words: str
    """A sentence with ``{name}`` in the place of the holder; empty if there is none."""


def clock(snapshot: TaskSnapshot, moment: float) -> str:
    """A moment in seconds of `time.monotonic()` as the time of the day; how long ago it was, where that is unknown."""
    ago = tr("{time} ago").format(time=format_duration(snapshot.taken_at - moment))
    return text.clock(snapshot, moment) if snapshot.created else ago


def thread_words(row: TaskRow) -> ThreadWords | None:
    """Return what the thread of a task does; None if nothing is known of that."""
    snapshot = row.snapshot
    facts = snapshot.facts
    if facts is None or facts.activity is None or snapshot.state.is_final:
        return None
    headline = activity(facts._replace(holder=""), snapshot.taken_at, tr)
    words = ""
    if facts.holder:
        words = tr("held by {name}, which waits for this thread") if facts.circle else tr("held by {name}")
        if facts.activity is _A.THREAD:
            headline = activity(facts, snapshot.taken_at, tr)
            words = tr("{name} waits for this thread") if facts.circle else tr("waits for {name}")
    return ThreadWords(headline, _since(row), facts.holder, words)


def _since(row: TaskRow) -> str:
    snapshot, facts = row.snapshot, row.snapshot.facts
    assert facts is not None
    if row.busy_for:
        return tr("at each look, for over {time}").format(time=format_roughly(row.busy_for))
    waited = snapshot.taken_at - facts.since
    if (facts.activity is not None and facts.activity.computes) or waited < _TELL_FROM:
        return ""
    time = format_duration(waited)
    words = tr("for {time}, since {clock}") if facts.seen_coming else tr("for {time} at least")
    return words.format(time=time, clock=clock(snapshot, facts.since))


def sentence(row: TaskRow) -> str:
    """All of that in one sentence, for a report; empty if nothing is known."""
    words = thread_words(row)
    if words is None:
        return ""
    parts = [words.headline, words.since, words.holder_words.format(name=plain(words.holder, _LIMIT))]
    return tr("{sentence}.").format(sentence=", ".join(part for part in parts if part))


def holds(row: TaskRow, rows: Iterable[TaskRow]) -> list[str]:
    """Of a thread that has locks for which others wait: which, and who waits or how many do. By what those tell."""
    return [
        tr("It holds {lock}, for which {name} waits.").format(lock=_lock(subject), name=text.name(others[0]))
        if len(others) == 1
        else tr("It holds {lock}, for which {n} threads wait.").format(lock=_lock(subject), n=len(others))
        for subject, others in locks_held(rows).get(row.id, {}).items()
    ]


def _lock(subject: str) -> str:
    return tr("lock {what}").format(what=variable(subject)) if subject else tr("a lock")


def what_ends_it(snapshot: TaskSnapshot) -> str:
    """Of a call that waits for somebody else and has no time limit: what it waits for."""
    facts = snapshot.facts
    if facts is None or not facts.endless or snapshot.state.is_final:
        return ""
    if facts.activity is _A.ACCEPTING:
        return tr("This call has no time limit: it returns when somebody connects.")
    if facts.channel == "socket":
        return tr("This call has no time limit: it returns when the other side sends something or closes.")
    if facts.channel == "pipe":
        return tr("This call has no time limit: it returns when somebody writes to the pipe or closes it.")
    return ""


def why_not_yet(snapshot: TaskSnapshot) -> str:
    """Why a stop is not noticed at once, where that is certain; empty otherwise.

    A thread that waits for an event, a queue or a socket may be woken by the very thing that stops it, so nothing is
    said of those. A task tells by its checkpoints how soon it stops.
    """
    facts = snapshot.facts
    if facts is None or snapshot.state not in (TaskState.RUNNING, TaskState.STOPPING) or not is_watched(snapshot):
        return ""
    if snapshot.why_not_cancellable:
        return ""
    if facts.activity in _CALLS and facts.subject:
        return tr("It cannot notice a stop before {call} returns.").format(call=plain(facts.subject, _LIMIT))
    if is_program(snapshot):
        return ""  # what Ctrl-C does wakes its main thread, and what stops its tasks does not need it
    if facts.circle:
        return tr("While these threads wait for each other, none of them can notice a stop.")
    left = facts.wakes_at - snapshot.taken_at if facts.wakes_at is not None else None
    if facts.activity is _A.SLEEPING and left is not None and left >= 1:
        return tr("It sleeps for {time} more, and cannot notice a stop before that.").format(time=format_duration(left))
    if facts.activity is _A.LOCK and facts.endless:
        return tr("It cannot notice a stop before it gets the lock.")
    return ""


def deadlock_words(row: TaskRow, rows: Iterable[TaskRow]) -> list[str]:
    """Of a thread in a deadlock: where each of them stands, and what would break it; nothing for any other."""
    facts = row.snapshot.facts
    if facts is None or not facts.circle or row.snapshot.state.is_final:
        return []
    by_name = {
        other.snapshot.facts.circle[0]: other
        for other in rows
        if process_of(other) == process_of(row) and other.snapshot.facts is not None and other.snapshot.facts.circle
    }
    places = []
    for name in facts.circle:
        other = by_name.get(name)
        wait = other.snapshot.facts if other is not None else None
        if wait is None:
            continue
        where = f"{plain(os.path.basename(wait.file), _LIMIT)}:{wait.line}" if wait.file else ""
        places.append(
            tr("{name}, {where}: {what}.").format(
                name=plain(name, _LIMIT), where=where, what=activity(wait, row.snapshot.taken_at, tr)
            )
        )
    lines = ["\n".join(places)]
    lines.append(tr("What would prevent it: one order in which all take these locks, or acquire(timeout=…)."))
    if any(is_program(other.snapshot) for other in by_name.values()):
        lines.append(tr("One of them is the main thread: what Ctrl-C does may end its wait."))
    return lines
