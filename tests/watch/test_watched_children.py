"""Python processes that a watched program starts are watched as well, beneath it; and notice nothing of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.link.window.remote_task import RemoteTask
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.test_watched_program import running

__all__ = ["meeting_place", "office"]  # fixtures

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells who has started whom")

#: Works in a thread until its gate, a file, is there; then tells what it was given.
CHILD = """
import json, os, sys, threading
def work(gate):
    pause = threading.Event()
    while not os.path.exists(gate):
        pause.wait(0.01)
def main(gate):
    thread = threading.Thread(target=work, args=(gate,), name="inner")
    thread.start()
    thread.join()
    ours = ("_TASKMON_OPTIONS", "_TASKMON_PYTHONPATH", "PYTHONPATH")
    told = {name: value for name, value in os.environ.items() if name in ours}
    print(json.dumps([told, sys.path[1:], sys.argv[1:]]), flush=True)
if __name__ == "__main__":
    main(sys.argv[1])
"""
BY_SUBPROCESS = "import subprocess, sys\nsubprocess.check_call(HOW)\n"
BY_POOL = """
import multiprocessing, child
if __name__ == "__main__":
    context = multiprocessing.get_context("HOW")
    process = context.Process(target=child.main, args=("gate",), name="Loader-1")
    process.start()
    process.join()
    print(process.exitcode)
"""
BY_FORK = """
import os, child
def serve(gate):
    child.main(gate)
pid = os.fork()
if pid:
    os.waitpid(pid, 0)
else:
    serve("gate")
    os._exit(0)
"""
BY_POSIX = "import os, sys, subprocess\nos.waitpid(os.posix_spawn(sys.executable, HOW, os.environ), 0)\n"
BY_ASYNCIO = """
import asyncio, sys
async def main():
    process = await asyncio.create_subprocess_exec(*HOW)
    await process.wait()
asyncio.run(main())
"""
SCRIPT = "[sys.executable, 'child.py', 'gate']"


def row_of(office: Office, name: str, state: S | None = None) -> RemoteTask:
    """The row whose name begins so."""
    found: list[RemoteTask] = []

    def there() -> bool:
        tasks = [task for task in office.task_list.tasks() if isinstance(task, RemoteTask)]
        found[:] = [t for t in tasks if t.name.startswith(name) and (state is None or t.snapshot().state is state)]
        return bool(found)

    wait_until(there, name)
    return found[-1]


@pytest.mark.parametrize(
    ("text", "how", "name"),
    [
        (BY_SUBPROCESS, SCRIPT, "child.py"),
        (BY_SUBPROCESS, "['env', 'A=1', *" + SCRIPT + "]", "child.py"),
        (BY_SUBPROCESS, "['sh', '-c', ' '.join(" + SCRIPT + ")]", "child.py"),
        (BY_ASYNCIO, SCRIPT, "child.py"),
        (BY_POSIX, SCRIPT, "child.py"),
        (BY_POOL, "spawn", "Loader-1"),
        (BY_POOL, "fork", "Loader-1"),
        (BY_POOL, "forkserver", "Loader-1"),
    ],
)
def test_what_happens_in_them_is_shown_beneath_the_program(
    office: Office, tmp_path: Path, text: str, how: str, name: str
) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    with running(tmp_path, text.replace("HOW", how)) as process:
        program = office.task("program.py", S.RUNNING)
        child = row_of(office, name, S.RUNNING)
        inner = office.task("inner", S.RUNNING)
        assert inner.snapshot().parent_id == child.id
        assert child.snapshot().parent_id == program.id
        origin = child.snapshot().origin
        assert origin is not None
        assert origin.pid not in (process.pid, os.getpid())
        if name == "Loader-1":
            work = row_of(office, "main('gate')", S.RUNNING)
            assert work.snapshot().parent_id == child.id
            why_not = "it is a part of the program, which may rely on it"
            wait_until(lambda: child.snapshot().why_not_cancellable == why_not, why_not)
        (tmp_path / "gate").touch()
        assert process.stdout is not None
        environment, path, words = json.loads(process.stdout.readline())
        assert environment == {}
        assert not any("taskmon" in folder for folder in path if folder.endswith("entry"))
        assert words == (["gate"] if text is not BY_POOL else [])
        assert process.wait(PATIENCE) == 0
        wait_until(lambda: child.snapshot().state.is_final and inner.snapshot().state.is_final)
        assert child.snapshot().state is S.SUCCEEDED


ENDS = """
import os, signal, sys, threading
def reach(gate):
    pause = threading.Event()
    while not os.path.exists(gate):
        pause.wait(0.01)
def returns(gate):
    reach(gate)
def raises(gate):
    reach(gate)
    raise ValueError(gate)
def leaves(gate):
    reach(gate)
    sys.exit(3)
def dies(gate):
    reach(gate)
    os.kill(os.getpid(), signal.SIGKILL)
"""
BY_OWN_FORK = """
import os, child
def serve(gate):
    child.WHAT(gate)
    os._exit(0)
if os.fork() == 0:
    try:
        serve("gate")
    except ValueError:
        os._exit(1)
    except SystemExit as error:
        os._exit(error.code)
