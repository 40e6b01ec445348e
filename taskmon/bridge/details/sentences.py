"""What the details say of a task: sentences, and the facts beneath them. Made from plain rows; no widgets."""

from __future__ import annotations

import math
import shlex
from typing import Final, NamedTuple

from taskmon.bridge.details import thread
from taskmon.bridge.table import text
from taskmon.bridge.table.ending import SIGNAL_LABELS, time_left
from taskmon.bridge.table.rows import TaskRow, is_program, is_waiting_timer
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import format_count, format_duration, plain
from taskmon.core.base.translate import in_a_row
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task import ladder
from taskmon.core.task.snapshot import ProgramInfo, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.verdict import STATUS_NOT_KNOWN

_S = TaskState
#: Names of other threads that are listed before the rest is counted.
_NAMES_SHOWN = 5
_LIMIT = 300
#: What asks first is the request itself: no more than so many seconds lie between the two.
_AT_ONCE: Final = 0.25


class Fact(NamedTuple):
    """A line of the list beneath the sentences."""

    label: str
    value: str


def subtitle(row: TaskRow) -> str:
    """What stands beside its name: its state; of a thread whose page says what it does, the program that it is in."""
    origin = row.snapshot.origin
    if origin is None or not row.tells_activity or row.snapshot.state is not _S.RUNNING:
        return text.state_label(row)
    if is_program(row.snapshot):
        return tr("process {pid}").format(pid=origin.pid)
    return tr("in {program}").format(program=plain(origin.program, 100))


def overview(row: TaskRow) -> list[str]:
    """The sentences on a task, the most important first."""
    return [line for line in (standing(row), thread.sentence(row), *how_it_stops(row)) if line]


def how_it_stops(row: TaskRow) -> list[str]:
    """What it is at by its own account, how it can be stopped and how soon, and what it leaves."""
    snapshot = row.snapshot
    lines = []
    if not snapshot.state.is_final and snapshot.started_at is not None:
        lines += [_doing(row), _how_soon(snapshot)]
    lines += [
        _means(snapshot), _steps(snapshot), _next_step(row),
        thread.what_ends_it(snapshot), thread.why_not_yet(snapshot), _kept(snapshot),
    ]  # fmt: skip
    return [line for line in lines if line]


def standing(row: TaskRow) -> str:
    """How a task stands, in one sentence."""
    snapshot = row.snapshot
    state, now = snapshot.state, snapshot.taken_at
    if is_waiting_timer(snapshot):
        left = text.fires_in(snapshot)
        return tr("A timer: it fires in {time}.").format(time=left) if left else tr("A timer that has not fired.")
    if state is _S.QUEUED:
        return tr("Waiting for a free worker for {time}.").format(time=format_duration(now - snapshot.queued_at))
    if state is _S.HELD:
        return tr("On hold: it starts once it is resumed.")
    if state is _S.STOPPING:
        return _stopping(snapshot)
    if state.is_final:
        return _end(row)
    ran = format_duration(snapshot.elapsed)
    if state is _S.PAUSED:
        return tr("Paused at a checkpoint, after {time} of work.").format(time=ran)
    if state is _S.PAUSING:
        return tr("Asked to pause; it goes on to its next checkpoint.")
    if snapshot.after_item_since is not None:
        waited = format_duration(now - snapshot.after_item_since)
        return tr("Finishing its current item for {time}; it stops then. Cancel stops it at once.").format(time=waited)
    if row.stalled_for:
        stalled = format_duration(row.stalled_for)
        return tr("Running for {time}, without progress for {stalled}.").format(time=ran, stalled=stalled)
    return tr("Running for {time}.").format(time=ran)


def _stopping(snapshot: TaskSnapshot) -> str:
    waited, whom = format_duration(snapshot.stopping_for), asked_by(snapshot.reason)
    if snapshot.detached:
        words = tr("Asked to stop {time} ago, {whom}, and detached: its thread still runs, others have its place.")
    elif snapshot.is_kept:
        words = tr("Asked to stop {time} ago, {whom}: {what}.")
    elif snapshot.shield:
        words = tr("Cancelling for {time}, asked {whom}. It is finishing: {what}.")
    elif snapshot.overdue and snapshot.asked_by_its_tasks:
        words = tr("Its tasks were asked to stop {time} ago, {whom}; its main thread was not, and it still runs.")
    elif snapshot.not_responding and snapshot.stop_means is not None:  # it knows nothing of checkpoints
        words = tr("Asked to stop {time} ago, {whom}, but it still runs.")
    elif snapshot.not_responding:
        words = tr("Asked to stop {time} ago, {whom}, but it reaches no checkpoint.")
    else:
        words = tr("Cancelling for {time}, asked {whom}.")
    return words.format(time=waited, whom=whom, what=text.told(snapshot.shield, 300))


