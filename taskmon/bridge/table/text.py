"""Words and figures of the table, made from plain rows. Everything a listener hears or a tooltip says is here.

Names, messages and errors are somebody else's text: they pass through `plain` before they reach a screen.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, cast

from taskmon.bridge import language
from taskmon.bridge.table.rows import SUBTASKS, RowAction, TaskRow, is_internal, is_pool, is_program, is_waiting_timer
from taskmon.core.base import translate
from taskmon.core.base.text import (
    BYTES,
    UNIT_SEPARATOR,
    format_amount,
    format_bytes,
    format_count,
    format_duration,
    format_figure,
    format_roughly,
    plain,
)
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import STATE_LABELS, TaskState

if TYPE_CHECKING:
    from taskmon.bridge.table.folding import FoldRow

tr: Final = language.tr

_NAME_LIMIT: Final = 300
_ON_BUTTON: Final = 28
#: Kinds of characters of which nothing is to be seen: spaces, what joins or marks others; and letters without a form.
_INVISIBLE: Final = frozenset({"Zs", "Zl", "Zp", "Cf", "Cc", "Mn"})
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
#: What tasks usually count: named here so that the catalogues have them.
_UNITS: Final = (
    translate.mark("files"),
    translate.mark("items"),
    translate.mark("calls"),
    translate.mark("tasks"),
    translate.mark("steps"),
    translate.mark("rows"),
    translate.mark("pages"),
    translate.mark("lines"),
    SUBTASKS,
)
_A_DAY: Final = 86_400
CUT_OFF: Final = translate.mark("Cut off when the program ended")

_ACTION_LABELS: Final = {
    RowAction.CANCEL: "Cancel",
    RowAction.CANCELLING: "Cancelling",
    RowAction.DETAILS: "Details",
    RowAction.LOCKED: "Details",
    RowAction.RETRY: "Retry",
    RowAction.OPEN: "Open",
    RowAction.CLEAR: "Clear",
    RowAction.NONE: "",
}

_CANCELLED_LABELS: Final = {
    StopKind.REQUEST: "Cancelled",
    StopKind.USER: "Cancelled by you",
    StopKind.DEADLINE: "Timed out",
    StopKind.SHUTDOWN: "Cancelled because its runner was shut down",
    StopKind.PARENT: "Cancelled with its parent",
    StopKind.REMOTE: "Cancelled by another program",
}


def name(row: TaskRow) -> str:
    """The task's name, safe to show."""
    if row.is_fold:
        return _fold_name(cast("FoldRow", row))
    origin = row.snapshot.origin
    # Called by what it is: a process, or the connection to a cluster, which has the words of `cluster.view`.
    ours = origin is not None and (origin.kind == "process" or _is_on_cluster(row.snapshot))
    return name_of(told(row.snapshot.name, _NAME_LIMIT) if ours else row.snapshot.name)


def _is_on_cluster(snapshot: TaskSnapshot) -> bool:
    """Whether it is looked at from outside of any process of this computer."""
    return snapshot.origin is not None and not snapshot.origin.pid


def name_of(given: str, limit: int = _NAME_LIMIT) -> str:
    """A name as it was given, safe to show, and something to see in any case."""
    shown = plain(given.strip(), limit)
    return tr("(no name)") if all(map(_is_invisible, shown)) else shown


def _is_invisible(char: str) -> bool:
    """Whether nothing is to be seen of a character by itself: a space, or what only joins or fills."""
    if char.isascii():
        return char == " " or not char.isprintable()
    import unicodedata  # the first frame needs none

    return char in _FILLERS or unicodedata.category(char) in _INVISIBLE


def short(name: str) -> str:
    """As much of a name as a button has room for; a listener is told all of it."""
    return name if len(name) <= _ON_BUTTON else name[: _ON_BUTTON - 1] + "…"


def clock(snapshot: TaskSnapshot, moment: float, form: str = "%H:%M:%S") -> str:
    """A moment in seconds of `time.monotonic()` as the time of the day; empty where that is not known."""
    try:
        told = time.localtime(snapshot.created + moment - snapshot.queued_at)
    except (OverflowError, ValueError, OSError):  # a peer may say anything
        return ""
    return time.strftime(form, told) if snapshot.created else ""


