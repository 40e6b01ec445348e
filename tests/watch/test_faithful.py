"""A watched program does what it does without us: the same output, byte for byte, and the same exit status."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.watch.faithful import CASES, Case

ROOT = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    """The test's own, without what would make a watched program of everything, and with reproducible hashes."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV", "COLUMNS")}
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(command: list[str], case: Case, folder: Path, **more: str) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(**more),
        input=case.stdin.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, _same(done.stdout), _same(done.stderr)


def _same(output: bytes) -> bytes:
    """Without what differs from one run to the next: addresses, threads and processes."""
    output = re.sub(rb"0x[0-9a-fA-F]{6,}", b"0x", output)
    output = re.sub(rb"pid=\d+", b"pid=N", output)
    return re.sub(rb"\b\d{12,}\b", b"N", output)


def write(case: Case, folder: Path) -> None:
    for name, text in {"main.py": case.code, **case.files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def watched(words: tuple[str, ...], *options: str) -> list[str]:
    """The command that runs a program watched, from a checkout that need not be installed."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from taskmon.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", start, "run", "--no-window", "--python", sys.executable, *options, *words]


@pytest.mark.parametrize("mode", ["unattended", "looked at"])
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_different(name: str, mode: str, tmp_path: Path) -> None:
    case = CASES[name]
    write(case, tmp_path)
    more = {"TASKMON_RUNTIME_DIR": str(tmp_path / "no window")}

    plain = run([sys.executable, *case.words], case, tmp_path, **more)
    if mode == "looked at":  # from the first moment on; what goes wrong in us is printed, and so makes a difference
        more["TASKMON_WATCH_DEBUG"] = "always"
        plain = plain if name != "environment" else run([sys.executable, *case.words], case, tmp_path, **more)
    seen = run(watched(case.words), case, tmp_path, **more)

    assert seen == plain


def test_the_table_is_long_enough() -> None:
    assert len(CASES) >= 25


def test_a_zip_file_is_run(tmp_path: Path) -> None:
    case = Case(
        "",
        ("app.zip",),
        {"app/__main__.py": "import sys, part; print(sys.argv, __file__, part.Z)\n1/0", "app/part.py": "Z=1"},
    )
    write(case, tmp_path)
    shutil.make_archive(str(tmp_path / "app"), "zip", tmp_path / "app")

    assert run(watched(case.words), case, tmp_path) == run([sys.executable, *case.words], case, tmp_path)


def test_the_systems_own_sitecustomize_is_not_lost(tmp_path: Path) -> None:
    case = Case("import sitecustomize; print(sitecustomize.__file__, sitecustomize.WORD)", files={
        "lib/sitecustomize.py": "print('custom'); WORD = 1"
    })  # fmt: skip
    write(case, tmp_path)
    more = {"PYTHONPATH": str(tmp_path / "lib")}

    plain = run([sys.executable, "main.py"], case, tmp_path, **more)
    assert plain[1].startswith(b"custom")
    assert run(watched(("main.py",)), case, tmp_path, **more) == plain


def test_a_broken_pipe_is_told_as_always(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("for i in range(100_000): print(i)")

    def into_head(command: list[str]) -> tuple[int, bytes]:
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            assert run.stdout is not None
            assert run.stderr is not None
            run.stdout.read(10)
            run.stdout.close()
            told = run.stderr.read()
            return run.wait(), told

    plain = into_head([sys.executable, "main.py"])
    assert b"BrokenPipeError" in plain[1]
    assert into_head(watched(("main.py",))) == plain
