"""Before Qt can abort: every reason why no window can be opened is a sentence."""

from __future__ import annotations

import _ctypes
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from taskmon import preflight

ROOT = Path(__file__).resolve().parent.parent


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start taskmon with nothing of a desktop in its environment but what is given."""
    keep = {
        key: value
        for key, value in os.environ.items()
        if key not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XAUTHORITY")
    }
    return subprocess.run(
        [sys.executable, "-m", "taskmon", *arguments],
        env={**keep, **environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="screens are found otherwise elsewhere")
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "There is no display"),
        ({"DISPLAY": ":9876"}, "cannot be reached"),
        ({"DISPLAY": "nonsense"}, "cannot be reached"),
        ({"QT_QPA_PLATFORM": "xcb"}, "There is no display"),
        ({"QT_QPA_PLATFORM": "nosuch", "DISPLAY": ":0"}, "no platform called 'nosuch'"),
        ({"WAYLAND_DISPLAY": "wayland-9"}, "The Wayland display 'wayland-9' cannot be reached"),
        ({"WAYLAND_DISPLAY": "nope", "XDG_RUNTIME_DIR": "/tmp"}, "The Wayland display 'nope' cannot be reached"),
        ({"QT_QPA_PLATFORM": "wayland"}, "There is no display"),
    ],
)
def test_without_a_screen_it_says_so_and_ends(environment: dict[str, str], words: str) -> None:
    """One sentence on stderr, exit status 2, no traceback and no abort of Qt."""
    ended = start(**environment)

    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_the_bad_pair_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """PySide6 6.12 on Python 3.11 aborts after 570 signals: the sentence says what to install."""
    monkeypatch.setattr(preflight.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(preflight.sys, "version_info", (3, 11, 7))
    monkeypatch.setitem(sys.modules, "PySide6", SimpleNamespace(__version__="6.12.0"))

    problem = preflight.binding_problem()

    assert problem is not None
    assert "6.12.0" in problem
    assert '"PySide6-Essentials<6.12"' in problem


@pytest.mark.parametrize(("python", "pyside"), [((3, 11, 7), "6.11.3"), ((3, 12, 1), "6.12.0"), ((3, 13, 0), "6.12.0")])
def test_sound_pairs_are_not_refused(
    monkeypatch: pytest.MonkeyPatch, python: tuple[int, int, int], pyside: str
) -> None:
    """Only that one pair is refused."""
    monkeypatch.setattr(preflight.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(preflight.sys, "version_info", python)
    monkeypatch.setitem(sys.modules, "PySide6", SimpleNamespace(__version__=pyside))

    assert preflight.binding_problem() is None


def test_a_missing_binding_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PySide6, the sentence says how to get it."""
    monkeypatch.setattr(preflight.importlib.util, "find_spec", lambda _: None)

    assert "PySide6 is not installed" in (preflight.window_problem() or "")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that Qt's plugin needs and the system lacks is told by its file name."""

    def cannot_load(path: str, flags: int) -> None:
        raise OSError("libxcb-cursor.so.0: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(_ctypes, "dlopen", cannot_load)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")

    assert "libxcb-cursor.so.0" in (preflight._plugin_problem() or "")


def test_an_embedding_program_is_told_as_well() -> None:
    """Importing the widgets with the bad pair raises ImportError with the same sentence, instead of aborting later."""
    code = (
        "import sys, taskmon.preflight as p; p.binding_problem = lambda: 'a clear sentence'\n"
        "try:\n    import taskmon.ui\nexcept ImportError as error:\n    print(error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert ended.stdout.strip() == "a clear sentence"
