"""The runner: limits, groups, shutdown, threads that cannot be had, forks and the interpreter's exit."""

from __future__ import annotations

import concurrent.futures
import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.context import TaskContext
from taskmon.core.task.state import TaskState
from tests.conftest import ExpectedLog
from tests.helpers.gates import PATIENCE, Gate, in_threads, wait_until
from tests.helpers.jobs import RecordingSink, obedient, stubborn
from tests.helpers.pythons import starts_threads_until_the_end

S = TaskState
ROOT = Path(__file__).resolve().parents[3]


class Crowd:
    """Counts how many are inside at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    def __call__(self, ctx: TaskContext) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        ctx.stop.wait(0.001)
        with self._lock:
            self._inside -= 1


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0, -1])
def test_limits_below_one_are_refused(limit: int) -> None:
    """For the runner and for a group, at the start and later."""
    with pytest.raises(ValueError, match="max_workers must be greater than 0"):
        TaskRunner(limit)
    with TaskRunner(1) as runner:
        with pytest.raises(ValueError, match="max_workers"):
            runner.max_workers = limit
        with pytest.raises(ValueError, match="limit"):
            runner.limit_group("g", limit)
        with pytest.raises(ValueError, match="timeout"):
            runner.start(obedient, timeout=-1)
        assert runner.tasks() == []


def test_no_more_run_at_once_than_allowed() -> None:
    """200 tasks, three workers."""
    crowd = Crowd()
    with TaskRunner(3) as runner:
        for _ in range(200):
            runner.start(crowd)
    assert crowd.most <= 3


def test_a_burst_has_all_workers_at_work() -> None:
    """Each called worker calls the next: eight blocking tasks run on eight threads, old and new."""
    with TaskRunner(8) as runner:
        for _ in range(3):
            with Gate() as gate:
                for _ in range(8):
                    runner.start(stubborn, gate)
                gate.await_arrival(8)
            assert runner.wait_idle(PATIENCE)
        assert runner.statistics().threads == 8


def test_raising_the_limit_starts_what_waits() -> None:
    """At once, without a further task having to come."""
    with TaskRunner(1) as runner, Gate() as gate:
        for _ in range(4):
            runner.start(stubborn, gate)
        gate.await_arrival(1)
        assert runner.statistics()[:3] == (3, 0, 1)
        runner.max_workers = 4
        gate.await_arrival(4)
        assert runner.max_workers == 4


def test_lowering_the_limit_stops_no_task_and_lets_threads_go() -> None:
    """Running ones end by themselves; afterwards no more than the limit run, and idle threads have left."""
    with TaskRunner(6) as runner:
        with Gate() as gate:
            for _ in range(6):
                runner.start(stubborn, gate)
            gate.await_arrival(6)
            runner.max_workers = 2
            assert runner.statistics().running == 6
        assert runner.wait_idle(PATIENCE)
        wait_until(lambda: runner.statistics().threads <= 2, "the end of the surplus threads")
        crowd = Crowd()
        for _ in range(50):
            runner.start(crowd)
        assert runner.wait_idle(PATIENCE)
        assert crowd.most <= 2


def test_limits_changed_all_the_time_lose_no_task() -> None:
    """While one thread turns the limit up and down, 2 000 tasks from two others all run."""
    done = list[int]()
    with TaskRunner(4) as runner:

        def submit() -> None:
            for number in range(1_000):
                runner.submit(done.append, number)

        def turn() -> None:
            for number in range(300):
                runner.max_workers = 1 + number % 7

        in_threads(submit, submit, turn)
        assert runner.wait_idle(PATIENCE)
        assert len(done) == 2_000
        wait_until(lambda: runner.statistics().threads <= runner.max_workers)


# -- groups ------------------------------------------------------------------------------------------------------------


def test_a_group_has_its_own_limit_and_leaves_the_others_alone() -> None:
    """Two of the group run, others pass by; as one ends the next of the group starts, in order."""
    with TaskRunner(8) as runner, Gate() as gate, Gate() as others:
        runner.limit_group("disk", 2)
        tasks = [runner.start(stubborn, gate, group="disk") for _ in range(5)]
        for _ in range(3):
            runner.start(stubborn, others, group="net")
        gate.await_arrival(2)
        others.await_arrival(3)
        assert [task.state for task in tasks] == [S.RUNNING] * 2 + [S.QUEUED] * 3
        gate.open()
        concurrent.futures.wait(tasks, PATIENCE)


def test_no_more_of_a_group_run_at_once_than_allowed() -> None:
    """Whatever else is going on: cancels, holds, other groups."""
    crowd = Crowd()
    with TaskRunner(8) as runner:
        runner.limit_group("g", 2)
        tasks = [runner.start(crowd, group="g") for _ in range(300)]
        for task in tasks[::7]:
            task.cancel()
        for task in tasks[::5]:
            task.pause()
        for task in tasks[::5]:
            task.resume()
        assert runner.wait_idle(PATIENCE)
    assert crowd.most <= 2


def test_a_limit_set_while_tasks_run_counts_those_that_do() -> None:
    """No further one starts until enough have ended; a raised or lifted limit starts what waits at once."""
    with TaskRunner(8) as runner, Gate() as gate:
        for _ in range(3):
            runner.start(stubborn, gate, group="g")
        gate.await_arrival(3)
        runner.limit_group("g", 2)
        tasks = [runner.start(stubborn, gate, group="g") for _ in range(4)]
        runner.submit(int).result(PATIENCE)
        assert [task.state for task in tasks] == [S.QUEUED] * 4
        runner.limit_group("g", 4)
        gate.await_arrival(4)
        assert sum(task.state is S.RUNNING for task in tasks) == 1
        runner.limit_group("g", None)
        gate.await_arrival(7)


def test_group_limits_changed_all_the_time_lose_no_task() -> None:
    """And the count is right afterwards."""
    done = list[int]()
    with TaskRunner(4) as runner:

        def start() -> None:
            for number in range(500):
                runner.start(lambda _, n=number: done.append(n), group="g")

        def turn() -> None:
            for number in range(300):
                runner.limit_group("g", None if not number % 3 else 1 + number % 3)

        in_threads(start, start, turn)
        runner.limit_group("g", 1)
        assert runner.wait_idle(PATIENCE)
        assert len(done) == 1_000
        crowd = Crowd()
        for _ in range(30):
            runner.start(crowd, group="g")
        assert runner.wait_idle(PATIENCE)
        assert crowd.most == 1
        runner.limit_group("g", None)
        assert not runner._engine._groups.limited, "groups without a limit cost nothing"


def test_a_parent_that_waits_lends_its_place_in_its_group() -> None:
    """A group of one does not block a task that waits for its own subtask."""
    with TaskRunner(4) as runner:
        runner.limit_group("g", 1)
        parent = runner.start(lambda ctx: ctx.join(ctx.subtask(lambda _: None)), group="g")
        assert parent.result(PATIENCE) is None


def test_cancel_all_asks_a_group_or_everybody() -> None:
    """It returns how many had not been asked before; none that waits slips into a place that has become free."""
    runs = list[int]()
    with TaskRunner(1) as runner:
        first = runner.start(obedient, group="a")
        wait_until(lambda: first.state is S.RUNNING)
        waiting = [runner.start(lambda _: runs.append(1), group=group) for group in "abab"]
        assert runner.cancel_all(group="b") == 2
        assert runner.cancel_all() == 3
        assert runner.cancel_all() == 0
        assert runner.wait_idle(PATIENCE)
    assert all(task.cancelled() for task in [first, *waiting])
    assert runs == []


# -- looking -----------------------------------------------------------------------------------------------------------


def test_statistics_count_the_live_by_state_and_the_ended() -> None:
    """One of each."""
    with TaskRunner(3) as runner, Gate() as gate:
        stopping, pausing, running = (runner.start(stubborn, gate) for _ in range(3))
        gate.await_arrival(3)
        runner.start(obedient, paused=True)
        runner.submit(int).cancel()
        runner.submit(int)
        stopping.cancel()
        pausing.pause()
        assert runner.statistics() == (1, 1, 1, 1, 0, 1, 0, 0, 1, 3, 3, 0)
        assert runner.task(running.id) is running
        assert runner.task(0) is None
        assert len(runner.tasks()) == 5
        assert not runner.wait_idle(0)
        runner.cancel_all()
        gate.open()
        assert runner.wait_idle(PATIENCE)
        assert runner.statistics()[:9] == (0, 0, 0, 0, 0, 0, 3, 0, 3)


@pytest.mark.parametrize(
    ("fn", "name"), [(obedient, "obedient"), (mock.Mock(), "Mock"), (int, "int"), (Crowd(), "Crowd")]
)
def test_tasks_are_named_after_their_function(fn: Any, name: str) -> None:
    """Through functools.partial as well; an object that has every attribute does not hang the naming."""
    import functools

    with TaskRunner(1) as runner:
        task = runner.start(functools.partial(functools.partial(fn)), paused=True)
        assert task.name == name
        task.cancel()


# -- shutdown ----------------------------------------------------------------------------------------------------------


def test_shutdown_finishes_what_was_submitted_and_refuses_what_comes_after() -> None:
    """With wait, all threads have left when it returns; it is idempotent."""
    done = list[int]()
    runner = TaskRunner(2)
    for number in range(100):
        runner.submit(done.append, number)

    assert runner.shutdown()
    assert len(done) == 100
    assert runner.shutdown(timeout=0)
    assert runner.statistics().threads == 0
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        runner.submit(int)


def test_shutdown_cancels_what_is_on_hold() -> None:
    """Nobody could resume it later; also when it was held after the shutdown began, or waits for its group."""
    runner = TaskRunner(1)
    runner.limit_group("g", 1)
    with Gate() as gate:
        runner.start(stubborn, gate, group="g")
        gate.await_arrival()
        held = runner.start(obedient, paused=True)
        late = runner.submit(int)
        waiting = runner.start(lambda _: None, group="g")
        runner.shutdown(wait=False)
        assert held.cancelled()
        assert late.pause()
        assert waiting.pause()
    assert runner.shutdown()
    assert late.cancelled()
    assert waiting.cancelled()


def test_cancel_futures_leaves_running_tasks_alone() -> None:
    """Only what waits is cancelled, whatever begins in that very moment."""
    with TaskRunner(1) as runner, Gate() as gate:
        running, waiting = runner.start(stubborn, gate), runner.submit(int)
        gate.await_arrival()
        runner.shutdown(wait=False, cancel_futures=True)
        assert not running.stop_requested
        assert waiting.cancelled()

    for _ in range(30):
        asked = list[bool]()

        def look(ctx: TaskContext, asked: list[bool] = asked) -> None:
            asked.append(ctx.stop_requested)

        runner = TaskRunner(4)
        tasks = [runner.start(look) for _ in range(50)]
        runner.shutdown(cancel_futures=True)
        assert all(task.state in (S.SUCCEEDED, S.CANCELLED) for task in tasks)
        assert True not in asked
        assert len(asked) == sum(task.state is S.SUCCEEDED for task in tasks)


def test_shutdown_with_a_timeout_tells_whether_all_have_left() -> None:
    """One stuck worker makes it False, after the timeout; tasks() names the task."""
    runner = TaskRunner(2)
    with Gate() as gate:
        stuck = runner.start(stubborn, gate)
        gate.await_arrival()
        assert not runner.shutdown(timeout=0.01)
        assert runner.tasks() == [stuck]
    assert runner.shutdown(timeout=PATIENCE)


def test_a_task_that_waits_for_the_end_of_its_own_runner_is_told() -> None:
    """RuntimeError instead of a deadlock."""
    with TaskRunner(1) as runner:
        task = runner.submit(runner.shutdown)
        with pytest.raises(RuntimeError, match="its own runner"):
            task.result(PATIENCE)


def test_a_forgotten_runner_finishes_its_work_and_ends_its_threads() -> None:
    """Nobody has to call shutdown."""
    runner = TaskRunner(2)
    with Gate() as gate:
        task = runner.start(stubborn, gate)
        gate.await_arrival()
        pool = runner._engine.pool
        gone = weakref.ref(runner)
        del runner
        gc.collect()
        assert gone() is None
    assert task.result(PATIENCE) == "done"
    wait_until(lambda: not pool.threads, "the end of the threads")


# -- threads that cannot be had ----------------------------------------------------------------------------------------


def refuse(*_: object, **__: object) -> None:
    """What a system does that has no more threads."""
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("where", ["_thread.start_new_thread", "threading.Thread.start"])
def test_a_thread_that_cannot_be_had_makes_a_failed_task(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Nothing is raised to whoever started it; its callbacks are called outside all locks; the next task runs."""
    runner, sink = TaskRunner(2), RecordingSink()
    runner.attach(sink)
    with monkeypatch.context() as patch:
        if where.startswith("_thread"):
            patch.setattr("_thread.start_new_thread", refuse)
        else:
            patch.setattr(threading.Thread, "start", refuse)
        tasks = [runner.submit(int) for _ in range(3)]
        others = list[object]()
        tasks[-1].add_done_callback(lambda _: others.append(runner.statistics()))
        for task in tasks:
            assert str(task.exception(PATIENCE)) == "can't start new thread"
            assert sink.states(task.id) == [S.FAILED]
        assert runner.wait_idle(PATIENCE)
    assert runner.submit(int).result(PATIENCE) == 0
    assert runner.shutdown()


