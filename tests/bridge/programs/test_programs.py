"""Python programs that are started from the window: parsed, launched, remembered, and told about when they fail."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.history.history import PROGRAM, Restarter
from taskmon.bridge.programs import launching
from taskmon.bridge.programs.launching import ClusterRequest, ProgramRequest, command, launch
from taskmon.bridge.programs.programs import Programs
from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.events import TaskAdded
from taskmon.core.task.snapshot import Origin
from taskmon.paths import itself
from tests.history.samples import S, picture
from tests.qt_helpers import LONG, controller, runner, until

__all__ = ["controller", "runner"]  # fixtures

#: Stands for ``taskmon run``: runs the script as it is.
STUB = """
import runpy, sys
words = sys.argv[1:]
assert words[:2] == ["run", "--no-window"], words
words = words[4:] if words[2] == "--python" else words[2:]
sys.argv = words
runpy.run_path(words[0], run_name="__main__")
"""


@pytest.fixture
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "itself", lambda: [sys.executable, "-c", STUB])


def script(folder: Path, code: str) -> str:
    path = folder / "program.py"
    path.write_text(code)
    return str(path)


# -- what was typed ----------------------------------------------------------------------------------------------------


def test_what_a_user_types_becomes_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    request = ProgramRequest.parse(" ~/a b.py ", "--name 'x y' $HOME", "python3.12", "~/data", "A=1\n\n B = 2=3 ")

    assert request.script == "/home/ada/a b.py"
    assert request.name == "a b.py"
    assert request.arguments == ("--name", "x y", "$HOME")  # no shell reads them
    assert (request.interpreter, request.folder) == ("python3.12", "/home/ada/data")
    assert request.environment == (("A", "1"), ("B", " 2=3"))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"script": " "}, "Program: nothing was given"),
        ({"script": "a.py", "arguments": "'x"}, "quotation mark"),
        ({"script": "a.py", "environment": "A=1\nB"}, "“B” is not NAME=value"),
        ({"script": "a.py", "environment": "=1"}, "“=1” is not NAME=value"),
        ({"script": "a\0.py"}, "NUL"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(fields: dict[str, str], complaint: str) -> None:
    with pytest.raises(TaskmonError, match=complaint):
        ProgramRequest.parse(**fields)


def test_what_is_kept_of_a_program_has_no_secrets() -> None:
    secrets = (("API_KEY", "s3cret"), ("password", "s3cret"), ("MODE", "fast"))
    request = ProgramRequest("/a\udcff.py", ("x",), environment=secrets)

    told = request.to_json()
    assert "s3cret" not in str(told)
    again = ProgramRequest.from_json(told)
    assert again is not None
    assert again.script == "/a\udcff.py"
    assert again.environment == (("API_KEY", ""), ("password", ""), ("MODE", "fast"))
    assert again.incomplete
    assert not request.incomplete


@pytest.mark.parametrize("told", [None, 7, [], {}, {"script": 7}, {"script": "a", "environment": 7}, {"script": ""}])
def test_what_makes_no_sense_in_the_file_is_passed_over(told: object) -> None:
    assert ProgramRequest.from_json(told) is None


# -- one program -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_stub")
def test_a_program_runs_in_a_session_and_folder_of_its_own(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        "import os, sys\n"
        "print('to nobody')\n"
        "told = (sys.argv[1:], os.getsid(0) == os.getpid(), os.environ['MODE'], sys.stdin.read())\n"
        "open('out', 'w').write(repr(told))",
    )
    pids: list[int] = []
    status, said = launch(ProgramRequest(path, ("one", "two three"), "", "", (("MODE", "fast"),)), pids.append)

    assert (status, said) == (0, "")
    assert (tmp_path / "out").read_text() == repr((["one", "two three"], True, "fast", ""))
    assert len(pids) == 1


@pytest.mark.usefixtures("_stub")
def test_the_last_words_of_a_program_are_kept_and_no_more(tmp_path: Path) -> None:
    path = script(tmp_path, "import sys\nsys.stderr.write('x' * 100_000 + '\\nlast words\\n')\nsys.exit(3)")
    status, said = launch(ProgramRequest(path), lambda _: None)

    assert status == 3
    assert said.endswith("last words")
    assert len(said) <= 4_000


@pytest.mark.usefixtures("_stub")
def test_what_a_program_says_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it runs, its standard error is emptied now and then, and goes on."""
    emptied = threading.Event()
    truncate = os.ftruncate

    def note(descriptor: int, size: int) -> None:
        truncate(descriptor, size)
        emptied.set()

    monkeypatch.setattr(launching, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(launching, "_MOST_SAID", 1_000)
    monkeypatch.setattr(launching.os, "ftruncate", note)
    path = script(
        tmp_path,
        "import sys, os\n"
        "sys.stderr.write('x' * 5_000)\nsys.stderr.flush()\n"
        "os.mkfifo('gate')\nopen('gate').read()\n"
        "sys.stderr.write('after')",
    )
    outcome: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: outcome.append(launch(ProgramRequest(path), lambda _: None)))
    thread.start()
    assert emptied.wait(20)
    gate = tmp_path / "gate"
    while not gate.exists():
        emptied.wait(0.001)
    gate.write_text("")
    thread.join(20)

    assert outcome == [(0, "after")]


