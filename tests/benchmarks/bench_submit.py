"""Row 10: a trivial task through the runner, result fetched from its Future, beside ThreadPoolExecutor."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

from taskmon import TaskRunner
from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, plain, ratio
from tests.benchmarks.programs import in_turn

_TASKS: Final = 10_000
_THREADS: Final = 8


def _trivial() -> int:
    return 1


def _through(executor: Executor) -> None:
    futures = [executor.submit(_trivial) for _ in range(_TASKS)]
    assert sum(future.result() for future in futures) == _TASKS


def _submit(settings: Settings) -> Readings:
    """Executors that live on, as they do in programs: creating them and their threads is not what is compared."""
    with TaskRunner(_THREADS) as runner, ThreadPoolExecutor(_THREADS) as pool:
        works = {"taskmon": lambda: _through(runner), "pool": lambda: _through(pool)}
        for work in works.values():
            work()
        taken = in_turn(works, 3 if settings.quick else 7)
        return {name: seconds / _TASKS * 1e6 for name, seconds in taken.items()}


ROW: Final = Row(
    10,
    "submit",
    "A trivial task and its Future",
    [Step("submit", _submit)],
    [
        Claim(
            "TaskRunner.submit, 8 threads",
            ratio("submit.taskmon", "submit.pool"),
            at_most(0.8),
            "ThreadPoolExecutor",
        ),
        Claim("TaskRunner.submit, 8 threads", plain("submit.taskmon"), unit="µs"),
    ],
    rounds=7,
)