def test_without_a_further_thread_the_jobs_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as one worker lives that will get to them."""
    with TaskRunner(2) as runner, Gate() as gate:
        runner.start(stubborn, gate)
        gate.await_arrival()
        monkeypatch.setattr("_thread.start_new_thread", refuse)
        task = runner.submit(int)
        assert task.state is S.QUEUED
        gate.open()
        assert task.result(PATIENCE) == 0
        monkeypatch.undo()


def test_a_parent_that_waits_for_a_subtask_without_a_thread_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only worker waits for a task that would need another: that task fails instead of both waiting for ever."""
    with TaskRunner(1) as runner:

        def parent(ctx: TaskContext) -> BaseException | None:
            monkeypatch.setattr("_thread.start_new_thread", refuse)
            return ctx.subtask(lambda _: None).exception(PATIENCE)

        assert isinstance(runner.start(parent).result(PATIENCE), RuntimeError)
        monkeypatch.undo()


def test_a_failing_initializer_breaks_the_runner(expected_log: Any) -> None:
    """What waits fails, in groups and on hold as well; what comes is refused; nothing hangs."""
    expected_log("Exception in initializer")
    gate = Gate()

    def initializer() -> None:
        gate.pass_through()
        raise SystemExit("no")

    runner = TaskRunner(1, initializer=initializer)
    runner.limit_group("g", 1)
    tasks = [runner.submit(int), runner.start(obedient, paused=True), runner.start(obedient, group="g")]
    gate.await_arrival()
    gate.open()
    for task in tasks:
        assert isinstance(task.exception(PATIENCE), concurrent.futures.BrokenExecutor)
        assert task.state is S.FAILED
    with pytest.raises(concurrent.futures.BrokenExecutor):
        runner.submit(int)
    assert runner.wait_idle(PATIENCE)
    assert runner.shutdown()


