"""The command line: what is asked for reaches the window or the terminal; bad input is one sentence and status 2."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import taskmon
from taskmon import binding
from taskmon.cli.main import main
from taskmon.jobs import BUILTIN_JOBS

ROOT = Path(__file__).parents[2]


class Window:
    """Stands where the window's module is, so that no test here opens one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, problem: str | None = None) -> None:
        self.start: Sequence[tuple[str, Mapping[str, object]]] | None = None
        self.demo: bool | None = None
        app: Any = types.ModuleType("taskmon.app")
        app.main = self.main
        preflight: Any = types.ModuleType("taskmon.preflight")
        preflight.window_problem = lambda: problem
        monkeypatch.setitem(sys.modules, "taskmon.app", app)
        monkeypatch.setitem(sys.modules, "taskmon.preflight", preflight)
        monkeypatch.setattr(binding, "load", lambda: None)  # the collector rests until the real window is there

    def main(self, *, start: Sequence[tuple[str, Mapping[str, object]]], demo: bool, claim: Any) -> int:
        self.start, self.demo = start, demo
        claim.close()
        return 17


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    return Window(monkeypatch)


Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], window: Window) -> Refused:
    """Run `main` on what it must refuse, and return what it says: one line, on the standard error."""

    def refused(*arguments: str) -> str:
        try:
            status: object = main(arguments)
        except SystemExit as leaving:
            status = leaving.code
        out, err = capsys.readouterr()
        assert (status, out, err.count("\n")) == (2, "", 1), err
        assert window.demo is None, "the window was opened"
        return err.removeprefix("taskmon: ").rstrip("\n")

    return refused


def test_without_arguments_the_window_opens(window: Window) -> None:
    assert main([]) == 17
    assert (window.start, window.demo) == ((), False)


def test_the_demonstration_opens_the_window_with_its_workers(window: Window) -> None:
    assert main(["demo"]) == 17
    assert (window.start, window.demo) == ((), True)


def test_a_job_is_handed_on_checked_and_absolute(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "more").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["start", "checksum", "data", "--algorithm", "blake2b", "more", "--manifest=sums"]) == 17
    expected = {
        "folders": (f"{tmp_path}/data", f"{tmp_path}/more"),
        "algorithm": "blake2b",
        "manifest": f"{tmp_path}/sums",
        "verify": None,
    }
    assert window.start == [("checksum", expected)]
    assert window.demo is False


def test_folders_may_stand_anywhere(window: Window, tmp_path: Path) -> None:
    for name in ("a", "b", "-c"):
        (tmp_path / name).mkdir()
    a, b, c = (str(tmp_path / name) for name in ("a", "b", "-c"))
    for arguments in ([a, b, c], [a, "--algorithm", "md5", b, c], ["--algorithm", "md5", a, b, c]):
        assert main(["start", "checksum", *arguments]) == 17
        assert window.start is not None
        assert window.start[0][1]["folders"] == (a, b, c)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["start"], "the following arguments are required: JOB. Try “taskmon start --help”."),
        (["frobnicate"], "argument COMMAND: invalid choice: 'frobnicate'"),
        (["start", "frobnicate"], "argument JOB: invalid choice: 'frobnicate'"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate. Try “taskmon --help”."),
        (
            ["attach"],
            "the number of a process is missing; “taskmon attach --list” tells those of your programs."
            " Try “taskmon attach --help”.",
        ),
        (["detach"], "those of your programs. Try “taskmon detach --help”."),
        (["attach", "-c"], "unrecognized arguments: -c."),
        *((["attach", word], f"“{word}” is not the number of a process") for word in ("-5", "0", "abc", "-", "", "٣")),
        (["demo", "extra"], "unrecognized arguments: extra. Try “taskmon --help”."),
        (["start", "checksum", "--headles", "."], "unrecognized arguments: --headles"),
        (["start", "checksum", "--manifest"], "argument --manifest: expected one argument"),
        (["start", "checksum"], "Folders: nothing was given. Name at least one folder, or a manifest to verify."),
        (["start", "checksum", "/no/such"], "Folders: there is no folder “/no/such”."),
        (["start", "checksum", ".", "--algorithm", "crc"], "Algorithm: “crc” is not one of automatic, sha256,"),
        (["start", "checksum", ".", "--manifest", "/no/such/m"], "Write manifest: there is no folder “/no/such”"),
        (["start", "checksum", ".", "--manifest", "/"], "Write manifest: “/” is a folder, not a file."),
        (["start", "checksum", "--verify", "/no/such"], "Verify manifest: there is no file “/no/such”."),
        (["start", "checksum", "\x1b[2J\udcff"], "␛[2J\\xff”."),
        (["start", "checksum", "--\x1b[2J"], "unrecognized arguments: --␛[2J"),
    ],
)
@pytest.mark.parametrize("headless", [False, True])
def test_bad_input_is_one_sentence(refused: Refused, arguments: list[str], said: str, headless: bool) -> None:
    if headless and arguments[:2] == ["start", "checksum"] and arguments[-1] != "--manifest":
        arguments = [*arguments, "--headless"]
    assert said in refused(*arguments)


