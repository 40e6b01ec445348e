"""A signal reaches a process and what it has started, and nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from taskmon.core.base import signals
from tests.helpers.gates import PATIENCE, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of other processes")

#: Starts a child that says that it is there, and does what its own arguments say meanwhile.
PARENT = """
import subprocess, sys
words = [{"tidies up": "multiprocessing" + ".resource_tracker"}.get(word, word) for word in sys.argv[2:]]
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], *words], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""
CHILD = "import time; print(1, flush=True); time.sleep(500)"


@contextmanager
def family(child: str = CHILD, *words: str, session: bool = False) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process and its child, in this test's group or in a session of their own."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, child, *words], stdout=subprocess.PIPE, start_new_session=session
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    try:
        yield parent, pid
    finally:
        for one in (parent.pid, pid):
            if signals.look(one) is not None:
                os.kill(one, signal.SIGKILL)
        parent.stdout.close()
        parent.wait(PATIENCE)


def gone(pid: int) -> bool:
    seen = signals.look(pid)
    return seen is None or seen.is_dead


@pytest.mark.parametrize("session", [False, True])
def test_a_process_and_its_children_in_the_group(session: bool) -> None:
    with subprocess.Popen(["sleep", "500"]) as beside, family(session=session) as (parent, child):
        seen = signals.look(parent.pid)
        assert seen is not None

        assert signals.send(signal.SIGTERM, seen)

        assert parent.wait(PATIENCE) == -signal.SIGTERM
        wait_until(lambda: gone(child), "the end of the child")
        assert beside.poll() is None, "who stands beside it is none of its"
        beside.kill()


def test_a_child_with_a_group_of_its_own_is_left_alone() -> None:
    """A terminal would not interrupt it either."""
    code = "import os, time; os.setpgid(0, 0); print(1, flush=True); time.sleep(500)"
    with family(code) as (parent, child):
        seen = signals.look(parent.pid)
        assert seen is not None
        assert signals.send(signal.SIGTERM, seen)
        parent.wait(PATIENCE)
        assert not gone(child)


def test_what_tidies_up_after_all_is_not_killed_with_them() -> None:
    with family(CHILD, "tidies up") as (parent, child):
        seen = signals.look(parent.pid)
        assert seen is not None
        assert signals.send(signal.SIGKILL, seen)
        parent.wait(PATIENCE)
        assert not gone(child)


def test_no_signal_reaches_a_process_that_has_got_the_number_since() -> None:
    with subprocess.Popen(["sleep", "500"]) as child:
        seen = signals.look(child.pid)
        assert seen is not None
        older = seen._replace(started=seen.started + 1)
        assert not signals.send(signal.SIGKILL, older)
        assert not signals.send_to_one(signal.SIGKILL, older), "nor if it ended between the two looks"
        assert child.poll() is None
        child.kill()


def test_a_process_that_stands_still_hears_that_it_is_to_end() -> None:
    with subprocess.Popen(["sleep", "500"]) as child:
        child.send_signal(signal.SIGSTOP)
        seen = signals.look(child.pid)
        assert seen is not None
        wait_until(lambda: (now := signals.look(child.pid)) is not None and now.state == b"T", "it stands still")
        assert signals.send(signal.SIGTERM, seen)
        assert child.wait(PATIENCE) == -signal.SIGTERM


def test_who_ignores_a_signal_is_known() -> None:
    with subprocess.Popen(["sh", "-c", "trap '' INT; echo 1; exec sleep 500"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert signals.ignores(child.pid, signal.SIGINT)
        assert not signals.ignores(child.pid, signal.SIGTERM)
        child.kill()


@pytest.mark.parametrize(
    ("status", "sent", "words", "signal_told"),
    [
        (0, (), "Ended with status 0", ""),
        (3, ("SIGTERM",), "Ended with status 3", ""),
        (-15, (), "Ended by SIGTERM", "SIGTERM"),
        (-9, ("SIGTERM", "SIGKILL"), "Ended by SIGKILL, sent by you", "SIGKILL"),
        (-40, (), "Ended by signal 40", "signal 40"),
    ],
)
def test_how_a_process_ended_is_known_again(status: int, sent: tuple[str, ...], words: str, signal_told: str) -> None:
    assert signals.end_sentence(status, sent) == words
    assert signals.tells_end(words)
    assert signals.signal_in(words) == signal_told


def test_what_a_task_leaves_behind_is_not_taken_for_the_end_of_a_process() -> None:
    after = signals.end_after("SIGTERM")
    assert (after, signals.signal_in(after), signals.tells_end(after)) == ("Ended after SIGTERM, sent by you", "", True)
    for words in ("", "Ended early, 3 files are left", "Ended by itself", "Ended by SIGTERM, sent by somebody else"):
        assert not signals.tells_end(words)
        assert not signals.signal_in(words)
