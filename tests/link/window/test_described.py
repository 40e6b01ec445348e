"""What `taskmon list --json` says of a thread of a watched program."""

from __future__ import annotations

import json

from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.control import describe

FACTS = ThreadFacts(
    native_id=4711, cpu=0.25, activity=Activity.LOCK, subject="cache", wakes_at=112.5, since=90.0, function="get",
    file="/srv/cache.py", line=31, holder="writer", circle=("reader", "writer"),
)  # fmt: skip


def test_what_a_thread_does() -> None:
    picture = TaskSnapshot(1, "reader", TaskState.RUNNING, 1, 100.0, 90.0, facts=FACTS)

    doing = json.loads(json.dumps(describe(picture)))["doing"]

    assert doing == {
        "activity": "lock", "subject": "cache", "channel": "", "holder": "writer", "deadlock": ["reader", "writer"],
        "wakes_in": 12.5, "unmoved_for": 10.0, "cpu": 0.25, "native_id": 4711, "function": "get",
        "file": "/srv/cache.py", "line": 31,
    }  # fmt: skip


def test_what_is_not_known_is_not_said() -> None:
    unknown = describe(TaskSnapshot(1, "reader", TaskState.RUNNING, 1, 100.0, 90.0, facts=ThreadFacts()))["doing"]

    assert unknown is not None
    assert (unknown["activity"], unknown["wakes_in"], unknown["unmoved_for"], unknown["cpu"]) == (None,) * 4
    assert describe(TaskSnapshot(1, "reader", TaskState.RUNNING, 1, 100.0, 90.0))["doing"] is None
    assert describe(TaskSnapshot(1, "x", TaskState.SUCCEEDED, 1, 100.0, 90.0, facts=FACTS))["doing"] is None
