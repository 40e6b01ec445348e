"""The hub: each event once, in order, and a slow or raising listener harms no one."""

from __future__ import annotations

from typing import Any

import pytest

from taskmon.core.run.runner import TaskRunner
from taskmon.core.task import events
from taskmon.core.task.events import EventHub, StateChanged, TaskAdded, TaskEvent, TaskFinished, TaskLogged
from taskmon.core.task.state import TRANSITIONS, TaskState
from tests.helpers.gates import Gate, in_threads
from tests.helpers.jobs import RecordingSink


def line(number: int) -> TaskLogged:
    """An event that is told apart by its number."""
    return TaskLogged(number, str(number))


def test_a_run_is_told_from_beginning_to_end() -> None:
    """Added, each change of state once and in order, lines in between, finished last."""
    sink = RecordingSink()
    with TaskRunner(2) as runner:
        runner.attach(sink)
        task = runner.start(lambda ctx: ctx.log("one\ntwo"))
        task.result()

    assert [type(event) for event in sink.of(task.id)] == [
        TaskAdded, StateChanged, TaskLogged, TaskLogged, StateChanged, TaskFinished,
    ]  # fmt: skip
    assert sink.states(task.id) == [TaskState.RUNNING, TaskState.SUCCEEDED]
    revisions = [event.snapshot.revision for event in sink.of(task.id) if isinstance(event, StateChanged)]
    assert revisions == [1, 2]


def test_with_many_tasks_each_has_its_own_order() -> None:
    """2 000 tasks on eight threads, half of them cancelled: every chain of states is one the table allows."""
    sink = RecordingSink()
    with TaskRunner(8) as runner:
        runner.attach(sink)
        tasks = [runner.start(lambda ctx: ctx.checkpoint()) for _ in range(2_000)]
        for task in tasks[::2]:
            task.cancel()

    chains: dict[int, list[Any]] = {task.id: [] for task in tasks}
    for event in sink.events:
        chains[event.snapshot.id].append(event)
    for mine in chains.values():
        assert isinstance(mine[0], TaskAdded)
        assert isinstance(mine[-1], TaskFinished)
        state = TaskState.QUEUED
        for event in mine[1:-1]:
            assert isinstance(event, StateChanged)
            assert event.old is state
            assert event.snapshot.state in TRANSITIONS[state]
            state = event.snapshot.state
        assert state.is_final
        assert sum(isinstance(event, TaskFinished) for event in mine) == 1


def test_attaching_leaves_no_gap_and_no_overlap() -> None:
    """While tasks are started, a new sink is given the live ones and hears of all others."""
    with TaskRunner(1) as runner, Gate() as gate:
        for _ in range(20):
            sink = RecordingSink()
            started, live = in_threads(
                lambda: [runner.submit(gate.pass_through).id for _ in range(20)],
                lambda sink=sink: [task.id for task in runner.attach(sink)],  # type: ignore[misc]
            )
            heard = [event.snapshot.id for event in sink.events if isinstance(event, TaskAdded)]
            assert isinstance(started, list)
            assert isinstance(live, list)
            assert sorted({*live, *heard} & set(started)) == started
            assert not set(live) & set(heard)
            runner.events.detach(sink)


def test_a_raising_sink_is_logged_and_harms_no_one(expected_log: Any) -> None:
    """Neither the task nor the sinks after it."""
    expected_log("Listener")
    sink = RecordingSink()

    def bad(_: TaskEvent) -> None:
        raise KeyboardInterrupt

    with TaskRunner(1) as runner:
        runner.events.attach(bad)
        runner.events.attach(sink)
        assert runner.submit(int).result() == 0
    assert len(sink.events) == 4


def test_a_slow_subscriber_gets_everything_in_order_and_holds_up_no_one() -> None:
    """While it is stuck in the first event, tasks come and go; it hears of them later."""
    heard = RecordingSink()
    with TaskRunner(2) as runner, Gate() as gate:

        def slow(event: TaskEvent) -> None:
            gate.pass_through()
            heard(event)

        subscription = runner.events.subscribe(slow)
        tasks = [runner.submit(int) for _ in range(50)]
        assert runner.wait_idle(30)
        gate.await_arrival()
        assert heard.events == []
        gate.open()
        assert subscription.close(30)
        for task in tasks:
            assert heard.states(task.id) == [TaskState.RUNNING, TaskState.SUCCEEDED]


def test_a_raising_subscriber_goes_on(expected_log: Any) -> None:
    """The event it failed at is not repeated, the next one is delivered."""
    expected_log("failed")
    hub, heard = EventHub(), list[TaskEvent]()

    def listener(event: TaskEvent) -> None:
        heard.append(event)
        if event == line(0):
            raise SystemExit

    with hub.subscribe(listener):
        hub.post(line(0))
        hub.post(line(1))

    assert heard == [line(0), line(1)]


def test_log_lines_are_dropped_before_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted, and changes of state are never among them."""
    monkeypatch.setattr(events, "LOG_BACKLOG", 3)
    hub, heard = EventHub(), list[TaskEvent]()
    with Gate() as gate:

        def listener(event: TaskEvent) -> None:
            gate.pass_through()
            heard.append(event)

        subscription = hub.subscribe(listener)
        hub.post(line(0))
        gate.await_arrival()
        for number in range(1, 10):
            hub.post(line(number))
        gate.open()
        assert subscription.close(30)

    assert heard == [line(number) for number in range(4)]
    assert subscription.dropped == 6


def test_a_listener_may_close_its_own_subscription() -> None:
    """It does not wait for itself."""
    hub, heard = EventHub(), list[TaskEvent]()

    def listener(event: TaskEvent) -> None:
        heard.append(event)
        assert subscription.close()

    subscription = hub.subscribe(listener)
    hub.post(line(0))
    assert subscription.close(30)
    hub.post(line(1))

    assert heard == [line(0)]


def test_closing_delivers_what_waits_though_no_thread_can_be_had(
    monkeypatch: pytest.MonkeyPatch, expected_log: Any
) -> None:
    """Then the closing thread does it."""
    hub, heard = EventHub(), list[TaskEvent]()
    subscription = hub.subscribe(heard.append)

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", refuse)
    expected_log("failed")
    hub.post(line(0))
    assert heard == []
    assert subscription.close(30)

    assert heard == [line(0)]
