"""Row 19: what the commands of a terminal take, beside an interpreter that does nothing.

``python -m tests.benchmarks.bench_commands`` is what an open window answers them with, its tasks included.
"""

from __future__ import annotations

import os
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
#: How many an open window tells of.
_TASKS: Final = 20
#: Each command is run so often in a round, in turn with the others.
_RUNS: Final = 8


def answer() -> None:
    """Be a window that is open, until the one who has started this closes the standard input."""
    import taskmon
    from taskmon.link.window.control import ControlRole, TaskList
    from taskmon.link.window.remote_source import RemoteSource
    from taskmon.link.window.server import LinkServer
    from taskmon.link.wire.channel import Claim as Place

    place = Place.take()
    assert place is not None
    runner = taskmon.TaskRunner(_TASKS)
    for number in range(_TASKS):
        runner.start(lambda ctx: ctx.sleep(3600), name=f"Task {number}")
    tasks = TaskList([runner])
    tasks.open()
    LinkServer(place, RemoteSource(), lambda connection: ControlRole(connection, tasks, lambda _: "")).start()
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)


def _run(settings: Settings) -> list[Readings]:
    """What each takes in milliseconds, one after the other, several times."""
    samples: list[Readings] = []
    with tempfile.TemporaryDirectory(prefix="taskmon-bench-") as folder:
        Path(folder, "runtime").mkdir(mode=0o700)
        around = environment(folder)
        Path(folder, "asked").mkdir(mode=0o700)
        asked = {**around, "TASKMON_RUNTIME_DIR": os.path.join(folder, "asked")}
        window = subprocess.Popen(
            [sys.executable, "-m", __name__], env=asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert window.stdout is not None
        window.stdout.readline()
        commands = [(name, words, around) for name, words in _COMMANDS.items()] + [("asked", _COMMANDS["list"], asked)]
        for _ in range((4 if settings.quick else _RUNS) + 1):
            taken: dict[str, Reading] = {}
            for name, words, where in commands:
                began = time.perf_counter()
                done = subprocess.run([sys.executable, *words], env=where, capture_output=True, check=False)
                taken[name] = (time.perf_counter() - began) * 1000
                if done.returncode and name != "list":  # there is no window
                    taken[name] = f"exit status {done.returncode}"
            samples.append(taken)
        window.communicate()  # which closes its standard input
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
        Claim(
            "taskmon list, of a window with 20 tasks",
            ratio("run.asked", "run.pass"),
            at_most(3),
            _PASS,
            because="of what comes on top, half are modules of Python's own (enum, json, re), and half is asking the"
            " window, with modules of ours",
        ),
        Claim("taskmon run -c pass", ratio("run.watched", "run.pass"), at_most(3), _PASS),
        Claim(_PASS, plain("run.pass"), unit="ms"),
    ],
)

if __name__ == "__main__":
    answer()
