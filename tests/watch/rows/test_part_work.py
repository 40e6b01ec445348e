"""What a process is in that is a part of a program."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.rows.part_work import PartWorkLook
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


def paint(number: int) -> Generator[int]:
    yield number


def wash(number: int) -> Generator[int]:
    yield number


@pytest.fixture
def work(watch: Watch) -> PartWorkLook:
    return PartWorkLook(watch.board, watch.looking.program, 0)


def look(work: PartWorkLook, *calls: Any) -> None:
    """Look once for each: what the main thread is in then, a generator that has begun; None for nothing."""
    for call in calls:
        if call is not None:
            next(call, None)
        work.look({main_thread_ident: call.gi_frame} if call is not None else {})


def test_a_call_that_lasts_is_a_row(watch: Watch, work: PartWorkLook) -> None:
    call = paint(1)
    next(call)
    work.look({main_thread_ident: call.gi_frame})
    assert watch.names() == []
    work.look({main_thread_ident: call.gi_frame})
    assert watch.names() == ["paint(1)"]
    call = paint(2)
    look(work, call)
    assert watch.names() == []
    work.look({main_thread_ident: call.gi_frame})
    assert watch.names() == ["paint(2)"], "and so is the next"


def test_calls_of_one_function_that_follow_each_other_are_one_row(watch: Watch, work: PartWorkLook) -> None:
    """None of them lasts for two looks, and the process does nothing else."""
    look(work, paint(1), paint(2))
    (row,) = [row for row in watch.board.tasks() if row.kind != "program"]
    assert (row.name, row.snapshot().progress.message) == ("paint", "paint(2)")
    look(work, paint(3))
    assert row.snapshot().progress.message == "paint(3)"
    look(work, None, paint(4))
    assert row.snapshot().state is S.RUNNING, "between two of them it does what its library wants"
    look(work, None, None)
    assert row.snapshot().state is S.SUCCEEDED
    assert watch.names() == []


def test_a_call_of_something_else_ends_them(watch: Watch, work: PartWorkLook) -> None:
    look(work, paint(1), paint(2), wash(1), wash(2), wash(3))
    assert [(row.name, row.snapshot().state) for row in watch.seen() if row.kind != "program"] == [
        ("paint", S.SUCCEEDED), ("wash", S.RUNNING),
    ]  # fmt: skip


def test_what_a_process_imports_before_its_work_is_none(watch: Watch, work: PartWorkLook) -> None:
    """One that is not forked begins with a line that its parent gives it, which nobody has written."""
    names: dict[str, Any] = {}
    exec(compile("def spawn_main(run): run()", "/lib/multiprocessing/spawn.py", "exec"), names)
    exec(compile("def _bootstrap(run): run()", "/lib/multiprocessing/process.py", "exec"), names)

    def index() -> None:
        for _ in range(2):
            work.look({main_thread_ident: sys._getframe()})

    begin = compile("spawn_main(run)", "<string>", "exec")
    exec(begin, {**names, "run": index})
    assert watch.names() == []
    exec(begin, {**names, "run": lambda: names["_bootstrap"](index)})
    assert len(watch.names()) == 1
