"""Row 4: how much of their work the workers get done while the turnstile keeps the window fluid."""

from __future__ import annotations

from typing import Final

from tests.benchmarks import crowd
from tests.benchmarks.measure import Claim, Row, at_least, ratio

_PLAIN: Final = "plain polling"

#: What each kind of worker would have if the interpreter and the cores were shared fairly. Each hand-over of the
#: interpreter costs everybody some of it, and those that wait make ten thousand a second: so it is measured. It is some
#: 0.45, 0.55 and 0.4 of what those that compute, wait and hash would have alone, with no window nor turnstile to blame.
_FAIR: Final = "one computes, one hashes on each other core, the same wait, and nobody queues"
_KINDS: Final = {"computing": "compute", "waiting": "wait", "hashing": "digest"}

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
        crowd.FAIR_MIXED,
    ],
    [
        Claim(
            "64 CPU-bound",
            ratio("turnstile 64.items/s", "plain 64.items/s"),
            at_least(0.8),
            _PLAIN,
            caption="Work done by 64 busy workers",
        ),
        Claim(
            "200 light (1 ms waits)",
            ratio("turnstile light.items/s", "plain light.items/s"),
            at_least(0.95),
            _PLAIN,
            caption="Work done by 200 light workers",
        ),
        *(
            Claim(f"64 mixed: {what}", ratio(f"turnstile mixed.{kind}/s", f"fair mixed.{kind}/s"), at_least(0.8), _FAIR)
            for what, kind in _KINDS.items()
        ),
        *(
            Claim(f"plain polling: {what}", ratio(f"plain mixed.{kind}/s", f"fair mixed.{kind}/s"), anchor=_FAIR)
            for what, kind in _KINDS.items()
        ),
    ],
)
