"""If taskmon itself breaks, the program does not notice: the same output and exit status, whatever fails in us."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.watch.faithful import Case
from tests.watch.test_faithful import ROOT, environment, run

PROGRAM = """
import sys, threading, time
from concurrent.futures import ThreadPoolExecutor
try:
    from tqdm import tqdm
    tqdm.monitor_interval = 0
except ImportError:
    tqdm = iter
def work(n):
    for _ in range(3): time.sleep(0.05)
    return n * n
def fail(): raise ValueError("of the program")
threads = [threading.Thread(target=work, args=(n,)) for n in range(3)] + [threading.Thread(target=fail)]
for thread in threads: thread.start()
with ThreadPoolExecutor(2) as pool: print(sum(pool.map(work, range(6))))
print(len(list(tqdm(range(5)))), threading.active_count() >= 1)
for thread in threads: thread.join()
print("end"); sys.exit(7)
"""

#: What is broken: the module, and what in it fails when it is called. Without the latter, the module cannot be loaded.
FAULTS = [
    ("watch.start", ""),
    ("watch.start", "watch"),
    ("watch.hooks.hooks", "Hooks.install"),
    ("watch.hooks", "Patches.replace"),
    ("watch.hooks", "ImportWatcher._find"),
    ("watch.hooks", "ImportWatcher.when_imported"),
    ("watch.threads", ""),
    ("watch.threads", "ThreadHook.note"),
    ("watch.threads", "_note_exception"),
    ("watch.pools", "PoolHook._add"),
    ("watch.pools", "PoolHook._note_failure"),
    ("watch.pools", "PoolRecord.__init__"),
    ("watch.pools", "PoolRecord.tidy"),
    ("watch.tqdm_bars", ""),
    ("watch.tqdm_bars", "TqdmRecord.read"),
    ("watch.bars", "BarRecord.__init__"),
    ("watch.bars", "BarRecord.watch_loop"),
    ("watch.output", "OutputHook._listener"),
    ("watch.output", "OutputHook.take"),
    ("watch.agent", "Agent._prepare"),
    ("watch.agent", "Agent._look_until_the_end"),
    ("watch.looking", ""),
    ("watch.looking", "Looking.look"),
    ("watch.looking", "Looking.finish"),
    ("watch.rows", "WatchedTask._picture"),
    ("watch.thread_rows", "ThreadLook.look"),
    ("watch.pool_rows", "PoolLook.look"),
    ("watch.bar_rows", "BarLook.look"),
    ("watch.flags", ""),
    ("core.snapshot", ""),
    ("link.publisher", ""),
    ("link.publisher", "Publisher.start"),
    ("link.publisher", "Publisher.close"),
]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, bytes, bytes]:
    """What the program does by itself."""
    return run([sys.executable, "main.py"], Case(""), folder_with_program(tmp_path_factory.mktemp("plain")))


def folder_with_program(folder: Path) -> Path:
    (folder / "main.py").write_text(PROGRAM)
    return folder


def same(output: tuple[int, bytes, bytes]) -> tuple[int, bytes, set[bytes]]:
    """What must not differ. The bar tells how fast it was, and its folder is another each time."""
    status, printed, errors = output
    lines = {line for line in errors.splitlines() if b"main.py" not in line and b"it/s" not in line}
    return status, printed, lines


def broken_copy(folder: Path, module: str, what: str) -> Path:
    """Make a copy of taskmon of which a part fails."""
    package = folder / "taskmon"
    shutil.copytree(ROOT / "taskmon", package, ignore=shutil.ignore_patterns("__pycache__", "ui", "bridge", "jobs"))
    path = package.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    fault = "def _fault(*_, **__): raise RuntimeError('a fault of ours')\n"
    with path.open("a") as file:
        file.write(f"\n{fault}{what} = _fault\n" if what else "\nraise RuntimeError('a fault of ours')\n")
    return package


@pytest.mark.parametrize(("module", "what"), FAULTS, ids=str)
def test_the_program_does_not_notice(module: str, what: str, tmp_path: Path, plain: tuple[int, bytes, bytes]) -> None:
    package = broken_copy(tmp_path, module, what)
    here = tmp_path / "here"
    here.mkdir()
    folder = folder_with_program(here)
    more = {
        "PYTHONPATH": str(package / "watch" / "entry"),
        "_TASKMON_OPTIONS": "name=main.py\nalways",  # as if somebody watched from the first moment on
        "TASKMON_RUNTIME_DIR": str(tmp_path / "no window"),
    }

    seen = run([sys.executable, "main.py"], Case(""), folder, **more)

    assert same(seen) == same(plain)


def test_a_fault_would_have_been_met(tmp_path: Path) -> None:
    """The copies are what runs: with the word `debug`, the same fault ends the start."""
    package = broken_copy(tmp_path, "watch.start", "watch")
    told = subprocess.run(
        [sys.executable, "-c", "print('on')"],
        env=environment(PYTHONPATH=str(package / "watch" / "entry"), _TASKMON_OPTIONS="name=x\ndebug"),
        capture_output=True,
        text=True,
        check=False,
        cwd=os.fspath(tmp_path),
    )

    assert "a fault of ours" in told.stderr
    assert told.stdout == "on\n"


def test_an_older_python_runs_the_program_all_the_same(tmp_path: Path) -> None:
    """Its version is one that is not there; what is tested is the sentence and that nothing else happens."""
    entry = ROOT / "taskmon" / "watch" / "entry" / "sitecustomize.py"
    older = tmp_path / "taskmon" / "watch" / "entry"
    older.mkdir(parents=True)
    (older / "sitecustomize.py").write_text(entry.read_text().replace("(3, 11)", "(9, 0)"))
    told = subprocess.run(
        [sys.executable, "-c", "print('on')"],
        env=environment(PYTHONPATH=str(older), _TASKMON_OPTIONS="name=x"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stdout == "on\n"
    assert told.stderr.startswith("taskmon: this is Python 3.")
