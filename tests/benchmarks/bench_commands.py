"""Row 19: what the commands of a terminal take, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, plain, ratio
from tests.benchmarks.rounds import environment

_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pass": ("-c", "pass"),
    "version": ("-m", "taskmon", "--version"),
    "help": ("-m", "taskmon", "--help"),
    "list": ("-m", "taskmon", "list"),
    "watched": ("-m", "taskmon", "run", "--no-window", "-c", "pass"),
}
#: Each command is run so often in a round, in turn with the others.
_RUNS: Final = 7


def _run(settings: Settings) -> Readings:
    """The least of some runs, in milliseconds: what else the machine does only adds to them."""
    taken: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    with tempfile.TemporaryDirectory(prefix="taskmon-bench-") as folder:
        Path(folder, "runtime").mkdir(mode=0o700)
        around = environment(folder)
        for number in range((3 if settings.quick else _RUNS) + 1):
            for name, words in _COMMANDS.items():
                began = time.perf_counter()
                done = subprocess.run([sys.executable, *words], env=around, capture_output=True, check=False)
                if number:  # the first is for the caches of the disk
                    taken[name].append((time.perf_counter() - began) * 1000)
                if done.returncode and name != "list":  # there is no window
                    return {"*": f"{name}: exit status {done.returncode}"}
    return {name: min(times) for name, times in taken.items()}


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
