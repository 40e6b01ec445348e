"""A program that is only looked at: its threads are rows with stacks, and none of them can be cancelled."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest

from taskmon.core.task.events import TaskFinished
from taskmon.core.task.state import TaskState as S
from taskmon.watch.rows.outside import ONLY_LOOKED_AT, OutsideLook


class Frame(NamedTuple):
    function: str
    file: str
    line: int


class Thread(NamedTuple):
    ident: int
    native_id: int
    name: str
    active: bool = False
    holds_interpreter: bool = False
    frames: tuple[Frame, ...] = ()


MAIN = Thread(1, os.getpid(), "MainThread", frames=(Frame("<module>", "/home/ada/report.py", 3),))
WORKER = Thread(
    2, os.getpid() + 1, "worker", True, True,
    (Frame("read", "/usr/lib/python3.11/socket.py", 700), Frame("work", "/home/ada/report.py", 9)),
)  # fmt: skip


def looking(*seen: list[Thread]) -> OutsideLook:
    rounds = iter(seen)
    return OutsideLook("report.py", os.getpid(), lambda: next(rounds), 0.0)


def test_threads_are_rows_that_cannot_be_cancelled() -> None:
    look = looking([MAIN, WORKER])
    look.look()
    program, worker = look.board.tasks()
    assert (program.kind, program.name, worker.name) == ("program", "report.py", "worker")
    for row in (program, worker):
        assert row.snapshot().why_not_cancellable == ONLY_LOOKED_AT
        assert not row.cancel()
    assert worker.snapshot().parent_id == program.id
    assert worker.snapshot().progress.message == "holds the interpreter"


def test_the_stack_stands_as_it_was_seen() -> None:
    look = looking([MAIN, WORKER], [MAIN, WORKER])
    look.look()
    worker = look.board.tasks()[1]
    sample = worker.stack()
    assert sample is not None
    assert [(frame.function, frame.own) for frame in sample.frames] == [("work", True), ("read", False)]
    look.look()
    again = worker.stack()
    assert again is not None
    assert again.unmoved_since == sample.unmoved_since


def test_a_thread_that_is_seen_no_more_has_ended() -> None:
    look = looking([MAIN, WORKER], [MAIN])
    ended: list[object] = []
    look.board.attach(lambda event: ended.append(event) if isinstance(event, TaskFinished) else None)
    look.look()
    worker = look.board.tasks()[1]
    look.look()
    assert worker.state is S.SUCCEEDED
    assert len(ended) == 1


def test_what_is_looked_at_no_more_may_go_on() -> None:
    look = looking([MAIN, WORKER])
    look.look()
    rows = look.board.tasks()
    look.finish("It goes on.")
    assert {row.state for row in rows} == {S.LOST}
    assert rows[1].snapshot().error == "It goes on."


def test_nobody_who_looks_means_no_looking() -> None:
    """And what the look raises ends the watching."""

    def fail() -> list[Thread]:
        raise ZeroDivisionError

    look = OutsideLook("report.py", os.getpid(), fail, 0.0)
    look.stop()
    look.run()
    look = OutsideLook("report.py", os.getpid(), fail, 0.0)
    look.board.attach(lambda event: None)
    with pytest.raises(ZeroDivisionError):
        look.run()
