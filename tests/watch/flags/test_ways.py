"""Methods that end a thread which no variable ends: by a pipe that it waits at, or by an event of its own loop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType

import pytest

from taskmon.watch.flags import Finding, Target, find_stop
from tests.helpers.gates import PATIENCE
from tests.watch.flags.conftest import Load

Run = Callable[..., threading.Thread]

_TAIL = """
    import contextlib, os, select, socket
    class Tail:
        def __init__(self):
            self.near, self.far = {pair}
            self.thread = None
        def follow(self):
            while True:
                ready, _, _ = select.select([self.near], [], [])
                if self.near in ready: break
            {after}
        def let_go(self):
            {wake}
            self.thread.join()
    tail = Tail()
"""
_CLOSE = """
            far, self.far = self.far, None
            if far is not None: os.close(far)
"""
_GUARDED = """
            if self.thread.is_alive(): self.far.send(b"x")
"""


def _close_ends(module: ModuleType) -> None:
    for end in {module.tail.near, module.tail.far}:
        with suppress(OSError):
            end.close() if hasattr(end, "close") else end is None or os.close(end)


@pytest.mark.parametrize(
    ("pair", "wake", "after"),
    [
        ("os.pipe()", 'os.write(self.far, b"x")', "pass"),
        ("os.pipe()", _CLOSE, "os.close(self.near)"),
        ("[os.eventfd(0)] * 2", "os.eventfd_write(self.far, 1)", "pass"),
        ("socket.socketpair()", _GUARDED, "self.near.close(); self.far.close()"),
    ],
    ids=["byte", "closed", "eventfd", "pair"],
)
def test_its_own_pipe_ends_it(program: Load, run: Run, pair: str, wake: str, after: str) -> None:
    module = program(_TAIL.format(pair=pair, wake=wake, after=after))
    thread = module.tail.thread = run(lambda: None, module.tail.follow)

    finding = find_stop(Target.of_thread(thread))

    assert (finding.means, finding.apply().done) == ("calls its own let_go()", True)
    thread.join(PATIENCE)
    _close_ends(module)


@pytest.mark.parametrize(
    ("wake", "after", "why"),
    [
        ('os.write(self.far, b"x")', "os.close(self.near)", "the thread closes what it writes into"),
        ('os.write(self.far, b"x")', "launch()", "works on after it: calls launch()"),
        ('os.write(self.far, b"x"); launch()', "pass", "it also calls launch()"),
    ],
)
def test_a_pipe_that_does_more_is_left(program: Load, run: Run, wake: str, after: str, why: str) -> None:
    module = program(_TAIL.format(pair="os.pipe()", wake=wake, after=after))
    module.launch = print  # type: ignore[attr-defined]
    thread = module.tail.thread = run(lambda: None, module.tail.follow)

    finding = find_stop(Target.of_thread(thread))
    module.tail.let_go()
    _close_ends(module)

    assert finding.means == ""
    assert why in finding.offers[0].why


_SERVICE = """
    import asyncio
    class Service:
        def __init__(self):
            self.ready = threading.Event()
            self.thread = None
        def run(self): asyncio.run(self.main())
        async def main(self):
            self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
            self.ready.set()
            tasks = [asyncio.create_task(self.tick()) for _ in range(2)]
            await self.over.wait()
            for task in tasks: task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            {after}
        async def tick(self):
            while True: await asyncio.sleep(60)
        async def ship(self): compute()
        def leave(self):
            with self.lock:
                if self.thread.is_alive(): self.loop.call_soon_threadsafe(self.over.set)
            self.thread.join()
        {more}
    service = Service()
    service.lock = threading.Lock()
"""


def _service(program: Load, run: Run, *, after: str = "print()", more: str = "") -> tuple[threading.Thread, Finding]:
    module = program(_SERVICE.format(after=after, more=more))
    module.compute = print  # type: ignore[attr-defined]
    thread = module.service.thread = run(module.service.leave, module.service.run)
    assert module.service.ready.wait(PATIENCE)
    return thread, find_stop(Target.of_thread(thread))


def test_an_event_of_its_own_loop_ends_it(program: Load, run: Run) -> None:
    thread, finding = _service(program, run)

    assert (finding.means, finding.apply().done) == ("calls its own leave()", True)
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"after": "await self.ship()"}, "works on after it: calls ship()"),
        (
            {"more": "def ask(self): return asyncio.run_coroutine_threadsafe(self.tick(), self.loop).result()"},
            "others may wait for what they have handed to its loop",
        ),
    ],
)
def test_an_event_of_a_loop_that_does_more_is_left(program: Load, run: Run, parts: dict[str, str], why: str) -> None:
    _, finding = _service(program, run, **parts)

    assert finding.means == ""
    assert why in finding.offers[0].why


GREENHOUSE = """
    DAY, NIGHT, OFF = range(3)
    class Greenhouse:
        def __init__(self): self.mode, self.gate, self.watered = DAY, threading.Condition(), 0
        def care(self):
            while True:
                with self.gate:
                    if self.mode == OFF: return
                    self.gate.wait(1)
                self.watered += 1
        def lock_up(self):
            with self.gate:
                self.mode = OFF
                self.gate.notify_all()
            self.thread.join()
    house = Greenhouse()
"""


def test_a_condition_at_which_the_thread_alone_waits_tells_nobody_else(program: Load) -> None:
    module = program(GREENHOUSE)
    module.house.thread = threading.Thread(target=module.house.care)

    assert find_stop(Target.of_thread(module.house.thread)).means == "calls its own lock_up()"
