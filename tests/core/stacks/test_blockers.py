"""Threads that are really blocked, in each of the known ways, and what is made of their stacks."""

# ruff: noqa: PLW0108  # the frame of the lambda is what is looked at

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import queue
import select
import selectors
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from taskmon.core.run.runner import TaskRunner
from taskmon.core.stacks import blockers, look
from taskmon.core.stacks.blockers import Blockage, Blocker, find_blockage
from taskmon.core.stacks.sampler import StackFrame, StackSample, StackSampler
from tests.helpers.gates import PATIENCE, wait_until

B = Blocker


class Scene(NamedTuple):
    """A way to be stuck."""

    blocker: Blocker
    call: str
    stuck: Callable[[], object]
    release: Callable[[], object]


def sleeping(_: ExitStack, __: Path) -> Scene:
    done = threading.Event()

    def stuck() -> None:
        while not done.is_set():
            time.sleep(0.05)  # noqa: TID251 - what is looked at

    return Scene(B.SLEEP, "time.sleep", stuck, done.set)


def locked(_: ExitStack, __: Path) -> Scene:
    lock = threading.Lock()
    lock.acquire()

    def stuck() -> None:
        lock.acquire()
        lock.release()

    return Scene(B.LOCK, "lock.acquire", stuck, lock.release)


def entering(_: ExitStack, __: Path) -> Scene:
    lock = threading.Lock()
    lock.acquire()

    def stuck() -> None:
        with lock:
            pass

    return Scene(B.LOCK, "with lock", stuck, lock.release)


def event(_: ExitStack, __: Path) -> Scene:
    flag = threading.Event()
    return Scene(B.EVENT, "flag.wait", lambda: flag.wait(), flag.set)


def condition(_: ExitStack, __: Path) -> Scene:
    changed, ready = threading.Condition(), []

    def stuck() -> None:
        with changed:
            changed.wait_for(lambda: ready)

    def release() -> None:
        with changed:
            ready.append(1)
            changed.notify_all()

    return Scene(B.CONDITION, "changed.wait_for", stuck, release)


def semaphore(_: ExitStack, __: Path) -> Scene:
    places = threading.Semaphore(0)
    return Scene(B.CONDITION, "places.acquire", lambda: places.acquire(), places.release)


def taking(_: ExitStack, __: Path) -> Scene:
    items: queue.Queue[int] = queue.Queue()
    return Scene(B.QUEUE_GET, "items.get", lambda: items.get(), lambda: items.put(1))


def taking_from_c(_: ExitStack, __: Path) -> Scene:
    items: queue.SimpleQueue[int] = queue.SimpleQueue()
    return Scene(B.QUEUE_GET, "items.get", lambda: items.get(), lambda: items.put(1))


def giving(_: ExitStack, __: Path) -> Scene:
    items: queue.Queue[int] = queue.Queue(1)
    items.put(1)
    return Scene(B.QUEUE_PUT, "items.put", lambda: items.put(2), items.get)


def waiting_for_the_items(_: ExitStack, __: Path) -> Scene:
    items: queue.Queue[int] = queue.Queue()
    items.put(1)
    return Scene(B.QUEUE_JOIN, "items.join", lambda: items.join(), items.task_done)


def receiving(stack: ExitStack, _: Path) -> Scene:
    ours, theirs = map(stack.enter_context, socket.socketpair())
    return Scene(B.SOCKET, "ours.recv", lambda: ours.recv(1), lambda: theirs.send(b"x"))


def accepting(stack: ExitStack, _: Path) -> Scene:
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def release() -> None:
        socket.create_connection(server.getsockname()).close()

    return Scene(B.SOCKET, "server.accept", lambda: server.accept()[0].close(), release)


def greeting(stack: ExitStack, _: Path) -> Scene:
    ours, theirs = map(stack.enter_context, socket.socketpair())
    context = ssl.create_default_context()

    def stuck() -> None:
        with suppress(OSError):
            context.wrap_socket(ours, server_hostname="x").close()

    return Scene(B.SOCKET, "context.wrap_socket", stuck, theirs.close)


def fetching(stack: ExitStack, _: Path) -> Scene:
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    address = f"http://127.0.0.1:{server.getsockname()[1]}/"

    def stuck() -> None:
        with suppress(OSError):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address)

    def release() -> None:
        server.accept()[0].close()

    return Scene(B.HTTP, "", stuck, release)


