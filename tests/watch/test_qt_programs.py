"""Programs with Qt's threads, of each binding that is installed: rows by name, and what a cancel does to them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.watch.qt_objects import MODULES, is_in_loop, quit_application
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.test_watched_program import running

__all__ = ["meeting_place", "office"]  # fixtures

BINDINGS = [
    pytest.param(name, signal, marks=pytest.mark.skipif(importlib.util.find_spec(name) is None, reason="not installed"))
    for name, signal in (("PySide6", "Signal"), ("PyQt6", "pyqtSignal"))
]

#: The threads of a program: it ends once all of them have, or what it reads says so.
PROGRAM = """
import sys, threading, time
from BINDING.QtCore import QCoreApplication, QObject, QRunnable, Qt, QThread, QThreadPool, SIGNAL

class Reader(QThread):
    def run(self):
        while self.goes_on():
            self.msleep(10)
        print("reader left", flush=True)

    def goes_on(self):
        return not self.isInterruptionRequested()

class Poller(QThread):
    def __init__(self):
        super().__init__()
        self.running = True

    def run(self):
        while self.running:
            self.msleep(10)

    def stop(self):
        self.running = False

class Job(QRunnable):
    def __init__(self):
        super().__init__()
        self.cancelled = False

    def run(self):
        while not self.cancelled:
            time.sleep(0.01)

    def cancel(self):
        self.cancelled = True

class Waiting(QRunnable):
    def run(self):
        print("it ran", flush=True)

class Writer(QObject):
    finished = SIGNAL()

    def __init__(self):
        super().__init__()
        self.stopped = False

    def write(self):
        while not self.stopped:
            time.sleep(0.01)
        self.finished.emit()

app = QCoreApplication(sys.argv)
reader, poller, job, writer, waiting, mover = Reader(), Poller(), Job(), Writer(), Waiting(), QThread()
reader.setObjectName("reader of the sensor")
mover.setObjectName("mover")
writer.moveToThread(mover)
mover.started.connect(writer.write)
writer.finished.connect(mover.quit, Qt.ConnectionType.DirectConnection)
pool = QThreadPool.globalInstance()
pool.setMaxThreadCount(1)
pool.start(job)
pool.start(waiting)
for thread in (reader, poller, mover):
    thread.start()
for thread in (reader, poller, mover):
    thread.wait()
pool.waitForDone()
print("over", flush=True)
"""


@pytest.mark.parametrize(("binding", "signal"), BINDINGS)
def test_qts_threads_have_names_and_are_stopped_as_their_program_would(
    binding: str, signal: str, office: Office, tmp_path: Path
) -> None:
    with running(tmp_path, PROGRAM.replace("BINDING", binding).replace("SIGNAL", signal)) as process:
        expected = {
            "reader of the sensor": "calls requestInterruption()",
            "Poller": "sets self.running to False",
            "Job": "sets self.cancelled to True",
            "Writer.write": "sets self.stopped to True",
            "Waiting": "takes it out of the queue",
        }
        tasks = {name: office.task(name) for name in expected}
        for name, means in expected.items():
            wait_until(lambda task=tasks[name]: not task.snapshot().why_not_cancellable, name)  # type: ignore[misc]
            told = tasks[name].snapshot().stop_means
            assert told is not None
            assert told.means == means
        origin = tasks["Writer.write"].snapshot().origin
        assert origin is not None
        assert origin.thread == "mover"
        assert tasks["Waiting"].snapshot().state is S.QUEUED
        for name in ("Waiting", *(name for name in expected if name != "Waiting")):
            assert tasks[name].cancel()
            wait_until(lambda task=tasks[name]: task.snapshot().state.is_final, name)  # type: ignore[misc]
            assert tasks[name].snapshot().state is S.CANCELLED
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        assert process.stdout.read().splitlines() == ["reader left", "over"]


FAILS = """
import sys
from PySide6.QtCore import QCoreApplication, QRunnable, QThread, QThreadPool

