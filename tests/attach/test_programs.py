"""What is known of programs from the outside: their names, versions, environments, and what py-spy says of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from taskmon.attach import programs as module
from taskmon.attach.interpreter import Version, find, version_of
from taskmon.attach.look import SeenFrame, read
from taskmon.attach.programs import (
    Means,
    Program,
    ProgramFinder,
    Standing,
    arguments_of,
    describe,
    environment_of,
    is_taskmon,
    name_of,
)
from taskmon.attach.refusals import Refusal, Refused
from taskmon.cli import attach_commands
from taskmon.cli.attach_commands import table
from taskmon.paths import itself
from tests.attach.targets import plain_environment
from tests.bridge.programs.test_attaching import program
from tests.helpers.gates import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")


@pytest.mark.parametrize(
    ("words", "name", "arguments"),
    [
        (["python3", "/srv/report.py", "--all"], "report.py", "--all"),
        (["/usr/bin/python3.12", "-u", "-W", "error", "-X", "dev", "report.py"], "report.py", ""),
        (["python", "-Wd", "-Xdev", "-OO", "report.py", "-m", "x y"], "report.py", "-m 'x y'"),
        (["python", "-m", "http.server", "8000"], "http.server", "8000"),
        (["python", "-um", "http.server"], "http.server", ""),
        (["python", "-mhttp.server", "-c", "1"], "http.server", "-c 1"),
        (["python", "-c", "import x", "y"], "-c", "y"),
        (["python", "--check-hash-based-pycs", "always", "x.py"], "x.py", ""),
        (["python", "-X", "dev", "--", "x.py", "--", "y"], "x.py", "-- y"),
        (["/usr/bin/python3", "/usr/bin/flask", "run"], "flask", "run"),
        (["python", "folder/"], "folder", ""),
        (["python"], "python", ""),
        (["/usr/bin/blender", "-b"], "blender", "-b"),
        (["python", "-"], "-", ""),
        (["python", "-m", "ipykernel_launcher", "-f", "/nowhere.json"], "ipykernel_launcher", ""),
    ],
)
def test_a_program_is_called_what_its_user_calls_it(
    words: list[str], name: str, arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "words_of", lambda pid: words)
    assert name_of(1) == name
    assert arguments_of(words) == arguments


@pytest.mark.parametrize(
    ("session", "name"),
    [
        ({"jupyter_session": "/home/ada/lab/analysis.ipynb"}, "analysis.ipynb"),
        ({}, "ipykernel_launcher"),
        ([], "ipykernel_launcher"),
        ({"jupyter_session": 7}, "ipykernel_launcher"),
    ],
)
def test_a_kernel_is_called_after_its_notebook(
    session: object, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kernel-1.json"
    file.write_text(json.dumps(session))
    monkeypatch.setattr(module, "words_of", lambda pid: ["python", "-m", "ipykernel_launcher", "-f", str(file)])
    assert name_of(1) == name
    file.unlink()
    assert name_of(1) == "ipykernel_launcher"


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (["python", "-m", "taskmon"], True),
        (["python", "-P", "-m", "taskmon", "attach", "1"], True),
        (["/venv/bin/python", "/venv/bin/taskmon"], True),
        (["/opt/taskmon"], True),
        ([*itself(), "attach", "1"], True),
        (["python", "-c", "import taskmon"], False),
        (["python", "taskmon.py"], False),
        (["python", "-m", "taskmonitor"], False),
        (["python", "/opt/taskmon/__main__.py"], True),
        (["python", "-X", "faulthandler", "-m", "taskmon", "demo"], True),
        (["python", "-m", "taskmon.__main__"], True),
        (["python", "mine/__main__.py"], False),
    ],
)
def test_taskmon_is_no_program_of_its_list(words: list[str], ours: bool) -> None:
    assert is_taskmon(words) is ours


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta"])
def test_the_environment_is_that_of_the_python_that_was_called(tmp_path: Path, mark: str) -> None:
    (tmp_path / "env" / "bin").mkdir(parents=True)
    python = str(tmp_path / "env" / "bin" / "python")
    assert environment_of(os.getpid(), [python]) == ""
    (tmp_path / "env" / mark).mkdir()
    assert environment_of(os.getpid(), [python]) == str(tmp_path / "env")
    assert environment_of(os.getpid(), ["python"]) == ""


@contextmanager
def waiting(folder: Path, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**plain_environment(), **more}
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.communicate()


#: It prints once it has as many threads as it will have.
WAIT = "import sys, threading\nthreading.Thread(target=lambda: (print(flush=True), sys.stdin.read())).start()\n"


def test_a_program_is_found_and_described(tmp_path: Path) -> None:
    (tmp_path / "report.py").write_text(WAIT)
    with waiting(tmp_path, sys.executable, "report.py") as process:
        (found,) = [one for one in ProgramFinder().find() if one.pid == process.pid]
        assert (found.name, found.folder, found.threads) == ("report.py", os.path.realpath(tmp_path), 2)
        assert (found.version.major, found.version.minor) == sys.version_info[:2]
        assert 0 <= found.age < 60
        assert found.memory > 1_000_000
        assert (found.means is Means.ATTACH) == (found.refusal is None)
        if sys.version_info < (3, 14):
            assert found.refusal is not None
            assert found.refusal.refusal in (Refusal.LOOK_ONLY, Refusal.NO_PY_SPY)


class TestAgainAndAgain:
    """What is known of a process is not looked at again before it may have changed."""

    @pytest.fixture
    def described(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        pids: list[int] = []

        def note(pid: int, version: Version | None = None) -> Program | None:
            pids.append(pid)
            return describe(pid, version)

        monkeypatch.setattr(module, "describe", note)
        return pids

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [1_000.0]
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
        monkeypatch.setattr(module, "system_uptime", lambda: now[0])
        monkeypatch.setattr(module.Seen, "age_at", lambda _, uptime: uptime - 999.0)
        return now

    def found(self, finder: ProgramFinder, pid: int, *, afresh: bool = False) -> Program | None:
        return next((one for one in finder.find(afresh) if one.pid == pid), None)

    def test_a_program_is_described_once(self, tmp_path: Path, described: list[int], clock: list[float]) -> None:
        finder = ProgramFinder()
        with waiting(tmp_path, sys.executable, "-c", WAIT) as process:
            first = self.found(finder, process.pid)
            assert first is not None
            clock[0] += 0.5
            again = self.found(finder, process.pid)
            assert described.count(process.pid) == 1
            assert again is not None
            assert again.age == first.age + 0.5, "but its figures are those of now"
            assert self.found(finder, process.pid, afresh=True) is not None
            assert described.count(process.pid) == 2

    def test_whatever_has_become_twice_as_old_is_examined_again(
        self, tmp_path: Path, described: list[int], clock: list[float]
    ) -> None:
        """As what a shell starts: it is a shell first."""
        finder = ProgramFinder()
        script = f"read line; exec {sys.executable} -c 'print(flush=True); input()'"
        process = subprocess.Popen(
            ["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain_environment()
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert self.found(finder, process.pid) is None
            process.stdin.write("\n")
            process.stdin.flush()
            process.stdout.readline()
            clock[0] += 0.9
            assert self.found(finder, process.pid) is None
            clock[0] += 0.1
            assert self.found(finder, process.pid) is not None
            assert described.count(process.pid) == 2
        finally:
            process.communicate("\n")

    def test_a_program_that_is_stopped_is_seen_to_be(self, tmp_path: Path, clock: list[float]) -> None:
        finder = ProgramFinder()
        with waiting(tmp_path, sys.executable, "-c", WAIT) as process:
            assert self.found(finder, process.pid) is not None
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
            stopped = self.found(finder, process.pid)
            process.send_signal(signal.SIGCONT)
            assert stopped is not None
            assert stopped.refusal is not None
            assert stopped.refusal.refusal is Refusal.STOPPED


def test_other_programs_are_not_listed(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "600"])
    try:
        wait_until(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n")
        assert describe(process.pid) is None
        assert version_of(process.pid) is None
    finally:
        process.kill()
        process.wait()


def test_helpers_of_multiprocessing_are_part_of_their_program(tmp_path: Path) -> None:
    code = "from multiprocessing.spawn import spawn_main; " + WAIT.replace("\n", "; ").strip("; ")
    with waiting(tmp_path, sys.executable, "-c", code) as process:
        assert describe(process.pid) is None


def test_the_version_of_this_very_python_is_read_from_its_memory() -> None:
    found = version_of(os.getpid())
    assert found is not None
    assert (found.major, found.minor) == sys.version_info[:2]
    if sys.version_info >= (3, 13):
        assert found.micro == sys.version_info[2]
        assert found.free_threaded is (not getattr(sys, "_is_gil_enabled", lambda: True)())


@pytest.mark.parametrize(
    ("version", "refusal"),
    [
        (Version(3, 7), Refusal.TOO_OLD),
        (Version(2, 7), Refusal.TOO_OLD),
        (Version(3, 8), Refusal.LOOK_ONLY),
        (Version(3, 13, 1), Refusal.LOOK_ONLY),
        (Version(3, 14, 0, 0xB0), Refusal.PRERELEASE),
        (Version(3, 14, 1, 0xF0, True), Refusal.FREE_THREADED),
        (Version(3, 15, 0), Refusal.TOO_NEW),
        (Version(4, 0, 0), Refusal.TOO_NEW),
        (Version(3, 14, 1), Refusal.UNKNOWN_INSIDE),
        (None, Refusal.NOT_PYTHON),
    ],
)
def test_which_pythons_can_be_asked(version: Version | None, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskmon.attach.interpreter._find_table", lambda pid: (1, version, (0,) * 95))
    with pytest.raises(Refused) as refused:
        find(1)
    assert refused.value.refusal is refusal


def test_the_list_says_beneath_a_program_why_no_more_can_be_done() -> None:
    refused = Refused(Refusal.DISABLED)
    lines = table([program(7), program(8, means=Means.NOTHING, refusal=refused)])
    assert lines[0].split() == ["PID", "PYTHON", "THREADS", "CPU", "MEMORY", "AGE", "POSSIBLE", "NAME", "FOLDER"]
    assert lines[1].split()[:5] == ["7", "3.14.2", "3", "10", "%"]
    assert "attach" in lines[1]
    assert lines[3] == f"    {refused.message}"
    assert all(len(line) <= 40 for line in table([program(7)], 40))


def test_the_list_begins_with_what_can_be_attached_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = Refused(Refusal.DISABLED)
    found = [program(8, means=Means.NOTHING, refusal=refused), program(7), program(9)]
    monkeypatch.setattr(ProgramFinder, "find", lambda self: found)
    monkeypatch.setattr(attach_commands, "_in_the_window", tuple)
    assert attach_commands.list_programs(as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines if not line.startswith("    ")] == ["7", "9", "8"]


def test_the_list_says_of_which_programs_something_is_shown() -> None:
    told = [
        program(7, standing=Standing.ATTACHED),
        program(8, standing=Standing.STARTED_BY_US, means=Means.NOTHING, refusal=Refused(Refusal.STARTED_BY_US)),
        program(9, standing=Standing.ASKED),
        program(10, means=Means.NOTHING, refusal=Refused(Refusal.DISABLED)),
    ]
    lines = [" ".join(line.split()) for line in table(told, shown={7, 10})[1:]]
    for line, words in zip(lines, ("attached", "watched", "waited for", "in the window"), strict=True):
        assert f"1 m 40 s {words} report.py" in line


def test_what_was_started_by_taskmon_run_is_known_by_its_first_environment(tmp_path: Path) -> None:
    code = "import os; os.environ.clear(); " + WAIT.replace("\n", "; ").strip("; ")
    with waiting(tmp_path, sys.executable, "-c", code, _TASKMON_OPTIONS="child") as process:
        found = describe(process.pid)
        assert found is not None
        assert (found.standing, found.means) == (Standing.STARTED_BY_US, Means.NOTHING)
        assert found.refusal is not None
        assert found.refusal.refusal is Refusal.STARTED_BY_US


class TestPySpy:
    SAID: ClassVar = [
        {
            "pid": 7, "thread_id": 140, "thread_name": "worker", "os_thread_id": 9, "active": True, "owns_gil": True,
            "frames": [
                {"name": "inner", "filename": "/a.py", "module": None, "short_filename": "a.py", "line": 3},
                {"name": "outer", "filename": "/b.py", "line": 0, "locals": None},
            ],
        },
        {"pid": 7, "thread_id": 141, "thread_name": None, "os_thread_id": None, "active": False, "owns_gil": False,
         "frames": []},
    ]  # fmt: skip

    def test_its_answer_is_read(self) -> None:
        one, two = read(json.dumps(self.SAID).encode())
        assert (one.ident, one.native_id, one.name, one.active, one.holds_interpreter) == (140, 9, "worker", True, True)
        assert one.frames == (SeenFrame("inner", "/a.py", 3), SeenFrame("outer", "/b.py", 0))
        assert (two.native_id, two.name, two.frames) == (0, "", ())

    @pytest.mark.parametrize("said", [b"", b"{}", b"[1]", b"[{}]", b'[{"thread_id": "x", "frames": []}]', b"\xff"])
    def test_an_answer_that_is_not_understood_is_refused(self, said: bytes) -> None:
        with pytest.raises(Refused) as refused:
            read(said or b"nothing")
        assert refused.value.refusal is Refusal.CANNOT_LOOK
