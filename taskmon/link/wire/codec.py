"""Snapshots of tasks, and what is asked of them, into messages and back. A message holds what differs from the default.

What comes from the other end is checked value by value; one that makes no sense has its default instead. A snapshot
without an id, a name or a state is refused; the others in its frame are not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias

from taskmon.core.base.text import plain
from taskmon.core.base.threads import name_of_thread
from taskmon.core.stacks.facts import MOST_CALLS, Activity, OwnCall, ThreadFacts
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.ladder import SIGNALS
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.request import STOPS, Request, Verb, to_stop
from taskmon.core.task.snapshot import Origin, ProgramInfo, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState

#: Where texts are too long for a frame, because each character takes twelve bytes.
_SHORT: Final = 200
_FEW: Final = 4
_LONGEST_SNAPSHOT: Final = 49_152
#: Characters of a stack, of its files and functions.
_STACK_LIMIT: Final = 5_000
#: Most names, offers and calls.
SHARED: Final = 32
OFFERS: Final = 8
FRAMES: Final = 64

Item = dict[str, Any]

# -- values: a number that is none is left out, a text is clipped and made plain, a moment to come becomes now ---------


#: Longest texts, in characters.
NAME_LIMIT: Final = 400
SENTENCE_LIMIT: Final = 1_000
DETAILS_LIMIT: Final = 4_000
#: Numbers that name something, or count lines: those that every reader of JSON takes exactly.
LARGEST: Final = 2**53

Clock: TypeAlias = "Callable[[object], float | None]"
"""Turns a moment of the other program into one of this, or None if it is none."""


class SnapshotError(ValueError):
    """What arrived is no picture of a task."""


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


def share(value: object, most: float = 1.0) -> float | None:
    """A share of a processor, or of several; None if it is none."""
    return float(value) if isinstance(value, (int, float)) and 0 <= value <= most else None


def texts(value: object, limit: int) -> tuple[str, ...]:
    return tuple(text(part) for part in value[:limit]) if type(value) is list else ()


# -- snapshots ---------------------------------------------------------------------------------------------------------


class _Kind(Enum):
    """How a value of a snapshot is told and believed."""

    MOMENT = "moment"
    LENGTH = "length"
    """Of time, in seconds."""
    WHOLE = "whole"
    FLAG = "flag"
    TEXT = "text"


class _Field(NamedTuple):
    """A value of a snapshot that stands for itself."""

    name: str
    kind: _Kind
    limit: int = 0
    """Of a text, in characters."""
    said_as: str = ""
    """Its name on the wire, where that is older than the one here."""

    @property
    def key(self) -> str:
        return self.said_as or self.name


#: All of a snapshot that is told only where it differs from its default: a new one needs a line here, and nothing else.
#: Two things stay at home: what a task has made (`result_path`), for another program may not say what is opened here;
#: and the number of its thread, which here is that of no thread, or of another.
_FIELDS: Final = (
    _Field("started_at", _Kind.MOMENT),
    _Field("stop_requested_at", _Kind.MOMENT),
    _Field("stop_seen_at", _Kind.MOMENT),
    _Field("ended_at", _Kind.MOMENT),
    _Field("after_item_since", _Kind.MOMENT),
    _Field("paused_for", _Kind.LENGTH),
    _Field("created", _Kind.LENGTH),
    _Field("parent_id", _Kind.WHOLE),
    _Field("retry_of", _Kind.WHOLE),
    _Field("attempt", _Kind.WHOLE),
    _Field("log_lines", _Kind.WHOLE),
    _Field("pausable", _Kind.FLAG),
    _Field("item_wise", _Kind.FLAG),
    _Field("detached", _Kind.FLAG),
    _Field("group", _Kind.TEXT, NAME_LIMIT),
    _Field("shield", _Kind.TEXT, NAME_LIMIT),
    _Field("error", _Kind.TEXT, SENTENCE_LIMIT),
    _Field("consequence", _Kind.TEXT, SENTENCE_LIMIT),
    _Field("why_not_cancellable", _Kind.TEXT, SENTENCE_LIMIT, said_as="cancellable"),
)
_DEFAULTS: Final = TaskSnapshot._field_defaults
NO_PROGRESS: Final = Progress()
#: Words of a command line that are told.
_WORDS: Final = 64


def to_item(snapshot: TaskSnapshot, via: Sequence[TaskState] = ()) -> Item:
    """Return a snapshot as plain values; `via` are the states passed on the way to it since the one before."""
    item = _item(snapshot, SENTENCE_LIMIT, DETAILS_LIMIT, OFFERS + SHARED)
    if via:
        item["via"] = [state.value for state in via[-16:]]
    # A character takes twelve bytes at most, so few snapshots need a closer look.
    if len(repr(item)) > _LONGEST_SNAPSHOT // 12 and len(json.dumps(item)) > _LONGEST_SNAPSHOT:
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
    for field in _FIELDS:
        value = getattr(snapshot, field.name)
        if value != _DEFAULTS[field.name]:
            item[field.key] = value[: min(field.limit, sentence)] if field.kind is _Kind.TEXT else value
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
        if origin.known_as:
            item["known_as"] = origin.known_as[:_SHORT]
        if origin.second_hand:
            item["second_hand"] = True
    if means is not None:
        item["stop"] = _to_means(means, sentence, many)
    if snapshot.facts is not None:
        item["facts"] = to_facts(snapshot.facts, snapshot.taken_at)
    if snapshot.program is not None:
        item["program"] = _to_program(snapshot.program, sentence)
    return item


def _to_means(means: StopMeans, limit: int, many: int) -> Item:
    item: Item = {
        "means": means.means[:limit],
        "shared_with": [name[:_SHORT] for name in means.shared_with[: min(SHARED, many)]],
        "offers": [offer[:_SHORT] for offer in means.offers[: min(OFFERS, many)]],
    }
    if means.signals or means.signal:
        item.update(signals=list(means.signals[:OFFERS]), signal=means.signal)
    if means.by_tasks:
        item["by_tasks"] = True
    if means.ignores:
        item["ignores"] = True
    return item


def _to_program(program: ProgramInfo, limit: int) -> Item:
    words: list[str] = []
    room = limit
    for word in program.command[:_WORDS]:
        words.append(word[: max(0, room)])
        room -= len(word)
        if room <= 0:
            break
    return {
        "command": words,
        "folder": program.folder[:limit],
        "interpreter": program.interpreter[:limit],
        "version": program.version[:_SHORT],
        "environment": program.environment[:limit],
        **({"attached": True} if program.attached else {}),
    }


def _program_info(value: object) -> ProgramInfo | None:
    if type(value) is not dict:
        return None
    command = value.get("command")
    return ProgramInfo(
        tuple(text(word, SENTENCE_LIMIT) for word in command[:_WORDS]) if type(command) is list else (),
        text(value.get("folder"), SENTENCE_LIMIT),
        text(value.get("interpreter"), SENTENCE_LIMIT),
        text(value.get("version")),
        text(value.get("environment"), SENTENCE_LIMIT),
        value.get("attached") is True,
    )


def _middle_out(text: str, limit: int) -> str:
    """Clip a traceback in its middle: how it began and how it ended is what tells."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def from_item(item: object, clock: Clock, program: str, pid: int) -> tuple[TaskSnapshot, tuple[TaskState, ...]]:
    """Return the snapshot that `item` tells of, with its own ids, and the states passed on the way to it.

    Progress is taken as it is: what makes no sense in it is for `taskmon.core.task.progress.ProgressReader`.

    Raises:
        SnapshotError: if there is no id, no name or no state.
    """
    if type(item) is not dict:
        raise SnapshotError("a snapshot that is no object")
    get = item.get
    value = get("state")
    state = _STATES.get(value) if type(value) is str else None
    name = get("name")
    if state is None or type(name) is not str:
        raise SnapshotError("a snapshot without a state or a name")
    taken_at = clock(get("taken_at"))
    queued_at = clock(get("queued_at"))
    if taken_at is None:
        raise SnapshotError("a snapshot without its moment")
    snapshot = TaskSnapshot(
        id=task_number(get("id")),
        name=text(name),
        state=state,
        revision=whole(get("revision")) or 0,
        taken_at=taken_at,
        queued_at=taken_at if queued_at is None else queued_at,
        progress=_progress(get("progress")),
        reason=_reason(get("reason"), clock),
        details=lines(get("details"), DETAILS_LIMIT + 100),
        checkpoint=reading(get("checkpoint")),
        origin=Origin(
            program, pid, text(get("thread")), _kind(get("kind")), text(get("known_as")), get("second_hand") is True
        ),
        stop_means=_means(get("stop")),
        facts=from_facts(get("facts"), clock, taken_at),
        program=_program_info(get("program")),
        **{field.name: _believed(field, item[field.key], clock) for field in _FIELDS if field.key in item},
    )
    via = get("via")
    passed = via[:16] if type(via) is list else ()
    return snapshot, tuple(_STATES[value] for value in passed if type(value) is str and value in _STATES)


