#!/usr/bin/env python3
"""Set up, run, check and build taskmon on a machine that has nothing but Python.

Everything goes into .venv in the checkout; the system's Python is never touched. The shared libraries
that Qt needs are installed with apt where that is allowed, and named otherwise. The second call finds
all of it in place and starts at once.
"""
# This file and needs.py must parse on Python 3.7, so that an old Python can be told that it is too old.

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = sys.platform == "win32"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
OLDEST_PYTHON = (3, 11)

#: Tests wait more than they compute. But of real windows one has the focus: those are tested in turn.
SIDE_BY_SIDE = ["--numprocesses", str(max(2, os.cpu_count() or 0)), "--dist", "worksteal"]
TESTS_FAILED = 1  # exit statuses of pytest; the others mean that it broke off
NO_TESTS = 5


class CannotGoOn(Exception):
    """A sentence for the person at the terminal; the exit status is 2."""


def say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


# --- .venv --------------------------------------------------------------------------------------------------


def ensure_venv(extra: str = "") -> None:
    """Have a .venv that holds taskmon, editable, with that extra; at no cost when it is there already."""
    stamp = VENV / "taskmon-stamp"
    have = stamped_extras(stamp)
    if extra in have:
        return
    if not venv_works():
        say(f"Creating {VENV.name} with Python {sys.version.split()[0]}")
        run_or_stop([sys.executable, "-m", "venv", "--clear", str(VENV)])
    extras = sorted((have | {extra}) - {""})
    say(f"Installing taskmon into {VENV.name}, with what it takes to {' and '.join(['run', *extras])} it")
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    run_or_stop([str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-e", target])
    stamp.write_text("\n".join([fingerprint(), *extras]))


def stamped_extras(stamp: Path) -> set[str]:
    """What an earlier install left that still fits: its extras, and "" for taskmon itself."""
    lines = stamp.read_text().splitlines() if stamp.exists() else []
    return {"", *lines[1:]} if lines and lines[0] == fingerprint() else set()


def fingerprint() -> str:
    """Changes when an earlier install no longer fits: new dependencies, another Python, a moved checkout."""
    config = VENV / "pyvenv.cfg"
    parts = (
        (ROOT / "pyproject.toml").read_bytes(),
        config.read_bytes() if config.exists() else b"",
        os.path.realpath(PYTHON),
        str(ROOT),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def venv_works() -> bool:
    """False after a broken-off set-up or an upgrade of the system's Python, and for a .venv of an old one."""
    probe = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return PYTHON.exists() and subprocess.call([PYTHON, "-c", probe], stderr=subprocess.DEVNULL) == 0


def run_or_stop(command: Sequence[str]) -> None:
    status = subprocess.call(command)
    if status:
        raise CannotGoOn(f"This ended with status {status}: {' '.join(map(shlex.quote, command))}")


# --- Processes ----------------------------------------------------------------------------------------------


def spawn(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> int:
    """Run a command to its end; its exit status. SIGINT and SIGTERM are its to answer, and then end us as well."""
    child = subprocess.Popen(command, cwd=ROOT, env=environment)
    caught: list[int] = []

    def hand_on(signum: int, _frame: FrameType | None) -> None:
        caught.append(signum)
        if not (signum == signal.SIGINT and reached_by_ctrl_c()):
            child.send_signal(signum)

    earlier = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        status = child.wait()
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
    if caught:
        sys.exit(128 + caught[0])
    return status


def reached_by_ctrl_c() -> bool:
    """Whether a terminal sends its Ctrl-C to our children too, which must not get it twice."""
    return WINDOWS or (sys.stdin.isatty() and os.tcgetpgrp(0) == os.getpgrp())


@contextmanager
def virtual_screen() -> Iterator[dict[str, str]]:
    """An X server of our own that ends with us, however we end. Yields the environment that leads to it."""
    if sys.platform != "linux":
        yield {}
        return
    reader, writer = os.pipe()
    guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    options = ["-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        [*guard, "Xvfb", *options], pass_fds=[writer], stderr=subprocess.DEVNULL, start_new_session=True
    )
    os.close(writer)
    try:
        with open(reader) as answer:
            number = answer.readline().strip()
        if not number:
            raise CannotGoOn("Xvfb did not start, so the tests that need a window cannot run.")
        yield {"QT_QPA_PLATFORM": "xcb", "DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()


@contextmanager
def no_screen() -> Iterator[dict[str, str]]:
    yield {"QT_QPA_PLATFORM": "offscreen"}


# --- Commands -----------------------------------------------------------------------------------------------


def run(arguments: Sequence[str]) -> int:
    """taskmon itself, with these arguments"""
    needs.ensure(needs.VENV + needs.QT)
    ensure_venv()
    command = [str(PYTHON), "-P", "-m", "taskmon", *arguments]
    if WINDOWS:
        return spawn(command)
    os.execv(command[0], command)  # its signals and its exit status are taskmon's own
    return 0


def check(_arguments: Sequence[str] = ()) -> int:
    """lint, types and import contracts"""
    needs.ensure(needs.VENV)
    ensure_venv("test")
    return 1 if failed_checks() else 0


def failed_checks() -> list[str]:
    contracts = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"
    checks = {"lint": ["-m", "ruff", "check"], "types": ["-m", "mypy"], "contracts": ["-c", contracts]}
    failed = []
    for name, command in checks.items():
        say(f"Checking {name}")
        if spawn([PYTHON, *command]):
            failed.append(name)
    return failed


def test(arguments: Sequence[str]) -> int:
    """the checks, then the tests, windows on an Xvfb of their own; or pytest with these arguments"""
    needs.ensure(needs.VENV + needs.QT + needs.SCREEN + needs.COMPILER)
    ensure_venv("test")
    failed = [] if arguments else failed_checks()
    tally = Tally(failed=len(failed))
    stages = {"not window and not slow": no_screen, "window and not slow": virtual_screen}
    if any(argument[:2] == "-m" for argument in arguments):
        stages = {"": virtual_screen}
    with tempfile.TemporaryDirectory(prefix="taskmon-test-") as scratch:
        for marker, screen in stages.items():
            report = Path(scratch, f"{screen.__name__}.xml")
            options = [f"--junit-xml={report}", *(["-m", marker] if marker else [])]
            if screen is no_screen and not arguments:
                options += SIDE_BY_SIDE
            with screen() as variables:
                environment = {**os.environ, "LC_ALL": "C.UTF-8", "XDG_RUNTIME_DIR": scratch, **variables}
                status = spawn([PYTHON, "-m", "pytest", *options, *arguments], environment)
            tally.add(status, report)
            if status not in (0, TESTS_FAILED, NO_TESTS):
                break
    if failed:
        print(f"Checks that failed: {', '.join(failed)}")
    print(tally.closing_line(), flush=True)
    return 1 if tally.failed else 0


@dataclass
class Tally:
    """The sum of several runs of pytest; a check that failed counts as a failure too."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, status: int, report: Path) -> None:
        """Count one run by the report it wrote; a run that broke off counts as a failure at least."""
        failed = 0
        for suite in ElementTree.parse(report).iter("testsuite") if report.exists() else ():
            tests, failures, errors, skipped = (
                int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
            )
            self.passed += max(0, tests - failures - errors - skipped)
            self.skipped += skipped
            failed += failures + errors
        self.failed += failed if status in (0, NO_TESTS) else max(1, failed)

    def closing_line(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def bench(arguments: Sequence[str]) -> int:
    """taskmon beside its peers, as a table of ratios; --quick, --json FILE, --picture, or some rows by NAME"""
    needs.ensure(needs.VENV + needs.QT + needs.COMPILER)
    ensure_venv("bench")
    return spawn([PYTHON, "-m", "tests.benchmarks", *arguments], {"QT_QPA_PLATFORM": "offscreen", **os.environ})


def build(parts: Sequence[str]) -> int:
    """wheel and sdist, application bundle and .deb, in dist/; or the named ones of: wheel, bundle, deb"""
    needs.ensure(needs.VENV + needs.QT + needs.BUNDLE)
    ensure_venv("build")
    return spawn([PYTHON, "packaging/release.py", *parts])


def translate(_arguments: Sequence[str]) -> int:
    """the catalogues brought in step with the source; lists what has no translation yet"""
    needs.ensure(needs.VENV + needs.QT)
    ensure_venv()
    return spawn([PYTHON, "packaging/translate.py"])


def mutants(wanted: Sequence[str]) -> int:
    """guards taken out of a copy one by one: does the test named for it fail? all, or those with WORD in the name"""
    needs.ensure(needs.VENV + needs.QT)
    ensure_venv("test")
    return spawn([PYTHON, "packaging/mutants.py", *wanted])


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": run,
    "test": test,
    "check": check,
    "bench": bench,
    "build": build,
    "translate": translate,
    "mutants": mutants,
}


EPILOG = """\
commands:
{}

examples:
  python3 packaging/dev.py run demo                  a worker for each way to be cancelled
  python3 packaging/dev.py run start checksum ~/src  the window, with that job started
  python3 packaging/dev.py test tests/core -k stop   some tests
  python3 packaging/dev.py test -m slow              those left out otherwise, which repeat much
"""


def main(arguments: Sequence[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        oldest, this = (".".join(map(str, version)) for version in (OLDEST_PYTHON, sys.version_info[:3]))
        print(
            f"taskmon needs Python {oldest} or newer, and {sys.executable} is {this}.\n"
            f"Install a newer one and start this with it, for example: python{oldest} packaging/dev.py run",
            file=sys.stderr,
        )
        return 2
    parser = argparse.ArgumentParser(
        prog="python3 packaging/dev.py",
        usage="%(prog)s [-h] COMMAND [ARGUMENT ...]",
        description=__doc__,
        epilog=EPILOG.format("\n".join(f"  {name:6} {run.__doc__}" for name, run in COMMANDS.items())),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS)
    # What follows the command belongs to the command, options included.
    command = parser.parse_args(arguments[:1]).command
    try:
        return COMMANDS[command](arguments[1:])
    except (CannotGoOn, needs.NeedsUnmet) as reason:
        print(reason, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
