"""What a look tells of a thread is right, or vaguer than it might be; never wrong."""

from __future__ import annotations

import _thread
import ctypes
import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.stacks import frames, kernel
from taskmon.core.stacks.calls import call_at
from taskmon.core.stacks.facts import MOST_CALLS, Activity
from taskmon.core.stacks.look import FactsLook
from tests.helpers.gates import PATIENCE, Gate, wait_until

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where its threads wait")


def looked_at(folder: Path, program: str, wanted: dict[str, str], looks: int = 8) -> dict[str, Any]:
    path = folder / "program.py"
    path.write_text(textwrap.dedent(program))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("look_at.py")), str(path), json.dumps(wanted), str(looks)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


#: A kind of waiting: the body of the thread, what it is, and its subject and channel.
KINDS: dict[str, tuple[str, Activity, str, str]] = {
    "with_lock": ("with taken: pass", Activity.LOCK, "taken", ""),
    "acquire": ("taken.acquire()", Activity.LOCK, "taken", ""),
    "rlock": ("with rlock: pass", Activity.LOCK, "rlock", ""),
    "attribute": ("with box.lock: pass", Activity.LOCK, "box.lock", ""),
    "condition_taken": ("with held: pass", Activity.LOCK, "held", ""),
    "semaphore": ("semaphore.acquire()", Activity.SEMAPHORE, "semaphore", ""),
    "with_semaphore": ("with semaphore: pass", Activity.SEMAPHORE, "semaphore", ""),
    "event": ("event.wait()", Activity.EVENT, "event", ""),
    "condition": ("with condition: condition.wait()", Activity.CONDITION, "condition", ""),
    "wait_for": ("with condition: condition.wait_for(list)", Activity.CONDITION, "condition", ""),
    "barrier": ("barrier.wait()", Activity.BARRIER, "barrier", ""),
    "queue_get": ("empty.get()", Activity.QUEUE, "empty", ""),
    "queue_put": ("full.put(2)", Activity.ROOM, "full", ""),
    "queue_join": ("full.join()", Activity.ITEMS, "full", ""),
    "simple_queue": ("simple.get()", Activity.CALL, "simple.get", ""),
    "join": ("threads['sleep'].join()", Activity.THREAD, "", ""),
    "result": ("future.result()", Activity.RESULT, "future", ""),
    "futures_wait": ("futures.wait([future])", Activity.RESULT, "futures", ""),
    "sleep": ("time.sleep(500)", Activity.SLEEPING, "", ""),
    "socket": ("pair[0].recv(1)", Activity.READING, "", "socket"),
    "socket_timeout": ("client.recv(1)", Activity.READING, "ADDRESS", "socket"),
    "accept": ("other_server.accept()", Activity.ACCEPTING, "", "socket"),
    "pipe": ("os.read(pipe[0], 1)", Activity.READING, "", "pipe"),
    "pipe_full": ("os.write(other[1], bytes(10_000_000))", Activity.WRITING, "", "pipe"),
    "select": ("select.select([pair[0]], [], [])", Activity.IO, "", ""),
    "file_lock": ("fcntl.flock(open(path), fcntl.LOCK_EX)", Activity.FILE_LOCK, "PATH", "file"),
    "child": ("subprocess.run(['sleep', '500'], stdout=-3, stderr=-3)", Activity.CHILD, "PID", ""),
    "child_output": ("subprocess.check_output(['sleep', '500'], stderr=-3)", Activity.CHILD, "", ""),
    "child_timeout": (  # looks again and again, and sleeps in between
        "subprocess.Popen(['sleep', '500'], stdout=-3, stderr=-3).wait(500)", Activity.CHILD, "", "",
    ),
    "named_pipe": ("os.read(os.open(fifo, os.O_RDWR), 1)", Activity.READING, "PATH", "pipe"),
    "processes_queue": ("between.get()", Activity.QUEUE, "between", ""),
    "processes_event": ("between_event.wait()", Activity.EVENT, "between_event", ""),
    "locked_database": ("link.execute('begin exclusive')", Activity.CALL, "link.execute", ""),
    "event_loop": ("asyncio.run(asyncio.sleep(500))", Activity.LOOP, "", ""),
}  # fmt: skip
#: Where a version of Python hides what it waits for behind a call in C, less is told.
VAGUER = {Activity.LOCK: {Activity.CALL}, Activity.THREAD: {Activity.CALL, Activity.LOCK}}
SETTING = """
import asyncio, atexit, concurrent.futures as futures, fcntl, multiprocessing, os, queue, select, signal, socket
import sqlite3, subprocess, tempfile, threading, time
class Box: pass
taken = threading.Lock(); taken.acquire()
rlock = threading.RLock(); rlock.acquire()
box = Box(); box.lock = threading.Lock(); box.lock.acquire()
held = threading.Condition(); held.acquire()
semaphore, event, condition, barrier = (
    threading.Semaphore(0), threading.Event(), threading.Condition(), threading.Barrier(2)
)
empty, full, simple = queue.Queue(), queue.Queue(1), queue.SimpleQueue(); full.put(1)
future = futures.Future()
pair, pipe, other = socket.socketpair(), os.pipe(), os.pipe()
server, other_server = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname()); client.settimeout(500)
path = tempfile.mkstemp()[1]
fifo = path + ".fifo"; os.mkfifo(fifo)
between, between_event = multiprocessing.Queue(), multiprocessing.Event()
holder = sqlite3.connect(path + ".db", check_same_thread=False, isolation_level=None); holder.execute("begin exclusive")
link = sqlite3.connect(path + ".db", check_same_thread=False, isolation_level=None, timeout=500)
lock_file = open(path); fcntl.flock(lock_file, fcntl.LOCK_EX)
"""


