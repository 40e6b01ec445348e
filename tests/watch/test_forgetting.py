"""What is kept of a program's code is forgotten when the program is let go."""

from __future__ import annotations

import ast
from pathlib import Path

from taskmon.watch import forgetting
from taskmon.watch.forgetting import until_let_go

ROOMS = [Path(forgetting.__file__).parent / room for room in ("flags", "rows")]
#: Of kinds of syntax, not of code.
OTHERS = {("source.py", "_fields")}


def test_what_was_kept_is_forgotten() -> None:
    kept = until_let_go({1: "a function"})
    forgetting.forget()
    assert kept == {}


def test_nothing_is_kept_elsewhere() -> None:
    """No module that looks at a program fills a dictionary of its own that nobody empties."""
    found = {
        (path.name, node.target.id)
        for room in ROOMS
        for path in room.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(node.value, ast.Dict) and not node.value.keys
    }
    assert found == OTHERS