def _believed(field: _Field, value: object, clock: Clock) -> Any:
    """The value of a field as it was told; its default if that makes no sense."""
    kind = field.kind
    if kind is _Kind.TEXT:
        return text(value, field.limit)
    if kind is _Kind.MOMENT:
        return clock(value)
    if kind is _Kind.LENGTH:
        return seconds(value)
    if kind is _Kind.WHOLE:
        told: object = whole(value)
        return _DEFAULTS[field.name] if told is None else told
    return value if type(value) is bool else _DEFAULTS[field.name]


_STATES: Final = {state.value: state for state in TaskState}
_KINDS: Final = {kind.value: kind for kind in StopKind}
_KINDS_OF_TASK: Final = frozenset(
    {"program", "process", "thread", "timer", "pool", "future", "coroutine", "bar", "work", "internal", "task"}
)


def _kind(value: object) -> str:
    return value if type(value) is str and value in _KINDS_OF_TASK else "task"


def _progress(value: object) -> Progress:
    if type(value) is not list or len(value) < 4:
        return NO_PROGRESS
    done, total, unit, message = value[:4]
    return Progress(
        done if type(done) in (int, float) else None,
        total if type(total) in (int, float) else None,
        text(unit, 40),
        text(message, SENTENCE_LIMIT),
    )


