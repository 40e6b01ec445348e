"""The ring of samples behind the chart."""

from __future__ import annotations

import pytest

from taskmon.bridge.table.activity import FIRST_INTERVAL, MOST_OF_ENDED, MOST_SAMPLES, Activity
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

S = TaskState


def picture(at: float, done: float | None, state: TaskState = S.RUNNING, stop: float | None = None) -> TaskSnapshot:
    return TaskSnapshot(1, "t", state, 1, at, 0.0, 0.0, stop, progress=Progress(done, 1_000_000, None, ""))


def test_the_speed_is_told_between_samples() -> None:
    """Amount by time, from one sample to the next."""
    activity = Activity()
    for second in range(4):
        activity.add(picture(float(second), second * 10.0))

    assert activity.rates() == [(1.0, 10.0), (2.0, 10.0), (3.0, 10.0)]


def test_pictures_that_come_too_fast_are_passed_over() -> None:
    """Thirty a second would fill the ring in no time."""
    activity = Activity()
    for frame in range(31):
        activity.add(picture(frame / 30, float(frame)))

    assert len(activity.moments) == 1 + int(1 / FIRST_INTERVAL)


def test_it_stays_bounded_and_keeps_the_whole_course() -> None:
    """A task that runs for days is drawn from its first sample to its last."""
    activity = Activity()
    for second in range(100_000):
        activity.add(picture(float(second), second * 2.0))

    assert len(activity.moments) <= MOST_SAMPLES
    assert activity.moments[0] == 0.0
    assert activity.moments[-1] > 99_000
    assert list(activity.moments) == sorted(activity.moments)
    assert all(rate == 2.0 for _, rate in activity.rates())

    activity.add(picture(100_000.0, 200_000.0, S.SUCCEEDED))
    assert len(activity.moments) <= MOST_OF_ENDED
    assert (activity.moments[0], activity.moments[-1]) == (0.0, 100_000.0)


def test_pauses_and_the_stop_are_remembered() -> None:
    """To be shaded; a pause that has not ended reaches to the present."""
    activity = Activity()
    activity.add(picture(1.0, 1.0))
    activity.add(picture(2.0, 2.0, S.PAUSED))
    assert activity.pauses_until(5.0) == [(2.0, 5.0)]
    activity.add(picture(6.0, 2.0))
    activity.add(picture(7.0, 3.0, S.STOPPING, stop=6.5))

    assert activity.pauses_until(9.0) == [(2.0, 6.0)]
    assert activity.stop_at == 6.5


def test_the_speed_falls_to_nothing_where_a_pause_begins_and_rises_where_it_ends() -> None:
    """It has not slowed down over the pause, nor before or after it."""
    activity = Activity()
    for at, done, state in [
        (0.0, 0.0, S.RUNNING), (1.0, 10.0, S.RUNNING), (2.0, 20.0, S.PAUSED), (9.0, 20.0, S.RUNNING),
        (10.0, 30.0, S.RUNNING),
    ]:  # fmt: skip
        activity.add(picture(at, done, state))

    worked = [(1.0, 10.0), (2.0, 10.0)]
    assert activity.course(10.0) == [
        *worked, (2.0, 10.0), (2.0, 0.0), (9.0, 0.0), (9.0, 10.0), (10.0, 10.0),
    ]  # fmt: skip

    activity = Activity()
    for second in range(4 * MOST_SAMPLES):  # so many that those where the pause began and ended are gone
        paused = 100 <= second < 200
        activity.add(
            picture(
                float(second), min(second, 100) * 2.0 + max(0, second - 200) * 2.0, S.PAUSED if paused else S.RUNNING
            )
        )
    assert {rate for _, rate in activity.course(4.0 * MOST_SAMPLES)} == {0.0, 2.0}


def test_nonsense_is_no_speed() -> None:
    """Progress that goes back, is not told, or comes twice in the same moment."""
    activity = Activity()
    activity.add(picture(1.0, 5.0))
    activity.add(picture(2.0, None))
    activity.add(picture(3.0, 1.0))
    activity.add(picture(3.0, 2.0, S.SUCCEEDED))

    assert activity.rates() == [(3.0, 0.5)]


def test_a_second_pass_is_as_fast_as_the_first() -> None:
    """What it has done since it began anew is done, though it is less than before."""
    activity = Activity()
    for second in range(10):
        activity.add(picture(float(second), second * 20.0 % 80))

    assert {rate for _, rate in activity.rates()} <= {20.0, 0.0}
    assert [rate for _, rate in activity.rates()].count(0.0) == 2, "where it begins at nothing just then"


@pytest.mark.parametrize("after", [0.001, 0.02, 0.1, 0.24, 0.26, 0.49])
@pytest.mark.parametrize("last", [S.SUCCEEDED, S.PAUSED, S.STOPPING])
def test_an_even_pace_is_an_even_line_whenever_it_ends(after: float, last: S) -> None:
    """A step of 0.05 s that falls between the last look and the end is no spike."""
    activity = Activity()
    for look in range(10):
        activity.add(picture(look * 0.5, look * 10.0))
    activity.add(picture(4.5 + after, 90.0 + after // 0.05 + 1, last))

    assert max(rate for _, rate in activity.rates()) <= 20 + 1 / 0.25


def test_a_task_that_ends_right_after_its_first_sample_has_no_rate() -> None:
    activity = Activity()
    activity.add(picture(1.0, 20.0))
    activity.add(picture(1.003, 21.0, S.SUCCEEDED))

    assert activity.rates() == []
