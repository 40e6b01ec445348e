"""The record: runs of equal moments, gaps that stay gaps, and never more room than it was given."""

from __future__ import annotations

import random
import sys

import pytest

from taskmon.bridge.table.kinds import Kind
from taskmon.bridge.timeline.record import NOTHING, UNSEEN, Lane, Moment, Record, Run, steady
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.state import TaskState

A = Activity


def doing(activity: Activity | None, line: int = 0, subject: str = "") -> Moment:
    return Moment(TaskState.RUNNING, ThreadFacts(activity=activity, line=line, subject=subject))


def story(record: Record, lane: Lane, begin: float = 0.0, end: float = 1e6) -> list[tuple[float, float, str]]:
    """What a lane did, as (begin, end, activity), gaps by their names."""

    def name(code: int) -> str:
        moment = record.moment(code)
        if moment is None:
            return {NOTHING: "nothing", UNSEEN: "unseen"}[code]
        return moment.facts.activity.value if moment.facts and moment.facts.activity else moment.state.value

    return [(round(run.begin, 2), round(run.end, 2), name(run.code)) for run in lane.runs(begin, end)]


def test_equal_looks_are_one_run() -> None:
    record = Record(100.0)
    lane = record.lane(1)
    for second in range(10):
        record.note(lane, 100.0 + second, doing(A.SLEEPING if second < 4 else A.COMPUTING))

    assert story(record, lane) == [(100.0, 104.0, "sleeping"), (104.0, 109.0, "computing")]
    assert story(record, lane, 102.0, 105.5) == [(102.0, 104.0, "sleeping"), (104.0, 105.5, "computing")]


def test_a_time_without_looks_is_a_gap_from_the_last_look_on() -> None:
    record = Record(0.0)
    lane = record.lane(1)
    for second in (0.0, 1.0, 2.0, 60.0, 61.0):
        record.note(lane, second, doing(A.SLEEPING))

    assert story(record, lane) == [(0.0, 2.0, "sleeping"), (2.0, 60.0, "unseen"), (60.0, 61.0, "sleeping")]
    assert lane.pieces(0.0, 1.0, 100, record.kinds) == [(0, 2, Kind.SLEEPING), (60, 61, Kind.SLEEPING)]


def test_an_end_is_not_a_gap_and_what_is_not_there_is_nothing() -> None:
    record = Record(0.0)
    lane = record.lane(1)
    record.note(lane, 1.0, doing(A.COMPUTING))
    record.end(lane, 2.5)
    record.end(lane, 3.0)  # again: nothing
    record.note(lane, 50.0, doing(A.LOCK))
    record.note(lane, 51.0, doing(A.LOCK))

    assert story(record, lane) == [(1.0, 2.5, "computing"), (2.5, 50.0, "nothing"), (50.0, 51.0, "lock")]
    assert lane.run_at(2.0) is not None
    assert lane.run_at(10.0) is None
    assert lane.run_at(0.5) is None
    assert lane.run_at(52.0) is None
    assert lane.end == 51.0


def test_a_look_that_is_told_late_does_not_turn_time_back() -> None:
    record = Record(0.0)
    lane = record.lane(1)
    record.note(lane, 2.0, doing(A.COMPUTING))
    record.note(lane, 3.0, doing(A.COMPUTING))
    record.note(lane, 1.0, doing(A.SLEEPING))
    record.note(lane, 4.0, doing(A.SLEEPING))

    assert story(record, lane) == [(2.0, 3.0, "computing"), (3.0, 4.0, "sleeping")]


def test_processor_use_is_the_mean_over_the_time_in_which_it_is_known() -> None:
    record = Record(0.0)
    lane = record.lane(1)
    for second, share in enumerate((None, 0.5, 1.0, 0.0, 0.0)):
        record.note(lane, second, doing(A.COMPUTING if second < 3 else A.SLEEPING), share)

    assert lane.cpu(0.0, 3.0) == 0.75
    assert lane.cpu(0.0, 4.0) == pytest.approx(0.5625, abs=0.01)
    assert lane.cpu(10.0, 20.0) is None
    several = record.lane(2)
    record.note(several, 0.0, doing(A.COMPUTING), 3.5)
    record.note(several, 1.0, doing(A.COMPUTING), 3.5)
    assert several.cpu(0.0, 1.0) == 3.5, "a whole program may use several processors"


