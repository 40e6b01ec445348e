"""What is kept of the program's code, to spare it a second look, and forgotten when the program is let go.

By then it would keep alive what the program has done with: functions, and with them all that their modules hold.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

_Kept = TypeVar("_Kept", bound="dict[Any, Any]")
_all: Final[list[dict[Any, Any]]] = []


def until_let_go(kept: _Kept) -> _Kept:
    """Return the dictionary, which is emptied when the program is let go."""
    _all.append(kept)
    return kept


def forget() -> None:
    """Nothing looks at the program any more."""
    for kept in _all:
        kept.clear()
