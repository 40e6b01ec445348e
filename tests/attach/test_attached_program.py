"""A program that runs, attached to from another process: its tasks are shown, can be cancelled, and it is let go."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from taskmon.attach.attach import Wish, attach
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import Outcome
from taskmon.core.task.state import TaskState as S
from tests.attach.targets import PYTHON, needs_314, plain_environment, running
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.test_programs import ROOT, WITH_FLAG, header

__all__ = ["meeting_place", "office"]  # fixtures
pytestmark = needs_314


THREADS = """
import threading
stop = threading.Event()
def work():
    while not stop.wait(0.02):
        pass
    print("stopped by its event", flush=True)
class Server(threading.Thread):
    def __init__(self):
        super().__init__(name="server")
        self.running = True
    def run(self):
        pause = threading.Event()
        while self.running:
            pause.wait(0.02)
        print("stopped by its attribute", flush=True)
threads = [threading.Thread(target=work, name="worker"), Server()]
for thread in threads: thread.start()
print("ready", flush=True)
for thread in threads: thread.join()
raise SystemExit(5)
"""


def test_threads_that_ran_before_are_cancelled_by_their_own_flags(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, THREADS) as process:
        assert attach(process.pid, Wish()) is Outcome.ATTACHED
        worker, server = office.task("worker", S.RUNNING), office.task("server", S.RUNNING)
        program = office.task("program.py", S.RUNNING)
        picture = worker.snapshot()
        assert picture.origin is not None
        assert (picture.origin.pid, picture.origin.kind, picture.parent_id) == (process.pid, "thread", program.id)
        wait_until(lambda: (means := worker.snapshot().stop_means) is not None and means.means == "sets stop")
        assert worker.cancel("no need")
        wait_until(lambda: worker.snapshot().state is S.CANCELLED)
        assert server.snapshot().state is S.RUNNING
        assert server.cancel()
        wait_until(lambda: server.snapshot().state is S.CANCELLED)
        assert process.wait(PATIENCE) == 5
        assert process.communicate() == ("stopped by its event\nstopped by its attribute\n", "")
        wait_until(lambda: program.snapshot().state.is_final)


def test_the_same_rows_as_if_it_had_been_run_by_taskmon(office: Office, tmp_path: Path) -> None:
    """What cannot be known, who started a thread, makes no user's thread a library's, and no library's the user's."""
    (tmp_path / "other").mkdir()
    with (
        running(tmp_path, ALL_KINDS, "-m", "taskmon", "run", "--no-window", **ours()) as run,
        running(tmp_path / "other", ALL_KINDS) as asked,
    ):
        attach(asked.pid, Wish())
        wait_until(lambda: rows(office, run.pid) >= ROWS, f"{ROWS} in one that was run")
        wait_until(lambda: rows(office, asked.pid) >= ROWS, f"{ROWS} in one that was attached to")
        wait_until(lambda: rows(office, asked.pid) == rows(office, run.pid), "what Cancel of the program does")


def ours() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "TASKMON_RUNTIME_DIR": os.environ["TASKMON_RUNTIME_DIR"]}


def rows(office: Office, pid: int) -> set[tuple[str, str, str]]:
    """What is shown of a program: the kind of each row, its name, and what Cancel does."""
    return {
        (origin.kind, task.name, (picture.stop_means.means if picture.stop_means is not None else ""))
        for task in office.source.tasks()
        if (picture := task.snapshot()).origin is not None and not picture.state.is_final
        if (origin := picture.origin).pid == pid
    }


ALL_KINDS = """
import asyncio, concurrent.futures, http.server, multiprocessing.pool, socketserver, threading, time
stop = threading.Event()
def polling():
    while not stop.wait(0.05): pass
def nap(): time.sleep(600)
class Walker(threading.Thread):
    def __init__(self):
        super().__init__(name="walker", daemon=True)
        self.running = True
    def run(self):
        while self.running: time.sleep(0.05)
async def ticking():
    while True: await asyncio.sleep(0.05)
async def main():
    asyncio.get_running_loop().run_in_executor(None, nap)
    await asyncio.gather(ticking(), ticking())
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
threads = [
    threading.Thread(target=polling, name="poller", daemon=True), Walker(),
    threading.Thread(target=server.serve_forever, name="web", daemon=True),
    threading.Thread(target=lambda: asyncio.run(main()), name="loop", daemon=True),
]
later = threading.Timer(600, nap)
later.daemon = True
for thread in [*threads, later]: thread.start()
pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="crunch")
for _ in range(3): pool.submit(polling)
other = multiprocessing.pool.ThreadPool(1)
other.apply_async(polling)
print("ready", flush=True)
while True: time.sleep(0.05)
"""
_AWAIT = "raises CancelledError at its next await"
ROWS = {
    ("thread", "poller", "sets stop"),
    ("thread", "walker", "sets self.running to False"),
    ("thread", "web", "calls shutdown() of the server"),
    ("thread", "loop", ""),
    ("coroutine", "main", _AWAIT),
    ("coroutine", "ticking", _AWAIT),
    ("pool", "asyncio", ""),
    ("future", "nap", ""),
    ("timer", "Thread-1 (nap)", "cancels the timer"),
    (
        "pool",
        "crunch",
        "takes the waiting calls out of the queue and stops those that run, where that is possible",
    ),
    ("future", "polling", "sets stop"),
    ("future", "polling", "takes it out of the queue"),
}


#: Under `taskmon run` as well, a row knows the function that runs, and not the context that it runs in.
PATHS = [path for path in WITH_FLAG if path.stem != "context_variable"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_program_with_a_stop_flag_ends_by_it(office: Office, path: Path, tmp_path: Path) -> None:
    """As those that are run by taskmon do: each of the threads that the first lines of the program name."""
    expected = dict(line.split(": ", 1) for line in header(path))
    process = subprocess.Popen(
        [PYTHON, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=plain_environment(),
    )
    try:
        wait_until(lambda: attached(process.pid), "the end of its start")

        def found() -> dict[str, Any]:
            return {
                label: task
                for label in expected
                for task in office.source.tasks()
                if label in task.name or label == "RepeatTimer"  # whose row bears the name of its function
                if (means := task.snapshot().stop_means) is not None
                if means.means.startswith(expected[label]) or expected[label] == "nothing"
            }

        wait_until(lambda: found().keys() == expected.keys(), f"{expected}")
        for label, task in found().items():
            if expected[label] != "nothing":
                assert task.cancel()
                for other in office.source.tasks():  # of the same kind, with a flag of its own
                    if label in other.name:
                        other.cancel()
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")
        assert out.strip(), "it says what it did"
    finally:
        process.kill()
        process.communicate()


def attached(pid: int) -> bool:
    """Attach as soon as its Python has started."""
    try:
        attach(pid, Wish(wake=True))
    except Refused as refused:
        if refused.refusal is Refusal.NO_PYTHON_CODE:
            pytest.skip("all of its threads wait for locks, of which nothing wakes Python")
        if refused.refusal not in (Refusal.BETWEEN, Refusal.DISABLED, Refusal.NOT_PYTHON):
            raise
        return False
    return True