def asked_by(reason: StopReason | None) -> str:
    """Who asked for a stop, as a part of a sentence."""
    if reason is None:
        return tr("by a program")
    if reason.kind is StopKind.USER:
        return tr("by you, with {command}").format(command=reason.by) if reason.from_terminal else tr("by you")
    if reason.kind is StopKind.DEADLINE:
        return tr("because its time was up")
    if reason.kind is StopKind.SHUTDOWN:
        return tr("because the program quits") if reason.by else tr("because its runner was shut down")
    if reason.kind is StopKind.PARENT:
        return tr("with the task it belongs to")
    whom = tr("by {whom}").format(whom=plain(reason.by, 80)) if reason.by else tr("by a program")
    return f"{whom} ({plain(reason.text, 100)})" if reason.text else whom


def _end(row: TaskRow) -> str:
    snapshot = row.snapshot
    took = format_duration(snapshot.elapsed, precise=True)
    if snapshot.state is _S.CANCELLED:
        return tr("{sentence}.").format(sentence=text.cancelled_line(snapshot).rstrip(".。"))
    if snapshot.state is _S.SUCCEEDED:
        if snapshot.finished_before_stop:
            return tr("Done after {time}. It had finished before it could be cancelled.").format(time=took)
        return tr("Done after {time}.").format(time=took)
    if snapshot.state is _S.CUT_OFF:
        if snapshot.goes_on:
            return tr("Watched for {time}. {what}").format(time=took, what=text.told(snapshot.error, _LIMIT))
        if snapshot.end_unknown:
            known = tr("{sentence}.").format(sentence=text.told(snapshot.error, _LIMIT).rstrip(".。"))
            what = tr("Its exit status is not known.") if snapshot.error == STATUS_NOT_KNOWN else known
            return tr("Ended after {time}. {what}").format(time=took, what=what)
        if snapshot.started_at is None:
            return tr("Cut off when the program ended, before it started.")
        if snapshot.stop_requested_at is not None:
            return tr("Cut off when the program ended, after {time}. It had been asked to stop.").format(time=took)
        return tr("Cut off when the program ended, after {time}.").format(time=took)
    if snapshot.state is _S.LOST:
        words = (
            tr("Contact was lost after {time}. {error}.") if snapshot.error else tr("Contact was lost after {time}.")
        )
        return words.format(time=took, error=text.told(snapshot.error, _LIMIT))
    words = tr("Failed after {time}: {error}") if snapshot.error else tr("Failed after {time}.")
    failed = words.format(time=took, error=text.told(snapshot.error, _LIMIT))
    if snapshot.stop_requested_at is None:
        return failed
    asked = tr("It had been asked to stop {time} before, {whom}.").format(
        time=format_duration(snapshot.stopping_for, precise=True), whom=asked_by(snapshot.reason)
    )
    return in_a_row(tr("{sentence}.").format(sentence=failed.rstrip(".。")), asked)


def _doing(row: TaskRow) -> str:
    snapshot = row.snapshot
    is_kept = snapshot.is_kept and snapshot.state is not _S.STOPPING  # else that has been said
    message = text.told(snapshot.shield, _LIMIT) if is_kept else plain(snapshot.progress.message, _LIMIT)
    amount = text.amount(row)
    if message and amount:
        return tr("Now: {what} ({amount}).").format(what=message, amount=amount)
    return tr("Now: {what}.").format(what=message or amount) if message or amount else ""


def _how_soon(snapshot: TaskSnapshot) -> str:
    if snapshot.why_not_cancellable:
        return ""
    if snapshot.state is not _S.STOPPING:
        forecast = text.stop_forecast(snapshot)
        return tr("{sentence}.").format(sentence=forecast) if forecast else ""
    reading = snapshot.checkpoint
    if reading is None or reading.last_seen is None:
        return "" if snapshot.stop_means is not None else tr("It has not reached a checkpoint yet.")
    ago = format_duration(reading.last_seen, precise=True)
    return tr("Its last checkpoint was {time} ago.").format(time=ago)


def _means(snapshot: TaskSnapshot) -> str:
    """What Cancel does, where that had to be found out."""
    if snapshot.state.is_final:
        return ""
    if snapshot.why_not_cancellable:
        reason = text.told(snapshot.why_not_cancellable, _LIMIT).rstrip(".")
        return tr("It cannot be cancelled: {reason}.").format(reason=reason)
    means = snapshot.stop_means
    if means is None or (means.signal and snapshot.state is _S.STOPPING):  # what was sent is told then
        return ""
    parts = []
    if means.means:
        asked = _is_asked_by_cancel(snapshot)
        words = tr("It was asked by its Cancel, which {means}.") if asked else tr("Cancel {means}.")
        parts.append(words.format(means=text.told(means.means, 200)))
    elif means.offers:
        parts.append(tr("No flag is certain to stop it; one of these may:"))
    if means.shared_with:
        parts.append(tr("It also stops: {names}.").format(names=_names(means.shared_with)))
    return in_a_row(*parts)


