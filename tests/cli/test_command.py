"""A command that is not Python runs as it would alone, and is shown with what it prints."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it is a child there")


@contextmanager
def running(*words: str, **how: object) -> Iterator[subprocess.Popen[bytes]]:
    """``taskmon run WORDS``, ended with the test."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    command = [sys.executable, "-m", "taskmon", "run", "--no-window", *words]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **streams) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(PATIENCE)


def done(*words: str, given: bytes = b"") -> tuple[int, bytes, bytes]:
    with running(*words) as process:
        said, complained = process.communicate(given, PATIENCE)
        return process.returncode, said, complained


def test_it_runs_as_it_would_alone(meeting_place: str) -> None:
    """What it reads, prints and ends with is its own."""
    assert done("--", "sh", "-c", "cat; printf 'to\\000 err' >&2; exit 3", given=b"\xff\n") == (
        3,
        b"\xff\n",
        b"to\0 err",
    )
    assert done("sh", "-c", "kill -TERM $$")[0] == -signal.SIGTERM
    assert done("env", "printf", "%s", "a  b") == (0, b"a  b", b"")
    status, _, complained = done("--", "there-is-no-such-command")
    assert (status, complained) == (127, b"taskmon: there is no command there-is-no-such-command.\n")


def test_nothing_of_taskmon_is_in_its_environment(meeting_place: str) -> None:
    alone = subprocess.run(["env"], capture_output=True, check=True).stdout
    assert sorted(done("--", "env")[1].splitlines()) == sorted(alone.splitlines())


@pytest.mark.parametrize("locale", [{}, {"LC_CTYPE": "POSIX"}, {"LC_CTYPE": "C.UTF-8"}])
def test_nor_is_the_locale_that_python_gives_itself(
    locale: dict[str, str], meeting_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    given = [line for line in done("--", "env")[1].decode().splitlines() if line.startswith("LC_")]
    assert given == [f"{name}={value}" for name, value in locale.items()]


def test_what_others_still_print_is_passed_on(meeting_place: str, tmp_path: Path) -> None:
    """The status is there at once; the output comes to its end when theirs does."""
    os.mkfifo(tmp_path / "late")
    with running("--", "sh", "-c", f"cat '{tmp_path}/late' & exit 4") as process:
        assert process.stdout is not None
        assert process.wait(PATIENCE) == 4
        (tmp_path / "late").write_bytes(b"late\n")
        assert process.stdout.read() == b"late\n"


def test_it_has_a_terminal_where_there_is_one(meeting_place: str) -> None:
    main, terminal = pty.openpty()
    script = "test -t 1 && test -t 2 && echo yes"
    with running("--", "sh", "-c", script, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        assert process.wait(PATIENCE) == 0
        assert os.read(main, 100) == b"yes\r\n"
    os.close(main)


def test_what_it_prints_is_its_log_and_its_progress(office: Office) -> None:
    script = "printf 'begins\\n\\r 10%%\\r 40%%'; read line; printf '\\r\\033[1mdone\\033[0m\\nend'; exit 3"
    with running("--", "sh", "-c", script) as process:
        row = office.task(plain_name(script), S.RUNNING)
        wait_until(lambda: row.snapshot().progress.done == 40)
        assert row.snapshot().progress[:3] == (40, 100, "%")
        assert row.snapshot().progress.message == "40%"
        wait_until(lambda: row.log_lines()[1] == ["begins"])
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
        wait_until(lambda: row.snapshot().state is S.FAILED)
        assert row.snapshot().error == "Ended with status 3"
        wait_until(lambda: row.log_lines()[1] == ["begins", "done", "end"])


def plain_name(script: str) -> str:
    from taskmon.core.base.text import plain

    return plain(script, 60)


def test_a_cancel_is_ctrl_c(office: Office) -> None:
    with running("sleep", "500") as process:
        row = office.task("sleep", S.RUNNING)
        wait_until(lambda: not row.snapshot().why_not_cancellable)
        means = row.snapshot().stop_means
        assert means is not None
        assert (means.signal, means.signals) == ("SIGINT", ("SIGTERM", "SIGKILL"))
        assert row.cancel()
        assert process.wait(PATIENCE) == -signal.SIGINT
        wait_until(lambda: row.snapshot().state is S.CANCELLED)


def test_a_firmer_signal_reaches_it_once(office: Office) -> None:
    """By the window, which tells this process as well: that does not pass it on again."""
    script = "trap 'echo heard' TERM; echo here; while :; do read line && exit 5; done"
    with running("--", "sh", "-c", script) as process:
        row = office.task(plain_name(script), S.RUNNING)
        wait_until(lambda: row.snapshot().stop_means is not None and "here" in row.log_lines()[1])
        assert row.use_offer(0)
        wait_until(lambda: "heard" in row.log_lines()[1])
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.wait(PATIENCE) == 5
        wait_until(lambda: row.snapshot().state.is_final)
        assert row.log_lines()[1].count("heard") == 1


def test_what_this_process_is_sent_is_meant_for_the_command(meeting_place: str) -> None:
    script = "trap 'echo heard; exit 6' TERM; echo here; while :; do read line; done"
    with running("--", "sh", "-c", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        os.kill(process.pid, signal.SIGTERM)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 6
        assert process.stdout.read() == b"heard\n"


def test_a_brief_one_leaves_a_trace(office: Office) -> None:
    with running("--", "sh", "-c", "echo brief; exit 7") as process:
        assert process.wait(PATIENCE) == 7
        row = office.task("echo brief; exit 7", S.FAILED)
        assert row.snapshot().error == "Ended with status 7"
        wait_until(lambda: row.log_lines()[1] == ["brief"])
