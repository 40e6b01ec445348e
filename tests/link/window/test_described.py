"""What `taskmon list --json` says of a thread of a watched program."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest

from taskmon.bridge.table import text
from taskmon.bridge.table.rows import TaskRow
from taskmon.cli.task_lines import FINAL, end_line
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task.snapshot import DETACHED, NOT_SEEN, ProgramInfo, TaskSnapshot
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


@pytest.mark.parametrize(("cpu", "since", "told"), [
    (0.0, 98.5, 1.5), (0.001, 98.5, None), (None, 98.5, None), (0.3, 85.0, 15.0),
])  # fmt: skip
def test_the_age_of_a_look_is_not_the_time_of_a_thread_at_a_place(
    cpu: float | None, since: float, told: float | None
) -> None:
    """One that used a processor since the look before has been found where it is once."""
    facts = FACTS._replace(activity=Activity.SLEEPING, cpu=cpu, since=since)
    doing = describe(TaskSnapshot(1, "reader", TaskState.RUNNING, 1, 100.0, 90.0, facts=facts))["doing"]
    assert doing is not None
    assert doing["unmoved_for"] == told


@pytest.mark.parametrize(("consequence", "error", "state", "told"), [
    ("its pool was ended before it was done", "", "CUT_OFF", "its pool was ended before it was done"),
    ("", NOT_SEEN, "ENDED", "How it ended was not seen."),
    ("", DETACHED, "DETACHED", "taskmon was detached from its program, which goes on."),
    ("", "", "CUT_OFF", "Cut off when the program ended"),
])  # fmt: skip
def test_only_what_the_end_of_its_program_cut_off_is_called_so(
    consequence: str, error: str, state: str, told: str
) -> None:
    picture = TaskSnapshot(1, "x", TaskState.CUT_OFF, 1, 100.0, 90.0, error=error, consequence=consequence)
    listed = describe(picture)
    assert (listed["state"], listed["reason"]) == (state, told)
    assert listed["state"] in FINAL


def test_a_program_whose_main_thread_has_ended_says_for_what_it_waits() -> None:
    kept = "its main thread has ended; it waits for meter"
    program = ProgramInfo(("python", "x.py"), "/", "python", "3.12", "")
    picture = TaskSnapshot(1, "x.py", TaskState.STOPPING, 1, 100.0, 90.0, shield=kept, program=program)
    assert describe(picture)["message"] == kept
    assert describe(picture._replace(program=None))["message"] == "", "a part of a task's work that is not cut short"


def test_a_cancelled_task_says_what_it_leaves_behind() -> None:
    reason = StopReason(StopKind.USER, "user", "", 95.0)
    picture = TaskSnapshot(1, "x", TaskState.CANCELLED, 1, 100.0, 90.0, reason=reason, consequence="it left 2 files")
    assert describe(picture)["reason"] == "cancelled by the user. It left 2 files"
    assert describe(picture._replace(consequence=""))["reason"] == "cancelled by the user"


@pytest.mark.parametrize(("kind", "consequence", "label", "told"), [
    (StopKind.USER, "", "Cancelled", "cancelled by the user"),
    (StopKind.USER, "Ended by SIGKILL, sent by you", "Ended by SIGKILL", "cancelled by the user"),
    (StopKind.DEADLINE, "", "Timed out", "its time was up"),
])  # fmt: skip
def test_how_a_task_ended_is_told_as_in_the_window(kind: StopKind, consequence: str, label: str, told: str) -> None:
    reason = StopReason(kind, "", "", 95.0)
    picture = TaskSnapshot(1, "x", TaskState.CANCELLED, 1, 100.0, 90.0, reason=reason, consequence=consequence)
    listed = describe(picture)
    assert (listed["state"], listed["label"], listed["reason"]) == ("CANCELLED", label, told)
    assert listed["label"] == text.state_label(TaskRow(Mock(), picture, 0))
    assert end_line(listed) == f"1 x: {label} ({told})"


@pytest.mark.parametrize(("state", "told"), [
    (TaskState.STOPPING, "asked to stop by the user, with taskmon cancel: lunch"),
    (TaskState.SUCCEEDED,
     "asked to stop by the user, with taskmon cancel: lunch. It finished before it could be cancelled"),
])  # fmt: skip
def test_only_what_was_cancelled_is_called_so(state: TaskState, told: str) -> None:
    reason = StopReason(StopKind.USER, "taskmon cancel", "lunch", 95.0)
    asked = TaskSnapshot(1, "x", state, 1, 100.0, 90.0, reason=reason, stop_requested_at=95.0)
    assert describe(asked)["reason"] == told


def test_of_what_its_program_has_cancelled_no_request_is_told() -> None:
    """As a coroutine that the program itself has cancelled. The word for its state says all that is known."""
    ended = TaskSnapshot(
        1,
        "child",
        TaskState.CANCELLED,
        1,
        100.0,
        90.0,
        ended_at=99.0,
        reason=StopReason(StopKind.REQUEST, "", "", 98.0),
    )
    assert describe(ended)["reason"] == ""
    assert describe(ended._replace(state=TaskState.STOPPING))["reason"] == "asked to stop"
    assert end_line(describe(ended)) == "1 child: Cancelled"
