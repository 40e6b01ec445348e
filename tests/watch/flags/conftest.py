"""Programs as text, loaded from a file so that their source can be found."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType

import pytest

from taskmon.core.stacks.frames import current_frames
from taskmon.watch.flags import Target, find_stop
from tests.helpers.gates import PATIENCE

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


@pytest.fixture
def run() -> Iterator[Callable[..., threading.Thread]]:
    """`run(end, function, *args)` starts a thread; `end()` is called when the test is over."""
    ends: list[Callable[[], object]] = []
    threads: list[threading.Thread] = []

    def start(end: Callable[[], object], function: Callable[..., object], *args: object) -> threading.Thread:
        threads.append(threading.Thread(target=function, args=args, daemon=True))
        ends.append(end)
        threads[-1].start()
        return threads[-1]

    yield start
    for end in ends:
        end()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _no_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program here is what a test loads: other tests' modules in this process are no part of it."""
    for name in list(sys.modules):
        if name.startswith("tests.") and not name.startswith(("tests.watch.flags", "tests.helpers", "tests.conftest")):
            monkeypatch.delitem(sys.modules, name)


def doubt(function: Callable[..., object], *args: object, future: Future[object] | None = None) -> str:
    """Why a plain cancel leaves it alone."""
    finding = find_stop(Target(function, args, future=future))
    assert finding.means == ""
    return finding.offers[0].why


def is_inside(thread: threading.Thread, module: ModuleType, name: str) -> bool:
    """Whether a thread has come as far as a function of the program."""
    frame = current_frames().get(thread.ident or 0)
    while frame is not None and frame.f_code.co_name != name:
        frame = frame.f_back
    return frame is not None and frame.f_globals is vars(module)
