"""The README runs: every block of code in it does what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
SHELL = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines() if line]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_block_is_known_to_these_tests() -> None:
    """A block in another language would not be run by anything here."""
    assert {language for language, _ in BLOCKS} == {"sh", "python", "text"}
    assert len(PYTHON) == 4


def test_the_library_block_runs() -> None:
    """The first sample prints what it says: two files copied, the second task cancelled."""
    done = run(sys.executable, "-W", "error", "-c", PYTHON[0])

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "2\nTaskState.CANCELLED\n"


def test_the_block_that_is_a_task_runs() -> None:
    """The second sample does what it says, with nobody to cancel it."""
    done = run(sys.executable, "-W", "error", "-c", PYTHON[1])

    assert (done.returncode, done.stdout, done.stderr) == (0, "all resized\n", "")


@pytest.mark.parametrize("line", [line for line in SHELL if re.match("taskmon (list|cancel|stacks|watch)", line)])
def test_the_commands_for_the_open_window_are_known(line: str) -> None:
    """Without a window they say so, with the status that is documented."""
    done = run(sys.executable, "-m", *shlex.split(line, comments=True))

    assert done.returncode == 3
    assert "No window is open" in done.stderr


def test_the_block_on_a_cluster_runs() -> None:
    """The third sample counts."""
    pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'taskmon-desktop[dask]'")
    done = run(sys.executable, "-W", "error", "-c", PYTHON[2])

    assert (done.returncode, done.stdout, done.stderr) == (0, "1000\n", "")


def test_the_sample_on_a_cluster_runs() -> None:
    """Seven are done and one is cancelled."""
    pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'taskmon-desktop[dask]'")
    done = run(sys.executable, "-W", "error", str(ROOT / "resources/samples/cluster.py"), "--rounds", "100")

    assert done.returncode == 0, done.stderr
    assert re.findall(r": (\w+)", done.stdout) == ["succeeded"] * 7 + ["cancelled"]


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("taskmon dask")])
def test_the_command_lines_for_a_cluster_are_known(line: str) -> None:
    """Where there is no such scheduler they say so, in one sentence."""
    pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'taskmon-desktop[dask]'")
    words = line.replace("scheduler:8786", "127.0.0.1:1").split()
    done = run(sys.executable, "-m", *words, "--no-window")

    assert done.returncode == 2
    assert "no scheduler answers at tcp://127.0.0.1:1" in done.stderr


def test_the_embedding_block_is_the_sample_and_runs(tmp_path: Path) -> None:
    """The fourth block is the shipped sample, and its window opens, shows three tasks and closes."""
    sample = (ROOT / "resources/samples/embed.py").read_text(encoding="utf-8")
    assert PYTHON[3].strip() in sample
    driver = tmp_path / "drive.py"
    driver.write_text(
        "import runpy, sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "original = QApplication.exec\n"
        "def exec_(*args):\n"
        "    def look():\n"
        "        panel = QApplication.topLevelWidgets()[0]\n"
        "        rows = panel.controller.model.rowCount()\n"
        "        print('rows', rows)\n"
        "        QApplication.instance().quit()\n"
        "    QTimer.singleShot(300, look)\n"
        "    return original()\n"
        "QApplication.exec = exec_\n"
        f"runpy.run_path({str(ROOT / 'resources/samples/embed.py')!r}, run_name='__main__')\n"
    )

    done = run(sys.executable, str(driver))

    assert done.returncode == 0
    assert "rows 3" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_sample_of_four_ways_runs() -> None:
    """All four ways end cancelled, and what was left in the queue is reported."""
    done = run(sys.executable, "-W", "error", str(ROOT / "resources/samples/workers.py"))

    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r": (\w+)$", done.stdout, flags=re.MULTILINE) == ["cancelled"] * 4
    assert "= True" in done.stdout


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("taskmon start")])
def test_the_command_lines_run(line: str, tmp_path: Path) -> None:
    """They work as printed, in a home with pictures."""
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    (pictures / "a.jpg").write_bytes(b"a" * 5000)
    home = {"HOME": str(tmp_path)}
    if "--verify" in line:
        made = run(sys.executable, "-m", "taskmon", "start", "checksum", str(pictures), "--manifest",
                   str(tmp_path / "pictures.sha256"), "--headless", **home)  # fmt: skip
        assert made.returncode == 0, made.stderr

    done = run("sh", "-c", line.replace("taskmon", f"{sys.executable} -m taskmon", 1), **home)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("taskmon run")])
def test_programs_are_run_as_printed(line: str, tmp_path: Path) -> None:
    """Its words are the program's own, whatever it is."""
    text = "import sys; print(sys.argv[1:]); sys.exit(4)"
    for name in ("photos.py", "package/tool.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / ".venv/pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gunicorn").write_text(f"#!{os.path.realpath(sys.executable)}\n{text}\n")
    (tmp_path / "bin/rsync").write_text(f"#!/bin/sh\n{sys.executable} -c '{text}' \"$@\"\n")
    for name in ("gunicorn", "rsync"):
        (tmp_path / "bin" / name).chmod(0o755)
    command = line.replace("taskmon run", f"cd {tmp_path} && {sys.executable} -m taskmon run --no-window", 1)

    done = run("sh", "-c", command, PYTHONPATH=str(ROOT), PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    words = shlex.split(line, comments=True)
    program = next(words.index(name) for name in ("photos.py", "package.tool", "gunicorn", "rsync") if name in words)
    assert (done.returncode, done.stderr) == (4, "")
    assert done.stdout == f"{words[program + 1 :]}\n"


@pytest.mark.parametrize("line", [line for line in SHELL if "dev.py" in line])
def test_the_two_commands_are_those_of_dev_py(line: str) -> None:
    """The README's commands name a command that dev.py knows."""
    command = line.split()[2]
    helped = run(sys.executable, str(ROOT / "packaging/dev.py"), command, "--help")

    assert helped.returncode == 0
    assert command in helped.stdout


def test_every_link_leads_somewhere() -> None:
    """Files that the README links to exist."""
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
