"""Programs that run, to be attached to. They need Python 3.14 and the rights to look into another process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def find_python() -> str | None:
    """A Python that can be attached to: this one, one that was named, or one that is installed."""
    if sys.version_info[:2] == (3, 14):
        return sys.executable
    return os.environ.get("TASKMON_TEST_PYTHON314") or shutil.which("python3.14")


PYTHON = find_python() or ""
needs_314 = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a program can be attached to on Linux alone"),
    pytest.mark.skipif(not PYTHON, reason="only Python 3.14 and newer can be attached to, and there is none here"),
    pytest.mark.usefixtures("may_look"),
]


def plain_environment() -> dict[str, str]:
    """As of a program that knows nothing of the window of these tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("TASKMON_", "PYTHON"))}


@contextmanager
def running(folder: Path, text: str, *options: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A program that has said that it is ready; ended with the block if it has not ended itself."""
    (folder / "program.py").write_text(text)
    process = subprocess.Popen(
        [PYTHON, *options, "program.py"],
        cwd=folder,
        env={**plain_environment(), **more},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        yield process
    finally:
        process.kill()
        process.communicate()
