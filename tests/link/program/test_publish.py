"""In code: `taskmon.publish` and `taskmon.task`."""

from __future__ import annotations

import dataclasses
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

import taskmon
from taskmon import TaskCancelled, TaskRunner, TaskState
from taskmon.core.run.inline import InlineTasks
from taskmon.core.task.thread_looks import thread_looks
from taskmon.link.program import publish
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _unpublish(meeting_place: str) -> Iterator[None]:
    """What a test publishes ends with it."""
    assert meeting_place
    publish._begin_anew_after_fork()
    yield
    if publish._publisher is not None:
        publish._publisher.close(10)
    thread_looks.rest()  # the thread that looks at threads would go on for some seconds
    publish._begin_anew_after_fork()


def test_a_published_runner_is_shown(office: Office) -> None:
    """Also one that comes later; published twice it is shown once."""
    with TaskRunner() as first, TaskRunner() as second:
        taskmon.publish(first, program="photos")
        taskmon.publish(first)
        first.start(lambda ctx: ctx.sleep(60), name="one")
        assert office.task("one", TaskState.RUNNING).program == "photos"
        second.start(lambda ctx: ctx.sleep(60), name="two")
        taskmon.publish(second)
        two = office.task("two", TaskState.RUNNING)
        assert two.cancel()
        wait_until(lambda: two.snapshot().state is TaskState.CANCELLED)
        first.cancel_all()
    assert len(office.task_list.tasks()) == 2


def test_a_block_is_a_task(office: Office) -> None:
    """With its thread, its progress and its end."""
    gate = Gate()

    def work() -> None:
        with taskmon.task("Resize photos", total=10, unit="photos", group="g") as task:
            task.advance(4)
            assert taskmon.current_task() is task
            gate.pass_through()

    thread = threading.Thread(target=work, name="resizer")
    thread.start()
    shown = office.task("Resize photos", TaskState.RUNNING)
    wait_until(lambda: shown.snapshot().progress[:3] == (4, 10, "photos"))
    assert (shown.snapshot().origin.thread, shown.snapshot().group) == ("resizer", "g")
    gate.open()
    thread.join()
    wait_until(lambda: shown.snapshot().state is TaskState.SUCCEEDED)


def test_a_cancel_ends_the_block_and_nothing_more(office: Office) -> None:
    """Clean-up runs, what is behind the block goes on, and the row says Cancelled."""
    passed = []

    def work() -> None:
        with taskmon.task("Resize photos") as task:
            try:
                while True:
                    task.sleep(60)
            finally:
                passed.append("cleaned up")
        passed.append(task.stop_requested)

    thread = threading.Thread(target=work)
    thread.start()
    shown = office.task("Resize photos", TaskState.RUNNING)
    assert shown.cancel(by="user")
    thread.join(PATIENCE)
    assert passed == ["cleaned up", True]
    wait_until(lambda: shown.snapshot().state is TaskState.CANCELLED)


# -- without a window ---------------------------------------------------------------------------------------


def ends(tasks: InlineTasks) -> list[taskmon.TaskSnapshot]:
    """The pictures in which tasks end."""
    seen: list[taskmon.TaskSnapshot] = []
    tasks.attach(lambda event: seen.append(event.snapshot) if type(event).__name__ == "TaskFinished" else None)
    return seen


def run(tasks: InlineTasks, name: str = "block"):
    return tasks.block(name)


def test_other_exceptions_pass_through() -> None:
    """The task has failed; Ctrl-C is no exception to that."""
    tasks = InlineTasks()
    seen = ends(tasks)
    for error in (ValueError("as told"), KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(error)), run(tasks):
            raise error
    assert [end.state for end in seen] == [TaskState.FAILED] * 3
    assert seen[0].error == "ValueError: as told"
    assert tasks.tasks() == []


def test_a_loop_that_looks_at_the_flag_and_leaves() -> None:
    """It ends cancelled, without an exception."""
    tasks = InlineTasks()
    seen = ends(tasks)
    with run(tasks) as task:
        tasks.tasks()[0].cancel()
        while not task.stop_requested:
            raise AssertionError("not seen")
    assert [end.state for end in seen] == [TaskState.CANCELLED]


def test_one_that_has_finished_before_it_looked() -> None:
    """It has done its work."""
    tasks = InlineTasks()
    seen = ends(tasks)
    with run(tasks):
        tasks.tasks()[0].cancel()
    assert [end.state for end in seen] == [TaskState.SUCCEEDED]
    assert seen[0].finished_before_stop


def test_blocks_within_blocks() -> None:
    """The inner is the outer's subtask. Its own cancel ends it alone; that of the outer ends both."""
    tasks = InlineTasks()
    seen = ends(tasks)
    passed = []
    with run(tasks, "outer") as outer:
        with run(tasks, "inner") as inner:
            assert inner.task.parent is outer.task
            inner.task.cancel()
            inner.checkpoint()
        assert taskmon.current_task() is outer
        passed.append("between")
        with run(tasks, "inner") as inner:
            outer.task.cancel()
            inner.checkpoint()
        passed.append("not reached")
    assert passed == ["between"]
    assert taskmon.current_task() is not outer
    assert [(end.name, end.state) for end in seen] == [
        ("inner", TaskState.CANCELLED), ("inner", TaskState.CANCELLED), ("outer", TaskState.CANCELLED),
    ]  # fmt: skip


