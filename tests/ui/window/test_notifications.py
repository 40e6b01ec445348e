"""What is worth a notification, and what is said."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from taskmon.bridge.language import Language
from taskmon.bridge.settings import AppSettings, keys
from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.snapshot import NOT_SEEN, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui.window.desktop import Notifications

S = TaskState


class Stage:
    """A user who is elsewhere, and what they are told."""

    def __init__(self) -> None:
        self.settings = AppSettings.in_memory()
        self.in_front = False
        self.notifications = Notifications(self.settings, lambda: self.in_front)
        self.told: list[tuple[str, str, bool]] = []
        self.seen = 0
        self.notifications.told.connect(lambda *words: self.told.append(words))
        self.notifications.seen.connect(self._see)

    def _see(self) -> None:
        self.seen += 1

    def end(self, name: str = "Copy", state: TaskState = S.SUCCEEDED, took: float = 61.0, **more: Any) -> None:
        self.notifications.on_finished(
            TaskSnapshot(1, name, state, 3, took, 0.0, started_at=0.0, ended_at=took, **more)
        )

    def tell(self) -> list[tuple[str, str, bool]]:
        self.notifications.tell()
        return self.told


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage()


def test_a_long_task_is_told_about(stage: Stage) -> None:
    stage.end()

    assert stage.tell() == [("Copy: Done", "after 1\u00a0m\u00a01\u00a0s", False)]


def test_of_an_end_that_nobody_saw_no_more_is_told(stage: Stage) -> None:
    stage.end(state=S.CUT_OFF, error=NOT_SEEN)

    assert stage.tell() == [("Copy: Ended", "after 1\u00a0m\u00a01\u00a0s", False)]


def test_it_is_told_by_itself_soon(stage: Stage, qtbot: QtBot) -> None:
    stage.notifications._soon.setInterval(1)
    with qtbot.waitSignal(stage.notifications.told, timeout=20_000):
        stage.end()


@pytest.mark.parametrize(
    "more",
    [
        {"took": 59.0},
        {"parent_id": 7},
        {"state": S.CANCELLED, "reason": StopReason(StopKind.USER, "", "", 0.0)},
        {"state": S.CANCELLED, "reason": StopReason(StopKind.SHUTDOWN, "", "", 0.0)},
        {"state": S.CANCELLED, "reason": StopReason(StopKind.PARENT, "", "", 0.0)},
    ],
)
def test_what_is_short_or_known_or_a_part_is_not(stage: Stage, more: dict[str, Any]) -> None:
    stage.end(**more)

    assert stage.tell() == []


def test_what_never_started_is_not(stage: Stage) -> None:
    stage.notifications.on_finished(TaskSnapshot(1, "Copy", S.CANCELLED, 3, 99.0, 0.0, ended_at=99.0))

    assert stage.tell() == []


def test_a_deadline_is_nobodys_click(stage: Stage) -> None:
    stage.end(state=S.CANCELLED, reason=StopReason(StopKind.DEADLINE, "", "", 0.0))

    assert stage.tell()[0][0] == "Copy: Timed out"


def test_nothing_while_the_window_is_in_front(stage: Stage) -> None:
    stage.in_front = True
    stage.end()
    stage.in_front = False
    assert stage.tell() == []

    stage.end()
    stage.in_front = True  # came back before it was told
    assert stage.tell() == []


def test_the_settings_decide(stage: Stage) -> None:
    stage.settings.set(keys.NOTIFY_AFTER, 5)
    stage.end(took=6.0)
    assert len(stage.tell()) == 1
    stage.settings.set(keys.NOTIFY, False)
    stage.end()
    assert len(stage.tell()) == 1


def test_a_batch_is_one_summary_with_its_failures_first(stage: Stage) -> None:
    for number in range(5):
        stage.end(f"Copy {number}")
    stage.end("Bad", S.FAILED, error="no space left")

    title, body, failed = stage.tell()[0]
    assert len(stage.told) == 1
    assert title == "%n task(s) finished, %n of them failed".replace("%n", "6", 1).replace("%n", "1")
    assert body == "Bad, Copy 0, Copy 1 and 3 more"
    assert failed


def test_a_failure_says_why(stage: Stage) -> None:
    stage.end("Bad", S.FAILED, error="no space\nleft")

    assert stage.tell() == [("Bad: Failed", "no space␤left", True)]


@pytest.mark.parametrize("end", [{"state": S.FAILED, "error": "Ended by SIGKILL"}, {"consequence": "Ended by SIGKILL"}])
def test_what_a_program_tells_is_told_in_the_language_of_the_window(stage: Stage, end: dict[str, Any]) -> None:
    language = Language()
    language.use("zh_CN")
    try:
        stage.end(**end)
        stage.tell()
    finally:
        language.close()

    assert [words for _, words, _ in stage.told] == ["被 SIGKILL 终止"]


def test_what_has_not_been_seen_stays_in_the_next_summary(stage: Stage) -> None:
    stage.end("Bad", S.FAILED)
    stage.tell()
    stage.end("Copy")
    stage.tell()
    assert stage.told[1][1] == "Bad, Copy"
    assert stage.told[1][2]

    stage.notifications.on_seen()
    assert stage.seen == 1
    stage.end("Move")
    assert stage.tell()[2][0] == "Move: Done"
    stage.notifications.on_seen()
    stage.notifications.on_seen()
    assert stage.seen == 2


def test_a_stream_that_never_ends_is_told_about(stage: Stage) -> None:
    """Each end puts the telling off a little, but not for ever."""
    for number in range(20):
        stage.end(f"Copy {number}")
        if number == 5:
            stage.notifications._soon.setProperty("marked", stage.notifications._soon.remainingTime())

    assert stage.notifications._rounds == 6
    assert stage.notifications._soon.isActive()
    stage.notifications.on_seen()
