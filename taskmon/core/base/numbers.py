"""Numbers of callers and workers, made plain once, where they come in.

A subclass of int may raise from its ``__lt__``, an integer of four hundred digits overflows any float, and numpy's
numbers need numpy to be read. What is kept, compared and sent by code that serves everybody is therefore Python's own
int or float, from the first moment on.
"""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def plain_number(value: Any) -> int | float | None:
    """Return `value` as an int or float of Python's own; None if it is no number. Never raises.

    Integers of any kind stay integers: numpy's, and whatever has an ``__index__``. Texts are no numbers.
    """
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]
    # By the types' own methods: those of a subclass are somebody else's code.
    if issubclass(kind, int):
        return int.__add__(value, 0)
    if issubclass(kind, float):
        return float.__add__(value, 0.0)
    if issubclass(kind, (str, bytes, bytearray)):  # float() would parse them
        return None
    for make in (int,) if hasattr(value, "__index__") else (float, int):
        try:
            return make(value)
        except OverflowError:  # of a Fraction that no float can hold
            continue
        except BaseException:
            break
    return None


def seconds(value: Any, name: str) -> float:
    """Return a length of time, or a moment, that a caller has given; infinity for what no float can hold.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is not a number, as IEEE 754 has it.
    """
    number = value if type(value) is float else plain_number(value)
    if number is None:
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if type(number) is int:
        try:
            number = float(number)
        except OverflowError:
            return math.inf if number > 0 else -math.inf
    if math.isnan(number):
        raise ValueError(f"{name} must be a number of seconds, not nan")
    return number


def timeout_seconds(timeout: Any) -> float:
    """Return a timeout that a caller has given; infinity for what no float can hold.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is negative, or not a number.
    """
    plain = seconds(timeout, "timeout")
    if plain < 0:
        raise ValueError(f"timeout must be zero or more seconds, not {plain!r}")
    return plain


def share_in(steps: int, done: int | float, total: int | float) -> int:
    """Return how many of equal `steps` are done, rounded down; right for numbers of any size."""
    if not total or done >= total:
        return steps
    if isinstance(done, int) and isinstance(total, int):
        return done * steps // total
    try:
        return int(done / total * steps)
    except OverflowError:  # an integer beyond any float, beside a float
        from fractions import Fraction

        return int(Fraction(done) / Fraction(total) * steps)
