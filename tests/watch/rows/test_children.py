"""The processes that a watched program has started are rows; a signal reaches the one that was seen, or none."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from taskmon.core.base import signals
from taskmon.core.task.state import TaskState
from taskmon.watch.hooks.children import ChildHook
from taskmon.watch.hooks.forks import Crowd
from taskmon.watch.rows import children as children_module
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.watch.stage import Watch, watch

__all__ = ["watch"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of the children of a process")


@pytest.fixture(autouse=True)
def at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children_module, "PERIOD", 0.0)


def test_a_command_is_interrupted_by_a_plain_cancel(watch: Watch) -> None:
    with subprocess.Popen(["sleep", "500"], stdout=subprocess.DEVNULL) as child:
        row = watch.row("sleep 500")
        assert row.kind == "process"
        assert row.thread_name == f"process {child.pid}"
        assert row.snapshot().why_not_cancellable == ""

        assert row.cancel()
        watch.look()
        child.wait(PATIENCE)
        watch.row("sleep 500", TaskState.CANCELLED)


def test_without_a_child_no_thread_is_asked_for_its_own(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer takes the interpreter eight times: beside sixty busy threads, three minutes for all of them."""
    monkeypatch.setattr(children_module, "active_threads", lambda: pytest.fail("asked"))
    monkeypatch.setattr(os, "waitid", lambda *_: (_ for _ in ()).throw(ChildProcessError))
    watch.look()
    watch.look()


