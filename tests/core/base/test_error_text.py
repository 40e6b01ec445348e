"""Errors as text: always there, always bounded, never raising."""

from __future__ import annotations

import contextvars
import subprocess
import time
import tracemalloc
from collections.abc import Callable
from configparser import MissingSectionHeaderError
from email.message import Message
from typing import Any, ClassVar
from urllib.error import HTTPError

import pytest

from taskmon.core.base import error_text
from taskmon.core.base.error_text import error_texts, plain_error_texts, summarize_error
from taskmon.core.base.errors import ERROR_TEXT_LIMIT, TaskmonError
from taskmon.core.stop.reason import StopKind, StopReason, TaskCancelled
from tests.helpers.gates import PATIENCE, Gate, wait_until


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
    assert error_texts(caught(error))[0] == line


class Loud(Exception):
    """Its own code tells when it is run."""

    asked: ClassVar[list[str]] = []

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.code = 5

    def __str__(self) -> str:
        self.asked.append("text")
        return "text"

    @property
    def __class__(self) -> Any:
        self.asked.append("class")
        return ValueError

    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        self.asked.append("cause")
        return None


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (KeyError("key"), "KeyError: 'key'"),
        (FileNotFoundError(2, "no such file", "x"), "FileNotFoundError: [Errno 2] no such file: 'x'"),
        (NameError("name 'x' is not defined"), "NameError: name 'x' is not defined"),
        (subprocess.CalledProcessError(3, "ls"), "CalledProcessError: Command 'ls' returned non-zero exit status 3."),
        (subprocess.CalledProcessError(3, [Loud()]), "CalledProcessError(3, …)"),
        (HTTPError("u", 404, "Not Found", Message(), None), "HTTPError: HTTP Error 404: Not Found"),
        (MissingSectionHeaderError("x.ini", 1, "x"), "MissingSectionHeaderError: File contains no section headers."),
        (ValueError(["a", {"b": 1}, int]), "ValueError: ['a', {'b': 1}, <class 'int'>]"),
        (Loud("a message"), "Loud: a message"),
        (Loud(7, Loud()), "Loud(7, …)"),
        (Loud(), "Loud"),
        (ValueError(Loud("inner")), "ValueError(…)"),
        (ExceptionGroup("two", [Loud("a"), ValueError("b")]), "ExceptionGroup: two (2 sub-exceptions)"),
    ],
)  # fmt: skip
def test_of_an_error_of_a_watched_program_no_code_is_run_for_its_texts(error: BaseException, line: str) -> None:
    """It may print, and wait for what its caller holds."""
    error = caught(error)
    Loud.asked.clear()
    told, details = plain_error_texts(error)
    assert Loud.asked == []
    assert told == line
    assert "test_error_text.py" in details
    assert line in details


def test_what_stands_behind_such_an_error_is_told_as_well() -> None:
    try:
        try:
            raise Loud("inner")
        except Loud as cause:
            raise Loud("outer") from cause
    except Loud as error:
        Loud.asked.clear()
        details = plain_error_texts(error)[1]
    assert Loud.asked == []
    assert details.index("Loud: inner") < details.index("direct cause") < details.index("Loud: outer")


def test_a_traceback_names_the_place_and_the_cause() -> None:
    """Chained errors are told as Python tells them."""
    try:
        try:
            raise KeyError("inner")
        except KeyError as cause:
            raise ValueError("outer") from cause
    except ValueError as error:
        text = error_texts(error)[1]

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
        text = error_texts(error)[1]

    assert len(text.splitlines()) < 250
    assert "RecursionError" in text


def test_a_huge_message_costs_little_and_is_clipped() -> None:
    """Of a message of 100 MB no more than one copy is made at a time."""
    size = 100_000_000
    error = caught(ValueError("x" * size))
    tracemalloc.start()
    began = time.monotonic()
    try:
        line, text = error_texts(error)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(line) <= 500
    assert len(text) <= ERROR_TEXT_LIMIT
    assert peak < 2.5 * size
    assert time.monotonic() - began < 20


