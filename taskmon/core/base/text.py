"""Words and numbers for people, and the one place where untrusted text becomes safe to show.

Names of files, tasks and peers are somebody else's text. Before any of it reaches a terminal, a label or a
log it goes through :func:`plain`, so that an escape sequence cannot drive the terminal, a newline cannot
forge a second line and a bidi override cannot make ``txt.exe`` read as ``exe.txt``.

The formatters accept whatever a worker may report (negative, huge, not a number) and never raise.
Everything here is a pure function: any thread may call it.
"""

from __future__ import annotations

import math
import re
from functools import cache

from taskmon.core.base import translate

#: Between a number and its unit. Lets no line break fall inside a figure.
UNIT_SEPARATOR = "\u00a0"

#: The ``unit`` with which a task says that its progress counts bytes; shown as kB, MB, …, not as a bare
#: count.
BYTES = "bytes"

#: How one of it is called, of what programs count most. A unit is a program's own word: others stay as they are.
SINGULARS = {
    "attempts": "attempt", "calls": "call", "files": "file", "folders": "folder", "images": "image", "items": "item",
    "jobs": "job", "lines": "line", "messages": "message", "pages": "page", "processes": "process", "records": "record",
    "requests": "request", "rows": "row", "steps": "step", "tasks": "task", "threads": "thread",
    "thumbnails": "thumbnail", "words": "word", "workers": "worker",
}  # fmt: skip

_ELLIPSIS = "…"
_INFINITY = "∞"
_UNKNOWN = "?"


@cache
def _unsafe() -> re.Pattern[str]:
    """C0, DEL and C1 controls; the Arabic letter mark and the left-to-right and right-to-left marks; line and paragraph
    separators; bidi embeddings, overrides and isolates; the byte order mark; lone surrogates (how Python spells the
    bytes of a file name that are not UTF-8). Zero-width joiners stay: emoji and several scripts need them.

    Made when it is first needed, as the next: both together take as long as a twelfth of the start of Python.
    """
    return re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@cache
def _pile() -> re.Pattern[str]:
    """Combining marks beyond the fourth: a pile of them would be drawn across the rows above and below."""
    marks = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
    return re.compile(f"({marks}{{4}}){marks}+")


#: Longest text that a worker may leave with us, in characters.
_LONGEST_TEXT = 4_096

_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB", "RB", "QB")
_LARGEST_GROUPED = 10**36


def to_text(value: object, limit: int = _LONGEST_TEXT) -> str:
    """Return `value` as a text of bearable length and of Python's own type, whatever its ``__str__`` does."""
    if type(value) is str and len(value) <= limit:
        return value
    try:
        return to_text_or_raise(value, limit)
    except BaseException:
        return ""


def to_text_or_raise(value: object, limit: int) -> str:
    """`to_text`, for callers who want to tell what the ``__str__`` of `value` has raised."""
    # It may return a text of a subclass, whose methods are somebody else's code: what str itself cuts off is plain.
    return str.__getitem__(str(value), slice(0, limit))


def plain(text: str, limit: int = 200) -> str:
    """Make ``text`` one printable line of at most ``limit`` characters.

    Newlines show as ``␤`` and other control characters as their pictures (``␛`` for escape). Characters
    without a picture are spelt out: ``\\x9b``, ``\\u202e``. A byte of a file name that is not UTF-8 shows as
    ``\\xff``. Text that is too long ends in ``…``. The result is for eyes only: never turn it back into a
    path.
    """
    if limit <= 0:
        return ""
    if not isinstance(text, str):
        text = to_text(text)  # a total function: a painter that raises ends the process
    # Clip before looking: ten megabytes of hostile name must not cost ten megabytes of work.
    shown = text[: limit + 1]
    if not shown.isprintable():
        shown = _unsafe().sub(_make_visible, shown)
    if not shown.isascii():
        shown = _pile().sub(_first_of_pile, shown)
    if len(shown) > limit:
        return shown[: limit - 1] + _ELLIPSIS
    return shown


def format_count(n: float) -> str:
    """A whole number with its digits grouped: ``8 412``. Above 10³⁶ only its size is told."""
    if isinstance(n, float):
        if not math.isfinite(n):
            return _UNKNOWN if math.isnan(n) else ("-" if n < 0 else "") + _INFINITY
        n = round(n)
    if abs(n) > _LARGEST_GROUPED:  # str() of an int past 4 300 digits raises ValueError
        return "less than −10^36" if n < 0 else "over 10^36"
    return f"{n:,}".replace(",", translate.figures.group)


def tr_count(n: int, one: str, many: str, **values: object) -> str:
    """Return `one` or `many`, literals for a count of one and for any other, in the user's language and filled in.

    What is English everywhere says its counts by `count_of`; Qt's objects have a `tr` of their own that knows plurals.

    Args:
        n: the count, which takes the place of ``{n}``.
        values: what takes the place of other names, written as it is to be shown.
    """
    return (translate.tr(one) if n == 1 else translate.tr(many)).format(n=format_count(n), **values)


def count_of(n: int, things: str) -> str:
    """``1 thread``, ``8 412 threads``, in English."""
    return f"{format_count(n)} {_called(things, n)}"


def _called(things: str, n: float) -> str:
    return SINGULARS.get(things, things) if n == 1 else things


