"""Row 2: a checkpoint with a report, beside what other Qt programs use for it: superqt's `yield` and QgsTask."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from taskmon import TaskContext, TaskRunner
from tests.benchmarks import stage
from tests.benchmarks.measure import Claim, Reading, Readings, Row, Settings, Step, at_most, ratio
from tests.benchmarks.programs import in_turn

_ITEMS: Final = 100_000
_YIELDS: Final = 20_000
#: QGIS brings its own bindings for the system's Python only.
_SYSTEM_PYTHON: Final = "/usr/bin/python3"


def _loops(settings: Settings) -> Readings:
    """superqt's before and after ours, so that a change of the machine's pace does not favour one of them."""
    del settings
    with TaskRunner(1) as runner:
        before = _superqt()
        ours = runner.start(_ours).result()
        after = _superqt()
    theirs = {f"superqt {how}": (before[how] + after[how]) / 2 for how in before}
    return {name: seconds * 1e9 for name, seconds in (ours | theirs).items()}


def _ours(ctx: TaskContext) -> dict[str, float]:
    import os

    import tqdm

    nowhere = open(os.devnull, "w")  # noqa: SIM115  # as long as the process

    def report() -> None:
        for done in range(_ITEMS):
            ctx.checkpoint()
            ctx.progress(done, _ITEMS)

    def with_tqdm() -> None:
        for _ in tqdm.tqdm(range(_ITEMS), file=nowhere):
            pass

    return {name: taken / _ITEMS for name, taken in in_turn({"ours": report, "tqdm": with_tqdm}, 5).items()}


def _superqt() -> dict[str, float]:
    """A generator worker as in its documentation, its reports shown by a function, and with nobody listening."""
    from superqt.utils import thread_worker

    app = stage.application()
    taken: list[float] = []
    shown: list[int] = []

    @thread_worker
    def work() -> object:
        for _ in range(3):
            began = time.perf_counter()
            yield from range(_YIELDS)
            taken.append(time.perf_counter() - began)

    def once(*, listening: bool) -> float:
        taken.clear()
        worker = work()
        if listening:
            worker.yielded.connect(shown.append)
        worker.finished.connect(app.quit)
        worker.start()
        app.exec()
        return sorted(taken)[1] / _YIELDS

    return {"listening": once(listening=True), "alone": once(listening=False)}


def _qgis(settings: Settings) -> Readings:
    """In QGIS's own Python; tqdm beside it carries the figure over to this one."""
    del settings
    import tqdm

    library = str(Path(tqdm.__file__).parents[1])
    program = str(Path(__file__).with_name("qgis_peer.py"))
    try:
        subprocess.run([_SYSTEM_PYTHON, "-c", "import qgis.core"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return {"both": "not installed", "tqdm": "not installed"}
    command = [_SYSTEM_PYTHON, program, library]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=sys.stderr, text=True, timeout=120)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _beside_qgis(readings: Readings) -> Reading:
    ours = ratio("yields.ours", "yields.tqdm")(readings)
    theirs = ratio("qgis.both", "qgis.tqdm")(readings)
    if isinstance(ours, str):
        return ours
    return theirs if isinstance(theirs, str) else ours / theirs


ROW: Final = Row(
    2,
    "peers",
    "A checkpoint with a report",
    [Step("yields", _loops), Step("qgis", _qgis)],
    [
        Claim(
            "checkpoint() + progress()",
            ratio("yields.ours", "yields.superqt listening"),
            at_most(0.03),
            "superqt's yield",
        ),
        Claim(
            "checkpoint() + progress()",
            ratio("yields.ours", "yields.superqt alone"),
            anchor="superqt's yield that nobody hears",
        ),
        Claim(
            "checkpoint() + progress()",
            _beside_qgis,
            at_most(0.3),
            "QGIS's isCanceled + setProgress, each in units of tqdm",
        ),
    ],
)
