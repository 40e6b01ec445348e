"""How the program that a thread is in can be ended, where nothing ends the thread alone; and deadlocks. No Qt."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from taskmon.bridge.language import tr
from taskmon.bridge.table.rows import TaskRow, is_called, is_program
from taskmon.core.base.text import format_duration, plain
from taskmon.core.base.translate import in_a_row
from taskmon.core.stacks.facts import Activity
from taskmon.core.stacks.locks import numbered
from taskmon.core.stacks.words import variable
from taskmon.core.task import ladder

_LIMIT: Final = 60
#: What the buttons say that send a signal.
SIGNAL_LABELS: Final = {
    ladder.INTERRUPT: "Interrupt (SIGINT)",
    ladder.TERMINATE: "Terminate (SIGTERM)",
    ladder.KILL: "Kill (SIGKILL)",
}


def program_of(row: TaskRow) -> TaskRow | None:
    """The row of the program that a part of it stands beneath; None for a program, and where there is none."""
    above = row.parent if not is_program(row.snapshot) else None
    while above is not None and not is_program(above.snapshot):
        above = above.parent
    return above


def time_left(row: TaskRow, offer: int) -> float | None:
    """As `ladder.time_left`; but where its threads wait for each other, SIGTERM need not wait for Ctrl-C.

    That is heard by the main thread alone, which the threads in the deadlock keep from ending the program.
    """
    means = row.snapshot.stop_means
    if means is not None and means.signals[offer : offer + 1] == (ladder.TERMINATE,) and _is_kept_by_deadlock(row):
        return 0.0
    return ladder.time_left(row.snapshot, offer)


def _is_kept_by_deadlock(program: TaskRow) -> bool:
    if not is_program(program.snapshot) or program.in_deadlock:
        return False
    beneath = list(program.children)
    for row in beneath:
        if not is_program(row.snapshot):
            beneath += row.children
    return any(row.in_deadlock for row in beneath if not is_program(row.snapshot))


class WayOut(NamedTuple):
    """What ends a program, as things are."""

    program: int
    """Of its row."""
    name: str
    offer: int | None
    """Which of its offers; None: its Cancel."""
    signal: str
    """What is sent by that; empty if nothing is."""
    seconds: float
    """From which on it can be used; 0: at once."""


def way_out(program: TaskRow) -> WayOut | None:
    """The mildest that has not been tried; None if it has ended, or nothing can be sent to it."""
    snapshot = program.snapshot
    means = snapshot.stop_means
    if means is None or snapshot.state.is_final:
        return None
    firm = [
        (number, signal, left)
        for number, signal in enumerate(means.signals)
        if signal not in ("", ladder.INTERRUPT) and (left := time_left(program, number)) is not None
    ]
    name = plain(snapshot.name, _LIMIT)
    if firm:  # what comes later is known as soon as what comes before it was tried
        return WayOut(program.id, name, *firm[-1])
    if snapshot.stop_requested_at is not None and ladder.INTERRUPT in means.signals:  # its tasks were asked, by flags
        return WayOut(program.id, name, means.signals.index(ladder.INTERRUPT), ladder.INTERRUPT, 0.0)
    if snapshot.why_not_cancellable or not any((means.signal, *means.signals)):
        return None
    return WayOut(program.id, name, None, means.signal, 0.0)


def way_to_end(program: TaskRow) -> str:
    """How a program can be ended, in a sentence that names it; empty if it has ended or nothing can be sent to it."""
    way, means = way_out(program), program.snapshot.stop_means
    if way is None or means is None:
        return ""
    if way.seconds:
        words = tr("{name} was asked to end; if it goes on, {signal} is offered there in {time}.")
        return words.format(name=way.name, signal=way.signal, time=format_duration(math.ceil(way.seconds)))
    if way.offer is not None:
        return tr("The program can be ended: send {signal} to {name}.").format(signal=way.signal, name=way.name)
    then = next((name for name in means.signals if name not in ("", ladder.INTERRUPT)), "")
    if not then:
        return ""
    if way.signal == ladder.INTERRUPT:
        words = tr("The program can be ended: Cancel {name} (Ctrl-C), then {signal} after {time}.")
    elif ladder.INTERRUPT in means.signals:
        words = tr("The program can be ended: Cancel {name}; if it goes on, SIGINT, then {signal} after {time}.")
    else:
        words = tr("The program can be ended: Cancel {name}, then {signal} after {time}.")
    return words.format(name=way.name, signal=then, time=format_duration(ladder.GRACE))


def own_signals(row: TaskRow) -> str:
    """Of a program or a process: which buttons send it a signal, and which comes after; empty for any other."""
    snapshot = row.snapshot
    means = snapshot.stop_means
    if means is None or snapshot.state.is_final:
        return ""
    left = {name: time_left(row, number) for number, name in enumerate(means.signals) if name}
    ready = [name for name, seconds in left.items() if seconds == 0]
    words = {
        ladder.INTERRUPT: tr("The button {button} interrupts it, as Ctrl-C does."),
        ladder.TERMINATE: tr("The button {button} asks it to end; it may clean up before it does."),
        ladder.KILL: tr("The button {button} ends it at once; it cannot clean up."),
    }
    sentences = [words[name].format(button=tr(SIGNAL_LABELS[name])) for name in ready]
    after = next((name for name, seconds in left.items() if seconds is None), "")
    if ready and after:
        sentences.append(
            tr("If it still runs {time} later, {button} is offered.").format(
                time=format_duration(ladder.GRACE), button=tr(SIGNAL_LABELS[after])
            )
        )
    return in_a_row(*sentences)


# Threads that wait for locks, and for each other: which rows they are, and the sentences about them. No Qt.


def process_of(row: TaskRow) -> int:
    """The process that a task is in; 0 for this window's own."""
    return row.snapshot.origin.pid if row.snapshot.origin is not None else 0


