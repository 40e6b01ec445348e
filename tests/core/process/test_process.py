"""A task in a process of its own looks like one in a thread, however it ends."""

from __future__ import annotations

import functools
import gc
import multiprocessing.process
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest

import taskmon
from taskmon.core.base import signals
from taskmon.core.base.errors import TaskmonError
from taskmon.core.process import parent
from taskmon.core.process.isolated import RemoteTaskError, can_isolate, can_run_isolated, isolated, retry_isolated
from taskmon.core.process.parent import HEARTBEAT, Link, RemoteMeter
from taskmon.core.run.runner import TaskRunner
from taskmon.core.stop import StopKind
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from tests.helpers import children
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.helpers.jobs import RecordingSink
from tests.helpers.pythons import starts_threads_until_the_end

S = TaskState
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True, scope="module")
def _resource_tracker() -> None:
    """One process that multiprocessing starts with the first child, and keeps."""
    resource_tracker.ensure_running()


@pytest.fixture(autouse=True)
def _no_process_left() -> Iterator[None]:
    before = children_of(os.getpid())
    yield
    assert children_of(os.getpid()) == before


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner that has ended when the test has."""
    with TaskRunner(4) as made:
        yield made
        made.cancel_all()


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """Where a child waits for the test: see `children.meet`."""
    path = tmp_path / "meeting"
    os.mkfifo(path)
    return path


def children_of(pid: int) -> set[int]:
    """The processes that `pid` has started and not yet waited for, dead ones included."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path("/proc", name, "stat").read_text()
        except OSError:  # it has just gone
            continue
        if int(stat.rpartition(")")[2].split()[1]) == pid:
            found.add(int(name))
    return found


def come(fifo: Path) -> None:
    """Meet the child. Waits until it is there."""
    fifo.write_text("")


def until(task: Task, state: TaskState) -> None:
    """Wait until `task` is in `state`."""
    wait_until(lambda: task.state is state or task.done(), f"{state} of {task}")
    assert task.state is state


def until_here(task: Task) -> None:
    """Wait until the child has said that its function runs."""
    wait_until(lambda: task.snapshot().progress.message == "here" or task.done(), f"{task} is here")
    assert not task.done(), task.snapshot().details


def ended(task: Task) -> Task:
    """Wait for the end."""
    assert task.wait_ended(PATIENCE), task
    return task


# -- as if it ran here -------------------------------------------------------------------------------------------------


def test_it_runs_elsewhere_with_its_arguments_and_name(runner: TaskRunner) -> None:
    """The function receives a context of its own, positional and keyword arguments, and the task's name."""
    task = runner.start(isolated(children.describe), 1, [2], name="Sum", key="word")
    pid, *rest = task.result(PATIENCE)
    assert pid != os.getpid()
    assert rest == ["Sum", (1, [2]), {"key": "word"}]


def test_it_is_public_and_named_for_its_function(runner: TaskRunner) -> None:
    """Rows bear the function's name; isolating twice is isolating once."""
    once = taskmon.isolated(functools.partial(children.echo, value=5))
    assert isolated(once) is once
    task = runner.start(once)
    assert (task.name, task.result(PATIENCE)) == ("echo", 5)


def test_progress_log_and_consequence_arrive(runner: TaskRunner) -> None:
    """What was told last is there when the task has ended."""
    task = ended(runner.start(isolated(children.tell)))
    picture = task.snapshot()
    assert picture.progress == (3, 4, "files", "the third")
    assert picture.consequence == "one file is missing"
    assert task.log_lines() == (3, ["one", "two", "three"])


def test_log_lines_that_came_too_fast_are_counted(runner: TaskRunner) -> None:
    """The newest are kept; none is left out in silence."""
    task = ended(runner.start(isolated(children.log_much), 20_000))
    _, lines = task.log_lines()
    assert lines[-1] == "line 19999"
    sink = [line for line in lines if line.startswith("(")]
    assert task.state is S.SUCCEEDED
    assert sink or len(lines) == 1_000


