"""Unmodified programs, each in an interpreter of its own: what is found, and that their threads end by themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parents[2]


def header(path: Path) -> list[str]:
    """The lines `# expect: THREAD: WHAT A CANCEL DOES` of a program."""
    lines = path.read_text().splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


ALL = [path for path in sorted(PROGRAMS.glob("*.py")) if header(path)]
WITH_FLAG = [path for path in ALL if not path.stem.startswith("not_")]
WITHOUT = [path for path in ALL if path.stem.startswith("not_")]


def drive(path: Path, tmp_path: Path) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "drive.py"), str(path), str(report), *header(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert report.exists(), done.stderr
    return json.loads(report.read_text()), done


def test_the_corpus_is_as_large_as_it_must_be() -> None:
    assert len(WITH_FLAG) >= 25
    assert len(WITHOUT) >= 15


@pytest.mark.parametrize("path", WITH_FLAG, ids=lambda path: path.stem)
def test_a_program_with_a_stop_flag_ends_by_it(path: Path, tmp_path: Path) -> None:
    report, done = drive(path, tmp_path)

    assert report["found"] == dict(line.split(": ", 1) for line in header(path)), done.stderr
    assert all(applied[0] for applied in report["applied"]), report
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip(), "it says what it did"


@pytest.mark.parametrize("path", WITHOUT, ids=lambda path: path.stem)
def test_nothing_is_set_in_a_program_without_one(path: Path, tmp_path: Path) -> None:
    report, done = drive(path, tmp_path)

    assert report["found"] == dict(line.split(": ", 1) for line in header(path)), done.stderr
    assert not any(applied[0] for applied in report["applied"]), report
    assert report["written"] == []
    assert report["alive"]
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "bye\n")
