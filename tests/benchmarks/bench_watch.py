"""Row 13: an unmodified program under `taskmon run`, shown by a window's server, beside the same program by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, median
from typing import Final

from taskmon.cli.run import environment_for, parse
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.server import LinkServer
from taskmon.link.wire.channel import Claim
from taskmon.watch import bundle
from tests.benchmarks.measure import Claim as Told
from tests.benchmarks.measure import Reading, Readings, Row, Settings, Step, at_most, plain, ratio

_PROGRAM: Final = Path(__file__).with_name("watched_program.py")
_THREADS: Final = Path(__file__).with_name("threads_program.py")
#: Rows of that program that are there before anything is measured, and seconds after which all is known of them.
_SHOWN: Final = 200
_SETTLED: Final = 12.0
#: So often in each round, once with and once without.
_PAIRS: Final = 2
#: Seconds with these looks, and without, in turn: as long as a window's wish for closer ones holds.
_PHASE: Final = 2.0
_LOADS: Final = ("empty_loop", "working_loop", "pool", "busy")


def _watch(settings: Settings) -> list[Readings]:
    """The program by itself and the watched one take turns at each load, so that each pair of them is a sample."""
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
        request = parse([str(_PROGRAM)])
        assert request is not None
        by_itself = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        sides = {"plain": by_itself, "watched": environment_for(request, by_itself)}
        programs = {which: _Program(environment) for which, environment in sides.items()}
        samples: list[Readings] = []
        for number in range(4 if settings.quick else 3):
            turns = list(sides)[:: -1 if number % 2 else 1]
            readings = {f"{which} {load}": programs[which].do(load) for load in _LOADS for which in turns}
            starts = {f"{which} start": _start(sides[which]) for which in turns}
            samples.append({**readings, **starts})
        for program in programs.values():
            program.process.kill()
            program.process.wait()
        server.close()
        assert news, "nobody watched"
    return samples


class _Program:
    """One that does what it is asked for, by itself or watched."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(_PROGRAM)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, load: str) -> Reading:
        """What that costs; or why it cannot be done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{load}\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline().strip()
        try:
            return float(told)
        except ValueError:
            return told or "the program has ended"


def _facts(settings: Settings) -> Readings:
    """How much more processor a program takes for its work while it is found out what its 200 threads do."""
    del settings
    with tempfile.TemporaryDirectory(prefix="taskmon-") as folder:
        os.environ["TASKMON_RUNTIME_DIR"] = folder
        claim = Claim.take()
        assert claim is not None
        bundle.make()
        source = RemoteSource()
        source.attach(lambda _event: None)
        server = LinkServer(claim, source)
        server.start()
        request = parse([str(_THREADS)])
        assert request is not None
        environment = environment_for(request, {key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
        program = subprocess.Popen(
            [sys.executable, str(_THREADS)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert program.stdin is not None
        assert program.stdout is not None
        while len(source.tasks()) < _SHOWN:
            time.sleep(0.1)
        time.sleep(_SETTLED)
        readings: dict[str, Reading] = {}
        for times, closely in (("once", False), ("four times", True)):
            ratios, shares = [], []
            for number in range(_PAIRS):
                taken = {}
                for switch in ("on", "off") if number % 2 else ("off", "on"):
                    if closely:
                        source.look_closely()
                    program.stdin.write(f"{switch} {_PHASE}\n")
                    program.stdin.flush()
                    taken[switch], share = map(float, program.stdout.readline().split())
                    if switch == "on":
                        shares.append(share * 100)
                ratios.append(taken["on"] / taken["off"])
            readings[times] = median(ratios)
            readings[f"share {times}"] = fmean(shares)  # there may be no look in one of them
        program.kill()
        program.wait()
        server.close()
    return readings


def _start(environment: Mapping[str, str]) -> float:
    """Milliseconds of a program that does nothing: the least of some runs, to which whatever else happens adds."""
    taken = []
    for _ in range(3):
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
    [Step("watch", _watch, seldom=True), Step("facts", _facts, seldom=True, thorough=True)],
    [
        _beside("tqdm loop, 10 µs body", "working_loop", 1.05),
        _beside("tqdm loop, empty body", "empty_loop", 1.35),
        _beside("pool of 10 000 trivial futures", "pool", 1.3),
        _beside("64 busy threads", "busy", 1.02),
        _beside(_PASS, "start", 1.4),
        *(
            Told(
                f"200 threads, what they do looked at {times} a second",
                plain(f"facts.{times}"),
                at_most(1.01),
                "the same, without that",
            )
            for times in ("once", "four times")
        ),
        Told(
            "200 threads, the share of a processor that it takes to look",
            plain("facts.share once"),
            at_most(0.4),
            unit="%",
        ),
        Told("the same four times a second", plain("facts.share four times"), unit="%"),
        Told(_PASS, plain("watch.plain start"), unit="ms"),
    ],
    rounds=5,
)
