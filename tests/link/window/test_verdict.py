"""What is said of a program and its tasks once it has ended."""

from __future__ import annotations

import signal

import pytest

from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState as S
from taskmon.link.window.verdict import Ending, of_program, of_task

RUNNING = TaskSnapshot(1, "program.py", S.RUNNING, 1, 9.0, 1.0, 1.0)
ASKED = RUNNING._replace(state=S.STOPPING, stop_requested_at=5.0, reason=StopReason(StopKind.USER, "user", "", 5.0))
DONE = RUNNING._replace(state=S.SUCCEEDED)
RAISED = RUNNING._replace(state=S.FAILED, error="ValueError: x", details="Traceback")
TYPED = RUNNING._replace(state=S.CANCELLED)
LEFT = ASKED._replace(state=S.CANCELLED, consequence="It left through a CancelledError.")


@pytest.mark.parametrize(
    ("shown", "told", "status", "state", "said"),
    [
        (RUNNING, DONE, 0, S.SUCCEEDED, ""),
        (RUNNING, None, 0, S.SUCCEEDED, ""),
        (RUNNING, DONE, 3, S.FAILED, "Ended with status 3"),
        (RUNNING, None, 3, S.FAILED, "Ended with status 3"),
        (RUNNING, RAISED, 1, S.FAILED, "ValueError: x"),
        (RUNNING, RAISED, 0, S.SUCCEEDED, ""),  # an interactive session within it raised, and was left
        (RUNNING, RAISED, None, S.FAILED, "ValueError: x"),
        (RUNNING, None, -signal.SIGTERM, S.FAILED, "Ended by SIGTERM"),
        (RUNNING, None, -signal.SIGSEGV, S.FAILED, "Ended by SIGSEGV"),
        (RUNNING, None, -signal.SIGINT, S.FAILED, "Ended by SIGINT"),  # not from here: the program's own, say
        (RUNNING, DONE, 128 + signal.SIGINT, S.FAILED, "Ended with status 130"),
        (RUNNING, TYPED, -signal.SIGINT, S.CANCELLED, "Ended by SIGINT"),
        (ASKED, None, -signal.SIGINT, S.CANCELLED, ""),  # by what its cancel sends: by whom is what is told
        (ASKED, TYPED, -signal.SIGINT, S.CANCELLED, ""),
        (ASKED, DONE, 128 + signal.SIGINT, S.CANCELLED, ""),
        (RUNNING, RAISED, 128 + signal.SIGINT, S.FAILED, "ValueError: x"),
        (RUNNING, DONE, None, S.CUT_OFF, "Ended, status not known"),
        (RUNNING, None, None, S.CUT_OFF, "Ended, status not known"),
        (ASKED, None, -signal.SIGTERM, S.CANCELLED, "Ended by SIGTERM"),
        (ASKED, None, -signal.SIGKILL, S.CANCELLED, "Ended by SIGKILL"),
        (ASKED, None, -signal.SIGSEGV, S.FAILED, "Ended by SIGSEGV"),
        (ASKED, DONE, 0, S.SUCCEEDED, ""),
        (ASKED, DONE, 3, S.FAILED, "Ended with status 3"),
        (ASKED, LEFT, 1, S.CANCELLED, "It left through a CancelledError."),
        (ASKED, LEFT._replace(consequence=""), 5, S.CANCELLED, "Ended with status 5"),
        (ASKED, LEFT._replace(consequence=""), 0, S.CANCELLED, ""),
        (ASKED, LEFT, None, S.CANCELLED, "It left through a CancelledError."),
    ],
)
def test_a_program(shown: TaskSnapshot, told: TaskSnapshot | None, status: int | None, state: S, said: str) -> None:
    ending = of_program(shown, told, status)

    assert ending.state is state
    assert (ending.consequence if state is S.CANCELLED else ending.error) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (-signal.SIGTERM, "Ended by SIGTERM, sent by you"),
        (-signal.SIGKILL, "Ended by SIGKILL"),  # perhaps by the system, for want of memory
        (128 + signal.SIGTERM, "Ended with status 143"),
        (None, "Ended after SIGTERM, sent by you"),
        (0, "Ended after SIGTERM, sent by you"),  # it may have taken no notice
    ],
)
def test_a_program_that_the_user_has_sent_a_signal(status: int | None, said: str) -> None:
    assert of_program(ASKED, None, status, sent=["SIGTERM"]) == Ending(S.CANCELLED, consequence=said)


