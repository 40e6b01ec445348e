"""A crowd of workers under a real TaskPanel: how late the window is, how much the workers get done."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer

from taskmon import TaskContext, TaskRunner
from taskmon.core.run.turnstile import SWITCH_INTERVAL
from tests.benchmarks import loads, stage
from tests.benchmarks.measure import Reading, Readings, Settings, Step
from tests.benchmarks.programs import give, memory

#: Before throughput is counted, in seconds: the turnstile has then found its balance.
_RUN_UP: Final = 0.5
#: Workers whose threads have not come by then never mind: the others are counted. In seconds.
_LONGEST_START: Final = 2.0
#: Samples of what is run but once.
_PARTS: Final = 4
#: How often the anchor without workers moves its rows: more often than a frame. In milliseconds.
_MOVE_MS: Final = 15


def crowd(
    settings: Settings,
    *,
    kinds: Sequence[str],
    turnstile: bool = True,
    seconds: float = 2.0,
    quick_seconds: float = 1.0,
    warm_up: bool = False,
    seldom: bool = False,
    interval: float = 0.0,
) -> Readings:
    """Run one worker for each of `kinds`; never returns, as the UI may be frozen: the readings are printed from aside.

    What is run but `seldom` gives several samples of a shorter time in the first round.

    With `warm_up`, what is left when the workers have gone is measured, too. The others break off: in a window that is
    frozen, their end would take longer than all the rest.

    With an `interval`, that is Python's switch interval, in seconds, from the beginning.

    Without the turnstile, all workers begin at once: in a window that is frozen, starting them one by one takes
    longer than what is to be measured.
    """
    if turnstile and not stage.has_turnstile():
        return {"*": "not built"}
    if interval:
        sys.setswitchinterval(interval)
    app = stage.application()
    frames = stage.Frames()
    with TaskRunner(len(kinds)) as runner:
        panel = stage.show_panel(runner, turnstile=turnstile)
        if warm_up:  # fonts, pictures and the first threads, so that what grows afterwards is due to the flood
            _flood_a_little(runner)
            panel.controller.clear_finished()
        scene = _Scene(panel, runner, kinds, gated=not turnstile, to_the_end=warm_up, frames=frames)
        QTimer.singleShot(0, scene.begin)
        length = quick_seconds if settings.quick else seconds
        parts = _PARTS if settings.quick and seldom and not warm_up else 1
        threading.Thread(target=scene.direct, args=(length / parts, parts), daemon=True).start()
        app.exec()
    raise AssertionError("the readings should have been printed")


def _flood_a_little(runner: TaskRunner) -> None:
    tally = loads.Tally(["tell", "tell"])
    tally.gate.set()
    tasks = [runner.start(loads.run, tally, place, name="Warm-up") for place in range(2)]
    stage.settle(0.6)
    for task in tasks:
        task.cancel()
    stage.settle(0.4)


class _Scene:
    """`begin` runs in the UI thread, `direct` aside: a frozen window must not stop the clock."""

    def __init__(
        self,
        panel: object,
        runner: TaskRunner,
        kinds: Sequence[str],
        *,
        gated: bool,
        to_the_end: bool,
        frames: stage.Frames,
    ) -> None:
        self._panel = panel
        self._runner = runner
        self._tally = loads.Tally(kinds)
        self._gated = gated
        self._to_the_end = to_the_end
        self._frames = frames
        self._lateness = stage.Lateness()
        self._quiet = stage.Quiet()
        self._contexts: list[TaskContext] = []
        self._mover = QTimer()
        self._mover.timeout.connect(self._move)
        self._memory = memory()
        self._peak = self._memory
        self._began = threading.Event()

    def begin(self) -> None:
        """Start everybody."""
        if not self._gated:
            self._tally.gate.set()
        self._lateness.start()
        for place, kind in enumerate(self._tally.kinds):
            work = self._lend_context if kind == "idle" else loads.run
            self._runner.start(work, self._tally, place, name=f"Worker {place}", group=kind)
        if "idle" in self._tally.kinds:
            self._mover.start(_MOVE_MS)
        self._began.set()

    def _lend_context(self, ctx: TaskContext, tally: loads.Tally, place: int) -> None:
        self._contexts.append(ctx)
        loads.run(ctx, tally, place)

    def _move(self) -> None:
        """Move each row's progress without any worker: the repaints alone."""
        for context in self._contexts:
            context.advance(997)

    def direct(self, length: float, parts: int) -> None:
        """Wait, count `parts` times, stop everybody, and print what was seen."""
        self._began.wait()
        self._wait_for_all()
        if self._gated:
            self._tally.gate.set()
        self._watch(_RUN_UP)
        samples = [self._count(length) for _ in range(parts)]
        if self._to_the_end:
            samples[-1] |= self._end()
        give(list(samples))

    def _count(self, length: float) -> dict[str, Reading]:
        before, began, painted = self._tally.by_kind(), time.perf_counter(), self._frames.count
        used = time.process_time()
        ticks = len(self._lateness.late)  # those before belong to the start, which is another question
        self._watch(length)
        after, ended, painted = self._tally.by_kind(), time.perf_counter(), self._frames.count - painted
        return {
            "late": self._lateness.so_far()[ticks:],
            "frames/s": painted / (ended - began),
            "cores": (time.process_time() - used) / (ended - began),
            "arrived": float(sum(self._tally.arrived)),
            **{f"{kind}/s": (after[kind] - before[kind]) / (ended - began) for kind in after},
            "items/s": sum((after[kind] - before[kind]) / (ended - began) for kind in after),
        }

    def _wait_for_all(self) -> None:
        limit = time.perf_counter() + _LONGEST_START
        while not self._tally.complete and time.perf_counter() < limit:
            time.sleep(0.02)

    def _watch(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            time.sleep(min(0.1, left))
            self._peak = max(self._peak, memory())

    def _end(self) -> dict[str, Reading]:
        self._runner.cancel_all()
        left = self._runner.wait_idle(10)
        gone = time.perf_counter()
        self._quiet.asked.emit()
        while self._quiet.at is None and time.perf_counter() < gone + 10:
            time.sleep(0.005)
        quiet = self._quiet.at or time.perf_counter()
        self._peak = max(self._peak, memory())
        return {
            "memory": self._peak - self._memory,
            "quiet": max(0.0, quiet - gone) * 1000 if left else "workers did not leave",
        }


MIXED: Final = ["compute", "wait", "digest"]


def step(
    name: str,
    kinds: Sequence[str],
    *,
    turnstile: bool = True,
    seldom: bool = False,
    thorough: bool = False,
    **options: float,
) -> Step:
    """A step of a crowd."""
    run = partial(crowd, kinds=kinds, turnstile=turnstile, seldom=seldom, **options)
    return Step(name, run, seldom=seldom, thorough=thorough)


THROUGH_64: Final = step("turnstile 64", ["report"] * 64)
THROUGH_200: Final = step("turnstile 200", ["report"] * 200, thorough=True)
THROUGH_MIXED: Final = step("turnstile mixed", MIXED * 21 + ["compute"], seldom=True)
THROUGH_LIGHT: Final = step("turnstile light", ["wait"] * 200, seldom=True)
STILL_64: Final = step("still 64", ["idle"] * 64, turnstile=False)
STILL_200: Final = step("still 200", ["idle"] * 200, turnstile=False, thorough=True)
PLAIN_8: Final = step("plain 8", ["report"] * 8, turnstile=False, seldom=True, quick_seconds=3.0)
PLAIN_64: Final = step("plain 64", ["report"] * 64, turnstile=False, seldom=True)
PLAIN_MIXED: Final = step("plain mixed", MIXED * 21 + ["compute"], turnstile=False, seldom=True)
#: As many as can work at once, so that nobody has to wait for a turn: what there is for all of a kind to share.
FAIR_MIXED: Final = step(
    "fair mixed",
    ["compute", *["wait"] * 21, *["digest"] * max(1, (os.cpu_count() or 1) - 1)],
    turnstile=False,
    seldom=True,
    interval=SWITCH_INTERVAL,
)
PLAIN_LIGHT: Final = step("plain light", ["wait"] * 200, turnstile=False, seldom=True)