class Reader(QThread):
    def run(self):
        sys.stdin.readline()
        raise OSError("no such sensor")

class Job(QRunnable):
    def run(self):
        reader.wait()

app = QCoreApplication(sys.argv)
reader = Reader()
reader.start()
QThreadPool.globalInstance().start(Job())
reader.wait()
QThreadPool.globalInstance().waitForDone()
"""


@pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="not installed")
def test_one_that_raised_has_failed(office: Office, tmp_path: Path) -> None:
    """PySide prints the exception; PyQt ends the program."""
    with running(tmp_path, FAILS) as process:
        reader, job = office.task("Reader", S.RUNNING), office.task("Job", S.RUNNING)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        wait_until(lambda: reader.snapshot().state.is_final and job.snapshot().state.is_final)
        assert process.wait(PATIENCE) == 0
        assert (reader.snapshot().state, reader.snapshot().error) == (S.FAILED, "OSError: no such sensor")
        assert job.snapshot().state is S.SUCCEEDED


LEAVES = """
import sys, time
from BINDING.QtCore import QCoreApplication, QRunnable, QThreadPool

class Job(QRunnable):
    def run(self):
        sys.stdin.readline()

class Brief(QRunnable):
    def run(self):
        pass

app = QCoreApplication(sys.argv)
pool = QThreadPool.globalInstance()
pool.setMaxThreadCount(1)
pool.start(Job())
for _ in range(3):
    pool.start(Brief())
pool.waitForDone()
try:
    pool.start()
except TypeError as error:
    print("refused")
"""


@pytest.mark.parametrize(("binding", "signal"), BINDINGS)
def test_what_waited_and_was_brief_is_done(binding: str, signal: str, office: Office, tmp_path: Path) -> None:
    del signal
    with running(tmp_path, LEAVES.replace("BINDING", binding)) as process:
        brief, job = office.task("Brief", S.QUEUED), office.task("Job", S.RUNNING)
        assert process.communicate("\n", PATIENCE)[0] == "refused\n"
        wait_until(lambda: brief.snapshot().state.is_final)
        assert brief.snapshot().state is S.SUCCEEDED
        wait_until(lambda: job.snapshot().state is S.SUCCEEDED)


IN_ITS_LOOP = """
import signal, sys, threading
from BINDING.QtCore import QCoreApplication, QTimer

def never(*_):
    pass

app = QCoreApplication(sys.argv)
app.aboutToQuit.connect(lambda: print("about to quit", flush=True))
HANDLER
status = app.exec()
print("left", status, flush=True)
"""


@pytest.mark.parametrize(("binding", "signal"), BINDINGS)
def test_a_program_in_qts_loop_is_asked_to_quit(binding: str, signal: str, office: Office, tmp_path: Path) -> None:
    """A KeyboardInterrupt would come in whichever slot runs next, sooner or later: PyQt aborts then."""
    del signal
    with running(tmp_path, IN_ITS_LOOP.replace("BINDING", binding).replace("HANDLER", "")) as process:
        program = office.task("program.py", S.RUNNING)

        def told() -> str:
            means = program.snapshot().stop_means
            return means.means if means is not None else ""

        wait_until(lambda: told() == "asks it to end: calls quit() of its application", "what a cancel would do")
        assert program.cancel()
        out = process.communicate(timeout=PATIENCE)[0]
        assert (out, process.returncode) == ("about to quit\nleft 0\n", 0)
        wait_until(lambda: program.snapshot().state.is_final)
        assert program.snapshot().state is S.CANCELLED


WITH_A_THREAD = """
class Counter(QThread):
    def run(self):
        while not self.isInterruptionRequested():
            self.msleep(10)
        print("counter left", flush=True)
