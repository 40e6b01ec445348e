"""Threads that wait for each other: which rows they are, and the sentences about them. No Qt."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from taskmon.bridge.language import tr
from taskmon.bridge.table.ending import program_of, way_to_end
from taskmon.bridge.table.rows import TaskRow, is_program
from taskmon.core.base.text import plain
from taskmon.core.stacks.locks import numbered
from taskmon.core.task.ladder import INTERRUPT

_LIMIT = 60


class DeadlockRows(NamedTuple):
    """The threads of one deadlock, each of which waits for the next."""

    ids: tuple[int, ...]
    """Of their rows, in the order of the circle."""
    title: str
    sentence: str
    """Since when, and who holds and wants what."""
    remedy: str
    """What ends it."""
    program: int | None = None
    """Of the row of their program, where the way out is to end that."""


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


def _remedy(circle: list[TaskRow]) -> tuple[str, int | None]:
    """What ends it, in words, and the row of the program if that is its end: a thread that waits looks at no flag.

    What Ctrl-C does ends a wait of the main thread, which may then let go of what it holds.
    """
    main = next((row for row in circle if is_program(row.snapshot)), None)
    means = main.snapshot.stop_means if main is not None else None
    if main is not None and not main.snapshot.why_not_cancellable and means is not None and means.signal == INTERRUPT:
        return tr("Cancel of {name} may end it, as Ctrl-C may.").format(name=plain(main.snapshot.name, _LIMIT)), None
    program = main or program_of(circle[0])
    way = way_to_end(program) if program is not None else ""
    words = tr("No Cancel of a thread ends it.")  # they cannot notice one while they wait
    return " ".join(part for part in (words, way) if part), program.id if program is not None and way else None


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
    since = 0.0
    for number, row in enumerate(circle):
        facts, holder_before = row.snapshot.facts, circle[number - 1].snapshot.facts
        assert facts is not None
        assert holder_before is not None
        since = max(since, time.time() - (row.snapshot.taken_at - facts.since))
        wanted, held = plain(facts.subject, _LIMIT), plain(holder_before.subject, _LIMIT)
        after = names[(number + 1) % len(names)]
        if not wanted:
            parts.append(tr("{name} waits for the end of {other}").format(name=names[number], other=after))
        elif held == wanted and len(circle) > 1:  # two locks that each thread calls by the same name, such as `second`
            parts.append(tr("{name} wants the lock that {other} holds").format(name=names[number], other=after))
        elif held:
            parts.append(tr("{name} holds {held} and wants {wanted}").format(
                name=names[number], held=held, wanted=wanted
            ))  # fmt: skip
        else:
            parts.append(tr("{name} wants {wanted}").format(name=names[number], wanted=wanted))
    moment = time.strftime("%H:%M:%S", time.localtime(since))
    sentence = tr("Since {time}: {who}.").format(time=moment, who=tr("; ").join(parts))
    return DeadlockRows(tuple(row.id for row in circle), title, sentence, *_remedy(circle))
