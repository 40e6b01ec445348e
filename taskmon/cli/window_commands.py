"""The commands that speak to the open window: ``taskmon list``, ``cancel`` and ``watch``."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from taskmon.cli.doing import cpu, doing
from taskmon.cli.terminal_output import columns, fit
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import format_amount, plain
from taskmon.core.task.progress import Progress
from taskmon.core.task.state import FINAL_STATES
from taskmon.link.window_client import NoWindowError, Window

#: A task as `taskmon list --json` prints it.
Listed = Mapping[str, Any]

#: Exit statuses: something could not be cancelled, or did not end well; there is no window.
FAILED: Final = 1
NO_WINDOW: Final = 3
_NO_WINDOW_TEXT: Final = "No window is open. “taskmon” opens one."
#: Seconds between two questions: whether what was cancelled has ended, and what there is to be shown.
_WAIT_PERIOD: Final = 0.1
_WATCH_PERIOD: Final = 0.5
#: What people read for each state.
LABELS: Final = {
    "QUEUED": "Waiting",
    "HELD": "On hold",
    "RUNNING": "Running",
    "PAUSING": "Pausing…",
    "PAUSED": "Paused",
    "STOPPING": "Cancelling…",
    "SUCCEEDED": "Done",
    "FAILED": "Failed",
    "CANCELLED": "Cancelled",
    "LOST": "Lost contact",
    "CUT_OFF": "Cut off",
}
FINAL: Final = frozenset(state.name for state in FINAL_STATES)
_HEADINGS: Final = ("ID", "STATE", "DOING", "CPU", "PROGRESS", "PROGRAM", "NAME")
#: Columns that are there only if something stands in them: of threads that somebody looks at.
_IF_TOLD: Final = ("DOING", "CPU")
_DOING_WIDTH: Final = 40
_TO_THE_RIGHT: Final = ("ID", "CPU")
_PROGRAM_WIDTH: Final = 24


# -- tasks as lines of text ----------------------------------------------------------------------------------------


def label(task: Listed) -> str:
    """The state of a task, in words."""
    return LABELS.get(str(task.get("state")), "?")


def table(tasks: Sequence[Listed], width: int | None = None) -> list[str]:
    """Return a heading and a line for each task, subtasks beneath their parents; clipped to `width` columns."""
    bodies = [_cells(task, depth) for task, depth in in_tree_order(tasks)]
    shown = [
        column
        for column, heading in enumerate(_HEADINGS)
        if heading not in _IF_TOLD or any(body[column] for body in bodies)
    ]
    rows = [[row[column] for column in shown] for row in (_HEADINGS, *bodies)]
    right = [_HEADINGS[column] in _TO_THE_RIGHT for column in shown]
    widths = [max(map(columns, cells)) for cells in list(zip(*rows, strict=True))[:-1]]
    lines = []
    for row in rows:
        cells = [
            " " * (room - columns(cell)) + cell if to_right else cell + " " * (room - columns(cell))
            for cell, room, to_right in zip(row, widths, right, strict=False)
        ]
        line = "  ".join([*cells, row[-1]]).rstrip()
        lines.append(line if width is None else fit(line, width))
    return lines


def in_tree_order(tasks: Sequence[Listed]) -> list[tuple[Listed, int]]:
    """Each task with its depth, behind its parent; a task whose parent is not there stands at the top."""
    ids = {task["id"] for task in tasks}
    children: dict[object, list[Listed]] = {}
    for task in tasks:
        parent = task["parent"]
        children.setdefault(parent if parent in ids and parent != task["id"] else None, []).append(task)
    ordered: list[tuple[Listed, int]] = []
    waiting = [(task, 0) for task in reversed(children.pop(None, []))]
    while waiting:
        task, depth = waiting.pop()
        ordered.append((task, depth))
        waiting += [(child, depth + 1) for child in reversed(children.pop(task["id"], []))]
    return [*ordered, *((task, 0) for ring in children.values() for task in ring)]


def _cells(task: Listed, depth: int) -> tuple[str, ...]:
    name = plain(task["name"])
    message = plain(task["message"])
    return (
        str(task["id"]),
        label(task),
        fit(doing(task), _DOING_WIDTH),
        cpu(task),
        progress(task),
        plain(task["program"], _PROGRAM_WIDTH),
        "  " * depth + (f"{name}: {message}" if message and task["state"] not in FINAL else name),
    )


def progress(task: Listed) -> str:
    """How far a task is: ``34 %  3 412 of 9 000 files``; empty if that is not known."""
    done, total, unit = task["done"], task["total"], task["unit"]
    told = Progress(done, total, unit)
    amount = format_amount(done, total, unit).replace("\u202f", " ").replace("\u00a0", " ")
    fraction = told.fraction if done is not None else None
    return amount if fraction is None else f"{int(fraction * 100)} %  {amount}"


def request_line(answer: Listed) -> str:
    """What became of a request to cancel one task."""
    outcome = answer["outcome"]
    if outcome == "unknown":
        return f"{plain(str(answer['id']), 30)}: there is no such task; “taskmon list” shows their numbers"
    name = f"{answer['id']} {plain(answer['name'])}"
    if outcome == "ended":
        return f"{name}: has ended already ({label(answer)})"
    if outcome == "impossible":
        return f"{name}: cannot be cancelled: {plain(answer['why'], 500)}"
    told = "had been asked to stop before" if outcome == "before" else f"asked to stop: {plain(answer['means'], 500)}"
    shared = ", ".join(plain(other) for other in answer["shared"])
    return f"{name}: {told}; this also stops {shared}" if shared else f"{name}: {told}"


def end_line(task: Listed) -> str:
    """How a task has ended."""
    reason = plain(task["reason"], 500)
    told = f"{task['id']} {plain(task['name'])}: {label(task)}"
    return f"{told} ({reason})" if reason else told


# -- the commands --------------------------------------------------------------------------------------------------


def list_tasks(*, as_json: bool) -> int:
    """Print the tasks of the open window."""
    try:
        with Window() as window:
            tasks = window.tasks()
    except NoWindowError:
        return no_window()
    if as_json:
        print(json.dumps(tasks, indent=2))
    elif not tasks:
        print("No tasks.")
    else:
        width = _columns() if sys.stdout.isatty() else None
        print("\n".join(table(tasks, width)))
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
            for answer in answers:
                print(request_line(answer), flush=True)
            if not answers:
                print("Nothing to cancel." if group is None else f"No live task belongs to {group!r}.")
                return 0 if group is None else FAILED
            status = 0 if all(answer["outcome"] in ("asked", "before") for answer in answers) else FAILED
            asked = [answer["id"] for answer in answers if answer["outcome"] in ("asked", "before")]
            return _wait(window, asked) or status if wait else status
    except NoWindowError:
        return no_window()


def _wait(window: Window, ids: Sequence[int]) -> int:
    status, left, pause = 0, list(ids), threading.Event()
    while left:
        for task in window.tasks(left):
            if task["state"] in FINAL:
                print(end_line(task), flush=True)
                left.remove(task["id"])
                status = FAILED if task["state"] in ("FAILED", "LOST") else status
        known = {task["id"] for task in window.tasks(left)} if left else set()
        left = [task_id for task_id in left if task_id in known]  # ended ones that were cleared are none of ours
        if left:
            pause.wait(_WAIT_PERIOD)
    return status


def watch_tasks(*, rounds: int | None = None) -> int:
    """Show the tasks until Ctrl-C: as a table that is drawn over in a terminal, as lines of what changes elsewhere."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM") not in (None, "", "dumb")
    pause = threading.Event()
    shown: Screen | Lines = Screen() if terminal else Lines()
    try:
        with Window() as window:
            shown.open()
            while rounds is None or rounds > 0:
                shown.show(window.tasks())
                rounds = None if rounds is None else rounds - 1
                pause.wait(_WATCH_PERIOD)
    except NoWindowError:
        return no_window()
    except KeyboardInterrupt:
        return 0
    except TaskmonError as error:
        shown.close()
        print(f"taskmon: {error.message}", file=sys.stderr)
        return NO_WINDOW
    finally:
        shown.close()
    return 0


