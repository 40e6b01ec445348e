"""Row 4: how much of their work the workers get done while the turnstile keeps the window fluid."""

from __future__ import annotations

import os
from typing import Final

from tests.benchmarks import crowd
from tests.benchmarks.measure import Claim, Formula, Readings, Row, at_least, plain, ratio

_PLAIN: Final = "plain polling"

#: What each kind of worker would have if the interpreter and the cores were shared fairly. Those that wait need little,
#: and have it; those that compute have what that leaves of the interpreter, all together; those that hash do without
#: it, and have the other cores.
_FAIR: Final = {
    "computing": "one alone, with what the waiting ones leave",
    "waiting": "the same ones alone",
    "hashing": "one alone, on each other core",
}


def _of_fair_share(which: str, what: str) -> Formula:
    """How much of its fair share a kind of worker has got done in the mixed crowd."""

    def share(readings: Readings) -> float | str:
        rate = f"{_KINDS[what]}/s"
        names = (f"{which} mixed.{rate}", f"alone {_KINDS[what]}.{rate}", "alone wait.cores")
        found = [plain(name)(readings) for name in names]
        numbers = [each for each in found if not isinstance(each, str)]
        if len(numbers) < len(found):
            return next(each for each in found if isinstance(each, str))
        done, alone, cores = numbers
        others = max(1, (os.cpu_count() or 1) - 1)
        of_alone = {"computing": max(0.1, 1 - cores), "waiting": 1.0, "hashing": float(others)}[what]
        return done / (alone * of_alone)

    return share


_KINDS: Final = {"computing": "compute", "waiting": "wait", "hashing": "digest"}

#: What keeps each kind from its fair share, counted.
_HELD_BY: Final = {
    "computing": "they share the some five places of the turnstile with those that hash: each is parked for 86 % of"
    " the time",
    "waiting": "after each millisecond of waiting, a computing one is to give up the interpreter, which takes a switch"
    " interval, of a millisecond as well: no more than 0.6 while one of those always runs",
    "hashing": "a step of theirs takes as much processor as one of a computing worker, from which the turnstile cannot"
    " tell it: they are parked for 87 % of the time",
}

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
        crowd.ALONE_COMPUTING,
        crowd.ALONE_WAITING,
        crowd.ALONE_HASHING,
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
            because="they sit out each frame, of which one with all rows changing takes 3 of 33 ms",
        ),
        *(
            Claim(f"64 mixed: {what}", _of_fair_share("turnstile", what), at_least(0.8), _FAIR[what], because=because)
            for what, because in _HELD_BY.items()
        ),
        *(Claim(f"plain polling: {what}", _of_fair_share("plain", what), anchor=_FAIR[what]) for what in _FAIR),
    ],
)
