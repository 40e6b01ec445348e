"""Everything that is known of a task, as plain text for a bug report."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable

from taskmon import __version__
from taskmon.bridge.details import sentences
from taskmon.bridge.details.advice import headline, ways_out
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import TaskRow, is_program
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import plain
from taskmon.core.stacks.sampler import StackSample

#: Lines of the log that a report ends with.
LOG_LINES = 200


def report(row: TaskRow, parent: TaskRow | None, rows: Iterable[TaskRow], stack: StackSample | None = None) -> str:
    """Return the report on a task, one of `rows`. Newlines of the task's own texts cannot forge lines of it."""
    snapshot = row.snapshot
    head = tr("{name} (task {id})").format(name=text.name(row), id=snapshot.id)
    parts = [head, "=" * min(len(head), 78), tr("State: {state}").format(state=text.state_label(row))]
    parts += [f"- {line}" for line in sentences.overview(row)]
    parts += [f"- {fact.label}: {fact.value}" for fact in sentences.facts(row, parent)]
    parts += [f"- {line}" for paragraph in ways_out(row, rows, stack) for line in paragraph.splitlines()]
    means = snapshot.stop_means
    if means is not None:
        parts += [tr("- Offered: {what}").format(what=text.told(offer, 200)) for offer in means.offers]
    if stack is not None and stack.frames:
        parts += ["", tr("Stack (innermost call last)"), headline(stack, snapshot)]
        parts += [
            f"  {plain(frame.file, 300)}:{frame.line} in {plain(frame.function, 200)}"
            + (f"  [{plain(frame.call, 100)}]" if frame.call else "")
            for frame in stack.frames
        ]
    of_a_way = bool(snapshot.why_not_cancellable) and not snapshot.state.is_final and not is_program(snapshot)
    if snapshot.details and not of_a_way:  # else it is among the ways out
        parts += ["", tr("Error") if snapshot.error else tr("Details")]
        parts += [f"  {plain(line, 500)}" for line in snapshot.details.splitlines()]
    count, lines = row.task.log_lines(max(0, snapshot.log_lines - LOG_LINES))
    if lines:
        parts += ["", tr("Log (the last {n} of {count} lines)").format(n=len(lines[-LOG_LINES:]), count=count)]
        parts += [f"  {plain(line, 500)}" for line in lines[-LOG_LINES:]]
    parts += ["", versions()]
    return "\n".join(parts) + "\n"


def versions() -> str:
    """What it runs on, in one line."""
    import PySide6.QtCore

    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    python = f"Python {platform.python_version()} ({os.path.basename(sys.executable or 'frozen')})"
    return f"taskmon {__version__}, {python}, PySide6 {PySide6.__version__}, Qt {PySide6.QtCore.qVersion()}, {system}"
