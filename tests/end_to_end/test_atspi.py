"""Another process reads the accessible tree over AT-SPI and presses a row's Cancel, as voice control does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.window

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVER = ROOT / "tests/end_to_end/atspi_driver.py"
SYSTEM_PYTHON = "/usr/bin/python3"

PROGRAM = """
import os, sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import taskmon
from taskmon.ui import TaskPanel
app = QApplication(["taskmon"])
app.setApplicationName("taskmon")
runner = taskmon.TaskRunner(4)
panel = TaskPanel(runner)
panel.resize(900, 400)
panel.show()
ended = lambda shot: (print("ended", shot.name, shot.state.value, flush=True), app.quit())
panel.task_finished.connect(ended)
for name in ("Checksum of music", "Checksum of photos", "Copy"):
    runner.start(lambda ctx: ctx.sleep(60), name=name)
QTimer.singleShot(40_000, app.quit)
app.exec()
panel.controller.close()
runner.cancel_all()
runner.shutdown(timeout=5)
sys.stdout.flush()
os._exit(0)
"""


def _bindings() -> bool:
    probe = "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"
    return (
        shutil.which("dbus-run-session") is not None
        and Path("/usr/libexec/at-spi-bus-launcher").exists()
        and Path(SYSTEM_PYTHON).exists()
        and subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0
    )


TIMELINE = """
import os, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import taskmon
from taskmon.bridge.controller import TaskController
from taskmon.ui.window.window import MainWindow
app = QApplication(["taskmon"])
app.setApplicationName("taskmon")
runner = taskmon.TaskRunner(4)
controller = TaskController(runner)
window = MainWindow(lambda: controller, controller.jobs)
window.resize(1180, 760)
window.show()
window.complete()
task = runner.start(lambda ctx: ctx.sleep(60), name="Checksum of photos")
window.pages.show_timeline.trigger()
def choose():
    window.pages.timeline.canvas.choose(task.id)
    window.pages.timeline.canvas.set_cursor(window.pages.timeline.canvas.now - 1)
steps = QTimer()
steps.timeout.connect(choose)
steps.start(1000)
threading.Thread(target=lambda: (input(), os._exit(0)), daemon=True).start()
app.exec()
"""


def run_scene(tmp_path: Path, program: str, driver: str, end: str) -> str:
    """Run a window, and beside it the driver; return what they printed."""
    if not _bindings():
        pytest.skip("needs dbus, at-spi2-core and gir1.2-atspi-2.0")
    script = tmp_path / "window.py"
    script.write_text(program)
    scene = (
        "/usr/libexec/at-spi-bus-launcher --launch-immediately & launcher=$!; "
        f"mkfifo '{tmp_path}/go'; '{sys.executable}' '{script}' < '{tmp_path}/go' & window=$!; "
        f"exec 9> '{tmp_path}/go'; "
        f"PYTHONPATH= '{SYSTEM_PYTHON}' '{DRIVER}' {driver}; "
        f"{end}wait $window; kill $launcher"
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", scene],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "XDG_RUNTIME_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_press_over_at_spi_cancels_that_row(tmp_path: Path) -> None:
    """The button is found by the name "Cancel Checksum of photos"; its row is cancelled, and no other."""
    said = run_scene(tmp_path, PROGRAM, "'Cancel Checksum of photos' 30", end="")

    assert "pressed Cancel Checksum of photos True" in said, said
    assert "ended Checksum of photos cancelled" in said, said
    assert said.count("ended") == 1


def test_the_moment_of_the_timelines_cursor_can_be_read(tmp_path: Path) -> None:
    """As a description of the lanes, and as a label that can be walked to."""
    said = run_scene(tmp_path, TIMELINE, "--read Timeline 'Checksum of photos: Waiting' 30", end="echo >&9; ")

    assert said.count("Checksum of photos: Waiting at a checkpoint") >= 2, said
    assert "asleep or waiting" in said, said
