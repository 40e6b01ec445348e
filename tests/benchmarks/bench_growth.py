"""Row 15: what a task costs once 100 000 others have ended and are kept, beside 1 000: as Futures, and as rows too."""

from __future__ import annotations

import gc
from functools import partial
from typing import Any, Final

from taskmon import Task, TaskRunner
from taskmon.bridge.table.categories import Category
from tests.benchmarks import stage
from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, plain, ratio
from tests.benchmarks.programs import memory, timed

_BATCH: Final = 1000
_BATCHES: Final = 5


def _trivial() -> int:
    return 1


def _futures(settings: Settings, *, kept: int) -> list[Readings]:
    """Through a runner that nobody watches; the Futures are kept."""
    del settings
    tasks: list[Task] = []
    with TaskRunner(8) as runner:

        def batch() -> None:
            new = [runner.submit(_trivial) for _ in range(_BATCH)]
            assert sum(task.result() for task in new) == _BATCH
            tasks.extend(new)

        batch()
        return _grow(batch, kept)


def _rows(settings: Settings, *, kept: int) -> list[Readings]:
    """Under a panel that is shown: each task is a row as well."""
    del settings
    app = stage.application()
    runner = TaskRunner(8)
    panel = stage.show_panel(runner, turnstile=True)
    model = panel.controller.model
    known = 0

    def batch() -> None:
        nonlocal known
        for _ in range(_BATCH):
            runner.submit(_trivial)
        known += _BATCH
        while model.count(Category.FINISHED) < known:
            app.processEvents()

    batch()
    readings = _grow(batch, kept)
    runner.shutdown(timeout=5)
    return readings


def _grow(batch: Any, kept: int) -> list[Readings]:
    """Fill up, then time the last batches. The garbage collector works as ever: it is part of the cost."""
    gc.collect()
    before = memory()
    for _ in range(kept // _BATCH - 1):
        batch()
    gc.collect()
    grown = (memory() - before) / max(1, kept - _BATCH) * 1e3
    return [{"us": timed(batch) / _BATCH * 1e6, "KB": grown} for _ in range(_BATCHES)]


_FEWER: Final = "1 000 kept"

ROW: Final = Row(
    15,
    "growth",
    "The 100 000th task, the others kept",
    [
        Step("futures 1k", partial(_futures, kept=1000), seldom=True),
        Step("futures 100k", partial(_futures, kept=100_000), seldom=True),
        Step("rows 1k", partial(_rows, kept=1000), seldom=True),
        Step("rows 100k", partial(_rows, kept=100_000), seldom=True),
    ],
    [
        Claim(
            "cost, kept as a Future",
            ratio("futures 100k.us", "futures 1k.us"),
            at_most(1.2),
            _FEWER,
        ),
        Claim(
            "cost, kept as a row in the window",
            ratio("rows 100k.us", "rows 1k.us"),
            at_most(1.2),
            _FEWER,
        ),
        Claim("memory, Future", plain("futures 100k.KB"), at_most(2), unit="KB", exact=True),
        Claim("memory, Future and row", plain("rows 100k.KB"), at_most(2), unit="KB", exact=True),
        Claim("cost, kept as a Future", plain("futures 100k.us"), unit="µs"),
        Claim("cost, kept as a row in the window", plain("rows 100k.us"), unit="µs"),
    ],
    rounds=3,
)
