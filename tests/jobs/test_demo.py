"""Each worker of the demonstration can be cancelled in its own way, or shows why not."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.context import TaskContext
from taskmon.core.task.state import TaskState
from taskmon.jobs import demo

WATCHDOG = 60.0
TASKS = {task.name: task for task in demo.demo_tasks(pace=0.0)}
FAILING = "Fails after a while"
DEAF = "Never checks"


@pytest.mark.parametrize("name", TASKS)
def test_each_comes_to_its_end(runner: TaskRunner, name: str) -> None:
    task = runner.start(TASKS[name].function, name=name, **TASKS[name].arguments)
    assert runner.wait_idle(WATCHDOG)
    snapshot = task.snapshot()
    assert snapshot.state is (TaskState.FAILED if name == FAILING else TaskState.SUCCEEDED), snapshot.details
    assert snapshot.progress.done
    assert snapshot.progress.message
    if name == "No known total":
        assert snapshot.progress.total is None
    elif name != FAILING:
        assert snapshot.progress.fraction == 1.0


def test_the_failure_has_a_traceback_worth_reading(runner: TaskRunner) -> None:
    task = runner.start(TASKS[FAILING].function, **TASKS[FAILING].arguments)
    assert isinstance(task.exception(WATCHDOG), ValueError)
    snapshot = task.snapshot()
    assert snapshot.error == "ValueError: order 40 has a price that is no number"
    assert "could not convert string to float: '12,50'" in snapshot.details
    assert snapshot.consequence == "40 of 60 orders added up, nothing saved"


def _gate(monkeypatch: pytest.MonkeyPatch, steps: int) -> tuple[threading.Event, threading.Event]:
    """Let the pretended work run for so many steps, then say so and wait to be let on."""
    reached, go_on = threading.Event(), threading.Event()
    count = 0
    lock = threading.Lock()

    def work(seconds: float) -> None:
        nonlocal count
        with lock:
            count += 1
            mine = count
        if mine == steps:
            reached.set()
            assert go_on.wait(WATCHDOG)

    monkeypatch.setattr(demo, "_work", work)
    return reached, go_on


@pytest.mark.parametrize("name", ["Watch an attribute flag", "Slow to notice (3 s)"])
def test_a_cancel_in_the_middle_of_a_step(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    reached, go_on = _gate(monkeypatch, 3)
    task = runner.start(TASKS[name].function, **TASKS[name].arguments)
    assert reached.wait(WATCHDOG)
    assert task.cancel()
    assert task.state is TaskState.STOPPING
    go_on.set()
    assert runner.wait_idle(WATCHDOG)
    assert task.state is TaskState.CANCELLED


def test_the_deaf_one_goes_on_to_its_end(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on = _gate(monkeypatch, 3)
    task = runner.start(TASKS[DEAF].function, **TASKS[DEAF].arguments)
    assert reached.wait(WATCHDOG)
    assert task.cancel()
    go_on.set()
    assert task.result(WATCHDOG) == "ended by itself"
    assert task.snapshot().finished_before_stop


@pytest.mark.parametrize(
    "name",
    ["Poll an event", "Queue workers with a sentinel", "Nested subtasks", FAILING, "No known total"],
)
def test_a_cancel_while_it_waits(runner: TaskRunner, name: str) -> None:
    """At a pace that would take hours: only a stop that wakes the waiting worker ends it in time."""
    (chosen,) = (task for task in demo.demo_tasks(pace=1e5) if task.name == name)
    started = threading.Event()

    def wrapped(ctx: TaskContext) -> Any:
        started.set()
        return chosen.function(ctx, **chosen.arguments)

    task = runner.start(wrapped, name=name)
    assert started.wait(WATCHDOG)
    children = [child for child in runner.tasks() if child is not task]
    assert task.cancel()
    assert runner.wait_idle(WATCHDOG)
    assert task.state is TaskState.CANCELLED
    assert all(child.state is TaskState.CANCELLED for child in children)


def test_what_the_event_worker_leaves_is_told(runner: TaskRunner) -> None:
    task = runner.start(demo.poll_an_event, pace=1e5)
    task.cancel()
    assert runner.wait_idle(WATCHDOG)
    assert task.state is TaskState.CANCELLED
    if task.partial_result is not None:  # it may have been cancelled before it began
        assert task.partial_result.endswith("rows imported")
        assert "the rest can be imported later" in task.snapshot().consequence
