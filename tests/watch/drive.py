"""Runs one program as `__main__`, cancels what can be cancelled in it, and reports. Started by test_programs.py.

It takes the place of the watcher: it sees each thread and each work item of a pool as it starts, asks `find_stop`, and
applies plain cancels only. What taskmon writes is seen by who writes: everything happens in one thread of its own.
"""

from __future__ import annotations

import _thread
import concurrent.futures
import json
import os
import runpy
import signal
import sys
import threading
import time
from typing import Any

from taskmon.watch.flags import Target, find_stop, follow_up
from taskmon.watch.flags.calls import resolve
from tests.helpers.gates import PATIENCE

PROGRAM, REPORT, *EXPECTED = sys.argv[1:]
LABELS = {line.split(": ")[0]: line.split(": ", 1)[1] for line in EXPECTED}

targets: list[tuple[set[str], Target]] = []
written: list[str] = []
_start, _submit, _set = threading.Thread.start, concurrent.futures.ThreadPoolExecutor.submit, threading.Event.set
me: list[int] = []
over, told = threading.Event(), threading.Event()


def labels_of(target: Target) -> set[str]:
    """What a header may call it."""
    call = resolve(target.function, [None] * len(target.args), {})
    names = {target.thread.name, type(target.thread).__name__} if target.thread is not None else set()
    function = getattr(target.function, "__name__", "")
    return names | {function, call.function.__name__ if call is not None else ""}


def start(thread: threading.Thread) -> None:
    target = Target.of_thread(thread)
    if target.function.__module__ != "concurrent.futures.thread":
        targets.append((labels_of(target), target))
    _start(thread)


def submit(pool: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
    target = Target(function, args, kwargs)
    targets.append((labels_of(target) | {getattr(a, "__name__", "") for a in getattr(function, "args", ())}, target))
    return _submit(pool, function, *args, **kwargs)


def set_event(event: threading.Event) -> None:
    if _thread.get_ident() in me:
        written.append("an event was set")
    _set(event)


def cancel_of(target: Target) -> str:
    """What a cancel would do, in the words of a header."""
    finding = find_stop(target)
    return (finding.means or "nothing") + ("; also ends the program" if finding.ends_program else "")


def expected() -> list[tuple[str, Target]]:
    """Those of the header that have started so far; several may have one label."""
    return [(label, target) for labels, target in list(targets) for label in LABELS if label in labels]


def control() -> None:
    me.append(_thread.get_ident())
    report: dict[str, Any] = {"found": {}, "applied": [], "followed": []}
    pause = threading.Event()
    try:
        end = time.monotonic() + PATIENCE
        chosen: list[tuple[str, Target]] = []
        while time.monotonic() < end:  # until all threads of the header are there and read as it says
            chosen = expected()
            report["found"] = {label: cancel_of(target) for label, target in chosen}
            if report["found"] == LABELS:
                break
            pause.wait(0.05)
        pause.wait(0.15)  # in the midst of their work
        chosen = expected()
        report["found"] = {label: cancel_of(target) for label, target in chosen}
        findings = [(find_stop(target), target) for _, target in chosen]
        since = time.monotonic()
        for finding, _ in findings:
            report["applied"].append((False, "not come so far"))
            save(report)  # the program may end before the next line does
            report["applied"][-1] = finding.apply()
            save(report)
        if all(means == "nothing" for means in LABELS.values()):
            report["alive"] = all(target.thread.is_alive() for _, target in chosen if target.thread is not None)
            os.kill(os.getpid(), signal.SIGINT)
            return
        while not over.is_set() and time.monotonic() < end:
            for _, target in expected():  # the program was held up between two of its starts
                if all(target is not known for _, known in findings):
                    findings.append((find_stop(target), target))
                    findings[-1][0].apply()
            for finding, target in findings:
                frame = sys._current_frames().get(target.thread.ident or 0) if target.thread is not None else None
                said = follow_up(finding, frame, time.monotonic() - since)
                if said:
                    report["followed"].append(said)
            save(report)
            pause.wait(0.05)
    finally:
        save(report)
        told.set()


def save(report: dict[str, Any]) -> None:
    with open(REPORT + ".new", "w", encoding="utf-8") as file:
        json.dump({**report, "written": written}, file)
    os.replace(REPORT + ".new", REPORT)


threading.Thread.start = start  # type: ignore[method-assign]
concurrent.futures.ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]
threading.Event.set = set_event  # type: ignore[method-assign]
_thread.start_new_thread(control, ())
sys.argv = [PROGRAM]
sys.path[0] = os.path.dirname(PROGRAM)
try:
    runpy.run_path(PROGRAM, run_name="__main__")
finally:
    over.set()
    told.wait(PATIENCE)
