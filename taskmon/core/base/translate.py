"""The language of the core and of the jobs, without Qt: texts are English until a window says how to translate them.

In a terminal they stay English. A window calls `use` at its start and whenever its user picks another language; what
a job has said before that keeps its words.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Figures:
    """How numbers, times and amounts are written."""

    group = "\u202f"
    """Between groups of digits. Lets no line break fall inside a figure."""
    decimal = "."
    day, hour, minute, second = "d", "h", "m", "s"
    amount = "{done} of {total}"


def _as_it_is(text: str) -> str:
    return text


_translate: Callable[[str], str] = _as_it_is
figures = Figures()
"""Those in force. Read it as ``words.figures``: it is replaced."""


def tr(text: str) -> str:
    """Return `text`, a literal, in the user's language. Any thread may call it."""
    return _translate(text)


def in_use() -> bool:
    """Whether a window has said how to translate."""
    return _translate is not _as_it_is


def mark(text: str) -> str:
    """Return `text` as it is: a literal that is translated later, where it is shown."""
    return text


def in_a_row(*sentences: str) -> str:
    """Sentences that follow each other, those that are not empty: after a Chinese full stop stands no space."""
    return " ".join(filter(None, sentences)).replace("。 ", "。")


def use(translate: Callable[[str], str] | None, group: str = "\u202f", decimal: str = ".") -> None:
    """Translate with `translate`, which any thread must be able to call; None goes back to English."""
    global _translate, figures
    _translate = translate or _as_it_is
    made = Figures()
    made.group, made.decimal = group, decimal
    made.day, made.hour, made.minute, made.second = tr("d"), tr("h"), tr("m"), tr("s")
    made.amount = tr("{done} of {total}")
    figures = made
