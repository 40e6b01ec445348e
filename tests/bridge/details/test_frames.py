"""Frames of tracebacks, read from their text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from taskmon.bridge.details.frames import frames_of_stack, frames_of_traceback, with_source
from taskmon.core.base.errors import describe_error
from taskmon.core.stacks.sampler import StackFrame


def raise_from_the_library() -> None:
    json.loads("{")  # type: ignore[unused-ignore]


def details_of(function: object) -> str:
    try:
        function()  # type: ignore[operator]
    except Exception as error:
        return describe_error(error)
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
