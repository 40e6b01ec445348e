"""Row 11: what an open window with nothing running takes of a core, beside a bare window that idles next to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, difference, plain
from tests.benchmarks.programs import ask

_WHICH: Final = ("taskmon", "bare")
#: The longest time between two looks for programs: one is always among what is measured. In seconds.
_LONG: Final = "64"


def _idle(settings: Settings) -> Readings:
    del settings
    with ThreadPoolExecutor(len(_WHICH)) as pool:
        answers = pool.map(lambda which: ask("whole_window", which, "idle", _LONG)["share"], _WHICH)
        return dict(zip(_WHICH, answers, strict=True))


ROW: Final = Row(
    11,
    "idle",
    "An idle window, nothing running",
    [Step("idle", _idle, thorough=True)],
    [
        Claim(
            "processor time, more than a bare window",
            difference("idle.taskmon", "idle.bare"),
            at_most(0.02),
            unit="% of a core",
        ),
        Claim("a bare window", plain("idle.bare"), unit="% of a core"),
    ],
    side_by_side=True,
)
