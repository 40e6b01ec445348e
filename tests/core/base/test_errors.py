"""Errors as text: always there, always bounded, never raising."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from taskmon.core.base.errors import ERROR_TEXT_LIMIT, TaskmonError, describe_error, summarize_error
from taskmon.core.stop.reason import StopKind, StopReason, TaskCancelled


class Mute(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise SystemExit


def caught(error: BaseException) -> BaseException:
    """Return `error` with a traceback."""
    try:
        raise error
    except BaseException as same:
        return same


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no"), "ValueError: no"),
        (ValueError(), "ValueError"),
        (ValueError("first\nsecond"), "ValueError: first"),
        (KeyError("key"), "KeyError: 'key'"),
        (Mute(), "Mute: (its message could not be read)"),
        (TaskmonError("Cannot read it", "The disk is gone."), "Cannot read it: The disk is gone."),
        (TaskCancelled(StopReason(StopKind.USER, "", "", 0)), "TaskCancelled: cancelled by the user"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_an_error_in_one_line(error: BaseException, line: str) -> None:
    """The type and the first line of the message; our own errors speak for themselves."""
    assert summarize_error(caught(error)) == line
    assert describe_error(caught(error))


def test_a_traceback_names_the_place_and_the_cause() -> None:
    """Chained errors are told as Python tells them."""
    try:
        try:
            raise KeyError("inner")
        except KeyError as cause:
            raise ValueError("outer") from cause
    except ValueError as error:
        text = describe_error(error)

    assert "KeyError: 'inner'" in text
    assert "direct cause" in text
    assert text.rstrip().endswith("ValueError: outer")


def test_endless_recursion_is_told_in_few_frames() -> None:
    """A thousand frames do not make a thousand lines."""

    def recurse() -> None:
        recurse()

    try:
        recurse()
    except RecursionError as error:
        text = describe_error(error)

    assert len(text.splitlines()) < 250
    assert "RecursionError" in text


def test_a_huge_message_costs_little_and_is_clipped() -> None:
    """Of a message of 100 MB no more than one copy is made at a time."""
    size = 100_000_000
    error = caught(ValueError("x" * size))
    tracemalloc.start()
    began = time.monotonic()
    try:
        line, text = summarize_error(error), describe_error(error)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(line) <= 500
    assert len(text) <= ERROR_TEXT_LIMIT
    assert peak < 2.5 * size
    assert time.monotonic() - began < 20