def running_a_program(stack: ExitStack, _: Path) -> Scene:
    child = stack.enter_context(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
    assert child.stdin is not None
    return Scene(B.SUBPROCESS, "child.wait", lambda: child.wait(), child.stdin.close)


def talking_to_a_program(stack: ExitStack, _: Path) -> Scene:
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=reader, stdout=pipe, stderr=pipe)
    stack.enter_context(child)
    return Scene(B.SUBPROCESS, "child.communicate", lambda: child.communicate(), lambda: os.close(writer))


def piping(stack: ExitStack, _: Path) -> Scene:
    ours, theirs = map(stack.enter_context, multiprocessing.Pipe())
    return Scene(B.PROCESS, "ours.recv", lambda: ours.recv(), lambda: theirs.send(1))


def asking_the_user(stack: ExitStack, _: Path) -> Scene:
    reader, writer = os.pipe()
    before, sys.stdin = sys.stdin, stack.enter_context(open(reader))  # noqa: SIM115
    stack.callback(setattr, sys, "stdin", before)

    def stuck() -> None:
        input()

    def release() -> None:
        os.write(writer, b"\n")
        os.close(writer)

    return Scene(B.INPUT, "input", stuck, release)


def joining(_: ExitStack, __: Path) -> Scene:
    flag = threading.Event()
    other = threading.Thread(target=flag.wait, daemon=True)
    other.start()
    return Scene(B.JOIN, "other.join", lambda: other.join(), flag.set)


def awaiting_a_future(_: ExitStack, __: Path) -> Scene:
    future: concurrent.futures.Future[int] = concurrent.futures.Future()
    return Scene(B.FUTURE, "future.result", lambda: future.result(), lambda: future.set_result(1))


def selecting(stack: ExitStack, _: Path) -> Scene:
    ours, theirs = map(stack.enter_context, socket.socketpair())
    return Scene(B.SELECT, "select.select", lambda: select.select([ours], [], []), lambda: theirs.send(b"x"))


def selecting_by_selector(stack: ExitStack, _: Path) -> Scene:
    ours, theirs = map(stack.enter_context, socket.socketpair())
    chooser = stack.enter_context(selectors.DefaultSelector())
    chooser.register(ours, selectors.EVENT_READ)
    return Scene(B.SELECT, "chooser.select", lambda: chooser.select(), lambda: theirs.send(b"x"))


def querying(stack: ExitStack, folder: Path) -> Scene:
    def open_it() -> sqlite3.Connection:
        made = sqlite3.connect(folder / "db", timeout=60, isolation_level=None, check_same_thread=False)
        stack.callback(made.close)
        return made

    first, base = open_it(), open_it()
    first.execute("create table t (x)")
    first.execute("begin exclusive")

    def stuck() -> None:
        base.execute("insert into t values (1)")

    return Scene(B.DATABASE, "base.execute", stuck, lambda: first.execute("commit"))


def opening(_: ExitStack, folder: Path) -> Scene:
    path = folder / "fifo"
    os.mkfifo(path)

    def stuck() -> None:
        open(path).close()

    return Scene(B.FILE, "open", stuck, lambda: open(path, "w").close())


def reading(stack: ExitStack, _: Path) -> Scene:
    reader, writer = os.pipe()
    file = stack.enter_context(os.fdopen(reader, "rb"))
    return Scene(B.FILE, "file.read", lambda: file.read(), lambda: os.close(writer))


SCENES = [
    sleeping, locked, entering, event, condition, semaphore, taking, taking_from_c, giving, waiting_for_the_items,
    receiving, accepting, greeting, fetching, running_a_program, talking_to_a_program, piping, asking_the_user, joining,
    awaiting_a_future, selecting, selecting_by_selector, querying, opening, reading,
]  # fmt: skip


def find(sampler: StackSampler, thread_id: int) -> Blockage | None:
    sample = sampler.look(thread_id)
    return None if sample is None else find_blockage(sample)


@contextmanager
def thread_of(scene: Scene) -> Iterator[int]:
    thread = threading.Thread(target=scene.stuck, daemon=True)
    thread.start()
    try:
        assert thread.ident is not None
        yield thread.ident
    finally:
        scene.release()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.parametrize("stage", SCENES, ids=lambda stage: stage.__name__)
