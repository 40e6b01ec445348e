"""What is loaded into watched programs is compiled once, and not by them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from taskmon.paths import PACKAGE


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with an installation that nothing has been imported from."""
    shutil.copytree(PACKAGE, tmp_path / "taskmon", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _run(fresh: Path, **more: str) -> None:
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**usual, "PYTHONPATH": str(fresh), "TASKMON_RUNTIME_DIR": str(fresh), **more}
    command = [sys.executable, "-m", "taskmon", "run", "--no-window", "-c", "pass"]
    subprocess.run(command, env=environment, cwd=fresh, check=True, timeout=60)


def _compiled(fresh: Path, folder: str) -> int:
    return len(list((fresh / "taskmon" / folder).rglob("*.pyc")))


def test_the_first_run_compiles_what_goes_into_programs(fresh: Path) -> None:
    """All of the watcher, none of the window."""
    _run(fresh)
    modules = len(list((fresh / "taskmon" / "watch").rglob("*.py")))
    assert _compiled(fresh, "watch") == modules
    assert _compiled(fresh, "core")
    assert not _compiled(fresh, "ui")


def test_nothing_is_written_where_that_is_not_wanted(fresh: Path) -> None:
    """As an import would."""
    _run(fresh, PYTHONDONTWRITEBYTECODE="1")
    assert not _compiled(fresh, "")


def test_what_is_compiled_is_left_alone(fresh: Path) -> None:
    """A second run looks at one file."""
    _run(fresh)
    gone = next((fresh / "taskmon" / "watch" / "flags").rglob("*.pyc"))
    gone.unlink()
    _run(fresh)
    assert not gone.exists()
