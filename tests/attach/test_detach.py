"""A program that was let go is as it was; and attaching again and again leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from taskmon.attach import MEGABYTES_KEPT
from taskmon.attach.attach import Wish, attach, detach
from taskmon.attach.programs import Standing, describe
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import Outcome
from taskmon.core.task.state import TaskState as S
from tests.attach.targets import needs_314, running
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures
pytestmark = needs_314


#: Tells, whenever it is asked, all that somebody could have changed in it.
TELLING = """
import atexit, concurrent.futures, gc, json, linecache, os, sys, threading, time, types, warnings, weakref
import asyncio, logging, multiprocessing.pool, random, socket, subprocess, queue, traceback
stop = threading.Event()
def work():
    while not stop.wait(0.02): pass
thread = threading.Thread(target=work, name="worker", daemon=True)
thread.start()
pool = concurrent.futures.ThreadPoolExecutor(1)
pool.submit(work)
errors = []
threading.excepthook = lambda args: errors.append(str(args.exc_value))
def failing():
    raise ValueError("of its own")
def facts():
    return {
        "path": sys.path, "hooks": [str(h) for h in sys.path_hooks],
        "meta": [str(f) for f in sys.meta_path],
        "filters": [str(f) for f in warnings.filters], "atexit": atexit._ncallbacks(),
        "threads": sorted(t.name for t in threading.enumerate()),
        "thread ids": len(os.listdir("/proc/self/task")),
        "descriptors": sorted(os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if n != "3"),
        "Thread": sorted(f"{n} {v!r}" for n, v in vars(threading.Thread).items()),
        "thread": sorted(n for n in vars(thread)), "hook": str(thread._invoke_excepthook),
        "executor class": sorted(f"{n} {v!r}" for n, v in vars(type(pool)).items()),
        "item class": sorted(f"{n} {v!r}" for n, v in vars(concurrent.futures.thread._WorkItem).items()),
        "future class": sorted(f"{n} {v!r}" for n, v in vars(concurrent.futures.Future).items()),
        "executor": sorted(vars(pool)), "stdout": sorted(getattr(sys.stdout.buffer.raw, "__dict__", {})),
        "environment": dict(os.environ), "main": sorted(globals()), "switch": sys.getswitchinterval(),
        "trace": str(sys.gettrace()), "profile": str(sys.getprofile()), "recursion": sys.getrecursionlimit(),
        "gc": [gc.isenabled(), gc.get_threshold()], "builtins": sorted(vars(__builtins__)),
        "taskmon": [m for m in sys.modules if "taskmon" in m],
        "frozen": gc.get_freeze_count(), "lines": sorted(linecache.cache),
    }
def made():
    names = {"stop": threading.Event(), "begun": threading.Event()}
    text = "def brief():\\n    begun.set()\\n    while not stop.wait(0.01): pass\\n"
    with open("brief.py", "w") as file: file.write(text)
    exec(compile(text, os.path.abspath("brief.py"), "exec"), names)
    thread = threading.Thread(target=names["brief"], name="brief")
    thread.start()
    names["begun"].wait()
    return thread, weakref.ref(names["brief"].__code__), names["stop"]
brief = []
def ours():
    found = [o for held in gc.get_objects() for o in gc.get_referents(held) if type(o) is types.CodeType]
    return len({id(code) for code in found if code.co_name == "_say_no"})
def told():
    while True:
        time.sleep(0.001)
        line = sys.stdin.readline()
        if line == "facts\\n":
            print(json.dumps(facts()), flush=True)
        elif line == "fail\\n":
            failed = threading.Thread(target=failing); failed.start(); failed.join()
            print(json.dumps(errors), flush=True)
        elif line == "begin\\n":
            brief[:] = made()
            print("true", flush=True)
        elif line == "end\\n" and brief:
            brief[2].set()
            brief[0].join()
            code = brief[1]
            brief.clear()
            gc.collect()
            print(json.dumps(code() is None), flush=True)
        elif line == "count\\n":
            gc.collect()
            print(ours(), flush=True)
        else:
            stop.set()
            return
for _ in range(2): facts()
print("ready", flush=True)
# In a thread of its own, so that another one runs Python code meanwhile.
asker = threading.Thread(target=told); asker.start()
while asker.is_alive(): time.sleep(0.01)
"""


def told(process: subprocess.Popen[str], what: str) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def test_a_program_that_is_let_go_is_as_it_was(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, TELLING) as process:
        before = told(process, "facts")
        for _ in range(2):
            assert attach(process.pid, Wish()) is Outcome.ATTACHED
            office.task("worker", S.RUNNING)
            office.task("work", S.RUNNING)
            assert told(process, "facts") != before, "the test sees what an attach changes"
            detach(process.pid, Wish())
            assert told(process, "facts") == before
        assert told(process, "fail") == ["of its own"]
        out, err = process.communicate("end\n", timeout=PATIENCE)
        assert (process.returncode, out, err) == (0, "", "")


def test_nothing_of_the_program_is_kept_alive(office: Office, tmp_path: Path) -> None:
    """Code that was looked at goes when the program has done with it, and so does what was executed to get in."""
    with running(tmp_path, TELLING) as process:
        for _ in range(10):
            attach(process.pid, Wish())
            assert told(process, "begin")
            row = office.task("brief", S.RUNNING)
            wait_until(lambda row=row: row.snapshot().stop_means is not None)
            detach(process.pid, Wish())
            assert told(process, "end"), "the code of a function that has gone is kept"
        wait_until(lambda: told(process, "count") == 0, "no code of ours")


def test_the_window_says_that_it_goes_on(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, TELLING) as process:
        attach(process.pid, Wish())
        worker = office.task("worker", S.RUNNING)
        program = next(task for task in office.task_list.tasks() if task.id == worker.snapshot().parent_id)
        wait_until(lambda: (told := program.snapshot().program) is not None and told.attached)
        detach(process.pid, Wish())
        for row in (worker, program):
            wait_until(lambda row=row: row.snapshot().state.is_final)
            assert row.snapshot().goes_on, "nothing has failed"


def standing_of(pid: int) -> Standing:
    found = describe(pid)
    assert found is not None
    return found.standing


def private_memory(pid: int) -> float:
    """Megabytes that no other process has a part in."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) * 1024 / 1e6


