"""Pictures of tasks as values that a database takes.

SQLite refuses integers beyond 64 bits and text with lone surrogates, and turns NaN into NULL. A worker may report all
of these; none may keep a row from being written.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from taskmon.core.base.errors import clip
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.task.snapshot import TaskSnapshot

_LARGEST: Final = 2**63 - 1
_LINE: Final = 1_000
_TRACEBACK: Final = 16_000
_SEARCHED: Final = 2_000
_ARGUMENTS: Final = 100_000

Value = int | float | str | None


class RestartInfo(NamedTuple):
    """What it takes to start the same work again."""

    job: str
    """The name of the built-in job; ``program`` for a Python program that was started from the window."""
    arguments: Mapping[str, Any]
    """Its arguments, of types that JSON knows."""


def number(value: object) -> int | float | None:
    """Return `value` as a number that SQLite can keep; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        if -_LARGEST <= value <= _LARGEST:
            return value
        try:
            return float(value)
        except OverflowError:
            return None
    return value if math.isfinite(value) else None


def text(value: str, limit: int = _LINE) -> str:
    """Return `value`, clipped, as text that SQLite can keep: surrogates spelt out, no NUL."""
    kept = clip(value, limit)
    if not kept.isascii():
        kept = kept.encode("utf-8", "backslashreplace").decode("utf-8")
    return kept.replace("\0", "␀") if "\0" in kept else kept


def arguments_text(restart: RestartInfo | None) -> str:
    """Return the arguments as JSON; empty if they cannot be told in it, or are beyond all measure."""
    if restart is None:
        return ""
    try:
        told = json.dumps(restart.arguments, sort_keys=True, allow_nan=False)  # surrogates are spelt out as \udcXX
    except (TypeError, ValueError, RecursionError):
        return ""
    return told if len(told) <= _ARGUMENTS else ""


def work_key(snapshot: TaskSnapshot, restart: RestartInfo | None) -> str:
    """Return what tells the same work from other work: the job with its arguments, or else the task's name."""
    import hashlib  # OpenSSL comes with it: not before there is a task

    program = snapshot.origin.program if snapshot.origin is not None else ""
    told = arguments_text(restart)
    whole = (
        ["job", restart.job, told] if restart is not None and told else ["name", program, snapshot.group, snapshot.name]
    )
    return hashlib.blake2b(json.dumps(whole).encode(), digest_size=16).hexdigest()


def task_values(run: int, snapshot: TaskSnapshot, restart: RestartInfo | None, offset: float) -> tuple[Value, ...]:
    """Return the values of `taskmon.history.schema.WRITTEN`. `offset` is ``time.time() - time.monotonic()``, now."""
    progress, reason, origin = snapshot.progress, snapshot.reason, snapshot.origin
    name, group = text(snapshot.name), text(snapshot.group)
    program = text(origin.program) if origin is not None else ""
    message, error = text(progress.message), text(snapshot.error)
    return (
        run,
        snapshot.id,
        snapshot.revision,
        int(not snapshot.state.is_final),
        snapshot.state.value,
        name,
        group,
        program,
        number(origin.pid) if origin is not None else None,
        snapshot.parent_id,
        snapshot.retry_of,
        snapshot.attempt,
        number(snapshot.created) or None,
        wall(snapshot.started_at, offset),
        wall(snapshot.ended_at, offset),
        wall(snapshot.taken_at, offset),
        number(snapshot.elapsed),
        number(progress.done),
        number(progress.total),
        text(progress.unit, 100),
        message,
        reason.kind.value if reason is not None else "",
        text(reason.by) if reason is not None else "",
        text(reason.text) if reason is not None else "",
        text(snapshot.consequence),
        error,
        restart.job if restart is not None else "",
        work_key(snapshot, restart) if snapshot.parent_id is None else "",
        "\n".join((name, group, program, message, error)).casefold()[:_SEARCHED],
        arguments_text(restart),
        text(snapshot.details, _TRACEBACK),
    )


def wall(moment: float | None, offset: float) -> float | None:
    """Return a moment of `time.monotonic()` as one of `time.time()`."""
    return None if moment is None else number(moment + offset)


def stack_text(sample: StackSample) -> str:
    """Return a stack as lines, the innermost call last."""
    lines = [f'  File "{frame.file}", line {frame.line}, in {frame.function}' for frame in sample.frames]
    return text("\n".join(lines), _TRACEBACK)
