"""Exceptions that only carry a cancel outwards: what they end has not failed."""

from __future__ import annotations

from typing import Final

#: By name: the program need not have imported the modules that define them.
_CANCELS: Final = frozenset({
    ("taskmon.core.stop.reason", "TaskCancelled"),
    ("asyncio.exceptions", "CancelledError"),
    ("concurrent.futures._base", "CancelledError"),
    ("trio", "Cancelled"),
    ("taskmon.watch.hooks.bars", "_BarCancelledError"),
})  # fmt: skip
_PARTS: Final = BaseExceptionGroup.__dict__["exceptions"]
#: Deeper than this, a group is not looked into.
_DEEPEST: Final = 20


def carries_cancel(error: BaseException | None, depth: int = 0) -> bool:
    """Whether it is a cancel, or a group of nothing else. Runs no code of the program's."""
    if error is None or depth > _DEEPEST:
        return False
    kinds = type.__dict__["__mro__"].__get__(type(error))
    if BaseExceptionGroup in kinds:
        return all(carries_cancel(part, depth + 1) for part in _PARTS.__get__(error))
    return any((kind.__dict__.get("__module__"), kind.__name__) in _CANCELS for kind in kinds)
