"""The sign and the colour of what a thread does: shape first, then colour."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor

from taskmon.bridge.table.kinds import Kind, kind_of
from taskmon.core.stacks.facts import Activity
from taskmon.ui.widgets.theme import Tokens

_SIGNS: Final = {
    Kind.COMPUTING: "play", Kind.OUTSIDE: "outside", Kind.CALL: "outside", Kind.LOCK: "lock", Kind.TRANSFER: "transfer",
    Kind.SLEEPING: "moon",
}  # fmt: skip
_TRANSFER: Final = (QColor("#0f766e"), QColor("#2dd4bf"))


def sign_of(activity: str, colors: Tokens, *, stuck: bool) -> tuple[str, QColor]:
    """Return the name of the glyph for an `Activity`, and its colour; `stuck` in a deadlock."""
    kind = kind_of(Activity(activity))
    return _SIGNS[kind], color_of(Kind.DEADLOCK if stuck else kind, colors)


def color_of(kind: Kind, colors: Tokens) -> QColor:
    """The colour of what a thread does."""
    if kind is Kind.DEADLOCK:
        return colors.failed
    if kind is Kind.LOCK:
        return colors.warning
    if kind is Kind.TRANSFER:
        return _TRANSFER[colors.dark]
    return colors.quiet if kind in (Kind.SLEEPING, Kind.PAUSED) else colors.accent
