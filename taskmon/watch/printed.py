"""The progress of a command, read from what it prints: it has no other way to tell.

Percentages and ``n/m`` on lines that are written over, the escape sequence for progress that terminals know (OSC 9;4),
what ffmpeg and rsync say. A number alone is no progress: on lines that stay, it must be seen to grow.
"""

from __future__ import annotations

import re
import time
from typing import Final

from taskmon.core.base.text import format_duration

#: Bytes looked at in one go; of a flood, the end is enough.
_MOST: Final = 65_536
_LONGEST_LINE: Final = 2_000
_LONGEST_MESSAGE: Final = 200
#: Seconds of silence that are worth telling.
_SILENT: Final = 3.0
_OSC_PROGRESS: Final = re.compile(r"\x1b\]9;4;([0-4])(?:;(\d{0,3}))?[^\x07\x1b]*(?:\x07|\x1b\\)")
_ESCAPES: Final = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_=>]|[\x00-\x08\x0e-\x1f\x7f]"
)
_PERCENT: Final = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,3})?)\s?%")
#: Not a date, a path or a version: nothing of the kind stands before or behind.
_OF: Final = re.compile(r"(?<![\w./:=-])(\d{1,12})\s?(?:/|of)\s?(\d{1,12})(?![\w/:]|\.\d|-\d)")
_FFMPEG_LENGTH: Final = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_FFMPEG_TIME: Final = re.compile(r"\btime=(\d+):(\d\d):(\d\d(?:\.\d+)?)")


class PrintedProgress:
    """One command's. Fed by one thread; `now` may be called by any."""

    def __init__(self) -> None:
        self._begun = ""  # of the last line
        self._length: float | None = None
        self._amount: tuple[float | None, float | None, str] = (None, None, "")
        self._firm = False  # whether it was told in a way that means nothing else
        self._grown: dict[
            str, tuple[float, float]
        ] = {}  # by what stands around a number: where it was, and of how much
        self._line = ""
        self._heard_at = time.monotonic()

    def feed(self, said: str) -> None:
        """Take what was printed."""
        self._heard_at = time.monotonic()
        said = said[-_MOST:]
        for code in _OSC_PROGRESS.finditer(said):
            self._take_code(code[1], code[2])
        parts = re.split(r"(\r\n|\n|\r)", self._begun + said)
        self._begun = parts.pop()[-_LONGEST_LINE:]
        lines = list(zip(parts[::2], parts[1::2], strict=False))
        for number, (text, end) in enumerate(lines):
            # What is written over ends with \r, or begins behind one.
            over = end == "\r" or (number > 0 and lines[number - 1][1] == "\r")
            self._take_line(text, over=over)
        if self._begun and lines and lines[-1][1] == "\r":
            self._take_line(self._begun, over=True)

    def now(self) -> tuple[float | None, float | None, str, str]:
        """How far it is: amount done, total, unit; and what it said last, or since when it has said nothing."""
        silent = time.monotonic() - self._heard_at
        done, total, unit = self._amount
        line = self._line
        if silent >= _SILENT and done is None:
            said = f"last output {format_duration(silent)} ago"
            line = f"{said}: {line}" if line else said
        return done, total, unit, line[:_LONGEST_MESSAGE]

    def _take_code(self, state: str, value: str | None) -> None:
        if state == "0":
            self._amount, self._firm = (None, None, ""), False
        elif state in "124" and value:
            self._amount, self._firm = (min(100.0, float(value)), 100.0, "%"), True

    def _take_line(self, text: str, *, over: bool) -> None:
        line = without_escapes(text[-_LONGEST_LINE:]).strip()
        if not line:
            return
        self._line = line
        if self._firm:
            return
        length, at = _FFMPEG_LENGTH.search(line), _FFMPEG_TIME.search(line)
        if length is not None:
            self._length = max(self._length or 0.0, _seconds(length))  # of several inputs, the longest
        elif at is not None:
            self._amount = (_seconds(at), self._length, "s")
        else:
            self._take_numbers(line, over=over)

    def _take_numbers(self, line: str, *, over: bool) -> None:
        for pattern, unit in ((_OF, ""), (_PERCENT, "%")):
            found = pattern.search(line)
            if found is None:
                continue
            done = float(found[1].replace(",", "."))
            total = float(found[2]) if unit == "" else 100.0
            if total < 2 or done > total:
                continue
            around = f"{unit}{line[: found.start()][-40:].strip(' 0123456789.,:#=>[|-')}" if not over else unit
            before = self._grown.get(around)
            self._grown[around] = done, total
            if len(self._grown) > 50:
                self._grown.pop(next(iter(self._grown)))
            if over or (before is not None and before[1] == total and before[0] < done):
                self._amount = done, total, unit
                return


def without_escapes(text: str) -> str:
    """Return what is to be read of a text: no colours, no titles."""
    return _ESCAPES.sub("", text)


def _seconds(found: re.Match[str]) -> float:
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
