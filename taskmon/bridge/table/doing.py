"""What a thread does, in the words of the window's language: see `taskmon.core.stacks.words`."""

from __future__ import annotations

from taskmon.bridge.language import tr
from taskmon.core.stacks import words
from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.stacks.words import cpu, place

__all__ = ["activity", "cpu", "place", "standing"]


def activity(facts: ThreadFacts, now: float) -> str:
    """What it does, in a few words; empty if that is not known. `now` is in seconds of `time.monotonic()`."""
    return words.activity(facts, now, tr)


def standing(facts: ThreadFacts, now: float) -> str:
    """What it does, and of a wait that may last, how long it has lasted already."""
    return words.standing(facts, now, tr)
