"""Row 21: a cancel in a program of busy threads that knows nothing of taskmon, beside its own way to do it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from taskmon.core.stop import StopKind
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.request import to_stop
from taskmon.core.task.state import TaskState
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.server import LinkServer
from taskmon.link.wire.channel import Claim
from tests.benchmarks.measure import Claim as Told
from tests.benchmarks.measure import (
    Formula,
    Reading,
    Readings,
    Row,
    Settings,
    Step,
    at_most,
    percentile,
    share_of,
)

_PROGRAM: Final = Path(__file__).with_name("busy_threads.py")
#: In each round: by us, and one by the program itself after so many of them.
_CANCELS: Final = 100
_OWN_EVERY: Final = 4
#: So many are busy at any time.
_THREADS: Final = 64
#: Until all flags are found, while the threads still wait for their turn; for all cancels; for one. In seconds.
_FOUND_WITHIN: Final = 60.0
_LONGEST: Final = 150.0
_PATIENCE: Final = 15.0
#: Until 64 threads have begun to compute, in seconds.
_RUN_UP: Final = 2.0


def _can_be_cancelled(task: TaskHandle) -> bool:
    picture = task.snapshot()
    return picture.name.startswith("worker ") and picture.state is TaskState.RUNNING and not picture.why_not_cancellable


class _Program:
    """The other process, and what it has told."""

    def __init__(self, threads: int) -> None:
        command = [sys.executable, "-m", "taskmon", "run", "--no-window", str(_PROGRAM), str(threads), str(_THREADS)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.turns: list[float] = []
        self._left: dict[str, float] = {}
        self._told = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            name, _, value = line.strip().partition("=")
            with self._told:
                if name == "turn":
                    self.turns.append(float(value) * 1000)
                else:
                    self._left[name] = float(value)
                self._told.notify_all()

    def tell(self, words: str) -> None:
        """Have the program do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()

    def left_after(self, name: str, began: float) -> float:
        """Milliseconds after which a worker had left; the longest that there is, if it has not."""
        with self._told:
            self._told.wait_for(lambda: name in self._left, _PATIENCE)
            return (self._left.get(name, began + _PATIENCE) - began) * 1000


def _cancel(settings: Settings) -> Readings:
    del settings
    with tempfile.TemporaryDirectory(prefix="taskmon-") as folder:
        os.environ["TASKMON_RUNTIME_DIR"] = folder
        claim = Claim.take()
        assert claim is not None
        source = RemoteSource()
        source.attach(lambda _: None)
        server = LinkServer(claim, source)
        server.start()
        cancels = _CANCELS + _CANCELS // _OWN_EVERY
        program = _Program(_THREADS + cancels)
        try:
            return _ask_in_turn(source, program, cancels)
        finally:
            program.process.kill()
            program.process.wait()
            server.close()


def _ask_in_turn(source: RemoteSource, program: _Program, cancels: int) -> Readings:
    """Wait until all flags are found, let the threads compute, and cancel one after the other."""
    began = time.perf_counter()
    tasks: dict[str, TaskHandle] = {}
    while len(tasks) < _THREADS + cancels:
        if time.perf_counter() > began + _FOUND_WITHIN:
            return {"*": f"{len(tasks)} flags were found in time"}
        time.sleep(0.1)
        tasks = {task.name: task for task in source.tasks() if _can_be_cancelled(task)}
    program.tell("go")
    time.sleep(_RUN_UP)
    before = len(program.turns)
    taken: dict[str, list[float]] = {"ours": [], "own": []}
    end = time.perf_counter() + _LONGEST
    for number in range(cancels):  # the next of those that wait begins when one has left
        if time.perf_counter() > end:
            break
        which = "own" if number % (_OWN_EVERY + 1) == _OWN_EVERY else "ours"
        name = f"worker {number}"
        began = time.perf_counter()
        if which == "ours":
            tasks[name].ask(to_stop(by="user", kind=StopKind.USER))
        else:
            program.tell(str(number))
        taken[which].append(program.left_after(name, began))
    turns: list[float] = program.turns[before:]
    readings: dict[str, Reading] = {**taken, "turn": turns}
    return readings


def _in_turns(readings: Readings) -> float | str:
    """How many turns of the interpreter it takes until the flag is set.

    By the program's own way it takes one, that of the thread that is told; what comes then, until the worker has seen
    the flag, is the same for both.
    """
    medians = []
    for name in ("ours", "own", "turn"):
        values = readings.get(f"cancel.{name}", "not measured")
        if not isinstance(values, list) or not values:
            return values if isinstance(values, str) else "not measured"
        medians.append(percentile(values, 0.5))
    ours, own, turn = medians
    return (turn + ours - own) / turn


def _ms(reading: str, share: float) -> Formula:
    return share_of(f"cancel.{reading}", share)


_OWN: Final = "the same flag set by the program itself, told by a pipe"

ROW: Final = Row(
    21,
    "watched-cancel",
    f"{5 * _CANCELS} cancels in a watched program of {_THREADS} busy threads",
    [Step("cancel", _cancel, thorough=True)],
    [
        Told(
            "until the flag is set, median",
            _in_turns,
            at_most(1.3),
            "one turn of the program's interpreter",
            pooled=True,
        ),
        *(
            Told(label, _ms(reading, share), unit="ms", pooled=True)
            for label, reading, share in (
                ("until the thread has left: median", "ours", 0.5),
                ("until the thread has left: p99", "ours", 0.99),
                (f"{_OWN}: median", "own", 0.5),
                (f"{_OWN}: p99", "own", 0.99),
                ("one turn of the program's interpreter: median", "turn", 0.5),
            )
        ),
    ],
    rounds=5,
)
