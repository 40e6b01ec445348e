"""The exceptions of taskmon, and how those of others are looked at."""

from __future__ import annotations

import contextlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Final, TextIO

#: Longest error text that is kept, in characters. A worker may raise a gigabyte of message.
ERROR_TEXT_LIMIT: Final = 64_000


class TaskmonError(Exception):
    """A failure that is explained to the user, rather than a bug of ours.

    Attributes:
        title: what could not be done, as a short heading.
        message: what was wrong and what to do about it, in a sentence.
        detail: more text for whoever wants to look, often several lines.
        exit_status: that of a command line which ends because of it.
    """

    exit_status = 2

    def __init__(self, title: str, message: str = "", detail: str = "") -> None:
        super().__init__(title, message, detail)
        self.title = title
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.title}: {self.message}" if self.message else self.title


class InvalidTransitionError(RuntimeError):
    """A task was told to enter a state that its present state does not lead to: a bug in a task's driver."""


# What a worker raises is somebody else's object: any attribute of it may raise, its class included, and so may the name
# of that. It is therefore looked at by the methods of the built-in types alone, and its texts are guarded.


def is_error(error: BaseException, kind: type[BaseException] | tuple[type[BaseException], ...]) -> bool:
    """`isinstance`, which asks a ``__class__`` that may raise; as an except clause would have it."""
    return issubclass(type(error), kind)


def type_name(value: object) -> str:
    """Return the name of the type of `value`, whatever its metaclass makes of it."""
    return type.__dict__["__name__"].__get__(type(value))  # type: ignore[no-any-return]


def traceback_of(error: BaseException) -> TracebackType | None:
    return _TRACEBACK.__get__(error)  # type: ignore[no-any-return]


def set_traceback(error: BaseException, traceback: TracebackType | None) -> None:
    """Change the traceback of an error, also of one that is frozen."""
    _TRACEBACK.__set__(error, traceback)


def set_cause(error: BaseException, cause: BaseException) -> None:
    """``raise error from cause`` without raising it, also of one that is frozen."""
    _CAUSE.__set__(error, cause)


_TRACEBACK: Final = BaseException.__dict__["__traceback__"]
_CAUSE: Final = BaseException.__dict__["__cause__"]
_PARTS: Final = BaseExceptionGroup.__dict__["exceptions"]


def parts_of(error: BaseException) -> list[BaseException]:
    """Return the errors that an exception group holds, those of the groups within it included; else the error itself.

    One that is there several times, because groups share it, is returned once.
    """
    parts: dict[int, BaseException] = {}
    groups: dict[int, BaseException] = {}
    pending = [error]
    while pending:
        each = pending.pop()
        if not is_error(each, BaseExceptionGroup):
            parts[id(each)] = each
        elif id(each) not in groups:
            groups[id(each)] = each
            pending.extend(_PARTS.__get__(each))
    return list(parts.values())


def describe_place(error: BaseException, problem: str = "") -> str:
    """Return the traceback of an error whose text could not be had, because of a `problem`. Runs none of its code."""
    said = f"{type_name(error)} (its text could not be made{problem and ': '}{problem})"
    try:
        import traceback

        return "".join(["Traceback (most recent call last):\n", *traceback.format_tb(traceback_of(error), -60), said])
    except BaseException:
        return said


def log_error(logger: str, error: BaseException, message: str, *args: object, critical: bool = False) -> None:
    """Log an error of foreign code with its traceback. Whatever it or its texts do, nothing but Ctrl-C is raised."""
    import logging

    level = logging.CRITICAL if critical else logging.ERROR
    try:
        logging.getLogger(logger).log(level, message, *args, exc_info=(type(error), error, traceback_of(error)))
    except KeyboardInterrupt:
        raise
    except BaseException:
        with contextlib.suppress(Exception):
            logging.getLogger(logger).log(level, "%s\n%s", message.partition("%")[0].strip(), describe_place(error))


def clip(text: str, limit: int) -> str:
    """Return `text`, its middle left out if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = max(1, (limit - 20) // 2)
    return f"{text[:half]} … {text[-half:]}"


def complain(problem: str) -> None:
    """Tell on the standard error what is wrong, in one sentence."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"taskmon: {problem}\n")
            sys.stderr.flush()
    except OSError:  # nobody listens; the exit status tells
        drop_output(sys.stderr)


def drop_output(output: TextIO | None) -> None:
    """Let what is still buffered go nowhere: the interpreter would fail on it once more at exit, with status 120."""
    import os

    with contextlib.suppress(OSError, ValueError, AttributeError):  # no real stream: nothing is buffered for it either
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, output.fileno())  # type: ignore[union-attr]
        finally:
            os.close(nowhere)
