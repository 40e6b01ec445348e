"""Row 4: how much of their work the workers get done while the turnstile keeps the window fluid."""

from __future__ import annotations

from typing import Final

from tests.benchmarks import crowd
from tests.benchmarks.measure import Claim, Row, at_least, ratio

_PLAIN: Final = "plain polling"

ROW: Final = Row(
    4,
    "throughput",
    "Work done under the turnstile",
    [
        crowd.THROUGH_64,
        crowd.PLAIN_64,
        crowd.THROUGH_LIGHT,
        crowd.PLAIN_LIGHT,
        crowd.THROUGH_MIXED,
        crowd.PLAIN_MIXED,
    ],
    [
        Claim(
            "64 CPU-bound",
            ratio("turnstile 64.items/s", "plain 64.items/s"),
            at_least(0.8),
            _PLAIN,
            caption="Work done, 64 busy workers",
        ),
        Claim(
            "200 light (1 ms waits)",
            ratio("turnstile light.items/s", "plain light.items/s"),
            at_least(0.95),
            _PLAIN,
            caption="Work done, 200 light workers",
        ),
        Claim(
            "64 mixed: computing",
            ratio("turnstile mixed.compute/s", "plain mixed.compute/s"),
            at_least(0.8),
            _PLAIN,
        ),
        Claim("64 mixed: waiting", ratio("turnstile mixed.wait/s", "plain mixed.wait/s"), at_least(0.8), _PLAIN),
        Claim("64 mixed: hashing", ratio("turnstile mixed.digest/s", "plain mixed.digest/s"), at_least(0.8), _PLAIN),
    ],
)
