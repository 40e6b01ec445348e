"""The order of the queue: what is moved up starts earlier, and what was cancelled can get its place back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import pytest

from taskmon.core.run.moves import before, one_up, to_front
from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from tests.helpers.gates import PATIENCE, Gate


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def runner(gate: Gate) -> Iterator[TaskRunner]:
    """A runner whose only worker stands at the gate."""
    made = TaskRunner(1)
    made.submit(gate.pass_through)
    gate.await_arrival()
    yield made
    gate.open()
    made.cancel_all()
    assert made.shutdown(timeout=PATIENCE)


def start(runner: TaskRunner, *names: str, order: list[str] | None = None) -> list[Task]:
    said = order if order is not None else []
    return [runner.start(lambda _, name=name: said.append(name), name=name) for name in names]


def names(runner: TaskRunner) -> str:
    return "".join(task.name for task in runner.waiting())


@pytest.mark.parametrize(
    ("how", "result"),
    [(to_front, "cabd"), (one_up(lambda _: True), "acbd"), (before("a"), "cabd"), (before("x"), "cabd")],
)
def test_moves(how, result) -> None:  # type: ignore[no-untyped-def]
    """Each move, of the third of four."""
    line = deque("abcd")
    assert how(line, "c")
    assert "".join(line) == result


@pytest.mark.parametrize("how", [to_front, one_up(lambda _: True), before("a")])
def test_what_does_not_wait_is_not_moved(how) -> None:  # type: ignore[no-untyped-def]
    """The queue is left alone."""
    line = deque("abcd")
    assert not how(line, "x")
    assert "".join(line) == "abcd"


def test_moved_tasks_start_in_the_new_order(runner: TaskRunner, gate: Gate) -> None:
    """The queue is told in the order in which its tasks then run."""
    said: list[str] = []
    tasks = start(runner, *"abcd", order=said)

    assert runner.move_to_top(tasks[3])
    assert runner.move_up(tasks[2])
    assert names(runner) == "dacb"
    gate.open()
    assert runner.wait_idle(PATIENCE)

    assert "".join(said) == "dacb"


def test_moving_up_passes_over_what_will_not_run(runner: TaskRunner) -> None:
    """Cancelled and held tasks still stand in the line; one step up is one step among those that wait."""
    tasks = start(runner, *"abcd")
    tasks[1].cancel()
    tasks[2].pause()

    assert runner.move_up(tasks[3])

    assert names(runner) == "da"
    assert not runner.move_up(tasks[1])
    assert not runner.move_to_top(tasks[2]), "what is on hold has no place to move from"


def test_a_task_of_a_full_group_moves_among_those_that_wait_for_it() -> None:
    """Such tasks have left the line of the pool, and wait with their group."""
    with Gate() as gate, TaskRunner(4) as runner:
        runner.limit_group("g", 1)
        runner.start(lambda _: gate.pass_through(), group="g")
        gate.await_arrival()
        done: list[str] = []
        tasks = [runner.start(lambda _, name=name: done.append(name), name=name, group="g") for name in "abc"]
        with Gate() as other:
            runner.start(lambda _: other.pass_through())
            other.await_arrival()  # the workers have passed those of the group by now

        assert runner.move_to_top(tasks[2])
        assert names(runner) == "cab"
        gate.open()
        assert runner.wait_idle(PATIENCE)

        assert done == ["c", "a", "b"]


def test_a_cancelled_task_is_restored_to_its_place(runner: TaskRunner, gate: Gate) -> None:
    """As a new task, for the old one stays cancelled."""
    tasks = start(runner, *"abc")
    tasks[1].cancel()

    restored = runner.restore(tasks[1])

    assert names(runner) == "abc"
    assert restored is not tasks[1]
    assert restored.retry_of == tasks[1].id
    assert tasks[1].state is TaskState.CANCELLED
    gate.open()
    assert restored.result(PATIENCE) is None


def test_one_whose_turn_has_come_meanwhile_is_next(runner: TaskRunner) -> None:
    """Its place is gone: all before it have started, so it is the next."""
    with Gate() as second:
        first = runner.start(lambda _: second.pass_through(), name="first")
        (cancelled,) = start(runner, "x")
        cancelled.cancel()
        runner.start(lambda _: None, name="later")
        runner.max_workers = 2
        second.await_arrival()

    restored = runner.restore(cancelled, held=True)

    assert restored.state is TaskState.HELD
    assert first.result(PATIENCE) is None


def test_only_what_never_started_can_be_restored(runner: TaskRunner, gate: Gate) -> None:
    """A task that ran is retried, not restored."""
    (waiting,) = start(runner, "a")

    with pytest.raises(RuntimeError, match="was not cancelled while it waited"):
        runner.restore(waiting)