def test_an_initializer_runs_first_in_every_thread() -> None:
    """With its arguments."""
    local = threading.local()
    with TaskRunner(2, initializer=lambda value: setattr(local, "value", value), initargs=(7,)) as runner:
        assert runner.submit(lambda: local.value).result(PATIENCE) == 7
    with pytest.raises(TypeError):
        TaskRunner(1, initializer=7)  # type: ignore[arg-type]


def test_what_escapes_a_job_does_not_cost_a_worker(expected_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a bug of ours leaves the pool as many threads as before."""
    expected_log("should not have escaped")
    with TaskRunner(1) as runner:
        with monkeypatch.context() as patch:
            patch.setattr("taskmon.core.run.engine.run_task", refuse)
            task = runner.submit(int)
            wait_until(lambda: not runner._engine.pool._ready and runner._engine.pool._idle)
        assert runner.submit(int).result(PATIENCE) == 0
        assert task.state is TaskState.FAILED


# -- other processes ---------------------------------------------------------------------------------------------------


def run_python(code: str, timeout: float = 30) -> tuple[int, str]:
    """Run `code` in an interpreter without Qt; return its status and all that it wrote."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", BLOCK_QT + "MAIN = threading.main_thread()\n" + code],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    return done.returncode, done.stdout.strip()