os.wait()
"""


@pytest.mark.parametrize(
    ("how", "what", "ending"),
    [
        ("fork", "returns", (S.SUCCEEDED, "")),
        ("fork", "raises", (S.FAILED, "Ended with status 1")),
        ("fork", "dies", (S.FAILED, "Ended by SIGKILL")),
        ("spawn", "returns", (S.SUCCEEDED, "")),
        ("spawn", "leaves", (S.FAILED, "Ended with status 3")),
        ("forkserver", "returns", (S.SUCCEEDED, "")),
        ("own fork", "returns", (S.SUCCEEDED, "")),
        ("own fork", "leaves", (S.FAILED, "Ended with status 3")),
    ],
)
def test_the_work_of_a_process_comes_to_what_the_process_comes_to(
    office: Office, tmp_path: Path, how: str, what: str, ending: tuple[S, str]
) -> None:
    (tmp_path / "child.py").write_text(ENDS)
    text = BY_OWN_FORK.replace("WHAT", what) if how == "own fork" else BY_POOL.replace("HOW", how)
    with running(tmp_path, text.replace("main,", f"{what},")) as process:
        work = row_of(office, "serve('gate')" if how == "own fork" else f"{what}('gate')", S.RUNNING)
        (tmp_path / "gate").touch()
        process.communicate(timeout=PATIENCE)
        wait_until(lambda: work.snapshot().state.is_final, "the end of its row")
        assert (work.snapshot().state, work.snapshot().error) == ending


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_what_the_ctrl_c_of_its_program_has_reached_is_cancelled(office: Office, tmp_path: Path, how: str) -> None:
    """Multiprocessing deals with the KeyboardInterrupt, so that its status alone looks like that of a failure."""
    (tmp_path / "child.py").write_text("import signal\ndef main(gate):\n    signal.pause()\n")
    with running(tmp_path, BY_POOL.replace("HOW", how)) as process:
        program, child = office.task("program.py", S.RUNNING), row_of(office, "Loader-1", S.RUNNING)
        row_of(office, "main('gate')", S.RUNNING)
        said = "; asks the process that it has started as well"
        wait_until(lambda: said in getattr(program.snapshot().stop_means, "means", ""), said)
        assert program.cancel()
        process.communicate(timeout=PATIENCE)
        wait_until(lambda: child.snapshot().state.is_final, "the end of its row")
        shown = child.snapshot()
        assert (shown.state, shown.consequence) == (S.CANCELLED, "Ended with status 1")
        assert shown.reason is not None
        assert shown.reason.sentence() == "its parent was cancelled: its program was sent the same signal"


def test_what_takes_no_notice_of_the_ctrl_c_of_its_program_is_done(office: Office, tmp_path: Path) -> None:
    text = """
import signal
def main(gate):
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pause()
"""
    (tmp_path / "child.py").write_text(text)
    with running(tmp_path, BY_POOL.replace("HOW", "spawn")) as process:
        program, child = office.task("program.py", S.RUNNING), row_of(office, "Loader-1", S.RUNNING)
        row_of(office, "main('gate')", S.RUNNING)
        said = "; asks the process that it has started as well"
        wait_until(lambda: said in getattr(program.snapshot().stop_means, "means", ""), said)
        assert program.cancel()
        process.communicate(timeout=PATIENCE)
        wait_until(lambda: child.snapshot().state.is_final, "the end of its row")
        assert (child.snapshot().state, child.snapshot().reason) == (S.SUCCEEDED, None)


def test_the_last_call_of_a_process_was_not_cut_off_by_its_end(office: Office, tmp_path: Path) -> None:
    """It has returned to a library, which leaves at once. How it ended may not have been seen."""
    (tmp_path / "child.py").write_text(ENDS)
    text = """
import functools, multiprocessing, child
if __name__ == "__main__":
    call = functools.singledispatch(child.returns)
    process = multiprocessing.get_context("fork").Process(target=call, args=("gate",))
    process.start()
    process.join()
"""
    with running(tmp_path, text) as process:
        work = row_of(office, "returns('gate')", S.RUNNING)
        (tmp_path / "gate").touch()
        process.communicate(timeout=PATIENCE)
        wait_until(lambda: work.snapshot().state.is_final, "the end of its row")
        end = work.snapshot()
        assert (end.state, end.error) in [(S.SUCCEEDED, ""), (S.CUT_OFF, "How it ended was not seen.")]


def test_a_worker_of_a_pool_says_what_it_is_in(office: Office, tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    text = """
import multiprocessing, child
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply_async(child.work, ("gate",)).get()
        pool.close()
        pool.join()