def test_without_a_display_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    window = Window(monkeypatch, problem="There is no display.")
    for arguments in ([], ["demo"], ["start", "checksum", "."]):
        assert main(arguments) == 2
        assert capsys.readouterr() == ("", "taskmon: There is no display.\n")
    assert window.demo is None


# -- as a process ------------------------------------------------------------------------------------------------------


def _run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **options.pop("env", {})}
    options = {"capture_output": True, "text": True, "timeout": 120, "env": environment, **options}
    return subprocess.run([sys.executable, "-m", "taskmon", *arguments], check=False, **options)


def test_the_version() -> None:
    done = _run("--version")
    assert done.stdout.startswith(f"taskmon {taskmon.__version__} (Python {sys.version.split()[0]}, ")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_has_examples() -> None:
    for arguments in ([], ["start"], ["demo"], *(["start", name] for name in BUILTIN_JOBS)):
        done = _run(*arguments, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert "usage: taskmon" in done.stdout
    assert "taskmon start checksum ~/Pictures" in _run("--help").stdout
    told = " ".join(_run("start", "checksum", "--help").stdout.split())
    for parameter in BUILTIN_JOBS["checksum"].parameters:
        assert parameter.help in told


def test_the_help_is_quick_to_make() -> None:
    """Neither the help nor a job in the terminal loads what only the window, or nobody, needs."""
    code = (
        "import sys\n"
        "from taskmon.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "unwanted = ('PySide6', 'dataclasses', 'inspect', 'importlib.metadata', 'hashlib', 'taskmon.cli.terminal',"
        " 'taskmon.bridge', 'taskmon.ui', 'taskmon.app', 'asyncio')\n"
        "print([name for name in unwanted if name in sys.modules], file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("arguments", [["--help"], ["start", "checksum", "--help"], ["--version"]])
def test_a_closed_pipe_is_no_traceback(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = _run(*arguments, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (0, 141)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["attach", "--list"], 74),
        (["--version"], 74),
        (["--help"], 74),
        (["run", "--help"], 74),
        (["watch"], 3),
        (["list"], 3),
    ],
)
def test_an_output_that_was_closed_from_the_start_is_no_traceback(arguments: list[str], status: int) -> None:
    done = _redirected(">&-", *arguments)
    assert "Traceback" not in done.stderr
    assert done.returncode == status
    if status == 74:
        assert done.stderr == "taskmon: the output could not be written: Bad file descriptor\n"


def test_a_narrow_encoding_is_no_traceback(tmp_path: Path) -> None:
    done = _run("start", "checksum", str(tmp_path), "--headless", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    done = _run("start", "checksum", "/no/such", env={"PYTHONIOENCODING": "ascii"})
    assert done.stderr == "taskmon: Folders: there is no folder ?/no/such?.\n"


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_that_the_locale_cannot_spell_are_kept_to_the_byte(tmp_path: Path, locale: str) -> None:
    data = os.fsencode(tmp_path) + b"/caf\xc3\xa9 \xff"
    os.mkdir(data)
    with open(data + b"/\xfe", "wb"):
        pass
    environment = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    folder: Any = data
    done = _run("start", "checksum", folder, "--headless", "--manifest", str(tmp_path / "m"), env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "m").read_bytes().endswith(b"  caf\xc3\xa9 \xff/\xfe\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device here that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["run", "--help"],
        ["start", "checksum", "folder", "--headless"],
        ["start", "checksum", "folder", "--headless", "--manifest", "sums"],
        ["start", "checksum", "--verify", "before", "--headless"],
    ],
    ids=" ".join,
)
def test_an_output_that_takes_no_more_is_told_and_harms_no_job(
    tmp_path: Path, words: list[str], unbuffered: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("text")
    digest = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"
    (tmp_path / "before").write_text(f"{digest}  folder/file\n")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "taskmon", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == "taskmon: the output could not be written: No space left on device\n"
    assert done.returncode == 74
    if "--manifest" in words:
        assert (tmp_path / "sums").read_text() == f"{digest}  folder/file\n"


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_a_job_that_fails_says_so_although_nobody_can_read_it(tmp_path: Path, redirection: str) -> None:
    (tmp_path / "sums").write_text(f"{'0' * 64}  missing\n")
    words = ["start", "checksum", "--verify", "sums", "--headless"]
    done = _redirected(redirection, *words, cwd=tmp_path)
    assert done.stderr.startswith("taskmon: the output could not be written: ")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(("words", "status"), [(["--help"], 74), (["nonsense"], 2)])
def test_the_status_is_the_same_though_errors_cannot_be_told_either(words: list[str], status: int) -> None:
    assert _redirected(">/dev/full 2>/dev/full", *words).returncode == status


def _redirected(redirection: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "taskmon", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("asked", ["abc", "-1", "1.5", "99999999999999999999999", "\u0661"])
def test_a_time_that_is_none_is_refused_before_anything_opens(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from taskmon.app import _quit_after

    monkeypatch.setenv("TASKMON_QUIT_AFTER_MS", asked)
    with pytest.raises(ValueError, match="must be a number of milliseconds"):
        _quit_after()
    monkeypatch.setenv("TASKMON_QUIT_AFTER_MS", "300")
    assert _quit_after() == 300