def holder_of(row: TaskRow, rows: Iterable[TaskRow]) -> TaskRow | None:
    """The row of the thread that holds what another waits for; None if it has none, or several could be meant."""
    facts = row.snapshot.facts
    if facts is None or not facts.holder:
        return None
    found = [
        other
        for other in rows
        if other is not row
        and process_of(other) == process_of(row)
        and other.snapshot.state.has_thread
        and is_called(other.snapshot, facts.holder)
    ]
    of_their_own = [other for other in found if other.snapshot.name == facts.holder] or found
    return of_their_own[0] if len(of_their_own) == 1 else None


def locks_held(rows: Iterable[TaskRow]) -> dict[int, dict[str, list[TaskRow]]]:
    """By the id of who has them: the locks for which others wait, by their names, and the rows of those that wait.

    A lock that is known to have no name stands as the empty one.
    """
    rows = list(rows)
    held: dict[int, dict[str, list[TaskRow]]] = {}
    known: dict[tuple[int, str], TaskRow | None] = {}
    for row in rows:
        facts = row.snapshot.facts
        if facts is None or facts.activity is not Activity.LOCK or not facts.holder:
            continue
        if row.snapshot.state.has_thread:
            key = process_of(row), facts.holder
            holder = known[key] if key in known else known.setdefault(key, holder_of(row, rows))
            if holder is not None:
                held.setdefault(holder.id, {}).setdefault(facts.subject, []).append(row)
    return held


class DeadlockRows(NamedTuple):
    """The threads of one deadlock, each of which waits for the next."""

    ids: tuple[int, ...]
    """Of their rows, in the order of the circle."""
    title: str
    sentence: str
    """Since when, and who holds and wants what."""
    remedy: str
    """What ends it."""
    way: WayOut | None = None
    """By what that is done; None where nothing can be done from here."""


def find_deadlock(rows: Iterable[TaskRow]) -> DeadlockRows | None:
    """Return the first deadlock that the rows tell of: of one program, with all of its threads among them."""
    told: dict[tuple[int, str], TaskRow] = {}
    for row in rows:
        snapshot = row.snapshot
        if snapshot.facts is not None and snapshot.facts.circle:
            pid = snapshot.origin.pid if snapshot.origin is not None else 0  # of this window's own tasks
            told[pid, snapshot.facts.circle[0]] = row
    for (pid, _), row in told.items():
        facts = row.snapshot.facts
        assert facts is not None
        circle = [told.get((pid, name)) for name in facts.circle]
        if None not in circle:
            return _describe([each for each in circle if each is not None])
    return None


def _remedy(circle: list[TaskRow]) -> tuple[str, WayOut | None]:
    """What ends it, in words, and by what it is done: a thread that waits looks at no flag.

    What Ctrl-C does ends a wait of the main thread, which may then let go of what it holds.
    """
    main = next((row for row in circle if is_program(row.snapshot)), None)
    program = main or program_of(circle[0])
    way = way_out(program) if program is not None else None
    if way is not None and main is not None and way.offer is None and way.signal == ladder.INTERRUPT:
        return tr("Cancel of {name} may end it, as Ctrl-C may.").format(name=way.name), way
    means = program.snapshot.stop_means if program is not None else None
    words = (
        tr("Cancelling a thread cannot end it, and Ctrl-C is heard by the main thread alone.")
        if main is None and means is not None and means.signal == ladder.INTERRUPT
        else tr("Cancelling a thread cannot end it.")  # they cannot notice one while they wait
    )
    return in_a_row(words, way_to_end(program) if program is not None else ""), way


def _describe(circle: list[TaskRow]) -> DeadlockRows:
    names = [plain(row.snapshot.name, _LIMIT) for row in circle]
    if len(set(names)) < len(names):
        numbers = [row.snapshot.facts.native_id if row.snapshot.facts is not None else None for row in circle]
        names = [numbered(name, number) for name, number in zip(names, numbers, strict=True)]
    if len(circle) == 1:
        title = tr("{name} waits for itself").format(name=names[0])
    elif len(circle) == 2:
        title = tr("{first} and {second} wait for each other").format(first=names[0], second=names[1])
    else:
        title = tr("{n} threads wait for each other in a circle").format(n=len(circle))
    parts = []
    since, seen_coming = 0.0, False
    for number, row in enumerate(circle):
        facts, holder_before = row.snapshot.facts, circle[number - 1].snapshot.facts
        assert facts is not None
        assert holder_before is not None
        came = time.time() - (row.snapshot.taken_at - facts.since)
        if came >= since:  # the last of them closed the circle
            since, seen_coming = came, facts.seen_coming
        wanted, held = facts.subject, holder_before.subject
        after = names[(number + 1) % len(names)]
        if not wanted:
            parts.append(tr("{name} waits for the end of {other}").format(name=names[number], other=after))
        elif held == wanted and len(circle) > 1:  # two locks that each thread calls by the same name, such as `second`
            parts.append(tr("{name} wants the lock that {other} holds").format(name=names[number], other=after))
        elif held:
            parts.append(tr("{name} holds {held} and wants {wanted}").format(
                name=names[number], held=variable(held), wanted=variable(wanted)
            ))  # fmt: skip
        else:
            parts.append(tr("{name} wants {wanted}").format(name=names[number], wanted=variable(wanted)))
    moment = time.strftime("%H:%M:%S", time.localtime(since))
    words = tr("Since {time}: {who}.") if seen_coming else tr("Since {time} at least: {who}.")
    sentence = words.format(time=moment, who=tr("; ").join(parts))
    return DeadlockRows(tuple(row.id for row in circle), title, sentence, *_remedy(circle))
