"""What the details say of a thread: what it does, who holds it up, and why a stop may have to wait."""

from __future__ import annotations

from typing import Any

import pytest

from taskmon.bridge.details import sentences, thread
from taskmon.bridge.table.activity import BAR_HEIGHT, SPAN, CpuMinute
from taskmon.bridge.table.ending import holder_of
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.snapshot import Origin, ProgramInfo, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState

A = Activity
WAITS = ThreadFacts(
    activity=A.LOCK, subject="cache", since=62.0, seen_coming=True, endless=True, holder="writer", cpu=0.0, native_id=48
)


def row(name: str, facts: ThreadFacts | None, pid: int = 7, kind: str = "thread", **more: Any) -> TaskRow:
    origin = Origin("x.py", pid, name, kind)
    snapshot = TaskSnapshot(
        hash((name, pid)) % 1000, name, TaskState.RUNNING, 1, 100.0, 0.0, started_at=0.0, origin=origin, facts=facts
    )
    return TaskRow(None, snapshot._replace(**more), 0)  # type: ignore[arg-type]


def plain(words: str) -> str:
    return words.replace("\u00a0", " ")


def test_a_wait_is_told_with_its_time_and_its_holder() -> None:
    words = thread.thread_words(row("reader", WAITS))

    assert words is not None
    assert (words.headline, plain(words.since)) == ("Waiting for lock “cache”", "for 38 s, since 38 s ago")
    assert words.holder_words.format(name=words.holder) == "held by writer"
    assert plain(thread.sentence(row("reader", WAITS))).startswith("Waiting for lock “cache”, for 38 s")


def test_what_was_there_before_the_first_look_has_waited_longer() -> None:
    words = thread.thread_words(row("reader", WAITS._replace(seen_coming=False)))

    assert words is not None
    assert plain(words.since) == "for 38 s at least"


@pytest.mark.parametrize("activity", [A.COMPUTING, A.OUTSIDE])
def test_of_a_thread_that_works_no_time_is_told(activity: Activity) -> None:
    words = thread.thread_words(row("loader", ThreadFacts(activity=activity, since=62.0, seen_coming=True)))

    assert words is not None
    assert not words.since


def test_of_what_is_not_known_and_of_what_has_ended_nothing_is_said() -> None:
    assert thread.thread_words(row("x", None)) is None
    assert thread.thread_words(row("x", ThreadFacts())) is None
    assert thread.thread_words(row("x", WAITS, state=TaskState.SUCCEEDED)) is None
    assert thread.sentence(row("x", None)) == ""


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (WAITS, "before it gets the lock"),
        (ThreadFacts(activity=A.SLEEPING, wakes_at=112.0), "It sleeps for 12 s more"),
        (ThreadFacts(activity=A.OUTSIDE, subject="zlib.compress"), "before zlib.compress returns"),
        (WAITS._replace(endless=False), ""),
        (ThreadFacts(activity=A.EVENT, subject="stop_event"), ""),
        (ThreadFacts(activity=A.QUEUE, subject="jobs"), ""),
        (ThreadFacts(activity=A.READING, channel="socket"), ""),
        (ThreadFacts(activity=A.COMPUTING), ""),
    ],
)
def test_why_a_stop_has_to_wait_is_said_where_that_is_certain(facts: ThreadFacts, expected: str) -> None:
    """An event, a queue or a socket may be what the stop itself wakes."""
    told = plain(thread.why_not_yet(row("x", facts, stop_means=StopMeans("sets stop")).snapshot))

    assert expected in told
    assert bool(told) is bool(expected)


def test_a_task_that_has_checkpoints_tells_by_them_how_soon_it_stops() -> None:
    facts = ThreadFacts(activity=A.SLEEPING, wakes_at=112.0)

    assert not thread.why_not_yet(row("x", facts, origin=None).snapshot)
    assert not thread.why_not_yet(row("x", facts, kind="task").snapshot)


def test_of_a_program_only_a_call_into_c_is_said_to_keep_it() -> None:
    """What Ctrl-C does ends the sleep of the main thread, and its wait for a lock."""
    asleep = ThreadFacts(activity=A.SLEEPING, wakes_at=112.0)
    for facts in (asleep, WAITS, WAITS._replace(circle=("x", "y"))):
        assert not thread.why_not_yet(row("x", facts, kind="program").snapshot)
    outside = ThreadFacts(activity=A.OUTSIDE, subject="zlib.compress")
    assert "before zlib.compress returns" in thread.why_not_yet(row("x", outside, kind="program").snapshot)


