"""Programs that die, replace themselves, fork, are stopped, have many threads or no memory left while they are asked.

Each is forced at a certain moment of the asking. Whatever comes of it: the program goes on as if nobody had asked, or
is attached to; and whoever asks is told the truth.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskmon.attach import attach as module
from taskmon.attach.attach import Wish, attach, detach
from taskmon.attach.interpreter import Interpreter
from taskmon.attach.process import stat_of, threads_of
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import Note, Outcome
from taskmon.core.task.state import TaskState as S
from tests.attach.targets import needs_314, running
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures
pytestmark = needs_314
#: The moments of an attach, in order: before and while the threads stand still, after it, once the note is taken, and
#: when the answer is waited for.
MOMENTS = ("found", "frozen", "asked", "taken", "answering")


@pytest.fixture
def at_moment(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Have something happen at one of `MOMENTS`, once."""

    def install(moment: str, happen: Callable[[], object]) -> None:
        left = [happen]

        def once() -> None:
            if left:
                left.pop()()

        def before(owner: Any, name: str) -> None:
            original = getattr(owner, name)
            monkeypatch.setattr(owner, name, lambda *a, **k: (once(), original(*a, **k))[1])

        def after(owner: Any, name: str, when: Callable[[Any], object] = lambda _: True) -> None:
            original = getattr(owner, name)

            def call(*args: Any, **more: Any) -> Any:
                result = original(*args, **more)
                if when(result):
                    once()
                return result

            monkeypatch.setattr(owner, name, call)

        if moment == "found":
            after(module, "examine")
        elif moment == "frozen":
            before(Interpreter, "ask")
        elif moment == "asked":
            after(module._Request, "ask")
        elif moment == "taken":
            after(Note, "is_taken", when=bool)
        else:
            before(Note, "answer")

    return install


BUSY = """
import sys, threading
stop = threading.Event()
def work():
    while not stop.wait(0.005): pass
thread = threading.Thread(target=work, name="worker")
thread.start()
print("ready", flush=True)
sys.stdin.readline()
stop.set()
thread.join()
print("as ever", flush=True)
"""


def what_comes_of_it(pid: int, wish: Wish) -> Refusal | None:
    """Ask, and return why not; None if it was attached to."""
    try:
        attach(pid, wish)
    except Refused as refused:
        return refused.refusal
    return None


def ends_as_ever(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate("end\n", timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "as ever\n", "")


# -- dying ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_program_that_is_killed_meanwhile(
    tmp_path: Path, meeting_place: str, at_moment: Callable[..., None], moment: str
) -> None:
    with running(tmp_path, BUSY) as process:

        def kill() -> None:
            process.kill()
            if moment != "frozen":  # whoever is held ends only once he is let go
                process.wait(PATIENCE)

        at_moment(moment, kill)
        with pytest.raises(Refused) as refused:
            attach(process.pid, Wish(wait=True))
        assert refused.value.refusal in (Refusal.GONE, Refusal.BETWEEN)
        assert process.wait(PATIENCE) == -signal.SIGKILL


def test_nothing_is_left_of_the_asking(tmp_path: Path, meeting_place: str, at_moment: Callable[..., None]) -> None:
    with running(tmp_path, BUSY) as process:
        at_moment("asked", process.kill)
        with pytest.raises(Refused):
            attach(process.pid, Wish(wait=True))
        places = (Path(f"/run/user/{os.geteuid()}/taskmon-attach"), Path(f"/tmp/taskmon-attach-{os.geteuid()}"))
        assert [path for place in places for path in place.glob(f"{process.pid}.*")] == []


# -- replacing itself -------------------------------------------------------------------------------------------------

REPLACING = """
import os, sys, threading
print("ready", flush=True)
sys.stdin.readline()
os.execv(sys.executable, [sys.executable, "other.py"])
"""


@pytest.mark.parametrize("moment", MOMENTS[:3])
def test_a_program_that_replaces_itself_meanwhile(
    office: Office, tmp_path: Path, at_moment: Callable[..., None], moment: str
) -> None:
    """The new one runs in other memory: nothing is written there by what was known of the old one."""
    (tmp_path / "other.py").write_text(BUSY.replace('"ready"', '"replaced"'))
    with running(tmp_path, REPLACING) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def replace() -> None:
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            if moment != "frozen":
                assert process.stdout.readline() == "replaced\n"  # type: ignore[union-attr]

        at_moment(moment, replace)
        assert what_comes_of_it(process.pid, Wish()) in (
            None,
            Refusal.BETWEEN,
            Refusal.NO_PYTHON_CODE,
            Refusal.NO_PLACE,
        )
        if moment == "frozen":
            assert process.stdout.readline() == "replaced\n"
        attach(process.pid, Wish())  # it may be attached already
        office.task("worker", S.RUNNING)
        detach(process.pid, Wish())
        ends_as_ever(process)


# -- forking ----------------------------------------------------------------------------------------------------------

FORKING = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
stop = threading.Event()
statuses = []
def fork():
    while not stop.is_set():
        child = os.fork()
        if not child:
            total = sum(range(1000))
            os._exit(7 if total == 499500 else 1)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
