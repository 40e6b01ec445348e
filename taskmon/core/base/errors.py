"""The exceptions of taskmon, and how an error becomes text that is safe to show."""

from __future__ import annotations

import contextlib
import sys
from typing import Final

#: Longest error text that is kept, in characters. A worker may raise a gigabyte of message.
ERROR_TEXT_LIMIT: Final = 64_000


class TaskmonError(Exception):
    """A failure that is explained to the user, rather than a bug of ours.

    Attributes:
        title: what could not be done, as a short heading.
        message: what was wrong and what to do about it, in a sentence.
        detail: more text for whoever wants to look, often several lines.
    """

    def __init__(self, title: str, message: str = "", detail: str = "") -> None:
        super().__init__(title, message, detail)
        self.title = title
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.title}: {self.message}" if self.message else self.title


class InvalidTransitionError(RuntimeError):
    """A task was told to enter a state that its present state does not lead to: a bug in a task's driver."""


def summarize_error(error: BaseException) -> str:
    """Return `error` in one clipped line, "TypeName: message", whatever its ``__str__`` does."""
    if isinstance(error, TaskmonError):
        return clip(_safe_str(error), 500)
    text = clip(_safe_str(error), ERROR_TEXT_LIMIT).strip()
    first_line = text.splitlines()[0] if text else ""
    name = type(error).__name__
    return clip(f"{name}: {first_line}" if first_line else name, 500)


def describe_error(error: BaseException) -> str:
    """Return the details of `error`: a traceback, or the detail text of a `TaskmonError`.

    Never raises and never returns more than `ERROR_TEXT_LIMIT` characters: a broken ``__str__``, an
    endless recursion or a huge message must not harm the thread that reports it. Any thread may call it.
    """
    if isinstance(error, TaskmonError):
        return clip("\n".join(part for part in (error.title, error.message, error.detail) if part), ERROR_TEXT_LIMIT)
    import traceback

    try:
        # A bounded number of frames keeps a RecursionError readable; chained causes are included.
        # Part by part, because one of them may be a gigabyte of message.
        report = traceback.TracebackException(type(error), error, error.__traceback__, limit=-60)
        text = "".join(clip(part, ERROR_TEXT_LIMIT) for part in report.format())
    except BaseException as problem:
        text = f"{type(error).__name__} (its text could not be made: {type(problem).__name__})"
    return clip(text, ERROR_TEXT_LIMIT)


def clip(text: str, limit: int) -> str:
    """Return `text`, its middle left out if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = max(1, (limit - 20) // 2)
    return f"{text[:half]} … {text[-half:]}"


def _safe_str(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return "(its message could not be read)"


def complain(problem: str) -> None:
    """Tell on the standard error what is wrong, in one sentence."""
    with contextlib.suppress(OSError):  # nobody listens; the exit status tells
        if sys.stderr is not None:
            sys.stderr.write(f"taskmon: {problem}\n")
            sys.stderr.flush()
