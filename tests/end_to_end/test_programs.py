"""A program that knows nothing of taskmon, run from the window: its rows come, Cancel works, the history knows it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.helpers.offscreen import without_notes

ROOT = Path(__file__).resolve().parent.parent.parent

PROGRAM = """
import os, sys, threading
stop = threading.Event()
def worker(stop):
    while not stop.is_set():
        stop.wait(0.01)
with open("pid", "w") as file:
    file.write(str(os.getpid()))
thread = threading.Thread(target=worker, args=(stop,), name="resizer")
thread.start()
thread.join()
with open("end", "w") as file:
    file.write(repr(sys.argv[1:]))
"""

#: The application, driven from within.
DRIVER = """
import json, sys
from PySide6.QtCore import QTimer
import taskmon.app as app
from taskmon.bridge.programs.launching import ProgramRequest
kept, windows = app.MainWindow, []
class Window(kept):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        windows.append(self)
app.MainWindow = Window
def rows():
    return {row.snapshot.name: row for row in windows[0].panel.controller.model.rows()}
def begin():
    window = windows[0]
    if window.programs is None:
        return None
    window.programs.run(ProgramRequest(sys.argv[2], ("a b",)))
    return shown
def shown():
    if "resizer" not in rows():
        return None
    if sys.argv[1] == "leave":
        print("shown", flush=True)
        windows[0].leave_without_asking()
        return done
    windows[0].panel.controller.cancel(rows()["resizer"].id)
    return ended
def ended():
    if not all(row.snapshot.state.is_final for row in rows().values()):
        return None
    found = []
    def tell(page):
        stories = {entry.name: [entry.state, entry.job, entry.program] for entry in page}
        print(json.dumps(stories), flush=True)
        windows[0].leave_without_asking()
    history = windows[0].history.history
    QTimer.singleShot(300, lambda: history.ask(lambda reader: list(reader.every(module.Query())), tell, print))
    return done
def done():
    return None
import taskmon.bridge.history.history as module
step = begin
def look():
    global step
    step = step() or step
ticks = QTimer()
start = app.QApplication.exec
def run(*_):
    ticks.timeout.connect(look)
    ticks.start(20)
    return start()
app.QApplication.exec = run
sys.exit(app.main())
"""


def drive(folder: Path, what: str) -> subprocess.CompletedProcess[str]:
    script = folder / "program.py"
    script.write_text(PROGRAM)
    return subprocess.run(
        [sys.executable, "-c", DRIVER, what, str(script)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QT_QPA_PLATFORM": "offscreen",
            "TASKMON_DATA_DIR": str(folder / "data"),
            "TASKMON_RUNTIME_DIR": str(folder / "run"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_program_is_run_cancelled_and_remembered(tmp_path: Path) -> None:
    done = drive(tmp_path, "cancel")

    assert (done.returncode, without_notes(done.stderr)) == (0, "")
    stories = json.loads(done.stdout)
    assert stories["resizer"] == ["cancelled", "", "program.py"]
    assert stories["program.py"][1:] == ["program", "program.py"]
    assert (tmp_path / "end").read_text() == "['a b']"  # it left by its own end, having cleaned up


def test_a_program_goes_on_when_the_window_has_closed(tmp_path: Path) -> None:
    done = drive(tmp_path, "leave")
    pid = int((tmp_path / "pid").read_text())

    try:
        assert (done.returncode, done.stdout, without_notes(done.stderr)) == (0, "shown\n", "")
        os.kill(pid, 0)  # still there
        assert not (tmp_path / "end").exists()
    finally:
        os.kill(pid, signal.SIGKILL)