def test_many_threads_are_asked_in_turn(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child is found whichever thread has started it, and stays while the others are asked."""
    monkeypatch.setattr(children_module, "LONGEST", 0.0)
    with ThreadPoolExecutor(2) as pool:
        gate = Gate()
        pool.submit(gate.pass_through)
        gate.await_arrival()
        with pool.submit(subprocess.Popen, ["sleep", "501"]).result(PATIENCE) as child:
            row = watch.row("sleep 501")
            for _ in range(8):
                watch.look()
            assert row.state is TaskState.RUNNING
            child.kill()
            watch.row("sleep 501", TaskState.FAILED)
        gate.open()


def test_a_number_that_is_another_s_by_now_is_no_child(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    look = signals.look

    def of_another(pid: int) -> signals.Seen | None:
        seen = look(pid)
        return None if seen is None else seen._replace(parent=1)

    with subprocess.Popen(["sleep", "502"]) as child:
        monkeypatch.setattr(signals, "look", of_another)
        for _ in range(3):
            watch.look()
        assert not any("502" in name for name in watch.names())
        child.kill()


def test_what_ends_by_itself_says_how(watch: Watch) -> None:
    """Before the program has asked for its status, so that it can be looked at; nobody else reaps it."""
    script = "import sys; sys.stdin.read(); sys.exit(3)"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    try:
        row = watch.row("import sys; sys.stdin.read()")
        assert child.stdin is not None
        child.stdin.close()
        watch.row("import sys; sys.stdin.read()", TaskState.FAILED)
        assert row.snapshot().error == "Ended with status 3"
    finally:
        assert child.wait(PATIENCE) == 3, "it was not reaped by the look"


@pytest.fixture
def hooked(watch: Watch) -> Watch:
    watch.hooks.watch_children(lambda: ChildHook("", [], Crowd()))
    return watch


@pytest.mark.parametrize(
    ("ending", "state", "told"),
    [
        ("exit 6", TaskState.FAILED, "Ended with status 6"),
        ("exit 0", TaskState.SUCCEEDED, ""),
        ("kill -9 $$", TaskState.FAILED, "Ended by SIGKILL"),
        ("kill -15 $$", TaskState.FAILED, "Ended by SIGTERM"),
    ],
)
def test_what_the_program_has_waited_for_says_how_it_ended(
    hooked: Watch, ending: str, state: TaskState, told: str
) -> None:
    """The kernel tells the status only once, and the program was faster to ask."""
    with subprocess.Popen(["sh", "-c", f"read line; {ending}"], stdin=subprocess.PIPE) as child:
        row = hooked.row("sh -c")
        assert child.stdin is not None
        child.stdin.close()
        child.wait(PATIENCE)
        hooked.row("sh -c", state)
        assert row.snapshot().error == told


def test_of_what_was_waited_for_unheard_it_is_not_told_how_it_ended(hooked: Watch) -> None:
    """By `os.wait` and the like: neither a success nor a failure. Not at once: it may yet be heard."""
    child = subprocess.Popen(["sleep", "503"])
    row = hooked.row("sleep 503")
    child.kill()
    assert os.waitpid(child.pid, 0)[1] == 9
    child.returncode = -9  # it shall not ask again

    hooked.look()
    assert row.state is TaskState.RUNNING
    hooked.look()
    assert row.state is TaskState.CUT_OFF
    assert row.snapshot().error == "How it ended was not seen."


def test_a_status_is_that_of_the_process_which_had_the_number_then() -> None:
    hook = ChildHook("", [], Crowd())
    hook.install(subprocess)
    try:
        with subprocess.Popen(["sh", "-c", "exit 4"]) as child:
            began = time.monotonic()
            child.wait(PATIENCE)
        assert hook.status_of(child.pid, began) == 4
        assert hook.status_of(child.pid, time.monotonic()) is None, "it was another's before"
    finally:
        hook.patches.undo()


def test_a_worker_of_the_program_is_not_interrupted_by_a_plain_cancel(watch: Watch) -> None:
    """It may be a part of a pool. What can be done is offered, each step by its name."""
    context = multiprocessing.get_context("spawn")
    gate = context.Event()
    process = context.Process(target=gate.wait, args=(PATIENCE,), name="Loader-1")
    process.start()
    try:
        row = watch.row("Loader-1")
        means = row.snapshot().stop_means
        assert not row.cancel()
        assert means is not None
        assert [offer.split(" ")[0] for offer in means.offers] == ["interrupts", "asks", "kills"]

        assert row.use_offer(1)
        watch.look()
        process.join(PATIENCE)
        assert process.exitcode == -15
        watch.row("Loader-1", TaskState.CANCELLED)
    finally:
        process.kill()
        process.join(PATIENCE)
        process.close()


def test_a_command_that_ignores_ctrl_c_is_not_asked_in_vain(watch: Watch) -> None:
    with subprocess.Popen(["sh", "-c", "trap '' INT; sleep 500; :"]) as child:
        row = watch.row("sh -c")
        wait_until(lambda: watch.look() or bool(row.refusal), "it is seen to ignore it")
        assert not row.cancel()
        assert row.refusal == "it ignores Ctrl-C (SIGINT)"
        means = row.snapshot().stop_means
        assert means is not None
        assert means.signals == ("SIGTERM", "SIGKILL")
        assert means.ignores

        assert row.use_offer(0)
        watch.look()
        assert child.wait(PATIENCE) == -15, "and its own child with it"


def test_whom_a_ctrl_c_of_the_program_reaches_is_known_before(watch: Watch) -> None:
    """What stands beneath it in its group and listens, whether it has a row here or may tell of itself."""
    watch.hooks.hands_on = True
    look = watch.looking._children
    context = multiprocessing.get_context("fork")
    gate = context.Event()
    process = context.Process(target=gate.wait, args=(PATIENCE,), name="Indexer")
    process.start()
    commands = [
        subprocess.Popen(["sleep", "504"]),
        subprocess.Popen(["sleep", "505"], start_new_session=True),
        subprocess.Popen(["sh", "-c", "trap '' INT; sleep 506; :"]),
    ]
    try:
        wait_until(lambda: watch.look() or (look.reached == 2 and len(watch.names()) == 3), "two of four")
        means = watch.looking.program.means
        assert means is not None
        assert means.means.endswith("; asks the 2 processes that it has started as well")

        look.note_signal(signals.NUMBERS["SIGINT"])
        asked = [row.name for row in watch.seen() if row.kind == "process" and row.stop_requested]
        assert asked == ["sleep 504"]
    finally:
        gate.set()
        process.join(PATIENCE)
        for command in commands:
            signals.send(signals.NUMBERS["SIGTERM"], signals.look(command.pid))  # type: ignore[arg-type]
            command.wait(PATIENCE)
