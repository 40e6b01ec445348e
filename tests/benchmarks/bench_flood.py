"""Row 6: a flood of reports, each with words: what it leaves in memory, and how soon the window is idle after it."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.crowd import step
from tests.benchmarks.measure import Claim, Row, at_most, plain

_WORKERS: Final = 64
_ALLOWED_MB: Final = 2 + 0.02 * _WORKERS

ROW: Final = Row(
    6,
    "flood",
    f"A flood of reports from {_WORKERS} workers",
    [step("flood", ["tell"] * _WORKERS, warm_up=True, seldom=True, seconds=5.0, quick_seconds=1.5)],
    [
        Claim("growth of memory", plain("flood.memory"), at_most(_ALLOWED_MB), unit="MB"),
        Claim("UI idle after the last worker", plain("flood.quiet"), at_most(50), unit="ms"),
        Claim("reports a second", plain("flood.items/s"), unit="/s"),
    ],
)
