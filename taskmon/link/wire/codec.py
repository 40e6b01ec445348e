"""Snapshots of tasks into messages and back. A message holds what differs from the default."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from taskmon.core.base.text import plain
from taskmon.core.base.threads import name_of_thread
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.request import Request, Verb, to_stop
from taskmon.core.task.snapshot import Origin, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState

#: Longest texts, in characters.
NAME_LIMIT: Final = 400
SENTENCE_LIMIT: Final = 1_000
DETAILS_LIMIT: Final = 4_000
#: Where even these are too long for a frame, because each character takes twelve bytes.
_SHORT: Final = 200
_FEW: Final = 4
_LONGEST_PICTURE: Final = 49_152
#: Characters of a stack, of its files and functions.
_STACK_LIMIT: Final = 5_000
#: Most names, offers and calls.
SHARED: Final = 32
OFFERS: Final = 8
FRAMES: Final = 64

Item = dict[str, Any]


def to_item(snapshot: TaskSnapshot, via: Sequence[TaskState] = ()) -> Item:
    """Return a picture as plain values; `via` are the states passed on the way to it since the one before."""
    item = _item(snapshot, SENTENCE_LIMIT, DETAILS_LIMIT, OFFERS + SHARED)
    if via:
        item["via"] = [state.value for state in via[-16:]]
    # A character takes twelve bytes at most, so few pictures need a closer look.
    if len(repr(item)) > _LONGEST_PICTURE // 12 and len(json.dumps(item)) > _LONGEST_PICTURE:
        short = _item(snapshot, _SHORT, _SHORT, _FEW)
        short.update({name: item[name] for name in ("via",) if name in item})
        return short
    return item


def _item(snapshot: TaskSnapshot, sentence: int, details: int, many: int) -> Item:
    progress, reason, means, origin = snapshot.progress, snapshot.reason, snapshot.stop_means, snapshot.origin
    item: Item = {
        "id": snapshot.id,
        "name": snapshot.name[: min(NAME_LIMIT, sentence)],
        "state": snapshot.state.value,
        "revision": snapshot.revision,
        "taken_at": snapshot.taken_at,
        "queued_at": snapshot.queued_at,
    }
    for name in _MOMENTS:
        moment = getattr(snapshot, name)
        if moment is not None:
            item[name] = moment
    for name in _NUMBERS:
        number = getattr(snapshot, name)
        if number:
            item[name] = number
    for name in _SENTENCES:
        text = getattr(snapshot, name)
        if text:
            item[name] = text[:sentence]
    if snapshot.details:
        item["details"] = _middle_out(snapshot.details, details)
    if progress != NO_PROGRESS:
        item["progress"] = [*progress[:2], progress.unit[:_SHORT], progress.message[:sentence]]
    if reason is not None:
        item["reason"] = [reason.kind.value, reason.by[:_SHORT], reason.text[:sentence], reason.at]
    if snapshot.checkpoint is not None:
        item["checkpoint"] = list(snapshot.checkpoint)
    thread = origin.thread if origin is not None else name_of_thread(snapshot.thread_id)
    if thread:
        item["thread"] = thread[:_SHORT]
    if origin is not None:
        item["kind"] = origin.kind
    if means is not None:
        item["stop"] = {
            "means": means.means[:sentence],
            "shared_with": [name[:_SHORT] for name in means.shared_with[: min(SHARED, many)]],
            "offers": [offer[:_SHORT] for offer in means.offers[: min(OFFERS, many)]],
        }
    for name in _FLAGS:
        if getattr(snapshot, name):
            item[name] = True
    if not snapshot.pausable:
        item["pausable"] = False
    if snapshot.facts is not None:
        item["facts"] = to_facts(snapshot.facts, snapshot.taken_at)
    return item


NO_PROGRESS: Final = Progress()
# Two things stay at home: what a task has made (`result_path`), for another program may not say what is opened here;
# and the number of its thread, which here is that of no thread, or of another.
_FLAGS: Final = ("item_wise", "detached")
_MOMENTS: Final = ("started_at", "stop_requested_at", "stop_seen_at", "ended_at", "after_item_since")
_NUMBERS: Final = ("paused_for", "created", "parent_id", "retry_of", "log_lines")
_SENTENCES: Final = ("group", "shield", "error", "consequence", "cancellable")


def to_move(snapshot: TaskSnapshot) -> list[Any]:
    """Return what moves in a picture, see `Move`."""
    progress, reading = snapshot.progress, snapshot.checkpoint
    return [
        snapshot.id,
        snapshot.revision,
        progress.done,
        progress.total,
        progress.unit[:_SHORT],
        progress.message[:SENTENCE_LIMIT],
        None if reading is None else list(reading),
        snapshot.log_lines,
        round(snapshot.paused_for, 3),
        snapshot.shield[:_SHORT],
        snapshot.stop_seen_at,
        None if snapshot.facts is None else to_facts(snapshot.facts, snapshot.taken_at),
    ]


def to_facts(facts: ThreadFacts, now: float) -> Item:
    """Return what a thread does as plain values; what lies ahead is told in seconds from `now` on."""
    item: Item = {"since": facts.since}
    if facts.activity is not None:
        item["does"] = facts.activity.value
    if facts.cpu is not None:
        item["cpu"] = round(facts.cpu, 3)
    if facts.wakes_at is not None:
        item["wakes_in"] = round(max(0.0, facts.wakes_at - now), 3)
    for name in _FACT_TEXTS:
        value = getattr(facts, name)
        if value:
            item[name] = value[-_SHORT:]
    for name in ("native_id", "line", "seen_coming", "endless"):
        value = getattr(facts, name)
        if value:
            item[name] = value
    if facts.circle:
        item["circle"] = [name[:_SHORT] for name in facts.circle[:SHARED]]
    return item


_FACT_TEXTS: Final = ("subject", "channel", "function", "file", "holder")


def to_stack(sample: StackSample) -> Item:
    """Return a stack as plain values: of a deep one, the innermost calls that there is room for."""
    frames: list[list[Any]] = []
    room = _STACK_LIMIT
    for f in reversed(sample.frames[-FRAMES:]):
        file, function, call = f.file[-SENTENCE_LIMIT:], f.function[:_SHORT], f.call[:_SHORT]
        room -= len(file) + len(function) + len(call) + 8
        if room < 0:
            break
        frames.insert(0, [file, f.line, function, f.own, call])
    return {"at": sample.taken_at, "unmoved_since": sample.unmoved_since, "frames": frames, "busy": sample.busy}


def _middle_out(text: str, limit: int) -> str:
    """Clip a traceback in its middle: how it began and how it ended is what tells."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