@pytest.mark.parametrize(
    ("status", "asked", "state"),
    [
        (-signal.SIGINT, False, S.CUT_OFF),
        (-signal.SIGTERM, False, S.CUT_OFF),
        (-signal.SIGTERM, True, S.CUT_OFF),
        (-signal.SIGKILL, False, S.FAILED),
        (-signal.SIGKILL, True, S.CUT_OFF),
        (-signal.SIGSEGV, True, S.FAILED),
    ],
)
def test_a_program_that_another_has_started_and_may_have_ended(status: int, asked: bool, state: S) -> None:
    assert of_program(RUNNING, None, status, started=True, starter_asked=asked).state is state


def test_one_that_another_has_interrupted_has_not_failed() -> None:
    """Python tells of that as of an exception that nobody caught, before it ends by the signal."""
    told = RUNNING._replace(state=S.FAILED, error="Ended by SIGINT", details="Traceback")
    assert of_program(RUNNING, told, -signal.SIGINT, started=True) == Ending(S.CUT_OFF, "Ended by SIGINT")
    assert of_program(RUNNING, told, -signal.SIGINT).state is S.FAILED
    assert of_program(RUNNING, told, 1, started=True).state is S.FAILED


def test_how_the_last_call_of_a_process_in_good_order_ended_was_not_seen() -> None:
    """It had ended when the process did, unlike its other threads."""
    for status in (0, None):  # whoever waits for it may have been told the status first
        for farewell in (False, True):
            ending = of_task(status, watched=True, farewell=farewell, in_main=True)
            assert ending == Ending(S.CUT_OFF, "How it ended was not seen.")
    assert of_task(-9, watched=True, farewell=False, in_main=True) == Ending(S.CUT_OFF)


def test_a_call_of_a_process_that_has_left_by_itself_may_have_come_to_its_end() -> None:
    """As the last request of a server that finishes those before it leaves. What is killed was cut off."""
    statuses = (None, 0, -2, -15, 143, -9, 1)
    seen = [of_task(status, watched=True, farewell=False, is_call=True).error for status in statuses]
    assert seen == ["How it ended was not seen."] * 5 + [""] * 2
    assert of_task(-15, watched=True, farewell=True, is_call=True) == Ending(S.CUT_OFF)
    assert of_task(-15, watched=True, farewell=False) == Ending(S.CUT_OFF)


@pytest.mark.parametrize(
    ("status", "watched", "farewell", "state", "error"),
    [
        (0, True, True, S.CUT_OFF, ""),
        (-9, True, False, S.CUT_OFF, ""),
        (None, True, False, S.CUT_OFF, ""),
        (3, False, True, S.CUT_OFF, ""),
        (0, False, False, S.CUT_OFF, ""),
        (3, False, False, S.LOST, "Its program ended with status 3"),
        (-9, False, False, S.LOST, "Its program ended by SIGKILL"),
        (None, False, False, S.LOST, "The program has gone without a word"),
    ],
)
def test_a_task_in_it(status: int | None, watched: bool, farewell: bool, state: S, error: str) -> None:
    """A watched program has a row of its own that says what was wrong; another has only its tasks."""
    ending = of_task(status, watched=watched, farewell=farewell)

    assert (ending.state, ending.error) == (state, error)


@pytest.mark.parametrize(
    ("told", "status", "state"),
    [
        (None, 1, S.CANCELLED),  # of a fork nothing is heard
        (DONE, 1, S.CANCELLED),  # multiprocessing has dealt with the KeyboardInterrupt
        (None, -signal.SIGINT, S.CANCELLED),
        (RAISED, 1, S.FAILED),
        (None, 3, S.FAILED),
        (None, 0, S.SUCCEEDED),
    ],
)
def test_one_that_was_interrupted_along_with_what_has_started_it(
    told: TaskSnapshot | None, status: int, state: S
) -> None:
    asked = ASKED._replace(reason=StopReason(StopKind.PARENT, "", "its program was sent the same signal", 5.0))
    assert of_program(asked, told, status, started=True, starter_asked=True).state is state
    assert of_program(RUNNING, None, 1, started=True, starter_asked=True).state is S.FAILED
