"""The start: what is loaded before the first frame is counted, so that it cannot grow unseen."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

#: Modules of the standard library that cost more than they give before anything can be seen.
HEAVY = {
    "asyncio", "dataclasses", "html.entities", "importlib.metadata", "json", "multiprocessing", "socket", "sqlite3",
    "ssl", "subprocess", "tempfile", "tomllib", "unittest", "urllib.request", "xml",
}  # fmt: skip
#: Parts of taskmon that only some starts need.
LATE = {"taskmon.cli.main", "taskmon.cli.options", "taskmon.cli.terminal", "taskmon.jobs.checksum", "taskmon.jobs.demo",
        "taskmon.core.process.isolated", "taskmon.ui.table.commands", "taskmon.ui.dialogs.job_dialog",
        "taskmon.ui.window.menus", "taskmon.ui.widgets.messages", "taskmon.ui.dialogs.quit_dialog",
        "taskmon.ui.table.view", "taskmon.bridge.pressure", "taskmon.bridge.quitting", "taskmon.bridge.controller",
        "taskmon.bridge.table.model", "taskmon.core.run.runner", "taskmon.core.task.task"}  # fmt: skip
#: How many more modules than a window with nothing but Qt ours may load. A module that is small and read at once costs
#: some 0.2 ms. Nothing that has to do with tasks is among them; see `MainWindow.complete`.
BUDGET = 38
#: And how many by the time that all has been done which waits for it. There, too, loading them is most of the time.
STEPS_BUDGET = 190


def environment() -> dict[str, str]:
    """As at the very first start, whoever runs this: the tests' own settings folder does not exist yet."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}


PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
if sys.argv[1] == "bare":
    app = QApplication([])
    window = QMainWindow()
    window.show()
    QTimer.singleShot(0, app.quit)
    app.exec()
else:
    import taskmon.app
    class FirstFrame(Exception):
        pass
    def stop(*_):
        raise FirstFrame
    QApplication.exec = stop
    try:
        taskmon.app.main()
    except FirstFrame:
        pass
print("\\n".join(sys.modules), flush=True)
import os
os._exit(0)
"""


def modules(kind: str) -> set[str]:
    """The modules that are loaded when the first frame is due."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def test_the_window_loads_little_more_than_qt_before_its_first_frame() -> None:
    """A count, not a time: a new module on the start path needs a reason."""
    bare, ours = modules("bare"), modules("taskmon")
    assert [name for name in LATE if find_spec(name) is None] == [], "what is not there cannot be loaded too early"

    added = ours - bare
    assert not added & HEAVY
    assert not added & LATE
    assert len(added) <= BUDGET, sorted(added)


def test_nothing_is_read_twice_nor_searched_for_garbage_before_the_first_frame() -> None:
    """PySide6 would read the source of every module; see `taskmon.binding`. Afterwards garbage is collected again.

    Nor are classes of Qt loaded that are only looked through: QStyle by ``setStyle()``, all kinds of widgets by a
    method that returns one that Qt has made; neither by what follows the first frame. Nor ``Qt`` itself, whose
    enumerations take as long as the window. Nor what nobody needs: notices while there is nothing to tell, or how to
    speak on a bus where there is none.
    """
    program = """
import builtins, gc, linecache, os, sys
from taskmon import binding
from taskmon.cli import main as cli
load, loaded = binding.load, binding.loaded
def load_and_watch():
    load()
    from PySide6 import QtCore, QtWidgets
    from taskmon.bridge.first_frame import FirstFrame
    step = FirstFrame._take_step
    first = [True]
    def print_kinds():
        kinds = [name for name in ("QDialog", "QStyle", "QTabWidget", "QTextEdit") if name in vars(QtWidgets)]
        print(kinds + [name for name in ("taskmon.ui.widgets.notices", "jeepney") if name in sys.modules])
    def take_step(self):
        if first:
            first.clear()
            print_kinds()
            print([name for name in ("Qt",) if name in vars(QtCore)])
        step(self)
        if not self._steps:
            print_kinds()
            QtWidgets.QApplication.quit()
    FirstFrame._take_step = take_step
binding.load = load_and_watch
def look():
    print(gc.isenabled(), builtins.__import__ is builtins.__orig_import__)
    print([name for name in linecache.cache if name.startswith(os.path.dirname(binding.__file__))])
    loaded()
    print(gc.isenabled(), gc.get_freeze_count() > 0)
binding.loaded = look
cli.main([])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment(), "DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.splitlines() == ["[]", "[]", "False True", "[]", "True True", "[]"]


def test_the_steps_after_it_load_what_the_window_does_and_no_thread_holds_them_up() -> None:
    """A count as well. What loads much in a thread of its own begins when the UI thread has loaded what it needs."""
    program = """
