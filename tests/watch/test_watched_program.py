"""A watched program and a window's server: what runs there is shown here, and what is asked for here happens there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.link.window.remote_task import RemoteTask
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.test_faithful import environment, watched

__all__ = ["meeting_place", "office"]  # fixtures


@contextmanager
def running(folder: Path, text: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A program under `taskmon run`, ended with the block if it has not ended itself, and what it has started, too."""
    (folder / "program.py").write_text(text)
    process = subprocess.Popen(
        watched(("program.py",), *options),
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # a child left behind would hold the pipe, and the test with it
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


#: Opens all the files that it may have but one, which it needs to load a module; for longer than until it is shown.
#: Whatever another thread opens meanwhile is told, whether or not it met with that one.
AT_ITS_LIMIT = """
import _thread, importlib, os, sys, time
main = _thread.get_ident()
def heard(event, details):
    if event == "open" and _thread.get_ident() != main:
        print("another thread opens", details[0])
unused = [os.open(os.devnull, os.O_RDONLY)]
while unused[-1] < os.sysconf("SC_OPEN_MAX") - 2:
    unused.append(os.open(os.devnull, os.O_RDONLY))
sys.addaudithook(heard)
end = time.monotonic() + 1.5
while time.monotonic() < end:
    sys.modules.pop("colorsys", None)
    importlib.import_module("colorsys")
print("as alone")
"""


@pytest.mark.parametrize("limit", [8, 16, 48])
def test_a_program_that_needs_all_its_descriptors_has_them(office: Office, tmp_path: Path, limit: int) -> None:
    (tmp_path / "program.py").write_text(AT_ITS_LIMIT)
    limited = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))\n"
    done = subprocess.run(
        [sys.executable, "-c", limited + "os.execv(sys.argv[1], sys.argv[1:])", *watched(("program.py",))],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "as alone\n", "")
    program = office.task("program.py", S.SUCCEEDED)  # as `taskmon run` has announced it
    assert office.task_list.tasks() == [program]


WORKERS = """
import threading
stop = threading.Event()
def work():
    rounds = 0
    while not stop.is_set():
        rounds += 1
        stop.wait(0.02)
    print("worked", rounds > 0)
class Server(threading.Thread):
    def __init__(self):
        super().__init__(name="server")
        self.running = True
    def run(self):
        pause = threading.Event()
        while self.running:
            pause.wait(0.02)
threads = [threading.Thread(target=work, name="worker"), Server()]
for thread in threads: thread.start()
print("started", flush=True)
for thread in threads: thread.join()
raise SystemExit(5)
"""


KEPT = """
import sys, threading
stop = threading.Event()
threads = [threading.Thread(target=stop.wait, name=f"poll-{number}") for number in range(2)]
threads.append(threading.Thread(target=stop.wait, name="nobody waits for it", daemon=True))
for thread in threads: thread.start()
"""
#: At its end, concurrent.futures waits for calls before Python waits for threads.
POOL = """
from concurrent.futures import ThreadPoolExecutor
ThreadPoolExecutor(1, "pool").submit(stop.wait)
"""


@pytest.mark.parametrize(
    ("more", "names", "is_cancelled"), [(POOL, "poll-0, poll-1, pool_0", False), ("", "poll-0, poll-1", True)]
)
def test_a_program_that_its_threads_keep_says_which(
    office: Office, tmp_path: Path, more: str, names: str, *, is_cancelled: bool
) -> None:
    """By itself, or by what Ctrl-C does: then it has done what it was asked for, as far as its main thread goes."""
    with running(tmp_path, f"{KEPT}{more}sys.stdin.readline()\n") as process:
        program = office.task("program.py", S.RUNNING)
        office.task("poll-1", S.RUNNING)
        assert program.snapshot().shield == ""
        if is_cancelled:
            wait_until(lambda: program.snapshot().stop_means is not None)
            assert program.cancel("a test")
        else:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

        wait_until(lambda: program.snapshot().is_kept)

        picture = program.snapshot()
        assert picture.shield == f"its main thread has ended; it waits for {names}"
        assert picture.state is (S.STOPPING if is_cancelled else S.RUNNING)
        later = picture._replace(taken_at=picture.taken_at + 60)
        assert later.overdue is is_cancelled
        assert not later.not_responding