BLOCK_QT = """
import sys
sys.modules["PySide6"] = sys.modules["shiboken6"] = None
import os, threading, time
from taskmon.core.run.runner import TaskRunner
"""


@starts_threads_until_the_end
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "r = TaskRunner(1)\nfor n in range(3): r.submit(lambda n=n: (MAIN.join(), print(n)))",
            "0\n1\n2",
        ),
        ("TaskRunner(2).submit(lambda: (MAIN.join(), print('forgotten')))", "forgotten"),
        (
            "r = TaskRunner(2); r.submit(lambda: (MAIN.join(), print('late'))); r.shutdown(wait=False)",
            "late",
        ),
        (
            "r = TaskRunner(1)\n"
            "def parent(ctx): MAIN.join(); ctx.subtask(lambda c: print('child')).result(); print('parent')\n"
            "r.start(parent)",
            "child\nparent",
        ),
        ("r = TaskRunner(1); r.start(lambda c: print('no'), paused=True); print('held')", "held"),
        (
            "r = TaskRunner(1); t = r.start(lambda c: c.sleep(60))\n"
            "while not t.running(): pass\n"
            "t.pause()\nwhile t.state.value != 'paused': pass\nprint('paused')",
            "paused",
        ),
        (
            "r = TaskRunner(1); e = threading.Event(); t = r.submit(e.wait)\n"
            "while not t.running(): pass\n"
            "r.cancel_all(); "
            "print(r.shutdown(timeout=0.05))",
            "False",
        ),
        ("r = TaskRunner(1); t = r.start(lambda c: c.sleep(60), timeout=0.05); print('deadline')", "deadline"),
        ("r = TaskRunner(1); r.submit(lambda: 1/0); print('failed')", "failed"),
        (
            "r = TaskRunner(1)\ndef stuck():\n    while True: pass\n"
            "r.submit(stuck); r.shutdown(timeout=0.01); print('busy')",
            "busy",
        ),
        ("from taskmon.core.stop import StopSource; s = StopSource(timeout=3600); print('timer')", "timer"),
    ],
)
def test_the_interpreter_exits_as_promised(code: str, expected: str) -> None:
    """Submitted work is finished; what is on hold, paused or stuck after a shutdown does not hold it; no noise."""
    assert run_python(code) == (0, expected)


