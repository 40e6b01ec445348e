"""A program that replaces itself goes on as the same one; what it becomes otherwise is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.faithful import Case
from tests.watch.test_faithful import run, watched, write
from tests.watch.test_watched_program import running

__all__ = ["meeting_place", "office"]  # fixtures

#: Waits for a line before it replaces itself, and for another before it ends.
AGAIN = """
import os, sys, threading
life = int(os.environ.get("LIFE", "0"))
done = threading.Event()
threading.Thread(target=done.wait, name=f"thread of life {life}", daemon=True).start()
print("life", life, flush=True)
sys.stdin.buffer.raw.read(1)
if life == 0:
    os.environ["LIFE"] = "1"
    HOW
print("the end", flush=True)
"""
EXECVE = "os.execve(sys.executable, [sys.executable, *sys.argv], os.environ)"
EXECV = "os.execv(sys.executable, [sys.executable, '-u', *sys.argv])"
EXECLP = "os.execlp(sys.executable, sys.executable, *sys.argv)"


@pytest.mark.parametrize("how", [EXECVE, EXECV, EXECLP])
def test_it_goes_on_as_the_same_program(office: Office, tmp_path: Path, how: str) -> None:
    with running(tmp_path, AGAIN.replace("HOW", how)) as process:
        assert process.stdin is not None
        program = office.task("program.py")
        first = office.task("thread of life 0")
        wait_until(lambda: "life 0" in program.log_lines()[1])
        process.stdin.write("x")
        process.stdin.flush()
        second = office.task("thread of life 1")
        wait_until(lambda: first.snapshot().state is S.CUT_OFF)
        assert first.snapshot().consequence == "Its program started itself anew"
        assert program.snapshot().state is S.RUNNING
        wait_until(lambda: "life 1" in program.log_lines()[1])
        assert "life 0" in program.log_lines()[1]
        assert {task.id for task in office.source.tasks()} == {program.id, second.id}
        process.stdin.write("x")
        process.stdin.flush()
        assert process.wait(PATIENCE) == 0
        wait_until(lambda: program.snapshot().state.is_final)
    assert program.snapshot().state is S.SUCCEEDED
    assert office.states(program.id).count(S.RUNNING) == 1


def test_what_it_becomes_otherwise_is_said(office: Office, tmp_path: Path) -> None:
    how = "os.execv('/bin/cat', ['cat'])"
    with running(tmp_path, AGAIN.replace("HOW", how)) as process:
        assert process.stdin is not None
        program = office.task("program.py")
        thread = office.task("thread of life 0")
        process.stdin.write("x")
        process.stdin.flush()
        wait_until(lambda: thread.snapshot().state is S.CUT_OFF)
        became = "has become another program, cat, which is not watched"
        assert thread.snapshot().consequence == f"Its program {became}"
        wait_until(lambda: program.snapshot().why_not_cancellable == f"it {became}")
        assert program.snapshot().state is S.RUNNING
        process.terminate()
        wait_until(lambda: program.snapshot().state.is_final)


def test_an_exec_that_fails_changes_nothing(office: Office, tmp_path: Path) -> None:
    how = """
    for path in ("/nowhere/python", "/etc"):
        try: os.execv(path, ["python"])
        except OSError as error: print(type(error).__name__, flush=True)
    sys.stdin.buffer.raw.read(1)
"""
    with running(tmp_path, AGAIN.replace("    HOW", how)) as process:
        assert process.stdin is not None
        program = office.task("program.py")
        thread = office.task("thread of life 0")
        process.stdin.write("x")
        process.stdin.flush()
        wait_until(lambda: "PermissionError" in program.log_lines()[1])
        assert "FileNotFoundError" in program.log_lines()[1]
        assert (program.snapshot().state, thread.snapshot().state) == (S.RUNNING, S.RUNNING)
        process.stdin.write("x")
        process.stdin.flush()
        assert process.wait(PATIENCE) == 0
        wait_until(lambda: program.snapshot().state is S.SUCCEEDED)


SHOW = (
    "import os, sys, time\nlife = int(os.environ.pop('LIFE', '0'))\n"
    "print(life, sorted(k for k in os.environ if 'TASKMON' in k or 'PYTHONPATH' in k), os.environ.get('PYTHONPATH'),"
    " sys.orig_argv[1:], sorted(sys.modules) == sorted(set(sys.modules)), flush=True)\n"
    "time.sleep(0.1)\nif life < 3:\n    os.environ['LIFE'] = str(life + 1)\n"
    "    {how}\n"
)


@pytest.mark.parametrize(
    "how",
    [
        "os.execv(sys.executable, [sys.executable, *sys.argv])",
        "os.execve(sys.executable.encode(), [b'python', *(a.encode() for a in sys.argv)], os.environb)",
        "os.execve(sys.executable, ['python', '-I', *sys.argv], {**os.environ, 'PYTHONPATH': '/mine'})",
        "os.execlpe('env', 'env', {'LIFE': '3', 'TASKMON_NO': ''})",
    ],
)
@pytest.mark.parametrize("mode", ["unattended", "looked at"])
def test_nothing_of_ours_is_left_in_what_comes_next(how: str, mode: str, tmp_path: Path) -> None:
    case = Case(SHOW.replace("{how}", how))
    write(case, tmp_path)
    more = {"PYTHONPATH": "/before"} | ({"TASKMON_WATCH_DEBUG": "always"} if mode == "looked at" else {})

    plain = run([sys.executable, *case.words], case, tmp_path, **more)
    assert plain[1]
    assert run(watched(case.words), case, tmp_path, **more) == plain
