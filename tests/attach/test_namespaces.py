"""Programs that the system keeps apart, as containers do: they are attached to, or told why not.

The namespaces are the kernel's own; a container has the same, and a root folder of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from taskmon.attach.attach import Wish, attach, detach
from taskmon.attach.process import number_inside, user_inside
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import Outcome
from taskmon.core.task.state import TaskState as S
from taskmon.paths import PACKAGE
from tests.attach.targets import PYTHON, needs_314, plain_environment
from tests.attach.test_attached_program import THREADS
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures
pytestmark = [*needs_314, pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare")]


@contextmanager
def apart(folder: Path, *options: str, first: str = "") -> Iterator[int]:
    """A program in namespaces of its own; `first` is done there by a shell. Gives its process."""
    trial = subprocess.run(["unshare", *options, "true"], capture_output=True, text=True, check=False)
    if trial.returncode:
        pytest.skip(f"not allowed here: {trial.stderr.strip()}")
    (folder / "program.py").write_text(THREADS)
    process = subprocess.Popen(
        ["unshare", *options, "sh", "-c", f'{first or ":"}; exec "$0" program.py', PYTHON],
        cwd=folder,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    child = 0
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        if "--fork" in options:
            child = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())
        yield child or process.pid
    finally:
        if child:
            os.kill(child, 9)
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "options",
    [
        ("--user",),
        ("--user", "--map-root-user"),
        ("--user", "--map-root-user", "--pid", "--fork"),
        ("--user", "--map-root-user", "--mount"),
        ("--user", "--map-root-user", "--net", "--ipc", "--uts"),
    ],
    ids=lambda options: options[-1].strip("-"),
)
def test_a_program_of_ours_that_is_kept_apart_is_attached_to(
    office: Office, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """It may know itself and its user by other numbers than we do."""
    with apart(tmp_path, *options) as pid:
        if "--map-root-user" in options:
            assert user_inside(pid) == 0
        if "--pid" in options:
            assert number_inside(pid) == 1
        assert attach(pid, Wish()) is Outcome.ATTACHED
        worker = office.task("worker", S.RUNNING)
        picture = worker.snapshot()
        assert picture.origin is not None
        assert picture.origin.pid == pid
        detach(pid, Wish())


@pytest.mark.parametrize("hidden", ["taskmon", "the meeting place"])
def test_a_program_with_other_files_in_their_place_is_left_alone(office: Office, tmp_path: Path, hidden: str) -> None:
    place = str(PACKAGE) if hidden == "taskmon" else os.environ["TASKMON_RUNTIME_DIR"]
    first = f"mount -t tmpfs none '{place}'"
    with apart(tmp_path, "--user", "--map-root-user", "--mount", first=first) as pid:
        with pytest.raises(Refused) as refused:
            attach(pid, Wish())
        assert refused.value.refusal is Refusal.OTHER_ROOT
        assert place in refused.value.message


def test_a_program_with_a_temporary_folder_of_its_own_is_attached_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The note is left where the program looks, whatever that is for us."""
    with tempfile.TemporaryDirectory(prefix="taskmon-", dir="/var/tmp") as place:
        monkeypatch.setenv("TASKMON_RUNTIME_DIR", place)
        with apart(Path(place), "--user", "--map-root-user", "--mount", first="mount -t tmpfs none /tmp") as pid:
            assert attach(pid, Wish()) is Outcome.ATTACHED
            assert attach(pid, Wish()) is Outcome.ALREADY
            detach(pid, Wish())
            assert os.listdir(f"/proc/{pid}/root/tmp/taskmon-attach-0") == []
