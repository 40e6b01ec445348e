"""Starting threads without making the caller wait."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable


def spawn(target: Callable[[], object], name: str, on_failure: Callable[[BaseException], None]) -> None:
    """Run `target` in a new daemon thread called `name`, without waiting for that thread to come up.

    `threading.Thread.start()` blocks its caller until the new thread has won the GIL: 90 ms and more
    beside eight busy threads, which is why the UI thread must never call it. Here a raw thread, whose
    creation does not wait, makes the real one.

    Any thread may call it. If the system refuses a thread, `on_failure` gets the error, in the calling
    thread or in the raw one; nothing is raised.
    """

    def start() -> None:
        try:
            threading.Thread(target=target, name=name, daemon=True).start()
        except BaseException as error:
            on_failure(error)

    try:
        _thread.start_new_thread(start, ())
    except RuntimeError as error:
        on_failure(error)


def run_in_background(function: Callable[[], None]) -> None:
    """Run `function` in a thread of its own; in this one if the system refuses another."""
    spawn(function, "taskmon-callbacks", lambda _: function())
