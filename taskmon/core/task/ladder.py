"""The steps from asking a process to end to ending it: SIGINT, SIGTERM, SIGKILL, each on request and after a time.

The first is what Ctrl-C does. The next are offered once the one before has had its time, never taken by themselves, and
never for a thread: only programs and processes are sent signals.

What a cancel asks, of one task or of several:

- One task is asked by its own way: a thread by its flag, a program by what its user means (its tasks by their flags,
  where all have one and its main thread only waits for them; otherwise what Ctrl-C does).
- Of several, each is asked by its own way, and a program among them as well: what it does at Ctrl-C sets the flags of
  its threads only if its author has thought of that. First the programs, then their parts, see `in_turn`.
- Left to a program that is interrupted is only what that reaches by itself: its main thread with all that runs in it,
  its coroutines, its processes; and what has no way of its own. Of none of these is it said that it was asked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

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
#: Why a program or process is not asked in vain, see `StopMeans.ignores`.
IGNORES: Final = "it ignores Ctrl-C (SIGINT)"


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


def next_signal(snapshot: TaskSnapshot) -> str:
    """Return what is firmer than all that a program or a process was asked by; empty if there is no such thing."""
    means = snapshot.stop_means
    if means is None:
        return ""
    tried = [SIGNALS.index(name) for name in (means.signal, *(name for name, _ in means.sent)) if name in SIGNALS]
    firmer = SIGNALS[max(tried, default=-1) + 1 :]
    return next((name for name in firmer if name in means.signals), "")


def in_turn(snapshots: Iterable[TaskSnapshot]) -> tuple[list[TaskSnapshot], list[TaskSnapshot]]:
    """Return which of several tasks are to be asked to stop, in this order, and which are left to their programs.

    Programs come first, for they know best what comes after what. Then what waits, the newest first: it is not to be
    started because another has made room. The coroutine that would stop a thread must not be cancelled beside its
    program, nor a second time while it cleans up; only once that has had its time.
    """
    by_id = {snapshot.id: snapshot for snapshot in snapshots}
    interrupted = {snapshot.id for snapshot in by_id.values() if _is_interrupted(snapshot)}
    left = {
        task_id
        for task_id, snapshot in by_id.items()
        if _is_reached_by_interrupt(snapshot) and _is_beneath(task_id, interrupted, by_id)
    }
    asked = [snapshot for task_id, snapshot in by_id.items() if task_id not in left]
    asked.sort(key=lambda each: (not _is_program(each), each.started_at is not None, -each.id))
    return asked, [by_id[task_id] for task_id in by_id if task_id in left]


def _is_program(snapshot: TaskSnapshot) -> bool:
    return snapshot.origin is not None and snapshot.origin.kind == "program"


def _is_interrupted(snapshot: TaskSnapshot) -> bool:
    """Whether it is a program that is to be interrupted, or was just now."""
    means = snapshot.stop_means
    if not _is_program(snapshot) or means is None or not means.signal:
        return False
    return not snapshot.state.is_final and not snapshot.why_not_cancellable and snapshot.stopping_for < GRACE


def _is_reached_by_interrupt(snapshot: TaskSnapshot) -> bool:
    """Whether what Ctrl-C does to its program reaches a part of it, or nothing else could."""
    origin = snapshot.origin
    if origin is None or snapshot.state.is_final:
        return False
    of_main = origin.in_main_thread or origin.kind in ("coroutine", "process", "program")
    return of_main or bool(snapshot.why_not_cancellable)


def _is_beneath(task_id: int, above: set[int], by_id: dict[int, TaskSnapshot]) -> bool:
    seen = {task_id}
    parent = by_id[task_id].parent_id
    while parent is not None and parent not in seen:
        if parent in above:
            return True
        seen.add(parent)
        parent = by_id[parent].parent_id if parent in by_id else None
    return False
