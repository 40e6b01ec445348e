"""Untrusted text is shown literally, on one line; numbers of any size have a right and short text."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmon.core.base import translate
from taskmon.core.base.text import (
    BYTES,
    count_of,
    format_amount,
    format_bytes,
    format_count,
    format_duration,
    format_step,
    plain,
    tr_count,
)


def spaced(text: str) -> str:
    """No-break spaces as ordinary ones, so that the tables below can be read."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("report.txt", "report.txt"),
        ("naïve 文件 🏳️‍🌈", "naïve 文件 🏳️‍🌈"),
        ("two\nlines", "two␤lines"),
        ("a\r\nb\tc", "a␍␤b␉c"),
        ("\x1b[2J", "␛[2J"),
        ("nul\0", "nul␀"),
        ("\x7f\x9b\x85", "␡\\x9b␤"),
        ("\u2028\u2029", "␤␤"),
        ("invoice\u202etxt.exe", "invoice\\u202etxt.exe"),
        ("\u2066a\u2069\u200f\u061c", "\\u2066a\\u2069\\u200f\\u061c"),
        ("latin-1 \udce9", "latin-1 \\xe9"),
        ("\ud83d", "\\ud83d"),
        ("<img src='x'>&amp;", "<img src='x'>&amp;"),
    ],
)
def test_plain_makes_the_invisible_visible(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("\u202e" * 3, 8, "\\u202e\\…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
    ],
)
def test_plain_clips(text: str, limit: int, shown: str) -> None:
    assert plain(text, limit) == shown


def test_plain_looks_at_no_more_than_it_shows() -> None:
    assert plain("\x1b" * 10_000_000, 10) == "␛" * 9 + "…"


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())), st.integers(0, 300))
def test_plain_is_always_short_printable_and_settled(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [c for c in shown if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI")]
    shown.encode()  # whatever shows it may want UTF-8
    assert plain(shown, limit) == shown


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (8412, "8 412"),
        (-8412, "-8 412"),
        (1234567.0, "1 234 567"),
        (2**63, "9 223 372 036 854 775 808"),
        (10**30, "1" + " 000" * 10),
        pytest.param(10**5000, "over 10^36", id="huge"),
        pytest.param(-(10**5000), "less than −10^36", id="huge negative"),
        (math.nan, "?"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
    ],
)
def test_counts(n: float, shown: str) -> None:
    assert spaced(format_count(n)) == shown


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1240, "1.2 kB"),
        (9949, "9.9 kB"),
        (9950, "10 kB"),
        (87_400_000, "87 MB"),
        (999_499, "999 kB"),
        (999_960, "1.0 MB"),
        (1_200_000_000, "1.2 GB"),
        (2**63, "9.2 EB"),
        (10**30, "1.0 QB"),
        (10**34, "10 000 QB"),
        pytest.param(10**5000, "over 10^36 QB", id="huge"),
        (-1500, "-1.5 kB"),
        (1.5e9, "1.5 GB"),
        (math.nan, "?"),
        (math.inf, "∞ B"),
    ],
)
def test_bytes(n: float, shown: str) -> None:
    assert spaced(format_bytes(n)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (0.99, "0 s"),
        (59.9, "59 s"),
        (60, "1 m 0 s"),
        (252, "4 m 12 s"),
        (4800, "1 h 20 m"),
        (3 * 86400 + 4 * 3600, "3 d 4 h"),
        (1e9, "11 574 d 1 h"),
        (1e300, "∞"),
        (math.inf, "∞"),
        (-math.inf, "0 s"),
        (math.nan, "?"),
        pytest.param(10**5000, "∞", id="huge"),
        pytest.param(-(10**5000), "0 s", id="huge negative"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert spaced(format_duration(seconds)) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.04, "0.0 s"), (0.44, "0.4 s"), (9.96, "9 s"), (61.2, "1 m 1 s")])
def test_durations_of_what_has_ended(seconds: float, shown: str) -> None:
    assert spaced(format_duration(seconds, precise=True)) == shown


@pytest.mark.parametrize(
    ("done", "total", "unit", "shown"),
    [
        (None, None, None, ""),
        (None, 9, "files", ""),
        (3412, 9000, "files", "3 412 of 9 000 files"),
        (17, None, "messages", "17 messages"),
        (1, None, "files", "1 file"),
        (0, 1, "calls", "0 of 1 call"),
        (1, 9, "items", "1 of 9 items"),
        (0, None, "items", "0 items"),
        (1, None, "it", "1 it"),
        (17, 40, None, "17 of 40"),
        (1_200_000_000, 3_400_000_000, BYTES, "1.2 GB of 3.4 GB"),
        (1500, None, BYTES, "1.5 kB"),
        (1, 2, "a\nb", "1 of 2 a␤b"),
        (0.1, 0.3, None, "0.1 of 0.3"),
        (0.1 + 0.2, 0.3, None, "0.3 of 0.3"),
        (0.123456, 0.3, None, "0.123 of 0.3"),
        (0.001, 2.5, "GB", "0 of 2.5 GB"),
        (2.5, 7, "km", "2.5 of 7 km"),
        (2.5e-7, 1e-6, None, "2.5e-07 of 1e-06"),
        (0.25, None, "km", "0.25 km"),
        (1234.5, 9000.7, None, "1 234 of 9 001"),
        (99.96, None, None, "100"),
        (12.5, 0, None, "12 of 0"),
        (math.nan, 0.3, None, "? of 0.3"),
        (0.1, math.inf, None, "0 of ∞"),
        (-0.5, None, None, "-0.5"),
    ],
)
def test_amounts(done: float | None, total: float | None, unit: str | None, shown: str) -> None:
    assert spaced(format_amount(done, total, unit)) == shown


def test_a_count_is_said_in_the_right_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(n: int) -> str:
        return spaced(tr_count(n, "{n} link of {name}", "{n} links of {name}", name="a"))

    assert [told(n) for n in (0, 1, 2, 1200)] == ["0 links of a", "1 link of a", "2 links of a", "1 200 links of a"]
    assert [spaced(count_of(n, "threads")) for n in (0, 1, 1200)] == ["0 threads", "1 thread", "1 200 threads"]

    monkeypatch.setattr(translate, "_translate", {"{n} link of {name}": "{name}: {n}"}.get)
    assert told(1) == "a: 1"


def test_a_pile_of_marks_stays_in_its_row() -> None:
    """Five thousand accents on one letter would be drawn across the rows above and below."""
    assert len(plain("e" + "\u0301" * 5000)) == 5
    assert plain("Tiê\u0301\u0323ng") == "Tiê\u0301\u0323ng"


def test_what_is_no_text_becomes_one() -> None:
    """A painter must not meet an exception, whatever a worker left."""
    assert plain(5) == "5"  # type: ignore[arg-type]
    assert plain(None) == "None"  # type: ignore[arg-type]


def test_a_share_is_no_count() -> None:
    assert format_amount(45.0, 100, "%") == "45\u00a0%"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.5, "0.5 s"), (20, "20 s"), (60, "1 m"), (240, "4 m"), (3_600, "1 h"), (4_800, "1 h 20 m")]
)
def test_a_mark_on_an_axis_has_no_zero_of_a_smaller_unit(seconds: float, told: str) -> None:
    assert format_step(seconds).replace("\N{NO-BREAK SPACE}", " ") == told