def _reason(value: object, clock: Clock) -> StopReason | None:
    if type(value) is not list or len(value) < 4:
        return None
    kind = _KINDS.get(value[0] if type(value[0]) is str else "", StopKind.REQUEST)
    at = clock(value[3])
    return StopReason(kind, text(value[1]), text(value[2], SENTENCE_LIMIT), 0.0 if at is None else at)


def _means(value: object) -> StopMeans | None:
    if type(value) is not dict:
        return None
    signal = value.get("signal")
    return StopMeans(
        text(value.get("means"), SENTENCE_LIMIT),
        texts(value.get("shared_with"), SHARED),
        texts(value.get("offers"), OFFERS),
        tuple(name if name in SIGNALS else "" for name in texts(value.get("signals"), OFFERS)),
        signal if type(signal) is str and signal in SIGNALS else "",
        by_tasks=value.get("by_tasks") is True,
        ignores=value.get("ignores") is True,
    )


# -- what moves in a snapshot while its state does not -----------------------------------------------------------------


class Move(NamedTuple):
    """What changes in a snapshot while its state does not."""

    id: int
    revision: int
    progress: Progress
    """As the worker wrote it."""
    checkpoint: CheckpointReading | None
    log_lines: int
    paused_for: float
    shield: str
    stop_seen_at: float | None
    facts: ThreadFacts | None = None


def to_move(snapshot: TaskSnapshot) -> list[Any]:
    """Return what moves in a snapshot, see `Move`."""
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


