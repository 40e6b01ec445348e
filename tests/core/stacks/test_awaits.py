"""What a task of asyncio awaits is said as its source spells it, or less precisely; never wrongly."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import CodeType
from typing import Any

import pytest

from taskmon.core.stacks import awaits
from taskmon.core.stacks.awaits import Awaiting, look_at, stack_of
from taskmon.core.stacks.facts import Activity
from taskmon.core.stacks.words import activity
from tests.helpers.gates import PATIENCE

Named = dict[str, "asyncio.Task[Any]"]


def is_own(code: CodeType) -> bool:
    return code.co_filename == __file__


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._ready, self._go = threading.Event(), threading.Event()
        self.tasks: Named = {}
        self.failed: BaseException | None = None

    def run(self, start: Callable[[Callable[[Coroutine[Any, Any, Any], str], Any]], Awaitable[Any]]) -> Named:
        """Have `start` make tasks; return them once each of them has come as far as it can."""

        async def main() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda *_: None)
            self._leave = loop.create_future()
            self._loop = loop

            def add(coroutine: Coroutine[Any, Any, Any], name: str) -> Any:
                self.tasks[name] = loop.create_task(coroutine, name=name)
                return self.tasks[name]

            kept = await start(add)
            for _ in range(20):
                await asyncio.sleep(0)
            self._ready.set()
            await self._leave
            for task in self.tasks.values():
                task.cancel()
            await asyncio.wait(self.tasks.values())
            del kept

        def work() -> None:
            try:
                asyncio.run(main())
            except BaseException as error:
                self.failed = error
            finally:
                self._ready.set()

        self._thread = threading.Thread(target=work)
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        assert self.failed is None
        return self.tasks

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._leave.set_result, None)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert self.failed is None


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


class Box:
    def __init__(self) -> None:
        self.queue: asyncio.Queue[int] = asyncio.Queue()
        self.future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.locks = [asyncio.Lock()]


class Wrapped:
    """Awaitable by a method, as toolkits have them."""

    def __await__(self) -> Generator[Any, None, None]:
        return sleeps().__await__()


async def sleeps() -> None:
    await asyncio.sleep(2000)


async def gets(box: Box) -> int:
    return await box.queue.get()


async def puts(full: asyncio.Queue[int]) -> None:
    await full.put(2)


async def enters(lock: asyncio.Lock) -> None:
    async with lock:
        await asyncio.sleep(3000)


async def acquires(box: Box) -> None:
    await box.locks[0].acquire()


async def waits(event: asyncio.Event) -> None:
    await event.wait()


async def hangs(box: Box) -> int:
    return await box.future


async def follows(task: asyncio.Task[None]) -> None:
    await task


async def gathers() -> None:
    await asyncio.gather(sleeps(), sleeps())


async def shields() -> None:
    await asyncio.shield(sleeps())


async def in_time(box: Box) -> None:
    await asyncio.wait_for(box.queue.get(), 3000)


async def with_a_timeout(box: Box) -> None:
    async with asyncio.timeout(3000):
        await box.queue.get()


async def groups() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(sleeps())


async def in_a_thread(gate: threading.Event) -> None:
    await asyncio.to_thread(gate.wait)


async def in_a_pool(pool: ThreadPoolExecutor, gate: threading.Event) -> None:
    await asyncio.get_running_loop().run_in_executor(pool, gate.wait)


async def deep(box: Box) -> int:
    async def inner() -> int:
        return await gets(box)

    return 1 + await inner()


async def items(box: Box) -> AsyncIterator[int]:
    while True:
        yield await box.queue.get()


async def iterates(box: Box) -> None:
    async for _ in items(box):
        pass


async def wraps() -> None:
    await Wrapped()


async def on_condition(condition: asyncio.Condition) -> None:
    async with condition:
        await condition.wait()


async def on_semaphore(semaphore: asyncio.Semaphore) -> None:
    async with semaphore:
        pass


async def on_any(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])


async def at_barrier(barrier: asyncio.Barrier) -> None:
    await barrier.wait()


async def reads(reader: asyncio.StreamReader) -> None:
    await reader.readline()


async def by_index(futures: list[Any]) -> None:
    await futures[0]


async def one_of_two(box: Box, other: Any) -> None:
    await (box.future if box else other)


async def enters_one_of_two(lock: asyncio.Lock, other: Any) -> None:
    async with lock if other else other:
        pass


async def listens() -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    async with server:
        await server.serve_forever()


#: For each task, what it is said to await, and in which function.
TRUTH = {
    "sleeps": ("sleep(2000)", "sleeps"),
    "gets": ("box.queue.get", "gets"),
    "puts": ("full.put", "puts"),
    "enters": ("lock", "enters"),
    "acquires": ("box.locks[…].acquire", "acquires"),
    "waits": ("event.wait", "waits"),
    "hangs": ("box.future", "hangs"),
    "follows": ("task", "follows"),
    "gathers": ("gather", "gathers"),
    "shields": ("shield", "shields"),
    "in_time": ("wait_for", "in_time"),
    "with_a_timeout": ("box.queue.get", "with_a_timeout"),
    "groups": ("TaskGroup", "groups"),
    "in_a_thread": ("to_thread", "in_a_thread"),
    "in_a_pool": ("", "in_a_pool"),
    "deep": ("box.queue.get", "deep"),
    "iterates": ("box.queue.get", "iterates"),
    "wraps": ("sleep(2000)", "wraps"),
    "on_condition": ("condition.wait", "on_condition"),
    "on_semaphore": ("semaphore", "on_semaphore"),
    "on_any": ("wait", "on_any"),
    "at_barrier": ("barrier.wait", "at_barrier"),
    "reads": ("reader.readline", "reads"),
    "by_index": ("futures[…]", "by_index"),
    "one_of_two": ("", "one_of_two"),
    "enters_one_of_two": ("Lock", "enters_one_of_two"),
    "listens": ("server.serve_forever", "listens"),
    "of a library": ("", ""),
}


def test_each_await_is_called_what_the_source_calls_it(loop: Loop) -> None:
    gate, pool = threading.Event(), ThreadPoolExecutor(1)

    async def start(add: Callable[[Coroutine[Any, Any, Any], str], Any]) -> object:
        box, lock, full = Box(), asyncio.Lock(), asyncio.Queue[int](1)
        full.put_nowait(1)
        await lock.acquire()
        await box.locks[0].acquire()
        first = add(sleeps(), "sleeps")
        for coroutine in (
            gets(box), puts(full), enters(lock), acquires(box), waits(asyncio.Event()), hangs(box), follows(first),
            gathers(), shields(), in_time(box), with_a_timeout(box), groups(), in_a_thread(gate),
            in_a_pool(pool, gate), deep(box), iterates(box), wraps(), on_condition(asyncio.Condition()),
            on_semaphore(asyncio.Semaphore(0)), on_any(first), at_barrier(asyncio.Barrier(2)),
            reads(asyncio.StreamReader()), by_index([box.future]), one_of_two(box, full),
            enters_one_of_two(lock, full), listens(),
        ):  # fmt: skip
            add(coroutine, coroutine.__qualname__)
        add(asyncio.Event().wait(), "of a library")  # type: ignore[arg-type]
        return box

    now = time.monotonic()
    try:
        tasks = loop.run(start)
        found = {name: look_at(task, is_own, now, None) for name, task in tasks.items()}
        told = {
            name: (each.facts.subject, each.facts.function) if each is not None else None
            for name, each in found.items()
        }
        assert told == TRUTH
        assert all(each is not None and each.facts.activity is Activity.AWAITING for each in found.values())
        sleeping = found["sleeps"]
        assert sleeping is not None
        assert sleeping.facts.wakes_at is not None
        assert 1990 < sleeping.facts.wakes_at - now <= 2001
        assert activity(sleeping.facts, now).startswith("Awaiting sleep(2000), wakes in 33")
        deepest = found["deep"]
        assert deepest is not None
        assert [call.function for call in deepest.facts.calls] == ["gets", "deep.<locals>.inner", "deep"]
        assert deepest.facts.line == gets.__code__.co_firstlineno + 1
        stack = stack_of(tasks["deep"], is_own, now, 3.0)
        assert stack is not None
        assert [(frame.function, frame.own, frame.call) for frame in stack.frames] == [
            ("deep", True, ""), ("deep.<locals>.inner", True, ""), ("gets", True, "box.queue.get"),
            ("Queue.get", False, ""),
        ]  # fmt: skip
        assert stack.unmoved_since == 3.0
    finally:
        gate.set()
        pool.shutdown()


def test_who_has_moved_awaits_anew_and_who_has_not_since_then(loop: Loop) -> None:
    box: list[Box] = []

    async def start(add: Callable[[Coroutine[Any, Any, Any], str], Any]) -> None:
        box.append(Box())

        async def consumes() -> None:
            while True:
                await box[0].queue.get()

        add(consumes(), "consumes")

    task = loop.run(start)["consumes"]
    first = look_at(task, is_own, 1.0, None)
    second = look_at(task, is_own, 2.0, first)
    assert first is not None
    assert second == first
    assert (first.facts.since, first.facts.seen_coming) == (1.0, False)

    done = threading.Event()
    loop._loop.call_soon_threadsafe(box[0].queue.put_nowait, 1)
    loop._loop.call_soon_threadsafe(lambda: loop._loop.call_later(0.05, done.set))
    assert done.wait(PATIENCE)

    third = look_at(task, is_own, 3.0, second)
    assert third is not None
    assert third.facts.subject == first.facts.subject
    assert (third.facts.since, third.facts.seen_coming) == (3.0, True), "the same place, but another await"


def test_a_task_that_is_run_or_about_to_be_awaits_nothing(loop: Loop) -> None:
    """Nothing is told of one that computes, whose wait is over, or that only gives way to others."""
    computing, go = threading.Event(), threading.Event()

    async def computes() -> None:
        computing.set()
        go.wait(PATIENCE)

    async def start(add: Callable[[Coroutine[Any, Any, Any], str], Any]) -> None:
        box = Box()
        add(hangs(box), "ready")
        await asyncio.sleep(0)
        box.future.set_result(1)  # its task is to go on, but has not yet
        looked["ready"] = look_at(loop.tasks["ready"], is_own, 1.0, None)

        async def gives_way() -> None:
            while not go.is_set():
                await asyncio.sleep(0)

        add(gives_way(), "gives way")
        await asyncio.sleep(0)
        looked["gives way"] = look_at(loop.tasks["gives way"], is_own, 1.0, None)
        add(computes(), "computes")
        threading.Thread(target=look_meanwhile).start()

    looked: dict[str, Awaiting | None] = {}

    def look_meanwhile() -> None:
        assert computing.wait(PATIENCE)
        looked["computes"] = look_at(loop.tasks["computes"], is_own, 1.0, None)
        go.set()

    loop.run(start)
    assert looked == {"ready": None, "gives way": None, "computes": None}


def test_while_the_loop_goes_on_no_look_mixes_two_awaits(loop: Loop) -> None:
    """Two thousand looks at tasks that never rest: each tells of one await, with its own line."""
    lines: dict[str, int] = {}

    async def start(add: Callable[[Coroutine[Any, Any, Any], str], Any]) -> None:
        first, second = asyncio.Queue[int](1), asyncio.Queue[int](1)

        async def there() -> None:
            lines.update({"first.get": sys._getframe().f_lineno + 2, "second.put": sys._getframe().f_lineno + 3})
            while True:
                await first.get()
                await second.put(1)

        async def back() -> None:
            while True:
                await first.put(1)
                await second.get()

        add(there(), "there")
        add(back(), "back")

    tasks = loop.run(start)
    seen: set[str] = set()
    before: Awaiting | None = None
    for _ in range(2_000):
        before = look_at(tasks["there"], is_own, 1.0, before)
        if before is not None:
            assert lines[before.facts.subject] == before.facts.line
            assert before.facts.function.endswith("there")
            seen.add(before.facts.subject)
    assert seen <= lines.keys()


class Odd(asyncio.Task):  # type: ignore[type-arg]
    """A program may make of these what it likes."""

    def get_coro(self) -> Any:
        raise AssertionError("a look has run the program's code")

    def get_name(self) -> Any:
        raise AssertionError("a look has run the program's code")


def test_no_code_of_the_program_is_run(loop: Loop) -> None:
    async def start(add: Callable[[Coroutine[Any, Any, Any], str], Any]) -> None:
        running = asyncio.get_running_loop()
        running.set_task_factory(lambda it, coroutine, **more: Odd(coroutine, loop=it, **more))
        odd = add(sleeps(), "odd")
        add(follows(odd), "follows")
        add(awaits_directly([odd]), "direct")
        running.set_task_factory(None)

    async def awaits_directly(tasks: list[Any]) -> None:
        await (tasks[0] if tasks else None)

    tasks = loop.run(start)
    odd, direct = (look_at(tasks[name], is_own, 1.0, None) for name in ("odd", "direct"))
    assert odd is not None
    assert odd.facts.subject == "sleep(2000)"
    assert direct is not None
    assert direct.facts.subject == "odd", "the source gives it no name, so it is called what the task is"
    assert look_at(tasks["follows"], is_own, 1.0, None) is not None
    assert awaits.look_at(object(), is_own, 1.0, None) is None