@pytest.mark.timeout(150)
def test_each_kind_of_waiting_is_told_rightly(tmp_path: Path) -> None:
    bodies = "\n".join(f"def on_{name}():\n    {body}" for name, (body, *_) in KINDS.items())
    program = SETTING.replace("tempfile.mkstemp()[1]", f"tempfile.mkstemp(dir={str(tmp_path)!r})[1]") + bodies
    order = ["sleep", *(set(KINDS) - {"sleep"})]
    program += "\nTHREADS = {name: globals()['on_' + name] for name in " + repr(order) + "}\n"
    with _children_of_mine_end():
        found = looked_at(tmp_path, program, {name: kind.value for name, (_, kind, *_) in KINDS.items()})

    for name, (_, kind, subject, channel) in KINDS.items():
        told = found["told"][name]
        allowed = {kind.value} | {vaguer.value for vaguer in VAGUER.get(kind, ())}
        if name == "locked_database":
            allowed |= {Activity.COMPUTING.value, ""}  # between two naps SQLite tries again: it may be seen at that
        assert set(found["seen"][name]) <= allowed, (name, found["seen"][name], told)
        assert told["native"], name
        assert told["function"] == "on_" + name
        if told["activity"] != kind.value:
            continue
        if subject == "ADDRESS":
            assert told["subject"].startswith("127.0.0.1:")
        elif subject == "PATH":
            assert told["subject"].startswith(str(tmp_path))
        elif subject == "PID":
            assert told["subject"] == "" or told["subject"].isdecimal()
        elif subject:
            assert told["subject"] == subject, name
        assert told["channel"] in {channel, ""} or not channel, name
        if told["channel"] in {"socket", "pipe"} and kind in {Activity.READING, Activity.ACCEPTING}:
            assert told["endless"] is (name != "socket_timeout"), name
    assert 400 < found["told"]["sleep"]["wakes"] < 501


class _children_of_mine_end:  # noqa: N801 -- a context, not a thing
    """The program leaves by `os._exit`, and its ``sleep`` children would stay."""

    def __enter__(self) -> None:
        self._before = _sleepers()

    def __exit__(self, *_: object) -> None:
        for pid in _sleepers() - self._before:
            os.kill(pid, 9)


