"""Who waits for whom is told where it is known, and a circle only where there is one."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.stacks.calls import call_at
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.frames import current_frames
from taskmon.core.stacks.locks import Locks, LocksLook, LockWait, with_locks
from tests.core.stacks.test_look import looked_at
from tests.helpers.gates import PATIENCE, wait_until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where its threads wait"),
    pytest.mark.timeout(150),
]

#: Programs of which two threads wait for each other: what stands before them, and the bodies of the two. Each takes its
#: first lock, meets the other, and asks for its second.
DEADLOCKS: dict[str, tuple[str, str, str]] = {
    "with": (
        "one, two = threading.Lock(), threading.Lock()",
        "with one:\n  both.wait()\n  with two: pass",
        "with two:\n  both.wait()\n  with one: pass",
    ),
    "with_then_acquire": (
        "one, two = threading.Lock(), threading.Lock()",
        "with one:\n  both.wait()\n  two.acquire()",
        "with two:\n  both.wait()\n  one.acquire()",
    ),
    "one_with_of_two": (
        "one, two, third = threading.Lock(), threading.Lock(), threading.Lock()",
        "with one, third:\n  both.wait()\n  with two: pass",
        "with two:\n  both.wait()\n  with one: pass",
    ),
    "acquired": (
        "one, two = threading.Lock(), threading.Lock()",
        "one.acquire()\nboth.wait()\ntwo.acquire()\ntwo.release()\none.release()",
        "two.acquire()\nboth.wait()\none.acquire()\none.release()\ntwo.release()",
    ),
    "acquired_and_tried": (
        "one, two = threading.Lock(), threading.Lock()\n"
        "def move(source, target):\n  for _ in range(3):\n    source.acquire()\n    try:\n      both.wait()\n"
        "      target.acquire()\n      try: return 1\n      finally: target.release()\n    finally:\n"
        "      source.release()",
        "move(one, two)",
        "move(two, one)",
    ),
    "acquired_further_out": (
        "one, two = threading.Lock(), threading.Lock()\nclass Box: lock = one\n"
        "def inner(lock):\n  with lock: pass\n"
        "def outer(box, other):\n  if box:\n    box.lock.acquire()\n    while True:\n      both.wait()\n"
        "      inner(other)\n      if other.locked(): break\n    box.lock.release()",
        "outer(Box(), two)",
        "with two:\n  both.wait()\n  one.acquire()\n  one.release()",
    ),
    "rlocks": (
        "one, two = threading.RLock(), threading.RLock()",
        "one.acquire()\nboth.wait()\ntwo.acquire()",
        "two.acquire()\nboth.wait()\nwith one: pass",
    ),
    "mixed": (
        "one, two = threading.RLock(), threading.Lock()",
        "one.acquire()\nboth.wait()\nwith two: pass",
        "with two:\n  both.wait()\n  one.acquire()",
    ),
    "conditions": (
        "one, two = threading.Condition(threading.Lock()), threading.Condition()",
        "with one:\n  both.wait()\n  with two: pass",
        "with two:\n  both.wait()\n  with one: pass",
    ),
    "by_name": (
        "locks = {'a': threading.Lock(), 'b': threading.Lock()}\ndef move(source, target):\n  with locks[source]:\n"
        "    both.wait()\n    with locks[target]: pass",
        "move('a', 'b')",
        "move('b', 'a')",
    ),
    "attribute_by_number": (
        "class Bank:\n  def __init__(self): self.locks = [threading.Lock(), threading.Lock()]\n"
        "  def move(self, source, target):\n    with self.locks[source]:\n      both.wait()\n"
        "      with self.locks[target]: pass\nbank = Bank()",
        "bank.move(0, 1)",
        "bank.move(1, 0)",
    ),
    "attributes": (
        "class Account:\n  def __init__(self): self.lock = threading.Lock()\none, two = Account(), Account()",
        "with one.lock:\n  both.wait()\n  with two.lock: pass",
        "with two.lock:\n  both.wait()\n  with one.lock: pass",
    ),
    "slots": (
        "class Account:\n  __slots__ = ('lock',)\n  def __init__(self): self.lock = threading.Lock()\n"
        "one, two = Account(), Account()",
        "with one.lock:\n  both.wait()\n  with two.lock: pass",
        "with two.lock:\n  both.wait()\n  with one.lock: pass",
    ),
    "index": (
        "locks = [threading.Lock(), threading.Lock()]",
        "with locks[0]:\n  both.wait()\n  with locks[1]: pass",
        "with locks[1]:\n  both.wait()\n  with locks[0]: pass",
    ),
    "deeper": (
        "one, two = threading.Lock(), threading.Lock()\ndef inner(lock):\n  with lock: pass",
        "with one:\n  both.wait()\n  inner(two)",
        "with two:\n  both.wait()\n  inner(one)",
    ),
    "joins": ("", "both.wait()\nthreads['second'].join()", "both.wait()\nthreads['first'].join()"),
    "lock_and_join": (
        "one = threading.Lock()",
        "with one:\n  both.wait()\n  threads['second'].join()",
        "both.wait()\nwith one: pass",
    ),
}


def _indented(body: str) -> str:
    return "\n".join("    " + line for line in body.split("\n"))


def _program(before: str, first: str, second: str) -> str:
    return (
        f"import queue, threading, time\n{before}\nboth = threading.Barrier(2)\n"
        f"def first():\n{_indented(first)}\ndef second():\n{_indented(second)}\n"
        'THREADS = {"first": first, "second": second}\n'
    )


@pytest.mark.parametrize("name", DEADLOCKS)
def test_a_circle_is_found(name: str, tmp_path: Path) -> None:
    wanted = {
        "joins": {"first": "thread", "second": "thread"},
        "lock_and_join": {"first": "thread", "second": "lock"},
    }.get(name, {"first": "lock", "second": "lock"})

    found = looked_at(tmp_path, _program(*DEADLOCKS[name]), wanted, looks=4)

    assert [sorted(circle) for circle in found["circles"]] == [["first", "second"]]
    assert found["told"]["first"]["owner"] == "second"
    assert found["told"]["second"]["owner"] == "first"


#: Programs in which nothing is stuck for ever, or in which who holds a lock cannot be known.
HEALTHY: dict[str, tuple[str, str, str]] = {
    "timeout": (
        "one, two = threading.Lock(), threading.Lock()",
        "with one:\n  both.wait()\n  two.acquire(timeout=500)",
        "with two:\n  both.wait()\n  one.acquire(timeout=500)",
    ),
    "join_with_timeout": (
        "",
        "both.wait()\nthreads['second'].join(500)",
        "both.wait()\nthreads['first'].join(500)",
    ),
    "one_direction": (
        "one = threading.Lock()",
        "with one:\n  both.wait()\n  time.sleep(500)",
        "both.wait()\nwith one: pass",
    ),
    "released_early": (
        "one, two = threading.Lock(), threading.Lock()\nthreading.Timer",
        "with one:\n  one.release()\n  both.wait()\n  with two: pass",
        "with two:\n  both.wait()\n  one.acquire()\n  one.acquire()",
    ),
    "given_back_before": (
        "one, two = threading.Lock(), threading.Lock()",
        "one.acquire()\none.release()\nboth.wait()\nwith two: pass\none.acquire()\none.release()",
        "with two:\n  both.wait()\n  one.acquire()\n  one.acquire()",
    ),
    "given_back_in_a_round": (
        "one, two = threading.Lock(), threading.Lock()\none.acquire()",
        "for number in range(3):\n  if number == 1: one.acquire(); number = 5\n  if number == 2:\n    both.wait()\n"
        "    with two: pass\n  if number == 5:\n    one.release()\n  if number == 0: one.release()",
        "with two:\n  both.wait()\n  one.acquire()\n  one.acquire()",
    ),
    "taken_perhaps": (
        "one, two = threading.Lock(), threading.Lock()\none.acquire()",
        "if not threads: one.acquire()\nboth.wait()\nwith two: pass\none.release()",
        "with two:\n  both.wait()\n  one.acquire()",
    ),
    "taken_by_another_name": (
        "one, two, third = threading.Lock(), threading.Lock(), threading.Lock()\nthird.acquire()",
        "lock = one\nlock.acquire()\nlock = third\nboth.wait()\nwith two: pass\nlock.release()",
        "with two:\n  both.wait()\n  third.acquire()",
    ),
    "taken_in_vain": (
        "one, two = threading.Lock(), threading.Lock()\none.acquire()",
        "one.acquire(timeout=0.01)\nboth.wait()\nwith two: pass\none.release()",
        "with two:\n  both.wait()\n  one.acquire()",
    ),
    "given_back_where_an_error_is_handled": (
        "one, two = threading.Lock(), threading.Lock()",
        "one.acquire()\ntry: 1 / 0\nexcept ZeroDivisionError:\n  one.release()\n  both.wait()\n  with two: pass\n"
        "else:\n  one.release()",
        "with two:\n  both.wait()\n  one.acquire()\n  one.acquire()",
    ),
    "given_back_by_waiting": (
        "one = threading.Condition(threading.Lock())",
        "with one:\n  one.wait()",
        "both.wait\none.acquire()\none.acquire()",
    ),
    "semaphores": (
        "one, two = threading.Semaphore(1), threading.Semaphore(1)",
        "with one:\n  both.wait()\n  with two: pass",
        "with two:\n  both.wait()\n  with one: pass",
    ),
    "a_property": (
        "class Box:\n  lock = property(lambda self: 1 / 0)\nbox = Box()\none = threading.Lock(); one.acquire()",
        "both.wait()\nwith one: pass",
        "both.wait()\nwith one: pass",
    ),
    "another_by_now": (
        "locks = [threading.Lock(), threading.Lock(), threading.Lock()]; locks[1].acquire()",
        "number = 0\nwith locks[number]:\n  number = 1\n  both.wait()\n  with locks[2]: pass",
        "with locks[2]:\n  both.wait()\n  with locks[1]: pass",
    ),
    "queue": (
        "full = queue.Queue(1); full.put(1)",
        "both.wait()\nfull.put(2)",
        "both.wait()\nthreads['first'].join()",
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_no_circle_is_made_up(name: str, tmp_path: Path) -> None:
    found = looked_at(tmp_path, _program(*HEALTHY[name]), {}, looks=25)

    assert found["ever"] == []
    if name.startswith(("released", "given_back", "taken")):
        assert "first" not in found["owners"]["second"]


#: Programs whose threads look stuck for moments, and never are.
BUSY: dict[str, tuple[str, str, str]] = {
    "two_in_one_order": (
        "one, two = threading.Lock(), threading.RLock()",
        *["while True:\n  with one:\n    with two:\n      sum(range(50))"] * 2,
    ),
    "entered_twice": (
        "one = threading.RLock()",
        *["while True:\n  with one:\n    with one:\n      sum(range(50))"] * 2,
    ),
    "backing_off": (
        "one, two = threading.Lock(), threading.Lock()",
        "while True:\n  with one:\n    if two.acquire(timeout=0.002): two.release()",
        "while True:\n  with two:\n    if one.acquire(timeout=0.002): one.release()",
    ),
    "batons": (
        "one, two = threading.Lock(), threading.Lock(); two.acquire()",
        "while True:\n  one.acquire()\n  two.release()",
        "while True:\n  two.acquire()\n  one.release()",
    ),
    "a_condition": (
        "one = threading.Condition(); turn = [0]",
        "while True:\n  with one:\n    one.wait_for(lambda: turn[0] == 0)\n    turn[0] = 1\n    one.notify_all()",
        "while True:\n  with one:\n    one.wait_for(lambda: turn[0] == 1)\n    turn[0] = 0\n    one.notify_all()",
    ),
    "queues": (
        "one, two = queue.Queue(1), queue.Queue(1)",
        "while True:\n  one.put(1)\n  two.get()",
        "while True:\n  one.get()\n  two.put(1)",
    ),
    "joins_of_others": (
        "one = threading.Lock()\ndef brief():\n  with one: pass",
        *["while True:\n  t = threading.Thread(target=brief); t.start(); t.join()"] * 2,
    ),
}


@pytest.mark.parametrize("name", BUSY)
def test_busy_locks_are_no_deadlock(name: str, tmp_path: Path) -> None:
    found = looked_at(tmp_path, _program(*BUSY[name]), {}, looks=40)

    assert found["ever"] == []


def test_a_holder_that_works_is_named(tmp_path: Path) -> None:
    found = looked_at(tmp_path, _program(*HEALTHY["one_direction"]), {"second": "lock", "first": "sleeping"}, looks=4)

    assert found["told"]["second"]["lock"] == "one"
    assert found["told"]["second"]["owner"] == "first"


def test_who_has_got_the_lock_during_the_look_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, done, within = threading.Lock(), threading.Event(), threading.Event()

    def wait() -> None:
        with taken:
            within.set()
            done.wait(PATIENCE)

    def is_waiting() -> bool:
        frame = current_frames().get(thread.ident or 0)
        return frame is not None and call_at(frame.f_code, frame.f_lasti) == "with taken"

    taken.acquire()
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    try:
        wait_until(is_waiting)
        ident = thread.ident or 0
        facts = {ident: ThreadFacts(activity=Activity.LOCK, endless=True, since=1.0)}
        assert LocksLook().look(facts, current_frames(), 2.0).waits == {ident: LockWait("taken", None)}

        look = LocksLook()
        find_holders = look._holders

        def let_it_in_and_find(*seen: Any) -> dict[int, int]:
            taken.release()
            assert within.wait(PATIENCE)
            found = find_holders(*seen)
            assert found == {id(taken): ident}
            return found

        monkeypatch.setattr(look, "_holders", let_it_in_and_find)
        found = look.look(facts, current_frames(), 3.0)
        assert (found.waits, found.deadlocks) == ({}, ())
    finally:
        done.set()
        thread.join(PATIENCE)


def test_a_semaphore_of_multiprocessing_is_no_lock(tmp_path: Path) -> None:
    """Both are acquired by one and the same call into C."""
    found = looked_at(
        tmp_path,
        """
        import multiprocessing
        slots, taken = multiprocessing.Semaphore(0), multiprocessing.Lock()
        taken.acquire()
        THREADS = {"semaphore": lambda: slots.acquire(), "lock": lambda: taken.acquire()}
        """,
        {"semaphore": "lock", "lock": "lock"},
        looks=4,
    )

    assert found["told"]["semaphore"]["lock"] == "slots"
    assert (found["told"]["semaphore"]["semaphore"], found["told"]["lock"]["semaphore"]) == (True, False)


def test_what_a_semaphore_is_told_as() -> None:
    facts = ThreadFacts(activity=Activity.LOCK, subject="slots")
    told = with_locks(1, facts, Locks({1: LockWait("slots", None, is_semaphore=True)}, ()), str)
    assert (told.activity, told.subject, told.holder) == (Activity.SEMAPHORE, "slots", "")
