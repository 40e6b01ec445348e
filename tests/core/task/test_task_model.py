"""Every interleaving of calls on a task, compared with a model that fits on one page."""

from __future__ import annotations

import queue
import threading
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from taskmon.core.run.runner import TaskRunner
from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.context import TaskContext
from taskmon.core.task.events import StateChanged, TaskAdded, TaskFinished
from taskmon.core.task.state import TRANSITIONS, TaskState
from taskmon.core.task.task import Task
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.helpers.jobs import RecordingSink

S = TaskState


class Puppet:
    """A worker that does what it is told, one command at a time, and says when it has done it."""

    def __init__(self) -> None:
        self._commands: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.thread: int | None = None

    def __call__(self, ctx: TaskContext) -> str:
        self.thread = threading.get_ident()
        while True:
            command = self._commands.get(timeout=PATIENCE)
            if command == "return":
                return "result"
            if command == "raise":
                raise ValueError
            if command == "partial":
                ctx.stopped_early = True
                return "partial"
            try:
                if command == "item":
                    ctx.item_done()
                else:
                    ctx.checkpoint()
            except TaskCancelled:
                if command != "swallow":
                    raise
                self._answers.put("swallowed")
            else:
                self._answers.put("passed")

    def tell(self, command: str) -> None:
        """Have it do something."""
        self._commands.put(command)

    def answer(self) -> str:
        """Wait until it has."""
        return self._answers.get(timeout=PATIENCE)


