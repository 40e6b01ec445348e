"""From one list of rows to another in as few announcements as Qt allows. No Qt."""

from __future__ import annotations

from taskmon.bridge.rows import TaskRow

Run = tuple[int, int]
"""The first and the last of neighbouring places."""


class Batch:
    """What is to be told to the views when a batch of changes is over."""

    def __init__(self) -> None:
        self.changed: set[int] = set()
        self.counts = False
        self.rearrange = False


def differences(old: list[TaskRow], new: list[TaskRow]) -> tuple[list[Run], list[Run], list[TaskRow]]:
    """Return the places in `old` that go, the places in `new` that come, and what stays, in its new order."""
    wanted = {row.id for row in new}
    known = {row.id for row in old}
    gone = runs([place for place, row in enumerate(old) if row.id not in wanted])
    come = runs([place for place, row in enumerate(new) if row.id not in known])
    return gone, come, [row for row in new if row.id in known]


def runs(places: list[int]) -> list[Run]:
    """Join neighbouring numbers; `places` is ascending."""
    found: list[Run] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found