def state_label(row: TaskRow, *, brief: bool = False) -> str:
    """The state in a word or two; of a wait, if it is to be `brief`, not how long it has lasted."""
    if row.is_fold:
        return ""  # its name says it
    facts = row.snapshot.facts
    if facts is not None and row.snapshot.state is TaskState.RUNNING and row.tells_activity:
        from taskmon.core.stacks.words import activity, standing  # the first frame needs none

        words = activity if brief else standing
        does = words(facts, row.snapshot.taken_at, tr) or tr(STATE_LABELS[TaskState.RUNNING])
        if row.busy_for and not brief:
            does = tr("{what}, for over {time}").format(what=does, time=format_roughly(row.busy_for))
        return " · ".join(part for part in (_locks_held(row), does) if part)
    if is_waiting_timer(row.snapshot):
        left = fires_in(row.snapshot)
        return tr("Fires in {time}").format(time=left) if left else tr("Waiting for its time")
    if is_internal(row.snapshot) and row.snapshot.state is TaskState.RUNNING:
        return tr("Not looked at")
    return row.snapshot.state_words(tr)


def brief_state_labels(row: TaskRow) -> tuple[str, ...]:
    """What to say where the state's label has no room, the better first: a wait with how long in a figure, without."""
    brief = state_label(row, brief=True)
    lasts = _lasts(row)
    labels = (f"{brief} · > {lasts}", brief) if lasts else (brief,)  # rounded down
    facts = row.snapshot.facts
    if facts is None or not (facts.subject and facts.holder) or not row.tells_activity:
        return labels
    from taskmon.core.stacks.words import activity  # the first frame needs none

    # Who holds the lock helps more than what the lock is called.
    return (*labels, activity(facts._replace(subject=""), row.snapshot.taken_at, tr))


def _lasts(row: TaskRow) -> str:
    snapshot = row.snapshot
    if snapshot.facts is None or snapshot.state is not TaskState.RUNNING or not row.tells_activity:
        return ""
    from taskmon.core.stacks.words import how_long  # the first frame needs none

    return format_roughly(row.busy_for) if row.busy_for else how_long(snapshot.facts, snapshot.taken_at)


def tells_beside_state(row: TaskRow) -> bool:
    """Whether in rows of one line, the state's cell says what stands beneath the name otherwise: how it ends."""
    return not row.is_fold and (row.snapshot.state.is_final or row.snapshot.state is TaskState.STOPPING)


def state_and_more(row: TaskRow) -> tuple[str, str]:
    """The state with what stands beneath the name otherwise, where that tells more of it than of the work.

    For rows of one line: there the name has little room for how a task ended, or for what it is stopping for so long.
    """
    label = state_label(row)
    if not tells_beside_state(row):
        return label, ""
    line = second_line(row)
    if line.startswith(label):  # the same word, and then for how long
        label, _, line = line.partition(" · ")
    return label, line


def _locks_held(row: TaskRow) -> str:
    """For which of its locks others wait; of those in a deadlock, the banner tells."""
    if not row.holds or row.in_deadlock:
        return ""
    from taskmon.core.stacks.words import variable  # the first frame needs none

    name, count = max(row.holds, key=lambda held: held[1])
    lock = tr("lock {what}").format(what=variable(name)) if name else tr("a lock")
    words = tr("Holds {lock}, 1 waits") if count == 1 else tr("Holds {lock}, {n} wait")
    return words.format(lock=lock, n=format_count(count))


def fires_in(snapshot: TaskSnapshot) -> str:
    """How long a timer still waits; empty where that is not known."""
    wakes_at = snapshot.facts.wakes_at if snapshot.facts is not None else None
    return "" if wakes_at is None else format_duration(wakes_at - snapshot.taken_at)


