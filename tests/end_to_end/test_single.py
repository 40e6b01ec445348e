"""One window for each user, and what the command line asks of it: real windows, on a screen that nobody sees."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon.link.window.process import process_lives
from taskmon.link.window_client import Window, open_window, window_is_open
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place"]  # fixture

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", **more}


def taskmon(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of taskmon to its end."""
    return subprocess.run(
        [sys.executable, "-m", "taskmon", *arguments],
        env=environment(**more), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def listed() -> list[dict[str, Any]]:
    """What `taskmon list --json` tells."""
    done = taskmon("list", "--json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.fixture
def window(meeting_place: str) -> Iterator[subprocess.Popen[str]]:
    """A window with the demo in it."""
    started = start_window("demo")
    wait_until(window_is_open, "the window")
    yield started
    end(started)


def start_window(*arguments: str) -> subprocess.Popen[str]:
    """Open a window."""
    return subprocess.Popen(
        [sys.executable, "-m", "taskmon", *arguments], env=environment(), text=True, stderr=subprocess.PIPE
    )


def end(window: subprocess.Popen[str]) -> None:
    """Close it as the end of a session does, twice: the second time it does not wait for its tasks."""
    window.send_signal(signal.SIGTERM)
    try:
        window.wait(2)
    except subprocess.TimeoutExpired:
        window.send_signal(signal.SIGTERM)
    _, said = window.communicate(timeout=PATIENCE)
    assert window.returncode == 0
    assert [line for line in said.splitlines() if "does not support" not in line] == []


def test_without_a_window_the_commands_say_so(meeting_place: str) -> None:
    """In one sentence, with a status of their own."""
    for command in (["list"], ["list", "--json"], ["cancel", "--all"], ["cancel", "1", "--wait"], ["watch"]):
        done = taskmon(*command)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == "taskmon: No window is open. “taskmon” opens one.\n"


def test_list_and_cancel(window: subprocess.Popen[str]) -> None:
    """The objects have the names and the types that the manual promises; what is cancelled ends so, and stays."""
    tasks = listed()
    types = {
        "id": int, "name": str, "state": str, "label": str, "parent": (int, type(None)), "program": str, "pid": int,
        "thread": str,
        "done": (int, float, type(None)), "total": (int, float, type(None)), "unit": str, "message": str,
        "cancellable": bool, "cancel_means": str, "reason": str, "started": (str, type(None)),
        "ended": (str, type(None)),
        "doing": (dict, type(None)),
    }  # fmt: skip
    for task in tasks:
        assert list(task) == list(types)
        for name, kind in types.items():
            assert isinstance(task[name], kind), (name, task[name])
    running = next(task for task in tasks if task["name"] == "Poll an event")
    assert (running["state"], running["program"], running["pid"]) == ("RUNNING", "taskmon", window.pid)
    assert (running["cancellable"], running["cancel_means"]) == (True, "sets its stop flag")
    assert running["thread"].startswith("taskmon-worker")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", running["started"])

    done = taskmon("cancel", str(running["id"]), "--wait")
    assert (done.returncode, done.stderr) == (0, "")
    first, last = done.stdout.splitlines()
    assert first == f"{running['id']} Poll an event: asked to stop: sets its stop flag"
    assert last.startswith(f"{running['id']} Poll an event: Cancelled (")
    after = next(task for task in listed() if task["id"] == running["id"])
    assert (after["state"], after["cancellable"]) == ("CANCELLED", False)
    assert "taskmon cancel" in after["reason"]
    assert after["ended"] >= after["started"]

    again = taskmon("cancel", str(running["id"]), "9999999")
    assert again.returncode == 1
    assert again.stdout.splitlines() == [
        f"{running['id']} Poll an event: has ended already (Cancelled)",
        "9999999: there is no such task; “taskmon list” shows their numbers",
    ]
    assert taskmon("cancel", "--group", "none of that name").returncode == 1
    plain = taskmon("list").stdout.splitlines()
    by_now = {"DOING", "CPU", "MESSAGE"}  # what threads do and need, and tasks say, if there is such already
    columns = [column for column in plain[0].split() if column not in by_now]
    assert columns == ["ID", "STATE", "PROGRESS", "PROGRAM", "NAME"]
    assert any("Watch an attribute flag" in line for line in plain)
    everything = taskmon("cancel", "--all")
    assert everything.returncode == 0
    assert "Watch an attribute flag: asked to stop" in everything.stdout


@pytest.mark.parametrize("wrong", [
    ["cancel"], ["cancel", "one"], ["cancel", "1", "--all"], ["cancel", "--group", "a", "--all"],
    ["cancel", "--group", ""], ["list", "extra"], ["watch", "--json"],
])  # fmt: skip
def test_what_makes_no_sense_is_refused(meeting_place: str, wrong: list[str]) -> None:
    """One sentence, status 2; an empty group is not everything that has none."""
    done = taskmon(*wrong)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_window_is_opened_for_a_program(meeting_place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a session of its own, so that it outlives the terminal; without a display, the reason is told.

    What PYTHONPATH names is for programs, also for those that are run from that window: it executes none of it.
    """
    for name in ("contextlib", "json", "taskmon", "types"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not window_is_open()
    assert open_window() == ""
    wait_until(window_is_open, "the window")
    with Window() as window:
        pid = window.pid
    assert os.getsid(pid) != os.getsid(0)
    given = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert os.fsencode(f"PYTHONPATH={os.environ['PYTHONPATH']}") in given
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # it is no child that a program could wait for
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not window_is_open(), "its end")
    wait_until(lambda: not process_lives(pid))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "There is no display" in open_window()


def test_watch_tells_what_changes(window: subprocess.Popen[str]) -> None:
    """Into a pipe: lines. Ctrl-C leaves, and the tasks go on."""
    watching = subprocess.Popen(
        [sys.executable, "-m", "taskmon", "watch"], env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    seen = ""
    while "Poll an event: Running" not in seen:
        seen += watching.stdout.readline()
    task = next(task for task in listed() if task["name"] == "Poll an event")
    taskmon("cancel", str(task["id"]))
    while "Poll an event: Cancelled" not in seen:
        seen += watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    assert watching.wait(PATIENCE) == 0
    watching.stdout.close()
    assert any(task["state"] == "RUNNING" for task in listed())


def test_watch_draws_in_a_terminal(window: subprocess.Popen[str]) -> None:
    """On the other screen, which is given back."""
    import pty

    master, slave = pty.openpty()
    watching = subprocess.Popen(
        [sys.executable, "-m", "taskmon", "watch"], env=environment(TERM="xterm"), stdout=slave, stdin=slave
    )
    os.close(slave)
    seen = b""
    while b"Poll an event" not in seen:
        seen += os.read(master, 4096)
    assert b"\x1b[?1049h" in seen
    assert b"Ctrl-C leaves" in seen
    watching.send_signal(signal.SIGINT)
    while b"\x1b[?1049l" not in seen:
        seen += os.read(master, 4096)
    assert watching.wait(PATIENCE) == 0
    os.close(master)


def test_a_second_start_hands_over(window: subprocess.Popen[str], tmp_path: Path) -> None:
    """The job runs in the first window, with paths as they were meant; the second start ends at once."""
    (tmp_path / "naïve \udcff").mkdir()
    (tmp_path / "naïve \udcff" / "file").write_bytes(b"1")
    done = subprocess.run(
        [sys.executable, "-m", "taskmon", "start", "checksum", "naïve \udcff"],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    wait_until(lambda: any(task["name"].startswith("Checksum") and task["state"] == "SUCCEEDED" for task in listed()))
    assert window.poll() is None


def test_another_screen_gets_a_window_of_its_own(window: subprocess.Popen[str]) -> None:
    """To raise one where nobody sits helps nobody."""
    done = taskmon(TASKMON_QUIT_AFTER_MS="300", WAYLAND_DISPLAY="elsewhere")
    assert done.returncode == 0
    assert window.poll() is None
    assert listed(), "the first still serves"


@pytest.mark.slow
def test_twenty_at_once_give_one_window(meeting_place: str) -> None:
    """Whoever comes first stays; the others end with success."""
    starts = [start_window("demo") for _ in range(20)]
    wait_until(lambda: sum(start.poll() is None for start in starts) == 1, "nineteen to leave")
    for start in starts:
        if start.poll() is not None:
            _, said = start.communicate()
            assert (start.returncode, said) == (0, "")
    last = next(start for start in starts if start.poll() is None)
    wait_until(window_is_open)
    wait_until(lambda: sum(task["name"] == "Poll an event" for task in listed()) == 20, "all twenty demos")
    last.kill()
    last.communicate()
    again = start_window()
    wait_until(window_is_open, "a window in place of the dead one")
    end(again)
