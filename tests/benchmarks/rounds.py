"""Runs steps in turn, each in a process of its own, and collects what they read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.benchmarks.measure import NOT_QUICK, NOTHING, Outcome, Reading, Row, Settings, Step

ROOT: Final = Path(__file__).resolve().parents[2]
#: Longer than any step takes; one that hangs is a measurement that broke. In seconds.
_PATIENCE: Final = 240.0
#: With --quick there are no more rounds than this.
_QUICK_ROUNDS: Final = 3


class MeasurementError(Exception):
    """A step broke off; the text tells how."""


def measure(rows: Sequence[Row], settings: Settings, tell: Callable[[str], None]) -> list[Outcome]:
    """Measure all rows. Neighbours that share steps share their runs as well."""
    outcomes: list[Outcome] = []
    for together in grouped([row for row in rows if not row.vacant]):
        began = time.monotonic()
        outcomes += _measure_together(together, settings)
        tell(f"{' and '.join(row.title for row in together)}: {time.monotonic() - began:.0f} s")
    outcomes += [Outcome(row) for row in rows if row.vacant]
    return sorted(outcomes, key=lambda outcome: outcome.row.number)


def grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Put rows that share a step with the one before into one group with it."""
    groups: list[list[Row]] = []
    for row in rows:
        names = {step.name for step in row.steps}
        if groups and any(step.name in names for other in groups[-1] for step in other.steps):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _measure_together(rows: Sequence[Row], settings: Settings) -> list[Outcome]:
    steps = {step.name: (row, step) for row in reversed(rows) for step in row.steps}
    plan = [steps[name] for name in dict.fromkeys(step.name for row in rows for step in row.steps)]
    count = min(rows[0].rounds, _QUICK_ROUNDS) if settings.quick else rows[0].rounds
    taken: dict[str, list[dict[str, Reading]]] = {step.name: [] for _, step in plan}
    broken: set[str] = set()

    def play(number: int) -> None:
        for row, step in plan:
            try:
                if settings.quick and step.thorough:
                    taken[step.name] = [{f"{step.name}.*": NOT_QUICK}]
                elif not (number and (step.once or (settings.quick and step.seldom))):
                    taken[step.name] += run_step(row, step, settings)
            except MeasurementError as error:
                broken.add(f"{step.name}: {error}")

    if rows[0].side_by_side:
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(play, range(count)))
    else:
        for number in range(count):
            play(number)
    return [_outcome_of(row, taken, broken) for row in rows]


def _outcome_of(row: Row, taken: Mapping[str, list[dict[str, Reading]]], broken: set[str]) -> Outcome:
    names = {step.name for step in row.steps}
    faults = sorted(fault for fault in broken if fault.partition(":")[0] in names)
    rounds = aligned([taken[step.name] for step in row.steps])
    return Outcome(row, [WithReasons(readings) for readings in rounds], "; ".join(faults))


def aligned(taken: Iterable[list[dict[str, Reading]]]) -> list[dict[str, Reading]]:
    """Put samples of several steps together that were taken about the same time; the fewer stand for several rounds."""
    taken = [samples for samples in taken if samples]
    count = max(map(len, taken), default=0)
    return [
        {key: value for samples in taken for key, value in samples[number * len(samples) // count].items()}
        for number in range(count)
    ]


class WithReasons(dict[str, Reading]):
    """Readings in which a reason given for ``step.*`` stands for each reading of that step."""

    def get(self, key: str, default: Reading = NOTHING) -> Reading:  # type: ignore[override]
        """Return a reading, the reason for all of its step, or `default`."""
        return super().get(key, super().get(f"{key.partition('.')[0]}.*", default))


def run_step(row: Row, step: Step, settings: Settings) -> list[dict[str, Reading]]:
    """Run a step in a process of its own; return the readings of each of its samples as ``step.reading``.

    Raises:
        MeasurementError: if it did not end well.
    """
    words = "quick" if settings.quick else "full"
    command = [sys.executable, "-m", "tests.benchmarks.play", row.name, step.name, words]
    with tempfile.TemporaryDirectory(prefix="taskmon-bench-") as folder:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment(folder),
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MeasurementError(f"no result within {_PATIENCE:.0f} s") from None
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines() or ["nothing was said"]
        raise MeasurementError(f"exit status {done.returncode}, {said[-1]}")
    told = json.loads(lines[-1])
    samples = told if isinstance(told, list) else [told]
    return [{f"{step.name}.{name}": value for name, value in readings.items()} for readings in samples]


def environment(folder: str) -> dict[str, str]:
    """What a measured process gets: this checkout, no screen unless one was asked for, compiled modules.

    What it keeps lies in `folder`: the user's own settings, history and open window are none of its business.
    """
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    }
    own = {f"TASKMON_{name}_DIR": os.path.join(folder, name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    return {"QT_QPA_PLATFORM": "offscreen", **inherited, **own, "PYTHONPATH": str(ROOT)}