def test_it_keeps_as_much_memory_as_is_told(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, TELLING) as process:
        before = private_memory(process.pid)
        attach(process.pid, Wish())
        office.task("worker", S.RUNNING)
        detach(process.pid, Wish())
        kept = private_memory(process.pid) - before
        assert MEGABYTES_KEPT * 0.7 < kept < MEGABYTES_KEPT * 1.2
    assert f"about {MEGABYTES_KEPT} MB" in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_what_is_attached_is_attached_once(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, TELLING) as process:
        assert attach(process.pid, Wish()) is Outcome.ATTACHED
        assert attach(process.pid, Wish()) is Outcome.ALREADY
        wait_until(lambda: standing_of(process.pid) is Standing.ATTACHED)
        detach(process.pid, Wish())
        wait_until(lambda: standing_of(process.pid) is Standing.NONE)
        with pytest.raises(Refused) as refused:
            detach(process.pid, Wish())
        assert refused.value.refusal is Refusal.NOT_ATTACHED


#: Forks until it is told to end, and tells whether Python has warned it of that.
FORKING = """
import os, select, signal, sys, threading, time, warnings
if {threads}:
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
warnings.simplefilter("always")
warned = []
warnings.showwarning = lambda *about: warned.append(about[0])
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
before = list(warnings.filters)
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    if os.fork() == 0:
        os._exit(0)
    for _ in range(3000):  # it comes to a safe point between two
        pass
time.sleep(0.5)
if os.fork() == 0:
    os._exit(0)
print(bool(warned), warnings.filters == before)
"""


@pytest.mark.parametrize("threads", [False, True], ids=["alone", "with a thread of its own"])
def test_a_program_is_warned_of_its_forks_as_without_us(office: Office, tmp_path: Path, threads: bool) -> None:
    """A thread of ours is no reason to, not even while it begins or ends; one of the program's own is."""
    with running(tmp_path, FORKING.format(threads=threads)) as process:
        for _ in range(3):
            attach(process.pid, Wish(wait=True))
            office.task("program.py", S.RUNNING)
            detach(process.pid, Wish(wait=True))
        out, err = process.communicate("\n", timeout=PATIENCE)
        assert (out, err) == (f"{threads} True\n", "")


@pytest.mark.parametrize(
    "times", [pytest.param(10, id="ten"), pytest.param(200, id="two hundred", marks=pytest.mark.slow)]
)
@pytest.mark.timeout(600)
def test_a_busy_program_survives_it_again_and_again(office: Office, tmp_path: Path, times: int) -> None:
    """Threads, a pool, coroutines and calls into C, each checking its own results; by itself it does not grow."""
    with running(tmp_path, CHECKING) as process:
        sizes = []
        for number in range(times):
            attach(process.pid, Wish(wait=True))
            if number % 5 == 0:
                office.task("tick", S.RUNNING)
            detach(process.pid, Wish(wait=True))
            descriptors = len(os.listdir(f"/proc/{process.pid}/fd"))
            sizes.append((told(process, "count"), resident(process.pid), descriptors))
        assert process.poll() is None
        middle, last = sizes[len(sizes) // 2], sizes[-1]
        assert last[2] == sizes[0][2]
        # What it has at hand goes up and down by some hundreds; pages fill up, ever more slowly, where it frees pieces.
        assert last[0] - middle[0] < 3_000, [blocks for blocks, *_ in sizes]
        assert last[1] - middle[1] < 2_000_000
        out, err = process.communicate("end\n", timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")
        assert out == "all as computed\n"


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


CHECKING = """
import asyncio, concurrent.futures, gc, hashlib, sys, threading, time, zlib
stop = threading.Event()
wrong = []
def check(name, value, expected):
    if value != expected: wrong.append((name, value))
def count():
    while not stop.is_set():
        total = 0
        for n in range(20_000): total += n
        check("sum", total, 199_990_000)
        time.sleep(0.001)
data = bytes(range(256)) * 4_000
digest, packed = hashlib.sha256(data).hexdigest(), zlib.crc32(data)
def native():
    while not stop.is_set():
        check("sha256", hashlib.sha256(data).hexdigest(), digest)
        check("crc32", zlib.crc32(data), packed)
        time.sleep(0.001)
def square(n): return n * n
def pooled():
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        while not stop.is_set():
            check("squares", list(pool.map(square, range(50))), [n * n for n in range(50)])
            time.sleep(0.002)
async def tick(left):
    while not stop.is_set():
        right = left.pop()
        await asyncio.sleep(0.005)
        left.append(right + 1)
        check("tick", left, [right + 1])
async def main():
    await asyncio.gather(tick([0]), tick([1_000]))
threads = [threading.Thread(target=f) for f in (count, native, pooled, lambda: asyncio.run(main()))]
for thread in threads: thread.start()
print("ready", flush=True)
while sys.stdin.readline() == "count\\n":
    gc.collect()
    print(sys.getallocatedblocks(), flush=True)
stop.set()
for thread in threads: thread.join()
print(wrong or "all as computed")
"""
