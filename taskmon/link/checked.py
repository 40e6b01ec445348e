"""What a program says of its tasks, believed field by field or not at all.

A number that is none is left out, a text is clipped and made plain, a moment in the future becomes now. A picture that
lacks what makes it a picture is refused by itself; the rest of its frame is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from taskmon.core.meter import CheckpointReading
from taskmon.core.progress import Progress
from taskmon.core.reason import StopKind, StopReason
from taskmon.core.snapshot import Origin, StopMeans, TaskSnapshot
from taskmon.core.stack import StackFrame, StackSample
from taskmon.core.state import TaskState
from taskmon.core.text import plain
from taskmon.link.pictures import DETAILS_LIMIT, FRAMES, NAME_LIMIT, NO_PROGRESS, OFFERS, SENTENCE_LIMIT, SHARED, Item

#: Numbers that name something, or count lines: those that every reader of JSON takes exactly.
LARGEST: Final = 2**53
_STATES: Final = {state.value: state for state in TaskState}
_KINDS: Final = {kind.value: kind for kind in StopKind}
_KINDS_OF_TASK: Final = frozenset({"program", "thread", "timer", "future", "coroutine", "bar", "task"})

Clock = Callable[[object], float | None]
"""Turns a moment of the other program into one of this, or None if it is none."""


class PictureError(ValueError):
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


def from_item(item: object, clock: Clock, program: str, pid: int) -> tuple[TaskSnapshot, tuple[TaskState, ...]]:
    """Return the picture that `item` shows, with its own ids, and the states passed on the way to it.

    Progress is taken as it is: what makes no sense in it is for `taskmon.core.progress.ProgressReader`.

    Raises:
        PictureError: if there is no id, no name or no state.
    """
    if type(item) is not dict:
        raise PictureError("a picture that is no object")
    get = item.get
    value = get("state")
    state = _STATES.get(value) if type(value) is str else None
    name = get("name")
    if state is None or type(name) is not str:
        raise PictureError("a picture without a state or a name")
    taken_at = clock(get("taken_at"))
    queued_at = clock(get("queued_at"))
    if taken_at is None:
        raise PictureError("a picture without its moment")
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
    )
    via = get("via")
    passed = via[:16] if type(via) is list else ()
    return picture, tuple(_STATES[value] for value in passed if type(value) is str and value in _STATES)


def from_move(values: object, clock: Clock) -> Move:
    """Return what `to_move` made. Raises PictureError."""
    if type(values) is not list or len(values) < 11:
        raise PictureError("a move that is none")
    return Move(
        task_number(values[0]),
        whole(values[1]) or 0,
        _raw(values[2:6]),
        reading(values[6]),
        whole(values[7]) or 0,
        seconds(values[8]),
        text(values[9]),
        clock(values[10]),
    )


def from_stack(item: Item, clock: Clock) -> StackSample:
    """Return what `to_stack` made, as far as it makes sense. Raises PictureError."""
    at, given = clock(item.get("at")), item.get("frames")
    if at is None or type(given) is not list:
        raise PictureError("a stack without its moment or its calls")
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
    busy = item.get("busy")
    share = float(busy) if type(busy) in (int, float) and 0 <= busy <= 1 else None  # type: ignore[operator, arg-type]
    return StackSample(at, frames, at if unmoved is None else min(unmoved, at), share)


def whole(value: object) -> int | None:
    """A whole number from 0 to `LARGEST`, or None."""
    return value if type(value) is int and 0 <= value <= LARGEST else None


def task_number(value: object) -> int:
    """The id of a task. Raises PictureError."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise PictureError("a task without its number")
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
