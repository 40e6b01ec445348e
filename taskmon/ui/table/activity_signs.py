"""The sign and the colour of what a thread does: shape first, then colour."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor

from taskmon.core.stacks.facts import Activity
from taskmon.ui.widgets.theme import Tokens

_A = Activity
_SIGNS: Final = {
    _A.COMPUTING: "play", _A.OUTSIDE: "outside", _A.CALL: "outside", _A.LOCK: "lock", _A.SEMAPHORE: "lock",
    _A.FILE_LOCK: "lock", _A.READING: "transfer", _A.WRITING: "transfer", _A.CONNECTING: "transfer",
    _A.ACCEPTING: "transfer", _A.IO: "transfer",
}  # fmt: skip
_TRANSFER: Final = (QColor("#0f766e"), QColor("#2dd4bf"))


def sign_of(activity: str, colors: Tokens, *, stuck: bool) -> tuple[str, QColor]:
    """Return the name of the glyph for an `Activity`, and its colour; `stuck` in a deadlock."""
    sign = _SIGNS.get(Activity(activity), "moon")
    if stuck:
        return sign, colors.failed
    if sign == "lock":
        return sign, colors.warning
    if sign == "transfer":
        return sign, _TRANSFER[colors.dark]
    return sign, colors.quiet if sign == "moon" else colors.accent