class Screen:
    """The whole terminal, given back as it was."""

    def __init__(self) -> None:
        self._taken = False

    def open(self) -> None:
        """Take the other screen, which most terminals have."""
        self._taken = True
        print("\x1b[?1049h", end="", flush=True)

    def show(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Draw."""
        size = os.get_terminal_size(sys.stdout.fileno())
        columns, rows = size.columns or 80, size.lines or 24
        live = sum(task["state"] not in FINAL for task in tasks)
        lines = [f"taskmon: {live} live of {len(tasks)} tasks. Ctrl-C leaves; the tasks go on."[: columns - 1], ""]
        body = table(tasks, columns - 1)
        room = max(1, rows - len(lines) - 1)
        lines += body if len(body) <= room else [*body[: room - 1], f"… and {len(body) - room + 1} more"]
        print("\x1b[H" + "\x1b[K\n".join(lines) + "\x1b[K\x1b[J", end="", flush=True)

    def close(self) -> None:
        """Give the screen back. Idempotent."""
        if self._taken:
            self._taken = False
            print("\x1b[?1049l", end="", flush=True)


class Lines:
    """For a pipe or a terminal that cannot draw: a line for each change of state."""

    def __init__(self) -> None:
        self._states: dict[int, str] = {}

    def open(self) -> None:
        """Nothing."""

    def show(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Print what has changed."""
        for task in tasks:
            if self._states.get(task["id"]) == task["state"]:
                continue
            self._states[task["id"]] = task["state"]
            amount = progress(task)
            told = end_line(task) if task["state"] in FINAL else f"{task['id']} {task['name']}: {label(task)}"
            print(f"{told}, {amount}" if amount else told, flush=True)

    def close(self) -> None:
        """Nothing."""


def _columns() -> int | None:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def no_window() -> int:
    """Say that there is none; return the exit status for that."""
    print(f"taskmon: {_NO_WINDOW_TEXT}", file=sys.stderr)
    return NO_WINDOW
