"""Words for stacks: the headline, and advice for every blocker, in taskmon's API or in plain Python."""

from __future__ import annotations

import re

import pytest

import taskmon
from taskmon.bridge.details import advice
from taskmon.core.stacks import blockers
from taskmon.core.stacks.blockers import Blockage, Blocker
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.stop import StopToken
from taskmon.core.task.context import TaskContext
from taskmon.core.task.snapshot import ProgramInfo, TaskSnapshot
from taskmon.core.task.state import TaskState

OWN = StackFrame("/home/me/client.py", 88, "fetch", True, "sock.recv")
LOOP = StackFrame("/home/me/model.py", 40, "crunch", True)
FLAT = StackSample(20.0, (OWN,), 6.0, 0.0)


def test_the_headline_says_where_and_for_how_long() -> None:
    """As the design has it: the call, the line, the time."""
    assert advice.headline(FLAT) == "In sock.recv, client.py line 88: the same at each look for 14\u00a0s."


def test_a_line_of_a_library_is_not_told_where_more_is_known() -> None:
    """The main thread that waits at the end for the others is in no call of the program's own."""
    library = FLAT._replace(
        frames=(StackFrame("/usr/lib/python3/threading.py", 1590, "_shutdown", False, "lock.acquire"),)
    )
    running = TaskSnapshot(1, "x.py", TaskState.RUNNING, 1, 20.0, 0.0, 0.0)
    kept = running._replace(program=ProgramInfo(), shield="its main thread has ended; it waits for poll-0")

    assert advice.headline(library, kept) == "Its main thread has ended; it waits for poll-0."
    waiting = running._replace(facts=ThreadFacts(activity=Activity.THREAD, since=19.0))
    assert advice.headline(library, waiting) == "Waiting for a thread to end."
    assert "threading.py" in advice.headline(library, running)
    assert "client.py" in advice.headline(FLAT, kept)


def test_only_one_call_is_called_blocked_and_for_how_long_at_least() -> None:
    """The thread has not given up its processor since; else it has left the call and made it again."""
    one, many = FLAT._replace(one_call=True), FLAT._replace(one_call=False)

    assert advice.headline(one) == "Blocked in sock.recv, client.py line 88, for at least 14\u00a0s."
    assert advice.headline(many) == "In sock.recv, client.py line 88: seen there again and again over 14\u00a0s."
    assert "Blocked" not in advice.headline(one._replace(unmoved_since=19.5))


def test_a_block_is_quoted_as_the_line_that_it_is() -> None:
    """A lock may be called `second`, and “blocked in with second” be no sentence."""
    blocked = FLAT._replace(frames=(OWN._replace(call="with second"),), one_call=True)

    assert advice.headline(blocked).startswith("Blocked in “with second:”, client.py line 88")


def test_the_first_look_at_an_unknown_call_gives_no_advice() -> None:
    """It may wait or compute."""
    first = StackSample(20.0, (OWN._replace(call="table.get"),), 20.0)

    assert advice.advice(first) == ""
    assert "timeout" in advice.advice(first._replace(unmoved_since=6.0))


@pytest.mark.parametrize("call", ["lock.acquire", "select.select", "thread.join", "make"])
def test_no_timeout_is_advised_where_the_call_ends_already(call: str) -> None:
    """Seen there again and again, or known to have one."""
    stuck = FLAT._replace(frames=(OWN._replace(call=call),), one_call=True)
    many = stuck._replace(one_call=False)

    assert "timeout" in advice.advice(stuck, foreign=True)
    just_seen = stuck._replace(one_call=None)
    for told in (advice.advice(many, foreign=True), advice.advice(just_seen, foreign=True, timed=True)):
        assert "timeout" not in told
        assert "stop flag between" in told
    assert "ctx.checkpoint() between" in advice.advice(many)


@pytest.mark.parametrize("foreign", [True, False])
def test_of_a_call_that_looks_again_and_again_it_is_not_said_that_it_comes_back(foreign: bool) -> None:
    """``subprocess.run(command, timeout=50)`` sleeps and asks in turns, all in one call."""
    asleep = StackFrame("/usr/lib/python3/subprocess.py", 2028, "Popen._wait", False, "time.sleep")
    waiting = FLAT._replace(frames=(OWN._replace(call="subprocess.run"), asleep), one_call=False)

    assert "comes back" not in advice.advice(waiting, foreign=foreign)
    assert "erminate" in advice.advice(waiting, foreign=foreign)
    assert "comes back" in advice.advice(waiting, foreign=foreign, timed=True)