def test_a_large_argument_comes_and_goes(runner: TaskRunner) -> None:
    """More than any pipe holds."""
    value = b"x" * 3_000_000
    assert runner.start(isolated(children.echo), value).result(PATIENCE) == value


def test_subtasks_run_in_the_child(runner: TaskRunner) -> None:
    """They are its own business."""
    assert runner.start(isolated(children.start_subtasks)).result(PATIENCE) == [0, 1, 2]


def test_it_can_be_a_subtask(runner: TaskRunner) -> None:
    """A thread may split its work into processes."""
    task = runner.start(lambda ctx: ctx.subtask(isolated(children.echo), 7).result(PATIENCE))
    assert task.result(PATIENCE) == 7


def test_eight_at_once() -> None:
    """They do not get into each other's way, and leave nothing behind."""
    with TaskRunner(8) as many:
        tasks = [many.start(isolated(children.describe), number) for number in range(8)]
        answers = [task.result(PATIENCE * 2) for task in tasks]
    assert [args for _, _, args, _ in answers] == [(number,) for number in range(8)]
    assert len({pid for pid, *_ in answers}) == 8


def test_context_variables_stay_here(runner: TaskRunner) -> None:
    """They are not promised to travel, and do not."""
    token = children.VARIABLE.set("as set here")
    try:
        assert runner.start(isolated(children.read_variable)).result(PATIENCE) == "as imported"
    finally:
        children.VARIABLE.reset(token)


def test_a_script_may_be_the_main_module(tmp_path: Path) -> None:
    """Its functions are found in the child, and so are their exceptions here, under ``-W error``."""
    script = tmp_path / "script.py"
    script.write_text(
        "import taskmon\n"
        "class Mine(Exception): pass\n"
        "def work(ctx): raise Mine('from there')\n"
        "if __name__ == '__main__':\n"
        "    with taskmon.TaskRunner() as runner:\n"
        "        print(repr(runner.start(taskmon.isolated(work)).exception()))\n"
    )
    done = run_script(script)
    assert (done.stdout, done.returncode) == ("Mine('from there')\n", 0)


def test_a_script_without_the_guard_is_told_so(tmp_path: Path) -> None:
    """The child must not start the program anew; the failure says what to write."""
    script = tmp_path / "script.py"
    script.write_text(
        "import taskmon\n"
        "def work(ctx): return 1\n"
        "with taskmon.TaskRunner() as runner:\n"
        "    print(runner.start(taskmon.isolated(work)).result())\n"
    )
    done = run_script(script)
    assert done.returncode == 1
    assert "RemoteTaskError: The process ended with status 1: it has told no result; a script" in done.stdout


@starts_threads_until_the_end
def test_it_works_while_the_interpreter_exits(tmp_path: Path) -> None:
    """What was submitted is done, as with threads."""
    script = tmp_path / "script.py"
    script.write_text(
        "import taskmon\n"
        "from tests.helpers.children import echo\n"
        "if __name__ == '__main__':\n"
        "    runner = taskmon.TaskRunner(1)\n"
        "    for number in range(3):\n"
        "        task = runner.start(taskmon.isolated(echo), number)\n"
        "        task.add_done_callback(lambda task: print(task.result(), flush=True))\n"
    )
    done = run_script(script)
    assert (done.stdout, done.returncode) == ("0\n1\n2\n", 0)


def run_script(path: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that uses taskmon and the helpers; a warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE * 3,
    )


# -- results and failures ----------------------------------------------------------------------------------------------


def test_a_result_that_cannot_be_sent_is_an_explained_failure(runner: TaskRunner) -> None:
    """It names the type."""
    task = ended(runner.start(isolated(children.return_a_lock)))
    assert task.state is S.FAILED
    assert task.snapshot().error.startswith("Its result, a lock, cannot be sent from its process: TypeError: ")


def test_a_result_that_cannot_be_read_is_an_explained_failure(runner: TaskRunner) -> None:
    """The child has done its part; the reading failed here."""
    task = runner.start(isolated(children.make_unreadable))
    with pytest.raises(RemoteTaskError, match="Its result cannot be read here: ValueError: cannot be read"):
        task.result(PATIENCE)


