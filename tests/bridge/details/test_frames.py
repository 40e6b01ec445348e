"""Frames of tracebacks, read from their text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from taskmon.bridge.details.frames import TraceFrame, frames_of_stack, frames_of_traceback, with_source
from taskmon.core.base.error_text import error_texts
from taskmon.core.stacks.sampler import StackFrame


def raise_from_the_library() -> None:
    json.loads("{")  # type: ignore[unused-ignore]


def details_of(function: object) -> str:
    try:
        function()  # type: ignore[operator]
    except Exception as error:
        return error_texts(error)[1]
    raise AssertionError


def test_a_real_traceback_is_read_from_the_inside_out() -> None:
    """The innermost call first; library code told from our own; the line of source with it."""
    frames = frames_of_traceback(details_of(raise_from_the_library))

    assert frames[0].file.endswith("decoder.py")
    assert not frames[0].own
    ours = [frame for frame in frames if frame.own]
    assert [frame.function for frame in ours] == ["raise_from_the_library", "details_of"]
    assert ours[0].file == __file__
    assert ours[0].source == 'json.loads("{")'
    assert ours[0].line == raise_from_the_library.__code__.co_firstlineno + 1


def test_text_that_is_no_traceback_has_no_frames() -> None:
    """A `TaskmonError` explains itself in words."""
    assert frames_of_traceback("") == []
    assert frames_of_traceback("The disk is full\nFree some space") == []


@given(st.text())
def test_any_text_will_do(text: str) -> None:
    """It comes from other programs, too."""
    frames_of_traceback(text)
    frames_of_traceback(f'  File "{text}", line 3, in {text}\n    {text}\n')


def test_source_is_read_for_those_that_have_none() -> None:
    """A stack has no text; what cannot be read stays empty."""
    line = raise_from_the_library.__code__.co_firstlineno + 1
    bare = frames_of_stack([StackFrame("/gone.py", 1, "f", True), StackFrame(__file__, line, "g", True)])

    assert [frame.source for frame in with_source(bare)] == ['json.loads("{")', ""]


def fail_to_read() -> None:
    raise OSError("no such disk\nlook behind the door")


def load() -> None:
    try:
        fail_to_read()
    except OSError as error:
        raise RuntimeError("could not load") from error


def give_up() -> None:
    try:
        load()
    except RuntimeError:
        raise KeyError("giving up")  # noqa: B904 - the error that was being handled is what is looked at


def fail_as_a_group() -> None:
    errors: list[Exception] = [LookupError("bare")]
    for function in (load, raise_from_the_library):
        try:
            function()
        except Exception as error:
            errors.append(error)
    inner = ExceptionGroup("inner", [ValueError("deep")])
    raise ExceptionGroup("several", [*errors, inner])


def told(frames: list[TraceFrame]) -> list[str]:
    return [frame.function for frame in frames if frame.is_message]


def test_every_error_of_a_chain_is_told_with_its_calls() -> None:
    """The effect first; its cause, and what was being handled, named as that; each before its own calls."""
    frames = frames_of_traceback(details_of(give_up))

    assert [frame.function for frame in frames] == [
        "KeyError: 'giving up'",
        "give_up",
        "details_of",
        "While handling: RuntimeError: could not load",
        "load",
        "give_up",
        "Caused by: OSError: no such disk",
        "look behind the door",
        "fail_to_read",
        "load",
    ]
    assert told(frames) == [
        "KeyError: 'giving up'",
        "While handling: RuntimeError: could not load",
        "Caused by: OSError: no such disk",
        "look behind the door",
    ]


def test_every_error_of_a_group_is_told() -> None:
    """Those within an inner group, and the causes of its parts, too."""
    frames = frames_of_traceback(details_of(fail_as_a_group))

    assert told(frames) == [
        "ExceptionGroup: several (4 sub-exceptions)",
        "Part of it: LookupError: bare",
        "Part of it: RuntimeError: could not load",
        "Caused by: OSError: no such disk",
        "look behind the door",
        "Part of it: json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2"
        " (char 1)",
        "Part of it: ExceptionGroup: inner (1 sub-exception)",
        "Part of it: ValueError: deep",
    ]
    assert "fail_to_read" in [frame.function for frame in frames]
    assert [frame.source for frame in frames if frame.function == "load"] == [
        'raise RuntimeError("could not load") from error',
        "fail_to_read()",
    ]


def test_notes_are_told() -> None:
    def noted() -> None:
        error = ValueError("no")
        error.add_note("while reading line 3")
        raise error

    assert told(frames_of_traceback(details_of(noted))) == ["ValueError: no", "while reading line 3"]


def test_a_single_error_is_not_told_twice() -> None:
    """Its message stands above the list."""
    assert told(frames_of_traceback(details_of(raise_from_the_library))) == []
