"""What users give becomes arguments, or one sentence that names the parameter."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.base.errors import TaskmonError
from taskmon.jobs import BUILTIN_JOBS, JobType, Parameter, ParameterKind
from taskmon.jobs.declare import RESERVED

PARAMETERS = (
    Parameter("folders", "Folders", ParameterKind.FOLDERS),
    Parameter("source", "Source", ParameterKind.FILE_OPEN),
    Parameter("target", "Target", ParameterKind.FILE_SAVE),
    Parameter("speed", "Speed", ParameterKind.CHOICE, default="slow", choices=("slow", "fast")),
)
JOB = JobType("sample", "Sample", "", print, PARAMETERS, lambda arguments: arguments["speed"])
CHECKSUM = BUILTIN_JOBS["checksum"]


def test_what_is_left_out_takes_its_default() -> None:
    assert JOB.bind({"folders": "/a", "speed": None, "source": ""}) == {
        "folders": ("/a",),
        "source": None,
        "target": None,
        "speed": "slow",
    }
    assert JOB.bind({"folders": []})["folders"] == ()


def test_values_become_what_the_function_wants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = {"folders": ["b", Path("c/../d"), b"e\xff"], "source": "x", "speed": "fast"}
    bound = JOB.bind(values)
    assert bound["folders"] == (f"{tmp_path}/b", f"{tmp_path}/d", f"{tmp_path}/e\udcff")
    assert (bound["source"], bound["speed"]) == (f"{tmp_path}/x", "fast")
    monkeypatch.chdir("/")
    assert JOB.bind(bound) == bound, "binding again changes nothing, wherever it is done"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"folders": [""]}, "Folders: an empty path was given."),
        ({"folders": 3}, "Folders: a list of folders is needed."),
        ({"folders": [3]}, "Folders: a path is needed, not 3."),
        ({"folders": ["a\0b"]}, "Folders: a path cannot contain a NUL character."),
        ({"source": ["a"]}, "Source: a path is needed, not ['a']."),
        ({"speed": "\x1b[1mwarp"}, "Speed: “␛[1mwarp” is not one of slow, fast."),
        ({"colour": "red"}, "Sample has no parameter “colour”."),
    ],
)
def test_what_is_of_no_use_is_refused_in_one_sentence(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(TaskmonError) as raised:
        JOB.bind({"folders": ["/a"], **values})
    assert raised.value.message == problem


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(TaskmonError, match="relative to a folder that no longer exists"):
        JOB.bind({"folders": ["a"]})
    monkeypatch.chdir(tmp_path)


def test_examining_the_disk(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))

    def problem(**values: str) -> str:
        values = {name: str(tmp_path / value) for name, value in values.items()}
        try:
            JOB.examine(JOB.bind({"folders": [tmp_path], **values}))
        except TaskmonError as error:
            return error.message.replace(f"{tmp_path}/", "")
        return ""

    assert problem() == problem(source="file", target="file") == problem(source="link", target="new") == ""
    assert problem(folders="none") == "Folders: there is no folder “none”."
    assert problem(folders="file") == "Folders: “file” is not a folder; give the folder that it lies in."
    assert problem(source="none") == "Source: there is no file “none”."
    assert problem(source="folder") == "Source: “folder” is a folder, not a file."
    assert problem(source="pipe") == "Source: “pipe” is a named pipe, not a file."
    assert problem(target="folder") == "Target: “folder” is a folder, not a file."
    assert problem(target="socket") == "Target: “socket” is a socket, not a file."
    link = "is a symbolic link, not a file; give the file it points to."
    assert problem(target="link") == f"Target: “link” {link}"
    assert problem(target="dangling") == f"Target: “dangling” {link}"
    assert problem(target="none/new") == "Target: there is no folder “none” to write the file in."
    assert problem(source="x" * 300).endswith("cannot be used: File name too long.")


def test_what_may_not_be_used_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    for name, value, told in (
        ("folders", [tmp_path], "may not read the folder"),
        ("source", tmp_path / "file", "may not read the file"),
        ("target", tmp_path / "new", "may not write in the folder"),
    ):
        parameter = next(p for p in PARAMETERS if p.name == name)
        with pytest.raises(TaskmonError, match=told):
            parameter.examine(parameter.bind(value))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"folders": ["/data/Pictures"]}, "Checksum Pictures"),
        ({"folders": ["/"]}, "Checksum /"),
        ({"folders": ["/a", "/b", "/c"]}, "Checksum a and 2 more"),
        ({"verify": "/a/SHA256SUMS"}, "Verify SHA256SUMS"),
    ],
)
def test_the_row_of_a_checksum_is_named_for_what_it_reads(values: dict[str, object], name: str) -> None:
    assert CHECKSUM.task_name(CHECKSUM.bind(values)) == name


def test_a_checksum_needs_something_to_do_and_one_thing_only() -> None:
    with pytest.raises(TaskmonError, match="Name at least one folder"):
        CHECKSUM.bind({})
    with pytest.raises(TaskmonError, match="not both in one job"):
        CHECKSUM.bind({"folders": ["/a"], "manifest": "m", "verify": "m"})


def test_a_declaration_fits_its_job() -> None:
    import inspect

    from taskmon.jobs.checksum import checksum

    names = list(inspect.signature(checksum).parameters)
    assert names == ["ctx", *(parameter.name for parameter in CHECKSUM.parameters)]


@pytest.mark.parametrize("job", BUILTIN_JOBS.values(), ids=list(BUILTIN_JOBS))
def test_no_parameter_has_a_name_that_means_something_else(job: JobType) -> None:
    assert not RESERVED & {parameter.name for parameter in job.parameters}


def test_importing_the_declarations_imports_no_job() -> None:
    code = (
        "import sys, taskmon.jobs; print([m for m in ('hashlib', 'taskmon.jobs.checksum', 'taskmon.jobs.demo',"
        " 'dataclasses', 'inspect', 'importlib.metadata') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "[]\n"