import sys, threading
from taskmon import binding
from taskmon.cli import main as cli
load = binding.load
def load_and_watch():
    load()
    from taskmon.bridge.first_frame import FirstFrame
    step = FirstFrame._take_step
    def take_step(self):
        if len(self._steps) == 1:
            print(*sorted(sys.modules))
            print(*sorted(thread.name for thread in threading.enumerate()))
            import os
            sys.stdout.flush()
            os._exit(0)
        step(self)
    FirstFrame._take_step = take_step
binding.load = load_and_watch
cli.main([])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment(), "DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded, threads = map(str.split, done.stdout.splitlines())
    added = set(loaded) - modules("bare")

    assert not added & {"asyncio", "socket", "ssl", "subprocess", "tempfile", "concurrent.futures.thread"}
    assert "taskmon-link-server" not in threads
    assert len(added) <= STEPS_BUDGET, sorted(added)


def test_what_looks_into_programs_is_loaded_where_there_is_one() -> None:
    """By the thread that looks: the list of them on the first page needs none of it."""
    program = "import sys; import taskmon.attach.programs; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )

    parts = {f"taskmon.attach.{name}" for name in ("begin", "interpreter", "look", "request")}
    assert not set(done.stdout.split()) & (parts | {"shlex"})


COMMAND = """
import os, sys
os.execve = lambda *words: None
before = set(sys.modules)
from taskmon.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("modules:", *sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize(
    ("words", "own", "without"),
    [
        # A third of the start of Python is typing, a fifth what finds packages, as much what parses options.
        (["--version"], 4, {"typing", "contextlib", "importlib.util", "argparse", "re"}),
        (["--help"], 4, {"typing", "shutil", "json", "taskmon.jobs"}),
        # Nobody listens: what speaks to a window, and what writes its tasks, is not needed to say so.
        (["list"], 13, {"typing", "enum", "argparse", "re", "json", "shutil", "threading", "taskmon.core.base.text"}),
        # The program that is run begins only after all this.
        (["run", "--no-window", "-c", "pass"], 10, {"typing", "contextlib", "re", "shutil", "json", "subprocess"}),
        (["cancel", "1"], 14, {"json", "shutil", "threading", "taskmon.jobs", "taskmon.core.task"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_command_loads_what_it_needs(words: list[str], own: int, without: set[str], tmp_path: Path) -> None:
    """A count again, of what would make short commands slow. Taken from what a bare Python loads by itself."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        env={**environment(), "TASKMON_RUNTIME_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.rpartition("modules:")[2].split())

    assert not loaded & without
    mine = {name for name in loaded if name.startswith("taskmon")}
    assert len(mine) <= own, sorted(mine)


LISTING = """
import sys
from taskmon.cli import window_commands
from taskmon.link.wire import client
from taskmon.cli.task_lines import table
from taskmon.cli.terminal_text import width_here
task = {"id": 1, "parent": None, "name": "Copy", "label": "Running", "state": "RUNNING", "message": "a.jpg",
        "program": "copy.py", "done": 1, "total": 3, "unit": "files"}
print(*table([task], width_here()), sep="\\n")
print(*sys.modules)
"""


def test_to_list_tasks_takes_neither_typing_nor_what_shows_them_as_they_go_on() -> None:
    """Of a window that answers. `typing` alone takes as long as all of taskmon that this loads."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", LISTING],
        env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    *_, line, loaded = done.stdout.splitlines()

    assert "33 %" in line
    late = {"typing", "shutil", "threading", "taskmon.cli.terminal_output", "taskmon.core.task.progress"}
    assert not set(loaded.split()) & late


FRAMES = """
import sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from taskmon import TaskRunner
from taskmon.ui import TaskPanel

class Spy:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("taskmon") and threading.current_thread() is threading.main_thread():
            print(name, flush=True)

def work(ctx):
    while True:
        ctx.advance()
        ctx.sleep(0.02)

app = QApplication([])
runner = TaskRunner(2)
panel = TaskPanel(runner)
panel.show()
runner.start(work)
frames = []

def look():
    sys.meta_path[:0] = [] if frames else [Spy()]
    frames.append(1)

panel.controller.looked.connect(look)
panel.controller.look_every(0.1, "the test")
def end():
    if len(frames) > 25:
        app.quit()
timer = QTimer()
timer.timeout.connect(end)
timer.start(20)
app.exec()
print("ended", flush=True)
import os
os._exit(0)
"""


def test_frames_load_nothing() -> None:
    """Beside busy threads, a module that is looked for in a frame holds it up by a turn of them for each look."""
    done = subprocess.run(
        [sys.executable, "-c", FRAMES], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["ended"]
