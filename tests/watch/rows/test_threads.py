"""Rows of threads, whatever these were told to run in."""

from __future__ import annotations

import contextvars
import threading

from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.stage import Watch, watch

__all__ = ["watch"]

_over: contextvars.ContextVar[threading.Event] = contextvars.ContextVar("over")


def _work() -> None:
    while not _over.get().is_set():
        _over.get().wait(1)


def test_a_thread_is_ended_by_what_its_context_holds(watch: Watch) -> None:
    over, context = threading.Event(), contextvars.copy_context()
    context.run(_over.set, over)
    thread = threading.Thread(target=context.run, args=(_work,), name="in a context")
    thread.start()
    try:
        row = watch.row("in a context")
        wait_until(lambda: (watch.look(), row.snapshot().stop_means)[1] is not None, "what would end it")

        assert row.snapshot().stop_means.means == "sets _over.get()"  # type: ignore[union-attr]
    finally:
        over.set()
        thread.join(PATIENCE)
