"""Row 14: a window that shows a program of busy threads, which has an interpreter of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import Final

from tests.benchmarks.measure import (
    Claim,
    Formula,
    Readings,
    Row,
    Settings,
    Step,
    at_most,
    in_parts,
    plain,
    quotient,
    share_of,
)

_THREADS: Final = 64
_LONGEST_START: Final = 30.0
#: So many of them have to have moved, as a share.
_MOST: Final = 0.9


def run_program() -> None:
    """Be the program: busy workers that report at every item, shown in whatever window there is."""
    import taskmon

    begun = threading.Barrier(_THREADS)  # busy threads keep others from beginning

    def work(ctx: taskmon.TaskContext) -> None:
        begun.wait()
        for _ in ctx.track(range(10**9), unit="items"):
            pass

    runner = taskmon.TaskRunner(_THREADS)
    taskmon.publish(runner, program="busy.py")
    for number in range(_THREADS):
        runner.start(work, name=f"Worker {number}")
    threading.Event().wait()


def window(settings: Settings, *, threads: bool, attached: bool) -> Readings:
    """How late the UI thread is: alone, beside a busy program that it knows nothing of, and showing that program."""
    from taskmon import TaskRunner
    from tests.benchmarks import stage
    from tests.benchmarks.programs import give

    os.environ["TASKMON_RUNTIME_DIR"] = tempfile.mkdtemp()
    app = stage.application()
    frames = stage.Frames()
    runner = TaskRunner(1)
    panel = stage.show_panel(runner, turnstile=True)
    from taskmon.bridge.programs.linked import open_link

    link = open_link(panel.controller, runner, None, panel)
    assert link is not None
    program = None
    if threads:
        elsewhere = {} if attached else {"TASKMON_RUNTIME_DIR": tempfile.mkdtemp()}
        command = [sys.executable, "-c", "from tests.benchmarks.bench_attached import run_program; run_program()"]
        program = subprocess.Popen(command, env={**os.environ, **elsewhere})
    wanted = _THREADS if attached else 0
    end = time.perf_counter() + _LONGEST_START
    while panel.controller.model.rowCount() < wanted and time.perf_counter() < end:
        stage.settle(0.1)
    stage.settle(1.0)
    rows = panel.controller.model.rowCount()
    painted = frames.count
    lateness = stage.Lateness()
    lateness.start()
    length = 2.0 if settings.quick else 5.0
    stage.settle(length)
    late = lateness.so_far()
    done = [row.snapshot.progress.done or 0 for row in panel.controller.model.rows()]
    if program is not None:
        program.kill()
        program.wait()
    link.close()
    app.processEvents()
    moving = sum(amount > 0 for amount in done)
    if rows != wanted or moving < wanted * _MOST:  # beside so many busy threads, one may not have had its turn yet
        give({"*": f"{rows} rows came, {moving} moved"})
    rate = (frames.count - painted) / length
    give([{"late": part, "frames/s": rate} for part in in_parts(late)])


def _step(name: str, *, threads: bool, attached: bool) -> Step:
    def run(settings: Settings) -> Readings:
        return window(settings, threads=threads, attached=attached)

    return Step(name, run, seldom=True)


def _late(step: str) -> Formula:
    return share_of(f"{step}.late", 0.99)


_IDLE: Final = "idle"
_BESIDE: Final = "the same program, not shown"

ROW: Final = Row(
    14,
    "attached",
    "A window that watches another program",
    [
        _step("idle", threads=False, attached=False),
        _step("beside", threads=True, attached=False),
        _step("attached", threads=True, attached=True),
    ],
    [
        Claim(
            "UI lateness p99, 64 busy threads there",
            quotient(_late("attached"), _late("idle")),
            at_most(3),
            _IDLE,
            pooled=True,
            because="these are the window's own frames, of 0.6 ms at the median and 1.8 in one of thirty, while an"
            " idle window paints none",
        ),
        Claim(
            "UI lateness p99, 64 busy threads there",
            quotient(_late("attached"), _late("beside")),
            anchor=_BESIDE,
            pooled=True,
        ),
        Claim("UI lateness p99, 64 busy threads there", _late("attached"), unit="ms", pooled=True),
        Claim(_BESIDE, _late("beside"), unit="ms", pooled=True),
        Claim(_IDLE, _late("idle"), unit="ms", pooled=True),
        Claim("frames painted", plain("attached.frames/s"), unit="per second"),
    ],
)
