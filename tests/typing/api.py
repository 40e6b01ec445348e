"""A program that uses the library, for the type checker of `dev.py check`: what its author's editor knows of each name.

Nothing of it is run.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path
from typing import Any, assert_type

import taskmon
from taskmon import StopKind, StopReason, StopSource, StopToken, Task, TaskCancelled, TaskContext, TaskSnapshot


def work(ctx: TaskContext, names: list[str], *, size: int = 8) -> int:
    for name in ctx.track(names, unit="files"):
        assert_type(name, str)
        ctx.progress(message=name, total=size)
        ctx.sleep(0.1)
    assert_type(ctx.stop, StopToken)
    assert_type(ctx.subtask(work, names, name="More").result(), int)
    return len(names)


def with_a_runner() -> None:
    with taskmon.TaskRunner(max_workers=4) as runner:
        task = runner.start(work, ["a"], name="Work", group="all", timeout=3.0, size=2)
        assert_type(task, Task[int])
        assert_type(task.result(timeout=1), int)
        assert_type(runner.submit(len, ["a"]).result(), int)
        assert_type(task.cancel("enough", by="me", kind=StopKind.USER), bool)
        assert_type(task.state, taskmon.TaskState)
        picture = task.snapshot()
        assert_type(picture, TaskSnapshot)
        assert_type(picture.why_not_cancellable, str)
        assert_type(picture.progress.fraction, float | None)
        assert_type(picture.reason, StopReason | None)
        assert_type(task.log_lines(), tuple[int, list[str]])
        executor: Executor = runner
        future: Future[Any] = runner.submit(sum, [1, 2])
        assert_type(list(executor.map(str, [1])), list[str])
        for each in as_completed([task, future]):
            each.result()
        runner.start(taskmon.isolated(work), ["b"])
        feed = taskmon.start_feed(runner, queue.Queue[Path](), lambda _ctx, _path: None, workers=2)
        assert_type(feed, taskmon.Feed)
        assert_type(feed.report(), taskmon.FeedReport)
        assert_type(runner.shutdown(timeout=5), bool)
        taskmon.publish(runner)


def with_a_token(stop: StopToken = StopToken.none()) -> None:  # noqa: B008 -- it is one that never changes
    source = StopSource.linked(stop, StopToken.from_event(threading.Event()), timeout=5)
    with source.token.on_stop(print):
        assert_type(source.token.wait(1), bool)
    try:
        source.token.check()
    except TaskCancelled as cancelled:
        assert_type(cancelled.reason.kind, StopKind)
    except taskmon.TaskmonError as error:
        assert_type(error.message, str)


def with_a_block() -> None:
    with taskmon.task("Resize", total=3) as task:
        task.advance()
        assert_type(task.stop_requested, bool)
    assert_type(taskmon.current_task(), TaskContext)


def in_a_window() -> None:
    from taskmon.ui import TaskPanel

    panel = TaskPanel(taskmon.TaskRunner(), turnstile=False)
    told: Callable[[TaskSnapshot], object] = print
    panel.task_finished.connect(told)
