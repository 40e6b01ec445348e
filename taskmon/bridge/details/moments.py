"""Moments of a task as the time of the day."""

from __future__ import annotations

import time

from taskmon.bridge.table.text import tr
from taskmon.core.base.text import format_duration
from taskmon.core.task.snapshot import TaskSnapshot


def clock(snapshot: TaskSnapshot, moment: float) -> str:
    """A moment in seconds of `time.monotonic()` as the time of the day; how long ago it was, where that is unknown."""
    if not snapshot.created:
        return tr("{time} ago").format(time=format_duration(snapshot.taken_at - moment))
    try:
        return time.strftime("%H:%M:%S", time.localtime(snapshot.created + moment - snapshot.queued_at))
    except (OverflowError, ValueError, OSError):  # a peer may say anything
        return ""