def test_threads_are_cancelled_from_the_window_and_the_program_goes_its_way(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, WORKERS) as process:
        worker, server = office.task("worker", S.RUNNING), office.task("server", S.RUNNING)
        program = office.task("program.py", S.RUNNING)
        picture = worker.snapshot()
        assert picture.origin is not None
        assert (picture.origin.pid, picture.origin.kind, picture.parent_id) == (process.pid, "thread", program.id)
        assert program.snapshot().elapsed >= picture.elapsed, "it began before its threads, whoever came to look then"
        assert picture.stop_means is not None
        assert picture.stop_means.means == "sets stop"
        assert worker.cancel("no need")
        wait_until(lambda: worker.snapshot().state is S.CANCELLED)
        assert server.snapshot().state is S.RUNNING
        assert server.cancel()
        wait_until(lambda: server.snapshot().state is S.CANCELLED)
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.wait(PATIENCE) == 5
        assert process.stdout.read() == "started\nworked True\n"
        wait_until(lambda: program.snapshot().state is S.FAILED)
        assert program.snapshot().error == "Ended with status 5"


def test_a_cancel_of_the_program_asks_all_that_can_be_stopped(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, WORKERS) as process:
        office.task("worker", S.RUNNING)
        office.task("server", S.RUNNING)
        program = office.task("program.py", S.RUNNING)
        wait_until(lambda: not program.snapshot().why_not_cancellable)
        assert program.cancel()
        assert process.wait(PATIENCE) == 5
        wait_until(lambda: program.snapshot().state is S.CANCELLED)


def test_what_it_prints_is_the_programs_log(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, "print('one'); print('two', flush=True); input(); print('three')") as process:
        program = office.task("program.py", S.RUNNING)
        wait_until(lambda: program.log_lines()[1] == ["one", "two"])
        assert process.communicate("\n")[0] == "one\ntwo\nthree\n"
        wait_until(lambda: program.log_lines()[1] == ["one", "two", "three"])


def test_an_uncaught_exception_is_the_programs_failure(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, "input(); 1 / 0") as process:
        program = office.task("program.py", S.RUNNING)
        process.communicate("\n")
        wait_until(lambda: program.snapshot().state is S.FAILED)
        assert program.snapshot().error == "ZeroDivisionError: division by zero"
        assert process.returncode == 1


POOL = """
import time
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as pool:
    calls = [pool.submit(time.sleep, 0.05) for _ in range(10_000)]
    print("submitted", flush=True)
    for call in calls:
        call.result()
"""


def test_a_program_that_leaves_through_its_cancelled_calls_was_cancelled(office: Office, tmp_path: Path) -> None:
    """It ends by an exception, but by that of the cancel: nothing has failed."""
    with running(tmp_path, POOL) as process:
        program = office.task("program.py", S.RUNNING)
        pools: list[RemoteTask] = []

        def there_is_a_pool() -> bool:
            pools[:] = [task for task in office.source.tasks() if task.snapshot().progress.unit == "calls"]
            return bool(pools) and not pools[0].snapshot().why_not_cancellable

        assert process.stdout is not None
        assert process.stdout.readline() == "submitted\n"  # what is submitted after the cancel is executed
        wait_until(there_is_a_pool)
        assert pools[0].cancel()
        assert process.wait(PATIENCE) == 1
        wait_until(lambda: program.snapshot().state.is_final)
        assert program.snapshot().state is S.CANCELLED
        assert program.snapshot().consequence == "It left through a CancelledError."


def test_where_nothing_has_a_flag_a_cancel_is_what_ctrl_c_does(office: Office, tmp_path: Path) -> None:
    """Said before the click, and done as a terminal does it."""
    text = "try:\n    input()\nexcept KeyboardInterrupt:\n    print('interrupted')"
    with running(tmp_path, text) as process:
        program = office.task("program.py", S.RUNNING)
        wait_until(lambda: program.snapshot().stop_means is not None)
        means = program.snapshot().stop_means
        assert means is not None
        assert means.means == "interrupts it, as Ctrl-C does: raises KeyboardInterrupt in its main thread"
        assert process.poll() is None
        assert program.cancel()
        assert process.stdout is not None
        assert process.stdout.read() == "interrupted\n"
        assert process.wait(PATIENCE) == 0
        wait_until(lambda: program.snapshot().state is S.CANCELLED)