# What a program says of its tasks, believed field by field or not at all.
#
# A number that is none is left out, a text is clipped and made plain, a moment in the future becomes now. A picture
# that lacks what makes it a picture is refused by itself; the rest of its frame is not.

#: Numbers that name something, or count lines: those that every reader of JSON takes exactly.
LARGEST: Final = 2**53
_STATES: Final = {state.value: state for state in TaskState}
_KINDS: Final = {kind.value: kind for kind in StopKind}
_KINDS_OF_TASK: Final = frozenset({"program", "process", "thread", "timer", "future", "coroutine", "bar", "task"})

Clock = Callable[[object], float | None]
"""Turns a moment of the other program into one of this, or None if it is none."""


def to_request(request: Request) -> Item:
    """Return a request as plain values, without the number of the task."""
    message: Item = {"t": request.verb.value}
    if request.verb is Verb.OFFER:
        message["offer"] = request.offer
    elif request.verb in _STOPS:
        kind, by, why, _ = request.why
        message.update(kind=kind.value, by=by[:_SHORT], reason=why[:_SHORT])
    return message


class SnapshotError(ValueError):
    """What arrived is no picture of a task."""


class Move(NamedTuple):
    """What changes in a picture while its state does not."""

    id: int
    revision: int
    raw: tuple[Any, Any, Any, Any]
    """Done, total, unit and message, as the worker wrote them."""
    checkpoint: CheckpointReading | None
    log_lines: int
    paused_for: float
    shield: str
    stop_seen_at: float | None
    facts: ThreadFacts | None = None


