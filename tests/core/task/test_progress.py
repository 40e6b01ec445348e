"""Progress, the checkpoint meter and the rate: sense made of whatever a worker writes."""

from __future__ import annotations

import decimal
import fractions
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmon.core.task.meter import CheckpointMeter
from taskmon.core.task.progress import BAR_STEPS, Progress, ProgressReader, RateMeter


class Scalar:
    """A number as numpy has them: no int, but an index."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value

    def __int__(self) -> int:
        return self._value


class Broken:
    """Raises whatever is asked of it."""

    def __float__(self) -> float:
        raise OSError

    def __str__(self) -> str:
        raise OSError


@pytest.mark.parametrize(
    ("done", "total", "expected", "steps"),
    [
        (None, None, (None, None), 0),
        (0, 10, (0, 10), 0),
        (5, 10, (5, 10), 5_000),
        (10, 10, (10, 10), BAR_STEPS),
        (0, 0, (0, 0), BAR_STEPS),
        (None, 10, (None, 10), 0),
        (3, None, (3, None), 0),
        (2**31, 2**32, (2**31, 2**32), 5_000),
        (2**63, 2**64, (2**63, 2**64), 5_000),
        (10**30, 4 * 10**30, (10**30, 4 * 10**30), 2_500),
        (2**53, 2**53 + 1, (2**53, 2**53 + 1), 9_999),
        (0.5, 10**299, (0.5, 10**299), 0),
        (1e298, 4e298, (1e298, 4e298), 2_500),
        (10**5000, 10**5000, (None, None), 0),
        (1e308, 1.7e308, (None, None), 0),
        (5e-324, 5e-324, (5e-324, 5e-324), BAR_STEPS),
        (math.nan, math.inf, (None, None), 0),
        (-math.inf, 10, (None, 10), 0),
        (-5, 10, (0, 10), 0),
        (-(10**5000), 10, (0, 10), 0),
        (5, -5, (5, None), 0),
        (11, 10, (11, None), 0),
        (1, 0, (1, None), 0),
        ("5", b"10", (None, None), 0),
        (True, 2, (1, 2), 5_000),
        (Scalar(5), Scalar(10), (5, 10), 5_000),
        (fractions.Fraction(1, 2), decimal.Decimal(1), (0.5, 1.0), 5_000),
        (Broken(), Broken(), (None, None), 0),
        (object(), [], (None, None), 0),
        (1 + 2j, 3, (None, 3), 0),
    ],
    ids=lambda value: type(value).__name__,  # an integer of 5 000 digits has no text
)
def test_what_a_worker_writes_is_made_sense_of(done: Any, total: Any, expected: Any, steps: int) -> None:
    """Silly values are ignored, clamped or told as unknown; none of them raises."""
    seen = ProgressReader().read(done, total, None, None)

    assert (seen.done, seen.total) == expected
    assert seen.bar_steps == steps
    assert seen.fraction is None or 0.0 <= seen.fraction <= 1.0


def test_progress_never_goes_back() -> None:
    """The highest amount seen is kept; a total may grow and shrink; one that was passed becomes unknown."""
    reader = ProgressReader()
    seen = [reader.read(done, total, None, None)[:2] for done, total in [(5, 10), (3, 10), (6, 20), (6, 8), (6, 5)]]

    assert seen == [(5, 10), (5, 10), (6, 20), (6, 8), (6, None)]
    assert reader.complaint == "progress went back from 5 to 3"


def test_texts_of_workers_are_bounded_and_safe() -> None:
    """A broken ``__str__`` gives an empty text, a long one is clipped."""
    reader = ProgressReader()

    assert reader.read(None, None, Broken(), Broken()) == Progress()
    assert len(reader.read(None, None, None, "x" * 10_000_000).message) == 4_096


_anything = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=3), st.booleans(), st.integers(2**62, 10**400)
)


@given(st.lists(st.tuples(_anything, _anything)))
def test_no_series_of_values_makes_progress_go_back_or_over(series: list[tuple[Any, Any]]) -> None:
    """Whatever is written, done grows and the bar stays within its ends."""
    reader, last = ProgressReader(), 0.0
    for done, total in series:
        seen = reader.read(done, total, None, None)
        assert (seen.done or 0) >= last
        assert 0 <= seen.bar_steps <= BAR_STEPS
        last = seen.done or 0


# -- the meter ---------------------------------------------------------------------------------------------------------


def test_looking_is_what_measures() -> None:
    """A question asked at 10 and answered at 10.2 is a sample of 0.2; the next checkpoint gives the distance."""
    meter = CheckpointMeter()
    assert meter.read(9.0) == (None, None, 0.0)

    assert meter.ask(10.0)
    assert not meter.ask(10.1)
    assert meter.read(10.1).unanswered == pytest.approx(0.1)
    assert meter.answer(10.2)
    assert meter.read(10.3).stops_within == pytest.approx(0.2)
    assert not meter.answer(10.7)
    assert meter.read(10.8).stops_within == pytest.approx(0.5)
    assert meter.read(11.7).last_seen == pytest.approx(1.0)


def test_silence_counts_as_long_as_it_lasts() -> None:
    """An unanswered question is a lower bound of how long a stop would take."""
    meter = CheckpointMeter()
    meter.ask(0.0)
    meter.answer(0.1)
    meter.ask(1.0)

    assert meter.read(13.0).stops_within == pytest.approx(12.0)


def test_a_worker_that_waits_where_a_stop_wakes_it_stops_at_once() -> None:
    """While it sleeps in a checkpoint there is nothing to ask."""
    meter = CheckpointMeter()
    meter.enter_wait()

    assert not meter.ask(1.0)
    assert meter.read(2.0) == (0.0, 0.0, 0.0)
    meter.leave_wait(3.0)
    assert meter.read(4.0).last_seen == pytest.approx(1.0)


# -- the rate ----------------------------------------------------------------------------------------------------------


def test_rate_and_time_left_of_steady_work() -> None:
    """Ten a second are told as ten a second, once there are samples enough to believe it."""
    meter = RateMeter()
    assert meter.rate is None
    for tick in range(40):
        meter.add(tick / 4, tick * 2.5)

    assert meter.rate == pytest.approx(10.0)
    assert meter.seconds_left(197.5) == pytest.approx(10.0)
    assert meter.stalled_for(9.75 + 20) == pytest.approx(20.0)


def test_a_sum_that_becomes_less_is_a_new_beginning() -> None:
    """A parent's parts come one after the other: a negative speed would be nonsense."""
    meter = RateMeter()
    for second in range(10):
        meter.add(float(second), 10.0 * second)
    assert meter.rate == pytest.approx(10.0)
    meter.add(10.0, 45.0)
    assert meter.rate is None
    for second in range(11, 20):
        meter.add(float(second), 45.0 + 2.0 * (second - 10))
    assert meter.rate == pytest.approx(2.0)