def format_figure(n: float, scale: float | None = None) -> str:
    """A number with three digits or so: ``0.125``, ``2.5``, ``8 412``; as exactly as one of the size of `scale`."""
    size = abs(n if scale is None else scale)
    if not isinstance(n, float) or n.is_integer() or not 0 < size < 100 or not math.isfinite(n):
        return format_count(n)
    if size < 1e-4:
        return f"{n:.3g}".replace(".", translate.figures.decimal)
    shown = f"{n:,.{2 - math.floor(math.log10(size))}f}".rstrip("0").rstrip(".")
    return shown.replace(",", translate.figures.group).replace(".", translate.figures.decimal)


def format_bytes(n: float) -> str:
    """An amount of bytes in decimal units, three digits or so: ``512 B``, ``1.2 GB``, ``87 MB``."""
    if isinstance(n, float):
        if not math.isfinite(n):
            return _UNKNOWN if math.isnan(n) else _INFINITY + UNIT_SEPARATOR + "B"
        n = round(n)
    if n < 0:
        return "-" + format_bytes(-n)
    power = 0
    while n >= 1000 ** (power + 1) and power < len(_BYTE_UNITS) - 1:
        power += 1
    if power == 0:
        return f"{n}{UNIT_SEPARATOR}B"
    # Integers throughout: a float would lose digits early and overflow late.
    scale = 1000**power
    tenths = (n * 10 + scale // 2) // scale
    if tenths < 100:
        return f"{tenths // 10}{translate.figures.decimal}{tenths % 10}{UNIT_SEPARATOR}{_BYTE_UNITS[power]}"
    whole = (n + scale // 2) // scale
    if whole >= 1000 and power < len(_BYTE_UNITS) - 1:  # 999 600 B rounds up to 1.0 MB, not to 1 000 kB
        return f"1{translate.figures.decimal}0{UNIT_SEPARATOR}{_BYTE_UNITS[power + 1]}"
    return f"{format_count(whole)}{UNIT_SEPARATOR}{_BYTE_UNITS[power]}"


def format_roughly(seconds: float) -> str:
    """A length of time rounded down, so that it seldom changes: ``20 s``, ``3 m``, ``2 h``, ``4 d``."""
    figures = translate.figures
    for length, unit in ((86_400, figures.day), (3_600, figures.hour), (60, figures.minute)):
        if seconds >= length:
            return f"{format_count(int(seconds // length))}{UNIT_SEPARATOR}{unit}"
    return f"{max(0, int(seconds // 10)) * 10}{UNIT_SEPARATOR}{figures.second}"


def format_duration(seconds: float, *, precise: bool = False) -> str:
    """A length of time in its two largest units: ``42 s``, ``4 m 12 s``, ``1 h 20 m``, ``3 d 4 h``.

    Rounded down, so that a running clock never shows time that has not passed. With ``precise``, times under
    ten seconds keep a tenth (``0.4 s``): for what has ended, not for a clock that ticks.
    """
    if isinstance(seconds, float) and math.isnan(seconds):
        return _UNKNOWN
    if seconds > 1e15:
        return _INFINITY
    seconds = max(seconds, 0)
    figures = translate.figures
    if precise and seconds < 9.95:
        return f"{seconds:.1f}{UNIT_SEPARATOR}{figures.second}".replace(".", figures.decimal, 1)
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        parts = ((format_count(days), figures.day), (str(hours), figures.hour))
    elif hours:
        parts = ((str(hours), figures.hour), (str(minutes), figures.minute))
    elif minutes:
        parts = ((str(minutes), figures.minute), (str(rest), figures.second))
    else:
        return f"{rest}{UNIT_SEPARATOR}{figures.second}"
    return UNIT_SEPARATOR.join(f"{number}{UNIT_SEPARATOR}{unit}" for number, unit in parts)


def format_step(seconds: float) -> str:
    """A length of time as an axis tells it, without the zero of a smaller unit: ``0.5 s``, ``4 m``, ``1 h 20 m``."""
    unit = 60 if seconds < 3_600 else 3_600 if seconds < 86_400 else 86_400
    return format_duration(seconds, precise=seconds < 1) if seconds % unit else format_roughly(seconds)


def format_amount(done: float | None, total: float | None, unit: str | None) -> str:
    """How far a task has come: ``1.2 GB of 3.4 GB``, ``3 412 of 9 000 files``, ``17 messages``, ``1 file``.

    Empty when the task has reported nothing.
    """
    if done is None:
        return ""
    if unit == BYTES:
        shown = format_bytes(done)
        return shown if total is None else translate.figures.amount.format(done=shown, total=format_bytes(total))
    if unit == "%":
        return f"{format_count(done)}\u00a0%"
    shown = format_figure(done, total)
    if total is not None:
        shown = translate.figures.amount.format(done=shown, total=format_figure(total))
    return f"{shown} {plain(_called(unit, done if total is None else total), 40)}" if unit else shown


def _first_of_pile(match: re.Match[str]) -> str:
    # Not r"\1": to read that, C imports `re`, and in a watched program that is whatever the program calls so.
    return match[1]


def _make_visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code in (0x0A, 0x85, 0x2028, 0x2029):
        return "␤"
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: the raw byte of a name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
