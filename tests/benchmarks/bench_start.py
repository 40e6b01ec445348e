"""Row 7: from the start of the process to the first painted frame, and the memory it has taken by then."""

from __future__ import annotations

import time
from typing import Final

from tests.benchmarks.measure import Claim, Reading, Readings, Row, Settings, Step, at_most, plain, ratio
from tests.benchmarks.programs import ask


def _start(settings: Settings) -> list[Readings]:
    samples: list[Readings] = []
    for _ in range((4 if settings.quick else 3) + 1):
        readings: dict[str, Reading] = {}
        for which in ("bare", "taskmon"):
            for name, value in ask("whole_window", which, "start", str(time.monotonic())).items():
                readings[f"{which} {name}"] = value
            readings[f"{which} usable ms"] = ask("whole_window", which, "usable", str(time.monotonic()))["ms"]
        samples.append(readings)
    return samples[1:]  # the first is for the caches of the disk


_BARE: Final = "a bare QMainWindow"

ROW: Final = Row(
    7,
    "start",
    "First frame of the whole window",
    [Step("start", _start, seldom=True)],
    [
        Claim(
            "time to it",
            ratio("start.taskmon ms", "start.bare ms"),
            at_most(1.35),
            _BARE,
            caption="Open the window",
        ),
        Claim(
            "memory at it",
            ratio("start.taskmon memory", "start.bare memory"),
            at_most(1.3),
            _BARE,
        ),
        Claim(
            "time until all that follows it is there",
            ratio("start.taskmon usable ms", "start.bare ms"),
            at_most(1.6),
            f"{_BARE}'s first frame",
            because="the least window with a table over a model in Python takes 1.25 times that: half is PySide's"
            " class Qt, which keys and models need; after its first frame, at 1.35, ours takes 0.85 more: 0.47 for"
            " loading 120 modules of our own, 0.12 for that class, 0.08 for modules of others, 0.15 for making widgets",
        ),
        Claim(
            "time until all that follows it is there",
            ratio("start.taskmon usable ms", "start.bare usable ms"),
            at_most(1.6),
            "the least window with a table over a model in Python",
        ),
        Claim("time to it", plain("start.taskmon ms"), unit="ms"),
        Claim(_BARE, plain("start.bare ms"), unit="ms"),
    ],
)