@starts_threads_until_the_end
def test_exit_code_and_output_are_clean_with_workers_that_report() -> None:
    """A hundred tasks at work when the main thread ends."""
    code = (
        "r = TaskRunner(8)\nout = []\nr.events.subscribe(out.append)\n"
        "def work(ctx):\n    for n in ctx.track(range(2000)): ctx.log(n)\n"
        "for _ in range(100): r.start(work)\n"
    )
    assert run_python(code) == (0, "")


def test_ctrl_c_while_waiting_for_a_result_leaves_everything_usable() -> None:
    """The lock is free, the task goes on and can be cancelled."""
    code = """
import signal
r = TaskRunner(2)
t = r.start(lambda ctx: ctx.sleep(60))
while not t.running(): pass
main = threading.get_ident()
for wait in (t.result, r.wait_idle, r.shutdown, t.stop.wait):
    try:
        threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT)).start()
        wait()
    except KeyboardInterrupt:
        print("interrupted", t.state.value)
t.cancel()
print(r.shutdown(timeout=10), t.cancelled())
"""
    assert run_python(code) == (0, "interrupted running\n" * 4 + "True True")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_job_that_forks_says_nothing_in_the_child() -> None:
    """Whose pool has no workers: the thread that has come along is none."""
    program = """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks
from taskmon import TaskRunner

def fork(ctx, fails):
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    elif fails:
        raise ValueError("the child")
    return pid > 0

with TaskRunner() as runner:
    print(runner.start(fork, False).result(), runner.start(fork, True).result())
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr) == ("True True\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_can_use_the_runner() -> None:
    """Its parent's tasks, threads, listeners and locks are not its own; it exits cleanly."""
    code = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks
r = TaskRunner(2)
heard = []
r.attach(heard.append)
gate = threading.Event()
stuck = [r.submit(gate.wait) for _ in range(5)]
def hold():
    with r._engine.pool.lock:
        held.set()
        gate.wait()
holder = threading.Thread(target=hold)
held = threading.Event()
holder.start()
held.wait()
pid = os.fork()
if not pid:
    count = len(heard)
    assert r.submit(int).result(10) == 0
    assert r.tasks() == [] and len(heard) == count
    with TaskRunner(1) as other:
        assert other.submit(int).result(10) == 0
    print("child", flush=True)
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
gate.set()
holder.join()
print(all(t.result(10) for t in stuck), r.submit(int).result(10))
"""
    assert run_python(code) == (0, "child\nTrue 0")


def test_the_core_needs_no_qt() -> None:
    """Every module of it is imported, and tasks run, where PySide6 cannot be imported."""
    modules = sorted(path.stem for path in (ROOT / "taskmon" / "core").glob("*.py") if path.stem != "__init__")
    code = f"import importlib\nfor name in {modules}: importlib.import_module('taskmon.core.' + name)\n"
    assert run_python(code + "print(TaskRunner(1).submit(int).result())") == (0, "0")


def test_a_shutdown_that_waits_for_a_paused_task_says_so(expected_log: ExpectedLog) -> None:
    """Somebody else may resume it, from a window or another thread; nobody is left to wonder."""
    expected_log("shutdown() waits for what is paused until it is resumed or cancelled: “Copy”")
    runner = TaskRunner()
    task = runner.start(lambda ctx: ctx.sleep(60), name="Copy")
    wait_until(lambda: task.state is TaskState.RUNNING)
    assert task.pause()
    wait_until(lambda: task.state is TaskState.PAUSED)
    waiting = threading.Thread(target=runner.shutdown)
    waiting.start()
    wait_until(lambda: expected_log.records)
    assert task.cancel()
    waiting.join()
    assert task.state is TaskState.CANCELLED
