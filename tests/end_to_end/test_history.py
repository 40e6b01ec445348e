"""The application is killed with a worker that does not respond, and the next start tells of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.helpers.offscreen import without_notes

ROOT = Path(__file__).resolve().parent.parent.parent

#: The application, driven from within. What takes seconds otherwise takes none.
DRIVER = """
import json, os, sys, threading
from PySide6.QtCore import QTimer
import taskmon.app as app
from taskmon.core.task import snapshot
snapshot.NOT_RESPONDING_AFTER = 0.0
kept = app.MainWindow
windows = []
class Window(kept):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        windows.append(self)
app.MainWindow = Window
never = threading.Event()
def stubborn_worker(ctx):
    ctx.progress(3, 9, "files", "the third")
    never.wait(120)
def look():
    window = windows[0]
    if window.history is None:
        return
    ticks.stop()
    import taskmon.bridge.history.history as module
    globals()[sys.argv[1]](window, window.history.history)
def die(window, history):
    history._stacks.setInterval(20)
    task = window.panel.controller.start(stubborn_worker, name="Stubborn")
    def cancel():
        task.cancel()
        watch()
    def watch():
        def tell(story):
            if story is not None and story.stack:
                print("ready", flush=True)
            else:
                QTimer.singleShot(20, watch)
        history.tell_story(1, tell)
    QTimer.singleShot(50, cancel)
def tell(window, history):
    def asked():
        if not window.notices.text:
            QTimer.singleShot(20, asked)
            return
        history.tell_story(1, say)
    def say(story):
        print(json.dumps([window.notices.text, story.entry._asdict(), [c.state for c in story.changes], story.stack]))
        window.leave_without_asking()
    asked()
ticks = QTimer()
start = app.QApplication.exec
def run(*_):
    ticks.timeout.connect(look)
    ticks.start(10)
    return start()
app.QApplication.exec = run
sys.exit(app.main())
"""


def run(folder: Path, what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, what],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QT_QPA_PLATFORM": "offscreen",
            "TASKMON_DATA_DIR": str(folder / "data"),
            "TASKMON_RUNTIME_DIR": str(folder / "run"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_task_that_the_application_died_with_is_lost_with_its_last_stack(tmp_path: Path) -> None:
    with run(tmp_path, "die") as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "ready\n"
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=60)
    with run(tmp_path, "tell") as second:
        said, complaints = second.communicate(timeout=60)

    assert (second.returncode, without_notes(complaints)) == (0, "")
    notice, entry, states, stack = json.loads(said)
    told: dict[str, Any] = entry
    assert notice.startswith("1 task")
    assert (told["name"], told["state"], told["done"], told["total"]) == ("Stubborn", "lost", 3, 9)
    assert told["started"] is not None
    assert states == ["queued", "running", "stopping", "lost"]
    assert "stubborn_worker" in stack