def from_item(item: object, clock: Clock, program: str, pid: int) -> tuple[TaskSnapshot, tuple[TaskState, ...]]:
    """Return the picture that `item` shows, with its own ids, and the states passed on the way to it.

    Progress is taken as it is: what makes no sense in it is for `taskmon.core.task.progress.ProgressReader`.

    Raises:
        SnapshotError: if there is no id, no name or no state.
    """
    if type(item) is not dict:
        raise SnapshotError("a picture that is no object")
    get = item.get
    value = get("state")
    state = _STATES.get(value) if type(value) is str else None
    name = get("name")
    if state is None or type(name) is not str:
        raise SnapshotError("a picture without a state or a name")
    taken_at = clock(get("taken_at"))
    queued_at = clock(get("queued_at"))
    if taken_at is None:
        raise SnapshotError("a picture without its moment")
    picture = TaskSnapshot(
        id=task_number(get("id")),
        name=text(name),
        state=state,
        revision=whole(get("revision")) or 0,
        taken_at=taken_at,
        queued_at=taken_at if queued_at is None else queued_at,
        started_at=clock(get("started_at")),
        stop_requested_at=clock(get("stop_requested_at")),
        stop_seen_at=clock(get("stop_seen_at")),
        ended_at=clock(get("ended_at")),
        paused_for=seconds(get("paused_for")),
        created=seconds(get("created")),
        group=text(get("group")),
        parent_id=whole(get("parent_id")),
        retry_of=whole(get("retry_of")),
        progress=_progress(get("progress")),
        reason=_reason(get("reason"), clock),
        shield=text(get("shield")),
        error=text(get("error"), SENTENCE_LIMIT),
        details=lines(get("details"), DETAILS_LIMIT + 100),
        consequence=text(get("consequence"), SENTENCE_LIMIT),
        checkpoint=reading(get("checkpoint")),
        cancellable=text(get("cancellable"), SENTENCE_LIMIT),
        log_lines=whole(get("log_lines")) or 0,
        origin=Origin(program, pid, text(get("thread")), _kind(get("kind"))),
        stop_means=_means(get("stop")),
        pausable=get("pausable") is not False,
        item_wise=get("item_wise") is True,
        after_item_since=clock(get("after_item_since")),
        detached=get("detached") is True,
        facts=from_facts(get("facts"), clock, taken_at),
    )
    via = get("via")
    passed = via[:16] if type(via) is list else ()
    return picture, tuple(_STATES[value] for value in passed if type(value) is str and value in _STATES)


def from_move(values: object, clock: Clock, now: float) -> Move:
    """Return what `to_move` made, at about `now`. Raises SnapshotError."""
    if type(values) is not list or len(values) < 11:
        raise SnapshotError("a move that is none")
    return Move(
        task_number(values[0]),
        whole(values[1]) or 0,
        _raw(values[2:6]),
        reading(values[6]),
        whole(values[7]) or 0,
        seconds(values[8]),
        text(values[9]),
        clock(values[10]),
        from_facts(values[11], clock, now) if len(values) > 11 else None,
    )


def from_facts(item: object, clock: Clock, now: float) -> ThreadFacts | None:
    """Return what `to_facts` made, as far as it makes sense; None if it is nothing of the kind."""
    if type(item) is not dict:
        return None
    get = item.get
    does, cpu, wakes, channel = get("does"), get("cpu"), get("wakes_in"), get("channel")
    since = clock(get("since"))
    return ThreadFacts(
        native_id=whole(get("native_id")),
        cpu=_share(cpu, _MOST_PROCESSORS),
        activity=_ACTIVITIES.get(does) if type(does) is str else None,
        subject=text(get("subject")),
        channel=channel if type(channel) is str and channel in _CHANNELS else "",
        wakes_at=None if wakes is None else now + seconds(wakes),
        endless=get("endless") is True,
        since=now if since is None else since,
        seen_coming=get("seen_coming") is True,
        function=text(get("function")),
        file=text(get("file")),
        line=whole(get("line")) or 0,
        holder=text(get("holder")),
        circle=_texts(get("circle"), SHARED),
    )


_ACTIVITIES: Final = {activity.value: activity for activity in Activity}
_CHANNELS: Final = frozenset({"file", "socket", "pipe", "terminal"})


def from_request(message: Item) -> Request | None:
    """Return the request that a message of the window is; None if it is none that makes sense.

    Whatever kind of stop it claims, it comes from a person or another program.
    """
    verb = _VERBS.get(message["t"]) if type(message["t"]) is str else None
    if verb is Verb.OFFER:
        number = whole(message.get("offer"))
        return to_stop(by="user", kind=StopKind.USER, verb=verb, offer=number) if number is not None else None
    if verb in _STOPS:
        kind = message.get("kind")
        known = StopKind(kind) if type(kind) is str and kind in _REQUEST_KINDS else StopKind.REMOTE
        return to_stop(text(message.get("reason")), by=text(message.get("by")), kind=known, verb=verb)
    return Request(verb) if verb is not None else None