def test_an_exception_is_raised_here_as_it_was_there(runner: TaskRunner) -> None:
    """Of the same type, with its attributes, and with the child's traceback in the details."""
    task = ended(runner.start(isolated(children.fail), "plain"))
    with pytest.raises(FileNotFoundError) as caught:
        task.result()
    assert caught.value.filename == "photo.jpg"
    picture = task.snapshot()
    assert picture.error == "FileNotFoundError: [Errno 2] not there: 'photo.jpg'"
    assert 'raise FileNotFoundError(2, "not there", "photo.jpg")' in picture.details
    assert "in its own process:" in picture.details


def test_an_explained_failure_stays_one(runner: TaskRunner) -> None:
    """Title, message and detail are for the user; there is no traceback in them."""
    task = ended(runner.start(isolated(children.fail), "explained"))
    assert type(task.exception()) is TaskmonError
    assert task.snapshot().details == "Cannot copy\nthe disk is full\n0 bytes free"


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("picky", "Picky: part number 7"),
        ("holding", "Holding: it holds a lock"),
        ("holding explained", "HoldingExplained: Cannot copy: the disk is full"),
    ],
)
def test_an_exception_that_cannot_travel_is_told(runner: TaskRunner, kind: str, line: str) -> None:
    """Its type, text and traceback arrive, as text."""
    task = ended(runner.start(isolated(children.fail), kind))
    assert type(task.exception()) is RemoteTaskError
    picture = task.snapshot()
    assert picture.error == line
    if kind != "holding explained":
        assert "Traceback" in picture.details
        assert "in fail" in picture.details


def test_system_exit_fails_the_task_only(runner: TaskRunner) -> None:
    """As it does in a thread."""
    task = ended(runner.start(isolated(children.fail), "exit"))
    assert task.state is S.FAILED
    assert task.snapshot().error == "SystemExit: 3"


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("exit", "The process ended with status 3: it has told no result"),
        ("closed", "The process ended with status 0: it has told no result"),
        ("SIGKILL", "The process was killed by SIGKILL: it has told no result"),
        ("SIGTERM", "The process was killed by SIGTERM: it has told no result"),
    ],
)
def test_a_process_that_vanishes_has_failed(runner: TaskRunner, how: str, sentence: str) -> None:
    """And the sentence says how it went."""
    task = ended(runner.start(isolated(children.leave), how))
    assert task.state is S.FAILED
    assert task.snapshot().error == sentence


def test_a_process_that_is_killed_while_it_works_has_failed(runner: TaskRunner) -> None:
    """By somebody else, such as the system when memory runs out; also while it is paused."""
    for pause in (False, True):
        task = runner.start(isolated(children.be_killed))
        wait_until(lambda task=task: task.snapshot().progress.message, "its pid")
        if pause:
            task.pause()
            until(task, S.PAUSED)
        os.kill(int(task.snapshot().progress.message), signal.SIGKILL)
        ended(task)
        assert task.state is S.FAILED
        assert task.snapshot().error == "The process was killed by SIGKILL: it has told no result"


def test_what_a_process_leaves_behind_does_not_hide_its_end(runner: TaskRunner, fifo: Path) -> None:
    """A fork of it holds its pipes open."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("only a pidfd tells")
    task = ended(runner.start(isolated(children.leave_a_fork_behind), str(fifo)))
    assert task.snapshot().error.startswith("The process ended with status 3")
    come(fifo)


def test_a_process_that_cannot_be_started_has_failed(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is left waiting, and the pipes are closed."""

    def refuse(self: SpawnProcess) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    task = ended(runner.start(isolated(children.tell)))
    assert isinstance(task.exception(), RemoteTaskError)
    assert task.snapshot().error.startswith("The process could not be started: BlockingIOError: [Errno 11]")


def test_arguments_that_cannot_be_sent_fail_the_task(runner: TaskRunner) -> None:
    """Before any process is started."""
    task = ended(runner.start(isolated(children.echo), threading.Lock()))
    assert task.snapshot().error.startswith("It cannot run in a process of its own: it cannot be sent there: TypeError")


# -- stops -------------------------------------------------------------------------------------------------------------


