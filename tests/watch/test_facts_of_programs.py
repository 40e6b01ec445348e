"""What the threads of a program that runs by itself are told to do: there the watcher has modules of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.test_watched_program import running

__all__ = ["meeting_place", "office"]  # fixtures
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where its threads wait")


def facts_of(office: Office, name: str, activity: Activity, **wanted: object) -> ThreadFacts:
    """Wait until a thread is told to do that; return all that is told of it."""
    task = office.task(name, S.RUNNING)
    found: list[ThreadFacts] = []

    def told() -> bool:
        facts = task.snapshot().facts
        found[:] = [facts] if facts is not None else []
        return (
            facts is not None
            and facts.activity is activity
            and all(getattr(facts, field) == value for field, value in wanted.items())
        )

    wait_until(told, f"{name} {activity} {wanted}")
    return found[0]


DEADLOCK = """
import threading
one, two = {lock}(), {lock}()
both = threading.Barrier(2)
def first():
    with one:
        both.wait()
        with two: pass
def second():
    with two:
        both.wait()
        with one: pass
for work in (first, second): threading.Thread(target=work, name=work.__name__, daemon=True).start()
input()
"""


@pytest.mark.parametrize("lock", ["threading.Lock", "threading.RLock", "threading.Condition"])
def test_a_deadlock_of_any_kind_of_lock(office: Office, tmp_path: Path, lock: str) -> None:
    with running(tmp_path, DEADLOCK.format(lock=lock)):
        facts_of(office, "first", Activity.LOCK, subject="two", holder="second", circle=("first", "second"))
        facts_of(office, "second", Activity.LOCK, subject="one", holder="first", circle=("second", "first"))


def test_the_main_thread_is_called_as_its_row_is(office: Office, tmp_path: Path) -> None:
    """Which is the program's: there is no row with the name of the thread."""
    starts = DEADLOCK.format(lock="threading.Lock").partition("for work in")[0]
    program = starts + 'threading.Thread(target=first, name="first", daemon=True).start()\nsecond()\n'
    with running(tmp_path, program):
        facts_of(office, "first", Activity.LOCK, holder="program.py", circle=("first", "program.py"))
        started = next(task for task in office.task_list.tasks() if task.name == "program.py").snapshot().program
        assert started is not None
        assert not started.attached, "it is watched from its start, and cannot be let go"


def test_namesakes_in_a_deadlock_are_told_apart(office: Office, tmp_path: Path) -> None:
    program = DEADLOCK.format(lock="threading.Lock").replace("name=work.__name__", 'name="same"')
    with running(tmp_path, program):
        wait_until(lambda: len([task for task in office.task_list.tasks() if task.name == "same"]) == 2, "both")
        both = [task for task in office.task_list.tasks() if task.name == "same"]

        def told() -> list[ThreadFacts]:
            return [facts for task in both if (facts := task.snapshot().facts) is not None and facts.circle]

        wait_until(lambda: len(told()) == 2, "the circle")
        first, second = told()
        assert first.circle == second.circle[::-1]
        assert first.circle == (f"same ({first.native_id})", f"same ({second.native_id})")
        assert first.holder == f"same ({second.native_id})"


def test_a_join_is_a_wait_for_that_thread(office: Office, tmp_path: Path) -> None:
    program = """
import threading
stop = threading.Event()
def serve(): stop.wait()
def follow(): server.join()
server = threading.Thread(target=serve, name="server", daemon=True)
server.start()
threading.Thread(target=follow, name="follower", daemon=True).start()
input()
"""
    with running(tmp_path, program):
        facts_of(office, "follower", Activity.THREAD, holder="server", circle=())
        facts_of(office, "server", Activity.EVENT, subject="stop")


def test_who_waits_for_a_condition_does_not_hold_its_lock(office: Office, tmp_path: Path) -> None:
    program = """
import threading
lock = threading.Lock()
news = threading.Condition(lock)
waits = threading.Event()
def listen():
    with news:
        waits.set()
        news.wait()
def take():
    waits.wait()
    lock.acquire()
    lock.acquire()
threading.Thread(target=listen, name="listener", daemon=True).start()
threading.Thread(target=take, name="taker", daemon=True).start()
input()
"""
    with running(tmp_path, program):
        facts_of(office, "listener", Activity.CONDITION, subject="news")
        for _ in range(2):  # the second look is the one that asks for owners
            facts_of(office, "taker", Activity.LOCK, subject="lock", holder="")


def test_a_program_without_the_threading_module_is_looked_at(office: Office, tmp_path: Path) -> None:
    """Nothing is loaded into it for that, and nothing is given up."""
    program = "import sys, time\nprint('threading' in sys.modules, flush=True)\ntime.sleep(500)\n"
    with running(tmp_path, program) as process:
        task = office.task("program.py", S.RUNNING)
        wait_until(lambda: task.snapshot().facts is not None)
        assert task.snapshot().details == ""
        assert process.stdout is not None
        assert process.stdout.readline() == "False\n"