def _is_asked_by_cancel(snapshot: TaskSnapshot) -> bool:
    """Whether it is certain that its Cancel was used, not an offer, nor that of another with the same flag."""
    means, reason = snapshot.stop_means, snapshot.reason
    if snapshot.state is not _S.STOPPING or means is None or reason is None or reason.kind is not StopKind.USER:
        return False
    return not means.sent and len(means.offers) == sum(map(bool, means.signals))


def _steps(snapshot: TaskSnapshot) -> str:
    """The signals that were sent to a program or a process, and when."""
    means, asked = snapshot.stop_means, snapshot.stop_requested_at
    if means is None:
        return ""
    sent = list(means.sent)
    if means.signal and asked is not None and not (sent and sent[0][1] - asked < _AT_ONCE):
        sent.insert(0, (means.signal, asked))  # by its Cancel
    if not sent:
        return ""
    steps = (
        tr("{signal} at {time}").format(
            signal=tr("Ctrl-C (SIGINT)") if name == ladder.INTERRUPT else name, time=thread.clock(snapshot, moment)
        )
        for name, moment in sent
    )
    return tr("It was sent {signals}.").format(signals=tr(", ").join(steps))


def _next_step(row: TaskRow) -> str:
    """Which signal comes next, and when, for a program or a process that was asked to end."""
    means = row.snapshot.stop_means
    if means is None or row.snapshot.state is not _S.STOPPING:
        return ""
    for number, name in enumerate(means.signals):
        seconds = time_left(row, number)
        if name and seconds:
            return tr("If it goes on, {button} is offered in {time}.").format(
                button=tr(SIGNAL_LABELS[name]), time=format_duration(math.ceil(seconds))
            )
    return ""


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(plain(name, 60) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return tr("{names} and {n} more").format(names=shown, n=format_count(more)) if more > 0 else shown


def _kept(snapshot: TaskSnapshot) -> str:
    consequence = text.told(snapshot.consequence, _LIMIT).rstrip(".。")
    if not consequence or snapshot.state is _S.CANCELLED:  # of the same sentence as who cancelled it
        return ""
    return tr("{sentence}.").format(sentence=consequence[:1].upper() + consequence[1:])


def facts(row: TaskRow, parent: TaskRow | None = None) -> list[Fact]:
    """The list beneath the sentences: when, the how-manieth attempt, where it belongs."""
    snapshot = row.snapshot
    found = [Fact(tr("Started"), _started(snapshot))]
    if snapshot.ended_at is not None:
        found.append(Fact(tr("Ended at"), thread.clock(snapshot, snapshot.ended_at)))
    if snapshot.paused_for >= 1:
        found.append(Fact(tr("Paused"), tr("{time} in all").format(time=format_duration(snapshot.paused_for))))
    if snapshot.attempt > 1:
        again = tr("{n}, a retry of task {id}") if snapshot.retry_of is not None else "{n}"  # on a cluster, by itself
        found.append(Fact(tr("Attempt"), again.format(n=snapshot.attempt, id=snapshot.retry_of)))
    if snapshot.group:
        found.append(Fact(tr("Group"), plain(snapshot.group, 100)))
    origin = snapshot.origin
    if parent is not None and not is_program(parent.snapshot):
        found.append(Fact(tr("Part of"), text.name(parent)))
    if origin is not None:
        program = tr("{program}, process {pid}").format(program=plain(origin.program, 100), pid=origin.pid)
        found.append(Fact(tr("Program"), program))
    number = snapshot.facts.native_id if snapshot.facts is not None and not snapshot.state.is_final else None
    name = plain(origin.thread, 100) if origin is not None else ""
    if number is not None:
        name = tr("{name}, native id {number}").format(name=name, number=number) if name else str(number)
    elif origin is None and snapshot.thread_id:
        name = str(snapshot.thread_id)
    if name and not is_program(snapshot):  # whose main thread has the number of the process
        found.append(Fact(tr("Thread"), name))
    return found + _of_program(snapshot.program)


def _of_program(program: ProgramInfo | None) -> list[Fact]:
    if program is None:
        return []
    interpreter = plain(program.interpreter, _LIMIT)
    if program.version:
        interpreter = tr("{path}, Python {version}").format(path=interpreter, version=plain(program.version, 40))
    return [
        Fact(tr("Command"), plain(shlex.join(program.command), 1_000)),
        Fact(tr("Folder"), plain(program.folder, _LIMIT)),
        Fact(tr("Interpreter"), interpreter),
        Fact(tr("Environment"), plain(program.environment, _LIMIT) or tr("none")),
    ]


def _started(snapshot: TaskSnapshot) -> str:
    if snapshot.started_at is None:
        return tr("not yet; queued {time}").format(time=thread.clock(snapshot, snapshot.queued_at))
    waited = snapshot.started_at - snapshot.queued_at
    started = thread.clock(snapshot, snapshot.started_at)
    if waited < 1:
        return started
    return tr("{time}, after {waited} in the queue").format(time=started, waited=format_duration(waited))
