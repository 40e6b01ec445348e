"""The collector of garbage rests while the frames of all threads are taken, and nobody notices."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from taskmon.core.stacks import frames


@pytest.fixture(autouse=True)
def on_every_python(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(frames, "_COLLECTS", True)
    yield
    gc.enable()


def taking(function: Any) -> Any:
    """What that function returns, in place of the frames."""
    return frames.frames_by(function)


def test_they_are_those_that_python_gives() -> None:
    assert frames.current_frames().keys() == sys._current_frames().keys()
    assert frames.current_frames()[threading.get_ident()].f_code is frames.frames_by.__code__


def test_no_garbage_is_collected_meanwhile() -> None:
    assert taking(gc.isenabled) is False
    assert gc.isenabled()


def test_where_the_program_collects_none_that_stays_so() -> None:
    gc.disable()
    assert taking(gc.isenabled) is False
    assert not gc.isenabled()


def test_an_error_leaves_it_as_it_was() -> None:
    with pytest.raises(IndexError):
        taking([].pop)
    assert gc.isenabled()


def test_what_the_program_has_put_in_its_place_is_called_as_it_is() -> None:
    """It may take long, in Python, and everybody would see that the collector rests."""

    def replaced() -> bool:
        return gc.isenabled()

    assert taking(replaced) is True


def test_none_are_taken_where_several_interpreters_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python 3.12 and 3.13 a look into them while they run ends the process."""
    monkeypatch.setattr(frames, "_CROSSES", True)
    monkeypatch.delitem(sys.modules, frames._INTERPRETERS, raising=False)
    assert frames.can_be_taken()

    monkeypatch.setitem(sys.modules, frames._INTERPRETERS, sys)

    assert not frames.can_be_taken()
    assert frames.current_frames() == {}
    monkeypatch.setattr(frames, "_CROSSES", False)
    assert frames.current_frames()