def test_a_cancel_of_somebody_else_passes_through() -> None:
    """A block that was not asked to stop does not swallow what is not its own."""
    tasks = InlineTasks()
    seen = ends(tasks)
    other = taskmon.StopSource()
    other.request_stop("somebody else's")
    with pytest.raises(TaskCancelled), run(tasks):
        other.token.check()
    assert [end.state for end in seen] == [TaskState.FAILED]


def test_within_a_worker_of_a_runner() -> None:
    """A block within a task of a runner is stopped with it, and the task ends as it should."""
    tasks = InlineTasks()
    seen = ends(tasks)
    gate = Gate()

    def work(ctx):
        with run(tasks) as block:
            gate.pass_through()
            block.checkpoint()
        raise AssertionError("the task was cancelled, too")

    with TaskRunner() as runner:
        task = runner.start(work)
        gate.await_arrival()
        task.cancel()
        gate.open()
        runner.wait_idle()
    assert task.state is TaskState.CANCELLED
    assert [end.state for end in seen] == [TaskState.CANCELLED]


def test_a_forked_child_is_a_program_of_its_own(office: Office) -> None:
    """It shows what it has to show, under its own number."""
    code = (
        "import os, taskmon\n"
        "with taskmon.task('parent') as task:\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        with taskmon.task('child') as inner:\n"
        "            inner.sleep(60)\n"
        "        raise SystemExit(0 if inner.stop_requested else 1)\n"
        "    task.sleep(60)\n"
        "assert os.waitpid(pid, 0)[1] == 0\n"
    )
    program = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)})
    parent, child = office.task("parent", TaskState.RUNNING), office.task("child", TaskState.RUNNING)
    assert parent.snapshot().origin.pid == program.pid
    assert child.snapshot().origin.pid != program.pid
    assert child.cancel()
    wait_until(lambda: child.snapshot().state is TaskState.CANCELLED)
    assert parent.cancel()
    wait_until(lambda: parent.snapshot().state is TaskState.CANCELLED)
    assert program.wait(PATIENCE) == 0


def test_a_child_of_multiprocessing_says_how_it_ended(office: Office, tmp_path: Path) -> None:
    """Such a process leaves without what others do at exit."""
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing, taskmon\n"
        "def work():\n"
        "    with taskmon.task('in a child') as task:\n"
        "        task.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('fork').Process(target=work)\n"
        "    child.start(); child.join()\n"
        "    raise SystemExit(child.exitcode)\n"
    )
    started = subprocess.Popen([sys.executable, program], env={**os.environ, "PYTHONPATH": str(ROOT)})
    task = office.task("in a child", TaskState.RUNNING)
    assert task.cancel()
    wait_until(lambda: task.snapshot().state is TaskState.CANCELLED)
    assert started.wait(PATIENCE) == 0


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """Cannot be changed."""

    name: str = "photo.jpg"


def test_the_programs_own_exception_is_left_as_it_is() -> None:
    """Neither its attributes nor its methods are touched, and its traceback has no frame of ours."""
    tasks = InlineTasks()
    error = Frozen()

    def body() -> None:
        with run(tasks):
            raise error

    with pytest.raises(Frozen) as caught:
        body()

    assert caught.value is error
    assert [entry.name for entry in caught.traceback[1:]] == ["body"]


def test_a_block_that_waits_for_a_subtask_and_is_cancelled_goes_no_further() -> None:
    """As in a worker: what it waits for was cancelled because it was asked itself."""
    tasks = InlineTasks()
    seen = ends(tasks)
    with run(tasks) as block:
        waiting = block.subtask(lambda ctx: ctx.sleep(PATIENCE))
        threading.Thread(target=block.task.cancel, daemon=True).start()
        waiting.result()

    assert block.stop_requested
    assert {picture.state for picture in seen} == {TaskState.CANCELLED}
    tasks._engine.close()


def test_a_cancelled_error_of_a_block_that_was_not_asked_passes_through() -> None:
    tasks = InlineTasks()

    def body() -> None:
        with run(tasks) as block:
            other = block.subtask(lambda ctx: ctx.sleep(PATIENCE))
            other.cancel()
            other.result()

    with pytest.raises(CancelledError):
        body()
    tasks._engine.close()


def test_a_cancel_that_comes_wrapped_ends_the_block_too() -> None:
    tasks = InlineTasks()
    with run(tasks) as block:
        block.task.cancel()
        raise BaseExceptionGroup("unhandled", [TaskCancelled(block.stop.reason)])
    with pytest.raises(BaseExceptionGroup), run(tasks) as block:  # noqa: PT012
        block.task.cancel()
        raise BaseExceptionGroup("unhandled", [TaskCancelled(block.stop.reason), ValueError()])


def test_a_cancel_that_has_been_to_another_process_ends_the_block_as_it_does_here() -> None:
    """It comes back as another object that says the same."""
    tasks = InlineTasks()
    seen = ends(tasks)
    with run(tasks) as block:
        block.task.cancel()
        raise pickle.loads(pickle.dumps(TaskCancelled(block.stop.reason)))
    assert [end.state for end in seen] == [TaskState.CANCELLED]


def test_a_block_is_one_task() -> None:
    block = run(InlineTasks())
    with block:
        pass
    with pytest.raises(RuntimeError), block:
        pass
