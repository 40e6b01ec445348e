"""How watched programs end, as the window comes to know it: the brief ones and the killed ones too."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.test_faithful import environment, watched
from tests.watch.test_watched_program import running

__all__ = ["meeting_place", "office"]  # fixtures

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells how a process ended")


@pytest.mark.parametrize(
    ("text", "status", "state", "error", "printed"),
    [
        ("print('the result')", 0, S.SUCCEEDED, "", ["the result"]),
        ("import sys; print('usage', file=sys.stderr); sys.exit(3)", 3, S.FAILED, "Ended with status 3", ["usage"]),
        ("raise SystemExit(4)", 4, S.FAILED, "Ended with status 4", []),
        ("raise SystemExit('no such file')", 1, S.FAILED, "Ended with status 1", ["no such file"]),
        ("import os; os._exit(3)", 3, S.FAILED, "Ended with status 3", []),
        ("import os; os._exit(0)", 0, S.SUCCEEDED, "", []),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, S.FAILED, "Ended by SIGKILL", []),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", -2, S.FAILED, "Ended by SIGINT", None),
        ("import signal; signal.raise_signal(signal.SIGINT)", -2, S.FAILED, "Ended by SIGINT", None),
        ("print(1 / 0)", 1, S.FAILED, "ZeroDivisionError: division by zero", None),
        ("def broken(:", 1, S.FAILED, "SyntaxError: invalid syntax (program.py, line 1)", None),
    ],
)
def test_a_brief_program_leaves_a_row(
    office: Office, tmp_path: Path, *, text: str, status: int, state: S, error: str, printed: list[str] | None
) -> None:
    """It is over before anybody could have looked at it."""
    with running(tmp_path, text) as process:
        process.communicate()
        assert process.returncode == status
        program = office.task("program.py")
        wait_until(lambda: program.snapshot().state.is_final)
        assert (program.snapshot().state, program.snapshot().error) == (state, error)
        if printed is not None:
            wait_until(lambda: program.log_lines()[1] == printed, str(printed))
    assert len(office.task_list.tasks()) == 1


#: Runs its arguments in the foreground of the terminal that it reads from.
IN_A_TERMINAL = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.mark.parametrize(
    "command",
    [["program.py"], ["--", "sh", "-c", "echo here; exec sleep 100"]],
    ids=["Python", "another command"],
)
def test_ctrl_c_at_its_terminal_is_the_users(office: Office, tmp_path: Path, command: list[str]) -> None:
    """Who typed that has cancelled it. Any other SIGINT is not the user's, such as one that it sends itself."""
    # It wakes now and then: Python does not see a Ctrl-C that comes just before it waits as long as it waits.
    (tmp_path / "program.py").write_text("print('here', flush=True)\nimport time\nwhile True:\n    time.sleep(0.1)\n")
    main, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, sys.executable, "-m", "taskmon", "run", "--no-window", *command],
        cwd=tmp_path,
        env=environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        try:
            said = b""
            while b"here" not in said:
                said += os.read(main, 1000)
            program = office.task(command[-1])
            os.write(main, b"\x03")
            assert process.wait(PATIENCE) == -signal.SIGINT
            wait_until(lambda: program.snapshot().state.is_final)
            assert program.snapshot().state is S.CANCELLED
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            os.close(main)


#: Runs its arguments where no thread has room for its stack, whoever asks for one.
NO_THREADS = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (1 << 40, resource.getrlimit(resource.RLIMIT_STACK)[1]))
resource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_where_ours_gets_no_thread_the_program_runs_by_itself_and_says_so(office: Office, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import threading\nprint('begun')\ntry:\n    threading.Thread(target=print).start()\n"
        "except RuntimeError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", NO_THREADS, *watched(("program.py",))],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "begun\ncan't start new thread\n", "")
    program = office.task("program.py", S.SUCCEEDED)
    assert program.snapshot().details.startswith("It was not watched: taskmon was given no thread in it: RuntimeError")
    assert program.log_lines()[1] == ["begun", "can't start new thread"]


SLEEPER = """
import threading
threading.Thread(target=threading.Event().wait, name="sleeper", daemon=True).start()
input()
{end}
"""


@pytest.mark.parametrize(
    ("end", "status", "state", "error"),
    [
        ("", 0, S.SUCCEEDED, ""),
        ("raise SystemExit(3)", 3, S.FAILED, "Ended with status 3"),
        ("import os; os._exit(3)", 3, S.FAILED, "Ended with status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15, S.FAILED, "Ended by SIGTERM"),
    ],
)
def test_what_was_at_work_is_cut_off_however_the_program_ended(
    office: Office, tmp_path: Path, *, end: str, status: int, state: S, error: str
) -> None:
    with running(tmp_path, SLEEPER.format(end=end)) as process:
        program, sleeper = office.task("program.py", S.RUNNING), office.task("sleeper", S.RUNNING)
        process.communicate("\n")
        assert process.returncode == status
        wait_until(lambda: program.snapshot().state.is_final)
        wait_until(lambda: sleeper.snapshot().state.is_final)
    assert (program.snapshot().state, program.snapshot().error) == (state, error)
    assert (sleeper.snapshot().state, sleeper.snapshot().error) == (S.CUT_OFF, "")


def test_a_program_that_can_be_heard_no_more_is_seen_to_its_end(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes another program, which is not watched: it is the same process, and so the same row."""
    monkeypatch.setattr("taskmon.link.window.serving.RETURN_TIME", 0.0)
    text = "import os, sys; input(); os.execv(sys.executable, [sys.executable, '-c', 'input(); raise SystemExit(7)'])"
    with running(tmp_path, text) as process:
        assert process.stdin is not None
        program = office.task("program.py", S.RUNNING)
        wait_until(lambda: program.snapshot().stop_means is not None)
        process.stdin.write("\n")
        process.stdin.flush()
        wait_until(lambda: program.snapshot().why_not_cancellable == "there is no contact with it any more")
        assert program.snapshot().state is S.RUNNING
        assert not program.cancel()
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(PATIENCE) == 7
        wait_until(lambda: program.snapshot().state is S.FAILED)
        assert program.snapshot().error == "Ended with status 7"


def test_without_a_window_the_end_waits_for_nobody(meeting_place: str, tmp_path: Path) -> None:
    """Nor is anything of the link loaded for it."""
    assert not os.listdir(meeting_place)
    with running(tmp_path, "print('brief')") as process:
        assert process.communicate()[0] == "brief\n"
        assert process.returncode == 0
    assert not os.listdir(meeting_place)


def test_a_window_that_was_stopped_keeps_nobody_waiting_for_long(meeting_place: str, tmp_path: Path) -> None:
    """It listens and does not answer: the program begins all the same, unannounced."""
    from taskmon.link.wire.channel import Claim

    claim = Claim.take()
    assert claim is not None
    listener = claim.listen()
    try:
        with running(tmp_path, "print('brief')") as process:
            assert process.communicate(timeout=PATIENCE)[0] == "brief\n"
            assert process.returncode == 0
    finally:
        listener.close()
        claim.close()
