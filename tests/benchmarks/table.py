"""The outcomes as a table to read, and as JSON to compute with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tests.benchmarks.measure import NOT_QUICK, Outcome, Result, Verdict

_HEAD: Final = ("", "measure", "beside", "value", "interval", "target", "")
_RIGHT: Final = frozenset({3, 4, 5})


def number(value: float) -> str:
    """A figure with three digits that count."""
    if not value:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    if abs(value) < 0.0001:
        return f"{value:.0e}"
    return f"{value:.3g}"


def text(outcomes: Sequence[Outcome]) -> str:
    """The table of all that was measured, and some lines that sum it up."""
    lines: list[tuple[str, ...]] = [_HEAD]
    for outcome in outcomes:
        told = [_cells(result) for result in outcome.results if result.reason != NOT_QUICK]
        if told or not outcome.results:
            lines += [(str(outcome.row.number), outcome.row.title), *told]
    widths = [max((len(line[place]) for line in lines if len(line) > 2), default=0) for place in range(len(_HEAD))]
    drawn = [_draw(line, widths) for line in lines]
    rule = "─" * max(map(len, drawn))
    drawn.insert(1, rule)
    return "\n".join([*drawn, rule, closing_line(outcomes), *_reasons(outcomes)])


def _reasons(outcomes: Iterable[Outcome]) -> list[str]:
    """Why targets are missed, where that has been looked into."""
    return [
        f"{outcome.row.number:>2}  {result.claim.label}: {result.claim.because}."
        for outcome in outcomes
        for result in outcome.results
        if result.verdict is Verdict.MISS and result.claim.because
    ]


def _draw(line: tuple[str, ...], widths: Sequence[int]) -> str:
    if len(line) == 2:
        return f"\n{line[0]:>2}  {line[1]}"
    cells = [
        cell.rjust(width) if place in _RIGHT else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(["  ", *cells[1:]]).rstrip()


def _cells(result: Result) -> tuple[str, ...]:
    claim, spread = result.claim, result.spread
    target = str(claim.target) if claim.target else ""
    if spread is None:
        return ("", claim.label, claim.anchor, "", "", target, result.reason)
    unit = f" {claim.unit}"
    # Nothing where one measurement stands for all rounds: one value is no range.
    extent = f"{number(spread.low)} – {number(spread.high)}" if result.interval is not None else ""
    verdict = "" if result.verdict is Verdict.SHOWN else result.verdict.value
    return ("", claim.label, claim.anchor, number(spread.median) + unit, extent, target, verdict)


def closing_line(outcomes: Iterable[Outcome]) -> str:
    """How many targets were met and missed."""
    results = [result for outcome in outcomes for result in outcome.results if result.claim.target]
    left_out = sum(result.reason == NOT_QUICK for result in results)
    counts = Counter(result.verdict for result in results if result.reason != NOT_QUICK)
    parts = [f"{counts[Verdict.PASS]} targets met", f"{counts[Verdict.MISS]} missed"]
    if counts[Verdict.OPEN]:
        parts.append(f"{counts[Verdict.OPEN]} open")
    if counts[Verdict.ABSENT]:
        parts.append(f"{counts[Verdict.ABSENT]} without a measurement")
    if left_out:
        parts.append(f"{left_out} {NOT_QUICK}")
    return ", ".join(parts)


def document(outcomes: Sequence[Outcome], environment: dict[str, Any]) -> dict[str, Any]:
    """Everything that is known, for `json.dump`."""
    return {"environment": environment, "rows": [_row(outcome) for outcome in outcomes]}


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "number": outcome.row.number,
        "name": outcome.row.name,
        "title": outcome.row.title,
        "broken": outcome.broken,
        "claims": [_claim(result) for result in outcome.results],
        "readings": [dict(readings) for readings in outcome.rounds],
    }


def _claim(result: Result) -> dict[str, Any]:
    claim, spread = result.claim, result.spread
    return {
        "label": claim.label,
        "beside": claim.anchor,
        "unit": claim.unit,
        "target": str(claim.target) if claim.target else None,
        "median": spread.median if spread else None,
        "low": spread.low if spread else None,
        "high": spread.high if spread else None,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "values": list(result.values),
    }
