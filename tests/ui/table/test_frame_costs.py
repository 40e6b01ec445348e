"""What a frame costs: it keeps the interpreter lock, and rows beyond the screen do not make it longer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.rounds import ROOT, environment
from tests.helpers import gil


def readings(folder: Path, what: str, more: dict[str, str]) -> dict[str, float | str]:
    """What `tests.benchmarks.frame_costs` measures, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.frame_costs", what]
    told = subprocess.run(
        command, cwd=ROOT, env=environment(str(folder)) | more, capture_output=True, text=True, timeout=120, check=True
    )
    return dict(json.loads(told.stdout.splitlines()[-1]))


def test_a_frame_keeps_the_interpreter_lock(tmp_path: Path) -> None:
    """Beside busy threads, each time it is let go costs up to a switch interval for each of them."""
    try:
        counted = gil.build(tmp_path)
    except gil.NoCounterError as reason:
        pytest.skip(str(reason))
    found = readings(tmp_path, "takings", counted)
    if "*" in found:
        pytest.skip(str(found["*"]))

    assert found["control"] == 100, "it is counted how often a hundred objects of Qt's are dropped"
    # Numbers and bars; those, and signs and words of states; those, and what each task says it is doing.
    assert (found["figures"], found["states"], found["messages"]) == (0, 0, 0)
    assert found["lanes"] == 0, "a look shown by the timeline, with all that the page says of it"
    assert float(found["whole"]) < 60, "a frame with all that the event loop does for it"
    assert found["click"] == 0, "from a Cancel let go to its row painted"


def test_rows_beyond_the_screen_do_not_make_a_frame_longer(tmp_path: Path) -> None:
    """Four thousand tasks at work, of which 14 are in view: a few of the others have their turn in each frame."""
    found = readings(tmp_path, "bytecodes", {})

    assert float(found["bytecodes 4000"]) < 1.6 * float(found["bytecodes 14"])