def second_line(row: TaskRow) -> str:
    """The quiet line beneath the name: what is happening, or how it ended."""
    if row.is_fold:
        return _fold_line(cast("FoldRow", row))
    snapshot = row.snapshot
    state = snapshot.state
    if state is TaskState.STOPPING:
        return _stopping_line(snapshot)
    if state in (TaskState.FAILED, TaskState.LOST):
        return _failed_line(snapshot)
    if state is TaskState.CANCELLED:
        return cancelled_line(snapshot)
    if state is TaskState.SUCCEEDED and snapshot.finished_before_stop:
        return tr("Finished before it could be cancelled")
    if state is TaskState.CUT_OFF:
        return told(snapshot.consequence, _NAME_LIMIT) or told(snapshot.error or CUT_OFF, _NAME_LIMIT)
    if state.is_final:  # what it was doing last says nothing any more
        return told(snapshot.consequence, _NAME_LIMIT)
    if snapshot.after_item_since is not None:
        waited = format_duration(snapshot.taken_at - snapshot.after_item_since)
        return tr("Finishing the current item, then stopping… {time}").format(time=waited)
    if state is TaskState.RUNNING and row.hogging:
        return tr("Using all of Python; the window may stutter: run it as a process instead")
    if state is TaskState.RUNNING and row.stalled_for:
        return tr("No progress for {time}").format(time=format_duration(row.stalled_for))
    if snapshot.is_kept:
        return told(snapshot.shield, _NAME_LIMIT)
    if is_pool(snapshot):
        return _pool_line(row) or means_line(snapshot)
    # That of a program, of what waits to be run again or of a cluster is ours; of the others every one may be another.
    ours = is_program(snapshot) or state is TaskState.QUEUED or _is_on_cluster(snapshot)
    message = (told if ours else plain)(snapshot.progress.message, _NAME_LIMIT)
    return message or _where(row) or means_line(snapshot)


def _fold_name(fold: FoldRow) -> str:
    count, waits = len(fold.members), fold.snapshot.state is TaskState.QUEUED
    known = _calls_of_pool(fold.parent) if waits and fold.parent is not None else None
    words = tr("Queued ({n})") if waits else tr("Ended ({n})")
    if known is not None and known[1] > count:  # not all of them have rows
        words = tr("Queued ({n} of {total})")
    return words.format(n=format_count(count), total=format_count(known[1] if known is not None else count))


def _fold_line(fold: FoldRow) -> str:
    if fold.snapshot.state is TaskState.QUEUED:
        first = next(iter(fold.members), None)
        return tr("next is {name}").format(name=name(first)) if first is not None else ""
    states = Counter(row.snapshot.state_name for row in fold.children)
    states["FAILED"] += states["LOST"]
    return how_they_ended(states)


def how_they_ended(counts: Mapping[str, int]) -> str:
    """How many have ended in which way, by `TaskSnapshot.state_name`."""
    words = (
        (tr("{n} done"), "SUCCEEDED"),
        (tr("{n} failed"), "FAILED"),
        (tr("{n} cancelled"), "CANCELLED"),
        (tr("{n} ended"), "ENDED"),
        (tr("{n} cut off when the program ended"), "CUT_OFF"),
        (tr("{n} detached"), "DETACHED"),
    )
    return _listed(each.format(n=format_count(counts[name])) for each, name in words if counts.get(name))


def _calls_of_pool(row: TaskRow) -> tuple[int, int, int] | None:
    """How many calls of a pool run, wait and are done, those that have no rows included; None if that is not known."""
    snapshot = row.snapshot
    done, total = snapshot.progress.done, snapshot.progress.total
    if not is_pool(snapshot) or done is None or total is None:
        return None
    running = sum(child.snapshot.state.has_thread for child in row.children)
    return running, max(0, int(total - done) - running), int(done)


def _pool_line(row: TaskRow) -> str:
    """Of a pool: how many of its calls run, wait and are done, and what it says of them."""
    words = tr("{n} running"), tr("{n} queued"), tr("{n} done")
    counts = zip(words, _calls_of_pool(row) or (), strict=False)
    told_counts = [each.format(n=format_count(count)) for each, count in counts if count]
    said = told(row.snapshot.progress.message, _NAME_LIMIT)
    return _listed([*told_counts, said] if said else told_counts)


