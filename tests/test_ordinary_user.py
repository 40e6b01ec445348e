"""An ordinary user, who may not write everywhere nor have any number of threads: told in a sentence, and no more.

The superuser may do all of it, and is who the tests run as in many places. So each of these is a child that becomes
somebody else, once all that it needs is loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser can become somebody else"
)

BECOME = """
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""


def as_somebody(imports: str, program: str, folder: Path) -> list[str]:
    """Run `program` as an ordinary user, beside a `folder` that only its owner may write to; return what it says."""
    folder.chmod(0o755)
    code = f"import os, sys\n{imports}\n{BECOME}\nfolder = sys.argv[1]\n{program}"
    with tempfile.TemporaryDirectory() as elsewhere:  # where all is done once, so that all that it takes is loaded
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder), elsewhere],
            env={**os.environ, "PYTHONPATH": str(ROOT), "TASKMON_RUNTIME_DIR": str(folder / "meet")},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_a_runtime_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    said = as_somebody(
        "from taskmon.link.wire.channel import ChannelError, Claim\n"
        "from taskmon.link.wire.meeting import somebody_listens, address",
        "try:\n    Claim.take()\nexcept ChannelError as error:\n    print(error)\nprint(somebody_listens(address()))",
        tmp_path,
    )
    assert said[0].startswith(f"{tmp_path}/meet cannot be used: ")
    assert said[1:] == ["False"], "and a program that looks for a window goes on without"


def test_a_home_that_cannot_be_written_keeps_no_settings_and_says_so_once(tmp_path: Path) -> None:
    said = as_somebody(
        "from taskmon.settings.keys import THEME\nfrom taskmon.settings.store import SettingsStore\n"
        "warm = SettingsStore(sys.argv[2])\nwarm.load()\nwarm.set(THEME, 'dark')\nwarm.flush(20)",
        "store = SettingsStore(folder)\nprint(*store.load(), sep='\\n')\nstore.set(THEME, 'dark')\nstore.flush(20)\n"
        "print(store.get(THEME))",
        tmp_path,
    )
    assert len(said) == 2
    assert "will not be saved" in said[0]
    assert said[1] == "dark"
    assert os.listdir(tmp_path) == []


def test_a_home_that_cannot_be_written_keeps_no_history_and_says_so_once(tmp_path: Path) -> None:
    said = as_somebody(
        "from pathlib import Path\nfrom taskmon.history.recorder import Recorder\n"
        "from tests.history.samples import added, picture\n"
        "warm = Recorder(lambda: Path(sys.argv[2]))\nwarm.post(added(picture(1)))\nwarm.close(20)",
        "recorder = Recorder(lambda: Path(folder), on_trouble=lambda error: print(error.title))\n"
        "recorder.post(added(picture(1)))\nrecorder.wait_idle(20)\nrecorder.post(added(picture(2)))\n"
        "print(recorder.close(20))",
        tmp_path,
    )
    assert said == ["The history is not saved", "True"]
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit counts threads on Linux alone")
def test_where_no_thread_can_be_had_a_task_fails_and_says_why(tmp_path: Path) -> None:
    """As ``ulimit -u`` has it. Nobody waits for a result that cannot come."""
    said = as_somebody(
        "import resource, taskmon\nwarm = taskmon.TaskRunner(1)\nwarm.start(lambda ctx: 5).result(20)\n"
        "warm.start(lambda ctx: 1 / 0).exception(20)\nwarm.shutdown()",
        "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))\nrunner = taskmon.TaskRunner(2)\n"
        "task = runner.start(lambda ctx: 5)\nprint(task.state.name, task.exception(20))\n"
        "print(runner.shutdown(timeout=20))",
        tmp_path,
    )
    assert said[0].startswith("FAILED ")
    assert "thread" in said[0]
    assert said[1:] == ["True"]
