"""The frames of a traceback or a stack as the details list them, with their lines of source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from taskmon.bridge.table.text import tr
from taskmon.core.base.translate import mark
from taskmon.core.stacks.sampler import StackFrame, is_own

_FRAME: Final = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$')
#: Comments that are for programs to read.
_FOR_TOOLS: Final = re.compile(r"\s+# (noqa|type:|pragma|pylint|fmt:).*$", re.DOTALL)
#: Calls listed of one traceback: each of its errors has its share, so that none goes untold.
_MOST_FRAMES: Final = 200
_FEWEST_CALLS: Final = 3
#: Lines listed of one error's message.
_MOST_LINES: Final = 20
#: The margin of what belongs to an exception group, and what its errors are parted by.
_MARGIN: Final = re.compile(r"^(?P<margin> {0,200})[|+] ?(?![-+])")
_RULE: Final = re.compile(r"^(?P<margin> {0,200}(?:\+-)?)\+-{4,}(?P<number> (?:\d+|\.\.\.) -+)?$")
_HEADS: Final = frozenset({"Traceback (most recent call last):", "Exception Group Traceback (most recent call last):"})
_RELATIONS: Final = {
    "The above exception was the direct cause of the following exception:": mark("Caused by: {error}"),
    "During handling of the above exception, another exception occurred:": mark("While handling: {error}"),
}
_PART: Final = mark("Part of it: {error}")


class TraceFrame(NamedTuple):
    """One line of the list."""

    file: str
    line: int
    function: str
    own: bool
    source: str = ""
    """The line of source; empty if it is not known (yet)."""
    is_message: bool = False
    """Whether it is no call but a line of an error's message, in `function`; the calls of that error follow."""


def frames_of_traceback(details: str) -> list[TraceFrame]:
    """Return the frames that a traceback's text names, the innermost of the last exception first.

    Where more than one error is told, as a cause, as what was being handled or as a part of a group, each begins with
    its message. Text that is no traceback gives none. The program's own frames are told from a library's by where the
    files are.
    """
    chain = _read(details.splitlines())
    if not any(error.frames for error in _all_errors(chain)):
        return []
    alone = len(chain) == 1 and not chain[0].parts and len(chain[0].message) <= 1
    calls_of_each = max(_FEWEST_CALLS, _MOST_FRAMES // sum(1 for _ in _all_errors(chain)))
    return list(islice(_listed(chain, "", calls_of_each, alone=alone), 2 * _MOST_FRAMES))


# -- the text of a traceback ----------------------------------------------------------------------------


class _Error:
    """One exception of a traceback, as it is printed."""

    __slots__ = ("frames", "message", "parts", "relation")

    def __init__(self) -> None:
        self.frames: list[TraceFrame] = []
        self.message: list[str] = []
        self.parts: list[list[_Error]] = []
        """If it is a group: each of its errors, as the last of a chain."""
        self.relation = ""
        """What it is to the one that follows it in its chain."""


def _read(lines: Sequence[str]) -> list[_Error]:
    """Return the chain of errors in the order in which they are printed: the cause before its effect."""
    root: list[_Error] = [_Error()]
    levels: list[tuple[int, list[_Error]]] = [(-1, root)]  # the column of its margin: a chain within a group
    in_message = False  # else among the frames
    for number, whole in enumerate(lines):
        if (rule := _RULE.match(whole)) is not None:
            while len(levels) > 1 and levels[-1][0] >= rule.end("margin"):
                levels.pop()
            if rule["number"]:
                chain = [_Error()]
                levels[-1][1][-1].parts.append(chain)
                levels.append((rule.end("margin"), chain))
            in_message = True
            continue
        margin = _MARGIN.match(whole)
        column = margin.end("margin") if margin is not None else -1
        while len(levels) > 1 and levels[-1][0] > column:
            levels.pop()
        chain = levels[-1][1]
        error = chain[-1]
        text = whole[margin.end() :] if margin is not None else whole
        if text in _HEADS:
            in_message = False
        elif text in _RELATIONS:
            error.relation = _RELATIONS[text]
            chain.append(_Error())
            in_message = True
        elif not in_message and (frame := _frame(text, lines[number + 1] if number + 1 < len(lines) else "")):
            error.frames.append(frame)
        elif text.strip() and (in_message or not text.startswith(" ")):
            in_message = True
            error.message.append(text)
    return root


def _frame(text: str, following: str) -> TraceFrame | None:
    match = _FRAME.match(text)
    if match is None:
        return None
    margin = _MARGIN.match(following)
    following = (following[margin.end() :] if margin is not None else following).rstrip()
    source = following.strip()
    if not source.strip("^~ ") or source.startswith("File ") or not following.startswith("    "):
        source = ""
    line = int(match["line"]) if len(match["line"]) < 10 else 0
    return TraceFrame(match["file"], line, match["function"], is_own(match["file"]), _FOR_TOOLS.sub("", source))


def _all_errors(chain: Iterable[_Error]) -> Iterator[_Error]:
    for error in chain:
        yield error
        for part in error.parts:
            yield from _all_errors(part)


def _listed(chain: Sequence[_Error], first: str, most: int, *, alone: bool = False) -> Iterator[TraceFrame]:
    """The last error of a chain, then what led to it; `first` says what the chain is."""
    for place, error in enumerate(reversed(chain)):
        words = error.relation if place else first
        if not alone:
            for number, said in enumerate(error.message[:_MOST_LINES] or [""]):
                line = tr(words).format(error=said) if words and not number else said
                if line.strip():
                    yield TraceFrame("", 0, line, own=True, is_message=True)
        yield from error.frames[: -most - 1 : -1]
        for part in error.parts:
            yield from _listed(part, _PART, most)


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
