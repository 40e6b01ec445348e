"""Row 19: what the commands of a terminal take, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.measure import Claim, Reading, Readings, Row, Settings, Step, at_most, plain, ratio
from tests.benchmarks.rounds import environment

_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pass": ("-c", "pass"),
    "version": ("-m", "taskmon", "--version"),
    "help": ("-m", "taskmon", "--help"),
    "list": ("-m", "taskmon", "list"),
    "watched": ("-m", "taskmon", "run", "--no-window", "-c", "pass"),
}
#: Each command is run so often in a round, in turn with the others.
_RUNS: Final = 8


def _run(settings: Settings) -> list[Readings]:
    """What each takes in milliseconds, one after the other, several times."""
    samples: list[Readings] = []
    with tempfile.TemporaryDirectory(prefix="taskmon-bench-") as folder:
        Path(folder, "runtime").mkdir(mode=0o700)
        around = environment(folder)
        for _ in range((4 if settings.quick else _RUNS) + 1):
            taken: dict[str, Reading] = {}
            for name, words in _COMMANDS.items():
                began = time.perf_counter()
                done = subprocess.run([sys.executable, *words], env=around, capture_output=True, check=False)
                taken[name] = (time.perf_counter() - began) * 1000
                if done.returncode and name != "list":  # there is no window
                    taken[name] = f"exit status {done.returncode}"
            samples.append(taken)
    return samples[1:]  # the first is for the caches of the disk


_PASS: Final = "python -c pass"

ROW: Final = Row(
    19,
    "commands",
    "Commands in a terminal",
    [Step("run", _run)],
    [
        Claim("taskmon --version", ratio("run.version", "run.pass"), at_most(2), _PASS),
        Claim("taskmon --help", ratio("run.help", "run.pass"), at_most(3), _PASS),
        Claim("taskmon list", ratio("run.list", "run.pass"), at_most(3), _PASS),
        Claim("taskmon run -c pass", ratio("run.watched", "run.pass"), at_most(3), _PASS),
        Claim(_PASS, plain("run.pass"), unit="ms"),
    ],
)
