"""Row 3: how late the window is beside busy workers that report as fast as they can."""

from __future__ import annotations

from functools import partial
from typing import Final

from tests.benchmarks import crowd
from tests.benchmarks.measure import Claim, Formula, Row, at_most, quotient, ratio, share_of

_SAME: Final = "the same repaints, no worker"
#: Its longest wait is cut off by the end of the run.
_PLAIN: Final = "a 30 Hz poll of 8 workers, at least so late"

#: Of the ticks of all rounds: in one alone, this would be the second worst.
_SHARE: Final = 0.99


_pooled = partial(Claim, pooled=True)


def _beside(step: str, anchor: str) -> Formula:
    return quotient(share_of(f"{step}.late", _SHARE), share_of(f"{anchor}.late", _SHARE))


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
        _pooled(
            "64 CPU-bound",
            _beside("turnstile 64", "still 64"),
            at_most(1.5),
            _SAME,
        ),
        _pooled(
            "200 CPU-bound",
            _beside("turnstile 200", "still 200"),
            at_most(1.6),
            _SAME,
        ),
        _pooled(
            "64 mixed",
            _beside("turnstile mixed", "still 64"),
            at_most(1.5),
            _SAME,
        ),
        _pooled(
            "64 CPU-bound",
            _beside("turnstile 64", "plain 8"),
            at_most(0.01),
            _PLAIN,
            caption="How late the window is beside 64 busy workers",
        ),
        _pooled("200 CPU-bound", _beside("turnstile 200", "plain 8"), at_most(0.01), _PLAIN),
        _pooled("64 CPU-bound", share_of("turnstile 64.late", _SHARE), unit="ms"),
        _pooled("200 CPU-bound", share_of("turnstile 200.late", _SHARE), unit="ms"),
        _pooled("64 mixed", share_of("turnstile mixed.late", _SHARE), unit="ms"),
        _pooled(_SAME, share_of("still 64.late", _SHARE), unit="ms"),
        _pooled(_PLAIN, share_of("plain 8.late", _SHARE), unit="ms"),
        Claim("frames painted, 64 CPU-bound", ratio("turnstile 64.frames/s", "still 64.frames/s"), anchor=_SAME),
    ],
    rounds=10,
)
