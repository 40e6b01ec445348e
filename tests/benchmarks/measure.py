"""What a benchmark is made of, and its arithmetic. No clock, no process, no Qt.

A *row* of the table has *steps*, which give *readings*, and *claims* about those. Steps take turns: round by round
each is run once (A B A B …), so that whatever disturbs the machine disturbs an anchor as much as what it stands beside.
A claim is computed within each round first; what is told is the median over the rounds, and their range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from statistics import median
from typing import Final, NamedTuple

#: A number, or in words why there is none: "not built", "not installed".
Reading = float | str
Readings = Mapping[str, Reading]
Formula = Callable[[Readings], Reading]


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


class Verdict(Enum):
    """What became of a claim."""

    PASS = "pass"
    MISS = "MISS"
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
    run: Callable[[Settings], Readings]
    seldom: bool = False
    """So costly that with --quick it is run in the first round only, and its readings stand for all of them."""
    thorough: bool = False
    """So costly that --quick leaves it out."""


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

    def divide(readings: Readings) -> Reading:
        above, below = _get(readings, reading), _get(readings, anchor)
        if isinstance(above, str):
            return above
        if isinstance(below, str):
            return below
        return above / below / per if below else "the anchor was zero"

    return divide


def plain(reading: str, *, per: float = 1.0) -> Formula:
    """The formula ``reading / per``."""

    def divide(readings: Readings) -> Reading:
        value = _get(readings, reading)
        return value if isinstance(value, str) else value / per

    return divide


def difference(reading: str, anchor: str) -> Formula:
    """The formula ``reading - anchor``."""

    def subtract(readings: Readings) -> Reading:
        above, below = _get(readings, reading), _get(readings, anchor)
        if isinstance(above, str):
            return above
        return below if isinstance(below, str) else above - below

    return subtract


def _get(readings: Readings, name: str) -> Reading:
    return readings.get(name, "not measured")


@dataclass(frozen=True)
class Result:
    """A claim, and what the rounds say of it."""

    claim: Claim
    values: Sequence[float] = ()
    reason: str = ""
    """Why there is no value."""

    @property
    def spread(self) -> Spread | None:
        """The summary of the values, if there are any."""
        return Spread.of(self.values) if self.values else None

    @property
    def verdict(self) -> Verdict:
        """The median decides."""
        spread, target = self.spread, self.claim.target
        if spread is None:
            return Verdict.ABSENT
        if target is None:
            return Verdict.SHOWN
        return Verdict.PASS if target.is_met(spread.median) else Verdict.MISS


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
    """Compute a claim in every round. A round without a number says why; `otherwise` does where there is no round."""
    values: list[float] = []
    reason = otherwise or NOTHING
    for readings in rounds:
        value = claim.value(readings)
        if isinstance(value, str):
            reason = value
        else:
            values.append(value)
    return Result(claim, values, "" if values else reason)


NOTHING: Final = "not measured"
