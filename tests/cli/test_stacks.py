"""``taskmon stacks``: where every thread of a program is, as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskmon import TaskContext, TaskRunner
from taskmon.cli.stacks import VERSION, as_text, print_stacks
from taskmon.core.stacks import sampler
from tests.cli.test_window_commands import DOING, task
from tests.helpers.gates import Gate, wait_until
from tests.helpers.window import Office
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place"]  # a fixture


def stand_here(ctx: TaskContext, gate: Gate) -> None:
    ctx.checkpoint()
    gate.pass_through()


def test_a_stuck_task_of_the_window_is_told_of(meeting_place: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the name of its program and by the number of its process; each of its calls, and how it stops."""
    gate = Gate()
    with TaskRunner() as runner:
        office = Office(runner)
        try:
            runner.start(stand_here, gate, name="Stuck")
            gate.await_arrival()
            assert print_stacks("taskmon", as_json=True) == 0
            told = json.loads(capsys.readouterr().out)
            assert told["version"] == VERSION
            (thread,) = told["threads"]
            assert (thread["name"], thread["kind"], thread["cancellable"]) == ("Stuck", "task", True)
            assert [call["function"] for call in thread["stack"]["frames"] if call["own"]][:1] == ["stand_here"]

            assert print_stacks(str(thread["pid"]), as_json=False) == 0
            text = capsys.readouterr().out
            assert f"taskmon, process {thread['pid']}" in text
            assert ", in stand_here" in text
            assert "Cancel sets its stop flag" in text

            assert print_stacks("nobody.py", as_json=False) == 1
            assert "no live thread of “nobody.py”" in capsys.readouterr().err
        finally:
            gate.open()
            office.close()
            sampler.sampler.rest()
            wait_until(lambda: not sampler.sampler._looking)


def test_without_a_window_that_is_said(meeting_place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_stacks("x.py", as_json=False) == 3
    assert "No window is open" in capsys.readouterr().err


def thread(number: int, **fields: Any) -> dict[str, Any]:
    call = {"file": "/a/c.py", "line": 31, "function": "get", "own": True, "call": "with cache"}
    stack = {"age": 0.1, "frames": [call]}
    return {**task(number), "kind": "thread", "started_as": None, "stack": stack, "doing": DOING, **fields}


def test_the_text_tells_of_locks_deadlocks_and_the_program() -> None:
    """A thread that two rows share is told once; nothing that a program says forges a line."""
    started = {
        "command": ["python", "my script.py"], "folder": "/work", "interpreter": "/usr/bin/python3",
        "version": "3.12.1", "environment": "",
    }  # fmt: skip
    lines = as_text(
        [
            thread(1, name="p.py", started_as=started, doing=None),
            thread(2, name="reader", thread="Thread-1", doing={**DOING, "deadlock": ["reader", "writer"]}),
            thread(3, name="call\n4  forged: x", doing=DOING),
            thread(
                5, name="gone", doing={**DOING, "native_id": 5}, stack=None, cancellable=False, cancel_means="no flag"
            ),
            thread(6, name="pool", doing=None, stack=None),
        ],
        "2026-01-31T09:05:00Z",
    )
    text = "\n".join(lines)

    assert "  command      python 'my script.py'" in lines
    assert "  Python       3.12.1, /usr/bin/python3" in lines
    assert "  environment  none" in lines
    assert "2  reader (Thread-1): Waiting for lock “cache”, held by writer" in lines
    assert "in a deadlock with writer" in text
    assert "thread 4711; CPU 4 %; here for 38 s at least" in text
    assert '  File "/a/c.py", line 31, in get  [with cache]' in lines
    assert "  in the same thread as above" in lines
    assert not any(line.startswith("4  forged") for line in lines)
    assert "cannot be cancelled: no flag" in text
    assert "  no thread of its own" in lines
    assert "  where it is did not come to be known" in lines
