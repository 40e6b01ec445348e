"""The tasks of asyncio are found whichever way a Python version keeps them, in whichever thread their loop runs."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from taskmon.watch.event_loops import EventLoops, running_loops
from tests.helpers.gates import Gate


class Stage:
    """A loop in a thread of its own, at rest within a task until the test lets it go on."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, eager: bool = False) -> None:
        self.loop = loop
        self.gate = Gate()
        self._eager = eager

    async def _wait(self, done: asyncio.Event) -> None:
        await done.wait()

    async def _main(self) -> None:
        if self._eager:
            self.loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        done = asyncio.Event()
        waiting = self.loop.create_task(self._wait(done), name="waiting")
        await asyncio.sleep(0)
        self.gate.pass_through()  # holds up the loop: whoever looks sees it in the middle of this task
        done.set()
        await waiting

    def run(self) -> None:
        self.loop.run_until_complete(self._main())


@contextmanager
def running(stage: Stage) -> Iterator[int]:
    """The stage in a thread, at its gate."""
    thread = threading.Thread(target=stage.run)
    thread.start()
    stage.gate.await_arrival()
    try:
        yield thread.ident or 0
    finally:
        stage.gate.open()
        thread.join()
        stage.loop.close()


def names(loops: EventLoops, frames: dict[int, FrameType]) -> list[str]:
    """The named tasks that were found."""
    return [task.get_name() for task in {id(task): task for task in loops.tasks(frames)}.values() if not task.done()]


def test_the_tasks_of_every_thread_are_found() -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(running(Stage(asyncio.new_event_loop())))
        assert names(EventLoops(), sys._current_frames()).count("waiting") == 3


def test_an_eager_task_that_waits_is_found() -> None:
    eager = sys.version_info >= (3, 12)
    with running(Stage(asyncio.new_event_loop(), eager=eager)):
        assert names(EventLoops(), sys._current_frames()).count("waiting") == 1


def test_a_loop_without_frames_is_known_by_whoever_runs_it() -> None:
    """A loop written in C, such as uvloop's, is on nobody's stack."""
    loops = EventLoops()
    stage = Stage(asyncio.new_event_loop())
    with running(stage) as ident:
        frame: Any = sys._current_frames()[ident]
        while frame.f_code is not Stage.run.__code__:
            frame = frame.f_back
        assert names(loops, {ident: frame}).count("waiting") == 1


def test_the_tasks_of_a_loop_at_rest_are_not_forgotten() -> None:
    """A program may run its loop in turns: what waits for the next one is still at work."""
    loop = asyncio.new_event_loop()
    loops = EventLoops()
    seen: list[str] = []
    kept: list[asyncio.Task[None]] = []

    async def wait() -> None:
        await asyncio.Event().wait()

    async def begin() -> None:
        kept.append(loop.create_task(wait(), name="kept"))
        await asyncio.sleep(0)
        seen.extend(names(loops, sys._current_frames()))

    loop.run_until_complete(begin())
    assert "kept" in seen
    assert names(loops, sys._current_frames()) == ["kept"]

    kept[0].cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def test_what_ran_at_a_fork_is_the_parents() -> None:
    """In the child nothing of it goes on; but a loop that was only made before, the child may run."""
    later = Stage(asyncio.new_event_loop())
    with running(Stage(asyncio.new_event_loop())) as ident:
        parents = running_loops(sys._current_frames()[ident])
        with running(later):
            assert names(EventLoops(parents), sys._current_frames()).count("waiting") == 1
            assert names(EventLoops(), sys._current_frames()).count("waiting") == 2
    assert running_loops(None) == []


def test_a_loop_is_not_kept_alive() -> None:
    loops = EventLoops()
    with running(Stage(asyncio.new_event_loop())):
        loops.tasks(sys._current_frames())
    import gc

    gc.collect()
    loops.tasks({})
    assert not loops._known
