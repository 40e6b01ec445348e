"""A command that was installed: its package is the program, those that it imports are libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: What a package that has commands runs in its thread, and what it tells of that.
APPLICATION = """
import json, sys, threading
import helper
class Checker(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self._stopper = threading.Event()
    def stop(self):
        self._stopper.set()
    def run(self):
        while not self._stopper.wait(0.01):
            pass
def main():
    sys.path.append(ROOT)
    from taskmon.watch.flags import Target, find_stop
    from taskmon.watch.ownership import is_host, is_own_file
    found = {"host": is_host()}
    for thread in (Checker(), helper.Poller()):
        found[type(thread).__name__] = [is_own_file(type(thread).run.__code__.co_filename),
                                        find_stop(Target.of_thread(thread)).means]
    print(json.dumps(found))
"""
HELPER = """
import threading
class Poller(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self._stopper = threading.Event()
    def stop(self):
        self._stopper.set()
    def run(self):
        while not self._stopper.wait(0.01):
            pass
"""
#: One that only calls, as pip writes them; and one that also uses what it imports, as people did.
SCRIPTS = {
    "calls": "import sys\nfrom crawler.command import main\nsys.exit(main())\n",
    "imports": "import crawler.command\nfrom helper import Poller\ndef run():\n    crawler.command.main()\nrun()\n",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with a package, its commands, and a library beside it."""
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, with_pip=False)
    site = next(folder.glob("[Ll]ib/**/site-packages"))
    (site / "crawler").mkdir()
    (site / "crawler" / "__init__.py").touch()
    (site / "crawler" / "__main__.py").write_text("from crawler.command import main\nmain()\n")
    (site / "crawler" / "command.py").write_text(f"ROOT = {str(ROOT)!r}\n" + APPLICATION)
    (site / "helper.py").write_text(HELPER)
    info = site / "Crawler-1.0.dist-info"
    info.mkdir()
    lines = ["crawler/__init__.py,,", "crawler/__main__.py,,", "crawler/command.py,,", "Crawler-1.0.dist-info/RECORD,,"]
    for name, text in SCRIPTS.items():
        path = commands(folder) / name
        path.write_text(text)
        lines.append(f"{os.path.relpath(path, site)},sha256=x,1")
    (info / "RECORD").write_text("\n".join(lines))
    (folder / "loose.py").write_text("from crawler.command import main\nmain()\n")
    (folder / "link").symlink_to(commands(folder) / "calls")
    return folder


def commands(folder: Path) -> Path:
    """Where the commands of an environment are."""
    return folder / ("Scripts" if os.name == "nt" else "bin")


def found(folder: Path, *words: str) -> dict[str, list[object]]:
    """What is the program's own and what is found in it, when it is started so."""
    python = commands(folder) / "python"
    done = subprocess.run([python, *words], capture_output=True, text=True, check=False, timeout=60, cwd=folder)
    assert (done.returncode, done.stderr) == (0, ""), sys.version
    told = dict(json.loads(done.stdout))
    hosts.append(told.pop("host"))
    return told


#: Whether each program that was run was one that runs its user's code.
hosts: list[bool] = []


OWN = [True, "sets self._stopper"]
LIBRARYS = [False, ""]


@pytest.mark.parametrize("name", SCRIPTS)
def test_of_a_command_its_own_package_is_the_program(installed: Path, name: str) -> None:
    assert found(installed, str(commands(installed) / name)) == {"Checker": OWN, "Poller": LIBRARYS}


def test_of_a_link_to_a_command_too(installed: Path) -> None:
    assert found(installed, "link") == {"Checker": OWN, "Poller": LIBRARYS}


def test_of_a_module_its_package_is_the_program(installed: Path) -> None:
    assert found(installed, "-m", "crawler") == {"Checker": OWN, "Poller": LIBRARYS}


def test_a_script_that_nobody_installed_is_the_program_alone(installed: Path) -> None:
    assert found(installed, "loose.py") == {"Checker": LIBRARYS, "Poller": LIBRARYS}


def test_without_a_list_the_packages_that_a_command_calls_are_the_program(installed: Path) -> None:
    record = next(installed.glob("[Ll]ib/**/RECORD"))
    text = record.read_text()
    record.unlink()
    try:
        assert found(installed, str(commands(installed) / "calls")) == {"Checker": OWN, "Poller": LIBRARYS}
    finally:
        record.write_text(text)


@pytest.mark.parametrize("start", [("-m", "crawler"), ("calls",)])
def test_a_command_that_is_given_its_users_code_runs_it(installed: Path, start: tuple[str, ...]) -> None:
    (installed / "app.py").write_text("")
    words = start if start[0] == "-m" else (str(commands(installed) / start[0]),)
    for arguments, host in (
        ((), False),
        (("app.py",), False),  # it may be what is checked, or printed
        (("run", "app.py"), True),
        (("restart", "--", "python", "app.py"), True),
        (("restart", "--", "make"), False),
        (("--bind", "localhost:80"), False),
        (("app:make",), True),
        (("app:make()",), True),
        (("nothing:make",), False),
    ):
        found(installed, *words, *arguments)
        assert hosts[-1] is host, arguments


def test_a_script_of_the_user_is_no_command(installed: Path) -> None:
    found(installed, "loose.py", "run", "loose.py")
    assert hosts[-1] is False