@pytest.mark.parametrize("foreign", [True, False])
def test_of_a_call_that_lasts_it_is_not_said_that_it_comes_back(foreign: bool) -> None:
    """It has a timeout, but nobody has seen that end."""
    waiting = FLAT._replace(frames=(OWN._replace(call="stop.wait"),), one_call=True)
    assert advice.advice(waiting, foreign=foreign, timed=True).startswith("Its timeout is long: use a shorter one")


def test_what_has_just_been_seen_is_not_called_blocked() -> None:
    """For that, it has to be seen twice at the same place."""
    assert advice.headline(FLAT._replace(unmoved_since=20.0)) == "In sock.recv, client.py line 88."


def test_a_computing_thread_is_not_called_blocked() -> None:
    """It is at work."""
    busy = StackSample(20.0, (LOOP,), 6.0, 0.97)
    native = StackSample(20.0, (LOOP._replace(call="np.linalg.inv"),), 6.0, 0.97, one_call=True)

    assert advice.headline(busy) == "Computing at model.py line 40."
    assert (
        advice.headline(native) == "Computing in np.linalg.inv, model.py line 40: the same at each look for 14\u00a0s."
    )
    assert "ctx.checkpoint()" in advice.advice(busy)


def test_a_loop_that_calls_functions_in_c_is_no_call_that_computes() -> None:
    """One look in many happens to see it in a call: that must not change what is advised."""
    one_call = StackSample(20.0, (LOOP._replace(call="len"),), 6.0, 0.97, one_call=True)
    between = StackSample(20.0, (LOOP,), 19.9, 0.97)
    in_it = one_call._replace(unmoved_since=19.9)

    assert "computes in C" in advice.advice(one_call, foreign=True)
    assert advice.advice(in_it, foreign=True) == advice.advice(between, foreign=True)
    assert "computes in C" not in advice.advice(one_call._replace(one_call=False), foreign=True)
    assert "len" not in advice.headline(one_call._replace(one_call=False))


def test_an_empty_stack_is_told_as_such() -> None:
    """Nothing is made up."""
    empty = StackSample(20.0, (), 20.0)

    assert advice.headline(empty) == "The thread has no Python code to show."
    assert advice.advice(empty) == ""


def test_hostile_names_become_one_plain_line() -> None:
    """A file may be called anything."""
    frame = OWN._replace(file="/tmp/a\nb\x1b[31m.py", call="x\u202ey")

    assert advice.headline(FLAT._replace(frames=(frame,))).replace("\u00a0", " ").isprintable()


@pytest.mark.parametrize("blocker", Blocker)
def test_every_blocker_has_advice(blocker: Blocker, monkeypatch: pytest.MonkeyPatch) -> None:
    """In our own API for tasks of taskmon, in plain Python for others; none for a wait that a stop ends by itself."""
    found = Blockage(blocker, "x.y", OWN, False, 6.0)
    monkeypatch.setattr(advice, "find_blockage", lambda _: found)

    ours, theirs = advice.advice(FLAT), advice.advice(FLAT, foreign=True)

    assert bool(ours) is bool(theirs) is (blocker is not Blocker.CHECKPOINT)
    assert "ctx" not in theirs
    assert "taskmon" not in theirs
    assert advice.headline(FLAT)


def test_the_advice_names_only_what_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every `ctx.…` and `taskmon.…` in it is there to be used."""
    words = []
    for blocker in Blocker:
        monkeypatch.setattr(advice, "find_blockage", lambda _, b=blocker: Blockage(b, "x.y", OWN, False, 6.0))
        words.append(advice.advice(FLAT))
    text = " ".join(words)

    for name in re.findall(r"ctx\.stop\.(\w+)", text):
        assert hasattr(StopToken, name), name
    for name in re.findall(r"ctx\.(\w+)", text):
        assert hasattr(TaskContext, name) or name == "stop", name
    for name in re.findall(r"taskmon\.(\w+)", text):
        assert hasattr(taskmon, name), name
    assert len(set(words)) >= len(blockers.Blocker) - 1, "each has its own"


def test_one_that_has_a_flag_is_not_told_to_have_one() -> None:
    """It computes where it does not look at that."""
    busy = FLAT._replace(busy=1.0)
    assert "stop_event" in advice.advice(busy, foreign=True)
    assert "It has a way to stop" in advice.advice(busy, foreign=True, has_way=True)