def _listed(parts: Iterable[str]) -> str:
    return tr(", ").join(parts)


def _where(row: TaskRow) -> str:
    facts = row.snapshot.facts
    if facts is None or row.snapshot.state.is_final or not row.tells_activity:
        return ""
    from taskmon.core.stacks.words import place

    return place(facts)


def told(sentence: str, limit: int) -> str:
    """What a program tells of a task, plain, cut to `limit`, and in the user's language where its words are ours."""
    if not sentence:
        return ""
    from taskmon.bridge.program_sentences import in_users_words  # the first frame has nothing to say of other programs

    return plain(in_users_words(sentence), limit)


def means_line(snapshot: TaskSnapshot) -> str:
    """What a cancel does, where that had to be found out: ``sets stop_event, shared with 3 others``."""
    means = snapshot.stop_means
    if means is None or not means.means or snapshot.state is not TaskState.RUNNING:
        return ""
    words = told(means.means, 120)
    count = len(means.shared_with)
    if not count:
        return words
    if count == 1:
        return tr("{means}, shared with {name}").format(means=words, name=plain(means.shared_with[0], 80))
    return tr("{means}, shared with {n} others").format(means=words, n=count)


def _stopping_line(snapshot: TaskSnapshot) -> str:
    waited = format_duration(snapshot.stopping_for)
    if snapshot.detached:
        return tr("Detached: asked to stop {time} ago, still running").format(time=waited)
    if snapshot.is_kept:
        return tr("Cancelling… {time} · {what}").format(time=waited, what=told(snapshot.shield, _NAME_LIMIT))
    if snapshot.shield:
        return tr("Cancelling… {time} · finishing: {what}").format(time=waited, what=plain(snapshot.shield, 100))
    seen = snapshot.checkpoint.last_seen if snapshot.checkpoint is not None else None
    if snapshot.overdue and snapshot.asked_by_its_tasks:
        words = tr("Its tasks were asked to stop {time} ago, its main thread was not; it still runs")
        return words.format(time=waited)
    if snapshot.not_responding and snapshot.stop_means is not None:  # it knows nothing of checkpoints
        return tr("Asked to stop {time} ago, but it still runs").format(time=waited)
    if snapshot.not_responding:
        return tr("Asked to stop {time} ago, but it reaches no checkpoint").format(time=waited)
    if snapshot.stopping_for < 1 or seen is None or snapshot.stop_seen_at is None:
        return tr("Cancelling… {time}").format(time=waited)
    ago = format_duration(seen, precise=True)
    return tr("Cancelling… {time} · last checkpoint {ago} ago").format(time=waited, ago=ago)


def _failed_line(snapshot: TaskSnapshot) -> str:
    """Why it failed; and that a cancel came before, which may have led to that."""
    what = told(snapshot.error, _NAME_LIMIT)
    if snapshot.stop_requested_at is None:
        return what
    words = tr("{what}, {time} after Cancel") if what else tr("Asked to stop {time} before")
    return words.format(what=what.rstrip(".。"), time=format_duration(snapshot.stopping_for, precise=True))


def cancelled_line(snapshot: TaskSnapshot) -> str:
    """Who cancelled it, when, and what is left of it."""
    if snapshot.started_at is None:
        when = tr("before it started")
    else:
        when = tr("after {time}").format(time=format_duration(snapshot.elapsed, precise=True))
    return how_cancelled(cancelled_by(snapshot.reason), when, snapshot.consequence)


def how_cancelled(who: str, when: str, consequence: str) -> str:
    """Who cancelled a task, when, and what is left of it, or by what its process ended then: one sentence."""
    what = told(consequence, 200).rstrip(".。")
    if _tells_end(consequence):  # more than who asked for it
        return tr("{what}, {when}").format(what=what, when=when) if when else what
    line = f"{who} {when}" if when else who
    return f"{line}: {what}" if what else line


