"""A task of a watched program lives as one of a runner does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.stop.reason import StopKind
from taskmon.core.task.events import StateChanged, TaskChanged, TaskEvent, TaskFinished
from taskmon.core.task.request import Request, Verb, to_stop
from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState
from taskmon.watch.rows.command import CommandRow
from taskmon.watch.rows.watched_task import Board, WatchedTask

S = TaskState


class Shown:
    """One row on a board, what was told of it, and what the agent is to do."""

    def __init__(self, **options: Any) -> None:
        self.agent: list[Callable[[], object]] = []
        self.board = Board("program.py", 7, self.agent.append)
        self.row = WatchedTask(self.board, "worker", **options)
        self.row.why_not = ""
        self.board.show(self.row)
        self.events: list[TaskEvent] = []
        self.board.attach(self.events.append)
        self.agent.clear()

    @property
    def steps(self) -> list[tuple[TaskState, TaskState]]:
        return [(event.old, event.snapshot.state) for event in self.events if isinstance(event, StateChanged)]


def test_it_never_enters_the_state_that_it_is_in() -> None:
    """That more is known of it is told by an event of its own, with a picture that is newer."""
    shown = Shown()
    row = shown.row
    before = row.snapshot().revision

    row.tell(StopMeans("sets stop"), "")
    row.tell(StopMeans("sets stop"), "")
    row.tell(StopMeans("sets stop_event"), "")
    row.cancel()
    row.add_to_means("closes its queue")
    row.end()

    changes = [event.snapshot for event in shown.events if isinstance(event, TaskChanged)]
    assert [picture.stop_means.means for picture in changes if picture.stop_means] == [
        "sets stop", "sets stop_event", "sets stop_event; closes its queue",
    ]  # fmt: skip
    assert shown.steps == [(S.RUNNING, S.STOPPING), (S.STOPPING, S.CANCELLED)]
    revisions = [event.snapshot.revision for event in shown.events if not isinstance(event, TaskFinished)]
    assert revisions == list(range(before + 1, before + 6))


@pytest.mark.parametrize("name", ["", "   ", "\u00a0\u2003"])
def test_a_name_that_nobody_can_see_is_told_as_none(name: str) -> None:
    assert WatchedTask(Board("program.py", 7, lambda _: None), name).name == "(no name)"


def test_a_done_callback_that_raises_harms_no_other(expected_log: Any) -> None:
    expected_log("Done callback")
    shown = Shown()
    told: list[object] = []

    def refuse(_: object) -> None:
        raise SystemExit(3)

    shown.row.add_done_callback(refuse)
    shown.row.add_done_callback(told.append)
    shown.row.end()
    shown.row.end()
    shown.row.add_done_callback(told.append)

    assert told == [shown.row, shown.row]
    assert shown.board.tasks() == []


def test_it_says_who_asked_and_is_asked_once() -> None:
    shown = Shown()

    assert shown.row.ask(to_stop("enough", by="me", kind=StopKind.USER))
    assert not shown.row.ask(to_stop("again"))

    reason = shown.row.snapshot().reason
    assert reason is not None
    assert (reason.kind, reason.by, reason.text) == (StopKind.USER, "me", "enough")
    assert len(shown.agent) == 1


@pytest.mark.parametrize("verb", Verb)
def test_what_it_cannot_do_is_not_granted(verb: Verb) -> None:
    shown = Shown()
    shown.row.why_not = "nothing was found"

    assert not shown.row.ask(Request(verb))
    assert (shown.agent, shown.events) == ([], [])


def test_an_offer_is_taken_by_its_number() -> None:
    shown = Shown()
    shown.row.tell(StopMeans("", (), ("sets quit",)), "nothing certain was found")

    assert not shown.row.use_offer(1)
    assert not shown.row.use_offer(-1)
    assert shown.row.use_offer(0)
    assert shown.row.state is S.STOPPING
    assert len(shown.agent) == 1


def test_it_pauses_if_it_can() -> None:
    shown = Shown()
    assert not shown.row.pause()
    shown.row.can_pause = True

    assert shown.row.pause()
    assert not shown.row.pause()
    shown.row.note_paused()
    assert shown.row.resume()
    assert not shown.row.resume()

    assert shown.steps == [(S.RUNNING, S.PAUSING), (S.PAUSING, S.PAUSED), (S.PAUSED, S.RUNNING)]
    assert len(shown.agent) == 2


def test_one_that_was_asked_before_it_began_is_cancelled_if_its_program_says_so() -> None:
    shown = Shown(queued=True)
    assert shown.row.cancel()
    assert shown.row.state is S.QUEUED

    shown.row.begin(None, "thread")
    shown.row.end(cancelled=True)

    assert shown.steps == [(S.QUEUED, S.RUNNING), (S.RUNNING, S.STOPPING), (S.STOPPING, S.CANCELLED)]


def test_that_it_has_not_moved_is_known_without_a_picture() -> None:
    row = Shown().row
    picture = row.snapshot()
    assert not row.has_moved_since(picture)

    row.facts = ThreadFacts(cpu=0.5)
    assert row.has_moved_since(picture)
    picture = row.snapshot()
    assert not row.has_moved_since(picture)
    row.progress_from = lambda: (1, 2, "items", "")
    assert row.has_moved_since(picture)
    row.progress_from = None
    row.tell(None, "it belongs to a library")
    assert row.has_moved_since(picture)


def test_a_line_that_was_printed_is_news_by_itself() -> None:
    """Nothing else of a command that prints may move."""
    row = CommandRow(Shown().board, "make")
    picture = row.snapshot()
    row.progress_from = None
    assert not row.has_moved_since(picture)
    row.hear("one line\n")
    assert row.has_moved_since(picture)
