"""Which command opens a file at a line, and what is told if it does not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from taskmon.bridge.details.editor import editor_command, open_in_editor
from taskmon.core.base.errors import TaskmonError
from tests.helpers.gates import wait_until


def which(*installed: str):  # type: ignore[no-untyped-def]
    return lambda name: f"/usr/bin/{os.path.basename(name)}" if os.path.basename(name) in installed else None


@pytest.mark.parametrize(
    ("environ", "installed", "expected"),
    [
        ({"VISUAL": "kate"}, ("kate", "code"), ["kate", "--line", "7", "/x.py"]),
        ({"EDITOR": "code --wait"}, ("code",), ["code", "-g", "/x.py:7"]),
        ({"VISUAL": "vim", "EDITOR": "subl -n"}, ("vim", "subl"), ["subl", "-n", "/x.py:7"]),
        ({"EDITOR": "vim"}, ("vim", "gedit"), ["/usr/bin/gedit", "+7", "/x.py"]),
        ({"EDITOR": 'broken "quote'}, ("xdg-open",), ["/usr/bin/xdg-open", "/x.py"]),
        ({"VISUAL": "kate"}, ("xdg-open",), ["/usr/bin/xdg-open", "/x.py"]),
        ({}, (), None),
    ],
)
def test_the_users_editor_is_found(
    environ: dict[str, str], installed: tuple[str, ...], expected: list[str] | None
) -> None:
    """One with a window: an editor for the terminal has none here."""
    assert editor_command("/x.py", 7, "", environ, which(*installed)) == expected


def test_a_template_wins() -> None:
    """The file is one argument, whatever its name; it is added where the template forgets it."""
    assert editor_command("/a b;c.py", 3, "ed -l {line} {file}", {}, which()) == ["ed", "-l", "3", "/a b;c.py"]
    assert editor_command("/x.py", 3, "ed", {}, which()) == ["ed", "/x.py"]


def script(folder: Path, body: str) -> str:
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_editor_gets_the_file_and_the_line(tmp_path: Path) -> None:
    """By a program that writes down what it was told."""
    source = tmp_path / "source.py"
    source.write_text("x\n")
    told = tmp_path / "told"

    open_in_editor(str(source), 12, script(tmp_path, f'echo "$@" > {told}') + " {file}:{line}")

    wait_until(told.exists)
    wait_until(lambda: told.read_text() == f"{source}:12\n")


def test_what_went_wrong_is_told(tmp_path: Path) -> None:
    """No such file, no such editor, an editor that gives up."""
    source = tmp_path / "source.py"
    source.write_text("x\n")

    with pytest.raises(TaskmonError, match="not there"):
        open_in_editor(str(tmp_path / "gone.py"), 1)
    with pytest.raises(TaskmonError, match="could not be started"):
        open_in_editor(str(source), 1, "/no/such/editor {file}")
    with pytest.raises(TaskmonError, match="closing quotation mark"):
        open_in_editor(str(source), 1, "'code -g {file}")
    with pytest.raises(TaskmonError, match="status 3"):
        open_in_editor(str(source), 1, script(tmp_path, "exit 3"))