def _tells_end(consequence: str) -> bool:
    if not consequence:
        return False
    from taskmon.core.base.signals import tells_end  # most tasks are no processes

    return tells_end(consequence)


def cancelled_by(reason: StopReason | None) -> str:
    """Who or what cancelled it, and why, as far as they said."""
    if reason is None:
        return tr("Cancelled")
    words = tr(_CANCELLED_LABELS[reason.kind])
    if reason.kind is StopKind.REQUEST and reason.by:
        words = tr("Cancelled by {whom}").format(whom=plain(reason.by, 80))
    elif reason.from_terminal:
        words = tr("Cancelled by you, with {command}").format(command=reason.by)
    elif reason.by_closing:
        words = tr("Cancelled because taskmon quit")
    elif reason.kind is StopKind.SHUTDOWN and reason.by:
        words = tr("Cancelled because the program quit")
    told = reason.text and reason.kind in (StopKind.REQUEST, StopKind.USER)
    return f"{words} ({plain(reason.text, 100)})" if told else words


def amount(row: TaskRow, *, with_unit: bool = True) -> str:
    """How much of how much. Where there is little room, the unit can be left out, but not that of bytes."""
    progress = row.progress
    # Of subtasks, two that are half done are not one that is; the bar and the share have the halves.
    of_parts = progress.unit == SUBTASKS and progress is not row.snapshot.progress
    done = row.parts.done if of_parts else progress.done
    unit = unit_label(progress.unit) if with_unit or progress.unit in (BYTES, "%") else None
    return format_amount(done, progress.total, unit)


def unit_label(unit: str | None) -> str | None:
    """What a task counts, in the user's language if it is one of the usual words; bytes are formatted, not named."""
    return tr(unit) if unit in _UNITS else unit  # of others it is not even known whether they are sound text


def percent(row: TaskRow) -> str:
    """The share done; empty while the total is unknown. 100 % is not said before the end."""
    progress = row.progress
    if progress.total is None or progress.done is None:
        return ""
    return f"{progress.percent}\u00a0%"


def rate(row: TaskRow, *, with_unit: bool = True) -> str:
    """Amount a second; its unit stands beside the progress as well."""
    value = row.rate
    if not value or row.stalled_for:
        return ""
    unit = row.progress.unit
    if unit == SUBTASKS:
        return ""  # so many subtasks a second says nothing; the time left does
    if unit == BYTES:
        return tr("{amount}/s").format(amount=format_bytes(value))
    # Two digits: a third would move with every step.
    figure = (
        f"{value:.1f}".replace(".", translate.figures.decimal) if 1 <= value < 100 else format_figure(value, 10 * value)
    )
    label = plain(unit_label(unit) or "", 20) if with_unit else ""
    return tr("{amount}/s").format(amount=f"{figure} {label}" if label else figure)


def left(row: TaskRow) -> str:
    """The time it will still take, rounded to what can be believed."""
    stalled = row.stalled_for
    if stalled:
        return tr("stalled {time}").format(time=format_duration(stalled))
    seconds = row.seconds_left
    if seconds is None:
        return ""
    if seconds > 100 * _A_DAY:
        return "∞"
    about = _round_time(seconds)
    if about % 60 == 0 and about < 3600:  # "8 m 0 s" would be to the second, and this is not
        return tr("about {time}").format(time=f"{about // 60}{UNIT_SEPARATOR}{translate.figures.minute}")
    if about % 3600 == 0 and about < _A_DAY:
        return tr("about {time}").format(time=f"{about // 3600}{UNIT_SEPARATOR}{translate.figures.hour}")
    return tr("about {time}").format(time=format_duration(about))


def _round_time(seconds: float) -> int:
    """Steps that the eye takes for steady: 1, 2, 3, 5, 10, 15, 20, 30 of a unit."""
    unit = 1 if seconds < 60 else 60 if seconds < 3600 else 3600
    value = seconds / unit
    step = next((s for s in (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55) if value <= s), round(value))
    return step * unit


