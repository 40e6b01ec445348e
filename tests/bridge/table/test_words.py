"""Names and times in the words of the table."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from taskmon.bridge.language import Language
from taskmon.bridge.table import text
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import Change, RowAction, TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.stop.reason import WINDOW
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import DETACHED, Origin, ProgramInfo, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState

S = TaskState


def row(name: str = "t") -> TaskRow:
    return TaskRow(Mock(), TaskSnapshot(1, name, TaskState.RUNNING, 1, 1.0, 0.0, 0.0), 0)


def test_a_row_is_painted_anew_when_the_time_that_it_tells_is_another() -> None:
    """Or it would go on to tell how long its thread sleeps as it was when that began."""
    shown = row()
    facts = ThreadFacts(activity=Activity.SLEEPING, wakes_at=3600.0)
    sleeping = shown.snapshot._replace(origin=Origin("a.py", 7, "t", "thread"), facts=facts)
    shown.update(sleeping._replace(taken_at=1.2))
    assert text.state_label(shown).replace("\N{NO-BREAK SPACE}", " ") == "Sleeping, wakes in 59 m 58 s"
    assert shown.update(sleeping._replace(taken_at=1.4)) is not Change.ROW
    assert shown.update(sleeping._replace(taken_at=2.4)) is Change.ROW


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (4.0, "about 5 s"),
        (58.0, "about 58 s"),
        (460.0, "about 8 m"),
        (70.0, "about 2 m"),
        (3590.0, "about 1 h"),
        (2 * 3600.0, "about 2 h"),
        (90_000.0, "about 1 d 1 h"),
    ],
)
def test_a_time_left_is_not_told_to_a_precision_it_does_not_have(seconds: float, told: str) -> None:
    shown = row()
    shown.left = seconds

    assert text.left(shown).replace("\N{NO-BREAK SPACE}", " ") == told


@pytest.mark.parametrize("name", ["", " ", "\t \n", "\N{NO-BREAK SPACE}"])
def test_a_name_of_nothing_but_space_is_none(name: str) -> None:
    assert text.name(row(name)) == "(no name)"


@pytest.mark.parametrize("given", ["", "   ", "\n\t", "\u3000\u00a0", "\u200b", "\xad\u2060", "\u3164", "\u2800"])
def test_a_name_of_nothing_but_space_is_told_as_none(given: str) -> None:
    """In the table, in the question before quitting and in the history, which all ask the same function."""
    assert text.name_of(given) == "(no name)"
    assert text.name_of(f"{given}a b").endswith("a b")


def test_a_timer_tells_when_it_fires() -> None:
    """It waits for its time, not for a worker."""
    origin, facts = Origin("x.py", 7, "t", "timer"), ThreadFacts(activity=Activity.SLEEPING, wakes_at=43.0)
    timer = TaskSnapshot(1, "t", TaskState.QUEUED, 1, 1.0, 0.0, origin=origin, facts=facts)

    assert text.state_label(TaskRow(Mock(), timer, 0)).replace("\N{NO-BREAK SPACE}", " ") == "Fires in 42 s"
    assert text.state_label(TaskRow(Mock(), timer._replace(facts=None), 0)) == "Waiting for its time"


def test_what_was_detached_has_neither_failed_nor_lost_contact() -> None:
    detached = TaskSnapshot(1, "t", TaskState.CUT_OFF, 2, 9.0, 0.0, 0.0, ended_at=5.0, error=DETACHED)
    shown = TaskRow(Mock(), detached, 0)

    assert (text.state_label(shown), text.second_line(shown)) == ("Detached", DETACHED)
    assert shown.category is Category.FINISHED


def test_how_many_have_ended_tells_those_apart_that_nobody_saw() -> None:
    assert text.how_they_ended({"SUCCEEDED": 3, "CUT_OFF": 1, "ENDED": 2, "DETACHED": 1, "RUNNING": 4}) == (
        "3 done, 2 ended, 1 cut off when the program ended, 1 detached"
    )


def test_by_whom_and_how_a_process_ended_are_no_contradiction() -> None:
    """Asked to end by you, and ended by the signal that it was sent: one and the same end."""

    def said(consequence: str) -> str:
        return text.how_cancelled("Cancelled by you", "after 8 s", consequence)

    assert said("Ended by SIGTERM, sent by you") == "Ended by SIGTERM, sent by you, after 8 s"
    assert said("It left through a KeyboardInterrupt.") == (
        "Cancelled by you after 8 s: It left through a KeyboardInterrupt"
    )
    assert said("Ended early, 3 files are left") == "Cancelled by you after 8 s: Ended early, 3 files are left"
    assert said("kept 3 files") == "Cancelled by you after 8 s: kept 3 files"
    assert said("") == "Cancelled by you after 8 s"


@pytest.mark.parametrize(("by", "words"), [
    ("", "Cancelled because its runner was shut down"),
    ("SIGTERM", "Cancelled because the program quit"),
    (WINDOW, "Cancelled because taskmon quit"),
])  # fmt: skip
def test_a_shutdown_is_that_of_the_window_only_if_the_window_asked(by: str, words: str) -> None:
    """Any program may shut down its runner, while it goes on and the window stays open."""
    assert text.cancelled_by(StopReason(StopKind.SHUTDOWN, by, "", 0.0)) == words


def test_a_program_that_its_threads_keep_has_responded() -> None:
    """It has done what Ctrl-C does; that it goes on has another reason, and needs somebody all the same."""
    kept = TaskSnapshot(
        7, "x.py", TaskState.RUNNING, 1, 20.0, 5.0, 8.0, program=ProgramInfo(),
        shield="its main thread has ended; it waits for poll-0",
    )  # fmt: skip
    running = TaskRow(Mock(), kept, 0)
    asked = TaskRow(Mock(), kept._replace(state=TaskState.STOPPING, stop_requested_at=6.0), 0)

    assert text.second_line(running) == "its main thread has ended; it waits for poll-0"
    assert text.second_line(asked) == "Cancelling… 14\u00a0s · its main thread has ended; it waits for poll-0"
    assert text.state_label(asked) == "Cancelling…"
    assert (asked.action, asked.is_stuck) == (RowAction.DETAILS, True)


@pytest.mark.parametrize(
    ("error", "said"),
    [("Ended by SIGABRT", "Ended by SIGABRT, 2.0 s after Cancel"), ("", "Asked to stop 2.0 s before")],
)
def test_what_failed_after_a_cancel_says_so(error: str, said: str) -> None:
    """Qt aborts a program in which a thread still runs; a clean-up may raise."""
    failed = TaskSnapshot(
        1, "t", S.FAILED, 1, 9.0, 0.0, 0.0, ended_at=8.0, error=error, stop_requested_at=6.0, stop_means=StopMeans("x")
    )
    assert text.second_line(TaskRow(Mock(), failed, 0)).replace("\u00a0", " ") == said
    by_itself = failed._replace(stop_requested_at=None)
    assert text.second_line(TaskRow(Mock(), by_itself, 0)) == error


def test_a_program_whose_tasks_were_asked_was_not_asked_itself() -> None:
    means = StopMeans("asks its tasks", by_tasks=True)
    asked = TaskSnapshot(
        7, "x.py", S.STOPPING, 1, 20.0, 5.0, 8.0, stop_requested_at=6.0, program=ProgramInfo(), stop_means=means
    )
    shown = TaskRow(Mock(), asked, 0)

    assert (
        text.second_line(shown) == "Its tasks were asked to stop 14\u00a0s ago, its main thread was not; it still runs"
    )
    assert text.state_label(shown) == "Cancelling…"
    assert (shown.action, shown.is_stuck) == (RowAction.DETAILS, True)
    interrupted = asked._replace(stop_means=means._replace(sent=(("SIGINT", 9.0),)))
    assert text.state_label(TaskRow(Mock(), interrupted, 0)) == "Not responding"


@pytest.mark.parametrize(
    ("consequence", "told"),
    [
        ("Ended by SIGTERM, sent by you", "Ended by SIGTERM"),
        ("Ended by SIGINT", "Ended by SIGINT"),
        ("Ended after SIGTERM, sent by you", "Cancelled"),
        ("", "Cancelled"),
    ],
)
def test_a_process_that_ended_by_a_signal_says_by_which(consequence: str, told: str) -> None:
    ended = TaskSnapshot(1, "t", TaskState.CANCELLED, 1, 1.0, 0.0, 0.0, ended_at=1.0, consequence=consequence)

    assert text.state_label(TaskRow(Mock(), ended, 0)) == told


@pytest.mark.parametrize(
    ("told", "label", "more"),
    [
        ({"state": S.STOPPING, "stop_requested_at": 97.0}, "Cancelling… 3 s", ""),
        (
            {"state": S.STOPPING, "stop_requested_at": 92.0, "program": ProgramInfo(), "shield": "it waits for poll"},
            "Cancelling… 8 s",
            "it waits for poll",
        ),
        ({"state": S.FAILED, "error": "ValueError: no"}, "Failed", "ValueError: no"),
        ({"state": S.CANCELLED, "ended_at": 42.0}, "Cancelled after 42 s", ""),
        ({"state": S.CUT_OFF}, "Cut off when the program ended", ""),
        ({"state": S.SUCCEEDED, "consequence": "2 of its calls failed"}, "Done", "2 of its calls failed"),
        ({"state": S.RUNNING, "progress": Progress(1, 2, "files", "a message")}, "Running", ""),
    ],
    ids=["asked", "kept", "failed", "cancelled", "cut off", "done", "running"],
)
def test_in_one_line_how_it_ended_stands_beside_its_state(told: dict[str, Any], label: str, more: str) -> None:
    """Where there is room: beside a name there is next to none."""
    row = TaskRow(Mock(), TaskSnapshot(1, "t", S.RUNNING, 1, 100.0, 0.0, 0.0)._replace(**told), 0)

    said = text.state_and_more(row)

    assert [words.replace("\N{NO-BREAK SPACE}", " ") for words in said] == [label, more]
    assert more in text.second_line(row)


def test_the_connection_to_a_cluster_is_told_of_in_the_users_language(qtbot: QtBot) -> None:
    language = Language()
    language.use("zh_CN")
    connection = TaskSnapshot(1, "Connection to dask a:1", S.RUNNING, 1, 1.0, 0.0, 0.0, origin=Origin("dask a:1", 0))
    row = TaskRow(Mock(), connection._replace(progress=Progress(message="1 worker, 2 tasks to do")), 0)
    try:
        assert text.name(row) == "与 dask a:1 的连接"
        assert text.second_line(row) == "1 个工作进程，2 个任务待完成"
    finally:
        language.close()


def test_the_threads_of_libraries_do_not_claim_to_run() -> None:
    """They are counted, and what each of them does is not asked: most wait."""
    snapshot = row("Internal threads").snapshot._replace(origin=Origin("x.py", 7, "", "internal"))

    assert text.state_label(TaskRow(Mock(), snapshot, 0)) == "Not looked at"
    assert text.state_label(TaskRow(Mock(), snapshot._replace(state=S.SUCCEEDED), 0)) == "Done"
