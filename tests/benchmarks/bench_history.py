"""Row 12: the rows of a task written by the recorder, in batches, beside one commit a row of the same values."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from taskmon.core.task.events import StateChanged, TaskAdded, TaskFinished
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.history import database
from taskmon.history.limits import Limits
from taskmon.history.reader import Query, Reader
from taskmon.history.recorder import Batch, Recorder
from tests.benchmarks import samples
from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, plain, ratio
from tests.benchmarks.programs import timed

_S = TaskState
_MANY: Final = 1_000_000
#: So many that the moment for which news is gathered, in which nothing is done, tells no more than its due.
_BATCHED: Final = 20_000


@contextmanager
def _folder() -> Iterator[Path]:
    """A place for a database."""
    with tempfile.TemporaryDirectory(prefix="bench-history-") as name:
        yield Path(name)


def _lives(count: int) -> Iterator[list[TaskAdded | StateChanged | TaskFinished]]:
    """What happens to each of `count` tasks."""
    handle: TaskHandle = samples.ended_task()
    chance = random.Random(12)
    for number in range(count):
        now = time.monotonic()
        new = TaskSnapshot(
            10**6 + number, f"Task {chance.randrange(10**6)}", _S.QUEUED, 0, now, now, created=time.time()
        )
        runs = new._replace(state=_S.RUNNING, revision=1, started_at=now)
        progress = Progress(number, 10**6, "files", f"file {number}")
        done = runs._replace(state=_S.SUCCEEDED, revision=2, ended_at=now, progress=progress)
        yield [
            TaskAdded(new, handle),
            StateChanged(runs, _S.QUEUED),
            StateChanged(done, _S.RUNNING),
            TaskFinished(done),
        ]


def _write(settings: Settings) -> Readings:
    """Milliseconds for each task: its row, and three changes of state."""
    tasks = 1_000 if settings.quick else 2_000
    batched, single = list(_lives(_BATCHED)), list(_lives(tasks))
    with _folder() as folder:
        recorder = Recorder(lambda: folder, limits=Limits(0, 0, 0))
        recorder.start()
        assert recorder.wait_idle(60)

        def in_batches() -> None:
            for events in batched:
                for event in events:
                    recorder.post(event)
            assert recorder.wait_idle(600)

        def post() -> None:
            for events in single:
                for event in events:
                    recorder.post(event)

        took = timed(in_batches)
        posting = timed(post)
        assert recorder.close(600)
        (folder / "other").mkdir()
        with closing(database.open_for_writing(folder / "other" / database.FILE_NAME)) as connection:
            connection.execute("INSERT INTO runs (key, pid, mark, began) VALUES ('', 0, '', 0)")

            def one_by_one() -> None:
                for events in single:
                    for event in events:
                        if not isinstance(event, TaskFinished):
                            batch = Batch(1, time.time() - time.monotonic())
                            batch.take(event, None)
                            connection.execute("BEGIN IMMEDIATE")
                            batch.write(connection)
                            connection.execute("COMMIT")

            each = timed(one_by_one)
    return {
        "batched": took / len(batched) * 1000,
        "each": each / len(single) * 1000,
        "post": posting / len(single) / 4 * 1e6,
    }


def _open(settings: Settings) -> Readings:
    """Milliseconds until the first page of a long history is there, and for what else a window asks."""
    del settings
    with _folder() as folder:
        path = folder / database.FILE_NAME
        with closing(database.open_for_writing(path)) as connection:
            connection.execute("INSERT INTO runs (key, pid, mark, began, ended) VALUES ('', 0, '', 0, 1)")
            _fill(connection, _MANY)
        reader = Reader(folder)
        found: list[int] = []
        first = timed(lambda: found.append(len(reader.page(Query(), None, 200))))
        failed = timed(lambda: found.append(len(reader.page(Query(state="failed"), None, 200))))
        rare = timed(lambda: found.append(len(reader.page(Query("needle"), None, 200))))
        counted = timed(lambda: found.append(reader.count(Query())))
        reader.close()
        recorder = Recorder(lambda: folder, limits=Limits(0, 0, 0))

        def start() -> None:
            recorder.start()
            assert recorder.wait_idle(60)

        ready = timed(start)
        assert recorder.close(60)
    assert found == [200, 200, 1, _MANY]
    readings = {"first": first, "failed": failed, "rare": rare, "counted": counted, "ready": ready}
    return {name: seconds * 1000 for name, seconds in readings.items()}


def _fill(connection: object, count: int) -> None:
    import sqlite3

    assert isinstance(connection, sqlite3.Connection)
    connection.execute("BEGIN")
    for first in range(0, count, 10_000):
        batch = Batch(1, 0.0)
        for number in range(first, min(count, first + 10_000)):
            name = "needle" if number == count // 2 else f"Task {number}"
            state = _S.FAILED if number % 50 == 0 else _S.SUCCEEDED
            batch.take(
                TaskAdded(TaskSnapshot(number, name, state, 2, 0.0, 0.0, 0.0, created=1.7e9 + number), _NOBODY), None
            )
        batch.write(connection)
    connection.execute("COMMIT")


_NOBODY: Final[TaskHandle] = None  # type: ignore[assignment]  # nobody asks it

ROW: Final = Row(
    12,
    "history",
    "The history on disk",
    [Step("write", _write), Step("open", _open, thorough=True, once=True)],
    [
        Claim(
            "a task and its changes, batched",
            ratio("write.batched", "write.each"),
            at_most(0.2),
            "one commit a row",
        ),
        Claim("a task and its changes, batched", plain("write.batched"), unit="ms"),
        Claim("what a worker waits to post an event", plain("write.post"), unit="µs"),
        Claim("first page of 1 000 000 tasks", plain("open.first"), at_most(300), unit="ms"),
        Claim("first page of the failed ones", plain("open.failed"), at_most(300), unit="ms"),
        Claim("a search that finds one", plain("open.rare"), unit="ms"),
        Claim("counting them", plain("open.counted"), unit="ms"),
        Claim("ready to write", plain("open.ready"), at_most(300), unit="ms"),
    ],
    rounds=5,
)
