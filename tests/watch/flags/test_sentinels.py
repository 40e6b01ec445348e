"""Items of which a part ends the thread: put as the program itself makes them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from taskmon.watch.flags import Finding, Target, find_stop
from tests.helpers.gates import PATIENCE
from tests.watch.flags.conftest import Load

Run = Callable[..., threading.Thread]

_PRESS = """
    import itertools
    from dataclasses import dataclass, field
    from typing import NamedTuple
    @dataclass(order=True)
    class Ticket:
        rank: int
        number: int
        sheet: object = field(compare=False)
    class Message(NamedTuple):
        kind: str
        body: object = None
    class Press:
        def __init__(self): self.tickets, self.numbers = {queue}, itertools.count()
        def order(self, sheet): self.tickets.put(Ticket(5, next(self.numbers), sheet))
        def knock_off(self): {put}
        def work(self):
            {loop}
            {after}
    press = Press()
    def main(): {main}
"""
_PARTS = {
    "queue": "queue.PriorityQueue()",
    "put": "self.tickets.put(Ticket(-1, next(self.numbers), None))",
    "loop": "while (ticket := self.tickets.get()).sheet is not None: print(ticket.sheet)",
    "after": "pass",
    "main": "pass",
}


def _press(program: Load, **parts: str) -> Target:
    return Target(program(_PRESS.format(**{**_PARTS, **parts})).press.work)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {
            "put": "self.tickets.put((-1, next(self.numbers), None))",
            "loop": "while True:\n                rank, number, sheet = self.tickets.get()\n"
            "                if sheet is None: break",
        },
        {
            "queue": "queue.Queue()",
            "put": 'self.tickets.put(Message("stop"))',
            "loop": 'while True:\n                if self.tickets.get().kind == "stop": break',
        },
    ],
    ids=["dataclass", "tuple", "named tuple"],
)
def test_its_own_method_puts_what_ends_it(program: Load, run: Run, parts: dict[str, str]) -> None:
    thread = run(lambda: None, _press(program, **parts).function)

    finding = find_stop(Target.of_thread(thread))

    assert (finding.means, finding.apply().done) == ("calls its own knock_off()", True)
    thread.join(PATIENCE)


@pytest.mark.parametrize("word", ["('quit', None)", "{0: 'quit'}"])
def test_a_constant_item_is_put_as_it_is_written(program: Load, run: Run, word: str) -> None:
    module = program(f"""
        jobs = queue.Queue()
        def work():
            while True:
                item = jobs.get()
                if item[0] == "quit": break
        def stop(): jobs.put({word})
    """)
    thread = run(lambda: None, module.work)

    finding = find_stop(Target.of_thread(thread))

    assert (finding.means, finding.apply().done) == (f"puts {word} into jobs", True)
    thread.join(PATIENCE)


def _why(finding: Finding) -> str:
    assert finding.means == ""
    return finding.why_not


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"main": "press.tickets.join()"}, "ends without a task_done() for it"),
        ({"after": "press.order(1)"}, "works on after it: calls order()"),
        ({"queue": "queue.PriorityQueue(9)"}, "only the program itself knows how to make such an item"),
        ({"put": "launch(); self.tickets.put(Ticket(-1, 0, None))"}, "only the program itself knows how to make"),
        ({"main": "press.tickets.get()"}, "takes from it as well"),
    ],
)
def test_a_part_that_may_mean_more_is_left(program: Load, parts: dict[str, str], why: str) -> None:
    assert why in _why(find_stop(_press(program, **parts)))


def test_one_of_several_is_not_ended_for_another(program: Load, run: Run) -> None:
    target = _press(program)
    press = target.function.__self__  # type: ignore[attr-defined]
    threads = [run(press.knock_off, press.work) for _ in range(2)]

    assert "others take from it as well" in _why(find_stop(Target.of_thread(threads[0])))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_the_child_of_a_fork_is_looked_at_whatever_its_parents_agent_was_doing() -> None:
    code = """
import os, queue, signal, threading
from taskmon.watch.flags.sentinels import consumers
consumers._lock.acquire()  # as another thread has it, which is not in the child
child = os.fork()
if child == 0:
    signal.alarm(20)
    consumers.note(queue.Queue(), threading.main_thread())
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True)
    assert done.stdout == "7\n"
