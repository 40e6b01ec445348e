"""The unmodified programs of tests/watch under `taskmon run`, beside one real window: each cancelled, or let be.

Each program is started once for `taskmon cancel ID --wait`, which asks a window in another process, and once for a
click on its row's button in a window of this process. With -s, a table of what was found, and in which time it stopped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.programs.linked import open_link
from taskmon.bridge.quitting import Stage
from taskmon.bridge.table.rows import TaskColumn
from taskmon.link.window_client import NoWindowError, Window, window_is_open
from taskmon.ui.table.painting import button_rect
from taskmon.ui.window.window import MainWindow
from tests.helpers.gates import PATIENCE, wait_until
from tests.helpers.wire import meeting_place
from tests.qt_helpers import runner, until
from tests.watch.test_programs import WITH_FLAG, WITHOUT, header

__all__ = ["meeting_place", "runner"]  # fixtures

ROOT = Path(__file__).resolve().parents[2]
#: Programs at once: more would wait for the processor rather than for each other.
BATCH = 9


#: A timer waits until it fires.
LIVE = ("RUNNING", "QUEUED")
#: A timer is called after what it will call.
NAMED = {"RepeatTimer": "append"}
Wait = Callable[[Callable[[], bool], str], None]


class Expected(NamedTuple):
    """A thread of a program, and what a cancel of it does."""

    program: str
    label: str
    means: str


class Told(NamedTuple):
    """What became of a row."""

    program: str
    name: str
    means: str
    took: str


def run(path: Path, folder: Path) -> subprocess.Popen[str]:
    """Start a program as its user would."""
    return subprocess.Popen(
        [sys.executable, "-m", "taskmon", "run", "--no-window", str(path)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def listed() -> list[dict[str, Any]]:
    """What `taskmon list --json` prints, without the process."""
    with Window() as window:
        return window.tasks()


def find(pid: int, wanted: list[Expected]) -> list[tuple[Expected, dict[str, Any]]]:
    """The rows of a program's threads, once each of them says what it must; nothing before."""
    found = []
    for task in (task for task in listed() if task["pid"] == pid and task["parent"] and task["state"] in LIVE):
        for one in wanted:
            if NAMED.get(one.label, one.label) in task["name"].replace(".", "(").rstrip(")").split("("):
                told = task["cancel_means"].partition(", shared with")[0].removesuffix(f": {task['program']}")
                means = told if task["cancellable"] else "nothing"
                if means != one.means:
                    return []
                found.append((one, task))
    return found if {one for one, _ in found} == set(wanted) else []


def batches(paths: list[Path]) -> list[list[Path]]:
    return [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]


def expected(path: Path) -> list[Expected]:
    return [Expected(path.stem, *line.split(": ", 1)) for line in header(path)]


@pytest.fixture
def window_process(meeting_place: str, tmp_path: Path) -> Iterator[None]:
    """The application, in a process of its own."""
    assert meeting_place
    process = subprocess.Popen(
        [sys.executable, "-m", "taskmon"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QT_QPA_PLATFORM": "offscreen",
            "TASKMON_DATA_DIR": str(tmp_path / "data"),
            "TASKMON_CONFIG_DIR": str(tmp_path / "config"),
        },
        stderr=subprocess.DEVNULL,
    )

    def is_there() -> bool:
        try:
            return listed() == []
        except NoWindowError:
            return False

    wait_until(is_there, "the window")
    yield
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner, meeting_place: str) -> Iterator[MainWindow]:
    """The window with its link, on whatever screen there is."""
    assert meeting_place
    controller = TaskController(runner)
    made = MainWindow(lambda: controller, controller.jobs)
    qtbot.addWidget(made, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
    made.resize(1100, 900)
    with qtbot.waitExposed(made):
        made.show()
    link = open_link(controller, runner, None, made)
    assert link is not None
    until(qtbot, window_is_open)
    yield made
    controller.close()
    link.close()
    controller.setParent(made)


def shares_its_flag(window: MainWindow, task_id: int) -> bool:
    """Whether a click would ask before it sets anything."""
    row = window.panel.controller.model.row(task_id)
    assert row is not None
    return row.snapshot.stop_means is not None and bool(row.snapshot.stop_means.shared_with)


def click(qtbot: QtBot, window: MainWindow, task_id: int) -> None:
    """Press a row's button with the mouse, as often as it takes: a press is not taken while rows move beneath it."""
    view = window.panel.view
    row = window.panel.controller.model.row(task_id)
    assert row is not None
    while row.snapshot.stop_requested_at is None:
        place = view.tasks.place_of(task_id)
        if place is not None:
            index = view.tasks.index(place, TaskColumn.ACTION)
            view.scrollTo(index)
            point = view.viewport().mapTo(window, button_rect(view.visualRect(index)).center())
            none = Qt.KeyboardModifier.NoModifier
            QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, none, point)
            QTest.mouseMove(window.windowHandle(), QPoint(2, 2))  # beneath a pointer on a button, rows stand still
        qtbot.wait(50)


