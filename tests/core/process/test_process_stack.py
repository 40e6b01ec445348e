"""The stack of a task that runs in a process of its own, told while somebody asks."""

from __future__ import annotations

import os
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from taskmon.core.process import parent
from taskmon.core.process.isolated import isolated
from taskmon.core.process.parent import RemoteMeter
from taskmon.core.run.runner import TaskRunner
from taskmon.core.stacks.blockers import Blocker, find_blockage
from taskmon.core.stacks.sampler import StackSample
from tests.helpers import children
from tests.helpers.gates import PATIENCE, wait_until


@pytest.fixture(autouse=True, scope="module")
def _resource_tracker() -> None:
    """One process that multiprocessing starts with the first child, and keeps."""
    resource_tracker.ensure_running()


def test_it_is_that_of_the_worker_there(tmp_path: Path) -> None:
    """Own code, line and blocker of the other process; the thread here only waits for it, and is not shown."""
    fifo = tmp_path / "meeting"
    os.mkfifo(fifo)
    with TaskRunner(1) as runner:
        task = runner.start(isolated(children.ignore_the_stop), str(fifo))
        wait_until(lambda: task.snapshot().progress.message == "here")
        found: list[StackSample] = []

        def told() -> bool:
            sample = task.stack()
            if sample is not None:
                found.append(sample)
            return bool(found) and found[-1].frames[-1].function == "meet"

        wait_until(told, "the stack of the child")
        newest = found[-1]
        assert [frame.function for frame in newest.frames] == ["ignore_the_stop", "meet"]
        assert newest.frames[-1].file == children.__file__
        blockage = find_blockage(newest)
        assert blockage is not None
        assert blockage.blocker is Blocker.FILE
        started_at = task.snapshot().started_at
        assert started_at is not None
        assert started_at <= newest.unmoved_since <= newest.taken_at
        wait_until(lambda: (later := task.stack()) and later.taken_at > newest.taken_at, "a later look")
        fifo.write_text("")
        task.result(PATIENCE)
        assert task.stack() is None


def test_nobody_looks_when_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known is dropped, lest it be told as news."""
    meter = RemoteMeter()
    sample = StackSample(1.0, (), 1.0)
    assert not meter.wants_stack()
    assert meter.ask_stack() is None
    assert meter.wants_stack()
    meter.take_stack(sample)
    meter.take_stack(None)
    assert meter.ask_stack() is sample
    monkeypatch.setattr(parent, "_STACK_PATIENCE", -1.0)
    assert not meter.wants_stack()
    assert meter.ask_stack() is None