def test_of_a_deadlock_each_line_and_what_would_prevent_it_are_named() -> None:
    reader = row(
        "reader", WAITS._replace(circle=("reader", "MainThread"), holder="MainThread", file="/a/c.py", line=31)
    )
    main = row("x.py", WAITS._replace(circle=("MainThread", "reader"), holder="reader"), kind="program")
    stranger = row("MainThread", WAITS._replace(circle=("MainThread", "reader")), pid=8)

    words = thread.deadlock_words(reader, [reader, main, stranger])

    first, second = words[0].splitlines()
    assert first.startswith("reader, c.py:31: Waiting for lock “cache”")
    assert second.startswith("MainThread")
    assert "acquire(timeout=…)" in words[1]
    assert "Ctrl-C" in words[2]
    assert "none of them can notice" in thread.why_not_yet(reader.snapshot)
    assert thread.deadlock_words(row("x", WAITS), [reader]) == []


def test_who_holds_a_lock_is_told_that_others_wait_for_it() -> None:
    """It only sleeps, as far as it can tell itself; those that wait know better."""
    writer, one, two = row("writer", None), row("reader", WAITS), row("other reader", WAITS)
    ended = row("gone", WAITS, state=TaskState.SUCCEEDED)
    elsewhere, asking = row("far", WAITS, pid=8), row("asks", WAITS._replace(activity=A.THREAD))

    assert thread.holds(writer, [writer, one]) == ["It holds lock “cache”, for which reader waits."]
    assert thread.holds(writer, [writer, one, two, ended, elsewhere, asking]) == [
        "It holds lock “cache”, for which 2 threads wait."
    ]
    assert thread.holds(one, [writer, one, two]) == []
    assert thread.holds(writer, [writer, row("reader", WAITS._replace(subject=""))]) == [
        "It holds a lock, for which reader waits."
    ]


def test_the_holder_is_found_in_its_own_program_and_only_if_it_is_the_one() -> None:
    waits, writer, elsewhere = row("reader", WAITS), row("writer", None), row("writer", None, pid=8)

    assert holder_of(waits, [waits, elsewhere, writer]) is writer
    assert holder_of(waits, [waits, elsewhere]) is None
    assert holder_of(waits, [waits, writer, row("writer", None)]) is None
    assert holder_of(row("x", None), [writer]) is None


def test_of_a_program_its_start_is_told() -> None:
    program = ProgramInfo(("python", "my script.py"), "/work", "/usr/bin/python3", "3.12.1", "/work/.venv")
    facts = dict(sentences.facts(row("x.py", WAITS, kind="program", program=program)))

    assert facts["Command"] == "python 'my script.py'"
    assert facts["Folder"] == "/work"
    assert facts["Interpreter"] == "/usr/bin/python3, Python 3.12.1"
    assert facts["Environment"] == "/work/.venv"
    assert dict(sentences.facts(row("x", WAITS)))["Thread"] == "x, native id 48"
    assert dict(sentences.facts(row("x", None, program=program._replace(environment=""))))["Environment"] == "none"


def test_a_minute_of_shares_is_kept_and_no_more() -> None:
    minute = CpuMinute()
    for second in range(200):
        minute.add(float(second), 0.5)
        minute.add(second + 0.4, 0.25)  # a second look within the second replaces the first

    points = minute.points()
    assert points[-1] == (199.0, 0.25)
    assert points[0][0] >= 199.0 - SPAN
    assert len(points) <= SPAN + 1


def test_a_spark_has_a_bar_for_each_piece_of_the_minute() -> None:
    """None where nobody looked; their heights stay as they move on; more than one processor fills the height."""
    minute = CpuMinute()
    assert minute.bars(600.0) == (-1,) * 10
    for second in range(576, 582):
        minute.add(float(second), 0.5)
    minute.add(600.0, 0.0)

    assert minute.bars(600.0) == (-1, -1, -1, -1, -1, 7, -1, -1, -1, 0)
    assert minute.bars(606.0) == (-1, -1, -1, -1, 7, -1, -1, -1, 0, -1)
    minute.add(606.0, 2.0)
    assert max(minute.bars(606.0)) == BAR_HEIGHT


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (ThreadFacts(activity=A.READING, channel="socket", endless=True), "the other side sends something or closes"),
        (ThreadFacts(activity=A.READING, channel="pipe", endless=True), "somebody writes to the pipe"),
        (ThreadFacts(activity=A.ACCEPTING, channel="socket", endless=True), "somebody connects"),
        (ThreadFacts(activity=A.READING, channel="socket"), ""),
        (ThreadFacts(activity=A.LOCK, endless=True), ""),
    ],
)
def test_of_a_call_without_a_time_limit_is_told_what_ends_it(facts: ThreadFacts, told: str) -> None:
    lines = "\n".join(sentences.how_it_stops(row("fetch", facts)))

    assert ("no time limit" in lines) is bool(told)
    assert told in lines
