"""What a benchmark is made of, and its arithmetic. No clock, no process, no Qt.

A *row* of the table has *steps*, which give *readings*, and *claims* about those. Steps take turns: round by round
each is run once (A B A B …), so that whatever disturbs the machine disturbs an anchor as much as what it stands beside.
A step that is costly to begin takes several *samples* in one run, within which the sides take turns: each is a round.
A claim is computed within each round first; what is told is the median over the rounds. Rare events, such as the worst
ticks of a timer, are too few in one round: such a claim is computed from all rounds *pooled*.

How far to believe it is told by an interval: the rounds are drawn anew many times, with replacement (a bootstrap), and
95 of 100 draws give a value within it. A claim passes if its whole interval meets the target, and misses if none of it
does; otherwise the question is open. What was measured but once may pass, and misses only if it is a count, which would
be the same again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from statistics import median
from typing import Any, Final, NamedTuple

#: A number, or in words why there is none: "not built", "not installed". Or what was measured many times in one round.
Reading = float | str | list[float]
Readings = Mapping[str, Reading]
Formula = Callable[[Readings], float | str]

#: How often the rounds are drawn anew, and the share of the draws on each side that the interval leaves out.
_DRAWS: Final = 1_000
_LEFT_OUT: Final = 0.025


class Spread(NamedTuple):
    """Several measurements of one thing."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Summarise at least one value."""
        ordered = sorted(values)
        return cls(median(ordered), ordered[0], ordered[-1])


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of all are below: at 0.99 of less than a hundred values, the largest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def in_parts(values: Sequence[float], count: int = 8) -> list[list[float]]:
    """Cut what was seen in one go into samples of neighbours: what happens now and then falls into some of them."""
    length = max(1, -(-len(values) // count))
    return [list(values[first : first + length]) for first in range(0, len(values), length)]


class Verdict(Enum):
    """What became of a claim."""

    PASS = "pass"
    MISS = "MISS"
    OPEN = "open"
    """The rounds disagree, or there was but one."""
    SHOWN = "shown"
    """Told for comparison: it has no target."""
    ABSENT = "absent"
    """Something that it takes is not there."""


@dataclass(frozen=True)
class Target:
    """What a value is held to."""

    limit: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """Whether `value` is within the limit; the limit itself is."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


def at_most(limit: float) -> Target:
    """Less is better."""
    return Target(limit)


def at_least(limit: float) -> Target:
    """More is better."""
    return Target(limit, at_least=True)


@dataclass(frozen=True)
class Settings:
    """How thoroughly to measure."""

    quick: bool = False


@dataclass(frozen=True)
class Step:
    """One measurement, run in a process of its own."""

    name: str
    run: Callable[[Settings], Readings | list[Readings]]
    """Gives its readings, or those of several samples."""
    seldom: bool = False
    """So costly that with --quick it is run in the first round only, and its readings stand for all of them."""
    thorough: bool = False
    """So costly that --quick leaves it out."""
    once: bool = False
    """So costly, or so exact, that it is run in the first round only, whatever was asked for."""


@dataclass(frozen=True)
class Claim:
    """One line of the table."""

    label: str
    value: Formula
    target: Target | None = None
    anchor: str = ""
    """What it is a multiple of, in words."""
    unit: str = "×"
    caption: str = ""
    """What the picture calls it; empty if it is not in the picture."""
    exact: bool = False
    """Whether it is a count or a size, the same each time, so that one measurement decides."""
    pooled: bool = False
    """Whether it is computed from what all rounds have measured together."""
    because: str = ""
    """What was found where the target is missed: told beneath the table as long as it is."""


@dataclass(frozen=True)
class Row:
    """One numbered part of the table."""

    number: int
    name: str
    title: str
    steps: Sequence[Step] = ()
    claims: Sequence[Claim] = ()
    rounds: int = 5
    side_by_side: bool = False
    """Whether the rounds may run at the same time, because none of them does anything."""
    vacant: str = ""
    """Why there is nothing to measure yet."""


def ratio(reading: str, anchor: str, *, per: float = 1.0) -> Formula:
    """The formula ``reading / anchor / per``."""

    return quotient(plain(reading), plain(anchor), per=per)


def quotient(above_of: Formula, below_of: Formula, *, per: float = 1.0) -> Formula:
    """The formula ``above / below / per``."""

    def divide(readings: Readings) -> float | str:
        above, below = above_of(readings), below_of(readings)
        if isinstance(above, str):
            return above
        if isinstance(below, str):
            return below
        return above / below / per if below else "the anchor was zero"

    return divide


def plain(reading: str, *, per: float = 1.0) -> Formula:
    """The formula ``reading / per``."""

    def divide(readings: Readings) -> float | str:
        value = _get(readings, reading)
        return value if isinstance(value, str) else value / per

    return divide


def difference(reading: str, anchor: str) -> Formula:
    """The formula ``reading - anchor``."""

    def subtract(readings: Readings) -> float | str:
        above, below = _get(readings, reading), _get(readings, anchor)
        if isinstance(above, str):
            return above
        return below if isinstance(below, str) else above - below

    return subtract


def share_of(reading: str, share: float, *, per: float = 1.0) -> Formula:
    """The formula for what `share` of many values are below, divided by `per`."""

    def find(readings: Readings) -> float | str:
        values = readings.get(reading, NOTHING)
        return percentile(values, share) / per if isinstance(values, list) and values else _get(readings, reading)

    return find


def _get(readings: Readings, name: str) -> float | str:
    value = readings.get(name, NOTHING)
    return NOTHING if isinstance(value, list) else value


@dataclass(frozen=True)
class Result:
    """A claim, and what the rounds say of it."""

    claim: Claim
    values: Sequence[float] = ()
    reason: str = ""
    """Why there is no value."""
    pooled: float | None = None
    """The value of all rounds together, for a claim that asks for that."""
    interval: tuple[float, float] | None = None
    """Between which values it is believed to be; None where one measurement stands for all rounds."""

    @property
    def value(self) -> float | None:
        """What is told: of all rounds together, or their median."""
        return self.pooled if self.pooled is not None or not self.values else median(self.values)

    @property
    def spread(self) -> Spread | None:
        """The summary of the values, if there are any: what is told, and between what it is believed to be."""
        value = self.value
        return None if value is None else Spread(value, *(self.interval or (value, value)))

    @property
    def verdict(self) -> Verdict:
        """The whole interval decides."""
        spread, target = self.spread, self.claim.target
        if spread is None:
            return Verdict.ABSENT
        if target is None:
            return Verdict.SHOWN
        met = {target.is_met(value) for value in spread}
        if met == {True}:
            return Verdict.PASS
        return Verdict.OPEN if len(met) > 1 or (self.interval is None and not self.claim.exact) else Verdict.MISS


@dataclass
class Outcome:
    """A row that has been measured."""

    row: Row
    rounds: list[dict[str, Reading]] = field(default_factory=list)
    broken: str = ""
    """What went wrong while measuring; a missed target is nothing wrong."""

    @property
    def results(self) -> list[Result]:
        """Each claim with its values."""
        return [judge(claim, self.rounds, self.broken or self.row.vacant) for claim in self.row.claims]


def judge(claim: Claim, rounds: Sequence[Readings], otherwise: str = "") -> Result:
    """Compute a claim. A round without a number says why; `otherwise` does where there is no round."""
    values: list[float] = []
    reason = otherwise or NOTHING
    for readings in rounds:
        value = claim.value(readings)
        if isinstance(value, str):
            reason = value
        else:
            values.append(value)
    if not values:
        return Result(claim, (), reason)
    if not claim.pooled:
        return Result(claim, values, interval=_interval(values, median))
    told = [readings for readings in rounds if not isinstance(claim.value(readings), str)]

    def together(drawn: Sequence[Readings]) -> float:
        found = claim.value(Pooled(drawn))
        assert not isinstance(found, str), "each of these rounds gives a number"
        return found

    return Result(claim, values, pooled=together(told), interval=_interval(told, together))


class Pooled(dict[str, Reading]):
    """What several rounds have measured, as if in one: many values are put together; of single ones, the median."""

    def __init__(self, rounds: Sequence[Readings]) -> None:
        super().__init__()
        self._rounds = rounds

    def get(self, key: str, default: Reading = "not measured") -> Reading:  # type: ignore[override]
        """Return what all rounds together tell."""
        found = [readings.get(key, default) for readings in self._rounds]
        many = [value for each in found if isinstance(each, list) for value in each]
        single = [each for each in found if isinstance(each, (int, float))]
        return many or (median(single) if single else default)


def _interval(rounds: Sequence[Any], value_of: Callable[[Sequence[Any]], float]) -> tuple[float, float] | None:
    """Between what 95 of 100 draws of the rounds, with replacement, put the value. The same at each call."""
    if all(each == rounds[0] for each in rounds):
        return None
    chance = random.Random(len(rounds))
    drawn = sorted(value_of(chance.choices(rounds, k=len(rounds))) for _ in range(_DRAWS))
    left_out = int(_DRAWS * _LEFT_OUT)
    return drawn[left_out], drawn[-1 - left_out]


NOTHING: Final = "not measured"
NOT_QUICK: Final = "not with --quick"