def test_a_program_that_takes_no_notice_is_ended_from_here(office: Office, tmp_path: Path) -> None:
    """Also one whose interpreter is held up, so that nothing of ours runs in it: it stands still, as after Ctrl-Z."""
    with running(tmp_path, "input()") as process:
        program = office.task("program.py", S.RUNNING)
        wait_until(lambda: program.snapshot().stop_means is not None)
        process.send_signal(signal.SIGSTOP)
        assert program.cancel()
        means = program.snapshot().stop_means
        assert means is not None
        assert program.use_offer(means.signals.index("SIGKILL"))
        assert process.wait(PATIENCE) == -signal.SIGKILL
        wait_until(lambda: program.snapshot().state is S.CANCELLED)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_lives_its_own_life(office: Office, tmp_path: Path) -> None:
    """It holds nothing of the connection: when the program is killed, the window knows, though the child lives on."""
    text = "import os, sys\nr, w = os.pipe()\nif os.fork() == 0:\n    os.close(w); os.read(r, 1); os._exit(0)\ninput()"
    with running(tmp_path, text) as process:
        program = office.task("program.py", S.RUNNING)
        process.send_signal(signal.SIGKILL)
        wait_until(lambda: program.snapshot().state is S.FAILED)
        assert program.snapshot().error == "Ended by SIGKILL"


def test_where_its_thread_is(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, WORKERS) as process:
        worker = office.task("worker", S.RUNNING)
        wait_until(lambda: worker.stack() is not None)
        sample = worker.stack()
        assert sample is not None
        assert [frame.function for frame in sample.frames if frame.own] == ["work"]
        assert process.poll() is None


def test_threads_of_libraries_are_listed_when_asked_for(office: Office, tmp_path: Path) -> None:
    text = (
        "import logging.handlers, queue\nl = logging.handlers.QueueListener(queue.Queue())\n"
        "l.start(); input(); l.stop()"
    )
    with running(tmp_path, text, "--library-threads"):
        listener = office.task("Thread-1 (_monitor)", S.RUNNING)
        assert "library" in listener.snapshot().why_not_cancellable
        assert not listener.cancel()


RAISES = """
import sys, threading
def is_programs():
    return threading.get_ident() in threading._active
def told(code, *_):
    if not is_programs() and code.co_filename.startswith("<taskmon"): raise SystemExit("told")
def trace(frame, *_):
    told(frame.f_code)
if {way!r} == "sys.monitoring":
    wanted = [getattr(sys.monitoring.events, event) for event in ("PY_START", "PY_RETURN", "LINE")]
    sys.monitoring.use_tool_id(0, "a profiler")
    for event in wanted: sys.monitoring.register_callback(0, event, told)
    sys.monitoring.set_events(0, sum(wanted))
else:
    {way}(trace)
stop = threading.Event()
thread = threading.Thread(target=stop.wait, name="poll")
thread.start()
sys.stdin.readline()
stop.set()
thread.join()
if {way!r} != "sys.monitoring": {way}(None)
print("at its end")
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="nothing reaches the threads of others before Python 3.12")
@pytest.mark.parametrize(
    "way", ["sys.monitoring", "threading.settrace_all_threads", "threading.setprofile_all_threads"]
)
def test_what_a_program_raises_wherever_it_is_told_of_code_does_not_end_its_watch(
    office: Office, tmp_path: Path, way: str
) -> None:
    text = f"import sys; sys.stdin.readline()\n{RAISES.format(way=way)}"
    with running(tmp_path, text) as process:
        office.task("program.py", S.RUNNING)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        poll = office.task("poll", S.RUNNING)
        process.stdin.write("\n")
        process.stdin.flush()
        wait_until(lambda: poll.snapshot().state is S.SUCCEEDED)
        assert process.stdout is not None
        assert process.stdout.read() == "at its end\n"
