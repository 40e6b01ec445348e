"""Row 13: an unmodified program under `taskmon run`, shown by a window's server, beside the same program by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from taskmon.cli.run import environment_for, parse
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.server import LinkServer
from taskmon.link.wire.channel import Claim
from taskmon.watch import bundle
from tests.benchmarks.measure import Claim as Told
from tests.benchmarks.measure import Reading, Readings, Row, Settings, Step, at_most, plain, ratio

_PROGRAM: Final = Path(__file__).with_name("watched_program.py")
_LOADS: Final = ("empty_loop", "working_loop", "pool", "busy")


def _watch(settings: Settings) -> Readings:
    with tempfile.TemporaryDirectory(prefix="taskmon-") as folder:
        os.environ["TASKMON_RUNTIME_DIR"] = folder
        claim = Claim.take()
        assert claim is not None
        bundle.make()  # as `taskmon run` does, once
        source = RemoteSource()
        news: list[object] = []
        source.attach(news.append)  # as a window does
        server = LinkServer(claim, source)
        server.start()
        words = [str(_PROGRAM), *(["quick"] if settings.quick else [])]
        request = parse(words)
        assert request is not None
        by_itself = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        readings: dict[str, Reading] = {}
        sides = {"plain": by_itself, "watched": environment_for(request, by_itself)}
        runs: dict[str, list[dict[str, float]]] = {which: [] for which in sides}
        for _ in range(2 if settings.quick else 3):  # in turn
            for which, environment in sides.items():
                runs[which].append({"start": _start(environment), **_figures(words, environment)})
        for which, figures in runs.items():
            for name in figures[0]:
                readings[f"{which} {name}"] = min(figure[name] for figure in figures)
        server.close()
        assert news, "nobody watched"
    for name in _LOADS:
        for which in ("plain", "watched"):
            readings.setdefault(f"{which} {name}", "tqdm is not installed")
    return readings


def _figures(words: list[str], environment: Mapping[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, *words], env=environment, stdout=subprocess.PIPE, text=True, timeout=120, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _start(environment: Mapping[str, str]) -> float:
    """Milliseconds of a program that does nothing."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], env=environment, check=True)
        taken.append(time.perf_counter() - began)
    return min(taken) * 1e3


def _beside(label: str, load: str, limit: float) -> Told:
    return Told(label, ratio(f"watch.watched {load}", f"watch.plain {load}"), at_most(limit), "unwatched")


_PASS: Final = "python -c pass"

ROW: Final = Row(
    13,
    "watch",
    "taskmon run: a program that is watched",
    [Step("watch", _watch, seldom=True)],
    [
        _beside("tqdm loop, 10 µs body", "working_loop", 1.05),
        _beside("tqdm loop, empty body", "empty_loop", 1.35),
        _beside("pool of 10 000 trivial futures", "pool", 1.3),
        _beside("64 busy threads", "busy", 1.02),
        _beside(_PASS, "start", 1.4),
        Told(_PASS, plain("watch.plain start"), unit="ms"),
    ],
    rounds=5,
)
