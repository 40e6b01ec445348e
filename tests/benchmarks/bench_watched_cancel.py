"""Row 21: a cancel in a program of busy threads that knows nothing of taskmon, beside a turn of its interpreter."""

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
from tests.benchmarks.measure import NOTHING, Formula, Readings, Row, Settings, Step, at_most, quotient, share_of
from tests.benchmarks.measure import Claim as Told

_PROGRAM: Final = Path(__file__).with_name("busy_threads.py")
#: In each round, as long as there is time: on a machine that has else to do, each takes twice as long.
_CANCELS: Final = 100
_ROUNDS: Final = 5
#: So many are busy at any time.
_THREADS: Final = 64
#: Until all flags are found, while the threads still wait for their turn; for all cancels; for one. In seconds.
_FOUND_WITHIN: Final = 30.0
_LONGEST: Final = 60.0
_PATIENCE: Final = 15.0
#: Flags that were found while their threads were young are looked for once more meanwhile, in seconds.
_SETTLING: Final = 8.0
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
        self._set: dict[str, float] = {}
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
                    self._set[name] = float(value)
                self._told.notify_all()

    def go(self) -> None:
        """Have its threads compute."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def set_after(self, name: str, began: float) -> float:
        """Milliseconds after which the flag of a worker was set; the longest that there is, if it has not left."""
        with self._told:
            self._told.wait_for(lambda: name in self._set, _PATIENCE)
            return (self._set.get(name, began + _PATIENCE) - began) * 1000


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
        program = _Program(_THREADS + _CANCELS)
        try:
            return _ask_in_turn(source, program)
        finally:
            program.process.kill()
            program.process.wait()
            server.close()


def _ask_in_turn(source: RemoteSource, program: _Program) -> Readings:
    """Wait until all flags are found, let the threads compute, and cancel one after the other."""
    began = time.perf_counter()
    tasks: dict[str, TaskHandle] = {}
    while len(tasks) < _THREADS + _CANCELS:
        if time.perf_counter() > began + _FOUND_WITHIN:
            return {"*": f"{len(tasks)} flags were found in time"}
        time.sleep(0.1)
        tasks = {task.name: task for task in source.tasks() if _can_be_cancelled(task)}
    time.sleep(_SETTLING)
    program.go()
    time.sleep(_RUN_UP)
    before = len(program.turns)
    taken: list[float] = []
    end = time.perf_counter() + _LONGEST
    for number in range(_CANCELS):  # the next of those that wait begins when one has left
        if time.perf_counter() > end:
            break
        name = f"worker {number}"
        began = time.perf_counter()
        tasks[name].ask(to_stop(by="user", kind=StopKind.USER))
        taken.append(program.set_after(name, began))
    return {"flag": taken, "turn": program.turns[before:]}


def _asked(readings: Readings) -> float | str:
    """How many there was time for."""
    taken = readings.get("cancel.flag", NOTHING)
    return float(len(taken)) if isinstance(taken, list) else str(taken)


def _ms(reading: str, share: float) -> Formula:
    return share_of(f"cancel.{reading}", share)


_TURN: Final = "one turn of the program's interpreter"

ROW: Final = Row(
    21,
    "watched-cancel",
    f"Cancels in a watched program of {_THREADS} busy threads, until the flag is set",
    [Step("cancel", _cancel, thorough=True)],
    [
        Told("median", quotient(_ms("flag", 0.5), _ms("turn", 0.5)), at_most(1.3), _TURN, pooled=True),
        Told("p99", quotient(_ms("flag", 0.99), _ms("turn", 0.99)), None, f"{_TURN}, p99", pooled=True),
        *(
            Told(label, _ms(reading, share), unit="ms", pooled=True)
            for label, reading, share in (
                ("median", "flag", 0.5),
                ("p99", "flag", 0.99),
                (f"{_TURN}: median", "turn", 0.5),
                (f"{_TURN}: p99", "turn", 0.99),
            )
        ),
        Told("cancels that there was time for", _asked, unit=f"of {_ROUNDS * _CANCELS}", pooled=True),
    ],
    rounds=_ROUNDS,
)
