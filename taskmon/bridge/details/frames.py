"""The frames of a traceback or a stack as the details list them, with their lines of source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from taskmon.core.stacks.sampler import StackFrame, is_own

_FRAME: Final = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$')
#: Comments that are for programs to read.
_FOR_TOOLS: Final = re.compile(r"\s+# (noqa|type:|pragma|pylint|fmt:).*$", re.DOTALL)
#: Frames taken from one traceback.
_MOST_FRAMES: Final = 200


class TraceFrame(NamedTuple):
    """One line of the list."""

    file: str
    line: int
    function: str
    own: bool
    source: str = ""
    """The line of source; empty if it is not known (yet)."""


def frames_of_traceback(details: str) -> list[TraceFrame]:
    """Return the frames that a traceback's text names, the innermost of the last exception first.

    Text that is no traceback gives none. The program's own frames are told from a library's by where the files are.
    """
    found: list[TraceFrame] = []
    lines = details.splitlines()
    for number, text in enumerate(lines):
        match = _FRAME.match(text)
        if match is None:
            continue
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if not following.strip("^~ ") or _FRAME.match(lines[number + 1]) or following.startswith("File "):
            following = ""
        following = _FOR_TOOLS.sub("", following)
        line = int(match["line"]) if len(match["line"]) < 10 else 0
        found.append(TraceFrame(match["file"], line, match["function"], is_own(match["file"]), following))
    return found[: -_MOST_FRAMES - 1 : -1]


def frames_of_stack(frames: Iterable[StackFrame]) -> list[TraceFrame]:
    """Return a stack's frames, the innermost first."""
    shown = [TraceFrame(frame.file, frame.line, frame.function, frame.own) for frame in frames]
    shown.reverse()
    return shown


def with_source(frames: Iterable[TraceFrame]) -> list[TraceFrame]:
    """Return `frames` with their lines of source. Reads files: not for the UI thread."""
    import linecache

    linecache.checkcache()

    def line_of(frame: TraceFrame) -> str:
        return _FOR_TOOLS.sub("", linecache.getline(frame.file, frame.line)).strip()

    return [frame if frame.source else frame._replace(source=line_of(frame)) for frame in frames]