def elapsed(row: TaskRow) -> str:
    """How long it has been working."""
    snapshot = row.snapshot
    if snapshot.started_at is None:
        return ""
    return format_duration(snapshot.elapsed, precise=snapshot.state.is_final)


def action_label(row: TaskRow) -> str:
    """What stands on the button."""
    if row.is_fold and row.action is not RowAction.CLEAR:
        count = len(cast("FoldRow", row).cancellable)
        return tr("Cancel {n}").format(n=format_count(count)) if count else ""
    return tr(_ACTION_LABELS[row.action])


def action_spoken(row: TaskRow) -> str:
    """What a listener hears for the button: what it does, to which task."""
    label = action_label(row)
    if row.is_fold and row.action is RowAction.CLEAR and row.parent is not None:
        return tr("{label} what has ended in {name}").format(label=label, name=name(row.parent))
    if row.is_fold and label and row.parent is not None:
        return tr("{label} that wait in {name}").format(label=label, name=name(row.parent))
    return f"{label} {name(row)}" if label else ""


def action_hint(row: TaskRow) -> str:
    """What the button's tooltip says: what a click will do, before it."""
    action = row.action
    if action is RowAction.LOCKED:
        return told(row.snapshot.why_not_cancellable, 300)
    if action is RowAction.DETAILS:
        return tr("Shows where it is, and what would let it stop")
    if action is RowAction.RETRY:
        return tr("Starts the same work again, as a new task")
    if action is RowAction.OPEN:
        return tr("Opens {path}").format(path=plain(row.snapshot.result_path, 300))
    if action is RowAction.CANCELLING and row.snapshot.stop_means is not None and row.snapshot.stop_means.signal:
        return tr("It was asked to end, as Ctrl-C does. What is firmer is offered in the details, in its time")
    if action is RowAction.CANCELLING:
        return tr("The stop flag is set. The thread leaves by itself at its next checkpoint")
    if action is RowAction.NONE:
        return ""
    if action is RowAction.CLEAR:
        return tr("Takes it out of this table; nothing else changes")
    if row.is_fold:
        return tr("They have not started: they will never run")
    if row.snapshot.state in (TaskState.QUEUED, TaskState.HELD):
        return tr("It has not started: it will never run")
    return "\n".join(part for part in (means_line(row.snapshot), stop_forecast(row.snapshot)) if part)


def cancel_hint(row: TaskRow) -> str:
    """What the row itself says while the pointer or the keys are on its Cancel: what that sets, or why it cannot."""
    if row.action not in (RowAction.CANCEL, RowAction.LOCKED):
        return ""
    return action_hint(row).replace("\n", " · ")


def stop_forecast(snapshot: TaskSnapshot) -> str:
    """How soon a stop would be noticed, from the checkpoints seen so far; empty where there are none to see."""
    reading = snapshot.checkpoint
    if reading is None and snapshot.stop_means is not None:
        return ""  # a program that knows nothing of checkpoints
    if reading is None or (reading.stops_within is None and reading.unanswered < 1):
        return tr("Asks it to stop at its next checkpoint")
    if reading.unanswered >= 1:
        if reading.last_seen is None:
            return tr("Has not reached a checkpoint yet: it may not stop")
        return tr("Last checkpoint {time} ago").format(time=format_duration(reading.last_seen, precise=True))
    within = max(0.1, reading.stops_within or 0.0)
    return tr("Stops within about {time}").format(time=format_duration(within, precise=True))


def last_run_line(row: TaskRow) -> str:
    """What the tick on the bar means; empty if there is none."""
    if not row.last_run or row.snapshot.state is not TaskState.RUNNING:
        return ""
    share = f"{row.last_run // 100}\u00a0%"
    return tr("The tick is the last run of the same work: it had done {share} by this time").format(share=share)


def as_html(plain_text: str) -> str:
    """Return `plain_text` for a place that takes HTML, such as a tooltip.

    Qt takes whatever looks like HTML for HTML there, and an image in it for a file to open.
    """
    from html import escape

    return "<qt>" + escape(plain_text).replace("\n", "<br>") + "</qt>"
