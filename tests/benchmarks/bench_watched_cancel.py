"""Row 21: a cancel in a program of busy threads that knows nothing of taskmon, beside one turn of its interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from statistics import median
from typing import Any, Final

from taskmon.core.stop import StopKind
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.request import to_stop
from taskmon.core.task.state import TaskState
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.server import LinkServer
from taskmon.link.wire.channel import Claim
from tests.benchmarks.measure import Claim as Told
from tests.benchmarks.measure import Readings, Row, Settings, Step, at_most, percentile, plain, ratio

_CANCELS: Final = 20
_LEAST: Final = 5
#: On the average of all cancels, as many are busy.
_THREADS: Final = 64
_LONGEST: Final = 90.0
_TURN_EVERY: Final = 0.05


def run_program() -> None:
    """Be the program: threads that compute, each with a flag of its own, and one that waits for turns."""

    class Worker(threading.Thread):
        def __init__(self) -> None:
            super().__init__(daemon=True)
            self.stop = threading.Event()

        def run(self) -> None:
            number = 0
            while not self.stop.is_set():
                number += 1

    def wait_for_turns() -> None:
        while True:
            began = time.perf_counter()
            time.sleep(_TURN_EVERY)
            print(json.dumps((time.perf_counter() - began - _TURN_EVERY) * 1000), flush=True)

    threading.Thread(target=wait_for_turns, daemon=True).start()
    workers = [Worker() for _ in range(_THREADS + _CANCELS // 2)]
    for worker in workers:
        worker.start()
    sys.stdin.read()  # until who has started it closes it
    os._exit(0)


def _can_be_cancelled(task: TaskHandle) -> bool:
    picture = task.snapshot()
    is_thread = picture.origin is not None and picture.origin.kind == "thread"
    return is_thread and picture.state is TaskState.RUNNING and not picture.why_not_cancellable


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
        command = [sys.executable, "-m", "taskmon", "run", "-m", __name__]
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        turns: list[float] = []
        threading.Thread(target=_listen, args=(program, turns), daemon=True).start()
        try:
            return _click(source, turns)
        finally:
            program.kill()
            program.wait()
            server.close()


def _listen(program: Any, turns: list[float]) -> None:
    turns.extend(float(json.loads(line)) for line in program.stdout)


def _click(source: RemoteSource, turns: list[float]) -> Readings:
    """Cancel one after the other, as their flags are found."""
    end, taken = time.perf_counter() + _LONGEST, list[float]()
    while len(taken) < _CANCELS and time.perf_counter() < end:
        task = next((task for task in source.tasks() if _can_be_cancelled(task)), None)
        if task is None:
            time.sleep(0.2)
            continue
        if not taken:
            turns.clear()
        gone = threading.Event()
        task.add_done_callback(lambda _, gone=gone: gone.set())
        began = time.perf_counter()
        task.ask(to_stop(by="user", kind=StopKind.USER))
        gone.wait(_LONGEST / 6)
        taken.append((time.perf_counter() - began) * 1000)
    if len(taken) < _LEAST or len(turns) < _LEAST:
        return {"*": f"{len(taken)} flags were found in time"}
    return {"p50": median(taken), "p99": percentile(taken, 0.99), "turn": median(turns), "cancels": float(len(taken))}


_TURN: Final = "one turn of the program's interpreter"

ROW: Final = Row(
    21,
    "watched-cancel",
    f"Cancel in a watched program of {_THREADS} busy threads, until its thread has left",
    [Step("cancel", _cancel, thorough=True)],
    [
        Told("median", ratio("cancel.p50", "cancel.turn"), at_most(1.3), _TURN),
        Told("median", plain("cancel.p50"), unit="ms"),
        Told("p99", plain("cancel.p99"), unit="ms"),
        Told("cancels", plain("cancel.cancels"), unit="times"),
        Told(_TURN, plain("cancel.turn"), unit="ms"),
    ],
)

if __name__ == "__main__":
    run_program()
