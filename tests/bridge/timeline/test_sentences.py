"""What a moment of the timeline is told as."""

from __future__ import annotations

from typing import cast

from taskmon.bridge.table.rows import TaskRow
from taskmon.bridge.timeline.record import Moment, Record
from taskmon.bridge.timeline.recorder import LaneRow
from taskmon.bridge.timeline.sentences import beside_name, holder_of, lane_name, lane_sentence, tell
from taskmon.core.stacks.facts import Activity, OwnCall, ThreadFacts
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState

A = Activity
S = TaskState


def lane(
    record: Record, name: str, *did: tuple[float, ThreadFacts | None], ended: bool = False, pid: int = 7
) -> LaneRow:
    """A lane that began to do something at each moment, up to the last one."""
    made = record.lane((pid, name, "thread"))
    for number, (begin, facts) in enumerate(did):
        until = did[number + 1][0] if number + 1 < len(did) else begin
        second = begin
        while second <= until:
            record.note(made, second, Moment(S.RUNNING, facts))
            second += 1.0
    origin = Origin("x.py", pid, name, "thread")
    state = S.SUCCEEDED if ended else S.RUNNING
    snapshot = TaskSnapshot(1, name, state, 1, 0.0, 0.0, origin=origin)
    made.key = 1
    return LaneRow(made, TaskRow(cast("TaskHandle", None), snapshot, 0), ended)


def said(words: str) -> str:
    return words.replace("\u00a0", " ")


def waits(holder: str = "writer", **facts: object) -> ThreadFacts:
    return ThreadFacts(activity=A.LOCK, subject="cache", holder=holder, **facts)  # type: ignore[arg-type]


SLEEPS = ThreadFacts(activity=A.SLEEPING)


def test_a_deadlock_is_one_wait_though_it_is_known_later() -> None:
    """The circle is found at the second look; nothing is done again and again there."""
    record = Record(0.0)
    first = lane(record, "first", (1.0, SLEEPS), (2.0, waits()), (4.0, waits(circle=("first", "writer"))), (60.0, None))

    told = said(lane_sentence(record, first, 50.0, 60.0))
    assert told == "first: Waiting for lock “cache”, held by writer, for 48 s so far"


def test_waits_one_after_the_other_are_told_as_such() -> None:
    """As of a loop that waits for its event twice a second: the last of them says nothing of how long that goes on."""
    record = Record(0.0)
    poller = lane(record, "poller", (1.0, SLEEPS), (2.0, SLEEPS))
    for second in range(3, 10):
        record.note(poller.lane, float(second), Moment(S.RUNNING, SLEEPS), anew=True)

    assert said(lane_sentence(record, poller, 9.0, 9.0)) == "poller: Sleeping, again and again, for 8.0 s so far"
    told = said(lane_sentence(record, poller, 3.0, 20.0))
    assert told == "poller: Sleeping, again and again, for 2.0 s by then, 8.0 s in all"


def test_what_and_for_how_long() -> None:
    record = Record(0.0)
    reader = lane(record, "reader", (0.0, SLEEPS), (10.0, waits()), (40.0, SLEEPS), (50.0, SLEEPS))

    told = said(lane_sentence(record, reader, 26.0, 50.0))
    assert told == "reader: Waiting for lock “cache”, held by writer, for 16 s by then, 30 s in all"
    assert said(lane_sentence(record, reader, 50.0, 50.0)) == "reader: Sleeping, for 10 s so far"
    assert said(lane_sentence(record, reader, 4.0, 50.0)) == (
        "reader: Sleeping, for at least 4.0 s by then, at least 10 s in all"
    ), "the record begins there, and not the sleep"


def test_what_goes_on_after_a_gap_may_have_begun_in_it() -> None:
    """A deadlock of half a minute was told to last for the 0.6 s since the window had time to look again."""
    record = Record(0.0)
    reader = lane(record, "reader", (0.0, SLEEPS), (5.0, waits()), (8.0, None))
    for second in (20.0, 20.5):
        record.note(reader.lane, second, Moment(S.RUNNING, waits()))

    told = said(lane_sentence(record, reader, 20.5, 20.5))
    assert told == "reader: Waiting for lock “cache”, held by writer, for at least 0.5 s so far"
    later = lane(record, "later", (30.0, SLEEPS), (40.0, SLEEPS))
    assert said(lane_sentence(record, later, 40.0, 40.0)) == "later: Sleeping, for 10 s so far"
    later.row.snapshot = later.row.snapshot._replace(started_at=3.0)  # of a program that the window has met later
    assert said(lane_sentence(record, later, 40.0, 40.0)) == "later: Sleeping, for at least 10 s so far"


def test_other_lines_of_code_are_the_same_thing_to_do() -> None:
    record = Record(0.0)
    facts = [ThreadFacts(activity=A.COMPUTING, line=line, file="/x/a.py", function="f") for line in range(6)]
    busy = lane(record, "busy", (0.0, SLEEPS), *((5.0 + n, each) for n, each in enumerate(facts)), (11.0, facts[0]))

    assert said(lane_sentence(record, busy, 8.5, 11.0)) == "busy: Computing, for 3.5 s so far"
    assert tell(record, [busy], busy, 8.5, 11.0).where == "f · a.py:3"


