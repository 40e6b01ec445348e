"""Pictures of tasks into messages. A message holds what differs from the default; `taskmon.link.checked` reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from taskmon.core.progress import Progress
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.stack import StackSample
from taskmon.core.state import TaskState
from taskmon.core.threads import name_of_thread

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
    ]


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
