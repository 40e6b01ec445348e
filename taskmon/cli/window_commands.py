"""The commands that speak to the open window: ``taskmon list``, ``cancel`` and ``watch``.

How tasks are written is loaded once the window has answered: where none is open, that is told at once.
"""

from __future__ import annotations

import contextlib
import os
import sys

from taskmon.core.base.errors import TaskmonError, complain
from taskmon.link.window_client import NoWindowError, Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Final

#: Exit statuses: something could not be cancelled, or did not end well; there is no window.
FAILED: Final = 1
NO_WINDOW: Final = 3
#: What becomes of a request to stop: of these tasks, an end is to come.
_STOPPING: Final = frozenset({"asked", "before", "left", "sent"})
#: Seconds between two questions: whether what was cancelled has ended, and what there is to be shown.
_WAIT_PERIOD: Final = 0.1
_WATCH_PERIOD: Final = 0.5
#: Seconds after which those that wait are told what keeps a task.
_PATIENCE: Final = 2.0


def list_tasks(*, as_json: bool) -> int:
    """Print the tasks of the open window."""
    try:
        with Window() as window:
            tasks = window.tasks()
    except NoWindowError:
        return no_window()
    if as_json:
        import json

        print(json.dumps(tasks, indent=2))
    elif not tasks:
        print("No tasks.")
    else:
        from taskmon.cli.task_lines import table
        from taskmon.cli.terminal_text import width_here

        print("\n".join(table(tasks, width_here())))
    return 0


def cancel_tasks(
    ids: Sequence[int] | None = None,
    *,
    group: str | None = None,
    wait: bool = False,
    reason: str = "",
    signal: str = "",
) -> int:
    """Ask tasks to stop: those of `ids`, those of `group`, or all. Print what was done; `wait` for their end.

    With the name of a `signal`, that is sent to the programs and processes of `ids` instead.
    """
    try:
        with Window() as window:
            answers = window.cancel(ids=ids, group=group, reason=reason, signal=signal)
            from taskmon.cli.task_lines import request_line

            for answer in answers:
                print(request_line(answer), flush=True)
            if not answers:
                if group is None:
                    print("Nothing to cancel.")
                    return 0
                from taskmon.core.base.text import plain

                complain(f"no live task belongs to “{plain(group, 100)}”; “taskmon list” shows the programs")
                return FAILED
            stopping = [answer["id"] for answer in answers if answer["outcome"] in _STOPPING]
            status = 0 if len(stopping) == len(answers) else FAILED
            return _wait(window, stopping) or status if wait else status
    except NoWindowError:
        return no_window()


def _wait(window: Window, ids: Sequence[int]) -> int:
    import threading
    import time

    from taskmon.cli.task_lines import FINAL, end_line, still_line

    status, left, pause = 0, list(ids), threading.Event()
    patient_until, told = time.monotonic() + _PATIENCE, set()
    while left:
        for task in window.tasks(left):
            keeps = task["state"] == "STOPPING" and task["id"] not in told and time.monotonic() >= patient_until
            if keeps and (line := still_line(task)):
                told.add(task["id"])
                print(line, flush=True)
            if task["state"] in FINAL:
                print(end_line(task), flush=True)
                left.remove(task["id"])
                status = FAILED if task["state"] in ("FAILED", "LOST") else status
        known = {task["id"] for task in window.tasks(left)} if left else set()
        left = [task_id for task_id in left if task_id in known]  # ended ones that were cleared are none of ours
        if left:
            pause.wait(_WAIT_PERIOD)
    return status


def watch_tasks() -> int:
    """Show the tasks until Ctrl-C: as a table that is drawn over in a terminal, as lines of what changes elsewhere."""
    from taskmon.cli.terminal_text import width_here

    terminal = width_here() is not None and os.environ.get("TERM") not in (None, "", "dumb")
    import threading

    pause = threading.Event()
    show = _draw if terminal else Lines().show
    try:
        with Window() as window, _other_screen() if terminal else contextlib.nullcontext():
            while True:
                show(window.tasks())
                pause.wait(_WATCH_PERIOD)
    except NoWindowError:
        return no_window()
    except KeyboardInterrupt:
        return 0
    except TaskmonError as error:
        complain(error.message)
        return NO_WINDOW


@contextlib.contextmanager
def _other_screen() -> Iterator[None]:
    """Take the other screen of the terminal, which most have, and give the first back as it was."""
    print("\x1b[?1049h", end="", flush=True)
    try:
        yield
    finally:
        print("\x1b[?1049l", end="", flush=True)


def _draw(tasks: Sequence[dict[str, Any]]) -> None:
    """Fill the screen."""
    from taskmon.cli.task_lines import FINAL, table
    from taskmon.cli.terminal_text import terminal_size
    from taskmon.core.base.text import count_of

    columns, rows = terminal_size(sys.stdout)
    live = sum(task["state"] not in FINAL for task in tasks)
    lines = [
        f"taskmon: {live} live of {count_of(len(tasks), 'tasks')}. Ctrl-C leaves; the tasks go on."[: columns - 1],
        "",
    ]
    body = table(tasks, columns - 1)
    room = max(1, rows - len(lines) - 1)
    lines += body if len(body) <= room else [*body[: room - 1], f"… and {len(body) - room + 1} more"]
    print("\x1b[H" + "\x1b[K\n".join(lines) + "\x1b[K\x1b[J", end="", flush=True)


class Lines:
    """For a pipe or a terminal that cannot draw: a line for each change of state."""

    def __init__(self) -> None:
        self._states: dict[int, str] = {}

    def show(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Print what has changed."""
        from taskmon.cli.task_lines import FINAL, end_line, label, progress

        for task in tasks:
            if self._states.get(task["id"]) == task["state"]:
                continue
            self._states[task["id"]] = task["state"]
            amount = progress(task)
            told = end_line(task) if task["state"] in FINAL else f"{task['id']} {task['name']}: {label(task)}"
            print(f"{told}, {amount}" if amount else told, flush=True)


def no_window() -> int:
    """Say that there is none; return the exit status for that."""
    complain("No window is open. “taskmon” opens one.")
    return NO_WINDOW
