"""Threads of another process stand still for a moment, and go on whatever happens to us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmon.attach.freezing import while_frozen
from taskmon.attach.process import threads_of
from taskmon.attach.refusals import Refusal, Refused
from tests.helpers.gates import PATIENCE, wait_until

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone"),
    pytest.mark.usefixtures("may_look"),
]
ROOT = Path(__file__).parents[2]
#: Counts in each of its threads, into memory that is shared by way of a file; says how far it is when it is asked.
COUNTING = """
import os, signal, sys, threading
signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b"signalled\\n"))
counts = [0] * 20
def count(n):
    while True: counts[n] += 1
for n in range(20): threading.Thread(target=count, args=(n,), daemon=True).start()
print("ready", flush=True)
for line in sys.stdin: print(sum(counts), flush=True)
"""


@pytest.fixture
def counting() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def count_of(process: subprocess.Popen[str]) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def states(pid: int) -> set[str]:
    """As the kernel has it: t is held by a tracer."""
    return {
        Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(")")[2].split()[0] for thread in threads_of(pid)
    }


def test_all_threads_stand_still_and_go_on(counting: subprocess.Popen[str]) -> None:
    assert len(threads_of(counting.pid)) == 21
    for _ in range(20):
        assert while_frozen(counting.pid, lambda: states(counting.pid)) == {"t"}
    before = count_of(counting)
    wait_until(lambda: count_of(counting) > before)


def test_they_go_on_if_what_we_do_fails(counting: subprocess.Popen[str]) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        while_frozen(counting.pid, fail)
    before = count_of(counting)
    wait_until(lambda: count_of(counting) > before)


def test_they_go_on_if_we_are_killed(counting: subprocess.Popen[str]) -> None:
    """In the middle of it, without a chance to do anything."""
    code = (
        "import os, signal, sys; from taskmon.attach.freezing import while_frozen\n"
        f"while_frozen({counting.pid}, lambda: (print('held', flush=True), os.kill(os.getpid(), signal.SIGKILL)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"held\n")
    wait_until(lambda: "t" not in states(counting.pid))
    before = count_of(counting)
    wait_until(lambda: count_of(counting) > before)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_no_signal_is_lost(counting: subprocess.Popen[str], when: str) -> None:
    """Python answers it when its main thread runs next; now and then that is late, with nobody around as well."""
    for _ in range(50):
        if when == "before":
            counting.send_signal(signal.SIGUSR1)
            while_frozen(counting.pid, lambda: None)
        else:
            while_frozen(counting.pid, lambda: counting.send_signal(signal.SIGUSR1))
        assert counting.stdin is not None
        assert counting.stdout is not None
        counting.stdin.write("\n")
        counting.stdin.flush()
        said = {counting.stdout.readline().strip() for _ in range(2)}
        assert "signalled" in said
        assert len(said) == 2


def test_a_process_that_has_gone_is_told(counting: subprocess.Popen[str]) -> None:
    counting.kill()
    counting.wait()
    with pytest.raises(Refused) as refused:
        while_frozen(counting.pid, lambda: None)
    assert refused.value.refusal is Refusal.GONE
