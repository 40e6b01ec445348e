"""Each program that cannot be attached to is left alone, and told of in a sentence with the way out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Formatter

import pytest

from taskmon.attach.attach import Wish, attach, detach
from taskmon.attach.freezing import can_wake, while_frozen
from taskmon.attach.interpreter import find
from taskmon.attach.process import check_ours, threads_of, why_no_access
from taskmon.attach.programs import Standing, describe
from taskmon.attach.refusals import REFUSAL_LABELS, Refusal, Refused, sentence
from taskmon.attach.request import Outcome
from tests.attach.targets import PYTHON, needs_314, plain_environment, running
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place"]  # fixture
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")
READY = "print('ready', flush=True)\n"
BUSY = f"import time\n{READY}while True: time.sleep(0.01)\n"


def refusal_of(pid: int, wish: Wish = Wish()) -> Refusal:  # noqa: B008
    with pytest.raises(Refused) as refused:
        attach(pid, wish)
    return refused.value.refusal


@contextmanager
def asleep(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command or ("sleep", "600"), env=plain_environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait()


# -- the sentences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", Refusal, ids=lambda refusal: refusal.name)
def test_every_refusal_has_its_sentence(refusal: Refusal) -> None:
    values = {name: f"<{name}>" for _, name, _, _ in Formatter().parse(REFUSAL_LABELS[refusal]) if name}
    said = sentence(refusal, values)
    assert said[0].isupper() or said.startswith(("<", "taskmon ", "py-spy "))
    assert said.endswith((".", ">"))
    assert "{" not in said
    assert all(value in said for value in values.values())


# -- what needs no Python ---------------------------------------------------------------------------------------------


def test_a_process_that_has_gone() -> None:
    with asleep("true") as process:
        process.wait()
        assert refusal_of(process.pid) is Refusal.GONE


def test_taskmon_itself() -> None:
    assert refusal_of(os.getpid()) is Refusal.TASKMON


def test_a_window_of_taskmon(tmp_path: Path) -> None:
    (tmp_path / "taskmon.py").write_text(BUSY)
    process = subprocess.Popen([sys.executable, "-m", "taskmon"], cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert refusal_of(process.pid) is Refusal.TASKMON
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program in another's name")
@pytest.mark.parametrize(("word", "refusal"), [("sleep", Refusal.NOT_PYTHON), ("python3", Refusal.OTHER_USER)])
def test_nobody_is_sent_to_another_user_for_what_is_no_python(word: str, refusal: Refusal) -> None:
    process = subprocess.Popen([word, "600"], executable="/bin/sleep", user=65534, group=65534)
    try:
        wait_until(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n")
        assert refusal_of(process.pid) is refusal
    finally:
        process.kill()
        process.wait()


def test_a_program_that_is_no_python() -> None:
    with asleep() as process:
        wait_until(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n")
        assert refusal_of(process.pid) is Refusal.NOT_PYTHON


def test_a_program_that_has_been_stopped() -> None:
    with asleep() as process:
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        assert refusal_of(process.pid) is Refusal.STOPPED


@pytest.mark.parametrize(
    ("scope", "refusal"),
    [
        ("0", Refusal.FORBIDDEN),
        ("1", Refusal.ONLY_CHILDREN),
        ("2", Refusal.ONLY_ROOT),
        ("3", Refusal.NOBODY),
        (None, Refusal.FORBIDDEN),
        ("what?", Refusal.FORBIDDEN),
    ],
)
def test_what_the_kernels_no_means(tmp_path: Path, scope: str | None, refusal: Refusal) -> None:
    """The file of Yama is a played one here: not every kernel has it."""
    if scope is not None:
        (tmp_path / "scope").write_text(f"{scope}\n")
    with asleep() as process:
        assert why_no_access(process.pid, yama=str(tmp_path / "scope")).refusal is refusal


@pytest.mark.usefixtures("may_look")
def test_a_program_that_a_debugger_holds() -> None:
    with asleep() as process:

        def look() -> None:
            with pytest.raises(Refused) as refused:
                check_ours(process.pid)
            assert refused.value.refusal in (Refusal.TRACED, Refusal.STOPPED)
            assert refused.value.values["tracer"] in threads_of(os.getpid())

        while_frozen(process.pid, look)
        check_ours(process.pid)


# -- an older Python --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python is none that can only be looked at")
def test_a_python_that_can_only_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(BUSY)
    process = subprocess.Popen([sys.executable, "program.py"], cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(Refused) as refused:
            attach(process.pid, Wish())
        assert refused.value.refusal is Refusal.LOOK_ONLY
        assert "taskmon run" in str(refused.value)
        assert f"{sys.version_info[0]}.{sys.version_info[1]}" in str(refused.value)
        with pytest.raises(Refused) as refused:
            detach(process.pid, Wish())
        assert refused.value.refusal is Refusal.NOT_ATTACHED
    finally:
        process.kill()
        process.communicate()


# -- a Python that could be attached to -------------------------------------------------------------------------------


@pytest.mark.usefixtures("meeting_place")
class TestAsked:
    pytestmark = needs_314

    @pytest.mark.parametrize("way", ["option", "variable"])
    def test_a_program_that_lets_nobody_in(self, tmp_path: Path, way: str) -> None:
        options = ["-X", "disable-remote-debug"] if way == "option" else []
        more = {} if options else {"PYTHON_DISABLE_REMOTE_DEBUG": "1"}
        with running(tmp_path, BUSY, *options, **more) as process:
            assert refusal_of(process.pid) is Refusal.DISABLED
            assert process.poll() is None

    def test_a_program_that_changed_its_rights(self, tmp_path: Path) -> None:
        if os.geteuid() == 0:
            pytest.skip("root may look into any process")
        text = "import ctypes\nctypes.CDLL(None).prctl(4, 0)\n" + BUSY
        with running(tmp_path, text) as process:
            assert refusal_of(process.pid) is Refusal.CHANGED_RIGHTS

    def test_a_program_with_threads_of_another_make(self, tmp_path: Path) -> None:
        """As gevent and eventlet have them: what they start is no thread of the system's."""
        text = "import _thread\nold = _thread.start_new_thread\n_thread.start_new_thread = lambda *a: old(*a)\n" + BUSY
        with running(tmp_path, text) as process:
            assert refusal_of(process.pid) is Refusal.GREENLETS
            with pytest.raises(Refused) as refused:
                detach(process.pid, Wish())
            assert refused.value.refusal is Refusal.NOT_ATTACHED

    def test_a_program_that_was_started_by_us(self, tmp_path: Path) -> None:
        """It is watched already, and stays so."""
        root = str(Path(__file__).parents[2])
        with running(tmp_path, BUSY, "-m", "taskmon", "run", "--no-window", PYTHONPATH=root) as process:
            assert attach(process.pid, Wish()) is Outcome.STARTED_BY_US
            with pytest.raises(Refused) as refused:
                detach(process.pid, Wish())
            assert refused.value.refusal is Refusal.STARTED_BY_US

    WAITING = f"import sys, threading, time\n{READY}sys.stdin.readline()\nwhile True: time.sleep(0.01)\n"

    def test_a_program_that_runs_no_python_code_is_left_as_it_was(self, tmp_path: Path) -> None:
        with running(tmp_path, self.WAITING) as process:
            assert refusal_of(process.pid) is Refusal.NO_PYTHON_CODE
            threads = while_frozen(process.pid, lambda: find(process.pid).threads())
            assert len(threads) == 1
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            assert attach(process.pid, Wish()) is Outcome.ATTACHED, "and the request of before has no part in it"

    def test_a_request_that_stands_is_met_as_soon_as_it_can_be(self, tmp_path: Path) -> None:
        with running(tmp_path, self.WAITING) as process:
            assert process.stdin is not None

            def wake() -> None:
                process.stdin.write("\n")  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]

            assert attach(process.pid, Wish(wait=True), waiting=wake) is Outcome.ATTACHED

    def test_a_request_that_stands_can_be_withdrawn(self, tmp_path: Path) -> None:
        with running(tmp_path, self.WAITING) as process:
            told: list[Standing] = []

            def look() -> None:
                found = describe(process.pid)
                assert found is not None
                told.append(found.standing)

            with pytest.raises(InterruptedError):
                attach(process.pid, Wish(wait=True), waiting=look, cancelled=lambda: bool(told))
            assert told == [Standing.ASKED]
            found = describe(process.pid)
            assert found is not None
            assert found.standing is Standing.NONE
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            with pytest.raises(Refused) as refused:
                detach(process.pid, Wish())
            assert refused.value.refusal is Refusal.NOT_ATTACHED

    @pytest.mark.skipif(not can_wake(), reason="it is not known how, on this kind of processor")
    def test_a_waiting_call_is_ended_where_that_was_asked_for(self, tmp_path: Path) -> None:
        """The program does not notice: Python begins the call again."""
        with running(tmp_path, self.WAITING + "") as process:
            assert attach(process.pid, Wish(wake=True))
            assert process.poll() is None
            detach(process.pid, Wish(wake=True))
            assert process.poll() is None

    def test_a_program_that_ends_meanwhile(self, tmp_path: Path) -> None:
        with running(tmp_path, f"import sys\n{READY}sys.stdin.readline()\n") as process:

            def end() -> None:
                process.communicate("\n", timeout=PATIENCE)

            with pytest.raises(Refused) as refused:
                attach(process.pid, Wish(wait=True), waiting=end)
            assert refused.value.refusal in (Refusal.GONE, Refusal.BETWEEN)
            assert process.returncode == 0

    def test_a_program_that_is_only_starting(self, tmp_path: Path) -> None:
        """Whatever it executed before its Python has come up would crash it."""
        (tmp_path / "program.py").write_text(
            "import select, sys\nwhile not select.select([sys.stdin], [], [], 0.001)[0]: pass\n"
        )
        for _ in range(20):
            process = subprocess.Popen([PYTHON, "program.py"], cwd=tmp_path, stdin=subprocess.PIPE)
            end = time.monotonic() + PATIENCE
            try:
                while True:
                    try:
                        attach(process.pid, Wish())
                    except Refused as refused:
                        if (
                            refused.refusal in (Refusal.BETWEEN, Refusal.DISABLED, Refusal.NOT_PYTHON)
                            and time.monotonic() < end
                        ):
                            continue
                        raise
                    break
            finally:
                process.communicate(b"\n", timeout=PATIENCE)
            assert process.returncode == 0
