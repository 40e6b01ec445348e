"""What a program says, believed value by value or not at all.

A number that is none is left out, a text is clipped and made plain, a moment in the future becomes now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from taskmon.core.base.text import plain
from taskmon.core.task.meter import CheckpointReading

#: Longest texts, in characters.
NAME_LIMIT: Final = 400
SENTENCE_LIMIT: Final = 1_000
DETAILS_LIMIT: Final = 4_000
#: Numbers that name something, or count lines: those that every reader of JSON takes exactly.
LARGEST: Final = 2**53

Clock = Callable[[object], float | None]
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