def from_move(values: object, clock: Clock, now: float) -> Move:
    """Return what `to_move` made, at about `now`. Raises SnapshotError."""
    if type(values) is not list or len(values) < 11:
        raise SnapshotError("a move that is none")
    return Move(
        task_number(values[0]),
        whole(values[1]) or 0,
        _progress(values[2:6]),
        reading(values[6]),
        whole(values[7]) or 0,
        seconds(values[8]),
        text(values[9]),
        clock(values[10]),
        from_facts(values[11], clock, now) if len(values) > 11 else None,
    )


# -- what a thread does, and where it is -------------------------------------------------------------------------------


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
    if facts.calls:
        item["calls"] = [[call.function[-_SHORT:], call.file[-_SHORT:], call.line] for call in facts.calls[:MOST_CALLS]]
    return item


_FACT_TEXTS: Final = ("subject", "channel", "function", "file", "holder")


def from_facts(item: object, clock: Clock, now: float) -> ThreadFacts | None:
    """Return what `to_facts` made, as far as it makes sense; None if it is nothing of the kind."""
    if type(item) is not dict:
        return None
    get = item.get
    does, cpu, wakes, channel = get("does"), get("cpu"), get("wakes_in"), get("channel")
    since = clock(get("since"))
    return ThreadFacts(
        native_id=whole(get("native_id")),
        cpu=share(cpu, _MOST_PROCESSORS),
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
        circle=texts(get("circle"), SHARED),
        calls=_own_calls(get("calls")),
    )


def _own_calls(value: object) -> tuple[OwnCall, ...]:
    if type(value) is not list:
        return ()
    calls = (call for call in value[:MOST_CALLS] if type(call) is list and len(call) == 3)
    return tuple(OwnCall(text(function), text(file), whole(line) or 0) for function, file, line in calls)


_ACTIVITIES: Final = {activity.value: activity for activity in Activity}
_CHANNELS: Final = frozenset({"file", "socket", "pipe", "terminal"})
#: A process may use several processors at once.
_MOST_PROCESSORS: Final = 4096.0


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
    return {
        "at": sample.taken_at, "unmoved_since": sample.unmoved_since, "frames": frames, "busy": sample.busy,
        "load": sample.load, "one_call": sample.one_call,
    }  # fmt: skip


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
    one_call = item.get("one_call")
    return StackSample(
        at,
        frames,
        at if unmoved is None else min(unmoved, at),
        share(item.get("busy")),
        share(item.get("load"), _MOST_PROCESSORS),
        one_call if type(one_call) is bool else None,
    )


# -- what is asked of a task -------------------------------------------------------------------------------------------


def to_request(request: Request) -> Item:
    """Return a request as plain values, without the number of the task."""
    message: Item = {"t": request.verb.value}
    if request.verb is Verb.OFFER:
        message["offer"] = request.offer
    elif request.verb in STOPS:
        kind, by, why, _ = request.why
        message.update(kind=kind.value, by=by[:_SHORT], reason=why[:_SHORT])
    return message


def from_request(message: Item) -> Request | None:
    """Return the request that a message of the window is; None if it is none that makes sense.

    Whatever kind of stop it claims, it comes from a person or another program.
    """
    verb = _VERBS.get(message["t"]) if type(message["t"]) is str else None
    if verb is Verb.OFFER:
        number = whole(message.get("offer"))
        return to_stop(by="user", kind=StopKind.USER, verb=verb, offer=number) if number is not None else None
    if verb in STOPS:
        kind = message.get("kind")
        known = StopKind(kind) if type(kind) is str and kind in _REQUEST_KINDS else StopKind.REMOTE
        return to_stop(text(message.get("reason")), by=text(message.get("by")), kind=known, verb=verb)
    return Request(verb) if verb is not None else None


_VERBS: Final = {verb.value: verb for verb in Verb}
_REQUEST_KINDS: Final = frozenset({StopKind.USER.value, StopKind.REMOTE.value, StopKind.REQUEST.value})