def work():
    while not stop.wait(0.005): pass
threads = [threading.Thread(target=fork, name="forker"), threading.Thread(target=work, name="worker")]
for thread in threads: thread.start()
print("ready", flush=True)
sys.stdin.readline()
stop.set()
for thread in threads: thread.join()
if set(statuses) == {7} and len(statuses) > 20: print("as ever", flush=True)
else: print(set(statuses), len(statuses))
"""


def test_a_program_that_forks_without_a_pause(office: Office, tmp_path: Path) -> None:
    """A child has a copy of the request: it finds no note of its own, and does nothing."""
    with running(tmp_path, FORKING) as process:
        for _ in range(5):
            assert attach(process.pid, Wish(wait=True)) is Outcome.ATTACHED
            office.task("worker", S.RUNNING)
            detach(process.pid, Wish(wait=True))
        ends_as_ever(process)


# -- being stopped ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["found", "frozen"])
def test_a_program_that_is_stopped_meanwhile_stays_so(
    tmp_path: Path, meeting_place: str, at_moment: Callable[..., None], moment: str
) -> None:
    """And goes on when its user wants it to, without a trace of us."""
    with running(tmp_path, BUSY) as process:

        def stop() -> None:
            process.send_signal(signal.SIGSTOP)
            if moment != "frozen":
                wait_until(lambda: stat_of(process.pid).state == b"T")

        at_moment(moment, stop)
        with pytest.raises(Refused) as refused:
            attach(process.pid, Wish())
        assert refused.value.refusal is Refusal.STOPPED
        assert stat_of(process.pid).state == b"T"
        process.send_signal(signal.SIGCONT)
        with pytest.raises(Refused) as refused:
            detach(process.pid, Wish())
        assert refused.value.refusal is Refusal.NOT_ATTACHED
        ends_as_ever(process)


def test_a_stopped_program_is_attached_to_once_it_goes_on(
    office: Office, tmp_path: Path, at_moment: Callable[..., None]
) -> None:
    with running(tmp_path, BUSY) as process:
        at_moment("frozen", lambda: process.send_signal(signal.SIGSTOP))
        assert attach(process.pid, Wish(wait=True), waiting=lambda: process.send_signal(signal.SIGCONT))
        office.task("worker", S.RUNNING)
        detach(process.pid, Wish())
        ends_as_ever(process)


# -- having much, or nothing left -------------------------------------------------------------------------------------

MANY = """
import sys, threading
threading.stack_size(65536)  # where hardly anything can be loaded, and Python would say so
gate = threading.Event()
threads = [threading.Thread(target=gate.wait, name=f"t{n}") for n in range(2000)]
for thread in threads: thread.start()
threading.stack_size(0)
def tick():
    while not gate.wait(0.02): pass
ticking = threading.Thread(target=tick, name="ticking")
ticking.start()
print("ready", flush=True)
sys.stdin.readline()
gate.set()
for thread in [*threads, ticking]: thread.join()
print("as ever", flush=True)
"""


def test_two_thousand_threads(office: Office, tmp_path: Path) -> None:
    with running(tmp_path, MANY) as process:
        assert len(threads_of(process.pid)) == 2002
        assert attach(process.pid, Wish(wait=True)) is Outcome.ATTACHED
        office.task("ticking", S.RUNNING)
        detach(process.pid, Wish(wait=True))
        wait_until(lambda: len(threads_of(process.pid)) == 2002, "the end of ours")
        ends_as_ever(process)


#: Takes all that it may have but for so many bytes, and never asks for more.
FULL = """
import resource, sys, threading
stop = threading.Event()
def work():
    while not stop.wait(0.005): pass
thread = threading.Thread(target=work, name="worker")
thread.start()
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, resource.RLIM_INFINITY))
print("ready", flush=True)
sys.stdin.readline()
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
stop.set()
thread.join()
print("as ever", flush=True)
"""


@pytest.mark.parametrize("room", [0, 1 << 20, 8 << 20, 9 << 20, 10 << 20, 12 << 20, 16 << 20, 32 << 20])
def test_a_program_that_has_no_memory_left(tmp_path: Path, meeting_place: str, room: int) -> None:
    """It is left alone, or attached to; it does not notice, and whoever asks is not left to wait."""
    with running(tmp_path, FULL.replace("ROOM", str(room))) as process:
        assert what_comes_of_it(process.pid, Wish(wait=True)) in (None, Refusal.FAILED)
        ends_as_ever(process)


def test_a_program_that_may_have_no_more_threads(tmp_path: Path, meeting_place: str) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may have as many as it likes")
    limit = "limit = resource.RLIMIT_NPROC\nresource.setrlimit(limit, (1, resource.getrlimit(limit)[1]))\n"
    text = BUSY.replace("import sys,", "import resource, sys,").replace('print("ready"', f'{limit}print("ready"')
    with running(tmp_path, text) as process:
        with pytest.raises(Refused) as refused:
            attach(process.pid, Wish())
        assert refused.value.refusal is Refusal.FAILED
        assert "thread" in refused.value.message
        ends_as_ever(process)
