"""What a thread does, as the window lists it, in words for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.words import activity, standing


def doing(task: Mapping[str, Any], *, how_long: bool = True) -> str:
    """``Waiting for lock cache, held by writer``; empty if that is not known, or it does not run.

    With `how_long`, a wait that may last tells how long it has.
    """
    told = task.get("doing")
    if not told or task["state"] != "RUNNING":
        return ""
    try:
        does = Activity(told["activity"])
    except ValueError:  # None, or one that a newer window knows
        return ""
    facts = ThreadFacts(
        activity=does,
        subject=told["subject"],
        channel=told["channel"],
        wakes_at=told["wakes_in"],
        holder=told["holder"],
        since=-(told["unmoved_for"] or 0.0),
    )
    words = standing(facts, 0.0) if how_long else activity(facts, 0.0)
    return words.replace("\u202f", " ").replace("\u00a0", " ")


def cpu(task: Mapping[str, Any]) -> str:
    """The share of a processor that it uses; empty if that is not known."""
    told = task.get("doing")
    return f"{told['cpu'] * 100:.0f} %" if told and told["cpu"] is not None else ""
