"""Which command lines run a Python that can be watched: it must be certain, and nothing is tried."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from taskmon.watch.recognise import PythonCommand, as_one_process, find, recognise

PYTHON = os.path.realpath(sys.executable)


def command(*words: str, path: str = "") -> PythonCommand | None:
    environment = {"PATH": os.pathsep.join([os.path.dirname(PYTHON), "/usr/bin", "/bin"])}
    where = path or find(words[0], environment)
    assert where is not None
    return recognise(where, words, environment)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("a/b.py", "-E"), "b.py"),
        (("-u", "-X", "dev", "b.py"), "b.py"),
        (("-Wignore", "-m", "http.server", "-I"), "http.server"),
        (("-mtimeit",), "timeit"),
        (("-c", "print()"), "-c"),
        (("-uc", "print()"), "-c"),
    ],
)
def test_the_interpreter_itself(words: tuple[str, ...], name: str) -> None:
    found = command(PYTHON, *words)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "words", [("-E", "b.py"), ("-uI", "b.py"), ("-S", "-c", ""), (), ("-",), ("--version",), ("-i",)]
)
def test_where_the_watcher_is_kept_out_or_there_is_no_program(words: tuple[str, ...]) -> None:
    assert command(PYTHON, *words) is None


def test_a_script_that_names_it(tmp_path: Path) -> None:
    script = tmp_path / "tool"
    for first in (f"#!{PYTHON}", f"#!{PYTHON} -u", f"#!/usr/bin/env {os.path.basename(PYTHON)}"):
        script.write_text(f"{first}\nprint()\n")
        script.chmod(0o755)
        found = command(str(script), "x", path=str(script))
        assert found is not None
        assert found.name == "tool"
    for first in (f"#!{PYTHON} -I", "#!/bin/sh", "#!/usr/bin/env -S python -u", "", "#!/nowhere/python3.8"):
        script.write_text(f"{first}\nexec python b.py\n")
        assert command(str(script), path=str(script)) is None


@pytest.mark.parametrize(
    "words",
    [
        ("env", "python3", "b.py"),
        ("env", "LIFE=1", "python3", "b.py"),
        ("sh", "-c", "python3 b.py"),
        ("sh", "-c", "exec python3 'b.py' x"),
        ("sh", "-c", "LIFE=1 env python3 b.py"),
    ],
)
def test_by_way_of_another(words: tuple[str, ...]) -> None:
    found = command(*words)
    assert found is not None
    assert found.name == "b.py"


@pytest.mark.parametrize(
    "words",
    [
        ("env", "-i", "python3", "b.py"),
        ("env", "PYTHONPATH=/x", "python3", "b.py"),
        ("env",),
        ("sh", "-c", "python3 b.py; env"),
        ("sh", "-c", "python3 $SCRIPT"),
        ("sh", "-c", "cat | python3 b.py"),
        ("sh", "-c", "python3 'b.py"),
        ("sh", "b.sh"),
        ("sleep", "5"),
    ],
)
def test_what_does_more_or_other_things_is_left_alone(words: tuple[str, ...]) -> None:
    assert command(*words) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["sh", "-c", "python3 b.py", "x"], ["sh", "-c", "exec python3 b.py", "x"]),
        (["sh", "-c", "exec python3 b.py"], ["sh", "-c", "exec python3 b.py"]),
        (["sh", "-c", "A='1 2' python3 b.py"], ["sh", "-c", "A='1 2' python3 b.py"]),
        (["env", "python3", "b.py"], ["env", "python3", "b.py"]),
    ],
)
def test_a_shell_becomes_the_one_command_that_it_runs(before: list[str], after: list[str]) -> None:
    assert as_one_process(before) == after


def test_an_old_or_unknown_python_is_left_alone(tmp_path: Path) -> None:
    """Only its file tells, for nothing is run. One that does not tell is none."""
    for name in ("python3.9", "python3.10", "python2", "python"):
        fake = tmp_path / name
        fake.write_bytes(b"\x7fELF")
        fake.chmod(0o755)
        assert recognise(str(fake), [name, "b.py"], {}) is None
    new = tmp_path / "python3.12"
    new.write_bytes(b"\x7fELF")
    new.chmod(0o755)
    assert recognise(str(new), ["python3.12", "b.py"], {}) is not None
