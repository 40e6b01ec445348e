"""What is said of the tasks of a program that has ended, or with which contact was lost. Nothing that was not seen."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Final, NamedTuple

from taskmon.core.base.signals import NUMBERS, end_after, end_sentence
from taskmon.core.base.translate import mark
from taskmon.core.stop.reason import StopKind
from taskmon.core.task.ladder import KILL
from taskmon.core.task.snapshot import NOT_SEEN, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.process import program_sentence

_S = TaskState
#: Of a program that has ended, nobody knows how.
STATUS_NOT_KNOWN: Final = mark("Ended, status not known")
_SIGNALS: Final = tuple(NUMBERS.values())
#: With these a program ends that does what it was asked: by the signal, as shells tell of that, or in good order.
_HEEDED: Final = frozenset({0, *(-number for number in _SIGNALS), *(128 + number for number in _SIGNALS)})
#: And of these, one that could do something before that.
_LEFT: Final = _HEEDED - {-NUMBERS[KILL], 128 + NUMBERS[KILL]}


class Ending(NamedTuple):
    """How a task ended."""

    state: TaskState
    error: str = ""
    details: str = ""
    consequence: str = ""


def of_program(
    shown: TaskSnapshot,
    told: TaskSnapshot | None,
    status: int | None,
    *,
    sent: Sequence[str] = (),
    started: bool = False,
    starter_asked: bool = False,
) -> Ending:
    """How a program ended.

    Args:
        shown: how it was last seen; it tells whether it was asked to stop.
        told: what it said of itself at its end, before it had a status; None if it said nothing.
        status: its exit status, or the number of a signal, negative; None if it is not known.
        sent: the names of the signals that the user has sent it from here, the last one last.
        started: whether another program has started it, to which it may have been to end it.
        starter_asked: whether that one was asked to stop.
    """
    asked = shown.stop_requested_at is not None
    # What it was asked by is no news: that it was cancelled, and by whom, is what is said.
    as_asked = asked and not sent and status in (-signal.SIGINT, 128 + signal.SIGINT)
    if told is not None and told.state is _S.CANCELLED:
        consequence = told.consequence or (end_sentence(status, sent) if status and not as_asked else "")
        return Ending(_S.CANCELLED, consequence=consequence)
    if sent and (status is None or status in _HEEDED):
        if not status:
            return Ending(_S.CANCELLED, consequence=end_after(sent[-1]))
        return Ending(_S.CANCELLED, consequence=end_sentence(status, sent))
    interrupted = started and status == -signal.SIGINT  # which Python tells of as a failure, by KeyboardInterrupt
    if told is not None and told.state is _S.FAILED and status != 0 and not interrupted:
        return Ending(_S.FAILED, told.error, told.details)  # with 0, it has dealt with what went wrong
    if status is None:
        return Ending(_S.CUT_OFF, STATUS_NOT_KNOWN)
    not_shown = told.details if told is not None and told.state is _S.SUCCEEDED else ""  # what of it could not be shown
    if status == 0:
        return Ending(_S.SUCCEEDED, details=not_shown, consequence=told.consequence if told is not None else "")
    # Multiprocessing ends a process with 1 that has left through KeyboardInterrupt.
    with_another = started and shown.reason is not None and shown.reason.kind is StopKind.PARENT
    if asked and (status in _HEEDED - {0} or (with_another and status == 1)):
        return Ending(_S.CANCELLED, consequence="" if as_asked else end_sentence(status))
    # As pools end their workers, and programs what they have started; some have no patience with them.
    if started and (status in (-signal.SIGINT, -signal.SIGTERM) or (starter_asked and status == -signal.SIGKILL)):
        return Ending(_S.CUT_OFF, end_sentence(status))  # whether it was at work, and not done, nobody knows
    return Ending(_S.FAILED, end_sentence(status), not_shown)


def of_task(
    status: int | None, *, watched: bool, farewell: bool, in_main: bool = False, is_call: bool = False
) -> Ending:
    """How a task of a program ended that was at work when the program ended.

    A watched program has a row of its own, which says what was wrong. Another has only its tasks. What was called
    `in_main`, the main thread of a program that has ended in good order, has come to its end before. Another call of
    one that has not said goodbye may have: a server answers all that it was asked, and leaves by the signal that it was
    sent.
    """
    may_have_returned = is_call and not farewell and (status is None or status in _LEFT)
    if watched and (not status if in_main else may_have_returned):
        return Ending(_S.CUT_OFF, NOT_SEEN)
    if watched or farewell or status == 0:
        return Ending(_S.CUT_OFF)
    if status is None:
        return Ending(_S.LOST, "The program has gone without a word")
    return Ending(_S.LOST, program_sentence(status))