counter = Counter()
counter.start()
"""


@pytest.mark.parametrize(("binding", "signal"), BINDINGS)
def test_its_threads_leave_before_it_is_asked_to_quit(
    binding: str, signal: str, office: Office, tmp_path: Path
) -> None:
    """Qt aborts a program that lets go of a QThread which still runs."""
    del signal
    text = IN_ITS_LOOP.replace("QTimer", "QThread").replace("HANDLER", WITH_A_THREAD).replace("BINDING", binding)
    with running(tmp_path, text) as process:
        office.task("Counter", S.RUNNING)
        program = office.task("program.py", S.RUNNING)

        def told() -> str:
            means = program.snapshot().stop_means
            return means.means if means is not None else ""

        expected = "asks each of its tasks to stop, then calls quit() of its application"
        wait_until(lambda: told() == expected, "what a cancel would do")
        assert program.cancel()
        out = process.communicate(timeout=PATIENCE)[0]
        assert (out, process.returncode) == ("counter left\nabout to quit\nleft 0\n", 0)
        wait_until(lambda: program.snapshot().state.is_final)
        assert program.snapshot().state is S.CANCELLED


WITHOUT_A_WAY = """
class Stubborn(QThread):
    def run(self):
        while True:
            self.msleep(10)
stubborn = Stubborn()
stubborn.start()
"""
QT_ABORTS = "; Qt may abort it then: Stubborn cannot be stopped"


@pytest.mark.parametrize(
    ("threads", "expected"),
    [
        (WITHOUT_A_WAY, "asks it to end: calls quit() of its application" + QT_ABORTS),
        (
            WITH_A_THREAD + WITHOUT_A_WAY,
            "asks those of its tasks to stop that have a way, then calls quit() of its application" + QT_ABORTS,
        ),
    ],
)
@pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="not installed")
def test_a_thread_that_qt_may_abort_it_for_is_told_before(
    threads: str, expected: str, office: Office, tmp_path: Path
) -> None:
    text = IN_ITS_LOOP.replace("QTimer", "QThread").replace("HANDLER", threads).replace("BINDING", "PySide6")
    with running(tmp_path, text):
        office.task("Stubborn", S.RUNNING)
        program = office.task("program.py", S.RUNNING)

        def told() -> str:
            means = program.snapshot().stop_means
            return means.means if means is not None else ""

        wait_until(lambda: told() == expected, "what a cancel would do")


@pytest.mark.parametrize(("binding", "signal"), BINDINGS)
def test_one_that_hears_ctrl_c_itself_is_interrupted(binding: str, signal: str, office: Office, tmp_path: Path) -> None:
    del signal
    text = IN_ITS_LOOP.replace("HANDLER", "signal.signal(signal.SIGINT, never)").replace("BINDING", binding)
    with running(tmp_path, text):
        program = office.task("program.py", S.RUNNING)

        def told() -> str:
            means = program.snapshot().stop_means
            return means.means if means is not None else ""

        wait_until(lambda: told() == "asks it to end, as Ctrl-C does: calls never()", "what a cancel would do")


def test_what_python_executes_is_no_loop_of_qts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtCore", sys.modules.get("PySide6.QtCore", ModuleType("QtCore")))
    frames: list[FrameType] = []
    exec("frames.append(sys._getframe())", {"frames": frames, "sys": sys})
    assert not is_in_loop(frames[0])
    frames.clear()


def test_an_application_is_asked_to_quit_but_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyQt's invokeMethod returns nothing, PySide's whether there is such a method."""
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert not quit_application()
    for answer, expected in ((None, True), (True, True), (False, False)):
        core, asked = ModuleType("PyQt5.QtCore"), []
        core.QCoreApplication = SimpleNamespace(instance=lambda: "the application")  # type: ignore[attr-defined]
        core.Qt = SimpleNamespace(ConnectionType=SimpleNamespace(QueuedConnection=2))  # type: ignore[attr-defined]
        core.QMetaObject = SimpleNamespace(  # type: ignore[attr-defined]
            invokeMethod=lambda *args, asked=asked, answer=answer: asked.append(args) or answer
        )
        monkeypatch.setitem(sys.modules, "PyQt5.QtCore", core)
        assert quit_application() is expected
        assert asked == [("the application", "quit", 2)]
