"""What is loaded into programs lies ready in one file; what is not fresh, or another Python's, is not used."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from taskmon.paths import PACKAGE
from taskmon.watch import bundle, start

#: Says which files are opened to load what is needed to watch, once the bundle has been read.
OPENED = """
import sys
folder = sys.argv[1]
names = {"__name__": "library"}
exec(open(folder + "/watch/library.py").read(), names)
library = names["Library"](folder, bundled=True)
if sys.argv[2:] == ["ready"]:
    library.get_ready()
if sys.argv[2:] == ["made anew"]:
    bundle = library._bundle._path
    open(bundle, "ab").write(b"another")
opened = []
sys.addaudithook(lambda event, arguments: opened.append(arguments[0]) if event == "open" else None)
library.load("taskmon.watch.start")
meeting = library.load("taskmon.link.wire.meeting")
meeting.somebody_listens(meeting.address())
for name in () if sys.argv[2:] == ["alone"] else (
    "watch.looking", "watch.hooks.threads", "watch.hooks.pools", "watch.hooks.bars", "watch.flags.search",
    "link.program.session", "core.stacks.sampler",
):
    library.load("taskmon." + name)
print(opened)
"""


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with an installation that nothing has been imported from."""
    shutil.copytree(PACKAGE, tmp_path / "taskmon", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _environment(fresh: Path, **more: str) -> dict[str, str]:
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**usual, "PYTHONPATH": str(fresh), "TASKMON_RUNTIME_DIR": str(fresh), **more}


def _run(fresh: Path, code: str = "pass", **more: str) -> str:
    command = [sys.executable, "-m", "taskmon", "run", "--no-window", "-c", code]
    done = subprocess.run(
        command, env=_environment(fresh, **more), cwd=fresh, check=True, timeout=60, capture_output=True, text=True
    )
    assert not done.stderr
    return done.stdout


def _bundles(fresh: Path) -> list[Path]:
    return list((fresh / "taskmon").rglob("watcher.*"))


def test_the_first_run_makes_it_and_the_program_reads_nothing_else(fresh: Path) -> None:
    _run(fresh)

    assert len(_bundles(fresh)) == 1
    assert _opened(fresh, "ready") == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_in_the_midst_of_reading_it_leaves_the_child_free_to_read(fresh: Path) -> None:
    """Else it would wait for ever once it imports what we listen to, in its main thread too."""
    _run(fresh)
    code = """
import os, signal, sys
folder = sys.argv[1]
names = {"__name__": "library"}
exec(open(folder + "/watch/library.py").read(), names)
library = names["Library"](folder, bundled=True)
library._bundle._lock.acquire()  # as another thread has it, which is not in the child
child = os.fork()
if child == 0:
    signal.alarm(20)
    library.begin_anew_after_fork()
    library.load("taskmon.watch.start")
    os._exit(7 if library._bundle.has("taskmon.watch.looking") else 8)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    command = [sys.executable, "-c", code, str(fresh / "taskmon")]
    assert subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout == "7\n"


def _opened(fresh: Path, *how: str) -> list[str]:
    command = [sys.executable, "-c", OPENED, str(fresh / "taskmon"), *how]
    told = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout
    return [os.path.basename(path) for path in ast.literal_eval(told)]


def test_what_is_not_needed_yet_is_read_at_once_when_it_is(fresh: Path) -> None:
    """A program that nobody looks at reads a tenth of it, and opens nothing to see that nobody does."""
    _run(fresh)

    assert _opened(fresh) == [_bundles(fresh)[0].name]
    assert _opened(fresh, "alone") == []


def test_one_that_was_made_anew_since_is_not_mixed_with_the_one_before(fresh: Path) -> None:
    _run(fresh)

    opened = _opened(fresh, "made anew")
    assert "publisher.py" in " ".join(opened) or "looking.py" in " ".join(opened), "each from its own file"


def test_it_is_made_anew_when_a_module_has_changed(fresh: Path) -> None:
    _run(fresh)
    before = _bundles(fresh)[0].stat()
    _run(fresh)
    assert _bundles(fresh)[0].stat().st_mtime_ns == before.st_mtime_ns, "nothing has changed"

    module = fresh / "taskmon" / "watch" / "ownership.py"
    module.write_text(module.read_text() + "\n#\n")
    _run(fresh)
    assert _bundles(fresh)[0].stat().st_mtime_ns > before.st_mtime_ns


def test_nothing_is_written_where_that_is_not_wanted(fresh: Path) -> None:
    """As an import would."""
    _run(fresh, PYTHONDONTWRITEBYTECODE="1")
    assert not _bundles(fresh)


@pytest.mark.parametrize("content", [b"", b"\0" * 40, b"\xff" * 4096, "another Python's"])
def test_what_is_there_under_its_name_may_be_anything(content: bytes | str, fresh: Path) -> None:
    """It is made anew where that is possible, and the program runs in any case."""
    _run(fresh)
    file = _bundles(fresh)[0]
    if isinstance(content, str):
        data = file.read_bytes()
        content = data.replace(sys.version.encode(), sys.version[::-1].encode())
        assert content != data
    file.write_bytes(content)

    assert _run(fresh, "print('here')", PYTHONDONTWRITEBYTECODE="1") == "here\n"


def test_what_was_made_of_another_installation_is_left_alone(fresh: Path) -> None:
    """A child may begin after taskmon was installed anew, told by a program that began before."""
    _run(fresh)
    library = fresh / "taskmon" / "watch" / "library.py"
    os.utime(library, ns=(1, 1))

    assert len(_opened(fresh, "ready")) > 10, "each module from its own file"


def test_the_children_of_a_program_use_it_as_well() -> None:
    assert "bundled" in start._INHERITED
    assert [line.partition("=")[0] for line in bundle.option()] in ([], ["bundled"])


def test_a_bundle_of_another_kind_of_python_is_not_used(fresh: Path) -> None:
    """Whoever started this one knows of its own alone whether it is fresh."""
    _run(fresh)
    entry = fresh / "taskmon" / "watch" / "entry"
    opened = {}
    for tag in (sys.implementation.cache_tag, "cpython-399"):
        keeper = "sys.modules['_frozen_importlib']._call_with_frames_removed"
        code = f"import sys\nprint({keeper}._taskmon[1]._bundle is not None)"
        told = subprocess.run(
            [sys.executable, "-c", code],
            env=_environment(fresh, PYTHONPATH=str(entry), _TASKMON_OPTIONS=f"name=x\nbundled={tag}"),
            check=True, timeout=60, capture_output=True, text=True,
        )  # fmt: skip
        opened[tag] = told.stdout.strip()
    assert list(opened.values()) == ["True", "False"]