class Slow(Exception):
    """Its text waits for what somebody else does."""

    def __init__(self, gate: Gate) -> None:
        super().__init__("of no use")
        self.gate = gate

    def __str__(self) -> str:
        self.gate.pass_through()
        return "at last"


def test_a_text_that_waits_is_waited_for_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place and the type are told in its stead; and with some of them left behind, no more are begun."""
    monkeypatch.setattr(error_text, "_TEXTS_WITHIN", 0.01)
    with Gate() as gate:
        for _ in range(error_text._MOST_LEFT_BEHIND + 3):
            line, text = error_texts(caught(Slow(gate)))
            assert line == "Slow: (its message could not be read)"
            assert "in caught" in text
            assert text.endswith("Slow (its text could not be made: it took too long)")
        gate.await_arrival(error_text._MOST_LEFT_BEHIND)
        assert gate.arrived == error_text._MOST_LEFT_BEHIND
    wait_until(lambda: not error_text._left_behind, "the end of the texts")
    monkeypatch.setattr(error_text, "_TEXTS_WITHIN", PATIENCE)
    assert summarize_error(caught(Slow(gate))) == "Slow: at last"


def test_a_text_of_its_own_is_made_in_the_callers_context() -> None:
    """It may be made of what the variables of that hold."""
    who = contextvars.ContextVar("who", default="nobody")

    class Personal(Exception):
        def __str__(self) -> str:
            return f"for {who.get()}"

    who.set("the caller")
    assert error_texts(caught(Personal()))[0] == "Personal: for the caller"


def chained(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


class Plain(ValueError):
    """One of a program's own, as most are."""

    def __init__(self, number: int) -> None:
        super().__init__(f"number {number}")
        self.number = number


@pytest.mark.parametrize(
    "error",
    [
        Plain(7),
        FileNotFoundError(2, "no such file", "name"),
        KeyError(("a", 1)),
        ExceptionGroup("several", [Plain(1), ExceptionGroup("more", [TypeError()])]),
        chained(Plain(1), OSError("the disk")),
        TaskmonError("Cannot read it", "The disk is gone."),
    ],
    ids=repr,
)
def test_an_ordinary_text_needs_no_other_thread(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Beside busy threads another would be waited for, for a turn of all of them."""
    monkeypatch.setattr("taskmon.core.base.error_text.spawn", lambda *_: pytest.fail("a thread"))
    assert error_texts(caught(error))[0].startswith(("Cannot read it", type(error).__name__))


class Told:
    def __repr__(self) -> str:
        return "told by Python code"


@pytest.mark.parametrize(
    "error",
    [
        Slow,
        lambda: ValueError(Told()),
        lambda: KeyError(("a", [Told()])),
        lambda: OSError(2, "no such file", Told()),
        lambda: chained(Plain(1), ValueError(Told())),
        lambda: ExceptionGroup("several", [Plain(1), ValueError(Told())]),
        lambda: noted(Plain(1), Told()),
        lambda: type("Odd", (Plain,), {"__getattribute__": object.__getattribute__})(1),
        lambda: type("Odd", (Plain,), {"__notes__": property(lambda _: ["a note"])})(1),
    ],
)
def test_whatever_runs_code_for_its_text_does_so_in_another_thread(error: Callable[..., BaseException]) -> None:
    made = error(Gate()) if error is Slow else error()
    assert not error_text._runs_no_code(made)


def noted(error: BaseException, note: object) -> BaseException:
    error.__notes__ = [note]
    return error


def test_without_a_thread_its_place_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(target: object, name: str, on_failure: Callable[[BaseException], None]) -> None:
        on_failure(RuntimeError("can't start new thread"))

    monkeypatch.setattr("taskmon.core.base.error_text.spawn", refuse)
    line, text = error_texts(caught(ValueError(Told())))
    assert line == "ValueError: (its message could not be read)"
    assert "in caught" in text