class TaskMachine(RuleBasedStateMachine):
    """One task on a runner whose only worker is kept busy until `take`.

    The model is `state` with `asked` (whether a stop was requested), `blocked` (whether the worker stands at a
    checkpoint, paused, and owes an answer), `noticed` (whether it has caught the cancel, and goes on), `items` (whether
    it was seen to end one), `finishing` (whether it was asked to stop at the end of one) and `detached`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.runner = TaskRunner(1)
        self.sink = RecordingSink()
        self.gate = Gate()
        self.runner.submit(self.gate.pass_through)
        self.gate.await_arrival()
        self.runner.attach(self.sink)
        self.puppet = Puppet()
        self.task: Task
        self.state = S.QUEUED
        self.asked = False
        self.taken = False
        self.blocked = ""
        self.noticed = False
        self.items = self.finishing = self.detached = False
        self.ends: list[Any] = []

    @initialize(paused=st.booleans())
    def start(self, paused: bool) -> None:
        self.task = self.runner.start(self.puppet, paused=paused)
        self.task.add_done_callback(self.ends.append)
        self.state = S.HELD if paused else S.QUEUED

    def expect(self, *states: TaskState) -> None:
        wait_until(lambda: self.task.state is states[-1], f"{states[-1]} of {self.task}")
        self.state = states[-1]

    @property
    def live(self) -> bool:
        return not self.state.is_final

    # -- what others do -----------------------------------------------------------------------------

    @precondition(lambda self: not self.taken)
    @rule()
    def take(self) -> None:
        """The worker becomes free."""
        self.taken = True
        self.gate.open()
        if self.state is S.QUEUED:
            self.expect(S.RUNNING)
        else:
            self.runner.submit(int).result(PATIENCE)

    @rule()
    def pause(self) -> None:
        possible = self.state in (S.QUEUED, S.RUNNING)
        assert self.task.pause() is possible
        if possible:
            self.state = S.HELD if self.state is S.QUEUED else S.PAUSING

    @rule()
    def resume(self) -> None:
        possible = self.state in (S.HELD, S.PAUSING, S.PAUSED)
        assert self.task.resume() is possible
        if self.state is S.HELD:
            self.state = S.QUEUED
            if self.taken:
                self.expect(S.RUNNING)
        elif possible:
            self.state = S.RUNNING
            self.unblock("passed")

    @rule()
    def cancel(self) -> None:
        assert self.task.cancel("why") is (self.live and not self.asked)
        if not self.live:
            return
        self.asked = True
        if self.state in (S.QUEUED, S.HELD):
            self.state = S.CANCELLED
        elif self.blocked in ("checkpoint", "item"):
            self.expect(S.CANCELLED)
            self.blocked = ""
        else:
            self.state = S.STOPPING
            self.unblock("swallowed")

    @rule()
    def cancel_after_item(self) -> None:
        waiting = self.state in (S.QUEUED, S.HELD)
        possible = self.state in (S.RUNNING, S.PAUSING, S.PAUSED) and self.items and not self.finishing
        assert self.task.cancel_after_item("why") is (waiting or possible)
        if waiting:
            self.asked = True
            self.state = S.CANCELLED
        elif possible:
            self.finishing = True
            self.state = S.RUNNING
            self.unblock("passed")

    @rule()
    def detach(self) -> None:
        possible = self.state is S.STOPPING and not self.detached
        assert self.task.detach() is possible
        self.detached = self.detached or possible

    def unblock(self, answer: str) -> None:
        if self.blocked:
            assert self.puppet.answer() == answer
            self.noticed = answer == "swallowed"
            self.blocked = ""

    # -- what the worker does -----------------------------------------------------------------------

    def at_work(self) -> bool:
        return self.state.has_thread and not self.blocked

    @precondition(at_work)
    @rule(command=st.sampled_from(["checkpoint", "item", "swallow"]))
    def checkpoint(self, command: str) -> None:
        self.puppet.tell(command)
        self.items = self.items or command == "item"
        if self.finishing and command == "item":
            self.asked = True
        if self.asked and command != "swallow":
            self.expect(S.CANCELLED)
        elif self.asked:
            assert self.puppet.answer() == "swallowed"
            self.noticed = True
        elif self.state is S.PAUSING:
            self.expect(S.PAUSED)
            self.blocked = command
        else:
            assert self.puppet.answer() == "passed"

    @precondition(at_work)
    @rule(command=st.sampled_from(["return", "raise", "partial"]))
    def end(self, command: str) -> None:
        self.puppet.tell(command)
        if command == "raise":
            self.expect(S.FAILED)
        elif self.asked and (command == "partial" or self.noticed):
            self.expect(S.CANCELLED)
            assert self.task.partial_result == ("partial" if command == "partial" else "result")
        else:
            self.expect(S.SUCCEEDED)

    # -- what must hold -----------------------------------------------------------------------------

    @invariant()
    def agrees_with_the_model(self) -> None:
        if not hasattr(self, "task"):
            return
        task, picture = self.task, self.task.snapshot()
        assert task.state is picture.state is self.state
        assert task.done() is self.state.is_final
        assert task.running() is self.state.has_thread
        assert task.cancelled() is (self.state is S.CANCELLED)
        assert task.stop_requested is self.asked
        assert (picture.stop_requested_at is not None) is self.asked
        assert (picture.reason is not None) is self.asked
        assert (picture.ended_at is not None) is self.state.is_final
        assert picture.item_wise is self.items
        assert picture.detached is self.detached
        if self.live:
            assert (picture.after_item_since is not None) is (self.finishing and not self.asked)
        assert picture.thread_id == (self.puppet.thread if self.state.has_thread else None)

    @invariant()
    def has_told_a_life_that_the_table_allows(self) -> None:
        if not hasattr(self, "task"):
            return
        added, *events = self.sink.of(self.task.id)
        assert isinstance(added, TaskAdded)
        state, revision = added.snapshot.state, 0
        for event in events:
            if isinstance(event, TaskFinished):
                assert event is events[-1]
                assert event.snapshot.state is state
                continue
            assert isinstance(event, StateChanged)
            assert event.old is state
            assert event.snapshot.state in TRANSITIONS[state]
            assert event.snapshot.revision == revision + 1
            state, revision = event.snapshot.state, revision + 1
        assert state is self.state
        assert isinstance(events[-1] if events else None, TaskFinished) is state.is_final

    def teardown(self) -> None:
        self.gate.open()
        if hasattr(self, "task"):
            self.task.cancel()
            self.puppet.tell("return")
            wait_until(self.task.done)
        assert self.runner.shutdown(timeout=PATIENCE)
        if hasattr(self, "task"):
            assert self.ends == [self.task]
            assert sum(isinstance(event, TaskFinished) for event in self.sink.of(self.task.id)) == 1


TaskMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25)
TestTask = TaskMachine.TestCase