def _sleepers() -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes() == b"sleep\x00500\x00":
                found.add(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.timeout(150)
def test_a_wait_with_a_timeout_says_when_it_ends(tmp_path: Path) -> None:
    found = looked_at(
        tmp_path,
        """
        import queue, threading
        taken = threading.Lock(); taken.acquire()
        THREADS = {
            "lock": lambda: taken.acquire(timeout=500), "event": lambda: threading.Event().wait(500),
            "queue": lambda: queue.Queue().get(timeout=500), "endless": lambda: taken.acquire(),
        }
        """,
        {"lock": "lock", "event": "event", "queue": "queue", "endless": "lock"},
    )

    for name in ("lock", "event", "queue"):
        assert 400 < found["told"][name]["wakes"] < 501, name
        assert not found["told"][name]["endless"]
    assert found["told"]["endless"]["wakes"] is None
    assert found["told"]["endless"]["endless"]


@pytest.mark.timeout(150)
def test_computing_is_never_told_of_as_waiting(tmp_path: Path) -> None:
    """Beside busy threads everybody waits for the interpreter; that is no wait of the thread's own."""
    found = looked_at(
        tmp_path,
        """
        import hashlib, random
        def spin():
            while True: pass
        def calls():
            while True: len("x")
        def hashes():
            data = bytes(20_000_000)
            while True: hashlib.sha256(data).digest()
        def sorts():
            numbers = [random.random() for _ in range(50_000)]
            while True: sorted(numbers)
        THREADS = {"spin": spin, "calls": calls, "hashes": hashes, "sorts": sorts}
        """,
        dict.fromkeys(("spin", "calls", "sorts"), "computing"),
        looks=40,
    )

    assert set(found["seen"]["spin"]) <= {"computing", ""}
    assert set(found["seen"]["calls"]) <= {"computing", ""}
    assert set(found["seen"]["sorts"]) <= {"computing", "call", ""}
    assert set(found["seen"]["hashes"]) <= {"computing", "outside", "call", ""}


class _Kernel:
    """Tells of one thread what a test sets: it runs, and has used so much of a processor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.used = 100.0, 5.0
        monkeypatch.setattr(kernel, "cpu_seconds", lambda native_id: self.used)
        monkeypatch.setattr(kernel, "system_call", lambda native_id: kernel.SystemCall(kernel.RUNNING))

    def clock(self) -> float:
        return self.now

    def told(self, look: FactsLook, ident: int, share: float) -> Activity | None:
        """Return what a look tells a second later, in which the thread has had this share of a processor."""
        self.now += 1.0
        self.used += share
        return look.look({ident: 4711})[ident].activity


def test_to_be_seen_running_once_is_not_to_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thread that naps in turns, a look on a busy machine may find the moment between two naps."""

    def nap() -> Iterator[None]:
        yield

    naps = nap()
    next(naps)
    monkeypatch.setattr(frames, "take_frames", lambda: {1: naps.gi_frame})
    system = _Kernel(monkeypatch)
    look = FactsLook(lambda code: code is nap.__code__, system.clock)

    assert system.told(look, 1, 0.0) is None, "nothing is known yet"
    assert system.told(look, 1, 0.004) is None
    assert system.told(look, 1, 0.01) is Activity.COMPUTING
    assert system.told(look, 1, 0.0) is None, "nor has it gone on to compute without a processor"


def test_a_wait_that_has_just_ended_is_told_as_long_as_there_is_nothing_else_to_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = threading.Event()

    def wait() -> None:
        event.wait()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    try:
        assert thread.ident is not None
        wait_until(lambda: event._cond._waiters)  # type: ignore[attr-defined]
        system = _Kernel(monkeypatch)
        look = FactsLook(lambda code: code is wait.__code__, system.clock)
        assert system.told(look, thread.ident, 0.0) is None
        assert system.told(look, thread.ident, 0.001) is Activity.EVENT
        assert system.told(look, thread.ident, 0.2) is Activity.COMPUTING, "as one that polls with a timeout of 0"
    finally:
        event.set()
        thread.join(PATIENCE)


def test_a_thread_that_only_makes_one_wait_waits_for_that_and_not_for_work(tmp_path: Path) -> None:
    """Nothing of the program's own is on its stack, nor is a library's function that would have work for it."""
    found = looked_at(
        tmp_path,
        """
        import logging.handlers, queue, threading
        taken = threading.Lock(); taken.acquire()
        THREADS = {
            "event": threading.Event().wait, "queue": queue.Queue().get, "semaphore": threading.Semaphore(0).acquire,
            "lock": taken.acquire, "listener": logging.handlers.QueueListener(queue.Queue())._monitor,
        }
        """,
        {"event": "event", "queue": "queue", "semaphore": "semaphore", "lock": "", "listener": "work"},
    )

    assert found["seen"].pop("lock") != ["work"]
    assert found["seen"] == {
        "event": ["event"], "queue": ["queue"], "semaphore": ["semaphore"], "listener": ["work"],
    }  # fmt: skip
    assert {each["subject"] for each in found["told"].values()} == {""}, "no name that the program knows"


def test_a_pools_thread_that_executes_a_wait_has_its_work(tmp_path: Path) -> None:
    """On its stack stands nothing of the program's own then either, but a call that is not the pool's own to wait."""
    found = looked_at(
        tmp_path,
        """
        import functools, queue, threading
        library = {}
        source = "def run(function): function()\\ndef serve(event): event.wait()\\n"
        exec(compile(source, "/usr/lib/python3/pools.py", "exec"), library)
        executes = functools.partial(functools.partial, library["run"])
        THREADS = {
            "event": executes(threading.Event().wait), "queue": executes(queue.Queue().get),
            "semaphore": executes(threading.Semaphore(0).acquire), "join": executes(threading.current_thread().join),
            "rests": functools.partial(library["serve"], threading.Event()),
        }
        """,
        {"event": "event", "queue": "queue", "semaphore": "semaphore", "join": "thread", "rests": "work"},
    )

    assert found["seen"] == {
        "event": ["event"], "queue": ["queue"], "semaphore": ["semaphore"], "join": ["thread"], "rests": ["work"],
    }  # fmt: skip


def test_a_class_with_its_own_way_to_wait_is_called_by_no_name_of_the_language(tmp_path: Path) -> None:
    found = looked_at(
        tmp_path,
        """
        import queue
        class Jobs(queue.Queue):
            def get(self): return super().get()
        jobs = Jobs()
        THREADS = {"waits": lambda: jobs.get()}
        """,
        {"waits": "queue"},
    )

    assert found["told"]["waits"]["subject"] == ""


def test_a_thread_that_starts_another_does_not_wait_for_its_end(tmp_path: Path) -> None:
    """It waits until that has begun. Here it never does."""
    found = looked_at(
        tmp_path,
        """
        import threading
        def starts():
            for name in ("_start_new_thread", "_start_joinable_thread"):
                setattr(threading, name, lambda *_, **__: None)
            threading.Thread(target=print).start()
        THREADS = {"starts": starts}
        """,
        {"starts": "event"},
    )

    assert found["seen"] == {"starts": ["event"]}
    assert found["told"]["starts"]["subject"] == "self._started"


def test_what_is_called_need_have_no_name_to_be_waited_for(tmp_path: Path) -> None:
    """It uses a little of a processor each time that it looks whether the database is free by now."""
    found = looked_at(
        tmp_path,
        """
        import sqlite3
        path = PATH
        holder = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        holder.execute("begin exclusive")
        def waits():
            [sqlite3.connect(path, isolation_level=None, timeout=500)][0].execute("begin exclusive")
        THREADS = {"waits": waits}
        """.replace("PATH", repr(str(tmp_path / "a.db"))),
        {"waits": "sleeping"},
        looks=20,
    )

    assert "sleeping" in found["seen"]["waits"], "but for the moments at which it does look"


def test_a_thread_that_rests_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look reads its clock, and nothing of the kernel's files."""
    gate = Gate()
    thread = threading.Thread(target=gate.pass_through, daemon=True)
    thread.start()
    reads: list[int] = []
    read = kernel.system_call
    monkeypatch.setattr(kernel, "system_call", lambda native_id: (reads.append(native_id), read(native_id))[1])
    look = FactsLook()
    try:
        gate.await_arrival()
        assert thread.ident is not None
        wanted = {thread.ident: thread.native_id}
        wait_until(lambda: look.look(wanted)[thread.ident].cpu == 0.0)
        first = look.look(wanted)[thread.ident]
        count = len(reads)
        assert look.look(wanted)[thread.ident] is first
        assert len(reads) == count
    finally:
        gate.open()
        thread.join(PATIENCE)
    assert look.look(wanted) == {}


def test_what_a_function_ends_by_returning_ends_in_its_own_thread_though_somebody_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the system is asked, other threads run: a frame that is held meanwhile would keep what they let go of."""
    gate, ended_in = Gate(), []

    class Thing:
        def __del__(self) -> None:
            ended_in.append(threading.get_ident())

    def work() -> None:
        thing = Thing()  # until it returns
        gate.pass_through()
        assert thing

    thread = threading.Thread(target=work, daemon=True)

    def system_call(native_id: int) -> None:
        del native_id
        gate.open()
        thread.join(PATIENCE)

    monkeypatch.setattr(kernel, "system_call", system_call)
    thread.start()
    try:
        gate.await_arrival()
        (ident,) = FactsLook().look({thread.ident or 0: thread.native_id})
    finally:
        gate.open()
        thread.join(PATIENCE)
    assert ended_in == [ident]


def test_a_main_thread_that_has_ended_waits_for_the_others(tmp_path: Path) -> None:
    """Nothing of the program's own is on its stack any more, as in a pool's thread that waits for work."""
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
            import os, sys, threading
            from taskmon.core.stacks.look import FactsLook
            main, pause, facts = threading.main_thread(), threading.Event(), FactsLook(lambda code: False)
            def look():
                while sys._current_frames()[main.ident].f_code is not threading._shutdown.__code__:
                    pause.wait(0.001)
                activity = None
                while activity is None:
                    activity = facts.look({main.ident: os.getpid()})[main.ident].activity
                print(activity.value, flush=True)
            threading.Thread(target=look).start()
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(program)], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == f"{Activity.THREAD.value}\n"


def test_a_thread_that_has_ended_is_unknown_to_the_kernel() -> None:
    thread = threading.Thread(target=lambda: None, daemon=True)
    thread.start()
    thread.join()
    assert thread.native_id is not None
    wait_until(lambda: kernel.cpu_seconds(thread.native_id or 0) is None)

    assert kernel.system_call(thread.native_id) is None
    assert kernel.cpu_seconds(-1) is None
    assert kernel.cpu_seconds(1 << 40) is None


def test_own_thread_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel tells nothing, frames and nothing else speak: less is said, and nothing wrong."""
    monkeypatch.setattr(kernel, "system_call", lambda native_id: None)
    monkeypatch.setattr(kernel, "native_id_of", lambda ident: None)
    now = [100.0]
    event = threading.Event()
    thread = threading.Thread(target=event.wait, daemon=True)
    thread.start()
    try:
        assert thread.ident is not None
        look = FactsLook(lambda code: code.co_filename == __file__, lambda: now[0])
        wait_until(
            lambda: look.look({thread.ident or 0: None}).get(thread.ident or 0, look).activity is Activity.EVENT  # type: ignore[union-attr]
        )
        facts = look.look({thread.ident: None})[thread.ident]
        assert (facts.native_id, facts.cpu, facts.wakes_at, facts.endless) == (None, None, None, False)
        now[0] = 150.0
        facts = look.look({thread.ident: None})[thread.ident]
        assert (facts.since, facts.seen_coming) == (150.0, False), "it may have been elsewhere between two looks"
    finally:
        event.set()
        thread.join(PATIENCE)


def test_a_thread_that_threading_does_not_know_is_told_of_as_any_other() -> None:
    gate, now = _thread.allocate_lock(), [100.0]
    gate.acquire()

    def work() -> None:
        gate.acquire()

    ident = _thread.start_new_thread(work, ())
    try:
        look = FactsLook(lambda code: code.co_filename == __file__, lambda: now[0])
        wait_until(lambda: _advance(now) and (facts := look.look({ident: None}).get(ident)) and facts.endless)
        before = look.look({ident: None})[ident]
        now[0] += 500.0
        facts = look.look({ident: None})[ident]
        assert (facts.activity, facts.endless, facts.since) == (Activity.LOCK, True, before.since)
        assert facts.native_id not in {None, threading.get_native_id()}
    finally:
        gate.release()


def test_since_is_when_it_was_first_seen_there() -> None:
    now = [100.0]
    event = threading.Event()
    thread = threading.Thread(target=lambda: event.wait(PATIENCE), daemon=True)
    thread.start()
    try:
        assert thread.ident is not None
        look = FactsLook(lambda code: code.co_filename == __file__, lambda: now[0])
        wanted = {thread.ident: thread.native_id}
        wait_until(lambda: look.look(wanted)[thread.ident or 0].activity is Activity.EVENT)
        now[0] = 101.0
        wait_until(lambda: _advance(now) and look.look(wanted)[thread.ident or 0].cpu == 0.0)
        since = look.look(wanted)[thread.ident].since
        now[0] += 500.0
        told = look.look(wanted)[thread.ident]
        assert told.since == since, "it has not run in between: nothing of it need be read again"
        assert told.cpu is None, "a share of so long a time says nothing of now"
        now[0] += 1.0
        assert look.look(wanted)[thread.ident].cpu == 0.0
    finally:
        event.set()
        thread.join(PATIENCE)


def _advance(now: list[float]) -> bool:
    now[0] += 1.0
    return True


def test_the_innermost_own_calls_are_told_and_no_more_than_are_of_use() -> None:
    gate = Gate()

    def deep(level: int) -> None:
        if level:
            deep(level - 1)
        else:
            gate.pass_through()  # of the tests, and so the program's own as well

    thread = threading.Thread(target=deep, args=(9,), daemon=True)
    thread.start()
    gate.await_arrival()
    try:
        (facts,) = FactsLook(lambda code: code.co_name == "deep").look({thread.ident or 0: thread.native_id}).values()
    finally:
        gate.open()
        thread.join(PATIENCE)

    assert len(facts.calls) == MOST_CALLS
    assert {call.function.rpartition(".")[2] for call in facts.calls} == {"deep"}
    assert facts.calls[0].line == facts.line == facts.calls[1].line + 2
    assert facts.calls[0].file == facts.file == __file__


def test_among_many_threads_a_look_ends_in_time_and_the_others_come_first_in_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each question to the kernel may take a turn of all busy threads; here, a fifth of a second."""
    now, used, asked = [100.0], [0.0], list[int]()

    def ask(native_id: int) -> None:
        now[0] += 0.2
        asked.append(native_id)

    def use(native_id: int) -> float:
        used[0] += 0.01
        return used[0]

    monkeypatch.setattr(kernel, "system_call", ask)
    monkeypatch.setattr(kernel, "cpu_seconds", use)  # so that none is taken to have stood still, or to have come back
    event = threading.Event()
    threads = [threading.Thread(target=event.wait, daemon=True) for _ in range(5)]
    for thread in threads:
        thread.start()
    try:
        wanted = {thread.ident or 0: thread.native_id for thread in threads}
        look = FactsLook(lambda code: code.co_filename == __file__, lambda: now[0])
        rounds = []
        for _ in range(4):
            asked.clear()
            found = look.look(wanted)
            assert list(found) == list(wanted)
            rounds.append(list(asked))
            now[0] += 1.0
        assert [len(each) for each in rounds] == [2, 2, 2, 2]
        assert not set(rounds[0]) & set(rounds[1])
        assert not set(rounds[1]) & set(rounds[2])
    finally:
        event.set()
        for thread in threads:
            thread.join(PATIENCE)


def test_of_a_thread_that_comes_back_to_its_wait_the_kernel_is_asked_once_it_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that polls moves from look to look, and each question would be several calls of the system for nothing."""
    asked: list[int] = []
    event = threading.Event()

    def ask(native_id: int) -> kernel.SystemCall:
        asked.append(native_id)
        return kernel.SystemCall("futex", (0, 0, 0, 0), 0.0)

    def poll() -> None:
        event.wait()

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        ident = thread.ident or 0
        wait_until(lambda: _call_of(ident) == "waiter.acquire")
        system = _Kernel(monkeypatch)
        monkeypatch.setattr(kernel, "system_call", ask)
        look = FactsLook(lambda code: code is poll.__code__, system.clock)

        def told(share: float) -> tuple[Activity | None, int]:
            return system.told(look, ident, share), len(asked)

        assert told(0.0) == (Activity.EVENT, 1)
        assert told(0.001) == (Activity.EVENT, 1), "it has come back, which its frames tell as well"
        assert told(0.002) == (Activity.EVENT, 1)
        assert told(0.0) == (Activity.EVENT, 2), "it stays: whether it would for ever is worth the question"
        assert told(0.1) == (Activity.EVENT, 3), "it has done more than to come back"
    finally:
        event.set()
        thread.join(PATIENCE)


def test_what_frames_do_not_tell_is_asked_of_the_kernel_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def ask(native_id: int) -> kernel.SystemCall:
        asked.append(native_id)
        return kernel.SystemCall("read", (7,), 0.0)

    def read() -> Iterator[None]:
        yield

    reads = read()
    next(reads)
    monkeypatch.setattr(frames, "take_frames", lambda: {1: reads.gi_frame})
    system = _Kernel(monkeypatch)
    monkeypatch.setattr(kernel, "system_call", ask)
    monkeypatch.setattr(kernel, "describe_descriptor", lambda number: kernel.Descriptor("pipe"))
    look = FactsLook(lambda code: code is read.__code__, system.clock)

    assert [system.told(look, 1, share) for share in (0.0, 0.001, 0.001)] == [Activity.READING] * 3
    assert len(asked) == 3


def _call_of(ident: int) -> str:
    """The call that a thread is in."""
    frame = frames.current_frames().get(ident)
    return call_at(frame.f_code, frame.f_lasti) if frame is not None else ""


def test_those_that_rest_are_told_by_their_frames_until_it_is_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """With busy threads, the turn of one among hundreds may be minutes away."""
    now, asked, moves = [100.0], list[int](), set[int]()
    event = threading.Event()

    def ask(native_id: int) -> kernel.SystemCall:
        now[0] += 1.0
        asked.append(native_id)
        return kernel.SystemCall("futex", (0, 0, 0, 0), 0.0)

    def wait() -> None:
        event.wait()

    monkeypatch.setattr(kernel, "system_call", ask)
    monkeypatch.setattr(kernel, "cpu_seconds", lambda native_id: now[0] if native_id in moves else 0.0)
    threads = [threading.Thread(target=wait, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            wait_until(lambda thread=thread: _call_of(thread.ident or 0) == "waiter.acquire")
        wanted = {thread.ident or 0: thread.native_id for thread in threads}
        moves.add(threads[3].native_id or 0)
        look = FactsLook(lambda code: code.co_filename == __file__, lambda: now[0])

        def told() -> list[tuple[Activity | None, bool, float]]:
            found = list(look.look(wanted).values())
            now[0] += 1.0
            return [(facts.activity, facts.endless, facts.since) for facts in found]

        waits = Activity.EVENT
        assert told() == [(waits, True, 100.0), *[(None, False, 100.0)] * 3], "nobody knows whether these rest"
        assert told() == [(waits, True, 100.0), (waits, True, 100.0), (waits, False, 100.0), (None, False, 102.0)]
        assert told()[:3] == [(waits, True, 100.0)] * 3
        assert asked == [thread.native_id for thread in threads[:3]]
    finally:
        event.set()
        for thread in threads:
            thread.join(PATIENCE)


def test_a_number_that_the_program_has_got_meanwhile_is_not_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Asking what a number stands for lets go of the interpreter, and by then it may be a file of the program's."""
    asked: list[int] = []
    fstat = os.fstat

    def answer_late(number: int) -> os.stat_result:
        found = fstat(number)
        asked.append(number)
        if len(asked) == 2:
            own = os.open(tmp_path / "own", os.O_RDWR | os.O_CREAT)
            os.dup2(own, number, inheritable=False)
            os.close(own)
        return found

    monkeypatch.setattr(os, "fstat", answer_late)
    monkeypatch.setattr(kernel, "_robbed", [])  # and here it is so noted
    held = (ctypes.c_char * 4).from_buffer_copy(b"abcd")
    assert kernel._memory(ctypes.addressof(held), 4) == b"abcd"
    assert os.write(asked[1], b"mine") == 4
    os.close(asked[1])
