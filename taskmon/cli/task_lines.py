"""Tasks, as the open window lists them, as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from taskmon.cli.terminal_text import columns, fit, in_columns, ordinary_spaces
from taskmon.core.base.numbers import share_in
from taskmon.core.base.text import format_amount, plain
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, WORDS
from taskmon.core.task.state import END_LABELS, FINAL_STATES

TYPE_CHECKING = False  # see `taskmon.link.wire.connection`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

#: A task as `taskmon list --json` prints it.
Listed = Mapping[str, "Any"]

#: Of ``taskmon cancel``, by the signal that each sends.
OPTIONS: Final = {INTERRUPT: "--interrupt", TERMINATE: "--terminate", KILL: "--kill"}
FINAL: Final = frozenset(state.name for state in FINAL_STATES) | END_LABELS.keys()
_HEADINGS: Final = ("ID", "STATE", "DOING", "CPU", "PROGRESS", "PROGRAM", "NAME", "MESSAGE")
#: Columns that are there only if something stands in them: of threads that somebody looks at, of tasks that tell.
_IF_TOLD: Final = ("DOING", "CPU", "MESSAGE")
_DOING_WIDTH: Final = 40
_TO_THE_RIGHT: Final = ("ID", "CPU")
_PROGRAM_WIDTH: Final = 24
#: What a narrow terminal leaves of a name at least, and of what gives way for that, one after the other.
_LEAST_NAME: Final = 28
_LEAST: Final = {"DOING": 14, "PROGRAM": 8, "PROGRESS": 8}


def label(task: Listed) -> str:
    """The state of a task in words, as the window has them."""
    return plain(str(task["label"]), 40)


def doing(task: Listed, *, how_long: bool = True) -> str:
    """``Waiting for lock “cache”, held by writer``; empty if that is not known, or it does not run.

    With `how_long`, a wait that may last tells how long it has.
    """
    told = task.get("doing")
    if not told or task["state"] != "RUNNING":
        return ""
    # Most lists have no threads that somebody looks at.
    from taskmon.core.stacks.facts import Activity, ThreadFacts
    from taskmon.core.stacks.words import activity, standing

    try:
        does = Activity(told["activity"])
    except ValueError:  # None, or one that a newer window knows
        return ""
    facts = ThreadFacts(
        activity=does,
        subject=told["subject"],
        channel=told["channel"],
        wakes_at=told["wakes_in"],
        holder=told["holder"],
        since=-(told["unmoved_for"] or 0.0),
    )
    words = standing(facts, 0.0) if how_long else activity(facts, 0.0)
    return ordinary_spaces(words)


def cpu(task: Listed) -> str:
    """The share of a processor that it uses; empty if that is not known."""
    told = task.get("doing")
    return f"{told['cpu'] * 100:.0f} %" if told and told["cpu"] is not None else ""


def table(tasks: Sequence[Listed], width: int | None = None) -> list[str]:
    """Return a heading and a line for each task, subtasks beneath their parents; clipped to `width` columns."""
    bodies = [_cells(task, depth, clips=width is not None) for task, depth in in_tree_order(tasks)]
    shown = [
        column
        for column, heading in enumerate(_HEADINGS)
        if heading not in _IF_TOLD or any(body[column] for body in bodies)
    ]
    to_the_right = [place for place, column in enumerate(shown) if _HEADINGS[column] in _TO_THE_RIGHT]
    rows = [[row[column] for column in shown] for row in (_HEADINGS, *bodies)]
    if width is not None:
        _make_room([_HEADINGS[column] for column in shown], rows, width)
    return in_columns(rows, width, to_the_right)


def _make_room(headings: Sequence[str], rows: list[list[str]], width: int) -> None:
    """Clip what stands before the names until these can be read: what comes last would be cut off first."""
    upto = headings.index("NAME") + 1
    *widths, name = (max(map(columns, cells)) for cells in list(zip(*rows, strict=True))[:upto])
    over = sum(widths) + 2 * len(widths) + min(name, _LEAST_NAME) - width
    for heading, least in _LEAST.items():
        if heading in headings and over > 0:
            place = headings.index(heading)
            room = max(min(least, widths[place]), widths[place] - over)
            over -= widths[place] - room
            for row in rows:
                row[place] = fit(row[place], room)


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


def _cells(task: Listed, depth: int, *, clips: bool) -> tuple[str, ...]:
    """What stands in a line; what a thread does is told whole to a reader that is no terminal."""
    return (
        str(task["id"]),
        label(task),
        fit(doing(task), _DOING_WIDTH) if clips else doing(task),
        cpu(task),
        progress(task),
        plain(task["program"], _PROGRAM_WIDTH),
        "  " * depth + plain(task["name"]),
        plain(task["message"]) if task["state"] not in FINAL else "",
    )


def progress(task: Listed) -> str:
    """How far a task is: ``34 %  3 412 of 9 000 files``; empty if that is not known."""
    done, total, unit = task["done"], task["total"], task["unit"]
    amount = ordinary_spaces(format_amount(done, total, unit))
    return amount if done is None or total is None or unit == "%" else f"{share_in(100, done, total)} %  {amount}"


def request_line(answer: Listed) -> str:
    """What became of a request to cancel one task."""
    outcome = answer["outcome"]
    if outcome == "unknown":
        return f"{plain(str(answer['id']), 30)}: there is no such task; “taskmon list” shows their numbers"
    name = f"{answer['id']} {plain(answer['name'])}"
    if outcome == "ended":
        return f"{name}: has ended already ({label(answer)})"
    if outcome == "impossible":
        return f"{name}: cannot be cancelled: {plain(answer['why'], 500)}{_firmer(answer.get('next', ''))}"
    if outcome == "left":
        alone = f"; it cannot be cancelled alone: {plain(answer['why'], 500)}" if answer["why"] else ""
        return f"{name}: left to its program, which is interrupted{alone}"
    if outcome == "sent":
        return f"{name}: {plain(answer['means'], 500)}"
    if outcome == "before":
        told = f"had been asked to stop before{_firmer(answer['next'])}"
    else:
        told = f"asked to stop: {plain(answer['means'], 500)}"
    if answer.get("why"):  # what keeps it, though it was asked before
        told += f"; {plain(answer['why'], 500)}"
    shared = ", ".join(plain(other) for other in answer.get("shared", ()))
    return f"{name}: {told}; this also stops {shared}" if shared else f"{name}: {told}"


def _firmer(signal: str) -> str:
    """What is left for a program or a process that was asked to stop, or would be asked in vain."""
    return f"; {OPTIONS[signal]} {WORDS[signal]}" if signal in OPTIONS else ""


def still_line(task: Listed) -> str:
    """What a task does that has not ended yet; empty if it does not say."""
    message = plain(task["message"])
    return f"{task['id']} {plain(task['name'])}: {label(task)} ({message})" if message else ""


def end_line(task: Listed) -> str:
    reason = plain(task["reason"], 500)
    told = f"{task['id']} {plain(task['name'])}: {label(task)}"
    return f"{told} ({reason})" if reason else told
