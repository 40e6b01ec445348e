"""Row 22: a window that shows thousands of tasks of other programs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from typing import Final

from tests.benchmarks.measure import Claim, Formula, Readings, Row, Settings, Step, at_most, in_parts, plain, share_of

_SIZES: Final = (1_600, 6_400, 16_000)
_AT_ONCE: Final = 4
#: Of one program a window shows no more than ten thousand.
_MOST: Final = 8_000
_LONGEST_START: Final = 60.0


def run_program(count: int) -> None:
    """Be the program: some of its tasks work, each for a while, and the others wait."""
    import taskmon

    def work(ctx: taskmon.TaskContext) -> None:
        for _ in ctx.track(range(500), unit="items"):  # one that ends before the window is reached has no row there
            ctx.sleep(0.01)

    runner = taskmon.TaskRunner(_AT_ONCE)
    taskmon.publish(runner, program="many.py")
    for number in range(count):
        runner.start(work, name=f"Task {number}")
    sys.stdin.read()  # until who has started it closes it
    os._exit(0)


def _show(settings: Settings, *, count: int) -> Readings:
    from taskmon import TaskRunner
    from taskmon.bridge.programs.linked import open_link
    from tests.benchmarks import stage
    from tests.benchmarks.programs import give, memory

    os.environ["TASKMON_RUNTIME_DIR"] = tempfile.mkdtemp()
    stage.application()
    runner = TaskRunner(1)
    panel = stage.show_panel(runner, turnstile=True)
    link = open_link(panel.controller, runner, None, panel)
    assert link is not None
    stage.settle(0.5)
    before = memory()
    lateness = stage.Lateness()
    lateness.start()
    shares = [min(_MOST, count - first) for first in range(0, count, _MOST)]
    commands = [[sys.executable, "-m", __name__, str(share)] for share in shares]
    programs = [subprocess.Popen(command, stdin=subprocess.PIPE) for command in commands]
    end = time.perf_counter() + _LONGEST_START
    while panel.controller.model.rowCount() < count and time.perf_counter() < end:
        stage.settle(0.1)
    coming = lateness.so_far()
    rows = panel.controller.model.rowCount()
    grown = memory() - before
    stage.settle(0.5)
    ticks = len(lateness.late)
    stage.settle(1.0 if settings.quick else 3.0)
    shown = lateness.so_far()[ticks:]
    for program in programs:
        program.kill()
        program.wait()
    if rows < count:
        give({"*": f"{rows} rows came"})
    whole = {"worst": max(coming), "KB": grown / rows * 1e3}
    give(
        [
            {"coming": came, "shown": seen, **whole}
            for came, seen in zip(in_parts(coming), in_parts(shown), strict=False)
        ]
    )


def _late(size: int, when: str) -> Formula:
    return share_of(f"{size}.{when}", 0.99)


ROW: Final = Row(
    22,
    "many",
    "A window that shows thousands of tasks of other programs",
    [Step(str(size), partial(_show, count=size), seldom=True, thorough=size < max(_SIZES)) for size in _SIZES],
    [
        *(
            Claim(
                f"{what}, {size // 1000} {size % 1000:03} tasks",
                _late(size, when),
                at_most(33),
                unit="ms",
                pooled=True,
                because=because,
            )
            for what, when, because in (
                ("UI lateness p99", "shown", ""),
                (
                    "while they come",
                    "coming",
                    "no turn of the UI thread takes more than 12 ms of a processor, and who reads lets it in after"
                    " each half of one; with the two programs that tell they are four for two cores",
                ),
            )
            for size in _SIZES
        ),
        Claim("the worst while 16 000 come", plain("16000.worst"), unit="ms"),
        Claim("memory, each of 16 000", plain("16000.KB"), at_most(2), unit="KB", exact=True),
    ],
    rounds=3,
)

if __name__ == "__main__":
    run_program(int(sys.argv[1]))
