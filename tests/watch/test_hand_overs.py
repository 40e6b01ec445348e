"""Beside busy threads each wait for the interpreter takes a turn of all of them: a cancel waits for it once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import gil

ROOT = Path(__file__).resolve().parents[2]


def test_the_flag_is_set_in_the_turn_in_which_the_request_came(tmp_path: Path) -> None:
    try:
        counted = gil.build(tmp_path)
    except gil.NoCounterError as reason:
        pytest.skip(str(reason))
    command = [sys.executable, "-m", "tests.watch.hand_overs"]
    told = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **counted}, capture_output=True, text=True, timeout=60, check=False
    )
    assert not told.stderr, told.stderr
    found = json.loads(told.stdout)
    if "not counted" in found:
        pytest.skip(found["not counted"])
    assert found["known"] == [2], "of two calls of the system it is known that each lets go of it"
    assert found["flags"] == [1, 1, 1], "that of the wait itself"