_VERBS: Final = {verb.value: verb for verb in Verb}
_STOPS: Final = frozenset({Verb.CANCEL, Verb.AFTER_ITEM})
_REQUEST_KINDS: Final = frozenset({StopKind.USER.value, StopKind.REMOTE.value, StopKind.REQUEST.value})


def from_stack(item: Item, clock: Clock) -> StackSample:
    """Return what `to_stack` made, as far as it makes sense. Raises SnapshotError."""
    at, given = clock(item.get("at")), item.get("frames")
    if at is None or type(given) is not list:
        raise SnapshotError("a stack without its moment or its calls")
    frames = tuple(
        StackFrame(
            text(call[0], SENTENCE_LIMIT),
            whole(call[1]) or 0,
            text(call[2]),
            call[3] is True,
            text(call[4]) if len(call) > 4 else "",
        )
        for call in given[:FRAMES]
        if type(call) is list and len(call) >= 4
    )
    unmoved = clock(item.get("unmoved_since"))
    return StackSample(at, frames, at if unmoved is None else min(unmoved, at), _share(item.get("busy")))


def _share(value: object, most: float = 1.0) -> float | None:
    """A share of a processor, or of several; None if it is none."""
    return float(value) if isinstance(value, (int, float)) and 0 <= value <= most else None


#: A process may use several processors at once.
_MOST_PROCESSORS: Final = 4096.0


def whole(value: object) -> int | None:
    """A whole number from 0 to `LARGEST`, or None."""
    return value if type(value) is int and 0 <= value <= LARGEST else None


def task_number(value: object) -> int:
    """The id of a task. Raises SnapshotError."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise SnapshotError("a task without its number")
    return value


def seconds(value: object) -> float:
    """A length of time that is one; otherwise 0."""
    if type(value) not in (int, float) or not 0 <= value < 1e12:  # type: ignore[operator]  # a number by now
        return 0.0
    return float(value)  # type: ignore[arg-type]


def text(value: object, limit: int = NAME_LIMIT) -> str:
    """One line of plain text; empty if it is no text."""
    return plain(value, limit) if type(value) is str else ""


def lines(value: object, limit: int) -> str:
    """Several lines of plain text; empty if it is no text."""
    if type(value) is not str:
        return ""
    return "\n".join(plain(line.expandtabs(), DETAILS_LIMIT) for line in value[:limit].split("\n"))


def reading(value: object) -> CheckpointReading | None:
    """The reading of a checkpoint meter, or None."""
    if type(value) is not list or len(value) < 3:
        return None
    within, seen, unanswered = value[:3]
    return CheckpointReading(
        None if within is None else seconds(within), None if seen is None else seconds(seen), seconds(unanswered)
    )


def _kind(value: object) -> str:
    return value if type(value) is str and value in _KINDS_OF_TASK else "task"


def _raw(values: list[Any]) -> tuple[Any, Any, Any, Any]:
    done, total, unit, message = values
    return (
        done if type(done) in (int, float) else None,
        total if type(total) in (int, float) else None,
        plain(unit, 40) if type(unit) is str else None,
        plain(message, SENTENCE_LIMIT) if type(message) is str else None,
    )


def _progress(value: object) -> Progress:
    if type(value) is not list or len(value) < 4:
        return NO_PROGRESS
    done, total, unit, message = _raw(value[:4])
    return Progress(done, total, unit or "", message or "")


def _reason(value: object, clock: Clock) -> StopReason | None:
    if type(value) is not list or len(value) < 4:
        return None
    kind = _KINDS.get(value[0] if type(value[0]) is str else "", StopKind.REQUEST)
    at = clock(value[3])
    return StopReason(kind, text(value[1]), text(value[2], SENTENCE_LIMIT), 0.0 if at is None else at)


def _means(value: object) -> StopMeans | None:
    if type(value) is not dict:
        return None
    return StopMeans(
        text(value.get("means"), SENTENCE_LIMIT),
        _texts(value.get("shared_with"), SHARED),
        _texts(value.get("offers"), OFFERS),
    )


def _texts(value: object, limit: int) -> tuple[str, ...]:
    return tuple(text(part) for part in value[:limit]) if type(value) is list else ()
