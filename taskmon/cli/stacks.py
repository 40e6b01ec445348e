"""``taskmon stacks PROGRAM``: where every thread of a program is and what it does, for bug reports."""

from __future__ import annotations

import json
import shlex
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from taskmon.cli.task_lines import cpu, doing, label
from taskmon.cli.window_commands import FAILED, no_window
from taskmon.core.base.errors import complain
from taskmon.core.base.text import format_duration, plain
from taskmon.link.window_client import NoWindowError, Window

#: Of the object that ``--json`` prints: fields are added, and none is renamed, removed or given another type.
VERSION: Final = 1
#: A stack is looked at where it is asked for, and arrives a moment later: so long is it waited for, in seconds.
_PATIENCE: Final = 3.0
_PERIOD: Final = 0.2
#: After so long, a thread that has no stack to tell is not waited for, if nothing has come since the question before.
_ENOUGH: Final = 1.2

Told = Mapping[str, Any]


def print_stacks(program: str, *, as_json: bool) -> int:
    """Print the stacks of the threads of `program`: its name or its process id, as the window knows them."""
    try:
        with Window() as window:
            threads = _ask(window, program)
    except NoWindowError:
        return no_window()
    if not threads:
        complain(f"the window shows no live thread of “{plain(program, 100)}”; “taskmon list” shows its programs")
        return FAILED
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if as_json:
        print(json.dumps({"version": VERSION, "taken": moment, "threads": threads}, indent=2))
    else:
        print("\n".join(as_text(threads, moment)))
    return 0


def _ask(window: Window, program: str) -> list[dict[str, Any]]:
    """Ask until each thread has told where it is, or some time has passed."""
    pause, began, before = threading.Event(), time.monotonic(), -1
    while True:
        threads = window.stacks(program)
        told = sum(thread["stack"] is not None for thread in threads)
        waited = time.monotonic() - began
        if told == len(threads) or waited > _PATIENCE or (waited > _ENOUGH and told == before):
            return threads
        before = told
        pause.wait(_PERIOD)


def as_text(threads: Sequence[Told], moment: str) -> list[str]:
    """Return the lines: each program with how it was started, and beneath it its threads."""
    lines = [f"Stacks as of {moment}, innermost call last"]
    programs: dict[tuple[str, int], list[Told]] = {}
    for thread in threads:
        programs.setdefault((thread["program"], thread["pid"]), []).append(thread)
    for (name, pid), its_threads in programs.items():
        lines += ["", f"{plain(name, 100)}, process {pid}"]
        lines += _start_of(next((thread["started_as"] for thread in its_threads if thread["started_as"]), None))
        shown: set[int] = set()
        for thread in its_threads:
            doing_now = thread["doing"]
            native_id = doing_now["native_id"] if doing_now else None
            lines += ["", *_head(thread)]
            if native_id is not None and native_id in shown:
                lines.append("  in the same thread as above")
            else:
                lines += _calls(thread)
            if native_id is not None and thread["stack"] is not None:
                shown.add(native_id)
    return lines


def _start_of(started: Told | None) -> list[str]:
    if started is None:
        return []
    told = [
        ("command", shlex.join(started["command"])),
        ("folder", started["folder"]),
        ("Python", f"{started['version']}, {started['interpreter']}"),
        ("environment", started["environment"] or "none"),
    ]
    return [f"  {name:<12} {plain(value, 1_000)}" for name, value in told]


def _head(thread: Told) -> list[str]:
    what = doing(thread, how_long=False) or label(thread)
    name = plain(thread["name"], 200)
    of_thread = plain(thread["thread"], 100)
    lines = [f"{thread['id']}  {name}" + (f" ({of_thread})" if of_thread and of_thread != name else "") + f": {what}"]
    facts = thread["doing"]
    parts = [] if facts is None or facts["native_id"] is None else [f"thread {facts['native_id']}"]
    if cpu(thread):
        parts.append(f"CPU {cpu(thread)}")
    if facts is not None and facts["unmoved_for"] and facts["unmoved_for"] >= 1:
        parts.append(f"here for {format_duration(facts['unmoved_for'])} at least".replace("\u00a0", " "))
    if facts is not None and facts["deadlock"]:
        parts.append("in a deadlock with " + ", ".join(plain(name, 100) for name in facts["deadlock"][1:]))
    means = plain(thread["cancel_means"], 500)
    if means:
        parts.append(f"Cancel {means}" if thread["cancellable"] else f"cannot be cancelled: {means}")
    return [*lines, *([f"  {'; '.join(parts)}"] if parts else [])]


def _calls(thread: Told) -> list[str]:
    stack = thread["stack"]
    if stack is None:
        has_none = not thread["thread"] and thread["doing"] is None  # as a pool, or what runs elsewhere
        return ["  no thread of its own" if has_none else "  where it is did not come to be known"]
    return [
        f'  File "{plain(call["file"], 1_000)}", line {call["line"]}, in {plain(call["function"], 200)}'
        + (f"  [{plain(call['call'], 200)}]" if call["call"] else "")
        for call in stack["frames"]
    ]
