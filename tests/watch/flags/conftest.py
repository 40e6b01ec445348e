"""Programs as text, loaded from a file so that their source can be found."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

Load = Callable[..., ModuleType]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Load]:
    """`program(text)` loads a module from that text; `name=` names it, for several files."""
    loaded = []

    def load(text: str, name: str = "a_program") -> ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text("import threading, time, queue, functools\n" + textwrap.dedent(text))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        loaded.append(name)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in loaded:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _no_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program here is what a test loads: other tests' modules in this process are no part of it."""
    for name in list(sys.modules):
        if name.startswith("tests.") and not name.startswith(("tests.watch.flags", "tests.helpers", "tests.conftest")):
            monkeypatch.delitem(sys.modules, name)