def test_the_rate_of_few_large_steps_does_not_jump() -> None:
    """One in four seconds: over the last eight, there is now one step and now three."""
    meter, told = RateMeter(), list[float]()
    for tick in range(2_400):
        now = tick / 10
        meter.add(now, int((now + (0.9 if now // 4 % 2 else 0.0)) // 4))
        if now > 40 and meter.rate is not None:
            told.append(meter.rate)

    assert min(told) > 0.2
    assert max(told) < 0.3
    assert len(meter._samples) < 40
    for tick in range(2_400, 3_600):
        meter.add(tick / 10, 60 + (tick - 2_400))
    assert meter.rate == pytest.approx(10, rel=0.05), "and what becomes fast is soon told"


def test_no_time_left_is_told_before_it_can_be_believed() -> None:
    """Five seconds and three samples at least: a first guess that jumps is worse than none."""
    meter = RateMeter()
    for tick in range(20):
        meter.add(tick / 4, tick)
    assert meter.rate is not None
    assert meter.seconds_left(1000) is None
    meter.add(5.0, 20)
    assert meter.seconds_left(1000) is not None


def test_no_time_left_is_told_from_nothing() -> None:
    """Without progress, after a restart, and with integers beyond any float, the answer is None."""
    meter = RateMeter()
    for tick in range(40):
        meter.add(tick, 0)
    assert meter.seconds_left(100) is None
    meter.restart()
    assert meter.rate is None
    for tick in range(40):
        meter.add(tick, tick * 10**400)
    assert meter.rate is None
    assert meter.seconds_left(10**500) is None
