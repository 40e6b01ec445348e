"""The settings file and the whole program: it holds from the first frame, and nothing in it stops the start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

PROGRAM = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import taskmon.app
from taskmon.ui.widgets.theme import tokens
from taskmon.ui.window.window import MainWindow

def look():
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    if not sys.argv[1] or window.notices.text or look.tries > 200:
        colors = tokens(window.palette())
        said = {
            "quit": window.menus.quit.text(), "dark": colors.dark, "high": colors.high,
            "notice": window.notices.text, "at_once": window.panel.controller.max_at_once, "width": window.width(),
        }
        print(json.dumps(said), flush=True)
        window.leave_without_asking()
    else:
        look.tries += 1
        QTimer.singleShot(20, look)
look.tries = 0

def run(*_):
    QTimer.singleShot(0, look)
    return execute()
execute = QApplication.exec
QApplication.exec = run
sys.exit(taskmon.app.main())
"""


def start(folder: Path, settings: str | None, *, notice: bool = False, **variables: str) -> dict[str, Any]:
    """Start and leave; what the window said."""
    if settings is not None:
        folder.mkdir(exist_ok=True)
        (folder / "settings.toml").write_text(settings)
    variables = {
        "TASKMON_CONFIG_DIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "TASKMON_THEME": "",
        **variables,
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", **variables}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "wait" if notice else ""],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_the_file_holds_from_the_start(tmp_path: Path) -> None:
    said = start(
        tmp_path,
        '[appearance]\nlanguage = "zh_CN"\ntheme = "contrast"\n[tasks]\nat_once = 3\n',
        TASKMON_DATA_DIR=str(tmp_path),
    )

    assert (said["quit"], said["high"], said["at_once"]) == ("退出(&Q)", True, 3)


def test_the_first_start_needs_no_file_and_remembers_the_window(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    said = start(folder, None, TASKMON_DATA_DIR=str(tmp_path / "data"))

    assert (said["quit"], said["dark"], said["notice"]) == ("&Quit", False, "")
    assert "geometry" in (folder / "settings.toml").read_text()
    assert start(folder, None, TASKMON_DATA_DIR=str(tmp_path / "data"))["width"] == said["width"]


@pytest.mark.parametrize("bad", ["broken [", "[tasks]\nat_once = 9999\n"])
def test_a_bad_file_is_told_and_does_not_stop_the_start(tmp_path: Path, bad: str) -> None:
    said = start(tmp_path, bad, notice=True, TASKMON_DATA_DIR=str(tmp_path / "data"))

    assert "settings" in said["notice"]
    assert said["at_once"] == min(32, (os.cpu_count() or 1) + 4)


def test_without_a_usable_home_it_runs_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = start(
        tmp_path / "file" / "folder", None, notice=True, TASKMON_DATA_DIR=str(tmp_path / "data"), HOME="/dev/null"
    )

    assert "will not be saved" in said["notice"]
    assert said["quit"] == "&Quit"
