"""The tasks of the window as lines of text: what people read in a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from taskmon.cli import window_commands
from taskmon.cli.task_lines import end_line, in_tree_order, progress, request_line, table
from taskmon.core.task.state import STATE_LABELS, TaskState


def task(number: int, **fields: Any) -> dict[str, Any]:
    """A task as the window lists it."""
    state = fields.setdefault("state", "RUNNING")
    fields.setdefault("label", STATE_LABELS[TaskState[state]])
    return {
        "id": number, "name": f"task {number}", "parent": None, "program": "p.py", "pid": 1,
        "thread": "", "done": None, "total": None, "unit": "", "message": "", "cancellable": True,
        "cancel_means": "sets stop", "reason": "", "started": None, "ended": None, **fields,
    }  # fmt: skip


def test_every_state_has_a_label() -> None:
    assert set(STATE_LABELS) == set(TaskState)


def test_subtasks_stand_beneath_their_parents() -> None:
    """Whatever the order in which they came; one whose parent is gone, or that is its own, stands at the top."""
    tasks = [task(3, parent=1), task(1), task(2, parent=3), task(5, parent=99), task(4, parent=1), task(6, parent=6)]
    assert [(found["id"], depth) for found, depth in in_tree_order(tasks)] == [
        (1, 0), (3, 1), (2, 2), (4, 1), (5, 0), (6, 0),
    ]  # fmt: skip


def test_a_ring_of_parents_is_shown_too() -> None:
    """A program may claim anything; it ends, and nothing is shown twice."""
    ring = [task(1, parent=2), task(2, parent=1), task(3)]
    assert {found["id"] for found, _ in in_tree_order(ring)} == {1, 2, 3}


def test_the_table_stands_in_columns() -> None:
    lines = table([
        task(1, name="Copy", done=3412, total=9000, unit="files", message="a.jpg"),
        task(20, name="evil\x1b[2J\u202e", program="x" * 50, state="STOPPING", parent=1),
        task(3, name="Done", state="SUCCEEDED", message="last words", done=5, unit="files"),
    ])  # fmt: skip
    assert lines == [
        "ID  STATE        PROGRESS                    PROGRAM                   NAME              MESSAGE",
        " 1  Running      37 %  3 412 of 9 000 files  p.py                      Copy              a.jpg",
        "20  Cancelling…                              xxxxxxxxxxxxxxxxxxxxxxx…    evil␛[2J\\u202e",
        " 3  Done         5 files                     p.py                      Done",
    ]
    assert max(map(len, table([task(1, name="y" * 300)], 40))) <= 40


DOING: dict[str, Any] = {
    "activity": "lock", "subject": "cache", "channel": "", "holder": "writer", "deadlock": [], "wakes_in": None,
    "unmoved_for": 38.0, "cpu": 0.04, "native_id": 4711, "function": "get", "file": "/a/cache.py", "line": 31,
}  # fmt: skip


def test_what_threads_do_has_columns_where_somebody_looks() -> None:
    lines = table([
        task(1, name="reader", doing={**DOING, "unmoved_for": 8.0}),
        task(2, name="队列", doing={**DOING, "activity": "computing", "cpu": 1.0}),
        task(3, name="old", doing=DOING, state="SUCCEEDED"), task(4, name="newer", doing={**DOING, "activity": "x"}),
    ])  # fmt: skip
    assert lines == [
        "ID  STATE    DOING                                       CPU  PROGRESS  PROGRAM  NAME",
        " 1  Running  Waiting for lock “cache”, held by writer    4 %            p.py     reader",
        " 2  Running  Computing                                 100 %            p.py     队列",
        " 3  Done                                                 4 %            p.py     old",
        " 4  Running                                              4 %            p.py     newer",
    ]


def test_a_narrow_terminal_shows_the_names() -> None:
    """What threads do, and their programs, give way; where there is room, nothing is clipped."""
    tasks = [
        task(
            1, name="Poll an event", doing={**DOING, "holder": "worker-of-the-cache"}, done=34, total=400, unit="rows"
        ),
        task(2, name="y" * 60, program="a-program-of-some-length.py"),
    ]
    narrow = table(tasks, 79)
    assert narrow == [
        "ID  STATE    DOING           CPU  PROGRESS  PROGRAM   NAME",
        " 1  Running  Waiting for l…  4 %  8 %  34…  p.py      Poll an event",
        f" 2  Running                                 a-progr…  {'y' * 24}…",
    ]
    assert "for over 30 s" not in table(tasks, 200)[1]
    assert "Waiting for lock “cache”, held by worker-of-the-cache, for over 30 s" in table(tasks)[1], "in a pipe"


@pytest.mark.parametrize(("fields", "told"), [
    ({}, ""), ({"done": 5}, "5"), ({"done": 5, "total": 10}, "50 %  5 of 10"), ({"total": 10}, ""),
    ({"done": 80, "total": 100, "unit": "%"}, "80 %"),
    ({"done": 2_000_000, "unit": "bytes"}, "2.0 MB"), ({"done": 0, "total": 0}, "100 %  0 of 0"),
    ({"done": 10**30, "total": 10**31}, "10 %  " + f"{10**30:,} of {10**31:,}".replace(",", " ")),
])  # fmt: skip
def test_progress_in_words(fields: dict[str, Any], told: str) -> None:
    assert progress(task(1, **fields)) == told


def test_each_of_a_hundred_is_one_percent() -> None:
    told = [progress(task(1, done=done, total=100, unit="")).partition(" ")[0] for done in range(101)]
    assert told == [str(done) for done in range(101)]


@pytest.mark.parametrize(("answer", "told"), [
    ({"id": 9, "outcome": "unknown"}, "9: there is no such task; “taskmon list” shows their numbers"),
    ({"id": 1, "name": "a", "outcome": "ended", "label": "Failed"}, "1 a: has ended already (Failed)"),
    ({"id": 1, "name": "a", "outcome": "ended", "label": "Timed out"}, "1 a: has ended already (Timed out)"),
    ({"id": 1, "name": "a", "outcome": "impossible", "why": "no flag\n"}, "1 a: cannot be cancelled: no flag␤"),
    ({"id": 1, "name": "a", "outcome": "sent", "means": "kills it (SIGKILL)"}, "1 a: kills it (SIGKILL)"),
    ({"id": 1, "name": "a", "outcome": "left", "why": ""}, "1 a: left to its program, which is interrupted"),
    ({"id": 1, "name": "a", "outcome": "asked", "means": "sets stop", "shared": []}, "1 a: asked to stop: sets stop"),
    ({"id": 1, "name": "a", "outcome": "asked", "means": "sets stop", "shared": ["b", "c"]},
     "1 a: asked to stop: sets stop; this also stops b, c"),
    ({"id": 1, "name": "a", "outcome": "before", "next": ""}, "1 a: had been asked to stop before"),
    (
        {"id": 1, "name": "a", "outcome": "before", "next": "SIGTERM"},
        "1 a: had been asked to stop before; --terminate asks it to end (SIGTERM)",
    ),
])  # fmt: skip
def test_what_became_of_a_request(answer: dict[str, Any], told: str) -> None:
    assert request_line(answer) == told


def test_the_end_of_a_task() -> None:
    assert (
        end_line(task(1, state="CANCELLED", reason="cancelled by the user"))
        == "1 task 1: Cancelled (cancelled by the user)"
    )
    assert end_line(task(1, state="SUCCEEDED")) == "1 task 1: Done"


def test_lines_tell_a_change_once(capsys: pytest.CaptureFixture[str]) -> None:
    """What has not changed is not told again."""
    lines = window_commands.Lines()
    lines.show([task(1), task(2, state="QUEUED")])
    lines.show([task(1, done=5), task(2, state="RUNNING")])
    lines.show([task(1, state="FAILED", reason="ValueError: x"), task(2)])
    assert capsys.readouterr().out.splitlines() == [
        "1 task 1: Running", "2 task 2: Queued", "2 task 2: Running", "1 task 1: Failed (ValueError: x)",
    ]  # fmt: skip


class PlayedAsking:
    """Stands where `taskmon.link.window_client.Window` is: its answers are laid out before."""

    def __init__(self, answers: list[dict[str, Any]], *pictures: list[dict[str, Any]]) -> None:
        self.answers = answers
        self.pictures = list(pictures)

    def __call__(self) -> PlayedAsking:
        return self

    def __enter__(self) -> PlayedAsking:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def cancel(self, **_: object) -> list[dict[str, Any]]:
        return self.answers

    def tasks(self, ids: list[int] | None = None) -> list[dict[str, Any]]:
        return self.pictures.pop(0) if len(self.pictures) > 1 else self.pictures[0]


def asked(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"task {number}", "outcome": "asked", "means": "sets stop", "shared": []}


@pytest.mark.parametrize(("last", "status"), [("CANCELLED", 0), ("SUCCEEDED", 0), ("FAILED", 1), ("LOST", 1)])
def test_waiting_tells_how_each_ended(monkeypatch: pytest.MonkeyPatch, last: str, status: int) -> None:
    """It goes on until all have."""
    live, ended = task(1, state="STOPPING"), task(1, state=last)
    monkeypatch.setattr(window_commands, "Window", PlayedAsking([asked(1)], [live], [live], [live], [ended]))
    assert window_commands.cancel_tasks([1], wait=True) == status


def test_waiting_tells_once_what_keeps_a_task(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it leaves behind, for whoever cancels a program in a terminal."""
    monkeypatch.setattr(window_commands, "_PATIENCE", 0.0)
    live = task(1, state="STOPPING", message="its main thread has ended; it waits for meter")
    pictures = [[task(1, state="STOPPING")], [live], [live], [live], [task(1, state="CANCELLED")]]
    monkeypatch.setattr(window_commands, "Window", PlayedAsking([asked(1)], *pictures))
    assert window_commands.cancel_tasks([1], wait=True) == 0
    told = capsys.readouterr().out.splitlines()[1:]
    assert told == ["1 task 1: Cancelling… (its main thread has ended; it waits for meter)", "1 task 1: Cancelled"]


def test_who_asks_again_is_told_what_keeps_it() -> None:
    answer = {**asked(1), "outcome": "before", "next": "", "why": "its main thread has ended; it waits for meter"}
    line = "1 task 1: had been asked to stop before; its main thread has ended; it waits for meter"
    assert request_line(answer) == line


def test_who_asks_in_vain_is_told_what_is_firmer() -> None:
    answer = {"id": 1, "name": "x.py", "outcome": "impossible", "why": "it ignores Ctrl-C (SIGINT)"}
    refused = "1 x.py: cannot be cancelled: it ignores Ctrl-C (SIGINT)"
    assert request_line(answer) == refused
    assert request_line({**answer, "next": "SIGTERM"}) == f"{refused}; --terminate asks it to end (SIGTERM)"


def test_a_group_of_nobody_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(window_commands, "Window", PlayedAsking([]))
    assert window_commands.cancel_tasks(group="nix") == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "taskmon: no live task belongs to “nix”; “taskmon list” shows the programs\n")


def test_waiting_does_not_wait_for_what_was_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended tasks may be cleared in the window before they are looked at."""
    monkeypatch.setattr(window_commands, "Window", PlayedAsking([asked(1)], []))
    assert window_commands.cancel_tasks([1], wait=True) == 0
