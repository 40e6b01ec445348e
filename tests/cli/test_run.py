"""The command line of `taskmon run`: what is the interpreter's, what is the program's, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from taskmon.cli.run import ENTRY, RunRequest, environment_for, find_python, parse, which
from taskmon.core.base.errors import TaskmonError
from tests.watch.test_faithful import ROOT


@pytest.mark.parametrize(
    ("words", "arguments", "name"),
    [
        (["a.py"], ("a.py",), "a.py"),
        (["a.py", "--no-window", "-h"], ("a.py", "--no-window", "-h"), "a.py"),
        (["dir/a.py", "-m", "x"], ("dir/a.py", "-m", "x"), "a.py"),
        (["-m", "pkg.tool", "-c"], ("-m", "pkg.tool", "-c"), "pkg.tool"),
        (["-c", "print(1)", "x"], ("-c", "print(1)", "x"), "-c"),
        (["-qc", "print(1)", "x"], ("-q", "-c", "print(1)", "x"), "-c"),
        (["-ubmpkg.tool", "-c"], ("-ub", "-m", "pkg.tool", "-c"), "pkg.tool"),
        (["-Werror", "-mpkg"], ("-Werror", "-m", "pkg"), "pkg"),
        (["-u", "-Werror", "-X", "dev", "a.py"], ("-u", "-Werror", "-X", "dev", "a.py"), "a.py"),
        (["-OW", "error", "a.py"], ("-OW", "error", "a.py"), "a.py"),
        (["-", "x"], ("-", "x"), "-"),
        (["-R", "-OO", "a.py"], ("-R", "-OO", "a.py"), "a.py"),
        (["--check-hash-based-pycs", "never", "a.py"], ("--check-hash-based-pycs", "never", "a.py"), "a.py"),
    ],
)
def test_what_is_the_programs_stays_the_programs(words: list[str], arguments: tuple[str, ...], name: str) -> None:
    request = parse(words)
    assert request is not None
    assert (request.arguments, request.name) == (arguments, name)


def test_behind_two_dashes_stands_a_command_or_a_python_file_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-odd.py").touch()
    assert parse(["--", "-odd.py"]) == RunRequest(("-odd.py",), "-odd.py")
    package = tmp_path / "package"
    package.mkdir()
    (package / "__main__.py").touch()
    assert parse(["--", "package"]) == RunRequest(("package",), "package")


@pytest.mark.skipif(sys.platform == "win32", reason="the shell has other statuses")
@pytest.mark.parametrize(("name", "status", "told"), [
    ("", 127, "empty"), ("./missing", 127, "no command ./missing"), ("./missing.py", 127, "no command ./missing.py"),
    ("words", 127, "no command words"), ("./words", 126, "./words cannot be executed"),
    ("./folder", 126, "is a folder"),
])  # fmt: skip
def test_what_cannot_be_executed_is_refused_as_a_shell_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, status: int, told: str
) -> None:
    """What is given as a command is never taken for a Python file because there is no such command."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words").write_text("root:x:0:0\n")
    (tmp_path / "folder").mkdir()
    with pytest.raises(TaskmonError) as caught:
        parse(["--", name])
    assert told in caught.value.message
    assert caught.value.exit_status == status


def test_what_is_neither_a_file_nor_a_command_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python alone would take it for a file that is missing, which is meant only where it is called as its are."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TaskmonError, match="there is no command missing") as caught:
        parse(["missing"])
    assert caught.value.exit_status == 127
    assert parse(["missing.py"]) == RunRequest(("missing.py",), "missing.py")


