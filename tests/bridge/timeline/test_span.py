"""What is in view: it follows the present until the user looks back."""

from __future__ import annotations

import pytest

from taskmon.bridge.timeline.span import Span


def test_it_follows_the_present() -> None:
    span = Span()

    assert span.range(0.0, 100.0) == (40.0, 100.0)
    assert span.range(0.0, 101.0) == (41.0, 101.0)
    span.choose(10.0)
    assert span.range(0.0, 101.0) == (91.0, 101.0)


def test_the_whole_run_grows_with_it_by_steps() -> None:
    span = Span()
    span.choose(None)
    lengths = set()
    for now in range(30, 1_000):
        begin, end = span.range(20.0, float(now))
        assert end == now
        assert begin <= 20.0 + 1e-6
        assert end - begin <= max(10.0, now - 20) * 1.0201, "not more than a little before the beginning"
        lengths.add(end - begin)

    assert len(lengths) < 300, "a pixel stands for the same time for a while"
    assert span.range(20.0, 21.0)[0] <= 11.0, "a second alone would fill it with nothing"


def test_held_it_stays_and_goes_on_when_told() -> None:
    span = Span()
    span.hold(100.0)

    assert not span.follows
    assert span.range(0.0, 170.0) == (40.0, 100.0)
    span.follow()
    assert span.range(0.0, 170.0) == (110.0, 170.0)


def test_back_and_to_the_present_again() -> None:
    span = Span()
    span.move(-30.0, 0.0, 200.0)
    assert span.range(0.0, 210.0) == (110.0, 170.0)

    span.move(-1_000.0, 0.0, 210.0)
    assert span.range(0.0, 210.0) == (0.0, 60.0), "before the beginning there is nothing to see"
    span.move(1_000.0, 0.0, 210.0)
    assert span.follows


def test_zooming_keeps_the_place_under_the_pointer() -> None:
    span = Span()
    span.move(-100.0, 0.0, 200.0)
    span.zoom(0.5, 60.0, 0.0, 200.0)

    begin, end = span.range(0.0, 200.0)
    assert (begin, end) == (50.0, 80.0)
    assert (60.0 - begin) / 30 == (60.0 - 40.0) / 60


def test_zooming_while_it_follows_keeps_the_present() -> None:
    span = Span()
    span.zoom(0.5, 150.0, 0.0, 200.0)

    assert span.follows
    assert span.range(0.0, 200.0) == (170.0, 200.0)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_zooming_has_an_end(factor: float) -> None:
    span = Span()
    span.zoom(factor, 200.0, 0.0, 200.0)
    begin, end = span.range(0.0, 200.0)

    assert end == 200.0
    assert end - begin == pytest.approx(1.0 if factor < 1 else 210.0)


def test_a_moment_is_brought_into_view_only_if_it_is_not() -> None:
    span = Span()
    span.show(190.0, 0.0, 200.0)
    assert span.follows

    span.show(50.0, 0.0, 200.0)
    assert span.range(0.0, 200.0) == (20.0, 80.0)


def test_a_short_run_is_shown_to_its_end() -> None:
    span = Span()
    span.move(-5.0, 0.0, 20.0)

    assert span.follows, "all of it is in view"
