"""The headline ratios as a picture: plain SVG on a ground of its own, so that it reads on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from tests.benchmarks.measure import Outcome, Result, Verdict
from tests.benchmarks.table import number

_WIDTH: Final = 960
_LABELS: Final = 380  # the bars begin here
_BARS: Final = 430  # and have this room
_LINE: Final = 27
_TOP: Final = 96
_BOTTOM: Final = 62
_LEAST, _MOST = 0.001, 10.0
_COLORS: Final = {Verdict.MISS: "#c4682b", Verdict.OPEN: "#7c8794"}
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif"
_MET, _INK, _QUIET, _FAINT = "#1a7f64", "#1f2733", "#5b6675", "#dfe4ea"


def draw(outcomes: Sequence[Outcome], headline: str) -> str:
    """One bar for each claim that has a caption and a value, on a logarithmic scale; 1 is what stands beside it."""
    results = [
        (outcome, result)
        for outcome in outcomes
        for result in outcome.results
        if result.claim.caption and result.spread is not None
    ]
    height = _TOP + _LINE * len(results) + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="taskmon beside its peers" font-family="{escape(_FONT)}" font-size="13">',
        f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="10" fill="#ffffff" stroke="{_FAINT}"/>',
        _text(24, 36, "taskmon, as a multiple of what stands beside it", size=18, weight=600),
        _text(24, 58, f"{headline}. Medians and 95 % intervals of one interleaved run.", color=_QUIET),
        *_scale(height),
    ]
    for place, (outcome, result) in enumerate(results):
        parts += _bar(_TOP + _LINE * place, outcome, result)
    parts += [*_legend(height - 22), "</svg>"]
    return "\n".join(parts) + "\n"


def _x(value: float) -> float:
    """Where a ratio stands."""
    inside = min(_MOST, max(_LEAST, value))
    return round(_LABELS + _BARS * math.log(inside / _LEAST) / math.log(_MOST / _LEAST), 1)


def _scale(height: int) -> list[str]:
    parts = []
    for value, label in ((0.001, "1/1000"), (0.01, "1/100"), (0.1, "1/10"), (1.0, "1 ×"), (10.0, "10 ×")):
        strong = value == 1.0
        color, width = (_INK, 1.4) if strong else (_FAINT, 1)
        parts += [
            f'<line x1="{_x(value)}" y1="{_TOP - 8}" x2="{_x(value)}" y2="{height - _BOTTOM + 4}" stroke="{color}" '
            f'stroke-width="{width}"/>',
            _text(_x(value), _TOP - 13, label, color=_QUIET, size=11, anchor="middle"),
        ]
    return parts


def _bar(top: int, outcome: Outcome, result: Result) -> list[str]:
    spread, target = result.spread, result.claim.target
    assert spread is not None
    color = _COLORS.get(result.verdict, _MET)
    middle = top + _LINE / 2
    title = f"{outcome.row.title}: {result.claim.label}, beside {result.claim.anchor}"
    parts = [
        f"<g><title>{escape(title)}</title>",
        _text(24, middle - 1, _short(result.claim.caption, 56), size=12.5),
        _text(24, middle + 10.5, _short(f"beside {result.claim.anchor}", 64), color=_QUIET, size=9.5),
        f'<rect x="{_LABELS}" y="{middle - 6}" width="{max(2, _x(spread.median) - _LABELS):.1f}" height="12" rx="3" '
        f'fill="{color}"/>',
        f'<line x1="{_x(spread.low)}" y1="{middle}" x2="{_x(spread.high)}" y2="{middle}" stroke="{_INK}" '
        f'stroke-opacity="0.55" stroke-width="1.5"/>',
    ]
    if target is not None:
        at = _x(target.limit)
        parts.append(
            f'<line x1="{at}" y1="{middle - 10}" x2="{at}" y2="{middle + 10}" stroke="{_INK}" stroke-width="2"/>'
        )
        parts.append(_text(_WIDTH - 24, middle + 4.5, str(target), color=_QUIET, size=11, anchor="end"))
    parts.append(_text(_WIDTH - 84, middle + 4.5, number(spread.median), color=color, weight=600, anchor="end"))
    return [*parts, "</g>"]


def _legend(y: float) -> list[str]:
    parts = []
    x = 24.0
    for color, words in (
        (_MET, "target met"),
        (_COLORS[Verdict.MISS], "target missed"),
        (_COLORS[Verdict.OPEN], "the rounds disagree"),
    ):
        parts += [f'<rect x="{x}" y="{y - 9}" width="14" height="10" rx="2" fill="{color}"/>', _text(x + 20, y, words)]
        x += 44 + 6.4 * len(words)
    parts.append(f'<line x1="{x + 6}" y1="{y - 13}" x2="{x + 6}" y2="{y + 4}" stroke="{_INK}" stroke-width="2"/>')
    parts.append(_text(x + 16, y, "target"))
    parts.append(_text(x + 76, y, "thin line: where it is with 95 % certainty; the scale is logarithmic", color=_QUIET))
    return parts


def _text(
    x: float, y: float, words: str, *, color: str = _INK, size: float = 13, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x}" y="{y:.1f}" fill="{color}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _short(words: str, length: int) -> str:
    return words if len(words) <= length else words[: length - 1] + "…"
