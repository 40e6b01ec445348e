"""Text in a terminal: how wide it is, clipped, and in columns beneath each other.

``taskmon list`` needs no more than this: what shows tasks as they go on is `taskmon.cli.terminal_output`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import TextIO


def fit(text: str, width: int) -> str:
    """Clip printable `text` to `width` columns of a terminal, where a CJK character takes two."""
    if width <= 0:
        return ""
    if text.isascii():
        return text if len(text) <= width else text[: width - 1] + "…"
    used = 0
    clipped_at = 0  # where to cut if it turns out to be too long: the ellipsis needs a column
    for position, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return text[:clipped_at] + "…"
        if used < width:
            clipped_at = position + 1
    return text


def in_columns(
    rows: Sequence[Sequence[str]], width: int | None = None, to_the_right: Collection[int] = ()
) -> list[str]:
    """Return a line for each row, its cells beneath each other; clipped to `width` columns of a terminal, if given.

    Those `to_the_right` are aligned so; the last column goes on as it likes.
    """
    widths = [max(map(columns, cells)) for cells in list(zip(*rows, strict=True))[:-1]]
    lines = []
    for row in rows:
        cells = []
        for number, (cell, room) in enumerate(zip(row, widths, strict=False)):
            padding = " " * (room - columns(cell))
            cells.append(padding + cell if number in to_the_right else cell + padding)
        line = "  ".join([*cells, row[-1]]).rstrip()
        lines.append(line if width is None else fit(line, width))
    return lines


def columns(text: str) -> int:
    """How many columns of a terminal printable `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    import unicodedata  # most lists are ASCII

    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def ordinary_spaces(text: str) -> str:
    """`text` without the narrow spaces, which are not in every terminal's font, nor what one greps for."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def terminal_size(output: TextIO) -> tuple[int, int]:
    """Columns and rows of the terminal that `output` is."""
    try:
        columns, rows = os.get_terminal_size(output.fileno())
    except (OSError, ValueError):
        columns, rows = 0, 0
    return columns or 80, rows or 24  # 0 × 0 is what an unconfigured terminal says


def width_here() -> int | None:
    """How many columns what is printed may take; None if that is no terminal."""
    output = sys.stdout  # None if we were started with it closed
    return terminal_size(output)[0] if output is not None and output.isatty() else None