def test_our_own_options_come_first() -> None:
    request = parse(["--no-window", "--library-threads", "--python=/usr/bin/python3", "a.py"])
    assert request == RunRequest(("a.py",), "a.py", "/usr/bin/python3", window=False, library_threads=True)
    assert parse(["--help"]) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "which program"),
        (["-m"], "-m needs a value"),
        (["-qm"], "-m needs a value"),
        (["--python"], "--python needs a value"),
        (["--pyton", "x", "a.py"], "no option --pyton"),
        (["-Z", "a.py"], "no option -Z"),
        (["-E", "a.py"], "ignore the environment"),
        (["--check-hash-based-pycs"], "needs a value"),
        (["-I", "a.py"], "ignore the environment"),
        (["-uS", "a.py"], "site module"),
        (["-i", "a.py"], "interactive"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(words: list[str], told: str) -> None:
    with pytest.raises(TaskmonError) as caught:
        parse(words)
    assert told in caught.value.message


def test_the_interpreter_is_that_of_the_active_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
    assert find_python() == str(tmp_path / "bin/python")
    monkeypatch.delenv("VIRTUAL_ENV")
    assert find_python() == sys.executable
    with pytest.raises(TaskmonError, match="no interpreter"):
        find_python(str(tmp_path / "none"))


def test_modules_of_the_programs_path_do_not_take_the_place_of_ours(tmp_path: Path) -> None:
    """PYTHONPATH is meant for the program; the command that starts it runs in a Python that reads it as well."""
    for name in ("argparse", "json", "selectors", "subprocess"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-P", "-c", "import sys, taskmon.cli.main; sys.exit(taskmon.cli.main.main())"]
    ran = subprocess.run(
        [*command, "no-such-command"], check=False, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 2
    assert "no-such-command" in ran.stderr


def test_an_earlier_pythonpath_is_kept_for_the_program() -> None:
    request = RunRequest(("a.py",), "a.py")
    assert environment_for(request, {})["PYTHONPATH"] == ENTRY
    changed = environment_for(request, {"PYTHONPATH": "/lib"})
    assert changed["PYTHONPATH"] == os.pathsep.join([ENTRY, "/lib"])
    assert changed["_TASKMON_PYTHONPATH"] == "/lib"


def test_an_interpreter_that_is_none_is_told(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text("no program")
    fake.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "taskmon", "run", "--no-window", "--python", str(fake), "a.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("taskmon: ")
    assert "could not be started" in done.stderr


def test_a_script_that_says_by_what_it_is_run_is_run_by_that(tmp_path: Path) -> None:
    """As it would be alone; a file that cannot be executed, or is called as Python's are, is for the default Python."""
    tool = tmp_path / "tool"
    tool.write_text(f"#!{os.path.realpath(sys.executable)}\nprint()\n")
    assert parse([str(tool)]) == RunRequest((str(tool),), "tool")
    tool.chmod(0o755)
    request = parse([str(tool), "x"])
    assert request == RunRequest((str(tool), "x"), "tool", command=str(tool), watched=True)
    named = tool.rename(tmp_path / "tool.py")
    assert parse([str(named)]) == RunRequest((str(named),), "tool.py")
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\n")
    shell.chmod(0o755)
    assert parse([str(shell)]) == RunRequest((str(shell),), "shell", command=str(shell))
    assert parse(["--python", "p", str(shell)]) == RunRequest((str(shell),), "shell", "p")


@pytest.mark.skipif(sys.platform == "win32", reason="other names")
def test_commands_and_options() -> None:
    assert parse(["--no-children", "a.py"]) == RunRequest(("a.py",), "a.py", children=False)
    assert environment_for(RunRequest(("a.py",), "a.py", children=False), {})["_TASKMON_OPTIONS"].split("\n")[1] == (
        "no children"
    )
    request = parse(["--", "sh", "-c", "exit 3"])
    assert request is not None
    assert (request.name, request.arguments) == ("exit 3", ("sh", "-c", "exit 3"))
    assert os.path.basename(request.command) == "sh"


@pytest.mark.parametrize("name", ["tool", "plain", "folder", "no such", "./tool", "./plain", "./folder", "", "a\0b"])
@pytest.mark.parametrize("path", [None, "", ":", "first:second", "second:first:", "no such:second"])
def test_a_command_is_found_as_by_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, path: str | None
) -> None:
    for place in (tmp_path, tmp_path / "first", tmp_path / "second"):
        (place / "folder").mkdir(parents=True)
    for place in (tmp_path, tmp_path / "second"):
        for word, mode in (("tool", 0o755), ("plain", 0o644)):
            (place / word).touch()
            (place / word).chmod(mode)
    (tmp_path / "first" / "tool").touch(0o644)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"first{os.pathsep}second")

    assert which(name, path) == shutil.which(name, path=path)


def test_a_program_does_not_pay_for_what_its_start_does_not_need(tmp_path: Path) -> None:
    """To load `shutil` and `subprocess` takes as long as Python's own start."""
    (tmp_path / "program.py").touch()
    start = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from taskmon.cli.main import main\nfrom taskmon.watch import bundle\nbundle.make = bool\n"
        "late = {'shutil', 'subprocess', 'threading', 're'}\n"
        "os.execve = lambda *_: print(*late & {*sys.modules}, flush=True) or os._exit(0)\n"
        "main()"
    )
    command = [sys.executable, "-I", "-S", "-c", start, "run", "--no-window", "--python", sys.executable, "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")