def test_a_stop_before_the_start_starts_nothing(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint comes first."""
    monkeypatch.setattr(SpawnProcess, "start", lambda self: pytest.fail("a process was started"))

    def ask_oneself(ctx: taskmon.TaskContext) -> None:
        ctx.task.cancel("too late")
        isolated(children.tell)(ctx)

    assert ended(runner.start(ask_oneself)).state is S.CANCELLED


def test_a_stop_during_the_start_is_not_lost(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child hears of it before its work begins."""
    start = SpawnProcess.start

    def start_and_stop(self: SpawnProcess) -> None:
        start(self)
        task.cancel("changed my mind")

    monkeypatch.setattr(SpawnProcess, "start", start_and_stop)
    with Gate() as gate:

        def work(ctx: taskmon.TaskContext) -> None:
            gate.pass_through()  # until `task` has a value
            isolated(children.tell)(ctx)

        task = runner.start(work)
        gate.open()
        ended(task)
    assert task.state is S.CANCELLED
    assert task.log_lines() == (0, [])


@pytest.mark.parametrize("work", [children.wait_asleep, children.work_in_checkpoints])
def test_a_stop_reaches_the_worker_and_ends_the_task(runner: TaskRunner, work: Callable[..., Any]) -> None:
    """Asleep or busy: the task is cancelled, with the reason, once the process has gone."""
    task = runner.start(isolated(work))
    until_here(task)
    assert task.cancel("no longer needed", by="the test", kind=StopKind.USER)
    assert ended(task).state is S.CANCELLED
    picture = task.snapshot()
    assert picture.reason is not None
    assert picture.reason.sentence() == "cancelled by the user: no longer needed"
    assert picture.stop_seen_at is not None
    assert picture.stop_requested_at is not None
    assert picture.stop_seen_at >= picture.stop_requested_at


def test_a_deadline_reaches_the_worker(runner: TaskRunner) -> None:
    """It is kept here, and heard there."""
    task = ended(runner.start(isolated(children.wait_asleep), timeout=0.5))
    assert task.snapshot().timed_out


def test_a_stop_that_is_ignored_stays_a_request(runner: TaskRunner, fifo: Path) -> None:
    """The process is not killed; it finishes before it could be cancelled."""
    task = runner.start(isolated(children.ignore_the_stop), str(fifo))
    until_here(task)
    task.cancel()
    assert task.state is S.STOPPING
    assert not task.done()
    come(fifo)
    assert task.result(PATIENCE) == "all of it"
    assert task.snapshot().finished_before_stop


def test_a_worker_that_looks_at_its_flag_leaves_a_part(runner: TaskRunner) -> None:
    """It ends cancelled, and what it returned is kept."""
    task = runner.start(isolated(children.poll_the_flag))
    until_here(task)
    task.cancel()
    assert ended(task).state is S.CANCELLED
    assert task.partial_result == "a part"


def test_a_worker_that_says_it_stopped_early_is_believed(runner: TaskRunner, fifo: Path) -> None:
    """As it is in a thread."""
    task = runner.start(isolated(children.say_stopped_early), str(fifo))
    until_here(task)
    task.cancel()
    come(fifo)
    assert ended(task).state is S.CANCELLED
    assert task.partial_result == "a part"


def test_a_failing_clean_up_is_a_failure(runner: TaskRunner) -> None:
    """The reason for the stop is kept beside it."""
    task = runner.start(isolated(children.clean_up_badly))
    until_here(task)
    task.cancel("enough")
    assert ended(task).state is S.FAILED
    picture = task.snapshot()
    assert picture.error == "ValueError: could not clean up"
    assert picture.reason is not None
    assert picture.reason.text == "enough"


def test_a_shield_in_the_child_is_shown_here(runner: TaskRunner, fifo: Path) -> None:
    """Whoever waits for the stop sees what is being finished."""
    task = runner.start(isolated(children.finish_in_a_shield), str(fifo))
    until_here(task)
    task.cancel()
    wait_until(lambda: task.snapshot().shield == "renaming the file", "the text of the shield")
    come(fifo)
    assert ended(task).state is S.CANCELLED
    assert task.stop.shield_text is None


def test_a_worker_that_stops_itself_is_cancelled_here_too(runner: TaskRunner) -> None:
    """With its own reason."""
    task = ended(runner.start(isolated(children.stop_oneself)))
    assert task.state is S.CANCELLED
    assert task.stop.reason is not None
    assert task.stop.reason[:3] == (StopKind.PARENT, "the worker", "had enough")


def test_a_reason_of_any_length_travels(runner: TaskRunner) -> None:
    """A command must fit into a pipe in one piece; the task here keeps as much as can be borne."""
    task = runner.start(isolated(children.wait_asleep))
    until_here(task)
    task.cancel("🜁" * 100_000, by="🜁" * 100_000)
    assert ended(task).state is S.CANCELLED
    assert task.stop.reason is not None
    assert len(task.stop.reason.text) == 4_096


def test_ctrl_c_is_for_the_program(runner: TaskRunner) -> None:
    """The terminal sends it to its children, too, which leave it to the program to stop them."""
    task = runner.start(isolated(children.be_killed))
    wait_until(lambda: task.snapshot().progress.message, "its pid")
    os.kill(int(task.snapshot().progress.message), signal.SIGINT)
    task.pause()
    until(task, S.PAUSED)
    task.cancel()
    assert ended(task).state is S.CANCELLED


def test_one_task_may_use_several_processes(runner: TaskRunner) -> None:
    """One after the other, with checkpoints of its own in between."""

    def work(ctx: taskmon.TaskContext) -> tuple[int, CheckpointReading | None]:
        total = sum(isolated(children.echo)(ctx, number) for number in (1, 2))
        ctx.task.snapshot()
        ctx.checkpoint()
        return total, ctx.task.snapshot().checkpoint

    total, reading = runner.start(work).result(PATIENCE)
    assert total == 3
    assert reading is not None
    assert reading.stops_within is not None


def test_an_ended_task_is_freed_at_once(runner: TaskRunner) -> None:
    """It is part of no reference cycle, nor is its error."""
    gc.disable()
    try:
        tasks = [
            runner.start(isolated(children.tell)),
            runner.start(isolated(children.fail), "plain"),
            runner.start(isolated(children.leave), "exit"),
        ]
        references = [weakref.ref(ended(task)) for task in tasks]
        tasks.clear()
        wait_until(lambda: not any(reference() for reference in references), "the end of all references")
    finally:
        gc.enable()


def test_a_task_that_was_not_started_is_freed_at_once(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is the error of a start that failed."""
    monkeypatch.setattr(SpawnProcess, "start", lambda self: os.stat("/nowhere/at/all"))
    gc.disable()
    try:
        reference = weakref.ref(ended(runner.start(isolated(children.tell))))
        wait_until(lambda: reference() is None, "the end of all references")
    finally:
        gc.enable()


# -- pauses ------------------------------------------------------------------------------------------------------------


def test_a_pause_is_told_once_the_worker_stands(runner: TaskRunner, fifo: Path) -> None:
    """PAUSING until it has reached a checkpoint, then PAUSED, and after a resume it goes on."""
    sink = RecordingSink()
    runner.events.attach(sink)
    task = runner.start(isolated(children.pause_when_met), str(fifo))
    until_here(task)
    assert task.pause()
    assert task.state is S.PAUSING
    come(fifo)
    until(task, S.PAUSED)
    assert task.resume()
    assert task.result(PATIENCE) == "went on"
    assert sink.states(task.id) == [S.RUNNING, S.PAUSING, S.PAUSED, S.RUNNING, S.SUCCEEDED]
    assert task.snapshot().paused_for > 0


def test_a_pause_may_be_taken_back_before_it_took_effect(runner: TaskRunner, fifo: Path) -> None:
    """The worker never notices."""
    task = runner.start(isolated(children.ignore_the_stop), str(fifo))
    until_here(task)
    task.pause()
    task.resume()
    come(fifo)
    assert task.result(PATIENCE) == "all of it"


def test_a_paused_worker_can_be_stopped(runner: TaskRunner) -> None:
    """A stop wakes it."""
    task = runner.start(isolated(children.work_in_checkpoints))
    until_here(task)
    task.pause()
    until(task, S.PAUSED)
    task.cancel()
    assert ended(task).state is S.CANCELLED


def test_a_flood_of_pauses_ends_as_the_last_one_says(runner: TaskRunner) -> None:
    """Nobody who presses the button waits for the child, which is stopped here, nor is the last wish lost."""
    task = runner.start(isolated(children.be_killed))
    wait_until(lambda: task.snapshot().progress.message, "its pid")
    pid = int(task.snapshot().progress.message)
    os.kill(pid, signal.SIGSTOP)
    for _ in range(3_000):  # more than the pipe holds
        task.pause()
        task.resume()
    task.pause()
    os.kill(pid, signal.SIGCONT)
    until(task, S.PAUSED)
    task.cancel()
    assert ended(task).state is S.CANCELLED


def test_a_stale_report_does_not_say_paused(runner: TaskRunner) -> None:
    """Paused, resumed and paused again: the first standstill is not taken for the second."""
    task = runner.start(isolated(children.work_in_checkpoints))
    until_here(task)
    for _ in range(20):
        task.pause()
        until(task, S.PAUSED)
        done = task.snapshot().progress.done
        assert task.snapshot().progress.done == done
        task.resume()
        assert task.state is S.RUNNING
    task.cancel()
    ended(task)


# -- the parent --------------------------------------------------------------------------------------------------------


def test_a_child_whose_program_was_killed_leaves(tmp_path: Path) -> None:
    """It asks its own task to stop, which cleans up. The end of the output is that of the last process."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os, taskmon\n"
        "def work(ctx):\n"
        "    print('works', flush=True)\n"
        "    try:\n"
        "        ctx.sleep(60)\n"
        "    except taskmon.TaskCancelled as error:\n"
        "        print('left:', error, flush=True)\n"
        "        raise\n"
        "if __name__ == '__main__':\n"
        "    with taskmon.TaskRunner() as runner:\n"
        "        runner.start(taskmon.isolated(work))\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "works\n"
        program.kill()
        assert program.stdout.read() == "left: its runner was shut down: the program it belonged to has gone\n"


HELD = "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')"  # a call into C that keeps the interpreter for years
BUSY = "while True: pass"
ASLEEP = "threading.Event().wait()"
OTHER = "os.execv('/bin/sh', ['sh', '-c', 'echo other; exec sleep 1000'])"
STOPPED = "print(os.getpid(), flush=True); os.kill(os.getpid(), signal.SIGSTOP); threading.Event().wait()"
DEAF = "try: ctx.sleep(1e9)\n    finally: threading.Event().wait()"


@pytest.mark.parametrize(
    ("work", "end"),
    [
        (BUSY, "kill"),
        (ASLEEP, "os._exit(0)"),
        (DEAF, "leave"),
        (HELD, "kill"),
        (HELD, "execv"),
        (OTHER, "kill"),
        (STOPPED, "kill"),
    ],
    ids=[
        "busy, killed",
        "asleep, left by _exit",
        "deaf, left behind",
        "held, killed",
        "held, executes another",
        "has become another, killed",
        "stopped, killed",
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a held interpreter cannot be told")
def test_a_child_that_does_not_look_at_its_stop_ends_with_its_program(tmp_path: Path, work: str, end: str) -> None:
    """However that ends, and whatever the child does: here its pipe is the last that keeps the output open."""
    ends = {
        "kill": "os.kill(os.getpid(), signal.SIGKILL)",
        "leave": "runner.cancel_all(); runner.shutdown(timeout=0)",
        "execv": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    }
    script = tmp_path / "script.py"
    script.write_text(
        "import os, signal, sys, threading, taskmon\n"
        "def work(ctx):\n"
        "    os.write(1, b'works\\n')\n"
        "    ctx.progress(message='works')\n"
        "    ctx.task.log_lines()\n"
        f"    {work}\n"
        "if __name__ == '__main__':\n"
        "    runner = taskmon.TaskRunner()\n"
        "    task = runner.start(taskmon.isolated(work))\n"
        "    sys.stdin.readline()\n"
        f"    {ends.get(end, end)}\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "works\n"
        if work is OTHER:
            assert program.stdout.readline() == "other\n"
        if work is STOPPED:
            child = int(program.stdout.readline())
            wait_until(lambda: (seen := signals.look(child)) is not None and seen.is_stopped, "that it is stopped")
        program.communicate("\n", timeout=PATIENCE)  # returns once nobody has the output open any more


def test_a_straggler_does_not_keep_the_interpreter(tmp_path: Path, fifo: Path) -> None:
    """After a shutdown that was not waited for, the program ends; its child goes when it is done."""
    script = tmp_path / "script.py"
    script.write_text(
        "import taskmon\n"
        "from tests.helpers.children import ignore_the_stop\n"
        "if __name__ == '__main__':\n"
        "    runner = taskmon.TaskRunner()\n"
        f"    task = runner.start(taskmon.isolated(ignore_the_stop), {str(fifo)!r})\n"
        "    while task.snapshot().progress.message != 'here': pass\n"
        "    runner.shutdown(timeout=0)\n"
        "    print('ends', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.wait(PATIENCE) == 0
        come(fifo)
        assert program.stdout is not None
        assert program.stdout.read() == "ends\n"


def test_multiprocessing_does_not_look_after_the_child(runner: TaskRunner) -> None:
    """It would wait for it at exit, and take its status from under our eyes."""
    task = runner.start(isolated(children.wait_asleep))
    until_here(task)
    assert multiprocessing.active_children() == []
    task.cancel()
    ended(task)


def test_a_reader_that_hangs_does_not_stop_the_worker(
    runner: TaskRunner, fifo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of reports neither waits for the parent nor piles up."""
    gate = Gate()
    apply = Link._apply

    def hang(self: Link, report: parent.Report) -> None:
        gate.pass_through()
        apply(self, report)

    monkeypatch.setattr(Link, "_apply", hang)
    task = runner.start(isolated(children.flood), 100_000, str(fifo))
    with gate:
        gate.await_arrival()
        come(fifo)  # it has done all its work, and nobody has read a word
    grown = task.result(PATIENCE)
    assert grown < 30_000_000  # the reports were 500 MB in all
    assert gate.arrived < 1_000


# -- what is known of checkpoints --------------------------------------------------------------------------------------


def test_the_meter_tells_what_the_child_measured(runner: TaskRunner) -> None:
    """A sleeper would stop at once, one that computes within a moment, and neither is asked in vain."""
    asleep, busy = runner.start(isolated(children.wait_asleep)), runner.start(isolated(children.work_in_checkpoints))
    until_here(asleep)
    until_here(busy)
    wait_until(lambda: asleep.snapshot().checkpoint == (0.0, 0.0, 0.0), "the sleeper's reading")

    def known() -> bool:
        reading = busy.snapshot().checkpoint
        return reading is not None and reading.stops_within is not None and 0 < reading.stops_within < PATIENCE

    wait_until(known, "the other's")
    runner.cancel_all()


def test_a_silent_child_passes_no_checkpoints() -> None:
    """One that does not even report, because it keeps its interpreter lock, would not stop either."""
    meter = RemoteMeter()
    assert meter.read(0.0) == (None, None, 0.0)
    assert not meter.ask(0.0)
    meter.take(CheckpointReading(0.25, 0.125, 0.5), 10.0, next_follows=True)
    assert meter.read(10.0 + 2 * HEARTBEAT) == (0.25, 0.125, 0.5)
    assert meter.read(14.0) == (4.5, 4.125, 4.5)
    meter.take(CheckpointReading(0.0, 0.0, 0.0), 20.0, next_follows=False)
    assert meter.read(30.0) == (0.0, 0.0, 0.0)  # it is paused


def test_a_child_that_is_held_up_is_seen_as_silent(runner: TaskRunner) -> None:
    """A sleeper that the system has stopped no longer answers."""
    task = runner.start(isolated(children.be_killed))
    wait_until(lambda: task.snapshot().progress.message, "its pid")
    pid = int(task.snapshot().progress.message)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: (task.snapshot().checkpoint or CheckpointReading(0, 0, 0)).unanswered > 2, "silence")
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: task.snapshot().checkpoint == (0.0, 0.0, 0.0), "a heartbeat")
    task.cancel()
    ended(task)


# -- what can be isolated ----------------------------------------------------------------------------------------------


def test_what_can_be_sent_can_be_isolated() -> None:
    """Functions by name, bound methods, partials; of large arguments only the beginning is looked at."""
    assert can_isolate(children.echo, (1,)) == ""
    assert can_isolate(functools.partial(children.echo, value=1)) == ""
    assert can_isolate("text".upper) == ""
    assert can_isolate(children.echo, (list(range(1_000_000)),), {}) == ""


def test_why_something_cannot_be_isolated() -> None:
    """In words that mean something to whoever wrote it."""

    def inner(ctx: taskmon.TaskContext) -> None:
        """A function inside another."""

    assert can_isolate(lambda ctx: None) == "it is a lambda, which a new process cannot find by its name"
    assert can_isolate(inner).startswith("'inner' is defined inside another function")
    assert can_isolate(children.echo, (threading.Lock(),)).startswith("it cannot be sent there: TypeError")
    assert can_isolate(threading.Lock().acquire) != ""
    assert can_isolate(isolated(children.echo)) == "it has a process of its own already"


def test_a_program_that_was_typed_in_cannot_isolate_its_functions() -> None:
    """There is no file from which a new process could import them; those of modules it can."""
    code = (
        "import os; from taskmon.core.process.isolated import can_isolate\ndef f(ctx): pass\n"
        "print(can_isolate(f), can_isolate(os.getpid), sep='|')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "the program was typed in, and a new process could not import it|\n"


def test_a_program_from_a_pipe_can_isolate_nothing() -> None:
    """A new process would look for its file before anything else."""
    done = subprocess.run(
        [sys.executable],
        input="from taskmon.core.process.isolated import can_isolate\nprint(can_isolate(print))",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "the program was typed in, and a new process could not import it\n"


def test_a_worker_of_a_pool_cannot_isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Multiprocessing does not let its daemons have children."""
    monkeypatch.setitem(multiprocessing.process.current_process()._config, "daemon", True)  # type: ignore[attr-defined]
    assert "may not start others" in can_isolate(children.echo)


# -- instead of a thread -----------------------------------------------------------------------------------------------


def test_an_ended_task_can_be_retried_as_a_process(runner: TaskRunner) -> None:
    """Linked to the old one, with the same name and arguments; a further retry stays there."""
    task = ended(runner.start(children.describe, 1, name="Sum"))
    assert can_run_isolated(task)
    again = retry_isolated(task)
    pid, *rest = again.result(PATIENCE)
    assert pid != os.getpid()
    assert rest == ["Sum", (1,), {}]
    assert (again.retry_of, again.attempt) == (task.id, 2)
    assert not can_run_isolated(again)
    assert retry_isolated(again).result(PATIENCE)[0] not in (pid, os.getpid())


def test_a_submitted_function_can_be_retried_as_a_process(runner: TaskRunner) -> None:
    """It gets no context there either, but finds one."""
    task = ended(runner.submit(children.describe_plainly, 1))
    pid, *rest = retry_isolated(task).result(PATIENCE)
    assert pid != os.getpid()
    assert rest == ["describe_plainly", (1,)]


def test_what_cannot_be_isolated_is_not_offered(runner: TaskRunner) -> None:
    """Tried all the same, it fails with the reason."""
    task = ended(runner.start(lambda ctx: 1))
    assert not can_run_isolated(task)
    with pytest.raises(RemoteTaskError, match="it is a lambda"):
        retry_isolated(task).result(PATIENCE)


def test_a_live_task_cannot_be_retried_as_a_process(runner: TaskRunner) -> None:
    """It would be done twice."""
    task = runner.start(children.wait_asleep)
    with pytest.raises(RuntimeError, match="has not ended yet"):
        retry_isolated(task)
    task.cancel()