def test_each_way_to_be_stuck_is_known(stage: Callable[[ExitStack, Path], Scene], tmp_path: Path) -> None:
    """The call is named as the source spells it, at its own line, and the kind of the blocker is found."""
    with ExitStack() as stack:
        scene = stage(stack, tmp_path)
        sampler = StackSampler()
        found: list[Blockage] = []
        with thread_of(scene) as thread_id:

            def known() -> bool:
                blockage = find(sampler, thread_id)
                if blockage is not None and blockage.blocker is scene.blocker and not blockage.busy:
                    found.append(blockage)
                return bool(found) and (not scene.call or found[-1].call == scene.call)

            wait_until(known, f"{scene.blocker}, {scene.call!r} (found {found[-1:]})")
    assert found[-1].frame.own
    assert found[-1].frame.file == __file__
    code = scene.stuck.__code__  # type: ignore[attr-defined]
    assert code.co_firstlineno <= found[-1].frame.line <= code.co_firstlineno + 6


def frames(*names: tuple[str, str, bool, str]) -> tuple[StackFrame, ...]:
    return tuple(StackFrame(file, 7, function, own, call) for file, function, own, call in names)


def sample(*names: tuple[str, str, bool, str], busy: float | None = None) -> StackSample:
    return StackSample(20.0, frames(*names), 6.0, busy)


def blockage(*names: tuple[str, str, bool, str], busy: float | None = None) -> Blockage:
    found = find_blockage(sample(*names, busy=busy))
    assert found is not None
    return found


def test_packages_that_talk_to_servers_are_known() -> None:
    """By the folder of any of their files."""
    for package in ("requests/api.py", "urllib3/connectionpool.py", "httpx/_client.py"):
        found = blockage(
            ("/home/me/a.py", "load", True, "requests.get"), (f"/x/site-packages/{package}", "get", False, "self.read")
        )
        assert (found.blocker, found.call, found.frame.function) == (B.HTTP, "requests.get", "load")


def test_a_busy_thread_computes_whatever_its_last_call_was() -> None:
    """The processor time tells; a call into C is told from a loop in Python."""
    loop = blockage(("/home/me/a.py", "crunch", True, ""), busy=0.98)
    in_one_call = sample(("/home/me/a.py", "crunch", True, "np.linalg.inv"), busy=0.98)._replace(one_call=True)
    native = find_blockage(in_one_call)
    assert native is not None
    library = blockage(
        ("/home/me/a.py", "crunch", True, "parse"), ("/x/site-packages/y.py", "parse", False, ""), busy=1.0
    )

    assert (loop.blocker, loop.busy) == (B.COMPUTING, True)
    assert (native.blocker, native.call) == (B.NATIVE, "np.linalg.inv")
    assert library.blocker is B.COMPUTING
    assert library.since == 6.0


@pytest.mark.parametrize("one_call", [False, None])
def test_a_loop_in_python_is_no_call_into_c_wherever_it_is_seen(one_call: bool | None) -> None:
    """It is always found at the same few instructions, some of which are calls that have long returned."""
    loop = sample(("/home/me/a.py", "tokenise", True, "len"), busy=0.98)._replace(one_call=one_call)
    first = loop._replace(one_call=True, unmoved_since=loop.taken_at - 0.4)

    for seen in (loop, first):
        found = find_blockage(seen)
        assert found is not None
        assert (found.blocker, found.call, found.busy) == (B.COMPUTING, "", True)


@pytest.mark.parametrize("call", ["table.get", "', '.join", "cache.put", "match.result"])
def test_names_that_others_bear_are_believed_of_a_thread_that_waits_alone(call: str) -> None:
    """A dictionary's ``get`` never waits, and the thread that is seen at it is at work."""
    stack = frames(("/home/me/a.py", "feed", True, call))
    sharing = find_blockage(StackSample(20.0, stack, 6.0, 0.3, 1.0))
    first = find_blockage(StackSample(20.0, stack, 20.0))
    waiting = find_blockage(StackSample(20.0, stack, 6.0, 0.001, 0.1))
    passing = find_blockage(StackSample(20.0, stack, 19.6, 0.0, 1.0))
    assert sharing is not None
    assert first is not None
    assert waiting is not None
    assert passing is not None

    assert (sharing.blocker, sharing.busy) == (B.COMPUTING, True)
    assert first.blocker is B.UNKNOWN
    assert passing.blocker is B.UNKNOWN, "others may have had the processor since the look before"
    assert waiting.blocker not in (B.UNKNOWN, B.NATIVE, B.COMPUTING)


