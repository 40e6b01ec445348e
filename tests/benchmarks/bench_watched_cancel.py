"""Row 21: a cancel in a program of busy threads that knows nothing of taskmon, beside its own way to do it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import Final

from taskmon.core.stop import StopKind
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.request import to_stop
from taskmon.core.task.state import TaskState
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.server import LinkServer
from taskmon.link.wire.channel import Claim
from tests.benchmarks.measure import Claim as Told
from tests.benchmarks.measure import Readings, Row, Settings, Step, at_most, quotient, share_of

#: In each round, by each of both.
_CANCELS: Final = 20
_LEAST: Final = 5
#: On the average of all cancels, as many are busy.
_THREADS: Final = 64
#: For all of a round, and for one cancel, in seconds.
_LONGEST: Final = 120.0
_PATIENCE: Final = 15.0
_TURN_EVERY: Final = 0.05


def run_program() -> None:
    """Be the program: threads that compute, each with a flag of its own, which it also sets if it is told to.

    A thread that leaves says so; another one tells how long it waits for a turn. Each line is written in one go.
    """

    class Worker(threading.Thread):
        def __init__(self, name: str) -> None:
            super().__init__(name=name, daemon=True)
            self.stop = threading.Event()

        def run(self) -> None:
            number = 0
            while not self.stop.is_set():
                number += 1
            print(f"{self.name}\n", end="", flush=True)

    def wait_for_turns() -> None:
        while True:
            began = time.perf_counter()
            time.sleep(_TURN_EVERY)
            print(f"{time.perf_counter() - began - _TURN_EVERY}\n", end="", flush=True)

    threading.Thread(target=wait_for_turns, daemon=True).start()
    workers = [Worker(f"worker {number}") for number in range(_THREADS + _CANCELS)]
    for worker in workers:
        worker.start()
    for line in sys.stdin:  # until who has started it closes it
        workers[int(line)].stop.set()
    os._exit(0)


def _can_be_cancelled(task: TaskHandle) -> bool:
    picture = task.snapshot()
    return picture.name.startswith("worker ") and picture.state is TaskState.RUNNING and not picture.why_not_cancellable


class _Program:
    """The other process, and what it has told."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "taskmon", "run", "-m", __name__]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.turns: list[float] = []
        self._left: dict[str, float] = {}
        self._told = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            at, words = time.perf_counter(), line.strip()
            with self._told:
                if words.startswith("worker "):
                    self._left[words] = at
                else:
                    self.turns.append(float(words) * 1000)
                self._told.notify_all()

    def set_flag(self, name: str) -> None:
        """Have the program set the flag of a worker itself."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name.removeprefix('worker ')}\n")
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
        program = _Program()
        try:
            return _ask_in_turn(source, program)
        finally:
            program.process.kill()
            program.process.wait()
            server.close()


def _ask_in_turn(source: RemoteSource, program: _Program) -> Readings:
    """Cancel one after the other, as their flags are found; each second one the program itself is told to stop."""
    end = time.perf_counter() + _LONGEST
    taken: dict[str, list[float]] = {"ours": [], "own": []}
    told: set[str] = set()
    while len(taken["own"]) < _CANCELS and time.perf_counter() < end:
        for name, times in taken.items():
            task = next((task for task in source.tasks() if task.name not in told and _can_be_cancelled(task)), None)
            if task is None:
                time.sleep(0.2)
                break
            told.add(task.name)
            began = time.perf_counter()
            if name == "ours":
                task.ask(to_stop(by="user", kind=StopKind.USER))
            else:
                program.set_flag(task.name)
            times.append(program.left_after(task.name, began))
    if len(taken["own"]) < _LEAST or len(program.turns) < _LEAST:
        return {"*": f"{len(taken['own'])} flags were found in time"}
    return {**taken, "turn": program.turns[-200:]}


_OWN: Final = "the same flag set by the program itself, told by a pipe"

ROW: Final = Row(
    21,
    "watched-cancel",
    f"Cancel in a watched program of {_THREADS} busy threads, until its thread leaves",
    [Step("cancel", _cancel, thorough=True)],
    [
        Told(
            "median",
            quotient(share_of("cancel.ours", 0.5), share_of("cancel.own", 0.5)),
            at_most(1.3),
            _OWN,
            pooled=True,
        ),
        *(
            Told(label, share_of(f"cancel.{reading}", share), unit="ms", pooled=True)
            for label, reading, share in (
                ("median", "ours", 0.5),
                ("p99", "ours", 0.99),
                (f"{_OWN}: median", "own", 0.5),
                (f"{_OWN}: p99", "own", 0.99),
                ("one turn of the program's interpreter: median", "turn", 0.5),
            )
        ),
    ],
)

if __name__ == "__main__":
    run_program()
