"""The steps from asking a process to end to ending it: SIGINT, SIGTERM, SIGKILL, each on request and after a time.

The first is what Ctrl-C does. The next are offered once the one before has had its time, never taken by themselves, and
never for a thread: only programs and processes are sent signals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskmon.core.task.snapshot import StopMeans, TaskSnapshot

INTERRUPT: Final = "SIGINT"
TERMINATE: Final = "SIGTERM"
KILL: Final = "SIGKILL"
#: In the order in which they are offered.
SIGNALS: Final = (INTERRUPT, TERMINATE, KILL)
#: Seconds that a process has, after each of them, before the next is offered.
GRACE: Final = 5.0
#: What they do, in words.
WORDS: Final = {
    INTERRUPT: "interrupts it, as Ctrl-C does (SIGINT)",
    TERMINATE: "asks it to end (SIGTERM)",
    KILL: "kills it (SIGKILL): it cannot clean up",
}


def with_signals(means: StopMeans, signals: Iterable[str]) -> StopMeans:
    """Return what a cancel does with signals offered beside it."""
    names = tuple(signals)
    offers = tuple(WORDS[name] for name in names)
    before = tuple("" for _ in means.offers)
    return means._replace(offers=(*means.offers, *offers), signals=(*before, *names))


def time_left(snapshot: TaskSnapshot, offer: int) -> float | None:
    """Seconds until an offer may be taken, 0 if at once; None for one whose turn comes after a milder request."""
    means = snapshot.stop_means
    name = means.signals[offer] if means is not None and offer < len(means.signals) else ""
    if means is None or name in ("", INTERRUPT):
        return 0.0
    milder = [step for step in SIGNALS[: SIGNALS.index(name)] if step in means.signals or step == means.signal]
    if not milder and not means.means:
        return 0.0
    before = milder[-1] if milder else means.signal
    asked = snapshot.stop_requested_at if before == means.signal else dict(means.sent).get(before)
    return None if asked is None else max(0.0, GRACE - (snapshot.taken_at - asked))


def left_to_their_programs(snapshots: Iterable[TaskSnapshot]) -> set[int]:
    """Return which of several tasks that are to stop are not to be asked: a program among them is interrupted.

    It stops its parts itself, each in its turn. The coroutine that would stop a thread must not be cancelled beside
    that, nor a second time while it cleans up.
    """
    by_id = {snapshot.id: snapshot for snapshot in snapshots}
    interrupted = {snapshot.id for snapshot in by_id.values() if _is_interrupted(snapshot)}
    return {task_id for task_id in by_id if _is_beneath(task_id, interrupted, by_id)} if interrupted else set()


def _is_interrupted(snapshot: TaskSnapshot) -> bool:
    origin, means = snapshot.origin, snapshot.stop_means
    if origin is None or origin.kind != "program" or means is None or not means.signal:
        return False
    return not snapshot.state.is_final and not snapshot.why_not_cancellable


def _is_beneath(task_id: int, above: set[int], by_id: dict[int, TaskSnapshot]) -> bool:
    seen = {task_id}
    parent = by_id[task_id].parent_id
    while parent is not None and parent not in seen:
        if parent in above:
            return True
        seen.add(parent)
        parent = by_id[parent].parent_id if parent in by_id else None
    return False