@pytest.mark.parametrize(
    ("job", "complaint"),
    [(ProgramRequest("/no/such.py"), "no file"), (ProgramRequest(__file__, (), "", "/no"), "no folder")],
)
def test_what_is_not_there_is_said(job: ProgramRequest, complaint: str) -> None:
    with pytest.raises(TaskmonError, match=complaint):
        launch(job, lambda _: None)


def test_taskmon_finds_itself_whatever_the_folder(tmp_path: Path) -> None:
    """A program's folder may hold anything, even a module called taskmon."""
    import subprocess

    (tmp_path / "taskmon.py").write_text("raise SystemExit('the wrong one')")
    done = subprocess.run(
        [*itself(), "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("taskmon ")


def test_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "itself", lambda: ["taskmon"])
    job = ProgramRequest("/a.py", ("--python", "x"), "python3.12")

    assert launching.command(job) == [
        "taskmon",
        "run",
        "--no-window",
        "--python",
        "python3.12",
        "/a.py",
        "--python",
        "x",
    ]
    monkeypatch.undo()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert itself() == [sys.executable]


# -- and what the window hears -----------------------------------------------------------------------------------------


class Scene:
    """Programs whose processes are led by the test."""

    def __init__(self, controller: TaskController, folder: Path) -> None:
        self.controller = controller
        self.go = threading.Event()
        self.outcome: tuple[int, str] = (0, "")
        self.pid = 4711
        self.jobs: list[ProgramRequest] = []
        self.programs = Programs(controller, folder=lambda: folder, start=self._start)

    def _start(self, job: ProgramRequest, started: Any) -> tuple[int, str]:
        self.jobs.append(job)
        started(self.pid)
        assert self.go.wait(20)
        return self.outcome

    def appear(self, number: int = 10**6) -> None:
        """Have the program's row come, as the link would."""
        snapshot = picture(number, S.RUNNING, origin=Origin("train.py", self.pid, "", "program"))
        self.controller._on_arrived(
            [TaskAdded(snapshot, SimpleNamespace(snapshot=lambda: snapshot, stack=lambda: None))]
        )  # type: ignore[list-item,arg-type]


@pytest.fixture
def scene(qtbot: QtBot, controller: TaskController, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(controller, tmp_path / "data")
    yield made
    made.go.set()
    made.programs.close()
    made.programs.deleteLater()


def test_a_program_that_is_shown_is_told_of_by_its_row(qtbot: QtBot, scene: Scene) -> None:
    scene.programs.run(ProgramRequest("/train.py", ("a",)))
    until(qtbot, lambda: scene.jobs)
    with qtbot.waitSignal(scene.programs.appeared, timeout=LONG) as told:
        scene.appear()
    assert told.args == [10**6]

    scene.outcome = (1, "Traceback")
    with qtbot.assertNotEmitted(scene.programs.failed, wait=700):
        scene.go.set()


def test_a_program_that_dies_before_it_is_shown_leaves_its_last_words(qtbot: QtBot, scene: Scene) -> None:
    scene.outcome = (2, "one\n\x1b[31mtwo")
    scene.go.set()
    with qtbot.waitSignal(scene.programs.failed, timeout=LONG) as told:
        scene.programs.run(ProgramRequest("/train.py"))

    error = told.args[0]
    assert error.title == "“train.py” ended before it could be shown"
    assert error.message == "Its exit status was 2.\n\n␛[31mtwo"
    assert error.detail == "one\n␛[31mtwo"


def test_a_signal_is_named(qtbot: QtBot, scene: Scene) -> None:
    scene.outcome = (-signal.SIGSEGV, "")
    scene.go.set()
    with qtbot.waitSignal(scene.programs.failed, timeout=LONG) as told:
        scene.programs.run(ProgramRequest("/train.py"))
    assert told.args[0].message == "It was ended by signal 11."


def test_a_program_that_was_too_short_to_be_shown_is_no_failure(qtbot: QtBot, scene: Scene) -> None:
    scene.go.set()
    with (
        qtbot.assertNotEmitted(scene.programs.failed),
        qtbot.waitSignal(scene.programs.ended_early, timeout=LONG) as told,
    ):
        scene.programs.run(ProgramRequest("/train.py"))
    assert told.args == ["train.py"]


def test_a_program_that_is_not_there_is_said(qtbot: QtBot, controller: TaskController, tmp_path: Path) -> None:
    programs = Programs(controller, folder=lambda: tmp_path)
    with qtbot.waitSignal(programs.failed, timeout=LONG) as told:
        programs.run(ProgramRequest(str(tmp_path / "gone.py")))
    assert "no file" in told.args[0].message
    found: list[list[ProgramRequest]] = []
    programs.recent(found.append)
    until(qtbot, lambda: found)
    assert found == [[]], "what never started is not offered again"
    programs.close()
    programs.deleteLater()


def test_the_last_programs_are_remembered_each_once(qtbot: QtBot, scene: Scene, tmp_path: Path) -> None:
    for number in [*range(20), 15]:
        scene.programs.remember(ProgramRequest(f"/program{number}.py", (str(number),)))
    found: list[list[ProgramRequest]] = []
    scene.programs.recent(found.append)
    until(qtbot, lambda: found)

    assert [request.name for request in found[0][:3]] == ["program15.py", "program19.py", "program18.py"]
    assert len(found[0]) == 12
    (tmp_path / "data" / "programs.json").write_text("{ damaged")
    scene.programs.recent(found.append)
    until(qtbot, lambda: len(found) == 2)
    assert found[1] == []


def test_a_programs_row_can_be_run_again_from_the_history(qtbot: QtBot, scene: Scene, runner: TaskRunner) -> None:
    scene.programs.run(ProgramRequest("/train.py", ("a",)))
    until(qtbot, lambda: scene.programs.arguments_of(scene.pid))
    restarter = Restarter((), scene.programs.arguments_of)
    of_it = picture(1, origin=Origin("train.py", scene.pid, "", "program"))
    thread_of_it = picture(2, origin=Origin("train.py", scene.pid, "worker", "thread"))

    def describe(snapshot: Any) -> Any:
        return restarter.describe(SimpleNamespace(snapshot=lambda: snapshot))  # type: ignore[arg-type]

    work = describe(of_it)
    assert work is not None
    assert work.job == PROGRAM
    assert ProgramRequest.from_json(work.arguments) == ProgramRequest("/train.py", ("a",))
    assert describe(thread_of_it) is None
    assert describe(picture(3, origin=Origin("other.py", 1, "", "program"))) is None
    with runner:
        assert restarter.describe(runner.start(lambda ctx: None)) is None


def test_a_cluster_is_shown_by_a_process_that_ends_with_the_window() -> None:
    words = command(ClusterRequest("tcp://node17:8786", True))

    assert words[-6:] == ["dask", "--no-window", "--with-window", "--all", "--", "tcp://node17:8786"]


def test_a_cluster_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    status, said = launch(ClusterRequest("--all"), lambda _: None)

    assert status == 2
    assert said.startswith("taskmon: ")


@pytest.mark.parametrize("address", ["", "  ", "a b", "a\0b"])
def test_an_address_that_makes_no_sense_is_refused(address: str) -> None:
    with pytest.raises(TaskmonError, match="Scheduler"):
        ClusterRequest.parse(address)
