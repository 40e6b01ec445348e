"""Small helps for the measured processes: clocks, memory, other programs, and the way a result is handed over."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from tests.benchmarks.measure import Readings

_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def give(readings: Readings | list[Readings]) -> NoReturn:
    """Print readings and end the process at once: threads that are still busy are none of anybody's business."""
    print(json.dumps(readings), flush=True)
    os._exit(0)


def ask(module: str, *arguments: str, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run another module of this package as a program, with `more` around it; return the JSON that it prints last."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    environment = {**os.environ, **(more or {})}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=240, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def memory() -> float:
    """Resident memory of this process, in MB."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6
    except OSError:  # no Linux: the peak has to do
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run all works in turn, A B A B …, and return the seconds that the median run of each took.

    The garbage collector rests meanwhile, as it does in `timeit`.
    """
    from statistics import median

    taken: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, work in works.items():
                taken[name].append(timed(work))
    finally:
        gc.enable()
    return {name: median(seconds) for name, seconds in taken.items()}