def tell(table: Iterable[Told]) -> None:
    """Print what stopped, by what, and in which time."""
    lines = [" | ".join(told) for told in table]
    print("", *lines, sep="\n")
    assert len({line.partition(" | ")[0] for line in lines}) == len(WITH_FLAG)


Rows = list[tuple[Expected, dict[str, Any]]]


@contextmanager
def running(
    paths: list[Path], folder: Path, wait: Wait
) -> Iterator[Iterator[tuple[Path, subprocess.Popen[str], Rows]]]:
    """Run programs side by side, and hand out each once its rows are there. None outlives the block."""
    processes = {path: run(path, folder) for path in paths}

    def each() -> Iterator[tuple[Path, subprocess.Popen[str], Rows]]:
        for path, process in processes.items():
            rows: Rows = []
            wanted = expected(path)

            def there(pid: int = process.pid, wanted: list[Expected] = wanted, rows: Rows = rows) -> bool:
                rows[:] = find(pid, wanted)
                return bool(rows)

            wait(there, f"what {path.stem} must show")
            yield path, process, rows

    try:
        yield each()
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()


def cancel_each(paths: list[Path], folder: Path, wait: Wait, cancel: Callable[[list[int]], None]) -> list[Told]:
    """Run programs that can be stopped; check that what was found is cancelled, and that they end well."""
    table = []
    with running(paths, folder, wait) as programs:
        for path, process, rows in programs:
            ids = [task["id"] for _, task in rows]
            began = time.time()
            cancel(ids)
            ended: dict[int, dict[str, Any]] = {}

            def all_ended(ids: list[int] = ids, ended: dict[int, dict[str, Any]] = ended) -> bool:
                ended.update((task["id"], task) for task in listed() if task["ended"])
                return ended.keys() >= set(ids)

            wait(all_ended, f"the end of {path.stem}")
            for one, task in rows:
                after = ended[task["id"]]
                assert after["state"] == "CANCELLED", (path.stem, after)
                took = datetime.fromisoformat(after["ended"]).timestamp() - began
                table.append(Told(path.stem, task["name"], one.means, f"{took:.2f} s"))
            out, err = process.communicate(timeout=PATIENCE)
            assert (process.returncode, err) == (0, ""), path.stem
            assert out.strip(), "it says what it did"
    return table


def let_be(paths: list[Path], folder: Path, wait: Wait, cancel: Callable[[int], None]) -> None:
    """Run programs without a flag: their threads have no cancel, and one that is tried all the same sets nothing."""
    with running(paths, folder, wait) as programs:
        for path, process, rows in programs:
            for _, task in rows:
                assert task["cancel_means"], path.stem
                cancel(task["id"])
            states = {task["id"]: task["state"] for task in listed()}
            assert {states[task["id"]] for _, task in rows} == {"RUNNING"}, path.stem
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
            assert (process.returncode, out, err) == (0, "bye\n", ""), path.stem


def patiently(condition: Callable[[], bool], what: str) -> None:
    """Ask the window again and again, not more often than people would."""
    end = time.monotonic() + PATIENCE / 2
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, (
            f"{what}: {[(t['program'], t['name'], t['state'], t['cancel_means']) for t in listed()]}"
        )
        pause.wait(0.05)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "taskmon", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.mark.slow
@pytest.mark.usefixtures("window_process")
def test_each_is_cancelled_by_the_command(tmp_path: Path) -> None:
    def cancel(ids: list[int]) -> None:
        done = command("cancel", *map(str, ids), "--wait")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count(": Cancelled") == len(ids), done.stdout

    tell(each for batch in batches(WITH_FLAG) for each in cancel_each(batch, tmp_path, patiently, cancel))


@pytest.mark.slow
@pytest.mark.usefixtures("window_process")
def test_the_command_sets_nothing_where_there_is_no_flag(tmp_path: Path) -> None:
    def cancel(task_id: int) -> None:
        done = command("cancel", str(task_id), "--wait")
        assert (done.returncode, done.stderr) == (1, "")
        assert ": cannot be cancelled: " in done.stdout

    for batch in batches(WITHOUT):
        let_be(batch, tmp_path, patiently, cancel)


@pytest.mark.slow
def test_each_is_cancelled_from_the_window(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    def wait(condition: Callable[[], bool], what: str) -> None:
        try:
            until(qtbot, condition)
        except TimeoutError as error:
            raise AssertionError(what) from error

    def cancel(ids: list[int]) -> None:
        for task_id in ids:
            until(qtbot, lambda task_id=task_id: window.panel.controller.model.row(task_id) is not None)
            if not shares_its_flag(window, task_id):
                click(qtbot, window, task_id)
            elif window.panel.controller.model.row(task_id).snapshot.stop_requested_at is None:  # not by another's flag
                window.panel.controller.cancel(task_id)

    def in_vain(task_id: int) -> None:
        assert not window.panel.controller.cancel(task_id)

    table = []
    for batch in batches(WITH_FLAG):
        table += cancel_each(batch, tmp_path, wait, cancel)
        window.panel.controller.clear_finished()
    tell(table)
    for batch in batches(WITHOUT):
        let_be(batch, tmp_path, wait, in_vain)
