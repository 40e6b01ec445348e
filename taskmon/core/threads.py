"""Starting threads without making the caller wait."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable


def spawn(target: Callable[[], object], name: str, on_failure: Callable[[BaseException], None]) -> None:
    """Run `target` in a new daemon thread called `name`, without waiting for that thread to come up.

    Any thread may call it. If the system refuses a thread, `on_failure` gets the error, in the calling
    thread or in another; nothing is raised.
    """
    error = try_spawn(target, name, on_failure)
    if error is not None:
        on_failure(error)


def try_spawn(
    target: Callable[[], object], name: str, on_late_failure: Callable[[BaseException], None]
) -> BaseException | None:
    """As `spawn`, for callers that hold a lock: a refusal that is known at once is returned.

    `threading.Thread.start()` blocks its caller until the new thread has won the GIL: 90 ms and more
    beside eight busy threads, which is why the UI thread must never call it. Here a raw thread, whose
    creation does not wait, makes the real one. If that fails, `on_late_failure` is called in the raw thread.
    """

    def start() -> None:
        try:
            threading.Thread(target=target, name=name, daemon=True).start()
        except BaseException as error:
            on_late_failure(error)

    try:
        _thread.start_new_thread(start, ())
    except RuntimeError as error:
        return error
    return None


def run_in_background(function: Callable[[], None]) -> None:
    """Run `function` in a thread of its own; in this one if the system refuses another."""
    spawn(function, "taskmon-callbacks", lambda _: function())