@pytest.mark.parametrize("step", [0.05, 0.25, 1.0, 7.3])
def test_a_column_shows_what_went_on_at_its_end_however_many_runs_are_in_it(step: float) -> None:
    chance = random.Random(7)
    record = Record(0.0)
    lane = record.lane(1)
    now = 0.0
    while now < 300:
        if chance.random() < 0.1:
            record.end(lane, now)
            now += chance.random()
        record.note(lane, now, doing(chance.choice([A.COMPUTING, A.SLEEPING, A.LOCK, A.READING])))
        now += chance.choice([0.01, 0.25, 0.6, 1.0, 4.0])
    columns = int(320 / step)
    begin = 3.01

    shown = {column: kind for first, last, kind in lane.pieces(begin, step, columns, record.kinds)
             for column in range(first, last)}  # fmt: skip

    for column in range(columns):
        end = begin + (column + 1) * step
        run = next(iter(lane.runs(end - 0.005, end)), None) if end <= lane.end else None
        kind = record.kinds[run.code] if run is not None else Kind.NOTHING
        told = shown.get(column, Kind.NOTHING)
        near = [record.kinds[each.code] for each in lane.runs(end - 0.03, end + 0.03)]
        assert told == kind or told in near or (kind <= Kind.UNSEEN and told == Kind.NOTHING), column


def test_neighbouring_moments_of_one_kind_are_one_piece() -> None:
    record = Record(0.0)
    lane = record.lane(1)
    for second in range(20):
        record.note(lane, second, doing(A.COMPUTING, line=second))

    assert lane.pieces(0.0, 0.5, 38, record.kinds) == [(0, 38, Kind.COMPUTING)]
    assert len(list(lane.runs(0.0, 19.0))) == 19


def test_what_is_drawn_as_what() -> None:
    assert doing(A.EVENT).kind is doing(A.QUEUE).kind is doing(A.WORK).kind is doing(A.CHILD).kind is Kind.SLEEPING
    assert doing(A.SEMAPHORE).kind is Kind.LOCK
    assert doing(None).kind is Kind.RUNNING
    assert Moment(TaskState.RUNNING).kind is Kind.RUNNING
    assert Moment(TaskState.PAUSED, ThreadFacts(activity=A.EVENT)).kind is Kind.PAUSED
    assert Moment(TaskState.RUNNING, ThreadFacts(activity=A.LOCK, circle=("a", "b"))).kind is Kind.DEADLOCK


def test_what_differs_at_each_look_is_not_kept() -> None:
    one = ThreadFacts(7, 0.2, A.SLEEPING, wakes_at=12.0, since=3.0, seen_coming=True, function="f", line=3)
    two = ThreadFacts(7, 0.3, A.SLEEPING, wakes_at=14.0, since=4.0, function="f", line=3)

    assert steady(one) == steady(two) == ThreadFacts(activity=A.SLEEPING, function="f", line=3)
    assert steady(None) is None


def test_calls_of_a_pools_thread_and_checkpoints() -> None:
    record = Record(0.0)
    lane = record.lane((7, "pool_0"))
    record.begin_call(lane, 1.0, "job(17)", 17)
    record.note(lane, 1.0, doing(A.COMPUTING))
    record.end(lane, 3.0)
    record.begin_call(lane, 5.0, "job(18)", 18)
    record.note(lane, 5.0, doing(A.COMPUTING))
    record.note(lane, 6.0, doing(A.COMPUTING))
    for moment in (1.5, 1.501, 2.0):
        record.pass_checkpoint(lane, moment)

    assert [call.name for moment in (2.0, 5.5) if (call := lane.call_at(moment))] == ["job(17)", "job(18)"]
    assert lane.call_at(4.0) is None
    assert lane.call_at(0.5) is None
    assert lane.checkpoints(0.0, 10.0) == pytest.approx([1.5, 2.0])
    assert lane.checkpoints(1.6, 10.0) == [2.0]