def test_who_held_it_is_told_as_well() -> None:
    record = Record(0.0)
    reader = lane(record, "reader", (0.0, SLEEPS), (10.0, waits()), (30.0, waits()))
    writer = lane(record, "writer", (0.0, SLEEPS), (12.0, ThreadFacts(activity=A.READING, channel="socket")),
                  (30.0, ThreadFacts(activity=A.READING, channel="socket")))  # fmt: skip
    namesake = lane(record, "writer", (0.0, SLEEPS), (30.0, SLEEPS), pid=8)
    lanes = [namesake, reader, writer]

    told = tell(record, lanes, reader, 20.0, 30.0)
    assert said(told.what) == "reader: Waiting for lock “cache”, held by writer, for 10 s so far"
    assert said(told.more) == "writer: Reading socket, for 8.0 s so far"
    assert told.all_of_them == "1 waiting for locks · 1 reading or writing · 1 asleep or waiting"
    assert said(told.ago) == "10 s ago"
    assert told.spoken().count(". ") >= 3
    assert holder_of(record, lanes, writer, 20.0) is None
    assert holder_of(record, [reader], reader, 20.0) is None, "it is not shown"


def test_the_calls_it_was_in_are_told_the_innermost_first() -> None:
    record = Record(0.0)
    calls = OwnCall("get", "/x/cache.py", 31), OwnCall("run.<locals>.lookup", "/x/index.py", 77)
    facts = waits(function="run", file="/x/cache.py", line=31, calls=calls)
    reader = lane(record, "reader", (0.0, facts), (5.0, facts))

    assert tell(record, [reader], reader, 3.0, 5.0).where == "get · cache.py:31    lookup · index.py:77"


def test_gaps_and_absence_are_told_as_such() -> None:
    record = Record(0.0)
    other = lane(record, "late", (20.0, SLEEPS), (25.0, SLEEPS), ended=True)
    record.note(other.lane, 60.0, Moment(S.RUNNING, SLEEPS))
    record.end(other.lane, 61.0)

    assert said(lane_sentence(record, other, 10.0, 70.0)) == "late: had not begun, or was not seen yet"
    assert said(lane_sentence(record, other, 40.0, 70.0)) == "late: nobody looked then"
    assert said(lane_sentence(record, other, 65.0, 70.0)) == "late: had ended"
    assert said(lane_sentence(record, other, -5.0, 70.0)) == "late: not recorded"
    assert tell(record, [other], None, 65.0, 70.0).all_of_them == ""


def test_the_thread_of_a_pool_tells_its_call() -> None:
    record = Record(0.0)
    made = record.lane((7, "dl-0"))
    record.begin_call(made, 1.0, "job(17)", 17)
    for second in range(1, 6):
        record.note(made, float(second), Moment(S.RUNNING, SLEEPS))
    snapshot = TaskSnapshot(17, "job(17)", S.RUNNING, 1, 0.0, 0.0, origin=Origin("x.py", 7, "dl-0", "future"))
    shown = LaneRow(made, TaskRow(cast("TaskHandle", None), snapshot, 0), False, pooled=True)

    assert (lane_name(shown), beside_name(shown)) == ("dl-0", "job(17)")
    assert said(lane_sentence(record, shown, 3.0, 5.0)) == "dl-0, in job(17): Sleeping, for 2.0 s so far"
    record.end(made, 5.5)
    assert said(lane_sentence(record, shown, 7.0, 8.0)) == "dl-0: had nothing to do"


def test_a_call_that_has_a_thread_to_itself_is_called_as_in_the_table() -> None:
    """A server's handlers are called by what they do there: a lane by the thread's name could not be found again."""
    record = Record(0.0)
    made = record.lane((7, "Thread-3 (process_request_thread)"))
    for number, (begin, end) in enumerate(((1.0, 3.0), (6.0, 8.0))):
        record.begin_call(made, begin, f"Handler.do_GET({number})", 17 + number)
        record.note(made, begin, Moment(S.RUNNING, SLEEPS))
        record.note(made, end, Moment(S.RUNNING, SLEEPS))
        record.end(made, end)
    origin = Origin("x.py", 7, "Thread-3 (process_request_thread)", "future")
    snapshot = TaskSnapshot(18, "Handler.do_GET(1)", S.SUCCEEDED, 1, 0.0, 0.0, origin=origin)
    shown = LaneRow(made, TaskRow(cast("TaskHandle", None), snapshot, 0), False)

    assert (lane_name(shown), beside_name(shown)) == ("Handler.do_GET(1)", origin.thread)
    told = said(lane_sentence(record, shown, 2.0, 9.0))
    assert told == "Handler.do_GET(0): Sleeping, for 1.0 s by then, 2.0 s in all"
    assert lane_sentence(record, shown, 4.0, 9.0) == f"{origin.thread}: had nothing to do"
    assert lane_sentence(record, shown, 8.5, 9.0) == "Handler.do_GET(1): had ended"
