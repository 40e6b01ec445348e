"""Quitting the whole program: it always ends, in bounded time, with a clean word on stderr, which is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

#: The window with workers of a kind; it says when they run and on which ticks of its loop it is alive.
PROGRAM = """
import sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import taskmon.app as app
from taskmon.bridge.controller import TaskController

started = threading.Semaphore(0)
class Controller(TaskController):
    def __init__(self, *args):
        super().__init__(*args)
        for number in range(4):
            self.start(globals()[sys.argv[1]], name=f"worker {{number}}")
        self.running = 0
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.tell)
        self.timer.start(10)
    def tell(self):
        while self.running < 4 and started.acquire(blocking=False):
            self.running += 1
        if self.running == 4:
            self.timer.stop()
            print("running", flush=True)

def obedient(ctx):
    started.release()
    ctx.sleep(600)

def stuck(ctx):
    started.release()
    threading.Event().wait()

def busy(ctx):
    started.release()
    while True:
        sum(range(1000))
        ctx.checkpoint()

def stubborn(ctx):
    started.release()
    while True:
        try:
            ctx.sleep(600)
        except BaseException:
            pass
        if ctx.stop_requested:
            threading.Event().wait()

def chatty(ctx):
    started.release()
    number = 0
    while True:
        number += 1
        ctx.progress(number, message=str(number))
        ctx.log(number)
        ctx.checkpoint()

import taskmon.bridge.controller
taskmon.bridge.controller.TaskController = Controller
import taskmon.bridge.quitting as departure
departure.Departure.cancel.__defaults__ = ({grace},)
sys.exit(app.main())
"""


#: Says when the process ends from within Python's own end, and when it does not come to that.
TELL_END = """
import atexit, os
atexit.register(print, "torn down", flush=True)
real = os._exit
os._exit = lambda status: (print("left behind", flush=True), real(status))
"""


def run(kind: str, grace: float = 0.5, before: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", before + PROGRAM.format(grace=grace), kind],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "TASKMON_THEME": "light"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    if first != "running\n":
        pytest.fail(f"it did not start: {ended(process)}")
    return process


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    noise = "\n".join(line for line in errors.splitlines() if "does not support" not in line)
    return process.returncode, noise


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("kind", ["obedient", "stuck", "busy", "stubborn", "chatty"])
def test_a_signal_ends_the_program_whatever_the_workers_do(kind: str, number: signal.Signals) -> None:
    """Good, stuck, busy, stubborn and chatty workers: status 0, nothing on stderr, no crash at the end."""
    process = run(kind)

    process.send_signal(number)

    assert ended(process) == (0, "")


def test_a_second_signal_does_not_wait_for_the_grace() -> None:
    """Asked twice, it leaves at once, stuck workers or not."""
    process = run("stuck", grace=600.0)
    began = time.monotonic()

    process.send_signal(signal.SIGTERM)
    while process.poll() is None and time.monotonic() - began < 25:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue

    assert ended(process) == (0, "")


@pytest.mark.parametrize(("kind", "end"), [("obedient", "torn down"), ("stuck", "left behind")])
def test_workers_that_stay_are_left_behind_before_python_is_torn_down(kind: str, end: str) -> None:
    """A thread that is in Qt or C at that time crashes the process, and one that goes on reports to what is gone."""
    process = run(kind, before=TELL_END)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)

    assert said.split("\n")[-2:] == [end, ""]
    assert process.returncode == 0


def test_the_end_of_the_session_is_heard(tmp_path: Path) -> None:
    """The desktop says that it ends; then the window leaves as for a signal, which is tested above."""
    program = """
import sys
from PySide6.QtCore import SIGNAL
from PySide6.QtWidgets import QApplication
import taskmon.app
loaded = taskmon.app.binding.loaded
def look():
    print(QApplication.instance().receivers(SIGNAL("commitDataRequest(QSessionManager&)")), flush=True)
    loaded()
    QApplication.quit()
taskmon.app.binding.loaded = look  # a step after the first frame
sys.exit(taskmon.app.main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "TASKMON_THEME": "light"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
