"""dev.py: two commands that set up what they need, once, and end as what they started ended."""

import ast
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

JUNIT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'
needs_xvfb = pytest.mark.skipif(not Path("/usr/bin/Xvfb").exists(), reason="Xvfb is not installed")


# --- The command line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["dev.py", "needs.py"])
def test_an_old_python_can_read_the_script(root: Path, script: str) -> None:
    ast.parse((root / "packaging" / script).read_text(), feature_version=(3, 7))


def test_an_old_python_is_told_so(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = SimpleNamespace(version_info=(3, 9, 2), executable="/usr/bin/python3", stderr=sys.stderr)
    monkeypatch.setattr(dev, "sys", old)

    assert dev.main(["run"]) == 2
    assert "needs Python 3.11 or newer, and /usr/bin/python3 is 3.9.2" in capsys.readouterr().err


def test_all_that_follows_the_command_belongs_to_it(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[str]] = []
    monkeypatch.setitem(dev.COMMANDS, "run", lambda arguments: seen.append(arguments) or 7)

    assert dev.main(["run", "--version", "-h", "--", "-k", "a b"]) == 7
    assert seen == [["--version", "-h", "--", "-k", "a b"]]


@pytest.mark.parametrize("arguments", [[], ["no-such-command"]])
def test_a_command_must_be_one_of_ours(
    dev: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        dev.main(arguments)

    assert end.value.code == 2
    assert "usage: python3 packaging/dev.py" in capsys.readouterr().err


def test_help_explains_every_command(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        dev.main(["--help"])

    text = capsys.readouterr().out
    assert end.value.code == 0
    assert all(f"  {name:6} {command.__doc__}" in text for name, command in dev.COMMANDS.items())


def test_what_stands_in_the_way_is_a_sentence_and_status_2(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cannot(_arguments: Sequence[str]) -> int:
        raise dev.CannotGoOn("There is no disk.")

    monkeypatch.setitem(dev.COMMANDS, "run", cannot)

    assert dev.main(["run"]) == 2
    assert capsys.readouterr().err == "There is no disk.\n"


# --- .venv -----------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose .venv is made at once, out of nothing."""
    (tmp_path / "pyproject.toml").write_text("[project]")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(dev, "venv_works", (tmp_path / ".venv").exists)
    return tmp_path


@pytest.fixture
def installs(dev: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done: "venv", or what pip was asked to install."""
    done: list[str] = []

    def run(command: Sequence[str]) -> None:
        if "pip" in command:
            done.append(command[-1].replace(str(checkout), "taskmon"))
        else:
            done.append("venv")
            (checkout / ".venv" / "bin").mkdir(parents=True)
            (checkout / ".venv" / "pyvenv.cfg").write_text("version = 3.11")

    monkeypatch.setattr(dev, "run_or_stop", run)
    return done


def test_the_second_call_does_nothing(dev: ModuleType, installs: list[str]) -> None:
    dev.ensure_venv()
    assert installs == ["venv", "taskmon"]

    dev.ensure_venv()
    assert installs == ["venv", "taskmon"]


def test_an_extra_brings_taskmon_itself_and_keeps_the_others(dev: ModuleType, installs: list[str]) -> None:
    dev.ensure_venv("test")
    dev.ensure_venv()
    dev.ensure_venv("build")
    dev.ensure_venv("test")

    assert installs == ["venv", "taskmon[test]", "taskmon[build,test]"]


def change_dependencies(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text("[project] # other dependencies")


def change_python(checkout: Path) -> None:
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)


def rebuild_venv(checkout: Path) -> None:
    (checkout / ".venv" / "pyvenv.cfg").write_text("version = 3.12")


def break_off(checkout: Path) -> None:
    (checkout / ".venv" / "taskmon-stamp").unlink()


@pytest.mark.parametrize("change", [change_dependencies, change_python, rebuild_venv, break_off])
def test_an_install_that_no_longer_fits_is_made_again(
    dev: ModuleType, checkout: Path, installs: list[str], change: Callable[[Path], None]
) -> None:
    dev.ensure_venv("test")
    change(checkout)
    dev.ensure_venv("test")

    assert installs == ["venv", "taskmon[test]", "taskmon[test]"]


def test_a_failed_install_leaves_no_stamp(
    dev: ModuleType, checkout: Path, installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: Sequence[str]) -> None:
        if "pip" in command:
            raise dev.CannotGoOn("no network")
        (checkout / ".venv").mkdir()

    with monkeypatch.context() as patch:
        patch.setattr(dev, "run_or_stop", fail)
        with pytest.raises(dev.CannotGoOn):
            dev.ensure_venv()

    dev.ensure_venv()
    assert installs == ["taskmon"]


def test_a_venv_that_cannot_import_pip_does_not_count(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "PYTHON", tmp_path / "python")
    assert not dev.venv_works()

    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    assert not dev.venv_works()

    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    assert dev.venv_works()


# --- test ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "report", "line"),
    [
        (0, JUNIT.format(5, 0, 0, 0), "5 passed, 0 failed"),
        (0, JUNIT.format(5, 0, 0, 2), "3 passed, 0 failed, 2 skipped"),
        (1, JUNIT.format(5, 2, 1, 0), "2 passed, 3 failed"),
        (5, JUNIT.format(0, 0, 0, 0), "0 passed, 0 failed"),
        (1, JUNIT.format(5, 0, 0, 0), "5 passed, 1 failed"),
        (-9, None, "0 passed, 1 failed"),
        (4, None, "0 passed, 1 failed"),
    ],
    ids=["passed", "skipped", "failed", "no tests", "failed without a test", "killed", "wrong usage"],
)
def test_the_closing_line(dev: ModuleType, tmp_path: Path, status: int, report: str | None, line: str) -> None:
    path = tmp_path / "report.xml"
    if report:
        path.write_text(report)
    tally = dev.Tally()

    tally.add(status, path)

    assert tally.closing_line() == line


@pytest.fixture
def stages(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, list[tuple[list[str], str]]]]:
    """Run dev.test() with stages that only write a report: its status, and the arguments and platform of each."""

    def run(
        *arguments: str, statuses: Sequence[int] = (0, 0), checks: Sequence[str] = ()
    ) -> tuple[int, list[tuple[list[str], str]]]:
        seen: list[tuple[list[str], str]] = []

        def spawn(command: Sequence[object], environment: dict[str, str]) -> int:
            _python, _m, _pytest, report, *rest = map(str, command)
            Path(report.removeprefix("--junit-xml=")).write_text(JUNIT.format(3, 0, 0, 0))
            seen.append((rest, environment["QT_QPA_PLATFORM"]))
            return statuses[len(seen) - 1]

        monkeypatch.setattr(dev.needs, "ensure", lambda _needs: None)
        monkeypatch.setattr(dev, "ensure_venv", lambda _extra: None)
        monkeypatch.setattr(dev, "failed_checks", lambda: list(checks))
        monkeypatch.setattr(dev, "spawn", spawn)
        return dev.test(arguments), seen

    return run


@needs_xvfb
def test_all_tests_run_in_two_stages(
    dev: ModuleType, stages: Callable[..., object], capfd: pytest.CaptureFixture[str]
) -> None:
    assert stages() == (
        0,
        [
            (["-m", "not window and not slow", *dev.SIDE_BY_SIDE], "offscreen"),
            (["-m", "window and not slow"], "xcb"),
        ],
    )
    assert capfd.readouterr().out == "6 passed, 0 failed\n"


@needs_xvfb
def test_a_failed_check_fails_the_run(stages: Callable[..., object], capfd: pytest.CaptureFixture[str]) -> None:
    status, ran = stages(checks=["types"])

    assert (status, len(ran)) == (1, 2)
    assert capfd.readouterr().out == "Checks that failed: types\n6 passed, 1 failed\n"


@needs_xvfb
def test_chosen_tests_run_without_the_checks(stages: Callable[..., object], capfd: pytest.CaptureFixture[str]) -> None:
    status, ran = stages("tests/core", "-k", "stop", checks=["types"], statuses=(0, 5))

    assert status == 0
    assert [rest[2:] for rest, _platform in ran] == [["tests/core", "-k", "stop"]] * 2
    assert capfd.readouterr().out.endswith("6 passed, 0 failed\n")


@needs_xvfb
@pytest.mark.parametrize("marker", [["-m", "slow"], ["-mslow"]])
def test_a_marker_of_your_own_makes_one_stage(stages: Callable[..., object], marker: list[str]) -> None:
    assert stages(*marker) == (0, [(marker, "xcb")])


@pytest.mark.parametrize("status", [2, -signal.SIGTERM])
def test_a_stage_that_breaks_off_is_the_last(stages: Callable[..., object], status: int) -> None:
    result, ran = stages(statuses=(status,))

    assert (result, len(ran)) == (1, 1)


# --- Processes -------------------------------------------------------------------------------------------------

WAIT_FOR_A_SIGNAL = """
import signal, sys
caught = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, caught)
print("ready", flush=True)
print("ended by", int(signal.sigwait(caught)))
"""


def start(root: Path, code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys, dev\n{code}"],
        env={**os.environ, "PYTHONPATH": str(root / "packaging")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_handed_on_and_the_end_awaited(root: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", WAIT_FOR_A_SIGNAL]

    with start(root, f"dev.spawn({command!r}); print('went on')") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == f"ended by {int(number)}\n"
        assert process.wait() == 128 + number


@needs_xvfb
def test_the_screen_is_gone_afterwards(dev: ModuleType) -> None:
    with dev.virtual_screen() as variables:
        socket = Path(f"/tmp/.X11-unix/X{variables['DISPLAY'][1:]}")
        assert socket.exists()

    assert not socket.exists()


@needs_xvfb
@pytest.mark.skipif(not Path("/usr/bin/setpriv").exists(), reason="setpriv is not installed")
def test_the_screen_ends_even_when_we_are_killed(root: Path) -> None:
    code = "with dev.virtual_screen() as screen: print(screen['DISPLAY'], flush=True); dev.signal.pause()"
    with start(root, code) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(":")
        child = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())
        ended = os.pidfd_open(child)
        try:
            process.kill()
            assert select.select([ended], [], [], 30)[0]
        finally:
            os.close(ended)
