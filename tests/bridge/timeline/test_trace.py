"""The trace: what Chrome and Perfetto take, and nothing that they would refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from taskmon.bridge.table.rows import TaskRow
from taskmon.bridge.timeline.record import Moment, Record
from taskmon.bridge.timeline.recorder import LaneRow
from taskmon.bridge.timeline.trace import TimelineSaver, capture, trace
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState

A = Activity


def shown(lane: Any, name: str, thread: str = "", kind: str = "thread") -> LaneRow:
    origin = Origin("train.py", 4711, thread or name, kind)
    snapshot = TaskSnapshot(1, name, TaskState.RUNNING, 1, 0.0, 0.0, origin=origin)
    return LaneRow(lane, TaskRow(cast("TaskHandle", None), snapshot, 0), False)


def example() -> tuple[Record, list[LaneRow]]:
    """A thread with a stop and a gap, a pool's thread with three calls, and names that would break JSON."""
    record = Record(100.0)
    lane = record.lane(1)
    for second in range(8):
        facts = ThreadFacts(
            activity=A.COMPUTING if second < 4 else A.SLEEPING, line=min(second, 4), file="/x/a.py", function="f"
        )
        record.note(lane, 100.0 + second, Moment(TaskState.RUNNING, facts), 0.25)
    record.note(lane, 160.0, Moment(TaskState.PAUSED))
    record.note(lane, 161.0, Moment(TaskState.PAUSED))
    record.ask_to_stop(lane, 160.5)
    pool = record.lane((4711, "dl-0"))
    for number in range(3):
        begin = 101.0 + 3 * number
        record.begin_call(pool, begin, f"job({number})", number)
        for step in range(3):
            facts = ThreadFacts(activity=A.READING if step % 2 else A.LOCK, subject="\ud800\n\"'\\", channel="file")
            record.note(pool, begin + step, Moment(TaskState.RUNNING, facts))
        record.end(pool, begin + 2.5)
    return record, [shown(lane, 'rea"der\u202e'), shown(pool, "job(2)", "dl-0", "future")]


def written() -> dict[str, Any]:
    record, lanes = example()
    return cast("dict[str, Any]", json.loads(b"".join(trace(capture(record, lanes, 161.0)))))


def test_every_event_is_one_of_the_format() -> None:
    """As "Trace Event Format" has it: which fields each phase needs, and of what type."""
    found = written()

    assert set(found) <= {"traceEvents", "displayTimeUnit", "otherData", "systemTraceEvents", "metadata"}
    assert found["displayTimeUnit"] in ("ms", "ns")
    for event in found["traceEvents"]:
        assert event["ph"] in ("M", "X", "i")
        assert type(event["name"]) is str
        assert event["name"]
        assert type(event["pid"]) is int
        assert type(event["tid"]) is int
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name", "thread_sort_index")
            assert type(event["args"]) is dict
            continue
        assert type(event["ts"]) is int
        assert event["ts"] >= 0
        assert type(event["cat"]) is str
        if event["ph"] == "X":
            assert type(event["dur"]) is int
            assert event["dur"] > 0
        else:
            assert event["s"] in ("t", "p", "g")


def test_slices_of_a_thread_are_within_each_other_or_apart() -> None:
    """Perfetto throws away what overlaps in part."""
    found = written()
    by_thread: dict[int, list[tuple[int, int]]] = {}
    for event in found["traceEvents"]:
        if event["ph"] == "X":
            by_thread.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"]))
    assert len(by_thread) == 2
    for slices in by_thread.values():
        for begin, end in slices:
            for other, stop in slices:
                assert end <= other or stop <= begin or begin <= other <= stop <= end or other <= begin <= end <= stop


def test_what_is_told() -> None:
    events = written()["traceEvents"]
    slices = [(event["name"], event["ts"] / 1e6, event["dur"] / 1e6) for event in events if event["ph"] == "X"]

    assert slices[:3] == [("Computing", 0.0, 4.0), ("Sleeping", 4.0, 3.0), ("Paused", 60.0, 1.0)]
    assert [entry for entry in slices if entry[0].startswith("job")] == [
        ("job(0)", 1.0, 2.5), ("job(1)", 4.0, 2.5), ("job(2)", 7.0, 2.5),
    ]  # fmt: skip
    computing = next(event for event in events if event["name"] == "Computing")
    assert computing["args"] == {"where": "f · a.py", "cpu": 0.25}
    assert computing["cat"] == "computing"
    assert [(event["name"], event["ts"]) for event in events if event["ph"] == "i"] == [("Stop asked", 60_500_000)]
    names = [event["args"]["name"] for event in events if event["ph"] == "M" and "name" in event["args"]]
    assert names == ["train.py", 'rea"der\\u202e', "dl-0"]


def test_what_is_captured_does_not_change() -> None:
    record, lanes = example()
    captured = capture(record, lanes, 161.0)
    before = b"".join(trace(captured))
    record.note(lanes[0].lane, 162.0, Moment(TaskState.RUNNING))
    record.begin_call(lanes[1].lane, 162.0, "later", 9)

    assert b"".join(trace(captured)) == before


def test_a_file_that_cannot_be_written_is_told_of(qtbot: QtBot, tmp_path: Path) -> None:
    saver = TimelineSaver()
    with qtbot.waitSignal(saver.failed) as blocker:
        saver.save_picture(str(tmp_path / "missing" / "a.png"), b"x")
    assert blocker.args is not None
    assert "not exported" in blocker.args[0].title
    with qtbot.waitSignal(saver.saved):
        saver.save_picture(str(tmp_path / "a.png"), b"x")
    assert (tmp_path / "a.png").read_bytes() == b"x"
    assert saver.wait_idle(20)


@pytest.mark.parametrize("count", [0, 1])
def test_without_lanes_it_is_still_one(count: int) -> None:
    record, lanes = example()
    found = json.loads(b"".join(trace(capture(record, lanes[:count], 161.0))))
    assert bool(found["traceEvents"]) is bool(count)