"""
    with running(tmp_path, text) as process:
        job = row_of(office, "work('gate')", S.RUNNING)
        worker = row_of(office, "SpawnPoolWorker-1", S.RUNNING)
        wait_until(lambda: worker.snapshot().progress.message == "work('gate')")
        pool = row_of(office, "Pool", S.RUNNING)
        assert (job.snapshot().parent_id, pool.snapshot().parent_id) == (pool.id, office.task("program.py").id)
        assert [t.name for t in office.task_list.tasks()].count("work('gate')") == 1, "not once more in the worker"
        (tmp_path / "gate").touch()
        assert process.wait(PATIENCE) == 0


def test_what_was_called_before_a_fork_is_not_the_work_of_the_child(office: Office, tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    with running(tmp_path, BY_FORK) as process:
        work = row_of(office, "serve('gate')", S.RUNNING)
        parent = next(t for t in office.task_list.tasks() if t.id == work.snapshot().parent_id)
        assert parent.snapshot().parent_id is not None, "it is the child's"
        (tmp_path / "gate").touch()
        assert process.wait(PATIENCE) == 0


def test_what_a_fork_leaves_behind_is_the_parents(office: Office, tmp_path: Path) -> None:
    """Such as the coroutine in whose loop it happened: nothing of it runs in the child."""
    (tmp_path / "child.py").write_text(CHILD)
    text = """
import asyncio, concurrent.futures, child, multiprocessing
async def fan_out():
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, child.main, "gate")
async def main():
    await asyncio.create_task(fan_out())
asyncio.run(main())
"""
    with running(tmp_path, text) as process:
        inner = office.task("inner", S.RUNNING)
        child = row_of(office, "ForkProcess-1", S.RUNNING)
        says = "main('gate')"
        wait_until(lambda: child.snapshot().progress.message == says, says)
        beneath = {task.name for task in office.task_list.tasks() if task.snapshot().parent_id == child.id}
        (tmp_path / "gate").touch()
        assert process.wait(PATIENCE) == 0
        assert beneath == {inner.name}


def test_without_children_they_are_left_alone(office: Office, tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    with running(tmp_path, BY_SUBPROCESS.replace("HOW", SCRIPT), "--no-children") as process:
        row = row_of(office, "python", S.RUNNING)
        origin = row.snapshot().origin
        assert origin is not None
        assert origin.kind == "process"
        assert not any(task.name == "inner" for task in office.task_list.tasks())
        (tmp_path / "gate").touch()
        assert process.wait(PATIENCE) == 0


def test_a_worker_that_its_program_terminates_has_not_failed(office: Office, tmp_path: Path) -> None:
    """As pools end theirs."""
    (tmp_path / "child.py").write_text(CHILD)
    text = BY_POOL.replace("HOW", "fork").replace("process.join()", "input(); process.terminate(); process.join()")
    with running(tmp_path, text) as process:
        child = row_of(office, "Loader-1", S.RUNNING)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(PATIENCE) == 0
        wait_until(lambda: child.snapshot().state is S.CUT_OFF)


def environment_seen(tmp_path: Path, start: str, *options: str) -> str:
    """What `start` shows of its environment in a watched program."""
    with running(tmp_path, f"import os, subprocess, sys\n{start}\n", *options) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait(PATIENCE) == 0
        return said


@pytest.mark.parametrize(
    "start",
    [
        "subprocess.run(['env'])",
        "subprocess.run('env', shell=True)",
        "os.system('env')",
        "subprocess.run(f'{sys.executable} -c pass; env', shell=True)",
        "subprocess.run([sys.executable, '-I', '-c', 'import os; print(os.environ)'])",
        "subprocess.run([sys.executable, '-E', '-c', 'import os; print(os.environ)'])",
        "subprocess.run([sys.executable, '-c', 'import os; print(os.environ); os.system(\"env\")'])",
    ],
)
def test_nothing_of_it_is_in_anybodys_environment(meeting_place: str, tmp_path: Path, start: str) -> None:
    said = environment_seen(tmp_path, start)
    assert "PATH" in said
    assert "_TASKMON" not in said
    assert "watch/entry" not in said


def test_a_program_that_keeps_its_children_environment_small_meets_no_more(meeting_place: str, tmp_path: Path) -> None:
    """An environment that is given is the one that is had."""
    start = "subprocess.run([sys.executable, '-c', 'import os; print(sorted(os.environ))'], env={'PYTHONPATH': '/x'})"
    said = environment_seen(tmp_path, start)
    alone = subprocess.run(
        [sys.executable, "-c", f"import subprocess, sys\n{start}"], capture_output=True, text=True, check=True
    )
    assert said == alone.stdout


def test_a_crowd_is_left_alone(office: Office, tmp_path: Path) -> None:
    """The first of them are watched; all of them do their work."""
    text = (
        "import os\npids = []\nr, w = os.pipe()\n"
        "for _ in range(40):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        os.close(w); os.read(r, 1); os._exit(0)\n"
        "    pids.append(pid)\n"
        "print('all', flush=True); input(); os.close(w)\n"
        "print(sum(os.waitpid(pid, 0)[1] for pid in pids))\n"
    )

    def watched() -> int:
        rows = [task.snapshot().origin for task in office.task_list.tasks()]
        return len({origin.pid for origin in rows if origin is not None and origin.kind == "program"}) - 1

    with running(tmp_path, text) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "all\n"
        for count in range(1, 33):
            wait_until(lambda: watched() >= count, f"number {count} of them")  # noqa: B023
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "0\n"
        assert process.wait(PATIENCE) == 0
        assert watched() == 32
