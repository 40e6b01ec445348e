"""What the user's own command line may ask the window, and what it is answered."""

from __future__ import annotations

from typing import Any

import pytest

from taskmon import TaskRunner
from taskmon.cli.window_commands import cancel_tasks
from taskmon.core.base.errors import TaskmonError
from taskmon.core.stop import StopKind
from taskmon.core.task.state import TaskState
from taskmon.link.window_client import Window
from tests.helpers.gates import wait_until
from tests.helpers.window import Office, PlayedProgram, picture
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place"]  # a fixture


def test_what_was_cancelled_in_a_terminal_was_cancelled_by_the_user(
    meeting_place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with TaskRunner() as runner:
        office = Office(runner)
        try:
            task = runner.start(lambda ctx: ctx.sleep(60), name="Copy")
            assert cancel_tasks([task.id], wait=True, reason="the disk is needed") == 0
            told = task.snapshot()
            assert told.reason is not None
            assert told.reason[:3] == (StopKind.USER, "taskmon cancel", "the disk is needed")
            words = "cancelled by the user, with taskmon cancel: the disk is needed"
            assert told.reason.sentence() == words
            assert f"Cancelled ({words})" in capsys.readouterr().out
            with Window() as window:
                assert window.tasks()[0]["reason"] == words
        finally:
            office.close()


def test_a_program_hears_who_asked_and_why(meeting_place: str) -> None:
    office = Office()
    try:
        with PlayedProgram() as program:
            program.say({"t": "tasks", "tasks": [picture(1)]})
            task = office.task("played", TaskState.RUNNING)
            with Window() as window:
                window.cancel(ids=[task.id], reason="no room")
            asked = program.hear("cancel")
            assert (asked["kind"], asked["by"], asked["reason"]) == ("user", "taskmon cancel", "no room")
    finally:
        office.close()


def test_a_signal_is_sent_by_its_name(meeting_place: str) -> None:
    """To what takes it; a thread takes none. The one that a plain cancel sends is that cancel."""
    stop = {
        "means": "interrupts it",
        "offers": ["asks", "kills"],
        "signals": ["SIGTERM", "SIGKILL"],
        "signal": "SIGINT",
    }
    office = Office()
    try:
        with PlayedProgram() as program, Window() as window:
            process, thread = picture(1, kind="process", stop=stop), picture(2, kind="thread", name="thread")
            program.say({"t": "tasks", "tasks": [process, thread]})
            one, other = office.task("played"), office.task("thread")
            answers = window.cancel(ids=[one.id, other.id], signal="SIGKILL")
            assert [answer["outcome"] for answer in answers] == ["sent", "impossible"]
            assert "kills it (SIGKILL)" in answers[0]["means"]
            assert "SIGKILL: it is no program or process" in answers[1]["why"]
            assert program.hear("offer")["offer"] == 1
            assert window.cancel(ids=[one.id], signal="SIGINT")[0]["outcome"] == "before"
            for nonsense in ({"ids": [one.id], "signal": "SIGSTOP"}, {"signal": "SIGKILL"}):
                with Window() as other_window, pytest.raises(TaskmonError, match="no such signal"):
                    other_window._ask({"t": "cancel", **nonsense}, "cancelled")
    finally:
        office.close()


def test_each_is_asked_by_its_own_flag_beside_a_program_that_is_interrupted(
    meeting_place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And of nothing that is left to the program is it said that it was asked."""
    stop = {"means": "interrupts it", "signal": "SIGINT", "signals": []}
    office = Office()
    try:
        with PlayedProgram() as program:
            parts = [
                picture(1, kind="program", stop=stop),
                picture(2, kind="coroutine", name="main", parent_id=1),
                picture(3, kind="thread", name="poller", parent_id=1, stop={"means": "sets running to False"}),
                picture(4, kind="thread", name="sensor", parent_id=1, cancellable="it looks at no flag"),
            ]
            program.say({"t": "tasks", "tasks": parts})
            main, poller, sensor = (office.task(name) for name in ("main", "poller", "sensor"))
            assert cancel_tasks() == 0
            assert capsys.readouterr().out.splitlines()[1:] == [
                f"{main.id} main: left to its program, which is interrupted",
                f"{poller.id} poller: asked to stop: sets running to False",
                f"{sensor.id} sensor: left to its program, which is interrupted;"
                " it cannot be cancelled alone: it looks at no flag",
            ]
            assert [program.hear("cancel")["id"] for _ in range(2)] == [1, 3]
            assert {main.snapshot().state, sensor.snapshot().state} == {TaskState.RUNNING}
    finally:
        office.close()


def test_what_ignores_ctrl_c_may_be_asked_firmly(meeting_place: str) -> None:
    """Of a thread, nothing of the kind is said; nor of a part of a program, which is not to be ended by itself."""
    office = Office()
    try:
        with PlayedProgram() as program, Window() as window:
            firm = {"offers": ["asks"], "signals": ["SIGTERM"]}
            parts = [
                picture(1, kind="program", cancellable="it ignores that", stop={**firm, "ignores": True}),
                picture(2, name="b", cancellable="this program offers no way"),
                picture(3, name="c", kind="process", cancellable="it is a part of the program", stop=firm),
            ]
            program.say({"t": "tasks", "tasks": parts})
            asked = [office.task(name).id for name in ("played", "b", "c")]
            answers = window.cancel(ids=asked)
            assert [answer.get("next") for answer in answers] == ["SIGTERM", "", ""]
    finally:
        office.close()


@pytest.mark.parametrize("ids", [[[]], [{}], ["1"], [1.5], [True], [None], "all", {}, 7])
@pytest.mark.parametrize("kind", ["cancel", "list"])
def test_ids_that_are_none_are_refused_in_a_sentence(meeting_place: str, ids: Any, kind: str) -> None:
    """And nothing is cancelled, least of all everything."""
    with TaskRunner() as runner:
        office = Office(runner)
        try:
            task = runner.start(lambda ctx: ctx.sleep(60), name="Copy")
            wait_until(lambda: task.state is TaskState.RUNNING)
            with Window() as window, pytest.raises(TaskmonError, match="a list of whole numbers"):
                window._ask({"t": kind, "ids": ids}, "listing")
            assert task.state is TaskState.RUNNING
            assert task.cancel()
        finally:
            office.close()
