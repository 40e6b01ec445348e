"""What the link loads, and where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.wire import meeting_place

__all__ = ["meeting_place"]  # a fixture

ROOT = Path(__file__).resolve().parents[2]

IN_A_PROGRAM = """
import taskmon, threading
from taskmon.link.program.publisher import Publisher
from tests.helpers.wire import PlayedWindow
window = PlayedWindow()
with taskmon.TaskRunner() as runner, Publisher(runner):
    task = runner.start(lambda ctx: ctx.sleep(60), name="work")
    window.welcome()
    window.hear_picture(name="work", state="running")
    window.say({"t": "cancel", "n": 1, "id": task.id})
    window.hear_picture(name="work", state="cancelled")
window.close()
"""
IN_A_WINDOW = """
import taskmon.bridge.programs.linked, taskmon.link.window.server, taskmon.link.window.control
"""


@pytest.mark.parametrize("code", [IN_A_PROGRAM, IN_A_WINDOW], ids=["a program", "the window's own thread"])
def test_asyncio_is_loaded_by_the_servers_thread_alone(code: str, meeting_place: str) -> None:
    """A program that publishes its tasks, or is watched, has nothing to do with it; nor has the UI thread."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('asyncio' in sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("False", "")
