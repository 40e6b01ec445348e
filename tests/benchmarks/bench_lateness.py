"""Row 3: how late the window is beside busy workers that report as fast as they can."""

from __future__ import annotations

from typing import Final

from tests.benchmarks import crowd
from tests.benchmarks.measure import Claim, Row, at_most, plain, ratio

_SAME: Final = "the same repaints, no worker"
_PLAIN: Final = "30 Hz poll of 8 workers"

ROW: Final = Row(
    3,
    "lateness",
    "UI lateness p99 beside busy workers",
    [
        crowd.THROUGH_64,
        crowd.STILL_64,
        crowd.THROUGH_200,
        crowd.STILL_200,
        crowd.PLAIN_8,
        crowd.THROUGH_MIXED,
    ],
    [
        Claim(
            "64 CPU-bound",
            ratio("turnstile 64.late p99", "still 64.late p99"),
            at_most(1.5),
            _SAME,
            caption="UI lateness p99, 64 busy workers",
        ),
        Claim(
            "200 CPU-bound",
            ratio("turnstile 200.late p99", "still 200.late p99"),
            at_most(1.6),
            _SAME,
            caption="UI lateness p99, 200 busy workers",
        ),
        Claim(
            "64 mixed",
            ratio("turnstile mixed.late p99", "still 64.late p99"),
            at_most(1.5),
            _SAME,
            caption="UI lateness p99, 64 mixed workers",
        ),
        Claim(
            "64 CPU-bound",
            ratio("turnstile 64.late p99", "plain 8.late p99"),
            at_most(0.01),
            _PLAIN,
            caption="UI lateness p99, 64 busy workers",
        ),
        Claim("200 CPU-bound", ratio("turnstile 200.late p99", "plain 8.late p99"), at_most(0.01), _PLAIN),
        Claim("64 CPU-bound", plain("turnstile 64.late p99"), unit="ms"),
        Claim("200 CPU-bound", plain("turnstile 200.late p99"), unit="ms"),
        Claim("64 mixed", plain("turnstile mixed.late p99"), unit="ms"),
        Claim(_SAME, plain("still 64.late p99"), unit="ms"),
        Claim(_PLAIN, plain("plain 8.late p99"), unit="ms"),
        Claim("frames painted, 64 CPU-bound", ratio("turnstile 64.frames/s", "still 64.frames/s"), anchor=_SAME),
    ],
)
