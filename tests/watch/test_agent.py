"""The thread of ours in a watched program: how often it looks."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from taskmon.watch import start
from taskmon.watch.agent import Agent
from taskmon.watch.hooks.patching import nothing
from tests.helpers.gates import PATIENCE
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


class SlowAtFirst:
    """A look that has much to load, and looks that have nothing to do."""

    def __init__(self, agent: Agent) -> None:
        self.board = SimpleNamespace(watched=True, facts_period=1.0, spent_once=0.0)
        self.times: list[float] = []
        self._agent = agent

    def look(self) -> bool:
        self.times.append(time.monotonic())
        if len(self.times) == 1:
            end = time.thread_time() + 0.05
            while time.thread_time() < end:
                pass
        else:
            self._agent._ending = True
        return True

    def finish(self) -> None:
        """Nothing is left."""


def test_a_program_that_is_over_at_once_does_not_look_for_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes to look would be read from the disk and loaded at its end: a quarter of the whole start."""
    threads: list[Callable[[], object]] = []
    looked: list[str] = []
    monkeypatch.setattr("taskmon.watch.agent.spawn", lambda target, *_: threads.append(target))
    monkeypatch.setattr("taskmon.link.wire.meeting.address", lambda: looked.append("there"))
    hooks: Any = SimpleNamespace(output=SimpleNamespace(uninstall=nothing), rest=nothing)
    agent = Agent("program.py", hooks, library=False, expected=True)
    agent.start()
    agent.finish(time.monotonic())
    threads[0]()
    assert not looked


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_signal_at_its_end_prints_no_traceback_of_ours(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """The program is over: nothing of its is interrupted, and what is left to do at its end is done.

    A window is told of that end, however often.
    """
    done: list[str] = []
    monkeypatch.setattr("taskmon.core.base.threads.GOODBYE", PATIENCE)
    hooks: Any = SimpleNamespace(output=SimpleNamespace(uninstall=lambda: done.append("output")))
    agent = Agent("program.py", hooks, library=False, run="1")

    def strike(_timeout: float) -> bool:
        done.append("waits")
        if len(done) < 6:
            raise error
        return True

    monkeypatch.setattr(agent._ended, "wait", strike)
    watched = object.__new__(start.Watch)
    watched.agent = agent
    monkeypatch.setattr(watched, "_leave_line", lambda: done.append("line"), raising=False)
    monkeypatch.setattr(watched, "_see_threads_off", lambda: done.append("threads"), raising=False)

    watched.finish()

    assert done == ["waits", "output"] * 4 + ["line", "threads"]


def test_signals_without_end_put_off_its_end_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    struck: list[float] = []
    monkeypatch.setattr("taskmon.core.base.threads.GOODBYE", 0.01)
    watched = object.__new__(start.Watch)

    def strike(*_: float) -> None:
        struck.append(time.monotonic())
        raise KeyboardInterrupt

    watched.agent = cast("Any", SimpleNamespace(finish=strike))
    monkeypatch.setattr(watched, "_leave_line", strike, raising=False)
    monkeypatch.setattr(watched, "_see_threads_off", nothing, raising=False)

    watched.finish()

    assert struck[-1] - struck[0] >= 0.01


def test_one_long_look_does_not_put_off_the_next() -> None:
    """At a hundredth of the time, a look that takes 0.05 s would be followed by five seconds of nothing."""
    hooks: Any = SimpleNamespace()
    agent = Agent("program.py", hooks, library=False)
    looking: Any = SlowAtFirst(agent)
    agent._looking = looking
    thread = threading.Thread(target=agent._look_until_the_end)
    thread.start()
    agent.call_soon(lambda: None)
    thread.join(PATIENCE)
    first, second = looking.times
    assert second - first < 2.5


def test_what_no_later_look_does_again_puts_off_none() -> None:
    """Such as to search two hundred threads for their flags: the table would show for a minute what was so at first."""
    hooks: Any = SimpleNamespace()
    agent = Agent("program.py", hooks, library=False)

    class Searching(SlowAtFirst):
        def look(self) -> bool:
            self.times.append(time.monotonic())
            began = time.thread_time()
            while time.thread_time() < began + 0.05:
                pass
            self.board.spent_once = time.thread_time() - began
            self._agent._ending = len(self.times) == 4
            return True

    looking: Any = Searching(agent)
    agent._looking = looking
    thread = threading.Thread(target=agent._look_until_the_end)
    thread.start()
    agent.call_soon(lambda: None)
    thread.join(PATIENCE)

    assert looking.times[-1] - looking.times[0] < 5.0, "ten seconds after each, otherwise"


@pytest.mark.parametrize("times", [3, 1000])
def test_what_the_program_raises_in_our_thread_does_not_end_it_without_a_word(watch: Watch, times: int) -> None:
    """As a function does that it has given to `sys.monitoring`, or to be called with each collection of garbage."""
    agent = Agent("program.py", watch.hooks, library=False, always=True)
    agent._looking = watch.looking
    program, looks, looked = watch.looking.program, [0], watch.looking.look

    def look() -> bool:
        looks[0] += 1
        agent.call_soon(nothing)  # no pause
        if looks[0] <= times:
            raise SystemExit("the program's own")
        agent._ending = True
        return looked()

    watch.looking.look = look  # type: ignore[method-assign]
    thread = threading.Thread(target=agent._work)
    thread.start()
    agent.call_soon(nothing)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    if times == 3:
        assert not program.snapshot().state.is_final
        return
    picture = program.snapshot()
    assert picture.goes_on
    assert picture.details == "It is not watched any more: SystemExit: the program's own"


def test_what_measures_or_traces_all_threads_does_not_do_so_with_ours() -> None:
    """As yappi's `start`, and `threading.setprofile_all_threads` and `settrace_all_threads`."""
    heard: list[str] = []

    def note(frame: Any, event: str, argument: Any) -> None:
        heard.append(frame.f_code.co_name)

    class Measured(SlowAtFirst):
        def look(self) -> bool:
            sys.setprofile(note)
            sys.settrace(note)
            self.times.append(time.monotonic())
            if len(self.times) == 3:
                self._agent._ending = True
            self._agent.call_soon(self.never_heard)
            return True

        def never_heard(self) -> None:
            """Called after the next wait."""

    agent = Agent("program.py", SimpleNamespace(), library=False)  # type: ignore[arg-type]
    looking: Any = Measured(agent)
    agent._looking = looking
    thread = threading.Thread(target=agent._look_until_the_end)
    thread.start()
    agent.call_soon(lambda: None)
    thread.join(PATIENCE)
    assert len(looking.times) == 3
    assert "call_soon" in heard, "it was measured until the next turn"
    assert "never_heard" not in heard
