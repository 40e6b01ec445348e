"""Row 2: a checkpoint with a report, beside what other Qt programs use for it: superqt's `yield`."""

from __future__ import annotations

import time
from typing import Final

from taskmon import TaskContext, TaskRunner
from tests.benchmarks import stage
from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, ratio
from tests.benchmarks.programs import in_turn

_ITEMS: Final = 100_000
_YIELDS: Final = 5_000


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


ROW: Final = Row(
    2,
    "peers",
    "A checkpoint with a report",
    [Step("yields", _loops)],
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
    ],
)
