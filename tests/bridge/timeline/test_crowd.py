"""How many computed over a whole run is kept in so many steps, however long the run is."""

from __future__ import annotations

from taskmon.bridge.timeline.recorder import MOST_STEPS, Crowd


def test_the_mean_of_each_second() -> None:
    crowd = Crowd(100.0)
    for moment, count in ((100.0, 2), (100.5, 4), (101.2, 1), (104.0, 7)):
        crowd.add(moment, count)

    assert crowd.step == 1.0
    assert crowd.counts() == [3.0, 1.0, 0.0, 0.0, 7.0]


def test_a_long_run_has_longer_steps_and_not_more() -> None:
    crowd = Crowd(0.0)
    for second in range(10_000):
        crowd.add(float(second), 5)

    assert crowd.step == 16.0
    assert len(crowd.counts()) <= MOST_STEPS
    assert set(crowd.counts()) == {5.0}
    crowd.add(1e7, 1)  # nobody looked for months
    assert len(crowd.counts()) <= MOST_STEPS
    assert crowd.counts()[-1] == 1.0


def test_a_deadlock_is_in_the_steps_in_which_it_was_seen_however_long_they_get() -> None:
    crowd = Crowd(0.0)
    for second in range(8):
        crowd.add(float(second), 1, stuck=second in (2, 3))
    assert crowd.stuck() == [False, False, True, True, False, False, False, False]

    crowd.add(MOST_STEPS * 1.5, 0)
    assert crowd.step == 2.0
    assert crowd.stuck()[:4] == [False, True, False, False]
    assert not any(crowd.stuck()[2:])
