"""The two other ways to be rid of a worker: let it finish its item, or stop waiting for it."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading

from taskmon.core.run.feed import start_feed
from taskmon.core.run.runner import TaskRunner
from taskmon.core.stop import StopKind
from taskmon.core.task.context import TaskContext
from taskmon.core.task.state import TaskState
from tests.helpers.gates import PATIENCE, Gate, wait_until


class Items:
    """Works on items of several steps each, a checkpoint behind every step, and waits for a word before each step."""

    def __init__(self, items: int = 5, steps: int = 2) -> None:
        self.items, self.steps = items, steps
        self.done: list[tuple[int, int]] = []
        self._go = threading.Semaphore(0)
        self._stood = threading.Semaphore(0)

    def __call__(self, ctx: TaskContext) -> str:
        for item in ctx.track(range(self.items)):
            for step in range(self.steps):
                self._stood.release()
                assert self._go.acquire(timeout=PATIENCE)
                self.done.append((item, step))
                ctx.checkpoint()
        return "all"

    def await_step(self) -> None:
        assert self._stood.acquire(timeout=PATIENCE)

    def step(self) -> None:
        self._go.release()


class TestAfterItem:
    def test_the_item_is_finished_and_no_other_begun(self) -> None:
        """Checkpoints within the item let it go on; the next item is not begun."""
        work = Items()
        with TaskRunner(1) as runner:
            task = runner.start(work)
            work.await_step()
            assert task.snapshot().item_wise
            assert task.cancel_after_item("enough", by="me", kind=StopKind.USER)
            picture = task.snapshot()
            assert picture.state is TaskState.RUNNING
            assert picture.after_item_since is not None
            assert picture.stop_requested_at is None
            assert not task.stop.is_set(), "nothing that waits for the stop may be woken within the item"
            work.step()
            work.await_step()
            work.step()
            wait_until(task.done)

        assert work.done == [(0, 0), (0, 1)]
        assert task.cancelled()
        assert task.snapshot().progress.done == 1
        reason = task.snapshot().reason
        assert reason is not None
        assert (reason.kind, reason.by, reason.text) == (StopKind.USER, "me", "enough")
        assert reason.at == picture.after_item_since

    def test_a_second_plain_cancel_overrides_it(self) -> None:
        """It takes effect within the item."""
        work = Items()
        with TaskRunner(1) as runner:
            task = runner.start(work)
            work.await_step()
            assert task.cancel_after_item("at the end")
            assert not task.cancel_after_item("once more")
            assert task.cancel("now")
            assert task.snapshot().after_item_since is None
            assert not task.cancel_after_item("too late")
            work.step()
            wait_until(task.done)

        assert work.done == [(0, 0)]
        reason = task.snapshot().reason
        assert reason is not None
        assert reason.text == "now"

    def test_a_paused_one_goes_on_to_the_end_of_its_item(self) -> None:
        """It could not finish the item otherwise."""
        work = Items()
        with TaskRunner(1) as runner:
            task = runner.start(work)
            work.await_step()
            assert task.pause()
            work.step()
            wait_until(lambda: task.state is TaskState.PAUSED)
            assert task.cancel_after_item()
            assert task.state is TaskState.RUNNING
            work.await_step()
            work.step()
            wait_until(task.done)

        assert work.done == [(0, 0), (0, 1)]
        assert task.cancelled()

    def test_the_last_item_ends_the_work_itself(self) -> None:
        """There is nothing left to stop: the task has done it all."""
        work = Items(items=1)
        with TaskRunner(1) as runner:
            task = runner.start(work)
            work.await_step()
            assert task.cancel_after_item()
            work.step()
            work.step()
            assert task.result(PATIENCE) == "all"

        assert task.snapshot().state is TaskState.SUCCEEDED

    def test_who_knows_no_items_cannot_be_asked(self) -> None:
        """It says so beforehand; a waiting task is cancelled at once."""
        with TaskRunner(1) as runner, Gate() as gate:
            running = runner.submit(gate.pass_through)
            waiting = runner.submit(gate.pass_through)
            gate.await_arrival()
            assert not running.snapshot().item_wise
            assert not running.cancel_after_item()
            assert waiting.cancel_after_item()
            assert waiting.cancelled()

    def test_a_worker_of_a_queue_finishes_its_item_and_wakes_if_it_has_none(self) -> None:
        """Also while it waits for the next one."""
        gate = Gate()
        items: queue.Queue[int] = queue.Queue()
        with TaskRunner(4) as runner:
            feed = start_feed(runner, items, lambda _ctx, _item: gate.pass_through(), workers=2)
            items.put(1)
            gate.await_arrival()
            wait_until(lambda: len(feed.workers) == 2 and all(w.snapshot().item_wise for w in feed.workers))
            assert all(worker.cancel_after_item() for worker in feed.workers)
            wait_until(lambda: sum(worker.done() for worker in feed.workers) == 1, "the end of the idle worker")
            gate.open()
            wait_until(lambda: all(worker.done() for worker in feed.workers))
            wait_until(feed.task.done)

        assert feed.report().handled == 1
        assert all(worker.cancelled() for worker in feed.workers)


class TestDetach:
    def test_its_place_is_given_to_the_next_and_its_end_is_still_told(self) -> None:
        """One worker, which never looks: detached, the next task runs; when it returns, its task ends as it should."""
        gate = Gate()
        with TaskRunner(1) as runner:
            stuck = runner.submit(gate.pass_through)
            gate.await_arrival()
            following = runner.submit(int)
            assert not stuck.detach(), "nobody has asked it to stop"
            stuck.cancel()
            assert stuck.detach()
            assert not stuck.detach(), "once is enough"
            assert following.result(PATIENCE) == 0

            picture = stuck.snapshot()
            assert picture.detached
            assert picture.state is TaskState.STOPPING, "its thread still runs"
            counts = runner.statistics()
            assert (counts.stopping, counts.detached, counts.threads) == (1, 1, 1)
            assert stuck in runner.tasks()

            gate.open()
            wait_until(stuck.done)
            assert stuck.snapshot().state is TaskState.SUCCEEDED, "it had not noticed"
            assert runner.submit(int).result(PATIENCE) == 0
            wait_until(lambda: runner.statistics().threads == 1)

    def test_its_group_counts_it_no_more(self) -> None:
        """Nor twice, when it has returned."""
        gate, second = Gate(), Gate()
        with TaskRunner(4) as runner:
            runner.limit_group("disk", 1)
            stuck = runner.start(lambda ctx: gate.pass_through(), group="disk")
            gate.await_arrival()
            one = runner.start(lambda ctx: second.pass_through(), group="disk")
            two = runner.start(lambda ctx: None, group="disk")
            stuck.cancel()
            assert stuck.detach()
            second.await_arrival()
            gate.open()
            wait_until(stuck.done)
            assert runner.submit(int).result(PATIENCE) == 0
            assert two.state is TaskState.QUEUED, "the group is full: `one` runs"
            second.open()
            two.result(PATIENCE)
            assert one.done()

    def test_one_that_lends_its_place_is_not_given_two(self) -> None:
        """It waits for another task's result, deaf to its own stop; its place is lent already."""
        gate, held = Gate(), Gate()
        with TaskRunner(1) as runner:

            def wait_for(ctx: TaskContext) -> None:
                other = runner.submit(gate.pass_through)
                other.result()

            stuck = runner.start(wait_for, group="g")
            gate.await_arrival()  # the other one runs: the place is lent
            stuck.cancel()
            assert stuck.detach()
            later = [runner.submit(held.pass_through) for _ in range(2)]
            assert not any(task.running() for task in later)
            gate.open()
            wait_until(stuck.done)
            held.await_arrival(1)
            assert sum(task.running() for task in later) == 1, "one place, one at a time"
            held.open()
            for task in later:
                task.result(PATIENCE)

    def test_shutdown_does_not_wait_for_it(self) -> None:
        """Leaving the with block would hang for ever otherwise."""
        gate = Gate()
        runner = TaskRunner(2)
        stuck = runner.submit(gate.pass_through)
        gate.await_arrival()
        stuck.cancel()
        assert stuck.detach()

        assert runner.shutdown(timeout=PATIENCE)
        assert not stuck.done()
        gate.open()
        wait_until(stuck.done)

    def test_the_interpreter_does_not_wait_for_it_either(self) -> None:
        """A program with a detached worker ends."""
        program = (
            "import taskmon, threading\n"
            "started = threading.Event()\n"
            "def work(): started.set(); threading.Event().wait()\n"
            "runner = taskmon.TaskRunner()\n"
            "task = runner.submit(work)\n"
            "started.wait(); task.cancel(); assert task.detach()\n"
            "print('left')\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")
