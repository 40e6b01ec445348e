"""What a thread does travels to the window, and is believed field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskmon.core.stacks.facts import Activity, OwnCall, ThreadFacts
from taskmon.core.task.snapshot import ProgramInfo, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.wire.codec import from_facts, from_item, from_move, to_facts, to_item, to_move

FACTS = ThreadFacts(
    native_id=4711, cpu=0.25, activity=Activity.LOCK, subject="cache", channel="", wakes_at=130.0, endless=False,
    since=90.0, seen_coming=True, function="get", file="/srv/cache.py", line=31, holder="writer",
    circle=("reader", "writer"), calls=(OwnCall("get", "/srv/cache.py", 31), OwnCall("Cache.look", "/srv/cache.py", 4)),
)  # fmt: skip


def clock(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def over_the_wire(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_they_arrive_as_they_were_sent() -> None:
    assert from_facts(over_the_wire(to_facts(FACTS, 100.0)), clock, 100.0) == FACTS
    bare = ThreadFacts(since=90.0)
    assert from_facts(over_the_wire(to_facts(bare, 100.0)), clock, 100.0) == bare


def test_how_a_program_was_started_arrives_as_far_as_it_makes_sense() -> None:
    program = ProgramInfo(("python", "my script.py"), "/work", "/usr/bin/python3", "3.12.1", "/work/.venv", True)
    picture = TaskSnapshot(1, "x.py", TaskState.RUNNING, 1, 100.0, 90.0, program=program)

    assert from_item(over_the_wire(to_item(picture)), clock, "x", 1)[0].program == program
    item = to_item(picture)
    for nonsense in (3, [], {"command": 5, "folder": [1]}, {"command": [7, "x\x1b[31m"], "version": None}):
        told = from_item({**item, "program": nonsense}, clock, "x", 1)[0].program
        assert told is None or all(isinstance(word, str) and word.isprintable() for word in told.command)
    endless = program._replace(command=tuple("x" * 500 for _ in range(1000)))
    assert len(str(to_item(picture._replace(program=endless)))) < 3_000


def test_they_are_part_of_a_picture_and_of_a_move() -> None:
    picture = TaskSnapshot(1, "reader", TaskState.RUNNING, 1, 100.0, 90.0, facts=FACTS)

    assert from_item(over_the_wire(to_item(picture)), clock, "x", 1)[0].facts == FACTS
    assert from_move(over_the_wire(to_move(picture)), clock, 100.0).facts == FACTS
    assert from_move(over_the_wire(to_move(picture))[:11], clock, 100.0).facts is None, "of an older program"


@pytest.mark.parametrize(
    "odd", [None, 5, "x", [], {"does": {}}, {"cpu": "1"}, {"cpu": -7}, {"circle": 3}, {"line": -4}, {"calls": 7},
     {"calls": [3, ["f"]]}],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(odd: object) -> None:
    found = from_facts(odd, clock, 100.0)

    assert found is None or found == ThreadFacts(since=100.0)


def test_calls_are_clipped_and_made_plain() -> None:
    odd = [["f\x1b[31m", 7, -3], ["x" * 10_000, "/y", 5], *[["g", "/z", 1]] * 20]
    found = from_facts({"calls": odd}, clock, 100.0)

    assert found is not None
    assert len(found.calls) == 4
    assert found.calls[0].function.isprintable()
    assert found.calls[0][1:] == ("", 0)
    assert len(found.calls[1].function) <= 400