def test_computing_is_measured_by_what_all_threads_use() -> None:
    """Ten that share one interpreter have a tenth each; one that has a tenth of an idle process mostly waits."""
    stack = frames(("/home/me/a.py", "crunch", True, "digest.update"))
    sharing = find_blockage(StackSample(20.0, stack, 6.0, 0.1, 1.0))
    alone = find_blockage(StackSample(20.0, stack, 6.0, 0.1, 0.1))
    sleeper = find_blockage(StackSample(20.0, frames(("/a.py", "poll", True, "time.sleep")), 6.0, 0.1, 1.0))
    assert sharing is not None
    assert alone is not None
    assert sleeper is not None

    assert (sharing.blocker, sharing.busy) == (B.COMPUTING, True)
    assert (alone.blocker, alone.busy) == (B.UNKNOWN, False)
    assert sleeper.blocker is B.SLEEP


def test_what_is_not_known_is_not_guessed() -> None:
    """An unknown call into C that waits, and an empty stack."""
    assert blockage(("/home/me/a.py", "wait", True, "driver.poll_device"), busy=0.0).blocker is B.UNKNOWN
    assert find_blockage(StackSample(1.0, (), 1.0)) is None


def test_a_computing_thread_is_told_from_a_waiting_one() -> None:
    """By a real thread: a long call into C that lets go of the interpreter."""
    if not os.path.exists("/proc/self/task"):
        pytest.skip("needs Linux's /proc")
    base = sqlite3.connect(":memory:", check_same_thread=False)
    count = base.execute

    def count_on() -> None:
        with suppress(sqlite3.OperationalError):  # interrupted
            count("with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n")

    sampler = StackSampler()
    with closing(base), thread_of(Scene(B.NATIVE, "", count_on, base.interrupt)) as thread_id:

        def computing() -> Any:
            seen = sampler.look(thread_id)
            if seen is None:
                return False
            if seen.one_call is False:  # it was seen before its call had begun for good, and waited for its turn
                sampler.forget(thread_id)
            found = find_blockage(seen)
            return found is not None and found.busy and found.blocker is B.NATIVE

        wait_until(computing, "a busy thread")


def test_waits_of_taskmon_itself_are_told_apart() -> None:
    """A checkpoint that waits ends by itself; a result of another task does not."""
    with TaskRunner(2) as runner:
        sleeping_task = runner.start(lambda ctx: ctx.sleep(60))
        waiting_task = runner.start(lambda ctx: sleeping_task.result())
        sampler = StackSampler()

        def kind(task: Any) -> Blocker | None:
            thread_id = task.snapshot().thread_id
            found = find(sampler, thread_id) if thread_id is not None else None
            return None if found is None else found.blocker

        wait_until(lambda: kind(sleeping_task) is B.CHECKPOINT, "a wait in a checkpoint")
        wait_until(lambda: kind(waiting_task) is B.FUTURE, "a wait for a task")
        waiting_task.cancel()
        sleeping_task.cancel()


def test_threads_that_share_the_interpreter_compute_each() -> None:
    """A third of a processor, a tenth: at no call, it waits for nothing but its turn."""
    for busy in (0.33, 0.1, 0.03):
        assert blockage(("/home/me/a.py", "crunch", True, ""), busy=busy).blocker is B.COMPUTING
    assert blockage(("/home/me/a.py", "wait", True, "lock.acquire"), busy=0.33).blocker is B.LOCK


def _ours(table: dict[str, dict[str, Any]], homes: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The functions of taskmon that a table names, each with the file that it is said to be in."""
    package = Path(blockers.__file__).parents[2]
    for end, functions in table.items():
        for path in package.glob(f"core/*/{end}" if end in homes else end):
            if end not in homes or path.parent.name == homes[end]:
                yield from ((str(path), name.rpartition(".")[2]) for name in functions if name != "*")


@pytest.mark.parametrize(
    ("table", "homes"), [(blockers._FUNCTIONS, {}), (look._BY_FUNCTION, look._HOMES)], ids=["blockers", "facts"]
)
def test_our_own_waits_are_known_by_the_names_they_have(table: dict[str, Any], homes: dict[str, str]) -> None:
    """One that is called otherwise by now would be taken for any lock."""
    named = list(_ours(table, homes))
    assert len(named) > 3
    assert [(path, name) for path, name in named if f"def {name}(" not in Path(path).read_text()] == []
