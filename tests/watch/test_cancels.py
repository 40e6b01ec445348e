"""Exceptions that only carry a cancel outwards."""

from __future__ import annotations

import asyncio
import concurrent.futures

import pytest

from taskmon.core.stop.reason import StopKind, StopReason, TaskCancelled
from taskmon.watch.cancels import carries_cancel

OURS = TaskCancelled(StopReason(StopKind.USER, "", "", 0.0))


class Namesake(Exception):
    """Of another module."""


Namesake.__name__ = "CancelledError"


class Own(asyncio.CancelledError):
    """A program's own kind of cancel."""


@pytest.mark.parametrize(
    ("error", "carries"),
    [
        (OURS, True),
        (asyncio.CancelledError(), True),
        (concurrent.futures.CancelledError(), True),
        (Own(), True),
        (BaseExceptionGroup("several", [OURS, asyncio.CancelledError()]), True),
        (BaseExceptionGroup("several", [OURS, ValueError()]), False),
        (BaseExceptionGroup("nested", [BaseExceptionGroup("several", [OURS])]), True),
        (Namesake(), False),
        (ValueError(), False),
        (KeyboardInterrupt(), False),
        (None, False),
    ],
)
def test_it_is_a_cancel_or_a_group_of_nothing_else(error: BaseException | None, carries: bool) -> None:
    assert carries_cancel(error) is carries


def test_an_exception_that_lies_about_itself_is_not_asked() -> None:
    class Hostile(Exception):
        @property
        def __class__(self):  # type: ignore[no-untyped-def,override]
            raise RuntimeError("nobody may ask")

    assert not carries_cancel(Hostile())
