"""How a run went is kept in a few dozen points, and read off at any time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmon.history.course import Course, CourseMeter


def test_between_two_points_it_is_a_line() -> None:
    course = Course(((1.0, 10.0), (2.0, 30.0), (4.0, 30.0)))

    assert [course.amount_at(t) for t in (0.0, 0.5, 1.0, 1.5, 3.0, 4.0, 99.0)] == [
        0.0,
        5.0,
        10.0,
        20.0,
        30.0,
        30.0,
        30.0,
    ]


@given(st.lists(st.tuples(st.floats(0.001, 50), st.floats(0, 1e6)), min_size=1, max_size=2_000))
def test_however_long_it_runs_a_few_dozen_points_stay_and_rise(steps: list[tuple[float, float]]) -> None:
    meter = CourseMeter()
    now = done = 0.0
    for wait, more in steps:
        now, done = now + wait, done + more
        meter.add(now, done)
    course = meter.finish(now, done)

    if course is not None:
        assert 3 <= len(course.points) <= 65
        assert course.points[-1] == (now, done)
        again = Course.from_text(course.to_text())
        assert again is not None, "what is kept can be read again"
        assert again.points[-1][1] == done
        assert list(course.points) == sorted(course.points)


def test_an_end_right_after_a_look_can_be_read_again() -> None:
    """Moments are written to the millisecond: two points within one would be no course."""
    meter = CourseMeter()
    for second in range(4):
        meter.add(float(second), second)
    course = meter.finish(3.0004, 4)

    assert course is not None
    again = Course.from_text(course.to_text())
    assert again is not None
    assert again.points[-1] == (3.0, 4.0)


def test_a_short_run_is_nothing_to_compare_with() -> None:
    meter = CourseMeter()
    for tenth in range(10):
        meter.add(tenth / 10, tenth)

    assert meter.finish(1.0, 10) is None


@pytest.mark.parametrize("done", [None, float("nan"), 10**400, "text"])
def test_amounts_that_are_no_numbers_are_left_out(done: object) -> None:
    meter = CourseMeter()
    for second in range(10):
        meter.add(second, done)

    assert meter.finish(10.0, done) is None


@pytest.mark.parametrize(
    "told", ["", "[]", "null", "[[1]]", "[[2, 1], [1, 2]]", "[[1, NaN]]", '{"a": 1}', "[" * 100_000]
)
def test_a_course_that_makes_no_sense_is_none(told: str) -> None:
    assert Course.from_text(told) is None