def room(record: Record) -> int:
    """The bytes that a record takes in truth, but for the objects that facts refer to."""
    total = sys.getsizeof(record.lanes) + sys.getsizeof(record._codes) + sys.getsizeof(record._moments)
    for moment in record._codes:
        total += sys.getsizeof(moment) + sys.getsizeof(moment.facts) + 28
    for lane in record.lanes.values():
        total += sys.getsizeof(lane) + sys.getsizeof(lane.stops) + sys.getsizeof(lane.calls)
        total += sum(map(sys.getsizeof, (lane._begins, lane._codes, lane._cpus, lane._ticks)))
        total += sum(sys.getsizeof(call) + sys.getsizeof(call.name) + 24 for call in lane.calls)
    return total


def test_two_hundred_lanes_for_an_hour_take_less_than_thirty_megabytes() -> None:
    """At one look a second, each of which finds something else: nothing of the hour has to go."""
    record = Record(0.0)
    lanes = [record.lane(number) for number in range(200)]
    moments = [doing(activity, line) for activity in A for line in range(40)]
    for second in range(3600):
        for number, lane in enumerate(lanes):
            record.note(lane, second, moments[(second * 7 + number) % len(moments)], 0.5)

    assert record.begins == 0.0
    assert room(record) < 10_000_000, "a third of what it may take"
    assert record.size >= room(record) * 0.9, "what it believes to take is about what it takes"
    assert len(list(lanes[0].runs(0.0, 3600.0))) == 3599


def test_the_oldest_of_all_lanes_goes_first_and_the_record_says_where_it_begins() -> None:
    record = Record(0.0, budget=400_000)
    lanes = [record.lane(number) for number in range(20)]
    brief = record.lane("brief")
    record.note(brief, 0.0, doing(A.COMPUTING))
    record.end(brief, 1.0)
    quiet = record.lane("quiet")
    for second in range(4_000):
        record.note(quiet, second, doing(A.SLEEPING))
        for lane in lanes:
            record.note(lane, second, doing(A.COMPUTING if second % 2 else A.SLEEPING))

    assert record.size <= 400_000
    assert room(record) <= 440_000
    assert 1_000 < record.begins < 3_999
    assert "brief" not in record.lanes, "it had ended before"
    assert story(record, quiet) == [(round(quiet.begin, 2), 3999.0, "sleeping")]
    assert quiet.begin == pytest.approx(record.begins)
    assert all(lane.begin == pytest.approx(record.begins, abs=1) for lane in lanes)
    assert len(list(lanes[0].runs(0.0, 4_000.0))) == pytest.approx(3_999 - record.begins, abs=2)


def test_ever_new_moments_make_the_history_shorter_and_nothing_else() -> None:
    record = Record(0.0, budget=300_000)
    lane = record.lane(1)
    for second in range(3_000):
        record.note(lane, second, doing(A.READING, subject=f"/data/{second}"))

    assert record.size <= 300_000
    assert len(record._codes) < 500
    assert len(record._moments) < 500, "numbers of what is gone are used again"
    for run in lane.runs(record.begins, 3_000.0):
        moment = record.moment(run.code)
        assert moment is not None
        assert moment.facts is not None
        assert moment.facts.subject == f"/data/{round(run.begin)}" or run.begin == pytest.approx(record.begins)


def test_a_lane_that_is_forgotten_gives_its_room_back() -> None:
    record = Record(0.0)
    before = record.size
    lane = record.lane(1)
    record.end(lane, 1.0)
    record.ask_to_stop(lane, 1.0)
    record.ask_to_stop(lane, 1.0)
    record.begin_call(lane, 1.0, "x", 1)

    record.forget(1)
    record.forget(2)

    assert record.size == before
    assert not record.lanes


def test_runs_are_whole_at_a_moment() -> None:
    record = Record(0.0)
    lane = record.lane(1)
    for second in range(5):
        code = record.note(lane, second, doing(A.LOCK))

    assert lane.run_at(2.5) == Run(0.0, 4.0, code, None)
